//! The taxes of a document as EN 16931 wants them: one amount for each category and rate.

use std::collections::BTreeMap;

use billing::{Ratio, TaxCategory};
use kernel::{Money, MoneyError};

use super::CannotExport;
use super::xml::Xml;
use crate::document::{Document, Vat};
use crate::written::percent;

/// A category and a rate as they are written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Category {
    code: &'static str,
    /// In percent; none for what is not subject to tax (BR-O-05).
    percent: Option<String>,
}

/// One tax.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) category: Category,
    pub(super) taxable: Money,
    pub(super) tax: Money,
}

/// Every tax.
#[derive(Debug)]
pub(super) struct Breakdown {
    parts: Vec<Part>,
    untaxed: bool,
}

impl Breakdown {
    /// Sums up what lines, allowances and charges bear.
    pub(super) fn of(it: &Document) -> Result<Self, CannotExport> {
        let lines = it.lines.iter().map(|it| (it.vat, it.net, it.tax));
        let extras = it.extras.iter().map(|it| (it.vat, it.net, it.tax));
        let all: Vec<_> = lines.chain(extras).collect();
        if all
            .iter()
            .any(|it| it.0.category == TaxCategory::IntraCommunity)
        {
            return Err(CannotExport::IntraCommunity);
        }
        let untaxed = all
            .iter()
            .all(|it| it.0.category == TaxCategory::OutOfScope);
        let none = Money::zero(it.currency());
        let mut sums = BTreeMap::new();
        for (vat, net, tax) in all {
            let sum = sums.entry(category(vat, untaxed)).or_insert((none, none));
            *sum = (sum.0.checked_add(net)?, sum.1.checked_add(tax)?);
        }
        let parts = sums.into_iter().map(|(category, (taxable, tax))| Part {
            category,
            taxable,
            tax,
        });
        let parts: Vec<_> = parts.collect();
        adds_up(it, &parts)?;
        Ok(Self { parts, untaxed })
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(super) fn category(&self, vat: Vat) -> Category {
        category(vat, self.untaxed)
    }

    /// Whether nothing of it is subject to tax: nobody's VAT id may be on it then (BR-O-02).
    pub(super) const fn is_untaxed(&self) -> bool {
        self.untaxed
    }

    /// Whether the customer owes the tax.
    pub(super) fn is_reversed(&self) -> bool {
        self.parts.iter().any(|it| it.category.code == "AE")
    }
}

/// BR-CO-14 holds only if the lines bear what the document says.
fn adds_up(it: &Document, parts: &[Part]) -> Result<(), CannotExport> {
    let lines: Result<Money, MoneyError> = Money::sum(it.currency(), parts.iter().map(|it| it.tax));
    let (lines, whole) = (lines?, it.sums.tax);
    match lines == whole {
        true => Ok(()),
        false => Err(CannotExport::Taxes { lines, whole }),
    }
}

/// What is taxed at zero is no standard rate (BR-S-05), and beside taxed lines nothing is out of scope (BR-O-11): it is exempt.
fn category(vat: Vat, untaxed: bool) -> Category {
    let taxed = vat.rate > Ratio::ZERO;
    let found = match vat.category {
        TaxCategory::OutOfScope if untaxed => TaxCategory::OutOfScope,
        TaxCategory::OutOfScope => TaxCategory::Exempt,
        TaxCategory::Standard if !taxed => TaxCategory::ZeroRated,
        other => other,
    };
    let percent = (found != TaxCategory::OutOfScope).then(|| percent(vat.rate));
    Category {
        code: found.code(),
        percent,
    }
}

impl Category {
    /// As a line, an allowance or a charge bears it.
    pub(super) fn write(&self, xml: &mut Xml, name: &str) {
        xml.inside(name, |xml| self.fields(xml, None));
    }

    /// As the breakdown shows it: with the reason why nothing is charged (BT-120).
    pub(super) fn write_with_reason(&self, xml: &mut Xml) {
        let reason = match self.code {
            "E" => Some("Exempt from tax"),
            "AE" => Some("Reverse charge"),
            "G" => Some("Export"),
            "O" => Some("Not subject to tax"),
            _ => None,
        };
        xml.inside("cac:TaxCategory", |xml| self.fields(xml, reason));
    }

    fn fields(&self, xml: &mut Xml, reason: Option<&str>) {
        xml.value("cbc:ID", self.code);
        if let Some(percent) = &self.percent {
            xml.value("cbc:Percent", percent);
        }
        if let Some(reason) = reason {
            xml.value("cbc:TaxExemptionReason", reason);
        }
        xml.inside("cac:TaxScheme", |xml| xml.value("cbc:ID", "VAT"));
    }
}
