//! Gathers how the talking to one router goes.

use access::{BreakerFigures, GatewayStatistics, LimiterFigures, PoolFigures, SessionLimit};
use resilience::BreakerSnapshot;

use crate::line::Line;
use crate::pool::Count;

/// The figures of a router, now.
pub(crate) fn of(line: &Line) -> GatewayStatistics {
    let shared = line.shared();
    let links = shared.links.as_ref();
    let pool = links.map_or_else(PoolFigures::default, |it| pool(it.count(), it.limit()));
    let turnstile = shared.turnstile.snapshot();
    GatewayStatistics {
        pool,
        breaker: shared.guard.breaker().map(|it| breaker(it.snapshot())),
        limiter: LimiterFigures {
            waiting: turnstile.waiting,
            in_flight: turnstile.running,
            tokens: turnstile.tokens,
            refused: turnstile.refused,
        },
        cache: shared.cache.figures(),
        requests: shared.meter.requests(),
        errors: shared.meter.errors(),
        latency: shared.meter.latency(),
    }
}

fn pool(count: Count, sessions: SessionLimit) -> PoolFigures {
    PoolFigures {
        active: count.active,
        idle: count.idle,
        max: count.max,
        sessions,
    }
}

fn breaker(snapshot: BreakerSnapshot) -> BreakerFigures {
    BreakerFigures {
        state: snapshot.state.word(),
        failures: snapshot.failures,
        rejected: snapshot.rejected,
        open_for_s: snapshot
            .open_for
            .map(|it| it.as_millis().div_ceil(1_000))
            .map(|it| u64::try_from(it).unwrap_or(u64::MAX)),
    }
}
