//! One menu of the schema, put together from facts and a crawled menu.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::facts::Facts;
use super::gate::{gated, since_of};
use super::{CrawledMenu, Reference};

/// Commands that talk with a person, which nobody does over the API.
const INTERACTIVE: [&str; 2] = ["edit", "export"];
/// Arguments of `print` that the tree leaves out of some menus.
const PRINT: [&str; 2] = ["stats", "show-sensitive@721-"];

/// A menu as the simulator reads it; what is not said is left out.
#[derive(Debug, Serialize)]
pub(super) struct Menu {
    label: String,
    #[serde(skip_serializing_if = "is_zero")]
    since: u16,
    #[serde(flatten)]
    flags: BTreeMap<String, bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    index: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unique: Vec<Unique>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_default: Option<String>,
    properties: Vec<Property>,
    commands: BTreeMap<String, BTreeSet<String>>,
}

/// Rows that may not be alike.
#[derive(Debug, Serialize)]
pub(super) struct Unique {
    pub(super) by: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) overlap: Option<String>,
    pub(super) trap: String,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unset: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) read_only: bool,
    #[serde(skip_serializing_if = "is_false")]
    secret: bool,
    #[serde(skip_serializing_if = "is_false")]
    write_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) since: u16,
}

impl Menu {
    /// # Errors
    /// When a menu is neither crawled nor has commands of its own, when a property cannot be
    /// read, or when an argument has no property.
    pub(super) fn new(facts: Facts, crawled: Option<&CrawledMenu>) -> Result<Self> {
        let commands = match crawled {
            Some(crawled) if facts.commands.is_empty() => crawled_commands(crawled, &facts),
            _ => own_commands(&facts),
        };
        if commands.is_empty() {
            bail!("the tree lacks it, and it has no commands of its own");
        }
        let mut properties = properties(&facts)?;
        if facts.has_flag("typed") {
            let reference = crawled.and_then(|crawled| crawled.cli_reference.as_ref());
            properties.extend(typed(reference, &properties));
        }
        set_since(&mut properties, &commands);
        check_arguments(&properties, &commands)?;
        let flags = facts.flags.iter().filter(|flag| *flag != "typed");
        Ok(Self {
            flags: flags.map(|flag| (flag.replace('-', "_"), true)).collect(),
            label: facts.label,
            since: facts.since,
            index: facts.index,
            unique: facts.unique,
            auto_name: facts.auto_name,
            keep_default: facts.keep_default,
            properties,
            commands,
        })
    }
}

fn crawled_commands(crawled: &CrawledMenu, facts: &Facts) -> BTreeMap<String, BTreeSet<String>> {
    let is_played = |name: &str| {
        !INTERACTIVE.contains(&name) && !facts.drop.iter().any(|dropped| dropped == name)
    };
    let played = crawled.commands.iter().filter(|(name, _)| is_played(name));
    let gates = played.map(|(name, command)| {
        let arguments = command.args.iter();
        let mut arguments: BTreeSet<String> = arguments
            .map(|(name, versions)| gated(name, versions, &facts.only_v7))
            .collect();
        if name == "print" {
            arguments.extend(PRINT.map(str::to_owned));
        }
        (gated(name, &command.versions, &facts.only_v7), arguments)
    });
    gates.collect()
}

fn own_commands(facts: &Facts) -> BTreeMap<String, BTreeSet<String>> {
    let commands = facts.commands.iter();
    let owned =
        commands.map(|(name, arguments)| (name.clone(), arguments.iter().cloned().collect()));
    owned.collect()
}

fn properties(facts: &Facts) -> Result<Vec<Property>> {
    let each = facts.properties.iter();
    each.map(|(name, words)| Property::parse(name, words))
        .collect()
}

impl Property {
    fn parse(name: &str, words: &[String]) -> Result<Self> {
        let mut property = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        for word in words {
            property
                .take(word)
                .with_context(|| format!("{name}: {word}"))?;
        }
        if property.kind.is_empty() {
            bail!("{name} has no kind");
        }
        Ok(property)
    }

    fn take(&mut self, word: &str) -> Result<()> {
        match word {
            "ro" => self.read_only = true,
            "secret" => self.secret = true,
            "write-only" => self.write_only = true,
            _ => self.take_value(word)?,
        }
        Ok(())
    }

    fn take_value(&mut self, word: &str) -> Result<()> {
        if let Some(value) = word.strip_prefix('=') {
            self.default = Some(value.to_owned());
        } else if let Some(value) = word.strip_prefix("unset:") {
            self.unset.push(value.to_owned());
        } else if let Some(text) = word.strip_prefix("required:") {
            let text = if text == "-" {
                String::new()
            } else {
                text.replace('_', " ")
            };
            self.required = Some(text);
        } else if let Some(version) = word.strip_prefix('@') {
            self.since = version.parse()?;
        } else if self.kind.is_empty() {
            word.clone_into(&mut self.kind);
        } else {
            bail!("a second kind");
        }
        Ok(())
    }
}

/// Properties by the manual's types, for what the facts do not name.
fn typed(reference: Option<&Reference>, known: &[Property]) -> Vec<Property> {
    let arguments = reference.into_iter().flat_map(|reference| &reference.args);
    let unknown = arguments.filter(|(name, _)| known.iter().all(|it| it.name != **name));
    let typed = unknown.map(|(name, argument)| Property {
        name: name.clone(),
        kind: kind_of(&argument.kind),
        unset: vec![String::new()],
        ..Property::default()
    });
    typed.collect()
}

/// The kind of a type of the manual: `num { }`, `enum (a | b)`, `time`.
fn kind_of(text: &str) -> String {
    if let Some(words) = text.strip_prefix("enum (") {
        let words = words.split(')').next().unwrap_or_default();
        return format!("one-of:{}", words.replace(" | ", "|"));
    }
    let kind = match text.split(' ').next() {
        Some("num") => "number",
        Some("bool") => "bool",
        Some("time") => "time",
        _ => "text",
    };
    kind.to_owned()
}

/// A property exists since its argument does, where the facts do not say.
fn set_since(properties: &mut [Property], commands: &BTreeMap<String, BTreeSet<String>>) {
    for (name, since) in settable(commands).map(|argument| since_of(argument)) {
        let found = properties
            .iter_mut()
            .find(|it| it.name == name && it.since == 0);
        if let Some(property) = found {
            property.since = since;
        }
    }
}

fn check_arguments(
    properties: &[Property],
    commands: &BTreeMap<String, BTreeSet<String>>,
) -> Result<()> {
    const OTHERS: [&str; 4] = ["numbers", "copy-from", "place-before", "destination"];
    for (name, _) in settable(commands).map(|argument| since_of(argument)) {
        let is_writable = |it: &Property| it.name == name && !it.read_only;
        if !OTHERS.contains(&name) && !properties.iter().any(is_writable) {
            bail!("the argument {name} is no property that can be written");
        }
    }
    Ok(())
}

/// The arguments of `add` and `set`.
fn settable(commands: &BTreeMap<String, BTreeSet<String>>) -> impl Iterator<Item = &String> {
    let writing = commands
        .iter()
        .filter(|(name, _)| matches!(since_of(name).0, "add" | "set"));
    writing.flat_map(|(_, arguments)| arguments)
}

/// The signature is serde's.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u16) -> bool {
    *number == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}
