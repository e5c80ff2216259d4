//! Turns a row as a router prints it into the canonical form in which rows are compared.

use std::collections::BTreeMap;
use std::time::Duration;

use access::{ActualRow, Attribute, Menu, RowId};
use kernel::Secret;
use routeros_proto::{RateLimit, RatePair, Reply, parse_bool, parse_optional_duration};

/// The priority that routers assume.
const DEFAULT_PRIORITY: u8 = 8;

/// The properties to ask for in a menu: what is needed and nothing slow.
pub(crate) fn properties(menu: Menu) -> Vec<&'static str> {
    let mut names = vec![".id", menu.key()];
    let attributes = menu.attributes().iter().map(|it| it.name_in(menu));
    names.extend(attributes.filter(|it| *it != menu.key()));
    if menu.has_comment() {
        names.push("comment");
    }
    if menu.has_password() {
        names.push("password");
    }
    if menu != Menu::Pool && !menu.is_profiles() {
        names.push("dynamic");
    }
    if matches!(menu, Menu::IpBinding) {
        names.push("address");
    }
    names
}

/// The row, or `None` if it has no id or name and so cannot be worked with. Bindings and leases that name no device are
/// called by their address.
pub(crate) fn row(menu: Menu, reply: &Reply) -> Option<ActualRow> {
    let text = |name| reply.get(name).map(std::borrow::Cow::into_owned);
    let mut values = BTreeMap::new();
    for attribute in menu.attributes() {
        let value = text(attribute.name_in(menu)).and_then(|it| canonical(*attribute, &it));
        values.extend(value.map(|it| (*attribute, it)));
    }
    Some(ActualRow {
        id: RowId::new(text(".id")?),
        name: text(menu.key())
            .or_else(|| text("address"))
            .map(|it| key(menu, it))?,
        values,
        password: text("password")
            .filter(|it| !is_masked(it))
            .map(Secret::new),
        comment: text("comment").unwrap_or_default(),
        is_dynamic: text("dynamic").is_some_and(|it| parse_bool(&it) == Ok(true)),
    })
}

/// The key of a row in one form: devices in capitals, single addresses without `/32`.
fn key(menu: Menu, text: String) -> String {
    match menu.key() {
        "mac-address" => text.to_ascii_uppercase(),
        "address" | "dst-address" => host_form(&text),
        _ => text,
    }
}

fn host_form(text: &str) -> String {
    text.strip_suffix("/32").unwrap_or(text).to_owned()
}

/// Routers that hide a password leave it out or show stars.
fn is_masked(password: &str) -> bool {
    password.is_empty() || password.bytes().all(|it| it == b'*')
}

/// The canonical form of a value; `None` for what means "not set".
fn canonical(attribute: Attribute, text: &str) -> Option<String> {
    let unless = |unset: &[&str]| (!unset.contains(&text)).then(|| text.to_owned());
    match attribute {
        Attribute::Service => unless(&["", "any"]),
        Attribute::Server => unless(&["", "all"]),
        Attribute::Profile => unless(&["", "default"]),
        Attribute::AddressList | Attribute::Pool | Attribute::LocalAddress => unless(&["", "none"]),
        Attribute::SharedUsers => unless(&["", "1"]),
        Attribute::LimitBytes => unless(&["", "0"]),
        Attribute::RateLimit => rate_limit(text),
        Attribute::SessionTimeout | Attribute::IdleTimeout | Attribute::LimitUptime => {
            seconds(text)
        }
        Attribute::Disabled | Attribute::BlockAccess => {
            (parse_bool(text) == Ok(true)).then(|| "yes".to_owned())
        }
        Attribute::Ranges => Some(ranges(text)),
        Attribute::Address => unless(&["", "0.0.0.0"]),
        Attribute::AddressLists => unless(&[""]),
        Attribute::BindingType => unless(&["", "regular"]),
        Attribute::Target => Some(targets(text)),
        Attribute::MaxLimit | Attribute::BurstLimit | Attribute::BurstThreshold => pair(text),
        Attribute::BurstTime => seconds_pair(text),
        Attribute::List => unless(&[""]),
        Attribute::Action => unless(&["", "allow", "accept"]),
    }
}

/// Routers write aligned ranges as prefixes and back as they please.
fn ranges(text: &str) -> String {
    let parsed = text.parse::<access::Ranges>();
    parsed.map_or_else(|_| text.to_owned(), |it| it.to_string())
}

fn targets(text: &str) -> String {
    let targets: Vec<String> = text.split(',').map(|it| host_form(it.trim())).collect();
    targets.join(",")
}

/// A pair of rates: `10000000/10000000` and `10M/10M` are the same.
fn pair(text: &str) -> Option<String> {
    match text.parse::<RatePair>() {
        Ok(RatePair::ZERO) => None,
        Ok(pair) => Some(pair.to_string()),
        Err(_) => (!text.trim().is_empty()).then(|| text.to_owned()),
    }
}

/// A pair of time spans: `10s/10s` and `10/10` are the same.
fn seconds_pair(text: &str) -> Option<String> {
    let (up, down) = text.split_once('/').unwrap_or((text, text));
    match (seconds(up), seconds(down)) {
        (None, None) => None,
        (up, down) => {
            let text = |it: Option<String>| it.unwrap_or_else(|| "0".to_owned());
            Some(format!("{}/{}", text(up), text(down)))
        }
    }
}

/// Equal limits have one text, however they were written; what cannot be read stays as it is, and differs.
fn rate_limit(text: &str) -> Option<String> {
    let Ok(mut limit) = text.parse::<RateLimit>() else {
        return (!text.trim().is_empty()).then(|| text.to_owned());
    };
    limit.priority = limit.priority.filter(|it| *it != DEFAULT_PRIORITY);
    let nothing = limit == RateLimit::steady(RatePair::ZERO);
    (!nothing).then(|| limit.to_string())
}

fn seconds(text: &str) -> Option<String> {
    match parse_optional_duration(text) {
        Ok(None | Some(Duration::ZERO)) => None,
        Ok(Some(span)) if span.subsec_nanos() == 0 => Some(span.as_secs().to_string()),
        Ok(Some(_)) | Err(_) => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    //! Equal values compare equal, however a router of whatever age prints them.

    use access::{Attribute as A, Burst, Menu, RateLimit};
    use routeros_proto::Reply;

    use super::{canonical, row};

    #[test]
    fn values_take_one_form() {
        let table = [
            (A::Service, "any", None),
            (A::Service, "pppoe", Some("pppoe")),
            (A::Server, "all", None),
            (A::Profile, "default", None),
            (A::RateLimit, "", None),
            (A::RateLimit, "0/0", None),
            (A::RateLimit, "5000000/20000k", Some("5M/20M")),
            (A::RateLimit, "10M", Some("10M/10M")),
            (
                A::RateLimit,
                "5M/20M 8M/30M 4M/15M 10/10 8",
                Some("5M/20M 8M/30M 4M/15M 10/10"),
            ),
            (A::RateLimit, "nonsense", Some("nonsense")),
            (A::SessionTimeout, "0s", None),
            (A::IdleTimeout, "none", None),
            (A::LimitUptime, "1d02:00:00", Some("93600")),
            (A::LimitUptime, "1w2d", Some("777600")),
            (A::LimitBytes, "0", None),
            (A::SharedUsers, "1", None),
            (A::SharedUsers, "unlimited", Some("unlimited")),
            (A::Pool, "none", None),
            (A::Disabled, "true", Some("yes")),
            (A::Disabled, "no", None),
            (A::BlockAccess, "false", None),
            (A::Ranges, "10.0.0.0/30", Some("10.0.0.0-10.0.0.3")),
            (A::Ranges, "pool", Some("pool")),
            (A::Address, "0.0.0.0", None),
            (A::BindingType, "regular", None),
            (A::BindingType, "bypassed", Some("bypassed")),
            (
                A::Target,
                "10.1.1.5/32,10.2.0.0/24",
                Some("10.1.1.5,10.2.0.0/24"),
            ),
            (A::MaxLimit, "10000000/10000000", Some("10M/10M")),
            (A::MaxLimit, "10M/10M", Some("10M/10M")),
            (A::MaxLimit, "0/0", None),
            (A::BurstTime, "10s/10s", Some("10/10")),
            (A::BurstTime, "10/12", Some("10/12")),
            (A::BurstTime, "0s/0s", None),
            (A::Action, "allow", None),
            (A::Action, "deny", Some("deny")),
        ];
        for (attribute, printed, expected) in table {
            assert_eq!(
                canonical(attribute, printed).as_deref(),
                expected,
                "{printed}"
            );
        }
    }

    #[test]
    fn the_speeds_we_write_are_read_back_unchanged() {
        let burst = Burst {
            up_bps: 8_000_000,
            down_bps: 30_500_000,
            up_threshold_bps: 4_000_000,
            down_threshold_bps: 15_000_001,
            time_s: 12,
        };
        for burst in [None, Some(burst)] {
            let written = RateLimit {
                burst,
                ..RateLimit::steady(5_000_000, 1_999)
            }
            .to_string();
            assert_eq!(canonical(A::RateLimit, &written), Some(written));
        }
    }

    #[test]
    fn hidden_passwords_and_nameless_rows_are_left_out() {
        let reply = |password: &str| {
            Reply::data()
                .attr(".id", "*1")
                .attr("name", "siti")
                .attr("password", password)
        };
        let password =
            |text: &str| row(Menu::PppSecret, &reply(text)).map(|it| it.password.is_some());
        assert_eq!(password("pw"), Some(true));
        assert_eq!(password("*****"), Some(false));
        assert_eq!(password(""), Some(false));
        assert_eq!(row(Menu::PppSecret, &Reply::data().attr(".id", "*1")), None);
    }

    #[test]
    fn keys_take_one_form() {
        let name = |menu, key: &str, text: &str| {
            let reply = Reply::data().attr(".id", "*1").attr(key, text);
            row(menu, &reply).map(|it| it.name)
        };
        let device = name(Menu::DhcpLease, "mac-address", "aa:bb:cc:00:00:01");
        assert_eq!(device.as_deref(), Some("AA:BB:CC:00:00:01"));
        let entry = name(Menu::AddressList, "address", "10.1.1.5/32");
        assert_eq!(entry.as_deref(), Some("10.1.1.5"));
        let bare = name(Menu::IpBinding, "address", "10.1.1.5");
        assert_eq!(
            bare.as_deref(),
            Some("10.1.1.5"),
            "a binding without a device"
        );
    }

    #[test]
    fn foreign_bytes_do_not_stop_anybody() {
        let reply = Reply::data()
            .attr(".id", "*1")
            .attr("name", "x")
            .attr("comment", b"caf\xe9");
        let row = row(Menu::HotspotUser, &reply);
        assert_eq!(row.map(|it| it.comment), Some("caf\u{fffd}".to_owned()));
    }
}
