//! What parts of an invoice come to: nets, the share of discounts, and taxes, each capped by what is left of it.

use kernel::{Money, MoneyError};

use super::refusal::CreditRefusal;
use super::taxes::{GroupCredit, group_credit, shown};
use super::{CreditNote, CreditNoteKind, CreditNoteState, CreditedInvoice};
use crate::pricing::TaxedLine;
use crate::pricing::weights::{common, round_together};
use crate::ratio::Ratio;

/// How much of a line is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditPart {
    /// All that is left of it.
    Whole,
    /// A fraction of what was charged, 0 to 1.
    Share(Ratio),
    /// An amount of what was listed, before discounts, with tax where the invoice's prices include it.
    Amount(Money),
}

/// A line and how much of it. Lines are counted from 0; allowances and charges on the whole follow them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditRequest {
    /// The line.
    pub line: usize,
    /// How much of it.
    pub part: CreditPart,
}

impl From<(usize, CreditPart)> for CreditRequest {
    fn from((line, part): (usize, CreditPart)) -> Self {
        Self { line, part }
    }
}

/// A line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditLine {
    /// The line of the invoice.
    pub line: usize,
    /// What of its listed amount is given back.
    pub amount: Money,
    /// What of its discount follows.
    pub discount: Money,
    /// What is given back without taxes.
    pub net: Money,
    /// Its part of the note's taxes, for show.
    pub tax: Money,
    /// Its parts of the note's taxes by the invoice's groups.
    pub(crate) by_group: Vec<(usize, i64)>,
}

impl CreditLine {
    /// Whether one of the invoice's taxes, by its place there, is on it.
    #[must_use]
    pub fn is_taxed_by(&self, group: usize) -> bool {
        self.by_group.iter().any(|(it, _)| *it == group)
    }
}

/// A tax of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditTax {
    /// Which of the invoice's taxes.
    pub group: usize,
    /// Before it was rounded, in minor units; of the last note what the earlier ones left of the invoice's precise tax.
    pub precise: Ratio,
    /// The tax given back.
    pub tax: Money,
}

const OVERFLOW: CreditRefusal = CreditRefusal::Money(MoneyError::Overflow);

/// What is left of an entry, in minor units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest {
    pub(super) amount: i64,
    pub(super) net: i64,
}

/// A part of an entry that a note gives back.
pub(super) struct Piece<'a> {
    pub(super) line: usize,
    pub(super) entry: &'a TaxedLine,
    rest: Rest,
    amount: i64,
    /// Of the listed amount; nothing of a line that cost nothing.
    pub(super) share: Ratio,
}

impl Piece<'_> {
    pub(super) const fn is_last(&self) -> bool {
        self.amount == self.rest.amount
    }

    /// The net amount before it is rounded: of the last piece exactly what is left.
    fn net(&self) -> Option<Ratio> {
        if self.is_last() {
            return Some(Ratio::whole(self.rest.net));
        }
        let exact = Ratio::whole(self.entry.net.minor()).checked_mul(self.share)?;
        Some(capped(exact, Ratio::whole(self.rest.net)))
    }
}

/// Whichever is nearer to zero, on the side of the second.
pub(super) fn capped(figure: Ratio, rest: Ratio) -> Ratio {
    match rest.is_negative() {
        true => figure.max(rest).min(Ratio::ZERO),
        false => figure.min(rest).max(Ratio::ZERO),
    }
}

pub(super) fn rest_of(
    invoice: &CreditedInvoice,
    line: usize,
    entry: &TaxedLine,
) -> Result<Rest, MoneyError> {
    let lines = || {
        invoice
            .counting()
            .flat_map(|it| &it.lines)
            .filter(|it| it.line == line)
    };
    let currency = entry.net.currency();
    let amount = Money::sum(currency, lines().map(|it| it.amount))?;
    let net = Money::sum(currency, lines().map(|it| it.net))?;
    Ok(Rest {
        amount: entry.amount.checked_sub(amount)?.minor(),
        net: entry.net.checked_sub(net)?.minor(),
    })
}

/// The entries of which something is left.
pub(super) fn open_entries(invoice: &CreditedInvoice) -> Result<Vec<usize>, MoneyError> {
    let mut open = Vec::new();
    for (line, entry) in invoice.totals.entries().enumerate() {
        if rest_of(invoice, line, entry)?.amount != 0 {
            open.push(line);
        }
    }
    Ok(open)
}

fn piece<'a>(
    invoice: &'a CreditedInvoice,
    request: CreditRequest,
) -> Result<Piece<'a>, CreditRefusal> {
    let line = request.line;
    let entry = invoice
        .totals
        .entries()
        .nth(line)
        .ok_or(CreditRefusal::NoSuchLine { line })?;
    let rest = rest_of(invoice, line, entry)?;
    if rest.amount == 0 && !entry.amount.is_zero() {
        return Err(CreditRefusal::AlreadyCredited { line });
    }
    let currency = entry.amount.currency();
    let money = |minor: i64| Money::from_minor(minor, currency);
    let amount = match request.part {
        CreditPart::Whole => rest.amount,
        CreditPart::Amount(asked) => money(0).checked_add(asked)?.minor(),
        CreditPart::Share(share) => {
            let step = invoice.totals.step;
            share
                .of(entry.amount.minor(), step, invoice.rounding)
                .ok_or(OVERFLOW)?
        }
    };
    let asked = money(amount);
    let step = invoice.totals.step;
    if amount % step != 0 {
        return Err(CreditRefusal::OffScale { line, asked, step });
    }
    if amount == 0 || amount.signum() != rest.amount.signum() {
        return Err(CreditRefusal::NotPositive { line, asked });
    }
    if amount.unsigned_abs() > rest.amount.unsigned_abs() {
        let left = money(rest.amount);
        return Err(CreditRefusal::TooMuch { line, asked, left });
    }
    let share = Ratio::new(i128::from(amount), i128::from(entry.amount.minor()));
    Ok(Piece {
        line,
        entry,
        rest,
        amount,
        share: share.unwrap_or_default(),
    })
}

/// Drafts a note.
pub(super) fn draft(
    invoice: &CreditedInvoice,
    kind: CreditNoteKind,
    requests: &[CreditRequest],
) -> Result<CreditNote, CreditRefusal> {
    for (place, request) in requests.iter().enumerate() {
        let line = request.line;
        if requests.iter().take(place).any(|it| it.line == line) {
            return Err(CreditRefusal::Twice { line });
        }
    }
    let pieces: Vec<Piece<'_>> = requests
        .iter()
        .map(|it| piece(invoice, *it))
        .collect::<Result<_, _>>()?;
    if pieces.is_empty() {
        return Err(CreditRefusal::NothingLeft);
    }
    Figures::of(invoice, &pieces)
        .ok_or(OVERFLOW)?
        .note(invoice, kind, requests, &pieces)
}

/// The figures of a note, in minor units.
struct Figures {
    nets: Vec<i64>,
    precise_net: Ratio,
    taxes: Vec<GroupCredit>,
}

impl Figures {
    fn of(invoice: &CreditedInvoice, pieces: &[Piece<'_>]) -> Option<Self> {
        let nets: Vec<Ratio> = pieces.iter().map(Piece::net).collect::<Option<_>>()?;
        let precise_net = sum(nets.iter().copied())?;
        let mut taxes = Vec::new();
        for group in 0..invoice.totals.taxes.len() {
            if let Some(credit) = group_credit(invoice, group, pieces)? {
                taxes.push(credit);
            }
        }
        let step = invoice.totals.step;
        let mut figures = Self {
            nets: Vec::new(),
            precise_net,
            taxes,
        };
        let net = precise_net.of(1, step, invoice.rounding)?;
        figures.never_above(net, invoice)?;
        let (numerators, denominator) = common(&nets)?;
        figures.nets = round_together(&numerators, denominator, net, step)?;
        for credit in &mut figures.taxes {
            credit.parts = shown(invoice, credit, pieces)?;
        }
        Some(figures)
    }

    /// A note is never worth more than its exact worth rounded once: where net and taxes, rounded apart, come to more, the
    /// taxes give way. Where prices include their taxes they make up what is missing, too: the price is the truth.
    fn never_above(&mut self, net: i64, invoice: &CreditedInvoice) -> Option<()> {
        let step = invoice.totals.step;
        let exact = sum(self.taxes.iter().map(|it| it.precise))?.checked_add(self.precise_net)?;
        let most = exact.of(1, step, invoice.rounding)?;
        let taxes = self
            .taxes
            .iter()
            .try_fold(0_i64, |sum, it| sum.checked_add(it.tax))?;
        let over = net.checked_add(taxes)?.checked_sub(most)?;
        let is_above = over.signum() == most.signum();
        if !(is_above || invoice.totals.inclusive) || self.taxes.iter().any(|it| it.is_last) {
            return Some(());
        }
        let way = step * over.signum();
        let mut left = over;
        let gain = |it: &GroupCredit| {
            let gain = Ratio::whole(it.tax).checked_sub(it.precise)?;
            gain.checked_mul(Ratio::whole(over.signum()))
        };
        self.taxes
            .sort_by_key(|it| (std::cmp::Reverse(gain(it)), it.group));
        for credit in &mut self.taxes {
            let less = credit.tax.checked_sub(way)?;
            let fits = capped(Ratio::whole(less), Ratio::whole(credit.rest)) == Ratio::whole(less);
            if left != 0 && fits {
                credit.tax = less;
                left = left.checked_sub(way)?;
            }
        }
        self.taxes.sort_by_key(|it| it.group);
        Some(())
    }

    fn note(
        self,
        invoice: &CreditedInvoice,
        kind: CreditNoteKind,
        requests: &[CreditRequest],
        pieces: &[Piece<'_>],
    ) -> Result<CreditNote, CreditRefusal> {
        let currency = invoice.totals.currency();
        let money = |minor: i64| Money::from_minor(minor, currency);
        let mut lines = Vec::new();
        for (nth, piece) in pieces.iter().enumerate() {
            let net = self.nets.get(nth).copied().ok_or(OVERFLOW)?;
            let by_group = self
                .taxes
                .iter()
                .filter_map(|it| Some((it.group, *it.parts.get(nth)?)));
            let by_group: Vec<(usize, i64)> = by_group.filter(|it| it.1 != 0).collect();
            let tax = Money::sum(currency, by_group.iter().map(|it| money(it.1)))?;
            let amount = money(piece.amount);
            let kept = if invoice.totals.inclusive {
                money(net).checked_add(tax)?
            } else {
                money(net)
            };
            lines.push(CreditLine {
                line: piece.line,
                amount,
                discount: amount.checked_sub(kept)?,
                net: money(net),
                tax,
                by_group,
            });
        }
        let sum = |of: &dyn Fn(&CreditLine) -> Money| Money::sum(currency, lines.iter().map(of));
        let (net, discount) = (sum(&|it| it.net)?, sum(&|it| it.discount)?);
        let taxes = self.taxes.iter().map(|it| CreditTax {
            group: it.group,
            precise: it.precise,
            tax: money(it.tax),
        });
        let taxes: Vec<CreditTax> = taxes.collect();
        let total = net.checked_add(Money::sum(currency, taxes.iter().map(|it| it.tax))?)?;
        Ok(CreditNote {
            kind,
            state: CreditNoteState::Draft,
            requests: requests.to_vec(),
            lines,
            taxes,
            discount,
            net,
            total,
        })
    }
}

pub(super) fn sum(figures: impl IntoIterator<Item = Ratio>) -> Option<Ratio> {
    figures
        .into_iter()
        .try_fold(Ratio::ZERO, Ratio::checked_add)
}
