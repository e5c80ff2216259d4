//! A clock that shows an earlier day, so that the demonstration has a past.

use std::sync::Arc;

use chrono::Duration;
use kernel::{Clock, Timestamp};

pub(super) struct DaysAgo {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) days: i64,
}

impl Clock for DaysAgo {
    fn now(&self) -> Timestamp {
        self.clock.now().minus(Duration::days(self.days))
    }
}
