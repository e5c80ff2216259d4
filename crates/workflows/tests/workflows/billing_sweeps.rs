//! Sweeps over accounts: each account on its own, and a run that was missed heals on the next.

use billing::{BillingQueries, InvoiceFilter, InvoiceView};
use chrono::Duration;
use kernel::{PageRequest, StoreError};
use serde_json::json;
use workflows::job_kinds as kinds;
use workflows::{Failure, Remedy};

use crate::world::World;

async fn raise(world: &World) -> Result<(), Failure> {
    world.run(kinds::RAISE_INVOICES, json!({})).await
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
async fn one_account_that_fails_does_not_stop_the_others() {
    let world = World::open().await;
    sell_to(&world, &["siti", "budi", "asih"]).await;
    world.billing_fails([StoreError::corrupt("a line without its plan")]);
    let failure = raise(&world).await.unwrap_err();
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
    raise(&world).await.unwrap();
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

#[tokio::test]
async fn one_account_that_cannot_be_evaluated_does_not_stop_the_others() {
    let world = World::open().await;
    sell_to(&world, &["siti", "budi"]).await;
    raise(&world).await.unwrap();
    world.days_pass(12);
    world.billing_fails([StoreError::corrupt("nonsense")]);
    let failure = evaluate(&world).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Retry);
    assert_eq!(
        decisions(&world)
            .iter()
            .filter(|it| *it == "restricted")
            .count(),
        1
    );
    evaluate(&world).await.unwrap();
    assert_eq!(
        decisions(&world)
            .iter()
            .filter(|it| *it == "restricted")
            .count(),
        2
    );
}

#[tokio::test]
async fn answers_are_forgotten_after_seven_days() {
    let world = World::open().await;
    world.run(kinds::PRUNE, json!({})).await.unwrap();
    let pruned = world.receipts.pruned.lock().unwrap().clone();
    assert_eq!(pruned, [world.now().minus(Duration::days(7))]);
}
