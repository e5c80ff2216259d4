//! A run stops where it would cut off too many, and goes on with a person's word.

#![allow(clippy::unwrap_used)]

use kernel::testing::CountingIds;
use kernel::{DomainEvent, Ids};

use super::{DunningRun, DunningRunState, RunDecision, RunRefusal};

fn run() -> DunningRun {
    let ids: &dyn Ids = &CountingIds::from(1);
    DunningRun::begin(ids.next(), ids.next(), "2026-11-21".parse().unwrap())
}

#[test]
fn the_share_counts_over_the_whole_day() {
    let mut it = run();
    it.plan(10, 100, 20);
    it.plan(20, 90, 20);
    assert_eq!((it.state(), it.may_cut()), (DunningRunState::Going, true));
    for _ in 0..3 {
        it.plan(20, 90, 20);
    }
    assert!(it.may_cut(), "what was planned and not done counts once");
    it.plan(21, 80, 20);
    assert_eq!(
        (it.state(), it.may_cut()),
        (DunningRunState::Waiting, false)
    );
    let snapshot = it.snapshot();
    assert_eq!((snapshot.cuts, snapshot.active), (21, 100));
    it.plan(26, 80, 20);
    assert_eq!(it.take_events().len(), 1, "it is told once");
}

#[test]
fn a_person_decides_once_and_says_why() {
    let mut it = run();
    let early = it.decide(RunDecision::Approve, "all of them owe");
    assert_eq!(early, Err(RunRefusal::NotWaiting("going")));
    it.plan(1, 1, 50);
    assert_eq!(
        it.decide(RunDecision::Approve, " "),
        Err(RunRefusal::Reason(0))
    );
    assert_eq!(it.decide(RunDecision::Approve, "all of them owe"), Ok(true));
    assert_eq!(it.decide(RunDecision::Approve, "again"), Ok(false));
    assert!(it.may_cut());
    let other = it.decide(RunDecision::Refuse, "a mistake");
    assert_eq!(other, Err(RunRefusal::NotWaiting("approved")));
    it.plan(500, 1, 50);
    assert!(it.may_cut(), "the word counts for the day");
    let told: Vec<_> = it.take_events().iter().map(DomainEvent::name).collect();
    let wanted = ["billing.dunning_run_held", "billing.dunning_run_decided"];
    assert_eq!(told, wanted);
}

#[test]
fn who_refuses_lets_nobody_be_cut_off() {
    let mut it = run();
    it.plan(3, 3, 10);
    it.decide(RunDecision::Refuse, "the bank was closed")
        .unwrap();
    assert!(!it.may_cut());
    for state in DunningRunState::ALL {
        assert_eq!(DunningRunState::from_word(state.as_str()), Some(state));
    }
}
