//! Compares our books with a provider's list, day by day: nobody finds out a year later that money was missing.

use std::collections::BTreeSet;

use kernel::{
    GatewayAccountId, JobRequest, Lane, LocalDate, MayConflict, PageRequest, Priority,
    ReconciliationId, Scope, StoreError, Timestamp, rerun_on_conflict,
};

use super::book::booked_as;
use super::open_link::PaymentLinkError;
use crate::gateway::account::GatewayAccount;
use crate::gateway::collection::CollectionSnapshot;
use crate::gateway::desk::{GatewayDesk, missing};
use crate::gateway::link::{LinkStatus, PaymentLink};
use crate::gateway::ports::GatewayQueries;
use crate::gateway::provider::{ProviderError, ProviderPayment, ProviderStatus, Received, Refusal};
use crate::gateway::reconciliation::{
    BadDays, Difference, DifferenceKind, Findings, Reconciliation, ReconciliationStatus, Side,
};
use crate::gateway::{GatewayCredentials, ListSpan, PaymentGateway};

/// The kind of the job that compares; payload `{"reconciliation": "rcn_…"}`.
pub const RECONCILE_GATEWAY_JOB: &str = "reconcile_gateway";

/// How often it fails for unknown reasons before a person must look; waiting for the provider does not count.
const ATTEMPTS: u16 = 12;

/// Rows per page of our own side.
const PAGE: u16 = 200;

/// Asks for a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskReconciliation {
    /// The id it will have.
    pub id: ReconciliationId,
    /// Whose books at which provider.
    pub gateway_account: GatewayAccountId,
    /// The first day, of UTC.
    pub first_on: LocalDate,
    /// The last day, of UTC: over by now, at most 30 days after the first.
    pub last_on: LocalDate,
}

/// Why nothing is compared.
#[derive(Debug, thiserror::Error)]
pub enum ReconciliationError {
    /// The tenant has no such gateway account.
    #[error("there is no gateway account {0}")]
    NoGatewayAccount(GatewayAccountId),
    /// The days are none.
    #[error(transparent)]
    Days(#[from] BadDays),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for ReconciliationError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Has days compared by a worker. The same id again changes nothing.
///
/// # Errors
/// [`ReconciliationError`]; nothing is stored then.
pub async fn ask_reconciliation(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    command: AskReconciliation,
) -> Result<(), ReconciliationError> {
    let mut tx = desk.store.begin(scope).await?;
    if tx.reconciliations().find(command.id).await?.is_some() {
        return Ok(());
    }
    let id = command.gateway_account;
    let account = tx.gateway_accounts().find(id).await?;
    account.ok_or(ReconciliationError::NoGatewayAccount(id))?;
    let days = (command.first_on, command.last_on);
    let mut asked = Reconciliation::ask(command.id, id, days, desk.clock.now())?;
    tx.reconciliations().save(&mut asked).await?;
    tx.enqueue(job(desk, command.id)).await?;
    tx.commit().await?;
    Ok(())
}

/// Compares, and keeps what differs. What was compared is left alone. A provider that refuses is kept as the end of it.
///
/// # Errors
/// [`PaymentLinkError`], if it is worth another try.
pub async fn reconcile_gateway(
    desk: GatewayDesk<'_>,
    queries: &dyn GatewayQueries,
    scope: &Scope,
    id: ReconciliationId,
) -> Result<(), PaymentLinkError> {
    let mut tx = desk.store.begin(scope).await?;
    let asked = tx.reconciliations().find(id).await?;
    let asked = asked.ok_or_else(|| missing("a reconciliation that was enqueued"))?;
    let asked = asked.snapshot().clone();
    if asked.status != ReconciliationStatus::Waiting {
        return Ok(());
    }
    let account = tx.gateway_accounts().find(asked.gateway_account).await?;
    let account = account.ok_or_else(|| missing("a reconciliation without its account"))?;
    drop(tx);
    let comparison = Comparison {
        desk,
        queries,
        scope,
        account: &account,
        span: span(asked.first_on, asked.last_on),
    };
    let found = match comparison.run().await {
        Ok(found) => Ok(found),
        Err(err) if err.is_transient() => return Err(err),
        Err(err) => Err(err.to_string()),
    };
    let found = &found;
    rerun_on_conflict(|| async move {
        let now = desk.clock.now();
        let mut tx = desk.store.begin(scope).await?;
        let asked = tx.reconciliations().find(id).await?;
        let mut asked = asked.ok_or_else(|| missing("a reconciliation that was there"))?;
        match found {
            Ok(found) => asked.done(found.clone(), now),
            Err(why) => asked.failed(why, now),
        }
        tx.reconciliations().save(&mut asked).await?;
        tx.commit().await
    })
    .await?;
    Ok(())
}

/// From the first instant of the first day until that of the day after the last, of UTC.
fn span(first_on: LocalDate, last_on: LocalDate) -> ListSpan {
    let begin = |day: LocalDate| {
        let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
        Timestamp::from_utc(midnight)
    };
    ListSpan {
        since: begin(first_on),
        until: begin(last_on.succ_opt().unwrap_or(last_on)),
    }
}

struct Comparison<'a> {
    desk: GatewayDesk<'a>,
    queries: &'a dyn GatewayQueries,
    scope: &'a Scope,
    account: &'a GatewayAccount,
    span: ListSpan,
}

impl Comparison<'_> {
    async fn run(&self) -> Result<Findings, PaymentLinkError> {
        let (gateway, keys) = self.desk.reach(self.account)?;
        let is_complete = gateway.capabilities().can_list;
        let theirs = match is_complete {
            true => gateway.list(&keys, self.span).await?,
            false => self.asked_one_by_one(gateway, &keys).await?,
        };
        let mut found = Findings {
            is_complete,
            ..Findings::default()
        };
        let mut seen = BTreeSet::new();
        for payment in theirs {
            if let Some(received) = money_of(&payment.status) {
                seen.insert(received.transaction.clone());
                found.compared = found.compared.saturating_add(1);
            }
            found.differences.extend(self.compare(&payment).await?);
        }
        for ours in self.collected().await? {
            if seen.contains(&ours.transaction) {
                continue;
            }
            found.compared = found.compared.saturating_add(1);
            let asked = gateway.query(&keys, &ours.reference).await;
            found.differences.extend(self.look_up(&ours, asked)?);
        }
        Ok(found)
    }

    /// The links of these days, as a provider without a list tells of them. What was not asked for here stays unknown.
    async fn asked_one_by_one(
        &self,
        gateway: &dyn PaymentGateway,
        keys: &GatewayCredentials,
    ) -> Result<Vec<ProviderPayment>, PaymentLinkError> {
        let (mut found, mut page) = (Vec::new(), PageRequest::new(PAGE, None));
        loop {
            let account = self.account.snapshot().id;
            let links = self
                .queries
                .links_opened(self.scope.tenant, account, self.span, page);
            let links = links.await?;
            for link in &links.items {
                let Some(reference) = &link.reference else {
                    continue;
                };
                match gateway.query(keys, reference).await {
                    Ok(payment) => found.push(payment),
                    Err(err) if err.refusal() == Some(Refusal::NotFound) => {}
                    Err(err) => return Err(err.into()),
                }
            }
            match following(links.next.as_deref()) {
                Some(next) => page = next,
                None => return Ok(found),
            }
        }
    }

    async fn collected(&self) -> Result<Vec<CollectionSnapshot>, StoreError> {
        let (mut found, mut page) = (Vec::new(), PageRequest::new(PAGE, None));
        loop {
            let account = self.account.snapshot().id;
            let collected = self
                .queries
                .collected(self.scope.tenant, account, self.span, page);
            let collected = collected.await?;
            found.extend(collected.items);
            match following(collected.next.as_deref()) {
                Some(next) => page = next,
                None => return Ok(found),
            }
        }
    }

    /// A payment of the provider's against the books.
    async fn compare(
        &self,
        payment: &ProviderPayment,
    ) -> Result<Vec<Difference>, PaymentLinkError> {
        let Some(received) = money_of(&payment.status) else {
            return Ok(self.without_money(payment).await?.into_iter().collect());
        };
        let scope = self.scope.preliminary();
        let mut tx = self.desk.store.begin(&scope).await?;
        let account = self.account.snapshot().id;
        let known = tx
            .collections()
            .find_by_transaction(account, &received.transaction)
            .await?;
        drop(tx);
        if let Some(known) = known {
            return Ok(differences(known.snapshot(), payment, received));
        }
        let transaction = &received.transaction;
        // Payments of before collections were kept, and those that a cashier typed in, are in the books only.
        let booked = booked_as(self.desk, &scope, self.account, transaction).await?;
        Ok(match booked {
            None => vec![Difference {
                link: self.link_of(payment).await?.map(|it| it.snapshot().id),
                there: Some(side(word_of(&payment.status), received.amount)),
                ..difference(DifferenceKind::MissingHere, payment)
            }],
            Some(booked) if booked.snapshot().amount != received.amount => vec![Difference {
                payment: Some(booked.id()),
                here: Some(side(booked.status().as_str(), booked.snapshot().amount)),
                there: Some(side(word_of(&payment.status), received.amount)),
                ..difference(DifferenceKind::AmountDiffers, payment)
            }],
            Some(_) => Vec::new(),
        })
    }

    /// No money came there: a link that says that it did, or that it still may, is wrong.
    async fn without_money(
        &self,
        payment: &ProviderPayment,
    ) -> Result<Option<Difference>, StoreError> {
        let Some(link) = self.link_of(payment).await? else {
            return Ok(None);
        };
        let link = link.snapshot();
        // Another attempt of the link may have been paid.
        let is_this = link.reference.as_ref() == Some(&payment.reference);
        let is_wrong = match link.status {
            LinkStatus::Paid => is_this,
            LinkStatus::Open => is_this && PaymentLink::closing(&payment.status).is_some(),
            LinkStatus::Failed | LinkStatus::Expired | LinkStatus::Cancelled => false,
        };
        Ok(is_wrong.then(|| Difference {
            here: Some(word(link.status.as_str())),
            there: Some(word(word_of(&payment.status))),
            ..difference(DifferenceKind::StatusDiffers, payment)
        }))
    }

    /// The link that a payment was asked for with, if it was asked for here.
    async fn link_of(&self, payment: &ProviderPayment) -> Result<Option<PaymentLink>, StoreError> {
        let Some(order) = payment.order else {
            return Ok(None);
        };
        let mut tx = self.desk.store.begin(&self.scope.preliminary()).await?;
        let link = tx.payment_links().find(order.payment).await?;
        let account = self.account.snapshot().id;
        Ok(link.filter(|it| it.snapshot().gateway_account == account))
    }

    /// What the books have and the list has not, as the provider answers when it is asked for it by name.
    fn look_up(
        &self,
        ours: &CollectionSnapshot,
        asked: Result<ProviderPayment, ProviderError>,
    ) -> Result<Vec<Difference>, PaymentLinkError> {
        let payment = match asked {
            Ok(payment) => payment,
            Err(err) if err.refusal() == Some(Refusal::NotFound) => {
                return Ok(vec![Difference {
                    kind: DifferenceKind::MissingThere,
                    reference: ours.reference.to_string(),
                    transaction: Some(ours.transaction.clone()),
                    payment: Some(ours.payment),
                    link: Some(ours.link),
                    here: Some(side(status_here(ours), ours.amount)),
                    there: None,
                }]);
            }
            Err(err) => return Err(err.into()),
        };
        Ok(match money_of(&payment.status) {
            Some(received) => differences(ours, &payment, received),
            None => vec![Difference {
                here: Some(side(status_here(ours), ours.amount)),
                there: Some(word(word_of(&payment.status))),
                ..of_collection(DifferenceKind::StatusDiffers, ours, &payment)
            }],
        })
    }
}

/// Money that both sides know.
fn differences(
    ours: &CollectionSnapshot,
    payment: &ProviderPayment,
    received: &Received,
) -> Vec<Difference> {
    let of = |kind, here, there| Difference {
        here: Some(here),
        there: Some(there),
        ..of_collection(kind, ours, payment)
    };
    let (here, there) = (status_here(ours), word_of(&payment.status));
    let mut found = Vec::new();
    if ours.amount != received.amount {
        let amounts = (side(here, ours.amount), side(there, received.amount));
        found.push(of(DifferenceKind::AmountDiffers, amounts.0, amounts.1));
    }
    if ours.given_back != received.refunded {
        let back = (side(here, ours.given_back), side(there, received.refunded));
        found.push(of(DifferenceKind::RefundedDiffers, back.0, back.1));
    }
    if here != there {
        found.push(of(DifferenceKind::StatusDiffers, word(here), word(there)));
    }
    found
}

/// The money that a provider has or had, whoever has it now.
const fn money_of(status: &ProviderStatus) -> Option<&Received> {
    match status {
        ProviderStatus::Paid(received)
        | ProviderStatus::ChargedBack(received)
        | ProviderStatus::PartlyChargedBack(received) => Some(received),
        ProviderStatus::Pending
        | ProviderStatus::Review
        | ProviderStatus::Failed { .. }
        | ProviderStatus::Expired
        | ProviderStatus::Cancelled => None,
    }
}

const fn status_here(ours: &CollectionSnapshot) -> &'static str {
    match ours.is_taken_back {
        true => "charged_back",
        false => "paid",
    }
}

const fn word_of(status: &ProviderStatus) -> &'static str {
    match status {
        ProviderStatus::Pending => "pending",
        ProviderStatus::Review => "review",
        ProviderStatus::Paid(_) => "paid",
        ProviderStatus::Failed { .. } => "failed",
        ProviderStatus::Expired => "expired",
        ProviderStatus::Cancelled => "cancelled",
        ProviderStatus::ChargedBack(_) => "charged_back",
        ProviderStatus::PartlyChargedBack(_) => "partly_charged_back",
    }
}

fn word(status: &str) -> Side {
    Side {
        status: status.to_owned(),
        amount: None,
    }
}

fn side(status: &str, amount: kernel::Money) -> Side {
    Side {
        status: status.to_owned(),
        amount: Some(amount),
    }
}

fn difference(kind: DifferenceKind, payment: &ProviderPayment) -> Difference {
    Difference {
        kind,
        reference: payment.reference.to_string(),
        transaction: money_of(&payment.status).map(|it| it.transaction.clone()),
        payment: None,
        link: payment.order.map(|it| it.payment),
        here: None,
        there: None,
    }
}

fn of_collection(
    kind: DifferenceKind,
    ours: &CollectionSnapshot,
    payment: &ProviderPayment,
) -> Difference {
    Difference {
        transaction: Some(ours.transaction.clone()),
        payment: Some(ours.payment),
        link: Some(ours.link),
        ..difference(kind, payment)
    }
}

fn following(next: Option<&str>) -> Option<PageRequest> {
    let after = next?.parse().ok()?;
    Some(PageRequest::new(PAGE, Some(after)))
}

fn job(desk: GatewayDesk<'_>, reconciliation: ReconciliationId) -> JobRequest {
    JobRequest {
        id: desk.ids.next(),
        kind: RECONCILE_GATEWAY_JOB.to_owned(),
        lane: Lane::open(),
        priority: Priority::Low,
        run_at: desk.clock.now(),
        unique_key: None,
        payload: serde_json::json!({ "reconciliation": reconciliation }),
        max_attempts: ATTEMPTS,
        total: None,
    }
}
