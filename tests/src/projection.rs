//! The final state of a story without anything that differs between two runs: ids, times, codes, marks.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use routeros_sim::Simulator;
use serde_json::{Map, Value, json};

use crate::answer::text;
use crate::operator::Operator;
use crate::routers::{Routers, Row};

/// Menus in which the product owns rows.
const MENUS: [&str; 4] = [
    "/ppp/profile",
    "/ppp/secret",
    "/ip/hotspot/user/profile",
    "/ip/hotspot/user",
];
/// Menus of those who are online, or come back by themselves. PPPoE sessions are left out: a modem redials whenever it
/// was cut, and how often it was cut is not promised.
const ONLINE: [&str; 2] = ["/ip/hotspot/active", "/ip/hotspot/cookie"];

/// Customers, what they bought, owe and paid, the vouchers by state, and what the routers hold.
///
/// # Errors
/// When the API does not answer.
pub async fn projection(operator: &Operator, routers: &Routers) -> Result<Value> {
    Ok(json!({
        "customers": each(operator, "/customers", &["name", "status"]).await?,
        "plans": each(operator, "/plans", &["name", "status", "price"]).await?,
        "subscriptions": subscriptions(operator).await?,
        "invoices": invoices(operator).await?,
        "payments": each(operator, "/payments", &["amount", "method", "reference", "unallocated"]).await?,
        "accounts": accounts(operator).await?,
        "batches": each(operator, "/voucher-batches", &["name", "count", "generated", "status", "states"]).await?,
        "parked_jobs": each(operator, "/jobs?state=parked", &["kind", "last_error"]).await?,
        "parked_deliveries": each(operator, "/deliveries?state=parked", &["handler", "last_error"]).await?,
        "router_a": tables(&routers.a),
        "router_b": tables(&routers.b),
        "router_c": tables(&routers.c),
    }))
}

/// These fields of every item of a list, sorted.
async fn each(operator: &Operator, path: &str, fields: &[&str]) -> Result<Value> {
    let items = operator.list(path).await?;
    Ok(sorted(
        items.iter().map(|item| pick(item, fields)).collect(),
    ))
}

/// The accounts of every customer; they are listed by customer.
async fn accounts(operator: &Operator) -> Result<Value> {
    let mut accounts = Vec::new();
    for customer in operator.list("/customers").await? {
        let id = text(&customer, "/id")?;
        for account in operator.list(&format!("/accounts?customer={id}")).await? {
            let mut picked = pick(
                &account,
                &["level", "due", "credit", "oldest_due_on", "parked"],
            );
            picked["customer"] = customer["name"].clone();
            accounts.push(picked);
        }
    }
    Ok(sorted(accounts))
}

async fn subscriptions(operator: &Operator) -> Result<Value> {
    let plans = operator.list("/plans").await?;
    let name_of = |id: &Value| {
        plans
            .iter()
            .find(|it| it["id"] == *id)
            .map(|it| it["name"].clone())
    };
    let fields = [
        "status",
        "access",
        "bill_day",
        "started_on",
        "billed_through",
        "ends_on",
    ];
    let items = operator.list("/subscriptions").await?;
    let picked = items.iter().map(|item| {
        let mut picked = pick(item, &fields);
        picked["plan"] = name_of(&item["agreement"]["plan"]).unwrap_or_default();
        picked
    });
    Ok(sorted(picked.collect()))
}

async fn invoices(operator: &Operator) -> Result<Value> {
    let fields = [
        "number",
        "total",
        "due",
        "settlement",
        "issued_on",
        "due_on",
    ];
    let invoices = operator.list("/invoices").await?;
    let picked = invoices.iter().map(|invoice| {
        let mut picked = pick(invoice, &fields);
        let lines = invoice["lines"].as_array().cloned().unwrap_or_default();
        let lines = lines
            .iter()
            .map(|line| pick(line, &["amount", "period", "cycle", "repairs"]));
        picked["lines"] = lines.collect();
        picked
    });
    Ok(sorted(picked.collect()))
}

fn pick(item: &Value, fields: &[&str]) -> Value {
    fields
        .iter()
        .map(|field| ((*field).to_owned(), item[*field].clone()))
        .collect::<Map<_, _>>()
        .into()
}

fn sorted(mut items: Vec<Value>) -> Value {
    items.sort_by_key(Value::to_string);
    items.into()
}

/// The rows of a router; equal ones are counted, because codes are left out.
fn tables(router: &Simulator) -> Value {
    let stored = MENUS
        .iter()
        .map(|menu| ((*menu).to_owned(), counted(router.rows(menu), stored_row)));
    let online = ONLINE
        .iter()
        .map(|menu| ((*menu).to_owned(), counted(router.rows(menu), online_row)));
    stored.chain(online).collect::<Map<_, _>>().into()
}

fn counted(rows: Vec<Row>, keep: impl Fn(Row) -> Row) -> Value {
    let mut counts = BTreeMap::<String, u64>::new();
    for row in rows {
        *counts.entry(json!(keep(row)).to_string()).or_default() += 1;
    }
    json!(counts)
}

/// Without ids, marks and counters; and without name and password where the name is a voucher's code.
fn stored_row(mut row: Row) -> Row {
    let is_ours = row.get("comment").is_some_and(|it| it.contains("[wb:"));
    let is_code = is_ours && row.contains_key("server") | row.contains_key("limit-uptime");
    for name in [
        ".id",
        "comment",
        "last-logged-out",
        "last-caller-id",
        "last-disconnect-reason",
    ] {
        row.remove(name);
    }
    row.retain(|name, _| {
        !name.starts_with("bytes") && !name.starts_with("packets") && name != "uptime"
    });
    if is_code || row.get("name") == row.get("password") {
        row.remove("name");
        row.remove("password");
    }
    row
}

/// Only who: addresses and times differ.
fn online_row(mut row: Row) -> Row {
    row.retain(|name, _| matches!(name.as_str(), "mac-address" | "dynamic"));
    row
}

/// Where two projections differ, one line each; empty if they are equal.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(at: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for name in names {
                compare(&format!("{at}/{name}"), &before[name], &after[name], found);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{at}/{index}"), old, new, found);
            }
        }
        _ if before == after => {}
        _ => found.push(format!("{at}: {before} became {after}")),
    }
}
