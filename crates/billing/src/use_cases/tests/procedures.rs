//! A defined procedure is carried out step by step, inside its hours, and undone at once by a payment.

use std::collections::BTreeSet;

use chrono::{Duration, Weekday};
use kernel::{AccountId, Clock, Timestamp};

use super::{Desk, Sold, day, told};
use crate::dunning::{Hold, NewProcedure, Step, StepKind};
use crate::overdue::Level;
use crate::use_cases::change_terms::change_terms;
use crate::use_cases::define_procedure::{define_account_procedure, define_procedure};
use crate::use_cases::evaluate_account::dun_account;
use crate::use_cases::hold_account::place_hold;
use crate::use_cases::promise_to_pay::{break_promise, promise_to_pay};
use crate::use_cases::standing::Cutting;
use crate::{BillingQueries, DunningQueries};

fn step(day: i64, kind: StepKind) -> Step {
    Step { day, kind }
}

/// A reminder before and after the due date, then access taken on weekdays from 13 to 16.
pub(super) fn afternoons() -> NewProcedure {
    NewProcedure {
        grace_days: 2,
        tolerance_minor: 0,
        steps: vec![
            step(-3, StepKind::Reminder),
            step(1, StepKind::Reminder),
            step(3, StepKind::Fee { minor: 500 }),
            step(4, StepKind::Restriction),
            step(8, StepKind::Suspension),
            step(30, StepKind::Termination),
        ],
        weekdays: vec![
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
        ],
        from_hour: 13,
        to_hour: 16,
        holidays: BTreeSet::new(),
        promise_days: 14,
        promises: 1,
        reconnection_fee_minor: 700,
        most_cut_percent: None,
    }
}

/// A shop under a procedure, and a subscription invoiced on 1 November, due on the 8th, a Sunday.
pub(super) async fn invoiced(procedure: NewProcedure) -> (Desk, Sold) {
    let desk = Desk::opened("2026-11-01").await;
    let entity = desk.store.entities(desk.scope.tenant).await.unwrap()[0].id;
    define_procedure(&desk.store, &desk.clock, &desk.scope, entity, procedure)
        .await
        .unwrap();
    let sold = desk.sell(300_000).await;
    desk.bill(sold.account).await.unwrap();
    (desk, sold)
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_utc(format!("{text}:00+03:00").parse().unwrap())
}

/// Looks at the account whenever it is due to be looked at, up to a moment in Nairobi.
pub(super) async fn until(desk: &Desk, account: AccountId, moment: &str) {
    let moment = at(moment);
    for _ in 0..500 {
        let due = look_at(desk, account).await.filter(|it| *it <= moment);
        let Some(due) = due else {
            break;
        };
        let now = due.max(desk.clock.now());
        desk.clock.advance(now.since(desk.clock.now()));
        desk.evaluate(account).await;
        assert_ne!(
            look_at(desk, account).await,
            Some(due),
            "it is looked at for ever"
        );
    }
    desk.clock.advance(moment.since(desk.clock.now()));
}

async fn look_at(desk: &Desk, account: AccountId) -> Option<Timestamp> {
    let mut tx = desk.tx().await;
    tx.accounts()
        .lock(account)
        .await
        .unwrap()
        .unwrap()
        .look_at()
}

async fn steps(desk: &Desk, account: AccountId) -> Vec<(String, String)> {
    let steps = desk.store.dunning_steps(desk.scope.tenant, account).await;
    let steps = steps.unwrap().into_iter().rev();
    steps.map(|it| (it.kind, it.taken_on.to_string())).collect()
}

fn done(kind: &str, on: &str) -> (String, String) {
    (kind.to_owned(), on.to_owned())
}

#[tokio::test]
async fn the_sweep_comes_exactly_when_something_is_to_be_done() {
    let (desk, sold) = invoiced(afternoons()).await;
    assert_eq!(
        look_at(&desk, sold.account).await,
        Some(at("2026-11-05T00:00"))
    );
    until(&desk, sold.account, "2026-12-09T23:00").await;
    let wanted = [
        done("reminder", "2026-11-05"),
        done("reminder", "2026-11-09"),
        done("fee", "2026-11-11"),
        done("restriction", "2026-11-12"),
        done("suspension", "2026-11-16"),
        done("termination", "2026-12-08"),
    ];
    assert_eq!(steps(&desk, sold.account).await, wanted);
    let all = [
        told("restricted", 2),
        told("suspended", 3),
        told("ended", 4),
    ];
    assert_eq!(desk.told(sold), all);
    let view = desk.subscription(sold).await;
    assert_eq!(
        (view.status, view.ends_on),
        ("ended", Some(day("2026-12-08")))
    );
}

#[tokio::test]
async fn access_waits_for_the_hour_and_comes_back_at_once() {
    let (desk, sold) = invoiced(afternoons()).await;
    until(&desk, sold.account, "2026-11-12T12:59").await;
    assert_eq!(desk.level(sold.account).await, Level::Overdue);
    assert_eq!(
        look_at(&desk, sold.account).await,
        Some(at("2026-11-12T13:00"))
    );
    until(&desk, sold.account, "2026-11-12T13:00").await;
    assert_eq!(desk.level(sold.account).await, Level::Restricted);
    until(&desk, sold.account, "2026-11-21T03:00").await;
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
    desk.pay(sold.account, 300_000).await;
    assert_eq!(
        desk.level(sold.account).await,
        Level::Clear,
        "on a Saturday night"
    );
    assert_eq!(desk.told(sold).last().unwrap(), &told("active", 4));
    let charges = desk
        .store
        .dunning_charges(desk.scope.tenant, sold.account)
        .await;
    let charges: Vec<_> = charges
        .unwrap()
        .iter()
        .map(|it| it.amount.minor())
        .collect();
    assert_eq!(charges, [700, 500], "the reconnection and the late fee");
    assert_eq!(look_at(&desk, sold.account).await, None);
}

#[tokio::test]
async fn what_happens_at_night_takes_nothing_away() {
    let (desk, sold) = invoiced(afternoons()).await;
    desk.clock
        .advance(at("2026-11-20T03:00").since(desk.clock.now()));
    // Nobody has looked for days; a payment of a part does, and the run makes up for the rest by day.
    desk.pay(sold.account, 1).await;
    assert_eq!(desk.level(sold.account).await, Level::Overdue);
    assert_eq!(desk.events_named("billing.reminder_due").len(), 1, "merged");
    until(&desk, sold.account, "2026-11-20T23:00").await;
    assert_eq!(desk.level(sold.account).await, Level::Overdue, "told today");
    until(&desk, sold.account, "2026-11-23T13:00").await;
    assert_eq!(desk.level(sold.account).await, Level::Suspended, "a Monday");
}

#[tokio::test]
async fn a_withheld_run_does_everything_but_cut_and_comes_again_within_the_hour() {
    let (desk, sold) = invoiced(afternoons()).await;
    until(&desk, sold.account, "2026-11-12T12:00").await;
    desk.clock.advance(Duration::hours(1));
    let (store, clock, scope) = (&desk.store, &desk.clock, &desk.scope);
    let dun = |cutting| dun_account(store, clock, scope, sold.account, cutting);
    dun(Cutting::Withheld).await.unwrap();
    assert_eq!(desk.level(sold.account).await, Level::Overdue);
    assert_eq!(
        look_at(&desk, sold.account).await,
        Some(at("2026-11-12T14:00"))
    );
    dun(Cutting::Allowed).await.unwrap();
    assert_eq!(desk.level(sold.account).await, Level::Restricted);
}

#[tokio::test]
async fn a_promise_is_about_the_debt_as_it_is_and_may_be_broken() {
    let (desk, sold) = invoiced(afternoons()).await;
    until(&desk, sold.account, "2026-11-12T14:00").await;
    let (store, clock, scope) = (&desk.store, &desk.clock, &desk.scope);
    promise_to_pay(store, clock, scope, sold.account, day("2026-11-20"))
        .await
        .unwrap();
    until(&desk, sold.account, "2026-11-20T14:00").await;
    assert_eq!(desk.level(sold.account).await, Level::Restricted);
    break_promise(store, clock, scope, sold.account, "nobody answers")
        .await
        .unwrap();
    assert_eq!(
        desk.level(sold.account).await,
        Level::Suspended,
        "it is Friday, 14:00"
    );
    assert_eq!(desk.events_named("billing.promise_broken").len(), 1);
}

#[tokio::test]
async fn a_hold_with_an_end_is_over_by_itself() {
    let (desk, sold) = invoiced(afternoons()).await;
    until(&desk, sold.account, "2026-11-16T14:00").await;
    let (store, clock, scope) = (&desk.store, &desk.clock, &desk.scope);
    let hold = Hold {
        reason: "a hospital".to_owned(),
        until: Some(day("2026-11-18")),
    };
    place_hold(store, clock, scope, sold.account, hold)
        .await
        .unwrap();
    until(&desk, sold.account, "2026-11-18T23:00").await;
    assert_eq!(desk.level(sold.account).await, Level::Clear);
    until(&desk, sold.account, "2026-11-19T12:00").await;
    assert_eq!(
        desk.level(sold.account).await,
        Level::Overdue,
        "it waits for the hour"
    );
    until(&desk, sold.account, "2026-11-19T13:00").await;
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
    assert_eq!(desk.events_named("billing.hold_lifted").len(), 1);
}

#[tokio::test]
async fn an_account_of_its_own_procedure_and_terms_is_treated_by_them() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    let (store, clock, scope) = (&desk.store, &desk.clock, &desk.scope);
    change_terms(store, clock, scope, sold.account, Some(14))
        .await
        .unwrap();
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(invoice.due_on, day("2026-11-15"));
    let gentle = NewProcedure {
        steps: vec![step(1, StepKind::Reminder)],
        ..afternoons()
    };
    define_account_procedure(store, clock, scope, sold.account, Some(gentle))
        .await
        .unwrap();
    until(&desk, sold.account, "2026-12-10T14:00").await;
    assert_eq!(desk.level(sold.account).await, Level::Overdue);
    assert!(desk.told(sold).is_empty());
    define_account_procedure(store, clock, scope, sold.account, None)
        .await
        .unwrap();
    assert_eq!(
        desk.level(sold.account).await,
        Level::Suspended,
        "the entity's three numbers"
    );
}

#[tokio::test]
async fn a_procedure_of_its_own_does_not_go_round_the_share_of_a_day() {
    let limited = NewProcedure {
        most_cut_percent: Some(20),
        ..afternoons()
    };
    let (desk, sold) = invoiced(limited).await;
    let (store, clock, scope) = (&desk.store, &desk.clock, &desk.scope);
    let any_time = NewProcedure {
        weekdays: [0, 1, 2, 3, 4, 5, 6]
            .map(|it| Weekday::try_from(it).unwrap())
            .into(),
        from_hour: 0,
        to_hour: 24,
        ..afternoons()
    };
    desk.go_to("2026-11-25");
    define_account_procedure(store, clock, scope, sold.account, Some(any_time))
        .await
        .unwrap();
    desk.pay(sold.account, 100).await;
    let level = desk.level(sold.account).await;
    assert_eq!(level, Level::Overdue, "what takes access waits for the run");
}

#[tokio::test]
async fn nobody_else_is_looked_at() {
    let (desk, sold) = invoiced(afternoons()).await;
    desk.pay(sold.account, 300_000).await;
    let entity = desk.store.entities(desk.scope.tenant).await.unwrap()[0].id;
    let page = crate::DuePage {
        now: at("2027-01-01T00:00"),
        after: None,
        limit: 10,
    };
    let due = desk
        .store
        .accounts_to_evaluate(desk.scope.tenant, entity, page);
    let (_, due) = due.await.unwrap().unwrap();
    assert!(due.is_empty());
}
