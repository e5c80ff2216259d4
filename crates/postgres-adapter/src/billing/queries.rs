//! Reads of money and of what is sold: one statement each, two where documents have parts.

use async_trait::async_trait;
use billing::{
    AccountView, AgreedDiscount, BillingQueries, EntityView, InvoiceFilter, InvoiceView,
    NoteFilter, NoteView, PaymentFilter, PaymentMethod, PaymentView, PlanView, Settlement,
    SubscriptionFilter, SubscriptionView, SweepPage, UnmatchedId, UnmatchedStatus, UnmatchedView,
};
use kernel::{
    AccountId, CreditNoteId, Cursor, CustomerId, EntityId, InvoiceId, Page, PageRequest, PaymentId,
    PlanId, StoreError, SubscriptionId, TenantId, Timestamp,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::account_row;
use super::account_views::{self, AccountColumns};
use super::subscription_views::{self, SubscriptionColumns};
use super::{
    credit_notes, entity_row, invoice_lines, invoice_row, payment_row, plan_row, unmatched_row,
};
use crate::error::Stored;
use crate::store::Store;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct IdRow {
    id: Uuid,
}

#[async_trait]
impl BillingQueries for Store {
    async fn entities(&self, tenant: TenantId) -> Result<Vec<EntityView>, StoreError> {
        let found = entity_row::Entity::find()
            .filter(Expr::col("tenant_id").eq(tenant.uuid()))
            .order_by_asc(Expr::col("id"))
            .all(self.reader())
            .await
            .stored()?;
        found
            .into_iter()
            .map(entity_row::Model::into_view)
            .collect()
    }

    async fn plan(&self, tenant: TenantId, id: PlanId) -> Result<Option<PlanView>, StoreError> {
        let wanted = plan_row::Entity::find_by_id((tenant.uuid(), id.uuid()));
        let found = wanted.one(self.reader()).await.stored()?;
        found.map(plan_row::Model::into_view).transpose()
    }

    async fn plans(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<PlanView>, StoreError> {
        let wanted = plan_row::Entity::find();
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let views: Result<Vec<_>, _> = rows.into_iter().map(plan_row::Model::into_view).collect();
        Ok(Page::from_overfetch(views?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn account(
        &self,
        tenant: TenantId,
        id: AccountId,
    ) -> Result<Option<AccountView>, StoreError> {
        let values = [tenant.uuid().into(), id.uuid().into()];
        let found: Option<AccountColumns> =
            sql::row(self.reader(), account_views::one(), values).await?;
        found.map(AccountColumns::into_view).transpose()
    }

    async fn discounts(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Option<Vec<AgreedDiscount>>, StoreError> {
        let wanted = account_row::Entity::find_by_id((tenant.uuid(), account.uuid()));
        let found = wanted.one(self.reader()).await.stored()?;
        let account = found.map(account_row::Model::into_account).transpose()?;
        Ok(account.map(|it| it.discounts().to_vec()))
    }

    async fn accounts_of(
        &self,
        tenant: TenantId,
        customer: CustomerId,
    ) -> Result<Vec<AccountView>, StoreError> {
        let values = [tenant.uuid().into(), customer.uuid().into()];
        let found: Vec<AccountColumns> =
            sql::rows(self.reader(), account_views::of_customer(), values).await?;
        found.into_iter().map(AccountColumns::into_view).collect()
    }

    async fn subscription(
        &self,
        tenant: TenantId,
        id: SubscriptionId,
    ) -> Result<Option<SubscriptionView>, StoreError> {
        let values = [tenant.uuid().into(), id.uuid().into()];
        let found: Option<SubscriptionColumns> =
            sql::row(self.reader(), subscription_views::one(), values).await?;
        found.map(SubscriptionColumns::into_view).transpose()
    }

    async fn subscriptions(
        &self,
        tenant: TenantId,
        filter: SubscriptionFilter,
        page: PageRequest,
    ) -> Result<Page<SubscriptionView>, StoreError> {
        let (text, values) = subscription_views::page(tenant, filter, page);
        let found: Vec<SubscriptionColumns> = sql::rows(self.reader(), text, values).await?;
        let views: Result<Vec<_>, _> = found
            .into_iter()
            .map(SubscriptionColumns::into_view)
            .collect();
        Ok(Page::from_overfetch(views?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn invoice(
        &self,
        tenant: TenantId,
        id: InvoiceId,
    ) -> Result<Option<InvoiceView>, StoreError> {
        let wanted = invoice_row::Entity::find_by_id((tenant.uuid(), id.uuid()));
        let found = wanted.one(self.reader()).await.stored()?;
        let views = self
            .invoice_views(tenant, found.into_iter().collect())
            .await?;
        Ok(views.into_iter().next())
    }

    async fn invoices(
        &self,
        tenant: TenantId,
        filter: InvoiceFilter,
        page: PageRequest,
    ) -> Result<Page<InvoiceView>, StoreError> {
        let mut wanted = invoice_row::Entity::find();
        if let Some(account) = filter.account {
            wanted = wanted.filter(Expr::col("account_id").eq(account.uuid()));
        }
        if let Some(settlement) = filter.settlement {
            wanted = settled(wanted, settlement);
        }
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let views = self.invoice_views(tenant, rows).await?;
        Ok(Page::from_overfetch(views, page, |it| Cursor::after(it.id)))
    }

    async fn credit_note(
        &self,
        tenant: TenantId,
        id: CreditNoteId,
    ) -> Result<Option<NoteView>, StoreError> {
        let found = credit_notes::find(self.reader(), tenant.uuid(), id).await?;
        let view = found.map(NoteView::of).transpose();
        view.map_err(StoreError::corrupt)
    }

    async fn credit_notes(
        &self,
        tenant: TenantId,
        filter: NoteFilter,
        page: PageRequest,
    ) -> Result<Page<NoteView>, StoreError> {
        let views = credit_notes::page(self.reader(), tenant.uuid(), filter, page).await?;
        Ok(Page::from_overfetch(views, page, |it| Cursor::after(it.id)))
    }

    async fn payment(
        &self,
        tenant: TenantId,
        id: PaymentId,
    ) -> Result<Option<PaymentView>, StoreError> {
        let wanted = payment_row::Entity::find_by_id((tenant.uuid(), id.uuid()));
        let found = wanted.one(self.reader()).await.stored()?;
        let views = self
            .payment_views(tenant, found.into_iter().collect())
            .await?;
        Ok(views.into_iter().next())
    }

    async fn payment_by_reference(
        &self,
        tenant: TenantId,
        method: PaymentMethod,
        reference: &str,
    ) -> Result<Option<PaymentView>, StoreError> {
        let found = payment_row::Entity::find()
            .filter(Expr::col("tenant_id").eq(tenant.uuid()))
            .filter(Expr::col("reference").eq(reference))
            .filter(Expr::col("method").eq(method.as_str()))
            .one(self.reader())
            .await
            .stored()?;
        let views = self
            .payment_views(tenant, found.into_iter().collect())
            .await?;
        Ok(views.into_iter().next())
    }

    async fn payments(
        &self,
        tenant: TenantId,
        filter: PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<PaymentView>, StoreError> {
        let wanted = payment_row::wanted(filter);
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let views = self.payment_views(tenant, rows).await?;
        Ok(Page::from_overfetch(views, page, |it| Cursor::after(it.id)))
    }

    async fn payments_to_expire(
        &self,
        tenant: TenantId,
        now: Timestamp,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<Vec<PaymentId>, StoreError> {
        let after = after.map_or(Uuid::nil(), PaymentId::uuid);
        let values = [
            tenant.uuid().into(),
            now.utc().into(),
            after.into(),
            i64::from(limit).into(),
        ];
        let found: Vec<IdRow> = sql::rows(self.reader(), TO_EXPIRE, values).await?;
        Ok(found
            .into_iter()
            .map(|it| PaymentId::from_uuid(it.id))
            .collect())
    }

    async fn unmatched_payment(
        &self,
        tenant: TenantId,
        id: UnmatchedId,
    ) -> Result<Option<UnmatchedView>, StoreError> {
        let wanted = unmatched_row::Entity::find_by_id((tenant.uuid(), id.uuid()));
        let found = wanted.one(self.reader()).await.stored()?;
        found.map(unmatched_row::Model::into_view).transpose()
    }

    async fn unmatched_payments(
        &self,
        tenant: TenantId,
        status: Option<UnmatchedStatus>,
        page: PageRequest,
    ) -> Result<Page<UnmatchedView>, StoreError> {
        let mut wanted = unmatched_row::Entity::find();
        if let Some(status) = status {
            wanted = wanted.filter(Expr::col("status").eq(status.as_str()));
        }
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let views: Result<Vec<_>, _> = rows
            .into_iter()
            .map(unmatched_row::Model::into_view)
            .collect();
        Ok(Page::from_overfetch(views?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn proofs(
        &self,
        tenant: TenantId,
        status: Option<billing::ProofStatus>,
        page: PageRequest,
    ) -> Result<Page<billing::ProofView>, StoreError> {
        super::proofs::page(self, tenant, status, page).await
    }

    async fn accounts_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: SweepPage,
    ) -> Result<Vec<AccountId>, StoreError> {
        self.due(tenant, entity, page).await
    }

    async fn parked_accounts(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<AccountView>, StoreError> {
        let after = page.after().map(|it| it.uuid().into());
        let text = account_views::parked(after.is_some());
        let most = i64::from(page.limit()) + 1;
        let values = [tenant.uuid().into(), most.into()].into_iter().chain(after);
        let found: Vec<AccountColumns> = sql::rows(self.reader(), text, values).await?;
        let views: Result<Vec<_>, _> = found.into_iter().map(AccountColumns::into_view).collect();
        Ok(Page::from_overfetch(views?, page, |it| {
            Cursor::after(it.id)
        }))
    }
}

impl Store {
    async fn invoice_views(
        &self,
        tenant: TenantId,
        rows: Vec<invoice_row::Model>,
    ) -> Result<Vec<InvoiceView>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
        let mut lines = invoice_lines::of_invoices(self.reader(), tenant.uuid(), &ids).await?;
        rows.into_iter()
            .map(|row| {
                let own = lines.remove(&row.id).unwrap_or_default();
                row.into_view(own)
            })
            .collect()
    }

    pub(super) async fn payment_views(
        &self,
        tenant: TenantId,
        rows: Vec<payment_row::Model>,
    ) -> Result<Vec<PaymentView>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
        let mut parts = payment_row::allocations_of(self.reader(), tenant.uuid(), &ids).await?;
        rows.into_iter()
            .map(|row| {
                let own = parts.remove(&row.id).unwrap_or_default();
                row.into_view(own)
            })
            .collect()
    }

    async fn due(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: SweepPage,
    ) -> Result<Vec<AccountId>, StoreError> {
        // No id is below the nil one, so it stands for the beginning.
        let after = page.after.map_or(Uuid::nil(), AccountId::uuid);
        let values = [
            tenant.uuid().into(),
            entity.uuid().into(),
            page.today.into(),
            after.into(),
            i64::from(page.limit).into(),
        ];
        let found: Vec<IdRow> = sql::rows(self.reader(), TO_BILL, values).await?;
        Ok(found
            .into_iter()
            .map(|it| AccountId::from_uuid(it.id))
            .collect())
    }
}

/// The same rule as [`Settlement::of`], in columns.
fn settled(
    wanted: Select<invoice_row::Entity>,
    settlement: Settlement,
) -> Select<invoice_row::Entity> {
    let allocated = || Expr::col("allocated_minor");
    let is_open = || allocated().lt(Expr::col("total_minor"));
    match settlement {
        Settlement::Open => wanted.filter(is_open()).filter(allocated().eq(0_i64)),
        Settlement::Partly => wanted.filter(is_open()).filter(allocated().ne(0_i64)),
        Settlement::Paid => wanted.filter(allocated().gte(Expr::col("total_minor"))),
    }
}

/// $1 tenant, $2 entity, $3 today, $4 after, $5 limit.
const TO_BILL: &str = "\
SELECT a.id FROM accounts AS a
WHERE a.tenant_id = $1 AND a.entity_id = $2 AND a.id > $4 AND a.parked IS NULL
AND (a.id IN (
        SELECT s.account_id FROM subscriptions AS s
        WHERE s.tenant_id = $1 AND s.next_bill_on IS NOT NULL AND s.next_bill_on <= $3)
    OR EXISTS (
        SELECT 1 FROM dunning_charges AS c
        WHERE c.tenant_id = $1 AND c.account_id = a.id AND c.invoice_id IS NULL AND c.waived IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM subscriptions AS s
        WHERE s.tenant_id = $1 AND s.account_id = a.id AND s.next_bill_on IS NOT NULL))
ORDER BY a.id LIMIT $5";

/// $1 tenant, $2 now, $3 after, $4 limit.
const TO_EXPIRE: &str = "\
SELECT p.id FROM payments AS p
WHERE p.tenant_id = $1 AND p.status = 'pending' AND p.expires_at <= $2 AND p.id > $3
ORDER BY p.id LIMIT $4";
