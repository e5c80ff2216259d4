//! Renews what is prepaid: the next period is billed and paid with the credit of the account, both or neither.

use kernel::{
    AccountId, Clock, Ids, InvoiceId, MayConflict, Money, MoneyError, Scope, StoreError,
    SubscriptionId, Timestamp,
};

use super::SubscriptionError;
use super::bill_account::{BillAccountError, on_paper, write};
use super::locked::{Locked, load, load_account};
use crate::bill::Bill;
use crate::period::Period;
use crate::ports::{BillingStore, BillingTx};
use crate::prepaid::{PeriodPaid, Wallet, WalletRefusal};
use crate::subscription::Subscription;

/// What was renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewed {
    /// The days that were paid.
    pub period: Period,
    /// What was debited, tax included.
    pub price: Money,
    /// The invoice, which is paid; none if the days cost nothing.
    pub invoice: Option<InvoiceId>,
}

/// Why nothing was renewed. Nothing was debited either.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The subscription refuses it, or cannot be billed.
    #[error(transparent)]
    Subscription(#[from] SubscriptionError),
    /// The credit of the account does not reach: a wallet does not go below zero.
    #[error("the credit of the account does not reach")]
    Wallet(#[from] WalletRefusal),
    /// Billing has stopped for the account.
    #[error("billing has stopped for account {0}")]
    Parked(AccountId),
}

impl From<StoreError> for RenewError {
    fn from(err: StoreError) -> Self {
        Self::Subscription(err.into())
    }
}

impl From<BillAccountError> for RenewError {
    fn from(err: BillAccountError) -> Self {
        Self::Subscription(err.into())
    }
}

impl MayConflict for RenewError {
    fn is_conflict(&self) -> bool {
        match self {
            Self::Subscription(err) => err.is_conflict(),
            Self::Wallet(_) | Self::Parked(_) => false,
        }
    }
}

/// Renews a subscription for one period now, from the end of what is paid or from today.
///
/// # Errors
/// [`RenewError`]; nothing is changed then.
pub async fn renew_subscription(
    store: &dyn BillingStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    id: SubscriptionId,
) -> Result<Renewed, RenewError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let mut locked = load(&mut *tx, id).await?;
    if locked.account.is_parked() {
        return Err(RenewError::Parked(locked.account.id()));
    }
    let renewed = renew(&mut *tx, ids, now, &mut locked, id).await?;
    tx.commit().await?;
    Ok(renewed)
}

/// Renews those subscriptions of an account that want it by themselves, as far as its credit reaches, and tells once a period
/// of each for which it does not. Returns how many were renewed; running it again changes nothing.
///
/// # Errors
/// [`RenewError`], but not for credit that does not reach.
pub async fn renew_due(
    store: &dyn BillingStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    account: AccountId,
) -> Result<usize, RenewError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let Some(mut locked) = load_account(&mut *tx, account).await? else {
        return Ok(0);
    };
    if locked.account.is_parked() {
        return Ok(0);
    }
    let today = locked.entity.today(now);
    let all: Vec<_> = locked.subscriptions.iter().map(Subscription::id).collect();
    let mut done = 0;
    for id in all {
        let it = locked.of(id)?;
        let (due, warns) = (it.wants_renewal(today), it.wants_warning(today));
        if due || warns {
            done += renew_or_warn(&mut *tx, ids, now, &mut locked, id, due).await?;
        }
    }
    tx.commit().await?;
    Ok(done)
}

/// Lets the credit of the account pay for the periods of a subscription from now on, or not. One whose time is over or about
/// to be asks for its renewal at once.
///
/// # Errors
/// [`SubscriptionError`]; nothing is changed then.
pub async fn set_auto_renewal(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: SubscriptionId,
    auto_renew: bool,
) -> Result<(), SubscriptionError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let mut locked = load(&mut *tx, id).await?;
    let today = locked.entity.today(now);
    let subscription = locked.of(id)?;
    if subscription.renew_by_itself(auto_renew)? {
        subscription.ask_for_renewal(today);
        tx.subscriptions().save(subscription).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Renews one of several; 1 if that went well and 0 if the credit does not reach, which is told.
async fn renew_or_warn(
    tx: &mut dyn BillingTx,
    ids: &dyn Ids,
    now: Timestamp,
    locked: &mut Locked,
    id: SubscriptionId,
    is_due: bool,
) -> Result<usize, RenewError> {
    let tried = match is_due {
        true => renew(tx, ids, now, locked, id).await.map(|_| 1),
        false => match price_next(tx, ids, now, locked, id).await {
            Ok(next) => next.must_reach().map(|()| 0),
            Err(err) => Err(err),
        },
    };
    match tried {
        Err(RenewError::Wallet(WalletRefusal::BelowFloor { balance, asked, .. })) => {
            let subscription = locked.of(id)?;
            subscription.warn_of_balance(asked, balance);
            if subscription.has_news() {
                tx.subscriptions().save(subscription).await?;
            }
            Ok(0)
        }
        // It rests or was cancelled: nothing is wanted of it now.
        Err(RenewError::Subscription(SubscriptionError::Refused(_))) => Ok(0),
        other => other,
    }
}

/// A period that was added and billed on paper.
struct Next {
    /// As they would be, all subscriptions of the account.
    locked: Locked,
    period: Period,
    bill: Bill,
    price: Money,
    available: Money,
}

impl Next {
    fn must_reach(&self) -> Result<(), RenewError> {
        if self.price.is_positive() {
            let none = Money::zero(self.price.currency());
            Wallet::new(self.available, none)?.debit(self.price)?;
        }
        Ok(())
    }
}

/// Adds a period, bills it and pays it, on an account that is locked.
async fn renew(
    tx: &mut dyn BillingTx,
    ids: &dyn Ids,
    now: Timestamp,
    locked: &mut Locked,
    id: SubscriptionId,
) -> Result<Renewed, RenewError> {
    let next = price_next(tx, ids, now, locked, id).await?;
    next.must_reach()?;
    let (period, price) = (next.period, next.price);
    let invoice = next.bill.draft.as_ref().map(|it| it.id);
    *locked = next.locked;
    locked
        .of(id)?
        .period_paid(PeriodPaid { period, price }, invoice);
    let (account, subscriptions) = (&mut locked.account, &mut locked.subscriptions);
    write(
        tx,
        locked.entity.series(),
        account,
        subscriptions,
        next.bill,
    )
    .await?;
    Ok(Renewed {
        period,
        price,
        invoice,
    })
}

/// What the next period costs and what there is to pay it. Everything else that is due is billed first, so that nothing but
/// the period is on its invoice.
async fn price_next(
    tx: &mut dyn BillingTx,
    ids: &dyn Ids,
    now: Timestamp,
    locked: &mut Locked,
    id: SubscriptionId,
) -> Result<Next, RenewError> {
    let today = locked.entity.today(now);
    let fees = tx.fees().waiting(locked.account.id()).await?;
    if !fees.is_empty() || locked.subscriptions.iter().any(|it| it.is_due(today)) {
        locked.bill(tx, ids, now).await?;
    }
    let available = available(tx, locked).await?;
    let mut then = locked.clone();
    let period = then
        .of(id)?
        .extend(today)
        .map_err(SubscriptionError::from)?;
    let (account, subscriptions) = (&mut then.account, &mut then.subscriptions);
    let bill = on_paper(tx, ids, now, &then.entity, account, subscriptions).await?;
    let nothing = Money::zero(then.account.currency());
    let price = bill.draft.as_ref().map_or(nothing, |it| it.total);
    Ok(Next {
        locked: then,
        period,
        bill,
        price,
        available,
    })
}

/// The credit of an account that its debts leave; zero where they leave none.
async fn available(tx: &mut dyn BillingTx, locked: &Locked) -> Result<Money, StoreError> {
    let account = &locked.account;
    let credits = tx.payments().with_credit(account.id()).await?;
    let open = tx.invoices().open_of(account.id()).await?;
    let left = || -> Result<Money, MoneyError> {
        let mut left = Money::zero(account.currency());
        for credit in &credits {
            left = left.checked_add(credit.unallocated()?)?;
        }
        for invoice in &open {
            left = left.checked_sub(invoice.due()?)?;
        }
        Ok(left)
    };
    let left = left().map_err(StoreError::corrupt)?;
    Ok(match left.is_negative() {
        true => Money::zero(account.currency()),
        false => left,
    })
}
