//! Deliveries on the fake: one aggregate's events reach one handler in order and one at a time.

use async_trait::async_trait;
use chrono::Duration;
use kernel::{DeliveryId, EventRow, StoreError, Timestamp};

use super::{MemoryJobs, Rows};
use crate::delivery::DeliveryState;
use crate::job::JobRefusal;
use crate::ports::claims::{ClaimedDelivery, DeliveryClaims, Outcome};
use crate::ports::reads::DeliveryView;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Delivery {
    pub(super) id: DeliveryId,
    pub(super) handler: String,
    pub(super) event: EventRow,
    pub(super) state: DeliveryState,
    holder: Option<(String, Timestamp)>,
    run_at: Timestamp,
    done_at: Option<Timestamp>,
    attempts: u16,
    last_error: Option<String>,
}

impl Delivery {
    pub(super) fn new(id: DeliveryId, handler: String, event: EventRow) -> Self {
        Self {
            id,
            handler,
            state: DeliveryState::Waiting,
            holder: None,
            run_at: event.occurred_at,
            done_at: None,
            attempts: 0,
            last_error: None,
            event,
        }
    }

    /// Done together with the handler's transaction; a second time is somebody else's success.
    pub(super) fn complete(&mut self) -> Result<(), StoreError> {
        if self.state == DeliveryState::Done {
            return Err(StoreError::Conflict);
        }
        self.rest(DeliveryState::Done);
        Ok(())
    }

    pub(super) fn release(&mut self, worker: &str) {
        if self
            .holder
            .as_ref()
            .is_some_and(|(holder, _)| holder == worker)
        {
            self.attempts = self.attempts.saturating_sub(1);
            self.rest(DeliveryState::Waiting);
        }
    }

    pub(super) fn requeue(&mut self, now: Timestamp) -> Result<(), JobRefusal> {
        match self.state {
            DeliveryState::Waiting => Ok(()),
            DeliveryState::Running | DeliveryState::Done => Err(JobRefusal::NotStopped),
            DeliveryState::Parked => {
                self.attempts = 0;
                self.run_at = now;
                self.rest(DeliveryState::Waiting);
                Ok(())
            }
        }
    }

    pub(super) fn view(&self) -> DeliveryView {
        DeliveryView {
            id: self.id,
            handler: self.handler.clone(),
            state: self.state,
            event: self.event.id,
            event_name: self.event.name.clone(),
            occurred_at: self.event.occurred_at,
            attempts: self.attempts,
            run_at: self.run_at,
            last_error: self.last_error.clone(),
        }
    }

    fn rest(&mut self, state: DeliveryState) {
        self.holder = None;
        self.state = state;
    }

    fn is_claimable(&self, now: Timestamp) -> bool {
        match (self.state, &self.holder) {
            (DeliveryState::Waiting, _) => self.run_at <= now,
            (DeliveryState::Running, Some((_, until))) => *until <= now,
            _ => false,
        }
    }

    /// Whether this one must be through before `later` may be handed out.
    fn holds_back(&self, later: &Self) -> bool {
        let same = self.handler == later.handler
            && self.event.tenant == later.event.tenant
            && self.event.aggregate_kind == later.event.aggregate_kind
            && self.event.aggregate_id == later.event.aggregate_id;
        let open = matches!(self.state, DeliveryState::Waiting | DeliveryState::Running);
        same && open && self.event.position < later.event.position
    }

    fn claim(&mut self, worker: &str, until: Timestamp) -> ClaimedDelivery {
        self.attempts = self.attempts.saturating_add(1);
        self.state = DeliveryState::Running;
        self.holder = Some((worker.to_owned(), until));
        ClaimedDelivery {
            id: self.id,
            tenant: self.event.tenant,
            handler: self.handler.clone(),
            event: self.event.clone(),
            attempt: self.attempts,
            worker: worker.to_owned(),
        }
    }

    /// Whether it was done before an instant; one done with a handler's own transaction counts from its event.
    pub(super) fn was_done_before(&self, at: Timestamp) -> bool {
        let done_at = self.done_at.unwrap_or(self.event.occurred_at);
        self.state == DeliveryState::Done && done_at < at
    }

    fn finish(&mut self, claim: &ClaimedDelivery, outcome: Outcome, now: Timestamp) -> bool {
        let held = self
            .holder
            .as_ref()
            .is_some_and(|(holder, _)| *holder == claim.worker);
        if !held || self.attempts != claim.attempt {
            return false;
        }
        match outcome {
            Outcome::Done => {
                self.done_at = Some(now);
                self.rest(DeliveryState::Done);
            }
            Outcome::Retry { at, error } => self.wait_until(at, error),
            Outcome::Later { at, error } => {
                self.attempts = self.attempts.saturating_sub(1);
                self.wait_until(at, error);
            }
            Outcome::Parked { error } => {
                self.last_error = Some(error);
                self.rest(DeliveryState::Parked);
            }
        }
        true
    }

    fn wait_until(&mut self, at: Timestamp, error: String) {
        self.last_error = Some(error);
        self.run_at = at;
        self.rest(DeliveryState::Waiting);
    }
}

impl Rows {
    fn next_delivery(&self, now: Timestamp) -> Option<DeliveryId> {
        self.deliveries
            .values()
            .filter(|it| it.is_claimable(now))
            .filter(|it| !self.deliveries.values().any(|other| other.holds_back(it)))
            .min_by_key(|it| (it.event.position, it.id))
            .map(|it| it.id)
    }
}

#[async_trait]
impl DeliveryClaims for MemoryJobs {
    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        let mut rows = self.lock();
        let mut claimed = Vec::new();
        while claimed.len() < usize::from(limit) {
            let next = rows.next_delivery(now);
            let Some(delivery) = next.and_then(|it| rows.deliveries.get_mut(&it)) else {
                break;
            };
            claimed.push(delivery.claim(worker, now.plus(lease)));
        }
        Ok(claimed)
    }

    async fn finish(
        &self,
        delivery: &ClaimedDelivery,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut rows = self.lock();
        let stored = rows.deliveries.get_mut(&delivery.id);
        Ok(stored.is_some_and(|it| it.finish(delivery, outcome, now)))
    }
}
