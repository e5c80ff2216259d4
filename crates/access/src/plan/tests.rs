//! Plans mend what is ours, leave what is not, and come to rest.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use kernel::{Secret, Timestamp};
use proptest::prelude::*;

use super::{FEW_ORPHANS, Plan, Reach, diff};
use crate::change::{Action, Change};
use crate::desired::{Desired, OpenGrant, desired};
use crate::gateway::{RouterGateway, Target};
use crate::grant::{Allowance, Grant, GrantSnapshot, Subject};
use crate::login::{LoginRef, Service};
use crate::menu::Menu;
use crate::profile::ServiceProfile;
use crate::row::{Actual, ActualRow, Attribute, RowId};
use crate::tag::{Mark, Tag, TagId};
use crate::testing::{FakeRouter, numbered, sample_grant, sample_profile, sample_router};
use crate::use_cases::router_task::target_of;

fn start() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).unwrap()
}

fn mark() -> Mark {
    Mark::of(numbered(2))
}

fn profiles() -> Vec<ServiceProfile> {
    vec![
        sample_profile(numbered(5), "line", Service::Pppoe).unwrap(),
        sample_profile(numbered(6), "spot", Service::Hotspot).unwrap(),
        sample_profile(numbered(7), "fixed", Service::StaticIp).unwrap(),
        sample_profile(numbered(8), "leased", Service::DhcpLease).unwrap(),
        sample_profile(numbered(9), "passing", Service::MacBypass).unwrap(),
    ]
}

fn open(number: u64, service: Service, allowance: Allowance, revision: u32) -> OpenGrant {
    let profiles = profiles();
    let profile = profiles.iter().find(|it| it.service() == service).unwrap();
    let subject = Subject::Subscription(numbered(number));
    let login = login(number, service);
    let grant = sample_grant(
        numbered(number),
        numbered(2),
        subject,
        profile,
        &login,
        start(),
    );
    let snapshot = GrantSnapshot {
        allowance,
        revision,
        ..grant.unwrap().snapshot()
    };
    let password = Secret::new(format!("p{number}"));
    OpenGrant {
        grant: Grant::restore(snapshot).unwrap(),
        password,
    }
}

fn login(number: u64, service: Service) -> String {
    match service {
        Service::Pppoe | Service::Hotspot => format!("l{number}"),
        Service::StaticIp => format!("10.9.0.{number}"),
        Service::DhcpLease | Service::MacBypass => format!("02:00:00:00:00:{number:02X}"),
    }
}

fn active(number: u64) -> OpenGrant {
    open(number, Service::Pppoe, Allowance::Active { until: None }, 1)
}

fn want(grants: &[OpenGrant]) -> Desired {
    desired(&mark(), &profiles(), grants, start()).unwrap()
}

fn target() -> Target {
    target_of(
        &sample_router(numbered(2)).unwrap(),
        &kernel::testing::OpenVault,
    )
    .unwrap()
}

/// The router after the plan was carried out.
fn after(actual: Actual, plan: &Plan) -> Actual {
    let router = FakeRouter::new();
    router.set_actual(numbered(2), actual);
    let target = target();
    let results = run(router.apply(&target, &plan.changes));
    for (change, result) in plan.changes.iter().zip(results) {
        assert_eq!(result, Ok(()), "{change}");
    }
    router.actual(numbered(2))
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// A router that holds exactly what is wanted.
fn settled(grants: &[OpenGrant]) -> Actual {
    let plan = diff(&want(grants), &Actual::default(), Reach::Whole);
    after(Actual::default(), &plan)
}

fn row_mut<'a>(actual: &'a mut Actual, menu: Menu, name: &str) -> &'a mut ActualRow {
    actual
        .rows_mut(menu)
        .iter_mut()
        .find(|it| it.name == name)
        .unwrap()
}

fn commands(plan: &Plan) -> Vec<String> {
    plan.changes.iter().map(ToString::to_string).collect()
}

fn foreign(name: &str, comment: &str) -> ActualRow {
    ActualRow {
        id: RowId::new(format!("*F{name}")),
        name: name.to_owned(),
        values: [(Attribute::Service, "pppoe".to_owned())].into(),
        password: None,
        comment: comment.to_owned(),
        is_dynamic: false,
    }
}

#[test]
fn profiles_come_before_the_logins_that_need_them() {
    let plan = diff(&want(&[active(1)]), &Actual::default(), Reach::Selected);
    let menus: Vec<Menu> = plan.changes.iter().map(|it| it.menu).collect();
    assert_eq!(
        menus,
        [Menu::PppProfile, Menu::HotspotProfile, Menu::PppSecret]
    );
    assert!(plan.cuts().is_empty(), "nobody can be online yet");
}

#[test]
fn only_what_differs_is_written_along_with_the_revision() {
    let mut actual = settled(&[active(1)]);
    let row = row_mut(&mut actual, Menu::PppSecret, "l1");
    row.comment = format!("roof antenna {}", row.comment);
    let blocked = [open(1, Service::Pppoe, Allowance::Blocked, 2)];
    let plan = diff(&want(&blocked), &actual, Reach::Selected);
    let tag = Tag {
        mark: mark(),
        id: TagId::grant(numbered(1)),
        revision: 2,
    };
    let expected = format!("/ppp/secret/set .id=*3 disabled=yes comment=\"roof antenna {tag}\"");
    assert_eq!(commands(&plan), [expected]);
    assert_eq!(plan.cuts(), [LoginRef::new(Service::Pppoe, "l1")]);
}

#[test]
fn a_revision_alone_is_not_worth_a_write() {
    let actual = settled(&[active(1)]);
    let newer = [open(
        1,
        Service::Pppoe,
        Allowance::Active { until: None },
        7,
    )];
    assert!(diff(&want(&newer), &actual, Reach::Whole).is_empty());
}

#[test]
fn a_hidden_password_is_sent_with_a_new_revision_only_and_cuts_nobody() {
    let mut actual = settled(&[active(1)]);
    row_mut(&mut actual, Menu::PppSecret, "l1").password = None;
    assert!(diff(&want(&[active(1)]), &actual, Reach::Whole).is_empty());
    let newer = [open(
        1,
        Service::Pppoe,
        Allowance::Active { until: None },
        2,
    )];
    let plan = diff(&want(&newer), &actual, Reach::Whole);
    assert!(commands(&plan)[0].contains("password=***"), "{plan:?}");
    assert!(plan.cuts().is_empty());
    row_mut(&mut actual, Menu::PppSecret, "l1").password = Some(Secret::new("guessed"));
    let plan = diff(&want(&[active(1)]), &actual, Reach::Whole);
    assert_eq!(
        plan.cuts().len(),
        1,
        "somebody changed the password by hand"
    );
}

#[test]
fn foreign_rows_are_conflicts_or_nothing_at_all() {
    let mut actual = Actual::default();
    actual.push(Menu::PppSecret, foreign("l1", "by hand"));
    actual.push(Menu::PppSecret, foreign("other", ""));
    let other = Tag {
        mark: Mark::of(numbered(99)),
        id: TagId::grant(numbered(1)),
        revision: 1,
    };
    actual.push(Menu::PppSecret, foreign("theirs", &other.to_string()));
    let plan = diff(&want(&[active(1)]), &actual, Reach::Whole);
    assert_eq!(plan.conflicts.len(), 1);
    assert_eq!(plan.conflicts[0].grant, Some(numbered(1)));
    assert_eq!((plan.foreign, plan.orphans.len()), (3, 0));
    assert!(plan.changes.iter().all(|it| it.menu.is_profiles()));
}

#[test]
fn same_names_that_do_not_overlap_are_no_conflict() {
    let mut actual = Actual::default();
    let mut l2tp = foreign("l1", "");
    l2tp.values.insert(Attribute::Service, "l2tp".to_owned());
    actual.push(Menu::PppSecret, l2tp);
    let plan = diff(&want(&[active(1)]), &actual, Reach::Whole);
    assert!(plan.conflicts.is_empty());
    let mut any = foreign("l1", "");
    any.values.clear();
    actual.push(Menu::PppSecret, any);
    assert_eq!(
        diff(&want(&[active(1)]), &actual, Reach::Whole)
            .conflicts
            .len(),
        1
    );
}

#[test]
fn another_installations_profile_is_not_ours_in_spite_of_its_prefix() {
    let other = Tag {
        mark: Mark::of(numbered(99)),
        id: TagId::profile(numbered(5)),
        revision: 1,
    };
    let mut actual = Actual::default();
    actual.push(Menu::PppProfile, foreign("wb-line", &other.to_string()));
    let plan = diff(&want(&[]), &actual, Reach::Whole);
    assert_eq!(plan.conflicts.len(), 1);
    assert_eq!(plan.conflicts[0].row.name, "wb-line");
}

#[test]
fn ended_grants_are_removed_however_many_and_cut() {
    let grants: Vec<OpenGrant> = (10..60).map(active).collect();
    let actual = settled(&grants);
    let ended: Vec<OpenGrant> = (10..60)
        .map(|it| open(it, Service::Pppoe, Allowance::Ended, 2))
        .collect();
    let plan = diff(&want(&ended), &actual, Reach::Selected);
    assert_eq!((plan.changes.len(), plan.cuts().len()), (50, 50));
    assert!(
        plan.changes
            .iter()
            .all(|it| matches!(it.action, Action::Remove { .. }))
    );
}

#[test]
fn an_ended_grant_does_not_take_its_heir_along() {
    let heir = |revision| {
        let it = open(
            3,
            Service::Pppoe,
            Allowance::Active { until: None },
            revision,
        );
        let login = "l1".parse().unwrap();
        let snapshot = GrantSnapshot {
            login,
            ..it.grant.snapshot()
        };
        OpenGrant {
            grant: Grant::restore(snapshot).unwrap(),
            ..it
        }
    };
    let ended = open(1, Service::Pppoe, Allowance::Ended, 2);
    let takes_over = diff(
        &want(&[ended.clone(), heir(1)]),
        &settled(&[active(1)]),
        Reach::Selected,
    );
    assert_eq!(
        takes_over.changes.len(),
        1,
        "one update: {:?}",
        commands(&takes_over)
    );
    assert!(matches!(
        takes_over.changes[0].action,
        Action::Update { .. }
    ));
    let alone = diff(&want(&[ended]), &settled(&[heir(1)]), Reach::Selected);
    assert!(
        alone.is_empty(),
        "the row carries the heir's tag: {:?}",
        commands(&alone)
    );
}

#[test]
fn few_orphans_go_and_many_are_held_back() {
    let few: Vec<OpenGrant> = (10..15).map(active).collect();
    assert_eq!(few.len(), FEW_ORPHANS);
    let plan = diff(&want(&[]), &settled(&few), Reach::Whole);
    assert_eq!(
        (plan.changes.len(), plan.held_back.len(), plan.cuts().len()),
        (5, 0, 5)
    );
    let six: Vec<OpenGrant> = (10..16).map(active).collect();
    let mut plan = diff(&want(&[]), &settled(&six), Reach::Whole);
    assert_eq!((plan.changes.len(), plan.held_back.len()), (0, 6));
    plan.release_held_back();
    assert_eq!((plan.changes.len(), plan.held_back.len()), (6, 0));
    let many: Vec<OpenGrant> = (100..200).map(active).collect();
    let plan = diff(&want(&many[10..]), &settled(&many), Reach::Whole);
    assert_eq!(
        (plan.changes.len(), plan.held_back.len()),
        (10, 0),
        "a tenth of ours"
    );
    let plan = diff(&want(&[]), &settled(&many), Reach::Selected);
    assert_eq!(
        (plan.changes.len(), plan.held_back.len()),
        (0, 0),
        "nothing is concluded"
    );
}

#[test]
fn dynamic_rows_are_invisible() {
    let mut actual = settled(&[active(1)]);
    row_mut(&mut actual, Menu::PppSecret, "l1").is_dynamic = true;
    let plan = diff(&want(&[]), &actual, Reach::Whole);
    assert!(plan.is_empty() && plan.foreign == 0);
}

#[test]
fn drift_does_not_count_what_the_router_was_not_told_yet() {
    let plan = diff(&want(&[active(1), active(3)]), &settled(&[]), Reach::Whole);
    assert_eq!(plan.drift(&BTreeSet::new()).missing, 2);
    assert_eq!(plan.drift(&[numbered(1)].into()).missing, 1);
    assert!(plan.drift(&[numbered(1), numbered(3)].into()).is_none());
}

fn any_allowance() -> impl Strategy<Value = Allowance> {
    prop_oneof![
        Just(Allowance::Active { until: None }),
        Just(Allowance::Active {
            until: Some(start())
        }),
        Just(Allowance::Restricted),
        Just(Allowance::Blocked),
        Just(Allowance::Ended),
    ]
}

fn any_grants() -> impl Strategy<Value = Vec<OpenGrant>> {
    let service = prop::sample::select(Service::ALL.to_vec());
    let one = (service, any_allowance(), 1..4_u32);
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let grant =
            |(number, (service, allowance, revision))| open(number, service, allowance, revision);
        (10..).zip(all).map(grant).collect()
    })
}

/// Rows as hands, earlier revisions, lost grants and other installations leave them.
fn any_rows() -> impl Strategy<Value = Vec<(Menu, ActualRow)>> {
    let menu = prop::sample::select(Menu::ALL.to_vec());
    let comment = prop_oneof![
        Just(String::new()),
        Just("by hand".to_owned()),
        (8..26_u64, 1..4_u32, prop::sample::select(vec![2_u64, 99])).prop_map(
            |(id, revision, of)| {
                let id = TagId::grant(numbered(id));
                Tag {
                    mark: Mark::of(numbered(of)),
                    id,
                    revision,
                }
                .to_string()
            }
        ),
    ];
    let attribute = prop::sample::select(vec![
        Attribute::Disabled,
        Attribute::Profile,
        Attribute::RateLimit,
        Attribute::LimitUptime,
        Attribute::AddressList,
        Attribute::List,
        Attribute::BlockAccess,
        Attribute::BindingType,
        Attribute::MaxLimit,
    ]);
    let values = prop::collection::btree_map(attribute, "[a-z]{1,3}", 0..3);
    let name = prop_oneof![
        (8..26_u64).prop_map(|it| format!("l{it}")),
        (8..26_u64).prop_map(|it| login(it, Service::StaticIp)),
        (8..26_u64).prop_map(|it| format!("wb-{}", login(it, Service::StaticIp))),
        (8..26_u64).prop_map(|it| login(it, Service::MacBypass)),
        Just("wb-line".to_owned()),
        Just("wb-spot".to_owned()),
        Just("wb-restricted".to_owned()),
    ];
    let password = prop::option::of("p[0-9]{1,2}");
    let row = (menu, name, comment, values, password, any::<bool>()).prop_map(
        |(menu, name, comment, values, password, is_dynamic)| {
            let id = RowId::new("");
            let password = password.map(Secret::new);
            (
                menu,
                ActualRow {
                    id,
                    name,
                    values,
                    password,
                    comment,
                    is_dynamic,
                },
            )
        },
    );
    prop::collection::vec(row, 0..30)
}

/// A router never holds two rows of one name and scope.
fn router_of(rows: Vec<(Menu, ActualRow)>) -> Actual {
    let mut actual = Actual::default();
    let mut seen = BTreeSet::new();
    for (place, (menu, mut row)) in rows.into_iter().enumerate() {
        if seen.insert((menu, row.name.clone())) {
            row.id = RowId::new(format!("*A{place:X}"));
            actual.push(menu, row);
        }
    }
    actual
}

fn strangers(actual: &Actual) -> Vec<ActualRow> {
    let of = |menu: Menu| {
        let rows = actual.rows(menu).iter();
        rows.filter(move |row| !row.is_owned(menu, &mark()))
            .cloned()
    };
    Menu::ALL.into_iter().flat_map(of).collect()
}

/// Changes that could be made at all: a login on a profile that is in conflict cannot.
fn feasible(plan: &Plan) -> bool {
    plan.conflicts.iter().all(|it| !it.row.menu.is_profiles())
}

proptest! {
    #[test]
    fn applying_a_plan_leaves_nothing_to_do_and_strangers_alone(
        grants in any_grants(),
        rows in any_rows(),
    ) {
        let wanted = want(&grants);
        let actual = router_of(rows);
        let mut plan = diff(&wanted, &actual, Reach::Whole);
        plan.release_held_back();
        prop_assume!(feasible(&plan));
        let mended = after(actual.clone(), &plan);
        prop_assert_eq!(strangers(&mended), strangers(&actual));
        let again = diff(&wanted, &mended, Reach::Whole);
        prop_assert_eq!(again.changes, Vec::<Change>::new());
        prop_assert_eq!(again.conflicts.len(), plan.conflicts.len());
    }

    #[test]
    fn changes_only_name_rows_of_ours(grants in any_grants(), rows in any_rows()) {
        let actual = router_of(rows);
        let plan = diff(&want(&grants), &actual, Reach::Whole);
        for change in &plan.changes {
            let (Action::Update { id, .. } | Action::Remove { id }) = &change.action else {
                continue;
            };
            let row = actual.rows(change.menu).iter().find(|it| it.id == *id).unwrap();
            prop_assert!(row.is_owned(change.menu, &mark()), "{}", change);
        }
    }
}

#[test]
fn an_adopted_row_needs_nothing_but_its_tag() {
    let row = crate::profile::AdoptedRow {
        router: numbered(2),
        name: "1day".to_owned(),
    };
    let terms = crate::testing::sample_terms();
    let slug = "p-1day".parse().unwrap();
    let day = ServiceProfile::adopt(numbered(6), slug, Service::Hotspot, terms, row).unwrap();
    let grant = open(1, Service::Hotspot, Allowance::Active { until: None }, 1);
    let profiles = [profiles().remove(0), day.clone()];
    let wanted = |profiles: &[ServiceProfile]| {
        desired(&mark(), profiles, std::slice::from_ref(&grant), start()).unwrap()
    };
    let want = wanted(&profiles[1..]);
    let tag = want.row(Menu::HotspotUser, "l1").unwrap().tag.clone();
    let mut actual = Actual::default();
    actual.push(
        Menu::HotspotUser,
        ActualRow {
            id: RowId::new("*1"),
            name: "l1".to_owned(),
            values: [(Attribute::Profile, "1day".to_owned())].into(),
            password: Some(Secret::new("p1")),
            comment: tag.adopting("vc-123-08.14.26-x").unwrap(),
            is_dynamic: false,
        },
    );
    assert_eq!(commands(&diff(&want, &actual, Reach::Whole)), [""; 0]);

    // Once its terms are changed here, it gets a row of its own, and the login moves to it.
    let mut day = day;
    let faster = crate::profile::Terms {
        session_timeout_s: Some(3_600),
        ..crate::testing::sample_terms()
    };
    day.change(faster).unwrap();
    let plan = diff(&wanted(&[day]), &actual, Reach::Whole);
    assert_eq!(plan.changes.len(), 2, "{:?}", commands(&plan));
}

#[test]
fn a_secret_open_to_any_service_is_left_open() {
    let grants = [active(1)];
    let mut actual = settled(&grants);
    let row = row_mut(&mut actual, Menu::PppSecret, "l1");
    row.values.remove(&Attribute::Service);
    assert!(diff(&want(&grants), &actual, Reach::Whole).is_empty());
}
