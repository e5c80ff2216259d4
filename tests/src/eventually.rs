//! Waiting on a condition, with a deadline and a text that says what did not happen.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::time::MissedTickBehavior;

/// Time between two looks at first; it doubles up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_millis(200);

/// Looks until `look` gives something.
///
/// # Errors
/// When `look` fails, or gave nothing for as long as `within`.
pub async fn eventually<T>(
    what: &str,
    within: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let begun = Instant::now();
    let mut pause = SHORTEST;
    loop {
        let seen = look()
            .await
            .with_context(|| format!("while waiting for {what}"))?;
        if let Some(found) = seen {
            return Ok(found);
        }
        if begun.elapsed() > within {
            bail!("after {within:?} still waiting for {what}");
        }
        rest(pause).await;
        pause = LONGEST.min(pause * 2);
    }
}

/// Looks until `is_so` says so.
///
/// # Errors
/// When it did not for as long as `within`.
pub async fn until(what: &str, within: Duration, mut is_so: impl FnMut() -> bool) -> Result<()> {
    eventually(what, within, async || Ok(is_so().then_some(()))).await
}

/// Lets others work until the next look.
pub(crate) async fn rest(pause: Duration) {
    let mut ticks = tokio::time::interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    ticks.tick().await;
}
