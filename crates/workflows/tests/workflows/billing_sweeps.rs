//! Sweeps over accounts: each account on its own, and a run that was missed heals on the next.

use std::sync::atomic::Ordering;

use billing::{
    BillingQueries, Cutting, DunningPolicy, DunningQueries, DunningRunState, InvoiceFilter,
    InvoiceView, NewProcedure, PaymentMethod, RecordPayment, RunDecision, Step, StepKind,
    SubscriptionFilter, decide_dunning_run, define_procedure, plan_dunning_run, record_payment,
};
use chrono::Duration;
use kernel::{Money, PageRequest, StoreError};
use serde_json::json;
use workflows::job_kinds as kinds;
use workflows::{Failure, Remedy};

use crate::world::World;

async fn raise(world: &World) -> Result<(), Failure> {
    world.run(kinds::RAISE_INVOICES, json!({})).await?;
    bill_entities(world).await
}

/// What the jobs do that the sweep has enqueued.
async fn bill_entities(world: &World) -> Result<(), Failure> {
    let entities = world.billing.entities(world.tenant()).await?;
    for entity in entities {
        let payload = json!({ "entity": entity.id });
        world.run(kinds::BILL_ENTITY, payload).await?;
    }
    Ok(())
}

async fn evaluate(world: &World) -> Result<(), Failure> {
    world.run(kinds::EVALUATE_OVERDUE, json!({})).await
}

async fn invoices(world: &World) -> Vec<InvoiceView> {
    let filter = InvoiceFilter::default();
    let page = PageRequest::new(200, None);
    let invoices = world.billing.invoices(world.tenant(), filter, page).await;
    invoices.unwrap().items
}

async fn sell_to(world: &World, logins: &[&str]) {
    for login in logins {
        let customer = world.customer().await;
        world.sell(customer, login).await.unwrap();
    }
}

fn decisions(world: &World) -> Vec<String> {
    let events = world.billing.events().into_iter();
    let desired = events.filter(|it| it.name == "billing.access_desired");
    desired
        .map(|it| it.body["access"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn due_invoices_are_raised_once() {
    let world = World::open().await;
    sell_to(&world, &["siti", "budi"]).await;
    raise(&world).await.unwrap();
    raise(&world).await.unwrap();
    assert_eq!(invoices(&world).await.len(), 2);
}

#[tokio::test]
async fn an_entity_with_something_due_has_one_run_in_a_lane_of_its_own() {
    let world = World::open().await;
    world.run(kinds::RAISE_INVOICES, json!({})).await.unwrap();
    assert!(world.billing.jobs().is_empty(), "nothing is due");
    sell_to(&world, &["siti", "budi"]).await;
    world.run(kinds::RAISE_INVOICES, json!({})).await.unwrap();
    world.run(kinds::RAISE_INVOICES, json!({})).await.unwrap();
    let entity = world.billing.entities(world.tenant()).await.unwrap()[0].id;
    let jobs = world.billing.jobs();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].kind, kinds::BILL_ENTITY);
    assert_eq!(jobs[0].lane.as_str(), format!("billing:{entity}"));
    assert_eq!(jobs[0].payload, json!({ "entity": entity }));
    bill_entities(&world).await.unwrap();
    assert_eq!(invoices(&world).await.len(), 2);
}

#[tokio::test]
async fn a_run_says_how_far_it_is() {
    let world = World::open().await;
    sell_to(&world, &["siti", "budi"]).await;
    let entity = world.billing.entities(world.tenant()).await.unwrap()[0].id;
    let steps = crate::fakes::Steps::default();
    let payload = json!({ "entity": entity });
    let run = world.run_watched(kinds::BILL_ENTITY, payload, &steps);
    run.await.unwrap();
    assert_eq!(*steps.seen.lock().unwrap(), [(2, Some(2))]);
}

async fn pay_ahead(world: &World) {
    let (filter, page) = (SubscriptionFilter::default(), PageRequest::new(200, None));
    let sold = world
        .billing
        .subscriptions(world.tenant(), filter, page)
        .await;
    for it in sold.unwrap().items {
        let payment = RecordPayment {
            id: world.ids().next(),
            account: it.account,
            amount: Money::from_minor(10_000_000, "KES".parse().unwrap()),
            method: PaymentMethod::Cash,
            reference: None,
            received_at: None,
        };
        record_payment(&world.billing, &*world.clock, &world.scope, payment)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn runs_that_were_missed_are_caught_up_as_if_each_had_run() {
    let (late, daily) = (World::open().await, World::open().await);
    for world in [&late, &daily] {
        sell_to(world, &["siti", "budi"]).await;
        // Credit for everything: nobody falls behind and is suspended.
        pay_ahead(world).await;
    }
    for _ in 0..100 {
        daily.days_pass(1);
        raise(&daily).await.unwrap();
    }
    late.days_pass(100);
    raise(&late).await.unwrap();
    let segments = |invoices: Vec<InvoiceView>| {
        let lines = invoices.into_iter().flat_map(|it| it.lines);
        let mut segments: Vec<_> = lines
            .map(|it| (it.subscription, it.period, it.amount))
            .collect();
        segments.sort_by_key(|(subscription, period, _)| (*subscription, period.start));
        segments
    };
    let (late, daily) = (invoices(&late).await, invoices(&daily).await);
    assert!(late.len() < daily.len());
    assert_eq!(segments(late), segments(daily));
}

#[tokio::test]
async fn an_account_that_would_be_billed_too_far_is_parked_and_the_others_are_not() {
    let world = World::open().await;
    sell_to(&world, &["siti"]).await;
    world.days_pass(40 * 31);
    sell_to(&world, &["budi"]).await;
    raise(&world).await.unwrap();
    let parked: Vec<_> = world
        .billing
        .events()
        .into_iter()
        .filter(|it| it.name == "billing.account_parked")
        .collect();
    assert_eq!(parked.len(), 1);
    let reason = parked[0].body["reason"].as_str().unwrap();
    assert!(reason.contains("more than 36 months"), "{reason}");
    assert_eq!(invoices(&world).await.len(), 1);
    // Nothing is due any more: a parked account waits for a person.
    raise(&world).await.unwrap();
    assert_eq!(invoices(&world).await.len(), 1);
}

#[tokio::test]
async fn an_account_that_cannot_be_read_is_parked_and_counted_and_the_others_are_billed() {
    let world = World::open().await;
    sell_to(&world, &["siti", "budi", "asih"]).await;
    let (filter, page) = (SubscriptionFilter::default(), PageRequest::new(1, None));
    let sold = world
        .billing
        .subscriptions(world.tenant(), filter, page)
        .await;
    let account = sold.unwrap().items[0].account;
    *world.flaky.unreadable.lock().unwrap() = Some(account);
    bill_entities(&world).await.unwrap();
    assert_eq!(invoices(&world).await.len(), 2);
    let view = world.billing.account(world.tenant(), account).await;
    let parked = view.unwrap().unwrap().parked.unwrap();
    assert!(parked.contains("a row without sense"), "{parked}");
    let counted = world.made.1.lock().unwrap().clone();
    assert_eq!(counted, ["parked_accounts.unreadable"]);
}

#[tokio::test]
async fn numbers_are_given_back_before_a_run_and_however_it_ends() {
    let world = World::open().await;
    sell_to(&world, &["siti"]).await;
    let given_back = || world.flaky.given_back.swap(0, Ordering::SeqCst);
    world.billing_fails([StoreError::unavailable("restarting")]);
    bill_entities(&world).await.unwrap_err();
    assert_eq!(given_back(), 2);
    bill_entities(&world).await.unwrap();
    assert_eq!(given_back(), 2);
    let steps = crate::fakes::Steps::default();
    steps.cancelled.store(true, Ordering::SeqCst);
    let entity = world.billing.entities(world.tenant()).await.unwrap()[0].id;
    world.days_pass(31);
    let payload = json!({ "entity": entity });
    let run = world.run_watched(kinds::BILL_ENTITY, payload, &steps);
    run.await.unwrap();
    assert_eq!(given_back(), 2);
}

#[tokio::test]
async fn one_account_that_fails_does_not_stop_the_others() {
    let world = World::open().await;
    sell_to(&world, &["siti", "budi", "asih"]).await;
    world.billing_fails([StoreError::corrupt("a line without its plan")]);
    let failure = bill_entities(&world).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Retry);
    assert!(failure.reason.contains("1 accounts"), "{}", failure.reason);
    assert!(
        failure.reason.contains("a line without its plan"),
        "{}",
        failure.reason
    );
    assert_eq!(invoices(&world).await.len(), 2);
    raise(&world).await.unwrap();
    assert_eq!(invoices(&world).await.len(), 3);
}

#[tokio::test]
async fn an_account_that_conflicts_is_billed_by_the_rerun() {
    let world = World::open().await;
    sell_to(&world, &["siti"]).await;
    world.billing_fails([StoreError::Conflict, StoreError::Conflict]);
    bill_entities(&world).await.unwrap();
    assert_eq!(invoices(&world).await.len(), 1);
}

#[tokio::test]
async fn a_database_that_is_away_stops_the_sweep_at_once() {
    let world = World::open().await;
    sell_to(&world, &["siti", "budi"]).await;
    world.billing_fails([StoreError::unavailable("restarting")]);
    let failure = raise(&world).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::WaitFor(Duration::seconds(5)));
    assert!(invoices(&world).await.is_empty());
}

#[tokio::test]
async fn who_does_not_pay_is_restricted_then_suspended_once() {
    let world = World::open().await;
    sell_to(&world, &["siti"]).await;
    raise(&world).await.unwrap();
    for _ in 0..30 {
        world.days_pass(1);
        evaluate(&world).await.unwrap();
        evaluate(&world).await.unwrap();
    }
    let mut decided = decisions(&world);
    decided.retain(|it| it != "active");
    assert_eq!(decided, ["restricted", "suspended"]);
}

/// An entity that reminds on the first day and restricts on the second, of at most so many percent.
async fn careful(world: &World, most_cut_percent: u8) {
    let entity = world.billing.entities(world.tenant()).await.unwrap()[0].id;
    let step = |day, kind| Step { day, kind };
    let procedure = NewProcedure {
        grace_days: 1,
        steps: vec![step(1, StepKind::Reminder), step(2, StepKind::Restriction)],
        most_cut_percent: Some(most_cut_percent),
        ..NewProcedure::of_policy(DunningPolicy::STANDARD)
    };
    define_procedure(
        &world.billing,
        &*world.clock,
        &world.scope,
        entity,
        procedure,
    )
    .await
    .unwrap();
}

fn restricted(world: &World) -> usize {
    let decided = decisions(world);
    decided.iter().filter(|it| *it == "restricted").count()
}

#[tokio::test]
async fn a_run_that_would_cut_off_too_many_waits_and_goes_on_with_a_person_s_word() {
    let world = World::open().await;
    careful(&world, 40).await;
    sell_to(&world, &["siti", "budi", "tono", "wati"]).await;
    raise(&world).await.unwrap();
    world.days_pass(8);
    evaluate(&world).await.unwrap();
    let reminded = world.billing.events();
    let reminded = reminded
        .iter()
        .filter(|it| it.name == "billing.reminder_due");
    assert_eq!(reminded.count(), 4);
    world.days_pass(1);
    evaluate(&world).await.unwrap();
    evaluate(&world).await.unwrap();
    assert_eq!(restricted(&world), 0);
    let (waiting, page) = (Some(DunningRunState::Waiting), PageRequest::default());
    let runs = world.billing.dunning_runs(world.tenant(), waiting, page);
    let runs = runs.await.unwrap().items;
    assert_eq!((runs.len(), runs[0].cuts, runs[0].active), (1, 4, 4));
    let word = RunDecision::Approve;
    decide_dunning_run(&world.billing, &world.scope, runs[0].id, word, "they owe")
        .await
        .unwrap();
    world.clock.advance(Duration::hours(1));
    evaluate(&world).await.unwrap();
    assert_eq!(restricted(&world), 4);
}

#[tokio::test]
async fn a_refused_run_cuts_off_nobody_and_the_next_day_asks_again() {
    let world = World::open().await;
    careful(&world, 40).await;
    sell_to(&world, &["siti", "budi"]).await;
    raise(&world).await.unwrap();
    world.days_pass(8);
    evaluate(&world).await.unwrap();
    world.days_pass(1);
    evaluate(&world).await.unwrap();
    let page = PageRequest::default();
    let runs = world.billing.dunning_runs(world.tenant(), None, page);
    let run = runs.await.unwrap().items[0].id;
    let word = RunDecision::Refuse;
    decide_dunning_run(
        &world.billing,
        &world.scope,
        run,
        word,
        "the bank was closed",
    )
    .await
    .unwrap();
    world.clock.advance(Duration::hours(2));
    evaluate(&world).await.unwrap();
    world.days_pass(1);
    evaluate(&world).await.unwrap();
    assert_eq!(restricted(&world), 0);
    let runs = world.billing.dunning_runs(world.tenant(), None, page);
    let states: Vec<_> = runs
        .await
        .unwrap()
        .items
        .iter()
        .map(|it| it.state)
        .collect();
    assert_eq!(states, [DunningRunState::Waiting, DunningRunState::Refused]);
}

#[tokio::test]
async fn two_workers_at_once_take_each_step_once() {
    let world = World::open().await;
    careful(&world, 100).await;
    sell_to(&world, &["siti", "budi", "tono"]).await;
    raise(&world).await.unwrap();
    for _ in 0..12 {
        world.days_pass(1);
        let (left, right) = tokio::join!(evaluate(&world), evaluate(&world));
        left.unwrap();
        right.unwrap();
    }
    let events = world.billing.events();
    let reminded = events.iter().filter(|it| it.name == "billing.reminder_due");
    assert_eq!((reminded.count(), restricted(&world)), (3, 3));
}

#[tokio::test]
async fn an_account_that_cannot_be_evaluated_is_parked_and_the_others_go_on() {
    let world = World::open().await;
    sell_to(&world, &["siti", "budi"]).await;
    raise(&world).await.unwrap();
    world.days_pass(12);
    world.billing_fails([StoreError::corrupt("nonsense")]);
    evaluate(&world).await.unwrap();
    let slow = || {
        decisions(&world)
            .iter()
            .filter(|it| *it == "restricted")
            .count()
    };
    assert_eq!(slow(), 1);
    let reasons = world.billing.parked_reasons(world.tenant()).await.unwrap();
    assert!(reasons[0].reason.contains("nonsense"), "{reasons:?}");
    assert_eq!(
        *world.made.1.lock().unwrap(),
        ["parked_accounts.unreadable"]
    );
    evaluate(&world).await.unwrap();
    assert_eq!(slow(), 1, "it is looked at again a day later");
    world.days_pass(1);
    evaluate(&world).await.unwrap();
    assert_eq!(slow(), 2);
}

/// A quarter of four may be cut off a day: one.
#[tokio::test]
async fn only_cuts_that_were_made_count_for_the_day_and_once() {
    let world = World::open().await;
    careful(&world, 25).await;
    sell_to(&world, &["siti"]).await;
    raise(&world).await.unwrap();
    world.days_pass(8);
    evaluate(&world).await.unwrap();
    sell_to(&world, &["budi", "tono", "wati"]).await;
    world.days_pass(1);
    let entity = world.billing.entities(world.tenant()).await.unwrap()[0].id;
    for _ in 0..3 {
        let stores = (&world.billing as _, &world.billing as _);
        let planned = plan_dunning_run(stores, world.ids(), &*world.clock, &world.scope, entity);
        assert_eq!(
            planned.await.unwrap(),
            Cutting::Allowed,
            "nobody is cut off yet"
        );
    }
    for _ in 0..3 {
        evaluate(&world).await.unwrap();
    }
    assert_eq!(restricted(&world), 1);
    let page = PageRequest::default();
    let runs = world.billing.dunning_runs(world.tenant(), None, page);
    let runs = runs.await.unwrap().items;
    assert_eq!((runs[0].state, runs[0].cuts), (DunningRunState::Going, 1));
    let mut tx = billing::BillingStore::begin(&world.billing, &world.scope)
        .await
        .unwrap();
    let today = runs[0].run_on;
    let counted = tx.dunning_runs().cuts_of((entity, today)).await;
    assert_eq!(counted.unwrap().len(), 1);
}

#[tokio::test]
async fn answers_are_forgotten_after_seven_days() {
    let world = World::open().await;
    world.run(kinds::PRUNE, json!({})).await.unwrap();
    let pruned = world.receipts.pruned.lock().unwrap().clone();
    assert_eq!(pruned, [world.now().minus(Duration::days(7))]);
}
