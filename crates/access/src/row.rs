//! Rows as a router shows them: attributes and normalised values.

use std::collections::BTreeMap;
use std::fmt;

use kernel::Secret;
use serde::{Deserialize, Serialize};

use crate::login::Service;
use crate::menu::Menu;
use crate::tag::{Mark, PROFILE_PREFIX, Tag};

/// A property of a row that the product may own. Its canonical values are the ones [`Actual`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// The PPP service of a secret: `pppoe`; absent for any.
    Service,
    /// The hotspot server of a user; absent for all.
    Server,
    /// The name of the profile; absent for `default`.
    Profile,
    /// The speed, as [`crate::RateLimit`] prints it; absent for none.
    RateLimit,
    /// An address list; absent for none.
    AddressList,
    /// An address pool; absent for none.
    Pool,
    /// The router's end of a PPP line; absent for none.
    LocalAddress,
    /// Devices per login, a number or `unlimited`; absent for 1.
    SharedUsers,
    /// Whole seconds; absent for none.
    SessionTimeout,
    /// Whole seconds; absent for none.
    IdleTimeout,
    /// Whole seconds; absent for none.
    LimitUptime,
    /// Bytes; absent for none.
    LimitBytes,
    /// `yes`; absent for no.
    Disabled,
    /// The ranges of a pool, as [`crate::Ranges`] prints them.
    Ranges,
    /// The address of a lease; absent for one from the server's pool.
    Address,
    /// The address lists of a lease; absent for none.
    AddressLists,
    /// `yes`; absent for no.
    BlockAccess,
    /// What a hotspot binding does: `bypassed` or `blocked`; absent for `regular`.
    BindingType,
    /// What a queue limits, without the `/32` of single addresses.
    Target,
    /// Upload and download of a queue: `5M/20M`; absent for unlimited.
    MaxLimit,
    /// Upload and download during a burst; absent for none.
    BurstLimit,
    /// The averages that end a burst; absent for none.
    BurstThreshold,
    /// Whole seconds the averages are taken over: `10/10`; absent for none.
    BurstTime,
    /// The list that an entry is on.
    List,
    /// What a walled garden does with what fits; absent for letting it through.
    Action,
}

impl Attribute {
    /// What the router calls it in a menu.
    #[must_use]
    pub const fn name_in(self, menu: Menu) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Server => "server",
            Self::Profile => "profile",
            Self::RateLimit => "rate-limit",
            Self::AddressList => "address-list",
            Self::Pool => match menu {
                Menu::HotspotProfile => "address-pool",
                _ => "remote-address",
            },
            Self::LocalAddress => "local-address",
            Self::SharedUsers => "shared-users",
            Self::SessionTimeout => "session-timeout",
            Self::IdleTimeout => "idle-timeout",
            Self::LimitUptime => "limit-uptime",
            Self::LimitBytes => "limit-bytes-total",
            Self::Disabled => "disabled",
            Self::Ranges => "ranges",
            Self::Address => "address",
            Self::AddressLists => "address-lists",
            Self::BlockAccess => "block-access",
            Self::BindingType => "type",
            Self::Target => "target",
            Self::MaxLimit => "max-limit",
            Self::BurstLimit => "burst-limit",
            Self::BurstThreshold => "burst-threshold",
            Self::BurstTime => "burst-time",
            Self::List => "list",
            Self::Action => "action",
        }
    }

    /// What to write so that it is absent: the menus concerned have no portable `unset`.
    #[must_use]
    pub const fn cleared_in(self, menu: Menu) -> &'static str {
        match self {
            Self::Service => "any",
            Self::Server => "all",
            Self::Profile => "default",
            Self::RateLimit | Self::AddressList | Self::LocalAddress => "",
            Self::Pool => "none",
            Self::SharedUsers => "1",
            Self::IdleTimeout => match menu {
                Menu::HotspotProfile => "none",
                _ => "0s",
            },
            Self::SessionTimeout | Self::LimitUptime => "0s",
            Self::LimitBytes => "0",
            Self::Disabled | Self::BlockAccess => "no",
            Self::Address => "0.0.0.0",
            Self::AddressLists | Self::Ranges | Self::Target | Self::List => "",
            Self::BindingType => "regular",
            Self::MaxLimit | Self::BurstLimit | Self::BurstThreshold => "0/0",
            Self::BurstTime => "0s/0s",
            Self::Action => match menu {
                Menu::WalledGardenIp => "accept",
                _ => "allow",
            },
        }
    }

    /// Whether an operator may keep what a hand has written here. Who may connect, and how much was sold, is decided
    /// by what is paid and by nothing else.
    #[must_use]
    pub const fn may_be_kept(self) -> bool {
        match self {
            Self::RateLimit | Self::AddressList | Self::Pool | Self::LocalAddress => true,
            Self::SharedUsers | Self::SessionTimeout | Self::IdleTimeout | Self::Ranges => true,
            Self::Address | Self::Target | Self::MaxLimit | Self::BurstLimit => true,
            Self::BurstThreshold | Self::BurstTime | Self::Action => true,
            Self::Service | Self::Server | Self::Profile | Self::LimitUptime => false,
            Self::LimitBytes | Self::Disabled | Self::AddressLists | Self::BlockAccess => false,
            Self::BindingType | Self::List => false,
        }
    }
}

/// The row's own name on a router: `*1A`. Only good until the next read; routers reuse them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(String);

impl RowId {
    /// Takes the text a router sent.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One row as read, with normalised values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActualRow {
    /// Its own name on the router.
    pub id: RowId,
    /// Its name, or whatever else is the key of its menu ([`Menu::key`]).
    pub name: String,
    /// The attributes that are set, in canonical form.
    pub values: BTreeMap<Attribute, String>,
    /// Its password, if the router shows it.
    pub password: Option<Secret>,
    /// Its comment, empty for none; bytes that are not UTF-8 show as U+FFFD.
    pub comment: String,
    /// Whether the router made it itself.
    pub is_dynamic: bool,
}

impl ActualRow {
    /// The tag in its comment.
    #[must_use]
    pub fn tag(&self) -> Option<Tag> {
        Tag::find(&self.comment)
    }

    /// Whether the product made this row of a menu on this router.
    #[must_use]
    pub fn is_owned(&self, menu: Menu, mark: &Mark) -> bool {
        if self.is_dynamic {
            return false;
        }
        let tag = self.tag();
        if menu.is_profiles() || (menu == Menu::Pool && tag.is_none()) {
            // Another installation's tag outweighs the prefix that both share.
            return self.name.starts_with(PROFILE_PREFIX) && tag.is_none_or(|it| it.mark == *mark);
        }
        tag.is_some_and(|it| it.mark == *mark)
    }

    /// Whether the router would refuse, or ignore, a new row of the product beside it: same key, and a service or
    /// server that overlaps with ours (PPPoE; the hotspot server ours is bound to, or all). Entries of an address list
    /// also need the same list, which [`crate::diff`] compares.
    #[must_use]
    pub fn occupies(&self, menu: Menu, name: &str, server: Option<&str>) -> bool {
        if self.name != name || (self.is_dynamic && menu.has_passing_rows()) {
            return false;
        }
        match menu {
            Menu::PppSecret => self
                .values
                .get(&Attribute::Service)
                .is_none_or(|it| it == Service::Pppoe.as_str()),
            Menu::HotspotUser => {
                let own = self.values.get(&Attribute::Server);
                own.is_none_or(|it| server == Some(it))
            }
            _ => true,
        }
    }
}

/// What a router holds: every profile, and all logins or the selected ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actual {
    rows: BTreeMap<Menu, Vec<ActualRow>>,
    unknown: BTreeMap<Menu, String>,
}

impl Actual {
    /// Adds a row of a menu.
    pub fn push(&mut self, menu: Menu, row: ActualRow) {
        self.rows.entry(menu).or_default().push(row);
    }

    /// The rows of a menu in the router's order.
    #[must_use]
    pub fn rows(&self, menu: Menu) -> &[ActualRow] {
        self.rows.get(&menu).map_or(&[], Vec::as_slice)
    }

    /// Notes that a menu could not be read, and why: what it holds is unknown, not nothing.
    pub fn mark_unknown(&mut self, menu: Menu, reason: impl Into<String>) {
        self.unknown.insert(menu, reason.into());
    }

    /// Why a menu could not be read; `None` if it was.
    #[must_use]
    pub fn unknown(&self, menu: Menu) -> Option<&str> {
        self.unknown.get(&menu).map(String::as_str)
    }

    /// The rows of a menu, to change.
    pub fn rows_mut(&mut self, menu: Menu) -> &mut Vec<ActualRow> {
        self.rows.entry(menu).or_default()
    }
}
