//! Promises to operators: cancel, put back, list, repeat.

use chrono::Duration;
use kernel::{Cursor, JobId, JobRequest, Lane, PageRequest, Priority, TenantId, Timestamp};
use serde_json::json;

use super::{World, after, minutes, noon, parked, retry};
use crate::job::{JobRefusal, JobStateName};
use crate::ports::claims::Outcome;
use crate::ports::control::ControlError;
use crate::ports::reads::JobFilter;

impl World<'_> {
    pub(super) async fn steering(&self) {
        self.what_is_cancelled_never_runs().await;
        self.a_running_job_learns_that_it_was_cancelled().await;
        self.what_is_done_is_not_cancelled().await;
        self.what_was_parked_or_cancelled_starts_afresh().await;
        self.what_runs_or_is_done_is_not_put_back().await;
        self.nothing_is_put_back_beside_the_same_work().await;
        self.strangers_see_and_change_nothing().await;
        self.lists_run_from_the_newest_and_are_filtered().await;
        self.the_backlog_counts_what_waits().await;
        self.a_schedule_fires_once_however_late().await;
        self.a_shorter_interval_counts_at_once().await;
    }

    async fn cancel(&self, job: JobId) -> Result<(), ControlError> {
        self.ports
            .control
            .cancel(self.scope.tenant, job, after(1))
            .await
    }

    async fn requeue(&self, job: JobId, now: Timestamp) -> Result<(), ControlError> {
        self.ports
            .control
            .requeue(self.scope.tenant, job, now)
            .await
    }

    async fn what_is_cancelled_never_runs(&self) {
        let id = self.enqueue(self.request("pointless")).await;
        self.cancel(id).await.unwrap();
        self.cancel(id).await.unwrap();
        let view = self.view(id).await;
        assert_eq!(
            (view.state, view.finished_at),
            (JobStateName::Cancelled, Some(after(1)))
        );
        assert_eq!(self.claim(after(999)).await, []);
    }

    async fn a_running_job_learns_that_it_was_cancelled(&self) {
        let lane = Lane::named("l:cancelled");
        let id = self
            .enqueue(JobRequest {
                lane: lane.clone(),
                ..self.request("stopped")
            })
            .await;
        let job = self.claim_one(noon()).await;
        self.cancel(id).await.unwrap();
        assert!(!self.ports.jobs.progress(&job, 5, None).await.unwrap());
        assert!(!self.ports.jobs.extend(&job, after(5)).await.unwrap());
        assert!(!self.finish(&job, Outcome::Done, noon()).await);
        assert_eq!(self.state(id).await, JobStateName::Cancelled);
        self.enqueue(JobRequest {
            lane,
            ..self.request("next")
        })
        .await;
        let next = self.claim_one(noon()).await;
        self.done(&[next], noon()).await;
    }

    async fn what_is_done_is_not_cancelled(&self) {
        let id = self.enqueue(self.request("through")).await;
        let job = self.claim_one(noon()).await;
        self.done(&[job], noon()).await;
        let refused = self.cancel(id).await;
        assert!(
            matches!(refused, Err(ControlError::Refused(JobRefusal::Done))),
            "{refused:?}"
        );
        assert_eq!(self.state(id).await, JobStateName::Done);
    }

    async fn what_was_parked_or_cancelled_starts_afresh(&self) {
        let id = self.enqueue(self.request("second chance")).await;
        let job = self.claim_one(noon()).await;
        self.finish(&job, parked(), noon()).await;
        self.requeue(id, after(7)).await.unwrap();
        self.requeue(id, after(8)).await.unwrap();
        let view = self.view(id).await;
        assert_eq!((view.state, view.attempts), (JobStateName::Queued, 0));
        assert_eq!((view.run_at, view.finished_at), (after(7), None));
        self.cancel(id).await.unwrap();
        self.requeue(id, after(9)).await.unwrap();
        let job = self.claim_one(after(9)).await;
        assert_eq!((job.id, job.attempt), (id, 1));
        self.done(&[job], after(9)).await;
    }

    async fn what_runs_or_is_done_is_not_put_back(&self) {
        let id = self.enqueue(self.request("busy")).await;
        let job = self.claim_one(noon()).await;
        for _ in ["while it runs", "once it is done"] {
            let refused = self.requeue(id, noon()).await;
            assert!(
                matches!(refused, Err(ControlError::Refused(JobRefusal::NotStopped))),
                "{refused:?}"
            );
            self.finish(&job, Outcome::Done, noon()).await;
        }
        assert_eq!(self.state(id).await, JobStateName::Done);
    }

    async fn nothing_is_put_back_beside_the_same_work(&self) {
        let stopped = self.enqueue(self.keyed("sync:4")).await;
        self.cancel(stopped).await.unwrap();
        let waiting = self.enqueue(self.keyed("sync:4")).await;
        let refused = self.requeue(stopped, noon()).await;
        assert!(
            matches!(refused, Err(ControlError::Refused(JobRefusal::TwinWaits))),
            "{refused:?}"
        );
        let job = self.claim_one(noon()).await;
        assert_eq!(job.id, waiting);
        self.done(&[job], noon()).await;
    }

    async fn strangers_see_and_change_nothing(&self) {
        let id = self.enqueue(self.request("walled")).await;
        let stranger: TenantId = self.ids.next();
        assert_eq!(self.ports.queries.job(stranger, id).await.unwrap(), None);
        let control = self.ports.control;
        let cancelled = control.cancel(stranger, id, noon()).await;
        assert!(
            matches!(cancelled, Err(ControlError::NotFound)),
            "{cancelled:?}"
        );
        let requeued = control.requeue(stranger, id, noon()).await;
        assert!(
            matches!(requeued, Err(ControlError::NotFound)),
            "{requeued:?}"
        );
        let page = PageRequest::default();
        let list = self
            .ports
            .queries
            .jobs(stranger, JobFilter::default(), page)
            .await;
        assert_eq!(list.unwrap().items, []);
        self.cancel(id).await.unwrap();
    }

    async fn listed(&self, filter: JobFilter) -> Vec<JobId> {
        let page = PageRequest::default();
        let list = self
            .ports
            .queries
            .jobs(self.scope.tenant, filter, page)
            .await;
        list.unwrap().items.iter().map(|it| it.id).collect()
    }

    async fn lists_run_from_the_newest_and_are_filtered(&self) {
        let lane = Lane::named("l:listed");
        let asked = vec![
            self.request("listed"),
            JobRequest {
                lane: lane.clone(),
                ..self.request("listed")
            },
            self.request("listed"),
        ];
        let ids = self.enqueue_for(&self.scope, asked).await;
        self.cancel(ids[0]).await.unwrap();
        let kind = JobFilter {
            kind: Some("listed".to_owned()),
            ..JobFilter::default()
        };
        assert_eq!(self.listed(kind.clone()).await, [ids[2], ids[1], ids[0]]);
        let laned = JobFilter {
            lane: Some(lane),
            ..JobFilter::default()
        };
        assert_eq!(self.listed(laned).await, [ids[1]]);
        let queued = JobFilter {
            state: Some(JobStateName::Queued),
            ..kind.clone()
        };
        assert_eq!(self.listed(queued).await, [ids[2], ids[1]]);
        let queries = self.ports.queries;
        let first = PageRequest::new(2, None);
        let first = queries
            .jobs(self.scope.tenant, kind.clone(), first)
            .await
            .unwrap();
        let cursor: Cursor = first.next.expect("a second page").parse().unwrap();
        let last = PageRequest::new(2, Some(cursor));
        let last = queries.jobs(self.scope.tenant, kind, last).await.unwrap();
        assert_eq!((last.items[0].id, last.next), (ids[0], None));
        for id in &ids[1..] {
            self.cancel(*id).await.unwrap();
        }
    }

    async fn the_backlog_counts_what_waits(&self) {
        let before = self.ports.queries.backlog().await.unwrap();
        let early = JobRequest {
            run_at: after(-60),
            ..self.request("counted")
        };
        let asked = vec![early, self.request("counted"), self.request("counted")];
        let ids = self.enqueue_for(&self.scope, asked).await;
        let jobs = self.claim_as("contract-worker-3", noon(), 2).await;
        self.finish(&jobs[0], retry(after(-30)), noon()).await;
        self.finish(&jobs[1], parked(), noon()).await;
        let backlog = self.ports.queries.backlog().await.unwrap();
        assert_eq!(backlog.jobs_queued, before.jobs_queued + 2);
        assert_eq!(backlog.jobs_running, before.jobs_running);
        assert_eq!(backlog.jobs_parked, before.jobs_parked + 1);
        assert_eq!(backlog.oldest_job_at, Some(after(-30)));
        for id in ids {
            self.cancel(id).await.unwrap();
        }
    }

    async fn a_schedule_fires_once_however_late(&self) {
        let schedules = self.ports.schedules;
        let tenant = self.scope.tenant;
        for _ in 0..2 {
            schedules
                .ensure(tenant, "raise_invoices", minutes(60), noon())
                .await
                .unwrap();
        }
        assert_eq!(schedules.fire_due(noon(), 10).await.unwrap(), 1);
        assert_eq!(schedules.fire_due(noon(), 10).await.unwrap(), 0);
        let job = self.claim_one(noon()).await;
        assert_eq!(
            (job.kind.as_str(), job.priority),
            ("raise_invoices", Priority::Low)
        );
        assert_eq!((&job.payload, job.max_attempts), (&json!({}), 5));
        assert_eq!((&job.lane, job.tenant), (&Lane::open(), tenant));
        self.done(&[job], noon()).await;
        assert_eq!(schedules.fire_due(after(59), 10).await.unwrap(), 0);
        assert_eq!(schedules.fire_due(after(300), 10).await.unwrap(), 1);
        assert_eq!(schedules.fire_due(after(300), 10).await.unwrap(), 0);
        // Nobody runs it: the next firing finds it waiting and adds nothing.
        assert_eq!(schedules.fire_due(after(360), 10).await.unwrap(), 1);
        let job = self.claim_one(after(360)).await;
        self.done(&[job], after(360)).await;
    }

    async fn a_shorter_interval_counts_at_once(&self) {
        let schedules = self.ports.schedules;
        let tenant: TenantId = self.ids.next();
        schedules
            .ensure(tenant, "watch", Duration::days(1), after(360))
            .await
            .unwrap();
        assert_eq!(schedules.fire_due(after(360), 10).await.unwrap(), 1);
        schedules
            .ensure(tenant, "watch", minutes(5), after(361))
            .await
            .unwrap();
        assert_eq!(schedules.fire_due(after(365), 10).await.unwrap(), 0);
        assert_eq!(schedules.fire_due(after(366), 10).await.unwrap(), 1);
        let job = self.claim_one(after(366)).await;
        assert_eq!(job.tenant, tenant);
        self.done(&[job], after(366)).await;
    }
}
