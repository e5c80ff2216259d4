//! `--demo`: a whole provider with two simulated routers in one process, which is still there after a restart.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use e2e::{Operator, Product, Sabotage, Shape, eventually, text, whole};
use serde_json::{Value, json};

use crate::programs;
use crate::story::SOON;

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_shows_a_whole_provider_and_keeps_it() {
    let product = Product::install(programs(), Shape::Sqlite).await.unwrap();
    let mut product = product.with_argument("--demo");
    shown(&mut product)
        .await
        .with_context(|| product.last_words())
        .unwrap();
}

async fn shown(product: &mut Product) -> Result<()> {
    product.start(&Sabotage::default()).await?;
    let operator = product.admin().await?;
    let before = eventually("the seeded vouchers", SOON, async || {
        let counts = Counts::of(&operator).await?;
        Ok((counts.vouchers == 200).then_some(counts))
    });
    let before = before.await?;
    before.check()?;
    somebody_is_online(&operator).await?;
    somebody_pays_on_the_page(&operator).await?;
    product.stop().await?;
    product.start(&Sabotage::default()).await?;
    let after = Counts::of(&product.admin().await?).await?;
    // Who has bought something becomes active a moment later, so the statuses may have moved on.
    after.check()?;
    ensure!(
        after.vouchers == before.vouchers,
        "{before:?} became {after:?}"
    );
    somebody_is_online(&product.admin().await?).await?;
    product.stop().await
}

/// What the seeded provider has.
#[derive(Debug)]
struct Counts {
    /// By status.
    customers: BTreeMap<String, usize>,
    /// By how they are sold.
    plans: BTreeMap<String, usize>,
    vouchers: i64,
    /// How far its invoices are paid.
    settlements: BTreeSet<String>,
    /// Whether accounts are behind.
    levels: BTreeSet<String>,
}

impl Counts {
    async fn of(operator: &Operator) -> Result<Self> {
        let customers = operator.list("/customers").await?;
        let plans = operator.list("/plans").await?;
        let batches = operator.list("/voucher-batches").await?;
        let invoices = operator.list("/invoices").await?;
        let mut levels = BTreeSet::new();
        for customer in &customers {
            let path = format!("/accounts?customer={}", text(customer, "/id")?);
            levels.extend(words(&operator.list(&path).await?, "/level")?);
        }
        let vouchers = batches.iter().map(|it| whole(it, "/generated"));
        Ok(Self {
            customers: counted(&customers, "/status")?,
            plans: counted(&plans, "/sold_as")?,
            vouchers: vouchers.sum::<Result<_>>()?,
            settlements: words(&invoices, "/settlement")?.into_iter().collect(),
            levels,
        })
    }

    fn check(&self) -> Result<()> {
        let statuses: Vec<_> = self.customers.keys().map(String::as_str).collect();
        ensure!(
            statuses == ["active", "blocked", "left", "prospect"],
            "{self:?}"
        );
        ensure!(self.customers.values().sum::<usize>() == 40, "{self:?}");
        ensure!(self.plans.values().eq(&[3, 3]), "{self:?}");
        ensure!(
            self.settlements.len() > 1,
            "some invoices are paid and some are not: {self:?}"
        );
        ensure!(self.levels.len() > 1, "some accounts are behind: {self:?}");
        Ok(())
    }
}

async fn somebody_is_online(operator: &Operator) -> Result<()> {
    eventually("sessions on the simulated routers", SOON, async || {
        let mut online = 0;
        for router in operator.list("/routers").await? {
            let path = format!("/routers/{}/sessions", text(&router, "/id")?);
            online += operator.get(&path).await?["items"]
                .as_array()
                .map_or(0, Vec::len);
        }
        Ok((online > 0).then_some(()))
    })
    .await
}

/// An invoice, a link, and the one button of the page that it leads to.
async fn somebody_pays_on_the_page(operator: &Operator) -> Result<()> {
    let provider = operator.list("/gateway-accounts").await?;
    let provider = provider.first().context("an account at the sandbox")?;
    let invoices = operator.list("/invoices").await?;
    let mut due = invoices.iter().filter(|it| it["settlement"] == "open");
    let invoice = due.next().context("an unpaid invoice")?;
    let link = json!({
        "account": invoice["account"], "gateway_account": provider["id"], "amount": invoice["due"],
        "description": "Internet", "return_url": "https://isp.example/paid", "minutes": 60,
    });
    let link = operator.post("/payment-links", &link).await?;
    let (http, url) = (reqwest::Client::new(), text(&link, "/pay_url")?);
    let page = http.get(url).send().await?.text().await?;
    ensure!(page.contains("<button>"), "{page}");
    for _ in 0..2 {
        let thanks = http.post(url).send().await?.error_for_status()?;
        let thanks = thanks.text().await?;
        ensure!(thanks.contains("Thank you"), "{thanks}");
    }
    let path = format!("/invoices/{}", text(invoice, "/id")?);
    let invoice = operator.get(&path).await?;
    ensure!(invoice["settlement"] == "paid", "{invoice}");
    let nowhere = http.get(format!("{url}x")).send().await?.status().as_u16();
    ensure!(nowhere == 404, "a page of nothing: {nowhere}");
    Ok(())
}

fn words(items: &[Value], pointer: &str) -> Result<Vec<String>> {
    items
        .iter()
        .map(|it| Ok(text(it, pointer)?.to_owned()))
        .collect()
}

fn counted(items: &[Value], pointer: &str) -> Result<BTreeMap<String, usize>> {
    let mut counts = BTreeMap::new();
    for word in words(items, pointer)? {
        *counts.entry(word).or_default() += 1;
    }
    Ok(counts)
}
