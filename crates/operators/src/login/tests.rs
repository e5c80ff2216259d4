//! Logins are plain.
#![allow(clippy::unwrap_used)]

use super::{BadLogin, Login};

#[test]
fn logins_are_lowered_and_trimmed() {
    let login: Login = " Siti.R@isp-1 ".parse().unwrap();
    assert_eq!(login.as_str(), "siti.r@isp-1");
}

#[test]
fn other_characters_and_lengths_are_refused() {
    for bad in [
        "",
        "ab",
        "si ti",
        "siti!",
        "sití",
        "siti\0",
        &"a".repeat(65),
    ] {
        assert_eq!(bad.parse::<Login>(), Err(BadLogin), "{bad}");
    }
}
