//! What Midtrans answers: Snap pages, the status of a transaction, expiry, cancellation, refunds, and notifications.
//!
//! From docs.midtrans.com: a transaction exists from the moment that the customer chooses how to pay; refusals of the core
//! API come as HTTP 200 with a status code inside.

use chrono::{DateTime, FixedOffset};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use crate::exchange::{Answered, Asked};
use crate::sale::{Progress, Refund, Sale};
use crate::world::{Delivery, Keys, World};

pub(crate) fn answer(world: &mut World, asked: &Asked, now_s: i64) -> Answered {
    let is_admitted = asked.key().as_deref() == Some(&world.keys.midtrans);
    match (asked.method.as_str(), asked.parts().as_slice()) {
        ("POST", ["snap", "v1", "transactions"]) if !is_admitted => {
            snap_refusal(401, "Access denied, please check client or server key")
        }
        ("POST", ["snap", "v1", "transactions"]) => open(world, asked, now_s),
        (_, ["v2", ..]) if !is_admitted => Answered::new(401, refusal("401", "Unknown Merchant")),
        ("GET", ["v2", name, "status"]) => with(world, name, |_, _| None),
        ("POST", ["v2", name, "expire"]) => {
            with(world, name, |sale, _| close(sale, Progress::Expired))
        }
        ("POST", ["v2", name, "cancel"]) => {
            with(world, name, |sale, _| close(sale, Progress::Cancelled))
        }
        ("POST", ["v2", name, "refund"]) => with(world, name, |sale, _| refund(sale, &asked.body)),
        _ => Answered::new(404, refusal("404", "The requested resource is not found")),
    }
}

fn transaction_id(sale: &Sale) -> String {
    format!("5e0f1a2b-0000-4000-8000-{:012}", sale.number)
}

/// Changes a transaction that exists, and shows it.
fn with(
    world: &mut World,
    name: &str,
    change: impl FnOnce(&mut Sale, &Keys) -> Option<Value>,
) -> Answered {
    let found = world.midtrans.iter_mut().find(|it| {
        it.progress != Progress::Open && (it.order == name || transaction_id(it) == name)
    });
    let Some(sale) = found else {
        return Answered::new(200, refusal("404", "Transaction doesn't exist."));
    };
    let refused = change(sale, &world.keys);
    Answered::new(
        200,
        refused.unwrap_or_else(|| transaction(sale, &world.keys)),
    )
}

fn open(world: &mut World, asked: &Asked, now_s: i64) -> Answered {
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    let details = &body["transaction_details"];
    let order = details["order_id"].as_str().unwrap_or_default();
    if order.is_empty() || order.len() > 50 {
        return snap_refusal(400, "transaction_details.order_id too long or missing");
    }
    let amount = details["gross_amount"].as_i64().filter(|it| *it > 0);
    let Some(amount) = amount else {
        return snap_refusal(400, "transaction_details.gross_amount is not a number");
    };
    if world.midtrans.iter().any(|it| it.order == order) {
        return snap_refusal(400, "transaction_details.order_id has already been taken");
    }
    world.midtrans.push(Sale {
        number: world.midtrans.len() + 1,
        order: order.to_owned(),
        amount,
        currency: "IDR".to_owned(),
        created: now_s,
        progress: Progress::Open,
        refunds: Vec::new(),
        dispute: None,
    });
    let token = format!("token-{:06}", world.midtrans.len());
    let page = format!("https://app.sandbox.midtrans.com/snap/v4/redirection/{token}");
    Answered::new(201, json!({ "token": token, "redirect_url": page }))
}

fn close(sale: &mut Sale, to: Progress) -> Option<Value> {
    if !sale.progress.is_open() {
        return Some(cannot());
    }
    sale.progress = to;
    None
}

fn refund(sale: &mut Sale, body: &str) -> Option<Value> {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let left = sale.amount - sale.refunded();
    let amount = body["amount"].as_i64().unwrap_or(left);
    if sale.progress != Progress::Paid || amount <= 0 || amount > left {
        return Some(cannot());
    }
    let key = body["refund_key"].as_str().unwrap_or_default().to_owned();
    if sale.refunds.iter().any(|it| it.key == key) {
        return Some(refusal("406", "Refund key has been used"));
    }
    let status = "succeeded";
    sale.refunds.push(Refund {
        key,
        amount,
        status,
    });
    None
}

fn cannot() -> Value {
    refusal(
        "412",
        "Merchant cannot modify the status of the transaction",
    )
}

fn refusal(code: &str, message: &str) -> Value {
    json!({ "status_code": code, "status_message": message, "id": "00000000" })
}

fn snap_refusal(status: u16, message: &str) -> Answered {
    Answered::new(status, json!({ "error_messages": [message] }))
}

fn transaction(sale: &Sale, keys: &Keys) -> Value {
    let (code, status) = match sale.progress {
        Progress::Open | Progress::Begun => ("201", "pending"),
        Progress::Paid if sale.is_taken_back() => ("200", "chargeback"),
        Progress::Paid if sale.refunded() >= sale.amount => ("200", "refund"),
        Progress::Paid if sale.refunded() > 0 => ("200", "partial_refund"),
        Progress::Paid => ("200", "settlement"),
        Progress::Expired => ("407", "expire"),
        Progress::Cancelled => ("200", "cancel"),
    };
    let gross = format!("{}.00", sale.amount);
    let signed = format!("{}{code}{gross}{}", sale.order, keys.midtrans);
    let mut body = json!({
        "status_code": code, "status_message": "Success, transaction is found",
        "transaction_id": transaction_id(sale), "order_id": sale.order, "gross_amount": gross,
        "currency": sale.currency, "payment_type": "bank_transfer", "transaction_status": status,
        "transaction_time": jakarta(sale.created), "fraud_status": "accept",
        "signature_key": hex::encode(Sha512::digest(signed)),
    });
    if !sale.refunds.is_empty() {
        body["refund_amount"] = json!(format!("{}.00", sale.refunded()));
        let refunds = sale.refunds.iter();
        let refunds = refunds.map(|it| json!({ "refund_key": it.key, "refund_amount": it.amount }));
        body["refunds"] = refunds.collect();
    }
    body
}

/// Western Indonesian time, as Midtrans writes it.
fn jakarta(at_s: i64) -> String {
    let zone = FixedOffset::east_opt(7 * 3600);
    let local = DateTime::from_timestamp(at_s, 0).zip(zone);
    let local = local.map(|(at, zone)| at.with_timezone(&zone));
    local.map_or_else(String::new, |it| it.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// The notification of a transaction's state.
pub(crate) fn delivery(keys: &Keys, sale: &Sale) -> Delivery {
    Delivery {
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: transaction(sale, keys).to_string(),
    }
}
