//! Bill day, what happens when nobody pays, and what a payment does.

use anyhow::{Context, Result, ensure};
use e2e::{eventually, money, text, until, whole};
use routeros_sim::DialError;
use serde_json::{Value, json};

use super::sale::{lines, rupiah};
use super::{Ids, LOGIN, MODEM, PASSWORD, SOON, Stage};
use crate::shop::HOME_10;

/// The days up to the first bill day are a stub, paid at once; then comes a whole month.
pub(super) async fn is_billed(stage: &Stage<'_>, ids: &mut Ids) -> Result<()> {
    let stub = rupiah(HOME_10, 5, 28);
    let invoice = bill(stage, ids, "2027-03-10", "2027-03-15", stub).await?;
    ensure!(invoice["account"] == *ids.account, "{invoice}");
    let payment = pay(stage, ids, stub, "stub").await?.ok()?;
    ensure!(payment["unallocated"] == money(0), "{payment}");

    stage.clock.move_to((2027, 3, 15, 10))?;
    let invoice = bill(stage, ids, "2027-03-15", "2027-04-15", HOME_10).await?;
    ensure!(invoice["issued_on"] == "2027-03-15", "{invoice}");
    ensure!(invoice["due_on"] == "2027-03-20", "{invoice}");
    text(&invoice, "/id")?.clone_into(&mut ids.invoice);
    Ok(())
}

/// Waits for the invoice of a period and checks its one line.
async fn bill(stage: &Stage<'_>, ids: &Ids, start: &str, end: &str, amount: i64) -> Result<Value> {
    let path = format!("/invoices?account={}", ids.account);
    let invoice = eventually("the invoice", SOON, async || {
        let newest = stage.operator.list(&path).await?.into_iter().next();
        let is_it = |it: &Value| lines(it).iter().any(|it| it["period"]["start"] == *start);
        Ok(newest.filter(is_it))
    });
    let invoice = invoice.await?;
    let lines = lines(&invoice);
    ensure!(lines.len() == 1, "{invoice}");
    ensure!(
        lines[0]["period"] == json!({ "start": start, "end": end }),
        "{invoice}"
    );
    ensure!(lines[0]["amount"] == money(amount), "{invoice}");
    ensure!(invoice["total"] == money(amount), "{invoice}");
    Ok(invoice)
}

async fn pay(stage: &Stage<'_>, ids: &Ids, amount: i64, key: &str) -> Result<e2e::Answer> {
    let body = json!({
        "account": ids.account,
        "amount": money(amount),
        "method": "card",
        "reference": format!("card-{key}"),
    });
    stage
        .operator
        .post_once("/payments", &body, &format!("payment-{key}"))
        .await
}

/// Four days after the due date: slow, and told to pay.
pub(super) async fn is_restricted(stage: &Stage<'_>) -> Result<()> {
    let a = &stage.routers.a;
    stage.clock.move_to((2027, 3, 24, 10))?;
    let is_restricted = || {
        let secret = a.row("/ppp/secret", "name", LOGIN).unwrap_or_default();
        secret
            .get("profile")
            .is_some_and(|it| it.starts_with("wb-restricted"))
    };
    until("the restriction", SOON, is_restricted).await?;
    until("the end of the fast session", SOON, || is_offline(stage)).await?;
    let session = a.ppp_dial(LOGIN, PASSWORD, MODEM)?;
    ensure!(
        session.rate_limit.as_deref() == Some("256k/256k"),
        "{session:?}"
    );
    Ok(())
}

/// Eight days after: off, and no way back in.
pub(super) async fn is_suspended(stage: &Stage<'_>) -> Result<()> {
    stage.clock.move_to((2027, 3, 28, 10))?;
    let is_disabled = || {
        let secret = stage
            .routers
            .a
            .row("/ppp/secret", "name", LOGIN)
            .unwrap_or_default();
        secret.get("disabled").is_some_and(|it| it == "true")
    };
    until("the suspension", SOON, is_disabled).await?;
    until("the end of the session", SOON, || is_offline(stage)).await?;
    let refused = stage.routers.a.ppp_dial(LOGIN, PASSWORD, MODEM);
    ensure!(refused == Err(DialError::Disabled), "{refused:?}");
    Ok(())
}

/// An operator's word gives access back at once, and taking it back cuts it off again; what was done is on record.
pub(super) async fn is_held_and_let_go(stage: &Stage<'_>, ids: &Ids) -> Result<()> {
    let path = |what: &str| format!("/accounts/{}/{what}", ids.account);
    let hold = json!({ "reason": "a hospital", "until": "2027-03-31" });
    let held = stage.operator.post(&path("hold"), &hold).await?;
    ensure!(held["level"] == "clear", "{held}");
    comes_back(stage)
        .await
        .context("a held customer should be back")?;
    let lifted = stage.operator.post(&path("lift-hold"), &json!({})).await?;
    ensure!(lifted["level"] == "suspended", "{lifted}");
    until("the end of the session", SOON, || is_offline(stage)).await?;
    let done = stage.operator.get(&path("dunning")).await?;
    let kinds = [&done["steps"][0]["kind"], &done["steps"][1]["kind"]];
    ensure!(kinds == ["suspension", "restriction"], "{done}");
    let waiting = stage.operator.get("/needs-attention").await?;
    ensure!(waiting["groups"].is_array(), "{waiting}");
    Ok(())
}

fn is_offline(stage: &Stage<'_>) -> bool {
    stage.routers.a.row("/ppp/active", "name", LOGIN).is_none()
}

/// The same request twice is one payment, and the customer is back.
pub(super) async fn pays_twice_with_one_key(stage: &Stage<'_>, ids: &mut Ids) -> Result<()> {
    let first = pay(stage, ids, HOME_10, "march").await?;
    let again = pay(stage, ids, HOME_10, "march").await?;
    ensure!(
        again.header("idempotency-replayed") == Some("true"),
        "{again:?}"
    );
    let (first, again) = (first.ok()?, again.ok()?);
    ensure!(first["id"] == again["id"], "{first} and {again}");
    text(&first, "/id")?.clone_into(&mut ids.payment);

    let payments = stage
        .operator
        .list(&format!("/payments?account={}", ids.account))
        .await?;
    ensure!(payments.len() == 2, "the stub's and one more: {payments:?}");
    let settled = stage.invoice(&ids.invoice).await?;
    ensure!(whole(&settled, "/due/amount_minor")? == 0, "{settled}");
    comes_back(stage)
        .await
        .context("the customer should be back")
}

pub(super) async fn comes_back(stage: &Stage<'_>) -> Result<()> {
    let a = &stage.routers.a;
    let is_enabled = || {
        let secret = a.row("/ppp/secret", "name", LOGIN).unwrap_or_default();
        secret.get("disabled").is_none_or(|it| it == "false")
            && secret.get("profile").is_some_and(|it| it == "wb-home-10")
    };
    until("the end of the suspension", SOON, is_enabled).await?;
    let session = a.ppp_dial(LOGIN, PASSWORD, MODEM)?;
    ensure!(
        session.rate_limit.as_deref() == Some("2M/10M"),
        "{session:?}"
    );
    Ok(())
}
