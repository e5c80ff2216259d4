//! The product connects to routers, never to itself or to the machine's metadata.

use super::{BadHost, Host, HostRules};

const STRICT: HostRules = HostRules {
    allow_loopback: false,
};
const DEMO: HostRules = HostRules {
    allow_loopback: true,
};

#[test]
fn routers_may_live_in_private_and_shared_ranges() {
    let good = [
        "10.0.0.1",
        "192.168.88.1",
        "172.16.3.4",
        "100.64.0.9",
        "203.0.113.7",
        "fd12::1",
    ];
    for host in good
        .into_iter()
        .chain(["[2001:db8::1]", "Tower-7.isp.example", "a.b.c.d."])
    {
        assert!(STRICT.parse(host).is_ok(), "{host}");
    }
}

#[test]
fn forbidden_places_name_their_rule() {
    let table = [
        ("127.0.0.1", BadHost::Loopback),
        ("127.9.9.9", BadHost::Loopback),
        ("::1", BadHost::Loopback),
        ("::ffff:127.0.0.1", BadHost::Loopback),
        ("localhost", BadHost::Loopback),
        ("router.localhost", BadHost::Loopback),
        ("169.254.169.254", BadHost::LinkLocal),
        ("::ffff:169.254.169.254", BadHost::LinkLocal),
        ("64:ff9b::a9fe:a9fe", BadHost::LinkLocal),
        ("2002:a9fe:a9fe::1", BadHost::LinkLocal),
        ("fd00:ec2::254", BadHost::LinkLocal),
        ("100.100.100.200", BadHost::LinkLocal),
        ("fe80::1", BadHost::LinkLocal),
        ("224.0.0.1", BadHost::Multicast),
        ("ff02::1", BadHost::Multicast),
        ("255.255.255.255", BadHost::Multicast),
        ("0.0.0.0", BadHost::Unspecified),
        ("0.1.2.3", BadHost::Unspecified),
        ("240.0.0.1", BadHost::Unspecified),
        ("::", BadHost::Unspecified),
    ];
    for (host, rule) in table {
        assert_eq!(STRICT.parse(host), Err(rule), "{host}");
    }
}

#[test]
fn the_demo_may_reach_its_own_machine_and_nothing_more() {
    assert!(DEMO.parse("127.0.0.1").is_ok());
    assert!(DEMO.parse("::1").is_ok());
    assert!(DEMO.parse("localhost").is_ok());
    assert_eq!(DEMO.parse("169.254.169.254"), Err(BadHost::LinkLocal));
}

#[test]
fn disguised_addresses_and_nonsense_are_no_names() {
    let long = format!("{}.example", "x".repeat(250));
    let bad = [
        "",
        " ",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0x7f000001",
        "a b",
        "a/b",
        "http://x",
        "-a",
    ];
    for host in bad
        .into_iter()
        .chain(["a..b", "a_b", "a:8728", "user@host", &long])
    {
        assert_eq!(host.parse::<Host>(), Err(BadHost::Syntax), "{host}");
    }
}
