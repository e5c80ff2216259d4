//! The speed a profile allows, and its one canonical text on a router.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The fastest line that is believable, in bits per second: 1 Tbit/s.
pub const MAX_RATE_BPS: u64 = 1_000_000_000_000;

/// The longest burst averaging time, in seconds.
pub const MAX_BURST_SECONDS: u32 = 3_600;

/// A customer's speed in both directions, from the customer's point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RateLimit {
    /// Upload in bits per second.
    pub up_bps: u64,
    /// Download in bits per second.
    pub down_bps: u64,
    /// A higher speed for a while, if any.
    pub burst: Option<Burst>,
}

/// A speed above the steady one, allowed while the average stays under the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Burst {
    /// Upload during the burst, in bits per second.
    pub up_bps: u64,
    /// Download during the burst, in bits per second.
    pub down_bps: u64,
    /// Average upload that ends the burst, in bits per second.
    pub up_threshold_bps: u64,
    /// Average download that ends the burst, in bits per second.
    pub down_threshold_bps: u64,
    /// Seconds the averages are taken over.
    pub time_s: u32,
}

/// Why a speed is refused; `field` names the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRateLimit {
    /// A rate of zero or beyond [`MAX_RATE_BPS`].
    #[error("{field} must be 1 to 1000000000000 bits per second")]
    Rate {
        /// The part that is out of range.
        field: &'static str,
    },
    /// A burst slower than the steady rate, or a threshold outside the rates.
    #[error("{field} must not be below the steady rate nor, for a threshold, above the burst rate")]
    Burst {
        /// The part that contradicts another.
        field: &'static str,
    },
    /// A burst time of zero or beyond [`MAX_BURST_SECONDS`].
    #[error("burst time must be 1 to 3600 seconds")]
    BurstTime,
}

impl RateLimit {
    /// A steady speed in bits per second; unchecked until a profile takes it.
    #[must_use]
    pub const fn steady(up_bps: u64, down_bps: u64) -> Self {
        Self {
            up_bps,
            down_bps,
            burst: None,
        }
    }

    /// Checks ranges and that a burst is one.
    ///
    /// # Errors
    /// [`BadRateLimit`] naming the first part that is wrong.
    pub fn check(&self) -> Result<(), BadRateLimit> {
        in_range("up_bps", self.up_bps)?;
        in_range("down_bps", self.down_bps)?;
        let Some(burst) = self.burst else {
            return Ok(());
        };
        in_range("burst.up_bps", burst.up_bps)?;
        in_range("burst.down_bps", burst.down_bps)?;
        ordered("burst.up_bps", self.up_bps, burst.up_bps)?;
        ordered("burst.down_bps", self.down_bps, burst.down_bps)?;
        in_range("burst.up_threshold_bps", burst.up_threshold_bps)?;
        in_range("burst.down_threshold_bps", burst.down_threshold_bps)?;
        ordered(
            "burst.up_threshold_bps",
            burst.up_threshold_bps,
            burst.up_bps,
        )?;
        ordered(
            "burst.down_threshold_bps",
            burst.down_threshold_bps,
            burst.down_bps,
        )?;
        if burst.time_s == 0 || burst.time_s > MAX_BURST_SECONDS {
            return Err(BadRateLimit::BurstTime);
        }
        Ok(())
    }
}

fn in_range(field: &'static str, bps: u64) -> Result<(), BadRateLimit> {
    if bps == 0 || bps > MAX_RATE_BPS {
        return Err(BadRateLimit::Rate { field });
    }
    Ok(())
}

fn ordered(field: &'static str, low: u64, high: u64) -> Result<(), BadRateLimit> {
    if low > high {
        return Err(BadRateLimit::Burst { field });
    }
    Ok(())
}

impl RateLimit {
    /// What a queue or lease with this speed says: a direction as fast as [`MAX_RATE_BPS`] is not limited, which routers
    /// write as 0; `None` if neither is.
    #[must_use]
    pub fn on_router(&self) -> Option<Self> {
        let closed = |bps: u64| if bps >= MAX_RATE_BPS { 0 } else { bps };
        let (up_bps, down_bps) = (closed(self.up_bps), closed(self.down_bps));
        (up_bps > 0 || down_bps > 0).then_some(Self {
            up_bps,
            down_bps,
            burst: self.burst,
        })
    }
}

impl fmt::Display for RateLimit {
    /// The router's text, upload first because it is what the router receives (MikroTik manual, "User profiles"):
    /// `rx/tx [rx-burst/tx-burst rx-threshold/tx-threshold rx-time/tx-time]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", rate(self.up_bps), rate(self.down_bps))?;
        let Some(it) = self.burst else {
            return Ok(());
        };
        write!(f, " {}/{}", rate(it.up_bps), rate(it.down_bps))?;
        write!(
            f,
            " {}/{}",
            rate(it.up_threshold_bps),
            rate(it.down_threshold_bps)
        )?;
        write!(f, " {0}/{0}", it.time_s)
    }
}

/// The shortest exact text of a rate: `20M`, `1500k`, `1234`.
fn rate(bps: u64) -> String {
    let suffixes = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    for (factor, suffix) in suffixes {
        if bps >= factor && bps.is_multiple_of(factor) {
            return format!("{}{suffix}", bps / factor);
        }
    }
    bps.to_string()
}

#[cfg(test)]
mod tests {
    //! Speeds print one way and contradictions are refused.

    use super::{BadRateLimit, Burst, MAX_RATE_BPS, RateLimit};

    const BURST: Burst = Burst {
        up_bps: 8_000_000,
        down_bps: 30_000_000,
        up_threshold_bps: 4_000_000,
        down_threshold_bps: 1_500_000,
        time_s: 10,
    };

    #[test]
    fn speeds_print_upload_first_and_shortest() {
        let steady = RateLimit::steady(5_000_000, 1_500_000);
        assert_eq!(steady.to_string(), "5M/1500k");
        assert_eq!(
            RateLimit::steady(2_000_000_000, 1_234).to_string(),
            "2G/1234"
        );
        let burst = RateLimit {
            burst: Some(BURST),
            ..steady
        };
        assert_eq!(burst.to_string(), "5M/1500k 8M/30M 4M/1500k 10/10");
    }

    #[test]
    fn impossible_speeds_name_their_field() {
        let check = |up, down, burst| {
            RateLimit {
                up_bps: up,
                down_bps: down,
                burst,
            }
            .check()
        };
        assert_eq!(check(1, MAX_RATE_BPS, None), Ok(()));
        assert_eq!(
            check(0, 1, None),
            Err(BadRateLimit::Rate { field: "up_bps" })
        );
        let too_fast = MAX_RATE_BPS + 1;
        assert_eq!(
            check(1, too_fast, None),
            Err(BadRateLimit::Rate { field: "down_bps" })
        );
        let slow_burst = check(9_000_000, 1, Some(BURST));
        assert_eq!(
            slow_burst,
            Err(BadRateLimit::Burst {
                field: "burst.up_bps"
            })
        );
        let no_time = Some(Burst { time_s: 0, ..BURST });
        assert_eq!(check(1, 1, no_time), Err(BadRateLimit::BurstTime));
        let high = Some(Burst {
            up_threshold_bps: 9_000_000,
            ..BURST
        });
        let expected = Err(BadRateLimit::Burst {
            field: "burst.up_threshold_bps",
        });
        assert_eq!(check(1, 1, high), expected);
    }
}
