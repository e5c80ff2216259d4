//! The schema agrees with itself: every argument has a property, every reference a menu.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Gate, Kind, Menu, Schema};
use crate::value::normalise;

/// Arguments of `add` and `set` that are not properties.
const NOT_PROPERTIES: [&str; 4] = ["numbers", "copy-from", "place-before", "destination"];

fn each_menu(check: impl Fn(&Schema, &Menu)) {
    let schema = Schema::embedded().unwrap();
    for (_, menu) in schema.menus() {
        check(&schema, menu);
    }
}

#[test]
fn every_settable_argument_is_a_writable_property() {
    each_menu(|_, menu| {
        for (name, command) in &menu.commands {
            if !matches!(name.as_str(), "add" | "set") {
                continue;
            }
            for argument in command.arguments.keys() {
                if NOT_PROPERTIES.contains(&argument.as_str()) {
                    continue;
                }
                let property = menu.property(argument);
                let property = property.unwrap_or_else(|| panic!("{} {argument}", menu.path));
                assert!(!property.read_only, "{} {argument}", menu.path);
            }
        }
    });
}

#[test]
fn indexes_keys_and_references_point_at_what_exists() {
    each_menu(|schema, menu| {
        let keys = menu
            .unique
            .iter()
            .flat_map(|unique| unique.by.iter().chain(&unique.overlap));
        for name in menu.index.iter().chain(keys) {
            assert!(menu.property(name).is_some(), "{} {name}", menu.path);
        }
        for target in menu
            .properties
            .iter()
            .filter_map(|property| property.kind.target())
        {
            let found = schema
                .find(target)
                .unwrap_or_else(|| panic!("{} {target}", menu.path));
            let (_, target) = schema.menus().nth(found.0).unwrap();
            assert!(
                target.index.iter().any(|name| &**name == "name"),
                "{}",
                target.path
            );
        }
    });
}

#[test]
fn defaults_are_written_in_the_routers_own_form() {
    each_menu(|_, menu| {
        for property in &menu.properties {
            let Some(default) = &property.default else {
                continue;
            };
            if matches!(property.kind, Kind::Date) {
                continue;
            }
            let shown = normalise(&property.kind, &property.name, default.as_bytes());
            assert_eq!(
                shown.as_ref(),
                Ok(default),
                "{} {}",
                menu.path,
                property.name
            );
        }
    });
}

#[test]
fn versions_open_and_close_gates() {
    let (name, gate) = Gate::parse("follow-strict@-718").unwrap();
    assert_eq!(name, "follow-strict");
    assert!(gate.allows(640) && gate.allows(717) && !gate.allows(718));
    let (_, gate) = Gate::parse("otp-secret@721-").unwrap();
    assert!(!gate.allows(720) && gate.allows(721));
    assert!(Gate::parse("x@y-z").is_err() && Gate::parse("x@1").is_err());
}
