//! Where the worker is to be killed.

use std::path::PathBuf;

/// What a process is told about being killed and watched; passed on as variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sabotage {
    /// `point:n` kills at the nth time a point is reached, `any:n` at the nth point at all.
    pub kill_at: Option<String>,
    /// A file that gets a line for each point reached.
    pub log: Option<PathBuf>,
}

impl Sabotage {
    /// Kills the process once, at the nth time that a point is reached.
    #[must_use]
    pub fn kill_at(point: &str, nth: u64) -> Self {
        Self {
            kill_at: Some(format!("{point}:{nth}")),
            log: None,
        }
    }

    /// Writes the points down and kills nothing.
    #[must_use]
    pub fn only_log(log: PathBuf) -> Self {
        Self {
            kill_at: None,
            log: Some(log),
        }
    }

    /// The variables that say so.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (String, String)> + use<> {
        let kill = self
            .kill_at
            .clone()
            .map(|it| (bootstrap::hooks::KILL_AT.to_owned(), it));
        let log = self.log.as_ref().map(|it| it.display().to_string());
        let log = log.map(|it| (bootstrap::hooks::PROBE_LOG.to_owned(), it));
        kill.into_iter().chain(log)
    }
}

/// `count` different numbers from 1 to `total`, the same for the same seed (SplitMix64).
#[must_use]
pub fn seeded_points(seed: u64, count: usize, total: u64) -> Vec<u64> {
    let mut state = seed;
    let mut points = std::collections::BTreeSet::new();
    let wanted = count.min(usize::try_from(total).unwrap_or(usize::MAX));
    while points.len() < wanted {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        points.insert((mixed ^ (mixed >> 31)) % total + 1);
    }
    points.into_iter().collect()
}
