//! What is wrong with a router, step by step, each with what was measured and what to do.
//!
//! The gateway collects [`Findings`]; [`diagnose`] turns them into verdicts, without asking anybody anything.

use std::net::{IpAddr, SocketAddr};

use kernel::Timestamp;
use serde::Serialize;

use crate::gateway::GatewayError;
use crate::router::LoginMethod;
use crate::transport::{Fingerprint, Transport};

mod account;
mod clock;
mod health;
mod reach;
#[cfg(test)]
mod tests;

/// What came of looking for one thing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Finding<T> {
    /// It was found.
    Found(T),
    /// It was looked for in vain.
    Failed(GatewayError),
    /// It was not looked for: something before it failed, or there was no time left.
    #[default]
    NotAsked,
}

impl<T> Finding<T> {
    /// What was found.
    pub const fn found(&self) -> Option<&T> {
        match self {
            Self::Found(it) => Some(it),
            Self::Failed(_) | Self::NotAsked => None,
        }
    }
}

impl<T> From<Result<T, GatewayError>> for Finding<T> {
    fn from(result: Result<T, GatewayError>) -> Self {
        match result {
            Ok(it) => Self::Found(it),
            Err(err) => Self::Failed(err),
        }
    }
}

/// A connection that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connected {
    /// Where to.
    pub address: SocketAddr,
    /// How long that took, in milliseconds.
    pub took_ms: u64,
}

/// An encrypted connection that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// `TLS 1.2` or `TLS 1.3`.
    pub protocol: String,
    /// The certificate that was shown.
    pub seen: Fingerprint,
}

/// The API account, as `/user` and `/user/group` show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its group.
    pub group: String,
    /// The policies of the group, as printed: `!ftp` is one that it does not have.
    pub policies: Vec<String>,
}

/// `/system/resource`. Sizes are in bytes; what the router does not tell is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The version: `7.18.2 (stable)`.
    pub version: String,
    /// The board.
    pub board: String,
    /// Memory that is free.
    pub free_memory: Option<u64>,
    /// Memory altogether.
    pub total_memory: Option<u64>,
    /// Storage that is free.
    pub free_disk: Option<u64>,
    /// Storage altogether.
    pub total_disk: Option<u64>,
}

/// Who the router says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `/system/identity`.
    pub name: String,
    /// The serial of the board, or the licence's id on virtual routers.
    pub serial: Option<String>,
}

/// `/system/clock`, as printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockReading {
    /// `2026-11-21`, before 7.10 `nov/21/2026`.
    pub date: String,
    /// `13:05:59`.
    pub time: String,
    /// `+07:00`, or seconds.
    pub gmt_offset: String,
    /// How long ago it was read when the findings were handed over, in milliseconds.
    pub age_ms: u64,
}

/// `/system/device-mode`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceMode {
    /// `advanced`, `home`, `basic` and the like.
    pub mode: String,
    /// Whether a hotspot is allowed, where the router says so.
    pub hotspot: Option<bool>,
}

/// `/system/license`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// `0` to `6` on boards; `free`, `p1`, `p10` or `p-unlimited` on virtual routers.
    pub level: Option<String>,
}

/// How many customers are online.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Online {
    /// Over the hotspot.
    pub hotspot: u64,
    /// Over PPP.
    pub ppp: u64,
}

/// The row of `/ip/service` that the connection came over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiService {
    /// The addresses it may be reached from; empty for all.
    pub address: String,
    /// How many sessions it takes, where the router says so (7.16 and later).
    pub max_sessions: Option<u64>,
}

/// Everything that was found out about a router.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// The addresses of its name that may be connected to.
    pub addresses: Finding<Vec<IpAddr>>,
    /// The connection.
    pub connection: Finding<Connected>,
    /// The encryption; not asked for without TLS.
    pub encryption: Finding<Encrypted>,
    /// The login.
    pub login: Finding<()>,
    /// The API account.
    pub account: Finding<Account>,
    /// Version, memory and storage.
    pub resource: Finding<Resource>,
    /// Who it is.
    pub identity: Finding<Identity>,
    /// Its clock.
    pub clock: Finding<ClockReading>,
    /// Its device mode.
    pub device_mode: Finding<DeviceMode>,
    /// Its licence.
    pub licence: Finding<Licence>,
    /// Its load.
    pub online: Finding<Online>,
    /// Its API service.
    pub service: Finding<ApiService>,
    /// Sessions of the API that run, ours among them.
    pub api_sessions: Finding<u64>,
    /// How long all of it took, in milliseconds.
    pub took_ms: u64,
}

/// What the router should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// How the way is protected.
    pub transport: Transport,
    /// How the login is made.
    pub method: LoginMethod,
    /// The serial it was enrolled with.
    pub serial: Option<String>,
    /// The present, when the findings were handed over.
    pub now: Timestamp,
}

/// How a step came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It could not be looked at, because of something else; the advice says of what.
    Skipped,
    /// It is as it should be.
    Pass,
    /// It works, but not for ever or not as well as it could.
    Warn,
    /// It does not work.
    Fail,
}

impl Verdict {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Pass, Self::Warn, Self::Fail, Self::Skipped];
}

/// What a step looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// Whether the name leads to an address that may be connected to.
    NameResolution,
    /// Whether the port takes a connection.
    Tcp,
    /// Whether the connection is encrypted, to the right certificate.
    Tls,
    /// Whether the account is let in.
    Login,
    /// Whether the account may do what is needed, and no more.
    Permissions,
    /// Which RouterOS it is, and what that lacks.
    Version,
    /// Whether it is the router that was enrolled.
    Identity,
    /// Whether its clock is right.
    Clock,
    /// Whether its device mode allows a hotspot.
    DeviceMode,
    /// Whether its licence has room for more customers.
    Licence,
    /// Whether it has memory left.
    Memory,
    /// Whether it has storage left.
    Disk,
    /// Whether its API takes more sessions.
    Sessions,
    /// Who may reach its API.
    ServiceAccess,
}

impl StepName {
    /// Every one, in the order in which they are looked at.
    pub const ALL: [Self; 14] = [
        Self::NameResolution,
        Self::Tcp,
        Self::Tls,
        Self::Login,
        Self::Permissions,
        Self::Version,
        Self::Identity,
        Self::Clock,
        Self::DeviceMode,
        Self::Licence,
        Self::Memory,
        Self::Disk,
        Self::Sessions,
        Self::ServiceAccess,
    ];

    /// Its name in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NameResolution => "the name resolution",
            Self::Tcp => "the connection",
            Self::Tls => "the encryption",
            Self::Login => "the login",
            Self::Permissions => "the permissions",
            Self::Version => "the version",
            Self::Identity => "the identity",
            Self::Clock => "the clock",
            Self::DeviceMode => "the device mode",
            Self::Licence => "the licence",
            Self::Memory => "the memory",
            Self::Disk => "the storage",
            Self::Sessions => "the session limit",
            Self::ServiceAccess => "the service's address list",
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it looks at.
    pub name: StepName,
    /// How it came out.
    pub verdict: Verdict,
    /// What was measured, in words.
    pub measured: Option<String>,
    /// What to do, or why it was skipped.
    pub advice: Option<String>,
}

impl Step {
    fn new(name: StepName, verdict: Verdict, measured: impl Into<String>) -> Self {
        Self {
            name,
            verdict,
            measured: Some(measured.into()),
            advice: None,
        }
    }

    fn pass(name: StepName, measured: impl Into<String>) -> Self {
        Self::new(name, Verdict::Pass, measured)
    }

    fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    fn skipped(name: StepName, why: impl Into<String>) -> Self {
        Self {
            name,
            verdict: Verdict::Skipped,
            measured: None,
            advice: Some(why.into()),
        }
    }

    fn failed(name: StepName, err: &GatewayError) -> Self {
        Self::new(name, Verdict::Fail, err.message.clone()).advise(err.advice())
    }

    /// It is not vital, and the router does not tell: why is said, and nothing is made of it.
    fn not_told(name: StepName, err: &GatewayError) -> Self {
        Self::skipped(name, format!("the router does not tell: {err}"))
    }
}

/// Every step, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The worst of the steps.
    pub verdict: Verdict,
    /// The steps, one for each [`StepName`].
    pub steps: Vec<Step>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

impl Diagnosis {
    /// The step of a name.
    #[must_use]
    pub fn step(&self, name: StepName) -> Option<&Step> {
        self.steps.iter().find(|it| it.name == name)
    }
}

/// Judges what was found.
#[must_use]
pub fn diagnose(findings: &Findings, expected: &Expected) -> Diagnosis {
    let steps: Vec<Step> = StepName::ALL
        .into_iter()
        .map(|it| step(it, findings, expected))
        .collect();
    let worst = steps.iter().map(|it| it.verdict).max();
    Diagnosis {
        verdict: worst.unwrap_or(Verdict::Skipped),
        steps,
        took_ms: findings.took_ms,
    }
}

fn step(name: StepName, findings: &Findings, expected: &Expected) -> Step {
    let why = reach::obstacle(findings, expected);
    let resource = &findings.resource;
    match name {
        StepName::NameResolution => reach::name_resolution(&findings.addresses),
        StepName::Tcp => reach::tcp(findings, &why),
        StepName::Tls => reach::tls(findings, expected, &why),
        StepName::Login => reach::login(findings, expected, &why),
        StepName::Permissions => account::permissions(&findings.account, &why),
        StepName::Version => health::version(resource, &why),
        StepName::Identity => account::identity(&findings.identity, expected, &why),
        StepName::Clock => clock::clock(&findings.clock, expected.now, &why),
        StepName::DeviceMode => health::device_mode(&findings.device_mode, resource, &why),
        StepName::Licence => health::licence(&findings.licence, &findings.online, &why),
        StepName::Memory => health::memory(resource, &why),
        StepName::Disk => health::disk(resource, &why),
        StepName::Sessions => account::sessions(&findings.service, &findings.api_sessions, &why),
        StepName::ServiceAccess => account::service_access(&findings.service, expected, &why),
    }
}
