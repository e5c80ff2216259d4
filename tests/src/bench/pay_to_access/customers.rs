//! Customers who owe, each with a page of the provider's on which the debt can be paid.

use anyhow::{Context, Result};
use kernel::AccountId;
use serde_json::{Value, json};

use super::house::House;
use crate::answer::{money, text, whole};

/// What the router does not let them do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// Dial in.
    Suspended,
    /// Use more than what it takes to pay.
    Restricted,
}

impl Cut {
    /// As in the figure's id.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Restricted => "restricted",
        }
    }

    /// For how many days the bills of such customers have been due: beyond the grace of two, and beyond or within the five
    /// until access is cut off.
    pub(super) const fn overdue_days(self) -> i32 {
        match self {
            Self::Suspended => 40,
            Self::Restricted => 3,
        }
    }
}

/// A customer with a subscription and a bill.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) cut: Cut,
    pub(super) login: String,
    pub(super) account: AccountId,
    /// What the provider calls the page on which the debt is paid; empty until there is one.
    pub(super) page: String,
}

/// What every customer dials in with.
pub(super) const PASSWORD: &str = "rahasia-123";

impl House {
    /// Registers, sells and bills.
    pub(super) async fn welcome(&self, cut: Cut, number: u32) -> Result<Customer> {
        let login = format!("{}.{number}", cut.name());
        let body = json!({ "kind": "personal", "name": "Siti", "phone": "+628123456789" });
        let customer = self.operator.post("/customers", &body).await?;
        let customer = text(&customer, "/id")?;
        let body = json!({
            "customer": customer, "plan": self.plan, "router": self.router_id, "login": login,
            "password": PASSWORD, "bill_day": 15,
        });
        self.operator.post("/subscriptions", &body).await?;
        let accounts = format!("/accounts?customer={customer}");
        let accounts = self.operator.list(&accounts).await?;
        let account = accounts.first().context("the sale opens an account")?;
        let account = text(account, "/id")?.parse::<AccountId>()?;
        let bill = format!("/accounts/{account}/bill");
        self.operator.post(&bill, &json!({})).await?;
        Ok(Customer {
            cut,
            login,
            account,
            page: String::new(),
        })
    }

    /// Has the provider open a page on which all that is due can be paid.
    pub(super) async fn invite(&self, mut customer: Customer) -> Result<Customer> {
        let account = format!("/accounts/{}", customer.account);
        let account = self.operator.get(&account).await?;
        let due = whole(&account, "/due/amount_minor")?;
        let body = json!({
            "account": customer.account, "gateway_account": self.gateway_account, "amount": money(due),
            "description": "Internet", "return_url": "https://isp.example/paid", "minutes": 120,
        });
        let link = self.operator.post("/payment-links", &body).await?;
        customer.page = page_of(&link)?.to_owned();
        Ok(customer)
    }
}

/// The provider's name for a link: the end of its page.
fn page_of(link: &Value) -> Result<&str> {
    let url = text(link, "/pay_url")?;
    url.rsplit('/').next().context("a page has a name")
}
