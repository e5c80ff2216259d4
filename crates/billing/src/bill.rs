//! What an account is billed for on a day: one function of what is known, for the run, for one account and for a look
//! beforehand (billing.md, invariants 14, 15 and 22).

mod figures;
mod notes;

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::sync::Arc;

use notes::Desk;

use kernel::{
    EntityId, InvoiceId, LocalDate, Money, PlanId, StoreError, SubscriptionId, Timestamp,
};

use crate::account::{Account, Charge};
use crate::correct::Original;
use crate::credit::{Paper, papers};
use crate::credit_note::NoteDraft;
use crate::difference::{Billed, Due, Inconsistent, LetGo};
use crate::entity::{LegalEntity, TaxCode};
use crate::generate::{Proposal, ProposedLine, days_let_go, due_lines};
use crate::invoice::{Invoice, InvoiceDraft, Line};
use crate::ledger::{Posting, Unbalanced};
use crate::payment::Payment;
use crate::pricing::NoTaxes;
use crate::schedule::Period;
use crate::subscription::Subscription;
use crate::use_cases::settlement::share_out;
use crate::use_cases::standing::{Look, judge};

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
    /// The invoices of which something is given back, as far as they were read: see [`Unbillable::Unread`].
    pub originals: Vec<Original>,
    /// The charges of dunning that wait for a bill, the earliest first.
    pub fees: Vec<Charge>,
    /// The tax category of every plan that has one of its own. Not read where nothing is taxed.
    pub tax_codes: Arc<BTreeMap<PlanId, TaxCode>>,
}

impl Papers {
    /// Whether an invoice was read to correct it.
    #[must_use]
    pub fn has_read(&self, invoice: InvoiceId) -> bool {
        self.originals.iter().any(|it| it.invoice.id() == invoice)
    }
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
    /// Days that the lines of the draft charge anew, and whose old lines nothing is given back for.
    pub let_go: Vec<LetGo>,
    /// The credit notes, but for their numbers.
    pub notes: Vec<NoteDraft>,
    /// What goes into the books, in order.
    pub postings: Vec<Posting>,
    /// The older open invoices and those that are credited; those that credit pays or takes from are changed.
    pub open: Vec<Invoice>,
    /// The payments whose credit is used, or that pay less than before.
    pub spent: Vec<Payment>,
}

/// How far a bill may reach before it is an alarm: a wrong clock or a wrong date must not fill the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillLimits {
    /// Months, of 31 days, that may lie between the day of a bill and the cycle of a line, back or ahead; 1 or more. How
    /// long the cycle itself is does not matter: a plan of five years is billed as a whole.
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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unbillable {
    /// What was billed contradicts itself.
    #[error(transparent)]
    Inconsistent(#[from] Inconsistent),
    /// The store's own guard found days that stand billed already.
    #[error("days would be billed that stand billed already")]
    StandsBilled,
    /// What is stored of it cannot be read.
    #[error("what is stored of it cannot be read: {what}")]
    Unreadable {
        /// What makes no sense about it.
        what: String,
    },
    /// A cycle would be billed that lies too far from today.
    #[error(
        "a line is for a cycle that is more than {months} months from {today}: {day} is the nearest day of it"
    )]
    TooFar {
        /// The day of the farthest cycle that is nearest to the day of the bill.
        day: LocalDate,
        /// The day of the bill.
        today: LocalDate,
        /// The limit.
        months: u16,
    },
    /// The entity has no taxes for the day.
    #[error(transparent)]
    NoTaxes(#[from] NoTaxes),
    /// The lines cannot be priced with the entity's taxes.
    #[error("the lines cannot be priced with the taxes of the legal entity")]
    Unpriced,
    /// An invoice of which something is given back was not read. Nobody is parked for it: it is read, and billed again.
    #[error("invoice {invoice} must be read before something of it is given back")]
    Unread {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// What is to be given back of an invoice is not left of it.
    #[error("what is given back of invoice {invoice} cannot be credited")]
    NotCredited {
        /// The invoice.
        invoice: InvoiceId,
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

impl Unbillable {
    /// What a store says about an account that it cannot read, with every cause.
    #[must_use]
    pub fn unreadable(err: &StoreError) -> Self {
        let mut what = err.to_string();
        let mut cause = err.source();
        while let Some(next) = cause {
            what.push_str(": ");
            what.push_str(&next.to_string());
            cause = next.source();
        }
        Self::Unreadable { what }
    }

    /// What an account that is parked for it counts as: `parked_accounts.` and the reason in a word.
    #[must_use]
    pub const fn counted_as(&self) -> &'static str {
        match self {
            Self::Inconsistent(_) => "parked_accounts.inconsistent",
            Self::StandsBilled => "parked_accounts.stands_billed",
            Self::Unread { .. } => "parked_accounts.unread",
            Self::NoTaxes(_) => "parked_accounts.no_taxes",
            Self::Unpriced => "parked_accounts.unpriced",
            Self::NotCredited { .. } => "parked_accounts.not_credited",
            Self::Unreadable { .. } => "parked_accounts.unreadable",
            Self::TooFar { .. } => "parked_accounts.too_far",
            Self::TooManyLines { .. } => "parked_accounts.too_many_lines",
        }
    }
}

impl From<kernel::MoneyError> for Unbillable {
    fn from(err: kernel::MoneyError) -> Self {
        Self::Inconsistent(err.into())
    }
}

impl From<Unbalanced> for Unbillable {
    fn from(err: Unbalanced) -> Self {
        match err {
            Unbalanced::Money(err) => err.into(),
            Unbalanced::TooFew { .. } | Unbalanced::Off { .. } => Self::Unpriced,
        }
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
    let look = Look::On(today);
    judge(entity, account, subscriptions, &papers.open, look)?;
    let (proposal, let_go) = proposal(entity, subscriptions, &mut papers, today)?;
    order.limits.check(&proposal.lines, &papers.open, today)?;
    let mut postings = Vec::new();
    let mut desk = Desk {
        entity,
        originals: &papers.originals,
        open: &mut papers.open,
        payments: &mut papers.credits,
        postings: &mut postings,
        order,
    };
    let (notes, lines) = written(&mut desk, account, &proposal)?;
    let lines = (lines, std::mem::take(&mut papers.fees));
    let draft = draft(entity, account, lines, &papers.tax_codes, order)?;
    if let Some(draft) = &draft {
        postings.extend(earned(entity.id(), draft, order.now)?);
        // Its number is not known yet, but it is the last of its day.
        papers
            .open
            .push(Invoice::issue(draft.clone(), entity.series(), u64::MAX));
    }
    let moved = use_credit(account, &mut papers.credits, &mut papers.open, order)?;
    postings.extend(moved);
    // Nothing but credit of payments or a note can have ended a debt by now.
    let look = match notes.is_empty() {
        true => Look::Paid(today),
        false => Look::On(today),
    };
    judge(entity, account, subscriptions, &papers.open, look)?;
    let issued = draft.as_ref().and_then(|_| papers.open.pop());
    let paid = issued.filter(Invoice::is_changed);
    Ok(Bill {
        draft,
        notes,
        paid: paid.map(|it| it.snapshot().allocated),
        let_go,
        postings,
        open: papers.open,
        spent: papers
            .credits
            .into_iter()
            .filter(Payment::has_news)
            .collect(),
    })
}

/// Everything that is due of an account, subscription by subscription: the order of the facts does not matter. And the
/// days that are let go for it.
fn proposal(
    entity: &LegalEntity,
    subscriptions: &mut [Subscription],
    papers: &mut Papers,
    today: LocalDate,
) -> Result<(Proposal, Vec<LetGo>), Unbillable> {
    let (mut lines, mut gone) = (Vec::new(), Vec::new());
    for it in subscriptions.iter_mut().filter(|it| it.is_due(today)) {
        let mut billed = papers.billed.remove(&it.id()).unwrap_or_default();
        let horizon = it.billing_horizon(today);
        billed.retain(|it| it.cycle.end > horizon);
        let days = (horizon, today);
        let due = due_lines(&it.timeline(), &billed, days, entity.scale())?;
        if !due.is_empty() {
            gone.extend(days_let_go(&it.timeline(), &billed, days, entity.scale())?);
        }
        let subscription = it.id();
        lines.extend(
            due.into_iter()
                .map(|due| ProposedLine { subscription, due }),
        );
        it.billed(today);
    }
    lines.sort_by_key(|it| it.subscription);
    let total = Money::sum(entity.currency(), lines.iter().map(|it| it.due.amount()))?;
    Ok((Proposal { lines, total }, gone))
}

/// What a proposal is written on: credit notes for what is given back by such, and the lines of the invoice.
fn written(
    desk: &mut Desk<'_>,
    account: &Account,
    proposal: &Proposal,
) -> Result<(Vec<NoteDraft>, Vec<Line>), Unbillable> {
    let how = desk.credit_by(account, proposal)?;
    let (mut given, mut lines) = (Vec::new(), Vec::new());
    for paper in papers(proposal, how)? {
        match paper {
            Paper::CreditNote {
                of, lines: days, ..
            } => given.push((of, days)),
            Paper::Invoice { lines: own, .. } => lines.extend(own.iter().map(line)),
        }
    }
    let (notes, for_nothing) = desk.give_back(given)?;
    // Days that cost nothing are taken back on the invoice: a note is for money.
    let for_nothing = for_nothing.iter().map(line);
    Ok((notes, for_nothing.chain(lines).collect()))
}

/// What is due as a line of an invoice.
pub(crate) fn line(it: &ProposedLine) -> Line {
    let segment = it.due.segment();
    Line {
        subscription: it.subscription,
        component: segment.terms.component,
        kind: segment.terms.kind,
        plan: segment.terms.plan,
        quantity: segment.terms.quantity,
        period: segment.period,
        cycle: segment.cycle,
        price: segment.price,
        amount: it.due.amount(),
        repairs: match it.due {
            Due::Charge { .. } => None,
            Due::Repair { of, .. } => Some(of),
        },
    }
}

impl BillLimits {
    fn check(
        self,
        lines: &[ProposedLine],
        open: &[Invoice],
        today: LocalDate,
    ) -> Result<(), Unbillable> {
        let most = i64::from(self.months) * 31;
        let distance = |day: LocalDate| day.signed_duration_since(today).num_days().abs();
        let cycles = lines.iter().map(|it| it.due.segment().cycle);
        if let Some(day) = cycles
            .map(|it| nearest(it, today))
            .max_by_key(|it| distance(*it))
            .filter(|it| distance(*it) > most)
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

/// The day of a cycle, its end included, that is nearest to a day.
fn nearest(cycle: Period, day: LocalDate) -> LocalDate {
    day.max(cycle.start).min(cycle.end)
}

fn draft(
    entity: &LegalEntity,
    account: &mut Account,
    (lines, fees): (Vec<Line>, Vec<Charge>),
    codes: &BTreeMap<PlanId, TaxCode>,
    order: BillOrder,
) -> Result<Option<InvoiceDraft>, Unbillable> {
    if lines.is_empty() && fees.is_empty() {
        return Ok(None);
    }
    let issued_on = entity.today(order.now);
    let (used, discounts) = figures::discounts(account, &lines, issued_on)?;
    let figures = figures::figures(entity, codes, &discounts, (&lines, &fees), issued_on)?;
    let total = match &figures {
        Some(figures) => figures.payable,
        None => {
            let amounts = lines.iter().map(|it| it.amount);
            let amounts = amounts.chain(fees.iter().map(|it| it.amount));
            Money::sum(entity.currency(), amounts)?
        }
    };
    if total.is_negative() {
        return Err(Inconsistent::NegativeTotal.into());
    }
    account.use_discounts(&used, order.invoice);
    Ok(Some(InvoiceDraft {
        id: order.invoice,
        account: account.id(),
        entity: entity.id(),
        lines,
        fees,
        figures,
        total,
        issued_on,
        due_on: due_on(
            issued_on,
            account.terms_days().unwrap_or_else(|| entity.terms_days()),
        ),
    }))
}

/// Money that came in earlier pays what is open now. Returns what moves in the books.
fn use_credit(
    account: &Account,
    credits: &mut [Payment],
    open: &mut [Invoice],
    order: BillOrder,
) -> Result<Vec<Posting>, Unbillable> {
    let mut postings = Vec::new();
    if open.is_empty() {
        return Ok(postings);
    }
    for payment in credits {
        postings.extend(share_out(account, payment, open, order.now)?);
    }
    Ok(postings)
}

/// What an invoice does to the books; nothing if it comes to nothing.
fn earned(
    entity: EntityId,
    draft: &InvoiceDraft,
    now: Timestamp,
) -> Result<Option<Posting>, Unbillable> {
    let entries = figures::entries(draft.figures.as_deref(), draft.total)?;
    let whose = (entity, draft.account);
    let source = || ("invoice", draft.id.to_string());
    let posting = entries.map(|it| Posting::balanced(whose, source(), now, it));
    Ok(posting.transpose()?)
}

fn due_on(issued_on: LocalDate, terms_days: u16) -> LocalDate {
    let terms = chrono::Days::new(u64::from(terms_days));
    issued_on.checked_add_days(terms).unwrap_or(issued_on)
}

#[cfg(test)]
mod tests;
