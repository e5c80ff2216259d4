//! A router that swallows everything delays nobody but its own customers, and they only until it is back.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{Product, Routers, Shape, until};
use routeros_sim::{Fault, Simulator};
use serde_json::json;

use crate::running;
use crate::shop::Shop;
use crate::story::SOON;

/// Customers on each router; all are suspended.
const EACH: usize = 50;
/// A hundred suspensions of a healthy router take seconds; the deadline of one command to the dead one is two.
const ON_TIME: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_delays_only_its_own_customers_on_sqlite() {
    a_hundred_suspensions(Shape::Sqlite).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_delays_only_its_own_customers_on_postgres() {
    a_hundred_suspensions(Shape::POSTGRES).await.unwrap();
}

async fn a_hundred_suspensions(shape: Shape) -> Result<()> {
    let product = running(shape).await?;
    let routers = Routers::start().await?;
    let told = suspend_all(&product, &routers).await;
    told.with_context(|| product.last_words())
}

async fn suspend_all(product: &Product, routers: &Routers) -> Result<()> {
    let operator = product.admin().await?;
    let shop = Shop::open(&operator, routers).await?;
    let mut subscriptions = Vec::new();
    for number in 0..EACH {
        for (name, router) in [("a", &shop.router_a), ("b", &shop.router_b)] {
            let login = format!("{name}.{number}");
            let (_, sold) = shop.subscribe(&operator, &login, &login, router).await?;
            subscriptions.push(sold);
        }
    }
    let [a, b] = [&routers.a, &routers.b];
    until("every secret on A", SOON, || enabled(a) == EACH).await?;
    until("every secret on B", SOON, || enabled(b) == EACH).await?;
    dial_all(b, "b")?;

    a.set_fault(Fault::BlackHole);
    for subscription in &subscriptions {
        let path = format!("/subscriptions/{subscription}/suspend");
        operator
            .post(&path, &json!({ "reason": "moved house" }))
            .await?;
    }
    until("every suspension on B", ON_TIME, || enabled(b) == 0).await?;
    until("the end of every session on B", ON_TIME, || {
        b.rows("/ppp/active").is_empty()
    })
    .await?;
    ensure!(enabled(a) == EACH, "a black hole took commands");

    a.clear_faults();
    // What waits for a router waits by the product's clock.
    let clock = product.clock();
    until("every suspension on A", SOON, || {
        clock.advance(chrono::Duration::seconds(5)).is_ok() && enabled(a) == 0
    })
    .await?;
    routers.check_foreign_rows()
}

/// Our secrets that let somebody in.
fn enabled(router: &Simulator) -> usize {
    let rows = router.rows("/ppp/secret");
    let ours = rows
        .iter()
        .filter(|it| it.get("comment").is_some_and(|it| it.contains("[wb:")));
    ours.filter(|it| it.get("disabled").is_none_or(|it| it == "false"))
        .count()
}

fn dial_all(router: &Simulator, name: &str) -> Result<()> {
    for number in 0..EACH {
        let modem = format!("AA:BB:CC:01:00:{number:02X}");
        router.ppp_dial(&format!("{name}.{number}"), "rahasia-123", &modem)?;
    }
    Ok(())
}
