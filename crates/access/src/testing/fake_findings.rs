//! What a router in memory gives to look at when it is examined.

use std::net::{Ipv4Addr, SocketAddr};

use crate::diagnosis::{Connected, Encrypted, Finding, Findings, Identity};
use crate::gateway::{GatewayError, GatewayErrorKind, Target};
use crate::router::RouterFacts;
use crate::transport::{Fingerprint, Transport};

/// A router that took the connection, and then answered or refused.
pub(super) fn fake_findings(target: &Target, facts: Result<RouterFacts, GatewayError>) -> Findings {
    let address = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 1), target.port));
    let reached = Findings {
        addresses: Finding::Found(vec![address.ip()]),
        connection: Finding::Found(Connected {
            address,
            took_ms: 1,
        }),
        ..Findings::default()
    };
    let err = match facts {
        Ok(facts) => {
            return Findings {
                encryption: encryption(&target.transport),
                login: Finding::Found(()),
                identity: Finding::Found(Identity {
                    name: facts.identity,
                    serial: facts.serial,
                }),
                ..reached
            };
        }
        Err(err) => err,
    };
    match err.kind {
        GatewayErrorKind::CertificateUnconfirmed { seen } => Findings {
            encryption: encrypted(seen),
            ..reached
        },
        GatewayErrorKind::CertificateChanged { .. }
        | GatewayErrorKind::CertificateInvalid
        | GatewayErrorKind::TlsFailed => Findings {
            encryption: Finding::Failed(err),
            ..reached
        },
        GatewayErrorKind::Unreachable => Findings {
            connection: Finding::Failed(err),
            ..reached
        },
        _ => Findings {
            encryption: encryption(&target.transport),
            login: Finding::Failed(err),
            ..reached
        },
    }
}

fn encryption(transport: &Transport) -> Finding<Encrypted> {
    transport.pin().map_or(Finding::NotAsked, encrypted)
}

fn encrypted(seen: Fingerprint) -> Finding<Encrypted> {
    Finding::Found(Encrypted {
        protocol: "TLS 1.3".to_owned(),
        seen,
    })
}
