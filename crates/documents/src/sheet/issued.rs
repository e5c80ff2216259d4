//! The sheet of an invoice or a credit note.

use super::{Column, Row, Sheet, Sum};
use crate::document::{Document, Extra, Kind, Line, Standing};
use crate::words::Words;
use crate::written::Hand;

impl<'a> Sheet<'a> {
    /// What stands on an invoice or a credit note.
    pub(crate) fn of_document(it: &'a Document) -> Self {
        let hand = Hand::new(it.paper.locale, it.paper.digits);
        let mut sheet = Self::blank(&it.paper, &it.seller, &it.buyer);
        let words = sheet.words;
        sheet.title = match it.kind {
            Kind::Invoice => words.invoice,
            Kind::CreditNote => words.credit_note,
        };
        sheet.number.clone_from(&it.number);
        sheet.stamp = it.standing.and_then(|it| stamp(it, words));
        // Nobody is sent to pay what is not due.
        let due = it.standing.is_some_and(|it| it.due.is_positive());
        if it.kind == Kind::CreditNote || sheet.stamp.is_some() || !due {
            sheet.pay = None;
        }
        sheet.facts = facts(it, hand, words);
        let discounted = it.lines.iter().any(|it| !it.discount.is_zero());
        sheet.columns = columns(words, discounted);
        let lines = it.lines.iter().map(|it| row(it, hand, discounted));
        let extras = it.extras.iter().map(|it| extra(it, hand, discounted));
        sheet.rows = lines.chain(extras).collect();
        sheet.sums = sums(it, hand, words);
        sheet
    }
}

fn stamp(standing: Standing, words: &Words) -> Option<&'static str> {
    match standing.voided_on {
        Some(_) => Some(words.void),
        None if is_paid(standing) => Some(words.settled),
        None => None,
    }
}

/// Whether money paid for it: debt that was given up or credited away is settled, but nobody paid.
const fn is_paid(standing: Standing) -> bool {
    let nothing = standing.credited.is_zero() && standing.paid.is_zero();
    !standing.due.is_positive()
        && standing.written_off.is_zero()
        && (standing.paid.is_positive() || nothing)
}

fn facts(it: &Document, hand: Hand, words: &Words) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        (words.number, it.number.clone()),
        (words.date, hand.date(it.issued_on)),
    ];
    facts.extend(it.due_on.map(|day| (words.due_on, hand.date(day))));
    let corrected = it.corrects.as_ref();
    facts.extend(corrected.map(|of| {
        let text = format!("{}, {}", of.number, hand.date(of.issued_on));
        (words.for_invoice, text)
    }));
    facts.extend(it.reason.iter().map(|it| (words.reason, it.clone())));
    facts
}

fn columns(words: &Words, discounted: bool) -> Vec<Column> {
    let numeric = |head, share| Column {
        head,
        share,
        numeric: true,
    };
    let mut columns = vec![
        Column {
            head: words.description,
            share: 50,
            numeric: false,
        },
        numeric(words.quantity, 10),
        numeric(words.amount, 22),
    ];
    if discounted {
        columns.insert(2, numeric(words.discount, 18));
    }
    columns
}

fn row(it: &Line, hand: Hand, discounted: bool) -> Row {
    let mut cells = vec![
        it.text.clone(),
        it.quantity.to_string(),
        hand.number(it.amount),
    ];
    if discounted {
        let off = it.discount.checked_neg().unwrap_or(it.discount);
        cells.insert(2, blank_if_zero(off, hand));
    }
    Row {
        cells,
        below: it.days.map(|(first, last)| hand.days(first, last)),
    }
}

fn extra(it: &Extra, hand: Hand, discounted: bool) -> Row {
    let mut cells = vec![it.text.clone(), String::new(), hand.number(it.net)];
    if discounted {
        cells.insert(2, String::new());
    }
    Row { cells, below: None }
}

fn blank_if_zero(amount: kernel::Money, hand: Hand) -> String {
    match amount.is_zero() {
        true => String::new(),
        false => hand.number(amount),
    }
}

fn sums(it: &Document, hand: Hand, words: &Words) -> Vec<Sum> {
    let mut sums = Vec::new();
    if !it.sums.discount.is_zero() {
        let listed = it.lines.iter().map(|it| it.amount);
        if let Ok(listed) = kernel::Money::sum(it.currency(), listed) {
            sums.push(Sum::new(words.subtotal, hand.number(listed)));
        }
        let off = it.sums.discount.checked_neg().unwrap_or(it.sums.discount);
        sums.push(Sum::new(words.discount, hand.number(off)));
    }
    if !it.taxes.is_empty() {
        sums.push(Sum::new(words.net, hand.number(it.sums.net)));
    }
    for tax in &it.taxes {
        let (rate, base) = (hand.rate(tax.rate), hand.number(tax.taxable));
        let label = format!("{} {rate} {} {base}", tax.name, words.on);
        sums.push(Sum::new(&label, hand.number(tax.tax)));
    }
    if it.taxes.is_empty() && !it.sums.tax.is_zero() {
        sums.push(Sum::new(words.net, hand.number(it.sums.net)));
        sums.push(Sum::new(words.tax, hand.number(it.sums.tax)));
    }
    for (word, amount, sign) in [
        (words.prepaid, it.sums.prepaid, false),
        (words.rounding, it.sums.rounding, true),
    ] {
        let shown = if sign {
            Ok(amount)
        } else {
            amount.checked_neg()
        };
        if let Some(shown) = shown.ok().filter(|it| !it.is_zero()) {
            sums.push(Sum::new(word, hand.number(shown)));
        }
    }
    sums.push(Sum::strong(words.total, hand.money(it.sums.total)));
    if let Some(standing) = it.standing {
        sums.extend(became(standing, hand, words));
    }
    sums
}

/// What was taken off since, and what is left; nothing for an invoice as it was issued.
fn became(standing: Standing, hand: Hand, words: &Words) -> Vec<Sum> {
    let off = [
        (words.paid, standing.paid),
        (words.credited, standing.credited),
        (words.written_off, standing.written_off),
    ];
    let off = off.into_iter().filter(|it| !it.1.is_zero());
    let shown = |(word, amount): (&str, kernel::Money)| {
        let taken = amount.checked_neg().unwrap_or(amount);
        Sum::new(word, hand.number(taken))
    };
    let mut sums: Vec<_> = off.map(shown).collect();
    if !sums.is_empty() {
        sums.push(Sum::strong(words.due, hand.money(standing.due)));
    }
    sums
}
