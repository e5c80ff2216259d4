//! Taxes inside of listed amounts: the amount is the truth, `net = round(amount / (1 + rates))`, the rest is tax.

use super::price::PriceError;
use super::tax::{TaxRule, base_of, effective_rate, exact_taxes};
use super::taxing::{Bearer, Borne, Group, Step};
use super::weights::{common, round_together};
use crate::ratio::Ratio;

/// Takes the taxes out of listed amounts. What has the same rules is taken out together, then parted among its bearers.
pub(super) fn tax_gross(
    bearers: &[Bearer<'_>],
    groups: &mut [Group<'_>],
    step: Step,
) -> Result<Vec<Borne>, PriceError> {
    let mut borne = vec![Borne::default(); bearers.len()];
    let mut lists: Vec<&[TaxRule]> = Vec::new();
    for bearer in bearers {
        if !lists.contains(&bearer.rules) {
            lists.push(bearer.rules);
        }
    }
    for rules in lists {
        let rate = effective_rate(rules).ok_or_else(|| PriceError::NothingLeft {
            name: rules
                .first()
                .map_or_else(String::new, |it| it.name().to_owned()),
        })?;
        let priced = Gross::of(bearers, rules, rate, step).ok_or(PriceError::Overflow)?;
        priced
            .part(groups, &mut borne, step)
            .ok_or(PriceError::Overflow)?;
    }
    Ok(borne)
}

/// Amounts with the same taxes in them.
struct Gross<'a> {
    rules: &'a [TaxRule],
    /// Which bearers they are of.
    places: Vec<usize>,
    /// The exact net amount of each.
    exact: Vec<Ratio>,
    /// The net amount of each; they sum to that of all.
    nets: Vec<i64>,
    /// What is left of each for taxes.
    rests: Vec<i64>,
}

impl<'a> Gross<'a> {
    fn of(bearers: &[Bearer<'_>], rules: &'a [TaxRule], rate: Ratio, step: Step) -> Option<Self> {
        let part = Ratio::ONE.checked_div(Ratio::ONE.checked_add(rate)?)?;
        let mut priced = Self {
            rules,
            places: Vec::new(),
            exact: Vec::new(),
            nets: Vec::new(),
            rests: Vec::new(),
        };
        let mut whole = 0_i64;
        for (place, bearer) in bearers.iter().enumerate() {
            if bearer.rules == rules {
                whole = whole.checked_add(bearer.amount)?;
                priced.places.push(place);
                priced
                    .exact
                    .push(Ratio::whole(bearer.amount).checked_mul(part)?);
                priced.rests.push(bearer.amount);
            }
        }
        let net = part.of(whole, step.minor, step.rounding)?;
        priced.nets = together(&priced.exact, net, step)?;
        for (rest, net) in priced.rests.iter_mut().zip(&priced.nets) {
            *rest = rest.checked_sub(*net)?;
        }
        Some(priced)
    }

    /// Parts what is left among the taxes, and each tax among its bearers; the last tax takes what the others leave.
    fn part(mut self, groups: &mut [Group<'_>], borne: &mut [Borne], step: Step) -> Option<()> {
        for (place, net) in self.places.iter().zip(&self.nets) {
            borne.get_mut(*place)?.net = *net;
        }
        let exact_net = sum(&self.exact)?;
        let precise = exact_taxes(self.rules, exact_net)?;
        let all = self
            .rests
            .iter()
            .try_fold(0_i64, |sum, it| sum.checked_add(*it))?;
        let taxes = together(&precise, all, step)?;
        let shares: Option<Vec<Vec<Ratio>>> = self
            .exact
            .iter()
            .map(|it| exact_taxes(self.rules, *it))
            .collect();
        let shares = shares?;
        for (nth, rule) in self.rules.iter().enumerate() {
            let index = groups.iter().position(|it| it.rule == rule)?;
            let group = groups.get_mut(index)?;
            let tax = *taxes.get(nth)?;
            group.tax = group.tax.checked_add(tax)?;
            group.precise = group.precise.checked_add(*precise.get(nth)?)?;
            let of_rule: Option<Vec<Ratio>> =
                shares.iter().map(|it| it.get(nth).copied()).collect();
            let parts = match nth + 1 == self.rules.len() {
                true => self.rests.clone(),
                false => together(&of_rule?, tax, step)?,
            };
            for (at, part) in parts.into_iter().enumerate() {
                let base = base_of(self.rules, nth, *self.exact.get(at)?, shares.get(at)?)?;
                let taxable = base.checked_mul(rule.factor())?;
                group.taxable = group.taxable.checked_add(taxable)?;
                let rest = self.rests.get_mut(at)?;
                *rest = rest.checked_sub(part)?;
                let place = *self.places.get(at)?;
                borne.get_mut(place)?.taxes.push((index, base, part));
            }
        }
        Some(())
    }
}

fn together(figures: &[Ratio], total: i64, step: Step) -> Option<Vec<i64>> {
    let (numerators, denominator) = common(figures)?;
    round_together(&numerators, denominator, total, step.minor)
}

fn sum(figures: &[Ratio]) -> Option<Ratio> {
    figures
        .iter()
        .try_fold(Ratio::ZERO, |sum, it| sum.checked_add(*it))
}
