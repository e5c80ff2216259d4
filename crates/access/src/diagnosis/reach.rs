//! Whether the router can be reached, safely, and lets us in.

use std::net::IpAddr;

use super::{Expected, Finding, Findings, Step, StepName, Verdict};
use crate::router::LoginMethod;
use crate::transport::{Transport, Trust};

/// Why what comes after the login was not looked at.
pub(super) fn obstacle(findings: &Findings, expected: &Expected) -> String {
    let failed = match findings {
        Findings {
            addresses: Finding::Failed(_),
            ..
        } => Some(StepName::NameResolution),
        Findings {
            connection: Finding::Failed(_),
            ..
        } => Some(StepName::Tcp),
        Findings {
            encryption: Finding::Failed(_),
            ..
        } => Some(StepName::Tls),
        Findings {
            login: Finding::Failed(_),
            ..
        } => Some(StepName::Login),
        _ => None,
    };
    if let Some(step) = failed {
        return format!("skipped because {} failed", step.words());
    }
    let is_unconfirmed = expected.transport == Transport::Tls(Trust::FirstUse);
    if is_unconfirmed && findings.encryption.found().is_some() {
        return "skipped because nothing is sent before the certificate is confirmed".to_owned();
    }
    "skipped because there was no time left".to_owned()
}

pub(super) fn name_resolution(addresses: &Finding<Vec<IpAddr>>) -> Step {
    let name = StepName::NameResolution;
    match addresses {
        Finding::Found(found) => {
            let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
            Step::pass(name, shown.join(", "))
        }
        Finding::Failed(err) => Step::failed(name, err),
        Finding::NotAsked => Step::skipped(name, "skipped because there was no time left"),
    }
}

pub(super) fn tcp(findings: &Findings, why: &str) -> Step {
    let name = StepName::Tcp;
    match &findings.connection {
        Finding::Found(it) => Step::pass(name, format!("{} in {} ms", it.address, it.took_ms)),
        Finding::Failed(err) => Step::failed(name, err),
        Finding::NotAsked => Step::skipped(name, why),
    }
}

pub(super) fn tls(findings: &Findings, expected: &Expected, why: &str) -> Step {
    let name = StepName::Tls;
    let Transport::Tls(trust) = &expected.transport else {
        return Step::new(name, Verdict::Warn, "not encrypted").advise(
            "everybody on the path can read the password and change what is sent: use the transport tls, unless the \
             path is a tunnel",
        );
    };
    match &findings.encryption {
        Finding::Found(it) => {
            let measured = format!("{}, certificate {}", it.protocol, it.seen);
            match trust {
                Trust::FirstUse => Step::new(name, Verdict::Warn, measured).advise(
                    "compare the fingerprint with the one the router shows in /certificate print detail, then confirm it",
                ),
                Trust::Pinned(_) => Step::pass(name, format!("{measured}, as confirmed")),
                Trust::Authority(_) => Step::pass(name, format!("{measured}, by the authority")),
            }
        }
        Finding::Failed(err) => Step::failed(name, err),
        Finding::NotAsked => Step::skipped(name, why),
    }
}

pub(super) fn login(findings: &Findings, expected: &Expected, why: &str) -> Step {
    let name = StepName::Login;
    match (&findings.login, expected.method) {
        (Finding::Found(()), LoginMethod::Plain) => Step::pass(name, "name and password"),
        (Finding::Found(()), LoginMethod::LegacyMd5) => {
            Step::new(name, Verdict::Warn, "MD5 challenge").advise(
                "the challenge login of RouterOS before 6.43 is weak: upgrade, then choose the login method plain",
            )
        }
        (Finding::Failed(err), _) => Step::failed(name, err),
        (Finding::NotAsked, _) => Step::skipped(name, why),
    }
}
