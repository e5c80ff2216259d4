//! How long things are kept.

use chrono::Duration;
use serde::Deserialize;
use workflows::Keeping;

use super::BadSetting;

/// How long things are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionSettings {
    /// Days that ended jobs are kept.
    pub jobs_days: u16,
    /// Minutes that ended jobs are kept of the kinds that run every minute.
    pub frequent_jobs_minutes: u16,
    /// Days that deliveries are kept after they were done.
    pub deliveries_days: u16,
    /// Days that events are kept; 0 for ever.
    pub events_days: u16,
    /// Days that previews of imports are kept that nobody applied.
    pub previews_days: u16,
    /// Days that the bodies of payment providers' messages are kept that were acted on.
    pub webhook_bodies_days: u16,
    /// Days that sessions of customers are kept after their end.
    pub sessions_days: u16,
    /// Days that use is kept day by day.
    pub usage_days: u16,
}

impl RetentionSettings {
    /// The same as durations.
    #[must_use]
    pub fn keeping(&self, count_users_s: i64) -> Keeping {
        let days = |count: u16| Duration::days(i64::from(count));
        Keeping {
            count_users_every: Duration::seconds(count_users_s),
            jobs: days(self.jobs_days),
            frequent_jobs: Duration::minutes(i64::from(self.frequent_jobs_minutes)),
            deliveries: days(self.deliveries_days),
            events: (self.events_days > 0).then(|| days(self.events_days)),
            previews: days(self.previews_days),
            webhook_bodies: days(self.webhook_bodies_days),
            sessions: days(self.sessions_days),
            usage_days: self.usage_days,
        }
    }

    /// An event must outlive the deliveries that tell what became of it.
    pub(super) fn check(&self) -> Result<(), BadSetting> {
        let rules = [
            (
                self.jobs_days >= 1,
                "retention.jobs_days",
                "must be at least 1",
            ),
            (
                self.frequent_jobs_minutes >= 1,
                "retention.frequent_jobs_minutes",
                "must be at least 1",
            ),
            (
                self.deliveries_days >= 1,
                "retention.deliveries_days",
                "must be at least 1",
            ),
            (
                self.events_days == 0 || self.events_days >= self.deliveries_days,
                "retention.events_days",
                "must be 0 or at least retention.deliveries_days",
            ),
            (
                self.previews_days >= 1,
                "retention.previews_days",
                "must be at least 1",
            ),
            (
                self.webhook_bodies_days >= 1,
                "retention.webhook_bodies_days",
                "must be at least 1",
            ),
            (
                self.sessions_days >= 1,
                "retention.sessions_days",
                "must be at least 1",
            ),
            (
                self.usage_days >= 1,
                "retention.usage_days",
                "must be at least 1",
            ),
        ];
        let broken = rules.into_iter().find(|(holds, ..)| !holds);
        broken.map_or(Ok(()), |(_, setting, rule)| {
            Err(BadSetting { setting, rule })
        })
    }
}
