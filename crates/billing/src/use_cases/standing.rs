//! The account's standing: its level and what follows from it for each subscription, in the caller's transaction.

use chrono::{Days, Duration};
use kernel::{LocalDate, MoneyError, StoreError, Timestamp};

use crate::account::{Account, Verdict};
use crate::dunning::{Cause, Procedure, Situation, WindowState};
use crate::entity::LegalEntity;
use crate::invoice::Invoice;
use crate::overdue::OpenAmount;
use crate::ports::BillingTx;
use crate::subscription::Subscription;

/// Whether a dunning run may take access away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cutting {
    /// It may, inside the window of the procedure.
    Allowed,
    /// It waits for a person's word.
    Withheld,
}

/// When an account is looked at, and what may be done then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// After something that happened on a day. What takes access and depends on the hour waits for the dunning run.
    On(LocalDate),
    /// The same after a payment has settled or its credit was used.
    Paid(LocalDate),
    /// By the dunning run.
    At(Timestamp, Cutting),
}

impl Look {
    fn today(self, entity: &LegalEntity) -> LocalDate {
        match self {
            Self::On(day) | Self::Paid(day) => day,
            Self::At(now, _) => entity.today(now),
        }
    }

    fn window(self, entity: &LegalEntity, procedure: &Procedure) -> WindowState {
        match self {
            // What a day may cut is counted by the dunning run, of accounts with procedures of their own as well.
            Self::On(_) | Self::Paid(_)
                if entity.procedure().defined().most_cut_percent.is_some() =>
            {
                WindowState::Closed
            }
            Self::On(day) | Self::Paid(day) => procedure.window_on(day),
            Self::At(_, Cutting::Withheld) => WindowState::Closed,
            Self::At(now, Cutting::Allowed) => procedure.window_at(entity.zone().local_at(now)),
        }
    }

    const fn cause(self) -> Cause {
        match self {
            Self::Paid(_) => Cause::Payment,
            Self::On(_) | Self::At(..) => Cause::Other,
        }
    }

    /// When access may be taken that may not be now.
    fn again(self, entity: &LegalEntity, procedure: &Procedure) -> Timestamp {
        let zone = entity.zone();
        match self {
            Self::On(day) | Self::Paid(day) => zone.start_of(day),
            Self::At(now, Cutting::Withheld) => now.plus(Duration::hours(1)),
            Self::At(now, Cutting::Allowed) => {
                let opens = procedure.window().next_allowed(zone.local_at(now));
                opens.map_or_else(|| now.plus(Duration::days(1)), |it| zone.instant_of(it))
            }
        }
    }
}

/// Re-evaluates an account that is locked, after a change of its own: loads what its standing follows from, and saves it.
pub(super) async fn reevaluate(
    tx: &mut dyn BillingTx,
    entity: &LegalEntity,
    account: &mut Account,
    look: Look,
) -> Result<Verdict, StoreError> {
    let owed = tx.invoices().owed_of(account.id()).await?;
    let mut subscriptions = tx.subscriptions().of_account(account.id()).await?;
    let judged = judge_owed(entity, account, &mut subscriptions, owed, look);
    let verdict = judged.map_err(StoreError::corrupt)?;
    save_news(tx, account, &mut subscriptions).await?;
    Ok(verdict)
}

/// Re-evaluates an account after anything that may have changed its standing: time, money, or a subscription.
///
/// Saves the account and the subscriptions that changed. `subscriptions` are those of the account, loaded after it was
/// locked.
pub(super) async fn restate(
    tx: &mut dyn BillingTx,
    entity: &LegalEntity,
    account: &mut Account,
    subscriptions: &mut [Subscription],
    open: &[Invoice],
    today: LocalDate,
) -> Result<(), StoreError> {
    let look = Look::On(today);
    judge(entity, account, subscriptions, open, look).map_err(StoreError::corrupt)?;
    save_news(tx, account, subscriptions).await
}

/// The same after money has paid something.
pub(super) async fn restate_paid(
    tx: &mut dyn BillingTx,
    entity: &LegalEntity,
    account: &mut Account,
    subscriptions: &mut [Subscription],
    open: &[Invoice],
    today: LocalDate,
) -> Result<(), StoreError> {
    let look = Look::Paid(today);
    judge(entity, account, subscriptions, open, look).map_err(StoreError::corrupt)?;
    save_news(tx, account, subscriptions).await
}

/// The same without saving anything.
pub(crate) fn judge(
    entity: &LegalEntity,
    account: &mut Account,
    subscriptions: &mut [Subscription],
    open: &[Invoice],
    look: Look,
) -> Result<Verdict, MoneyError> {
    let owed = open.iter().map(Invoice::owed).collect::<Result<_, _>>()?;
    judge_owed(entity, account, subscriptions, owed, look)
}

fn judge_owed(
    entity: &LegalEntity,
    account: &mut Account,
    subscriptions: &mut [Subscription],
    mut amounts: Vec<OpenAmount>,
    look: Look,
) -> Result<Verdict, MoneyError> {
    // What credit has settled by now is no debt.
    amounts.retain(|it| it.due.is_positive());
    let today = look.today(entity);
    let (verdict, debt_again) = evaluate(entity, account, &amounts, look)?;
    for subscription in &mut *subscriptions {
        if verdict.terminates {
            subscription.terminate(today);
        }
        subscription.catch_up(today);
        subscription.derive_access(account.level(), today);
    }
    let tomorrow = next_day(today);
    let changes = subscriptions
        .iter()
        .filter_map(Subscription::next_change_on);
    let change = changes
        .min()
        .map(|it| entity.zone().start_of(it.max(tomorrow)));
    account.look_again([debt_again, change].into_iter().flatten().min());
    Ok(verdict)
}

/// Evaluates an account by its own procedure, or its entity's; says when its debt is to be looked at again.
pub(crate) fn evaluate(
    entity: &LegalEntity,
    account: &mut Account,
    open: &[OpenAmount],
    look: Look,
) -> Result<(Verdict, Option<Timestamp>), MoneyError> {
    let own = account.procedure().cloned();
    let procedure = own.as_ref().unwrap_or_else(|| entity.procedure());
    let situation = Situation {
        currency: account.currency(),
        open,
        today: look.today(entity),
        window: look.window(entity, procedure),
        procedure,
        after: look.cause(),
    };
    let verdict = account.evaluate(&situation)?;
    let waits = verdict.waits.then(|| look.again(entity, procedure));
    let day = next_look_on(account, &situation)?;
    let again = day.map(|it| entity.zone().start_of(it));
    Ok((verdict, [waits, again].into_iter().flatten().min()))
}

/// The next day on which time may do something about a debt: every day while one is overdue, and the day of the first step
/// or of being overdue before.
fn next_look_on(account: &Account, now: &Situation<'_>) -> Result<Option<LocalDate>, MoneyError> {
    let tomorrow = next_day(now.today);
    let owed = now.owed()?;
    if owed.is_overdue || account.promise().is_some() {
        return Ok(Some(tomorrow));
    }
    let Some(due) = owed.oldest_due else {
        return Ok(None);
    };
    let step = account
        .episode()
        .next(now.procedure.steps(), now.procedure.id());
    let days = step.map_or(1, |it| it.day.min(1));
    let day = due.checked_add_signed(Duration::days(days)).unwrap_or(due);
    Ok(Some(day.max(tomorrow)))
}

pub(super) fn next_day(day: LocalDate) -> LocalDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

/// Saves an account and those of its subscriptions that have changed.
pub(super) async fn save_news(
    tx: &mut dyn BillingTx,
    account: &mut Account,
    subscriptions: &mut [Subscription],
) -> Result<(), StoreError> {
    if account.has_changed() {
        tx.accounts().save(account).await?;
    }
    for subscription in subscriptions.iter_mut().filter(|it| it.has_news()) {
        tx.subscriptions().save(subscription).await?;
    }
    Ok(())
}
