//! How the way to a router is protected, as clients say it and see it.

use access::{CaCertificate, Fingerprint, Transport, Trust};
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Encrypted or in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TransportName {
    /// The service `api-ssl`.
    Tls,
    /// The service `api`.
    Plain,
}

/// What vouches for the router's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TrustName {
    /// Nothing yet: an operator must confirm what is seen.
    FirstUse,
    /// An operator has confirmed exactly this one.
    Pinned,
    /// An authority of the operator's own.
    Authority,
}

/// What a request says about it, field by field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) transport: Option<TransportName>,
    pub(super) pin: Option<&'a str>,
    pub(super) authority: Option<&'a str>,
}

impl Asked<'_> {
    /// What is asked for; `None` if the request is silent about it.
    pub(super) fn parse(self) -> Result<Option<Transport>, Problem> {
        let pin = self.pin.map(fingerprint).transpose()?;
        let authority = self.authority.map(certificate_authority).transpose()?;
        let trust = match (pin, authority) {
            (Some(_), Some(_)) => {
                let message = "cannot be combined with certificate_pin";
                return Err(Problem::invalid(
                    "certificate_authority",
                    "exclusive",
                    message,
                ));
            }
            (Some(pin), None) => Some(Trust::Pinned(pin)),
            (None, Some(authority)) => Some(Trust::Authority(authority)),
            (None, None) => None,
        };
        match (self.transport, trust) {
            (Some(TransportName::Plain), Some(trust)) => {
                let field = match trust {
                    Trust::Authority(_) => "certificate_authority",
                    Trust::FirstUse | Trust::Pinned(_) => "certificate_pin",
                };
                Err(Problem::invalid(
                    field,
                    "transport",
                    "is for the transport tls only",
                ))
            }
            (Some(TransportName::Plain), None) => Ok(Some(Transport::Plain)),
            (_, Some(trust)) => Ok(Some(Transport::Tls(trust))),
            (Some(TransportName::Tls), None) => Ok(Some(Transport::Tls(Trust::FirstUse))),
            (None, None) => Ok(None),
        }
    }
}

pub(super) fn fingerprint(text: &str) -> Result<Fingerprint, Problem> {
    let parsed = text.parse::<Fingerprint>();
    parsed.map_err(|err| Problem::invalid("certificate_pin", "format", err.to_string()))
}

fn certificate_authority(text: &str) -> Result<CaCertificate, Problem> {
    let parsed = text.parse::<CaCertificate>();
    parsed.map_err(|err| Problem::invalid("certificate_authority", "format", err.to_string()))
}

/// The names of a transport and of what vouches for the certificate.
pub(super) const fn names(transport: &Transport) -> (TransportName, Option<TrustName>) {
    match transport {
        Transport::Plain => (TransportName::Plain, None),
        Transport::Tls(Trust::FirstUse) => (TransportName::Tls, Some(TrustName::FirstUse)),
        Transport::Tls(Trust::Pinned(_)) => (TransportName::Tls, Some(TrustName::Pinned)),
        Transport::Tls(Trust::Authority(_)) => (TransportName::Tls, Some(TrustName::Authority)),
    }
}
