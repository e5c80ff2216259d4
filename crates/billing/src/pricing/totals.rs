//! A priced document: lines with their discounts and taxes, the tax breakdown, and the totals of EN 16931.

use kernel::{Currency, Money, MoneyError};

use super::identities::{Stated, StatedAmount, StatedTax, StatedTaxTotal};
use super::tax::{TaxCategory, TaxRule};
use crate::ratio::Ratio;

/// A tax on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTax {
    /// Which of the document's taxes, counted from 0.
    pub group: usize,
    /// What the line is taxed on, in minor units, before the factor of the rule.
    pub base: Ratio,
    /// The line's part of that tax, for show: the tax itself is one figure of the document.
    pub amount: Money,
}

/// A line, or an allowance or charge on the whole, with its taxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxedLine {
    /// The amount as listed, before discounts; with its taxes in it where prices include them.
    pub amount: Money,
    /// What discounts take off it.
    pub discount: Money,
    /// What is left without taxes: BT-131.
    pub net: Money,
    /// Its taxes, in the order they are charged.
    pub taxes: Vec<LineTax>,
}

impl TaxedLine {
    /// All its taxes.
    ///
    /// # Errors
    /// [`MoneyError`] if they do not fit.
    pub fn tax(&self) -> Result<Money, MoneyError> {
        let taxes = self.taxes.iter().map(|it| it.amount);
        Money::sum(self.net.currency(), taxes)
    }

    /// Net and taxes.
    ///
    /// # Errors
    /// [`MoneyError`] if they do not fit.
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.net.checked_add(self.tax()?)
    }
}

/// One tax of the document: BG-23.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxGroup {
    /// The rule.
    pub rule: TaxRule,
    /// What is taxed, the rule's factor applied, rounded for print: BT-116.
    pub taxable: Money,
    /// The tax before it was rounded, in minor units.
    pub precise: Ratio,
    /// The tax: BT-117.
    pub tax: Money,
}

/// A priced document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Whether the listed amounts have their taxes in them.
    pub inclusive: bool,
    /// The smallest step of its amounts, in minor units.
    pub step: i64,
    /// Its lines.
    pub lines: Vec<TaxedLine>,
    /// Allowances on the whole, as amounts below zero.
    pub allowances: Vec<TaxedLine>,
    /// Charges on the whole.
    pub charges: Vec<TaxedLine>,
    /// Its taxes by rule: (category, rate) and what they are charged on.
    pub taxes: Vec<TaxGroup>,
    /// What discounts took off its lines.
    pub discount: Money,
    /// The sum of line nets: BT-106.
    pub sum_line_net: Money,
    /// The sum of allowances, above zero: BT-107.
    pub allowance_total: Money,
    /// The sum of charges: BT-108.
    pub charge_total: Money,
    /// The total without tax: BT-109.
    pub tax_exclusive: Money,
    /// The total tax: BT-110.
    pub tax_total: Money,
    /// The total with tax: BT-112.
    pub tax_inclusive: Money,
    /// What was paid before: BT-113.
    pub prepaid: Money,
    /// What is added so that it can be paid in coins: BT-114.
    pub rounding: Money,
    /// What is due: BT-115.
    pub payable: Money,
}

impl Totals {
    /// Its currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.payable.currency()
    }

    /// Its tax as a fraction of what is taxed; nothing for a document of nothing.
    #[must_use]
    pub fn effective_rate(&self) -> Option<Ratio> {
        let tax = Ratio::whole(self.tax_total.minor());
        match self.tax_exclusive.is_zero() {
            true => Some(Ratio::ZERO),
            false => tax.checked_div(Ratio::whole(self.tax_exclusive.minor())),
        }
    }

    /// Lines, allowances and charges: everything that bears tax, in this order.
    pub fn entries(&self) -> impl Iterator<Item = &TaxedLine> {
        self.lines
            .iter()
            .chain(&self.allowances)
            .chain(&self.charges)
    }

    /// What it states, to be held against the identities of EN 16931.
    #[must_use]
    pub fn stated(&self) -> Stated {
        let currency = self.currency();
        let all = |of: &[TaxedLine], sign: i64| {
            let stated = of.iter().map(|it| self.stated_amount(it, sign));
            stated.collect()
        };
        let breakdown = self.taxes.iter().map(|it| StatedTax {
            category: Some(it.rule.category().code().to_owned()),
            rate: rate_of(&it.rule),
            taxable: Some(major(it.taxable)),
            tax: Some(major(it.tax)),
        });
        Stated {
            decimals: u32::from(currency.exponent()),
            currency: Some(currency.code().to_owned()),
            lines: all(&self.lines, 1),
            allowances: all(&self.allowances, -1),
            charges: all(&self.charges, 1),
            taxes: vec![StatedTaxTotal {
                currency: Some(currency.code().to_owned()),
                amount: Some(major(self.tax_total)),
                breakdown: breakdown.collect(),
            }],
            sum_line_net: Some(major(self.sum_line_net)),
            allowance_total: Some(major(self.allowance_total)),
            charge_total: Some(major(self.charge_total)),
            tax_exclusive: Some(major(self.tax_exclusive)),
            tax_inclusive: Some(major(self.tax_inclusive)),
            prepaid: Some(major(self.prepaid)),
            rounding: Some(major(self.rounding)),
            payable: Some(major(self.payable)),
        }
    }

    fn stated_amount(&self, line: &TaxedLine, sign: i64) -> StatedAmount {
        let group = line.taxes.first().and_then(|it| self.taxes.get(it.group));
        let amount = major(line.net).checked_mul(Ratio::whole(sign));
        StatedAmount {
            amount: amount.unwrap_or_default(),
            category: group.map(|it| it.rule.category().code().to_owned()),
            rate: group.and_then(|it| rate_of(&it.rule)),
        }
    }
}

/// The rate a document shows; what is out of scope has none.
fn rate_of(rule: &TaxRule) -> Option<Ratio> {
    (rule.category() != TaxCategory::OutOfScope).then(|| rule.rate())
}

/// Major units, exactly.
fn major(amount: Money) -> Ratio {
    let scale = 10_i128.pow(u32::from(amount.currency().exponent()));
    Ratio::new(i128::from(amount.minor()), scale).unwrap_or_default()
}
