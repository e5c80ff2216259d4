//! What a router and the delivered limits permit: the least time in which so many writes can be made.

use std::time::Duration;

use routeros_adapter::GatewaySettings;

/// A router that takes so many commands at once and then one in this time, over all connections.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Commands that pass at once.
    pub(super) fast: u32,
    /// Time of each further one.
    pub(super) then: Duration,
}

impl Budget {
    /// The least time in which the router takes so many commands, if nothing holds them back.
    pub(super) fn time(self, commands: u32) -> Duration {
        self.then * commands.saturating_sub(self.fast)
    }

    /// The least time in which the router takes so many bulk writes that keep the gateway's own limits: the token bucket,
    /// full at first, and the gap between two writes. Both may hold the same write back at the same time, and the router
    /// is idle until its next command is there.
    pub(super) fn time_within(self, commands: u32, settings: &GatewaySettings) -> Duration {
        let mut done = Duration::ZERO;
        for number in 0..commands {
            let begun = earliest(number, settings);
            done = match number < self.fast {
                true => begun,
                false => done.max(begun) + self.then,
            };
        }
        done
    }
}

/// When the limits let a write go at the earliest; the first one goes at once.
fn earliest(number: u32, settings: &GatewaySettings) -> Duration {
    let paced = settings.write_gap.unwrap_or_default() * number;
    let token = settings.limiter.map_or(Duration::ZERO, |bucket| {
        let short = (number + 1).saturating_sub(bucket.burst);
        bucket.interval * short.div_ceil(bucket.refill)
    });
    paced.max(token)
}

#[cfg(test)]
mod tests {
    //! Small numbers that can be counted by hand.

    use std::time::Duration;

    use routeros_adapter::{BucketSettings, GatewaySettings};

    use super::Budget;
    use crate::bench::router_apply::RULES;

    const BUDGET: Budget = Budget {
        fast: 4,
        then: Duration::from_millis(20),
    };

    fn settings(burst: u32, gap: u64) -> GatewaySettings {
        let mut settings = GatewaySettings::recommended(RULES);
        settings.limiter = Some(BucketSettings {
            burst,
            refill: 2,
            interval: Duration::from_millis(100),
        });
        settings.write_gap = Some(Duration::from_millis(gap));
        settings
    }

    #[test]
    fn a_router_alone_takes_the_first_at_once_and_the_others_in_turn() {
        let time = |commands| BUDGET.time(commands).as_millis();
        assert_eq!([time(4), time(5), time(14)], [0, 20, 200]);
    }

    #[test]
    fn without_limits_it_is_the_router_that_counts() {
        let mut free = GatewaySettings::recommended(RULES);
        (free.limiter, free.write_gap) = (None, None);
        assert_eq!(BUDGET.time_within(14, &free), BUDGET.time(14));
    }

    #[test]
    fn the_bucket_holds_back_what_exceeds_its_burst() {
        let time = |commands| BUDGET.time_within(commands, &settings(3, 0)).as_millis();
        // The fourth waits for the first refill; of the fifth and sixth one comes with it, the other with the second.
        assert_eq!([time(3), time(4), time(5), time(6)], [0, 100, 120, 220]);
    }

    #[test]
    fn the_gap_holds_back_what_the_bucket_lets_go() {
        let time = |commands| BUDGET.time_within(commands, &settings(100, 8)).as_millis();
        assert_eq!([time(1), time(4), time(5), time(6)], [0, 24, 52, 72]);
    }
}
