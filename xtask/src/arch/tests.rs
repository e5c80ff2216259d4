//! Plants each kind of broken wall and sees it caught.

use super::metadata::{inherits_lints, public_items};
use super::model::{Dependency, Member, Place, Presence, Rule, Scope, Surface, Workspace};
use super::walls::{ROOMS, TECHNOLOGIES};
use super::{pure_crates, violations};

fn member(name: &str) -> Member {
    Member {
        name: name.to_owned(),
        folder: format!("crates/{name}"),
        dependencies: Vec::new(),
        features: [].into(),
        inherits_lints: true,
        surface: Surface::Library { public_items: 1 },
    }
}

/// A house in which every wall stands.
fn house() -> Workspace {
    Workspace {
        members: ROOMS.iter().map(|(name, _)| member(name)).collect(),
    }
}

fn change(name: &str, edit: impl FnOnce(&mut Member)) -> Workspace {
    let mut workspace = house();
    let member = workspace
        .members
        .iter_mut()
        .find(|it| it.name == name)
        .expect("a listed member");
    edit(member);
    workspace
}

fn with(name: &str, dependency: Dependency) -> Workspace {
    change(name, |member| member.dependencies.push(dependency))
}

fn inside(name: &str) -> Dependency {
    Dependency {
        name: name.to_owned(),
        scope: Scope::Product,
        place: Place::Workspace,
        presence: Presence::Always,
        features: Vec::new(),
    }
}

fn outside(name: &str) -> Dependency {
    Dependency {
        place: Place::Registry,
        ..inside(name)
    }
}

fn in_tests(dependency: Dependency) -> Dependency {
    Dependency {
        scope: Scope::Tests,
        ..dependency
    }
}

fn optional(dependency: Dependency) -> Dependency {
    Dependency {
        presence: Presence::Optional,
        ..dependency
    }
}

/// The rules broken, each with the member that broke it.
fn broken(workspace: &Workspace) -> Vec<(String, Rule)> {
    violations(workspace)
        .into_iter()
        .map(|it| (it.member, it.rule))
        .collect()
}

fn assert_broken(workspace: &Workspace, member: &str, rule: Rule) {
    assert_eq!(broken(workspace), [(member.to_owned(), rule)]);
}

#[test]
fn a_sound_house_has_no_violation() {
    assert_eq!(violations(&house()), []);
}

#[test]
fn a_context_that_names_another_is_caught() {
    assert_broken(
        &with("vouchers", inside("billing")),
        "vouchers",
        Rule::ContextsApart,
    );
}

#[test]
fn contexts_stay_apart_in_tests_too() {
    assert_broken(
        &with("vouchers", in_tests(inside("billing"))),
        "vouchers",
        Rule::ContextsApart,
    );
}

#[test]
fn an_adapter_that_names_another_is_caught() {
    let workspace = with("postgres-adapter", inside("crypto-adapter"));
    assert_broken(&workspace, "postgres-adapter", Rule::AdaptersApart);
}

#[test]
fn edges_that_point_outwards_are_caught() {
    let outward = [
        ("kernel", "billing"),
        ("billing", "workflows"),
        ("workflows", "postgres-adapter"),
        ("crypto-adapter", "bootstrap"),
        ("bootstrap", "mikrotik-billing-api"),
        ("mikrotik-billing-api", "postgres-adapter"),
        ("routeros-proto", "kernel"),
        ("routeros-sim", "access"),
        ("crypto-adapter", "migrations"),
        ("xtask", "kernel"),
    ];
    for (from, to) in outward {
        assert_broken(&with(from, inside(to)), from, Rule::Direction);
    }
}

#[test]
fn edges_that_point_inwards_are_fine() {
    let inward = [
        ("billing", "kernel"),
        ("workflows", "billing"),
        ("postgres-adapter", "workflows"),
        ("postgres-adapter", "migrations"),
        ("routeros-adapter", "routeros-proto"),
        ("bootstrap", "postgres-adapter"),
        ("mikrotik-billing-api", "bootstrap"),
        ("e2e", "routeros-sim"),
    ];
    for (from, to) in inward {
        assert_eq!(violations(&with(from, inside(to))), [], "{from} -> {to}");
    }
}

#[test]
fn a_crate_may_switch_on_its_own_fakes_for_its_tests() {
    assert_eq!(
        violations(&with("billing", in_tests(inside("billing")))),
        []
    );
}

#[test]
fn the_router_adapter_meets_the_simulator_in_tests_only() {
    let sim = inside("routeros-sim");
    assert_eq!(
        violations(&with("routeros-adapter", in_tests(sim.clone()))),
        []
    );
    assert_broken(
        &with("routeros-adapter", sim),
        "routeros-adapter",
        Rule::Direction,
    );
}

#[test]
fn a_simulator_that_is_always_linked_is_caught() {
    let workspace = with("bootstrap", inside("routeros-sim"));
    assert_broken(&workspace, "bootstrap", Rule::BehindFeature);
}

fn demo_house(features: &[(&str, &[&str])]) -> Workspace {
    change("bootstrap", |member| {
        member.dependencies.push(optional(inside("routeros-sim")));
        for (name, parts) in features {
            let parts = parts.iter().map(|part| (*part).to_owned()).collect();
            member.features.insert((*name).to_owned(), parts);
        }
    })
}

#[test]
fn the_demo_feature_may_link_the_simulator() {
    assert_eq!(
        violations(&demo_house(&[("demo", &["dep:routeros-sim"])])),
        []
    );
}

#[test]
fn another_feature_that_links_the_simulator_is_caught() {
    let ways: [(&str, &[&str]); 4] = [
        ("default", &["demo"]),
        ("extra", &["dep:routeros-sim"]),
        ("extra", &["routeros-sim/serde"]),
        ("routeros-sim", &["dep:routeros-sim"]),
    ];
    for (feature, parts) in ways {
        let workspace = demo_house(&[("demo", &["dep:routeros-sim"]), (feature, parts)]);
        assert_broken(&workspace, "bootstrap", Rule::BehindFeature);
    }
}

#[test]
fn a_runtime_in_a_pure_crate_is_caught() {
    for name in ["tokio", "tracing", "rand", "bytes"] {
        assert_broken(&with("billing", outside(name)), "billing", Rule::AllowList);
    }
}

#[test]
fn a_storage_in_a_pure_crate_breaks_two_walls() {
    let rules: Vec<_> = broken(&with("kernel", outside("sea-orm")))
        .into_iter()
        .collect();
    let kernel = |rule| ("kernel".to_owned(), rule);
    assert_eq!(rules, [kernel(Rule::OneOwner), kernel(Rule::AllowList)]);
}

#[test]
fn what_the_kernel_may_name_a_context_may_not() {
    assert_eq!(violations(&with("kernel", outside("iso_currency"))), []);
    assert_broken(
        &with("billing", outside("iso_currency")),
        "billing",
        Rule::AllowList,
    );
}

#[test]
fn tests_of_a_pure_crate_may_use_a_runtime() {
    for name in ["tokio", "proptest", "mockall"] {
        assert_eq!(violations(&with("access", in_tests(outside(name)))), []);
    }
    assert_broken(
        &with("access", in_tests(outside("rstest"))),
        "access",
        Rule::AllowList,
    );
}

#[test]
fn an_optional_dependency_does_not_slip_through() {
    assert_broken(
        &with("jobs", optional(outside("tokio"))),
        "jobs",
        Rule::AllowList,
    );
}

#[test]
fn a_kernel_that_draws_ids_is_caught() {
    for feature in ["v4", "v7", "fast-rng"] {
        let mut uuid = outside("uuid");
        uuid.features = vec!["std".to_owned(), feature.to_owned()];
        assert_broken(&with("kernel", uuid), "kernel", Rule::NoRandomIds);
    }
}

#[test]
fn a_technology_outside_its_owner_is_caught() {
    for (name, owner) in [
        ("sqlx", "bootstrap"),
        ("axum", "bootstrap"),
        ("redis", "postgres-adapter"),
        ("reqwest", "routeros-adapter"),
        ("anyhow", "crypto-adapter"),
        ("argon2", "mikrotik-billing-api"),
    ] {
        assert_broken(&with(owner, outside(name)), owner, Rule::OneOwner);
    }
}

#[test]
fn the_owner_of_a_technology_may_use_it() {
    for technology in TECHNOLOGIES {
        for owner in technology
            .owners
            .iter()
            .filter(|it| ROOMS.iter().any(|row| row.0 == **it))
        {
            assert_eq!(violations(&with(owner, outside(technology.crates[0]))), []);
        }
    }
}

#[test]
fn a_member_without_the_shared_lints_is_caught() {
    let workspace = change("jobs", |member| member.inherits_lints = false);
    assert_broken(&workspace, "jobs", Rule::SharedLints);
}

#[test]
fn an_empty_library_is_caught() {
    let workspace = change("jobs", |member| {
        member.surface = Surface::Library { public_items: 0 }
    });
    assert_broken(&workspace, "jobs", Rule::NotEmpty);
}

#[test]
fn a_member_of_programs_only_is_not_empty() {
    let workspace = change("xtask", |member| member.surface = Surface::Programs);
    assert_eq!(violations(&workspace), []);
}

#[test]
fn a_member_without_a_row_is_caught() {
    let mut workspace = house();
    workspace.members.push(member("console"));
    assert_broken(&workspace, "console", Rule::Listed);
}

#[test]
fn a_row_without_a_member_is_caught() {
    let mut workspace = house();
    workspace.members.retain(|it| it.name != "vouchers");
    assert_broken(&workspace, "vouchers", Rule::Listed);
}

#[test]
fn a_violation_is_one_line_with_the_way_out() {
    let found = violations(&with("vouchers", inside("billing")));
    assert_eq!(
        found[0].to_string(),
        "vouchers: contexts never name each other: \
         let `billing` and this context meet in workflows, or by event"
    );
}

#[test]
fn the_pure_crates_are_kernel_contexts_workflows_and_wire_format() {
    let names: Vec<_> = pure_crates().collect();
    assert!(names.contains(&"kernel") && names.contains(&"workflows"));
    assert!(names.contains(&"routeros-proto") && !names.contains(&"migrations"));
}

#[test]
fn the_lints_line_counts_only_in_its_own_table() {
    assert!(inherits_lints(
        "[package]\nname = \"a\"\n\n[lints]\n# why\nworkspace = true\n"
    ));
    assert!(!inherits_lints(
        "[lints]\n\n[dependencies]\nworkspace = true\n"
    ));
    assert!(!inherits_lints("[package]\nworkspace = true\n"));
}

#[test]
fn only_items_that_others_can_see_are_public() {
    assert_eq!(
        public_items("//! A crate.\npub(crate) fn a() {}\nfn b() {}\n"),
        0
    );
    assert_eq!(public_items("pub mod a;\npub use b::C;\n"), 2);
}
