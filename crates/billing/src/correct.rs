//! Corrects an issued invoice by a document of its own: a credit note, what it frees of payments, and its postings.

use kernel::{CreditNoteId, LocalDate, Money, MoneyError, Timestamp};

use crate::account::Charge;
use crate::credit_note::{
    CreditNoteKind, CreditPart, CreditRefusal, CreditRequest, CreditedInvoice, CreditedPiece,
    IssuedNote, NoteDraft,
};
use crate::difference::LineRef;
use crate::invoice::{CorrectionRefusal, Invoice};
use crate::ledger::{Entry, LedgerAccount, Posting, Unbalanced};
use crate::payment::Payment;

/// What must be known of an invoice to correct it.
#[derive(Debug, Clone, PartialEq)]
pub struct Original {
    /// The invoice.
    pub invoice: Invoice,
    /// Its credit notes, in the order they were issued.
    pub notes: Vec<IssuedNote>,
    /// The payments that pay it, the earliest received first.
    pub payers: Vec<Payment>,
    /// What negative lines of later invoices have taken back of its lines, above zero.
    pub taken_back: Vec<(u16, Money)>,
}

impl Original {
    /// The fees of which notes have left anything, each with that as its amount: what a note gave back of a fee is given
    /// back for good, and nothing else of it is.
    ///
    /// # Errors
    /// [`MoneyError`] if the figures do not fit.
    pub fn fees_left(&self) -> Result<Vec<Charge>, MoneyError> {
        let first = self.invoice.lines().len();
        let mut left = Vec::new();
        for (line, fee) in (first..).zip(self.invoice.fees()) {
            let notes = self.notes.iter().flat_map(|it| &it.draft.note.lines);
            let credited = notes.filter(|it| it.line == line).map(|it| it.amount);
            let credited = Money::sum(fee.amount.currency(), credited)?;
            let amount = fee.amount.checked_sub(credited)?;
            if amount.is_positive() {
                left.push(Charge { amount, ..*fee });
            }
        }
        Ok(left)
    }
}

/// What is to be credited of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crediting {
    /// The id that the note will have.
    pub id: CreditNoteId,
    /// What becomes of what was paid.
    pub kind: CreditNoteKind,
    /// Which lines, and how much of each; everything that is left if empty.
    pub requests: Vec<CreditRequest>,
    /// The days that are taken back with it, each as a piece of its line; what no piece names is adjusted.
    pub days: Vec<CreditedPiece>,
    /// What other invoices give up that they took back of its lines: see [`Turned`].
    pub turned: Turned,
    /// Why.
    pub reason: String,
    /// The date of the note.
    pub on: LocalDate,
    /// The moment of its postings.
    pub at: Timestamp,
    /// The smallest step of the entity's amounts, in minor units.
    pub step: i64,
}

/// Negative lines that a note undoes. An invoice whose charges were lowered by what an earlier one gave back has less to
/// give than its charges: the rest is given back by a note of the earlier invoice, in whose place the negative line stood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turned {
    /// Negative lines of the invoice that is credited, and how much of each is undone, above zero.
    pub undone: Vec<(u16, Money)>,
    /// Its own lines of which an undone line had taken back days, and how much is given back in its place, above zero. The
    /// days are taken back already.
    pub instead: Vec<(u16, Money)>,
}

/// Why nothing is credited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCredited {
    /// It is not left, or cannot be.
    #[error(transparent)]
    Refused(#[from] CreditRefusal),
    /// The invoice does not allow it.
    #[error(transparent)]
    Correction(#[from] CorrectionRefusal),
    /// The books would not balance.
    #[error(transparent)]
    Books(#[from] Unbalanced),
    /// The figures do not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Credits an invoice: what is due on it goes first, then what was written off, and what was paid for the rest is left on
/// its payments again, the latest first. Changes `invoice` and `payers`; returns the note and what moves in the books.
///
/// # Errors
/// [`NotCredited`]; the invoice and the payments are to be thrown away then.
pub fn credit(
    invoice: &mut Invoice,
    original: &Original,
    payers: &mut [&mut Payment],
    order: &Crediting,
) -> Result<(NoteDraft, Vec<Posting>), NotCredited> {
    invoice.must_stand()?;
    let draft = drafted(invoice, original, order)?;
    let freed = invoice.credit(draft.total()?)?;
    let mut postings: Vec<Posting> = note_posting(&draft, order.at)?.into_iter().collect();
    postings.extend(no_loss(&draft, freed.written_off, order.at)?);
    let mut left = freed.paid;
    for payer in payers.iter_mut().rev() {
        let part = payer.release(invoice.id(), left)?;
        if part.is_zero() {
            continue;
        }
        left = left.checked_sub(part)?;
        let whose = (draft.entity, draft.account);
        let source = ("allocation", payer.id().to_string());
        let sides = (LedgerAccount::Receivable, LedgerAccount::CustomerCredit);
        postings.push(Posting::new(whose, source, order.at, sides, part)?);
    }
    match left.is_zero() {
        true => Ok((draft, postings)),
        // More was paid than the payments know of.
        false => Err(MoneyError::Overflow.into()),
    }
}

fn drafted(
    invoice: &Invoice,
    original: &Original,
    order: &Crediting,
) -> Result<NoteDraft, NotCredited> {
    let credited = credited(invoice, original, order)?;
    let note = match order.requests.is_empty() {
        true => credited.draft_rest(order.kind)?,
        false => credited.draft(order.kind, &order.asked()?)?,
    };
    let undone = |line: usize| {
        let mut undone = order.turned.undone.iter();
        undone.any(|it| usize::from(it.0) == line)
    };
    if note
        .lines
        .iter()
        .any(|it| it.amount.is_negative() && !undone(it.line))
    {
        return Err(CorrectionRefusal::Entangled.into());
    }
    let taken = taken_back(original, &order.turned)?;
    let rounding = rounding_of(invoice, (original, &taken), &credited, note.total)?;
    let snapshot = invoice.snapshot();
    let mut pieces = order.days.clone();
    for line in &note.lines {
        let number = u16::try_from(line.line).map_err(|_| MoneyError::Overflow)?;
        // A fee is for no days: what is left of it is what the notes have left.
        let Some(of) = snapshot.lines.get(line.line) else {
            continue;
        };
        let mut instead = order.turned.instead.iter();
        let is_known = pieces.iter().any(|it| it.line == number);
        if is_known || instead.any(|it| it.0 == number) || !line.amount.is_positive() {
            continue;
        }
        pieces.push(CreditedPiece {
            line: number,
            subscription: of.subscription,
            cycle_end: of.cycle.end,
            days: None,
            amount: line.amount,
        });
    }
    Ok(NoteDraft {
        id: order.id,
        account: snapshot.account,
        entity: snapshot.entity,
        invoice: snapshot.id,
        note,
        rounding,
        pieces,
        reason: order.reason.clone(),
        issued_on: order.on,
    })
}

/// The invoice with everything that was given back of it, by notes and by negative lines of later invoices: those are on
/// invoices without taxes alone, so that they count like a note.
fn credited(
    invoice: &Invoice,
    original: &Original,
    order: &Crediting,
) -> Result<CreditedInvoice, NotCredited> {
    let earlier: Vec<_> = original
        .notes
        .iter()
        .map(|it| it.draft.note.clone())
        .collect();
    let mut credited = CreditedInvoice::of(invoice.totals(order.step)?).with_notes(earlier)?;
    let taken = taken_back(original, &order.turned)?;
    let taken: Vec<CreditRequest> = taken.iter().map(|(line, it)| asked(*line, *it)).collect();
    if !taken.is_empty() {
        let note = credited.draft(CreditNoteKind::ToAccount, &taken)?;
        credited.issue(note, "", order.on)?;
    }
    Ok(credited)
}

/// What negative lines of later invoices have taken back of its lines and not given up since. What a note gives back in
/// the place of such a line is what it has no piece for.
fn taken_back(original: &Original, now: &Turned) -> Result<Vec<(u16, Money)>, MoneyError> {
    let mut instead = now.instead.clone();
    for note in &original.notes {
        for line in &note.draft.note.lines {
            let number = u16::try_from(line.line).map_err(|_| MoneyError::Overflow)?;
            let pieces = note.draft.pieces.iter().filter(|it| it.line == number);
            let pieces = Money::sum(line.amount.currency(), pieces.map(|it| it.amount))?;
            instead.push((number, line.amount.checked_sub(pieces)?));
        }
    }
    let mut taken = original.taken_back.clone();
    for (line, amount) in instead.iter().filter(|it| it.1.is_positive()) {
        for (_, left) in taken.iter_mut().filter(|it| it.0 == *line) {
            *left = left.checked_sub(*amount)?;
        }
    }
    taken.retain(|it| it.1.is_positive());
    Ok(taken)
}

/// The negative lines of an invoice that must be undone before so much is left of it as is asked for: each with the line
/// that it took back, and how much of it.
///
/// # Errors
/// [`NotCredited`] if more is asked for than was charged.
pub(crate) fn to_undo(
    original: &Original,
    order: &Crediting,
) -> Result<Vec<(u16, LineRef, Money)>, NotCredited> {
    let invoice = &original.invoice;
    let none = Money::zero(invoice.total().currency());
    let mut undone = Vec::new();
    // Only where nothing is taxed or discounted are there negative lines.
    if invoice.has_figures() {
        return Ok(undone);
    }
    let credited = credited(invoice, original, order)?;
    let asked = order.amounts()?;
    let mut over = Money::sum(none.currency(), asked.iter().map(|it| it.1))?;
    // What else is on the invoice is no money of its lines.
    for number in 0..invoice.lines().len() {
        over = over.checked_sub(credited.left_of(number)?)?;
    }
    for (number, line) in (0_u16..).zip(invoice.lines()) {
        let Some(of) = line.repairs.filter(|_| over.is_positive()) else {
            continue;
        };
        let left = credited.left_of(usize::from(number))?.checked_neg()?;
        let part = left.min(over)?;
        if part.is_positive() {
            over = over.checked_sub(part)?;
            undone.push((number, of, part));
        }
    }
    Ok(undone)
}

impl Crediting {
    /// How much of which line is given back.
    fn amounts(&self) -> Result<Vec<(u16, Money)>, MoneyError> {
        let days = self.days.iter().map(|it| (it.line, it.amount));
        let mut sums: Vec<(u16, Money)> = Vec::new();
        for (line, amount) in days.chain(self.turned.instead.iter().copied()) {
            match sums.iter_mut().find(|it| it.0 == line) {
                Some((_, sum)) => *sum = sum.checked_add(amount)?,
                None => sums.push((line, amount)),
            }
        }
        sums.retain(|it| it.1.is_positive());
        Ok(sums)
    }

    /// The same as lines of a note.
    ///
    /// # Errors
    /// [`MoneyError`] if the amounts of a line cannot be summed.
    pub(crate) fn of_days(&self) -> Result<Vec<CreditRequest>, MoneyError> {
        let amounts = self.amounts()?.into_iter();
        Ok(amounts.map(|(line, it)| asked(line, it)).collect())
    }

    /// What is asked for, with the negative lines that are undone.
    fn asked(&self) -> Result<Vec<CreditRequest>, MoneyError> {
        let mut all = self.requests.clone();
        for (line, amount) in &self.turned.undone {
            all.push(asked(*line, amount.checked_neg()?));
        }
        Ok(all)
    }
}

fn asked(line: u16, amount: Money) -> CreditRequest {
    (usize::from(line), CreditPart::Amount(amount)).into()
}

/// The last note takes what is left of what was asked for, with the rounding to coins; the others their figures, unless the
/// rounding has left less than that.
fn rounding_of(
    invoice: &Invoice,
    (original, taken): (&Original, &[(u16, Money)]),
    credited: &CreditedInvoice,
    figures: Money,
) -> Result<Money, MoneyError> {
    let mut left = invoice.total();
    for it in &original.notes {
        left = left.checked_sub(it.draft.total()?)?;
    }
    for (_, taken) in taken {
        left = left.checked_sub(*taken)?;
    }
    let is_last = credited.creditable()? == figures;
    let given = if is_last { left } else { figures.min(left)? };
    let rounding = given.checked_sub(figures)?;
    // More than the invoice was rounded by is no rounding: it is more than is left, and refused as such.
    let most = credited.totals().rounding.minor().unsigned_abs();
    match rounding.minor().unsigned_abs() <= most {
        true => Ok(rounding),
        false => Ok(Money::zero(figures.currency())),
    }
}

/// What was earned, collected for the state and rounded is taken back; `None` for a note of nothing.
fn note_posting(draft: &NoteDraft, at: Timestamp) -> Result<Option<Posting>, NotCredited> {
    let mut entries = Vec::new();
    for (account, amount) in [
        (LedgerAccount::Revenue, draft.note.net),
        (LedgerAccount::Tax, draft.note.tax()?),
        (LedgerAccount::Rounding, draft.rounding),
        (LedgerAccount::Receivable, draft.total()?.checked_neg()?),
    ] {
        if !amount.is_zero() {
            entries.push(Entry { account, amount });
        }
    }
    if entries.is_empty() {
        return Ok(None);
    }
    let whose = (draft.entity, draft.account);
    let source = ("credit_note", draft.id.to_string());
    Ok(Some(Posting::balanced(whose, source, at, entries)?))
}

/// Debt that was written off and then credited is no loss any more: the note has taken back what was earned.
fn no_loss(
    draft: &NoteDraft,
    written_off: Money,
    at: Timestamp,
) -> Result<Option<Posting>, MoneyError> {
    if written_off.is_zero() {
        return Ok(None);
    }
    let whose = (draft.entity, draft.account);
    let source = ("write_off_reversed", draft.id.to_string());
    let sides = (LedgerAccount::Receivable, LedgerAccount::BadDebt);
    Posting::new(whose, source, at, sides, written_off).map(Some)
}

#[cfg(test)]
mod tests;
