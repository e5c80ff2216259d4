//! Cases told in words: what is refused, voided, corrected, raced for, paid back.

use anyhow::Result;
use billing::{CreditNoteKind, CreditPart, CreditedInvoice, PaidSoFar};

use super::{day, invoice, money, taxes};
use crate::case::{Case, Outcome};
use crate::given::Given;
use crate::themes::only;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let input = Given(&case.input);
    match input.names().as_slice() {
        ["cases"] => refused(case),
        ["parallel"] => at_once(case),
        ["paid_by_credit", "total"] => paid_back(case),
        _ => match input.text("kind")? {
            "debt cancellation" => cancelled(case),
            "reissue" => corrected(case),
            kind => crate::themes::unknown(format!("kind {kind}")),
        },
    }
}

/// Any invoice will do.
fn some_invoice() -> Result<CreditedInvoice> {
    invoice(
        &[(1000, taxes(Some("10%"))?), (2000, taxes(Some("10%"))?)],
        &[],
    )
}

fn refused(case: &Case) -> Result<Outcome> {
    only(Given(&case.expected), &["error"])?;
    let invoice = some_invoice()?;
    let kind = CreditNoteKind::ToAccount;
    let mut taken = Vec::new();
    for words in Given(&case.input).list("cases")? {
        let asked = match words.as_text()? {
            "above" => 1001,
            "negative" => -1,
            "zero" => 0,
            it if ["twice", "already", "again"]
                .iter()
                .any(|word| it.contains(word)) =>
            {
                let mut credited = invoice.clone();
                let whole = [(0, CreditPart::Whole).into()];
                let note = credited.draft(kind, &whole)?;
                credited.issue(note, "CN-1", day()?)?;
                if credited.draft(kind, &whole).is_ok() {
                    taken.push(it);
                }
                continue;
            }
            other => return crate::themes::unknown(other),
        };
        let part = CreditPart::Amount(money(asked)?);
        if invoice.draft(kind, &[(0, part).into()]).is_ok() {
            taken.push(words.as_text()?);
        }
    }
    let verdict = verdict(!taken.is_empty());
    let wanted = Given(&case.expected).text("error")?;
    Ok(Outcome::of(case.adopt, &verdict, &wanted))
}

/// So many notes over the whole are drafted at once, then issued.
fn at_once(case: &Case) -> Result<Outcome> {
    only(Given(&case.expected), &["succeed"])?;
    let mut invoice = some_invoice()?;
    let count = Given(&case.input).whole("parallel")?;
    let drafts = (0..count).map(|_| invoice.draft_rest(CreditNoteKind::ToAccount));
    let drafts: Vec<_> = drafts.collect::<Result<_, _>>()?;
    let mut succeeded = 0;
    for draft in drafts {
        let number = format!("CN-{succeeded}");
        succeeded += i64::from(invoice.issue(draft, &number, day()?).is_ok());
    }
    Ok(Outcome::of(
        case.adopt,
        &succeeded,
        &Given(&case.expected).whole("succeed")?,
    ))
}

fn paid_back(case: &Case) -> Result<Outcome> {
    only(Given(&case.expected), &["credited", "refunded"])?;
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    let total = money(input.minor("total", 2)?)?;
    let credit = money(input.minor("paid_by_credit", 2)?)?;
    let paid = PaidSoFar {
        money: total.checked_sub(credit)?,
        credit,
        refunded: money(0)?,
    };
    let mut invoice = invoice(&[(total.minor(), Vec::new())], &[])?.paid(paid);
    let note = invoice.draft_rest(CreditNoteKind::Refund)?;
    invoice.issue(note, "CN-1", day()?)?;
    let split = paid.split(invoice.surplus()?)?;
    let wanted = (
        expected.minor("refunded", 2)?,
        expected.minor("credited", 2)?,
    );
    Ok(Outcome::of(
        case.adopt,
        &(split.refunded.minor(), split.credited.minor()),
        &wanted,
    ))
}

fn cancelled(case: &Case) -> Result<Outcome> {
    only(
        Given(&case.expected),
        &["amount_due_after", "on_paid", "restored_on_void"],
    )?;
    let expected = Given(&case.expected);
    let kind = CreditNoteKind::DebtCancellation;
    let mut invoice = some_invoice()?;
    let before = invoice.due()?;
    let note = invoice.draft_rest(kind)?;
    invoice.issue(note, "CN-1", day()?)?;
    let due_after = invoice.due()?.minor();
    invoice.void("CN-1", day()?)?;
    let restored = invoice.due()? == before;
    let paid = some_invoice()?.paid(PaidSoFar {
        money: before,
        credit: money(0)?,
        refunded: money(0)?,
    });
    let on_paid = verdict(paid.draft_rest(kind).is_ok());
    let restores = expected.part("restored_on_void")?.0.as_bool() == Some(true);
    let wanted = (
        expected.minor("amount_due_after", 2)?,
        expected.text("on_paid")?,
        restores,
    );
    Ok(Outcome::of(
        case.adopt,
        &(due_after, on_paid, restored),
        &wanted,
    ))
}

fn corrected(case: &Case) -> Result<Outcome> {
    only(Given(&case.expected), &["full", "partial", "second"])?;
    let expected = Given(&case.expected);
    let mut invoice = some_invoice()?;
    let kind = CreditNoteKind::ToAccount;
    let part = invoice.draft(kind, &[(0, CreditPart::Whole).into()])?;
    invoice.issue(part, "CN-1", day()?)?;
    let partial = verdict(invoice.correct().is_ok());
    let rest = invoice.draft_rest(kind)?;
    invoice.issue(rest, "CN-2", day()?)?;
    let full = verdict(invoice.correct().is_ok());
    let second = verdict(invoice.correct().is_ok());
    let wanted = (
        expected.text("partial")?,
        expected.text("full")?,
        expected.text("second")?,
    );
    Ok(Outcome::of(case.adopt, &(partial, full, second), &wanted))
}

const fn verdict(accepted: bool) -> &'static str {
    if accepted { "accepted" } else { "refused" }
}
