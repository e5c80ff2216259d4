//! The widened transaction of a sale: billing and access in one.

use async_trait::async_trait;
use kernel::{Scope, StoreError};
use workflows::{SubscriptionStore, SubscriptionTx};

use crate::store::Store;
use crate::tx::Tx;

impl SubscriptionTx for Tx {}

#[async_trait]
impl SubscriptionStore for Store {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn SubscriptionTx>, StoreError> {
        Ok(Box::new(self.transaction(scope).await?))
    }
}
