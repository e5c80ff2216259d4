//! What a store of gateway accounts, payment links and webhooks promises.

use async_trait::async_trait;
use kernel::{
    GatewayAccountId, LocalDate, Page, PageRequest, PaymentId, ReconciliationId, Scope, StoreError,
    TenantId, Timestamp, UnitOfWork, WebhookId,
};

use super::ListSpan;
use super::account::{GatewayAccount, GatewayAccountSnapshot};
use super::collection::{Collection, CollectionSnapshot};
use super::inbox::{Webhook, WebhookSnapshot, WebhookStatus};
use super::link::{PaymentLink, PaymentLinkSnapshot};
use super::reconciliation::{Reconciliation, ReconciliationSnapshot};
use super::reference::ProviderReference;
use super::refund::{ProviderRefund, ProviderRefundSnapshot, ProviderRefundStatus};
use crate::payment::RefundId;
use crate::ports::BillingTx;

/// The constraint that keeps the names of gateway accounts unique in a tenant.
pub const GATEWAY_NAME_UNIQUE: &str = "gateway_accounts_name";
/// The constraint that takes each message of a gateway account once.
pub const WEBHOOK_EVENT_UNIQUE: &str = "webhook_inbox_event";
/// The constraint that gives one link of a gateway account a provider's reference.
pub const LINK_REFERENCE_UNIQUE: &str = "payment_links_reference";
/// The constraint that keeps a provider's transaction once in a gateway account.
pub const COLLECTION_TRANSACTION_UNIQUE: &str = "provider_collections_transaction_id";

/// Opens transactions over gateway accounts, payment links and webhooks.
#[async_trait]
pub trait GatewayStore: Send + Sync {
    /// Begins a transaction confined to the scope's tenant.
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn GatewayTx>, StoreError>;

    /// Empties the bodies of messages that were done and came in before an instant, of every tenant: at most `limit`.
    /// Returns how many.
    async fn forget_webhook_bodies(&self, before: Timestamp, limit: u32)
    -> Result<u64, StoreError>;
}

/// One transaction over gateway accounts, payment links and webhooks.
pub trait GatewayTx: UnitOfWork {
    /// The gateway accounts.
    fn gateway_accounts(&mut self) -> &mut dyn GatewayAccountRepository;
    /// The payment links.
    fn payment_links(&mut self) -> &mut dyn PaymentLinkRepository;
    /// The inbox.
    fn webhooks(&mut self) -> &mut dyn WebhookRepository;
    /// What providers have collected.
    fn collections(&mut self) -> &mut dyn CollectionRepository;
    /// Refunds through providers.
    fn provider_refunds(&mut self) -> &mut dyn ProviderRefundRepository;
    /// Comparisons with providers.
    fn reconciliations(&mut self) -> &mut dyn ReconciliationRepository;
    /// The books, in this transaction: what goes back at a provider and what is booked must not pass each other. Whoever
    /// changes money of an account locks the account first.
    fn books(&mut self) -> &mut dyn BillingTx;
}

/// Gateway accounts of the scope's tenant.
#[async_trait]
pub trait GatewayAccountRepository: Send {
    /// The account, or `None`.
    async fn find(&mut self, id: GatewayAccountId) -> Result<Option<GatewayAccount>, StoreError>;

    /// Writes the account and its events. Fails with [`StoreError::Conflict`] if the stored version moved on, and with a
    /// duplicate of [`GATEWAY_NAME_UNIQUE`] if another account has the name.
    async fn save(&mut self, account: &mut GatewayAccount) -> Result<(), StoreError>;
}

/// Payment links of the scope's tenant.
#[async_trait]
pub trait PaymentLinkRepository: Send {
    /// The link, or `None`.
    async fn find(&mut self, id: PaymentId) -> Result<Option<PaymentLink>, StoreError>;

    /// The link that a provider calls so.
    async fn find_by_reference(
        &mut self,
        account: GatewayAccountId,
        reference: &ProviderReference,
    ) -> Result<Option<PaymentLink>, StoreError>;

    /// Writes the link and its events. Fails with [`StoreError::Conflict`] if the stored version moved on, and with a
    /// duplicate of [`LINK_REFERENCE_UNIQUE`] if another link of the account has the reference.
    async fn save(&mut self, link: &mut PaymentLink) -> Result<(), StoreError>;
}

/// What providers have sent to the scope's tenant.
#[async_trait]
pub trait WebhookRepository: Send {
    /// The message, or `None`.
    async fn find(&mut self, id: WebhookId) -> Result<Option<Webhook>, StoreError>;

    /// Writes the message and its events. Fails with [`StoreError::Conflict`] if the stored version moved on, and with a duplicate of
    /// [`WEBHOOK_EVENT_UNIQUE`] if the account has had this event; such a transaction is of no further use.
    async fn save(&mut self, webhook: &mut Webhook) -> Result<(), StoreError>;
}

/// What providers have collected for the scope's tenant.
#[async_trait]
pub trait CollectionRepository: Send {
    /// The collection that a payment is in the books as, or `None`.
    async fn find(&mut self, payment: PaymentId) -> Result<Option<Collection>, StoreError>;

    /// The collection of a provider's transaction, or `None`.
    async fn find_by_transaction(
        &mut self,
        account: GatewayAccountId,
        transaction: &str,
    ) -> Result<Option<Collection>, StoreError>;

    /// Writes the collection. Fails with [`StoreError::Conflict`] if the stored version moved on, and with a duplicate of
    /// [`COLLECTION_TRANSACTION_UNIQUE`] if the account has the transaction as another payment.
    async fn save(&mut self, collection: &mut Collection) -> Result<(), StoreError>;
}

/// Refunds through providers of the scope's tenant.
#[async_trait]
pub trait ProviderRefundRepository: Send {
    /// The refund, or `None`.
    async fn find(&mut self, id: RefundId) -> Result<Option<ProviderRefund>, StoreError>;

    /// The refunds of a payment that the books do not have yet: waiting, or given back and not booked.
    async fn under_way(&mut self, payment: PaymentId) -> Result<Vec<ProviderRefund>, StoreError>;

    /// Writes the refund and its events. Fails with [`StoreError::Conflict`] if the stored version moved on.
    async fn save(&mut self, refund: &mut ProviderRefund) -> Result<(), StoreError>;
}

/// Comparisons of the scope's tenant with its providers.
#[async_trait]
pub trait ReconciliationRepository: Send {
    /// The comparison, or `None`.
    async fn find(&mut self, id: ReconciliationId) -> Result<Option<Reconciliation>, StoreError>;

    /// Writes the comparison and its events. Fails with [`StoreError::Conflict`] if the stored version moved on.
    async fn save(&mut self, reconciliation: &mut Reconciliation) -> Result<(), StoreError>;
}

/// Which refunds are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProviderRefundFilter {
    /// Only of this payment.
    pub payment: Option<PaymentId>,
    /// Only with this status.
    pub status: Option<ProviderRefundStatus>,
}

/// From when on a refund is looked at by a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundsSince {
    /// One that was asked for before this and still waits.
    pub waiting: Timestamp,
    /// One that failed at this instant or later; what nobody has taken up until then is forgotten.
    pub failed: Timestamp,
}

/// Reads of gateway accounts, payment links and webhooks, newest first.
#[async_trait]
pub trait GatewayQueries: Send + Sync {
    /// The gateway accounts.
    async fn gateway_accounts(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<GatewayAccountSnapshot>, StoreError>;

    /// The payment links.
    async fn payment_links(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<PaymentLinkSnapshot>, StoreError>;

    /// The links to ask about by now, those that wait longest first.
    async fn links_to_ask_about(
        &self,
        tenant: TenantId,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<PaymentId>, StoreError>;

    /// What providers have sent, all of it or with one status.
    async fn webhooks(
        &self,
        tenant: TenantId,
        status: Option<WebhookStatus>,
        page: PageRequest,
    ) -> Result<Page<WebhookSnapshot>, StoreError>;

    /// Links with word for a person on them.
    async fn links_with_a_note(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<PaymentLinkSnapshot>, StoreError>;

    /// What was collected and is to be asked about again by now, what waits longest first.
    async fn collections_to_ask_about(
        &self,
        tenant: TenantId,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<PaymentId>, StoreError>;

    /// Refunds through providers.
    async fn provider_refunds(
        &self,
        tenant: TenantId,
        filter: ProviderRefundFilter,
        page: PageRequest,
    ) -> Result<Page<ProviderRefundSnapshot>, StoreError>;

    /// Refunds that a person must look at: every one that went back at a provider and that the books refuse, those that have
    /// waited since before an instant, and those that have failed since another one and were not asked for again.
    async fn refunds_to_look_at(
        &self,
        tenant: TenantId,
        since: RefundsSince,
        page: PageRequest,
    ) -> Result<Page<ProviderRefundSnapshot>, StoreError>;

    /// The links of a gateway account that were made in a span.
    async fn links_opened(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
        span: ListSpan,
        page: PageRequest,
    ) -> Result<Page<PaymentLinkSnapshot>, StoreError>;

    /// What a gateway account has collected in a span.
    async fn collected(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
        span: ListSpan,
        page: PageRequest,
    ) -> Result<Page<CollectionSnapshot>, StoreError>;

    /// The comparisons of a gateway account.
    async fn reconciliations(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
        page: PageRequest,
    ) -> Result<Page<ReconciliationSnapshot>, StoreError>;

    /// Comparisons that a person must look at, of every gateway account: those that failed or found differences, unless a
    /// later one of at least the same days has ended without failing.
    async fn reconciliations_to_look_at(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<ReconciliationSnapshot>, StoreError>;

    /// The latest day of a gateway account that a comparison was asked for; `None` if there was none.
    async fn reconciled_until(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
    ) -> Result<Option<LocalDate>, StoreError>;
}
