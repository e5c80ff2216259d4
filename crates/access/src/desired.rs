//! What a router should hold at an instant: a pure function of profiles and grants.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{GrantId, ProfileId, Secret, Timestamp};

use crate::grant::{Allowance, Grant};
use crate::login::LoginRef;
use crate::menu::Menu;
use crate::profile::ServiceProfile;
use crate::rate_limit::RateLimit;
use crate::row::Attribute;
use crate::setup::{Kept, RouterSetup};
use crate::tag::{Mark, Tag, TagId};

mod grant_rows;
mod profile_rows;
mod setup_rows;

/// The address list of static addresses in full access.
pub const ACTIVE_LIST: &str = "wb-active";

/// The address list of everybody who is restricted; the operator's firewall decides what it may reach.
pub const RESTRICTED_LIST: &str = "wb-restricted";

/// The address list of everybody who may not connect and has an address all the same; the operator's firewall drops it.
pub const BLOCKED_LIST: &str = "wb-blocked";

/// The address lists on which the product keeps entries of its own: no other list is read or written.
pub const OWN_LISTS: [&str; 3] = [ACTIVE_LIST, RESTRICTED_LIST, BLOCKED_LIST];

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

impl DesiredRow {
    /// The hotspot server it is bound to, if it is to one.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.owned.get(&Attribute::Server)?.as_deref()
    }
}

/// What a router should hold, as far as somebody looked: the given profiles and grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// Whose rows on which router.
    pub mark: Mark,
    rows: BTreeMap<Menu, BTreeMap<String, DesiredRow>>,
    ended: BTreeMap<TagId, (GrantId, LoginRef)>,
    /// Rows that an operator has taken over.
    left_alone: BTreeSet<(Menu, String)>,
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
/// Every given profile has a row, unless it was adopted on this very router; restricted grants bring the restricted profile with them. A grant that is blocked, or
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
        left_alone: BTreeSet::new(),
    };
    let by_id: BTreeMap<ProfileId, &ServiceProfile> =
        profiles.iter().map(|it| (it.id(), it)).collect();
    // The row of a profile adopted here is the router's own: it is named by its logins, and never written.
    for profile in profiles.iter().filter(|it| it.adopted_on(mark).is_none()) {
        if let Some(menu) = Menu::profiles_of(profile.service()) {
            all.insert(menu, profile_rows::profile_row(mark, profile));
        }
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
        let rows = Menu::ALL.into_iter().flat_map(|menu| {
            let owing = self.rows(menu).filter(|it| it.cut_owed);
            owing.filter_map(move |it| menu.login_of(&it.name))
        });
        let lives = |it: &LoginRef| {
            let menu = Menu::logins_of(it.service);
            self.row(menu, &menu.row_name(&it.name)).is_some()
        };
        let ended = self.ended.values().map(|(_, login)| login.clone());
        let gone: BTreeSet<LoginRef> = ended.filter(|it| !lives(it)).collect();
        rows.chain(gone)
    }

    /// Adds what the router holds besides customers, and leaves alone what an operator has decided about.
    #[must_use]
    pub fn with_setup(mut self, setup: &RouterSetup) -> Self {
        let rows: Vec<_> = setup_rows::setup_rows(&self.mark, setup).collect();
        for (menu, row) in rows {
            self.insert(menu, row);
        }
        self.with_exceptions(setup)
    }

    /// Leaves alone what an operator has decided about. A row that serves a grant cannot be taken over: who may connect
    /// is decided elsewhere.
    #[must_use]
    pub fn with_exceptions(mut self, setup: &RouterSetup) -> Self {
        for it in setup.exceptions() {
            let rows = self.rows.entry(it.menu).or_default();
            match &it.kept {
                Kept::Row if rows.get(&it.name).is_none_or(|row| row.grant.is_none()) => {
                    rows.remove(&it.name);
                    self.left_alone.insert((it.menu, it.name.clone()));
                }
                Kept::Row => {}
                Kept::Value { attribute, value } => {
                    let row = rows.get_mut(&it.name).filter(|_| attribute.may_be_kept());
                    if let Some(ours) = row.and_then(|row| row.owned.get_mut(attribute)) {
                        ours.clone_from(value);
                    }
                }
            }
        }
        self
    }

    /// Whether an operator has taken a row over.
    #[must_use]
    pub fn is_left_alone(&self, menu: Menu, name: &str) -> bool {
        !self.left_alone.is_empty() && self.left_alone.contains(&(menu, name.to_owned()))
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
        let restricted = grant.allowance() == Allowance::Restricted;
        if let Some(menu) = Menu::profiles_of(profile.service()).filter(|_| restricted) {
            self.insert(menu, profile_rows::restricted_row(&self.mark, profile));
        }
        for (menu, row) in grant_rows::grant_rows(&self.mark, open, profile, now) {
            self.insert(menu, row);
        }
        Ok(())
    }
}

/// A row that serves everybody: a profile, a pool, a destination.
fn shared_row(name: String, tag: Tag, owned: BTreeMap<Attribute, Option<String>>) -> DesiredRow {
    DesiredRow {
        name,
        tag,
        owned,
        password: None,
        grant: None,
        cut_owed: false,
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
