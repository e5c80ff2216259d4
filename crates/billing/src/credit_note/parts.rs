//! What parts of an invoice come to: nets, the share of discounts, and taxes, each capped by what is left of it.

use kernel::{Money, MoneyError};

use super::{CreditNote, CreditNoteKind, CreditNoteState, CreditedInvoice};
use crate::pricing::weights::{allocate_equally, common, round_together};
use crate::pricing::{LineTax, TaxedLine};
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

/// What cannot be given back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditRefusal {
    /// A line that does not exist.
    #[error("the invoice has no line {line}")]
    NoSuchLine {
        /// The line, counted from 0.
        line: usize,
    },
    /// A line that stands twice in one note.
    #[error("line {line} stands twice")]
    Twice {
        /// The line.
        line: usize,
    },
    /// All of it was given back.
    #[error("line {line} is credited already")]
    AlreadyCredited {
        /// The line.
        line: usize,
    },
    /// More than is left.
    #[error("line {line}: {asked} is more than the {left} that are left")]
    TooMuch {
        /// The line.
        line: usize,
        /// What was asked for.
        asked: Money,
        /// What is left of it.
        left: Money,
    },
    /// Nothing or less.
    #[error("line {line}: {asked} is nothing to give back")]
    NotPositive {
        /// The line.
        line: usize,
        /// What was asked for.
        asked: Money,
    },
    /// Finer than the invoice.
    #[error("line {line}: {asked} is finer than the invoice, a step of {step} minor units")]
    OffScale {
        /// The line.
        line: usize,
        /// What was asked for.
        asked: Money,
        /// The smallest step, in minor units.
        step: i64,
    },
    /// Nothing is asked for, or everything is credited.
    #[error("there is nothing left to credit")]
    NothingLeft,
    /// Stored notes give back more than the invoice.
    #[error("credit notes exceed the invoice: {left} is left")]
    Exceeded {
        /// What is left, on the wrong side of zero.
        left: Money,
    },
    /// Debt that does not exist.
    #[error("{total} cannot be cancelled: {due} is due")]
    NotOwed {
        /// What would be cancelled.
        total: Money,
        /// What is due.
        due: Money,
    },
    /// Something was issued since it was drafted.
    #[error("the credit note must be drafted again")]
    Outdated,
    /// No issued note over debt has this number.
    #[error("credit note {number} cannot be voided")]
    NotVoidable {
        /// The number.
        number: String,
    },
    /// A part of the invoice is not credited.
    #[error("{left} of the invoice is not credited")]
    NotAllCredited {
        /// What is left.
        left: Money,
    },
    /// It was corrected already.
    #[error("the invoice was corrected already")]
    Corrected,
    /// The figures do not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

const OVERFLOW: CreditRefusal = CreditRefusal::Money(MoneyError::Overflow);

/// What is left of an entry, in minor units.
#[derive(Debug, Clone, Copy)]
struct Rest {
    amount: i64,
    net: i64,
}

/// A part of an entry that a note gives back.
struct Piece<'a> {
    line: usize,
    entry: &'a TaxedLine,
    rest: Rest,
    amount: i64,
    /// Of the listed amount; nothing of a line that cost nothing.
    share: Ratio,
}

impl Piece<'_> {
    const fn is_last(&self) -> bool {
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
fn capped(figure: Ratio, rest: Ratio) -> Ratio {
    match rest.is_negative() {
        true => figure.max(rest).min(Ratio::ZERO),
        false => figure.min(rest).max(Ratio::ZERO),
    }
}

fn rest_of(invoice: &CreditedInvoice, line: usize, entry: &TaxedLine) -> Result<Rest, MoneyError> {
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

/// A tax of a note while it is computed.
struct GroupCredit {
    group: usize,
    precise: Ratio,
    tax: i64,
    /// What is left of the tax of the invoice.
    rest: i64,
    /// Whether it gives back all that is left of the tax.
    is_last: bool,
    parts: Vec<i64>,
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

/// A tax of a note; none if no piece bears it. The note that gives back the last of what bears it gives back all that is left
/// of it; the others their exact part, rounded, and never more than is left.
fn group_credit(
    invoice: &CreditedInvoice,
    group: usize,
    pieces: &[Piece<'_>],
) -> Option<Option<GroupCredit>> {
    if !pieces.iter().any(|it| borne(it.entry, group).is_some()) {
        return Some(None);
    }
    let whole = invoice.totals.taxes.get(group)?;
    let before = invoice
        .counting()
        .flat_map(|it| &it.taxes)
        .filter(|it| it.group == group);
    let before = before
        .into_iter()
        .try_fold(0_i64, |sum, it| sum.checked_add(it.tax.minor()))?;
    let rest = whole.tax.minor().checked_sub(before)?;
    let is_last = completes(invoice, group, pieces)?;
    let (precise, tax) = if is_last {
        (whole.precise.checked_sub(Ratio::whole(before))?, rest)
    } else {
        let exact = pieces.iter().map(|it| exact_tax(invoice, group, it));
        let exact = sum(exact.collect::<Option<Vec<_>>>()?)?;
        let rounded = exact.of(1, invoice.totals.step, invoice.rounding)?;
        let tax = capped(Ratio::whole(rounded), Ratio::whole(rest));
        (exact, i64::try_from(tax.numerator()).ok()?)
    };
    Some(Some(GroupCredit {
        group,
        precise,
        tax,
        rest,
        is_last,
        parts: Vec::new(),
    }))
}

fn borne(entry: &TaxedLine, group: usize) -> Option<&LineTax> {
    entry.taxes.iter().find(|it| it.group == group)
}

/// The exact tax of a piece: its part of what its line is taxed on.
fn exact_tax(invoice: &CreditedInvoice, group: usize, piece: &Piece<'_>) -> Option<Ratio> {
    let Some(tax) = borne(piece.entry, group) else {
        return Some(Ratio::ZERO);
    };
    let weight = invoice.totals.taxes.get(group)?.rule.weight()?;
    tax.base.checked_mul(weight)?.checked_mul(piece.share)
}

/// Whether nothing that bears the tax is left after these pieces.
fn completes(invoice: &CreditedInvoice, group: usize, pieces: &[Piece<'_>]) -> Option<bool> {
    for (line, entry) in invoice.totals.entries().enumerate() {
        if borne(entry, group).is_none() {
            continue;
        }
        let given = pieces.iter().find(|it| it.line == line);
        let is_done = match given {
            Some(piece) => piece.is_last(),
            None => rest_of(invoice, line, entry).ok()?.amount == 0,
        };
        if !is_done {
            return Some(false);
        }
    }
    Some(true)
}

/// What each piece shows of a tax: its exact part, or what is left of its line's, so that they sum to the tax.
fn shown(
    invoice: &CreditedInvoice,
    credit: &GroupCredit,
    pieces: &[Piece<'_>],
) -> Option<Vec<i64>> {
    let step = invoice.totals.step;
    let exact: Vec<Ratio> = pieces
        .iter()
        .map(|it| exact_tax(invoice, credit.group, it))
        .collect::<Option<_>>()?;
    let left: Vec<i64> = pieces
        .iter()
        .map(|it| tax_left(invoice, credit.group, it))
        .collect::<Option<_>>()?;
    if credit.is_last && left.iter().sum::<i64>() == credit.tax {
        return Some(left);
    }
    let (numerators, denominator) = common(&exact)?;
    if let Some(parts) = round_together(&numerators, denominator, credit.tax, step) {
        return Some(parts);
    }
    // Roundings of earlier notes add up: the difference is spread over those that bear the tax.
    let near = sum(exact.iter().copied())?.of(1, step, invoice.rounding)?;
    let mut parts = round_together(&numerators, denominator, near, step)?;
    let bearing: Vec<usize> = (0..pieces.len())
        .filter(|it| exact.get(*it).is_some_and(|it| !it.is_zero()))
        .collect();
    let spread = allocate_equally(credit.tax.checked_sub(near)?, bearing.len(), step).ok()?;
    for (index, more) in bearing.into_iter().zip(spread) {
        let part = parts.get_mut(index)?;
        *part = part.checked_add(more)?;
    }
    Some(parts)
}

/// What earlier notes left of the tax a line shows.
fn tax_left(invoice: &CreditedInvoice, group: usize, piece: &Piece<'_>) -> Option<i64> {
    let Some(tax) = borne(piece.entry, group) else {
        return Some(0);
    };
    let lines = invoice
        .counting()
        .flat_map(|it| &it.lines)
        .filter(|it| it.line == piece.line);
    let before = lines.flat_map(|it| &it.by_group).filter(|it| it.0 == group);
    before
        .into_iter()
        .try_fold(tax.amount.minor(), |left, it| left.checked_sub(it.1))
}

fn sum(figures: impl IntoIterator<Item = Ratio>) -> Option<Ratio> {
    figures
        .into_iter()
        .try_fold(Ratio::ZERO, Ratio::checked_add)
}
