//! The sheet of a statement of account.

use super::{Column, Row, Sheet, Sum};
use crate::statement::{Entry, Movement, Statement};
use crate::words::Words;
use crate::written::Hand;

impl<'a> Sheet<'a> {
    /// What stands on a statement.
    pub(crate) fn of_statement(it: &'a Statement) -> Self {
        let hand = Hand::new(it.paper.locale, it.paper.digits);
        let mut sheet = Self::blank(&it.paper, &it.seller, &it.buyer);
        let words = sheet.words;
        sheet.title = words.statement;
        if !it.closing.is_positive() {
            sheet.pay = None;
        }
        sheet.facts = vec![
            (words.period, hand.days(it.from, it.through)),
            (words.opening, hand.money(it.opening)),
        ];
        sheet.columns = columns(words);
        sheet.rows = it.entries.iter().map(|it| row(it, hand, words)).collect();
        sheet.sums = vec![Sum::strong(words.closing, hand.money(it.closing))];
        sheet
    }
}

fn columns(words: &Words) -> Vec<Column> {
    let column = |head, share, numeric| Column {
        head,
        share,
        numeric,
    };
    vec![
        column(words.description, 34, false),
        column(words.date, 22, false),
        column(words.amount, 22, true),
        column(words.balance, 22, true),
    ]
}

fn row(it: &Entry, hand: Hand, words: &Words) -> Row {
    let what = match it.movement {
        Movement::Invoice => words.invoice,
        Movement::CreditNote => words.credit_note,
        Movement::Payment => words.payment,
        Movement::Refund => words.refund,
        Movement::Reversal => words.reversal,
        Movement::WriteOff => words.written_off,
        Movement::WriteOffReversed => words.write_off_reversed,
        Movement::Other => words.other,
    };
    let cells = vec![
        what.to_owned(),
        hand.date(it.on),
        hand.number(it.amount),
        hand.number(it.balance),
    ];
    Row {
        cells,
        below: it.number.clone(),
    }
}
