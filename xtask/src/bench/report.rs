//! The figures of a bench: read from its file, printed for people.

use std::path::Path;

use anyhow::{Context, Result};
use comfy_table::{CellAlignment, Table, presets};
use serde::Deserialize;

use super::bars;

/// What a bench wrote.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Report {
    pub(super) bench: String,
    pub(super) figures: Vec<Figure>,
}

/// One measured figure.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Figure {
    /// Bench and variant, as in `api-read/postgres`.
    pub(super) id: String,
    pub(super) value: f64,
    /// As in `req/s`, `ms`, `MB`.
    pub(super) unit: String,
    /// What the same machine can do at best, measured in the same run; in the same unit.
    pub(super) floor: Option<f64>,
    /// Value by floor.
    pub(super) ratio: Option<f64>,
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    /// The distance of the rounds' extremes as a part of the value.
    pub(super) spread: Option<f64>,
}

impl Report {
    /// Reads a report and requires that it holds figures.
    ///
    /// # Errors
    /// When the file is missing, has another shape, or holds no figure.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("the bench wrote no {}", file.display()))?;
        Self::parse(&text).with_context(|| format!("{} is no report", file.display()))
    }

    /// Reads a report from its text.
    ///
    /// # Errors
    /// When the text has another shape or holds no figure.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let report: Self = serde_json::from_str(text)?;
        anyhow::ensure!(
            !report.figures.is_empty(),
            "{} has no figures",
            report.bench
        );
        Ok(report)
    }
}

/// All figures, each with its bar and whether it clears it.
pub(super) fn table(reports: &[Report]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header([
        "figure", "value", "unit", "spread", "floor", "ratio", "p50 ms", "p99 ms", "bar", "",
    ]);
    for figure in reports.iter().flat_map(|report| &report.figures) {
        table.add_row(row(figure));
    }
    for column in table.column_iter_mut().skip(1).take(7) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(figure: &Figure) -> [String; 10] {
    let bar = bars::of(&figure.id);
    let cleared = match bar.and_then(|bar| bar.is_cleared(figure)) {
        Some(true) => "ok",
        Some(false) => "BELOW",
        None => "",
    };
    [
        figure.id.clone(),
        number(Some(figure.value)),
        figure.unit.clone(),
        figure.spread.map(percent).unwrap_or_default(),
        number(figure.floor),
        figure
            .ratio
            .map(|it| format!("{it:.2}"))
            .unwrap_or_default(),
        number(figure.p50_ms),
        number(figure.p99_ms),
        bar.map(|bar| bar.to_string()).unwrap_or_default(),
        cleared.to_owned(),
    ]
}

#[allow(clippy::float_arithmetic)] // a ratio of measurements, not money
fn percent(part: f64) -> String {
    format!("{:.0} %", 100.0 * part)
}

/// Digits that a person reads: none behind the point of a large figure.
fn number(value: Option<f64>) -> String {
    match value {
        None => String::new(),
        Some(value) if value.abs() >= 100.0 => format!("{value:.0}"),
        Some(value) => format!("{value:.2}"),
    }
}
