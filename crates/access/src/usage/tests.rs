//! Use is recorded once, whatever routers forget.
#![allow(clippy::unwrap_used)]

mod model;

use chrono::Duration;
use kernel::testing::CountingIds;
use kernel::{LocalDate, Timestamp};

use super::{
    Books, EndCause, Load, LoginChange, LoginSeen, Meter, Owner, PollClock, PollState,
    SessionCounters, Traffic, UsageReading, UserCounters, account,
};
use crate::grant::Subject;
use crate::login::{LoginRef, Service};
use crate::row::RowId;
use crate::testing::numbered;

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn today() -> LocalDate {
    "2026-11-21".parse().unwrap()
}

/// A poll five minutes after the last one.
fn clock() -> PollClock {
    PollClock {
        at: noon(),
        day: today(),
        boot: 0,
        has_restarted: false,
        since: Some(noon().minus(Duration::minutes(5))),
        users_since: Some(noon().minus(Duration::minutes(5))),
    }
}

fn hotspot() -> LoginRef {
    LoginRef::new(Service::Hotspot, "k7x9")
}

fn pppoe() -> LoginRef {
    LoginRef::new(Service::Pppoe, "siti")
}

fn load(bytes_up: u64, bytes_down: u64, seconds: u64) -> Load {
    Load {
        bytes_up,
        bytes_down,
        seconds,
    }
}

fn owner(login: &LoginRef, grant: u64) -> Owner {
    Owner {
        login: login.clone(),
        grant: numbered(grant),
        subject: Subject::Voucher(numbered(grant)),
    }
}

fn user(name: &str, load: Load) -> UserCounters {
    UserCounters {
        login: LoginRef::new(Service::Hotspot, name),
        row: RowId::new("*1"),
        load,
        has_history: false,
    }
}

fn session(login: &LoginRef, key: &str, load: Load) -> SessionCounters {
    SessionCounters {
        login: login.clone(),
        key: key.to_owned(),
        address: Some("10.5.50.7".to_owned()),
        device: Some("AA:BB:CC:00:00:01".to_owned()),
        uptime_s: load.seconds,
        traffic: Some(Traffic {
            bytes_up: load.bytes_up,
            bytes_down: load.bytes_down,
        }),
    }
}

fn only(sessions: Vec<SessionCounters>) -> LoginSeen {
    LoginSeen {
        user: None,
        sessions,
    }
}

fn close(login: &LoginRef, books: Books, seen: &LoginSeen, clock: &PollClock) -> LoginChange {
    account(login, books, seen, clock, &CountingIds::from(1)).unwrap()
}

/// What the next poll knows.
fn known(change: &LoginChange) -> Books {
    let open = change.sessions.iter().filter(|it| it.end.is_none());
    Books {
        meter: Some(change.meter.clone()),
        open: open.cloned().collect(),
        owner: None,
    }
}

fn fresh(login: &LoginRef) -> Books {
    Books {
        owner: Some(owner(login, 1)),
        ..Books::default()
    }
}

#[test]
fn nobody_is_charged_for_a_login_that_is_nobodys() {
    let seen = only(vec![session(&pppoe(), "a", load(1, 1, 1))]);
    let change = account(
        &pppoe(),
        Books::default(),
        &seen,
        &clock(),
        &CountingIds::from(1),
    );
    assert_eq!(change, None);
}

#[test]
fn a_login_shorter_than_a_poll_shows_in_the_totals_with_its_first_use() {
    let seen = LoginSeen {
        user: Some(user("k7x9", load(10, 20, 40))),
        sessions: Vec::new(),
    };
    let change = close(&hotspot(), fresh(&hotspot()), &seen, &clock());
    assert_eq!(change.used, load(10, 20, 40));
    let first = change.first_use.unwrap();
    assert_eq!(first.at, noon().minus(Duration::seconds(40)));
    assert_eq!(first.subject, Subject::Voucher(numbered(1)));
}

#[test]
fn devices_that_shared_a_login_have_not_used_it_before_it_was_seen_unused() {
    // Three devices for three minutes each, since five minutes ago.
    let seen = LoginSeen {
        user: Some(user("k7x9", load(10, 20, 360))),
        sessions: vec![session(&hotspot(), "c", load(7, 7, 180))],
    };
    let change = close(&hotspot(), fresh(&hotspot()), &seen, &clock());
    let first = change.first_use.unwrap();
    assert_eq!(first.at, noon().minus(Duration::minutes(5)));
    let never_read = PollClock {
        users_since: None,
        ..clock()
    };
    let change = close(&hotspot(), fresh(&hotspot()), &seen, &never_read);
    let first = change.first_use.unwrap();
    assert_eq!(first.at, noon().minus(Duration::minutes(9)));
}

#[test]
fn a_user_that_was_never_used_has_no_first_use() {
    let seen = LoginSeen {
        user: Some(user("k7x9", Load::ZERO)),
        sessions: Vec::new(),
    };
    let change = close(&hotspot(), fresh(&hotspot()), &seen, &clock());
    assert_eq!((change.first_use, change.used), (None, Load::ZERO));
}

#[test]
fn what_was_counted_before_anybody_looked_belongs_to_no_day() {
    let seen = LoginSeen {
        user: Some(user("k7x9", load(5_000, 9_000, 86_400))),
        sessions: vec![session(&hotspot(), "a", load(7, 7, 7_200))],
    };
    let change = close(&hotspot(), fresh(&hotspot()), &seen, &clock());
    assert_eq!(change.used, Load::ZERO);
    assert_eq!(change.carried, load(5_007, 9_007, 93_600));
}

#[test]
fn a_session_is_recorded_from_its_beginning_to_its_end() {
    let first = only(vec![session(&pppoe(), "0x1", load(100, 200, 30))]);
    let began = close(&pppoe(), fresh(&pppoe()), &first, &clock());
    assert_eq!(
        began.sessions[0].started_at,
        noon().minus(Duration::seconds(30))
    );
    let later = PollClock {
        at: noon().plus(Duration::minutes(1)),
        ..clock()
    };
    let ended = close(&pppoe(), known(&began), &LoginSeen::default(), &later);
    let end = ended.sessions[0].end.unwrap();
    assert_eq!((end.at, end.cause), (later.at, EndCause::Gone));
    assert_eq!(ended.sessions[0].seen_at, noon());
    assert_eq!(ended.sessions[0].counted, load(100, 200, 30));
    assert_eq!(ended.used, Load::ZERO);
}

#[test]
fn a_session_that_logs_out_is_not_recorded_again_from_the_totals() {
    let first = LoginSeen {
        user: Some(user("k7x9", Load::ZERO)),
        sessions: vec![session(&hotspot(), "a", load(100, 200, 30))],
    };
    let began = close(&hotspot(), fresh(&hotspot()), &first, &clock());
    // Between two polls of the totals, the sessions are polled alone.
    let gone = close(&hotspot(), known(&began), &LoginSeen::default(), &clock());
    assert_eq!(gone.meter.owed, load(100, 200, 30));
    let settled = LoginSeen {
        user: Some(user("k7x9", load(150, 260, 50))),
        sessions: Vec::new(),
    };
    let settled = close(&hotspot(), known(&gone), &settled, &clock());
    assert_eq!(settled.used, load(50, 60, 20));
    assert_eq!(settled.meter.owed, Load::ZERO);
}

#[test]
fn two_devices_of_one_login_add_up() {
    let both = vec![
        session(&hotspot(), "a", load(1, 2, 3)),
        session(&hotspot(), "b", load(10, 20, 30)),
    ];
    let change = close(&hotspot(), fresh(&hotspot()), &only(both), &clock());
    assert_eq!(change.used, load(11, 22, 33));
    assert_eq!(change.sessions.len(), 2);
}

#[test]
fn bytes_that_cannot_be_told_this_time_are_told_the_next() {
    let silent = SessionCounters {
        traffic: None,
        ..session(&pppoe(), "0x1", load(0, 0, 60))
    };
    let first = close(&pppoe(), fresh(&pppoe()), &only(vec![silent]), &clock());
    assert_eq!(first.used, load(0, 0, 60));
    let told = only(vec![session(&pppoe(), "0x1", load(9, 9, 90))]);
    let next = close(&pppoe(), known(&first), &told, &clock());
    assert_eq!(next.used, load(9, 9, 30));
}

#[test]
fn a_counter_of_32_bits_goes_on_after_its_wrap() {
    let near = only(vec![session(&pppoe(), "0x1", load(4_294_967_000, 5, 60))]);
    let first = close(&pppoe(), fresh(&pppoe()), &near, &clock());
    let past = only(vec![session(&pppoe(), "0x1", load(704, 6, 120))]);
    let next = close(&pppoe(), known(&first), &past, &clock());
    assert_eq!(next.used, load(1_000, 1, 60));
    assert_eq!(next.sessions[0].counted, load(4_294_968_000, 6, 120));
}

#[test]
fn a_router_that_lost_its_power_ends_its_sessions_and_charges_nothing_twice() {
    let first = LoginSeen {
        user: Some(user("k7x9", load(500, 500, 500))),
        sessions: vec![session(&hotspot(), "a", load(100, 100, 30))],
    };
    let began = close(&hotspot(), fresh(&hotspot()), &first, &clock());
    let restarted = PollClock {
        boot: 1,
        has_restarted: true,
        ..clock()
    };
    // An older state of the totals was brought back.
    let older = LoginSeen {
        user: Some(user("k7x9", load(400, 400, 400))),
        sessions: vec![session(&hotspot(), "a", load(5, 5, 5))],
    };
    let change = close(&hotspot(), known(&began), &older, &restarted);
    assert_eq!(change.used, load(5, 5, 5));
    let ended = change.sessions.iter().find_map(|it| it.end).unwrap();
    assert_eq!(ended.cause, EndCause::Restart);
}

#[test]
fn counters_reset_by_hand_and_rows_made_anew_start_from_zero() {
    let first = LoginSeen {
        user: Some(user("k7x9", load(500, 500, 50))),
        sessions: Vec::new(),
    };
    let before = close(&hotspot(), fresh(&hotspot()), &first, &clock());
    let reset = LoginSeen {
        user: Some(user("k7x9", load(7, 7, 7))),
        sessions: Vec::new(),
    };
    let after = close(&hotspot(), known(&before), &reset, &clock());
    assert_eq!(after.used, load(7, 7, 7));
    let anew = UserCounters {
        row: RowId::new("*2"),
        ..user("k7x9", load(600, 600, 60))
    };
    let anew = LoginSeen {
        user: Some(anew),
        sessions: Vec::new(),
    };
    let after = close(&hotspot(), known(&before), &anew, &clock());
    assert_eq!(after.used, load(600, 600, 60));
}

#[test]
fn a_login_that_changes_hands_is_recorded_for_the_new_owner_from_there_on() {
    let first = LoginSeen {
        user: Some(user("k7x9", load(500, 500, 50))),
        sessions: Vec::new(),
    };
    let before = close(&hotspot(), fresh(&hotspot()), &first, &clock());
    let books = Books {
        owner: Some(owner(&hotspot(), 2)),
        ..known(&before)
    };
    let more = LoginSeen {
        user: Some(user("k7x9", load(510, 520, 60))),
        sessions: Vec::new(),
    };
    let after = close(&hotspot(), books, &more, &clock());
    assert_eq!(after.meter.grant, numbered(2));
    assert_eq!(after.used, load(10, 20, 10));
}

#[test]
fn a_router_that_is_younger_than_it_should_be_has_restarted() {
    let reading = |uptime_s| UsageReading {
        uptime_s,
        ..UsageReading::default()
    };
    let first = PollState::after(None, &reading(1_000), noon());
    let hour = noon().plus(Duration::hours(1));
    for (uptime_s, boot) in [(4_600, 0), (4_541, 0), (4_539, 1), (999, 1), (60, 1)] {
        let next = PollState::after(Some(&first), &reading(uptime_s), hour);
        assert_eq!(next.boot, boot, "{uptime_s}");
    }
}

#[test]
fn a_router_that_is_slow_to_answer_has_not_restarted() {
    let reading = |uptime_s, took_s| UsageReading {
        uptime_s,
        took: std::time::Duration::from_secs(took_s),
        ..UsageReading::default()
    };
    let first = PollState::after(None, &reading(1_000, 0), noon());
    // Its age was read an hour later, and everything else took five minutes more.
    let ended_at = noon().plus(Duration::minutes(65));
    let slow = PollState::after(Some(&first), &reading(4_600, 300), ended_at);
    assert_eq!(slow.boot, 0);
    assert_eq!(slow.polled_at, noon().plus(Duration::hours(1)));
    let quick = PollState::after(
        Some(&slow),
        &reading(4_960, 0),
        ended_at.plus(Duration::minutes(1)),
    );
    assert_eq!(quick.boot, 0);
    let restarted = PollState::after(
        Some(&slow),
        &reading(4_800, 0),
        ended_at.plus(Duration::minutes(1)),
    );
    assert_eq!(restarted.boot, 1);
}

#[test]
fn totals_are_due_at_first_and_then_at_their_interval() {
    let every = Duration::minutes(5);
    assert!(PollState::wants_users(None, every, noon()));
    let state = PollState {
        users_polled_at: Some(noon()),
        ..PollState::after(None, &UsageReading::default(), noon())
    };
    let soon = noon().plus(Duration::minutes(4));
    assert!(!PollState::wants_users(Some(&state), every, soon));
    assert!(PollState::wants_users(
        Some(&state),
        every,
        noon().plus(every)
    ));
}

#[test]
fn a_meter_that_has_read_nothing_owes_nothing() {
    let meter = Meter::new(hotspot(), numbered(1), Subject::Voucher(numbered(1)));
    assert_eq!((meter.user, meter.owed), (None, Load::ZERO));
}

fn queue(bytes: u64, row: &str) -> LoginSeen {
    LoginSeen {
        user: Some(UserCounters {
            login: fixed(),
            row: RowId::new(row),
            load: load(bytes, bytes, 0),
            has_history: false,
        }),
        sessions: Vec::new(),
    }
}

fn fixed() -> LoginRef {
    LoginRef::new(Service::StaticIp, "10.1.1.5")
}

#[test]
fn a_queue_counts_on_over_resets_restarts_and_rows_made_anew() {
    let first = close(&fixed(), fresh(&fixed()), &queue(500, "*1"), &clock());
    assert_eq!(first.used, load(500, 500, 0), "made since the last poll");
    let steps = [
        (queue(700, "*1"), false, 200),
        (queue(30, "*1"), false, 30),
        (queue(40, "*2"), false, 40),
    ];
    let mut books = known(&first);
    for (seen, has_restarted, used) in steps {
        let moment = PollClock {
            has_restarted,
            ..clock()
        };
        let change = close(&fixed(), books, &seen, &moment);
        assert_eq!(change.used, load(used, used, 0));
        books = known(&change);
    }
    let again = PollClock {
        boot: clock().boot + 1,
        has_restarted: true,
        ..clock()
    };
    let change = close(&fixed(), books, &queue(9, "*2"), &again);
    assert_eq!(change.used, load(9, 9, 0), "queues begin at nothing");
}

#[test]
fn what_a_queue_had_counted_before_it_was_taken_over_is_nobodys_day() {
    let mut seen = queue(500, "*1");
    if let Some(user) = &mut seen.user {
        user.has_history = true;
    }
    let change = close(&fixed(), fresh(&fixed()), &seen, &clock());
    assert_eq!(change.used, Load::ZERO);
    assert_eq!(change.carried, load(500, 500, 0));
}
