//! Finds the answers already given to idempotent requests.

use async_trait::async_trait;
use serde_json::Value;

use crate::ids::TenantId;
use crate::scope::IdempotencyKey;
use crate::store::StoreError;
use crate::time::Timestamp;

/// An answer that was given, as the store kept it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredReceipt {
    /// SHA-256 of the body that was answered.
    pub digest: [u8; 32],
    /// What is needed to answer again.
    pub answer: Value,
}

/// Reads what transactions wrote as [`crate::Receipt`]s.
#[async_trait]
pub trait Receipts: Send + Sync {
    /// The answer given to this request of a tenant, if any.
    async fn find(
        &self,
        tenant: TenantId,
        key: &IdempotencyKey,
    ) -> Result<Option<StoredReceipt>, StoreError>;

    /// Forgets, for every tenant, answers given before an instant. Returns how many.
    async fn prune(&self, before: Timestamp) -> Result<u64, StoreError>;
}
