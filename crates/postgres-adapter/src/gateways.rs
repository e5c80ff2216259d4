//! Gateway accounts, payment links and webhooks, on the database.

mod account_row;
mod collection_row;
mod collections;
mod link_row;
mod queries;
mod reconciliation_row;
mod refund_row;
mod webhook_row;

use async_trait::async_trait;
use billing::BillingTx;
use billing::gateway::{
    CollectionRepository, GatewayAccount, GatewayAccountRepository, GatewayStore, GatewayTx,
    PaymentLink, PaymentLinkRepository, ProviderReference, ProviderRefundRepository,
    ReconciliationRepository, Webhook, WebhookRepository,
};
use kernel::{GatewayAccountId, PaymentId, Scope, StoreError, Timestamp, WebhookId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, QueryFilter};

use crate::error::Stored;
use crate::store::Store;
use crate::tx::Tx;
use crate::{row, sql};

#[async_trait]
impl GatewayStore for Store {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn GatewayTx>, StoreError> {
        Ok(Box::new(self.transaction(scope).await?))
    }

    async fn forget_webhook_bodies(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let nothing = Vec::<u8>::new();
        let values = [before.utc().into(), i64::from(limit).into(), nothing.into()];
        sql::execute(self.writer(), FORGET_BODIES, values).await
    }
}

/// The partial index holds exactly these rows.
const FORGET_BODIES: &str = "\
UPDATE webhook_inbox SET body = $3 WHERE (tenant_id, id) IN (\
SELECT tenant_id, id FROM webhook_inbox WHERE status = 'done' AND length(body) > 0 AND received_at < $1 \
ORDER BY received_at LIMIT $2)";

impl GatewayTx for Tx {
    fn gateway_accounts(&mut self) -> &mut dyn GatewayAccountRepository {
        self
    }

    fn payment_links(&mut self) -> &mut dyn PaymentLinkRepository {
        self
    }

    fn webhooks(&mut self) -> &mut dyn WebhookRepository {
        self
    }

    fn collections(&mut self) -> &mut dyn CollectionRepository {
        self
    }

    fn provider_refunds(&mut self) -> &mut dyn ProviderRefundRepository {
        self
    }

    fn reconciliations(&mut self) -> &mut dyn ReconciliationRepository {
        self
    }

    fn books(&mut self) -> &mut dyn BillingTx {
        self
    }
}

#[async_trait]
impl GatewayAccountRepository for Tx {
    async fn find(&mut self, id: GatewayAccountId) -> Result<Option<GatewayAccount>, StoreError> {
        let wanted = account_row::Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        let found = found.map(account_row::Model::into_snapshot).transpose()?;
        Ok(found.map(GatewayAccount::restore))
    }

    async fn save(&mut self, account: &mut GatewayAccount) -> Result<(), StoreError> {
        let (id, version) = (account.snapshot().id, account.snapshot().version);
        let row = account_row::Model::of(self.tenant(), account.snapshot());
        let identity = (self.tenant(), id.uuid());
        row::save::<account_row::Entity, _>(self.connection(), row, identity, version).await?;
        self.record(id, account.take_events())?;
        account.saved_as(version + 1);
        Ok(())
    }
}

#[async_trait]
impl PaymentLinkRepository for Tx {
    async fn find(&mut self, id: PaymentId) -> Result<Option<PaymentLink>, StoreError> {
        let wanted = link_row::Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        let found = found.map(link_row::Model::into_snapshot).transpose()?;
        Ok(found.map(PaymentLink::restore))
    }

    async fn find_by_reference(
        &mut self,
        account: GatewayAccountId,
        reference: &ProviderReference,
    ) -> Result<Option<PaymentLink>, StoreError> {
        let found = link_row::Entity::find()
            .filter(Expr::col("tenant_id").eq(self.tenant()))
            .filter(Expr::col("reference").eq(reference.as_str()))
            .filter(Expr::col("gateway_account_id").eq(account.uuid()))
            .one(self.connection())
            .await
            .stored()?;
        let found = found.map(link_row::Model::into_snapshot).transpose()?;
        Ok(found.map(PaymentLink::restore))
    }

    async fn save(&mut self, link: &mut PaymentLink) -> Result<(), StoreError> {
        let (id, version) = (link.snapshot().id, link.snapshot().version);
        let row = link_row::Model::of(self.tenant(), link.snapshot());
        let identity = (self.tenant(), id.uuid());
        row::save::<link_row::Entity, _>(self.connection(), row, identity, version).await?;
        self.record(id, link.take_events())?;
        link.saved_as(version + 1);
        Ok(())
    }
}

#[async_trait]
impl WebhookRepository for Tx {
    async fn find(&mut self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        let wanted = webhook_row::Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        let found = found.map(webhook_row::Model::into_snapshot).transpose()?;
        Ok(found.map(Webhook::restore))
    }

    async fn save(&mut self, webhook: &mut Webhook) -> Result<(), StoreError> {
        let (id, version) = (webhook.snapshot().id, webhook.snapshot().version);
        let row = webhook_row::Model::of(self.tenant(), webhook.snapshot());
        let identity = (self.tenant(), id.uuid());
        row::save::<webhook_row::Entity, _>(self.connection(), row, identity, version).await?;
        self.record(id, webhook.take_events())?;
        webhook.saved_as(version + 1);
        Ok(())
    }
}
