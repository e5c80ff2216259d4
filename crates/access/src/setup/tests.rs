//! Setups hold each thing once, in one form.
#![allow(clippy::unwrap_used)]

use super::{BadSetup, Destination, Exception, Kept, Pool, Ranges, RouterSetup};
use crate::menu::Menu;
use crate::row::Attribute;
use crate::testing::numbered;

#[test]
fn ranges_take_one_form() {
    let table = [
        ("10.0.0.2-10.0.0.9", Some("10.0.0.2-10.0.0.9")),
        ("10.0.0.0/24", Some("10.0.0.0-10.0.0.255")),
        ("10.0.0.7", Some("10.0.0.7")),
        ("10.0.0.7-10.0.0.7, 10.0.1.1", Some("10.0.0.7,10.0.1.1")),
        ("10.0.0.9-10.0.0.2", None),
        ("10.0.0.0/0", None),
        ("10.0.0.0/33", None),
        ("", None),
        ("pool", None),
    ];
    for (text, expected) in table {
        let parsed = text.parse::<Ranges>().ok().map(|it| it.to_string());
        assert_eq!(parsed.as_deref(), expected, "{text}");
    }
}

#[test]
fn destinations_are_hosts_or_nets() {
    let table = [
        ("Pay.Example.com", Some("pay.example.com")),
        ("*.bank.id", Some("*.bank.id")),
        ("10.0.0.0/24", Some("10.0.0.0/24")),
        ("192.0.2.7", Some("192.0.2.7")),
        ("10.0.0.1/24", None),
        ("a b", None),
        (".example.com", None),
        ("example..com", None),
        ("*", None),
        ("", None),
    ];
    for (text, expected) in table {
        let parsed = text.parse::<Destination>().ok().map(|it| it.to_string());
        assert_eq!(parsed.as_deref(), expected, "{text}");
    }
}

#[test]
fn nothing_is_there_twice() {
    let mut setup = RouterSetup::empty(numbered(2));
    let pool = Pool {
        name: "home".parse().unwrap(),
        ranges: "10.0.0.2-10.0.0.9".parse().unwrap(),
    };
    assert_eq!(setup.change(vec![pool.clone()], Vec::new()), Ok(true));
    assert_eq!(setup.change(vec![pool.clone()], Vec::new()), Ok(false));
    let twice = setup.change(vec![pool.clone(), pool], Vec::new());
    assert_eq!(twice, Err(BadSetup::Repeated { what: "pools" }));
    assert_eq!(setup.take_events().len(), 1);
}

#[test]
fn a_decision_replaces_the_one_before_and_is_taken_back_whole() {
    let mut setup = RouterSetup::empty(numbered(2));
    let value = |text: &str| Kept::Value {
        attribute: Attribute::RateLimit,
        value: Some(text.to_owned()),
    };
    let accept = |setup: &mut RouterSetup, kept| setup.accept(Menu::PppProfile, "wb-home", kept);
    accept(&mut setup, vec![value("1M/1M")]).unwrap();
    accept(&mut setup, vec![value("2M/2M")]).unwrap();
    let expected = Exception {
        menu: Menu::PppProfile,
        name: "wb-home".to_owned(),
        kept: value("2M/2M"),
    };
    assert_eq!(setup.exceptions(), std::slice::from_ref(&expected));
    let text = serde_json::to_string(&expected).unwrap();
    assert_eq!(serde_json::from_str::<Exception>(&text).unwrap(), expected);
    setup.restore_row(Menu::PppProfile, "wb-home");
    assert!(setup.exceptions().is_empty());
    assert_eq!(setup.take_events().len(), 3);
}
