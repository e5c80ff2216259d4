//! What a store of gateway accounts, payment links and webhooks promises.

use async_trait::async_trait;
use kernel::{
    GatewayAccountId, Page, PageRequest, PaymentId, Scope, StoreError, TenantId, Timestamp,
    UnitOfWork, WebhookId,
};

use super::account::{GatewayAccount, GatewayAccountSnapshot};
use super::inbox::{Webhook, WebhookSnapshot, WebhookStatus};
use super::link::{PaymentLink, PaymentLinkSnapshot};
use super::reference::ProviderReference;

/// The constraint that keeps the names of gateway accounts unique in a tenant.
pub const GATEWAY_NAME_UNIQUE: &str = "gateway_accounts_name";
/// The constraint that takes each message of a gateway account once.
pub const WEBHOOK_EVENT_UNIQUE: &str = "webhook_inbox_event";

/// Opens transactions over gateway accounts, payment links and webhooks.
#[async_trait]
pub trait GatewayStore: Send + Sync {
    /// Begins a transaction confined to the scope's tenant.
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn GatewayTx>, StoreError>;
}

/// One transaction over gateway accounts, payment links and webhooks.
pub trait GatewayTx: UnitOfWork {
    /// The gateway accounts.
    fn gateway_accounts(&mut self) -> &mut dyn GatewayAccountRepository;
    /// The payment links.
    fn payment_links(&mut self) -> &mut dyn PaymentLinkRepository;
    /// The inbox.
    fn webhooks(&mut self) -> &mut dyn WebhookRepository;
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

    /// Writes the link. Fails with [`StoreError::Conflict`] if the stored version moved on.
    async fn save(&mut self, link: &mut PaymentLink) -> Result<(), StoreError>;
}

/// What providers have sent to the scope's tenant.
#[async_trait]
pub trait WebhookRepository: Send {
    /// The message, or `None`.
    async fn find(&mut self, id: WebhookId) -> Result<Option<Webhook>, StoreError>;

    /// Writes the message. Fails with [`StoreError::Conflict`] if the stored version moved on, and with a duplicate of
    /// [`WEBHOOK_EVENT_UNIQUE`] if the account has had this event; such a transaction is of no further use.
    async fn save(&mut self, webhook: &mut Webhook) -> Result<(), StoreError>;
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
}
