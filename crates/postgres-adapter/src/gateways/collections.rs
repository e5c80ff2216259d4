//! What providers have collected, what goes back through them, and comparisons with them, in a transaction.

use async_trait::async_trait;
use billing::RefundId;
use billing::gateway::{
    Collection, CollectionRepository, ProviderRefund, ProviderRefundRepository, Reconciliation,
    ReconciliationRepository,
};
use kernel::{GatewayAccountId, PaymentId, ReconciliationId, StoreError};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, QueryFilter};

use super::{collection_row, reconciliation_row, refund_row};
use crate::error::Stored;
use crate::row;
use crate::tx::Tx;

#[async_trait]
impl CollectionRepository for Tx {
    async fn find(&mut self, payment: PaymentId) -> Result<Option<Collection>, StoreError> {
        let wanted = collection_row::Entity::find_by_id((self.tenant(), payment.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        let found = found
            .map(collection_row::Model::into_snapshot)
            .transpose()?;
        Ok(found.map(Collection::restore))
    }

    async fn find_by_transaction(
        &mut self,
        account: GatewayAccountId,
        transaction: &str,
    ) -> Result<Option<Collection>, StoreError> {
        let found = collection_row::Entity::find()
            .filter(Expr::col("tenant_id").eq(self.tenant()))
            .filter(Expr::col("transaction_id").eq(transaction))
            .filter(Expr::col("gateway_account_id").eq(account.uuid()))
            .one(self.connection())
            .await
            .stored()?;
        let found = found
            .map(collection_row::Model::into_snapshot)
            .transpose()?;
        Ok(found.map(Collection::restore))
    }

    async fn save(&mut self, collection: &mut Collection) -> Result<(), StoreError> {
        let it = collection.snapshot();
        let (identity, version) = ((self.tenant(), it.payment.uuid()), it.version);
        let row = collection_row::Model::of(self.tenant(), it);
        row::save::<collection_row::Entity, _>(self.connection(), row, identity, version).await?;
        collection.saved_as(version + 1);
        Ok(())
    }
}

#[async_trait]
impl ProviderRefundRepository for Tx {
    async fn find(&mut self, id: RefundId) -> Result<Option<ProviderRefund>, StoreError> {
        let wanted = refund_row::Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        let found = found.map(refund_row::Model::into_snapshot).transpose()?;
        Ok(found.map(ProviderRefund::restore))
    }

    async fn under_way(&mut self, payment: PaymentId) -> Result<Vec<ProviderRefund>, StoreError> {
        let found = refund_row::Entity::find()
            .filter(Expr::col("tenant_id").eq(self.tenant()))
            .filter(Expr::col("payment_id").eq(payment.uuid()))
            .filter(Expr::col("status").is_in(["waiting", "unbooked"]))
            .all(self.connection())
            .await
            .stored()?;
        let found = found.into_iter().map(refund_row::Model::into_snapshot);
        found.map(|it| it.map(ProviderRefund::restore)).collect()
    }

    async fn save(&mut self, refund: &mut ProviderRefund) -> Result<(), StoreError> {
        let (id, version) = (refund.snapshot().id, refund.snapshot().version);
        let row = refund_row::Model::of(self.tenant(), refund.snapshot());
        let identity = (self.tenant(), id.uuid());
        row::save::<refund_row::Entity, _>(self.connection(), row, identity, version).await?;
        self.record(id, refund.take_events())?;
        refund.saved_as(version + 1);
        Ok(())
    }
}

#[async_trait]
impl ReconciliationRepository for Tx {
    async fn find(&mut self, id: ReconciliationId) -> Result<Option<Reconciliation>, StoreError> {
        let wanted = reconciliation_row::Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        let found = found.map(reconciliation_row::Model::into_snapshot);
        Ok(found.transpose()?.map(Reconciliation::restore))
    }

    async fn save(&mut self, reconciliation: &mut Reconciliation) -> Result<(), StoreError> {
        let it = reconciliation.snapshot();
        let (id, version) = (it.id, it.version);
        let row = reconciliation_row::Model::of(self.tenant(), it)?;
        let identity = (self.tenant(), id.uuid());
        row::save::<reconciliation_row::Entity, _>(self.connection(), row, identity, version)
            .await?;
        self.record(id, reconciliation.take_events())?;
        reconciliation.saved_as(version + 1);
        Ok(())
    }
}
