//! A workspace as the rules see it: members, what they name, and what they offer.

use std::collections::BTreeMap;
use std::fmt;

/// All members of the cargo workspace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workspace {
    pub(crate) members: Vec<Member>,
}

/// One crate of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// From the workspace's root, with forward slashes.
    pub(crate) folder: String,
    pub(crate) dependencies: Vec<Dependency>,
    /// Feature name to the features and dependencies that it switches on.
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) inherits_lints: bool,
    pub(crate) surface: Surface,
}

/// What a crate offers to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// Only binaries: nothing to offer, and nothing expected.
    Programs,
    /// A library, with the number of public items in its root file.
    Library { public_items: usize },
}

/// A line of a member's manifest that names another crate.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    /// The package's name, not its alias.
    pub(crate) name: String,
    pub(crate) scope: Scope,
    pub(crate) place: Place,
    pub(crate) presence: Presence,
    /// Features asked for here and in the workspace's table together.
    pub(crate) features: Vec<String>,
}

/// When a dependency is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// In the product, build scripts included.
    Product,
    /// In tests, examples and benches only.
    Tests,
}

/// Where a dependency lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Workspace,
    Registry,
}

/// Whether a dependency is always linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Always,
    /// Only when a feature asks for it.
    Optional,
}

/// A wall that does not stand, with the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) member: String,
    pub(crate) rule: Rule,
    pub(crate) advice: String,
}

impl Violation {
    pub(crate) fn new(member: &str, rule: Rule, advice: String) -> Self {
        Self {
            member: member.to_owned(),
            rule,
            advice,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.member, self.rule, self.advice)
    }
}

/// The rules by name, as printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Every member has a row in the walls, and every row has a member.
    Listed,
    /// Workspace edges point inwards only.
    Direction,
    /// Contexts never name each other.
    ContextsApart,
    /// Adapters never name each other.
    AdaptersApart,
    /// Pure crates take crates from an allow-list only.
    AllowList,
    /// Pure crates receive ids; they do not draw them.
    NoRandomIds,
    /// A technology has one owner.
    OneOwner,
    /// The simulator is linked behind feature `demo` only.
    BehindFeature,
    /// `[lints] workspace = true` in each manifest.
    SharedLints,
    /// No library without a public item.
    NotEmpty,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Listed => "each member is listed",
            Self::Direction => "edges point inwards",
            Self::ContextsApart => "contexts never name each other",
            Self::AdaptersApart => "adapters never name each other",
            Self::AllowList => "pure crates stay on their allow-list",
            Self::NoRandomIds => "ids are passed in",
            Self::OneOwner => "one owner per technology",
            Self::BehindFeature => "demo only behind its feature",
            Self::SharedLints => "lints are shared",
            Self::NotEmpty => "no empty crates",
        })
    }
}
