//! Facts and a small tree make a schema; what does not fit is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Tree, facts, joined};

const TREE: &str = r#"{"menus": {"/ip/cat": {
    "commands": {
        "add": {"in": "all", "args": {"name": "all", "vrf": "all", "tail": ["7.18.2", "7.20.8", "7.24"]}},
        "pet": {"in": ["7.9.2", "7.13.5"], "args": {}},
        "print": {"in": "all", "args": {}},
        "edit": {"in": "all", "args": {}}
    },
    "cli_reference": {"args": {"tail": {"type": "enum (long | short)"}}}
}}}"#;

const FACTS: &str = "# about cats
menu /ip/cat
label cat
flags ordered typed
index name
unique name ~vrf | failure: already have such cat
- name text required:no_name
- vrf text =main
- lives number =9 ro
";

fn schema(facts: &str) -> anyhow::Result<serde_json::Value> {
    let tree: Tree = serde_json::from_str(TREE)?;
    Ok(serde_json::to_value(joined(facts, &tree)?)?)
}

#[test]
fn a_menu_joins_the_tree_and_the_facts() {
    let cat = &schema(FACTS).unwrap()["/ip/cat"];
    let expected = serde_json::json!({
        "label": "cat",
        "ordered": true,
        "index": ["name"],
        "unique": [{"by": ["name"], "overlap": "vrf", "trap": "failure: already have such cat"}],
        "properties": [
            {"name": "name", "kind": "text", "required": "no name"},
            {"name": "vrf", "kind": "text", "default": "main", "since": 700},
            {"name": "lives", "kind": "number", "default": "9", "read_only": true},
            {"name": "tail", "kind": "one-of:long|short", "unset": [""], "since": 718}
        ],
        "commands": {
            "add": ["name", "tail@718-", "vrf@700-"],
            "pet@-715": [],
            "print": ["show-sensitive@721-", "stats"]
        }
    });
    assert_eq!(*cat, expected);
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    for (facts, told) in [
        (
            FACTS.replace("- vrf text =main\n", ""),
            "the argument vrf is no property",
        ),
        (FACTS.replace("number =9", "number text"), "a second kind"),
        (FACTS.replace("/ip/cat", "/ip/dog"), "the tree lacks it"),
        (format!("{FACTS}colour red\n"), "line 10: colour red"),
        ("label cat".to_owned(), "the first line names a menu"),
    ] {
        let error = format!("{:#}", schema(&facts).unwrap_err());
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn the_committed_schema_has_every_menu_and_property_of_the_facts() {
    let facts = facts::parse(include_str!("../../../crates/routeros-sim/data/facts.txt")).unwrap();
    let schema = include_str!("../../../crates/routeros-sim/data/schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    assert_eq!(schema["menus"].as_object().unwrap().len(), facts.len());
    for menu in facts {
        let written = schema["menus"][&menu.path]["properties"]
            .as_array()
            .unwrap()
            .clone();
        let written = written
            .iter()
            .map(|it| (it["name"].as_str(), it["kind"].as_str()));
        let named = menu.properties.iter();
        let named = named.map(|(name, words)| (name, words.iter().find(|it| is_kind(it))));
        for ((name, kind), (told, of_kind)) in named.zip(written) {
            assert_eq!(
                (Some(name.as_str()), kind.map(String::as_str)),
                (told, of_kind),
                "{}",
                menu.path
            );
        }
    }
}

fn is_kind(word: &str) -> bool {
    let others = ["ro", "secret", "write-only"];
    let prefixes = ["=", "@", "unset:", "required:"];
    !others.contains(&word) && !prefixes.iter().any(|prefix| word.starts_with(prefix))
}
