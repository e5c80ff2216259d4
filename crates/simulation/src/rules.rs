//! The invariants of billing.md, section 2, judged on the books of one account. They are computed apart from the product:
//! days are counted one by one, sums are summed anew.

mod documents;

use std::collections::BTreeMap;

use billing::{
    Access, ChargeKind, DunningPolicy, LedgerAccount, Level, LineView, PaymentView, Period,
};
use kernel::{LocalDate, PlanId, SubscriptionId};

use crate::books::Books;
use crate::calendar::Calendar;
use crate::known::Known;

pub(crate) use documents::GOODWILL;

/// A rule that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invariant {rule}: {why}")]
pub(crate) struct Broken {
    /// Its number in billing.md.
    pub(crate) rule: &'static str,
    /// What is seen instead.
    pub(crate) why: String,
}

pub(crate) type Verdict = Result<(), Broken>;

pub(crate) fn hold(rule: &'static str, holds: bool, why: impl FnOnce() -> String) -> Verdict {
    match holds {
        true => Ok(()),
        false => Err(Broken { rule, why: why() }),
    }
}

/// What the provider has promised everybody.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) dunning: DunningPolicy,
    /// What a whole cycle of each plan costs, in minor units.
    pub(crate) prices: BTreeMap<PlanId, i64>,
}

/// Judges an account whose work is done for today.
pub(crate) fn judge(books: &Books, known: &Known, terms: &Terms, today: LocalDate) -> Verdict {
    ledger_balances(books)?;
    ledger_agrees_with_documents(books)?;
    payments_add_up(books, known)?;
    documents::judge(books, known)?;
    credit_is_used(books)?;
    level_follows_from_debt(books, terms.dunning, today)?;
    access_follows_from_level(books, known, today)?;
    for subscription in &books.subscriptions {
        Calendar::of(books, subscription, 0)?.judge(known, today)?;
        for component in documents::add_ons(books, subscription.id) {
            Calendar::of(books, subscription, component)?.no_day_is_billed_twice()?;
        }
    }
    cycles_cost_their_price(books, &terms.prices)
}

fn ledger_balances(books: &Books) -> Verdict {
    for posting in &books.postings {
        let sum: i64 = posting.iter().map(|(_, amount)| amount).sum();
        hold("1", sum == 0, || format!("{posting:?} sums to {sum}"))?;
    }
    Ok(())
}

fn ledger_agrees_with_documents(books: &Books) -> Verdict {
    let mut sums = BTreeMap::<&str, i64>::new();
    for (account, amount) in books.postings.iter().flatten() {
        *sums.entry(account).or_default() += amount;
    }
    let sum = |account: LedgerAccount| sums.get(account.as_str()).copied().unwrap_or(0);
    let due: i64 = books.invoices.iter().map(|it| it.due.minor()).sum();
    let (earned, taxes) = documents::earned(books);
    let lost: i64 = books.invoices.iter().map(|it| it.written_off.minor()).sum();
    let credit: i64 = books.payments.iter().map(|it| it.unallocated.minor()).sum();
    let paid = kept(books);
    for (account, wanted) in [
        (LedgerAccount::Receivable, due),
        (LedgerAccount::Revenue, -earned),
        (LedgerAccount::Tax, -taxes),
        (LedgerAccount::BadDebt, lost),
        (LedgerAccount::CustomerCredit, -credit),
        (LedgerAccount::Cash, paid),
    ] {
        let stands = sum(account);
        hold("2", stands == wanted, || {
            format!(
                "{} stands at {stands}, the documents say {wanted}",
                account.as_str()
            )
        })?;
    }
    let (shown_due, shown_credit) = (books.account.due.minor(), books.account.credit.minor());
    hold("2", (shown_due, shown_credit) == (due, credit), || {
        format!(
            "the account shows {shown_due} due and {shown_credit} credit, not {due} and {credit}"
        )
    })
}

fn payments_add_up(books: &Books, known: &Known) -> Verdict {
    for payment in &books.payments {
        let spent: i64 = payment.allocations.iter().map(|it| it.amount.minor()).sum();
        let (amount, left) = (payment.amount.minor(), payment.unallocated.minor());
        let back = payment.returned.minor();
        hold("28", spent + left + back == amount && left >= 0, || {
            format!("of {amount}, {spent} is allocated, {left} is left and {back} went back")
        })?;
        hold("31", (0..=amount).contains(&back), || {
            format!("of {amount}, {back} went back")
        })?;
    }
    let paid = kept(books);
    hold("29", paid == known.paid, || {
        format!("{paid} is recorded, {} was paid", known.paid)
    })
}

/// What was paid and did not go back.
fn kept(books: &Books) -> i64 {
    let kept = |it: &PaymentView| it.amount.minor() - it.returned.minor();
    books.payments.iter().map(kept).sum()
}

/// Credit beside debt would mean that somebody who has paid is dunned; and the oldest debt is paid first, but for what is
/// owed again because money went back.
fn credit_is_used(books: &Books) -> Verdict {
    let (due, credit) = (books.account.due.minor(), books.account.credit.minor());
    hold("32", due == 0 || credit == 0, || {
        format!("{due} is due beside a credit of {credit}")
    })?;
    if books.payments.iter().any(|it| !it.returned.is_zero()) {
        return Ok(());
    }
    let mut open = false;
    for invoice in &books.invoices {
        hold("32", !open || invoice.allocated.is_zero(), || {
            format!("{} is paid before an older one", invoice.number)
        })?;
        open |= !invoice.due.is_zero();
    }
    Ok(())
}

fn level_follows_from_debt(books: &Books, policy: DunningPolicy, today: LocalDate) -> Verdict {
    let late = books
        .invoices
        .iter()
        .filter(|it| !it.due.is_zero() && it.due_on < today);
    let days = late.map(|it| (today - it.due_on).num_days()).max();
    let wanted = match days {
        None => Level::Clear,
        Some(days) if days > i64::from(policy.suspend_after_days) => Level::Suspended,
        Some(days) if days > i64::from(policy.grace_days) => Level::Restricted,
        Some(_) => Level::Overdue,
    };
    let level = books.account.level;
    let rule = if wanted == Level::Clear { "36" } else { "34" };
    hold(rule, level == wanted, || {
        format!("the level is {level:?}, the debt is {days:?} days old: {wanted:?}")
    })
}

fn access_follows_from_level(books: &Books, known: &Known, today: LocalDate) -> Verdict {
    for subscription in &books.subscriptions {
        let over = subscription.ends_on.is_some_and(|it| it <= today);
        let wanted = match books.account.level {
            _ if over => Access::Ended,
            _ if known.is_stopped_by_hand(subscription.id) => Access::Suspended,
            Level::Suspended => Access::Suspended,
            Level::Restricted => Access::Restricted,
            Level::Clear | Level::Overdue => Access::Active,
        };
        let access = subscription.access;
        hold("37", access == wanted, || {
            format!("{} is {access:?} and should be {wanted:?}", subscription.id)
        })?;
    }
    Ok(())
}

/// What stands billed of one cycle: days by plan and quantity, and their amount.
#[derive(Default)]
struct Standing {
    days: BTreeMap<(PlanId, u32), i64>,
    amount: i64,
}

/// A cycle that stands billed whole on one plan costs the plan's price to the last minor unit, however often it was cut
/// and mended; one on several plans costs something between them.
fn cycles_cost_their_price(books: &Books, prices: &BTreeMap<PlanId, i64>) -> Verdict {
    let mut cycles = BTreeMap::<(SubscriptionId, u16, Period), Standing>::new();
    let cycle_of = |it: &LineView| (it.subscription, it.component, it.cycle);
    let recurs = |it: &LineView| it.kind == ChargeKind::Recurring;
    let lines = books.invoices.iter().flat_map(|it| &it.lines);
    for line in lines.filter(|it| recurs(it)) {
        let cycle = cycles.entry(cycle_of(line)).or_default();
        let sign = if line.repairs { -1 } else { 1 };
        let terms = (line.plan, line.quantity);
        *cycle.days.entry(terms).or_default() += sign * line.period.days();
        cycle.amount += line.amount.minor();
        let within = line.period.start >= line.cycle.start && line.period.end <= line.cycle.end;
        hold("11", within, || {
            format!("{:?} reaches beyond {:?}", line.period, line.cycle)
        })?;
        hold("8", (28..=31).contains(&line.cycle.days()), || {
            format!("a month of {:?}", line.cycle)
        })?;
    }
    for (line, days) in books.days_given_back().filter(|it| recurs(it.0)) {
        let cycle = cycles.entry(cycle_of(line)).or_default();
        *cycle.days.entry((line.plan, line.quantity)).or_default() -= days.days();
    }
    for (line, amount) in documents::given_back_for_days(books).filter(|it| recurs(it.0)) {
        let cycle = cycles.entry(cycle_of(line)).or_default();
        cycle.amount -= amount;
    }
    for ((id, _, cycle), stands) in cycles {
        let whole = cycle.days();
        let billed: i64 = stands.days.values().sum();
        hold("10", (0..=whole).contains(&billed), || {
            format!("{id} {cycle:?}: {billed} days")
        })?;
        let mut exact = 0;
        for ((plan, quantity), days) in &stands.days {
            hold("18", *days >= 0, || {
                format!("{id} {cycle:?}: {days} days of {quantity} {plan}")
            })?;
            let price = prices.get(plan).copied().unwrap_or(0);
            exact += price * i64::from(*quantity) * days;
        }
        // Each cut may round once on either side; a whole cycle on one plan has none left.
        let off = (stands.amount * whole - exact).abs();
        let cuts = i64::try_from(stands.days.len()).unwrap_or(i64::MAX);
        let one_plan = stands.days.values().filter(|it| **it > 0).count() == 1;
        let most = if one_plan && billed == whole {
            0
        } else {
            whole * 1_000 * cuts
        };
        hold("10", off <= most, || {
            format!(
                "{id} {cycle:?} costs {}, exactly it is {exact}/{whole}",
                stands.amount
            )
        })?;
    }
    Ok(())
}
