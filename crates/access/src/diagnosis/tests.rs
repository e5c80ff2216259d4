//! Each finding has its verdict, and each failure its name.
#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use kernel::Timestamp;

use super::{
    Account, ApiService, ClockReading, Connected, DeviceMode, Diagnosis, Encrypted, Expected,
    Finding, Findings, Identity, Licence, Online, Resource, StepName as S, Verdict as V, diagnose,
};
use crate::gateway::{GatewayError, GatewayErrorKind as Kind};
use crate::router::LoginMethod;
use crate::transport::{Fingerprint, Transport, Trust};

const PIN: Fingerprint = Fingerprint::new([1; 32]);
const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

/// 2027-01-15 08:00:00 UTC.
fn now() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).unwrap()
}

fn expected() -> Expected {
    Expected {
        transport: Transport::Tls(Trust::Pinned(PIN)),
        method: LoginMethod::Plain,
        serial: Some("HEX1".to_owned()),
        now: now(),
    }
}

fn account(policies: &str) -> Finding<Account> {
    Finding::Found(Account {
        group: "billing".to_owned(),
        policies: policies.split(',').map(str::to_owned).collect(),
    })
}

fn resource(version: &str) -> Resource {
    Resource {
        version: version.to_owned(),
        board: "RB5009".to_owned(),
        free_memory: Some(500 << 20),
        total_memory: Some(1_000 << 20),
        free_disk: Some(90 << 20),
        total_disk: Some(128 << 20),
    }
}

fn clock(date: &str, time: &str, gmt_offset: &str) -> Finding<ClockReading> {
    Finding::Found(ClockReading {
        date: date.to_owned(),
        time: time.to_owned(),
        gmt_offset: gmt_offset.to_owned(),
        age_ms: 0,
    })
}

fn healthy() -> Findings {
    Findings {
        addresses: Finding::Found(vec![HOST]),
        connection: Finding::Found(Connected {
            address: SocketAddr::new(HOST, 8729),
            took_ms: 3,
        }),
        encryption: Finding::Found(Encrypted {
            protocol: "TLS 1.3".to_owned(),
            seen: PIN,
        }),
        login: Finding::Found(()),
        account: account("read,write,api,sensitive,test,!ftp,!policy"),
        resource: Finding::Found(resource("7.24 (stable)")),
        identity: Finding::Found(Identity {
            name: "tower".to_owned(),
            serial: Some("HEX1".to_owned()),
        }),
        clock: clock("2027-01-15", "15:00:00", "+07:00"),
        device_mode: Finding::Found(DeviceMode {
            mode: "advanced".to_owned(),
            hotspot: Some(true),
        }),
        licence: Finding::Found(Licence {
            level: Some("4".to_owned()),
        }),
        online: Finding::Found(Online {
            hotspot: 10,
            ppp: 20,
        }),
        service: Finding::Found(ApiService {
            address: "10.0.0.5/32".to_owned(),
            max_sessions: Some(20),
        }),
        api_sessions: Finding::Found(2),
        took_ms: 40,
    }
}

fn failed<T>(kind: Kind) -> Finding<T> {
    Finding::Failed(GatewayError::new(kind, "the very reason"))
}

fn verdict(diagnosis: &Diagnosis, name: S) -> V {
    diagnosis.step(name).unwrap().verdict
}

/// The verdict on a router that is healthy but for one thing.
fn with(change: impl FnOnce(&mut Findings), name: S) -> (V, String) {
    let mut findings = healthy();
    change(&mut findings);
    let diagnosis = diagnose(&findings, &expected());
    let step = diagnosis.step(name).unwrap();
    let others = diagnosis.steps.iter().filter(|it| it.name != name);
    for other in others {
        assert_eq!(other.verdict, V::Pass, "{other:?} is not about {name:?}");
    }
    let said = format!(
        "{} | {}",
        step.measured.as_deref().unwrap_or_default(),
        step.advice.as_deref().unwrap_or_default()
    );
    (step.verdict, said)
}

#[test]
fn a_healthy_router_passes_every_step_in_order() {
    let diagnosis = diagnose(&healthy(), &expected());
    let names: Vec<S> = diagnosis.steps.iter().map(|it| it.name).collect();
    assert_eq!(names, S::ALL);
    assert!(
        diagnosis.steps.iter().all(|it| it.verdict == V::Pass),
        "{diagnosis:#?}"
    );
    assert_eq!((diagnosis.verdict, diagnosis.took_ms), (V::Pass, 40));
}

#[test]
fn the_step_that_fails_is_named_and_what_depends_on_it_says_so() {
    type Case = (S, &'static str, fn(&mut Findings));
    let cases: [Case; 4] = [
        (S::NameResolution, "the name resolution", |it| {
            it.addresses = failed(Kind::Unreachable);
        }),
        (S::Tcp, "the connection", |it| {
            it.addresses = healthy().addresses;
            it.connection = failed(Kind::Unreachable);
        }),
        (S::Tls, "the encryption", |it| {
            it.addresses = healthy().addresses;
            it.connection = healthy().connection;
            it.encryption = failed(Kind::TlsFailed);
        }),
        (S::Login, "the login", |it| {
            it.addresses = healthy().addresses;
            it.connection = healthy().connection;
            it.encryption = healthy().encryption;
            it.login = failed(Kind::AuthFailed);
        }),
    ];
    for (name, words, break_it) in cases {
        let mut findings = Findings::default();
        break_it(&mut findings);
        let diagnosis = diagnose(&findings, &expected());
        assert_eq!(diagnosis.verdict, V::Fail);
        for step in &diagnosis.steps {
            let said = step.advice.clone().unwrap_or_default();
            match step.name.cmp(&name) {
                std::cmp::Ordering::Less => assert_eq!(step.verdict, V::Pass, "{step:?}"),
                std::cmp::Ordering::Equal => {
                    assert_eq!(step.verdict, V::Fail);
                    assert_eq!(step.measured.as_deref(), Some("the very reason"));
                    assert!(!said.is_empty());
                }
                std::cmp::Ordering::Greater => {
                    assert_eq!(step.verdict, V::Skipped, "{step:?}");
                    assert_eq!(said, format!("skipped because {words} failed"));
                }
            }
        }
    }
}

#[test]
fn a_service_without_a_certificate_gets_the_commands_that_make_one() {
    let findings = Findings {
        encryption: failed(Kind::TlsFailed),
        ..Findings::default()
    };
    let diagnosis = diagnose(&findings, &expected());
    let advice = diagnosis.step(S::Tls).unwrap().advice.clone().unwrap();
    for command in [
        "/certificate add",
        "/certificate sign",
        "/ip/service set api-ssl certificate=",
    ] {
        assert!(advice.contains(command), "{advice}");
    }
}

#[test]
fn a_certificate_that_nobody_has_confirmed_stops_before_the_login() {
    let findings = Findings {
        login: Finding::NotAsked,
        account: Finding::NotAsked,
        ..healthy()
    };
    let expected = Expected {
        transport: Transport::Tls(Trust::FirstUse),
        ..expected()
    };
    let diagnosis = diagnose(&findings, &expected);
    let tls = diagnosis.step(S::Tls).unwrap();
    assert_eq!(tls.verdict, V::Warn);
    assert!(tls.measured.as_ref().unwrap().contains(&PIN.to_string()));
    let login = diagnosis.step(S::Login).unwrap();
    assert_eq!(login.verdict, V::Skipped);
    assert!(login.advice.as_ref().unwrap().contains("confirmed"));
}

#[test]
fn the_clear_and_the_challenge_are_warned_of() {
    let findings = Findings {
        encryption: Finding::NotAsked,
        ..healthy()
    };
    let expected = Expected {
        transport: Transport::Plain,
        method: LoginMethod::LegacyMd5,
        ..expected()
    };
    let diagnosis = diagnose(&findings, &expected);
    assert_eq!(verdict(&diagnosis, S::Tls), V::Warn);
    assert_eq!(verdict(&diagnosis, S::Login), V::Warn);
    assert_eq!(diagnosis.verdict, V::Warn);
}

#[test]
fn policies_that_are_missing_or_too_many_are_named() {
    let table = [
        ("api,read,write,sensitive", V::Pass, ""),
        ("api,read,write,sensitive,test,!ftp", V::Pass, ""),
        ("api,read,!write,!sensitive", V::Fail, "write, sensitive"),
        (
            "api,read,write,sensitive,ftp,policy",
            V::Warn,
            "ftp, policy",
        ),
        ("", V::Fail, "api, read, write, sensitive"),
    ];
    for (policies, expected, named) in table {
        let (verdict, said) = with(|it| it.account = account(policies), S::Permissions);
        assert_eq!(verdict, expected, "{policies}");
        assert!(said.contains(named), "{said}");
    }
    let (verdict, said) = with(|it| it.account = failed(Kind::Forbidden), S::Permissions);
    assert_eq!(verdict, V::Fail);
    assert!(said.contains("the very reason"), "{said}");
    let (verdict, said) = with(|it| it.account = failed(Kind::Timeout), S::Permissions);
    assert_eq!(verdict, V::Skipped);
    assert!(said.contains("the very reason"), "{said}");
}

#[test]
fn versions_say_what_they_lack() {
    let version = |text: &str| {
        let found = Finding::Found(resource(text));
        with(|it| it.resource = found, S::Version)
    };
    assert_eq!(version("7.24 (stable)").0, V::Pass);
    let (verdict, said) = version("7.9.2 (stable)");
    assert_eq!(verdict, V::Pass);
    assert!(said.contains("device mode needs RouterOS 7.17"), "{said}");
    assert_eq!(version("6.39 (stable)").0, V::Fail);
    assert_eq!(version("x").0, V::Warn);
}

#[test]
fn another_router_is_recognised() {
    let serial = |serial: Option<&str>| {
        let identity = Identity {
            name: "tower".to_owned(),
            serial: serial.map(str::to_owned),
        };
        with(|it| it.identity = Finding::Found(identity), S::Identity).0
    };
    assert_eq!(serial(Some("HEX1")), V::Pass);
    assert_eq!(serial(Some("HEX2")), V::Fail);
    assert_eq!(serial(None), V::Fail);
}

#[test]
fn clocks_are_compared_in_utc_in_every_form_of_date() {
    let table = [
        ("2027-01-15", "15:00:00", "+07:00", V::Pass, "right to"),
        ("jan/15/2027", "04:30:30", "-03:30", V::Pass, "30 s ahead"),
        ("2027-01-15", "08:00:00", "0", V::Pass, "right to"),
        ("2027-01-15", "15:00:00", "25200", V::Pass, "right to"),
        ("2027-01-15", "07:58:00", "+00:00", V::Warn, "120 s behind"),
        ("jan/02/1970", "00:10:00", "+00:00", V::Fail, "/system/ntp"),
        ("1970-01-02", "00:10:00", "+00:00", V::Fail, "/system/ntp"),
        ("yesterday", "00:10:00", "+00:00", V::Warn, "cannot be read"),
        ("2027-13-15", "25:10:00", "??", V::Warn, "cannot be read"),
    ];
    for (date, time, offset, expected, named) in table {
        let (verdict, said) = with(|it| it.clock = clock(date, time, offset), S::Clock);
        assert_eq!(verdict, expected, "{date} {time} {offset}: {said}");
        assert!(said.contains(named), "{said}");
    }
    let mut late = clock("2027-01-15", "07:59:30", "+00:00");
    if let Finding::Found(it) = &mut late {
        it.age_ms = 30_000;
    }
    let (verdict, said) = with(|it| it.clock = late, S::Clock);
    assert_eq!(verdict, V::Pass);
    assert!(
        said.contains("right to the second"),
        "read a while ago: {said}"
    );
}

#[test]
fn device_modes_without_a_hotspot_are_warned_of() {
    let table = [
        ("advanced", Some(true), V::Pass),
        ("advanced", None, V::Pass),
        ("home", None, V::Warn),
        ("basic", None, V::Warn),
        ("home", Some(true), V::Pass),
        ("advanced", Some(false), V::Warn),
    ];
    for (mode, hotspot, expected) in table {
        let mode = DeviceMode {
            mode: mode.to_owned(),
            hotspot,
        };
        let found = Finding::Found(mode.clone());
        let (verdict, said) = with(|it| it.device_mode = found, S::DeviceMode);
        assert_eq!(verdict, expected, "{mode:?}: {said}");
    }
    let (verdict, said) = with(
        |it| {
            it.resource = Finding::Found(resource("7.9.2 (stable)"));
            it.device_mode = failed(Kind::Unsupported);
        },
        S::DeviceMode,
    );
    assert_eq!(verdict, V::Skipped);
    assert!(said.contains("needs RouterOS 7.17"), "{said}");
}

#[test]
fn licences_have_caps() {
    let table = [
        (Some("4"), 10, 20, V::Pass),
        (Some("4"), 160, 0, V::Warn),
        (Some("4"), 200, 0, V::Fail),
        (Some("3"), 1, 0, V::Fail),
        (Some("3"), 0, 159, V::Pass),
        (Some("5"), 499, 0, V::Warn),
        (Some("6"), 5_000, 5_000, V::Pass),
        (Some("p1"), 5_000, 5_000, V::Pass),
        (Some("free"), 0, 0, V::Warn),
        (Some("0"), 0, 0, V::Warn),
        (Some("42"), 0, 0, V::Warn),
        (None, 0, 0, V::Skipped),
    ];
    for (level, hotspot, ppp, expected) in table {
        let licence = Licence {
            level: level.map(str::to_owned),
        };
        let (verdict, said) = with(
            |it| {
                it.licence = Finding::Found(licence);
                it.online = Finding::Found(Online { hotspot, ppp });
            },
            S::Licence,
        );
        assert_eq!(verdict, expected, "{level:?} {hotspot} {ppp}: {said}");
    }
}

#[test]
fn memory_and_storage_that_run_out_are_warned_of() {
    let sized = |change: fn(&mut Resource)| {
        let mut it = resource("7.24 (stable)");
        change(&mut it);
        Finding::Found(it)
    };
    let low = sized(|it| it.free_memory = Some(99 << 20));
    let (verdict, said) = with(|it| it.resource = low, S::Memory);
    assert_eq!(verdict, V::Warn);
    assert!(said.contains("99 of 1000 MiB free"), "{said}");
    let unsaid = sized(|it| it.total_memory = None);
    assert_eq!(with(|it| it.resource = unsaid, S::Memory).0, V::Skipped);
    let full = sized(|it| it.free_disk = Some(300 << 10));
    let (verdict, said) = with(|it| it.resource = full, S::Disk);
    assert_eq!(verdict, V::Warn);
    assert!(said.contains("300 of 131072 KiB free"), "{said}");
}

#[test]
fn the_session_limit_and_the_address_list_are_looked_at() {
    let service = |address: &str, max_sessions| {
        Finding::Found(ApiService {
            address: address.to_owned(),
            max_sessions,
        })
    };
    let limited = |active: u64, limit| {
        with(
            |it| {
                it.service = service("10.0.0.5/32", limit);
                it.api_sessions = Finding::Found(active);
            },
            S::Sessions,
        )
        .0
    };
    assert_eq!(limited(18, Some(20)), V::Pass);
    assert_eq!(limited(19, Some(20)), V::Warn);
    assert_eq!(limited(1, None), V::Skipped);
    for (address, expected) in [
        ("", V::Warn),
        ("10.0.0.5/32,0.0.0.0/0", V::Warn),
        ("10.0.0.5/32,10.0.0.6/32", V::Pass),
    ] {
        let it = service(address, Some(20));
        let (verdict, said) = with(|findings| findings.service = it, S::ServiceAccess);
        assert_eq!(verdict, expected, "{said}");
        assert_eq!(said.contains("/ip/service set api-ssl"), verdict == V::Warn);
    }
}

#[test]
fn what_there_was_no_time_for_says_so() {
    let findings = Findings {
        licence: Finding::NotAsked,
        ..healthy()
    };
    let diagnosis = diagnose(&findings, &expected());
    let step = diagnosis.step(S::Licence).unwrap();
    assert_eq!(step.verdict, V::Skipped);
    assert!(step.advice.as_ref().unwrap().contains("no time left"));
    assert_eq!(diagnosis.verdict, V::Pass);
}
