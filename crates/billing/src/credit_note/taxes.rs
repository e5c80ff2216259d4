//! The taxes that follow what is given back.

use super::CreditedInvoice;
use super::parts::{Piece, capped, rest_of, sum};
use crate::pricing::weights::{allocate_equally, common, round_together};
use crate::pricing::{LineTax, TaxedLine};
use crate::ratio::Ratio;

/// A tax of a note while it is computed.
pub(super) struct GroupCredit {
    pub(super) group: usize,
    pub(super) precise: Ratio,
    pub(super) tax: i64,
    /// What is left of the tax of the invoice.
    pub(super) rest: i64,
    /// Whether it gives back all that is left of the tax.
    pub(super) is_last: bool,
    pub(super) parts: Vec<i64>,
}

/// A tax of a note; none if no piece bears it. The note that gives back the last of what bears it gives back all that is left
/// of it; the others their exact part, rounded, and never more than is left.
pub(super) fn group_credit(
    invoice: &CreditedInvoice,
    group: usize,
    pieces: &[Piece<'_>],
) -> Option<Option<GroupCredit>> {
    if !pieces.iter().any(|it| borne(it.entry, group).is_some()) {
        return Some(None);
    }
    let whole = invoice.totals.taxes.get(group)?;
    let before = invoice
        .counting()
        .flat_map(|it| &it.taxes)
        .filter(|it| it.group == group);
    let before = before
        .into_iter()
        .try_fold(0_i64, |sum, it| sum.checked_add(it.tax.minor()))?;
    let rest = whole.tax.minor().checked_sub(before)?;
    let is_last = completes(invoice, group, pieces)?;
    let (precise, tax) = if is_last {
        (whole.precise.checked_sub(Ratio::whole(before))?, rest)
    } else {
        let exact = pieces.iter().map(|it| exact_tax(invoice, group, it));
        let exact = sum(exact.collect::<Option<Vec<_>>>()?)?;
        let rounded = exact.of(1, invoice.totals.step, invoice.rounding)?;
        let tax = capped(Ratio::whole(rounded), Ratio::whole(rest));
        (exact, i64::try_from(tax.numerator()).ok()?)
    };
    Some(Some(GroupCredit {
        group,
        precise,
        tax,
        rest,
        is_last,
        parts: Vec::new(),
    }))
}

fn borne(entry: &TaxedLine, group: usize) -> Option<&LineTax> {
    entry.taxes.iter().find(|it| it.group == group)
}

/// The exact tax of a piece: its part of what its line is taxed on.
fn exact_tax(invoice: &CreditedInvoice, group: usize, piece: &Piece<'_>) -> Option<Ratio> {
    let Some(tax) = borne(piece.entry, group) else {
        return Some(Ratio::ZERO);
    };
    let weight = invoice.totals.taxes.get(group)?.rule.weight()?;
    tax.base.checked_mul(weight)?.checked_mul(piece.share)
}

/// Whether nothing that bears the tax is left after these pieces.
fn completes(invoice: &CreditedInvoice, group: usize, pieces: &[Piece<'_>]) -> Option<bool> {
    for (line, entry) in invoice.totals.entries().enumerate() {
        if borne(entry, group).is_none() {
            continue;
        }
        let given = pieces.iter().find(|it| it.line == line);
        let is_done = match given {
            Some(piece) => piece.is_last(),
            None => rest_of(invoice, line, entry).ok()?.amount == 0,
        };
        if !is_done {
            return Some(false);
        }
    }
    Some(true)
}

/// What each piece shows of a tax: its exact part, or what is left of its line's, so that they sum to the tax.
pub(super) fn shown(
    invoice: &CreditedInvoice,
    credit: &GroupCredit,
    pieces: &[Piece<'_>],
) -> Option<Vec<i64>> {
    let step = invoice.totals.step;
    let exact: Vec<Ratio> = pieces
        .iter()
        .map(|it| exact_tax(invoice, credit.group, it))
        .collect::<Option<_>>()?;
    let left: Vec<i64> = pieces
        .iter()
        .map(|it| tax_left(invoice, credit.group, it))
        .collect::<Option<_>>()?;
    if credit.is_last && left.iter().sum::<i64>() == credit.tax {
        return Some(left);
    }
    let (numerators, denominator) = common(&exact)?;
    if let Some(parts) = round_together(&numerators, denominator, credit.tax, step) {
        return Some(parts);
    }
    // Roundings of earlier notes add up: the difference is spread over those that bear the tax.
    let near = sum(exact.iter().copied())?.of(1, step, invoice.rounding)?;
    let mut parts = round_together(&numerators, denominator, near, step)?;
    let bearing: Vec<usize> = (0..pieces.len())
        .filter(|it| exact.get(*it).is_some_and(|it| !it.is_zero()))
        .collect();
    let spread = allocate_equally(credit.tax.checked_sub(near)?, bearing.len(), step).ok()?;
    for (index, more) in bearing.into_iter().zip(spread) {
        let part = parts.get_mut(index)?;
        *part = part.checked_add(more)?;
    }
    Some(parts)
}

/// What earlier notes left of the tax a line shows.
fn tax_left(invoice: &CreditedInvoice, group: usize, piece: &Piece<'_>) -> Option<i64> {
    let Some(tax) = borne(piece.entry, group) else {
        return Some(0);
    };
    let lines = invoice
        .counting()
        .flat_map(|it| &it.lines)
        .filter(|it| it.line == piece.line);
    let before = lines.flat_map(|it| &it.by_group).filter(|it| it.0 == group);
    before
        .into_iter()
        .try_fold(tax.amount.minor(), |left, it| left.checked_sub(it.1))
}
