//! The port to routers: what the access context asks of one, in its own words.

use async_trait::async_trait;
use kernel::{Priority, RouterId, Secret};
use serde::Serialize;

use crate::adoption::Survey;
use crate::change::Change;
use crate::diagnosis::Findings;
use crate::execution::{Execution, ExecutionAnswer};
use crate::host::Host;
use crate::listening::SessionFeed;
use crate::login::LoginRef;
use crate::reachability::ReachabilityChange;
use crate::router::{LoginMethod, RouterFacts};
use crate::row::Actual;
use crate::statistics::GatewayStatistics;
use crate::transport::{Fingerprint, Transport};
use crate::usage::{UsageReading, UsageScope};

/// Which router is meant, and everything needed to talk to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its id: a gateway keeps one connection per router.
    pub router: RouterId,
    /// Its address or name.
    pub host: Host,
    /// The port of its API service.
    pub port: u16,
    /// How the way is protected.
    pub transport: Transport,
    /// How to log in.
    pub method: LoginMethod,
    /// The API account.
    pub username: String,
    /// The account's password.
    pub password: Secret,
    /// The serial it was enrolled with: a router with another one is refused with [`GatewayErrorKind::WrongRouter`].
    pub expected_serial: Option<String>,
    /// How urgent it is. Two targets that differ in nothing else are one router on one connection.
    pub priority: Priority,
}

impl Target {
    /// The same router for something of this urgency.
    #[must_use]
    pub fn at(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }
}

/// Which logins to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Everything.
    All,
    /// The rows with these names only, whoever owns them.
    Logins(Vec<LoginRef>),
}

/// A session that runs on a router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveSession {
    /// Who, on which service.
    pub login: LoginRef,
    /// The customer's address, if known.
    pub address: Option<String>,
    /// The device: a MAC address as a rule.
    pub device: Option<String>,
    /// Seconds since it began.
    pub uptime_s: u64,
}

/// What a router says of itself in passing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// Seconds since it started.
    pub uptime_s: u64,
    /// Its RouterOS version; `None` where that is not told.
    pub version: Option<String>,
}

/// What ending sessions has come to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CutReport {
    /// How many sessions ended.
    pub removed: u64,
    /// Who is online still (or again) after all that could be done.
    pub still_online: Vec<LoginRef>,
}

/// What went wrong with a router, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GatewayErrorKind {
    /// No connection could be made, or it broke before the command was sent.
    Unreachable,
    /// A read was not answered in time.
    Timeout,
    /// A write may or may not have happened: read before writing again.
    Ambiguous,
    /// The router refused the API account.
    AuthFailed,
    /// The API account lacks a policy.
    Forbidden,
    /// The router does not know the menu, command or argument.
    Unsupported,
    /// Something with this key exists already.
    Conflict,
    /// The row is gone.
    NotFound,
    /// A value was refused.
    InvalidArgument {
        /// Which, where the router names it.
        field: Option<String>,
    },
    /// The router's device mode forbids it.
    DeviceMode,
    /// What answers does not speak the RouterOS API.
    NotRouterOs,
    /// Another router answers than the one that was enrolled.
    WrongRouter,
    /// The host must not be connected to.
    BadHost,
    /// Too much waits for this router already: nothing was sent.
    Overloaded,
    /// No encrypted connection could be agreed on: nothing was sent.
    TlsFailed,
    /// The certificate is not good, or not from the authority: nothing was sent.
    CertificateInvalid,
    /// An encrypted connection was made, but nobody has confirmed this certificate yet: nothing was sent.
    CertificateUnconfirmed {
        /// The certificate that was seen.
        seen: Fingerprint,
    },
    /// Another certificate than the confirmed one was seen: nothing was sent.
    CertificateChanged {
        /// The certificate that was confirmed.
        expected: Fingerprint,
        /// The certificate that was seen.
        seen: Fingerprint,
    },
    /// Anything else.
    Other,
}

/// What went wrong with a router.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GatewayError {
    /// By what can be done about it.
    pub kind: GatewayErrorKind,
    /// In words, the router's own where it said something.
    pub message: String,
}

impl GatewayError {
    /// An error of a kind.
    pub fn new(kind: GatewayErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// Whether the same may pass later without anybody changing anything.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        use GatewayErrorKind as Kind;
        matches!(
            self.kind,
            Kind::Unreachable | Kind::Timeout | Kind::Ambiguous | Kind::Overloaded
        )
    }

    /// Whether it concerns the router as a whole and not one row.
    #[must_use]
    pub const fn concerns_router(&self) -> bool {
        use GatewayErrorKind as Kind;
        match self.kind {
            Kind::Unreachable | Kind::Timeout | Kind::Ambiguous | Kind::AuthFailed => true,
            Kind::NotRouterOs | Kind::WrongRouter | Kind::BadHost | Kind::Overloaded => true,
            Kind::CertificateUnconfirmed { .. } | Kind::CertificateChanged { .. } => true,
            Kind::TlsFailed | Kind::CertificateInvalid => true,
            Kind::Forbidden | Kind::Unsupported | Kind::Conflict | Kind::NotFound => false,
            Kind::InvalidArgument { .. } | Kind::DeviceMode | Kind::Other => false,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        use GatewayErrorKind as Kind;
        match self.kind {
            Kind::Unreachable => {
                "check power and the path to the router, that /ip/service has api enabled, and its firewall"
            }
            Kind::Timeout => "the router is slow or the path is bad; it will be tried again",
            Kind::Ambiguous => "the router will be read again before anything is repeated",
            Kind::AuthFailed => "check the API account's name and password on the router",
            Kind::Forbidden => {
                "give the account's group the policies api, read, write and sensitive"
            }
            Kind::Unsupported => "this RouterOS version or its packages lack what is needed",
            Kind::Conflict => "a row made by hand has this name: rename or remove it on the router",
            Kind::NotFound => "the row vanished meanwhile; it will be made again",
            Kind::InvalidArgument { .. } => {
                "correct the service profile; a pool must exist on the router first"
            }
            Kind::DeviceMode => "enable hotspot in /system/device-mode at the router",
            Kind::NotRouterOs => {
                "the port must be the API service, 8728 as a rule, not WinBox or the web page"
            }
            Kind::WrongRouter => "enrol the replacement as a new router, or correct the address",
            Kind::BadHost => "use the router's own address in your network",
            Kind::Overloaded => {
                "wait a moment: much is being done on this router; see its statistics"
            }

            Kind::TlsFailed => {
                "put a certificate on the router's api-ssl service: /certificate add name=billing \
                 common-name=billing key-size=2048 days-valid=3650, then /certificate sign billing, \
                 then /ip/service set api-ssl certificate=billing disabled=no"
            }
            Kind::CertificateInvalid => {
                "let the authority issue a certificate for the router's host name or address \
                 (subject-alt-name), or pin the one that it has"
            }
            Kind::CertificateUnconfirmed { .. } => {
                "compare the fingerprint with the one the router shows in /certificate print \
                 detail, then confirm it"
            }
            Kind::CertificateChanged { .. } => {
                "if somebody renewed the certificate, compare its fingerprint on the router and \
                 confirm the new one; if nobody did, somebody may be listening in: do not confirm"
            }
            Kind::Other => "see the router's own message",
        }
    }
}

/// Talks to routers. Each router is a world of its own: one that does not answer never delays another.
#[async_trait]
pub trait RouterGateway: Send + Sync {
    /// Connects, logs in and asks who it is; proves address, credentials and permissions.
    async fn inspect(&self, target: &Target) -> Result<RouterFacts, GatewayError>;

    /// What is on the router now: every profile, and everything of the selected logins. An error means unknown, never
    /// empty; a single menu that could not be read is [`Actual::unknown`]. Of address lists only
    /// [`crate::OWN_LISTS`] are read.
    async fn read(&self, target: &Target, selection: &Selection) -> Result<Actual, GatewayError>;

    /// Makes changes, in order of dependence; one result for each, in the given order. Changes of one kind may be in
    /// flight together. Removing what is gone already is a success; adding what is there already (because an earlier
    /// try was not answered) becomes an update if the row carries the same tag.
    async fn apply(&self, target: &Target, changes: &[Change]) -> Vec<Result<(), GatewayError>>;

    /// Who is online.
    async fn sessions(&self, target: &Target) -> Result<Vec<LiveSession>, GatewayError>;

    /// Ends every session of these logins, forgets the cookies, hosts and passing leases that would bring them back, and
    /// looks again. Static addresses have no session.
    async fn cut(&self, target: &Target, logins: &[LoginRef]) -> Result<CutReport, GatewayError>;

    /// Closes what is open to a router: its address or credentials have changed, or it is retired.
    async fn forget(&self, router: RouterId);

    /// Seconds since the router started: less than before means that it has restarted. Cheap enough for every job.
    async fn uptime(&self, target: &Target) -> Result<u64, GatewayError>;
    /// Executes a command of an operator's own. It is never repeated where it may have changed something: then an answer
    /// that does not come is [`GatewayErrorKind::Ambiguous`].
    async fn execute(
        &self,
        target: &Target,
        execution: &Execution,
    ) -> Result<ExecutionAnswer, GatewayError>;

    /// How the talking to a router goes in this process; `None` if it was not talked to.
    fn statistics(&self, router: RouterId) -> Option<GatewayStatistics>;
    /// Finds out what there is to know about a router that may be out of order, over a connection of its own: every step
    /// that can be taken is taken, within half a minute whatever happens, and nothing is changed.
    async fn examine(&self, target: &Target) -> Findings;

    /// What customers have used, as far as the router counts it: the users first if they are asked for, then everybody
    /// who is online. An error means unknown, never nobody.
    async fn usage(&self, target: &Target, reach: UsageScope)
    -> Result<UsageReading, GatewayError>;
    /// Everything an import may be made of, whoever made it. Passwords come along where the router shows them. An
    /// error means unknown, never empty; a menu that an import can do without is named as unread instead.
    async fn survey(&self, target: &Target) -> Result<Survey, GatewayError>;

    /// For how long the router has been running, and on which version. As cheap as [`Self::uptime`].
    async fn pulse(&self, target: &Target) -> Result<Pulse, GatewayError> {
        Ok(Pulse {
            uptime_s: self.uptime(target).await?,
            version: None,
        })
    }

    /// Waits for the next router that stopped answering or began again, whoever talked to it through this gateway. Each
    /// change is told once, and only the newest of a router; repeated failures are no change.
    async fn reachability_changed(&self) -> ReachabilityChange {
        std::future::pending().await
    }

    /// Begins to listen for sessions that begin and end, on a connection of its own. Not every router or gateway can;
    /// what is heard only says when to read.
    async fn listen(&self, _target: &Target) -> Result<Box<dyn SessionFeed>, GatewayError> {
        let message = "sessions cannot be listened to";
        Err(GatewayError::new(GatewayErrorKind::Unsupported, message))
    }
}
