//! Documents as billing shows them, with what stands around their figures.

use std::collections::BTreeMap;

use billing::{
    ChargeReason, FeeLineView, InvoiceView, LineView, NoteLineView, NoteView, Period, Ratio,
    TaxCategory, TaxView,
};
use kernel::{LocalDate, Locale, Money, MoneyError, PlanId};

use crate::document::{Corrected, Document, Kind, Line, Paper, Party, Standing, Sums, Tax, Vat};
use crate::words;

/// What a document shows beside its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Who sells.
    pub seller: Party,
    /// Who buys.
    pub buyer: Party,
    /// How it is written down.
    pub paper: Paper,
    /// What the plans of its lines are called; a plan without a name shows its id.
    pub plans: BTreeMap<PlanId, String>,
}

impl Document {
    /// An invoice.
    #[must_use]
    pub fn of_invoice(it: &InvoiceView, frame: Frame) -> Self {
        let fees = it.fees.iter().map(|it| fee(it, frame.paper.locale));
        let lines = it.lines.iter();
        let lines = lines.map(|it| line(it, &frame.plans)).chain(fees).collect();
        let none = Money::zero(it.total.currency());
        Self {
            kind: Kind::Invoice,
            number: it.number.clone(),
            issued_on: it.issued_on,
            due_on: Some(it.due_on),
            corrects: None,
            reason: None,
            lines,
            extras: Vec::new(),
            taxes: it.figures.taxes.iter().map(tax).collect(),
            sums: Sums {
                discount: it.figures.discount,
                net: it.figures.net,
                tax: it.figures.tax,
                prepaid: none,
                rounding: it.figures.rounding,
                total: it.total,
            },
            standing: Some(Standing {
                paid: it.allocated,
                credited: it.credited,
                written_off: it.written_off,
                due: it.due,
                voided_on: it.voided_on,
            }),
            seller: frame.seller,
            buyer: frame.buyer,
            paper: frame.paper,
        }
    }

    /// A credit note of an invoice.
    ///
    /// # Errors
    /// [`MoneyError`] if the amounts of its lines cannot be summed.
    pub fn of_note(it: &NoteView, of: &InvoiceView, frame: Frame) -> Result<Self, MoneyError> {
        let lines = it.lines.iter();
        let lines: Vec<_> = lines.map(|it| note_line(it, of, &frame)).collect();
        let discounts = lines.iter().map(|it| it.discount);
        let currency = it.total.currency();
        let sums = Sums {
            discount: Money::sum(currency, discounts)?,
            net: it.net,
            tax: it.tax,
            prepaid: Money::zero(currency),
            rounding: it.rounding,
            total: it.total,
        };
        Ok(Self {
            kind: Kind::CreditNote,
            number: it.number.clone(),
            issued_on: it.issued_on,
            due_on: None,
            corrects: Some(Corrected {
                number: of.number.clone(),
                issued_on: of.issued_on,
            }),
            reason: Some(it.reason.clone()),
            lines,
            extras: Vec::new(),
            taxes: Vec::new(),
            sums,
            standing: None,
            seller: frame.seller,
            buyer: frame.buyer,
            paper: frame.paper,
        })
    }
}

fn line(it: &LineView, plans: &BTreeMap<PlanId, String>) -> Line {
    Line {
        text: name_of(it.plan, plans),
        days: days(it.period),
        quantity: it.quantity,
        amount: it.amount,
        discount: it.discount,
        net: it.net,
        tax: it.tax,
        vat: vat(it.category, it.rate),
    }
}

/// A charge of dunning stands after the lines and is for no days.
fn fee(it: &FeeLineView, locale: Locale) -> Line {
    let none = Money::zero(it.amount.currency());
    Line {
        text: fee_name(it.reason, locale).to_owned(),
        days: None,
        quantity: 1,
        amount: it.amount,
        discount: none,
        net: it.net,
        tax: it.tax,
        vat: vat(it.category, it.rate),
    }
}

fn fee_name(reason: ChargeReason, locale: Locale) -> &'static str {
    let words = words::of(locale);
    match reason {
        ChargeReason::LateFee => words.late_fee,
        ChargeReason::Reconnection => words.reconnection,
    }
}

/// What is given back of a line bears what the line bore.
fn note_line(it: &NoteLineView, of: &InvoiceView, frame: &Frame) -> Line {
    let credited = of.lines.get(it.line);
    let fee = of.fees.iter().find(|fee| fee.line == it.line);
    let named = credited.map(|it| name_of(it.plan, &frame.plans));
    let charged = fee.map(|it| fee_name(it.reason, frame.paper.locale).to_owned());
    let bore = credited.map(|it| vat(it.category, it.rate));
    let first = it.days.iter().map(|it| it.start).min();
    let end = it.days.iter().map(|it| it.end).max();
    let taken = first.zip(end).map(|(start, end)| Period { start, end });
    Line {
        text: named.or(charged).unwrap_or_default(),
        days: taken.and_then(days),
        quantity: 1,
        amount: it.amount,
        discount: it.discount,
        net: it.net,
        tax: it.tax,
        vat: bore
            .or_else(|| fee.map(|it| vat(it.category, it.rate)))
            .unwrap_or(Vat::NONE),
    }
}

fn name_of(plan: PlanId, plans: &BTreeMap<PlanId, String>) -> String {
    plans
        .get(&plan)
        .cloned()
        .unwrap_or_else(|| plan.to_string())
}

fn vat(category: Option<TaxCategory>, rate: Ratio) -> Vat {
    category.map_or(Vat::NONE, |category| Vat { category, rate })
}

/// People read the last day, not the one after it.
fn days(period: Period) -> Option<(LocalDate, LocalDate)> {
    let last = period.end.pred_opt()?;
    (last >= period.start).then_some((period.start, last))
}

fn tax(it: &TaxView) -> Tax {
    Tax {
        name: it.name.clone(),
        rate: it.rate,
        taxable: it.taxable,
        tax: it.tax,
    }
}
