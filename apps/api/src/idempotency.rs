//! Requests that act once: the same key and body get the same answer, however often they are sent.
//!
//! The receipt is written in the transaction of the effect, so there is no moment at which one exists without the other.
//! It keeps what is needed to answer again (the ids that were chosen before the transaction), not a copy of the answer.

use kernel::{IdempotencyKey, MayConflict, Receipt, Scope, StoreError, rerun_on_conflict};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::Api;
use crate::extract::Granted;
use crate::problem::{Problem, catalog};

/// What tells a repetition from a new request.
#[derive(Debug)]
pub(crate) struct Attempt {
    key: Option<String>,
    route: String,
    digest: [u8; 32],
}

/// Whether the request acted, or had acted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It acted now.
    First,
    /// An earlier request with the same key had acted.
    Repeated,
}

impl Attempt {
    /// An attempt with the key the client chose, if it chose one.
    #[must_use]
    pub(crate) const fn new(key: Option<String>, route: String, digest: [u8; 32]) -> Self {
        Self { key, route, digest }
    }

    fn identity(&self, granted: &Granted) -> Option<IdempotencyKey> {
        Some(IdempotencyKey {
            operator: granted.operator(),
            route: self.route.clone(),
            key: self.key.clone()?,
        })
    }
}

/// Runs `work` unless an earlier request with the same key has; gives back what that one kept as `answer`.
///
/// A request that loses a race against its twin re-reads the twin's receipt.
///
/// # Errors
/// What `work` fails with, or `idempotency-key-reused` if the key belongs to another body.
pub(crate) async fn once<A, T, E, F, Fut>(
    api: &Api,
    granted: &Granted,
    attempt: &Attempt,
    answer: A,
    work: F,
) -> Result<(A, Turn), Problem>
where
    A: Serialize + DeserializeOwned + Send + Sync,
    T: Send,
    E: MayConflict + Into<Problem> + Send,
    F: Fn(Scope) -> Fut + Send + Sync,
    Fut: Future<Output = Result<T, E>> + Send,
{
    let Some(key) = attempt.identity(granted) else {
        run(granted, work).await?;
        return Ok((answer, Turn::First));
    };
    if let Some(earlier) = find(api, granted, &key, attempt).await? {
        return Ok((earlier, Turn::Repeated));
    }
    let receipt = receipt(key.clone(), attempt, &answer)?;
    let scope = Scope {
        receipt: Some(receipt),
        ..granted.scope()
    };
    let Err(problem) = run_in(&scope, work).await else {
        return Ok((answer, Turn::First));
    };
    match find(api, granted, &key, attempt).await? {
        Some(twin) => Ok((twin, Turn::Repeated)),
        None => Err(problem),
    }
}

/// Runs a use case on the caller's behalf, again if somebody else was faster.
///
/// # Errors
/// What the use case fails with.
pub(crate) async fn run<T, E, F, Fut>(granted: &Granted, work: F) -> Result<T, Problem>
where
    E: MayConflict + Into<Problem> + Send,
    F: Fn(Scope) -> Fut + Send + Sync,
    Fut: Future<Output = Result<T, E>> + Send,
{
    run_in(&granted.scope(), work).await
}

async fn run_in<T, E, F, Fut>(scope: &Scope, work: F) -> Result<T, Problem>
where
    E: MayConflict + Into<Problem> + Send,
    F: Fn(Scope) -> Fut + Send + Sync,
    Fut: Future<Output = Result<T, E>> + Send,
{
    rerun_on_conflict(|| work(scope.clone()))
        .await
        .map_err(Into::into)
}

async fn find<A: DeserializeOwned>(
    api: &Api,
    granted: &Granted,
    key: &IdempotencyKey,
    attempt: &Attempt,
) -> Result<Option<A>, Problem> {
    let Some(stored) = api.ports.receipts.find(granted.tenant(), key).await? else {
        return Ok(None);
    };
    if stored.digest != attempt.digest {
        return Err(Problem::of(&catalog::KEY_REUSED)
            .detail("choose a new Idempotency-Key for a request with another body"));
    }
    let answer = serde_json::from_value(stored.answer).map_err(StoreError::corrupt)?;
    Ok(Some(answer))
}

fn receipt<A: Serialize>(
    key: IdempotencyKey,
    attempt: &Attempt,
    answer: &A,
) -> Result<Receipt, Problem> {
    let answer = serde_json::to_value(answer).map_err(StoreError::corrupt)?;
    Ok(Receipt {
        key,
        digest: attempt.digest,
        answer,
    })
}
