//! A document as plain data: what is printed and exported, with the amounts it was issued with.

use billing::{Ratio, TaxCategory};
use kernel::{Currency, LocalDate, Locale, Money};

use crate::logo::Logo;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A demand for money.
    Invoice,
    /// What is taken off an invoice; its amounts are above zero.
    CreditNote,
}

/// Who sells or buys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Party {
    /// What they are called.
    pub name: String,
    /// Where they are, line by line.
    pub address: Vec<String>,
    /// The country, as two letters of ISO 3166-1.
    pub country: Option<String>,
    /// What the tax office knows them by.
    pub tax_id: Option<String>,
    /// Where to call.
    pub phone: Option<String>,
    /// Where to write.
    pub email: Option<String>,
}

/// What an amount bears: one category and one rate, as EN 16931 wants it. Where several taxes are charged it is the rate they
/// come to together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vat {
    /// The category (BT-151).
    pub category: TaxCategory,
    /// The rate as a fraction of the net amount (BT-152).
    pub rate: Ratio,
}

impl Vat {
    /// What is not subject to any tax.
    pub const NONE: Self = Self {
        category: TaxCategory::OutOfScope,
        rate: Ratio::ZERO,
    };
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is for.
    pub text: String,
    /// Its first and its last day, if it is for days.
    pub days: Option<(LocalDate, LocalDate)>,
    /// How many units, at least one.
    pub quantity: u32,
    /// The listed amount, before discounts; with its taxes in it where prices include them.
    pub amount: Money,
    /// What discounts take off it.
    pub discount: Money,
    /// What is left, without taxes (BT-131).
    pub net: Money,
    /// Its share of the document's taxes.
    pub tax: Money,
    /// What it bears.
    pub vat: Vat,
}

/// An allowance or charge on the whole document (BG-20, BG-21).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// Why.
    pub text: String,
    /// What it adds without taxes; below zero for an allowance.
    pub net: Money,
    /// Its share of the document's taxes.
    pub tax: Money,
    /// What it bears.
    pub vat: Vat,
}

/// A tax of the document by its rule, as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tax {
    /// What it is called.
    pub name: String,
    /// Its rate, as a fraction of what is taxed.
    pub rate: Ratio,
    /// What is taxed.
    pub taxable: Money,
    /// The tax.
    pub tax: Money,
}

/// What the document comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// What discounts took off its lines.
    pub discount: Money,
    /// The total without tax (BT-109).
    pub net: Money,
    /// The total tax (BT-110).
    pub tax: Money,
    /// What had been paid before (BT-113).
    pub prepaid: Money,
    /// What is added so that it can be paid in coins (BT-114).
    pub rounding: Money,
    /// What is asked for or given back (BT-115).
    pub total: Money,
}

/// What has become of an invoice since it was issued. It is printed, and never exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How much of it is paid.
    pub paid: Money,
    /// What credit notes took off it.
    pub credited: Money,
    /// What nobody expects any more.
    pub written_off: Money,
    /// What is still due.
    pub due: Money,
    /// The day it was voided.
    pub voided_on: Option<LocalDate>,
}

/// The invoice that a credit note takes something off (BG-3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrected {
    /// Its number.
    pub number: String,
    /// Its date.
    pub issued_on: LocalDate,
}

/// How a document is written down, apart from its facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The language.
    pub locale: Locale,
    /// Decimal digits of printed amounts; more are shown where an amount has more.
    pub digits: u8,
    /// Where it can be paid.
    pub pay_link: Option<String>,
    /// What stands at the foot: a bank account, opening hours.
    pub note: Option<String>,
    /// The seller's logo.
    pub logo: Option<Logo>,
}

/// An invoice or a credit note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub kind: Kind,
    /// Its number (BT-1).
    pub number: String,
    /// Its date (BT-2).
    pub issued_on: LocalDate,
    /// The last day to pay it (BT-9).
    pub due_on: Option<LocalDate>,
    /// What a credit note corrects.
    pub corrects: Option<Corrected>,
    /// Why a credit note was issued.
    pub reason: Option<String>,
    /// Who sells.
    pub seller: Party,
    /// Who buys.
    pub buyer: Party,
    /// Its lines, at least one.
    pub lines: Vec<Line>,
    /// Allowances and charges on the whole.
    pub extras: Vec<Extra>,
    /// Its taxes by rule.
    pub taxes: Vec<Tax>,
    /// What it comes to.
    pub sums: Sums,
    /// What has become of it.
    pub standing: Option<Standing>,
    /// How it is written down.
    pub paper: Paper,
}

impl Document {
    /// Its currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.sums.total.currency()
    }
}
