//! Checks that the walls between the crates still stand.
//!
//! The rules are pure functions over a [`Workspace`] value, so a test can build a workspace with
//! one wall broken and see it caught. The data of the walls is in `walls.rs`.

mod edges;
mod externals;
mod metadata;
mod model;
mod shape;
mod walls;

#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::Result;

pub(crate) use metadata::read_workspace;
pub(crate) use model::{Violation, Workspace};

/// The crates that must build alone, without any runtime or storage: CI checks each of them.
pub(crate) fn pure_crates() -> impl Iterator<Item = &'static str> {
    walls::ROOMS
        .iter()
        .filter(|(_, room)| room.is_pure())
        .map(|(name, _)| *name)
}

/// Every broken wall of the workspace, in the order of its members. Empty means all stand.
pub(crate) fn violations(workspace: &Workspace) -> Vec<Violation> {
    let mut found = shape::missing_members(workspace);
    for member in &workspace.members {
        found.extend(shape::check(member));
        found.extend(edges::check(member));
        found.extend(externals::check(member));
    }
    found
}

/// Reads the workspace at `root`, prints each violation on a line and says whether there was none.
///
/// # Errors
/// When `cargo metadata` or a member's manifest cannot be read.
pub(crate) fn report(root: &Path) -> Result<bool> {
    let workspace = read_workspace(root)?;
    let found = violations(&workspace);
    for violation in &found {
        eprintln!("{violation}");
    }
    if found.is_empty() {
        println!(
            "arch: {} members, every wall stands",
            workspace.members.len()
        );
    } else {
        eprintln!("arch: {} broken", found.len());
    }
    Ok(found.is_empty())
}
