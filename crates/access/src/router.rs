//! A router that customers connect through: how it is reached, what it is and how it does.

use kernel::{Name, RouterId, Sealed, Timestamp};
use serde::{Deserialize, Serialize};

use crate::events::AccessEvent;
use crate::host::Host;
use crate::login::Service;
use crate::tag::Mark;
use crate::transport::Transport;

mod certificates;
mod facts;
mod status;

pub use facts::RouterFacts;
pub use status::RouterStatus;

mod watch;

/// How to log in to the router's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginMethod {
    /// Name and password in one sentence (RouterOS 6.43 and later).
    Plain,
    /// The MD5 challenge of RouterOS before 6.43: the password never crosses the wire in clear.
    LegacyMd5,
}

/// How a router is reached and logged in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its address or name.
    pub host: Host,
    /// The port of its API service: 8729 as a rule with TLS, 8728 without.
    pub port: u16,
    /// How the way is protected.
    pub transport: Transport,
    /// How to log in.
    pub method: LoginMethod,
    /// The API account: 1 to 64 printable ASCII characters.
    pub username: ApiUser,
    /// The account's password, sealed for `routers/<id>`.
    pub password: Sealed,
}

/// The name of an API account on a router: 1 to 64 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ApiUser(String);

/// The text cannot name an API account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 characters without control characters")]
pub struct BadApiUser;

impl ApiUser {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ApiUser {
    type Err = BadApiUser;

    fn from_str(text: &str) -> Result<Self, BadApiUser> {
        let count = text.chars().count();
        if count == 0 || count > 64 || text.chars().any(char::is_control) {
            return Err(BadApiUser);
        }
        Ok(Self(text.to_owned()))
    }
}

/// How far a router is from what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DriftCounts {
    /// Rows that are missing.
    pub missing: u64,
    /// Rows of ours that differ.
    pub differing: u64,
    /// Rows of ours that should not be there.
    pub surplus: u64,
    /// Rows by other hands under names that we need.
    pub conflicts: u64,
    /// Removals held back because there are suspiciously many.
    pub held_back: u64,
    /// Rows by other hands that are none of our business.
    pub foreign: u64,
    /// Rows of ours in all, profiles left out.
    #[serde(default)]
    pub owned: u64,
}

impl DriftCounts {
    /// Whether the router is as it should be.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.missing == 0
            && self.differing == 0
            && self.surplus == 0
            && self.conflicts == 0
            && self.held_back == 0
    }
}

/// The last full comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// When it ended.
    pub at: Timestamp,
    /// What it found.
    pub drift: DriftCounts,
    /// When the router had started, as far as its uptime told then.
    pub booted_at: Option<Timestamp>,
}

/// A router.
#[derive(Debug, Clone)]
pub struct Router {
    id: RouterId,
    name: Name,
    endpoint: Endpoint,
    facts: RouterFacts,
    status: RouterStatus,
    last_reconcile: Option<Reconciled>,
    version: i64,
    events: Vec<AccessEvent>,
}

/// Everything about a router, for stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterSnapshot {
    /// Its id; its mark is made from it.
    pub id: RouterId,
    /// Its name, unique among routers in service.
    pub name: Name,
    /// How it is reached.
    pub endpoint: Endpoint,
    /// What it said about itself when it was last inspected. The serial is unique among routers in service.
    pub facts: RouterFacts,
    /// How it does.
    pub status: RouterStatus,
    /// The last full comparison, if there was one.
    pub last_reconcile: Option<Reconciled>,
    /// The stored version, 0 before the first save.
    pub version: i64,
}

/// Why something cannot be done with a router.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouterRefusal {
    /// It is out of service.
    #[error("the router is retired")]
    Retired,
    /// Grants on it have not ended.
    #[error("{grants} logins on the router have not ended")]
    InUse {
        /// How many.
        grants: u64,
    },
    /// Another router answers at the address.
    #[error("another router answers there: serial {found} instead of {enrolled}")]
    AnotherRouter {
        /// The serial it was enrolled with.
        enrolled: String,
        /// The serial that answered.
        found: String,
    },
    /// It is reached without encryption, or an authority vouches for it.
    #[error("no certificate of the router needs to be confirmed")]
    NothingToConfirm,
}

impl Router {
    /// Enrols a router that has just answered.
    #[must_use]
    pub fn enrol(id: RouterId, name: Name, endpoint: Endpoint, facts: RouterFacts) -> Self {
        let mut router = Self {
            id,
            name,
            endpoint,
            facts,
            status: RouterStatus::Enrolled,
            last_reconcile: None,
            version: 0,
            events: Vec::new(),
        };
        router.met();
        router
    }

    /// Changes its name and how it is reached. `facts` are given when the endpoint was inspected anew.
    ///
    /// # Errors
    /// [`RouterRefusal`] if it is retired or another router answered.
    pub fn change(
        &mut self,
        name: Name,
        endpoint: Endpoint,
        facts: Option<RouterFacts>,
    ) -> Result<(), RouterRefusal> {
        self.in_service()?;
        if let Some(facts) = &facts {
            self.is_same_board(facts)?;
        }
        if self.name == name && self.endpoint == endpoint {
            return Ok(());
        }
        self.name = name;
        self.endpoint = endpoint;
        self.events
            .push(AccessEvent::RouterChanged { router: self.id });
        let Some(facts) = facts else {
            return Ok(());
        };
        let was_unknown = self.facts.is_unknown();
        self.facts = facts;
        let waits_for_a_person = matches!(
            self.status,
            RouterStatus::AwaitingConfirmation { .. } | RouterStatus::CertificateChanged { .. }
        );
        if was_unknown {
            self.met();
        } else if waits_for_a_person {
            self.status = RouterStatus::Enrolled;
        }
        Ok(())
    }

    /// Takes it out of service.
    ///
    /// # Errors
    /// [`RouterRefusal::InUse`] while `live_grants` on it have not ended.
    pub fn retire(&mut self, live_grants: u64) -> Result<(), RouterRefusal> {
        if self.status == RouterStatus::Retired {
            return Ok(());
        }
        if live_grants > 0 {
            return Err(RouterRefusal::InUse {
                grants: live_grants,
            });
        }
        self.status = RouterStatus::Retired;
        self.events
            .push(AccessEvent::RouterRetired { router: self.id });
        Ok(())
    }

    /// Notes that it answered. Returns whether that is news worth saving.
    pub fn answered(&mut self, at: Timestamp) -> bool {
        let out_s = match &self.status {
            RouterStatus::Online | RouterStatus::Retired => return false,
            RouterStatus::Enrolled | RouterStatus::AwaitingConfirmation { .. } => None,
            RouterStatus::Unreachable { since, .. }
            | RouterStatus::CertificateChanged { since, .. } => {
                Some(at.since(*since).num_seconds())
            }
        };
        self.status = RouterStatus::Online;
        self.events.push(AccessEvent::RouterOnline {
            router: self.id,
            out_s,
        });
        true
    }

    /// Notes what it said about itself. Returns whether that is news worth saving.
    ///
    /// # Errors
    /// [`RouterRefusal::AnotherRouter`] if the serial is not the enrolled one.
    pub fn inspected(&mut self, facts: RouterFacts, at: Timestamp) -> Result<bool, RouterRefusal> {
        self.in_service()?;
        self.is_same_board(&facts)?;
        self.facts = facts;
        self.answered(at);
        Ok(true)
    }

    /// Notes that it does not answer. Returns whether that is news worth saving.
    pub fn went_silent(&mut self, reason: &str, at: Timestamp) -> bool {
        match &mut self.status {
            RouterStatus::Retired => return false,
            RouterStatus::Unreachable { reason: known, .. } if known == reason => return false,
            RouterStatus::Unreachable { reason: known, .. } => {
                reason.clone_into(known);
                return true;
            }
            RouterStatus::Enrolled | RouterStatus::Online => {}
            // A certificate that waits for a person still does when the router is off.
            RouterStatus::AwaitingConfirmation { .. } | RouterStatus::CertificateChanged { .. } => {
                return false;
            }
        }
        self.status = RouterStatus::Unreachable {
            since: at,
            reason: reason.to_owned(),
        };
        self.events.push(AccessEvent::RouterUnreachable {
            router: self.id,
            reason: reason.to_owned(),
        });
        true
    }

    /// Notes a full comparison; `mended` unless it was a dry run.
    pub fn reconciled(&mut self, drift: DriftCounts, mended: bool, at: Timestamp) {
        let booted_at = self.last_reconcile.and_then(|it| it.booted_at);
        self.last_reconcile = Some(Reconciled {
            at,
            drift,
            booted_at,
        });
        if !drift.is_none() {
            self.events.push(AccessEvent::DriftFound {
                router: self.id,
                drift,
                mended,
            });
        }
    }

    /// Notes that an operator ended somebody's sessions.
    pub fn cut(&mut self, service: Service, removed: u64) {
        self.events.push(AccessEvent::LoginCut {
            router: self.id,
            service,
            removed,
        });
    }

    /// Notes that an operator had a command executed.
    pub fn executed(&mut self, command: &str, arguments: Vec<String>, outcome: &'static str) {
        self.events.push(AccessEvent::RouterCommandExecuted {
            router: self.id,
            command: command.to_owned(),
            arguments,
            outcome,
        });
    }

    /// Refuses work on a router that is out of service.
    ///
    /// # Errors
    /// [`RouterRefusal::Retired`].
    pub fn in_service(&self) -> Result<(), RouterRefusal> {
        if self.status == RouterStatus::Retired {
            return Err(RouterRefusal::Retired);
        }
        Ok(())
    }

    fn is_same_board(&self, facts: &RouterFacts) -> Result<(), RouterRefusal> {
        match (&self.facts.serial, &facts.serial) {
            (Some(enrolled), Some(found)) if enrolled != found => {
                Err(RouterRefusal::AnotherRouter {
                    enrolled: enrolled.clone(),
                    found: found.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> RouterId {
        self.id
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// How it is reached.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What it said about itself.
    #[must_use]
    pub const fn facts(&self) -> &RouterFacts {
        &self.facts
    }

    /// How it does.
    #[must_use]
    pub const fn status(&self) -> &RouterStatus {
        &self.status
    }

    /// The last full comparison.
    #[must_use]
    pub const fn last_reconcile(&self) -> Option<Reconciled> {
        self.last_reconcile
    }

    /// The mark its rows of ours carry.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark::of(self.id)
    }

    /// Hands over what was recorded since the last save.
    pub fn take_events(&mut self) -> Vec<AccessEvent> {
        std::mem::take(&mut self.events)
    }

    /// Everything about it, for the store.
    #[must_use]
    pub fn snapshot(&self) -> RouterSnapshot {
        RouterSnapshot {
            id: self.id,
            name: self.name.clone(),
            endpoint: self.endpoint.clone(),
            facts: self.facts.clone(),
            status: self.status.clone(),
            last_reconcile: self.last_reconcile,
            version: self.version,
        }
    }

    /// Takes it back from the store.
    #[must_use]
    pub fn restore(from: RouterSnapshot) -> Self {
        Self {
            id: from.id,
            name: from.name,
            endpoint: from.endpoint,
            facts: from.facts,
            status: from.status,
            last_reconcile: from.last_reconcile,
            version: from.version,
            events: Vec::new(),
        }
    }

    /// Notes the version the store has given it.
    pub const fn saved_as(&mut self, version: i64) {
        self.version = version;
    }
}

#[cfg(test)]
mod tests;
