//! Asks for money to go back through the provider that it came through: stored first, carried out by a worker, and in the
//! books once the provider says that it went back.

use kernel::{JobRequest, Lane, MayConflict, Money, PaymentId, Priority, Scope, StoreError};

use super::follow_link::follow_payment_link;
use super::open_link::PaymentLinkError;
use crate::account::Account;
use crate::gateway::RefundAbility;
use crate::gateway::account::GatewayAccount;
use crate::gateway::collection::{Collection, NothingLeft};
use crate::gateway::desk::{GatewayDesk, NotReachable, missing};
use crate::gateway::ports::GatewayTx;
use crate::gateway::refund::ProviderRefund;
use crate::payment::{Payment, PaymentRefusal, RefundId};
use crate::use_cases::give_back::RefundPayment;
use crate::use_cases::paid::{Spoken, locked};

/// The kind of the job that asks a provider for a refund and books it; payload `{"refund": "rfd_…"}`.
pub const REFUND_AT_PROVIDER_JOB: &str = "refund_at_provider";

/// How often it fails for unknown reasons before a person must look; waiting for the provider does not count.
const ATTEMPTS: u16 = 12;

/// Why a provider was not asked to give money back.
#[derive(Debug, thiserror::Error)]
pub enum ProviderRefundError {
    /// The tenant has no such refund.
    #[error("there is no refund {0} through a provider")]
    NotFound(RefundId),
    /// The provider gives nothing back on request.
    #[error(
        "{gateway} gives nothing back on request: give it back there, and it is read from there; or give it back in another way and say by_hand"
    )]
    ByHand {
        /// Which provider.
        gateway: String,
    },
    /// So much cannot go back there.
    #[error(transparent)]
    NothingLeft(#[from] NothingLeft),
    /// The payment refuses it.
    #[error(transparent)]
    Refused(#[from] PaymentRefusal),
    /// The provider cannot be talked to.
    #[error(transparent)]
    NotReachable(#[from] NotReachable),
    /// What became of the payment could not be asked.
    #[error(transparent)]
    Asked(#[from] PaymentLinkError),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for ProviderRefundError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Whether a payment came through a provider. One of a link of which that is not remembered is asked about first.
///
/// # Errors
/// [`PaymentLinkError`] if the provider cannot be asked.
pub async fn came_through_provider(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    payment: PaymentId,
) -> Result<bool, PaymentLinkError> {
    let mut tx = desk.store.begin(&scope.preliminary()).await?;
    if tx.collections().find(payment).await?.is_some() {
        return Ok(true);
    }
    let link = tx.payment_links().find(payment).await?;
    drop(tx);
    // Whatever the link says: the money may be in the books, and whoever booked it died before it was remembered.
    if link.is_none() {
        return Ok(false);
    }
    follow_payment_link(desk, scope, payment, None).await?;
    let mut tx = desk.store.begin(&scope.preliminary()).await?;
    Ok(tx.collections().find(payment).await?.is_some())
}

/// Asks for money of a payment that came through a provider: a worker does the rest. The same id again changes nothing.
/// Nothing is in the books before the provider says that it went back.
///
/// # Errors
/// [`ProviderRefundError`]; nothing is stored then.
pub async fn ask_provider_refund(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    command: RefundPayment,
) -> Result<(), ProviderRefundError> {
    let mut tx = desk.store.begin(scope).await?;
    let free = free_of(&mut *tx, command.payment, None).await?;
    let free = free.ok_or_else(|| missing("a collection without its payment"))?;
    if tx.provider_refunds().find(command.id).await?.is_some() {
        return Ok(());
    }
    free.payment.check_refundable()?;
    let collection = tx.collections().find(command.payment).await?;
    let mut collection = collection.ok_or_else(|| missing("a payment without its collection"))?;
    let account = account_of(&mut *tx, &collection).await?;
    let (gateway, _) = desk.reach(&account)?;
    if gateway.capabilities().refund == RefundAbility::ByHand {
        return Err(ProviderRefundError::ByHand {
            gateway: account.snapshot().gateway.clone(),
        });
    }
    // What went back in another way is in the books only, what somebody gave back at the provider is known there first:
    // neither leaves money for the other.
    let at_provider = collection.left().map_err(NothingLeft::from)?;
    let left = free.amount.min(at_provider).map_err(NothingLeft::from)?;
    let asked = command.amount.unwrap_or(left);
    if left
        .checked_sub(asked)
        .map_err(NothingLeft::from)?
        .is_negative()
    {
        return Err(NothingLeft::TooMuch { left, asked }.into());
    }
    let amount = collection.ask_back(Some(asked))?;
    let who = (command.id, command.payment);
    let mut refund = ProviderRefund::ask(who, amount, &command.reason, desk.clock.now())?;
    tx.collections().save(&mut collection).await?;
    tx.provider_refunds().save(&mut refund).await?;
    tx.enqueue(refund_job(desk, command.id)).await?;
    tx.commit().await?;
    Ok(())
}

/// What of a payment may go back still.
pub(super) struct Free {
    /// Whose it is; locked.
    pub(super) account: Account,
    /// The payment, read under the lock.
    pub(super) payment: Payment,
    /// What was received and is neither back nor on its way: zero or more.
    pub(super) amount: Money,
    /// What is on its way through a provider, or is back and not in the books.
    pub(super) under_way: Money,
}

/// Locks the account of a payment and says what of it may go back still, leaving one refund out of what is on its way.
/// `None` without such a payment.
pub(super) async fn free_of(
    tx: &mut dyn GatewayTx,
    payment: PaymentId,
    but: Option<RefundId>,
) -> Result<Option<Free>, StoreError> {
    let Some((account, payment)) = locked(tx.books(), &Spoken::Payment(payment)).await? else {
        return Ok(None);
    };
    let refunds = tx.provider_refunds().under_way(payment.id()).await?;
    let others = refunds.iter().map(ProviderRefund::snapshot);
    let others = others.filter(|it| Some(it.id) != but).map(|it| it.amount);
    let received = payment.received().map_err(StoreError::corrupt)?;
    let none = Money::zero(received.currency());
    let under_way = Money::sum(received.currency(), others).map_err(StoreError::corrupt)?;
    let amount = received
        .checked_sub(under_way)
        .map_err(StoreError::corrupt)?;
    Ok(Some(Free {
        account,
        payment,
        amount: if amount.is_negative() { none } else { amount },
        under_way,
    }))
}

pub(super) async fn account_of(
    tx: &mut dyn GatewayTx,
    collection: &Collection,
) -> Result<GatewayAccount, StoreError> {
    let id = collection.snapshot().gateway_account;
    let account = tx.gateway_accounts().find(id).await?;
    account.ok_or_else(|| missing("a collection without its gateway account"))
}

/// Tries again to book what went back and was refused by the books. One that was not refused is left alone.
///
/// # Errors
/// [`ProviderRefundError`].
pub async fn retry_provider_refund(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: RefundId,
) -> Result<(), ProviderRefundError> {
    let mut tx = desk.store.begin(scope).await?;
    let refund = tx.provider_refunds().find(id).await?;
    let mut refund = refund.ok_or(ProviderRefundError::NotFound(id))?;
    if !refund.retry() {
        return Ok(());
    }
    tx.provider_refunds().save(&mut refund).await?;
    tx.enqueue(refund_job(desk, id)).await?;
    tx.commit().await?;
    Ok(())
}

/// The job of a refund.
pub(super) fn refund_job(desk: GatewayDesk<'_>, refund: RefundId) -> JobRequest {
    JobRequest {
        id: desk.ids.next(),
        kind: REFUND_AT_PROVIDER_JOB.to_owned(),
        lane: Lane::open(),
        priority: Priority::Normal,
        run_at: desk.clock.now(),
        unique_key: Some(format!("{REFUND_AT_PROVIDER_JOB}:{refund}")),
        payload: serde_json::json!({ "refund": refund }),
        max_attempts: ATTEMPTS,
        total: None,
    }
}
