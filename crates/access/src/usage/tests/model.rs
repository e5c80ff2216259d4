//! Any schedule of logins, traffic, logouts, outages and polls, against a router that forgets and a model that does not.

use chrono::Duration;
use kernel::Timestamp;
use kernel::testing::CountingIds;
use proptest::prelude::*;

use super::super::{
    Books, Load, LoginSeen, PollClock, PollState, SessionCounters, TrackedSession, Traffic,
    UsageReading, UserCounters, account,
};
use super::{hotspot, load, noon, owner, pppoe, session, today};
use crate::login::LoginRef;
use crate::row::RowId;

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Step {
    Connect(u8),
    Use(u8, u64, u64),
    Leave(u8),
    /// Power is lost; the totals come back as they are, or as they were when last saved.
    PowerLoss(bool),
    Save,
    ResetCounters,
    MakeRowAnew,
    PollSessions,
    PollAll,
    /// A device leaves while the router is read: after its users, before its sessions.
    PollWhileLeaving(u8),
}

struct Router {
    login: LoginRef,
    row: u32,
    totals: Load,
    saved: Load,
    sessions: Vec<(u8, u32, Load)>,
    begun: u32,
    uptime_s: u64,
    has_totals: bool,
    wraps: bool,
}

struct World {
    router: Router,
    used: Load,
    recorded: Load,
    now: Timestamp,
    state: Option<PollState>,
    books: Books,
    ids: CountingIds,
}

impl World {
    fn new(login: LoginRef, has_totals: bool, wraps: bool) -> Self {
        let books = Books {
            owner: Some(owner(&login, 1)),
            ..Books::default()
        };
        Self {
            router: Router {
                login,
                row: 1,
                totals: Load::ZERO,
                saved: Load::ZERO,
                sessions: Vec::new(),
                begun: 0,
                uptime_s: 1_000,
                has_totals,
                wraps,
            },
            used: Load::ZERO,
            recorded: Load::ZERO,
            now: noon(),
            state: None,
            books,
            ids: CountingIds::from(1),
        }
    }

    fn run(&mut self, step: Step) {
        self.pass(10);
        match step {
            Step::Connect(device) => self.router.connect(device),
            Step::Use(device, up, down) => self.traffic(device, up, down),
            Step::Leave(device) => self.router.leave(device),
            Step::PowerLoss(rolls_back) => self.lose_power(rolls_back),
            Step::Save => self.router.saved = self.router.totals,
            Step::ResetCounters => self.router.totals = Load::ZERO,
            Step::MakeRowAnew => {
                self.router.row += 1;
                self.router.totals = Load::ZERO;
            }
            Step::PollSessions => self.poll(false, None),
            Step::PollAll => self.poll(true, None),
            Step::PollWhileLeaving(device) => self.poll(true, Some(device)),
        }
    }

    fn pass(&mut self, seconds: i64) {
        let passed = u64::try_from(seconds).unwrap();
        self.now = self.now.plus(Duration::seconds(seconds));
        self.router.uptime_s += passed;
        for (_, _, counted) in &mut self.router.sessions {
            *counted = counted.plus(load(0, 0, passed));
            self.used = self.used.plus(load(0, 0, passed));
        }
    }

    fn traffic(&mut self, device: u8, up: u64, down: u64) {
        let session = self.router.sessions.iter_mut().find(|it| it.0 == device);
        if let Some((_, _, counted)) = session {
            *counted = counted.plus(load(up, down, 0));
            self.used = self.used.plus(load(up, down, 0));
        }
    }

    fn lose_power(&mut self, rolls_back: bool) {
        self.router.sessions.clear();
        if rolls_back {
            let kept = self.router.saved.least(self.router.totals);
            self.router.totals = kept;
        }
        self.pass(90);
        self.router.uptime_s = 5;
    }

    fn poll(&mut self, all: bool, leaves: Option<u8>) {
        let user = (all && self.router.has_totals).then(|| self.router.user());
        leaves.into_iter().for_each(|it| self.router.leave(it));
        let sessions = self.router.seen();
        let reading = UsageReading {
            uptime_s: self.router.uptime_s,
            took: std::time::Duration::ZERO,
            users: None,
            sessions: sessions.clone(),
        };
        let state = PollState::after(self.state.as_ref(), &reading, self.now);
        let clock = PollClock {
            at: self.now,
            day: today(),
            boot: state.boot,
            has_restarted: self.state.is_some_and(|it| it.boot != state.boot),
            since: Some(noon()),
            users_since: Some(noon()),
        };
        let books = std::mem::take(&mut self.books);
        let seen = LoginSeen { user, sessions };
        let change = account(&self.router.login, books, &seen, &clock, &self.ids).unwrap();
        self.state = Some(state);
        self.recorded = self.recorded.plus(change.used).plus(change.carried);
        let open: Vec<TrackedSession> = change
            .sessions
            .into_iter()
            .filter(|it| it.end.is_none())
            .collect();
        self.books = Books {
            meter: Some(change.meter),
            open,
            owner: None,
        };
    }

    fn is_honest(&self) -> bool {
        self.used.covers(self.recorded)
    }
}

impl Router {
    fn connect(&mut self, device: u8) {
        if self.sessions.iter().all(|it| it.0 != device) {
            self.begun += 1;
            self.sessions.push((device, self.begun, Load::ZERO));
        }
    }

    fn leave(&mut self, device: u8) {
        if let Some(place) = self.sessions.iter().position(|it| it.0 == device) {
            let (_, _, counted) = self.sessions.remove(place);
            self.totals = self.totals.plus(counted);
        }
    }

    fn user(&self) -> UserCounters {
        UserCounters {
            login: self.login.clone(),
            has_history: false,
            row: RowId::new(format!("*{}", self.row)),
            load: self.totals,
        }
    }

    /// A hotspot session is known by its device, a PPP session by an id of its own.
    fn seen(&self) -> Vec<SessionCounters> {
        let shown = |it: u64| if self.wraps { it % (1 << 32) } else { it };
        let one = |(device, number, counted): &(u8, u32, Load)| {
            let key = match self.has_totals {
                true => format!("device-{device}"),
                false => format!("0x{number:x}"),
            };
            SessionCounters {
                traffic: Some(Traffic {
                    bytes_up: shown(counted.bytes_up),
                    bytes_down: shown(counted.bytes_down),
                }),
                ..session(&self.login, &key, *counted)
            }
        };
        self.sessions.iter().map(one).collect()
    }
}

fn device() -> impl Strategy<Value = u8> {
    0_u8..3
}

fn ordinary() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => device().prop_map(Step::Connect),
        4 => (device(), 0_u64..5_000, 0_u64..5_000).prop_map(|(it, up, down)| Step::Use(it, up, down)),
        3 => device().prop_map(Step::Leave),
        2 => Just(Step::PollSessions),
        2 => Just(Step::PollAll),
        1 => device().prop_map(Step::PollWhileLeaving),
    ]
}

fn outage() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<bool>().prop_map(Step::PowerLoss),
        Just(Step::Save),
        Just(Step::ResetCounters),
        Just(Step::MakeRowAnew),
    ]
}

fn schedule() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(prop_oneof![6 => ordinary(), 1 => outage()], 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn never_more_than_was_used_is_recorded(steps in schedule()) {
        for (login, has_totals) in [(hotspot(), true), (pppoe(), false)] {
            let mut world = World::new(login, has_totals, false);
            for step in &steps {
                world.run(*step);
                prop_assert!(world.is_honest(), "{:?} of {:?} after {step:?}", world.recorded, world.used);
            }
        }
    }

    #[test]
    fn hotspot_use_is_recorded_to_the_byte_unless_power_is_lost(
        steps in proptest::collection::vec(ordinary(), 0..60),
    ) {
        let mut world = World::new(hotspot(), true, false);
        steps.into_iter().for_each(|it| world.run(it));
        world.run(Step::PollAll);
        world.poll(true, None);
        prop_assert_eq!(world.recorded, world.used);
    }

    #[test]
    fn outages_lose_nothing_that_a_poll_has_seen_settled(
        steps in proptest::collection::vec(prop_oneof![6 => ordinary(), 1 => outage()], 0..60),
    ) {
        let mut world = World::new(hotspot(), true, false);
        for step in steps {
            let is_outage = matches!(
                step,
                Step::PowerLoss(_) | Step::ResetCounters | Step::MakeRowAnew
            );
            if is_outage {
                (0..3).for_each(|it| world.router.leave(it));
                world.poll(true, None);
                world.poll(true, None);
            }
            world.run(step);
            if is_outage {
                world.poll(true, None);
            }
        }
        world.poll(true, None);
        world.poll(true, None);
        prop_assert_eq!(world.recorded, world.used);
    }

    #[test]
    fn ppp_use_is_recorded_to_the_byte_when_its_ends_are_seen(
        steps in proptest::collection::vec(ordinary(), 0..60),
        big in 1_u64..(1 << 30),
        wraps in any::<bool>(),
    ) {
        let mut world = World::new(pppoe(), false, wraps);
        for step in steps {
            let step = match step {
                Step::Use(device, up, _) => Step::Use(device, (1 << 30) - 1 - up, big),
                Step::PollWhileLeaving(_) => Step::PollAll,
                other => other,
            };
            if matches!(step, Step::Leave(_)) {
                world.pass(10);
                world.poll(false, None);
                let Step::Leave(device) = step else { unreachable!() };
                world.router.leave(device);
                continue;
            }
            world.run(step);
            world.poll(false, None);
        }
        prop_assert_eq!(world.recorded, world.used);
    }
}
