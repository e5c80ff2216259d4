//! What the lines of a bill come to: discounts, taxes of the day, and the rounding to coins.

use std::collections::BTreeMap;

use kernel::{DiscountId, LocalDate, Money, PlanId};

use super::Unbillable;
use crate::account::{Account, Charge};
use crate::entity::{LegalEntity, TaxCode};
use crate::invoice::Line;
use crate::ledger::{Entry, LedgerAccount};
use crate::pricing::{Discount, DiscountScope, Priced, Taxable, Totals, price};

/// The figures of a document of a day; `None` where the lines and their sum are all there is.
pub(super) fn figures(
    entity: &LegalEntity,
    codes: &BTreeMap<PlanId, TaxCode>,
    discounts: &[Discount],
    (lines, fees): (&[Line], &[Charge]),
    on: LocalDate,
) -> Result<Option<Box<Totals>>, Unbillable> {
    let pricing = entity.pricing();
    if pricing.is_plain() && discounts.is_empty() {
        return Ok(None);
    }
    let taxable = |amount: Money, code: Option<&TaxCode>| {
        let taxes = pricing.on(code, on)?;
        Ok(Taxable { amount, taxes })
    };
    let lines = lines
        .iter()
        .map(|it| taxable(it.amount, codes.get(&it.plan)));
    // A fee is of no plan: the usual taxes of the entity are its own.
    let fees = fees.iter().map(|it| taxable(it.amount, None));
    let lines: Vec<Taxable<'_>> = lines.chain(fees).collect::<Result<_, Unbillable>>()?;
    let document = Priced {
        lines: &lines,
        discounts,
        ..Priced::default()
    };
    let terms = pricing.terms(entity.currency(), entity.scale());
    let totals = price(document, terms).map_err(|_| Unbillable::Unpriced)?;
    Ok(Some(Box::new(totals)))
}

/// The discounts that count on the charges of a document of a day, and which of the agreed ones they are.
pub(super) fn discounts(
    account: &Account,
    lines: &[Line],
    on: LocalDate,
) -> Result<(Vec<DiscountId>, Vec<Discount>), Unbillable> {
    let (mut used, mut discounts) = (Vec::new(), Vec::new());
    for agreed in account.discounts().iter().filter(|it| it.counts_on(on)) {
        let is_for = |it: &Line| agreed.subscription.is_none_or(|id| id == it.subscription);
        let charged = |it: &Line| it.amount.is_positive() && is_for(it);
        let lines = lines.iter().enumerate().filter(|(_, it)| charged(it));
        let lines: Vec<usize> = lines.map(|(place, _)| place).collect();
        if lines.is_empty() {
            continue;
        }
        let discount = Discount::new(agreed.amount, DiscountScope::Lines(lines));
        discounts.push(discount.map_err(|_| Unbillable::Unpriced)?);
        used.push(agreed.id);
    }
    Ok((used, discounts))
}

/// What is owed, earned, collected for the state and rounded: entries that sum to zero (billing.md, invariant 1). `None` for
/// a document of nothing.
pub(super) fn entries(
    figures: Option<&Totals>,
    total: Money,
) -> Result<Option<Vec<Entry>>, Unbillable> {
    let none = Money::zero(total.currency());
    let net = figures.map_or(total, |it| it.tax_exclusive);
    let tax = figures.map_or(none, |it| it.tax_total);
    let rounding = figures.map_or(none, |it| it.rounding);
    let mut entries = vec![Entry {
        account: LedgerAccount::Receivable,
        amount: total,
    }];
    for (account, amount) in [
        (LedgerAccount::Revenue, net),
        (LedgerAccount::Tax, tax),
        (LedgerAccount::Rounding, rounding),
    ] {
        let amount = amount.checked_neg()?;
        entries.push(Entry { account, amount });
    }
    entries.retain(|it| !it.amount.is_zero());
    Ok((entries.len() > 1).then_some(entries))
}

#[cfg(test)]
mod tests;
