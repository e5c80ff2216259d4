//! Finds out everything about a router that may be out of order, on a connection of its own.
//!
//! A step that is not answered costs its own patience and no more: each command has a tag of its own, so that the next
//! one can be asked while the last is still owed its answer.

use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use access::{
    Connected, Encrypted, Finding, Findings, GatewayError, GatewayErrorKind as Kind, Target,
    Transport, Trust,
};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::connect::{Wire, dial, resolve, silent};
use crate::settings::GatewaySettings;
use crate::{handshake, tls};

mod questions;
mod talk;

use talk::Talk;

/// How long all of it may take: whoever asks is still waiting then.
const WHOLE: Duration = Duration::from_secs(25);

/// How long resolving the name, connecting to one address and each command may take.
const STEP: Duration = Duration::from_secs(4);

/// Everything there is to know about the router. Takes no longer than half a minute, whatever the router does.
pub(crate) async fn examine(target: &Target, settings: &GatewaySettings) -> Findings {
    let begun = Instant::now();
    let settings = GatewaySettings {
        connect_timeout: settings.connect_timeout.min(STEP),
        login_timeout: settings.login_timeout.min(STEP),
        command_timeout: settings.command_timeout.min(STEP),
        ..settings.clone()
    };
    let examination = Examination {
        // Whether it is the right router is a finding, not a condition.
        target: Target {
            expected_serial: None,
            ..target.clone()
        },
        settings,
        deadline: begun + WHOLE,
    };
    let mut findings = Findings::default();
    examination.run(&mut findings).await;
    findings.took_ms = millis(begun);
    findings
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

struct Examination {
    target: Target,
    settings: GatewaySettings,
    deadline: Instant,
}

impl Examination {
    async fn run(&self, findings: &mut Findings) {
        let Some(stream) = self.reach(findings).await else {
            return;
        };
        let Some(mut wire) = self.encrypt(stream, findings).await else {
            return;
        };
        let greeting = handshake::greet(&mut wire, &self.target);
        findings.login = self.patiently(greeting).await.into();
        if findings.login.found().is_some() {
            let mut talk = Talk::new(wire, self.settings.command_timeout, self.deadline);
            questions::ask_all(&mut talk, &self.target, findings).await;
        }
    }

    async fn reach(&self, findings: &mut Findings) -> Option<TcpStream> {
        let resolved = match resolve(&self.target, &self.settings).await {
            Ok(resolved) => resolved,
            Err(err) => {
                findings.addresses = Finding::Failed(err);
                return None;
            }
        };
        let addresses: Vec<IpAddr> = resolved.iter().map(|it| it.ip()).collect();
        findings.addresses = Finding::Found(addresses);
        let begun = Instant::now();
        let made = match dial(&resolved, &self.settings).await {
            Ok(stream) => peer(&stream).map(|address| (stream, address)),
            Err(err) => Err(err),
        };
        match made {
            Ok((stream, address)) => {
                let took_ms = millis(begun);
                findings.connection = Finding::Found(Connected { address, took_ms });
                Some(stream)
            }
            Err(err) => {
                findings.connection = Finding::Failed(err);
                None
            }
        }
    }

    /// The connection to log in on; `None` also if the certificate must be confirmed first.
    async fn encrypt(&self, stream: TcpStream, findings: &mut Findings) -> Option<Wire> {
        let Transport::Tls(trust) = &self.target.transport else {
            return Some(Wire::plain(stream));
        };
        let securing = tls::secure(stream, &self.target.host, trust);
        match self.patiently(securing).await {
            Ok(secured) => {
                findings.encryption = Finding::Found(Encrypted {
                    protocol: secured.protocol.to_owned(),
                    seen: secured.seen,
                });
                (*trust != Trust::FirstUse).then(|| Wire::secured(secured))
            }
            Err(err) => {
                findings.encryption = Finding::Failed(err);
                None
            }
        }
    }

    async fn patiently<T>(
        &self,
        step: impl Future<Output = Result<T, GatewayError>>,
    ) -> Result<T, GatewayError> {
        let bounded = timeout_at(self.deadline, timeout(self.settings.login_timeout, step));
        match bounded.await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(silent(&self.target)),
        }
    }
}

fn peer(stream: &TcpStream) -> Result<std::net::SocketAddr, GatewayError> {
    let address = stream.peer_addr();
    address.map_err(|err| GatewayError::new(Kind::Unreachable, err.kind().to_string()))
}
