//! The simulator's first line.
#![allow(clippy::expect_used)]

use super::address;

#[test]
fn the_address_is_read_from_the_first_line() {
    let address = address("routeros-sim listening on 127.0.0.1:8728").expect("an address");
    assert_eq!(address.port(), 8728);
}

#[test]
fn anything_else_is_refused() {
    for line in [
        "",
        "listening on 127.0.0.1:8728",
        "routeros-sim listening on nowhere",
    ] {
        assert!(address(line).is_err(), "{line}");
    }
}
