//! The widened transactions: a sale writes billing and access in one, a redeemed voucher vouchers and billing.

use async_trait::async_trait;
use billing::BillingTx;
use kernel::{Scope, StoreError};
use workflows::{RedemptionStore, RedemptionTx, SubscriptionStore, SubscriptionTx};

use crate::store::Store;
use crate::tx::Tx;

impl SubscriptionTx for Tx {}

#[async_trait]
impl SubscriptionStore for Store {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn SubscriptionTx>, StoreError> {
        Ok(Box::new(self.transaction(scope).await?))
    }
}

impl RedemptionTx for Tx {
    fn billing(&mut self) -> &mut dyn BillingTx {
        self
    }
}

#[async_trait]
impl RedemptionStore for Store {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn RedemptionTx>, StoreError> {
        Ok(Box::new(self.transaction(scope).await?))
    }
}
