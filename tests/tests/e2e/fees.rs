//! What being late and coming back cost: from the step to the bill, from the bill to the payment, and let off on the way.

use anyhow::{Context, Result, ensure};
use e2e::{Operator, Product, Routers, Shape, eventually, money, text, until, whole};
use reqwest::Method;
use serde_json::{Value, json};

use crate::running;
use crate::shop::Shop;
use crate::story::SOON;

const LOGIN: &str = "siti.9";
/// What the customer is charged for being late, in sen: first and second.
const LATE: [i64; 2] = [5_000_000, 6_000_000];
/// What coming back costs.
const RECONNECTION: i64 = 7_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn fees_on_sqlite() {
    story(Shape::Sqlite).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_on_postgres() {
    story(Shape::POSTGRES).await.unwrap();
}

struct Stage<'a> {
    product: &'a Product,
    operator: &'a Operator,
    routers: &'a Routers,
    account: String,
}

async fn story(shape: Shape) -> Result<()> {
    let mut product = running(shape).await?;
    let told = tell(&product).await;
    told.with_context(|| product.last_words())?;
    product.stop().await
}

async fn tell(product: &Product) -> Result<()> {
    let (operator, routers) = (product.admin().await?, Routers::start().await?);
    let shop = Shop::open(&operator, &routers).await?;
    let sold = shop.subscribe(&operator, "Siti", LOGIN, &shop.router_a);
    let (customer, _) = sold.await?;
    let accounts = format!("/accounts?customer={customer}");
    let accounts = operator.list(&accounts).await?;
    let account = accounts.first().context("the sale opens an account")?;
    let stage = Stage {
        product,
        operator: &operator,
        routers: &routers,
        account: text(account, "/id")?.to_owned(),
    };
    stage.agrees_what_it_costs().await.context("a procedure")?;
    stage.is_late().await.context("being late")?;
    stage.is_let_off().await.context("letting off")?;
    stage.comes_back().await.context("coming back")?;
    Ok(())
}

impl Stage<'_> {
    /// Two fees for being late, and one for coming back.
    async fn agrees_what_it_costs(&self) -> Result<()> {
        let week = [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        let own = json!({
            "grace_days": 3,
            "tolerance_minor": 0,
            "steps": [
                { "day": 1, "kind": "reminder" },
                { "day": 4, "kind": "fee", "fee_minor": LATE[0] },
                { "day": 6, "kind": "fee", "fee_minor": LATE[1] },
                { "day": 8, "kind": "suspension" },
            ],
            "window": { "weekdays": week, "from_hour": 0, "to_hour": 24, "holidays": [] },
            "promise": { "days": 14, "times": 1 },
            "reconnection_fee_minor": RECONNECTION,
            "most_cut_percent": null,
        });
        let path = self.path("dunning");
        let treated = self.operator.ask(Method::PUT, &path, Some(&own), None);
        let treated = treated.await?.ok()?;
        ensure!(treated["level"] == "clear", "{treated}");
        // The days up to the bill day, due on the 15th.
        self.bill().await
    }

    /// Four days late: charged, and on the next bill, once however often that is asked for.
    async fn is_late(&self) -> Result<()> {
        self.product.clock().move_to((2027, 3, 15, 10))?;
        let month = eventually("the month's bill", SOON, async || {
            Ok((self.invoices().await?.len() == 2).then_some(()))
        });
        month.await?;
        self.product.clock().move_to((2027, 3, 19, 10))?;
        let charged = self.until_charged(1).await?;
        ensure!(charged["reason"] == "late_fee", "{charged}");
        ensure!(charged["amount"] == money(LATE[0]), "{charged}");
        ensure!(charged["invoice"].is_null(), "{charged}");
        let fee = self.is_billed_once("late_fee", LATE[0]).await?;
        let charged = self.until_charged(1).await?;
        ensure!(charged["invoice"] == fee["id"], "{charged}");
        Ok(())
    }

    /// What is on a bill is credited, not let off; what is on none yet never will be.
    async fn is_let_off(&self) -> Result<()> {
        let first = self.until_charged(1).await?;
        let refused = self.waive(&first, "the line was down").await?;
        ensure!(refused.status == 409, "{refused:?}");
        self.product.clock().move_to((2027, 3, 21, 10))?;
        let second = self.until_charged(2).await?;
        ensure!(second["amount"] == money(LATE[1]), "{second}");
        for _ in 0..2 {
            let done = self.waive(&second, "the line was down").await?.ok()?;
            let waived = charge(&done, &second)?;
            ensure!(waived["waived"] == "the line was down", "{waived}");
        }
        let other = self.waive(&second, "a good customer").await?;
        ensure!(other.status == 409, "another reason: {other:?}");
        let before = self.invoices().await?.len();
        self.bill().await?;
        ensure!(self.invoices().await?.len() == before, "nobody pays it");
        Ok(())
    }

    /// Cut off on the eighth day; whoever pays everything is back at once, and what that costs is on the next bill.
    async fn comes_back(&self) -> Result<()> {
        self.product.clock().move_to((2027, 3, 23, 10))?;
        until("the suspension", SOON, || self.is_disabled("true")).await?;
        let due = self.operator.get(&self.path("")).await?;
        self.pays(whole(&due, "/due/amount_minor")?, "all").await?;
        until("access", SOON, || self.is_disabled("false")).await?;
        let charged = self.until_charged(3).await?;
        ensure!(charged["reason"] == "reconnection", "{charged}");
        let fee = self.is_billed_once("reconnection", RECONNECTION).await?;
        self.pays(RECONNECTION, "reconnection").await?;
        let paid = format!("/invoices/{}", text(&fee, "/id")?);
        let paid = self.operator.get(&paid).await?;
        ensure!(paid["settlement"] == "paid", "{paid}");
        let nothing = self.operator.get(&self.path("")).await?;
        ensure!(nothing["due"] == money(0), "{nothing}");
        ensure!(nothing["level"] == "clear", "{nothing}");
        let all = self.charges().await?;
        ensure!(all.len() == 3, "nothing is charged twice: {all:?}");
        Ok(())
    }

    /// The one invoice with this fee, which carries nothing else.
    async fn is_billed_once(&self, kind: &str, amount: i64) -> Result<Value> {
        for _ in 0..2 {
            self.bill().await?;
        }
        let has_it = |it: &Value| {
            let fees = it["fees"].as_array();
            fees.is_some_and(|it| it.iter().any(|fee| fee["kind"] == *kind))
        };
        let mut carrying = self.invoices().await?;
        carrying.retain(has_it);
        ensure!(carrying.len() == 1, "{carrying:?}");
        let invoice = carrying.remove(0);
        ensure!(invoice["fees"][0]["amount"] == money(amount), "{invoice}");
        ensure!(invoice["total"] == money(amount), "{invoice}");
        Ok(invoice)
    }

    fn path(&self, what: &str) -> String {
        let path = format!("/accounts/{}/{what}", self.account);
        path.trim_end_matches('/').to_owned()
    }

    async fn bill(&self) -> Result<()> {
        let billed = self.operator.post(&self.path("bill"), &json!({})).await;
        billed.map(drop)
    }

    async fn invoices(&self) -> Result<Vec<Value>> {
        let path = format!("/invoices?account={}", self.account);
        self.operator.list(&path).await
    }

    async fn charges(&self) -> Result<Vec<Value>> {
        let done = self.operator.get(&self.path("dunning")).await?;
        let charges = done["charges"].as_array().cloned();
        charges.context("there are charges")
    }

    /// So many charges by now; gives the newest.
    async fn until_charged(&self, count: usize) -> Result<Value> {
        let charges = eventually("the charge", SOON, async || {
            let charges = self.charges().await?;
            Ok((charges.len() == count).then_some(charges))
        });
        charges.await?.into_iter().next().context("the newest")
    }

    async fn waive(&self, fee: &Value, reason: &str) -> Result<e2e::Answer> {
        let body = json!({ "debt": fee["debt"], "step": fee["step"], "reason": reason });
        let path = self.path("dunning/waive-fee");
        self.operator
            .ask(Method::POST, &path, Some(&body), None)
            .await
    }

    async fn pays(&self, minor: i64, key: &str) -> Result<()> {
        let body = json!({
            "account": self.account, "amount": money(minor), "method": "cash",
            "reference": format!("kas-{key}"),
        });
        self.operator.post("/payments", &body).await.map(drop)
    }

    fn is_disabled(&self, word: &str) -> bool {
        let secret = self.routers.a.row("/ppp/secret", "name", LOGIN);
        secret.is_some_and(|it| it.get("disabled").is_some_and(|it| it == word))
    }
}

/// The same charge among all.
fn charge<'a>(done: &'a Value, wanted: &Value) -> Result<&'a Value> {
    let charges = done["charges"].as_array().context("there are charges")?;
    let same = |it: &&Value| it["debt"] == wanted["debt"] && it["step"] == wanted["step"];
    charges.iter().find(same).context("it is there")
}
