//! Asks the provider what became of a link, and puts money that arrived into the books: the same money once, however
//! often and by whomever it is asked.

use kernel::{MayConflict, PaymentId, Scope, StoreError, rerun_on_conflict};

use super::open_link::{PaymentLinkError, change, load, present_payment_link};
use crate::gateway::account::GatewayAccount;
use crate::gateway::desk::GatewayDesk;
use crate::gateway::link::{LinkStatus, PaymentLink};
use crate::gateway::provider::{ProviderError, ProviderPayment, ProviderStatus, Received, Refusal};
use crate::gateway::reference::ProviderReference;
use crate::payment::Payment;
use crate::use_cases::give_back::{GiveBackError, ReversePayment, reverse_payment};
use crate::use_cases::paid::Spoken;
use crate::use_cases::record_payment::{RecordPayment, RecordPaymentError, record_payment};

/// What asking has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// Nobody has paid yet.
    Open,
    /// The money is in the books, now or since before.
    Paid,
    /// Nobody can pay it any more.
    Closed(LinkStatus),
    /// Something is wrong with it that a person must look at.
    Wrong(String),
}

/// Asks about a link. `told` is the payment that a provider's message named; without it the link's own is asked about.
///
/// # Errors
/// [`PaymentLinkError`]; asking again later is harmless.
pub async fn follow_payment_link(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: PaymentId,
    told: Option<&ProviderReference>,
) -> Result<Followed, PaymentLinkError> {
    let (link, account) = load(desk, scope, id).await?;
    let Some(reference) = told.or(link.snapshot().reference.as_ref()) else {
        return never_opened(desk, scope, &link).await;
    };
    let (gateway, keys) = match desk.reach(&account) {
        Ok(reached) => reached,
        Err(err) => {
            ask_later(desk, scope, id, err.to_string()).await?;
            return Err(err.into());
        }
    };
    let asked = gateway.query(&keys, reference).await;
    let followed = match asked {
        Ok(payment) => judge(desk, scope, (&link, &account), payment).await?,
        // A provider that knows nothing of untouched orders says so until the customer begins.
        Err(err) if err.refusal() == Some(Refusal::NotFound) => untouched(desk, &link),
        Err(err) => {
            ask_later(desk, scope, id, err.to_string()).await?;
            return Err(err.into());
        }
    };
    let now = desk.clock.now();
    change(desk, scope, id, |link| {
        match &followed {
            Followed::Open => {}
            Followed::Paid => link.paid(),
            Followed::Closed(status) => link.closed(*status),
            Followed::Wrong(why) => link.note(why.clone()),
        }
        link.asked(now);
    })
    .await?;
    Ok(followed)
}

/// The link that was stored and never opened, because the provider was away or this program was.
async fn never_opened(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    link: &PaymentLink,
) -> Result<Followed, PaymentLinkError> {
    let id = link.snapshot().id;
    let presented = present_payment_link(desk, scope, id).await;
    let now = desk.clock.now();
    let is_over = link.snapshot().expires_at <= now;
    change(desk, scope, id, |link| {
        if is_over && link.snapshot().reference.is_none() {
            link.closed(LinkStatus::Expired);
        }
        link.asked(now);
    })
    .await?;
    presented?;
    Ok(match is_over {
        true => Followed::Closed(LinkStatus::Expired),
        false => Followed::Open,
    })
}

fn untouched(desk: GatewayDesk<'_>, link: &PaymentLink) -> Followed {
    match link.snapshot().expires_at <= desk.clock.now() {
        true => Followed::Closed(LinkStatus::Expired),
        false => Followed::Open,
    }
}

/// What cannot be asked now must not be first in line again at once.
async fn ask_later(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: PaymentId,
    why: String,
) -> Result<(), PaymentLinkError> {
    let now = desk.clock.now();
    change(desk, scope, id, |link| {
        link.note(why.clone());
        link.asked(now);
    })
    .await?;
    Ok(())
}

async fn judge(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    (link, account): (&PaymentLink, &GatewayAccount),
    payment: ProviderPayment,
) -> Result<Followed, PaymentLinkError> {
    let ours = payment.order.map(|it| it.payment);
    if ours != Some(link.snapshot().id) {
        return Ok(Followed::Wrong(format!(
            "the provider's payment {} is not of this link",
            payment.reference
        )));
    }
    match payment.status {
        ProviderStatus::Paid(received) => credit(desk, scope, (link, account), received).await,
        ProviderStatus::ChargedBack(received) => take_back(desk, scope, account, received).await,
        status => Ok(PaymentLink::closing(&status).map_or(Followed::Open, Followed::Closed)),
    }
}

/// Puts money into the books: by the payment's id and by the provider's transaction it is the same money once. What was
/// paid counts, not what was asked for: less is allocated as far as it goes, more becomes credit.
async fn credit(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    (link, account): (&PaymentLink, &GatewayAccount),
    received: Received,
) -> Result<Followed, PaymentLinkError> {
    let link = link.snapshot();
    let transaction = received.transaction.clone();
    let command = RecordPayment {
        id: link.id,
        account: link.account,
        amount: received.amount,
        method: account.snapshot().method,
        reference: Some(received.transaction.clone()),
        received_at: received.at.filter(|it| *it <= desk.clock.now()),
    };
    let scope = scope.preliminary();
    let recorded = record(desk, &scope, command.clone()).await;
    let recorded = match recorded {
        // Another attempt of this link was paid too: that is other money, and becomes credit.
        Err(RecordPaymentError::OtherContent(_)) => {
            let id = desk.ids.next();
            record(desk, &scope, RecordPayment { id, ..command }).await
        }
        other => other,
    };
    Ok(match recorded {
        Ok(()) => Followed::Paid,
        // A cashier typed the provider's transaction in before it was told of here.
        Err(RecordPaymentError::DuplicateReference) => {
            match booked(desk, &scope, account, &transaction).await? {
                Some(known) if known.account() != link.account => Followed::Wrong(format!(
                    "{} was booked for another account, as {}",
                    received.amount,
                    known.id()
                )),
                _ => Followed::Paid,
            }
        }
        Err(RecordPaymentError::Store(err)) => return Err(err.into()),
        Err(
            err @ (RecordPaymentError::NotFound(_)
            | RecordPaymentError::Refused(_)
            | RecordPaymentError::OtherContent(_)
            | RecordPaymentError::Unmatched(_)),
        ) => Followed::Wrong(format!("{} cannot be booked: {err}", received.amount)),
    })
}

/// The payment of a provider's transaction, whoever recorded it.
async fn booked(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    account: &GatewayAccount,
    transaction: &str,
) -> Result<Option<Payment>, StoreError> {
    let mut tx = desk.billing.begin(scope).await?;
    let method = account.snapshot().method;
    tx.payments().find_by_reference(method, transaction).await
}

/// The customer's bank took the money back: what it paid is owed again.
async fn take_back(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    account: &GatewayAccount,
    received: Received,
) -> Result<Followed, PaymentLinkError> {
    let Some(known) = booked(desk, scope, account, &received.transaction).await? else {
        return Ok(Followed::Wrong(format!(
            "{} was charged back at the provider and was never booked here",
            received.amount
        )));
    };
    let command = ReversePayment {
        of: Spoken::Payment(known.id()),
        reason: "charged back at the provider".to_owned(),
    };
    let scope = scope.preliminary();
    let work = || reverse_payment(desk.billing, desk.clock, &scope, command.clone());
    match rerun_on_conflict(work).await {
        Ok(()) => Ok(Followed::Paid),
        Err(GiveBackError::Store(err)) => Err(err.into()),
        Err(err) => Ok(Followed::Wrong(format!(
            "{} cannot be taken back: {err}",
            received.amount
        ))),
    }
}

async fn record(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    command: RecordPayment,
) -> Result<(), RecordPaymentError> {
    let work = || record_payment(desk.billing, desk.clock, scope, command.clone());
    rerun_on_conflict(work).await
}

impl PaymentLinkError {
    /// Whether the same may pass later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Provider(ProviderError::Retry { .. } | ProviderError::Unknown { .. }) => true,
            Self::Store(err) => err.is_conflict() || matches!(err, StoreError::Unavailable(_)),
            Self::Provider(ProviderError::Refused { .. })
            | Self::NotFound(_)
            | Self::NoAccount(_)
            | Self::NoGatewayAccount(_)
            | Self::Disabled
            | Self::Currency
            | Self::Refused(_)
            | Self::NotReachable(_) => false,
        }
    }
}
