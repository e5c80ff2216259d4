//! The tables of a router that the product reads and writes, and how rows are known in each.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::login::{LoginRef, Service};
use crate::row::Attribute;
use crate::tag::PROFILE_PREFIX;

/// A table on a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Menu {
    /// `/ip/pool`
    Pool,
    /// `/ppp/profile`
    PppProfile,
    /// `/ip/hotspot/user/profile`
    HotspotProfile,
    /// `/ppp/secret`
    PppSecret,
    /// `/ip/hotspot/user`
    HotspotUser,
    /// `/ip/dhcp-server/lease`
    DhcpLease,
    /// `/ip/hotspot/ip-binding`
    IpBinding,
    /// `/queue/simple`
    SimpleQueue,
    /// `/ip/firewall/address-list`
    AddressList,
    /// `/ip/hotspot/walled-garden`
    WalledGarden,
    /// `/ip/hotspot/walled-garden/ip`
    WalledGardenIp,
}

impl Menu {
    /// Every menu, those that others refer to first.
    pub const ALL: [Self; 11] = [
        Self::Pool,
        Self::PppProfile,
        Self::HotspotProfile,
        Self::PppSecret,
        Self::HotspotUser,
        Self::DhcpLease,
        Self::IpBinding,
        Self::SimpleQueue,
        Self::AddressList,
        Self::WalledGarden,
        Self::WalledGardenIp,
    ];

    /// Its path on the router.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Pool => "/ip/pool",
            Self::PppProfile => "/ppp/profile",
            Self::HotspotProfile => "/ip/hotspot/user/profile",
            Self::PppSecret => "/ppp/secret",
            Self::HotspotUser => "/ip/hotspot/user",
            Self::DhcpLease => "/ip/dhcp-server/lease",
            Self::IpBinding => "/ip/hotspot/ip-binding",
            Self::SimpleQueue => "/queue/simple",
            Self::AddressList => "/ip/firewall/address-list",
            Self::WalledGarden => "/ip/hotspot/walled-garden",
            Self::WalledGardenIp => "/ip/hotspot/walled-garden/ip",
        }
    }

    /// The menu with a path, if the product knows it.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.path() == path)
    }

    /// The property by which its rows are told apart, which becomes [`crate::ActualRow::name`].
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pool | Self::PppProfile | Self::HotspotProfile => "name",
            Self::PppSecret | Self::HotspotUser | Self::SimpleQueue => "name",
            Self::DhcpLease | Self::IpBinding => "mac-address",
            Self::AddressList => "address",
            Self::WalledGarden => "dst-host",
            Self::WalledGardenIp => "dst-address",
        }
    }

    /// Whether its rows are profiles, owned by their names; else owned by their comments.
    #[must_use]
    pub const fn is_profiles(self) -> bool {
        matches!(self, Self::PppProfile | Self::HotspotProfile)
    }

    /// When it is written: rows of a stage refer to rows of earlier stages only, and removals go backwards.
    #[must_use]
    pub const fn stage(self) -> u8 {
        match self {
            Self::Pool => 0,
            Self::PppProfile | Self::HotspotProfile => 1,
            Self::PppSecret | Self::HotspotUser => 2,
            Self::DhcpLease | Self::IpBinding | Self::SimpleQueue => 3,
            Self::AddressList | Self::WalledGarden | Self::WalledGardenIp => 3,
        }
    }

    /// The service whose customers come and go by its rows: each row is somebody who can be cut.
    #[must_use]
    pub const fn service(self) -> Option<Service> {
        match self {
            Self::PppSecret => Some(Service::Pppoe),
            Self::HotspotUser => Some(Service::Hotspot),
            Self::DhcpLease => Some(Service::DhcpLease),
            Self::IpBinding => Some(Service::MacBypass),
            Self::Pool | Self::PppProfile | Self::HotspotProfile | Self::SimpleQueue => None,
            Self::AddressList | Self::WalledGarden | Self::WalledGardenIp => None,
        }
    }

    /// Whether customers of a service have rows here.
    #[must_use]
    pub const fn serves(self, service: Service) -> bool {
        match self {
            Self::PppSecret => matches!(service, Service::Pppoe),
            Self::HotspotUser => matches!(service, Service::Hotspot),
            Self::DhcpLease => matches!(service, Service::DhcpLease),
            Self::IpBinding => matches!(service, Service::MacBypass),
            Self::SimpleQueue => matches!(service, Service::StaticIp | Service::MacBypass),
            Self::AddressList => matches!(service, Service::StaticIp),
            Self::Pool | Self::PppProfile | Self::HotspotProfile => false,
            Self::WalledGarden | Self::WalledGardenIp => false,
        }
    }

    /// The menu of a service's profiles; services that are no login keep their speed in the row itself.
    #[must_use]
    pub const fn profiles_of(service: Service) -> Option<Self> {
        match service {
            Service::Pppoe => Some(Self::PppProfile),
            Service::Hotspot => Some(Self::HotspotProfile),
            Service::StaticIp | Service::DhcpLease | Service::MacBypass => None,
        }
    }

    /// The menu that decides whether a service's customer may connect.
    #[must_use]
    pub const fn logins_of(service: Service) -> Self {
        match service {
            Service::Pppoe => Self::PppSecret,
            Service::Hotspot => Self::HotspotUser,
            Service::StaticIp => Self::AddressList,
            Service::DhcpLease => Self::DhcpLease,
            Service::MacBypass => Self::IpBinding,
        }
    }

    /// Whether a row here lets somebody connect, or keeps somebody out.
    #[must_use]
    pub const fn decides_access(self) -> bool {
        match self {
            Self::PppSecret | Self::HotspotUser | Self::AddressList => true,
            Self::DhcpLease | Self::IpBinding => true,
            Self::Pool | Self::PppProfile | Self::HotspotProfile | Self::SimpleQueue => false,
            Self::WalledGarden | Self::WalledGardenIp => false,
        }
    }

    /// What the row of a login is called here.
    #[must_use]
    pub fn row_name(self, login: &str) -> String {
        match self {
            Self::SimpleQueue => format!("{PROFILE_PREFIX}{login}"),
            _ => login.to_owned(),
        }
    }

    /// Whose sessions depend on a row, if anybody's do.
    #[must_use]
    pub fn login_of(self, row: &str) -> Option<LoginRef> {
        self.service().map(|it| LoginRef::new(it, row))
    }

    /// The attributes we read and may own, without key and comment.
    #[must_use]
    pub const fn attributes(self) -> &'static [Attribute] {
        use Attribute as A;
        match self {
            Self::Pool => &[A::Ranges],
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
            Self::DhcpLease => &[
                A::Address,
                A::Server,
                A::RateLimit,
                A::AddressLists,
                A::BlockAccess,
                A::Disabled,
            ],
            Self::IpBinding => &[A::Server, A::BindingType, A::Disabled],
            Self::SimpleQueue => &[
                A::Target,
                A::MaxLimit,
                A::BurstLimit,
                A::BurstThreshold,
                A::BurstTime,
                A::Disabled,
            ],
            Self::AddressList => &[A::List, A::Disabled],
            Self::WalledGarden | Self::WalledGardenIp => &[A::Action, A::Disabled],
        }
    }

    /// Whether its rows have a comment (MikroTik CLI reference: hotspot user profiles have none).
    #[must_use]
    pub const fn has_comment(self) -> bool {
        !matches!(self, Self::HotspotProfile)
    }

    /// Whether its rows have a password.
    #[must_use]
    pub const fn has_password(self) -> bool {
        matches!(self, Self::PppSecret | Self::HotspotUser)
    }

    /// Whether a new row takes hold of a device only when it appears anew: it may be there already, with a lease that the
    /// server handed out or on the hotspot's login page.
    #[must_use]
    pub const fn takes_hold_anew(self) -> bool {
        matches!(self, Self::DhcpLease | Self::IpBinding)
    }

    /// Whether the router makes rows of its own here, which are invisible to the product and in nobody's way: leases
    /// that were handed out, queues of sessions, list entries that run out.
    #[must_use]
    pub const fn has_passing_rows(self) -> bool {
        match self {
            Self::DhcpLease | Self::SimpleQueue | Self::AddressList => true,
            Self::WalledGarden | Self::WalledGardenIp | Self::IpBinding => true,
            Self::Pool | Self::PppProfile | Self::HotspotProfile => false,
            Self::PppSecret | Self::HotspotUser => false,
        }
    }
}

impl fmt::Display for Menu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

#[cfg(test)]
mod tests {
    //! Menus agree with each other about who is where.

    use super::Menu;
    use crate::login::Service;

    #[test]
    fn every_service_is_served_by_the_menu_that_decides_about_it() {
        for service in Service::ALL {
            assert!(Menu::logins_of(service).serves(service), "{service}");
        }
        for menu in Menu::ALL {
            assert_eq!(Menu::at(menu.path()), Some(menu));
            assert!(menu.service().is_none_or(|it| menu.serves(it)), "{menu}");
        }
    }

    #[test]
    fn stages_never_go_back() {
        assert!(
            Menu::ALL
                .windows(2)
                .all(|it| it[0].stage() <= it[1].stage())
        );
    }
}
