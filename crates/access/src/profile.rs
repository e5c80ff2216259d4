//! A service profile: the technical side of what is sold, the same on every router.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use kernel::{ProfileId, RouterId, Slug};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::events::AccessEvent;
use crate::login::Service;
use crate::rate_limit::{BadRateLimit, RateLimit};
use crate::tag::{Mark, PROFILE_PREFIX};

/// The name of a pool or address list on a router: 1 to 40 of letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ListName(String);

/// The text cannot name a pool or a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 40 letters, digits, dashes, underscores or dots, and not none")]
pub struct BadListName;

impl ListName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ListName {
    type Err = BadListName;

    fn from_str(text: &str) -> Result<Self, BadListName> {
        let plain = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
        if text.is_empty() || text.len() > 40 || text == "none" || !text.bytes().all(plain) {
            return Err(BadListName);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ListName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ListName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// What a profile allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The speed.
    pub rate: RateLimit,
    /// The pool addresses come from; must exist on the router. `None` leaves the router's own choice alone.
    pub pool: Option<ListName>,
    /// The router's own end of a PPPoE line. `None` leaves the router's own choice alone.
    pub local_address: Option<Ipv4Addr>,
    /// The list that addresses of connected customers are put on.
    pub address_list: Option<ListName>,
    /// How many devices may share one hotspot login, 1 to 1000; always 1 for every other service.
    pub shared_users: u16,
    /// A session ends after this many seconds, 60 to 31536000.
    pub session_timeout_s: Option<u32>,
    /// A silent session ends after this many seconds, 60 to 31536000.
    pub idle_timeout_s: Option<u32>,
}

/// Why a profile is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadProfile {
    /// The speed is impossible.
    #[error("the speed is impossible")]
    Rate(#[from] BadRateLimit),
    /// Sharing is a hotspot notion.
    #[error("shared_users must be 1 to 1000, and 1 for anything but a hotspot")]
    SharedUsers,
    /// A timeout out of range.
    #[error("{field} must be 60 to 31536000 seconds")]
    Timeout {
        /// Which timeout.
        field: &'static str,
    },
    /// A hotspot has no local address per profile.
    #[error("local_address is for pppoe only")]
    LocalAddress,
    /// The service has no such thing.
    #[error("{field} is for logins only, not for static_ip, dhcp_lease or mac_bypass")]
    NotForService {
        /// What it has not.
        field: &'static str,
    },
    /// The names of the profiles that restricted logins get.
    #[error("the name restricted, and names that begin with restricted-, are reserved")]
    ReservedName,
    /// A retired profile cannot be changed.
    #[error("the profile is retired")]
    Retired,
}

/// Whether a profile may be given to new grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileStatus {
    /// It may.
    Offered,
    /// Only who has it keeps it.
    Retired,
}

/// A router's own row that a profile stands for: used as it is, never written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptedRow {
    /// The router that has it.
    pub router: RouterId,
    /// What it is called there.
    pub name: String,
}

/// The technical side of a plan; its rows on routers are called `wb-<name>`.
#[derive(Debug, Clone)]
pub struct ServiceProfile {
    id: ProfileId,
    name: Slug,
    service: Service,
    terms: Terms,
    status: ProfileStatus,
    revision: u32,
    adopted: Option<AdoptedRow>,
    version: i64,
    events: Vec<AccessEvent>,
}

/// Everything about a profile, for stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceProfileSnapshot {
    /// Its id.
    pub id: ProfileId,
    /// Its name, unique in the tenant.
    pub name: Slug,
    /// The service it is for; never changes.
    pub service: Service,
    /// What it allows.
    pub terms: Terms,
    /// Whether it is offered.
    pub status: ProfileStatus,
    /// Grows with every change of the terms, from 1.
    pub revision: u32,
    /// The router's own row it stands for, until its terms are changed here.
    pub adopted: Option<AdoptedRow>,
    /// The stored version, 0 before the first save.
    pub version: i64,
}

impl ServiceProfile {
    /// Defines a profile.
    ///
    /// # Errors
    /// [`BadProfile`] if the terms contradict themselves or the service, or the name is reserved.
    pub fn define(
        id: ProfileId,
        name: Slug,
        service: Service,
        terms: Terms,
    ) -> Result<Self, BadProfile> {
        if name.as_str() == "restricted" || name.as_str().starts_with("restricted-") {
            return Err(BadProfile::ReservedName);
        }
        check(service, &terms)?;
        let event = AccessEvent::ProfileDefined {
            profile: id,
            name: name.to_string(),
            service,
        };
        Ok(Self {
            id,
            name,
            service,
            terms,
            status: ProfileStatus::Offered,
            revision: 1,
            adopted: None,
            version: 0,
            events: vec![event],
        })
    }

    /// Adopts a router's own row: logins refer to it by its name, and it is never written. The terms describe it as far
    /// as they can.
    ///
    /// # Errors
    /// [`BadProfile`] as for [`ServiceProfile::define`].
    pub fn adopt(
        id: ProfileId,
        name: Slug,
        service: Service,
        terms: Terms,
        row: AdoptedRow,
    ) -> Result<Self, BadProfile> {
        let adopted = Some(row);
        Ok(Self {
            adopted,
            ..Self::define(id, name, service, terms)?
        })
    }

    /// Changes what it allows, for everybody who has it. Sessions keep their speed until they reconnect. A profile that
    /// was adopted gets a row of its own, and its logins move to it.
    ///
    /// # Errors
    /// [`BadProfile`] if the terms contradict themselves, or the profile is retired.
    pub fn change(&mut self, terms: Terms) -> Result<(), BadProfile> {
        if self.terms == terms {
            return Ok(());
        }
        if self.status == ProfileStatus::Retired {
            return Err(BadProfile::Retired);
        }
        check(self.service, &terms)?;
        self.terms = terms;
        self.adopted = None;
        self.revision = self.revision.saturating_add(1);
        self.events.push(AccessEvent::ProfileChanged {
            profile: self.id,
            revision: self.revision,
        });
        Ok(())
    }

    /// Stops offering it; who has it keeps it.
    pub fn retire(&mut self) {
        if self.status == ProfileStatus::Retired {
            return;
        }
        self.status = ProfileStatus::Retired;
        self.events
            .push(AccessEvent::ProfileRetired { profile: self.id });
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> ProfileId {
        self.id
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Slug {
        &self.name
    }

    /// The service it is for.
    #[must_use]
    pub const fn service(&self) -> Service {
        self.service
    }

    /// What it allows.
    #[must_use]
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Whether it is offered.
    #[must_use]
    pub const fn status(&self) -> ProfileStatus {
        self.status
    }

    /// Grows with every change of the terms.
    #[must_use]
    pub const fn revision(&self) -> u32 {
        self.revision
    }

    /// The router's own row that it stands for.
    #[must_use]
    pub const fn adopted(&self) -> Option<&AdoptedRow> {
        self.adopted.as_ref()
    }

    /// The row that it stands for on the router of a mark: `None` on every other router, where it has the ordinary row.
    #[must_use]
    pub fn adopted_on(&self, mark: &Mark) -> Option<&AdoptedRow> {
        self.adopted
            .as_ref()
            .filter(|it| Mark::of(it.router) == *mark)
    }

    /// What its row is called on the router of a mark.
    #[must_use]
    pub fn router_name(&self, mark: &Mark) -> String {
        match self.adopted_on(mark) {
            Some(row) => row.name.clone(),
            None => format!("{PROFILE_PREFIX}{}", self.name),
        }
    }

    /// What the row of its restricted logins is called on a router: they keep the profile's own addressing, so that
    /// they can still connect and be shown why; profiles without addressing share one row.
    #[must_use]
    pub fn restricted_router_name(&self) -> String {
        if self.has_addressing() {
            return format!("{PROFILE_PREFIX}restricted-{}", self.name);
        }
        format!("{PROFILE_PREFIX}restricted")
    }

    /// Whether it names a pool or a local address of its own.
    #[must_use]
    pub const fn has_addressing(&self) -> bool {
        self.terms.pool.is_some() || self.terms.local_address.is_some()
    }

    /// Hands over what was recorded since the last save.
    pub fn take_events(&mut self) -> Vec<AccessEvent> {
        std::mem::take(&mut self.events)
    }

    /// Everything about it, for the store.
    #[must_use]
    pub fn snapshot(&self) -> ServiceProfileSnapshot {
        ServiceProfileSnapshot {
            id: self.id,
            name: self.name.clone(),
            service: self.service,
            terms: self.terms.clone(),
            status: self.status,
            revision: self.revision,
            adopted: self.adopted.clone(),
            version: self.version,
        }
    }

    /// Takes it back from the store.
    ///
    /// # Errors
    /// [`BadProfile`] if what was stored contradicts itself.
    pub fn restore(from: ServiceProfileSnapshot) -> Result<Self, BadProfile> {
        check(from.service, &from.terms)?;
        Ok(Self {
            id: from.id,
            name: from.name,
            service: from.service,
            terms: from.terms,
            status: from.status,
            revision: from.revision,
            adopted: from.adopted,
            version: from.version,
            events: Vec::new(),
        })
    }

    /// Notes the version the store has given it.
    pub const fn saved_as(&mut self, version: i64) {
        self.version = version;
    }
}

fn check(service: Service, terms: &Terms) -> Result<(), BadProfile> {
    terms.rate.check()?;
    let most = if service == Service::Hotspot {
        1_000
    } else {
        1
    };
    if terms.shared_users == 0 || terms.shared_users > most {
        return Err(BadProfile::SharedUsers);
    }
    if service == Service::Hotspot && terms.local_address.is_some() {
        return Err(BadProfile::LocalAddress);
    }
    if !service.has_password() {
        without_sessions(service, terms)?;
    }
    timeout("session_timeout_s", terms.session_timeout_s)?;
    timeout("idle_timeout_s", terms.idle_timeout_s)
}

/// Services without logins have no sessions to bound and no pool to draw from; only leases put addresses on a list of
/// the operator's, because static addresses are on exactly one of the product's own.
fn without_sessions(service: Service, terms: &Terms) -> Result<(), BadProfile> {
    let listed = terms.address_list.is_some() && service != Service::DhcpLease;
    let present = [
        ("pool", terms.pool.is_some()),
        ("local_address", terms.local_address.is_some()),
        ("session_timeout_s", terms.session_timeout_s.is_some()),
        ("idle_timeout_s", terms.idle_timeout_s.is_some()),
        ("address_list", listed),
    ];
    match present.into_iter().find(|(_, is_there)| *is_there) {
        Some((field, _)) => Err(BadProfile::NotForService { field }),
        None => Ok(()),
    }
}

fn timeout(field: &'static str, seconds: Option<u32>) -> Result<(), BadProfile> {
    let fits = seconds.is_none_or(|it| (60..=31_536_000).contains(&it));
    if fits {
        Ok(())
    } else {
        Err(BadProfile::Timeout { field })
    }
}

#[cfg(test)]
mod tests;
