//! Promises about forgetting: only what is over, the oldest first, in bounded batches.

use kernel::{InvoiceId, InvoiceKind, JobId, JobRequest, Kind, NewEvent, PageRequest, Timestamp};
use serde_json::json;

use super::{CONTRACT_EVENT, CONTRACT_HANDLERS, World, after, minutes, noon, parked};
use crate::aggregate_ref::AggregateRef;
use crate::delivery::DeliveryState;
use crate::job::JobStateName;
use crate::ports::claims::{ClaimedJob, Outcome};
use crate::ports::housekeeping::JobKinds;
use crate::ports::reads::DeliveryFilter;

/// Later than anything that the contract does.
fn next_year() -> Timestamp {
    after(600_000)
}

impl World<'_> {
    pub(super) async fn forgetting(&self) {
        self.everything_over_is_forgotten().await;
        self.the_longest_over_go_first_and_by_kind().await;
        self.what_waits_runs_or_needs_a_person_stays().await;
        self.deliveries_that_are_done_are_forgotten_and_no_others()
            .await;
        self.events_stay_while_a_delivery_needs_them().await;
    }

    async fn forget_jobs(&self, kinds: JobKinds<'_>, before: Timestamp, limit: u32) -> u64 {
        let forgotten = self.ports.housekeeping.forget_jobs(kinds, before, limit);
        forgotten.await.unwrap()
    }

    async fn everything_over_is_forgotten(&self) {
        while self.forget_jobs(JobKinds::All, next_year(), 3).await > 0 {}
        let housekeeping = self.ports.housekeeping;
        while housekeeping
            .forget_deliveries(next_year(), 3)
            .await
            .unwrap()
            > 0
        {}
        assert_eq!(self.forget_jobs(JobKinds::All, next_year(), 9).await, 0);
    }

    /// A job that a worker has.
    async fn begun(&self, kind: &str) -> ClaimedJob {
        let id = self.enqueue(self.request(kind)).await;
        let claimed = self.claim(noon()).await;
        claimed.into_iter().find(|it| it.id == id).expect("claimed")
    }

    async fn ended(&self, kind: &str, outcome: Outcome, at: Timestamp) -> JobId {
        let job = self.begun(kind).await;
        assert!(self.finish(&job, outcome, at).await);
        job.id
    }

    async fn exists(&self, job: JobId) -> bool {
        let found = self.ports.queries.job(self.scope.tenant, job).await;
        found.unwrap().is_some()
    }

    async fn the_longest_over_go_first_and_by_kind(&self) {
        let last = self.ended("working", Outcome::Done, after(3)).await;
        let first = self.ended("working", Outcome::Done, after(1)).await;
        let poll = self.ended("polling", Outcome::Done, after(2)).await;
        let only = JobKinds::Only(&["polling", "watching"]);
        assert_eq!(self.forget_jobs(only, after(2), 9).await, 0);
        assert_eq!(self.forget_jobs(only, after(3), 9).await, 1);
        assert!(!self.exists(poll).await);
        assert_eq!(self.forget_jobs(JobKinds::All, after(9), 1).await, 1);
        assert!(!self.exists(first).await && self.exists(last).await);
        assert_eq!(self.forget_jobs(JobKinds::All, after(9), 1).await, 1);
        assert!(!self.exists(last).await);
    }

    async fn what_waits_runs_or_needs_a_person_stays(&self) {
        let stuck = self.ended("stuck", parked(), after(1)).await;
        let running = self.begun("running").await;
        let request = JobRequest {
            run_at: after(500),
            ..self.request("waiting")
        };
        let waiting = self.enqueue(request).await;
        let pointless = self.enqueue(self.request("pointless")).await;
        let control = self.ports.control;
        let cancelled = control.cancel(self.scope.tenant, pointless, after(1));
        cancelled.await.unwrap();
        assert_eq!(self.forget_jobs(JobKinds::All, next_year(), 9).await, 1);
        assert!(!self.exists(pointless).await);
        for (job, state) in [
            (stuck, JobStateName::Parked),
            (running.id, JobStateName::Running),
            (waiting, JobStateName::Queued),
        ] {
            assert_eq!(self.state(job).await, state);
        }
        self.done(&[running], noon()).await;
        let cancelled = control.cancel(self.scope.tenant, waiting, after(1));
        cancelled.await.unwrap();
    }

    /// An event whose first delivery is done and whose second is left to the caller's outcome.
    async fn delivered(&self, second: Outcome) -> InvoiceId {
        let invoice: InvoiceId = self.ids.next();
        let event = NewEvent {
            aggregate_kind: InvoiceKind::PREFIX,
            aggregate_id: invoice.uuid(),
            name: CONTRACT_EVENT,
            version: 1,
            body: json!({}),
        };
        self.ports.feed.record(&self.scope, vec![event]).await;
        let claimed = self.claim_deliveries(after(700), 50).await;
        for delivery in claimed {
            let is_first = delivery.handler == CONTRACT_HANDLERS[0];
            let outcome = match is_first {
                true => Outcome::Done,
                false => second.clone(),
            };
            let at = after(700).plus(minutes(1));
            assert!(self.finish_delivery(&delivery, outcome, at).await);
        }
        invoice
    }

    async fn deliveries_that_are_done_are_forgotten_and_no_others(&self) {
        self.delivered(parked()).await;
        let housekeeping = self.ports.housekeeping;
        let early = housekeeping.forget_deliveries(after(700), 9).await;
        assert_eq!(early.unwrap(), 0);
        let forgotten = housekeeping.forget_deliveries(after(702), 9).await;
        assert_eq!(forgotten.unwrap(), 1);
        let page = PageRequest::new(200, None);
        let filter = DeliveryFilter::default();
        let left = self
            .ports
            .queries
            .deliveries(self.scope.tenant, filter, page);
        let left = left.await.unwrap().items;
        assert!(left.iter().any(|it| it.state == DeliveryState::Parked));
        assert!(left.iter().all(|it| it.state != DeliveryState::Done));
    }

    async fn events_stay_while_a_delivery_needs_them(&self) {
        let needed = self.delivered(parked()).await;
        let heard = self.delivered(Outcome::Done).await;
        let newest = self.delivered(Outcome::Done).await;
        let housekeeping = self.ports.housekeeping;
        let long_ago = noon().minus(minutes(600_000));
        let none = housekeeping.forget_events(long_ago, 9).await;
        assert_eq!(none.unwrap(), 0);
        while housekeeping.forget_events(next_year(), 5).await.unwrap() > 0 {}
        for (invoice, stays) in [(needed, true), (heard, false), (newest, true)] {
            let aggregate = AggregateRef::of(invoice);
            let page = PageRequest::default();
            let events = self
                .ports
                .queries
                .events_of(self.scope.tenant, &aggregate, page);
            let count = events.await.unwrap().items.len();
            assert_eq!(count, usize::from(stays), "{invoice}");
        }
    }
}
