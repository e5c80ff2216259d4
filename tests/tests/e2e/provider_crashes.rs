//! A customer who was cut off pays through a provider while the worker is killed, at every named point of that path and at
//! seeded ones: the money is booked once, access comes back, and what was paid too much goes back once.
//!
//! On PostgreSQL the worker is a process of its own; on SQLite it lives in the API's process, which dies with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{
    MovedClock, Operator, Patience, Product, Routers, Sabotage, Shape, differences, eventually,
    money, projection, seeded_points, text, until, whole,
};
use gateway_sim::{GatewaySim, SimSettings};
use serde_json::{Value, json};

use crate::programs;
use crate::shop::Shop;

/// The points of this path, which the long story has nothing to do with.
pub(crate) const POINTS: [&str; 2] = ["settle_webhook.settled", "refund_at_provider.asked"];

/// Any number; another one kills at other points.
const SEED: u64 = 20_261_122;
/// Points killed at, over both storages.
const SEEDED: usize = 50;
/// How many tests share them, half of them on each storage.
const SHARES: usize = 10;
/// What a killed worker leaves undone is taken up after its lease of five seconds.
const SOON: Duration = Duration::from_secs(90);
/// What is paid too much, and given back.
const TOO_MUCH: i64 = 100_000;

const LOGIN: &str = "siti.42";

/// What a story leaves behind.
struct Told {
    left: Value,
    /// How many points had been reached before the customer paid, and in all.
    points: (usize, usize),
}

struct Stage<'a> {
    operator: &'a Operator,
    routers: &'a Routers,
    sim: &'a GatewaySim,
    base: String,
    log: &'a Path,
    clock: &'a MovedClock,
    /// Whether the product listens to what the provider tells.
    listens: bool,
}

/// How many points were reached.
fn reached(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Tells the story once, with dead processes started again, until the place of death was passed.
async fn run(shape: Shape, listens: bool, kill_at: Option<(&str, usize)>) -> Result<Told> {
    let folder = tempfile::tempdir()?;
    let log: PathBuf = folder.path().join("points");
    let sabotage = Sabotage {
        kill_at: kill_at.map(|(point, nth)| format!("{point}:{nth}")),
        log: Some(log.clone()),
    };
    let product = Product::install(programs(), shape).await?;
    let clock = product.clock().clone();
    let now_s = move || clock.now().map_or(0, |it| it.timestamp());
    let sim = GatewaySim::start(SimSettings::for_tests(), now_s).await?;
    let mut product = product
        .with("PAYMENTS__ALLOW_TEST_ACCOUNTS", "true")
        .with("PAYMENTS__WEBHOOKS", if listens { "true" } else { "false" })
        .with("PAYMENTS__STRIPE_URL", &format!("http://{}", sim.address()))
        .with("SWEEPS__POLL_PAYMENT_LINKS_S", "1");
    product.start(&sabotage).await?;
    let routers = Routers::start().await?;
    let operator = product.operator(Patience::LONG).await?;
    let clock = product.clock().clone();
    let base = product.base_urls().remove(0);
    let stage = Stage {
        operator: &operator,
        routers: &routers,
        sim: &sim,
        base,
        log: &log,
        clock: &clock,
        listens,
    };
    let told = async {
        let account = stage.is_cut_off().await.context("cut off")?;
        let before = reached(&log).len();
        stage.pays(&account).await.context("paying")?;
        let payment = stage.comes_back(&account).await.context("back")?;
        stage.is_refunded(&payment).await.context("refunded")?;
        let after = reached(&log).len();
        if let Some((point, nth)) = kill_at {
            stage.has_died(point, nth).await?;
        }
        let payment = stage.comes_back(&account).await.context("still back")?;
        stage.is_refunded(&payment).await.context("refunded once")?;
        Ok::<_, anyhow::Error>(Told {
            left: projection(&operator, &routers).await?,
            points: (before, after),
        })
    };
    let told = tokio::select! {
        told = told => told,
        never = product.keep_alive() => match never? {},
    };
    let told = told.with_context(|| product.last_words())?;
    let deaths = usize::from(kill_at.is_some());
    ensure!(
        product.deaths() == deaths,
        "it died {} times",
        product.deaths()
    );
    Ok(told)
}

impl Stage<'_> {
    fn secret_is(&self, disabled: &str) -> bool {
        let secret = self.routers.a.row("/ppp/secret", "name", LOGIN);
        let state = secret.and_then(|it| it.get("disabled").cloned());
        state.is_some_and(|it| it == disabled)
    }

    /// A customer who has not paid the first bill for two weeks; gives the account.
    async fn is_cut_off(&self) -> Result<String> {
        let shop = Shop::open(self.operator, self.routers).await?;
        let sold = shop.subscribe(self.operator, "Siti", LOGIN, &shop.router_a);
        let (customer, _) = sold.await?;
        let accounts = format!("/accounts?customer={customer}");
        let accounts = self.operator.list(&accounts).await?;
        let account = accounts.first().context("the sale opens an account")?;
        let account = text(account, "/id")?.to_owned();
        until("the login", SOON, || self.secret_is("false")).await?;
        let bill = format!("/accounts/{account}/bill");
        self.operator.post(&bill, &json!({})).await?;
        self.clock.move_to((2027, 3, 28, 10))?;
        until("the suspension", SOON, || self.secret_is("true")).await?;
        // Everything that is due by then is billed.
        let invoices = format!("/invoices?account={account}");
        let billed = eventually("both bills", SOON, async || {
            let invoices = self.operator.list(&invoices).await?;
            Ok((invoices.len() == 2).then_some(()))
        });
        billed.await?;
        Ok(account)
    }

    /// Pays a little more than is due, through the provider, which tells of it or is asked.
    async fn pays(&self, account: &str) -> Result<()> {
        let keys = json!({
            "gateway": "stripe", "name": "Stripe", "mode": "test", "method": "card",
            "api_key": "sk_test_sim", "webhook_secrets": ["whsec_sim"],
        });
        let added = self.gateway_account(&keys).await?;
        let due = self.operator.get(&format!("/accounts/{account}")).await?;
        let due = whole(&due, "/due/amount_minor")?;
        let body = json!({
            "account": account, "gateway_account": added.0, "amount": money(due + TOO_MUCH),
            "description": "Internet", "return_url": "https://isp.example/paid", "minutes": 60,
        });
        let link = self
            .operator
            .post_once("/payment-links", &body, "link")
            .await?
            .ok()?;
        let refresh = format!("/payment-links/{}/refresh", text(&link, "/id")?);
        let page = eventually("the page", SOON, async || {
            let link = self.operator.post(&refresh, &json!({})).await?;
            Ok(link["pay_url"].as_str().map(str::to_owned))
        });
        let page = page.await?;
        let reference = page.rsplit('/').next().context("a page has a name")?;
        ensure!(self.sim.pay(reference), "the customer pays");
        if self.listens {
            return self.tell(&added.1, reference).await;
        }
        // An open link is asked about every five minutes.
        self.clock.advance(chrono::Duration::minutes(6))
    }

    /// The process may die before it answers: then the account is there, and its webhook gets another address.
    async fn gateway_account(&self, keys: &Value) -> Result<(String, String)> {
        let added = self.operator.try_post("/gateway-accounts", keys).await;
        if let Ok(added) = added
            && let Ok(added) = added.ok()
        {
            let id = text(&added, "/gateway_account")?.to_owned();
            return Ok((id, text(&added, "/webhook_path")?.to_owned()));
        }
        let known = self.operator.list("/gateway-accounts").await?;
        let Some(known) = known.first() else {
            let added = self.operator.post("/gateway-accounts", keys).await?;
            let id = text(&added, "/gateway_account")?.to_owned();
            return Ok((id, text(&added, "/webhook_path")?.to_owned()));
        };
        let id = text(known, "/id")?.to_owned();
        let renew = format!("/gateway-accounts/{id}/replace-webhook-address");
        let renewed = self.operator.post(&renew, &json!({})).await?;
        Ok((id, text(&renewed, "/webhook_path")?.to_owned()))
    }

    /// Providers repeat themselves until somebody answers.
    async fn tell(&self, path: &str, reference: &str) -> Result<()> {
        let http = reqwest::Client::new();
        let told = eventually("the message is taken", SOON, async || {
            let delivery = self.sim.delivery(reference).context("it is known")?;
            let request = http.post(format!("{}{path}", self.base));
            let request = request.body(delivery.body).timeout(Duration::from_secs(5));
            let headers = delivery.headers.into_iter();
            let request = headers.fold(request, |it, (name, value)| it.header(name, value));
            let taken = request
                .send()
                .await
                .is_ok_and(|it| it.status().is_success());
            Ok(taken.then_some(()))
        });
        told.await
    }

    /// The sweeps pass points for ever, so that every place of death comes.
    async fn has_died(&self, point: &str, nth: usize) -> Result<()> {
        until("the place of death", SOON, || {
            let all = reached(self.log);
            all.iter()
                .filter(|it| point == "any" || *it == point)
                .count()
                >= nth
        })
        .await
    }

    /// The money is booked once, and the customer is back; gives the payment.
    async fn comes_back(&self, account: &str) -> Result<String> {
        until("access", SOON, || self.secret_is("false")).await?;
        let settled = format!("/payments?status=settled&account={account}");
        let payments = eventually("the money", SOON, async || {
            let payments = self.operator.list(&settled).await?;
            Ok((!payments.is_empty()).then_some(payments))
        });
        let payments = payments.await?;
        ensure!(payments.len() == 1, "it is booked once: {payments:?}");
        let account = self.operator.get(&format!("/accounts/{account}")).await?;
        ensure!(account["due"] == money(0), "everything is paid: {account}");
        Ok(text(&payments[0], "/id")?.to_owned())
    }

    /// What was too much goes back through the provider, once however often it is asked for.
    async fn is_refunded(&self, payment: &str) -> Result<()> {
        let path = format!("/payments/{payment}/refund");
        let body = json!({ "amount": money(TOO_MUCH), "reason": "paid too much" });
        self.operator
            .post_once(&path, &body, "refund")
            .await?
            .ok()?;
        let path = format!("/payments/{payment}");
        let back = eventually("the refund", SOON, async || {
            let payment = self.operator.get(&path).await?;
            Ok((payment["returned"] == money(TOO_MUCH)).then_some(()))
        });
        back.await?;
        let refunds = self.operator.list("/provider-refunds").await?;
        ensure!(refunds.len() == 1, "{refunds:?}");
        Ok(())
    }
}

/// The undisturbed story, and then one for each place of death.
async fn same_after(
    shape: Shape,
    listens: bool,
    places: impl FnOnce(&Told) -> Vec<(&'static str, usize)>,
) -> Result<()> {
    let undisturbed = run(shape, listens, None).await.context("undisturbed")?;
    for place in places(&undisturbed) {
        let told = run(shape, listens, Some(place)).await;
        let told = told.with_context(|| format!("killed at {place:?}"))?;
        let differences = differences(&undisturbed.left, &told.left);
        ensure!(
            differences.is_empty(),
            "killed at {place:?}: {}",
            differences.join("\n")
        );
    }
    Ok(())
}

/// Seeded points from the payment to the refund.
fn points(told: &Told, count: usize) -> impl Iterator<Item = (&'static str, usize)> + use<> {
    let (before, after) = told.points;
    let path = u64::try_from(after.saturating_sub(before)).unwrap_or(u64::MAX);
    let points = seeded_points(SEED, count, path.max(1)).into_iter();
    let points = points.filter_map(|it| usize::try_from(it).ok());
    points.map(move |it| ("any", before + it))
}

/// A share of them.
async fn seeded(shape: Shape, share: usize) -> Result<()> {
    let places = |told: &Told| {
        let all = points(told, SEEDED);
        all.skip(share).step_by(SHARES).collect()
    };
    same_after(shape, true, places).await
}

/// Where nobody tells: two of them, and the place where the refund is asked for.
async fn unheard(shape: Shape) -> Result<()> {
    let places = |told: &Told| {
        let refund = ("refund_at_provider.asked", 1);
        points(told, 2).chain([refund]).collect()
    };
    same_after(shape, false, places).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_while_nobody_tells_changes_nothing() {
    unheard(Shape::POSTGRES).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_worker_killed_while_nobody_tells_changes_nothing() {
    unheard(Shape::Sqlite).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_the_named_points_of_a_payment_changes_nothing() {
    let places = |_: &Told| POINTS.map(|it| (it, 1)).to_vec();
    same_after(Shape::POSTGRES, true, places).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_worker_killed_at_the_named_points_of_a_payment_changes_nothing() {
    let places = |_: &Told| POINTS.map(|it| (it, 1)).to_vec();
    same_after(Shape::Sqlite, true, places).await.unwrap();
}

macro_rules! shares {
    ($($name:ident = $shape:expr, $share:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            seeded($shape, $share).await.unwrap();
        }
    )*};
}

shares! {
    a_worker_killed_while_a_payment_comes_changes_nothing_first_share = Shape::POSTGRES, 0;
    a_worker_killed_while_a_payment_comes_changes_nothing_second_share = Shape::POSTGRES, 1;
    a_worker_killed_while_a_payment_comes_changes_nothing_third_share = Shape::POSTGRES, 2;
    a_worker_killed_while_a_payment_comes_changes_nothing_fourth_share = Shape::POSTGRES, 3;
    a_worker_killed_while_a_payment_comes_changes_nothing_last_share = Shape::POSTGRES, 4;
    an_embedded_worker_killed_while_a_payment_comes_changes_nothing_first_share = Shape::Sqlite, 5;
    an_embedded_worker_killed_while_a_payment_comes_changes_nothing_second_share = Shape::Sqlite, 6;
    an_embedded_worker_killed_while_a_payment_comes_changes_nothing_third_share = Shape::Sqlite, 7;
    an_embedded_worker_killed_while_a_payment_comes_changes_nothing_fourth_share = Shape::Sqlite, 8;
    an_embedded_worker_killed_while_a_payment_comes_changes_nothing_last_share = Shape::Sqlite, 9;
}
