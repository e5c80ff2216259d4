//! The sheet of a receipt.

use billing::PaymentMethod;

use super::{Column, Row, Sheet, Sum};
use crate::receipt::{Receipt, Returned};
use crate::statement::Movement;
use crate::words::Words;
use crate::written::Hand;

impl<'a> Sheet<'a> {
    /// What stands on a receipt.
    pub(crate) fn of_receipt(it: &'a Receipt) -> Self {
        let hand = Hand::new(it.paper.locale, it.paper.digits);
        let mut sheet = Self::blank(&it.paper, &it.seller, &it.payer);
        let words = sheet.words;
        sheet.title = words.receipt;
        sheet.number.clone_from(&it.number);
        sheet.stamp = stamp(it, words);
        sheet.pay = None;
        sheet.facts = vec![
            (words.date, hand.date(it.received_on)),
            (words.method, method(it.method, words).to_owned()),
        ];
        let reference = it.reference.iter().cloned();
        sheet
            .facts
            .extend(reference.map(|it| (words.reference, it)));
        sheet.columns = columns(words);
        let paid = it.paid.iter().map(|(number, amount)| Row {
            cells: vec![format!("{} {number}", words.invoice), hand.number(*amount)],
            below: None,
        });
        sheet.rows = paid.collect();
        sheet.sums = sums(it, hand, words);
        sheet
    }
}

/// Whoever holds a receipt of money that is not there any more can see that.
fn stamp(it: &Receipt, words: &Words) -> Option<&'static str> {
    let kept = it.kept().filter(|it| !it.is_positive());
    let last = kept.and_then(|_| it.returns.last())?;
    Some(match last.movement {
        Movement::Reversal => words.taken_back,
        _ => words.refunded,
    })
}

const fn method(of: PaymentMethod, words: &Words) -> &'static str {
    match of {
        PaymentMethod::Cash => words.cash,
        PaymentMethod::MobileMoney => words.mobile_money,
        PaymentMethod::Card => words.card,
        PaymentMethod::BankTransfer => words.bank_transfer,
    }
}

fn columns(words: &Words) -> Vec<Column> {
    let column = |head, share, numeric| Column {
        head,
        share,
        numeric,
    };
    vec![
        column(words.description, 60, false),
        column(words.amount, 40, true),
    ]
}

fn sums(it: &Receipt, hand: Hand, words: &Words) -> Vec<Sum> {
    let mut sums = Vec::new();
    if !it.credit.is_zero() {
        sums.push(Sum::new(words.credit_left, hand.number(it.credit)));
    }
    sums.push(Sum::strong(words.received, hand.money(it.amount)));
    sums.extend(it.returns.iter().map(|it| returned(it, hand, words)));
    if let Some(kept) = it.kept().filter(|_| !it.returns.is_empty()) {
        sums.push(Sum::strong(words.balance, hand.money(kept)));
    }
    sums
}

fn returned(it: &Returned, hand: Hand, words: &Words) -> Sum {
    let what = match it.movement {
        Movement::Refund => words.refund,
        Movement::Reversal => words.reversal,
        _ => words.payment,
    };
    let label = format!("{what}, {}", hand.date(it.on));
    let off = it.amount.checked_neg().unwrap_or(it.amount);
    Sum::new(&label, hand.number(off))
}
