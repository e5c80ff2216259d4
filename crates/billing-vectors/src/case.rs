//! One case, and how it went.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is asked of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adopt {
    /// Reproduce it with the product's own conventions.
    Match,
    /// Reproduce it under a named option that is not the default.
    Mode,
    /// Another convention, documented: ours must come out otherwise.
    Differs,
    /// Known to be wrong: ours must never come out like this.
    Avoid,
}

impl Adopt {
    /// Whether ours must come out otherwise.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        matches!(self, Self::Differs | Self::Avoid)
    }
}

/// One case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Unique in its theme.
    pub id: String,
    /// What is asked of us.
    pub adopt: Adopt,
    /// What it is about, for people.
    #[serde(rename = "description", alias = "about")]
    pub about: String,
    /// Where it was read: repository at commit and path, or the name of a page.
    pub source: String,
    /// What goes in.
    pub input: Value,
    /// What must come out.
    pub expected: Value,
    /// What we computed from it by hand, consistent with `expected`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub derived: Value,
    /// The named option it holds under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convention: Option<String>,
    /// What else to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Ours came out as it must.
    Passed,
    /// It did not: what came out instead.
    Failed(String),
    /// It says nothing that ours could be held to: why.
    Skipped(String),
}

impl Outcome {
    /// Compares what came out with what must, whatever is asked: a negative case passes when they differ.
    ///
    /// ```
    /// use billing_vectors::{Adopt, Outcome};
    ///
    /// assert_eq!(Outcome::of(Adopt::Match, &3, &3), Outcome::Passed);
    /// assert_eq!(Outcome::of(Adopt::Avoid, &4, &3), Outcome::Passed);
    /// assert!(matches!(Outcome::of(Adopt::Avoid, &3, &3), Outcome::Failed(_)));
    /// ```
    #[must_use]
    pub fn of<T: PartialEq + std::fmt::Debug>(adopt: Adopt, came_out: &T, expected: &T) -> Self {
        match (adopt.is_negative(), came_out == expected) {
            (false, true) | (true, false) => Self::Passed,
            (false, false) => Self::Failed(format!("came out as {came_out:?}, not {expected:?}")),
            (true, true) => Self::Failed(format!("came out as {came_out:?}, which must not be")),
        }
    }
}
