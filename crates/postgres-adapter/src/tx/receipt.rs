//! Writes the answer to an idempotent request next to its effect.

use kernel::StoreError;
use sea_orm::Value;

use super::Tx;
use crate::sql;

impl Tx {
    /// Fails with [`StoreError::Duplicate`] of `idempotency_keys` if the request has been answered already.
    pub(super) async fn write_receipt(&mut self) -> Result<(), StoreError> {
        let Some(receipt) = self.scope.receipt.take() else {
            return Ok(());
        };
        let now = self.surroundings.clock.now();
        let values: [Value; 7] = [
            self.tenant().into(),
            receipt.key.operator.uuid().into(),
            receipt.key.route.into(),
            receipt.key.key.into(),
            receipt.digest.to_vec().into(),
            receipt.answer.into(),
            now.utc().into(),
        ];
        sql::execute(&self.inner, RECEIPT, values).await?;
        Ok(())
    }
}

const RECEIPT: &str = "\
INSERT INTO idempotency_keys (tenant_id, operator_id, route, key, digest, answer, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)";
