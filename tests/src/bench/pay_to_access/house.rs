//! The product's shipped programs, a simulated provider and the simulated router whose customers owe.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use gateway_sim::{Delivery, GatewaySim, SimSettings};
use routeros_sim::{SimConfig, Simulator};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::Size;
use super::customers::{Customer, Cut, PASSWORD};
use crate::answer::{money, text};
use crate::bench::router_apply::COMMAND;
use crate::bench::simulated_routers::Routers;
use crate::bench::storage::{self, Pool};
use crate::database::ServerDatabase;
use crate::eventually::eventually;
use crate::operator::{Operator, Patience};
use crate::product::{Product, Programs, Shape};
use crate::sabotage::Sabotage;

/// The variables that name server and programs; `cargo xtask bench` sets them.
const SERVER: &str = "BENCH_DATABASE_URL";
const API: &str = "BENCH_API_PROGRAM";
const WORKER: &str = "BENCH_WORKER_PROGRAM";

/// How often debts are looked at: often while customers are cut off, at the shipped pace while they pay.
const DUNNING: &str = "SWEEPS__EVALUATE_OVERDUE_S";
const SHIPPED: &str = "900";

/// How long setting up may take in each of its parts.
const SET_UP: Duration = Duration::from_secs(240);
/// Days to pay, as every installation here is founded.
const TERMS_DAYS: i32 = 5;
/// Customers that are registered at a time.
const AT_ONCE: usize = 8;
/// The speed of the plan, as a session shows it.
const SPEED: &str = "2M/10M";
/// The profile of the plan on the router.
const PROFILE: &str = "wb-home-10";

/// Everything that runs.
pub(super) struct House {
    product: Product,
    pub(super) operator: Operator,
    pub(super) pool: PgPool,
    pub(super) tenant: Uuid,
    provider: GatewaySim,
    http: reqwest::Client,
    /// Where the provider sends its messages.
    webhook: String,
    pub(super) gateway_account: String,
    /// The router of the customers who pay, in this process so that what happens on it is seen at once.
    pub(super) router: Simulator,
    pub(super) router_id: String,
    pub(super) plan: String,
    /// The ids of the routers that the other jobs are about.
    pub(super) others: Vec<String>,
    _others: Routers,
    _database: ServerDatabase,
    _folder: tempfile::TempDir,
}

/// The shipped programs live by the real clock, and so does whoever they pay at.
#[expect(clippy::disallowed_methods, reason = "the provider owns its clock")]
fn now_s() -> i64 {
    chrono::Utc::now().timestamp()
}

impl House {
    /// Starts everything, with nobody to serve yet.
    pub(super) async fn open(size: Size) -> Result<Self> {
        let database = ServerDatabase::create_on(&variable(SERVER)?).await?;
        let folder = tempfile::tempdir()?;
        let provider = GatewaySim::start(SimSettings::for_tests(), now_s).await?;
        let programs = Programs {
            api: PathBuf::from(variable(API)?),
            worker: PathBuf::from(variable(WORKER)?),
        };
        let mut product = Product::install_on(programs, Shape::POSTGRES, database.url())?
            .at_the_shipped_pace()
            .with("PAYMENTS__ALLOW_TEST_ACCOUNTS", "true")
            .with(
                "PAYMENTS__STRIPE_URL",
                &format!("http://{}", provider.address()),
            )
            .with(DUNNING, "1");
        product.start(&Sabotage::default()).await?;
        let operator = product.operator(Patience::NONE).await?;
        let Pool::Postgres(pool) = storage::open(&database.url()).await? else {
            anyhow::bail!("only PostgreSQL is measured");
        };
        let tenant = sqlx::query_scalar("SELECT DISTINCT tenant_id FROM legal_entities");
        let tenant = tenant.fetch_one(&pool).await?;
        let (gateway_account, path) = connect_provider(&operator).await?;
        let mut config = SimConfig::new("tower");
        config.per_command_delay = COMMAND;
        let router = Simulator::start(config).await?;
        let router_id = enrol(&operator, "tower", router.addr().port()).await?;
        let running = Routers::start(size.routers, COMMAND, folder.path()).await?;
        let mut others = Vec::new();
        for (number, remote) in running.all.iter().enumerate() {
            others.push(enrol(&operator, &format!("other-{number}"), remote.api).await?);
        }
        Ok(Self {
            webhook: format!("{}{path}", product.base_urls()[0]),
            plan: plan(&operator).await?,
            product,
            operator,
            pool,
            tenant,
            provider,
            http: reqwest::Client::new(),
            gateway_account,
            router,
            router_id,
            others,
            _others: running,
            _database: database,
            _folder: folder,
        })
    }

    /// Has so many of both kinds registered, billed and cut off for debt, by the product's own sweep.
    pub(super) async fn cut_off(&mut self, counts: [u32; 2]) -> Result<[Vec<Customer>; 2]> {
        let suspended = self.all_of(Cut::Suspended, counts[0]).await?;
        let restricted = self.all_of(Cut::Restricted, counts[1]).await?;
        let everybody: Vec<&Customer> = suspended.iter().chain(&restricted).collect();
        self.until("every login", &everybody, |row| row.contains_key("profile"))
            .await?;
        for customers in [&suspended, &restricted] {
            self.grow_old(customers).await?;
        }
        let all: Vec<&Customer> = suspended.iter().collect();
        self.until("the suspensions", &all, is_disabled).await?;
        let all: Vec<&Customer> = restricted.iter().collect();
        self.until("the restrictions", &all, |row| {
            !is_disabled(row) && !has_plan(row)
        })
        .await?;
        for customer in &restricted {
            self.dial(customer)?;
        }
        self.product.stop().await?;
        self.product.set(DUNNING, SHIPPED);
        self.product.start(&Sabotage::default()).await?;
        Ok([suspended, restricted])
    }

    async fn all_of(&self, cut: Cut, count: u32) -> Result<Vec<Customer>> {
        let all =
            (0..count).map(|it| async move { self.invite(self.welcome(cut, it).await?).await });
        stream::iter(all).buffered(AT_ONCE).try_collect().await
    }

    /// As if nobody had paid or looked for a while.
    async fn grow_old(&self, customers: &[Customer]) -> Result<()> {
        let Some(first) = customers.first() else {
            return Ok(());
        };
        let accounts: Vec<Uuid> = customers.iter().map(|it| it.account.uuid()).collect();
        let days = TERMS_DAYS + first.cut.overdue_days();
        let aged = sqlx::query(OLD_INVOICES).bind(&accounts).bind(days);
        let aged = aged.execute(&self.pool).await?.rows_affected();
        ensure!(
            aged == u64::try_from(customers.len())?,
            "{aged} bills are old"
        );
        sqlx::query(DUE_ACCOUNTS)
            .bind(&accounts)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn until(
        &self,
        what: &str,
        customers: &[&Customer],
        is_so: impl Fn(&BTreeMap<String, String>) -> bool,
    ) -> Result<()> {
        let all = eventually(what, SET_UP, async || {
            let so = customers
                .iter()
                .all(|it| self.secret(it).is_some_and(|row| is_so(&row)));
            Ok(so.then_some(()))
        });
        all.await
    }

    fn secret(&self, customer: &Customer) -> Option<BTreeMap<String, String>> {
        self.router.row("/ppp/secret", "name", &customer.login)
    }

    fn dial(&self, customer: &Customer) -> Result<Option<String>> {
        let mac = format!("modem-{}", customer.login);
        Ok(self
            .router
            .ppp_dial(&customer.login, PASSWORD, &mac)?
            .rate_limit)
    }

    /// The customer pays, and the provider tells of it: how long until there is a session at the plan's speed.
    pub(super) async fn pays(&self, customer: &Customer) -> Result<Duration> {
        ensure!(self.provider.pay(&customer.page), "the page is open");
        let told = self.provider.delivery(&customer.page);
        let told = told.context("the provider knows the page")?;
        let mut changes = self.router.changes();
        let begun = Instant::now();
        let (status, back) = tokio::join!(self.tell(told), async {
            self.until_back(customer, &mut changes).await?;
            Ok::<_, anyhow::Error>(begun.elapsed())
        });
        ensure!(status? == 200, "the message is taken");
        back
    }

    /// Dials in as soon as the router lets the customer: whatever happens there is heard at once.
    async fn until_back(
        &self,
        customer: &Customer,
        changes: &mut broadcast::Receiver<routeros_sim::Change>,
    ) -> Result<()> {
        while !self.may_dial(customer) {
            match changes.recv().await {
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => anyhow::bail!("the router is gone"),
            }
        }
        let speed = self.dial(customer)?;
        ensure!(
            speed.as_deref() == Some(SPEED),
            "{}: {speed:?}",
            customer.login
        );
        Ok(())
    }

    /// Enabled, with the plan's profile, and not online with another any more.
    fn may_dial(&self, customer: &Customer) -> bool {
        let secret = self.secret(customer);
        secret.is_some_and(|row| !is_disabled(&row) && has_plan(&row))
            && self
                .router
                .row("/ppp/active", "name", &customer.login)
                .is_none()
    }

    async fn tell(&self, message: Delivery) -> Result<u16> {
        let request = self.http.post(&self.webhook).body(message.body);
        let headers = message.headers.into_iter();
        let request = headers.fold(request, |it, (name, value)| it.header(name, value));
        Ok(request.send().await?.status().as_u16())
    }

    /// What the processes have said.
    pub(super) fn last_words(&self) -> String {
        self.product.last_words()
    }

    /// Stops everything, and requires that it ends well.
    pub(super) async fn close(mut self) -> Result<()> {
        self.product.stop().await?;
        self.pool.close().await;
        Ok(())
    }
}

fn is_disabled(row: &BTreeMap<String, String>) -> bool {
    row.get("disabled").is_some_and(|it| it == "true")
}

fn has_plan(row: &BTreeMap<String, String>) -> bool {
    row.get("profile").is_some_and(|it| it == PROFILE)
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set: run `cargo xtask bench`"))
}

async fn connect_provider(operator: &Operator) -> Result<(String, String)> {
    let body = json!({
        "gateway": "stripe", "name": "Stripe", "mode": "test", "method": "card",
        "api_key": "sk_test_sim", "webhook_secrets": ["whsec_sim"],
    });
    let added = operator.post("/gateway-accounts", &body).await?;
    let id = text(&added, "/gateway_account")?.to_owned();
    Ok((id, text(&added, "/webhook_path")?.to_owned()))
}

async fn enrol(operator: &Operator, name: &str, port: u16) -> Result<String> {
    let body = json!({
        "name": name, "host": "127.0.0.1", "port": port, "transport": "plain",
        "username": "admin", "password": "password",
    });
    create(operator, "/routers", &body).await
}

async fn plan(operator: &Operator) -> Result<String> {
    let rate = json!({ "up_bps": 2_000_000, "down_bps": 10_000_000 });
    let terms = json!({ "rate": rate, "pool": "pppoe-pool" });
    let body = json!({ "name": "home-10", "service": "pppoe", "terms": terms });
    let profile = create(operator, "/service-profiles", &body).await?;
    let body = json!({
        "name": "Home 10", "price": money(15_000_000),
        "interval": { "unit": "months", "count": 1 },
        "service_profile": profile, "sold_as": "subscription",
    });
    create(operator, "/plans", &body).await
}

async fn create(operator: &Operator, path: &str, body: &Value) -> Result<String> {
    let created = operator.post(path, body).await?;
    Ok(text(&created, "/id")?.to_owned())
}

const OLD_INVOICES: &str = "UPDATE invoices SET issued_on = issued_on - $2, due_on = due_on - $2 WHERE account_id = ANY($1)";

const DUE_ACCOUNTS: &str =
    "UPDATE accounts SET look_at = now() - interval '1 hour' WHERE id = ANY($1)";
