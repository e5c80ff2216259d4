//! A poll on its way into the books: page by page, once, and again what was left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;

use access::testing::{
    MemoryAccess, MemoryUsage, numbered, sample_grant, sample_profile, sample_router,
};
use access::{
    AccessStore, Load, LoginRef, RowId, Service, SessionCounters, Subject, Traffic, UsageQueries,
    UsageReading, UsageRun, UserCounters,
};
use chrono::Duration;
use kernel::testing::CountingIds;
use kernel::{GrantId, LocalDate, RouterId, Scope, StoreError, TenantId, Timestamp};

const TENANT: u64 = 1;
const ROUTER: u64 = 2;

struct World {
    usage: MemoryUsage,
    ids: CountingIds,
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn today() -> LocalDate {
    noon().utc().date_naive()
}

fn place() -> (TenantId, RouterId) {
    (numbered(TENANT), numbered(ROUTER))
}

fn load(bytes_down: u64) -> Load {
    Load {
        bytes_up: 1,
        bytes_down,
        seconds: 10,
    }
}

fn user(number: u64, load: Load) -> UserCounters {
    UserCounters {
        login: LoginRef::new(Service::Hotspot, format!("u{number:04}")),
        row: RowId::new(format!("*{number:X}")),
        load,
        has_history: false,
    }
}

fn reading(users: Vec<UserCounters>) -> UsageReading {
    UsageReading {
        uptime_s: 0,
        took: std::time::Duration::ZERO,
        users: Some(users),
        sessions: Vec::new(),
    }
}

fn grant(number: u64) -> GrantId {
    numbered(1_000 + number)
}

impl World {
    /// Hotspot logins `u0000` and so on, each with a voucher.
    async fn with(logins: u64) -> Self {
        let access = MemoryAccess::new();
        let scope = Scope::system(
            numbered(TENANT),
            "test",
            numbered::<kernel::JobKind>(9).uuid(),
        );
        let mut tx = access.begin(&scope).await.unwrap();
        let mut router = sample_router(numbered(ROUTER)).unwrap();
        tx.routers().save(&mut router).await.unwrap();
        let mut profile = sample_profile(numbered(3), "spot", Service::Hotspot).unwrap();
        tx.profiles().save(&mut profile).await.unwrap();
        for number in 0..logins {
            let subject = Subject::Voucher(numbered(number + 1));
            let login = format!("u{number:04}");
            let made = sample_grant(
                grant(number),
                numbered(ROUTER),
                subject,
                &profile,
                &login,
                noon(),
            );
            tx.grants().save(&mut made.unwrap()).await.unwrap();
        }
        tx.commit().await.unwrap();
        Self {
            usage: MemoryUsage::beside(access),
            ids: CountingIds::from(50_000),
        }
    }

    async fn open(&self, reading: UsageReading, minute: i64) -> UsageRun<'_> {
        let at = noon().plus(Duration::minutes(minute));
        let reading = UsageReading {
            uptime_s: 86_400 + u64::try_from(60 * minute).unwrap(),
            ..reading
        };
        let run = UsageRun::open(&self.usage, &self.ids, place(), reading, (at, today()));
        run.await.unwrap()
    }

    /// Records a reading and returns the sizes of its pages, by first uses.
    async fn poll(&self, reading: UsageReading, minute: i64) -> Vec<usize> {
        let mut run = self.open(reading, minute).await;
        let mut pages = Vec::new();
        while let Some(page) = run.next_page().await.unwrap() {
            pages.push(page.first_uses().count());
            run.record(page).await.unwrap();
        }
        pages
    }

    async fn total(&self, number: u64) -> Load {
        let usage = self
            .usage
            .usage_of(numbered(TENANT), grant(number), today(), today());
        usage.await.unwrap().expect("a grant").total
    }
}

#[tokio::test]
async fn many_logins_are_recorded_in_pages_and_the_unchanged_are_left_alone() {
    let world = World::with(1_200).await;
    let users = |factor: u64| (0..1_200).map(|it| user(it, load(factor))).collect();
    assert_eq!(world.poll(reading(users(5)), 0).await, [500, 500, 200]);
    assert_eq!(world.poll(reading(users(5)), 5).await, [0]);
    let mut some: Vec<UserCounters> = users(5);
    some[700].load.bytes_down = 9;
    assert_eq!(world.poll(reading(some), 10).await, [1]);
    assert_eq!(world.total(700).await.bytes_down, 9);
    assert_eq!(world.total(699).await.bytes_down, 5);
}

#[tokio::test]
async fn users_that_were_never_used_cost_nothing_and_reset_ones_are_noticed() {
    let world = World::with(3).await;
    let unused = (0..3).map(|it| user(it, Load::ZERO)).collect();
    assert_eq!(world.poll(reading(unused), 0).await, [0]);
    world.poll(reading(vec![user(1, load(50))]), 5).await;
    world.poll(reading(vec![user(1, Load::ZERO)]), 10).await;
    world.poll(reading(vec![user(1, load(80))]), 15).await;
    assert_eq!(world.total(1).await.bytes_down, 130);
}

#[tokio::test]
async fn what_is_left_out_is_come_upon_again() {
    let world = World::with(2).await;
    let both = || reading(vec![user(0, load(5)), user(1, load(7))]);
    let mut run = world.open(both(), 0).await;
    let mut page = run.next_page().await.unwrap().expect("a page");
    let missed = HashSet::from([Subject::Voucher(numbered(2))]);
    page.leave_out(&missed);
    run.record(page).await.unwrap();
    assert!(run.next_page().await.unwrap().is_none());
    assert_eq!(
        (world.total(0).await, world.total(1).await),
        (load(5), Load::ZERO)
    );
    let mut run = world.open(both(), 5).await;
    let page = run.next_page().await.unwrap().expect("a page");
    let again: Vec<_> = page.first_uses().map(|it| it.subject).collect();
    assert_eq!(again, [Subject::Voucher(numbered(2))]);
}

#[tokio::test]
async fn of_two_polls_at_once_one_is_recorded() {
    let world = World::with(1).await;
    let seen = || reading(vec![user(0, load(5))]);
    let (mut one, mut other) = (world.open(seen(), 0).await, world.open(seen(), 0).await);
    let page = one.next_page().await.unwrap().expect("a page");
    one.record(page).await.unwrap();
    let page = other.next_page().await.unwrap().expect("a page");
    let late = other.record(page).await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    assert_eq!(world.total(0).await, load(5));
}

#[tokio::test]
async fn sessions_of_strangers_are_not_followed() {
    let world = World::with(1).await;
    let session = |name: &str| SessionCounters {
        login: LoginRef::new(Service::Hotspot, name),
        key: name.to_owned(),
        address: None,
        device: Some("AA\0BB".to_owned()),
        uptime_s: 5,
        traffic: Some(Traffic {
            bytes_up: 1,
            bytes_down: 2,
        }),
    };
    let seen = UsageReading {
        uptime_s: 0,
        took: std::time::Duration::ZERO,
        users: None,
        sessions: vec![
            session("u0000"),
            session("stranger"),
            session("other\0 bytes"),
        ],
    };
    world.poll(seen, 0).await;
    let online = world.usage.online().await.unwrap();
    assert_eq!(online[0].hotspot, 3, "everybody counts as online");
    assert_eq!(world.total(0).await.bytes_down, 2);
    let (tenant, router) = place();
    let open = access::UsageStore::open_sessions(&world.usage, tenant, router);
    let open = open.await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].device.as_deref(), Some("AA?BB"));
}
