//! Every menu that has `add`, in every version: rows come, change and go, and nothing unknown is
//! taken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use routeros_proto::Command;

use super::{Answer, Origin, run};
use crate::config::SimConfig;
use crate::policies;
use crate::refusal::Refusal;
use crate::router::Router;
use crate::router::render::Sight;
use crate::schema::{Kind, Menu, MenuId, Property, Schema};
use crate::value::normalise;
use crate::version::VersionProfile;

use values::{good, wild};

/// Arguments of `add` that place or copy the row.
const NOT_PROPERTIES: [&str; 3] = ["numbers", "copy-from", "place-before"];
/// What may refuse a row whose every value is of the right kind.
const RULES: [&str; 3] = ["already", "less than", "missing value"];

/// Which arguments, and which value of their kind each gets.
type Picks = Vec<(Index, u32)>;
type Row = BTreeMap<String, Vec<u8>>;

fn picks() -> impl Strategy<Value = Picks> {
    vec((any::<Index>(), any::<u32>()), 0..14)
}

fn router_of(version: VersionProfile) -> Router {
    let config = SimConfig {
        version,
        ..SimConfig::new("tower-1")
    };
    let mut router = Router::new(Arc::new(config), Schema::embedded().unwrap()).unwrap();
    // Something for every reference to point at.
    for (path, attrs) in [
        ("/ip/dhcp-server/add", &[("interface", "ether4")][..]),
        ("/certificate/add", &[("common-name", "router")]),
        (
            "/queue/simple/add",
            &[("name", "top"), ("target", "10.200.0.0/16")],
        ),
    ] {
        by_hand(&mut router, &command(path, attrs)).unwrap();
    }
    router
}

fn command(path: &str, attrs: &[(&str, &str)]) -> Command {
    let command = Command::new(path);
    attrs
        .iter()
        .fold(command, |command, (name, value)| command.attr(name, *value))
}

fn by_hand(router: &mut Router, command: &Command) -> Result<Answer, Refusal> {
    run(router, Origin::BY_HAND, command)
}

fn menus_with_add(router: &Router) -> Vec<(MenuId, Arc<Menu>)> {
    let version = router.version();
    let menus = router.schema.menus();
    let added = menus.filter(|(_, menu)| menu.command("add", version).is_some());
    added.map(|(id, menu)| (id, Arc::clone(menu))).collect()
}

/// The properties that a command of this version may set.
fn settable<'a>(menu: &'a Menu, verb: &str, version: u16) -> Vec<&'a Property> {
    let arguments = menu
        .command(verb, version)
        .map(|spec| spec.arguments(version, true));
    let names = arguments.unwrap_or_default();
    let names = names
        .iter()
        .filter(|name| !NOT_PROPERTIES.contains(&name.as_str()));
    names.filter_map(|name| menu.property(name)).collect()
}

/// The picked properties with values, each once; those a row must have are always there.
fn filled(
    router: &Router,
    menu: &Menu,
    verb: &str,
    picks: &Picks,
    value: fn(&Router, &Kind, u32) -> Vec<u8>,
) -> Row {
    let properties = settable(menu, verb, router.version());
    let required = properties
        .iter()
        .filter(|it| verb == "add" && it.required.is_some());
    let mut row: Row = required
        .map(|it| {
            (
                it.name.to_string(),
                good(router, &it.kind, picks.first().map_or(1, |(_, pick)| *pick)),
            )
        })
        .collect();
    for (index, pick) in picks.iter().filter(|_| !properties.is_empty()) {
        let property = index.get(&properties);
        row.insert(
            property.name.to_string(),
            value(router, &property.kind, *pick),
        );
    }
    row
}

fn with(path: String, row: &Row) -> Command {
    row.iter()
        .fold(Command::new(path), |command, (name, value)| {
            command.attr(name, value.as_slice())
        })
}

fn shown(router: &Router, menu: MenuId, id: u64) -> Option<Row> {
    let row = router[menu].get(id)?;
    let values = router.shown_row(menu, row, Sight::Everything);
    Some(
        values
            .map(|(name, value)| (name.to_owned(), value.into_owned()))
            .collect(),
    )
}

fn id_of(answer: &Answer) -> u64 {
    let text = answer.ret.as_ref().unwrap().lossy().into_owned();
    text.parse::<routeros_proto::ItemId>().unwrap().0
}

/// What a property prints after this value was written: the router's form of it, or nothing.
fn expected(property: &Property, value: &[u8], version: u16) -> Option<Vec<u8>> {
    let kept = normalise(&property.kind, &property.name, value).unwrap();
    if property.write_only || property.unset.contains(&kept) {
        return property
            .default
            .as_ref()
            .map(|text| text.as_bytes().to_vec());
    }
    match property.kind {
        // The whole time is left, and none of it is no end.
        Kind::Left => (!kept.is("0s")).then(|| kept.as_bytes().to_vec()),
        Kind::Policies => Some(policies::shown(&kept.lossy(), version).into_bytes()),
        _ => Some(kept.as_bytes().to_vec()),
    }
}

/// Whether a row that is written back as printed must stay as it is.
fn is_echoed(property: &Property) -> bool {
    !property.write_only && !matches!(property.kind, Kind::Left)
}

fn prop_each_menu(
    cases: u32,
    check: impl Fn(&mut Router, MenuId, &Arc<Menu>, &Picks, &Picks) -> Result<(), TestCaseError>,
) {
    for version in VersionProfile::ALL {
        let router = std::cell::RefCell::new(router_of(version));
        let menus = menus_with_add(&router.borrow());
        assert!(
            menus.len() > 20,
            "{version} has {} menus with add",
            menus.len()
        );
        for (id, menu) in menus {
            let mut runner = TestRunner::new(ProptestConfig {
                cases,
                failure_persistence: None,
                ..ProptestConfig::default()
            });
            let outcome = runner.run(&(picks(), picks()), |(first, second)| {
                check(&mut router.borrow_mut(), id, &menu, &first, &second)
            });
            outcome.unwrap_or_else(|error| panic!("{version} {}: {error}", menu.path));
        }
    }
}

#[test]
fn rows_of_right_values_come_change_and_go_in_every_menu_and_version() {
    prop_each_menu(48, |router, id, menu, first, second| {
        let version = router.version();
        let count = router[id].len();
        let wanted = filled(router, menu, "add", first, good);
        let added = by_hand(router, &with(format!("{}/add", menu.path), &wanted));
        let added = match added {
            Ok(answer) => id_of(&answer),
            Err(refusal) => {
                prop_assert!(
                    RULES.iter().any(|rule| refusal.message.contains(rule)),
                    "{refusal:?}"
                );
                prop_assert_eq!(router[id].len(), count);
                return Ok(());
            }
        };
        let printed = shown(router, id, added).unwrap();
        for property in &menu.properties {
            let name = &*property.name;
            prop_assert!(property.exists_in(version) || !printed.contains_key(name));
        }

        // An entry with a timeout is dynamic, whatever was asked.
        for (name, value) in wanted.iter().filter(|(name, _)| *name != "dynamic") {
            let property = menu.property(name).unwrap();
            let expected = expected(property, value, version);
            prop_assert_eq!(printed.get(name), expected.as_ref(), "{}", name);
        }

        // What was printed can be written back, and nothing changes.
        let echo = settable(menu, "set", version)
            .into_iter()
            .filter(|it| is_echoed(it));
        let echo =
            echo.filter_map(|it| Some((it.name.to_string(), printed.get(&*it.name)?.clone())));
        let mut echo: Row = echo.collect();
        echo.insert(".id".to_owned(), printed[".id"].clone());
        let echoed = by_hand(router, &with(format!("{}/set", menu.path), &echo));
        prop_assert!(echoed.is_ok(), "{echoed:?} for {echo:?}");
        prop_assert_eq!(&shown(router, id, added).unwrap(), &printed);

        // A change is shown, or refused and leaves the row alone.
        let mut change = filled(router, menu, "set", second, good);
        change.insert(".id".to_owned(), printed[".id"].clone());
        if let Err(refusal) = by_hand(router, &with(format!("{}/set", menu.path), &change)) {
            prop_assert!(
                RULES.iter().any(|rule| refusal.message.contains(rule)),
                "{refusal:?}"
            );
            prop_assert_eq!(&shown(router, id, added).unwrap(), &printed);
        }

        let remove =
            command(&format!("{}/remove", menu.path), &[]).attr(".id", printed[".id"].as_slice());
        prop_assert!(by_hand(router, &remove).is_ok());
        prop_assert!(router[id].get(added).is_none());
        prop_assert_eq!(router[id].len(), count);
        let again = by_hand(router, &remove).unwrap_err();
        prop_assert_eq!(again.message, "no such item (4)");
        Ok(())
    });
}

#[test]
fn every_property_that_need_not_be_there_can_be_cleared() {
    prop_each_menu(12, |router, id, menu, first, _| {
        let wanted = filled(router, menu, "add", first, good);
        let Ok(answer) = by_hand(router, &with(format!("{}/add", menu.path), &wanted)) else {
            return Ok(());
        };
        let added = id_of(&answer);
        let printed = shown(router, id, added).unwrap();
        let properties = settable(menu, "set", router.version());
        // A group always prints its policies.
        let may_go = |it: &&Property| it.required.is_none() && it.kind != Kind::Policies;
        for property in properties.into_iter().filter(may_go) {
            let clear = Command::new(format!("{}/set", menu.path))
                .attr(".id", printed[".id"].as_slice())
                .attr(&format!("!{}", property.name), "");
            prop_assert!(by_hand(router, &clear).is_ok(), "{}", property.name);
            let row = shown(router, id, added).unwrap();
            let default = property.default.as_ref().filter(|_| !property.write_only);
            let default = default.map(|text| text.as_bytes().to_vec());
            prop_assert_eq!(
                row.get(&*property.name),
                default.as_ref(),
                "{}",
                property.name
            );
        }
        let remove = Command::new(format!("{}/remove", menu.path));
        prop_assert!(by_hand(router, &remove.attr(".id", printed[".id"].as_slice())).is_ok());
        Ok(())
    });
}

#[test]
fn values_of_any_bytes_are_taken_or_refused_and_never_half() {
    prop_each_menu(48, |router, id, menu, first, second| {
        let count = router[id].len();
        let wanted = filled(router, menu, "add", first, wild);
        let Ok(answer) = by_hand(router, &with(format!("{}/add", menu.path), &wanted)) else {
            prop_assert_eq!(router[id].len(), count);
            return Ok(());
        };
        let added = id_of(&answer);
        let printed = shown(router, id, added).unwrap();
        let mut change = filled(router, menu, "set", second, wild);
        change.insert(".id".to_owned(), printed[".id"].clone());
        if by_hand(router, &with(format!("{}/set", menu.path), &change)).is_err() {
            prop_assert_eq!(&shown(router, id, added).unwrap(), &printed);
        }
        let query = format!("?.id={}", String::from_utf8_lossy(&printed[".id"]));
        let print = Command::new(format!("{}/print", menu.path))
            .query(routeros_proto::Query::parse(query.as_bytes()).unwrap());
        prop_assert_eq!(by_hand(router, &print).unwrap().rows, 1);
        let remove = Command::new(format!("{}/remove", menu.path));
        prop_assert!(by_hand(router, &remove.attr(".id", printed[".id"].as_slice())).is_ok());
        Ok(())
    });
}

#[test]
fn every_menu_prints_counts_and_finds_in_every_version() {
    for version in VersionProfile::ALL {
        let mut router = router_of(version);
        let number = router.version();
        let menus: Vec<(MenuId, Arc<Menu>)> = router
            .schema
            .menus()
            .filter(|(_, menu)| menu.since <= number)
            .map(|(id, menu)| (id, Arc::clone(menu)))
            .collect();
        for (id, menu) in menus {
            let print = || Command::new(format!("{}/print", menu.path));
            let rows = router[id].len();
            let spec = menu.command("print", number).unwrap();
            let flags = ["detail", "as-value", "stats"].into_iter();
            let flags = flags.filter(|name| spec.has_argument(name, number));
            for asked in [
                flags.fold(print(), Command::flag),
                print().proplist(["name", "none"]),
            ] {
                let answer = by_hand(&mut router, &asked).unwrap();
                assert_eq!(answer.rows, rows, "{}", menu.path);
            }
            if spec.has_argument("count-only", number) {
                let count = by_hand(&mut router, &print().flag("count-only")).unwrap();
                assert!(count.ret.unwrap().is(&rows.to_string()), "{}", menu.path);
            }
        }
    }
}

#[test]
fn arguments_that_a_version_lacks_are_unknown_to_every_command_of_it() {
    for version in VersionProfile::ALL {
        let mut router = router_of(version);
        let number = router.version();
        let menus: Vec<Arc<Menu>> = router
            .schema
            .menus()
            .map(|(_, it)| Arc::clone(it))
            .collect();
        for menu in menus {
            for (verb, spec) in menu.all_commands() {
                let mut foreign = spec.arguments(number, false);
                foreign.push("colour".to_owned());
                for name in foreign {
                    let path = format!("{}/{verb}", menu.path);
                    let refusal = by_hand(&mut router, &command(&path, &[(&name, "x")]));
                    let refusal = refusal.expect_err(&path).message;
                    let allowed = [
                        format!("unknown parameter {name}"),
                        "no such command".into(),
                    ];
                    let is_absent = menu.since > number;
                    assert!(
                        allowed.contains(&refusal)
                            || (is_absent && refusal == "no such command prefix"),
                        "{version} {path} {name}: {refusal}"
                    );
                }
            }
        }
    }
}
