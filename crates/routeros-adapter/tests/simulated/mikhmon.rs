//! A router that Mikhmon ran is surveyed, and adopted without changing anything but comments.

use access::adoption::{
    Circumstances, Known, MikhmonComment, Raw, SurveyedPassword, SurveyedRate, UnreadablePasswords,
    Verdict, preview,
};
use access::testing::numbered;
use access::{
    Action, Change, Edit, GatewayErrorKind, LoginRef, Mark, Menu, RateLimit, RouterGateway,
    Selection, Service, Tag, TagId,
};
use kernel::testing::CountingIds;
use kernel::{Timestamp, Zone};
use routeros_sim::{SimConfig, SimUser, VersionProfile};

use crate::site::{Site, impatient, router_id};

const ON_LOGIN: &str = r#":put (",remc,3000,1d,5000,,Enable,"); {:local comment "x"}"#;
const SALE: &str = "aug/14/2026-|-10:11:12-|-zz99-|-5000-|-10.5.50.9-|-AA:BB:CC:00:00:01-|-1d-|-1day-|-vc-99-08.01.26-x";

/// What Mikhmon leaves behind, and what people did by hand.
fn fill(site: &Site) {
    let insert = |menu: &str, attributes: &[(&str, &str)]| {
        site.router.insert(menu, attributes).unwrap();
    };
    let day = [
        ("name", "1day"),
        ("rate-limit", "2M/8M"),
        ("shared-users", "1"),
        ("on-login", ON_LOGIN),
    ];
    insert("/ip/hotspot/user/profile", &day);
    insert(
        "/ppp/profile",
        &[("name", "home"), ("rate-limit", "5M/20M 0/0 0/0 0/0 1")],
    );
    let user = |name: &str, comment: &str, more: &[(&str, &str)]| {
        let common = [
            ("name", name),
            ("password", name),
            ("profile", "1day"),
            ("comment", comment),
        ];
        insert("/ip/hotspot/user", &[&common[..], more].concat());
    };
    user("ab23", "vc-123-08.14.26-kiosk", &[]);
    user("cd45", "jan/02/2027 10:11:12", &[("limit-uptime", "1h")]);
    user(
        "ef67",
        "2027-01-02 10:11:12",
        &[("limit-bytes-total", "1000000")],
    );
    user("gh89", "", &[("disabled", "yes")]);
    let secret = |name: &str, comment: &str| {
        let row = [
            ("name", name),
            ("password", "pw"),
            ("profile", "home"),
            ("comment", comment),
        ];
        insert("/ppp/secret", &row);
    };
    secret("budi", "Budi Santoso");
    secret("wati", "to be overwritten");
    site.router
        .overwrite("/ppp/secret", "wati", &[("comment", b"caf\xe9 Wati")])
        .unwrap();
    insert(
        "/queue/simple",
        &[
            ("name", "office"),
            ("target", "10.0.0.7"),
            ("max-limit", "5M/20M"),
        ],
    );
    let lease = [
        ("address", "10.0.0.8"),
        ("mac-address", "AA:BB:CC:00:00:08"),
    ];
    insert("/ip/dhcp-server/lease", &lease);
    for (name, comment) in [
        (SALE, "mikhmon"),
        (
            "2026-08-15-|-10:11:12-|-yy88-|-5000-|-10.5.50.8-|-AA:BB:CC:00:00:02-|-1d-|-1day-|-",
            "mikhmon",
        ),
        ("backup", "nightly"),
    ] {
        let row = [("name", name), ("source", "x"), ("comment", comment)];
        insert("/system/script", &row);
    }
    let zone = [("time-zone-name", "Asia/Jakarta")];
    site.router.update("/system/clock", "", &zone).unwrap();
}

fn config(version: VersionProfile) -> SimConfig {
    SimConfig {
        version,
        ..SimConfig::new("kios")
    }
}

#[tokio::test]
async fn everything_mikhmon_left_is_read() {
    for version in [
        VersionProfile::V6_49,
        VersionProfile::V7_9,
        VersionProfile::V7_18,
    ] {
        let site = Site::with(config(version), impatient()).await;
        fill(&site);
        let survey = site.gateway.survey(&site.at()).await.unwrap();
        assert_eq!(survey.zone.as_deref(), Some("Asia/Jakarta"));
        assert!(survey.unread.is_empty(), "{:?}", survey.unread);
        let profile = |name: &str| {
            survey
                .profiles
                .iter()
                .find(|it| it.name.text() == Some(name))
        };
        let day = profile("1day").unwrap();
        assert_eq!(
            day.rate,
            SurveyedRate::Known(RateLimit::steady(2_000_000, 8_000_000))
        );
        assert_eq!(day.on_login.text(), Some(ON_LOGIN));
        assert!(matches!(
            profile("home").unwrap().rate,
            SurveyedRate::Other(_)
        ));
        let login = |name: &str| {
            survey
                .logins
                .iter()
                .find(|it| it.name.text() == Some(name))
                .unwrap()
        };
        assert!(matches!(
            MikhmonComment::read(&login("cd45").comment),
            Some(MikhmonComment::Expiry { .. })
        ));
        assert_eq!(login("cd45").limit_uptime_s, Some(3_600));
        assert_eq!(login("ef67").limit_bytes, Some(1_000_000));
        assert!(login("gh89").is_disabled && !login("ab23").was_used());
        assert_eq!(login("wati").comment, Raw::new(&b"caf\xe9 Wati"[..]));
        assert!(matches!(login("budi").password, SurveyedPassword::Shown(_)));
        assert_eq!((survey.queues.len(), survey.sales.len()), (1, 2));
        assert_eq!(survey.leases[0].address, "10.0.0.8");
        assert_eq!(survey.leases[0].rate, SurveyedRate::Unlimited);
        assert!(!survey.leases[0].is_blocked && !survey.leases[0].is_disabled);
        let queue = &survey.queues[0];
        let speed = RateLimit::steady(5_000_000, 20_000_000);
        assert_eq!(queue.rate, SurveyedRate::Known(speed));
        assert!(!queue.is_narrow && !queue.is_disabled, "{queue:?}");
        assert_eq!(
            (queue.parent.as_deref(), &*queue.target),
            (None, "10.0.0.7/32")
        );
    }
}

#[tokio::test]
async fn limits_of_queues_and_leases_are_read_in_full() {
    let site = Site::with(config(VersionProfile::V7_18), impatient()).await;
    let insert = |menu: &str, attributes: &[(&str, &str)]| {
        site.router.insert(menu, attributes).unwrap();
    };
    let bursting = [
        ("name", "shop"),
        ("target", "10.0.0.9"),
        ("max-limit", "5M/20M"),
        ("burst-limit", "8M/30M"),
        ("burst-threshold", "4M/15M"),
        ("burst-time", "10s/10s"),
        ("disabled", "yes"),
    ];
    insert("/queue/simple", &bursting);
    let lease = [
        ("address", "10.0.0.10"),
        ("mac-address", "AA:BB:CC:00:00:0A"),
        ("rate-limit", "2M/8M"),
        ("address-lists", "vip"),
        ("block-access", "yes"),
    ];
    insert("/ip/dhcp-server/lease", &lease);
    let survey = site.gateway.survey(&site.at()).await.unwrap();
    let queue = &survey.queues[0];
    let SurveyedRate::Known(rate) = queue.rate else {
        panic!("{queue:?}")
    };
    assert_eq!(rate.to_string(), "5M/20M 8M/30M 4M/15M 10/10");
    assert!(queue.is_disabled);
    let lease = &survey.leases[0];
    let speed = RateLimit::steady(2_000_000, 8_000_000);
    assert_eq!(lease.rate, SurveyedRate::Known(speed));
    assert_eq!((&*lease.address_lists, lease.is_blocked), ("vip", true));
}

#[tokio::test]
async fn a_queue_that_was_taken_over_is_read_by_whom_it_limits() {
    for version in [VersionProfile::V6_49, VersionProfile::V7_18] {
        let site = Site::with(config(version), impatient()).await;
        fill(&site);
        let fixed = |name: &str| {
            let login = LoginRef::new(Service::StaticIp, name);
            Selection::Logins(vec![login])
        };
        let read = async |name: &str| {
            let actual = site.gateway.read(&site.at(), &fixed(name)).await.unwrap();
            let rows = actual.rows(Menu::SimpleQueue).iter();
            rows.map(|it| it.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(read("10.0.0.7").await, ["office"]);
        assert_eq!(read("10.0.0.70").await, [""; 0]);
    }
}

#[tokio::test]
async fn adopting_writes_tags_and_nothing_else() {
    let site = Site::with(config(VersionProfile::V7_18), impatient()).await;
    fill(&site);
    let survey = site.gateway.survey(&site.at()).await.unwrap();
    let zone: Zone = "Asia/Jakarta".parse().unwrap();
    let (mark, known) = (Mark::of(router_id()), Known::default());
    let around = Circumstances {
        mark: &mark,
        known: &known,
        zone,
        unreadable: UnreadablePasswords::Refuse,
        now: Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap()),
        ids: &CountingIds::from(100),
    };
    let drafts = preview(&survey, around);
    let fit = |name: &str| {
        drafts
            .iter()
            .any(|it| it.name.text() == Some(name) && it.verdict == Verdict::Import)
    };
    assert!(fit("ab23") && fit("budi") && fit("1day") && !fit("wati"));
    let tagged = survey.logins.iter().enumerate().filter_map(|(number, it)| {
        let tag = Tag {
            mark: mark.clone(),
            id: TagId::grant(numbered(u64::try_from(number).unwrap() + 1)),
            revision: 1,
        };
        let comment = tag.adopting(it.comment.text()?)?;
        let id = it.row.clone();
        let edits = vec![Edit::Comment(comment)];
        (!it.is_dynamic).then(|| Change {
            menu: it.menu(),
            name: it.name.lossy(),
            action: Action::Update { id, edits },
            grant: None,
            cuts: false,
        })
    });
    let changes: Vec<Change> = tagged.collect();
    let before = rows(&site);
    let results = site.apply(&changes).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let mut after = rows(&site);
    for (old, new) in before.iter().zip(&mut after) {
        let comment = new.get("comment").cloned().unwrap_or_default();
        let was = old.get("comment").cloned().unwrap_or_default();
        if old["name"] == "wati" || old["name"] == "default-trial" {
            assert_eq!(comment, was);
            continue;
        }
        assert!(
            comment.starts_with("[wb:") && comment.ends_with(&was),
            "{comment}"
        );
        match old.get("comment") {
            Some(was) => new.insert("comment".to_owned(), was.clone()),
            None => new.remove("comment"),
        };
    }
    assert_eq!(after, before);
}

fn rows(site: &Site) -> Vec<std::collections::BTreeMap<String, String>> {
    let menus = [Menu::PppSecret, Menu::HotspotUser];
    menus
        .iter()
        .flat_map(|it| site.router.rows(it.path()))
        .collect()
}

#[tokio::test]
async fn passwords_that_the_account_may_not_see_are_hidden_not_empty() {
    let readers = ["api", "read", "write", "test"];
    let site_config = SimConfig {
        users: vec![SimUser {
            policies: readers.iter().map(ToString::to_string).collect(),
            ..SimConfig::new("x").users[0].clone()
        }],
        ..config(VersionProfile::V7_18)
    };
    let site = Site::with(site_config, impatient()).await;
    fill(&site);
    match site.gateway.survey(&site.at()).await {
        Ok(survey) => {
            let hidden =
                |it: &&access::adoption::SurveyedLogin| it.password == SurveyedPassword::Hidden;
            assert_eq!(
                survey.logins.iter().filter(hidden).count(),
                survey.logins.len()
            );
            assert!(survey.logins.iter().any(|it| it.service == Service::Pppoe));
        }
        Err(err) => assert_eq!(err.kind, GatewayErrorKind::Forbidden, "{err}"),
    }
}
