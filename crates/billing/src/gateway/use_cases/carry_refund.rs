//! Carries a refund to its provider and, once it went back there, into the books.

use kernel::{Money, Scope, StoreError, rerun_on_conflict};

use super::open_link::PaymentLinkError;
use super::provider_refund::{Free, account_of, free_of};
use crate::gateway::account::GatewayAccount;
use crate::gateway::collection::Collection;
use crate::gateway::desk::{GatewayDesk, missing};
use crate::gateway::ports::GatewayTx;
use crate::gateway::provider::{ProviderError, RefundProgress, Refusal};
use crate::gateway::refund::{ProviderRefund, ProviderRefundStatus, RefundOrigin};
use crate::payment::RefundId;
use crate::use_cases::give_back::{GiveBackError, RefundPayment, refund_in};

/// Asks the provider for a refund, or how far it has come, and books it once it went back. One that has ended is left
/// alone. Returns what became of it: `Waiting` where the provider has not made up its mind.
///
/// Before the provider hears of it the first time, the books decide once more: what was reversed or given back by hand
/// since is not given twice. After that only the provider knows.
///
/// # Errors
/// [`PaymentLinkError`], if it is worth another try.
pub async fn refund_at_provider(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: RefundId,
) -> Result<ProviderRefundStatus, PaymentLinkError> {
    let refund = rerun_on_conflict(|| admit(desk, scope, id)).await?;
    let state = refund.snapshot();
    if state.status != ProviderRefundStatus::Waiting {
        return Ok(state.status);
    }
    let mut tx = desk.store.begin(scope).await?;
    let collection = tx.collections().find(state.payment).await?;
    let collection = collection.ok_or_else(|| missing("a refund without its collection"))?;
    let account = account_of(&mut *tx, &collection).await?;
    drop(tx);
    let went_back = match state.origin {
        RefundOrigin::Provider => Ok(RefundProgress::Done),
        RefundOrigin::Here => ask(desk, &account, &refund, &collection).await,
    };
    match went_back {
        Ok(RefundProgress::Done) => {
            let booked = rerun_on_conflict(|| book(desk, scope, id)).await;
            booked.map_err(Into::into)
        }
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

/// The refund as it stands, its account locked.
async fn under_lock(
    tx: &mut dyn GatewayTx,
    id: RefundId,
) -> Result<(Free, ProviderRefund), StoreError> {
    let refund = tx.provider_refunds().find(id).await?;
    let refund = refund.ok_or_else(|| missing("a refund that was enqueued"))?;
    let free = free_of(tx, refund.snapshot().payment, Some(id)).await?;
    let free = free.ok_or_else(|| missing("a refund without its payment"))?;
    let refund = tx.provider_refunds().find(id).await?;
    let refund = refund.ok_or_else(|| missing("a refund that was enqueued"))?;
    Ok((free, refund))
}

/// The last look at the books before the provider hears of a refund: from then on it may have gone back.
async fn admit(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: RefundId,
) -> Result<ProviderRefund, StoreError> {
    let mut tx = desk.store.begin(scope).await?;
    let (free, mut refund) = under_lock(&mut *tx, id).await?;
    if !refund.is_to_be_told() {
        return Ok(refund);
    }
    let now = desk.clock.now();
    match refusal(&free, refund.snapshot().amount)? {
        None => refund.told(now),
        Some(why) => {
            refund.failed(&why, now);
            release(&mut *tx, &refund).await?;
        }
    }
    tx.provider_refunds().save(&mut refund).await?;
    tx.commit().await?;
    Ok(refund)
}

/// Why the books do not let so much of a payment go back any more.
fn refusal(free: &Free, amount: Money) -> Result<Option<String>, StoreError> {
    if let Err(refusal) = free.payment.check_refundable() {
        return Ok(Some(refusal.to_string()));
    }
    let rest = free.amount.checked_sub(amount);
    let rest = rest.map_err(StoreError::corrupt)?;
    Ok(rest
        .is_negative()
        .then(|| format!("only {} is left of the payment, not {amount}", free.amount)))
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

/// It went back: the books say so, by the refund's id once and in the same transaction.
async fn book(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: RefundId,
) -> Result<ProviderRefundStatus, StoreError> {
    let mut tx = desk.store.begin(scope).await?;
    let (free, mut refund) = under_lock(&mut *tx, id).await?;
    let state = refund.snapshot();
    if state.status != ProviderRefundStatus::Waiting {
        return Ok(state.status);
    }
    let command = RefundPayment {
        id: state.id,
        payment: state.payment,
        amount: Some(state.amount),
        reason: state.reason.clone(),
        paid_out_as: None,
    };
    let now = desk.clock.now();
    let found = (free.account, free.payment);
    let booked = refund_in(tx.books(), scope, found, &command, now).await;
    match booked {
        Ok(_) => refund.done(now),
        Err(GiveBackError::Store(err)) => return Err(err),
        Err(GiveBackError::Refused(err)) => refund.unbooked(&err.to_string(), now),
        Err(err @ GiveBackError::NotFound(_)) => refund.unbooked(&err.to_string(), now),
    }
    let status = refund.snapshot().status;
    tx.provider_refunds().save(&mut refund).await?;
    tx.commit().await?;
    Ok(status)
}

/// What became of a try that did not book anything.
#[derive(Debug, Clone)]
enum End {
    Waits(String),
    Failed(String),
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

async fn release(tx: &mut dyn GatewayTx, refund: &ProviderRefund) -> Result<(), StoreError> {
    let collection = tx.collections().find(refund.snapshot().payment).await?;
    let mut collection = collection.ok_or_else(|| missing("a refund without its collection"))?;
    collection
        .kept(refund.snapshot().amount)
        .map_err(StoreError::corrupt)?;
    tx.collections().save(&mut collection).await
}
