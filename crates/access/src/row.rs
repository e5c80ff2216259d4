//! Rows as a router shows them: menus, attributes and normalised values.

use std::collections::BTreeMap;
use std::fmt;

use kernel::Secret;

use crate::login::Service;
use crate::tag::{Mark, PROFILE_PREFIX, Tag};

/// A table on a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Menu {
    /// `/ppp/profile`
    PppProfile,
    /// `/ip/hotspot/user/profile`
    HotspotProfile,
    /// `/ppp/secret`
    PppSecret,
    /// `/ip/hotspot/user`
    HotspotUser,
}

impl Menu {
    /// Every menu, those that others refer to first.
    pub const ALL: [Self; 4] = [
        Self::PppProfile,
        Self::HotspotProfile,
        Self::PppSecret,
        Self::HotspotUser,
    ];

    /// Its path on the router.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::PppProfile => "/ppp/profile",
            Self::HotspotProfile => "/ip/hotspot/user/profile",
            Self::PppSecret => "/ppp/secret",
            Self::HotspotUser => "/ip/hotspot/user",
        }
    }

    /// Whether its rows are profiles, owned by their names; else logins, owned by their comments.
    #[must_use]
    pub const fn is_profiles(self) -> bool {
        matches!(self, Self::PppProfile | Self::HotspotProfile)
    }

    /// The service its rows belong to.
    #[must_use]
    pub const fn service(self) -> Service {
        match self {
            Self::PppProfile | Self::PppSecret => Service::Pppoe,
            Self::HotspotProfile | Self::HotspotUser => Service::Hotspot,
        }
    }

    /// The menu of a service's profiles.
    #[must_use]
    pub const fn profiles_of(service: Service) -> Self {
        match service {
            Service::Pppoe => Self::PppProfile,
            Service::Hotspot => Self::HotspotProfile,
        }
    }

    /// The menu of a service's logins.
    #[must_use]
    pub const fn logins_of(service: Service) -> Self {
        match service {
            Service::Pppoe => Self::PppSecret,
            Service::Hotspot => Self::HotspotUser,
        }
    }

    /// The attributes we read and may own, without name and comment.
    #[must_use]
    pub const fn attributes(self) -> &'static [Attribute] {
        use Attribute as A;
        match self {
            Self::PppProfile => &[
                A::RateLimit,
                A::AddressList,
                A::Pool,
                A::LocalAddress,
                A::SessionTimeout,
                A::IdleTimeout,
            ],
            Self::HotspotProfile => &[
                A::RateLimit,
                A::AddressList,
                A::Pool,
                A::SharedUsers,
                A::SessionTimeout,
                A::IdleTimeout,
            ],
            Self::PppSecret => &[A::Service, A::Profile, A::Disabled],
            Self::HotspotUser => &[
                A::Server,
                A::Profile,
                A::LimitUptime,
                A::LimitBytes,
                A::Disabled,
            ],
        }
    }

    /// Whether its rows have a comment (MikroTik CLI reference: hotspot user profiles have none).
    #[must_use]
    pub const fn has_comment(self) -> bool {
        !matches!(self, Self::HotspotProfile)
    }
}

impl fmt::Display for Menu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

/// A property of a row that the product may own. Its canonical values are the ones [`Actual`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
                Menu::PppProfile | Menu::PppSecret | Menu::HotspotUser => "remote-address",
            },
            Self::LocalAddress => "local-address",
            Self::SharedUsers => "shared-users",
            Self::SessionTimeout => "session-timeout",
            Self::IdleTimeout => "idle-timeout",
            Self::LimitUptime => "limit-uptime",
            Self::LimitBytes => "limit-bytes-total",
            Self::Disabled => "disabled",
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
                Menu::PppProfile | Menu::PppSecret | Menu::HotspotUser => "0s",
            },
            Self::SessionTimeout | Self::LimitUptime => "0s",
            Self::LimitBytes => "0",
            Self::Disabled => "no",
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
    /// Its name.
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
        if menu.is_profiles() {
            // Another installation's tag outweighs the prefix that both share.
            return self.name.starts_with(PROFILE_PREFIX) && tag.is_none_or(|it| it.mark == *mark);
        }
        tag.is_some_and(|it| it.mark == *mark)
    }

    /// Whether the router would refuse a new row of the product beside it: same name, and a service or server that
    /// overlaps with ours (PPPoE; all hotspot servers).
    #[must_use]
    pub fn occupies(&self, menu: Menu, name: &str) -> bool {
        if self.name != name {
            return false;
        }
        match menu {
            Menu::PppProfile | Menu::HotspotProfile => true,
            Menu::PppSecret => self
                .values
                .get(&Attribute::Service)
                .is_none_or(|it| it == Service::Pppoe.as_str()),
            Menu::HotspotUser => !self.values.contains_key(&Attribute::Server),
        }
    }
}

/// What a router holds: every profile, and all logins or the selected ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actual {
    rows: BTreeMap<Menu, Vec<ActualRow>>,
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

    /// The rows of a menu, to change.
    pub fn rows_mut(&mut self, menu: Menu) -> &mut Vec<ActualRow> {
        self.rows.entry(menu).or_default()
    }
}
