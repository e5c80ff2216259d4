//! What Stripe answers: Checkout Sessions, payment intents, refunds, and events.
//!
//! From docs.stripe.com/api: fields that are not known are refused, an `Idempotency-Key` brings the first answer again,
//! and the same key with other parameters is an error.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::exchange::{Answered, Asked, fields};
use crate::sale::{Progress, Refund, Sale};
use crate::world::{Delivery, Keys, Remembered, World};

/// What a session may be made with.
const SESSION_FIELDS: [&str; 11] = [
    "mode",
    "client_reference_id",
    "payment_intent_data[metadata][order]",
    "success_url",
    "cancel_url",
    "customer_email",
    "expires_at",
    "line_items[0][quantity]",
    "line_items[0][price_data][currency]",
    "line_items[0][price_data][unit_amount]",
    "line_items[0][price_data][product_data][name]",
];

/// How soon and how late a session may expire, in seconds.
const EXPIRY_S: std::ops::RangeInclusive<i64> = 1_800..=86_400;

pub(crate) fn is_named(sale: &Sale, reference: &str) -> bool {
    session_id(sale) == reference || intent_id(sale) == reference
}

fn session_id(sale: &Sale) -> String {
    format!("cs_test_{:06}", sale.number)
}

fn charge_id(sale: &Sale) -> String {
    format!("ch_{:06}", sale.number)
}

fn intent_id(sale: &Sale) -> String {
    format!("pi_{:06}", sale.number)
}

pub(crate) fn answer(world: &mut World, asked: &Asked, now_s: i64) -> Answered {
    if asked.key().as_deref() != Some(&world.keys.stripe) {
        let message = "Invalid API Key provided";
        return error(401, "invalid_request_error", "", "", message);
    }
    let once = asked.headers.get("idempotency-key").cloned();
    let request = format!("{} {}", asked.path, asked.body);
    if let Some(known) = once.as_ref().and_then(|it| world.remembered.get(it)) {
        if known.request == request {
            return known.answer.clone();
        }
        let message = "Keys for idempotent requests can only be used with the same parameters";
        return error(400, "idempotency_error", "", "", message);
    }
    let answer = act(world, asked, now_s);
    if let Some(once) = once.filter(|_| asked.method == "POST") {
        let answer = answer.clone();
        world
            .remembered
            .insert(once, Remembered { request, answer });
    }
    answer
}

fn act(world: &mut World, asked: &Asked, now_s: i64) -> Answered {
    let is_live = world.keys.stripe.starts_with("sk_live_");
    match (asked.method.as_str(), asked.parts().as_slice()) {
        ("POST", ["v1", "checkout", "sessions"]) => open(world, asked, now_s),
        ("GET", ["v1", "checkout", "sessions", id]) => match find(world, id) {
            Some(sale) => Answered::new(200, session(sale, is_live, expands(asked))),
            None => missing(id),
        },
        ("POST", ["v1", "checkout", "sessions", id, "expire"]) => match find(world, id) {
            Some(sale) => close(sale, Progress::Expired, |it| session(it, is_live, false)),
            None => missing(id),
        },
        ("GET", ["v1", "payment_intents"]) => list(world, asked, is_live),
        ("GET", ["v1", "payment_intents", id]) => match find(world, id) {
            Some(sale) => Answered::new(200, intent(sale, is_live, expands(asked))),
            None => missing(id),
        },
        ("POST", ["v1", "payment_intents", id, "cancel"]) => match find(world, id) {
            Some(sale) => close(sale, Progress::Cancelled, |it| intent(it, is_live, false)),
            None => missing(id),
        },
        ("POST", ["v1", "refunds"]) => refund(world, asked),
        ("GET", ["v1", "refunds"]) => of_sale(world, asked, |sale| {
            let refunds = sale.refunds.iter().enumerate();
            refunds.map(|(at, _)| made_refund(sale, at)).collect()
        }),
        ("GET", ["v1", "refunds", id]) => one_refund(world, id),
        ("GET", ["v1", "disputes"]) => of_sale(world, asked, |sale| {
            sale.dispute.iter().map(|it| dispute(sale, it)).collect()
        }),
        _ => error(
            404,
            "invalid_request_error",
            "",
            "",
            "Unrecognized request URL",
        ),
    }
}

fn find<'a>(world: &'a mut World, id: &str) -> Option<&'a mut Sale> {
    world.stripe.iter_mut().find(|it| is_named(it, id))
}

fn expands(asked: &Asked) -> bool {
    fields(&asked.query)
        .values()
        .any(|it| it.ends_with("latest_charge"))
}

fn open(world: &mut World, asked: &Asked, now_s: i64) -> Answered {
    let form = fields(&asked.body);
    if let Some(unknown) = form
        .keys()
        .find(|it| !SESSION_FIELDS.contains(&it.as_str()))
    {
        let message = format!("Received unknown parameter: {unknown}");
        return error(
            400,
            "invalid_request_error",
            "parameter_unknown",
            unknown,
            &message,
        );
    }
    let text = |name: &str| form.get(name).cloned().unwrap_or_default();
    if text("mode") != "payment" {
        return invalid("mode", "this server knows only mode=payment");
    }
    let price = |name: &str| text(&format!("line_items[0][price_data]{name}"));
    let amount = "line_items[0][price_data][unit_amount]";
    let units: i64 = match price("[unit_amount]").parse() {
        Ok(units) if units > 0 => units,
        _ => return invalid(amount, "Invalid positive integer"),
    };
    if price("[currency]").len() != 3 || price("[product_data][name]").is_empty() {
        return invalid(
            "line_items[0][price_data]",
            "currency and name are required",
        );
    }
    for url in ["success_url", "cancel_url"] {
        if !text(url).starts_with("http") {
            return invalid(url, "Not a valid URL");
        }
    }
    let expires = text("expires_at");
    let is_timely = expires
        .parse::<i64>()
        .is_ok_and(|it| EXPIRY_S.contains(&it.saturating_sub(now_s)));
    if !expires.is_empty() && !is_timely {
        return invalid(
            "expires_at",
            "must be between 30 minutes and 24 hours ahead",
        );
    }
    let sale = Sale {
        number: world.stripe.len() + 1,
        order: text("client_reference_id"),
        amount: units,
        currency: price("[currency]"),
        created: now_s,
        progress: Progress::Open,
        refunds: Vec::new(),
        dispute: None,
    };
    let made = session(&sale, world.keys.stripe.starts_with("sk_live_"), false);
    world.stripe.push(sale);
    Answered::new(200, made)
}

fn close(sale: &mut Sale, to: Progress, show: impl Fn(&Sale) -> Value) -> Answered {
    if !sale.progress.is_open() {
        let message = "it is in a state that does not allow this";
        let code = "payment_intent_unexpected_state";
        return error(400, "invalid_request_error", code, "", message);
    }
    sale.progress = to;
    Answered::new(200, show(sale))
}

fn refund(world: &mut World, asked: &Asked) -> Answered {
    let form = fields(&asked.body);
    let text = |name: &str| form.get(name).cloned().unwrap_or_default();
    let id = text("payment_intent");
    let Some(sale) = find(world, &id) else {
        return missing(&id);
    };
    if sale.progress != Progress::Paid {
        let code = "payment_intent_unexpected_state";
        return error(400, "invalid_request_error", code, "", "it was not paid");
    }
    let left = sale.amount - sale.refunded();
    if left == 0 {
        let message = "Charge has already been refunded.";
        return error(
            400,
            "invalid_request_error",
            "charge_already_refunded",
            "",
            message,
        );
    }
    let amount = match text("amount").as_str() {
        "" => left,
        given => given.parse().unwrap_or(0),
    };
    if amount <= 0 || amount > left {
        return invalid(
            "amount",
            "Refund amount is greater than unrefunded amount on charge",
        );
    }
    let key = text("metadata[refund]");
    let status = match world.holds_refunds {
        true => "pending",
        false => "succeeded",
    };
    let Some(sale) = find(world, &id) else {
        return missing(&id);
    };
    sale.refunds.push(Refund {
        key,
        amount,
        status,
    });
    Answered::new(200, made_refund(sale, sale.refunds.len() - 1))
}

/// The nth refund of a sale, counted from 0.
fn made_refund(sale: &Sale, at: usize) -> Value {
    let it = &sale.refunds[at];
    json!({
        "id": refund_id(sale, at), "object": "refund", "amount": it.amount, "currency": sale.currency,
        "payment_intent": intent_id(sale), "status": it.status, "metadata": { "refund": it.key },
    })
}

fn refund_id(sale: &Sale, at: usize) -> String {
    format!("re_{:06}_{}", sale.number, at + 1)
}

fn one_refund(world: &World, id: &str) -> Answered {
    for sale in &world.stripe {
        let mut places = 0..sale.refunds.len();
        if let Some(at) = places.find(|at| refund_id(sale, *at) == id) {
            return Answered::new(200, made_refund(sale, at));
        }
    }
    missing(id)
}

fn dispute(sale: &Sale, status: &str) -> Value {
    json!({
        "id": format!("dp_{:06}", sale.number), "object": "dispute", "amount": sale.amount,
        "currency": sale.currency, "payment_intent": intent_id(sale), "status": status,
    })
}

/// A list of what hangs on the payment intent or the charge that is asked about.
fn of_sale(world: &World, asked: &Asked, things: impl Fn(&Sale) -> Vec<Value>) -> Answered {
    let query = fields(&asked.query);
    let is = |name: &str, id: String| query.get(name).is_some_and(|it| *it == id);
    let wanted = |it: &&Sale| is("payment_intent", intent_id(it)) || is("charge", charge_id(it));
    let sale = world.stripe.iter().find(wanted);
    let data = sale.map(things).unwrap_or_default();
    Answered::new(
        200,
        json!({ "object": "list", "data": data, "has_more": false }),
    )
}

fn list(world: &World, asked: &Asked, is_live: bool) -> Answered {
    let query = fields(&asked.query);
    let number = |name: &str, or: i64| query.get(name).map_or(Some(or), |it| it.parse().ok());
    let bounds = (number("created[gte]", 0), number("created[lt]", i64::MAX));
    let ((Some(since), Some(until)), Some(limit)) = (bounds, number("limit", 10)) else {
        return invalid("created", "Invalid integer");
    };
    let limit = usize::try_from(limit.clamp(1, 100)).unwrap_or(100);
    let after = query.get("starting_after");
    let mut newest = world
        .stripe
        .iter()
        .rev()
        .filter(|it| it.progress != Progress::Open && (since..until).contains(&it.created));
    if let Some(after) = after {
        newest.find(|it| intent_id(it) == *after);
    }
    let expands = query.values().any(|it| it == "data.latest_charge");
    let page: Vec<_> = newest.by_ref().take(limit).collect();
    let page: Vec<_> = page
        .into_iter()
        .map(|it| intent(it, is_live, expands))
        .collect();
    let has_more = newest.next().is_some();
    let made = json!({
        "object": "list", "url": "/v1/payment_intents", "data": page, "has_more": has_more,
    });
    Answered::new(200, made)
}

fn session(sale: &Sale, is_live: bool, expands: bool) -> Value {
    let (status, payment_status) = match sale.progress {
        Progress::Open | Progress::Begun => ("open", "unpaid"),
        Progress::Paid => ("complete", "paid"),
        Progress::Expired | Progress::Cancelled => ("expired", "unpaid"),
    };
    // The intent is made when the customer begins to pay.
    let payment = match (sale.progress, expands) {
        (Progress::Open | Progress::Expired, _) => Value::Null,
        (_, true) => intent(sale, is_live, true),
        (_, false) => json!(intent_id(sale)),
    };
    let id = session_id(sale);
    json!({
        "id": id, "object": "checkout.session", "livemode": is_live, "mode": "payment",
        "status": status, "payment_status": payment_status, "created": sale.created,
        "amount_total": sale.amount, "currency": sale.currency, "metadata": {},
        "client_reference_id": sale.order, "payment_intent": payment,
        "url": format!("https://checkout.stripe.com/c/pay/{id}"),
    })
}

fn intent(sale: &Sale, is_live: bool, expands: bool) -> Value {
    let (status, received) = match sale.progress {
        Progress::Open | Progress::Begun => ("requires_payment_method", 0),
        Progress::Paid => ("succeeded", sale.amount),
        Progress::Expired | Progress::Cancelled => ("canceled", 0),
    };
    let charge = charge_id(sale);
    let charge = match (sale.progress, expands) {
        (Progress::Paid, true) => json!({
            "id": charge, "object": "charge", "created": sale.created, "amount": sale.amount,
            "amount_refunded": sale.refunded(), "disputed": sale.dispute.is_some(),
        }),
        (Progress::Paid, false) => json!(charge),
        _ => Value::Null,
    };
    json!({
        "id": intent_id(sale), "object": "payment_intent", "livemode": is_live, "status": status,
        "amount": sale.amount, "amount_received": received, "currency": sale.currency,
        "created": sale.created, "metadata": { "order": sale.order }, "latest_charge": charge,
        "last_payment_error": null,
    })
}

fn missing(id: &str) -> Answered {
    let message = format!("No such object: '{id}'");
    error(
        404,
        "invalid_request_error",
        "resource_missing",
        "id",
        &message,
    )
}

fn invalid(param: &str, message: &str) -> Answered {
    error(400, "invalid_request_error", "", param, message)
}

fn error(status: u16, kind: &str, code: &str, param: &str, message: &str) -> Answered {
    let mut error = Map::new();
    error.insert("type".to_owned(), json!(kind));
    error.insert("message".to_owned(), json!(message));
    for (name, value) in [("code", code), ("param", param)] {
        if !value.is_empty() {
            error.insert(name.to_owned(), json!(value));
        }
    }
    Answered::new(status, json!({ "error": error }))
}

/// The event of a session's state, signed at `now_s`.
pub(crate) fn delivery(keys: &Keys, sale: &Sale, now_s: i64) -> Option<Delivery> {
    let is_live = keys.stripe.starts_with("sk_live_");
    let (kind, nth, object) = news(sale, is_live);
    let body = json!({
        "id": format!("evt_{:06}_{kind}{nth}", sale.number), "object": "event", "type": kind,
        "livemode": is_live, "created": sale.created, "data": { "object": object },
    });
    let body = body.to_string();
    let mac = Hmac::<Sha256>::new_from_slice(keys.stripe_webhook.as_bytes()).ok()?;
    let mac = mac.chain_update(format!("{now_s}.{body}")).finalize();
    let signature = format!("t={now_s},v1={}", hex::encode(mac.into_bytes()));
    Some(Delivery {
        headers: vec![("stripe-signature".to_owned(), signature)],
        body,
    })
}

/// The latest that happened to a sale: the kind of its event, what tells it from others of the kind, and its object.
fn news(sale: &Sale, is_live: bool) -> (&'static str, String, Value) {
    if let Some(status) = &sale.dispute {
        let kind = match status.as_str() {
            "won" | "lost" => "charge.dispute.closed",
            _ => "charge.dispute.created",
        };
        return (kind, format!("_{status}"), dispute(sale, status));
    }
    if !sale.refunds.is_empty() {
        let charge = json!({
            "id": charge_id(sale), "object": "charge", "metadata": {},
            "payment_intent": intent_id(sale), "amount_refunded": sale.refunded(),
        });
        return (
            "charge.refunded",
            format!("_{}", sale.refunds.len()),
            charge,
        );
    }
    let kind = match sale.progress {
        Progress::Paid => "checkout.session.completed",
        _ => "checkout.session.expired",
    };
    (kind, String::new(), session(sale, is_live, false))
}
