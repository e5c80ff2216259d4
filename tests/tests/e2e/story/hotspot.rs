//! Vouchers: made, brought to the router, used, and over.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use chrono::Duration;
use e2e::{eventually, text, until};
use serde_json::json;

use super::{Ids, PHONE, SOON, Stage};
use crate::shop::Shop;

/// How many vouchers are withdrawn again.
const WITHDRAWN: usize = 20;

/// Every voucher that was ordered ends up on router B, once, and the job says so.
pub(super) async fn orders_vouchers(stage: &Stage<'_>, shop: &Shop, ids: &mut Ids) -> Result<()> {
    let order = json!({
        "name": "Kiosk Barat",
        "plan": shop.pass,
        "router": shop.router_b,
        "count": stage.vouchers,
        "code": { "alphabet": "mix", "length": 8 },
    });
    let ordered = stage.operator.post("/voucher-batches", &order).await?;
    text(&ordered, "/batch/id")?.clone_into(&mut ids.batch);
    shows_progress(stage, text(&ordered, "/job")?).await?;
    until("the vouchers on router B", SOON, || {
        users(stage).len() >= stage.vouchers
    })
    .await?;
    let (users, codes) = (users(stage), codes(stage, ids).await?);
    ensure!(
        codes.len() == stage.vouchers,
        "{} different codes",
        codes.len()
    );
    ensure!(
        users == codes,
        "router B has other users than there are codes"
    );
    Ok(())
}

/// A batch that is withdrawn disappears from the router.
pub(super) async fn withdraws_a_batch(stage: &Stage<'_>, shop: &Shop) -> Result<()> {
    let before = users(stage);
    let order = json!({
        "name": "Kiosk Timur",
        "plan": shop.pass,
        "router": shop.router_b,
        "count": WITHDRAWN,
        "code": { "alphabet": "mix", "length": 8 },
    });
    let ordered = stage.operator.post("/voucher-batches", &order).await?;
    let all = before.len() + WITHDRAWN;
    until("the second batch on router B", SOON, || {
        users(stage).len() == all
    })
    .await?;
    let path = format!("/voucher-batches/{}/void", text(&ordered, "/batch/id")?);
    stage
        .operator
        .post(&path, &json!({ "reason": "printed twice" }))
        .await?;
    until("the end of the second batch", SOON, || {
        users(stage) == before
    })
    .await
}

async fn shows_progress(stage: &Stage<'_>, job: &str) -> Result<()> {
    let path = format!("/jobs/{job}");
    let done = eventually("the end of the job", SOON, async || {
        let job = stage.operator.get(&path).await?;
        Ok((job["state"] == "done").then_some(job))
    });
    let done = done.await?;
    let all = json!({ "done": stage.vouchers, "total": stage.vouchers });
    ensure!(done["progress"] == all, "{done}");
    Ok(())
}

/// The hotspot users of router B that are not somebody else's.
fn users(stage: &Stage<'_>) -> BTreeSet<String> {
    let rows = stage.routers.b.rows("/ip/hotspot/user");
    let ours = rows
        .into_iter()
        .filter(|it| it.get("comment").is_some_and(|it| it.contains("[wb:")));
    ours.filter_map(|mut it| it.remove("name")).collect()
}

async fn codes(stage: &Stage<'_>, ids: &Ids) -> Result<BTreeSet<String>> {
    let revealed = stage
        .operator
        .list(&format!("/voucher-batches/{}/codes", ids.batch))
        .await?;
    revealed
        .iter()
        .map(|it| Ok(text(it, "/code")?.to_owned()))
        .collect()
}

/// The first login starts the voucher's clock.
pub(super) async fn logs_in(stage: &Stage<'_>, ids: &mut Ids) -> Result<String> {
    let code = codes(stage, ids)
        .await?
        .pop_first()
        .context("there is no code")?;
    stage.routers.b.hotspot_login(&code, &code, PHONE)?;
    let path = format!("/vouchers?batch={}&state=active", ids.batch);
    let voucher = eventually("the active voucher", SOON, async || {
        Ok(stage.operator.list(&path).await?.pop())
    });
    let voucher = voucher.await?;
    text(&voucher, "/id")?.clone_into(&mut ids.voucher);
    ensure!(voucher["expires_at"].is_string(), "{voucher}");
    Ok(code)
}

/// The end of its validity cuts the user, and no cookie brings them back.
pub(super) async fn runs_out(stage: &Stage<'_>, code: &str) -> Result<()> {
    let b = &stage.routers.b;
    ensure!(
        b.row("/ip/hotspot/active", "user", code).is_some(),
        "the user is online before"
    );
    stage.clock.move_to((2027, 4, 5, 10))?;
    let is_gone = |menu: &str| b.row(menu, "user", code).is_none();
    until("the end of the session", SOON, || {
        is_gone("/ip/hotspot/active")
    })
    .await?;
    until("the end of the cookie", SOON, || {
        is_gone("/ip/hotspot/cookie")
    })
    .await?;
    let may_log_in = || {
        b.row("/ip/hotspot/user", "name", code)
            .is_some_and(|it| it["disabled"] != "true")
    };
    until("the end of the user", SOON, || !may_log_in()).await?;
    ensure!(
        b.hotspot_cookie_login(PHONE).is_err(),
        "the cookie still works"
    );
    ensure!(
        b.hotspot_login(code, code, PHONE).is_err(),
        "the code still works"
    );
    stage.clock.advance(Duration::minutes(1))?;
    // Disabled while its time is out, gone once the sweep has ended it: only then nothing moves any more.
    let has_user = || b.row("/ip/hotspot/user", "name", code).is_some();
    until("the removal of the user", SOON, || !has_user()).await
}
