//! The simulator's first line.
#![allow(clippy::expect_used)]

use super::address;

#[test]
fn the_address_is_read_from_the_first_line() {
    for name in ["routeros-sim", "gateway-sim"] {
        let line = format!("{name} listening on 127.0.0.1:8728");
        let address = address(name, &line).expect("an address");
        assert_eq!(address.port(), 8728);
    }
}

#[test]
fn anything_else_is_refused() {
    for line in [
        "",
        "listening on 127.0.0.1:8728",
        "routeros-sim listening on nowhere",
        "gateway-sim listening on 127.0.0.1:8728",
    ] {
        assert!(address("routeros-sim", line).is_err(), "{line}");
    }
}
