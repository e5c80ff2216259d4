//! Marks the handled delivery done in the handler's own transaction, so that a repeat is harmless.

use kernel::StoreError;

use super::{DELIVERY_DONE_ALREADY, Tx};
use crate::sql;

impl Tx {
    /// Whoever marks it first wins: the row stays locked until the commit, and whoever comes second finds it done.
    /// The lease does not matter here, because doing the work twice is what must not happen.
    pub(super) async fn finish_delivery(&self) -> Result<(), StoreError> {
        let Some(delivery) = self.scope.delivery else {
            return Ok(());
        };
        let now = self.surroundings.clock.now();
        let values = [
            self.tenant().into(),
            delivery.uuid().into(),
            now.utc().into(),
        ];
        if sql::execute(&self.inner, DONE, values).await? == 0 {
            let constraint = DELIVERY_DONE_ALREADY.to_owned();
            return Err(StoreError::Duplicate { constraint });
        }
        Ok(())
    }
}

const DONE: &str = "\
UPDATE deliveries SET state = 'done', finished_at = $3, worker = NULL, last_error = NULL
WHERE tenant_id = $1 AND id = $2 AND state <> 'done'";
