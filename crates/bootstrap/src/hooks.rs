//! Test-only: a clock moved from outside the process, and a probe that kills the process at a named point.
//!
//! Compiled only under the feature `test-hooks`, which no product build turns on.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::Duration;
use kernel::{Clock, Probe, Timestamp};

use crate::counting::CountingProbe;

/// The file that holds the seconds by which the clock is moved ahead.
pub const CLOCK_FILE: &str = "E2E_CLOCK_FILE";
/// Where to kill the process: `point:n` for the nth time a point is reached, `any:n` for the nth point at all.
pub const KILL_AT: &str = "E2E_KILL_AT";
/// The file that gets one line for each point reached.
pub const PROBE_LOG: &str = "E2E_PROBE_LOG";

struct MovedClock {
    real: Arc<dyn Clock>,
    file: PathBuf,
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let ahead = std::fs::read_to_string(&self.file).ok();
        let ahead = ahead.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        self.real.now().plus(Duration::seconds(ahead))
    }
}

/// The real clock, moved by the file that [`CLOCK_FILE`] names, if it names one.
#[must_use]
pub fn moved_clock(real: Arc<dyn Clock>) -> Arc<dyn Clock> {
    match std::env::var_os(CLOCK_FILE) {
        Some(file) => Arc::new(MovedClock {
            real,
            file: file.into(),
        }),
        None => real,
    }
}

struct KillingProbe {
    point: String,
    nth: u64,
    seen: AtomicU64,
    log: Option<PathBuf>,
}

impl Probe for KillingProbe {
    fn reached(&self, point: &'static str) {
        if let Some(log) = &self.log {
            write_line(log, point);
        }
        if self.point != point && self.point != "any" {
            return;
        }
        if self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.nth {
            kill_this_process();
        }
    }

    fn made(&self, thing: &'static str, count: u64) {
        CountingProbe.made(thing, count);
    }
}

/// The probe that [`KILL_AT`] and [`PROBE_LOG`] ask for, or one that ignores every point.
///
/// # Errors
/// If [`KILL_AT`] is set but is not of the form `point:n`.
pub fn killing_probe() -> anyhow::Result<Arc<dyn Probe>> {
    let log = std::env::var_os(PROBE_LOG).map(PathBuf::from);
    let Ok(place) = std::env::var(KILL_AT) else {
        return Ok(match log {
            Some(_) => Arc::new(KillingProbe {
                point: String::new(),
                nth: 0,
                seen: AtomicU64::new(0),
                log,
            }),
            None => Arc::new(CountingProbe),
        });
    };
    let (point, nth) = place
        .rsplit_once(':')
        .and_then(|(point, nth)| Some((point.to_owned(), nth.parse().ok()?)))
        .ok_or_else(|| anyhow::anyhow!("{KILL_AT} must be point:n, not {place:?}"))?;
    Ok(Arc::new(KillingProbe {
        point,
        nth,
        seen: AtomicU64::new(0),
        log,
    }))
}

fn write_line(log: &PathBuf, point: &str) {
    let file = OpenOptions::new().create(true).append(true).open(log);
    if let Err(err) = file.and_then(|mut it| it.write_all(format!("{point}\n").as_bytes())) {
        tracing::error!(%err, "the probe log cannot be written");
    }
}

/// SIGKILL, as the kernel's out-of-memory killer would send it: nothing is flushed, nothing is dropped.
fn kill_this_process() {
    let own = std::process::id().to_string();
    let sent = Command::new("kill").args(["-KILL", &own]).status();
    tracing::error!(?sent, "this process should be dead");
    std::process::abort();
}
