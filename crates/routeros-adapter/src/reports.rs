//! What became of routers, kept until somebody asks: the newest of each, and no router twice.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use access::{Reachability, ReachabilityChange};
use kernel::RouterId;
use tokio::sync::Notify;

/// Changes that nobody has heard of yet; never more than there are routers.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    waiting: Mutex<VecDeque<ReachabilityChange>>,
    told: Notify,
}

impl Reports {
    /// Notes what became of a router; what was noted of it before is old.
    pub(crate) fn note(&self, router: RouterId, to: Reachability) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|it| it.router != router);
        waiting.push_back(ReachabilityChange { router, to });
        drop(waiting);
        self.told.notify_one();
    }

    /// The next change.
    pub(crate) async fn next(&self) -> ReachabilityChange {
        loop {
            if let Some(change) = self.take() {
                return change;
            }
            self.told.notified().await;
        }
    }

    fn take(&self) -> Option<ReachabilityChange> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let first = waiting.pop_front();
        if !waiting.is_empty() {
            // For whoever else waits.
            self.told.notify_one();
        }
        first
    }
}

#[cfg(test)]
mod tests {
    //! The newest is told, and told once.

    use access::Reachability;
    use access::testing::numbered;
    use futures::FutureExt;

    use super::Reports;

    #[tokio::test]
    async fn the_newest_of_each_router_is_told_once() {
        let reports = Reports::default();
        let lost = || Reachability::Lost {
            reason: "silent".to_owned(),
        };
        assert!(reports.next().now_or_never().is_none());
        reports.note(numbered(1), lost());
        reports.note(numbered(2), lost());
        reports.note(numbered(1), Reachability::Back);
        let told = [reports.next().await, reports.next().await];
        assert_eq!((told[0].router, &told[0].to), (numbered(2), &lost()));
        assert_eq!(
            (told[1].router, &told[1].to),
            (numbered(1), &Reachability::Back)
        );
        assert!(reports.next().now_or_never().is_none());
    }

    #[tokio::test]
    async fn whoever_waits_already_is_told() {
        let reports = std::sync::Arc::new(Reports::default());
        let ear = std::sync::Arc::clone(&reports);
        let waiting = tokio::spawn(async move { ear.next().await });
        tokio::task::yield_now().await;
        reports.note(numbered(1), Reachability::Back);
        assert_eq!(waiting.await.unwrap().router, numbered(1));
    }
}
