//! Runs named steps one after another and tells at the end how each went.

use std::time::{Duration, Instant};

use anyhow::Result;
use comfy_table::{Table, presets};

use crate::shell::Interrupted;

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    /// The step could not be done here, which is no failure but must be seen.
    NotDone(String),
}

/// The steps so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    rows: Vec<(String, Duration, Outcome)>,
}

impl Steps {
    /// Runs one step. A step that fails is written down, and the next ones still run.
    ///
    /// # Errors
    /// [`Interrupted`] only.
    pub(crate) async fn run(
        &mut self,
        name: &str,
        step: impl Future<Output = Result<Outcome>>,
    ) -> Result<()> {
        eprintln!("\n== {name}");
        let started = Instant::now();
        let outcome = match step.await {
            Ok(outcome) => outcome,
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => Outcome::Failed(format!("{error:#}")),
        };
        if let Outcome::Failed(reason) = &outcome {
            eprintln!("xtask: {name}: {reason}");
        }
        self.rows
            .push((name.to_owned(), started.elapsed(), outcome));
        Ok(())
    }

    /// Prints the table and says whether no step failed.
    pub(crate) fn finish(self) -> bool {
        println!("\n{}", self.table());
        self.rows
            .iter()
            .all(|(_, _, outcome)| !matches!(outcome, Outcome::Failed(_)))
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table
            .load_style(presets::ASCII_MARKDOWN)
            .set_header(["step", "time", "result"]);
        for (name, took, outcome) in &self.rows {
            let result = match outcome {
                Outcome::Passed => "ok".to_owned(),
                Outcome::Failed(reason) => format!("FAILED: {}", first_line(reason)),
                Outcome::NotDone(reason) => format!("NOT DONE: {reason}"),
            };
            table.add_row([name.as_str(), &format_time(*took), &result]);
        }
        table
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Minutes and seconds with a tenth, as in `1m 02.5s`.
fn format_time(took: Duration) -> String {
    let tenths = took.as_millis() / 100;
    let (minutes, tenths) = (tenths / 600, tenths % 600);
    match minutes {
        0 => format!("{}.{}s", tenths / 10, tenths % 10),
        _ => format!("{minutes}m {:02}.{}s", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests;
