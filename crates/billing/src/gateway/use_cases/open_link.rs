//! Asks a customer for money: the link is stored first, then opened at the provider.

use kernel::{
    AccountId, GatewayAccountId, MayConflict, PaymentId, Scope, StoreError, rerun_on_conflict,
};

use super::awaited::{await_no_more, await_payment, method_of};
use crate::gateway::account::GatewayAccount;
use crate::gateway::desk::{GatewayDesk, NotReachable, missing};
use crate::gateway::link::{BadLink, LinkStatus, NewPaymentLink, PaymentLink};
use crate::gateway::provider::{ProviderError, Refusal};
use crate::gateway::{Checkout, GatewayCredentials, PaymentGateway};
use crate::payment::PaymentRefusal;
use crate::use_cases::request_payment::RequestPaymentError;

/// How many names are tried for one link at a provider that had some of them.
const MOST_ATTEMPTS: u16 = 5;

/// How much of a provider's refusal is kept with the payment.
const MOST_SAID: usize = 300;

/// Why a payment link was not made, or could not be worked with.
#[derive(Debug, thiserror::Error)]
pub enum PaymentLinkError {
    /// The tenant has no such link.
    #[error("there is no payment link {0}")]
    NotFound(PaymentId),
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// The tenant has no such gateway account.
    #[error("there is no gateway account {0}")]
    NoGatewayAccount(GatewayAccountId),
    /// The gateway account is out of use.
    #[error("the gateway account is disabled")]
    Disabled,
    /// The account owes in another currency.
    #[error("the account is kept in another currency")]
    Currency,
    /// The link breaks a rule.
    #[error(transparent)]
    Refused(#[from] BadLink),
    /// Its money cannot be waited for.
    #[error(transparent)]
    NotAwaited(RequestPaymentError),
    /// The provider cannot be talked to.
    #[error(transparent)]
    NotReachable(#[from] NotReachable),
    /// The provider would not or could not.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for PaymentLinkError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Stores a link that is not open yet: [`present_payment_link`] awaits its money and opens it.
///
/// # Errors
/// [`PaymentLinkError`]; nothing is stored then.
pub async fn open_payment_link(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    new: NewPaymentLink,
) -> Result<(), PaymentLinkError> {
    let owed = desk.billing_queries.account(scope.tenant, new.account);
    let owed = owed
        .await?
        .ok_or(PaymentLinkError::NoAccount(new.account))?;
    if owed.due.currency() != new.amount.currency() {
        return Err(PaymentLinkError::Currency);
    }
    let mut tx = desk.store.begin(scope).await?;
    let account = tx.gateway_accounts().find(new.gateway_account).await?;
    let account = account.ok_or(PaymentLinkError::NoGatewayAccount(new.gateway_account))?;
    if !account.snapshot().is_enabled {
        return Err(PaymentLinkError::Disabled);
    }
    desk.reach(&account)?;
    let mut link = PaymentLink::open(new, desk.clock.now())?;
    tx.payment_links().save(&mut link).await?;
    tx.commit().await?;
    Ok(())
}

/// Opens a stored link at its provider, unless that was done. Whoever finds it not open calls this again.
///
/// # Errors
/// [`PaymentLinkError::Provider`] and the like; the link says what happened, and whether it is worth another try.
pub async fn present_payment_link(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: PaymentId,
) -> Result<(), PaymentLinkError> {
    let (link, account) = load(desk, scope, id).await?;
    let state = link.snapshot();
    let is_over = state.status != LinkStatus::Open || state.expires_at <= desk.clock.now();
    if state.reference.is_some() || is_over {
        return Ok(());
    }
    // After the link, so that a repeated request leaves no payment behind that nobody can make; before anybody can pay.
    await_payment(desk, scope, state, method_of(&account)).await?;
    let (gateway, keys) = desk.reach(&account)?;
    let outcome = create(gateway, &keys, link).await;
    let failed = outcome.failed;
    let (attempt, page) = (outcome.attempt, outcome.page);
    if let Some(err @ ProviderError::Refused { .. }) = &failed {
        let why: String = err.to_string().chars().take(MOST_SAID).collect();
        let (link, _) = load(desk, scope, id).await?;
        if link.snapshot().reference.is_none() {
            await_no_more(desk, scope, link.snapshot(), (LinkStatus::Failed, &why)).await?;
        }
    }
    change(desk, scope, id, |link| {
        // Somebody else may have opened it meanwhile: two pages of one order name are one.
        if link.snapshot().reference.is_some() {
            return;
        }
        while link.snapshot().attempt < attempt {
            link.try_next();
        }
        match (&page, &failed) {
            (Some(page), _) => link.opened(page.clone()),
            (None, Some(err @ ProviderError::Refused { .. })) => {
                link.closed(LinkStatus::Failed);
                link.note(err.to_string());
            }
            (None, Some(err)) => link.note(err.to_string()),
            (None, None) => {}
        }
    })
    .await?;
    failed.map_or(Ok(()), |err| Err(err.into()))
}

struct Outcome {
    attempt: u16,
    page: Option<Checkout>,
    failed: Option<ProviderError>,
}

/// Opens the order under the first name that the provider has not had.
async fn create(
    gateway: &dyn PaymentGateway,
    keys: &GatewayCredentials,
    mut link: PaymentLink,
) -> Outcome {
    let is_repeatable = gateway.capabilities().is_create_repeatable;
    loop {
        let attempt = link.snapshot().attempt;
        let failed = match gateway.create(keys, &link.order()).await {
            Ok(page) => {
                return Outcome {
                    attempt,
                    page: Some(page),
                    failed: None,
                };
            }
            Err(failed) => failed,
        };
        let is_taken = failed.refusal() == Some(Refusal::Duplicate);
        if is_taken && !is_repeatable && attempt < MOST_ATTEMPTS {
            link.try_next();
            continue;
        }
        // Nobody knows whether this name is taken now: the next try has another.
        let is_lost = matches!(failed, ProviderError::Unknown { .. }) && !is_repeatable;
        return Outcome {
            attempt: attempt.saturating_add(u16::from(is_lost)),
            page: None,
            failed: Some(failed),
        };
    }
}

/// A link and its gateway account.
pub(super) async fn load(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: PaymentId,
) -> Result<(PaymentLink, GatewayAccount), PaymentLinkError> {
    let mut tx = desk.store.begin(&scope.preliminary()).await?;
    let link = tx.payment_links().find(id).await?;
    let link = link.ok_or(PaymentLinkError::NotFound(id))?;
    let account = link.snapshot().gateway_account;
    let account = tx.gateway_accounts().find(account).await?;
    let account = account.ok_or_else(|| missing("a payment link without its gateway account"))?;
    Ok((link, account))
}

/// Changes a link in a transaction of its own, again if somebody else was faster.
pub(super) async fn change(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: PaymentId,
    verb: impl Fn(&mut PaymentLink) + Send + Sync,
) -> Result<(), StoreError> {
    let verb = &verb;
    rerun_on_conflict(|| async move {
        let mut tx = desk.store.begin(&scope.preliminary()).await?;
        let link = tx.payment_links().find(id).await?;
        let mut link = link.ok_or_else(|| missing("a payment link that was there"))?;
        verb(&mut link);
        tx.payment_links().save(&mut link).await?;
        tx.commit().await
    })
    .await
}

/// Somebody has seen what is noted on a link, and says in 1 to 300 characters why nothing is to be done about it. Without
/// a note this changes nothing.
///
/// # Errors
/// [`DismissNoteError`].
pub async fn dismiss_link_note(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    id: PaymentId,
    reason: &str,
) -> Result<(), DismissNoteError> {
    let mut tx = desk.store.begin(scope).await?;
    let link = tx.payment_links().find(id).await?;
    let mut link = link.ok_or(DismissNoteError::NotFound(id))?;
    if link.dismiss_note(reason)? {
        tx.payment_links().save(&mut link).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Why a note stays.
#[derive(Debug, thiserror::Error)]
pub enum DismissNoteError {
    /// The tenant has no such link.
    #[error("there is no payment link {0}")]
    NotFound(PaymentId),
    /// The reason is none.
    #[error(transparent)]
    Refused(#[from] PaymentRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for DismissNoteError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}
