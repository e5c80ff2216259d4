//! Money that goes back, comes again, comes too late, or fits no account, and what the router makes of it.

use anyhow::{Context, Result, ensure};
use e2e::{Answer, eventually, money, text, until, whole};
use routeros_sim::DialError;
use serde_json::{Value, json};

use super::dunning::comes_back;
use super::{Ids, LOGIN, MODEM, PASSWORD, SOON, Stage};
use crate::shop::HOME_10;

/// A refund above what was paid is refused; a chargeback opens the debt, which is late enough to cut at once; winning the
/// dispute brings the customer back.
pub(super) async fn goes_back_and_comes_again(stage: &Stage<'_>, ids: &Ids) -> Result<()> {
    let all_and_more = json!({ "amount": money(HOME_10 + 1), "reason": "moved away" });
    let refused = verb(stage, &ids.payment, "refund", &all_and_more).await?;
    is_refused(refused, (422, "refused"), "above_received")?;
    let silent = verb(stage, &ids.payment, "refund", &json!({ "reason": " " })).await?;
    is_refused(silent, (422, "invalid-fields"), "length")?;
    ensure!(
        due(stage, ids).await? == 0,
        "a refused refund opens nothing"
    );

    let why = json!({ "reason": "the bank took it back" });
    for _ in 0..2 {
        let reversed = verb(stage, &ids.payment, "reverse", &why).await?.ok()?;
        ensure!(reversed["status"] == "reversed", "{reversed}");
        ensure!(
            reversed["returns"][0]["reason"] == why["reason"],
            "{reversed}"
        );
        ensure!(due(stage, ids).await? == HOME_10, "{reversed}");
    }
    is_cut(stage).await.context("the chargeback should cut")?;
    let refund = verb(stage, &ids.payment, "refund", &why).await?;
    is_refused(refund, (409, "wrong-state"), "reversed")?;

    let won = verb(stage, &ids.payment, "undo-reversal", &why)
        .await?
        .ok()?;
    ensure!(won["status"] == "settled", "{won}");
    ensure!(due(stage, ids).await? == 0, "{won}");
    comes_back(stage).await.context("the dispute was won")
}

/// Money that comes after all is credit, and so is money that somebody claims by its code; both go back to the last rupiah.
pub(super) async fn comes_late_or_astray(stage: &Stage<'_>, ids: &Ids) -> Result<()> {
    let asked = json!({
        "account": ids.account,
        "amount": money(5_000),
        "method": "bank_transfer",
        "provider": "Bank Pelabuhan",
        "asked_as": "transfer-1",
        "expires_at": "2027-03-29T00:00:00Z",
    });
    let asked = stage.operator.post("/payment-requests", &asked).await?;
    let late = text(&asked, "/id")?;
    stage.clock.move_to((2027, 3, 29, 10))?;
    let path = format!("/payments/{late}");
    let expired = eventually("the end of the request", SOON, async || {
        let it = stage.operator.get(&path).await?;
        Ok(Some(it).filter(|it| it["status"] == "expired"))
    });
    expired.await?;
    let came = json!({ "reference": "TRF-1", "amount": money(5_000) });
    for _ in 0..2 {
        let settled = verb(stage, late, "settle", &came).await?.ok()?;
        ensure!(settled["unallocated"] == money(5_000), "{settled}");
        ensure!(settled["told_late"][0]["was"] == "expired", "{settled}");
    }

    let stray = json!({
        "amount": money(7_000),
        "method": "mobile_money",
        "reference": "SIT4Q0XY77",
        "note": "siti 24",
    });
    stage.operator.post("/unmatched-payments", &stray).await?;
    let claim =
        json!({ "account": ids.account, "method": "mobile_money", "reference": "SIT4Q0XY77" });
    let claimed = stage.operator.post("/unmatched-payments/claim", &claim);
    let claimed = claimed.await?;
    let open = stage.operator.list("/unmatched-payments?status=open");
    ensure!(open.await?.is_empty(), "the money is somebody's");

    for (payment, amount) in [(late, 5_000), (text(&claimed, "/id")?, 7_000)] {
        let why = json!({ "reason": "paid by mistake" });
        let back = verb(stage, payment, "refund", &why).await?.ok()?;
        ensure!(back["returned"] == money(amount), "{back}");
    }
    let path = format!("/accounts/{}", ids.account);
    let account = stage.operator.get(&path).await?;
    ensure!(account["credit"] == money(0), "{account}");
    Ok(())
}

async fn verb(stage: &Stage<'_>, payment: &str, verb: &str, body: &Value) -> Result<Answer> {
    let path = format!("/payments/{payment}/{verb}");
    stage.operator.try_post(&path, body).await
}

async fn due(stage: &Stage<'_>, ids: &Ids) -> Result<i64> {
    whole(&stage.invoice(&ids.invoice).await?, "/due/amount_minor")
}

async fn is_cut(stage: &Stage<'_>) -> Result<()> {
    let a = &stage.routers.a;
    let is_disabled = || {
        let secret = a.row("/ppp/secret", "name", LOGIN).unwrap_or_default();
        secret.get("disabled").is_some_and(|it| it == "true")
    };
    until("the suspension", SOON, is_disabled).await?;
    let is_offline = || a.row("/ppp/active", "name", LOGIN).is_none();
    until("the end of the session", SOON, is_offline).await?;
    let refused = a.ppp_dial(LOGIN, PASSWORD, MODEM);
    ensure!(refused == Err(DialError::Disabled), "{refused:?}");
    Ok(())
}

fn is_refused(answer: Answer, (status, problem): (u16, &str), rule: &str) -> Result<()> {
    let body = answer.problem(status, problem)?;
    ensure!(body["errors"][0]["rule"] == *rule, "{body}");
    Ok(())
}
