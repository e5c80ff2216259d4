//! A small tree by hand, and what it lacks.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::emitted::{Row, row};
use super::tree::Tree;
use super::{compare, label};

const TREE: &str = r#"{
  "ppp": {"_type": "dir", "secret": {"_type": "path",
    "add": {"_type": "cmd", "name": {"_type": "arg"}, "password": {"_type": "arg", "desc": "text"}},
    "set": {"_type": "cmd", "numbers": {"_type": "arg"}},
    "remove": {"_type": "cmd", "numbers": {"_type": "arg"}},
    "print": {"_type": "cmd"}}}
}"#;

fn rows(lines: &[&str]) -> Vec<Row> {
    lines.iter().map(|line| row(line).unwrap()).collect()
}

#[test]
fn what_a_router_has_is_not_missing() {
    let rows = rows(&[
        "everywhere\t/ppp/secret\tprint\t.proplist",
        "everywhere\t/ppp/secret\tadd\tname,password",
        "everywhere\t/ppp/secret\tremove\t.id",
    ]);
    let report = compare("7.18".to_owned(), &Tree::parse(TREE).unwrap(), &rows);
    assert!(report.missing.is_empty() && report.without.is_empty());
    assert_eq!((report.commands, report.arguments), (3, 4));
}

#[test]
fn menus_commands_and_arguments_are_missed_by_name() {
    let rows = rows(&[
        "everywhere\t/ppp/secret\tset\t.id,comment",
        "everywhere\t/ppp/secret\tunset\t.id",
        "everywhere\t/ip/hotspot/user\tprint\t",
        "where-known\t/system/routerboard\tprint\t",
    ]);
    let report = compare("7.9".to_owned(), &Tree::parse(TREE).unwrap(), &rows);
    assert_eq!(
        report.missing,
        [
            "/ppp/secret/set =comment=",
            "/ppp/secret/unset",
            "/ip/hotspot/user"
        ]
    );
    assert_eq!(report.without, ["/system/routerboard"]);
}

#[test]
fn other_files_are_refused_and_versions_read_from_paths() {
    for text in ["", "[]", "{}", r#"{"a": {"b": 1}}"#] {
        assert!(Tree::parse(text).is_err(), "{text}");
    }
    assert!(row("everywhere\t/ppp").is_err() && row("never\ta\tb\tc").is_err());
    assert_eq!(label(Path::new("docs/7.18.2/inspect.json")), "7.18.2");
    assert_eq!(label(Path::new("7.21.4.json")), "7.21.4");
}
