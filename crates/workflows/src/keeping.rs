//! How long things are kept, and how often what changes slowly is read.

use chrono::Duration;

/// Ages and intervals that an operator may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// How often the totals of hotspot users are read; sessions are read with every watch.
    pub count_users_every: Duration,
    /// How long ended jobs are kept.
    pub jobs: Duration,
    /// How long ended jobs are kept of the kinds that run every minute or so.
    pub frequent_jobs: Duration,
    /// How long deliveries that are done are kept; parked ones stay.
    pub deliveries: Duration,
    /// How long events are kept that nobody waits for; `None` for ever.
    pub events: Option<Duration>,
    /// How long previews of imports are kept that nobody applied.
    pub previews: Duration,
    /// How long the bodies of payment providers' messages are kept that were acted on; parked ones stay.
    pub webhook_bodies: Duration,
    /// How long sessions are kept after their end.
    pub sessions: Duration,
    /// How many days use is shown day by day; afterwards only its sum is.
    pub usage_days: u16,
}

impl Keeping {
    /// What suits most providers.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            count_users_every: Duration::minutes(5),
            jobs: Duration::days(7),
            frequent_jobs: Duration::hours(1),
            deliveries: Duration::days(7),
            events: None,
            previews: Duration::days(30),
            webhook_bodies: Duration::days(90),
            sessions: Duration::days(90),
            usage_days: 400,
        }
    }
}
