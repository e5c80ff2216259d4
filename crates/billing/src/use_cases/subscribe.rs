//! Sells a subscription, opening the customer's account if there is none.

use kernel::{
    AccountId, Clock, CustomerId, EntityId, MayConflict, PlanId, Scope, StoreError, SubscriptionId,
    Timestamp,
};

use super::standing::restate;
use crate::account::Account;
use crate::entity::LegalEntity;
use crate::ports::{BillingStore, BillingTx};
use crate::schedule::BillDay;
use crate::subscription::{NewSubscription, Subscription, SubscriptionRefusal};

/// Sells a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscribe {
    /// The id it will have.
    pub id: SubscriptionId,
    /// Who buys.
    pub customer: CustomerId,
    /// The id the customer's account will have if there is none yet.
    pub new_account: AccountId,
    /// What is bought.
    pub plan: PlanId,
    /// How many units of it, at least one.
    pub quantity: u32,
    /// A fixed bill day; without one, periods begin on the day of the start.
    pub bill_day: Option<BillDay>,
    /// The first day; today if absent.
    pub starts_on: Option<kernel::LocalDate>,
}

/// What was sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribed {
    /// Who pays.
    pub account: AccountId,
    /// What it may do on the network at first.
    pub access: crate::Access,
    /// On which profile.
    pub profile: kernel::ProfileId,
    /// The number of that decision.
    pub access_version: u64,
}

/// Why nothing was sold.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// The tenant has no such plan.
    #[error("there is no plan {0}")]
    NoPlan(PlanId),
    /// The tenant has no legal entity to sell for.
    #[error("there is no legal entity yet")]
    NoEntity,
    /// The plan is in another currency than the account.
    #[error("the plan is in another currency than the account")]
    Currency,
    /// The sale breaks a rule.
    #[error("the sale breaks a rule")]
    Refused(#[from] SubscriptionRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for SubscribeError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Sells a subscription in a transaction of its own.
///
/// # Errors
/// [`SubscribeError`]; nothing is sold then.
pub async fn subscribe(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: Subscribe,
) -> Result<Subscribed, SubscribeError> {
    let mut tx = store.begin(scope).await?;
    let sold = subscribe_within(&mut *tx, clock.now(), command).await?;
    tx.commit().await?;
    Ok(sold)
}

/// The same in the caller's transaction; leave it on an error.
///
/// # Errors
/// [`SubscribeError`].
pub async fn subscribe_within(
    tx: &mut dyn BillingTx,
    now: Timestamp,
    command: Subscribe,
) -> Result<Subscribed, SubscribeError> {
    let entity = tx
        .entities()
        .first()
        .await?
        .ok_or(SubscribeError::NoEntity)?;
    let plan = tx
        .plans()
        .find(command.plan)
        .await?
        .ok_or(SubscribeError::NoPlan(command.plan))?;
    let mut account = account_of(tx, &entity, &command).await?;
    if plan.defined().price.currency() != account.currency() {
        return Err(SubscribeError::Currency);
    }
    let today = entity.today(now);
    let new = NewSubscription {
        id: command.id,
        account: account.id(),
        customer: command.customer,
        quantity: command.quantity,
        bill_day: command.bill_day,
        starts_on: command.starts_on.unwrap_or(today),
    };
    let mut subscriptions = tx.subscriptions().of_account(account.id()).await?;
    let mut sold = Subscription::start(new, &plan, today)?;
    tx.subscriptions().save(&mut sold).await?;
    let place = subscriptions.len();
    subscriptions.push(sold);
    let open = tx.invoices().open_of(account.id()).await?;
    restate(tx, &entity, &mut account, &mut subscriptions, &open, today).await?;
    let subscription = &subscriptions[place];
    let (access, access_version) = subscription.access();
    let profile = plan.defined().profile;
    Ok(Subscribed {
        account: account.id(),
        access,
        profile,
        access_version,
    })
}

async fn account_of(
    tx: &mut dyn BillingTx,
    entity: &LegalEntity,
    command: &Subscribe,
) -> Result<Account, StoreError> {
    let id: EntityId = entity.id();
    if let Some(account) = tx.accounts().lock_of(command.customer, id).await? {
        return Ok(account);
    }
    let mut account = Account::open(command.new_account, command.customer, id, entity.currency());
    tx.accounts().save(&mut account).await?;
    Ok(account)
}
