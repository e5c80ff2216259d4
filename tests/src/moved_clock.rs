//! The clock of the product's processes, moved from outside.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Duration, TimeZone, Utc};

/// Moves the clock of every process that was started with its file. It only goes ahead, and between two moves it runs
/// as real time does.
#[derive(Debug, Clone)]
pub struct MovedClock {
    file: PathBuf,
}

impl MovedClock {
    /// A clock that shows `year-month-day hour:00` in Jakarta (UTC+7) from now on. A fixed day makes periods and
    /// amounts the same in every run.
    ///
    /// # Errors
    /// When there is no such day, or the file cannot be written.
    pub fn starting_at(
        file: PathBuf,
        (year, month, day, hour): (i32, u32, u32, u32),
    ) -> Result<Self> {
        let clock = Self { file };
        clock.move_to((year, month, day, hour))?;
        Ok(clock)
    }

    /// The file that the processes read.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What the processes take for the present.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn now(&self) -> Result<DateTime<Utc>> {
        let ahead: i64 = std::fs::read_to_string(&self.file)?.trim().parse()?;
        Ok(real_now() + Duration::seconds(ahead))
    }

    /// Moves the clock to an hour in Jakarta.
    ///
    /// # Errors
    /// When there is no such hour, or the file cannot be written.
    pub fn move_to(&self, (year, month, day, hour): (i32, u32, u32, u32)) -> Result<()> {
        let local = Utc.with_ymd_and_hms(year, month, day, hour, 0, 0).single();
        let wanted = local.context("there is no such hour")? - Duration::hours(7);
        self.write((wanted - real_now()).num_seconds())
    }

    /// Moves the clock ahead.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn advance(&self, span: Duration) -> Result<()> {
        let ahead = self.now()? + span - real_now();
        self.write(ahead.num_seconds())
    }

    /// Replaces the file at once: a process that read half a number would fall back to the present.
    fn write(&self, ahead_s: i64) -> Result<()> {
        let next = self.file.with_extension("next");
        std::fs::write(&next, ahead_s.to_string())?;
        std::fs::rename(&next, &self.file).context("cannot move the clock")
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the harness moves the clock of others against the real one"
)]
fn real_now() -> DateTime<Utc> {
    Utc::now()
}
