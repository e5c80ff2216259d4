//! Reads the facts about menus: a text of lines, explained at its top.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use super::menu::Unique;

/// What is known about one menu beyond the command tree.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) path: String,
    pub(super) label: String,
    pub(super) since: u16,
    pub(super) flags: Vec<String>,
    pub(super) index: Vec<String>,
    pub(super) unique: Vec<Unique>,
    pub(super) auto_name: Option<String>,
    pub(super) keep_default: Option<String>,
    pub(super) only_v7: Vec<String>,
    pub(super) drop: Vec<String>,
    /// Names with the words of each, in the order they are printed.
    pub(super) properties: Vec<(String, Vec<String>)>,
    /// The commands of a menu that the tree lacks.
    pub(super) commands: BTreeMap<String, Vec<String>>,
}

/// The menus in the order of the text.
///
/// # Errors
/// With the line that cannot be read.
pub(super) fn parse(text: &str) -> Result<Vec<Facts>> {
    let mut menus: Vec<Facts> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, rest) = line.split_once(' ').unwrap_or((line, ""));
        if key == "menu" {
            menus.push(Facts {
                path: rest.to_owned(),
                ..Facts::default()
            });
            continue;
        }
        let menu = menus.last_mut().context("the first line names a menu")?;
        menu.take(key, rest)
            .with_context(|| format!("line {}: {line}", at + 1))?;
    }
    Ok(menus)
}

impl Facts {
    fn take(&mut self, key: &str, rest: &str) -> Result<()> {
        match key {
            "label" => rest.clone_into(&mut self.label),
            "since" => self.since = rest.parse()?,
            "flags" => self.flags = words(rest),
            "index" => self.index = words(rest),
            "unique" => self.unique.push(unique(rest)?),
            "auto-name" => self.auto_name = Some(rest.to_owned()),
            "keep-default" => self.keep_default = Some(rest.to_owned()),
            "only-v7" => self.only_v7.extend(words(rest)),
            "drop" => self.drop.extend(words(rest)),
            "-" => self.properties.push(named(rest)?),
            "command" => {
                let (name, arguments) = named(rest)?;
                self.commands.entry(name).or_default().extend(arguments);
            }
            _ => bail!("nothing is called {key}"),
        }
        Ok(())
    }

    pub(super) fn has_flag(&self, flag: &str) -> bool {
        self.flags.iter().any(|it| it == flag)
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn named(text: &str) -> Result<(String, Vec<String>)> {
    let mut words = words(text).into_iter();
    let name = words.next().context("a name is missing")?;
    Ok((name, words.collect()))
}

fn unique(text: &str) -> Result<Unique> {
    let (names, trap) = text.split_once(" | ").context("the refusal is missing")?;
    let (overlap, by): (Vec<String>, Vec<String>) = words(names)
        .into_iter()
        .partition(|name| name.starts_with('~'));
    let overlap = overlap.first().map(|name| name.replacen('~', "", 1));
    Ok(Unique {
        by,
        overlap,
        trap: trap.to_owned(),
    })
}
