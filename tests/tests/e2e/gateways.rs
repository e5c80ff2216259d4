//! Paying through providers: messages, people and polls at once book one payment. Everything once more with webhooks
//! switched off: what nobody tells is found by asking.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{Operator, Product, Routers, Sabotage, Shape, eventually, money, text, whole};
use futures::future::join_all;
use gateway_sim::{GatewaySim, SimSettings};
use serde_json::{Value, json};

use crate::programs;
use crate::shop::Shop;

/// How long a message may take to become a payment on a busy machine.
const SOON: Duration = Duration::from_secs(40);

/// How often a provider repeats itself.
const DELIVERIES: usize = 50;

const TWO_EACH: Shape = Shape::Postgres {
    apis: 2,
    workers: 2,
};

#[tokio::test(flavor = "multi_thread")]
async fn providers_on_sqlite() {
    story(Shape::Sqlite, true).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_that_cannot_tell_on_sqlite() {
    story(Shape::Sqlite, false).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_on_postgres() {
    story(TWO_EACH, true).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_that_cannot_tell_on_postgres() {
    story(TWO_EACH, false).await.unwrap();
}

struct Stage {
    operator: Operator,
    sim: GatewaySim,
    bases: Vec<String>,
    http: reqwest::Client,
    account: String,
    /// Whether the product listens to what providers tell.
    listens: bool,
}

/// Money that came through the provider.
struct Paid {
    /// Where the provider tells of it.
    webhook: String,
    /// What the provider calls the page.
    reference: String,
}

async fn story(shape: Shape, listens: bool) -> Result<()> {
    let product = Product::install(programs(), shape).await?;
    let clock = product.clock().clone();
    let now_s = move || clock.now().map_or(0, |it| it.timestamp());
    let sim = GatewaySim::start(SimSettings::for_tests(), now_s).await?;
    let address = format!("http://{}", sim.address());
    let mut product = product
        .with("PAYMENTS__ALLOW_TEST_ACCOUNTS", "true")
        .with("PAYMENTS__WEBHOOKS", if listens { "true" } else { "false" })
        .with("SWEEPS__POLL_PAYMENT_LINKS_S", "1")
        .with("PAYMENTS__STRIPE_URL", &address)
        .with("PAYMENTS__MIDTRANS_URL", &address);
    product.start(&Sabotage::default()).await?;
    let told = tell(&product, sim, listens).await;
    told.with_context(|| product.last_words())?;
    product.stop().await
}

async fn tell(product: &Product, sim: GatewaySim, listens: bool) -> Result<()> {
    let operator = product.admin().await?;
    let routers = Routers::start().await?;
    let shop = Shop::open(&operator, &routers).await?;
    let sold = shop.subscribe(&operator, "Siti", "siti.7", &shop.router_a);
    let (customer, _) = sold.await?;
    let accounts = operator
        .list(&format!("/accounts?customer={customer}"))
        .await?;
    let account = accounts.first().context("the sale opens an account")?;
    let stage = Stage {
        account: text(account, "/id")?.to_owned(),
        operator,
        sim,
        bases: product.base_urls(),
        http: reqwest::Client::new(),
        listens,
    };
    let invoice = stage.bill().await?;
    stage
        .strangers_are_turned_away()
        .await
        .context("strangers")?;
    let paid = stage
        .everybody_tells_at_once(&invoice, product)
        .await
        .context("all at once")?;
    stage
        .money_goes_back_through_the_provider(product, &paid)
        .await
        .context("refunds")?;
    stage
        .polling_finds_what_nobody_told(product, &invoice)
        .await
        .context("polling")?;
    Ok(())
}

impl Stage {
    /// The first days, billed at once.
    async fn bill(&self) -> Result<Value> {
        let path = format!("/accounts/{}/bill", self.account);
        self.operator.post(&path, &json!({})).await?;
        let path = format!("/invoices?account={}", self.account);
        let invoices = self.operator.list(&path).await?;
        invoices.into_iter().next().context("there is an invoice")
    }

    /// A gateway account; gives its id and the path of its webhook.
    async fn provider(
        &self,
        gateway: &str,
        key: &str,
        secrets: &[&str],
    ) -> Result<(String, String)> {
        let body = json!({
            "gateway": gateway, "name": format!("{gateway} {}", secrets.len()), "mode": "test",
            "method": "card", "api_key": key, "webhook_secrets": secrets,
        });
        let added = self.operator.post("/gateway-accounts", &body).await?;
        let id = text(&added, "/gateway_account")?.to_owned();
        Ok((id, text(&added, "/webhook_path")?.to_owned()))
    }

    async fn link(&self, provider: &str, amount: i64) -> Result<Value> {
        let body = json!({
            "account": self.account, "gateway_account": provider, "amount": money(amount),
            "description": "Internet", "return_url": "https://isp.example/paid", "minutes": 60,
        });
        self.operator.post("/payment-links", &body).await
    }

    /// Sends what the provider would send, to one of the APIs; gives the status.
    async fn tell(&self, turn: usize, path: &str, reference: &str) -> Result<u16> {
        let delivery = self
            .sim
            .delivery(reference)
            .context("the provider knows it")?;
        let url = format!("{}{path}", self.bases[turn % self.bases.len()]);
        let request = self.http.post(url).body(delivery.body);
        let headers = delivery.headers.into_iter();
        let request = headers.fold(request, |it, (name, value)| it.header(name, value));
        Ok(request.send().await?.status().as_u16())
    }

    /// What a provider is answered who tells the truth at the right address.
    fn taken(&self) -> u16 {
        if self.listens { 200 } else { 404 }
    }

    /// The money that came: neither what is awaited nor what never came.
    async fn payments(&self) -> Result<Vec<Value>> {
        let path = format!("/payments?status=settled&account={}", self.account);
        self.operator.list(&path).await
    }

    async fn until_paid(&self, link: &str) -> Result<()> {
        let path = format!("/payment-links/{link}");
        let paid = eventually("the link is paid", SOON, async || {
            let link = self.operator.get(&path).await?;
            Ok((link["status"] == "paid").then_some(()))
        });
        paid.await
    }

    async fn strangers_are_turned_away(&self) -> Result<()> {
        let keys = ["sk_test_sim", "whsec_other"];
        let (provider, path) = self.provider("stripe", keys[0], &keys[1..]).await?;
        let link = self.link(&provider, 100_000).await?;
        let reference = page_of(&link)?;
        let answered = self.tell(0, &path, reference).await?;
        ensure!(
            answered == if self.listens { 401 } else { 404 },
            "another secret: {answered}"
        );
        let (front, end) = path.split_at(path.len() - 1);
        let other = if end == "A" { "B" } else { "A" };
        let guessed = format!("{front}{other}");
        ensure!(
            self.tell(0, &guessed, reference).await? == 404,
            "another token"
        );
        let elsewhere = path.replace("/stripe/", "/midtrans/");
        ensure!(
            self.tell(0, &elsewhere, reference).await? == 404,
            "another provider"
        );
        let url = format!("{}{path}", self.bases[0]);
        let huge = self
            .http
            .post(url)
            .body(vec![b' '; 65 * 1024])
            .send()
            .await?;
        let answered = huge.status().as_u16();
        ensure!(
            answered == if self.listens { 413 } else { 404 },
            "too large: {answered}"
        );
        ensure!(
            self.operator.list("/webhooks").await?.is_empty(),
            "nothing is kept"
        );
        let live = json!({
            "gateway": "stripe", "name": "Live", "mode": "live", "method": "card",
            "api_key": "sk_test_sim", "webhook_secrets": ["whsec_sim"],
        });
        let refused = self.operator.try_post("/gateway-accounts", &live).await?;
        refused.problem(422, "refused")?;
        let mut empty = live;
        empty["api_key"] = json!("");
        let refused = self.operator.try_post("/gateway-accounts", &empty).await?;
        refused.invalid("api_key")?;
        self.operator
            .post(
                &format!("/payment-links/{}/cancel", text(&link, "/id")?),
                &json!({}),
            )
            .await?;
        Ok(())
    }

    /// 50 deliveries, ten impatient people, polls, a cashier who types the transaction in, and ten who claim it by its code.
    async fn everybody_tells_at_once(&self, invoice: &Value, product: &Product) -> Result<Paid> {
        let secrets = ["whsec_next", "whsec_sim"];
        let (provider, webhook) = self.provider("stripe", "sk_test_sim", &secrets).await?;
        let total = whole(invoice, "/total/amount_minor")?;
        let link = self.link(&provider, total).await?;
        let (id, reference) = (text(&link, "/id")?, page_of(&link)?);
        ensure!(self.sim.pay(reference), "the customer pays");
        let transaction = reference.replace("cs_test_", "pi_");
        let typed = json!({
            "account": self.account, "amount": money(total), "method": "card", "reference": transaction,
        });
        let refresh = format!("/payment-links/{id}/refresh");
        let nothing = json!({});
        let claim = json!({
            "account": self.account, "method": "card", "reference": transaction,
        });
        // Every link's turn to be asked about has come.
        product.clock().advance(chrono::Duration::minutes(2))?;
        let (told, asked, claimed, typed) = tokio::join!(
            join_all((0..DELIVERIES).map(|turn| self.tell(turn, &webhook, reference))),
            join_all((0..10).map(|_| self.operator.try_post(&refresh, &nothing))),
            join_all((0..10).map(|_| self.operator.try_post("/unmatched-payments/claim", &claim))),
            self.operator.try_post("/payments", &typed),
        );
        for answer in claimed {
            let status = answer?.status;
            // Nobody has told of it yet, or it is this account's.
            ensure!(
                status == 404 || status == 200,
                "a claim was answered {status}"
            );
        }
        for status in told {
            ensure!(status? == self.taken(), "every delivery is taken");
        }
        for answer in asked {
            answer?.ok()?;
        }
        let typed = typed?.status;
        ensure!(
            typed == 201 || typed == 409,
            "the cashier was answered {typed}"
        );
        self.until_paid(id).await?;
        self.messages_are_done().await?;
        let payments = self.payments().await?;
        ensure!(payments.len() == 1, "one payment: {payments:?}");
        ensure!(payments[0]["reference"] == *transaction, "{payments:?}");
        let path = format!("/invoices/{}", text(invoice, "/id")?);
        let invoice = self.operator.get(&path).await?;
        ensure!(invoice["settlement"] == "paid", "{invoice}");
        let paid = payments[0]["allocations"].as_array();
        ensure!(
            paid.is_some_and(|it| it.len() == 1),
            "paid once: {payments:?}"
        );
        Ok(Paid {
            webhook,
            reference: reference.to_owned(),
        })
    }

    async fn messages_are_done(&self) -> Result<()> {
        if !self.listens {
            let kept = self.operator.list("/webhooks").await?;
            ensure!(kept.is_empty(), "nobody listens: {kept:?}");
            return Ok(());
        }
        let done = eventually("the message is done", SOON, async || {
            let done = self.operator.list("/webhooks?status=done").await?;
            Ok((!done.is_empty()).then_some(done))
        });
        ensure!(done.await?.len() == 1, "one event is one message");
        Ok(())
    }

    /// Twenty impatient clicks are one refund; a refund made in the provider's dashboard is read and booked once.
    async fn money_goes_back_through_the_provider(
        &self,
        product: &Product,
        paid: &Paid,
    ) -> Result<()> {
        let payment = self.payments().await?.remove(0);
        let id = text(&payment, "/id")?;
        let path = format!("/payments/{id}/refund");
        let total = whole(&payment, "/amount/amount_minor")?;
        let body = json!({ "amount": money(total - 100), "reason": "moved away" });
        let clicks = (0..20).map(|_| self.operator.try_post(&path, &body));
        let mut taken = 0;
        for answer in join_all(clicks).await {
            match answer?.status {
                202 => taken += 1,
                status => ensure!(status == 422, "the others are above what is left: {status}"),
            }
        }
        ensure!(taken == 1, "{taken} refunds were asked for");
        self.until_returned(id, total - 100).await?;

        let (webhook, reference) = (&paid.webhook, paid.reference.as_str());
        ensure!(self.sim.refund(reference, 100), "the dashboard gives back");
        let answered = self.tell(0, webhook, reference).await?;
        ensure!(answered == self.taken(), "told: {answered}");
        if !self.listens {
            // Money that came is asked about again after a day.
            product.clock().advance(chrono::Duration::hours(25))?;
        }
        self.until_returned(id, total).await
    }

    async fn until_returned(&self, payment: &str, minor: i64) -> Result<()> {
        let path = format!("/payments/{payment}");
        let returned = eventually("the money went back", SOON, async || {
            let payment = self.operator.get(&path).await?;
            let returned = whole(&payment, "/returned/amount_minor")?;
            ensure!(returned <= minor, "too much went back: {payment}");
            Ok((returned == minor).then_some(()))
        });
        returned.await
    }

    /// No message ever arrives: many small providers have no public address.
    async fn polling_finds_what_nobody_told(
        &self,
        product: &Product,
        invoice: &Value,
    ) -> Result<()> {
        let (provider, _) = self.provider("midtrans", "SB-Mid-server-sim", &[]).await?;
        let link = self.link(&provider, 5_000_000).await?;
        let id = text(&link, "/id")?;
        ensure!(self.sim.begin(id) && self.sim.pay(id), "the customer pays");
        product.clock().advance(chrono::Duration::minutes(6))?;
        self.until_paid(id).await?;
        let payments = self.payments().await?;
        ensure!(payments.len() == 2, "{payments:?}");
        let late = payments.iter().find(|it| it["id"] == *id);
        let late = late.context("the payment has the link's id")?;
        ensure!(whole(late, "/amount/amount_minor")? == 5_000_000, "{late}");
        // What the refunds have opened again is paid by it, the rest is credit.
        let opened = whole(invoice, "/total/amount_minor")?;
        ensure!(
            whole(late, "/unallocated/amount_minor")? == 5_000_000 - opened,
            "the rest is credit: {late}"
        );
        Ok(())
    }
}

/// The simulated provider's name for a link: the end of its page.
fn page_of(link: &Value) -> Result<&str> {
    let url = text(link, "/pay_url")?;
    url.rsplit('/').next().context("a page has a name")
}
