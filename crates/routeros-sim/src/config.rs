//! What a simulated router is made of when it starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use routeros_proto::Limits;

use crate::version::VersionProfile;

/// 2026-11-21 00:00:00 UTC in seconds since 1970.
const DEFAULT_START: i64 = 1_795_219_200;

/// Everything that can be chosen about a router before it starts.
///
/// Make one with [`SimConfig::new`] and change what the test is about.
#[derive(Debug, Clone)]
pub struct SimConfig {
    /// `/system/identity`.
    pub identity: String,
    /// The serial number of `/system/routerboard`; derived from the identity by default.
    pub serial: String,
    /// The RouterOS version to play.
    pub version: VersionProfile,
    /// Whether it is a board with a serial number. A virtual machine has no
    /// `/system/routerboard` menu at all.
    pub has_routerboard: bool,
    /// API accounts. By default `admin` with password `password` and every policy.
    pub users: Vec<SimUser>,
    /// Answers every login with a challenge, as routers before 6.43 do, whatever the version.
    pub legacy_login: bool,
    /// Latency of each command. Commands in flight on one connection overlap.
    pub per_command_delay: Duration,
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// The TLS port, if there is one: the service `api-ssl`.
    pub tls: Option<SimTls>,
    /// Where the control port listens, if there is one. Whoever reaches it owns the router, so
    /// it belongs on the loopback.
    pub control: Option<SocketAddr>,
    /// API sessions at a time on each port; the next one is closed at once (RouterOS: 20).
    pub max_sessions: usize,
    /// What a client may send before it has logged in.
    pub limits_before_login: Limits,
    /// Ethernet interfaces to begin with.
    pub interfaces: Vec<String>,
    /// Address pools to begin with: name and ranges.
    pub pools: Vec<(String, String)>,
    /// The hotspot server to begin with, if any.
    pub hotspot: Option<SimHotspot>,
    /// Gives a PPP client an address of the first pool when neither its secret nor its profile
    /// names one. A real router refuses such a client, and so does the simulator by default.
    pub assigns_missing_addresses: bool,
    /// Sends `!empty` also after commands that change something (versions with `!empty` only).
    pub sends_empty_after_writes: bool,
    /// Keeps the router's state in this file across runs.
    pub state_file: Option<PathBuf>,
    /// The router's clock at the start, in seconds since 1970 (UTC).
    pub started_at_unix: i64,
    /// Lets time on the router pass as it does outside. Off by default: then only
    /// [`crate::Simulator::elapse`] moves it, and tests know every counter.
    pub follows_real_time: bool,
    /// Whether the clock is right again after a reboot. Without NTP it restarts in 1970.
    pub has_ntp: bool,
}

/// The port where the API is spoken over TLS.
#[derive(Debug, Clone)]
pub struct SimTls {
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// What the port shows of itself.
    pub certificate: SimCertificate,
    /// Offers TLS 1.2 only. Routers before 7 never offer more, whatever stands here.
    pub only_tls12: bool,
}

/// The certificate of a TLS port.
#[derive(Debug, Clone)]
pub enum SimCertificate {
    /// A self-signed one, made at the start; its name is the router's identity.
    Generated,
    /// A chain and its key, in PEM.
    Pem {
        /// The certificates, the port's own first.
        chain: Vec<u8>,
        /// The private key: PKCS#8, PKCS#1 or SEC1.
        key: Vec<u8>,
    },
    /// None, as on a router where nobody set one. Such a service speaks only anonymous suites:
    /// a client without them is told `handshake_failure`.
    Missing,
}

/// An API account.
#[derive(Debug, Clone)]
pub struct SimUser {
    /// Login name.
    pub name: String,
    /// Password; may be empty.
    pub password: String,
    /// Policies such as `api`, `read`, `write`, `sensitive`, `policy`.
    pub policies: Vec<String>,
}

/// A hotspot server and the network it serves.
#[derive(Debug, Clone)]
pub struct SimHotspot {
    /// Name of the server, as in the `server` of users and sessions.
    pub name: String,
    /// The interface it serves; one of [`SimConfig::interfaces`].
    pub interface: String,
    /// The pool that devices get their addresses from; one of [`SimConfig::pools`].
    pub pool: String,
    /// The router's own address in that network.
    pub address: Ipv4Addr,
}

impl SimConfig {
    /// A board with 7.18, `admin`/`password`, five ports, a PPPoE pool, and a hotspot, listening
    /// on a free port of the loopback.
    #[must_use]
    pub fn new(identity: impl Into<String>) -> Self {
        let identity = identity.into();
        Self {
            serial: serial_of(&identity),
            identity,
            version: VersionProfile::V7_18,
            has_routerboard: true,
            users: vec![SimUser::full("admin", "password")],
            legacy_login: false,
            per_command_delay: Duration::ZERO,
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            control: None,
            max_sessions: 20,
            limits_before_login: Limits::BEFORE_LOGIN,
            interfaces: (1..=5).map(|port| format!("ether{port}")).collect(),
            pools: vec![
                (
                    "pppoe-pool".to_owned(),
                    "10.64.0.2-10.65.255.254".to_owned(),
                ),
                ("hs-pool".to_owned(), "10.5.0.2-10.6.255.254".to_owned()),
            ],
            hotspot: Some(SimHotspot {
                name: "hotspot1".to_owned(),
                interface: "ether2".to_owned(),
                pool: "hs-pool".to_owned(),
                address: Ipv4Addr::new(10, 5, 0, 1),
            }),
            assigns_missing_addresses: false,
            sends_empty_after_writes: false,
            state_file: None,
            started_at_unix: DEFAULT_START,
            follows_real_time: false,
            has_ntp: true,
        }
    }
}

impl SimTls {
    /// A self-signed certificate on a free port of the loopback, TLS 1.2 and 1.3.
    #[must_use]
    pub fn generated() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            certificate: SimCertificate::Generated,
            only_tls12: false,
        }
    }
}

impl SimUser {
    /// An account of the group `full`.
    #[must_use]
    pub fn full(name: &str, password: &str) -> Self {
        Self::new(name, password, &FULL)
    }

    /// An account with exactly these policies.
    #[must_use]
    pub fn new(name: &str, password: &str, policies: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            password: password.to_owned(),
            policies: policies.iter().map(|policy| (*policy).to_owned()).collect(),
        }
    }
}

/// The policies of the group `full`.
pub(crate) const FULL: [&str; 16] = [
    "local",
    "telnet",
    "ssh",
    "ftp",
    "reboot",
    "read",
    "write",
    "policy",
    "test",
    "winbox",
    "password",
    "web",
    "sniff",
    "sensitive",
    "api",
    "romon",
];

/// Twelve capital hexadecimal digits that differ between identities and stay between runs
/// (FNV-1a, which needs no dependency).
fn serial_of(identity: &str) -> String {
    let hash = identity
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
    format!("{:012X}", hash & 0xFFFF_FFFF_FFFF)
}
