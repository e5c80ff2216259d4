//! What every router gateway must do, whatever is behind it.

use kernel::{GrantId, RouterId, Secret, Timestamp};

use super::samples::{numbered, sample_grant, sample_profile};
use crate::change::{Action, Change, Edit};
use crate::desired::{Desired, OpenGrant, desired};
use crate::execution::{Execution, Freshness, NewExecution};
use crate::gateway::{GatewayErrorKind, RouterGateway, Selection, Target};
use crate::grant::{Allowance, Grant, Subject};
use crate::login::{LoginRef, Service};
use crate::menu::Menu;
use crate::plan::{Plan, Reach, diff};
use crate::profile::ServiceProfile;
use crate::row::{Actual, ActualRow, Attribute};
use crate::tag::{Mark, Tag, TagId};
use crate::usage::{UsageReading, UsageScope};

/// A gateway with one fresh router behind it, and hands to touch that router directly.
pub trait Bench: Send + Sync {
    /// The gateway.
    fn gateway(&self) -> &dyn RouterGateway;
    /// How to reach the router, with the right password and no expected serial.
    fn target(&self) -> Target;
    /// Adds a login by hand, with a comment.
    fn insert_by_hand(&self, login: &LoginRef, comment: &str);
    /// A customer connects; returns whether the router lets them.
    fn dial(&self, login: &LoginRef, password: &str) -> bool;
    /// A connected customer sends and receives so many bytes.
    fn use_up(&self, login: &LoginRef, up: u64, down: u64);
    /// A customer's device goes away.
    fn hang_up(&self, login: &LoginRef);
}

/// Walks a fresh router through everything the port promises.
///
/// # Panics
/// When a promise is broken.
pub async fn router_gateway_contract(bench: &dyn Bench) {
    it_knows_whom_it_talks_to(bench).await;
    let site = Site::new(bench.target().router);
    rows_are_made_and_read_back_as_asked(bench, &site).await;
    repeating_a_creation_changes_nothing(bench, &site).await;
    foreign_names_are_conflicts(bench, &site).await;
    a_survey_shows_what_others_made(bench).await;
    one_refusal_stops_nobody_else(bench, &site).await;
    a_selection_reads_only_its_names(bench, &site).await;
    refused_customers_are_cut_and_stay_out(bench, &site).await;
    use_is_counted(bench).await;
    removing_twice_is_no_error(bench, &site).await;
    an_operators_own_commands_are_executed(bench).await;
}

async fn an_operators_own_commands_are_executed(bench: &dyn Bench) {
    bench.insert_by_hand(&LoginRef::new(Service::Pppoe, "for-show"), "");
    let print = |path: &str| {
        Execution::new(NewExecution {
            path: path.to_owned(),
            arguments: Vec::new(),
            queries: Vec::new(),
            timeout_s: 10,
            freshness: Freshness::Fresh,
        })
        .expect("a good command")
    };
    let print = print(&format!("{}/print", Menu::PppSecret.path()));
    let (gateway, target) = (bench.gateway(), bench.target());
    let answer = gateway.execute(&target, &print).await.expect("rows");
    let name = ("name".to_owned(), "for-show".to_owned());
    assert!(answer.rows.iter().any(|row| row.contains(&name)));
    let wrong = Target {
        expected_serial: Some("another one".to_owned()),
        ..target
    };
    let refused = gateway
        .execute(&wrong, &print)
        .await
        .expect_err("the wrong router");
    assert_eq!(refused.kind, GatewayErrorKind::WrongRouter);
}

struct Site {
    mark: Mark,
    profiles: Vec<ServiceProfile>,
    grants: Vec<Grant>,
}

const MADE_BY_HAND: &str = "by-hand";

fn start() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).expect("a valid instant")
}

fn password_of(login: &str) -> String {
    format!("password-of-{login}")
}

fn hotspot(name: &str) -> LoginRef {
    LoginRef::new(Service::Hotspot, name)
}

fn pppoe(name: &str) -> LoginRef {
    LoginRef::new(Service::Pppoe, name)
}

impl Site {
    fn new(router: RouterId) -> Self {
        let line = sample_profile(numbered(901), "gate-home", Service::Pppoe).expect("a profile");
        let spot = sample_profile(numbered(902), "gate-spot", Service::Hotspot).expect("a profile");
        let grant = |number: u64, profile: &ServiceProfile, login: &str| {
            let subject = Subject::Subscription(numbered(number));
            let id: GrantId = numbered(number);
            sample_grant(id, router, subject, profile, login, start()).expect("a grant")
        };
        let mut grants = vec![grant(1, &line, "gate.siti"), grant(2, &line, "gate.budi")];
        grants.extend((0..40).map(|it| grant(100 + it, &spot, &format!("gate-{it:03}"))));
        Self {
            mark: Mark::of(router),
            profiles: vec![line, spot],
            grants,
        }
    }

    fn desired(&self) -> Desired {
        let open = |it: &Grant| OpenGrant {
            grant: it.clone(),
            password: Secret::new(password_of(it.login().as_str())),
        };
        let grants: Vec<OpenGrant> = self.grants.iter().map(open).collect();
        desired(&self.mark, &self.profiles, &grants, start()).expect("grants fit their profiles")
    }

    fn plan(&self, actual: &Actual) -> Plan {
        diff(&self.desired(), actual, Reach::Whole)
    }
}

async fn read_all(bench: &dyn Bench) -> Actual {
    let read = bench.gateway().read(&bench.target(), &Selection::All).await;
    read.expect("a healthy router can be read")
}

async fn apply_all(bench: &dyn Bench, changes: &[Change]) {
    let results = bench.gateway().apply(&bench.target(), changes).await;
    assert_eq!(results.len(), changes.len(), "one result for each change");
    for (change, result) in changes.iter().zip(results) {
        assert_eq!(result, Ok(()), "{change}");
    }
}

fn row<'a>(actual: &'a Actual, menu: Menu, name: &str) -> Option<&'a ActualRow> {
    actual.rows(menu).iter().find(|it| it.name == name)
}

async fn it_knows_whom_it_talks_to(bench: &dyn Bench) {
    let (gateway, target) = (bench.gateway(), bench.target());
    let facts = gateway
        .inspect(&target)
        .await
        .expect("a healthy router says who it is");
    assert!(
        !facts.version.is_empty() && facts.serial.is_some(),
        "{facts:?}"
    );
    let pulse = gateway.pulse(&target).await.expect("it has a pulse");
    assert_eq!(pulse.version.as_ref(), Some(&facts.version));
    assert!(pulse.uptime_s >= facts.uptime_s, "{pulse:?}");
    let right = Target {
        expected_serial: facts.serial.clone(),
        ..target.clone()
    };
    assert!(
        gateway
            .read(&right, &Selection::Logins(Vec::new()))
            .await
            .is_ok()
    );
    gateway.forget(target.router).await;
    let other = Target {
        expected_serial: Some("another".to_owned()),
        ..target.clone()
    };
    let refused = gateway
        .read(&other, &Selection::All)
        .await
        .expect_err("another serial");
    assert_eq!(refused.kind, GatewayErrorKind::WrongRouter);
    gateway.forget(target.router).await;
    let wrong = Target {
        password: Secret::new("not the password"),
        ..target.clone()
    };
    let refused = gateway.inspect(&wrong).await.expect_err("a wrong password");
    assert_eq!(refused.kind, GatewayErrorKind::AuthFailed);
    gateway.forget(target.router).await;
}

async fn rows_are_made_and_read_back_as_asked(bench: &dyn Bench, site: &Site) {
    bench.insert_by_hand(&hotspot(MADE_BY_HAND), "keep me");
    let before = read_all(bench).await;
    let plan = site.plan(&before);
    assert_eq!(plan.changes.len(), site.grants.len() + site.profiles.len());
    apply_all(bench, &plan.changes).await;
    let after = read_all(bench).await;
    assert_eq!(
        site.plan(&after).changes,
        Vec::new(),
        "nothing differs after applying"
    );
    let by_hand = row(&after, Menu::HotspotUser, MADE_BY_HAND);
    assert_eq!(by_hand, row(&before, Menu::HotspotUser, MADE_BY_HAND));
}

async fn repeating_a_creation_changes_nothing(bench: &dyn Bench, site: &Site) {
    let before = read_all(bench).await;
    let again = site.plan(&Actual::default());
    apply_all(bench, &again.changes).await;
    assert_eq!(
        read_all(bench).await,
        before,
        "rows of ours are found again by their tag"
    );
}

async fn foreign_names_are_conflicts(bench: &dyn Bench, site: &Site) {
    let before = read_all(bench).await;
    let tag = Tag {
        mark: site.mark.clone(),
        id: TagId::grant(numbered(77)),
        revision: 1,
    };
    let edits = vec![Edit::Comment(tag.to_string())];
    let change = Change {
        menu: Menu::HotspotUser,
        name: MADE_BY_HAND.to_owned(),
        action: Action::Create { edits, tag },
        grant: None,
        cuts: false,
    };
    let results = bench.gateway().apply(&bench.target(), &[change]).await;
    let kind = results
        .into_iter()
        .next()
        .map(|it| it.map_err(|err| err.kind));
    assert_eq!(kind, Some(Err(GatewayErrorKind::Conflict)));
    assert_eq!(read_all(bench).await, before);
}

async fn a_survey_shows_what_others_made(bench: &dyn Bench) {
    let (gateway, target) = (bench.gateway(), bench.target());
    let adopted = pppoe("gate.adopted");
    bench.insert_by_hand(&adopted, "roof antenna");
    let look = || async {
        let survey = gateway.survey(&target).await.expect("a survey");
        let mut found = survey.logins.into_iter();
        found
            .find(|it| it.name.text() == Some("gate.adopted"))
            .expect("the row made by hand")
    };
    let before = look().await;
    assert_eq!(before.comment.text(), Some("roof antenna"));
    assert!(!before.was_used() && !before.is_disabled);
    let tag = Tag {
        mark: Mark::of(target.router),
        id: TagId::grant(numbered(77)),
        revision: 1,
    };
    let comment = tag.adopting("roof antenna").expect("room for a tag");
    let action = Action::Update {
        id: before.row.clone(),
        edits: vec![Edit::Comment(comment.clone())],
    };
    let change = Change {
        menu: before.menu(),
        name: adopted.name.clone(),
        action,
        grant: None,
        cuts: false,
    };
    assert_eq!(gateway.apply(&target, &[change]).await, [Ok(())]);
    let mut after = look().await;
    assert_eq!(after.comment.text(), Some(comment.as_str()));
    after.comment = before.comment.clone();
    assert_eq!(after, before, "a tag changes nothing else");
    let removal = Change {
        menu: before.menu(),
        name: adopted.name,
        action: Action::Remove { id: before.row },
        grant: None,
        cuts: false,
    };
    assert_eq!(gateway.apply(&target, &[removal]).await, [Ok(())]);
}

async fn one_refusal_stops_nobody_else(bench: &dyn Bench, site: &Site) {
    let before = read_all(bench).await;
    let set = |name: &str, attribute, to: &str| Change {
        menu: Menu::HotspotUser,
        name: name.to_owned(),
        action: Action::Update {
            id: row(&before, Menu::HotspotUser, name)
                .expect("made before")
                .id
                .clone(),
            edits: vec![Edit::Set {
                attribute,
                to: Some(to.to_owned()),
                was: None,
            }],
        },
        grant: None,
        cuts: false,
    };
    let changes = [
        set("gate-000", Attribute::Profile, "no-such-profile"),
        set("gate-001", Attribute::Disabled, "yes"),
    ];
    let results = bench.gateway().apply(&bench.target(), &changes).await;
    let kinds: Vec<_> = results
        .into_iter()
        .map(|it| it.map_err(|err| err.kind))
        .collect();
    assert!(
        matches!(kinds[0], Err(GatewayErrorKind::InvalidArgument { .. })),
        "{kinds:?}"
    );
    assert_eq!(kinds[1], Ok(()));
    let drifted = read_all(bench).await;
    let mend = site.plan(&drifted);
    assert_eq!(mend.changes.len(), 1, "{:?}", mend.changes);
    apply_all(bench, &mend.changes).await;
}

async fn a_selection_reads_only_its_names(bench: &dyn Bench, _site: &Site) {
    let (gateway, target) = (bench.gateway(), bench.target());
    let names = vec![pppoe("gate.siti"), hotspot("gate-007"), hotspot("nobody")];
    let some = gateway
        .read(&target, &Selection::Logins(names))
        .await
        .expect("readable");
    assert_eq!(some.rows(Menu::PppSecret).len(), 1);
    assert_eq!(some.rows(Menu::HotspotUser).len(), 1);
    let all = read_all(bench).await;
    assert_eq!(some.rows(Menu::PppProfile), all.rows(Menu::PppProfile));
    let seven = row(&all, Menu::HotspotUser, "gate-007");
    assert_eq!(row(&some, Menu::HotspotUser, "gate-007"), seven);
    let none = gateway
        .read(&target, &Selection::Logins(Vec::new()))
        .await
        .expect("readable");
    assert!(none.rows(Menu::HotspotUser).is_empty() && none.rows(Menu::PppSecret).is_empty());
}

async fn refused_customers_are_cut_and_stay_out(bench: &dyn Bench, site: &Site) {
    let (gateway, target) = (bench.gateway(), bench.target());
    let logins = [pppoe("gate.siti"), hotspot("gate-003")];
    for login in &logins {
        assert!(
            bench.dial(login, &password_of(&login.name)),
            "{login:?} may connect"
        );
    }
    assert!(bench.dial(&hotspot("gate-004"), &password_of("gate-004")));
    let mut blocked = Site {
        mark: site.mark.clone(),
        ..Site::new(target.router)
    };
    for grant in &mut blocked.grants {
        let named = |it: &LoginRef| it.name == grant.login().as_str();
        if logins.iter().any(named) {
            grant.follow(Allowance::Blocked, grant.profile(), 1, start());
        }
    }
    let plan = blocked.plan(&read_all(bench).await);
    assert_eq!(plan.cuts(), logins);
    apply_all(bench, &plan.changes).await;
    let report = gateway.cut(&target, &plan.cuts()).await.expect("cut");
    assert_eq!((report.removed, report.still_online.len()), (2, 0));
    let online = gateway.sessions(&target).await.expect("sessions");
    let names: Vec<&str> = online.iter().map(|it| it.login.name.as_str()).collect();
    assert_eq!(names, ["gate-004"]);
    for login in &logins {
        assert!(
            !bench.dial(login, &password_of(&login.name)),
            "{login:?} is refused"
        );
    }
    let again = gateway.cut(&target, &logins).await.expect("nobody to cut");
    assert_eq!(again.removed, 0);
}

async fn read_usage(bench: &dyn Bench, reach: UsageScope) -> UsageReading {
    let read = bench.gateway().usage(&bench.target(), reach).await;
    read.expect("a healthy router says what it has counted")
}

/// Running sessions count by themselves; a hotspot session reaches its user's totals when it ends.
async fn use_is_counted(bench: &dyn Bench) {
    let (line, spot) = (pppoe("gate.budi"), hotspot("gate-005"));
    for login in [&line, &spot] {
        assert!(bench.dial(login, &password_of(&login.name)), "{login:?}");
        bench.use_up(login, 1_000, 2_000);
    }
    let reading = read_usage(bench, UsageScope::Everything).await;
    for login in [&line, &spot] {
        let session = reading.sessions.iter().find(|it| it.login == *login);
        let traffic = session.expect("online").traffic.expect("counted");
        assert_eq!((traffic.bytes_up, traffic.bytes_down), (1_000, 2_000));
    }
    let total = |reading: UsageReading| {
        let users = reading.users.expect("asked for");
        let found = users.into_iter().find(|it| it.login == spot);
        found.expect("a user").load
    };
    assert_eq!(total(reading).bytes_down, 0);
    bench.hang_up(&spot);
    bench.hang_up(&line);
    let after = read_usage(bench, UsageScope::Everything).await;
    assert!(
        after
            .sessions
            .iter()
            .all(|it| it.login != spot && it.login != line)
    );
    assert_eq!(total(after).bytes_down, 2_000);
    let cheap = read_usage(bench, UsageScope::Sessions).await;
    assert_eq!(cheap.users, None);
}

async fn removing_twice_is_no_error(bench: &dyn Bench, site: &Site) {
    let nobody = Site {
        mark: site.mark.clone(),
        profiles: Vec::new(),
        grants: Vec::new(),
    };
    let mut plan = nobody.plan(&read_all(bench).await);
    assert_eq!(plan.held_back.len(), site.grants.len(), "suspiciously many");
    plan.release_held_back();
    apply_all(bench, &plan.changes).await;
    apply_all(bench, &plan.changes).await;
    let left = read_all(bench).await;
    let is_ours = |menu: Menu| {
        left.rows(menu)
            .iter()
            .any(|it| it.is_owned(menu, &site.mark))
    };
    assert!(!is_ours(Menu::PppSecret) && !is_ours(Menu::HotspotUser));
    assert!(row(&left, Menu::HotspotUser, MADE_BY_HAND).is_some());
}
