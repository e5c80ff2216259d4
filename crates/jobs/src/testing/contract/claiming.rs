//! Promises about who gets which job, and for how long.

use kernel::{JobRequest, Lane, Priority, Scope, StoreError, TenantId};
use serde_json::json;

use super::{RIVAL, WORKER, World, after, minutes, noon};
use crate::job::JobStateName;
use crate::ports::claims::Outcome;

impl World<'_> {
    pub(super) async fn claiming(&self) {
        self.a_job_reaches_one_worker_as_it_was_asked_for().await;
        self.what_is_not_committed_never_runs().await;
        self.a_taken_id_is_a_duplicate().await;
        self.the_urgent_then_the_early_then_the_old_come_first()
            .await;
        self.who_takes_only_the_urgent_leaves_the_others().await;
        self.a_job_waits_for_its_time().await;
        self.a_lane_holds_one_job_at_a_time().await;
        self.a_lane_belongs_to_one_tenant().await;
        self.a_lapsed_lease_is_handed_out_again_and_the_late_worker_ignored()
            .await;
        self.an_extended_lease_holds().await;
        self.a_crash_on_the_last_attempt_shows().await;
        self.a_clean_stop_gives_everything_back().await;
    }

    async fn a_job_reaches_one_worker_as_it_was_asked_for(&self) {
        let request = JobRequest {
            lane: Lane::named("router:a"),
            priority: Priority::High,
            ..self.request("sync_router")
        };
        let id = self.enqueue(request.clone()).await;
        let waiting = self.view(id).await;
        assert_eq!((waiting.state, waiting.attempts), (JobStateName::Queued, 0));
        let job = self.claim_one(noon()).await;
        assert_eq!((job.id, job.tenant), (id, self.scope.tenant));
        assert_eq!(
            (job.kind.as_str(), &job.lane),
            ("sync_router", &request.lane)
        );
        assert_eq!(
            (job.priority, &job.payload),
            (Priority::High, &request.payload)
        );
        assert_eq!((job.attempt, job.max_attempts), (1, 3));
        assert_eq!((job.done, job.total), (0, Some(10)));
        assert_eq!(job.worker, WORKER);
        assert_eq!(self.claim_as(RIVAL, noon(), 10).await, []);
        let running = self.view(id).await;
        assert_eq!(
            (running.state, running.attempts),
            (JobStateName::Running, 1)
        );
        self.done(&[job], after(1)).await;
        let done = self.view(id).await;
        assert_eq!(
            (done.state, done.finished_at),
            (JobStateName::Done, Some(after(1)))
        );
        assert_eq!(self.claim(after(999)).await, []);
    }

    async fn what_is_not_committed_never_runs(&self) {
        let request = self.request("never");
        let id = request.id;
        let mut tx = self.ports.store.begin(&self.scope).await.unwrap();
        tx.enqueue(request).await.unwrap();
        drop(tx);
        let view = self.ports.queries.job(self.scope.tenant, id).await.unwrap();
        assert_eq!(view, None);
        assert_eq!(self.claim(after(999)).await, []);
    }

    async fn a_taken_id_is_a_duplicate(&self) {
        let request = self.request("twice");
        self.enqueue(request.clone()).await;
        let mut tx = self.ports.store.begin(&self.scope).await.unwrap();
        let refused = match tx.enqueue(request).await {
            Ok(()) => tx.commit().await.unwrap_err(),
            Err(err) => err,
        };
        assert!(
            matches!(refused, StoreError::Duplicate { .. }),
            "{refused:?}"
        );
        let job = self.claim_one(noon()).await;
        self.done(&[job], noon()).await;
    }

    async fn the_urgent_then_the_early_then_the_old_come_first(&self) {
        let job = |priority, minute| JobRequest {
            priority,
            run_at: after(minute),
            ..self.request("ordered")
        };
        let asked = vec![
            job(Priority::Low, 0),
            job(Priority::Normal, 2),
            job(Priority::Normal, 1),
            job(Priority::Normal, 1),
            job(Priority::Critical, 3),
            job(Priority::High, 3),
        ];
        let ids = self.enqueue_for(&self.scope, asked).await;
        let first = self.claim_as(WORKER, after(5), 4).await;
        let rest = self.claim_as(RIVAL, after(5), 4).await;
        let order: Vec<_> = first.iter().chain(&rest).map(|it| it.id).collect();
        assert_eq!(order, [ids[4], ids[5], ids[2], ids[3], ids[1], ids[0]]);
        self.done(&first, after(5)).await;
        self.done(&rest, after(5)).await;
    }

    async fn who_takes_only_the_urgent_leaves_the_others(&self) {
        let of = |priority| JobRequest {
            priority,
            ..self.request("prune")
        };
        let low = self.enqueue(of(Priority::Low)).await;
        let high = self.enqueue(of(Priority::High)).await;
        let critical = self.enqueue(of(Priority::Critical)).await;
        let claim = |least| self.ports.jobs.claim(WORKER, noon(), minutes(1), 10, least);
        let mut taken = claim(Priority::Critical).await.unwrap();
        assert_eq!(taken.iter().map(|it| it.id).collect::<Vec<_>>(), [critical]);
        assert_eq!(claim(Priority::Critical).await.unwrap(), []);
        taken.append(&mut claim(Priority::Low).await.unwrap());
        assert_eq!(
            taken.iter().map(|it| it.id).collect::<Vec<_>>(),
            [critical, high, low]
        );
        self.done(&taken, after(1)).await;
    }

    async fn a_job_waits_for_its_time(&self) {
        let request = JobRequest {
            run_at: after(10),
            ..self.request("later")
        };
        self.enqueue(request).await;
        assert_eq!(self.claim(after(9)).await, []);
        let job = self.claim_one(after(10)).await;
        self.done(&[job], after(10)).await;
    }

    async fn a_lane_holds_one_job_at_a_time(&self) {
        let job = |lane: &str| JobRequest {
            lane: Lane::named(lane),
            ..self.request("laned")
        };
        let asked = vec![job("l:1"), job("l:1"), job("l:2"), job("l:1")];
        let ids = self.enqueue_for(&self.scope, asked).await;
        let first = self.claim(noon()).await;
        let claimed: Vec<_> = first.iter().map(|it| it.id).collect();
        assert_eq!(claimed, [ids[0], ids[2]]);
        assert_eq!(self.claim_as(RIVAL, noon(), 10).await, []);
        self.done(&first, noon()).await;
        for expected in [ids[1], ids[3]] {
            let next = self.claim_one(noon()).await;
            assert_eq!(next.id, expected);
            self.done(&[next], noon()).await;
        }
    }

    async fn a_lane_belongs_to_one_tenant(&self) {
        let neighbour: TenantId = self.ids.next();
        let theirs = Scope::system(neighbour, "contract", self.ids.fresh());
        for scope in [&self.scope, &theirs] {
            let job = JobRequest {
                lane: Lane::named("l:shared"),
                unique_key: Some("shared".to_owned()),
                ..self.request("laned")
            };
            self.enqueue_for(scope, vec![job]).await;
        }
        let both = self.claim(noon()).await;
        assert_eq!(both.len(), 2);
        self.done(&both, noon()).await;
    }

    async fn a_lapsed_lease_is_handed_out_again_and_the_late_worker_ignored(&self) {
        let lane = Lane::named("l:lapsed");
        let id = self
            .enqueue(JobRequest {
                lane,
                ..self.request("lapsing")
            })
            .await;
        let late = self.claim_one(noon()).await;
        assert!(self.ports.jobs.progress(&late, 4, None).await.unwrap());
        let mut again = self.claim_as(RIVAL, after(1), 10).await;
        let again = again.pop().expect("the lease has lapsed");
        assert_eq!((again.id, again.attempt, again.done), (id, 2, 4));
        assert!(!self.ports.jobs.extend(&late, after(9)).await.unwrap());
        assert!(!self.ports.jobs.progress(&late, 9, None).await.unwrap());
        assert!(!self.finish(&late, Outcome::Done, after(1)).await);
        assert_eq!(self.state(id).await, JobStateName::Running);
        assert_eq!(self.view(id).await.done, 4);
        self.done(&[again], after(1)).await;
    }

    async fn an_extended_lease_holds(&self) {
        self.enqueue(self.request("long")).await;
        let job = self.claim_one(noon()).await;
        assert!(self.ports.jobs.extend(&job, after(30)).await.unwrap());
        assert_eq!(self.claim_as(RIVAL, after(29), 10).await, []);
        self.done(&[job], after(29)).await;
    }

    async fn a_crash_on_the_last_attempt_shows(&self) {
        let request = JobRequest {
            max_attempts: 1,
            payload: json!(null),
            ..self.request("crashing")
        };
        self.enqueue(request).await;
        assert!(!self.claim_one(noon()).await.is_exhausted());
        let again = self.claim_one(after(2)).await;
        assert!(again.is_exhausted());
        self.done(&[again], after(2)).await;
    }

    async fn a_clean_stop_gives_everything_back(&self) {
        let ids = self.enqueue_for(
            &self.scope,
            vec![self.request("stop"), self.request("stop")],
        );
        let ids = ids.await;
        let mine = self.claim_as(WORKER, noon(), 1).await;
        let theirs = self.claim_as(RIVAL, noon(), 1).await;
        self.ports.jobs.release_worker(WORKER).await.unwrap();
        assert_eq!(self.state(ids[0]).await, JobStateName::Queued);
        assert_eq!(self.state(ids[1]).await, JobStateName::Running);
        assert!(!self.finish(&mine[0], Outcome::Done, noon()).await);
        let again = self
            .ports
            .jobs
            .claim(RIVAL, noon(), minutes(1), 10, Priority::Low)
            .await
            .unwrap();
        assert_eq!((again[0].id, again[0].attempt), (ids[0], 1));
        self.done(&again, noon()).await;
        self.done(&theirs, noon()).await;
    }
}
