//! A grant: permission for one login on one router, and how far the router follows it.

use std::net::Ipv4Addr;

use kernel::{GrantId, ProfileId, RouterId, Sealed, SubscriptionId, Timestamp, VoucherId};
use serde::{Deserialize, Serialize};

use crate::events::AccessEvent;
use crate::identity::{BadIdentity, canonical_login};
use crate::login::{Login, Service};

mod allowance;

pub use allowance::{Allowance, Limits};

/// Who a grant is for. A subject has at most one grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// A subscription of a customer.
    Subscription(SubscriptionId),
    /// A voucher.
    Voucher(VoucherId),
}

/// Why a grant is not confirmed although its row is right: the customer is online and should not be.
pub const STILL_ONLINE: &str = "its sessions could not be ended";

/// How far the router follows a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The last revision the router is known to have; 0 for none.
    pub revision: u32,
    /// When that was confirmed.
    pub at: Option<Timestamp>,
    /// Why the router refused the newest revision, if it did.
    pub error: Option<String>,
    /// Since when it has been refusing.
    pub failing_since: Option<Timestamp>,
}

impl Applied {
    /// Not on the router yet.
    pub const NOTHING: Self = Self {
        revision: 0,
        at: None,
        error: None,
        failing_since: None,
    };
}

/// What is needed to make a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGrant {
    /// The id it will have.
    pub id: GrantId,
    /// The router.
    pub router: RouterId,
    /// Who it is for.
    pub subject: Subject,
    /// The service; the profile must be for the same.
    pub service: Service,
    /// The login, unique per router and service among grants that have not ended: a name, an address or a device,
    /// whatever the service knows its customers by.
    pub login: Login,
    /// The address a device is always to have; `dhcp_lease` and `mac_bypass` only.
    pub address: Option<Ipv4Addr>,
    /// The password, sealed for [`secret_owner`] of the id.
    pub secret: Sealed,
    /// The profile.
    pub profile: ProfileId,
    /// What it allows at first.
    pub allowance: Allowance,
    /// What the router counts; hotspot only.
    pub limits: Limits,
    /// The desired version it starts from: only later ones are followed.
    pub access_version: u64,
    /// When it is made.
    pub at: Timestamp,
}

/// The owner a grant's password is sealed for.
#[must_use]
pub fn secret_owner(id: GrantId) -> String {
    format!("grants/{id}")
}

/// Why a grant cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// Only hotspots count totals: PPPoE counters are per session, the other services count nothing.
    #[error("limits on time and volume are for hotspot logins only")]
    LimitsOnPppoe,
    /// The login is nothing the service knows its customers by.
    #[error("the login {0}")]
    BadIdentity(#[from] BadIdentity),
    /// A limit of nothing.
    #[error("a limit must be at least 1")]
    ZeroLimit,
    /// The grant has ended; a new one is needed.
    #[error("the login has ended")]
    Ended,
    /// The profile is for another service.
    #[error("the profile is for another service")]
    OtherService,
    /// The profile is no longer offered.
    #[error("the profile is retired")]
    ProfileRetired,
}

/// Permission for one login on one router.
///
/// Whoever decides about access numbers its decisions; a decision that comes late or twice has no newer number and is
/// ignored. Every change of the grant bumps its revision, and the router has caught up once it confirms the newest.
#[derive(Debug, Clone)]
pub struct Grant {
    data: GrantSnapshot,
    events: Vec<AccessEvent>,
}

/// Everything about a grant, for stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantSnapshot {
    /// Its id.
    pub id: GrantId,
    /// The router.
    pub router: RouterId,
    /// Who it is for; unique in the tenant.
    pub subject: Subject,
    /// The service.
    pub service: Service,
    /// The login; unique per router and service among grants that have not ended.
    pub login: Login,
    /// The address a device is always to have.
    pub address: Option<Ipv4Addr>,
    /// The password, sealed for [`secret_owner`].
    pub secret: Sealed,
    /// The profile.
    pub profile: ProfileId,
    /// What it allows.
    pub allowance: Allowance,
    /// What the router counts.
    pub limits: Limits,
    /// The hotspot server it is bound to, as the router calls it; `None` for every server.
    pub server: Option<String>,
    /// The last desired version followed.
    pub access_version: u64,
    /// Grows with every change, from 1.
    pub revision: u32,
    /// When the newest revision was made.
    pub changed_at: Timestamp,
    /// Whether a change since the last confirmation demands that running sessions end.
    pub cut_owed: bool,
    /// How far the router follows.
    pub applied: Applied,
    /// The stored version, 0 before the first save.
    pub version: i64,
}

impl Grant {
    /// Makes a grant.
    ///
    /// # Errors
    /// [`GrantRefusal`] for a login that does not fit the service, or limits that it cannot keep.
    pub fn make(new: NewGrant) -> Result<Self, GrantRefusal> {
        let login = canonical_login(new.service, &new.login, new.address)?;
        if new.service != Service::Hotspot && !new.limits.is_none() {
            return Err(GrantRefusal::LimitsOnPppoe);
        }
        if new.limits.uptime_s == Some(0) || new.limits.bytes == Some(0) {
            return Err(GrantRefusal::ZeroLimit);
        }
        let event = AccessEvent::Granted {
            grant: new.id,
            router: new.router,
            subject: new.subject,
            service: new.service,
            profile: new.profile,
        };
        let data = GrantSnapshot {
            id: new.id,
            router: new.router,
            subject: new.subject,
            service: new.service,
            login,
            address: new.address,
            secret: new.secret,
            profile: new.profile,
            allowance: new.allowance,
            limits: new.limits,
            server: None,
            access_version: new.access_version,
            revision: 1,
            changed_at: new.at,
            cut_owed: false,
            applied: Applied::NOTHING,
            version: 0,
        };
        Ok(Self {
            data,
            events: vec![event],
        })
    }

    /// The same, bound to one server of a hotspot: as its login was found on the router. Other services have none.
    #[must_use]
    pub fn bound_to(mut self, server: Option<String>) -> Self {
        self.data.server = server.filter(|_| self.data.service == Service::Hotspot);
        self
    }

    /// Follows a decision about access and profile in one step. Returns whether anything changed; an older or equal
    /// version changes nothing, and neither does any decision after the end.
    pub fn follow(
        &mut self,
        allowance: Allowance,
        profile: ProfileId,
        version: u64,
        at: Timestamp,
    ) -> bool {
        if version <= self.data.access_version || self.data.allowance == Allowance::Ended {
            return false;
        }
        self.data.access_version = version;
        let allowed = self.allow(allowance, version, at);
        let moved = self.data.allowance != Allowance::Ended && self.put_on(profile, version, at);
        allowed || moved
    }

    /// The last decision about access that it follows.
    #[must_use]
    pub const fn access_version(&self) -> u64 {
        self.data.access_version
    }

    /// Moves it to another profile. Returns whether anything changed; an older or equal version changes nothing.
    pub fn move_to_profile(&mut self, profile: ProfileId, version: u64, at: Timestamp) -> bool {
        let allowance = self.data.allowance;
        self.follow(allowance, profile, version, at)
    }

    /// Ends it for good, whatever the version.
    pub fn end(&mut self, at: Timestamp) -> bool {
        self.allow(Allowance::Ended, self.data.access_version, at)
    }

    /// Gives it another password, sealed for [`secret_owner`].
    ///
    /// # Errors
    /// [`GrantRefusal::Ended`].
    pub fn change_secret(&mut self, secret: Sealed, at: Timestamp) -> Result<(), GrantRefusal> {
        if self.data.allowance == Allowance::Ended {
            return Err(GrantRefusal::Ended);
        }
        self.data.secret = secret;
        self.changed(at, true);
        self.events.push(AccessEvent::SecretChanged {
            grant: self.data.id,
        });
        Ok(())
    }

    /// Notes that the router has a revision. An older one than already confirmed changes nothing. Events of
    /// confirmations are recorded for many grants at once: [`crate::confirmation_events`].
    pub fn confirm(&mut self, revision: u32, at: Timestamp) {
        let data = &mut self.data;
        if revision < data.applied.revision || revision > data.revision {
            return;
        }
        data.applied = Applied {
            revision,
            at: Some(at),
            error: None,
            failing_since: None,
        };
        if revision == data.revision {
            data.cut_owed = false;
        }
    }

    /// Notes that the router refused, and since when it has been refusing.
    pub fn fail(&mut self, reason: &str, at: Timestamp) {
        let applied = &mut self.data.applied;
        applied.failing_since.get_or_insert(at);
        applied.error = Some(reason.to_owned());
    }

    /// Whether the router has to be told something: a newer revision, or that its time has run out since it was last
    /// told.
    #[must_use]
    pub fn is_pending(&self, now: Timestamp) -> bool {
        self.data.applied.revision < self.data.revision || self.ran_out_unnoticed(now)
    }

    /// Whether running sessions must end once the router has the newest revision.
    #[must_use]
    pub fn must_cut(&self, now: Timestamp) -> bool {
        self.data.cut_owed || self.ran_out_unnoticed(now)
    }

    fn ran_out_unnoticed(&self, now: Timestamp) -> bool {
        let Allowance::Active { until: Some(until) } = self.data.allowance else {
            return false;
        };
        until <= now && self.data.applied.at.is_none_or(|it| it < until)
    }

    fn allow(&mut self, allowance: Allowance, version: u64, at: Timestamp) -> bool {
        let before = self.data.allowance;
        if before == allowance || before == Allowance::Ended {
            return false;
        }
        self.data.allowance = allowance;
        let renewed = matches!(before, Allowance::Active { .. }) && allowance.admits(at);
        let cuts = !(renewed && matches!(allowance, Allowance::Active { .. }));
        self.changed(at, cuts);
        let grant = self.data.id;
        self.events.push(match allowance {
            Allowance::Ended => AccessEvent::GrantEnded { grant },
            _ => AccessEvent::AllowanceChanged {
                grant,
                allowance,
                version,
            },
        });
        true
    }

    fn put_on(&mut self, profile: ProfileId, version: u64, at: Timestamp) -> bool {
        if self.data.profile == profile {
            return false;
        }
        self.data.profile = profile;
        self.changed(at, true);
        self.events.push(AccessEvent::ProfileMoved {
            grant: self.data.id,
            profile,
            version,
        });
        true
    }

    const fn changed(&mut self, at: Timestamp, cuts: bool) {
        self.data.revision = self.data.revision.saturating_add(1);
        self.data.changed_at = at;
        self.data.cut_owed = self.data.cut_owed || cuts;
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> GrantId {
        self.data.id
    }

    /// The router.
    #[must_use]
    pub const fn router(&self) -> RouterId {
        self.data.router
    }

    /// Who it is for.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.data.subject
    }

    /// The service.
    #[must_use]
    pub const fn service(&self) -> Service {
        self.data.service
    }

    /// The login.
    #[must_use]
    pub const fn login(&self) -> &Login {
        &self.data.login
    }

    /// The address a device is always to have.
    #[must_use]
    pub const fn address(&self) -> Option<Ipv4Addr> {
        self.data.address
    }

    /// The sealed password.
    #[must_use]
    pub const fn secret(&self) -> &Sealed {
        &self.data.secret
    }

    /// The profile.
    #[must_use]
    pub const fn profile(&self) -> ProfileId {
        self.data.profile
    }

    /// What it allows.
    #[must_use]
    pub const fn allowance(&self) -> Allowance {
        self.data.allowance
    }

    /// What the router counts.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.data.limits
    }

    /// The hotspot server it is bound to.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.data.server.as_deref()
    }

    /// The newest revision.
    #[must_use]
    pub const fn revision(&self) -> u32 {
        self.data.revision
    }

    /// How far the router follows.
    #[must_use]
    pub const fn applied(&self) -> &Applied {
        &self.data.applied
    }

    /// Hands over what was recorded since the last save.
    pub fn take_events(&mut self) -> Vec<AccessEvent> {
        std::mem::take(&mut self.events)
    }

    /// Everything about it, for the store.
    #[must_use]
    pub fn snapshot(&self) -> GrantSnapshot {
        self.data.clone()
    }

    /// Takes it back from the store.
    ///
    /// # Errors
    /// [`ImpossibleGrant`] if what was stored contradicts itself.
    pub fn restore(from: GrantSnapshot) -> Result<Self, ImpossibleGrant> {
        if from.revision == 0 || from.applied.revision > from.revision {
            return Err(ImpossibleGrant);
        }
        Ok(Self {
            data: from,
            events: Vec::new(),
        })
    }

    /// Notes the version the store has given it.
    pub const fn saved_as(&mut self, version: i64) {
        self.data.version = version;
    }
}

/// A stored grant whose router is ahead of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the grant's revisions contradict each other")]
pub struct ImpossibleGrant;

#[cfg(test)]
mod tests;
