//! Promises about how attempts end, and about work that must not wait twice.

use kernel::{JobRequest, Priority};

use super::{World, after, later, noon, parked, retry};
use crate::job::JobStateName;
use crate::ports::claims::Outcome;

impl World<'_> {
    pub(super) async fn ending(&self) {
        self.progress_is_seen_while_it_runs().await;
        self.a_failure_waits_and_counts().await;
        self.waiting_for_something_does_not_count().await;
        self.what_failed_for_good_waits_for_a_person().await;
        self.the_same_work_waits_once_and_takes_the_more_urgent()
            .await;
        self.the_same_work_may_wait_while_it_runs().await;
        self.a_retry_gives_way_to_the_same_work_that_waits().await;
    }

    async fn progress_is_seen_while_it_runs(&self) {
        let id = self.enqueue(self.request("counting")).await;
        let job = self.claim_one(noon()).await;
        assert!(self.ports.jobs.progress(&job, 4, None).await.unwrap());
        let view = self.view(id).await;
        assert_eq!((view.done, view.total), (4, Some(10)));
        assert!(self.ports.jobs.progress(&job, 5, Some(20)).await.unwrap());
        let view = self.view(id).await;
        assert_eq!((view.done, view.total), (5, Some(20)));
        self.done(&[job], noon()).await;
    }

    async fn a_failure_waits_and_counts(&self) {
        let id = self.enqueue(self.request("failing")).await;
        let job = self.claim_one(noon()).await;
        assert!(self.finish(&job, retry(after(5)), noon()).await);
        let view = self.view(id).await;
        assert_eq!((view.state, view.attempts), (JobStateName::Queued, 1));
        assert_eq!(view.last_error.as_deref(), Some("the router hung up"));
        assert_eq!((view.run_at, view.finished_at), (after(5), None));
        assert!(!self.finish(&job, Outcome::Done, noon()).await);
        assert_eq!(self.claim(after(4)).await, []);
        let again = self.claim_one(after(5)).await;
        assert_eq!(again.attempt, 2);
        self.done(&[again], after(5)).await;
        assert_eq!(self.view(id).await.last_error, None);
    }

    async fn waiting_for_something_does_not_count(&self) {
        let id = self.enqueue(self.request("patient")).await;
        for minute in 1..4 {
            let job = self.claim_one(after(minute)).await;
            assert_eq!(job.attempt, 1);
            assert!(
                self.finish(&job, later(after(minute + 1)), after(minute))
                    .await
            );
        }
        let view = self.view(id).await;
        assert_eq!((view.state, view.attempts), (JobStateName::Queued, 0));
        assert_eq!(view.last_error.as_deref(), Some("the router is away"));
        let job = self.claim_one(after(4)).await;
        self.done(&[job], after(4)).await;
    }

    async fn what_failed_for_good_waits_for_a_person(&self) {
        let id = self.enqueue(self.request("broken")).await;
        let job = self.claim_one(noon()).await;
        assert!(self.finish(&job, parked(), after(1)).await);
        let view = self.view(id).await;
        assert_eq!(
            (view.state, view.finished_at),
            (JobStateName::Parked, Some(after(1)))
        );
        assert_eq!(view.last_error.as_deref(), Some("wrong password"));
        assert_eq!(self.claim(after(999)).await, []);
    }

    async fn the_same_work_waits_once_and_takes_the_more_urgent(&self) {
        let first = JobRequest {
            run_at: after(10),
            ..self.keyed("sync:1")
        };
        let urgent = JobRequest {
            priority: Priority::Critical,
            run_at: after(5),
            ..self.keyed("sync:1")
        };
        let calm = JobRequest {
            priority: Priority::Low,
            run_at: after(20),
            ..self.keyed("sync:1")
        };
        let id = self.enqueue(first).await;
        let absorbed = self.enqueue_for(&self.scope, vec![urgent, calm]).await;
        for id in absorbed {
            let view = self.ports.queries.job(self.scope.tenant, id).await;
            assert_eq!(view.unwrap(), None);
        }
        let view = self.view(id).await;
        assert_eq!((view.priority, view.run_at), (Priority::Critical, after(5)));
        let job = self.claim_one(after(5)).await;
        assert_eq!(job.id, id);
        self.done(&[job], after(5)).await;
        let afterwards = self.enqueue(self.keyed("sync:1")).await;
        let job = self.claim_one(after(5)).await;
        assert_eq!(job.id, afterwards);
        self.done(&[job], after(5)).await;
    }

    async fn the_same_work_may_wait_while_it_runs(&self) {
        self.enqueue(self.keyed("sync:2")).await;
        let running = self.claim_one(noon()).await;
        let waiting = self.enqueue(self.keyed("sync:2")).await;
        assert_eq!(self.state(waiting).await, JobStateName::Queued);
        self.done(&[running], noon()).await;
        let job = self.claim_one(noon()).await;
        assert_eq!(job.id, waiting);
        self.done(&[job], noon()).await;
    }

    async fn a_retry_gives_way_to_the_same_work_that_waits(&self) {
        for outcome in [retry(after(5)), later(after(5))] {
            let first = self.enqueue(self.keyed("sync:3")).await;
            let running = self.claim_one(noon()).await;
            let waiting = self.enqueue(self.keyed("sync:3")).await;
            assert!(self.finish(&running, outcome, noon()).await);
            assert_eq!(self.state(first).await, JobStateName::Cancelled);
            let job = self.claim_one(after(9)).await;
            assert_eq!(job.id, waiting);
            self.done(&[job], after(9)).await;
        }
    }
}
