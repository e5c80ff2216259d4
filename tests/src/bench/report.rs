//! The figures of a bench and the file they are written to.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::statistics::{median, spread};

/// What a bench found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Its name.
    pub bench: &'static str,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Bench and variant, as in `api-read/postgres`.
    pub id: String,
    /// The median of the rounds.
    pub value: f64,
    /// Of value and floor.
    pub unit: &'static str,
    /// The floor's median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<f64>,
    /// The median of the rounds' ratios of value to floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Half of the product's answers came sooner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// All but one of a hundred of the product's answers came sooner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// The most resident memory while the product worked, in MB, where that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_mb: Option<f64>,
    /// The value in each round.
    pub rounds: Vec<f64>,
    /// The floor in each round.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub floor_rounds: Vec<f64>,
    /// The distance of the extreme values as a part of their median.
    pub spread: f64,
    /// What else a reader should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Figure {
    /// A figure without a floor.
    #[must_use]
    pub fn alone(id: impl Into<String>, unit: &'static str, rounds: Vec<f64>) -> Self {
        Self {
            id: id.into(),
            value: median(&rounds),
            unit,
            floor: None,
            ratio: None,
            p50_ms: None,
            p99_ms: None,
            rss_mb: None,
            spread: spread(&rounds),
            rounds,
            floor_rounds: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A figure beside its floor, both measured in each round.
    #[must_use]
    pub fn beside(
        id: impl Into<String>,
        unit: &'static str,
        rounds: Vec<f64>,
        floor_rounds: Vec<f64>,
    ) -> Self {
        let ratios: Vec<_> = rounds
            .iter()
            .zip(&floor_rounds)
            .map(|(it, floor)| it / floor)
            .collect();
        let alone = Self::alone(id, unit, rounds);
        Self {
            floor: Some(median(&floor_rounds)),
            ratio: Some(median(&ratios)),
            floor_rounds,
            ..alone
        }
    }

    /// Says how much memory the product held at most, in MB.
    #[must_use]
    pub const fn memory(mut self, rss_mb: f64) -> Self {
        self.rss_mb = Some(rss_mb);
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

impl Report {
    /// Writes the report as JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<()> {
        Ok(std::fs::write(file, serde_json::to_vec_pretty(self)?)?)
    }
}
