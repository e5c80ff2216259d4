//! A router over TLS: nothing is sent before its certificate is confirmed, and nothing after it has changed.

use anyhow::{Context, Result, ensure};
use e2e::{Operator, Product, Shape, eventually, text, until};
use routeros_sim::{Fault, SimConfig, SimTls, Simulator};
use serde_json::{Value, json};

use crate::running;
use crate::shop::{Shop, create};
use crate::story::SOON;

#[tokio::test(flavor = "multi_thread")]
async fn only_the_confirmed_certificate_is_talked_to_on_sqlite() {
    a_certificate_is_confirmed_and_swapped(Shape::Sqlite)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_confirmed_certificate_is_talked_to_on_postgres() {
    a_certificate_is_confirmed_and_swapped(Shape::POSTGRES)
        .await
        .unwrap();
}

async fn a_certificate_is_confirmed_and_swapped(shape: Shape) -> Result<()> {
    let product = running(shape).await?;
    let mut config = SimConfig::new("tower-tls");
    config.tls = Some(SimTls::generated());
    let router = Simulator::start(config).await?;
    let told = tell(&product, &router).await;
    told.with_context(|| product.last_words())
}

async fn tell(product: &Product, router: &Simulator) -> Result<()> {
    let operator = product.admin().await?;
    let address = router.tls_addr().context("the simulator listens for TLS")?;
    let place = json!({
        "name": "tower-tls",
        "host": address.ip().to_string(),
        "port": address.port(),
        "username": "admin",
        "password": "password",
    });
    let diagnosis = operator.post("/routers/diagnose", &place).await?;
    let first = router.fingerprint().context("a certificate")?;
    ensure!(diagnosis.to_string().contains(&first), "{diagnosis}");
    let id = create(&operator, "/routers", &place).await?;
    let shop = Shop::stocked(&operator, id.clone(), id.clone()).await?;
    let (_, subscription) = shop.subscribe(&operator, "siti", "siti", &id).await?;
    let waiting = status(&operator, &id).await?;
    ensure!(waiting["state"] == "awaiting_confirmation", "{waiting}");
    ensure!(waiting["certificate_seen"] == first, "{waiting}");
    ensure!(router.stats().logins == 0, "nothing is sent before");
    trust(&operator, &id, &first).await?;
    until("the secret of siti", SOON, || {
        is_enabled(router) == Some(true)
    })
    .await?;

    let second = router.swap_certificate()?;
    router.set_fault(Fault::DropConnectionOnCommand(1));
    let logins = router.stats().logins;
    let suspend = format!("/subscriptions/{subscription}/suspend");
    operator
        .post(&suspend, &json!({ "reason": "moved house" }))
        .await?;
    let changed = eventually("the alarm", SOON, async || {
        let status = status(&operator, &id).await?;
        Ok((status["state"] == "certificate_changed").then_some(status))
    })
    .await?;
    ensure!(changed["certificate_seen"] == second, "{changed}");
    ensure!(
        text(&changed, "/reason")?.contains(&first),
        "both fingerprints are shown: {changed}"
    );
    ensure!(router.stats().logins == logins, "nothing is sent any more");
    ensure!(is_enabled(router) == Some(true), "nothing was written");
    let events = operator.list(&format!("/events?aggregate={id}")).await?;
    let alarms = events
        .iter()
        .filter(|it| it["type"] == "access.router_certificate_changed");
    ensure!(alarms.count() == 1, "{events:?}");

    trust(&operator, &id, &second).await?;
    until("the suspension of siti", SOON, || {
        is_enabled(router) == Some(false)
    })
    .await?;
    let diagnosis = operator
        .post(&format!("/routers/{id}/diagnose"), &Value::Null)
        .await?;
    ensure!(diagnosis["verdict"] != "fail", "{diagnosis}");
    router.remove_certificate()?;
    let diagnosis = operator
        .post(&format!("/routers/{id}/diagnose"), &Value::Null)
        .await?;
    let advice = diagnosis["steps"][2]["advice"].to_string();
    ensure!(advice.contains("/certificate add"), "{diagnosis}");
    Ok(())
}

async fn trust(operator: &Operator, id: &str, fingerprint: &str) -> Result<Value> {
    let body = json!({ "certificate_pin": fingerprint });
    operator.post(&format!("/routers/{id}/trust"), &body).await
}

async fn status(operator: &Operator, id: &str) -> Result<Value> {
    let mut router = operator.get(&format!("/routers/{id}")).await?;
    Ok(router["status"].take())
}

/// Whether siti may connect; `None` while the router does not know her.
fn is_enabled(router: &Simulator) -> Option<bool> {
    let row = router.row("/ppp/secret", "name", "siti")?;
    Some(row.get("disabled").is_none_or(|it| it == "false"))
}
