//! A job: queued, running, then done, parked or cancelled; back in the queue after a failure that may pass.

use chrono::Duration;
use kernel::{JobId, JobRequest, Lane, Priority, TenantId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ports::claims::{ClaimedJob, Outcome};
use crate::ports::reads::JobView;

/// Where a job stands, with what belongs to that state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// Waits for its time, its lane and a worker.
    Queued,
    /// Held by a worker.
    Running {
        /// Who holds it.
        worker: String,
        /// When the lease ends; afterwards anybody may take it.
        until: Timestamp,
    },
    /// The work is done.
    Done {
        /// Since when.
        at: Timestamp,
    },
    /// Failed for good, until a person looks at it.
    Parked {
        /// Since when.
        at: Timestamp,
    },
    /// A person or a later job with the same key made it pointless.
    Cancelled {
        /// Since when.
        at: Timestamp,
    },
}

/// The state of a job in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStateName {
    /// Waits.
    Queued,
    /// Held by a worker.
    Running,
    /// Done.
    Done,
    /// Needs a person.
    Parked,
    /// Pointless.
    Cancelled,
}

impl JobStateName {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Done,
        Self::Parked,
        Self::Cancelled,
    ];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Parked => "parked",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl JobState {
    /// The state in one word.
    #[must_use]
    pub const fn name(&self) -> JobStateName {
        match self {
            Self::Queued => JobStateName::Queued,
            Self::Running { .. } => JobStateName::Running,
            Self::Done { .. } => JobStateName::Done,
            Self::Parked { .. } => JobStateName::Parked,
            Self::Cancelled { .. } => JobStateName::Cancelled,
        }
    }
}

/// Why a job refuses what an operator asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JobRefusal {
    /// What is done cannot be cancelled.
    #[error("it is done already")]
    Done,
    /// Only a parked or cancelled job, or a parked delivery, can be put back.
    #[error("it runs or is done; only what is parked or cancelled can be put back")]
    NotStopped,
    /// Another job with the same unique key waits already.
    #[error("another job for the same work waits already")]
    TwinWaits,
}

/// Everything a job consists of, for stores.
#[derive(Debug, Clone, PartialEq)]
pub struct JobSnapshot {
    /// The tenant it belongs to.
    pub tenant: TenantId,
    /// What was asked for; `run_at` moves with retries.
    pub request: JobRequest,
    /// Where it stands.
    pub state: JobState,
    /// Attempts begun.
    pub attempts: u16,
    /// Steps done.
    pub done: u64,
    /// Steps in total, if known.
    pub total: Option<u64>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: Timestamp,
}

/// A stored job that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImpossibleJob {
    /// It must have at least one attempt.
    #[error("a job needs at least one attempt")]
    NoAttempts,
    /// It runs although no attempt has begun.
    #[error("a job runs without an attempt")]
    RunsUnbegun,
}

/// A unit of background work.
#[derive(Debug, Clone, PartialEq)]
pub struct Job(JobSnapshot);

impl Job {
    /// A job that has just been asked for.
    #[must_use]
    pub fn queued(tenant: TenantId, request: JobRequest, now: Timestamp) -> Self {
        let total = request.total;
        Self(JobSnapshot {
            tenant,
            request,
            state: JobState::Queued,
            attempts: 0,
            done: 0,
            total,
            last_error: None,
            created_at: now,
        })
    }

    /// A job as a store kept it.
    ///
    /// # Errors
    /// [`ImpossibleJob`] if no sequence of verbs leads there.
    pub fn restore(snapshot: JobSnapshot) -> Result<Self, ImpossibleJob> {
        if snapshot.request.max_attempts == 0 {
            return Err(ImpossibleJob::NoAttempts);
        }
        if matches!(snapshot.state, JobState::Running { .. }) && snapshot.attempts == 0 {
            return Err(ImpossibleJob::RunsUnbegun);
        }
        Ok(Self(snapshot))
    }

    /// Everything it consists of.
    #[must_use]
    pub fn snapshot(&self) -> JobSnapshot {
        self.0.clone()
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> JobId {
        self.0.request.id
    }

    /// The tenant it belongs to.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &JobState {
        &self.0.state
    }

    /// What it must not run beside.
    #[must_use]
    pub const fn lane(&self) -> &Lane {
        &self.0.request.lane
    }

    /// The key that keeps the same work from waiting twice.
    #[must_use]
    pub fn unique_key(&self) -> Option<&str> {
        self.0.request.unique_key.as_deref()
    }

    /// What decides who is claimed first: priority, then time, then age.
    #[must_use]
    pub const fn place_in_queue(&self) -> (Priority, Timestamp, JobId) {
        (self.0.request.priority, self.0.request.run_at, self.id())
    }

    /// Whether a worker holds it under a lease that has not lapsed.
    #[must_use]
    pub fn is_held(&self, now: Timestamp) -> bool {
        matches!(self.0.state, JobState::Running { until, .. } if until > now)
    }

    /// Whether a worker may take it now, lanes aside.
    #[must_use]
    pub fn is_claimable(&self, now: Timestamp) -> bool {
        match self.0.state {
            JobState::Queued => self.0.request.run_at <= now,
            JobState::Running { until, .. } => until <= now,
            JobState::Done { .. } | JobState::Parked { .. } | JobState::Cancelled { .. } => false,
        }
    }

    /// Hands it to a worker until `now + lease` and counts the attempt; `None` if it is not claimable.
    pub fn claim(&mut self, worker: &str, now: Timestamp, lease: Duration) -> Option<ClaimedJob> {
        if !self.is_claimable(now) {
            return None;
        }
        self.0.attempts = self.0.attempts.saturating_add(1);
        self.0.state = JobState::Running {
            worker: worker.to_owned(),
            until: now.plus(lease),
        };
        Some(self.claimed(worker))
    }

    /// Moves the end of the lease; `false` if the claim is no longer current.
    pub fn extend(&mut self, claim: &ClaimedJob, until: Timestamp) -> bool {
        if !self.is_current(claim) {
            return false;
        }
        self.0.state = JobState::Running {
            worker: claim.worker.clone(),
            until,
        };
        true
    }

    /// Records how far it is; `false` if the claim is no longer current.
    pub fn progress(&mut self, claim: &ClaimedJob, done: u64, total: Option<u64>) -> bool {
        if !self.is_current(claim) {
            return false;
        }
        self.0.done = done;
        self.0.total = total.or(self.0.total);
        true
    }

    /// Records how the attempt ended; `false` if the claim is no longer current.
    pub fn finish(&mut self, claim: &ClaimedJob, outcome: Outcome, now: Timestamp) -> bool {
        if !self.is_current(claim) {
            return false;
        }
        match outcome {
            Outcome::Done => self.complete(now),
            Outcome::Retry { at, error } => self.wait_until(at, error),
            Outcome::Later { at, error } => {
                self.0.attempts = self.0.attempts.saturating_sub(1);
                self.wait_until(at, error);
            }
            Outcome::Parked { error } => {
                self.0.last_error = Some(error);
                self.0.state = JobState::Parked { at: now };
            }
        }
        true
    }

    /// Takes it back from a worker that stops cleanly, without counting the attempt.
    pub fn release(&mut self, worker: &str) {
        if matches!(&self.0.state, JobState::Running { worker: holder, .. } if holder == worker) {
            self.0.attempts = self.0.attempts.saturating_sub(1);
            self.0.state = JobState::Queued;
        }
    }

    /// Makes room for another job with the same unique key that waits already.
    pub fn give_way(&mut self, now: Timestamp) {
        if self.0.state == JobState::Queued {
            self.0.state = JobState::Cancelled { at: now };
        }
    }

    /// A request for the same work came while this one waits: the more urgent priority and the earlier time win.
    pub fn absorb(&mut self, request: &JobRequest) {
        let own = &mut self.0.request;
        own.priority = own.priority.min(request.priority);
        own.run_at = own.run_at.min(request.run_at);
    }

    /// Cancels it; twice is harmless.
    ///
    /// # Errors
    /// [`JobRefusal::Done`] once the work is done.
    pub fn cancel(&mut self, now: Timestamp) -> Result<(), JobRefusal> {
        match self.0.state {
            JobState::Done { .. } => Err(JobRefusal::Done),
            JobState::Cancelled { .. } => Ok(()),
            JobState::Queued | JobState::Running { .. } | JobState::Parked { .. } => {
                self.0.state = JobState::Cancelled { at: now };
                Ok(())
            }
        }
    }

    /// Puts it back into the queue with all its attempts, due at once; harmless if it waits already.
    ///
    /// # Errors
    /// [`JobRefusal::NotStopped`] while it runs or once it is done.
    pub fn requeue(&mut self, now: Timestamp) -> Result<(), JobRefusal> {
        match self.0.state {
            JobState::Queued => Ok(()),
            JobState::Parked { .. } | JobState::Cancelled { .. } => {
                self.0.attempts = 0;
                self.0.request.run_at = now;
                self.0.state = JobState::Queued;
                Ok(())
            }
            JobState::Running { .. } | JobState::Done { .. } => Err(JobRefusal::NotStopped),
        }
    }

    /// The job as people look at it.
    #[must_use]
    pub fn view(&self) -> JobView {
        let JobSnapshot { request, .. } = &self.0;
        JobView {
            id: request.id,
            kind: request.kind.clone(),
            lane: request.lane.clone(),
            priority: request.priority,
            state: self.0.state.name(),
            payload: request.payload.clone(),
            run_at: request.run_at,
            attempts: self.0.attempts,
            max_attempts: request.max_attempts,
            done: self.0.done,
            total: self.0.total,
            last_error: self.0.last_error.clone(),
            created_at: self.0.created_at,
            finished_at: self.finished_at(),
        }
    }

    const fn finished_at(&self) -> Option<Timestamp> {
        match self.0.state {
            JobState::Queued | JobState::Running { .. } => None,
            JobState::Done { at } | JobState::Parked { at } | JobState::Cancelled { at } => {
                Some(at)
            }
        }
    }

    fn is_current(&self, claim: &ClaimedJob) -> bool {
        let held =
            matches!(&self.0.state, JobState::Running { worker, .. } if *worker == claim.worker);
        held && self.0.attempts == claim.attempt
    }

    fn complete(&mut self, now: Timestamp) {
        self.0.last_error = None;
        self.0.state = JobState::Done { at: now };
    }

    fn wait_until(&mut self, at: Timestamp, error: String) {
        self.0.last_error = Some(error);
        self.0.request.run_at = at;
        self.0.state = JobState::Queued;
    }

    fn claimed(&self, worker: &str) -> ClaimedJob {
        let JobSnapshot { request, .. } = &self.0;
        ClaimedJob {
            id: request.id,
            tenant: self.0.tenant,
            kind: request.kind.clone(),
            lane: request.lane.clone(),
            priority: request.priority,
            payload: request.payload.clone(),
            attempt: self.0.attempts,
            max_attempts: request.max_attempts,
            done: self.0.done,
            total: self.0.total,
            worker: worker.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
