//! Gives money back through the provider that it came through: stored first, asked for by a worker, and in the books once the
//! provider says that it went back.

use kernel::{
    JobRequest, Lane, MayConflict, Money, PaymentId, Priority, Scope, StoreError, rerun_on_conflict,
};

use super::follow_link::follow_payment_link;
use super::open_link::PaymentLinkError;
use crate::gateway::RefundAbility;
use crate::gateway::account::GatewayAccount;
use crate::gateway::collection::{Collection, NothingLeft};
use crate::gateway::desk::{GatewayDesk, NotReachable, missing};
use crate::gateway::provider::{ProviderError, RefundProgress, Refusal};
use crate::gateway::refund::{ProviderRefund, ProviderRefundStatus, RefundOrigin};
use crate::payment::{PaymentRefusal, RefundId};
use crate::use_cases::give_back::{GiveBackError, RefundPayment, refund_payment};

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
    let in_books = left_in_books(desk, scope, &command).await?;
    let mut tx = desk.store.begin(scope).await?;
    if tx.provider_refunds().find(command.id).await?.is_some() {
        return Ok(());
    }
    let collection = tx.collections().find(command.payment).await?;
    let mut collection = collection.ok_or_else(|| missing("a payment without its collection"))?;
    let account = account_of(&mut *tx, &collection).await?;
    let (gateway, _) = desk.reach(&account)?;
    if gateway.capabilities().refund == RefundAbility::ByHand {
        return Err(ProviderRefundError::ByHand {
            gateway: account.snapshot().gateway.clone(),
        });
    }
    // What went back in another way is in the books only, what is on its way at the provider only: neither leaves money
    // for the other.
    let left = collection.left().map_err(NothingLeft::from)?;
    let under_way = tx.provider_refunds().under_way(command.payment).await?;
    let amounts = under_way.iter().map(|it| it.snapshot().amount);
    let under_way = Money::sum(in_books.currency(), amounts).map_err(NothingLeft::from)?;
    let free = in_books.checked_sub(under_way).map_err(NothingLeft::from)?;
    let free = match free.is_negative() {
        true => Money::zero(in_books.currency()),
        false => free,
    };
    let least = free.min(left).map_err(NothingLeft::from)?;
    let asked = command.amount.unwrap_or(least);
    if least
        .checked_sub(asked)
        .map_err(NothingLeft::from)?
        .is_negative()
    {
        return Err(NothingLeft::TooMuch { left: least, asked }.into());
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

async fn left_in_books(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    command: &RefundPayment,
) -> Result<Money, ProviderRefundError> {
    let mut tx = desk.billing.begin(&scope.preliminary()).await?;
    let payment = tx.payments().find(command.payment).await?;
    let payment = payment.ok_or_else(|| missing("a collection without its payment"))?;
    payment.check_refundable()?;
    Ok(payment.received().map_err(NothingLeft::from)?)
}

async fn account_of(
    tx: &mut dyn crate::gateway::GatewayTx,
    collection: &Collection,
) -> Result<GatewayAccount, StoreError> {
    let id = collection.snapshot().gateway_account;
    let account = tx.gateway_accounts().find(id).await?;
    account.ok_or_else(|| missing("a collection without its gateway account"))
}

/// Asks the provider for a refund, or how far it has come, and books it once it went back. One that has ended is left
/// alone. Returns what became of it: `Waiting` where the provider has not made up its mind.
///
/// # Errors
/// [`PaymentLinkError`], if it is worth another try.
pub async fn refund_at_provider(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: RefundId,
) -> Result<ProviderRefundStatus, PaymentLinkError> {
    let mut tx = desk.store.begin(scope).await?;
    let refund = tx.provider_refunds().find(id).await?;
    let refund = refund.ok_or_else(|| missing("a refund that was enqueued"))?;
    let state = refund.snapshot();
    if state.status != ProviderRefundStatus::Waiting {
        return Ok(state.status);
    }
    let collection = tx.collections().find(state.payment).await?;
    let collection = collection.ok_or_else(|| missing("a refund without its collection"))?;
    let account = account_of(&mut *tx, &collection).await?;
    drop(tx);
    let went_back = match state.origin {
        RefundOrigin::Provider => Ok(RefundProgress::Done),
        RefundOrigin::Here => ask(desk, &account, &refund, &collection).await,
    };
    match went_back {
        Ok(RefundProgress::Done) => book(desk, scope, &refund).await,
        Ok(RefundProgress::Pending) => {
            let note = "the provider has taken it on and has not done it yet".to_owned();
            change(desk, scope, id, End::Waits(note)).await?;
            Ok(ProviderRefundStatus::Waiting)
        }
        Ok(RefundProgress::Failed { reason }) => {
            change(desk, scope, id, End::Failed(reason)).await?;
            Ok(ProviderRefundStatus::Failed)
        }
        // Keys that are not good any more say nothing of a refund that may be on its way: it stays reserved, the job waits.
        Err(PaymentLinkError::Provider(err @ ProviderError::Refused { .. }))
            if err.refusal() != Some(Refusal::Credentials) =>
        {
            change(desk, scope, id, End::Failed(err.to_string())).await?;
            Ok(ProviderRefundStatus::Failed)
        }
        Err(err) => {
            change(desk, scope, id, End::Waits(err.to_string())).await?;
            Err(err)
        }
    }
}

async fn ask(
    desk: GatewayDesk<'_>,
    account: &GatewayAccount,
    refund: &ProviderRefund,
    collection: &Collection,
) -> Result<RefundProgress, PaymentLinkError> {
    let (gateway, keys) = desk.reach(account)?;
    let order = refund.order(collection.snapshot().reference.clone());
    Ok(gateway.refund(&keys, &order).await?)
}

/// It went back: the books say so, by the refund's id once.
async fn book(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    refund: &ProviderRefund,
) -> Result<ProviderRefundStatus, PaymentLinkError> {
    let state = refund.snapshot();
    let command = RefundPayment {
        id: state.id,
        payment: state.payment,
        amount: Some(state.amount),
        reason: state.reason.clone(),
    };
    let work = || refund_payment(desk.billing, desk.clock, scope, command.clone());
    let (end, status) = match rerun_on_conflict(work).await {
        Ok(()) => (End::Done, ProviderRefundStatus::Done),
        Err(GiveBackError::Store(err)) => return Err(err.into()),
        Err(GiveBackError::Refused(err)) => (
            End::Unbooked(err.to_string()),
            ProviderRefundStatus::Unbooked,
        ),
        Err(err @ GiveBackError::NotFound(_)) => (
            End::Unbooked(err.to_string()),
            ProviderRefundStatus::Unbooked,
        ),
    };
    change(desk, scope, state.id, end).await?;
    Ok(status)
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

/// What became of a try.
#[derive(Debug, Clone)]
enum End {
    Waits(String),
    Done,
    Failed(String),
    Unbooked(String),
}

/// Writes down what became of a refund that waits; what the provider kept can be asked for again.
async fn change(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: RefundId,
    end: End,
) -> Result<(), StoreError> {
    let end = &end;
    rerun_on_conflict(|| async move {
        let now = desk.clock.now();
        let mut tx = desk.store.begin(scope).await?;
        let refund = tx.provider_refunds().find(id).await?;
        let mut refund = refund.ok_or_else(|| missing("a refund that was there"))?;
        if refund.snapshot().status != ProviderRefundStatus::Waiting {
            return Ok(());
        }
        match end {
            End::Waits(why) => refund.note(why.clone()),
            End::Done => refund.done(now),
            End::Unbooked(why) => refund.unbooked(why, now),
            End::Failed(why) => {
                refund.failed(why, now);
                release(&mut *tx, &refund).await?;
            }
        }
        tx.provider_refunds().save(&mut refund).await?;
        tx.commit().await
    })
    .await
}

async fn release(
    tx: &mut dyn crate::gateway::GatewayTx,
    refund: &ProviderRefund,
) -> Result<(), StoreError> {
    let collection = tx.collections().find(refund.snapshot().payment).await?;
    let mut collection = collection.ok_or_else(|| missing("a refund without its collection"))?;
    collection
        .kept(refund.snapshot().amount)
        .map_err(StoreError::corrupt)?;
    tx.collections().save(&mut collection).await
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
