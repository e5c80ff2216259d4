//! A request is known by the id it came with, if that id is harmless.
#![allow(clippy::unwrap_used)]

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use kernel::Ids;
use uuid::Uuid;

use super::RequestContext;

struct One;

impl Ids for One {
    fn fresh(&self) -> Uuid {
        Uuid::from_u128(1)
    }
}

fn read(name: &'static str, value: &'static str) -> RequestContext {
    let mut headers = HeaderMap::new();
    headers.insert(
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    );
    RequestContext::read(&headers, &One)
}

#[test]
fn a_clients_uuid_becomes_the_correlation() {
    let context = read("x-request-id", "0192f3a1-0000-7000-8000-000000000007");
    assert_eq!(context.correlation.to_string(), &*context.id);
}

#[test]
fn a_plain_id_is_echoed_beside_a_correlation_of_our_own() {
    let context = read("x-request-id", "till-7.42");
    assert_eq!(&*context.id, "till-7.42");
    assert_eq!(context.correlation, Uuid::from_u128(1));
}

#[test]
fn an_id_that_could_forge_a_log_line_is_replaced() {
    for bad in ["", "a b", "<script>", "a;b"] {
        assert_eq!(
            &*read("x-request-id", bad).id,
            Uuid::from_u128(1).to_string()
        );
    }
}

#[test]
fn only_a_well_formed_traceparent_counts() {
    let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert_eq!(
        read("traceparent", good).trace.as_deref(),
        Some("0af7651916cd43dd8448eb211c80319c")
    );
    for bad in [
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "nonsense",
    ] {
        assert_eq!(read("traceparent", bad).trace, None, "{bad}");
    }
}
