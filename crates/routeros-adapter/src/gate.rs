//! When to try a router again after it could not be reached.

use access::{GatewayError, GatewayErrorKind as Kind};
use kernel::Randomness;
use resilience::Backoff;
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
        let backoff = Backoff {
            base: settings.backoff_base,
            cap: settings.backoff_cap,
        };
        let pause = match err.kind {
            Kind::Unreachable | Kind::Timeout | Kind::Ambiguous => {
                backoff.pause(self.failures, randomness)
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

    /// Notes that a connection answered: the next pause is a first one again. What keeps further connections away for
    /// now stays.
    pub(crate) fn served(&mut self) {
        self.failures = 0;
    }

    /// Lets the next one try, whatever happened before.
    pub(crate) fn lift(&mut self) {
        self.closed = None;
    }
}

#[cfg(test)]
mod tests {
    //! Pauses stay below their ceiling and end with the first answer.

    use std::time::Duration;

    use access::{GatewayError, GatewayErrorKind as Kind, HostRules};
    use kernel::testing::SeededRandomness;
    use tokio::time::Instant;

    use super::Gate;
    use crate::settings::GatewaySettings;

    fn settings() -> GatewaySettings {
        GatewaySettings::recommended(HostRules {
            allow_loopback: false,
        })
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
        gate.lift();
        assert_eq!(gate.check(now), None);
    }

    #[test]
    fn the_pauses_begin_anew_after_a_connection_that_answered() {
        let (mut gate, now) = (Gate::default(), Instant::now());
        let silence = || GatewayError::new(Kind::Unreachable, "no route");
        for number in 0..12 {
            gate.fail(silence(), now, &settings(), &SeededRandomness::from(number));
        }
        gate.served();
        assert_eq!(gate.failures, 0);
        gate.fail(silence(), now, &settings(), &SeededRandomness::from(3));
        let after = now + settings().backoff_base;
        assert_eq!(gate.check(after), None, "a first pause");
    }
}
