//! Takes the order for a batch and puts the making of its vouchers in the queue.

use kernel::{
    BatchId, Clock, JobId, JobRequest, Lane, MayConflict, Money, Name, PlanId, Priority, ProfileId,
    RouterId, Scope, StoreError,
};

use crate::batch::{BadBatch, Batch, NewBatch};
use crate::code::{Alphabet, CodeStyle};
use crate::ports::VouchersStore;
use crate::validity::Validity;

/// The kind of the job that makes the vouchers; its payload is `{"batch": "bat_…"}`.
const GENERATE: &str = "generate_vouchers";

/// Orders a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderBatch {
    /// The id the batch will have.
    pub id: BatchId,
    /// The id the job will have.
    pub job: JobId,
    /// What people call it.
    pub name: Name,
    /// What is sold.
    pub plan: PlanId,
    /// The plan's technical side.
    pub profile: ProfileId,
    /// Where the vouchers are valid.
    pub router: RouterId,
    /// How many, 1 to 50,000.
    pub count: u32,
    /// What codes are drawn from.
    pub alphabet: Alphabet,
    /// Random characters in a code, 4 to 16 and at least the floor for `count`.
    pub length: u8,
    /// What stands before them, at most 8 characters.
    pub prefix: String,
    /// The clocks.
    pub validity: Validity,
    /// What one costs.
    pub price: Money,
}

/// Why the order was not taken.
#[derive(Debug, thiserror::Error)]
pub enum OrderBatchError {
    /// The order breaks a rule.
    #[error("the order breaks a rule")]
    Refused(#[from] BadBatch),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for OrderBatchError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Stores the order and the job that will fill it, in one transaction.
///
/// # Errors
/// [`OrderBatchError::Refused`] names the rule; nothing is stored then.
pub async fn order_batch(
    store: &dyn VouchersStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: OrderBatch,
) -> Result<(), OrderBatchError> {
    let now = clock.now();
    let job = generation_job(&command, now);
    let style = CodeStyle::new(command.alphabet, command.length, &command.prefix)
        .map_err(BadBatch::Style)?;
    let order = NewBatch {
        id: command.id,
        name: command.name,
        plan: command.plan,
        profile: command.profile,
        router: command.router,
        count: command.count,
        style,
        validity: command.validity,
        price: command.price,
    };
    let mut batch = Batch::order(order, now)?;
    let mut tx = store.begin(scope).await?;
    tx.batches().save(&mut batch).await?;
    tx.enqueue(job).await?;
    tx.commit().await?;
    Ok(())
}

fn generation_job(command: &OrderBatch, now: kernel::Timestamp) -> JobRequest {
    JobRequest {
        id: command.job,
        kind: GENERATE.to_owned(),
        lane: Lane::named(format!("batch:{}", command.id)),
        priority: Priority::Normal,
        run_at: now,
        unique_key: Some(format!("{GENERATE}:{}", command.id)),
        payload: serde_json::json!({ "batch": command.id }),
        max_attempts: 20,
        total: Some(u64::from(command.count)),
    }
}
