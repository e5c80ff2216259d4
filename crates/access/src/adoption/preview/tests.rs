//! A preview proposes what can be, and gives a reason for everything else.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use kernel::testing::CountingIds;
use kernel::{PlanId, Timestamp, Zone};

use super::{
    Circumstances, Draft, Known, KnownProfile, UnreadablePasswords, Verdict, fingerprints, preview,
};
use crate::adoption::{
    Price, Proposal, Raw, RowKind, Survey, SurveyedPassword, SurveyedRate, VoucherStanding,
};
use crate::login::{LoginRef, Service};
use crate::rate_limit::RateLimit;
use crate::tag::{Mark, Tag, TagId};
use crate::testing::{mikhmon_survey, numbered, surveyed_login, surveyed_profile};

fn at(text: &str) -> Timestamp {
    Timestamp::from_utc(text.parse().unwrap())
}

fn mark() -> Mark {
    Mark::of(numbered(2))
}

fn look(survey: &Survey, known: &Known) -> Vec<Draft> {
    let zone: Zone = "Asia/Jakarta".parse().unwrap();
    preview(
        survey,
        Circumstances {
            mark: &mark(),
            known,
            zone,
            unreadable: UnreadablePasswords::Refuse,
            now: at("2026-11-21T12:00:00Z"),
            ids: &CountingIds::from(1_000),
        },
    )
}

fn named<'a>(drafts: &'a [Draft], name: &str) -> &'a Draft {
    let mut found = drafts.iter().filter(|it| it.name.lossy() == name);
    found.next().unwrap_or_else(|| panic!("no draft {name}"))
}

fn standing(draft: &Draft) -> VoucherStanding {
    match &draft.proposal {
        Proposal::Voucher(it) => it.standing,
        other => panic!("{other:?} is no voucher"),
    }
}

fn refusal(draft: &Draft) -> &str {
    match &draft.verdict {
        Verdict::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mikhmon_router_is_understood() {
    let drafts = look(&mikhmon_survey(), &Known::default());
    let count = |kind: RowKind, verdict: fn(&Verdict) -> bool| {
        let of_kind = drafts.iter().filter(|it| it.proposal.kind() == kind);
        of_kind.filter(|it| verdict(&it.verdict)).count()
    };
    let import = |it: &Verdict| *it == Verdict::Import;
    assert_eq!(count(RowKind::Profile, import), 4, "default is not used");
    assert_eq!(count(RowKind::Batch, import), 4);
    assert_eq!(count(RowKind::Customer, import), 3);
    assert_eq!(count(RowKind::Voucher, import), 6);
    assert_eq!(count(RowKind::Sale, import), 2);
    let refused = |it: &Verdict| matches!(it, Verdict::Refused(_));
    assert_eq!(count(RowKind::Nothing, refused), 3);
    assert_eq!(count(RowKind::StaticIp, import), 1);
    assert_eq!(count(RowKind::DhcpLease, import), 1);
}

#[test]
fn the_selling_terms_of_a_profile_become_a_plan() {
    let drafts = look(&mikhmon_survey(), &Known::default());
    let Proposal::Profile(day) = &named(&drafts, "1day").proposal else {
        panic!("no profile")
    };
    let plan = day.plan.as_ref().unwrap();
    assert_eq!(plan.price, Price::read("5000"), "the selling price");
    assert_eq!(plan.minutes, Some(1_440));
    assert_eq!(day.slug.as_str(), "p-1day");
    assert_eq!(day.row_name.as_deref(), Some("1day"));
    let Proposal::Profile(home) = &named(&drafts, "home").proposal else {
        panic!("no profile")
    };
    assert_eq!(home.plan, None, "lines are not sold as vouchers");
}

#[test]
fn vouchers_stand_where_their_comments_and_counters_say() {
    let drafts = look(&mikhmon_survey(), &Known::default());
    assert_eq!(standing(named(&drafts, "ab23")), VoucherStanding::Unused);
    let active = VoucherStanding::Active {
        since: at("2026-11-21T03:00:00Z"),
        until: Some(at("2026-11-22T03:00:00Z")),
    };
    assert_eq!(standing(named(&drafts, "ef67")), active);
    let expired = VoucherStanding::Expired {
        at: at("2026-11-20T03:00:00Z"),
    };
    assert_eq!(standing(named(&drafts, "gh89")), expired);
    assert_eq!(standing(named(&drafts, "jk23")), VoucherStanding::UsedUp);
}

#[test]
fn vouchers_made_together_stay_together() {
    let drafts = look(&mikhmon_survey(), &Known::default());
    let batch = |name: &str| match &named(&drafts, name).proposal {
        Proposal::Voucher(it) => it.batch,
        other => panic!("{other:?}"),
    };
    assert_eq!(batch("ab23"), batch("cd45"));
    assert_ne!(batch("ab23"), batch("ef67"));
    let made = named(&drafts, "1day vc-123-08.14.26 kiosk");
    let Proposal::Batch(made) = &made.proposal else {
        panic!("no batch")
    };
    assert_eq!((made.batch, made.count), (batch("ab23"), 2));
    assert_eq!(made.price, Price::read("5000"));
}

#[test]
fn a_used_voucher_without_a_date_starts_now() {
    let mut survey = mikhmon_survey();
    survey.logins[3].uptime_s = 5;
    let drafts = look(&survey, &Known::default());
    let now = at("2026-11-21T12:00:00Z");
    let until = Some(at("2026-11-22T12:00:00Z"));
    let found = named(&drafts, "ab23");
    assert_eq!(
        standing(found),
        VoucherStanding::Active { since: now, until }
    );
    assert_eq!(found.notes.len(), 1);
}

#[test]
fn a_notice_of_expiry_is_an_end() {
    let mut survey = mikhmon_survey();
    survey.logins[5].limit_uptime_s = Some(1);
    let drafts = look(&survey, &Known::default());
    assert!(standing(named(&drafts, "ef67")).has_ended());
}

#[test]
fn every_refusal_has_its_reason() {
    let drafts = look(&mikhmon_survey(), &Known::default());
    assert!(refusal(named(&drafts, "wati")).contains("not UTF-8"));
    assert!(refusal(named(&drafts, "pq67")).contains("clock was wrong"));
    assert!(refusal(named(&drafts, "mikhmon-backup")).contains("nine fields"));
}

#[test]
fn passwords_that_are_hidden_are_never_guessed() {
    let mut survey = mikhmon_survey();
    survey.logins[0].password = SurveyedPassword::Hidden;
    survey.logins[2].password = SurveyedPassword::Empty;
    let drafts = look(&survey, &Known::default());
    assert!(refusal(named(&drafts, "budi")).contains("hides its password"));
    assert_eq!(named(&drafts, "joko").verdict, Verdict::Import);
}

fn known_day(plan: Option<PlanId>) -> KnownProfile {
    KnownProfile {
        profile: numbered(55),
        slug: "p-1day".parse().unwrap(),
        plan,
    }
}

#[test]
fn a_known_profile_that_lost_its_plan_is_offered_one() {
    let known = Known {
        profiles: [((Service::Hotspot, "1day".to_owned()), known_day(None))].into(),
        slugs: BTreeSet::from(["p-1day".to_owned()]),
        ..Known::default()
    };
    let drafts = look(&mikhmon_survey(), &known);
    let day = named(&drafts, "1day");
    let Proposal::Profile(it) = &day.proposal else {
        panic!("no profile")
    };
    assert_eq!(day.verdict, Verdict::Import);
    assert_eq!((it.profile, it.slug.as_str()), (numbered(55), "p-1day"));
    let Proposal::Batch(kiosk) = &named(&drafts, "1day vc-123-08.14.26 kiosk").proposal else {
        panic!("no batch")
    };
    assert_eq!(it.plan.as_ref().map(|it| it.plan), Some(kiosk.plan));
}

#[test]
fn what_is_known_is_not_imported_twice() {
    let mut survey = mikhmon_survey();
    let tag = |mark: Mark| Tag {
        mark,
        id: TagId::grant(numbered(7)),
        revision: 1,
    };
    let tagged =
        |row, mark| surveyed_login(Service::Pppoe, row, "ours", "home", tag(mark).to_string());
    survey.logins.push(tagged("*40", mark()));
    let known = Known {
        profiles: [(
            (Service::Hotspot, "1day".to_owned()),
            known_day(Some(numbered(56))),
        )]
        .into(),
        slugs: BTreeSet::from(["home".to_owned()]),
        logins: [LoginRef::new(Service::Pppoe, "budi")].into(),
        ..Known::default()
    };
    let drafts = look(&survey, &known);
    assert_eq!(named(&drafts, "ours").verdict, Verdict::Known);
    assert!(refusal(named(&drafts, "budi")).contains("has this name"));
    assert_eq!(named(&drafts, "1day").verdict, Verdict::Known);
    let Proposal::Voucher(voucher) = &named(&drafts, "ab23").proposal else {
        panic!("no voucher")
    };
    assert_eq!(voucher.profile, numbered(55));
    let Proposal::Batch(kiosk) = &named(&drafts, "1day vc-123-08.14.26 kiosk").proposal else {
        panic!("no batch")
    };
    assert_eq!(kiosk.plan, numbered(56), "the plan that exists");
    let Proposal::Profile(home) = &named(&drafts, "home").proposal else {
        panic!("no profile")
    };
    assert_eq!(home.slug.as_str(), "home-2");

    survey.logins.push(tagged("*41", Mark::of(numbered(999))));
    let drafts = look(&survey, &known);
    assert!(refusal(drafts.iter().find(|it| it.place.row == "*41").unwrap()).contains("another"));
}

#[test]
fn any_change_of_a_row_shows_and_counting_on_does_not() {
    let before = fingerprints(&mikhmon_survey());
    let after = |change: fn(&mut Survey)| {
        let mut survey = mikhmon_survey();
        change(&mut survey);
        fingerprints(&survey) != before
    };
    assert!(!after(|_| {}));
    assert!(!after(|it| it.logins[5].uptime_s = 61));
    assert!(after(|it| it.logins[3].uptime_s = 1));
    assert!(after(|it| it.logins[0].comment = "x".into()));
    assert!(after(|it| it.logins[0].is_disabled = true));
    assert!(after(|it| it.logins[0].password = SurveyedPassword::Empty));
    assert!(after(|it| it.profiles[2].on_login = "".into()));
    assert!(after(|it| it.sales.truncate(1)));
}

#[test]
fn odd_profile_names_get_plain_ones_here() {
    let names = [
        "restricted-x",
        "Öffice!",
        "1 Jam",
        "1-jam",
        "---",
        "wb-ours",
        "\u{1}",
    ];
    let rows = names.iter().enumerate();
    let survey = Survey {
        profiles: rows
            .map(|(at, it)| surveyed_profile(Service::Hotspot, &format!("*{at}"), it, ""))
            .collect(),
        ..Survey::default()
    };
    let drafts = look(&survey, &Known::default());
    let slugs = drafts.iter().filter_map(|it| match &it.proposal {
        Proposal::Profile(it) => Some(it.slug.as_str()),
        _ => None,
    });
    let slugs: Vec<&str> = slugs.collect();
    assert_eq!(
        slugs,
        ["p-restricted-x", "ffice", "p-1-jam", "p-1-jam-2", "p"]
    );
    assert_eq!(named(&drafts, "wb-ours").verdict, Verdict::Known);
}

fn first_queue(change: impl FnOnce(&mut Survey)) -> Verdict {
    let mut survey = mikhmon_survey();
    change(&mut survey);
    named(&look(&survey, &Known::default()), "office")
        .verdict
        .clone()
}

fn first_lease(change: impl FnOnce(&mut Survey)) -> Verdict {
    let mut survey = mikhmon_survey();
    change(&mut survey);
    let drafts = look(&survey, &Known::default());
    let mut found = drafts.iter();
    let found = found.find(|it| it.proposal.kind() == RowKind::DhcpLease);
    found.unwrap().verdict.clone()
}

fn says(verdict: &Verdict, words: &str) -> bool {
    match verdict {
        Verdict::NotYet(why) | Verdict::Refused(why) => why.contains(words),
        Verdict::Import | Verdict::Known => false,
    }
}

#[test]
fn only_a_queue_that_is_one_customers_own_is_taken_over() {
    type Change = fn(&mut Survey);
    let table: [(&str, Change); 9] = [
        ("something else", |it| it.queues[0].target = "ether2".into()),
        ("something else", |it| {
            it.queues[0].target = "10.0.0.7/32,10.0.0.8/32".into();
        }),
        ("whole network", |it| {
            it.queues[0].target = "10.0.0.0/24".into();
        }),
        ("part of the traffic", |it| it.queues[0].is_narrow = true),
        ("disabled", |it| it.queues[0].is_disabled = true),
        ("speed", |it| {
            it.queues[0].rate = SurveyedRate::Other("x".into());
        }),
        ("not UTF-8", |it| {
            it.queues[0].comment = Raw::new(&b"\xe9"[..]);
        }),
        ("hang below", |it| {
            let mut below = it.queues[0].clone();
            below.name = "below".into();
            below.parent = Some("office".into());
            it.queues.push(below);
        }),
        ("another row", |it| {
            let first = it.queues[0].clone();
            it.queues.insert(0, first);
            it.queues[0].name = "first".into();
        }),
    ];
    for (words, change) in table {
        let verdict = first_queue(change);
        assert!(says(&verdict, words), "{words}: {verdict:?}");
    }
    let open = first_queue(|it| it.queues[0].rate = SurveyedRate::Unlimited);
    assert_eq!(open, Verdict::Import);
    let one_way = RateLimit::steady(5_000_000, 0);
    let open = first_queue(|it| it.queues[0].rate = SurveyedRate::Known(one_way));
    assert_eq!(open, Verdict::Import);
}

#[test]
fn only_a_lease_that_is_one_devices_own_is_taken_over() {
    type Change = fn(&mut Survey);
    let table: [(&str, Change); 5] = [
        ("no device", |it| it.leases[0].device = String::new()),
        ("disabled", |it| it.leases[0].is_disabled = true),
        ("address lists", |it| {
            it.leases[0].address_lists = "a,b".into();
        }),
        ("speed", |it| {
            it.leases[0].rate = SurveyedRate::Other("x".into());
        }),
        ("a queue limits", |it| {
            it.leases[0].address = "10.0.0.7".into();
        }),
    ];
    for (words, change) in table {
        let verdict = first_lease(change);
        assert!(says(&verdict, words), "{words}: {verdict:?}");
    }
    let listed = first_lease(|it| it.leases[0].address_lists = "vip".into());
    assert_eq!(listed, Verdict::Import);
}

#[test]
fn two_rows_of_one_name_are_one_login() {
    let mut survey = mikhmon_survey();
    let mut twin = survey.logins[8].clone();
    twin.row = crate::row::RowId::new("*99");
    twin.server = Some("hs2".into());
    survey.logins.push(twin);
    let drafts = look(&survey, &Known::default());
    let of = |row: &str| drafts.iter().find(|it| it.place.row == row).unwrap();
    assert_eq!(of("*15").verdict, Verdict::Import);
    assert!(refusal(of("*99")).contains("the same name"));
    let Proposal::Voucher(bound) = &of("*15").proposal else {
        panic!("no voucher")
    };
    assert_eq!(bound.server.as_deref(), Some("hs1"));
    survey.logins[8].server = Some(Raw::new(&b"\xe9"[..]));
    let drafts = look(&survey, &Known::default());
    let odd = drafts.iter().find(|it| it.place.row == "*15").unwrap();
    assert!(refusal(odd).contains("hotspot server"));
}
