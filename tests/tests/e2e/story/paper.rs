//! What the customer holds in their hands.

use anyhow::{Context, Result, ensure};
use e2e::text;
use reqwest::Method;
use serde_json::json;

use super::{Ids, Stage};

/// Under a letterhead the invoice is printed in every form; what EN 16931 wants is there.
pub(super) async fn is_printed(stage: &Stage<'_>, ids: &Ids) -> Result<()> {
    let operator = stage.operator;
    let entities = operator.get("/legal-entities").await?;
    let entity = text(&entities, "/items/0/id")?;
    let head = json!({
        "name": "Pelabuhan Net",
        "address": "Jl. Pelabuhan 1\nSurabaya",
        "country": "ID",
        "tax_id": "ID012345678901000",
        "pay_url": "https://pay.example.net/{invoice}",
        "locale": "id",
    });
    let path = format!("/legal-entities/{entity}/letterhead");
    operator
        .ask(Method::PUT, &path, Some(&head), None)
        .await?
        .ok()?;
    let invoice = stage.invoice(&ids.invoice).await?;
    let number = text(&invoice, "/number")?;
    for (form, begins, holds) in [
        ("pdf", "%PDF-", "%%EOF"),
        ("html", "<!doctype html>", "<h1>Faktur</h1>"),
        ("receipt", "<!doctype html>", number),
        ("ubl", "<?xml", "urn:cen.eu:en16931:2017"),
    ] {
        let path = format!("/invoices/{}/document?format={form}", ids.invoice);
        let printed = operator.get(&path).await?;
        let printed = printed.as_str().context("a document is no JSON")?;
        ensure!(printed.starts_with(begins), "{form} begins otherwise");
        ensure!(printed.contains(holds), "{form} has no {holds}");
    }
    Ok(())
}

/// Whoever pays has a receipt in every form.
pub(super) async fn is_receipted(stage: &Stage<'_>, ids: &Ids) -> Result<()> {
    for (form, begins, holds) in [
        ("pdf", "%PDF-", "%%EOF"),
        ("html", "<!doctype html>", "<h1>Kuitansi</h1>"),
        ("receipt", "<!doctype html>", ids.payment.as_str()),
    ] {
        let path = format!("/payments/{}/receipt?format={form}", ids.payment);
        let printed = stage.operator.get(&path).await?;
        let printed = printed.as_str().context("a receipt is no JSON")?;
        ensure!(printed.starts_with(begins), "{form} begins otherwise");
        ensure!(printed.contains(holds), "{form} has no {holds}");
    }
    Ok(())
}
