//! What providers have collected and what goes back through them, in maps.

use async_trait::async_trait;
use kernel::{GatewayAccountId, NewEvent, PaymentId, StoreError, TenantId};

use super::{MemoryTx, Rows, Write, check_version, duplicate};
use crate::gateway::{
    COLLECTION_TRANSACTION_UNIQUE, Collection, CollectionRepository, CollectionSnapshot,
    ProviderRefund, ProviderRefundRepository, ProviderRefundSnapshot,
};
use crate::payment::RefundId;

impl Rows {
    pub(super) fn put_collection(
        &mut self,
        tenant: TenantId,
        mut row: CollectionSnapshot,
    ) -> Result<(), StoreError> {
        let key = (tenant, row.payment);
        let stored = self.collections.get(&key).map(|it| it.version);
        check_version(stored, row.version)?;
        let mut others = self
            .collections
            .iter()
            .filter(|it| it.0.0 == tenant && it.0.1 != row.payment);
        let is_known = others.any(|it| {
            it.1.gateway_account == row.gateway_account && it.1.transaction == row.transaction
        });
        if is_known {
            return Err(duplicate(COLLECTION_TRANSACTION_UNIQUE));
        }
        row.version += 1;
        self.collections.insert(key, row);
        Ok(())
    }

    pub(super) fn put_refund(
        &mut self,
        tenant: TenantId,
        mut row: ProviderRefundSnapshot,
    ) -> Result<(), StoreError> {
        let key = (tenant, row.id);
        check_version(self.refunds.get(&key).map(|it| it.version), row.version)?;
        row.version += 1;
        self.refunds.insert(key, row);
        Ok(())
    }
}

#[async_trait]
impl CollectionRepository for MemoryTx {
    async fn find(&mut self, payment: PaymentId) -> Result<Option<Collection>, StoreError> {
        let found = self.rows.collections.get(&(self.tenant, payment));
        Ok(found.cloned().map(Collection::restore))
    }

    async fn find_by_transaction(
        &mut self,
        account: GatewayAccountId,
        transaction: &str,
    ) -> Result<Option<Collection>, StoreError> {
        let mine = self.rows.collections.iter();
        let mut mine = mine.filter(|it| it.0.0 == self.tenant).map(|it| it.1);
        let found = mine.find(|it| it.gateway_account == account && it.transaction == transaction);
        Ok(found.cloned().map(Collection::restore))
    }

    async fn save(&mut self, collection: &mut Collection) -> Result<(), StoreError> {
        let row = collection.snapshot().clone();
        let version = row.version;
        self.write(Write::Collection(row))?;
        collection.saved_as(version + 1);
        Ok(())
    }
}

#[async_trait]
impl ProviderRefundRepository for MemoryTx {
    async fn find(&mut self, id: RefundId) -> Result<Option<ProviderRefund>, StoreError> {
        let found = self.rows.refunds.get(&(self.tenant, id));
        Ok(found.cloned().map(ProviderRefund::restore))
    }

    async fn under_way(&mut self, payment: PaymentId) -> Result<Vec<ProviderRefund>, StoreError> {
        let mine = self.rows.refunds.iter().filter(|it| it.0.0 == self.tenant);
        let open = mine.filter(|it| it.1.payment == payment && it.1.status.is_under_way());
        Ok(open
            .map(|it| ProviderRefund::restore(it.1.clone()))
            .collect())
    }

    async fn save(&mut self, refund: &mut ProviderRefund) -> Result<(), StoreError> {
        let row = refund.snapshot().clone();
        let (id, version) = (row.id, row.version);
        self.write(Write::Refund(row))?;
        for event in refund.take_events() {
            self.write(Write::Event(NewEvent::of(id, &event)?))?;
        }
        refund.saved_as(version + 1);
        Ok(())
    }
}
