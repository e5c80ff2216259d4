//! What an account is billed for on a day: one function of what is known, for the run, for one account and for a look
//! beforehand (billing.md, invariants 14, 15 and 22).

use std::collections::HashMap;

use kernel::{EntityId, InvoiceId, LocalDate, Money, SubscriptionId, Timestamp};

use crate::account::Account;
use crate::difference::{Billed, Due, Inconsistent, diff};
use crate::entity::LegalEntity;
use crate::invoice::{Invoice, InvoiceDraft, Line};
use crate::ledger::{LedgerAccount, Posting};
use crate::payment::Payment;
use crate::segment::desired;
use crate::subscription::Subscription;
use crate::use_cases::settlement::share_out;
use crate::use_cases::standing::judge;

/// What is on paper about an account when it is billed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Papers {
    /// What was billed for each of its subscriptions, at least in cycles that end after the subscription's
    /// [`billing_horizon`](Subscription::billing_horizon).
    pub billed: HashMap<SubscriptionId, Vec<Billed>>,
    /// Its invoices on which something is due, oldest date and then lowest number first.
    pub open: Vec<Invoice>,
    /// Its payments of which something is left, the earliest received first.
    pub credits: Vec<Payment>,
}

/// An account with everything that billing it needs, as read at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountFacts {
    /// The account.
    pub account: Account,
    /// Every subscription of it, by id.
    pub subscriptions: Vec<Subscription>,
    /// What is on paper.
    pub papers: Papers,
}

/// What billing an account comes to. The account and its subscriptions have changed along with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bill {
    /// The invoice, but for its number; `None` if there is nothing to bill.
    pub draft: Option<InvoiceDraft>,
    /// How much of the draft earlier payments pay at once, in its currency; 0 or more.
    pub paid: Option<Money>,
    /// What goes into the books, in order.
    pub postings: Vec<Posting>,
    /// The older open invoices; those that credit pays are changed.
    pub open: Vec<Invoice>,
    /// The payments whose credit is used.
    pub spent: Vec<Payment>,
}

/// How far a bill may reach before it is an alarm: a wrong clock or a wrong date must not fill the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillLimits {
    /// Months, of 31 days, that a bill may reach back or ahead of its day; 1 or more.
    pub months: u16,
    /// Lines of one account that may be billed on one day; 1 or more.
    pub lines: u16,
}

impl BillLimits {
    /// What no honest account comes near.
    pub const STANDARD: Self = Self {
        months: 36,
        lines: 1_000,
    };
}

/// Why billing stops for an account until a person has looked at it. Nothing is guessed and nothing is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unbillable {
    /// What was billed contradicts itself.
    #[error(transparent)]
    Inconsistent(#[from] Inconsistent),
    /// The store's own guard found days that stand billed already.
    #[error("days would be billed that stand billed already")]
    StandsBilled,
    /// Days would be billed that lie too far from today.
    #[error("a line would reach to {day}, more than {months} months from {today}")]
    TooFar {
        /// The farthest day.
        day: LocalDate,
        /// The day of the bill.
        today: LocalDate,
        /// The limit.
        months: u16,
    },
    /// Too many lines in one day.
    #[error("{lines} lines would be billed on one day, more than {most}")]
    TooManyLines {
        /// The lines of the day.
        lines: usize,
        /// The limit.
        most: u16,
    },
}

impl From<kernel::MoneyError> for Unbillable {
    fn from(err: kernel::MoneyError) -> Self {
        Self::Inconsistent(err.into())
    }
}

/// When an account is billed, under which id, and how far that may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillOrder {
    /// The id that an invoice would have.
    pub invoice: InvoiceId,
    /// The moment; its local day at the entity is the date of the bill.
    pub now: Timestamp,
    /// How far it may reach.
    pub limits: BillLimits,
}

/// Bills everything that is due, and uses what credit there is for what is open then, oldest first.
///
/// The same facts and order always give the same bill; applied and asked again it gives none. On an error the account
/// and the subscriptions are to be thrown away.
///
/// # Errors
/// [`Unbillable`] if what was billed contradicts itself, or if the bill passes a limit.
pub fn bill(
    entity: &LegalEntity,
    account: &mut Account,
    subscriptions: &mut [Subscription],
    mut papers: Papers,
    order: BillOrder,
) -> Result<Bill, Unbillable> {
    let today = entity.today(order.now);
    // First of all what time has done: no new period begins for whoever is suspended by now.
    judge(entity, account, subscriptions, &papers.open, today)?;
    let mut lines = Vec::new();
    for subscription in subscriptions.iter_mut().filter(|it| it.is_due(today)) {
        let billed = papers.billed.remove(&subscription.id()).unwrap_or_default();
        lines.extend(lines_of(entity, subscription, billed, today)?);
        subscription.billed(today);
    }
    order.limits.check(&lines, &papers.open, today)?;
    let draft = draft(entity, account, lines, order)?;
    let mut postings = Vec::new();
    if let Some(draft) = &draft {
        postings.push(earned(entity.id(), draft, order.now)?);
        // Its number is not known yet, but it is the last of its day.
        papers
            .open
            .push(Invoice::issue(draft.clone(), entity.series(), u64::MAX));
    }
    let spent = use_credit(
        account,
        papers.credits,
        &mut papers.open,
        &mut postings,
        order,
    )?;
    judge(entity, account, subscriptions, &papers.open, today)?;
    let issued = draft.as_ref().and_then(|_| papers.open.pop());
    let paid = issued.filter(Invoice::is_changed);
    Ok(Bill {
        draft,
        paid: paid.map(|it| it.snapshot().allocated),
        postings,
        open: papers.open,
        spent,
    })
}

fn lines_of(
    entity: &LegalEntity,
    subscription: &Subscription,
    mut billed: Vec<Billed>,
    today: LocalDate,
) -> Result<Vec<Line>, Unbillable> {
    let horizon = subscription.billing_horizon(today);
    let wanted = desired(&subscription.timeline(), horizon, today);
    billed.retain(|it| it.cycle.end > horizon);
    let due = diff(&wanted, &billed, entity.scale())?;
    Ok(due.into_iter().map(|it| line(subscription, it)).collect())
}

/// What is due as a line of an invoice.
pub(crate) fn line(subscription: &Subscription, due: Due) -> Line {
    let segment = due.segment();
    Line {
        subscription: subscription.id(),
        component: segment.terms.component,
        kind: segment.terms.kind,
        plan: segment.terms.plan,
        quantity: segment.terms.quantity,
        period: segment.period,
        cycle: segment.cycle,
        price: segment.price,
        amount: due.amount(),
        repairs: match due {
            Due::Charge { .. } => None,
            Due::Repair { of, .. } => Some(of),
        },
    }
}

impl BillLimits {
    fn check(self, lines: &[Line], open: &[Invoice], today: LocalDate) -> Result<(), Unbillable> {
        let days = i64::from(self.months) * 31;
        let distance = |day: LocalDate| day.signed_duration_since(today).num_days().abs();
        let ends = lines.iter().flat_map(|it| [it.period.start, it.period.end]);
        if let Some(day) = ends
            .max_by_key(|it| distance(*it))
            .filter(|it| distance(*it) > days)
        {
            let months = self.months;
            return Err(Unbillable::TooFar { day, today, months });
        }
        let of_today = open.iter().filter(|it| it.issued_on() == today);
        let before: usize = of_today.map(|it| it.lines().len()).sum();
        let (lines, most) = (lines.len() + before, self.lines);
        if lines > usize::from(most) {
            return Err(Unbillable::TooManyLines { lines, most });
        }
        Ok(())
    }
}

fn draft(
    entity: &LegalEntity,
    account: &Account,
    lines: Vec<Line>,
    order: BillOrder,
) -> Result<Option<InvoiceDraft>, Unbillable> {
    let total = Money::sum(entity.currency(), lines.iter().map(|it| it.amount))?;
    if total.is_negative() {
        return Err(Inconsistent::NegativeTotal.into());
    }
    let issued_on = entity.today(order.now);
    Ok(total.is_positive().then(|| InvoiceDraft {
        id: order.invoice,
        account: account.id(),
        entity: entity.id(),
        lines,
        total,
        issued_on,
        due_on: due_on(issued_on, entity.terms_days()),
    }))
}

/// Money that came in earlier pays what is open now.
fn use_credit(
    account: &Account,
    credits: Vec<Payment>,
    open: &mut [Invoice],
    postings: &mut Vec<Posting>,
    order: BillOrder,
) -> Result<Vec<Payment>, Unbillable> {
    let mut spent = Vec::new();
    if open.is_empty() {
        return Ok(spent);
    }
    for mut payment in credits {
        let moved = share_out(account, &mut payment, open, order.now)?;
        if !moved.is_empty() {
            postings.extend(moved);
            spent.push(payment);
        }
    }
    Ok(spent)
}

fn earned(entity: EntityId, draft: &InvoiceDraft, now: Timestamp) -> Result<Posting, Unbillable> {
    Ok(Posting::new(
        (entity, draft.account),
        ("invoice", draft.id.to_string()),
        now,
        (LedgerAccount::Receivable, LedgerAccount::Revenue),
        draft.total,
    )?)
}

fn due_on(issued_on: LocalDate, terms_days: u16) -> LocalDate {
    let terms = chrono::Days::new(u64::from(terms_days));
    issued_on.checked_add_days(terms).unwrap_or(issued_on)
}

#[cfg(test)]
mod tests;
