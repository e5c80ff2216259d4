//! What each member must look like, whatever it names.

use super::model::{Member, Rule, Surface, Violation, Workspace};
use super::walls::{self, ROOMS};

/// Rows of the walls that no member answers to.
pub(crate) fn missing_members(workspace: &Workspace) -> Vec<Violation> {
    ROOMS
        .iter()
        .filter(|(name, _)| !workspace.members.iter().any(|member| member.name == *name))
        .map(|(name, _)| {
            let advice = "remove its row from xtask/src/arch/walls.rs, the crate is gone";
            Violation::new(name, Rule::Listed, advice.to_owned())
        })
        .collect()
}

/// The shape of one member: listed, sharing the lints, not empty.
pub(crate) fn check(member: &Member) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut report = |rule, advice: &str| {
        found.push(Violation::new(&member.name, rule, advice.to_owned()));
    };
    if walls::room(&member.name).is_none() {
        report(
            Rule::Listed,
            "give it a row in xtask/src/arch/walls.rs, so its walls are known",
        );
    }
    if !member.inherits_lints {
        report(
            Rule::SharedLints,
            "add `[lints]` with `workspace = true` to its Cargo.toml",
        );
    }
    if member.surface == (Surface::Library { public_items: 0 }) {
        report(
            Rule::NotEmpty,
            "give its lib.rs a public item, or remove the crate",
        );
    }
    found
}
