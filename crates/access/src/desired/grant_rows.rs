//! The rows of a grant, by service: what one customer has on a router.
//!
//! | service | full access | restricted | refused |
//! |---|---|---|---|
//! | `pppoe`, `hotspot` | login on its profile | login on the restricted profile | login disabled |
//! | `static_ip` | queue at its speed, on `wb-active` | queue at the restricted speed, on `wb-restricted` | the same on `wb-blocked` |
//! | `dhcp_lease` | lease at its speed | lease at the restricted speed, on `wb-restricted` | lease blocked, on `wb-blocked` |
//! | `mac_bypass` | binding `bypassed` | binding `regular`: the login page | binding `blocked` |
//!
//! A queue is never disabled, because a customer without one is not limited at all.

use std::collections::BTreeMap;

use kernel::Timestamp;

use super::{
    ACTIVE_LIST, BLOCKED_LIST, DesiredRow, OpenGrant, RESTRICTED_LIST, RESTRICTED_RATE, tag,
};
use crate::grant::Allowance;
use crate::login::Service;
use crate::menu::Menu;
use crate::profile::ServiceProfile;
use crate::rate_limit::RateLimit;
use crate::row::Attribute;
use crate::tag::{Mark, TagId};

type Owned = BTreeMap<Attribute, Option<String>>;

/// What a customer may do right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Full,
    Restricted,
    Refused,
}

/// Every row of a grant that has not ended, with its menu.
pub(super) fn grant_rows(
    mark: &Mark,
    open: &OpenGrant,
    profile: &ServiceProfile,
    now: Timestamp,
) -> Vec<(Menu, DesiredRow)> {
    let standing = standing(open, now);
    let row = |menu: Menu, owned| (menu, row(mark, open, menu, owned, now));
    match open.grant.service() {
        Service::Pppoe => vec![row(Menu::PppSecret, secret(mark, profile, standing))],
        Service::Hotspot => vec![row(Menu::HotspotUser, user(mark, open, profile, standing))],
        Service::DhcpLease => vec![row(Menu::DhcpLease, lease(open, profile, standing))],
        Service::StaticIp => {
            let target = open.grant.login().to_string();
            vec![
                row(Menu::SimpleQueue, queue(target, profile, standing)),
                row(Menu::AddressList, entry(standing)),
            ]
        }
        Service::MacBypass => {
            let binding = row(Menu::IpBinding, binding(standing));
            let queue = open.grant.address().map(|it| {
                let owned = queue(it.to_string(), profile, standing);
                row(Menu::SimpleQueue, owned)
            });
            std::iter::once(binding).chain(queue).collect()
        }
    }
}

fn standing(open: &OpenGrant, now: Timestamp) -> Standing {
    match open.grant.allowance() {
        Allowance::Restricted => Standing::Restricted,
        it if it.admits(now) => Standing::Full,
        _ => Standing::Refused,
    }
}

fn row(mark: &Mark, open: &OpenGrant, menu: Menu, owned: Owned, now: Timestamp) -> DesiredRow {
    let grant = &open.grant;
    DesiredRow {
        name: menu.row_name(grant.login().as_str()),
        tag: tag(mark, TagId::grant(grant.id()), grant.revision()),
        owned,
        password: menu.has_password().then(|| open.password.clone()),
        grant: Some(grant.id()),
        cut_owed: menu.service().is_some() && grant.must_cut(now),
    }
}

fn secret(mark: &Mark, profile: &ServiceProfile, standing: Standing) -> Owned {
    let mut owned = login(mark, profile, standing);
    let service = Service::Pppoe.as_str().to_owned();
    owned.insert(Attribute::Service, Some(service));
    owned
}

fn user(mark: &Mark, open: &OpenGrant, profile: &ServiceProfile, standing: Standing) -> Owned {
    let limits = open.grant.limits();
    let text = |it: Option<u64>| it.map(|it| it.to_string());
    let mut owned = login(mark, profile, standing);
    owned.insert(Attribute::LimitUptime, text(limits.uptime_s));
    owned.insert(Attribute::LimitBytes, text(limits.bytes));
    // One that is for every server stays where an operator has put it.
    if let Some(server) = open.grant.server() {
        owned.insert(Attribute::Server, Some(server.to_owned()));
    }
    owned
}

fn login(mark: &Mark, profile: &ServiceProfile, standing: Standing) -> Owned {
    let name = match standing {
        Standing::Restricted => profile.restricted_router_name(),
        Standing::Full | Standing::Refused => profile.router_name(mark),
    };
    Owned::from([
        // Routers show the profile `default` by showing none.
        (Attribute::Profile, Some(name).filter(|it| it != "default")),
        (Attribute::Disabled, yes(standing == Standing::Refused)),
    ])
}

/// The lease of a device. Its address is the product's only where the grant names one.
fn lease(open: &OpenGrant, profile: &ServiceProfile, standing: Standing) -> Owned {
    let list = match standing {
        Standing::Full => profile
            .terms()
            .address_list
            .as_ref()
            .map(ToString::to_string),
        Standing::Restricted => Some(RESTRICTED_LIST.to_owned()),
        Standing::Refused => Some(BLOCKED_LIST.to_owned()),
    };
    let mut owned = Owned::from([
        (
            Attribute::RateLimit,
            rate(profile, standing).on_router().map(|it| it.to_string()),
        ),
        (Attribute::AddressLists, list),
        (Attribute::BlockAccess, yes(standing == Standing::Refused)),
        (Attribute::Disabled, None),
    ]);
    if let Some(address) = open.grant.address() {
        owned.insert(Attribute::Address, Some(address.to_string()));
    }
    owned
}

fn binding(standing: Standing) -> Owned {
    let kind = match standing {
        Standing::Full => Some("bypassed"),
        Standing::Restricted => None,
        Standing::Refused => Some("blocked"),
    };
    Owned::from([
        (Attribute::BindingType, kind.map(str::to_owned)),
        (Attribute::Server, None),
        (Attribute::Disabled, None),
    ])
}

fn entry(standing: Standing) -> Owned {
    let list = match standing {
        Standing::Full => ACTIVE_LIST,
        Standing::Restricted => RESTRICTED_LIST,
        Standing::Refused => BLOCKED_LIST,
    };
    Owned::from([
        (Attribute::List, Some(list.to_owned())),
        (Attribute::Disabled, None),
    ])
}

fn queue(target: String, profile: &ServiceProfile, standing: Standing) -> Owned {
    let rate = rate(profile, standing).on_router();
    let pair = |up, down| RateLimit::steady(up, down).to_string();
    let burst = rate.and_then(|it| it.burst);
    Owned::from([
        (Attribute::Target, Some(target)),
        (
            Attribute::MaxLimit,
            rate.map(|it| pair(it.up_bps, it.down_bps)),
        ),
        (
            Attribute::BurstLimit,
            burst.map(|it| pair(it.up_bps, it.down_bps)),
        ),
        (
            Attribute::BurstThreshold,
            burst.map(|it| pair(it.up_threshold_bps, it.down_threshold_bps)),
        ),
        (
            Attribute::BurstTime,
            burst.map(|it| format!("{0}/{0}", it.time_s)),
        ),
        (Attribute::Disabled, None),
    ])
}

fn rate(profile: &ServiceProfile, standing: Standing) -> RateLimit {
    match standing {
        Standing::Full => profile.terms().rate,
        Standing::Restricted | Standing::Refused => RESTRICTED_RATE,
    }
}

fn yes(it: bool) -> Option<String> {
    it.then(|| "yes".to_owned())
}
