//! Puts money that a provider has collected into the books, once, and follows what becomes of it there: refunds made at the
//! provider, chargebacks, and chargebacks that were won.

use kernel::{MayConflict, Money, PaymentId, Scope, StoreError, rerun_on_conflict};

use super::awaited::{await_payment, method_of};
use super::open_link::PaymentLinkError;
use super::provider_refund::refund_job;
use crate::gateway::account::GatewayAccount;
use crate::gateway::collection::{Collection, NewCollection};
use crate::gateway::desk::GatewayDesk;
use crate::gateway::link::PaymentLinkSnapshot;
use crate::gateway::ports::GatewayTx;
use crate::gateway::provider::Received;
use crate::gateway::reference::ProviderReference;
use crate::gateway::refund::ProviderRefund;
use crate::payment::{Payment, PaymentRefusal};
use crate::use_cases::give_back::{GiveBackError, ReversePayment, reverse_payment, undo_reversal};
use crate::use_cases::paid::Spoken;
use crate::use_cases::record_payment::{RecordPayment, RecordPaymentError, record_payment};
use crate::use_cases::tell_payment::{SettlePayment, TellPaymentError, settle_payment};

/// Money of a link, as its provider tells of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    /// The link that it was paid by.
    pub(super) link: &'a PaymentLinkSnapshot,
    /// Where.
    pub(super) account: &'a GatewayAccount,
    /// What it was asked about as.
    pub(super) reference: &'a ProviderReference,
    /// The money.
    pub(super) received: &'a Received,
}

/// Whether the money is in the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Booked {
    /// It is, as this payment.
    As(PaymentId),
    /// Something is wrong with it that a person must look at.
    Wrong(String),
}

/// The money is at the provider. By the payment's id and by the provider's transaction it is the same money once. What was
/// paid counts, not what was asked for: less is allocated as far as it goes, more becomes credit.
pub(super) async fn book(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    told: Told<'_>,
) -> Result<Booked, PaymentLinkError> {
    let scope = scope.preliminary();
    let refused = settle(desk, &scope, told).await?;
    let transaction = &told.received.transaction;
    match booked_as(desk, &scope, told.account, transaction).await? {
        Some(known) if known.account() == told.link.account => {
            keep(desk, &scope, told, known.id(), false).await?;
            let (typed, received) = (known.snapshot().amount, told.received.amount);
            Ok(match typed == received {
                true => Booked::As(known.id()),
                false => Booked::Wrong(format!("{received} is in the books as {typed}")),
            })
        }
        Some(known) => Ok(Booked::Wrong(format!(
            "{} was booked for another account, as {}",
            told.received.amount,
            known.id()
        ))),
        None => Ok(Booked::Wrong(format!(
            "{} cannot be booked: {}",
            told.received.amount,
            refused.unwrap_or_else(|| "it was booked under another reference".to_owned())
        ))),
    }
}

/// Settles the link's payment. Gives why it was refused.
async fn settle(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    told: Told<'_>,
) -> Result<Option<String>, PaymentLinkError> {
    match tell(desk, scope, told).await {
        // Links of before had no pending payment.
        Err(TellPaymentError::NotFound(_)) => {
            await_payment(desk, scope, told.link, method_of(told.account)).await?;
            let again = tell(desk, scope, told).await;
            again.map_or_else(reason, |()| Ok(None))
        }
        // Another attempt of this link was paid too: that is other money, and becomes credit.
        Err(TellPaymentError::Refused(PaymentRefusal::OtherReference { .. })) => {
            other_money(desk, scope, told).await
        }
        Err(err) => reason(err),
        Ok(()) => Ok(None),
    }
}

fn reason(err: TellPaymentError) -> Result<Option<String>, PaymentLinkError> {
    match err {
        TellPaymentError::Store(err) => Err(err.into()),
        err @ (TellPaymentError::NotFound(_)
        | TellPaymentError::Refused(_)
        | TellPaymentError::Unmatched(_)) => Ok(Some(in_full(&err))),
    }
}

fn in_full(err: &dyn std::error::Error) -> String {
    match err.source() {
        Some(cause) => format!("{err}: {cause}"),
        None => err.to_string(),
    }
}

async fn tell(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    told: Told<'_>,
) -> Result<(), TellPaymentError> {
    let command = SettlePayment {
        of: Spoken::Payment(told.link.id),
        reference: told.received.transaction.clone(),
        amount: told.received.amount,
        settled_as: None,
        received_at: told.received.at.filter(|it| *it <= desk.clock.now()),
    };
    let work = || settle_payment(desk.billing, desk.clock, scope, command.clone());
    rerun_on_conflict(work).await.map(|_| ())
}

async fn other_money(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    told: Told<'_>,
) -> Result<Option<String>, PaymentLinkError> {
    let command = RecordPayment {
        id: desk.ids.next(),
        account: told.link.account,
        amount: told.received.amount,
        method: method_of(told.account),
        reference: Some(told.received.transaction.clone()),
        received_at: told.received.at.filter(|it| *it <= desk.clock.now()),
    };
    let work = || record_payment(desk.billing, desk.clock, scope, command.clone());
    match rerun_on_conflict(work).await {
        Ok(()) | Err(RecordPaymentError::DuplicateReference) => Ok(None),
        Err(RecordPaymentError::Store(err)) => Err(err.into()),
        Err(
            err @ (RecordPaymentError::NotFound(_)
            | RecordPaymentError::Refused(_)
            | RecordPaymentError::OtherContent(_)
            | RecordPaymentError::Unmatched(_)),
        ) => Ok(Some(in_full(&err))),
    }
}

/// The payment of a provider's transaction, whoever recorded it.
pub(super) async fn booked_as(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    account: &GatewayAccount,
    transaction: &str,
) -> Result<Option<Payment>, StoreError> {
    let mut tx = desk.billing.begin(scope).await?;
    let method = method_of(account);
    tx.payments().find_by_reference(method, transaction).await
}

/// The customer's bank has the money back, or disputes it: what it paid is owed again until the dispute is won.
pub(super) async fn take_back(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    told: Told<'_>,
) -> Result<Booked, PaymentLinkError> {
    let scope = scope.preliminary();
    let transaction = &told.received.transaction;
    let Some(known) = booked_as(desk, &scope, told.account, transaction).await? else {
        return Ok(Booked::Wrong(format!(
            "{} was charged back at the provider and was never booked here",
            told.received.amount
        )));
    };
    let command = ReversePayment {
        of: Spoken::Payment(known.id()),
        reason: "charged back at the provider".to_owned(),
    };
    let work = || reverse_payment(desk.billing, desk.clock, &scope, command.clone());
    match rerun_on_conflict(work).await {
        Ok(()) => {}
        Err(GiveBackError::Store(err)) => return Err(err.into()),
        Err(err @ (GiveBackError::NotFound(_) | GiveBackError::Refused(_))) => {
            return Ok(Booked::Wrong(format!(
                "{} cannot be taken back: {}",
                told.received.amount,
                in_full(&err)
            )));
        }
    }
    keep(desk, &scope, told, known.id(), true).await?;
    Ok(Booked::As(known.id()))
}

/// Remembers what the provider has collected, and finds what went back there. Only what was reversed because the provider
/// said so is given again because the provider says so: what an operator has reversed stays.
async fn keep(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    told: Told<'_>,
    payment: PaymentId,
    is_taken_back: bool,
) -> Result<(), PaymentLinkError> {
    let known = find(desk, scope, told).await?;
    let was_taken_back = known.as_ref().is_some_and(Collection::is_taken_back);
    if was_taken_back && !is_taken_back {
        give_again(desk, scope, payment).await?;
    }
    let work = || save(desk, scope, told, payment, is_taken_back);
    rerun_on_conflict(work)
        .await
        .map_err(|Raced(err)| err.into())
}

async fn find(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    told: Told<'_>,
) -> Result<Option<Collection>, StoreError> {
    let mut tx = desk.store.begin(scope).await?;
    let account = told.account.snapshot().id;
    let transaction = &told.received.transaction;
    tx.collections()
        .find_by_transaction(account, transaction)
        .await
}

async fn give_again(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    payment: PaymentId,
) -> Result<(), PaymentLinkError> {
    let command = ReversePayment {
        of: Spoken::Payment(payment),
        reason: "the dispute was won at the provider".to_owned(),
    };
    let work = || undo_reversal(desk.billing, desk.clock, scope, command.clone());
    match rerun_on_conflict(work).await {
        Err(GiveBackError::Store(err)) => Err(err.into()),
        // It is not reversed any more, or never was: there is nothing to give again.
        Ok(()) | Err(GiveBackError::NotFound(_) | GiveBackError::Refused(_)) => Ok(()),
    }
}

/// Two that take the same money in at once: the second finds what the first has stored.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Raced(#[from] StoreError);

impl MayConflict for Raced {
    fn is_conflict(&self) -> bool {
        self.0.is_conflict() || matches!(self.0, StoreError::Duplicate { .. })
    }
}

async fn save(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    told: Told<'_>,
    payment: PaymentId,
    is_taken_back: bool,
) -> Result<(), Raced> {
    let (now, account) = (desk.clock.now(), told.account.snapshot().id);
    let mut tx = desk.store.begin(scope).await?;
    let transaction = &told.received.transaction;
    let known = tx
        .collections()
        .find_by_transaction(account, transaction)
        .await?;
    let stored = known.as_ref().map(|it| it.snapshot().clone());
    let mut collection = match known {
        Some(it) => it,
        None => {
            let new = NewCollection {
                payment,
                gateway_account: account,
                link: told.link.id,
                reference: told.reference.clone(),
                booked_back: booked_back(&mut *tx, payment, told.received).await?,
            };
            Collection::collect(new, told.received, now).map_err(StoreError::corrupt)?
        }
    };
    collection.taken_back(is_taken_back);
    let found = collection.told_refunded(told.received.refunded);
    let found = found.map_err(StoreError::corrupt)?;
    if stored.as_ref() == Some(collection.snapshot()) {
        return Ok(());
    }
    tx.collections().save(&mut collection).await?;
    if let Some(amount) = found {
        let payment = collection.snapshot().payment;
        let mut refund = ProviderRefund::found((desk.ids.next(), payment), amount, now);
        tx.provider_refunds().save(&mut refund).await?;
        tx.enqueue(refund_job(desk, refund.snapshot().id)).await?;
    }
    Ok(tx.commit().await?)
}

/// What somebody gave back and booked by hand before the provider was asked about this money.
async fn booked_back(
    tx: &mut dyn GatewayTx,
    payment: PaymentId,
    received: &Received,
) -> Result<Money, StoreError> {
    let found = tx.books().payments().find(payment).await?;
    let refunded = found.map(|it| it.refunded()).transpose();
    let refunded = refunded.map_err(StoreError::corrupt)?;
    Ok(refunded.unwrap_or(Money::zero(received.amount.currency())))
}
