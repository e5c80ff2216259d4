//! The figures of a priced document in the form they are stored: whole minor units and exact ratios, without a currency.

use kernel::{Money, MoneyError};
use serde::{Deserialize, Serialize};

use super::tax::TaxRule;
use super::totals::{LineTax, TaxGroup, TaxedLine, Totals};
use crate::ratio::Ratio;

/// What of [`Totals`] cannot be computed again from the listed amounts of the lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotalsRecord {
    inclusive: bool,
    step: i64,
    groups: Vec<GroupRecord>,
    lines: Vec<LineRecord>,
    rounding: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct GroupRecord {
    rule: TaxRule,
    taxable: i64,
    precise: Ratio,
    tax: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LineRecord {
    discount: i64,
    net: i64,
    /// Group, exact base, tax.
    taxes: Vec<(usize, Ratio, i64)>,
}

impl Totals {
    /// A document that is its lines and their sum, at a step in minor units.
    ///
    /// # Errors
    /// [`MoneyError`] if the amounts cannot be summed.
    pub fn plain(
        amounts: impl IntoIterator<Item = Money>,
        zero: Money,
        step: i64,
    ) -> Result<Self, MoneyError> {
        let line = |amount: Money| TaxedLine {
            amount,
            discount: zero,
            net: amount,
            taxes: Vec::new(),
        };
        let lines = amounts.into_iter().map(line).collect();
        Self::summed(false, step, lines, Vec::new(), zero)
    }

    /// The form to store, beside the listed amounts of its lines.
    #[must_use]
    pub fn record(&self) -> TotalsRecord {
        let group = |it: &TaxGroup| GroupRecord {
            rule: it.rule.clone(),
            taxable: it.taxable.minor(),
            precise: it.precise,
            tax: it.tax.minor(),
        };
        let taxes = |it: &LineTax| (it.group, it.base, it.amount.minor());
        let line = |it: &TaxedLine| LineRecord {
            discount: it.discount.minor(),
            net: it.net.minor(),
            taxes: it.taxes.iter().map(taxes).collect(),
        };
        TotalsRecord {
            inclusive: self.inclusive,
            step: self.step,
            groups: self.taxes.iter().map(group).collect(),
            lines: self.lines.iter().map(line).collect(),
            rounding: self.rounding.minor(),
        }
    }

    /// Totals as they were stored; the listed amounts in the order of the lines, at least one.
    ///
    /// # Errors
    /// [`MoneyError`] if there are other amounts than lines, or they cannot be summed.
    pub fn of_record(record: TotalsRecord, amounts: &[Money]) -> Result<Self, MoneyError> {
        let currency = amounts.first().ok_or(MoneyError::Overflow)?.currency();
        if amounts.len() != record.lines.len() {
            return Err(MoneyError::Overflow);
        }
        let money = |minor: i64| Money::from_minor(minor, currency);
        let tax = |(group, base, amount): (usize, Ratio, i64)| LineTax {
            group,
            base,
            amount: money(amount),
        };
        let lines = record.lines.into_iter().zip(amounts);
        let lines = lines.map(|(it, amount)| TaxedLine {
            amount: *amount,
            discount: money(it.discount),
            net: money(it.net),
            taxes: it.taxes.into_iter().map(tax).collect(),
        });
        let groups = record.groups.into_iter().map(|it| TaxGroup {
            rule: it.rule,
            taxable: money(it.taxable),
            precise: it.precise,
            tax: money(it.tax),
        });
        let rounding = money(record.rounding);
        Self::summed(
            record.inclusive,
            record.step,
            lines.collect(),
            groups.collect(),
            rounding,
        )
    }

    /// Sums up lines that are priced; nothing was prepaid, and nothing stands on the whole but the rounding.
    fn summed(
        inclusive: bool,
        step: i64,
        lines: Vec<TaxedLine>,
        taxes: Vec<TaxGroup>,
        rounding: Money,
    ) -> Result<Self, MoneyError> {
        let currency = rounding.currency();
        let zero = Money::zero(currency);
        let sum_line_net = Money::sum(currency, lines.iter().map(|it| it.net))?;
        let tax_total = Money::sum(currency, taxes.iter().map(|it| it.tax))?;
        let tax_inclusive = sum_line_net.checked_add(tax_total)?;
        Ok(Self {
            inclusive,
            step,
            discount: Money::sum(currency, lines.iter().map(|it| it.discount))?,
            lines,
            allowances: Vec::new(),
            charges: Vec::new(),
            taxes,
            sum_line_net,
            allowance_total: zero,
            charge_total: zero,
            tax_exclusive: sum_line_net,
            tax_total,
            tax_inclusive,
            prepaid: zero,
            rounding,
            payable: tax_inclusive.checked_add(rounding)?,
        })
    }
}

#[cfg(test)]
mod tests {
    //! What is stored reads back as it was priced.

    use kernel::Money;

    use crate::entity::{EntityPricing, TaxCode};
    use crate::pricing::{Discount, Priced, TaxRule, Taxable, Totals, price};
    use crate::rounding::InvoiceScale;

    #[test]
    fn a_priced_document_reads_back() {
        let currency = "INR".parse().unwrap();
        let taxes = ["CGST", "SGST"].map(|it| TaxRule::new(it, "9%".parse().unwrap()).unwrap());
        let amounts = [99_999, 35_001, 10].map(|it| Money::from_minor(it, currency));
        let lines = amounts.map(|amount| Taxable {
            amount,
            taxes: &taxes,
        });
        for inclusive in [false, true] {
            let pricing = EntityPricing {
                inclusive,
                coin: Some(100),
                usual: None::<TaxCode>,
                ..EntityPricing::PLAIN
            };
            let terms = pricing.terms(currency, InvoiceScale::new(2, currency).unwrap());
            let document = Priced {
                lines: &lines,
                discounts: &[Discount::percent("7%".parse().unwrap()).unwrap()],
                ..Priced::default()
            };
            let totals = price(document, terms).unwrap();
            let text = serde_json::to_string(&totals.record()).unwrap();
            let record = serde_json::from_str(&text).unwrap();
            assert_eq!(Totals::of_record(record, &amounts).unwrap(), totals);
        }
    }

    #[test]
    fn a_plain_document_is_what_pricing_it_without_taxes_gives() {
        let currency = "KES".parse().unwrap();
        let amounts = [300_000, -12_345].map(|it| Money::from_minor(it, currency));
        let terms = EntityPricing::PLAIN.terms(currency, InvoiceScale::new(2, currency).unwrap());
        let lines = amounts.map(|amount| Taxable { amount, taxes: &[] });
        let document = Priced {
            lines: &lines,
            ..Priced::default()
        };
        let plain = Totals::plain(amounts, Money::zero(currency), 1).unwrap();
        assert_eq!(plain, price(document, terms).unwrap());
    }
}
