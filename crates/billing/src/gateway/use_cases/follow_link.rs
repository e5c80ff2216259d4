//! Asks the provider what became of a link, and puts money that arrived into the books: the same money once, however
//! often and by whomever it is asked.

use kernel::{MayConflict, Money, PaymentId, Scope, StoreError};

use super::awaited::await_no_more;
use super::book::{Booked, Told, book, take_back};
use super::open_link::{PaymentLinkError, change, load, present_payment_link};
use crate::gateway::account::GatewayAccount;
use crate::gateway::desk::{GatewayDesk, missing};
use crate::gateway::link::{LinkStatus, PaymentLink};
use crate::gateway::provider::{ProviderError, ProviderPayment, ProviderStatus, Received, Refusal};
use crate::gateway::reference::ProviderReference;

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
    /// The money is in the books, and a person must look at what became of it since. The link says so, nothing else does.
    Noted(String),
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
        Ok(payment) => judge(desk, scope, (&link, &account), (reference, payment)).await?,
        // A provider that knows nothing of untouched orders says so until the customer begins.
        Err(err) if err.refusal() == Some(Refusal::NotFound) => untouched(desk, &link),
        Err(err) => {
            ask_later(desk, scope, id, err.to_string()).await?;
            return Err(err.into());
        }
    };
    if let Followed::Closed(status) = &followed {
        let ended = (*status, "the provider says that no money comes");
        await_no_more(desk, scope, link.snapshot(), ended).await?;
    }
    let now = desk.clock.now();
    change(desk, scope, id, |link| {
        match &followed {
            Followed::Open => {}
            Followed::Paid => link.paid(),
            Followed::Closed(status) => link.closed(*status),
            Followed::Wrong(why) | Followed::Noted(why) => link.note(why.clone()),
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
    if is_over {
        let ended = (LinkStatus::Expired, "nobody paid in time");
        await_no_more(desk, scope, link.snapshot(), ended).await?;
    }
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
    (reference, payment): (&ProviderReference, ProviderPayment),
) -> Result<Followed, PaymentLinkError> {
    let link = link.snapshot();
    let ours = payment.order.map(|it| it.payment);
    if ours != Some(link.id) {
        return Ok(Followed::Wrong(format!(
            "the provider's payment {} is not of this link",
            payment.reference
        )));
    }
    let told = |received| Told {
        link,
        account,
        reference,
        received,
    };
    let booked = match &payment.status {
        ProviderStatus::Paid(received) => book(desk, scope, told(received)).await?,
        ProviderStatus::ChargedBack(received) => take_back(desk, scope, told(received)).await?,
        ProviderStatus::PartlyChargedBack(received) => {
            let booked = book(desk, scope, told(received)).await?;
            return part_taken_back(desk, scope, booked, received).await;
        }
        status => {
            return Ok(PaymentLink::closing(status).map_or(Followed::Open, Followed::Closed));
        }
    };
    Ok(match booked {
        Booked::As(_) => Followed::Paid,
        Booked::Wrong(why) => Followed::Wrong(why),
    })
}

/// Nobody knows how much of it the customer's bank has: reversing all of it would take what is there from the customer.
async fn part_taken_back(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    booked: Booked,
    received: &Received,
) -> Result<Followed, PaymentLinkError> {
    let payment = match booked {
        Booked::As(payment) => payment,
        Booked::Wrong(why) => return Ok(Followed::Wrong(why)),
    };
    let found = desk.billing_queries.payment(scope.tenant, payment).await?;
    let returned = found.map_or(Money::zero(received.amount.currency()), |it| it.returned);
    Ok(Followed::Noted(format!(
        "a part of {} was charged back, and the provider does not say how much: look there, and give back by hand here what \
         is missing of that part; {returned} of {payment} went back so far",
        received.amount
    )))
}

/// Asks again about money that was collected: refunds made at the provider and chargebacks come later, and where there is
/// no webhook nobody tells of them. A provider that is away is asked again soon.
///
/// # Errors
/// [`PaymentLinkError`]; asking again later is harmless.
pub async fn follow_collection(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    payment: PaymentId,
) -> Result<Followed, PaymentLinkError> {
    let (link, reference) = next_turn(desk, scope, payment, true).await?;
    let followed = follow_payment_link(desk, scope, link, Some(&reference)).await;
    if followed.is_err() {
        next_turn(desk, scope, payment, false).await?;
    }
    followed
}

async fn next_turn(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    payment: PaymentId,
    is_asked: bool,
) -> Result<(PaymentId, ProviderReference), StoreError> {
    kernel::rerun_on_conflict(|| async move {
        let now = desk.clock.now();
        let mut tx = desk.store.begin(&scope.preliminary()).await?;
        let collection = tx.collections().find(payment).await?;
        let mut collection = collection.ok_or_else(|| missing("a collection that was there"))?;
        match is_asked {
            true => collection.asked(now),
            false => collection.not_asked(now),
        }
        let about = collection.snapshot();
        let about = (about.link, about.reference.clone());
        tx.collections().save(&mut collection).await?;
        tx.commit().await?;
        Ok(about)
    })
    .await
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
            | Self::NotAwaited(_)
            | Self::NotReachable(_) => false,
        }
    }
}
