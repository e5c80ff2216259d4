//! What a provider sells in the stories, and where.

use anyhow::Result;
use e2e::{Operator, Routers, money, text};
use serde_json::{Value, json};

/// Rupiah per month in sen.
pub(crate) const HOME_10: i64 = 15_000_000;
pub(crate) const HOME_20: i64 = 25_000_000;

/// The ids of everything that must be there before something can be sold.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) router_a: String,
    pub(crate) router_b: String,
    /// PPPoE, 10 Mbit/s down.
    pub(crate) home_10: String,
    /// PPPoE, 20 Mbit/s down.
    pub(crate) home_20: String,
    /// Hotspot, sold as vouchers.
    pub(crate) pass: String,
}

impl Shop {
    /// Sets up two routers, three profiles and three plans.
    pub(crate) async fn open(operator: &Operator, routers: &Routers) -> Result<Self> {
        let router_a = Routers::enrolment("tower-a", &routers.a);
        let router_a = create(operator, "/routers", &router_a).await?;
        let router_b = Routers::enrolment("tower-b", &routers.b);
        let router_b = create(operator, "/routers", &router_b).await?;
        Self::stocked(operator, router_a, router_b).await
    }

    /// Sets up three profiles and three plans, for routers that are enrolled already.
    pub(crate) async fn stocked(
        operator: &Operator,
        router_a: String,
        router_b: String,
    ) -> Result<Self> {
        let slow = create(operator, "/service-profiles", &pppoe("home-10", 10_000_000)).await?;
        let fast = create(operator, "/service-profiles", &pppoe("home-20", 20_000_000)).await?;
        let pass = create(operator, "/service-profiles", &hotspot("pass")).await?;
        let home_10 = monthly("Home 10", HOME_10, &slow);
        let home_20 = monthly("Home 20", HOME_20, &fast);
        let pass = voucher_plan("Pass", 500_000, &pass);
        Ok(Self {
            home_10: create(operator, "/plans", &home_10).await?,
            home_20: create(operator, "/plans", &home_20).await?,
            pass: create(operator, "/plans", &pass).await?,
            router_a,
            router_b,
        })
    }

    /// A customer with a subscription on a router; gives both ids.
    pub(crate) async fn subscribe(
        &self,
        operator: &Operator,
        name: &str,
        login: &str,
        router: &str,
    ) -> Result<(String, String)> {
        let body = json!({ "kind": "personal", "name": name, "phone": "+628123456789" });
        let customer = create(operator, "/customers", &body).await?;
        let body = json!({
            "customer": customer,
            "plan": self.home_10,
            "router": router,
            "login": login,
            "password": "rahasia-123",
            "bill_day": 15,
        });
        let sold = operator.post("/subscriptions", &body).await?;
        let subscription = text(&sold, "/subscription/id")?.to_owned();
        Ok((customer, subscription))
    }
}

/// Creates something and gives its id.
pub(crate) async fn create(operator: &Operator, path: &str, body: &Value) -> Result<String> {
    let created = operator.post(path, body).await?;
    Ok(text(&created, "/id")?.to_owned())
}

fn pppoe(name: &str, down_bps: u64) -> Value {
    let rate = json!({ "up_bps": down_bps / 5, "down_bps": down_bps });
    json!({ "name": name, "service": "pppoe", "terms": { "rate": rate, "pool": "pppoe-pool" } })
}

fn hotspot(name: &str) -> Value {
    let rate = json!({ "up_bps": 1_000_000, "down_bps": 3_000_000 });
    json!({ "name": name, "service": "hotspot", "terms": { "rate": rate } })
}

fn monthly(name: &str, price: i64, profile: &str) -> Value {
    json!({
        "name": name,
        "price": money(price),
        "interval": { "unit": "months", "count": 1 },
        "service_profile": profile,
        "sold_as": "subscription",
    })
}

fn voucher_plan(name: &str, price: i64, profile: &str) -> Value {
    json!({
        "name": name,
        "price": money(price),
        "interval": { "unit": "days", "count": 25 },
        "service_profile": profile,
        "sold_as": "voucher",
    })
}
