//! Reads of gateway accounts, payment links and webhooks: one statement each.

use async_trait::async_trait;
use billing::gateway::{
    CollectionSnapshot, GatewayAccountSnapshot, GatewayQueries, ListSpan, PaymentLinkSnapshot,
    ProviderRefundFilter, ProviderRefundSnapshot, ProviderRefundStatus, ReconciliationSnapshot,
    ReconciliationStatus, RefundsSince, WebhookSnapshot, WebhookStatus,
};
use kernel::{
    Cursor, GatewayAccountId, LocalDate, Page, PageRequest, PaymentId, StoreError, TenantId,
    Timestamp,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::{account_row, collection_row, link_row, reconciliation_row, refund_row, webhook_row};
use crate::error::Stored;
use crate::store::Store;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct IdRow {
    id: Uuid,
}

/// The partial index holds exactly these rows.
const TO_ASK: &str = "\
SELECT id FROM payment_links WHERE tenant_id = $1 AND next_poll_at IS NOT NULL AND next_poll_at <= $2
ORDER BY next_poll_at, id LIMIT $3";

/// The partial index holds exactly these rows.
const COLLECTED_TO_ASK: &str = "\
SELECT id FROM provider_collections WHERE tenant_id = $1 AND next_poll_at IS NOT NULL AND next_poll_at <= $2
ORDER BY next_poll_at, id LIMIT $3";

/// Nobody has asked for another refund of the payment since, and no operator has given anything back by hand.
const NO_LATER_REFUND: &str = "\
NOT EXISTS (SELECT 1 FROM takings given WHERE given.tenant_id = provider_refunds.tenant_id
AND given.payment_id = provider_refunds.payment_id AND given.amount_minor < 0 AND given.taken_at >= provider_refunds.ended_at)
AND NOT EXISTS (SELECT 1 FROM provider_refunds later WHERE later.tenant_id = provider_refunds.tenant_id
AND later.payment_id = provider_refunds.payment_id AND later.id > provider_refunds.id)";

/// Failed, or ended with differences: the text of an empty list is the same in both dialects.
const HAS_FOUND_SOMETHING: &str =
    "(status = 'failed' OR (status = 'done' AND CAST(differences AS TEXT) <> '[]'))";

/// No later comparison of at least the same days has ended without failing.
const NO_LATER_COMPARISON: &str = "\
NOT EXISTS (SELECT 1 FROM gateway_reconciliations later WHERE later.tenant_id = gateway_reconciliations.tenant_id
AND later.gateway_account_id = gateway_reconciliations.gateway_account_id AND later.id > gateway_reconciliations.id
AND later.status = 'done' AND later.first_on <= gateway_reconciliations.first_on
AND later.last_on >= gateway_reconciliations.last_on)";

impl Store {
    async fn refunds(
        &self,
        tenant: TenantId,
        wanted: Select<refund_row::Entity>,
        page: PageRequest,
    ) -> Result<Page<ProviderRefundSnapshot>, StoreError> {
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let found = rows.into_iter().map(refund_row::Model::into_snapshot);
        let found: Result<Vec<_>, _> = found.collect();
        Ok(Page::from_overfetch(found?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn comparisons(
        &self,
        tenant: TenantId,
        wanted: Select<reconciliation_row::Entity>,
        page: PageRequest,
    ) -> Result<Page<ReconciliationSnapshot>, StoreError> {
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let found = rows
            .into_iter()
            .map(reconciliation_row::Model::into_snapshot);
        let found: Result<Vec<_>, _> = found.collect();
        Ok(Page::from_overfetch(found?, page, |it| {
            Cursor::after(it.id)
        }))
    }
}

#[async_trait]
impl GatewayQueries for Store {
    async fn gateway_accounts(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<GatewayAccountSnapshot>, StoreError> {
        let wanted = account_row::Entity::find();
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let found = rows.into_iter().map(account_row::Model::into_snapshot);
        let found: Result<Vec<_>, _> = found.collect();
        Ok(Page::from_overfetch(found?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn payment_links(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<PaymentLinkSnapshot>, StoreError> {
        let wanted = link_row::Entity::find();
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let found = rows.into_iter().map(link_row::Model::into_snapshot);
        let found: Result<Vec<_>, _> = found.collect();
        Ok(Page::from_overfetch(found?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn links_to_ask_about(
        &self,
        tenant: TenantId,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<PaymentId>, StoreError> {
        let values = [
            tenant.uuid().into(),
            now.utc().into(),
            i64::from(limit).into(),
        ];
        let rows: Vec<IdRow> = sql::rows(self.reader(), TO_ASK, values).await?;
        let ids = rows.into_iter().map(|it| PaymentId::from_uuid(it.id));
        Ok(ids.collect())
    }

    async fn webhooks(
        &self,
        tenant: TenantId,
        status: Option<WebhookStatus>,
        page: PageRequest,
    ) -> Result<Page<WebhookSnapshot>, StoreError> {
        let mut wanted = webhook_row::Entity::find();
        if let Some(status) = status {
            wanted = wanted.filter(Expr::col("status").eq(status.as_str()));
        }
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let found = rows.into_iter().map(webhook_row::Model::into_snapshot);
        let found: Result<Vec<_>, _> = found.collect();
        Ok(Page::from_overfetch(found?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn links_with_a_note(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<PaymentLinkSnapshot>, StoreError> {
        let wanted = link_row::Entity::find().filter(Expr::col("note").is_not_null());
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let found = rows.into_iter().map(link_row::Model::into_snapshot);
        let found: Result<Vec<_>, _> = found.collect();
        Ok(Page::from_overfetch(found?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn collections_to_ask_about(
        &self,
        tenant: TenantId,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<PaymentId>, StoreError> {
        let values = [
            tenant.uuid().into(),
            now.utc().into(),
            i64::from(limit).into(),
        ];
        let rows: Vec<IdRow> = sql::rows(self.reader(), COLLECTED_TO_ASK, values).await?;
        let ids = rows.into_iter().map(|it| PaymentId::from_uuid(it.id));
        Ok(ids.collect())
    }

    async fn provider_refunds(
        &self,
        tenant: TenantId,
        filter: ProviderRefundFilter,
        page: PageRequest,
    ) -> Result<Page<ProviderRefundSnapshot>, StoreError> {
        let mut wanted = refund_row::Entity::find();
        if let Some(payment) = filter.payment {
            wanted = wanted.filter(Expr::col("payment_id").eq(payment.uuid()));
        }
        if let Some(status) = filter.status {
            wanted = wanted.filter(Expr::col("status").eq(status.as_str()));
        }
        self.refunds(tenant, wanted, page).await
    }

    async fn refunds_to_look_at(
        &self,
        tenant: TenantId,
        since: RefundsSince,
        page: PageRequest,
    ) -> Result<Page<ProviderRefundSnapshot>, StoreError> {
        let (waiting, unbooked) = (
            ProviderRefundStatus::Waiting.as_str(),
            ProviderRefundStatus::Unbooked.as_str(),
        );
        let has_status = |status: &str| Expr::col("status").eq(status);
        let is_late = has_status(waiting).and(Expr::col("asked_at").lt(since.waiting.utc()));
        // Each side names the condition of its index, which holds the few that it is about.
        let is_open = Expr::cust("status IN ('waiting', 'unbooked')");
        let is_open = is_open.and(has_status(unbooked).or(is_late));
        let has_failed = Expr::cust("status = 'failed'")
            .and(Expr::col("ended_at").gte(since.failed.utc()))
            .and(Expr::cust(NO_LATER_REFUND));
        let wanted = refund_row::Entity::find().filter(is_open.or(has_failed));
        self.refunds(tenant, wanted, page).await
    }

    async fn links_opened(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
        span: ListSpan,
        page: PageRequest,
    ) -> Result<Page<PaymentLinkSnapshot>, StoreError> {
        let wanted = link_row::Entity::find()
            .filter(Expr::col("gateway_account_id").eq(account.uuid()))
            .filter(Expr::col("opened_at").gte(span.since.utc()))
            .filter(Expr::col("opened_at").lt(span.until.utc()));
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let found = rows.into_iter().map(link_row::Model::into_snapshot);
        let found: Result<Vec<_>, _> = found.collect();
        Ok(Page::from_overfetch(found?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn collected(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
        span: ListSpan,
        page: PageRequest,
    ) -> Result<Page<CollectionSnapshot>, StoreError> {
        let wanted = collection_row::Entity::find()
            .filter(Expr::col("gateway_account_id").eq(account.uuid()))
            .filter(Expr::col("received_at").gte(span.since.utc()))
            .filter(Expr::col("received_at").lt(span.until.utc()));
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let found = rows.into_iter().map(collection_row::Model::into_snapshot);
        let found: Result<Vec<_>, _> = found.collect();
        Ok(Page::from_overfetch(found?, page, |it| {
            Cursor::after(it.payment)
        }))
    }

    async fn reconciliations(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
        page: PageRequest,
    ) -> Result<Page<ReconciliationSnapshot>, StoreError> {
        let wanted = reconciliation_row::Entity::find()
            .filter(Expr::col("gateway_account_id").eq(account.uuid()));
        self.comparisons(tenant, wanted, page).await
    }

    async fn reconciliations_to_look_at(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<ReconciliationSnapshot>, StoreError> {
        let wanted = reconciliation_row::Entity::find()
            .filter(Expr::cust(HAS_FOUND_SOMETHING))
            .filter(Expr::cust(NO_LATER_COMPARISON));
        self.comparisons(tenant, wanted, page).await
    }

    async fn reconciled_until(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
    ) -> Result<Option<LocalDate>, StoreError> {
        let latest = reconciliation_row::Entity::find()
            .filter(Expr::col("tenant_id").eq(tenant.uuid()))
            .filter(Expr::col("gateway_account_id").eq(account.uuid()))
            .filter(Expr::col("status").ne(ReconciliationStatus::Failed.as_str()))
            .order_by_desc(Expr::col("last_on"))
            .one(self.reader())
            .await
            .stored()?;
        let latest = latest.map(reconciliation_row::Model::into_snapshot);
        Ok(latest.transpose()?.map(|it| it.last_on))
    }
}
