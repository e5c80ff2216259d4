//! A customer subscribes, dials in, and later wants more.

use anyhow::{Context, Result, ensure};
use chrono::Duration;
use e2e::{eventually, text, until, whole};
use serde_json::{Value, json};

use super::{Ids, LOGIN, MODEM, PASSWORD, SOON, Stage};
use crate::shop::{HOME_10, HOME_20, Shop};

/// A sale puts secret and profile on router A.
pub(super) async fn subscribes(stage: &Stage<'_>, shop: &Shop, ids: &mut Ids) -> Result<()> {
    let sold = shop
        .subscribe(stage.operator, "Siti Rahayu", LOGIN, &shop.router_a)
        .await?;
    (ids.customer, ids.subscription) = sold;
    let accounts = stage
        .operator
        .list(&format!("/accounts?customer={}", ids.customer))
        .await?;
    let account = accounts.first().context("the sale opens an account")?;
    text(account, "/id")?.clone_into(&mut ids.account);
    let a = &stage.routers.a;
    let secret = || a.row("/ppp/secret", "name", LOGIN);
    until("the secret on router A", SOON, || secret().is_some()).await?;
    let secret = secret().unwrap_or_default();
    ensure!(
        secret.get("profile").is_some_and(|it| it == "wb-home-10"),
        "{secret:?}"
    );
    ensure!(
        secret.get("disabled").is_none_or(|it| it == "false"),
        "{secret:?}"
    );
    let profile = a
        .row("/ppp/profile", "name", "wb-home-10")
        .unwrap_or_default();
    ensure!(
        profile.get("rate-limit").is_some_and(|it| it == "2M/10M"),
        "{profile:?}"
    );
    Ok(())
}

/// The customer's modem gets the speed that was sold.
pub(super) fn dials_in(stage: &Stage<'_>) -> Result<()> {
    let session = stage.routers.a.ppp_dial(LOGIN, PASSWORD, MODEM)?;
    ensure!(
        session.rate_limit.as_deref() == Some("2M/10M"),
        "{session:?}"
    );
    Ok(())
}

/// An upgrade in the middle of the period is invoiced for the rest of it and changes the speed.
pub(super) async fn upgrades(stage: &Stage<'_>, shop: &Shop, ids: &Ids) -> Result<()> {
    stage.clock.move_to((2027, 4, 2, 10))?;
    let change = json!({ "plan": shop.home_20, "when": "now" });
    let path = format!("/subscriptions/{}/change-plan", ids.subscription);
    stage.operator.post(&path, &change).await?;
    check_prorated(stage, ids).await?;

    let a = &stage.routers.a;
    let is_fast = || {
        let secret = a.row("/ppp/secret", "name", LOGIN).unwrap_or_default();
        secret.get("profile").is_some_and(|it| it == "wb-home-20")
    };
    until("the new profile on router A", SOON, is_fast).await?;
    let is_offline = || a.row("/ppp/active", "name", LOGIN).is_none();
    until("the end of the slow session", SOON, is_offline).await?;
    let session = a.ppp_dial(LOGIN, PASSWORD, MODEM)?;
    ensure!(
        session.rate_limit.as_deref() == Some("4M/20M"),
        "{session:?}"
    );
    stage.clock.advance(Duration::minutes(1))
}

/// 13 of the 31 days from 15 March to 15 April are left.
async fn check_prorated(stage: &Stage<'_>, ids: &Ids) -> Result<()> {
    let rest = |price: i64| rupiah(price, 13, 31);
    let (unused, used) = (-rest(HOME_10), rest(HOME_20));
    let path = format!("/invoices?account={}", ids.account);
    let invoice = eventually("the invoice of the upgrade", SOON, async || {
        let newest = stage.operator.list(&path).await?.into_iter().next();
        Ok(newest.filter(|it| it["id"] != *ids.invoice))
    });
    let invoice = invoice.await?;
    let amounts = lines(&invoice)
        .into_iter()
        .map(|it| it["amount"]["amount_minor"].as_i64());
    let mut amounts: Vec<_> = amounts.collect();
    amounts.sort_unstable();
    ensure!(amounts == [Some(unused), Some(used)], "{invoice}");
    for line in lines(&invoice) {
        let period = (text(&line, "/period/start")?, text(&line, "/period/end")?);
        ensure!(period == ("2027-04-02", "2027-04-15"), "{invoice}");
    }
    ensure!(
        whole(&invoice, "/total/amount_minor")? == unused + used,
        "{invoice}"
    );
    Ok(())
}

/// Back to the slow plan three days later: what is given back of the upgrade goes beyond what its invoice came to, so that
/// a second note takes the rest off the first invoice. It is seen before it is decided.
pub(super) async fn changes_back(stage: &Stage<'_>, shop: &Shop, ids: &Ids) -> Result<()> {
    let change = json!({ "plan": shop.home_10, "when": "now" });
    let path = format!("/subscriptions/{}/change-plan", ids.subscription);
    let preview = format!("{path}/preview");
    let look = stage.operator.post(&preview, &change).await?;
    let changed = stage.operator.post(&path, &change).await?;
    let mut given = 0;
    for note in changed["credit_notes"].as_array().into_iter().flatten() {
        let id = note.as_str().context("a note has an id")?;
        let note = stage.operator.get(&format!("/credit-notes/{id}")).await?;
        given += whole(&note, "/total/amount_minor")?;
    }
    let seen = look["bill"]["credit_notes"].as_array();
    let seen = seen.context("a look shows the notes")?;
    ensure!(seen.len() == 2, "{look}");
    let rest = |price: i64, days: i64| rupiah(price, days, 31);
    ensure!(given == rest(HOME_20, 10), "{given} is given back: {look}");
    let account = format!("/accounts/{}", ids.account);
    let account = stage.operator.get(&account).await?;
    let upgrade = rest(HOME_20, 13) - rest(HOME_10, 13);
    let due = upgrade + rest(HOME_10, 10) - given;
    ensure!(whole(&account, "/due/amount_minor")? == due, "{account}");
    ensure!(account["credit"] == look["credit"], "{account}, {look}");
    let first = stage.invoice(&ids.invoice).await?;
    ensure!(whole(&first, "/due/amount_minor")? == 0, "{first}");
    let a = &stage.routers.a;
    let is_slow = || {
        let secret = a.row("/ppp/secret", "name", LOGIN).unwrap_or_default();
        secret.get("profile").is_some_and(|it| it == "wb-home-10")
    };
    until("the old profile on router A", SOON, is_slow).await
}

/// A part of a price, rounded half up to whole rupiah.
pub(super) fn rupiah(price_minor: i64, days: i64, of: i64) -> i64 {
    let unit = 100 * of;
    (2 * price_minor * days + unit) / (2 * unit) * 100
}

/// The lines of an invoice.
pub(super) fn lines(invoice: &Value) -> Vec<Value> {
    invoice["lines"].as_array().cloned().unwrap_or_default()
}

impl Stage<'_> {
    /// An invoice with its lines.
    pub(super) async fn invoice(&self, id: &str) -> Result<Value> {
        self.operator.get(&format!("/invoices/{id}")).await
    }
}
