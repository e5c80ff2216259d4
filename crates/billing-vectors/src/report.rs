//! How all the cases of some themes went, as a table a person can read.

use std::fmt;

use comfy_table::{Table, presets};

use crate::case::{Case, Outcome};
use crate::themes::Theme;

/// One case and how it went.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What the case is about.
    pub theme: Theme,
    /// The case.
    pub case: Case,
    /// How it went.
    pub outcome: Outcome,
}

/// How all cases went.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Theme by theme, in the order of the files.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Puts every case to its theme's runner.
    #[must_use]
    pub fn of(cases: Vec<(Theme, Case)>) -> Self {
        let findings = cases.into_iter().map(|(theme, case)| Finding {
            outcome: theme.run(&case),
            theme,
            case,
        });
        Self {
            findings: findings.collect(),
        }
    }

    /// The cases that failed.
    pub fn failures(&self) -> impl Iterator<Item = (&Finding, &str)> {
        self.findings.iter().filter_map(|it| match &it.outcome {
            Outcome::Failed(why) => Some((it, why.as_str())),
            _ => None,
        })
    }

    /// The cases that were skipped.
    pub fn skips(&self) -> impl Iterator<Item = (&Finding, &str)> {
        self.findings.iter().filter_map(|it| match &it.outcome {
            Outcome::Skipped(why) => Some((it, why.as_str())),
            _ => None,
        })
    }

    fn counts(&self, theme: Option<Theme>) -> [usize; 3] {
        let of_theme = self
            .findings
            .iter()
            .filter(|it| theme.is_none_or(|that| that == it.theme));
        of_theme.fold([0; 3], |[passed, failed, skipped], it| match it.outcome {
            Outcome::Passed => [passed + 1, failed, skipped],
            Outcome::Failed(_) => [passed, failed + 1, skipped],
            Outcome::Skipped(_) => [passed, failed, skipped + 1],
        })
    }
}

impl fmt::Display for Report {
    /// Failures and skips with their reasons, then the counts by theme.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, why) in self.skips() {
            writeln!(f, "skipped {}: {why}", what.case.id)?;
        }
        for (what, why) in self.failures() {
            let about = &what.case.about;
            writeln!(f, "FAILED {} ({about}): {why}", what.case.id)?;
        }
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(["theme", "cases", "passed", "failed", "skipped"]);
        let themes = Theme::ALL.into_iter().map(|it| (it.as_str(), Some(it)));
        for (name, theme) in themes.chain([("all", None)]) {
            let counts = self.counts(theme);
            let total: usize = counts.iter().sum();
            if total > 0 {
                let cells = [total].into_iter().chain(counts).map(|it| it.to_string());
                table.add_row([name.to_owned()].into_iter().chain(cells));
            }
        }
        writeln!(f, "{table}")
    }
}
