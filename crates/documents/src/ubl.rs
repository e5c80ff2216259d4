//! UBL 2.1 by EN 16931: what the machines of customers and tax offices read.
//!
//! The order of elements is that of the OASIS schemas, the business terms (BT, BG) and rules (BR) are those of EN 16931-1. Amounts are
//! exact: a price stands for as many units as the line has, so that nothing is divided.

mod breakdown;
mod party;
mod xml;

use kernel::{Money, MoneyError};

use crate::document::{Document, Extra, Kind, Line};
use crate::written::exact;
use breakdown::{Breakdown, Category, Part};
use xml::Xml;

/// The specification that a document follows (BT-24).
const CUSTOMIZATION: &str = "urn:cen.eu:en16931:2017";

/// One of anything (UN/ECE recommendation 20).
const UNIT: &str = "C62";

/// What the standard wants and a document lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotExport {
    /// BR-09: nobody knows where the seller is.
    #[error("the seller has no country")]
    SellerCountry,
    /// BR-CO-26: nobody can tell who the seller is.
    #[error("the seller has no tax id")]
    SellerTaxId,
    /// BR-AE-02: whoever owes the tax must be known to the tax office.
    #[error("the customer owes the tax and has no tax id")]
    BuyerTaxId,
    /// BR-IC-11 and BR-IC-12: nobody knows when and where it was delivered.
    #[error("a supply within a community of states needs a day and a place of delivery")]
    IntraCommunity,
    /// The taxes of the lines are not the taxes of the whole.
    #[error("the lines bear {lines} and the document {whole} of tax")]
    Taxes {
        /// The sum over the lines.
        lines: Money,
        /// The document's figure.
        whole: Money,
    },
    /// The amounts do not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// The names that differ between an invoice and a credit note.
struct Names {
    root: &'static str,
    type_tag: &'static str,
    type_code: &'static str,
    line: &'static str,
    quantity: &'static str,
}

const INVOICE: Names = Names {
    root: "Invoice",
    type_tag: "cbc:InvoiceTypeCode",
    type_code: "380",
    line: "cac:InvoiceLine",
    quantity: "cbc:InvoicedQuantity",
};

const CREDIT_NOTE: Names = Names {
    root: "CreditNote",
    type_tag: "cbc:CreditNoteTypeCode",
    type_code: "381",
    line: "cac:CreditNoteLine",
    quantity: "cbc:CreditedQuantity",
};

/// The file.
pub(crate) fn export(it: &Document) -> Result<String, CannotExport> {
    let names = match it.kind {
        Kind::Invoice => &INVOICE,
        Kind::CreditNote => &CREDIT_NOTE,
    };
    let breakdown = Breakdown::of(it)?;
    let mut xml = Xml::begin(names.root, it.currency());
    heading(&mut xml, it, names);
    party::seller(&mut xml, it, &breakdown)?;
    party::buyer(&mut xml, it, &breakdown)?;
    terms(&mut xml, it);
    for extra in &it.extras {
        allowance(&mut xml, extra, &breakdown.category(extra.vat))?;
    }
    taxes(&mut xml, it, &breakdown);
    totals(&mut xml, it)?;
    for (place, line) in it.lines.iter().enumerate() {
        item(
            &mut xml,
            names,
            place + 1,
            line,
            &breakdown.category(line.vat),
        )?;
    }
    Ok(xml.end(names.root))
}

fn heading(xml: &mut Xml, it: &Document, names: &Names) {
    xml.value("cbc:CustomizationID", CUSTOMIZATION);
    xml.value("cbc:ID", &it.number);
    xml.value("cbc:IssueDate", &it.issued_on.to_string());
    // A credit note has no element for it; its terms say so in words.
    if let Some(day) = it.due_on.filter(|_| it.kind == Kind::Invoice) {
        xml.value("cbc:DueDate", &day.to_string());
    }
    xml.value(names.type_tag, names.type_code);
    if let Some(reason) = &it.reason {
        xml.value("cbc:Note", reason);
    }
    xml.value("cbc:DocumentCurrencyCode", it.currency().code());
    if let Some(corrected) = &it.corrects {
        xml.inside("cac:BillingReference", |xml| {
            xml.inside("cac:InvoiceDocumentReference", |xml| {
                xml.value("cbc:ID", &corrected.number);
                xml.value("cbc:IssueDate", &corrected.issued_on.to_string());
            });
        });
    }
}

/// BR-CO-25: whoever has to pay is told until when, or how.
fn terms(xml: &mut Xml, it: &Document) {
    let note = match (it.kind, it.due_on) {
        (Kind::Invoice, Some(_)) => None,
        (Kind::Invoice, None) => Some("Due on receipt"),
        (Kind::CreditNote, _) => Some("Taken off what is owed, or given back"),
    };
    if let Some(note) = note {
        xml.inside("cac:PaymentTerms", |xml| xml.value("cbc:Note", note));
    }
}

/// BG-20 and BG-21.
fn allowance(xml: &mut Xml, extra: &Extra, category: &Category) -> Result<(), CannotExport> {
    let charges = !extra.net.is_negative();
    let amount = absolute(extra.net)?;
    xml.inside("cac:AllowanceCharge", |xml| {
        xml.value(
            "cbc:ChargeIndicator",
            if charges { "true" } else { "false" },
        );
        xml.value("cbc:AllowanceChargeReason", &extra.text);
        xml.amount("cbc:Amount", amount);
        category.write(xml, "cac:TaxCategory");
    });
    Ok(())
}

/// BG-23.
fn taxes(xml: &mut Xml, it: &Document, breakdown: &Breakdown) {
    xml.inside("cac:TaxTotal", |xml| {
        xml.amount("cbc:TaxAmount", it.sums.tax);
        for Part {
            category,
            taxable,
            tax,
        } in breakdown.parts()
        {
            xml.inside("cac:TaxSubtotal", |xml| {
                xml.amount("cbc:TaxableAmount", *taxable);
                xml.amount("cbc:TaxAmount", *tax);
                category.write_with_reason(xml);
            });
        }
    });
}

/// BG-22.
fn totals(xml: &mut Xml, it: &Document) -> Result<(), CannotExport> {
    let currency = it.currency();
    let lines = Money::sum(currency, it.lines.iter().map(|it| it.net))?;
    let of = |sign: fn(Money) -> bool| {
        let nets = it.extras.iter().map(|it| it.net);
        Money::sum(currency, nets.filter(|it| sign(*it)))
    };
    let allowances = absolute(of(Money::is_negative)?)?;
    let charges = of(Money::is_positive)?;
    let inclusive = it.sums.net.checked_add(it.sums.tax)?;
    xml.inside("cac:LegalMonetaryTotal", |xml| {
        xml.amount("cbc:LineExtensionAmount", lines);
        xml.amount("cbc:TaxExclusiveAmount", it.sums.net);
        xml.amount("cbc:TaxInclusiveAmount", inclusive);
        for (name, amount) in [
            ("cbc:AllowanceTotalAmount", allowances),
            ("cbc:ChargeTotalAmount", charges),
            ("cbc:PrepaidAmount", it.sums.prepaid),
            ("cbc:PayableRoundingAmount", it.sums.rounding),
        ] {
            if !amount.is_zero() {
                xml.amount(name, amount);
            }
        }
        xml.amount("cbc:PayableAmount", it.sums.total);
    });
    Ok(())
}

/// BG-25. What takes an earlier charge back has a quantity below zero, for a price cannot be (BR-27).
fn item(
    xml: &mut Xml,
    names: &Names,
    number: usize,
    line: &Line,
    category: &Category,
) -> Result<(), CannotExport> {
    let listed = line.net.checked_add(line.discount)?;
    // Where prices include taxes, what a discount takes off without them is nowhere written: the line says what is left.
    let discount = (listed == line.amount && line.discount.is_positive()).then_some(line.discount);
    let base = if discount.is_some() { listed } else { line.net };
    let sign = if base.is_negative() { "-" } else { "" };
    let price = absolute(base)?;
    xml.inside(names.line, |xml| {
        xml.value("cbc:ID", &number.to_string());
        let quantity = format!("{sign}{}", line.quantity);
        xml.measured(names.quantity, UNIT, &quantity);
        xml.amount("cbc:LineExtensionAmount", line.net);
        if let Some((first, last)) = line.days {
            xml.inside("cac:InvoicePeriod", |xml| {
                xml.value("cbc:StartDate", &first.to_string());
                xml.value("cbc:EndDate", &last.to_string());
            });
        }
        if let Some(discount) = discount {
            xml.inside("cac:AllowanceCharge", |xml| {
                xml.value("cbc:ChargeIndicator", "false");
                xml.value("cbc:AllowanceChargeReason", "Discount");
                xml.amount("cbc:Amount", discount);
            });
        }
        xml.inside("cac:Item", |xml| {
            xml.value("cbc:Name", &line.text);
            category.write(xml, "cac:ClassifiedTaxCategory");
        });
        xml.inside("cac:Price", |xml| {
            xml.amount("cbc:PriceAmount", price);
            xml.measured("cbc:BaseQuantity", UNIT, &line.quantity.to_string());
        });
    });
    Ok(())
}

fn absolute(amount: Money) -> Result<Money, MoneyError> {
    match amount.is_negative() {
        true => amount.checked_neg(),
        false => Ok(amount),
    }
}

impl Xml {
    fn amount(&mut self, name: &str, amount: Money) {
        self.money(name, &exact(amount));
    }
}
