//! Opens and closes the day of a till, and notes who took money.

use kernel::{
    Actor, Clock, EntityId, MayConflict, Money, OperatorId, Scope, StoreError, Timestamp,
};

use crate::account::Account;
use crate::payment::{Payment, PaymentMethod};
use crate::ports::{BillingStore, BillingTx};
use crate::till::{Taking, TakingSource, TillDay, TillDayId, TillRefusal};
use crate::till_ports::TILL_OPEN_UNIQUE;

/// Opens a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenTill {
    /// The id it will have: the same id again is the same day.
    pub id: TillDayId,
    /// For which entity; the first one if absent.
    pub entity: Option<EntityId>,
    /// Who takes the money.
    pub operator: OperatorId,
    /// The change in the till.
    pub opening: Money,
}

/// Closes a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseTill {
    /// The day.
    pub day: TillDayId,
    /// Who counted.
    pub by: OperatorId,
    /// What was there.
    pub counted: Money,
    /// Why that is not what it should be.
    pub note: Option<String>,
}

/// Why a till stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum TillError {
    /// The tenant has no such day.
    #[error("there is no till day {0}")]
    NotFound(TillDayId),
    /// The tenant has no such legal entity.
    #[error("there is no such legal entity")]
    NoEntity,
    /// The operator has an open day with the entity.
    #[error("the operator has an open day: close it first")]
    Open,
    /// It breaks a rule.
    #[error("the till refuses it")]
    Refused(#[from] TillRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<StoreError> for TillError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(TILL_OPEN_UNIQUE) {
            Self::Open
        } else {
            Self::Store(err)
        }
    }
}

impl MayConflict for TillError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Opens the day of an operator's till.
///
/// # Errors
/// [`TillError`]; nothing is opened then.
pub async fn open_till(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: OpenTill,
) -> Result<(), TillError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let entity = match command.entity {
        Some(id) => tx.entities().find(id).await?,
        None => tx.entities().first().await?,
    };
    let entity = entity.ok_or(TillError::NoEntity)?;
    let (wanted, given) = (entity.currency(), command.opening.currency());
    if wanted != given {
        return Err(TillRefusal::Currency { wanted, given }.into());
    }
    let whose = (entity.id(), command.operator);
    if tx.tills().lock_open(whose.0, whose.1).await?.is_some() {
        return Err(TillError::Open);
    }
    let when = (entity.today(now), now);
    let mut day = TillDay::open(command.id, whose, when, command.opening)?;
    tx.tills().save(&mut day).await?;
    tx.commit().await?;
    Ok(())
}

/// Closes a day with what was counted; the same count again changes nothing, and another one is refused.
///
/// # Errors
/// [`TillError`]; nothing is changed then.
pub async fn close_till(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: CloseTill,
) -> Result<(), TillError> {
    let mut tx = store.begin(scope).await?;
    let day = tx.tills().lock(command.day).await?;
    let mut day = day.ok_or(TillError::NotFound(command.day))?;
    let taken = tx.tills().taken_on(&day).await?;
    let who = (command.by, clock.now());
    day.close((command.counted, taken), command.note.as_deref(), who)?;
    if day.has_news() {
        tx.tills().save(&mut day).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Money that an operator took, or gave back below zero.
pub(super) struct Took {
    pub(super) source: TakingSource,
    pub(super) amount: Money,
    /// How it came or left: only cash is in a till.
    pub(super) method: PaymentMethod,
}

/// Notes that an operator took the money of a payment, or gave it back below zero. Cash belongs to the open day of the operator,
/// if there is one. What the product itself records was taken by nobody.
pub(super) async fn note_taking(
    tx: &mut dyn BillingTx,
    scope: &Scope,
    (account, payment): (&Account, &Payment),
    took: Took,
    at: Timestamp,
) -> Result<(), StoreError> {
    let Actor::Operator(operator) = scope.actor else {
        return Ok(());
    };
    let entity = account.entity();
    let day = open_day(tx, (entity, operator), took.method).await?;
    let day = day.map(|it| it.id());
    let taking = Taking {
        source: took.source,
        payment: payment.id(),
        entity,
        operator,
        day,
        amount: took.amount,
        at,
    };
    tx.tills().take(taking).await
}

/// The day that money in some form belongs to: the open one of the operator if it is cash.
pub(super) async fn open_day(
    tx: &mut dyn BillingTx,
    (entity, operator): (EntityId, OperatorId),
    method: PaymentMethod,
) -> Result<Option<TillDay>, StoreError> {
    match method {
        PaymentMethod::Cash => tx.tills().lock_open(entity, operator).await,
        _ => Ok(None),
    }
}
