//! Lays out small trees on disk, each with one bad habit, and sees it caught.
#![allow(clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use super::tree::Rule;
use super::{Crate, Finding, NewMigrations, Tree, findings, migrations, report};

const PAGE: &str = "# Architecture\n\n## The rooms\n\n| crate | does not know |\n|---|---|\n\
                    | `kernel` | anything |\n| `apps/api` | storage |\n\n## Walls\n\n- `other`\n";

fn crates() -> Vec<Crate> {
    [
        ("kernel", "crates/kernel"),
        ("mikrotik-billing-api", "apps/api"),
    ]
    .map(|(name, folder)| Crate {
        name: name.to_owned(),
        folder: folder.to_owned(),
    })
    .into()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// Writes the files and a sound architecture page, and returns what is found.
fn found(files: &[(&str, &str)]) -> Vec<Finding> {
    let root = tempfile::tempdir().expect("a folder");
    let mut paths = vec!["docs/ARCHITECTURE.md"];
    write(root.path(), paths[0], PAGE);
    for (path, text) in files {
        write(root.path(), path, text);
        paths.push(path);
    }
    let tree = Tree::read(root.path(), paths.into_iter()).expect("a tree");
    findings(&tree, &crates())
}

fn assert_caught(path: &str, text: &str, rule: Rule) {
    let found = found(&[(path, text)]);
    let caught: Vec<_> = found.iter().map(|it| (it.path.as_str(), it.rule)).collect();
    assert_eq!(caught, [(path, rule)], "{text}");
}

fn assert_fine(path: &str, text: &str) {
    assert_eq!(found(&[(path, text)]), [], "{text}");
}

fn rust(body: &str) -> String {
    format!("//! A file.\n{body}\n")
}

#[test]
fn a_sound_tree_has_no_finding() {
    assert_fine("crates/kernel/src/money.rs", &rust("pub struct Money;"));
}

#[test]
fn a_file_that_does_not_say_what_it_is_is_caught() {
    for text in [
        "fn a() {}\n",
        "",
        "//!\nfn a() {}\n",
        "// A file.\n",
        "\n//! Late.\n",
    ] {
        assert_caught("crates/kernel/src/a.rs", text, Rule::FileHeader);
    }
}

#[test]
fn a_file_beyond_five_hundred_lines_is_caught() {
    let longest = rust(&"// a\n".repeat(498));
    assert_eq!(longest.lines().count(), 500);
    assert_fine("crates/kernel/src/a.rs", &longest);
    let longer = format!("{longest}// one more\n");
    assert_caught("crates/kernel/src/a.rs", &longer, Rule::FileSize);
}

#[test]
fn tests_tables_and_the_schema_may_be_long() {
    let long = rust(&"// a\n".repeat(600));
    for path in [
        "crates/kernel/src/money/tests.rs",
        "crates/kernel/tests/money.rs",
        "crates/routeros-proto/src/data/traps.rs",
        "migrations/src/tables.rs",
    ] {
        assert_fine(path, &long);
    }
}

#[test]
fn names_that_say_nothing_are_caught() {
    for path in [
        "crates/kernel/src/utils.rs",
        "crates/kernel/src/common.rs",
        "crates/kernel/src/types.rs",
        "crates/kernel/src/models/a.rs",
        "crates/kernel/src/billing_service.rs",
        "crates/kernel/src/router_manager.rs",
        "crates/kernel/src/money/mod.rs",
    ] {
        assert_caught(path, &rust(""), Rule::FileName);
    }
}

#[test]
fn a_name_with_such_a_word_inside_is_fine() {
    assert_fine("crates/kernel/src/service_profile.rs", &rust(""));
}

#[test]
fn an_unfinished_mark_without_an_issue_is_caught() {
    for mark in [concat!("TO", "DO"), concat!("FIX", "ME")] {
        assert_caught(
            "crates/kernel/src/a.rs",
            &rust(&format!("// {mark}: later")),
            Rule::Unfinished,
        );
        assert_caught(
            "config/default.toml",
            &format!("# {mark}\n"),
            Rule::Unfinished,
        );
        assert_fine(
            "crates/kernel/src/a.rs",
            &rust(&format!("// {mark}(#12): later")),
        );
        assert_fine("docs/STYLE.md", &format!("No {mark} without an issue.\n"));
        assert_fine(
            "crates/kernel/src/a.rs",
            &rust(&format!("const {mark}_LIST: u8 = 1;")),
        );
    }
}

#[test]
fn an_ignored_test_is_caught() {
    for attribute in [
        concat!("#[", "ignore]"),
        concat!("    #[", "ignore = \"slow\"]"),
    ] {
        assert_caught(
            "crates/kernel/src/a.rs",
            &rust(attribute),
            Rule::IgnoredTest,
        );
    }
}

/// A call of the forbidden function, put together here so that this file holds none.
const CALL: &str = concat!("sleep", "(second)");

#[test]
fn a_sleep_in_a_test_is_caught() {
    for before in ["tokio::time::", "    ", "std::thread::", "let wait = "] {
        let text = rust(&format!("{before}{CALL};"));
        assert_caught("crates/kernel/src/a/tests.rs", &text, Rule::SleepInTest);
        assert_caught("tests/src/story.rs", &text, Rule::SleepInTest);
    }
}

#[test]
fn sleeping_outside_tests_is_fine() {
    let text = rust(&format!("tokio::time::{CALL}.await;"));
    assert_fine("crates/routeros-adapter/src/backoff.rs", &text);
    assert_fine("tests/src/bin/bench.rs", &text);
}

#[test]
fn talking_of_sleep_and_passing_it_in_is_fine() {
    for before in ["// no ", "fn ", "clock.", "over"] {
        assert_fine("tests/src/story.rs", &rust(&format!("{before}{CALL};")));
    }
}

#[test]
fn a_path_of_somebodys_machine_is_caught() {
    for folder in ["home", "root", "Users", "work"] {
        let text = format!("see /{folder}/siti/billing\n");
        assert_caught("docs/STYLE.md", &text, Rule::MachinePath);
        assert_fine("docs/STYLE.md", &format!("see docs/{folder}/siti\n"));
        assert_fine(
            "docs/STYLE.md",
            &format!("see https://example.org/{folder}/siti\n"),
        );
        assert_fine("deploy/Dockerfile", &text);
    }
}

#[test]
fn an_architecture_page_that_forgets_a_crate_is_caught() {
    let page = PAGE.replace("| `kernel` | anything |\n", "");
    let found = found(&[("docs/ARCHITECTURE.md", &page)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule, Rule::ArchitecturePage);
    assert!(found[0].advice.contains("`kernel` is missing"));
}

#[test]
fn an_architecture_page_that_names_a_crate_of_the_past_is_caught() {
    let page = PAGE.replace("\n\n## Walls", "\n- `radius`: gone\n\n## Walls");
    let found = found(&[("docs/ARCHITECTURE.md", &page)]);
    assert_eq!(found.len(), 1);
    assert!(
        found[0]
            .to_string()
            .starts_with("docs/ARCHITECTURE.md:9: architecture page: `radius`")
    );
}

#[test]
fn a_tree_without_the_architecture_page_is_caught() {
    let found = findings(&Tree::default(), &crates());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule, Rule::ArchitecturePage);
}

const FIRST: &str = "migrations/src/m0001_customers.rs";
const SECOND: &str = "migrations/src/m0002_access/postgres.sql";

/// A tree whose first migration is accepted.
fn merged() -> Tree {
    let mut tree = Tree::default();
    tree.put("docs/ARCHITECTURE.md", PAGE.to_owned());
    tree.put("migrations/src/lib.rs", rust("mod m0001_customers;"));
    tree.put(FIRST, rust("// customers"));
    let accepted = migrations::accept(&tree);
    assert_eq!(accepted.added, [FIRST]);
    tree.put(migrations::CHECKSUMS, accepted.text);
    tree
}

fn migration_findings(tree: &Tree) -> Vec<String> {
    let found = findings(tree, &crates());
    assert!(found.iter().all(|it| it.rule == Rule::Migration));
    found.into_iter().map(|it| it.path).collect()
}

#[test]
fn an_accepted_migration_is_fine_and_the_rest_of_the_crate_may_change() {
    let mut tree = merged();
    tree.put(
        "migrations/src/lib.rs",
        rust("mod m0001_customers; // changed"),
    );
    assert_eq!(migration_findings(&tree), [""; 0]);
}

#[test]
fn an_edited_migration_is_caught_and_cannot_be_accepted_again() {
    let mut tree = merged();
    tree.put(FIRST, rust("// customers, edited"));
    assert_eq!(migration_findings(&tree), [FIRST]);
    let accepted = migrations::accept(&tree);
    assert_eq!(accepted.added, [""; 0]);
    tree.put(migrations::CHECKSUMS, accepted.text);
    assert_eq!(migration_findings(&tree), [FIRST]);
}

#[test]
fn a_removed_migration_is_caught() {
    let whole = merged();
    let mut tree = Tree::default();
    for file in whole.files().iter().filter(|file| file.path != FIRST) {
        tree.put(&file.path, file.text.clone());
    }
    assert_eq!(migration_findings(&tree), [migrations::CHECKSUMS]);
}

#[test]
fn a_new_migration_is_caught_until_it_is_accepted() {
    let mut tree = merged();
    tree.put(SECOND, "create table router ();\n".to_owned());
    assert_eq!(migration_findings(&tree), [SECOND]);
    let accepted = migrations::accept(&tree);
    assert_eq!(accepted.added, [SECOND]);
    tree.put(migrations::CHECKSUMS, accepted.text);
    assert_eq!(migration_findings(&tree), [""; 0]);
}

fn git(root: &Path, args: &[&str]) {
    let status = Command::new("git")
        .args(args)
        .current_dir(root)
        .status()
        .expect("git");
    assert!(status.success());
}

#[test]
fn a_checkout_is_read_through_git_and_accepting_writes_the_checksums() {
    let root = tempfile::tempdir().expect("a folder");
    git(root.path(), &["init", "--quiet"]);
    write(root.path(), ".gitignore", "/target\n");
    write(root.path(), "docs/ARCHITECTURE.md", PAGE);
    write(root.path(), "target/debug/mod.rs", "ignored by git\n");
    write(root.path(), FIRST, &rust("// customers"));
    git(root.path(), &["add", FIRST]);
    let check = |accept| report(root.path(), &crates(), accept).expect("a report");
    assert!(!check(NewMigrations::Refuse), "the migration is new");
    assert!(check(NewMigrations::Accept));
    assert!(check(NewMigrations::Refuse), "the checksum is on disk");
    write(root.path(), FIRST, &rust("// edited"));
    assert!(!check(NewMigrations::Accept));
}
