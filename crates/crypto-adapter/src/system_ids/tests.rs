//! Ids are unique, sorted, of version 7, and true to the clock.

use std::collections::HashSet;

use chrono::Duration;
use kernel::Timestamp;
use kernel::testing::FixedClock;

use super::*;
use crate::os_randomness::OsRandomness;
use crate::system_clock::SystemClock;

/// Draws nothing but ones: every tail starts and grows as high as it can.
struct AllOnes;

impl Randomness for AllOnes {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0xff);
    }
}

fn noon() -> Timestamp {
    Timestamp::from_micros(1_795_262_400_123_456).unwrap()
}

fn ids_at(clock: Arc<dyn Clock>) -> SystemIds {
    SystemIds::new(clock, Arc::new(OsRandomness))
}

#[test]
fn an_id_carries_version_variant_and_millisecond() {
    let id = ids_at(Arc::new(FixedClock::at(noon()))).fresh();
    assert_eq!(id.get_version_num(), 7);
    assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
    assert_eq!(id.as_u128() >> 80, 1_795_262_400_123);
}

#[test]
fn ids_of_one_millisecond_are_unique_and_sorted() {
    let ids = ids_at(Arc::new(FixedClock::at(noon())));
    let drawn: Vec<Uuid> = (0..20_000).map(|_| ids.fresh()).collect();
    assert!(drawn.is_sorted_by(|a, b| a < b));
}

#[test]
fn ids_stay_sorted_when_the_clock_is_set_back() {
    let clock = Arc::new(FixedClock::at(noon()));
    let ids = ids_at(Arc::<FixedClock>::clone(&clock));
    let before = ids.fresh();
    clock.advance(-Duration::hours(1));
    let after = ids.fresh();
    assert!(after > before);
    clock.advance(Duration::hours(2));
    assert!(ids.fresh() > after);
}

#[test]
fn a_full_millisecond_runs_over_into_the_next() {
    let ids = SystemIds::new(Arc::new(FixedClock::at(noon())), Arc::new(AllOnes));
    let full = Moment {
        millis: ids.now_millis(),
        tail: (1 << TAIL_BITS) - 1,
    };
    let next = ids.following(full);
    assert_eq!(next.millis, full.millis + 1);
    assert!(next.uuid() > full.uuid());
    assert_eq!(next.uuid().get_version_num(), 7);
}

#[test]
fn eight_threads_never_draw_the_same_id() {
    let ids = ids_at(Arc::new(SystemClock));
    let drawn: Vec<Vec<Uuid>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..2_000).map(|_| ids.fresh()).collect::<Vec<Uuid>>()))
            .collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert!(drawn.iter().all(|it| it.is_sorted_by(|a, b| a < b)));
    let all: HashSet<Uuid> = drawn.into_iter().flatten().collect();
    assert_eq!(all.len(), 16_000);
}

#[test]
fn two_processes_do_not_share_a_sequence() {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(noon()));
    let (one, other) = (ids_at(Arc::clone(&clock)), ids_at(clock));
    let ours: HashSet<Uuid> = (0..1_000).map(|_| one.fresh()).collect();
    assert!((0..1_000).all(|_| !ours.contains(&other.fresh())));
}
