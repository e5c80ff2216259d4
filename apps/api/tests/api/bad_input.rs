//! Bad input gets a clear problem with a stable type and rule, is never repeated, and changes nothing.

use serde_json::{Value, json};

use crate::exchange::Ask;
use crate::house::House;

struct Case {
    path: &'static str,
    body: Value,
    status: u16,
    problem: &'static str,
    error: &'static str,
}

fn case(path: &'static str, body: Value, error: &'static str) -> Case {
    Case {
        path,
        body,
        status: 422,
        problem: "invalid-fields",
        error,
    }
}

fn forbidden(host: &str, error: &'static str) -> Case {
    Case {
        problem: "forbidden-address",
        ..case("/api/v1/routers", router(json!({ "host": host })), error)
    }
}

/// `base` with some fields replaced.
fn with(mut base: Value, changes: Value) -> Value {
    let fields = base.as_object_mut().unwrap();
    fields.extend(changes.as_object().unwrap().clone());
    base
}

fn customer(changes: Value) -> Value {
    with(json!({ "kind": "personal", "name": "Siti" }), changes)
}

fn router(changes: Value) -> Value {
    let base = json!({ "name": "A", "host": "10.0.0.1", "transport": "plain", "username": "api", "password": "hunter2" });
    with(base, changes)
}

fn terms(changes: Value) -> Value {
    let terms = with(
        json!({ "rate": { "up_bps": 1_000_000, "down_bps": 2_000_000 } }),
        changes,
    );
    json!({ "name": "home", "service": "pppoe", "terms": terms })
}

fn operator(changes: Value) -> Value {
    let base = json!({ "login": "siti", "name": "Siti", "role": "cashier" });
    with(base, changes)
}

fn cases() -> Vec<Case> {
    let customers = "/api/v1/customers";
    let routers = "/api/v1/routers";
    let profiles = "/api/v1/service-profiles";
    let operators = "/api/v1/operators";
    vec![
        case(customers, json!({ "kind": "personal" }), "name required"),
        case(
            customers,
            customer(json!({ "hunter2": 1 })),
            "hunter2 unknown_field",
        ),
        case(customers, customer(json!({ "name": 7 })), "name type"),
        case(customers, customer(json!({ "name": " " })), "name format"),
        case(
            customers,
            customer(json!({ "kind": "hunter2" })),
            "kind one_of",
        ),
        case(
            customers,
            customer(json!({ "phone": "0812" })),
            "phone format",
        ),
        case(
            customers,
            customer(json!({ "email": "hunter2" })),
            "email format",
        ),
        case(
            customers,
            customer(json!({ "note": "a\u{0}b" })),
            "note characters",
        ),
        case(customers, json!([]), "body type"),
        case(routers, router(json!({ "port": 0 })), "port range"),
        case(routers, router(json!({ "port": 70_000 })), "port range"),
        case(
            routers,
            router(json!({ "host": "a b" })),
            "host host_syntax",
        ),
        case(
            routers,
            router(json!({ "username": "" })),
            "username length",
        ),
        case(
            routers,
            router(json!({ "transport": "telnet" })),
            "transport one_of",
        ),
        case(
            routers,
            router(json!({ "certificate_pin": "ab".repeat(32) })),
            "certificate_pin transport",
        ),
        case(
            routers,
            router(json!({ "transport": "tls", "certificate_pin": "beef" })),
            "certificate_pin format",
        ),
        case(
            routers,
            router(json!({ "transport": "tls", "certificate_authority": "MIIB" })),
            "certificate_authority format",
        ),
        forbidden("127.0.0.1", "host host_loopback"),
        forbidden("localhost", "host host_loopback"),
        forbidden("::1", "host host_loopback"),
        forbidden("169.254.169.254", "host host_link_local"),
        forbidden("224.0.0.1", "host host_multicast"),
        forbidden("0.0.0.0", "host host_unspecified"),
        case(
            profiles,
            terms(json!({ "rate": { "up_bps": 0, "down_bps": 1 } })),
            "terms.rate.up_bps range",
        ),
        case(
            profiles,
            terms(json!({ "rate": { "up_bps": 1.5, "down_bps": 1 } })),
            "terms.rate.up_bps type",
        ),
        case(
            profiles,
            terms(json!({ "shared_users": 0 })),
            "terms.shared_users range",
        ),
        case(
            profiles,
            terms(json!({ "shared_users": 2 })),
            "terms.shared_users range",
        ),
        case(
            profiles,
            terms(json!({ "idle_timeout_s": 5 })),
            "terms.idle_timeout_s range",
        ),
        case(
            profiles,
            terms(json!({ "pool": "a b" })),
            "terms.pool format",
        ),
        case(
            operators,
            operator(json!({ "password": "short" })),
            "password length",
        ),
        case(
            operators,
            operator(json!({ "role": "hunter2" })),
            "role one_of",
        ),
        case(operators, operator(json!({ "login": "x" })), "login format"),
    ]
}

#[tokio::test]
async fn each_mistake_names_its_field_and_rule() {
    let house = House::new();
    for case in cases() {
        let answer = house.ask(Ask::post(case.path, case.body.clone())).await;
        let told = (
            answer.status.as_u16(),
            answer.problem().to_owned(),
            answer.first_error(),
        );
        let wanted = (case.status, case.problem.to_owned(), case.error.to_owned());
        assert_eq!(told, wanted, "{} {}: {}", case.path, case.body, answer.text);
        let named = answer.text.replace("\"field\":\"hunter2\"", "");
        assert!(!named.contains("hunter2"), "{named}");
    }
    for path in [
        "/api/v1/customers",
        "/api/v1/routers",
        "/api/v1/service-profiles",
    ] {
        let list = house.ask(Ask::get(path)).await.is(200);
        assert_eq!(list.body["items"], json!([]), "{path}");
    }
}
