//! Checks the tree's habits: file headers, sizes, names, unfinished marks, tests and migrations.
//!
//! Each rule is a pure function from a [`Tree`] to the [`Finding`]s in it, so a test can lay out a
//! small tree with one bad habit and see it caught.

mod architecture_page;
mod migrations;
mod names;
mod sizes;
mod text;
mod tree;

#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, Result};

pub(crate) use tree::{Finding, Tree};

/// What to do with migrations that the checksum file does not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewMigrations {
    /// Report them.
    Refuse,
    /// Write their checksums down; known ones stay as they are.
    Accept,
}

/// A member of the workspace, as the architecture page may call it.
#[derive(Debug, Clone)]
pub(crate) struct Crate {
    pub(crate) name: String,
    /// From the root, with forward slashes.
    pub(crate) folder: String,
}

impl Crate {
    fn answers_to(&self, entry: &str) -> bool {
        entry == self.name || entry.trim_end_matches('/') == self.folder
    }
}

/// Every bad habit in the tree, by file and line.
pub(crate) fn findings(tree: &Tree, crates: &[Crate]) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.files() {
        found.extend(sizes::check(file));
        found.extend(names::check(file));
        found.extend(text::check(file));
    }
    found.extend(architecture_page::check(tree, crates));
    found.extend(migrations::check(tree));
    found.sort();
    found
}

/// Reads the checkout at `root`, prints each finding on a line and says whether there was none.
///
/// # Errors
/// When git or a file cannot be read, or the checksum file cannot be written.
pub(crate) fn report(root: &Path, crates: &[Crate], accept: NewMigrations) -> Result<bool> {
    let mut tree = Tree::tracked(root)?;
    if accept == NewMigrations::Accept {
        accept_migrations(root, &mut tree)?;
    }
    let found = findings(&tree, crates);
    for finding in &found {
        eprintln!("{finding}");
    }
    if found.is_empty() {
        println!("tidy: {} files, nothing to put away", tree.files().len());
    } else {
        eprintln!("tidy: {} findings", found.len());
    }
    Ok(found.is_empty())
}

fn accept_migrations(root: &Path, tree: &mut Tree) -> Result<()> {
    let accepted = migrations::accept(tree);
    std::fs::write(root.join(migrations::CHECKSUMS), &accepted.text)
        .with_context(|| format!("cannot write {}", migrations::CHECKSUMS))?;
    for path in &accepted.added {
        println!("accepted {path}");
    }
    tree.put(migrations::CHECKSUMS, accepted.text);
    Ok(())
}
