//! The work in progress: how much more of each kind may start, and what has ended.

use std::collections::HashMap;

use jobs::ClaimedJob;
use kernel::Priority;
use tokio::task::{Id, JoinError, JoinSet};

/// Tasks of jobs and of deliveries, counted apart: each kind keeps some room that the other never takes.
pub(super) struct Running {
    jobs: JoinSet<()>,
    claims: HashMap<Id, ClaimedJob>,
    deliveries: JoinSet<()>,
    concurrency: usize,
    jobs_are_next: bool,
}

impl Running {
    pub(super) fn of(concurrency: u16) -> Self {
        Self {
            jobs: JoinSet::new(),
            claims: HashMap::new(),
            deliveries: JoinSet::new(),
            concurrency: concurrency.into(),
            jobs_are_next: false,
        }
    }

    /// Whether jobs are asked for before deliveries this time: they take turns, so that a single place is shared.
    pub(super) const fn jobs_take_the_first_turn(&mut self) -> bool {
        self.jobs_are_next = !self.jobs_are_next;
        !self.jobs_are_next
    }

    /// For jobs of any priority. An eighth of all places is left to the critical ones.
    pub(super) fn room_for_jobs(&self) -> u16 {
        let kept = self.kept_for_critical_jobs();
        self.room_beside(self.jobs.len() + kept, kept)
    }

    /// For jobs on which somebody waits.
    pub(super) fn room_for_critical_jobs(&self) -> u16 {
        self.room_beside(self.jobs.len(), 0)
    }

    pub(super) fn room_for_deliveries(&self) -> u16 {
        self.room_beside(self.deliveries.len(), self.kept_for_critical_jobs())
    }

    pub(super) fn start_job(
        &mut self,
        claim: ClaimedJob,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let task = self.jobs.spawn(work).id();
        self.claims.insert(task, claim);
    }

    /// The claims of the jobs that run.
    pub(super) fn claims(&self) -> impl Iterator<Item = &ClaimedJob> {
        self.claims.values()
    }

    pub(super) fn start_delivery(&mut self, delivery: impl Future<Output = ()> + Send + 'static) {
        self.deliveries.spawn(delivery);
    }

    /// Makes room for what has ended, without waiting.
    pub(super) fn reap(&mut self) {
        while let Some(ended) = self.jobs.try_join_next_with_id() {
            self.job_ended(ended);
        }
        while let Some(ended) = self.deliveries.try_join_next() {
            note(ended);
        }
    }

    /// Waits until something ends; for ever if nothing runs. Nothing is lost if the wait is given up.
    pub(super) async fn one_ended(&mut self) {
        tokio::select! {
            Some(ended) = self.jobs.join_next_with_id() => self.job_ended(ended),
            Some(ended) = self.deliveries.join_next() => note(ended),
            else => std::future::pending().await,
        }
    }

    /// Waits until everything has ended.
    pub(super) async fn all_ended(&mut self) {
        while let Some(ended) = self.deliveries.join_next().await {
            note(ended);
        }
        while let Some(ended) = self.jobs.join_next_with_id().await {
            self.job_ended(ended);
        }
    }

    /// Stops everything where it stands; open transactions roll back.
    pub(super) async fn abandon(&mut self) {
        self.jobs.shutdown().await;
        self.claims.clear();
        self.deliveries.shutdown().await;
    }

    fn job_ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let task = match &ended {
            Ok((task, ())) => *task,
            Err(err) => err.id(),
        };
        self.claims.remove(&task);
        note(ended.map(|_| ()));
    }

    /// Of their eighth, what no critical job has.
    fn kept_for_critical_jobs(&self) -> usize {
        let jobs = self.claims.values();
        let critical = jobs.filter(|it| it.priority == Priority::Critical).count();
        (self.concurrency / 8).saturating_sub(critical)
    }

    /// A quarter of the places, at least one, is kept for the other kind; a single place is kept for nobody. `reserved` are
    /// free and not for this.
    fn room_beside(&self, own: usize, reserved: usize) -> u16 {
        let kept = match self.concurrency {
            1 => 0,
            places => (places / 4).max(1),
        };
        let free = self
            .concurrency
            .saturating_sub(self.jobs.len() + self.deliveries.len() + reserved);
        let allowed = (self.concurrency - kept).saturating_sub(own);
        u16::try_from(free.min(allowed)).unwrap_or(u16::MAX)
    }
}

/// The claim of work that panicked lapses, and it is tried again until its attempts are used up.
fn note(ended: Result<(), JoinError>) {
    if let Err(err) = ended
        && err.is_panic()
    {
        tracing::error!(%err, "work in progress panicked; its claim will lapse");
    }
}

#[cfg(test)]
mod tests {
    //! Room is shared, and neither kind takes all of it.

    use jobs::ClaimedJob;
    use kernel::testing::CountingIds;
    use kernel::{Ids, Lane, Priority};

    use super::Running;

    fn claim() -> ClaimedJob {
        ClaimedJob {
            id: <dyn Ids>::next(&CountingIds::from(1)),
            tenant: <dyn Ids>::next(&CountingIds::from(1)),
            kind: "any".to_owned(),
            lane: Lane::open(),
            priority: Priority::Normal,
            payload: serde_json::Value::Null,
            attempt: 1,
            max_attempts: 3,
            done: 0,
            total: None,
            worker: "one".to_owned(),
        }
    }

    fn busy(concurrency: u16, jobs: usize, deliveries: usize) -> Running {
        let mut running = Running::of(concurrency);
        (0..jobs).for_each(|_| running.start_job(claim(), std::future::pending()));
        (0..deliveries).for_each(|_| running.start_delivery(std::future::pending()));
        running
    }

    #[tokio::test]
    async fn neither_kind_takes_every_place() {
        for (concurrency, any, most) in
            [(1, 1, 1), (2, 1, 1), (3, 2, 2), (8, 5, 6), (256, 160, 192)]
        {
            let idle = busy(concurrency, 0, 0);
            assert_eq!(idle.room_for_jobs(), any, "{concurrency}");
            assert_eq!(idle.room_for_critical_jobs(), most, "{concurrency}");
            assert_eq!(idle.room_for_deliveries(), most, "{concurrency}");
        }
    }

    #[tokio::test]
    async fn a_place_is_kept_for_whoever_has_paid() {
        let paid = |running: &mut Running| {
            let mut critical = claim();
            critical.priority = Priority::Critical;
            running.start_job(critical, std::future::pending());
        };
        let mut running = busy(8, 5, 0);
        assert_eq!(running.room_for_jobs(), 0);
        assert_eq!(running.room_for_critical_jobs(), 1);
        paid(&mut running);
        assert_eq!(running.room_for_critical_jobs(), 0);
        let mut running = busy(8, 4, 0);
        paid(&mut running);
        assert_eq!(running.room_for_jobs(), 1, "its place is not theirs");
    }

    #[tokio::test]
    async fn both_together_never_exceed_the_concurrency() {
        assert_eq!(
            busy(8, 0, 6).room_for_jobs(),
            1,
            "one is left to who has paid"
        );
        let running = busy(8, 5, 1);
        assert_eq!(running.room_for_jobs(), 0);
        assert_eq!(running.room_for_deliveries(), 1);
        let running = busy(8, 3, 5);
        assert_eq!(running.room_for_jobs(), 0);
        assert_eq!(running.room_for_deliveries(), 0);
    }

    #[tokio::test]
    async fn a_single_place_goes_to_either_in_turn() {
        let mut running = busy(1, 0, 0);
        let turns: Vec<_> = (0..4).map(|_| running.jobs_take_the_first_turn()).collect();
        assert_eq!(turns, [false, true, false, true]);
        assert_eq!(busy(1, 1, 0).room_for_deliveries(), 0);
    }

    #[tokio::test]
    async fn what_has_ended_makes_room() {
        let mut running = Running::of(1);
        running.start_delivery(async {});
        running.one_ended().await;
        assert_eq!(running.room_for_deliveries(), 1);
    }

    #[tokio::test]
    async fn only_what_runs_is_claimed() {
        let mut running = busy(8, 1, 0);
        running.start_job(claim(), async {});
        assert_eq!(running.claims().count(), 2);
        running.one_ended().await;
        assert_eq!(running.claims().count(), 1);
        running.abandon().await;
        assert_eq!(running.claims().count(), 0);
    }
}
