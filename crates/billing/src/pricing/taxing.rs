//! Taxes on top of net amounts: one figure for each rule, and a part of it on each line.

use super::price::{PriceError, TaxRounding};
use super::tax::{TaxBase, TaxRule, base_of};
use super::weights::{common, round_together};
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// How figures are rounded, in minor units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) minor: i64,
    pub(super) rounding: Rounding,
    pub(super) taxes: TaxRounding,
}

/// Something that bears taxes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bearer<'a> {
    /// In minor units: net, or with its taxes in it where prices include them.
    pub(super) amount: i64,
    pub(super) rules: &'a [TaxRule],
}

/// What it bears, place by place of its rules.
#[derive(Debug, Clone, Default)]
pub(super) struct Borne {
    pub(super) net: i64,
    /// The group, the exact base, and the tax for show.
    pub(super) taxes: Vec<(usize, Ratio, i64)>,
}

/// One tax of the document.
#[derive(Debug, Clone)]
pub(super) struct Group<'a> {
    pub(super) rule: &'a TaxRule,
    pub(super) taxable: Ratio,
    pub(super) precise: Ratio,
    pub(super) tax: i64,
}

/// The distinct rules of a document, in order of appearance.
pub(super) fn groups<'a>(bearers: &[Bearer<'a>]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for rule in bearers.iter().flat_map(|it| it.rules) {
        if !groups.iter().any(|it| it.rule == rule) {
            groups.push(Group {
                rule,
                taxable: Ratio::ZERO,
                precise: Ratio::ZERO,
                tax: 0,
            });
        }
    }
    groups
}

/// Taxes on net amounts.
pub(super) fn tax_net<'a>(
    bearers: &[Bearer<'a>],
    groups: &mut [Group<'a>],
    step: Step,
) -> Result<Vec<Borne>, PriceError> {
    let mut borne: Vec<Borne> = bearers
        .iter()
        .map(|it| Borne {
            net: it.amount,
            taxes: Vec::with_capacity(it.rules.len()),
        })
        .collect();
    // A tax on others waits until they are known, so every round settles the rules whose turn it is on all their bearers.
    let mut open: Vec<usize> = (0..groups.len()).collect();
    for _ in 0..groups.len() {
        let ready = open
            .iter()
            .position(|it| is_ready(groups, *it, bearers, &borne));
        let Some(index) = ready.map(|it| open.remove(it)) else {
            break;
        };
        let group = groups.get_mut(index).ok_or(PriceError::Overflow)?;
        settle(group, index, bearers, &mut borne, step).ok_or(PriceError::Overflow)??;
    }
    if let Some(group) = open.first().and_then(|it| groups.get(*it)) {
        let name = group.rule.name().to_owned();
        return Err(PriceError::TaxOrder { name });
    }
    if step.taxes == TaxRounding::Document {
        round_document(groups, step).ok_or(PriceError::Overflow)?;
    }
    Ok(borne)
}

/// Whether every bearer of the rule has settled what stands before it.
fn is_ready(groups: &[Group<'_>], index: usize, bearers: &[Bearer<'_>], borne: &[Borne]) -> bool {
    let Some(group) = groups.get(index) else {
        return false;
    };
    bearers.iter().zip(borne).all(|(bearer, borne)| {
        let place = bearer.rules.iter().position(|it| it == group.rule);
        place.is_none_or(|it| it == borne.taxes.len())
    })
}

/// The tax of one rule, on the document and on its bearers. `None` on overflow.
fn settle(
    group: &mut Group<'_>,
    index: usize,
    bearers: &[Bearer<'_>],
    borne: &mut [Borne],
    step: Step,
) -> Option<Result<(), PriceError>> {
    let weight = group.rule.weight()?;
    let mut places = Vec::new();
    let mut bases = Vec::new();
    for (at, bearer) in bearers.iter().enumerate() {
        let settled = borne.get(at)?;
        if bearer.rules.get(settled.taxes.len()) != Some(group.rule) {
            continue;
        }
        let earlier: Vec<Ratio> = match group.rule.base() {
            TaxBase::Net => Vec::new(),
            _ => settled.taxes.iter().map(|it| Ratio::whole(it.2)).collect(),
        };
        let net = Ratio::whole(bearer.amount);
        let Some(base) = base_of(bearer.rules, settled.taxes.len(), net, &earlier) else {
            let name = group.rule.name().to_owned();
            return Some(Err(PriceError::NothingLeft { name }));
        };
        places.push(at);
        bases.push(base);
    }
    let whole = bases
        .iter()
        .try_fold(Ratio::ZERO, |sum, it| sum.checked_add(*it))?;
    group.precise = whole.checked_mul(weight)?;
    group.taxable = whole.checked_mul(group.rule.factor())?;
    group.tax = group.precise.of(1, step.minor, step.rounding)?;
    let (numerators, denominator) = weighed(&bases, weight)?;
    let parts = match step.taxes {
        TaxRounding::PerRate => round_together(&numerators, denominator, group.tax, step.minor)?,
        TaxRounding::PerLine | TaxRounding::Document => alone(&numerators, denominator, step)?,
    };
    if step.taxes == TaxRounding::PerLine {
        group.tax = parts
            .iter()
            .try_fold(0_i64, |sum, it| sum.checked_add(*it))?;
    }
    for ((at, base), part) in places.into_iter().zip(bases).zip(parts) {
        borne.get_mut(at)?.taxes.push((index, base, part));
    }
    Some(Ok(()))
}

/// Bases times a weight, over one denominator.
fn weighed(bases: &[Ratio], weight: Ratio) -> Option<(Vec<i128>, i128)> {
    let (numerators, denominator) = common(bases)?;
    let times = |it: i128| it.checked_mul(weight.numerator());
    let numerators: Option<Vec<i128>> = numerators.into_iter().map(times).collect();
    Some((numerators?, denominator.checked_mul(weight.denominator())?))
}

fn alone(numerators: &[i128], denominator: i128, step: Step) -> Option<Vec<i64>> {
    let unit = denominator.checked_mul(i128::from(step.minor))?;
    let round = |it: &i128| {
        let steps = step.rounding.apply(*it, unit);
        i64::try_from(steps.checked_mul(i128::from(step.minor))?).ok()
    };
    numerators.iter().map(round).collect()
}

/// One rounding for the whole document; its taxes are rounded so that they sum to it.
fn round_document(groups: &mut [Group<'_>], step: Step) -> Option<()> {
    let precise: Vec<Ratio> = groups.iter().map(|it| it.precise).collect();
    let whole = precise
        .iter()
        .try_fold(Ratio::ZERO, |sum, it| sum.checked_add(*it))?;
    let total = whole.of(1, step.minor, step.rounding)?;
    let (numerators, denominator) = common(&precise)?;
    let parts = round_together(&numerators, denominator, total, step.minor)?;
    for (group, part) in groups.iter_mut().zip(parts) {
        group.tax = part;
    }
    Some(())
}
