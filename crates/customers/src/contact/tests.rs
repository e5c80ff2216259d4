//! Contacts are parsed once and trusted after.
#![allow(clippy::unwrap_used)]

use super::{Address, BadContact, Email, Note, Reason};

#[test]
fn e_mail_addresses_keep_their_local_part_and_lower_their_domain() {
    let parsed = |text: &str| text.parse::<Email>().map(|it| it.to_string());
    assert_eq!(
        parsed(" Siti.R+isp@Mail.Example.ID "),
        Ok("Siti.R+isp@mail.example.id".into())
    );
    assert_eq!(
        parsed("o'neil@example.org"),
        Ok("o'neil@example.org".into())
    );
}

#[test]
fn what_no_mail_server_would_take_is_refused() {
    let long = format!("{}@example.org", "x".repeat(65));
    let longer = format!("a@{}.org", "x.".repeat(130));
    for bad in [
        "",
        "siti",
        "siti@",
        "@example.org",
        "siti@example",
        "a@b@example.org",
        "si ti@example.org",
        "siti@-example.org",
        "siti@example..org",
        ".siti@example.org",
        "siti.@example.org",
        "si..ti@example.org",
        "siti\0@example.org",
        "sítí@example.org",
        &long,
        &longer,
    ] {
        assert_eq!(bad.parse::<Email>(), Err(BadContact::Email), "{bad}");
    }
}

#[test]
fn free_texts_are_trimmed_and_bounded() {
    assert_eq!(
        "  Jl. Mawar 5\nBandung "
            .parse::<Address>()
            .unwrap()
            .as_str(),
        "Jl. Mawar 5\nBandung"
    );
    assert_eq!("x".repeat(301).parse::<Address>(), Err(BadContact::Address));
    assert_eq!("a\0b".parse::<Address>(), Err(BadContact::Address));
    assert_eq!(" ".parse::<Note>(), Err(BadContact::Note));
    assert_eq!("x".repeat(2_001).parse::<Note>(), Err(BadContact::Note));
    assert!("x".repeat(2_000).parse::<Note>().is_ok());
    assert_eq!("two\nlines".parse::<Reason>(), Err(BadContact::Reason));
}
