//! Takes money that fits no account, and gives it back to whoever sent it.

use kernel::{AccountId, Actor, Clock, EntityId, MayConflict, Money, Scope, StoreError, Timestamp};

use super::keep_till::open_day;
use crate::ledger::{LedgerAccount, Posting};
use crate::payment::{BadPayment, PaymentMethod};
use crate::ports::{BillingStore, BillingTx, UNMATCHED_REFERENCE_UNIQUE};
use crate::till::SuspenseCash;
use crate::unmatched::{NewUnmatched, Unmatched, UnmatchedId, UnmatchedRefusal, UnmatchedSnapshot};

/// Takes money that fits no account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiveUnmatched {
    /// The id it will have: the same id again is the same money.
    pub id: UnmatchedId,
    /// How much, above zero.
    pub amount: Money,
    /// How it came in.
    pub method: PaymentMethod,
    /// What the payer or provider calls it, 1 to 80 characters; unique per method.
    pub reference: Option<String>,
    /// Who sent it, 1 to 80 characters.
    pub payer: Option<String>,
    /// What the payer wrote, 1 to 80 characters.
    pub note: Option<String>,
    /// When it came in; now if absent.
    pub received_at: Option<Timestamp>,
}

/// Gives it back to whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnUnmatched {
    /// The money.
    pub id: UnmatchedId,
    /// Why, in 1 to 300 characters.
    pub reason: String,
    /// How it leaves, if not the way it came.
    pub paid_out_as: Option<PaymentMethod>,
}

/// Why money that fits no account did not change hands.
#[derive(Debug, thiserror::Error)]
pub enum UnmatchedError {
    /// The tenant has no such money.
    #[error("there is no unmatched payment {0}")]
    NotFound(UnmatchedId),
    /// The tenant has no legal entity in whose books it could stand.
    #[error("there is no legal entity yet")]
    NoEntity,
    /// It breaks a rule.
    #[error("the money breaks a rule")]
    Bad(#[from] BadPayment),
    /// Its state does not allow it.
    #[error("its state does not allow it")]
    Refused(#[from] UnmatchedRefusal),
    /// The id belongs to money with other content.
    #[error("another unmatched payment has this id")]
    OtherContent(UnmatchedId),
    /// The method has money with this reference.
    #[error("money with this reference was recorded before")]
    DuplicateReference,
    /// Nobody would know where the cash is.
    #[error(
        "cash that no account has needs an open till day, in its currency, of whoever takes it or hands it out"
    )]
    NoTill,
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<StoreError> for UnmatchedError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(UNMATCHED_REFERENCE_UNIQUE) {
            Self::DuplicateReference
        } else {
            Self::Store(err)
        }
    }
}

impl MayConflict for UnmatchedError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Takes the money into the suspense account of the tenant's first entity. Cash that an operator takes goes into the open till
/// of the operator, or is refused: no account would miss it. The same id with the same content again changes nothing.
///
/// # Errors
/// [`UnmatchedError`]; nothing is taken then.
pub async fn receive_unmatched(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: ReceiveUnmatched,
) -> Result<(), UnmatchedError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    if let Some(known) = tx.unmatched().find(command.id).await? {
        return same_money(&known.snapshot(), &command);
    }
    let entity = tx.entities().first().await?;
    let entity = entity.ok_or(UnmatchedError::NoEntity)?.id();
    let mut money = Unmatched::receive(new_money(command, entity, now), now)?;
    let it = money.snapshot();
    if let Some(reference) = &it.reference {
        tx.payments().lock_reference(it.method, reference).await?;
        let paid = tx.payments().find_by_reference(it.method, reference);
        if paid.await?.is_some() {
            return Err(UnmatchedError::DuplicateReference);
        }
    }
    let sides = (LedgerAccount::Cash, LedgerAccount::Suspense);
    post(&mut *tx, &it, ("unmatched", sides), now).await?;
    count_cash(&mut *tx, scope, (&it, it.method), it.amount, now).await?;
    tx.unmatched().save(&mut money).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives the money back to whoever sent it. Cash that an operator hands out leaves the operator's open till, whatever came in. A
/// second time changes nothing.
///
/// # Errors
/// [`UnmatchedError`]; nothing is changed then.
pub async fn return_unmatched(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: ReturnUnmatched,
) -> Result<(), UnmatchedError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let money = tx.unmatched().find(command.id).await?;
    let mut money = money.ok_or(UnmatchedError::NotFound(command.id))?;
    if !money.give_back(&command.reason, command.paid_out_as)? {
        return Ok(());
    }
    let it = money.snapshot();
    leave_suspense(&mut *tx, &it, now).await?;
    // First, so that of two at once the second begins again and finds it given back.
    tx.unmatched().save(&mut money).await?;
    let out = it.amount.checked_neg().map_err(StoreError::corrupt)?;
    let leaves = command.paid_out_as.unwrap_or(it.method);
    count_cash(&mut *tx, scope, (&it, leaves), out, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Cash that an operator takes, or hands out below zero, is in the operator's till.
async fn count_cash(
    tx: &mut dyn BillingTx,
    scope: &Scope,
    (money, method): (&UnmatchedSnapshot, PaymentMethod),
    amount: Money,
    at: Timestamp,
) -> Result<(), UnmatchedError> {
    let (Actor::Operator(operator), PaymentMethod::Cash) = (&scope.actor, method) else {
        return Ok(());
    };
    let day = open_day(tx, (money.entity, *operator), method).await?;
    // A till counts one currency.
    let day = day.filter(|it| it.snapshot().opening.currency() == amount.currency());
    let cash = SuspenseCash {
        money: money.id,
        operator: *operator,
        day: day.ok_or(UnmatchedError::NoTill)?.id(),
        amount,
        at,
    };
    Ok(tx.tills().take_suspense(cash).await?)
}

/// The money is not in suspense any more.
pub(super) async fn leave_suspense(
    tx: &mut dyn BillingTx,
    money: &UnmatchedSnapshot,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sides = (LedgerAccount::Suspense, LedgerAccount::Cash);
    post(tx, money, ("unmatched_left", sides), now).await
}

/// No customer's account has it: in the books it stands under the entity's own id.
async fn post(
    tx: &mut dyn BillingTx,
    money: &UnmatchedSnapshot,
    (what, sides): (&'static str, (LedgerAccount, LedgerAccount)),
    now: Timestamp,
) -> Result<(), StoreError> {
    let whose = (money.entity, AccountId::from_uuid(money.entity.uuid()));
    let source = (what, money.id.to_string());
    let posting = Posting::new(whose, source, now, sides, money.amount);
    tx.ledger()
        .post(posting.map_err(StoreError::corrupt)?)
        .await
}

fn new_money(command: ReceiveUnmatched, entity: EntityId, now: Timestamp) -> NewUnmatched {
    NewUnmatched {
        id: command.id,
        entity,
        amount: command.amount,
        method: command.method,
        reference: command.reference,
        payer: command.payer,
        note: command.note,
        received_at: command.received_at.unwrap_or(now),
    }
}

fn same_money(known: &UnmatchedSnapshot, command: &ReceiveUnmatched) -> Result<(), UnmatchedError> {
    let same = known.amount == command.amount
        && known.method == command.method
        && known.reference.as_deref() == command.reference.as_deref().map(str::trim);
    match same {
        true => Ok(()),
        false => Err(UnmatchedError::OtherContent(command.id)),
    }
}
