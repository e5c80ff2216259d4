//! The tax report: what is owed to the state for some days, by tax, category and rate.

use std::collections::BTreeMap;

use kernel::{Currency, Money, MoneyError};

use crate::credit_note::IssuedNote;
use crate::invoice::InvoiceSnapshot;
use crate::pricing::{TaxCategory, TaxGroup, TaxRule};
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// One tax, as documents name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaxKey {
    /// What it is called.
    pub name: String,
    /// The code of its category (UNCL5305).
    pub category: &'static str,
    /// Its rate as a fraction of what is taxed: `11/100`.
    pub rate: String,
}

impl TaxKey {
    fn of(rule: &TaxRule) -> Self {
        let category: TaxCategory = rule.category();
        let rate: Ratio = rule.rate();
        Self {
            name: rule.name().to_owned(),
            category: category.code(),
            rate: format!("{}/{}", rate.numerator(), rate.denominator()),
        }
    }
}

/// What one tax comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxSum {
    /// What invoices tax.
    pub taxable: Money,
    /// The tax of invoices.
    pub tax: Money,
    /// What credit notes give back of the lines that are taxed, without taxes; at or above zero.
    pub taxable_back: Money,
    /// The tax they give back, at or above zero.
    pub tax_back: Money,
}

impl TaxSum {
    /// The tax that is left.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn owed(&self) -> Result<Money, MoneyError> {
        self.tax.checked_sub(self.tax_back)
    }
}

/// Every tax of some documents; as many as there are taxes, however many documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxes {
    currency: Currency,
    by_tax: BTreeMap<TaxKey, TaxSum>,
}

impl Taxes {
    /// None yet.
    #[must_use]
    pub const fn new(currency: Currency) -> Self {
        Self {
            currency,
            by_tax: BTreeMap::new(),
        }
    }

    /// Every tax, by name, category and rate.
    pub fn rows(&self) -> impl Iterator<Item = (&TaxKey, &TaxSum)> {
        self.by_tax.iter()
    }

    /// Adds the taxes of an invoice; one without figures has none.
    ///
    /// # Errors
    /// [`MoneyError`] for another currency or overflow.
    pub fn charge(&mut self, invoice: &InvoiceSnapshot) -> Result<(), MoneyError> {
        let groups = invoice.figures.as_deref().map(|it| &it.taxes);
        for group in groups.into_iter().flatten() {
            let sum = self.of(&group.rule);
            sum.taxable = sum.taxable.checked_add(group.taxable)?;
            sum.tax = sum.tax.checked_add(group.tax)?;
        }
        Ok(())
    }

    /// Takes off what a credit note gives back of an invoice.
    ///
    /// # Errors
    /// [`MoneyError`] for another currency or overflow.
    pub fn give_back(
        &mut self,
        note: &IssuedNote,
        invoice: &InvoiceSnapshot,
    ) -> Result<(), MoneyError> {
        let Some(figures) = invoice.figures.as_deref() else {
            return Ok(());
        };
        let note = &note.draft.note;
        for given in &note.taxes {
            let Some(group) = figures.taxes.get(given.group) else {
                continue;
            };
            let taxed = note.lines.iter().filter(|it| it.is_taxed_by(given.group));
            let nets = Money::sum(self.currency, taxed.map(|it| it.net))?;
            let base = taxed_of(group, given.tax, nets)?;
            let sum = self.of(&group.rule);
            sum.taxable_back = sum.taxable_back.checked_add(base)?;
            sum.tax_back = sum.tax_back.checked_add(given.tax)?;
        }
        Ok(())
    }

    fn of(&mut self, rule: &TaxRule) -> &mut TaxSum {
        let none = Money::zero(self.currency);
        let nothing = TaxSum {
            taxable: none,
            tax: none,
            taxable_back: none,
            tax_back: none,
        };
        self.by_tax.entry(TaxKey::of(rule)).or_insert(nothing)
    }
}

/// What a tax that is given back was charged on, as the invoice counted it: with the factor of its rule and the taxes below
/// it. Of a tax of nothing, what the lines were, times the factor.
fn taxed_of(group: &TaxGroup, tax: Money, nets: Money) -> Result<Money, MoneyError> {
    let (base, part) = match group.tax.is_zero() {
        true => (nets, Some(group.rule.factor())),
        false => {
            let of = Ratio::whole(group.tax.minor());
            (group.taxable, Ratio::whole(tax.minor()).checked_div(of))
        }
    };
    let minor = part.and_then(|it| it.of(base.minor(), 1, Rounding::HalfAwayFromZero));
    let minor = minor.ok_or(MoneyError::Overflow)?;
    Ok(Money::from_minor(minor, base.currency()))
}
