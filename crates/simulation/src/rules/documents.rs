//! What invoices and credit notes must come to: each alone, and together.

use std::collections::{BTreeMap, BTreeSet};

use billing::{ChargeKind, InvoiceView, LineView, NoteView};
use kernel::SubscriptionId;

use super::{Verdict, hold};
use crate::books::Books;
use crate::known::Known;

/// Why something is given back although its days stay billed.
pub(crate) const GOODWILL: &str = "three days without a line";

/// Judges every document.
pub(super) fn judge(books: &Books, known: &Known) -> Verdict {
    for invoice in &books.invoices {
        adds_up(invoice)?;
        is_settled_once(books, invoice)?;
        is_not_credited_beyond(books, invoice)?;
    }
    fees_are_charged_once(books)?;
    discounts_are_used_as_agreed(books, known)
}

/// What is sold beside the plan of a subscription, by number.
pub(super) fn add_ons(books: &Books, subscription: SubscriptionId) -> BTreeSet<u16> {
    let lines = books.invoices.iter().flat_map(|it| &it.lines);
    let own = lines.filter(|it| it.subscription == subscription && it.component > 0);
    own.map(|it| it.component).collect()
}

/// A one-time charge stands once, however often the invoice it is on was voided.
fn fees_are_charged_once(books: &Books) -> Verdict {
    let mut times = BTreeMap::<_, i64>::new();
    let fee = |it: &LineView| (it.subscription, it.component, it.plan, it.period.start);
    let lines = books.invoices.iter().flat_map(|it| &it.lines);
    let lines = lines.map(|it| (it, 1));
    let back = books.days_given_back().map(|it| (it.0, -1));
    for (line, sign) in lines.chain(back).filter(|it| it.0.kind == ChargeKind::Once) {
        *times.entry(fee(line)).or_default() += sign;
    }
    let wrong = times.iter().find(|it| !(0..=1).contains(it.1));
    hold("20", wrong.is_none(), || {
        format!("a one-time charge stands {wrong:?} times")
    })
}

/// What was earned and what was collected for the state, with what was taken back of both.
pub(super) fn earned(books: &Books) -> (i64, i64) {
    let (mut net, mut tax) = (0, 0);
    for invoice in &books.invoices {
        net += invoice.figures.net.minor();
        tax += invoice.figures.tax.minor();
    }
    for note in &books.notes {
        net -= note.net.minor();
        tax -= note.tax.minor();
    }
    (net, tax)
}

/// What notes gave back of lines, but for goodwill.
pub(super) fn given_back_for_days(books: &Books) -> impl Iterator<Item = (&LineView, i64)> {
    let notes = books.notes.iter().filter(|it| it.reason != GOODWILL);
    notes.flat_map(|note| {
        let lines = books.credited(note).map_or(&[][..], |it| &it.lines);
        let given = note.lines.iter();
        given.filter_map(|it| Some((lines.get(it.line)?, it.amount.minor())))
    })
}

fn adds_up(invoice: &InvoiceView) -> Verdict {
    let number = &invoice.number;
    let fees = invoice.fees.iter().map(|it| it.amount.minor());
    let lines = invoice.lines.iter().map(|it| it.amount.minor());
    let lines: i64 = lines.chain(fees).sum();
    let (total, figures) = (invoice.total.minor(), &invoice.figures);
    let (net, tax) = (figures.net.minor(), figures.tax.minor());
    hold("24", net + tax + figures.rounding.minor() == total, || {
        format!("{number}: {net} and {tax} of tax are not {total}")
    })?;
    let listed = lines - figures.discount.minor();
    let is_listed = listed == net || listed == net + tax;
    hold("24", is_listed && !invoice.lines.is_empty(), || {
        format!("the lines of {number} come to {listed}, not to {net} or, with its tax, {total}")
    })?;
    hold("19", total >= 0, || format!("{number} is for {total}"))
}

/// Paid, credited, given up or due: each part of it once.
fn is_settled_once(books: &Books, invoice: &InvoiceView) -> Verdict {
    let allocations = books.payments.iter().flat_map(|it| &it.allocations);
    let of_it = allocations.filter(|it| it.invoice == invoice.id);
    let allocated: i64 = of_it.map(|it| it.amount.minor()).sum();
    let shown = invoice.allocated.minor();
    let (number, total) = (&invoice.number, invoice.total.minor());
    hold("28", allocated == shown, || {
        format!("{number}: {allocated} is allocated, {shown} shown, of {total}")
    })?;
    let parts = [invoice.credited, invoice.written_off, invoice.due].map(kernel::Money::minor);
    let whole = shown + parts.iter().sum::<i64>() == total;
    let none_below = shown >= 0 && parts.iter().all(|it| *it >= 0);
    hold("28", whole && none_below, || {
        format!("{number}: {shown} is paid, {parts:?} are credited, lost and due, of {total}")
    })
}

/// Notes never exceed their invoice: per line, in tax, and in all.
fn is_not_credited_beyond(books: &Books, invoice: &InvoiceView) -> Verdict {
    let notes = || books.notes.iter().filter(|it| it.invoice == invoice.id);
    let number = &invoice.number;
    let credited: i64 = notes().map(|it| it.total.minor()).sum();
    hold("25", credited == invoice.credited.minor(), || {
        format!(
            "{number}: its notes come to {credited}, shown is {}",
            invoice.credited
        )
    })?;
    let tax: i64 = notes().map(|it| it.tax.minor()).sum();
    let taxed = invoice.figures.tax.minor();
    let all = credited == invoice.total.minor();
    hold(
        "25",
        tax == taxed || !all && (0..=taxed).contains(&tax),
        || format!("{number}: {tax} of {taxed} of tax is given back, with {credited} in all"),
    )?;
    for (line, given) in by_line(notes()) {
        let charged = invoice.lines.get(line).map_or(0, |it| it.amount.minor());
        let within = given.signum() * charged.signum() >= 0 && given.abs() <= charged.abs();
        hold("25", within, || {
            format!("{number}: {given} of line {line} is given back, which charged {charged}")
        })?;
    }
    Ok(())
}

fn by_line<'a>(notes: impl Iterator<Item = &'a NoteView>) -> BTreeMap<usize, i64> {
    let mut sums = BTreeMap::new();
    for line in notes.flat_map(|it| &it.lines) {
        *sums.entry(line.line).or_default() += line.amount.minor();
    }
    sums
}

/// What was voided does not count: its discount is used on what replaces it.
fn discounts_are_used_as_agreed(books: &Books, known: &Known) -> Verdict {
    let stands = books.invoices.iter().filter(|it| it.voided_on.is_none());
    let used = stands.filter(|it| !it.figures.discount.is_zero()).count();
    let agreed = usize::try_from(known.discounts).unwrap_or(usize::MAX);
    hold("26", used <= agreed, || {
        format!("a discount that was agreed for {agreed} invoices is on {used}")
    })
}
