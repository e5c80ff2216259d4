//! `cargo xtask schema`: the menus the simulator plays, from a crawled command tree and facts.
//!
//! The tree says which commands and arguments exist since and until when; the facts say what the
//! values are, and which of the tree is played. The tree itself is not kept: it is large, and
//! who has a newer one gives its path.

mod facts;
mod gate;
mod menu;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use menu::Menu;

/// What is known beyond the tree, from the root.
const FACTS: &str = "crates/routeros-sim/data/facts.txt";
/// What is written, from the root.
const SCHEMA: &str = "crates/routeros-sim/data/schema.json";
/// Said at the top of the file.
const SOURCE: &str = "written by `cargo xtask schema` from a crawl of RouterOS 7.9 to 7.24 \
                      (tikoci/restraml, Unlicense) and facts.txt";

/// A crawled command tree: menus, commands, arguments, and the versions that have them.
#[derive(Debug, Deserialize)]
struct Tree {
    menus: BTreeMap<String, CrawledMenu>,
}

#[derive(Debug, Default, Deserialize)]
struct CrawledMenu {
    commands: BTreeMap<String, CrawledCommand>,
    cli_reference: Option<Reference>,
}

#[derive(Debug, Deserialize)]
struct CrawledCommand {
    #[serde(rename = "in")]
    versions: Versions,
    args: BTreeMap<String, Versions>,
}

/// `"all"`, or the versions that have something.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Versions {
    Word(String),
    List(Vec<String>),
}

/// What the manual's reference says about the arguments of a menu.
#[derive(Debug, Deserialize)]
struct Reference {
    args: BTreeMap<String, ReferenceArgument>,
}

#[derive(Debug, Deserialize)]
struct ReferenceArgument {
    #[serde(rename = "type")]
    kind: String,
}

/// Writes the schema from a tree.
///
/// # Errors
/// When the tree or the facts cannot be read, or do not fit each other.
pub(crate) fn run(root: &Path, tree: &Path) -> Result<bool> {
    let text =
        fs::read_to_string(tree).with_context(|| format!("cannot read {}", tree.display()))?;
    let tree: Tree = serde_json::from_str(&text).context("this is no command tree")?;
    let facts =
        fs::read_to_string(root.join(FACTS)).with_context(|| format!("cannot read {FACTS}"))?;
    let menus = joined(&facts, &tree)?;
    fs::write(root.join(SCHEMA), written(&menus)?)
        .with_context(|| format!("cannot write {SCHEMA}"))?;
    println!("wrote {SCHEMA}: {} menus", menus.len());
    Ok(true)
}

/// The menus of the facts with the commands of the tree.
fn joined(facts: &str, tree: &Tree) -> Result<BTreeMap<String, Menu>> {
    let facts = facts::parse(facts)?;
    let menus = facts.into_iter().map(|facts| {
        let crawled = tree.menus.get(&facts.path);
        let path = facts.path.clone();
        let menu = Menu::new(facts, crawled).with_context(|| path.clone())?;
        Ok((path, menu))
    });
    menus.collect()
}

/// One menu a line, so that a change of one is a change of one line.
fn written(menus: &BTreeMap<String, Menu>) -> Result<String> {
    let line = |(path, menu): (&String, &Menu)| -> Result<String> {
        Ok(format!("{}: {}", json(path)?, json(menu)?))
    };
    let lines: Result<Vec<String>> = menus.iter().map(line).collect();
    Ok(format!(
        "{{\"source\": {}, \"menus\": {{\n{}\n}}}}\n",
        json(&SOURCE)?,
        lines?.join(",\n")
    ))
}

fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(value)?)
}
