//! The menus, commands, arguments and properties the simulator knows, by version.
//!
//! Read from `data/schema.json`, which `cargo xtask schema` writes from a crawled command tree of
//! real routers and from `data/facts.txt`, the facts that the tree does not say.

mod kind;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;

pub(crate) use kind::Kind;

use crate::text::Text;

const EMBEDDED: &str = include_str!("../data/schema.json");

/// Where a menu stands in the schema, and its table in the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct MenuId(pub(crate) usize);

/// All menus.
#[derive(Debug)]
pub(crate) struct Schema {
    menus: Vec<Arc<Menu>>,
    by_path: HashMap<Arc<str>, MenuId>,
}

/// One menu.
#[derive(Debug, Deserialize)]
pub(crate) struct Menu {
    /// Filled from the key of the file.
    #[serde(skip, default = "no_path")]
    pub(crate) path: Arc<str>,
    /// What a person calls one row.
    pub(crate) label: String,
    /// Properties that rows are found by without a scan.
    #[serde(default)]
    pub(crate) index: Vec<Arc<str>>,
    #[serde(default)]
    pub(crate) unique: Vec<Unique>,
    /// The stem of the name a row gets when none is given.
    pub(crate) auto_name: Option<String>,
    /// The refusal to remove a row that has the `default` flag.
    pub(crate) keep_default: Option<String>,
    /// One row without an id.
    #[serde(default)]
    pub(crate) single: bool,
    /// Rows have a place that can be chosen.
    #[serde(default)]
    pub(crate) ordered: bool,
    /// Rows vanish when the router reboots.
    #[serde(default)]
    pub(crate) volatile: bool,
    /// Absent on virtual machines.
    #[serde(default)]
    pub(crate) board_only: bool,
    /// The first version that has the menu; 0 for all.
    #[serde(default)]
    pub(crate) since: u16,
    pub(crate) properties: Vec<Property>,
    #[serde(deserialize_with = "commands")]
    commands: BTreeMap<String, CommandSpec>,
}

/// Rows that may not be alike.
#[derive(Debug, Deserialize)]
pub(crate) struct Unique {
    /// The properties that are compared.
    pub(crate) by: Vec<Arc<str>>,
    /// A property that also must meet: equal, or `any` on either side.
    pub(crate) overlap: Option<Arc<str>>,
    /// The refusal.
    pub(crate) trap: String,
}

/// One property of a row.
#[derive(Debug, Deserialize)]
pub(crate) struct Property {
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
    /// Shown when nothing is set; without it an unset property is absent.
    pub(crate) default: Option<Text>,
    /// Values that clear it.
    #[serde(default)]
    pub(crate) unset: Vec<Text>,
    #[serde(default)]
    pub(crate) read_only: bool,
    /// Shown only to those who may see passwords.
    #[serde(default)]
    pub(crate) secret: bool,
    /// Never shown.
    #[serde(default)]
    pub(crate) write_only: bool,
    /// Refused without it: with this text, or the general one when it is empty.
    pub(crate) required: Option<String>,
    #[serde(default)]
    pub(crate) since: u16,
}

/// A command of a menu.
#[derive(Debug)]
pub(crate) struct CommandSpec {
    gate: Gate,
    arguments: BTreeMap<String, Gate>,
}

/// The versions that have something.
#[derive(Debug, Clone, Copy)]
struct Gate {
    since: u16,
    /// The first version that lacks it again; 0 for none.
    until: u16,
}

impl Schema {
    /// The schema that is part of the program.
    pub(crate) fn embedded() -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct File {
            menus: BTreeMap<Arc<str>, Menu>,
        }
        let file: File = serde_json::from_str(EMBEDDED)?;
        let named = |(path, menu): (Arc<str>, Menu)| Arc::new(Menu { path, ..menu });
        let menus: Vec<Arc<Menu>> = file.menus.into_iter().map(named).collect();
        let by_path = menus
            .iter()
            .enumerate()
            .map(|(at, menu)| (Arc::clone(&menu.path), MenuId(at)));
        Ok(Self {
            by_path: by_path.collect(),
            menus,
        })
    }

    pub(crate) fn find(&self, path: &str) -> Option<MenuId> {
        self.by_path.get(path).copied()
    }

    pub(crate) fn menus(&self) -> impl Iterator<Item = (MenuId, &Arc<Menu>)> {
        self.menus
            .iter()
            .enumerate()
            .map(|(at, menu)| (MenuId(at), menu))
    }

    /// Whether menus exist below this path.
    pub(crate) fn is_prefix(&self, path: &str) -> bool {
        path.is_empty()
            || self.menus.iter().any(|menu| {
                menu.path
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
    }
}

impl Menu {
    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        self.properties
            .iter()
            .find(|property| &*property.name == name)
    }

    /// The command, when this version has it.
    pub(crate) fn command(&self, name: &str, version: u16) -> Option<&CommandSpec> {
        self.commands
            .get(name)
            .filter(|command| command.gate.allows(version))
    }
}

impl Property {
    pub(crate) fn exists_in(&self, version: u16) -> bool {
        self.since <= version
    }
}

impl CommandSpec {
    /// Whether this version has the argument.
    pub(crate) fn has_argument(&self, name: &str, version: u16) -> bool {
        self.arguments
            .get(name)
            .is_some_and(|gate| gate.allows(version))
    }
}

#[cfg(test)]
impl Menu {
    /// Every command of any version.
    pub(crate) fn all_commands(&self) -> impl Iterator<Item = (&str, &CommandSpec)> {
        self.commands
            .iter()
            .map(|(name, spec)| (name.as_str(), spec))
    }
}

#[cfg(test)]
impl CommandSpec {
    /// The arguments this version has (`true`), or those that only others have.
    pub(crate) fn arguments(&self, version: u16, in_version: bool) -> Vec<String> {
        let fits = |(_, gate): &(&String, &Gate)| gate.allows(version) == in_version;
        let fitting = self.arguments.iter().filter(fits);
        fitting.map(|(name, _)| name.clone()).collect()
    }
}

impl Gate {
    fn allows(self, version: u16) -> bool {
        self.since <= version && (self.until == 0 || version < self.until)
    }

    /// Reads `name` or `name@since-until`, either number possibly missing.
    fn parse(text: &str) -> Result<(String, Self), String> {
        let Some((name, span)) = text.split_once('@') else {
            return Ok((text.to_owned(), Self { since: 0, until: 0 }));
        };
        let (since, until) = span
            .split_once('-')
            .ok_or_else(|| format!("no span in {text}"))?;
        let number = |digits: &str| match digits {
            "" => Ok(0),
            digits => digits.parse().map_err(|_| format!("no version in {text}")),
        };
        Ok((
            name.to_owned(),
            Self {
                since: number(since)?,
                until: number(until)?,
            },
        ))
    }
}

fn no_path() -> Arc<str> {
    Arc::from("")
}

fn commands<'de, D>(deserializer: D) -> Result<BTreeMap<String, CommandSpec>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    let raw: BTreeMap<String, Vec<String>> = BTreeMap::deserialize(deserializer)?;
    let mut commands = BTreeMap::new();
    for (name, arguments) in raw {
        let (name, gate) = Gate::parse(&name).map_err(serde::de::Error::custom)?;
        let arguments: Result<_, String> = arguments
            .iter()
            .map(|argument| Gate::parse(argument))
            .collect();
        let arguments = arguments.map_err(serde::de::Error::custom)?;
        commands.insert(name, CommandSpec { gate, arguments });
    }
    Ok(commands)
}
