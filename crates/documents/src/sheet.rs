//! What stands on paper, word by word, before anybody decides where: the same for HTML, PDF and receipts.

mod account;
mod issued;
mod received;

use kernel::Locale;

use crate::document::{Paper, Party};
use crate::logo::Logo;
use crate::qr::Code;
use crate::words::{self, Words};

/// A page or more of text, in the words of its language.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    pub(crate) locale: Locale,
    pub(crate) words: &'static Words,
    pub(crate) logo: Option<&'a Logo>,
    pub(crate) title: &'static str,
    /// What the file and the heading are called by; empty if it has no number.
    pub(crate) number: String,
    /// What is stamped on it: paid, void.
    pub(crate) stamp: Option<&'static str>,
    pub(crate) seller: Block,
    pub(crate) buyer: Block,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    pub(crate) sums: Vec<Sum>,
    pub(crate) notes: Vec<String>,
    pub(crate) pay: Option<Pay<'a>>,
}

/// A party.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) name: String,
    pub(crate) lines: Vec<String>,
}

/// A column of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) head: &'static str,
    /// Its share of the width, of the sum of all.
    pub(crate) share: u16,
    pub(crate) numeric: bool,
}

/// A row of the table: one text per column, and what stands small under the first.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) cells: Vec<String>,
    pub(crate) below: Option<String>,
}

/// A line under the table.
#[derive(Debug)]
pub(crate) struct Sum {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) strong: bool,
}

/// Where it can be paid.
#[derive(Debug)]
pub(crate) struct Pay<'a> {
    pub(crate) link: &'a str,
    pub(crate) code: Code,
}

impl Block {
    fn of(party: &Party, words: &Words) -> Self {
        let tax_id = party.tax_id.iter();
        let reach = [&party.phone, &party.email].into_iter().flatten().cloned();
        let lines = party.address.iter().cloned();
        let lines = lines.chain(tax_id.map(|it| format!("{}: {it}", words.tax_id)));
        Self {
            name: party.name.clone(),
            lines: lines.chain(reach).collect(),
        }
    }
}

impl<'a> Sheet<'a> {
    /// A sheet with its parties, and nothing on it yet.
    fn blank(paper: &'a Paper, seller: &Party, buyer: &Party) -> Self {
        let words = words::of(paper.locale);
        let link = paper.pay_link.as_deref();
        Self {
            locale: paper.locale,
            words,
            logo: paper.logo.as_ref(),
            title: "",
            number: String::new(),
            stamp: None,
            seller: Block::of(seller, words),
            buyer: Block::of(buyer, words),
            facts: Vec::new(),
            columns: Vec::new(),
            rows: Vec::new(),
            sums: Vec::new(),
            notes: paper.note.iter().cloned().collect(),
            // A link that fits no code is still on the page as text.
            pay: link.and_then(|link| Code::of(link).map(|code| Pay { link, code })),
        }
    }

    /// What the whole is called.
    pub(crate) fn heading(&self) -> String {
        match self.number.is_empty() {
            true => self.title.to_owned(),
            false => format!("{} {}", self.title, self.number),
        }
    }
}

impl Sum {
    fn new(label: &str, value: String) -> Self {
        Self {
            label: label.to_owned(),
            value,
            strong: false,
        }
    }

    fn strong(label: &str, value: String) -> Self {
        Self {
            strong: true,
            ..Self::new(label, value)
        }
    }
}
