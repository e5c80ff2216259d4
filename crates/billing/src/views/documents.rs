//! Invoices and credit notes, as people look at them.

use kernel::{
    AccountId, CreditNoteId, InvoiceId, LocalDate, Money, MoneyError, PlanId, SubscriptionId,
};
use serde::Serialize;

use crate::account::{Charge, ChargeReason};
use crate::credit_note::IssuedNote;
use crate::invoice::{InvoiceSnapshot, Line, Settlement, printed_number};
use crate::pricing::{TaxCategory, TaxGroup, TaxRule, TaxedLine, Totals, effective_rate};
use crate::ratio::Ratio;
use crate::schedule::Period;
use crate::segment::ChargeKind;

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineView {
    /// What it is for.
    pub subscription: SubscriptionId,
    /// Which component of it; 0 is the base plan.
    pub component: u16,
    /// Whether the charge comes again.
    pub kind: ChargeKind,
    /// On which plan.
    pub plan: PlanId,
    /// How many units.
    pub quantity: u32,
    /// The days.
    pub period: Period,
    /// The whole cycle whose price is prorated.
    pub cycle: Period,
    /// Its listed amount, before discounts; with its taxes in it where prices include them. Below zero if it takes an
    /// earlier charge back.
    pub amount: Money,
    /// Its share of the discounts.
    pub discount: Money,
    /// What is left of it without taxes.
    pub net: Money,
    /// Its share of the taxes.
    pub tax: Money,
    /// The category of what it bears, as documents name it; `None` without any tax.
    pub category: Option<TaxCategory>,
    /// What its taxes come to together, as a fraction of the net amount.
    pub rate: Ratio,
    /// Whether it takes an earlier charge back.
    pub repairs: bool,
}

impl LineView {
    /// A line with its share of discounts and taxes, where the document has any.
    ///
    /// # Errors
    /// [`MoneyError`] if the taxes cannot be summed.
    fn of(line: &Line, priced: Option<(&TaxedLine, &Totals)>) -> Result<Self, MoneyError> {
        let bare = Self::from(line);
        let Some((priced, document)) = priced else {
            return Ok(bare);
        };
        let (category, rate) = borne(priced, document)?;
        Ok(Self {
            discount: priced.discount,
            net: priced.net,
            tax: priced.tax()?,
            category,
            rate,
            ..bare
        })
    }

    /// Every line of a document.
    ///
    /// # Errors
    /// [`MoneyError`] if the taxes cannot be summed.
    pub fn all(lines: &[Line], figures: Option<&Totals>) -> Result<Vec<Self>, MoneyError> {
        let priced = |place: usize| figures.and_then(|it| Some((it.lines.get(place)?, it)));
        let lines = lines.iter().enumerate();
        lines
            .map(|(place, it)| Self::of(it, priced(place)))
            .collect()
    }
}

/// A line of an invoice for a charge of dunning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeeLineView {
    /// Its place among all lines of the invoice, counted from 0: what a credit note names.
    pub line: usize,
    /// What for.
    pub reason: ChargeReason,
    /// Of which debt of the account, from 1.
    pub episode: u64,
    /// The step that charged it.
    pub step: u16,
    /// When it was charged.
    pub charged_on: LocalDate,
    /// Its amount; with its taxes in it where prices include them. No discount counts on it.
    pub amount: Money,
    /// What is left of it without taxes.
    pub net: Money,
    /// Its share of the taxes.
    pub tax: Money,
    /// The category of what it bears, as documents name it; `None` without any tax.
    pub category: Option<TaxCategory>,
    /// What its taxes come to together, as a fraction of the net amount.
    pub rate: Ratio,
}

impl FeeLineView {
    /// Every fee of a document, whose lines come before them.
    ///
    /// # Errors
    /// [`MoneyError`] if the taxes cannot be summed.
    pub fn all(
        fees: &[Charge],
        lines: usize,
        figures: Option<&Totals>,
    ) -> Result<Vec<Self>, MoneyError> {
        let numbered = (lines..).zip(fees);
        let view = |(line, it): (usize, &Charge)| {
            let priced = figures.and_then(|it| Some((it.lines.get(line)?, it)));
            let none = Money::zero(it.amount.currency());
            let bare = (None, Ratio::ZERO);
            let (category, rate) = priced.map_or(Ok(bare), |(line, of)| borne(line, of))?;
            Ok(Self {
                line,
                reason: it.reason,
                episode: it.episode,
                step: it.step,
                charged_on: it.on,
                amount: it.amount,
                net: priced.map_or(it.amount, |it| it.0.net),
                tax: priced.map_or(Ok(none), |it| it.0.tax())?,
                category,
                rate,
            })
        };
        numbered.map(view).collect()
    }
}

impl From<&Line> for LineView {
    /// A line by itself: it has a share of discounts and taxes on a document only.
    fn from(line: &Line) -> Self {
        let none = Money::zero(line.amount.currency());
        Self {
            subscription: line.subscription,
            component: line.component,
            kind: line.kind,
            plan: line.plan,
            quantity: line.quantity,
            period: line.period,
            cycle: line.cycle,
            amount: line.amount,
            discount: none,
            net: line.amount,
            tax: none,
            category: None,
            rate: Ratio::ZERO,
            repairs: line.repairs.is_some(),
        }
    }
}

/// The category and the rate of a line.
fn borne(line: &TaxedLine, document: &Totals) -> Result<(Option<TaxCategory>, Ratio), MoneyError> {
    let groups = line.taxes.iter();
    let groups = groups.filter_map(|it| document.taxes.get(it.group));
    let rules: Vec<_> = groups.map(|it| it.rule.clone()).collect();
    let rate = effective_rate(&rules).ok_or(MoneyError::Overflow)?;
    Ok((category_of(&rules), rate))
}

/// A document names one category for each line: the one that is taxed, where several are not.
fn category_of(rules: &[TaxRule]) -> Option<TaxCategory> {
    let taxed = rules.iter().find(|it| !it.rate().is_zero());
    taxed.or_else(|| rules.first()).map(TaxRule::category)
}

/// What the lines of a document come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FiguresView {
    /// What discounts took off.
    pub discount: Money,
    /// The sum without tax.
    pub net: Money,
    /// Every tax, by rule.
    pub taxes: Vec<TaxView>,
    /// The sum of taxes.
    pub tax: Money,
    /// What is added, or taken off, so that it can be paid in coins.
    pub rounding: Money,
}

/// One tax of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaxView {
    /// What it is called.
    pub name: String,
    /// Its category.
    pub category: TaxCategory,
    /// Its rate, as a fraction of what is taxed.
    pub rate: Ratio,
    /// What is taxed.
    pub taxable: Money,
    /// The tax.
    pub tax: Money,
}

impl FiguresView {
    /// The figures of a document; its total alone where it has no others.
    #[must_use]
    pub fn of(figures: Option<&Totals>, total: Money) -> Self {
        let none = Money::zero(total.currency());
        let tax = |it: &TaxGroup| TaxView {
            name: it.rule.name().to_owned(),
            category: it.rule.category(),
            rate: it.rule.rate(),
            taxable: it.taxable,
            tax: it.tax,
        };
        Self {
            discount: figures.map_or(none, |it| it.discount),
            net: figures.map_or(total, |it| it.tax_exclusive),
            taxes: figures.map_or_else(Vec::new, |it| it.taxes.iter().map(tax).collect()),
            tax: figures.map_or(none, |it| it.tax_total),
            rounding: figures.map_or(none, |it| it.rounding),
        }
    }
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvoiceView {
    /// The invoice.
    pub id: InvoiceId,
    /// Who owes it.
    pub account: AccountId,
    /// Its number as printed.
    pub number: String,
    /// Its lines.
    pub lines: Vec<LineView>,
    /// What dunning has charged, as lines after the others.
    pub fees: Vec<FeeLineView>,
    /// What they come to.
    pub figures: FiguresView,
    /// What is asked for.
    pub total: Money,
    /// How much of it is paid.
    pub allocated: Money,
    /// What credit notes took off it.
    pub credited: Money,
    /// What nobody expects to be paid any more.
    pub written_off: Money,
    /// The day it was voided.
    pub voided_on: Option<LocalDate>,
    /// Why it was voided.
    pub void_reason: Option<String>,
    /// What is still due.
    pub due: Money,
    /// How far it is paid.
    pub settlement: Settlement,
    /// Its date.
    pub issued_on: LocalDate,
    /// The last day to pay it without being overdue.
    pub due_on: LocalDate,
}

impl InvoiceView {
    /// An invoice as it is looked at.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn of(it: InvoiceSnapshot) -> Result<Self, MoneyError> {
        let otherwise = it.credited.checked_add(it.written_off)?;
        Ok(Self {
            id: it.id,
            account: it.account,
            number: printed_number(&it.series, it.number),
            lines: LineView::all(&it.lines, it.figures.as_deref())?,
            fees: FeeLineView::all(&it.fees, it.lines.len(), it.figures.as_deref())?,
            figures: FiguresView::of(it.figures.as_deref(), it.total),
            total: it.total,
            allocated: it.allocated.checked_sub(otherwise)?,
            credited: it.credited,
            written_off: it.written_off,
            voided_on: it.voided.as_ref().map(|it| it.on),
            void_reason: it.voided.map(|it| it.reason),
            due: it.total.checked_sub(it.allocated)?,
            settlement: Settlement::of(it.total.minor(), it.allocated.minor()),
            issued_on: it.issued_on,
            due_on: it.due_on,
        })
    }
}

/// A credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteView {
    /// The note.
    pub id: CreditNoteId,
    /// Whose debt it takes off.
    pub account: AccountId,
    /// The invoice of which something is given back.
    pub invoice: InvoiceId,
    /// Its number as printed.
    pub number: String,
    /// Why.
    pub reason: String,
    /// What is given back of each line.
    pub lines: Vec<NoteLineView>,
    /// The sum without tax.
    pub net: Money,
    /// The sum of taxes.
    pub tax: Money,
    /// The share of the invoice's rounding that goes with it.
    pub rounding: Money,
    /// What is given back in all.
    pub total: Money,
    /// Its date.
    pub issued_on: LocalDate,
}

/// What is given back of one line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteLineView {
    /// The line, counted from 0.
    pub line: usize,
    /// What of its listed amount.
    pub amount: Money,
    /// What of its discount follows.
    pub discount: Money,
    /// What is given back without taxes.
    pub net: Money,
    /// Its share of the taxes.
    pub tax: Money,
    /// The days that are taken back with it.
    pub days: Vec<Period>,
}

impl NoteView {
    /// A note as it is looked at.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn of(it: IssuedNote) -> Result<Self, MoneyError> {
        let IssuedNote {
            draft,
            series,
            number,
        } = it;
        let days = |line: usize| {
            let own = draft.pieces.iter();
            let own = own.filter(move |it| usize::from(it.line) == line);
            own.filter_map(|it| it.days).collect()
        };
        let lines = draft.note.lines.iter().map(|it| NoteLineView {
            line: it.line,
            amount: it.amount,
            discount: it.discount,
            net: it.net,
            tax: it.tax,
            days: days(it.line),
        });
        Ok(Self {
            id: draft.id,
            account: draft.account,
            invoice: draft.invoice,
            number: printed_number(&series, number),
            lines: lines.collect(),
            net: draft.note.net,
            tax: draft.note.tax()?,
            rounding: draft.rounding,
            total: draft.total()?,
            issued_on: draft.issued_on,
            reason: draft.reason,
        })
    }
}

/// Which credit notes are wanted; what is absent does not filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoteFilter {
    /// Only this account's.
    pub account: Option<AccountId>,
    /// Only this invoice's.
    pub invoice: Option<InvoiceId>,
}

/// Which invoices are wanted; what is absent does not filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InvoiceFilter {
    /// Only this account's.
    pub account: Option<AccountId>,
    /// Only with this settlement.
    pub settlement: Option<Settlement>,
}
