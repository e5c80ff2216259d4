//! What a router should hold at an instant: a pure function of profiles and grants.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{GrantId, ProfileId, Secret, Timestamp};

use crate::grant::{Allowance, Grant};
use crate::login::{LoginRef, Service};
use crate::profile::ServiceProfile;
use crate::rate_limit::RateLimit;
use crate::row::{Attribute, Menu};
use crate::tag::{Mark, Tag, TagId};

/// The address list of everybody who is restricted; the operator's firewall decides what it may reach.
pub const RESTRICTED_LIST: &str = "wb-restricted";

/// The speed of everybody who is restricted: enough for a page that says how to pay.
pub const RESTRICTED_RATE: RateLimit = RateLimit::steady(256_000, 256_000);

/// A row as it should be. Attributes that are not in `owned` are the operator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredRow {
    /// Its name.
    pub name: String,
    /// Its tag.
    pub tag: Tag,
    /// Every attribute the product decides here; `None` for "not set".
    pub owned: BTreeMap<Attribute, Option<String>>,
    /// The password of a login.
    pub password: Option<Secret>,
    /// The grant it serves; `None` for profiles.
    pub grant: Option<GrantId>,
    /// Whether running sessions must end even if the row is right already.
    pub cut_owed: bool,
}

/// What a router should hold, as far as somebody looked: the given profiles and grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// Whose rows on which router.
    pub mark: Mark,
    rows: BTreeMap<Menu, BTreeMap<String, DesiredRow>>,
    ended: BTreeMap<TagId, (GrantId, LoginRef)>,
}

/// A grant whose password has been opened.
#[derive(Debug, Clone)]
pub struct OpenGrant {
    /// The grant.
    pub grant: Grant,
    /// Its password.
    pub password: Secret,
}

/// Something is asked of a router that cannot be expressed on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undesirable {
    /// A grant names a profile that was not given.
    #[error("grant {grant} is on profile {profile}, which is not there")]
    NoProfile {
        /// The grant.
        grant: GrantId,
        /// The profile it names.
        profile: ProfileId,
    },
    /// A grant's profile is for another service.
    #[error("grant {grant} is on profile {profile}, which is for another service")]
    OtherService {
        /// The grant.
        grant: GrantId,
        /// The profile it names.
        profile: ProfileId,
    },
}

/// What a router should hold at an instant.
///
/// Every given profile has a row, unless it was adopted; restricted grants bring the restricted profile with them. A grant that is blocked, or
/// whose time has run out, is a disabled row; one that has ended is no row.
///
/// # Errors
/// [`Undesirable`] if a grant does not fit the profiles.
pub fn desired(
    mark: &Mark,
    profiles: &[ServiceProfile],
    grants: &[OpenGrant],
    now: Timestamp,
) -> Result<Desired, Undesirable> {
    let mut all = Desired {
        mark: mark.clone(),
        rows: BTreeMap::new(),
        ended: BTreeMap::new(),
    };
    let by_id: BTreeMap<ProfileId, &ServiceProfile> =
        profiles.iter().map(|it| (it.id(), it)).collect();
    // The row of an adopted profile is the router's own: it is named by its logins, and never written.
    for profile in profiles.iter().filter(|it| it.adopted().is_none()) {
        all.insert(
            Menu::profiles_of(profile.service()),
            profile_row(mark, profile),
        );
    }
    for open in grants {
        all.add_grant(open, &by_id, now)?;
    }
    Ok(all)
}

impl Desired {
    /// The rows of a menu, by name.
    pub fn rows(&self, menu: Menu) -> impl Iterator<Item = &DesiredRow> {
        self.rows.get(&menu).into_iter().flat_map(BTreeMap::values)
    }

    /// The row of a menu by name.
    #[must_use]
    pub fn row(&self, menu: Menu, name: &str) -> Option<&DesiredRow> {
        self.rows.get(&menu)?.get(name)
    }

    /// The grant that has ended and left a tag, if it did.
    #[must_use]
    pub fn ended(&self, tag: &TagId) -> Option<GrantId> {
        self.ended.get(tag).map(|(grant, _)| *grant)
    }

    /// The logins whose sessions must end even if every row is right already: what an earlier try may have left
    /// undone. A login that lives on under another grant is not among them.
    pub fn owed_cuts(&self) -> impl Iterator<Item = LoginRef> {
        let rows = [Menu::PppSecret, Menu::HotspotUser]
            .into_iter()
            .flat_map(|menu| {
                let owing = self.rows(menu).filter(|it| it.cut_owed);
                owing.map(move |it| LoginRef::new(menu.service(), it.name.clone()))
            });
        let lives = |it: &LoginRef| self.row(Menu::logins_of(it.service), &it.name).is_some();
        let ended = self.ended.values().map(|(_, login)| login.clone());
        let gone: BTreeSet<LoginRef> = ended.filter(|it| !lives(it)).collect();
        rows.chain(gone)
    }

    fn insert(&mut self, menu: Menu, row: DesiredRow) {
        self.rows
            .entry(menu)
            .or_default()
            .insert(row.name.clone(), row);
    }

    fn add_grant(
        &mut self,
        open: &OpenGrant,
        profiles: &BTreeMap<ProfileId, &ServiceProfile>,
        now: Timestamp,
    ) -> Result<(), Undesirable> {
        let grant = &open.grant;
        if grant.allowance() == Allowance::Ended {
            let login = LoginRef::new(grant.service(), grant.login().as_str());
            self.ended
                .insert(TagId::grant(grant.id()), (grant.id(), login));
            return Ok(());
        }
        let (id, named) = (grant.id(), grant.profile());
        let Some(profile) = profiles.get(&named) else {
            return Err(Undesirable::NoProfile {
                grant: id,
                profile: named,
            });
        };
        if profile.service() != grant.service() {
            return Err(Undesirable::OtherService {
                grant: id,
                profile: named,
            });
        }
        if grant.allowance() == Allowance::Restricted {
            let row = restricted_row(&self.mark, profile);
            self.insert(Menu::profiles_of(profile.service()), row);
        }
        let row = login_row(&self.mark, open, profile, now);
        self.insert(Menu::logins_of(grant.service()), row);
        Ok(())
    }
}

fn profile_row(mark: &Mark, profile: &ServiceProfile) -> DesiredRow {
    let terms = profile.terms();
    let seconds = |it: Option<u32>| it.map(|it| it.to_string());
    let mut owned = addressing(profile);
    owned.insert(Attribute::RateLimit, Some(terms.rate.to_string()));
    owned.insert(
        Attribute::AddressList,
        terms.address_list.as_ref().map(ToString::to_string),
    );
    owned.insert(Attribute::SessionTimeout, seconds(terms.session_timeout_s));
    owned.insert(Attribute::IdleTimeout, seconds(terms.idle_timeout_s));
    share(&mut owned, profile);
    let tag = tag(mark, TagId::profile(profile.id()), profile.revision());
    DesiredRow {
        name: profile.router_name(),
        tag,
        owned,
        password: None,
        grant: None,
        cut_owed: false,
    }
}

fn restricted_row(mark: &Mark, profile: &ServiceProfile) -> DesiredRow {
    let mut owned = addressing(profile);
    owned.insert(Attribute::RateLimit, Some(RESTRICTED_RATE.to_string()));
    owned.insert(Attribute::AddressList, Some(RESTRICTED_LIST.to_owned()));
    if profile.has_addressing() {
        share(&mut owned, profile);
    }
    let of = profile.has_addressing().then(|| profile.id());
    DesiredRow {
        name: profile.restricted_router_name(),
        tag: tag(mark, TagId::restricted(of), 1),
        owned,
        password: None,
        grant: None,
        cut_owed: false,
    }
}

/// Pool and local address are the product's only where the profile names them: without them a PPP profile would not
/// work at all unless the operator may set them by hand.
fn addressing(profile: &ServiceProfile) -> BTreeMap<Attribute, Option<String>> {
    let terms = profile.terms();
    let pool = terms
        .pool
        .as_ref()
        .map(|it| (Attribute::Pool, Some(it.to_string())));
    let local = terms
        .local_address
        .map(|it| (Attribute::LocalAddress, Some(it.to_string())));
    pool.into_iter().chain(local).collect()
}

fn share(owned: &mut BTreeMap<Attribute, Option<String>>, profile: &ServiceProfile) {
    if profile.service() == Service::Hotspot {
        let count = profile.terms().shared_users;
        owned.insert(
            Attribute::SharedUsers,
            (count != 1).then(|| count.to_string()),
        );
    }
}

fn login_row(
    mark: &Mark,
    open: &OpenGrant,
    profile: &ServiceProfile,
    now: Timestamp,
) -> DesiredRow {
    let grant = &open.grant;
    let restricted = grant.allowance() == Allowance::Restricted;
    let profile_name = if restricted {
        profile.restricted_router_name()
    } else {
        profile.router_name()
    };
    // Routers show the profile `default` by showing none.
    let profile_name = Some(profile_name).filter(|it| it != "default");
    let disabled = (!grant.allowance().admits(now)).then(|| "yes".to_owned());
    let mut owned = BTreeMap::from([
        (Attribute::Profile, profile_name),
        (Attribute::Disabled, disabled),
    ]);
    match grant.service() {
        Service::Pppoe => {
            owned.insert(Attribute::Service, Some(Service::Pppoe.as_str().to_owned()));
        }
        Service::Hotspot => {
            let limits = grant.limits();
            owned.insert(
                Attribute::LimitUptime,
                limits.uptime_s.map(|it| it.to_string()),
            );
            owned.insert(Attribute::LimitBytes, limits.bytes.map(|it| it.to_string()));
        }
    }
    DesiredRow {
        name: grant.login().to_string(),
        tag: tag(mark, TagId::grant(grant.id()), grant.revision()),
        owned,
        password: Some(open.password.clone()),
        grant: Some(grant.id()),
        cut_owed: grant.must_cut(now),
    }
}

fn tag(mark: &Mark, id: TagId, revision: u32) -> Tag {
    Tag {
        mark: mark.clone(),
        id,
        revision,
    }
}

#[cfg(test)]
mod tests;
