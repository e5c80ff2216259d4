//! When to try a router again after it could not be reached.

use std::time::Duration;

use access::{GatewayError, GatewayErrorKind as Kind};
use kernel::Randomness;
use tokio::time::Instant;

use crate::settings::GatewaySettings;

/// Closed for a while after each failure; callers meanwhile get the last failure at once.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    failures: u32,
    closed: Option<(Instant, GatewayError)>,
}

impl Gate {
    /// Why nothing is tried at this instant, or `None` if it may be.
    pub(crate) fn check(&self, now: Instant) -> Option<GatewayError> {
        let (until, err) = self.closed.as_ref()?;
        (now < *until).then(|| err.clone())
    }

    /// Notes a failure and closes.
    pub(crate) fn fail(
        &mut self,
        err: GatewayError,
        now: Instant,
        settings: &GatewaySettings,
        randomness: &dyn Randomness,
    ) {
        let pause = match err.kind {
            Kind::Unreachable | Kind::Timeout | Kind::Ambiguous => {
                jittered(ceiling(self.failures, settings), randomness)
            }
            _ => settings.refusal_pause,
        };
        self.failures = self.failures.saturating_add(1);
        self.closed = Some((now + pause, err));
    }

    /// Notes that the router answered.
    pub(crate) fn open(&mut self) {
        *self = Self::default();
    }
}

/// The longest pause after so many failures before.
fn ceiling(failures: u32, settings: &GatewaySettings) -> Duration {
    let doubled = settings.backoff_base.saturating_mul(1 << failures.min(20));
    doubled.min(settings.backoff_cap)
}

/// Anything up to the ceiling ("full jitter", Brooker 2015): many routers behind one broken path come back spread out.
fn jittered(ceiling: Duration, randomness: &dyn Randomness) -> Duration {
    let millis = u32::try_from(ceiling.as_millis()).unwrap_or(u32::MAX);
    Duration::from_millis(u64::from(randomness.below(millis.saturating_add(1))))
}

#[cfg(test)]
mod tests {
    //! Pauses grow, stay below their ceiling and end with the first answer.

    use std::time::Duration;

    use access::{GatewayError, GatewayErrorKind as Kind, HostRules};
    use kernel::testing::SeededRandomness;
    use tokio::time::Instant;

    use super::{Gate, ceiling};
    use crate::settings::GatewaySettings;

    fn settings() -> GatewaySettings {
        GatewaySettings::recommended(HostRules {
            allow_loopback: false,
        })
    }

    #[test]
    fn ceilings_double_up_to_five_minutes() {
        let seconds = |failures| ceiling(failures, &settings()).as_secs();
        let grown: Vec<u64> = (0..12).map(seconds).collect();
        assert_eq!(grown, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(seconds(u32::MAX), 300);
    }

    #[test]
    fn the_gate_repeats_the_failure_until_its_pause_is_over() {
        let (mut gate, now) = (Gate::default(), Instant::now());
        let silence = GatewayError::new(Kind::Unreachable, "no route");
        assert_eq!(gate.check(now), None);
        gate.fail(silence, now, &settings(), &SeededRandomness::from(3));
        assert_eq!(gate.check(now + Duration::from_secs(2)), None);
        gate.open();
        assert_eq!(gate.check(now), None);
        let wrong = GatewayError::new(Kind::AuthFailed, "invalid user name or password (6)");
        gate.fail(wrong.clone(), now, &settings(), &SeededRandomness::from(3));
        assert_eq!(
            gate.check(now + Duration::from_secs(899)),
            Some(wrong),
            "nobody hammers"
        );
        assert_eq!(gate.check(now + Duration::from_secs(900)), None);
    }
}
