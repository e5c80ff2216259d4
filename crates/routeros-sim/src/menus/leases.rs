//! `/ip/dhcp-server/lease`: devices that ask for an address, and what a bound lease brings along.
//!
//! A bound lease with a rate limit has a dynamic queue, and its address stands in the lists of
//! the lease and of its server. A lease whose time runs out vanishes when it is dynamic and waits
//! when it is static.

use std::net::Ipv4Addr;
use std::time::Duration;

use routeros_proto::{BadMac, Command, Mac, parse_duration};
use thiserror::Error;

use crate::commands::{Answer, selected};
use crate::ppp::millis;
use crate::refusal::Refusal;
use crate::router::{Router, SessionParts};
use crate::schema::MenuId;
use crate::table::Row;
use crate::text::Text;

/// Why a device gets no address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DhcpError {
    /// The text for the device is not a hardware address.
    #[error("not a device")]
    BadMac(#[from] BadMac),
    /// The router has no DHCP server that is enabled.
    #[error("no dhcp server answers")]
    NoServer,
    /// The device has no lease of its own and the server gives addresses to those only.
    #[error("the server {0} gives static leases only")]
    StaticOnly(String),
    /// The pool has no address left, or does not exist.
    #[error("no address left in the pool {0}")]
    PoolEmpty(String),
}

/// What a client says of itself and gets.
struct Offer {
    mac: String,
    server: String,
    address: Ipv4Addr,
    until_ms: u64,
}

/// `make-static`: the leases stay when their time is over.
///
/// # Errors
/// When one of the rows does not exist.
pub(crate) fn make_static(
    router: &mut Router,
    menu: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    for id in selected(router, menu, command)? {
        router.write(menu, id, "dynamic", "false");
        router.touch(menu, id);
    }
    Ok(Answer::changed())
}

impl Router {
    /// A device asks for an address, or for more time with the one it has. The host name is
    /// bytes: clients send what they like.
    pub(crate) fn dhcp_ask(&mut self, mac: &str, host_name: &[u8]) -> Result<Ipv4Addr, DhcpError> {
        let mac = mac.parse::<Mac>()?.to_string();
        let (server, pool, span) = self.dhcp_server()?;
        let menu = self.menus.leases;
        let own = self.lease_of(&mac, &server);
        let address = match own.and_then(|id| self.lease_address(id)) {
            Some(address) => address,
            None => self.pool_address(own, &server, pool, &mac)?,
        };
        let until_ms = self.now_ms.saturating_add(millis(span));
        let offer = Offer {
            mac,
            server,
            address,
            until_ms,
        };
        let id = match own {
            Some(id) => id,
            None => self.insert_lease(&offer),
        };
        self.bind(id, &offer, host_name);
        self.touch(menu, id);
        Ok(address)
    }

    /// A lease that was added or changed: its queue and its entries follow.
    pub(super) fn refresh_lease(&mut self, id: u64) {
        let menu = self.menus.leases;
        let old = self.leases.remove(&id).unwrap_or_default();
        let pool_address = old.pool_address;
        self.drop_parts(&SessionParts {
            pool_address: None,
            ..old
        });
        let table = &self[menu];
        let Some(row) = table.get(id) else {
            return;
        };
        let is_bound = table.text(row, "status") == "bound" && !table.is_set(row, "disabled");
        let blocked = table.is_set(row, "block-access").to_string();
        let address = table.text(row, "active-address").parse::<Ipv4Addr>().ok();
        let mac = table.text(row, "mac-address").into_owned();
        let rate = table
            .value(row, "rate-limit")
            .map(|it| it.lossy().into_owned());
        let lists = self.lists_of(row);
        self.write(menu, id, "blocked", blocked);
        let mut parts = SessionParts {
            pool_address,
            ..SessionParts::default()
        };
        if let Some(address) = address.filter(|_| is_bound) {
            let target = format!("{address}/32");
            parts.queue = self.add_session_queue(&format!("dhcp<{mac}>"), &target, rate.as_deref());
            parts.lists = self.add_session_lists(&lists, address);
        }
        self.leases.insert(id, parts);
    }

    /// A lease that is gone takes its queue, its entries and its address with it.
    pub(super) fn forget_lease(&mut self, id: u64) {
        if let Some(parts) = self.leases.remove(&id) {
            self.drop_parts(&parts);
        }
    }

    /// The time of a lease is over.
    pub(crate) fn end_lease(&mut self, id: u64) {
        let menu = self.menus.leases;
        let table = &self[menu];
        if table
            .get(id)
            .is_some_and(|row| table.is_set(row, "dynamic"))
        {
            self.delete(menu, id);
            return self.forget_lease(id);
        }
        for name in [
            "active-address",
            "active-mac-address",
            "active-server",
            "status",
        ] {
            self[menu].set(id, name, None);
        }
        self[menu].set_until(id, None);
        let parts = self.leases.get_mut(&id);
        let address = parts.and_then(|parts| parts.pool_address.take());
        self.release_address(address);
        self.refresh_lease(id);
        self.touch(menu, id);
    }

    /// A reboot forgets who had an address; static leases wait for their devices.
    pub(crate) fn reboot_leases(&mut self) {
        let ids: Vec<u64> = self[self.menus.leases].iter().map(|row| row.id).collect();
        for id in ids {
            self.end_lease(id);
        }
        self.leases.clear();
    }

    /// The first server that is enabled, its pool, and how long its leases last.
    fn dhcp_server(&self) -> Result<(String, String, Duration), DhcpError> {
        let servers = &self[self.menus.dhcp_servers];
        let server = servers.iter().find(|row| !servers.is_set(row, "disabled"));
        let row = server.ok_or(DhcpError::NoServer)?;
        let span = parse_duration(&servers.text(row, "lease-time")).unwrap_or_default();
        let text = |name: &str| servers.text(row, name).into_owned();
        Ok((text("name"), text("address-pool"), span))
    }

    /// The lease of a device on a server: its own first, disabled ones never.
    fn lease_of(&self, mac: &str, server: &str) -> Option<u64> {
        let leases = &self[self.menus.leases];
        let ids = leases.find("mac-address", &Text::from(mac));
        let serves = |id: &u64| {
            leases.get(*id).is_some_and(|row| {
                let on = leases.text(row, "server");
                !leases.is_set(row, "disabled") && (on.is_empty() || on == server)
            })
        };
        ids.into_iter().find(serves)
    }

    /// The address a lease is for, or has now.
    fn lease_address(&self, id: u64) -> Option<Ipv4Addr> {
        let leases = &self[self.menus.leases];
        let row = leases.get(id)?;
        let fixed = leases.text(row, "address").parse().ok();
        fixed.or_else(|| leases.text(row, "active-address").parse().ok())
    }

    /// An address out of the pool of the lease, or of the server.
    fn pool_address(
        &mut self,
        lease: Option<u64>,
        server: &str,
        pool: String,
        mac: &str,
    ) -> Result<Ipv4Addr, DhcpError> {
        let leases = &self[self.menus.leases];
        let own = lease.and_then(|id| leases.get(id));
        let own = own.map(|row| leases.text(row, "address").into_owned());
        let pool = own.filter(|pool| !pool.is_empty()).unwrap_or(pool);
        if pool == "static-only" {
            return Err(DhcpError::StaticOnly(server.to_owned()));
        }
        let taken = self.take_address(&pool, "DHCP", mac);
        taken
            .map(|(address, _)| address)
            .ok_or(DhcpError::PoolEmpty(pool))
    }

    fn insert_lease(&mut self, offer: &Offer) -> u64 {
        let menu = self.menus.leases;
        let address = offer.address.to_string();
        let values = [
            ("address", address.as_str()),
            ("mac-address", &offer.mac),
            ("server", &offer.server),
            ("dynamic", "true"),
        ];
        let row = self.row(menu, values);
        self.insert(menu, row)
    }

    fn bind(&mut self, id: u64, offer: &Offer, host_name: &[u8]) {
        let menu = self.menus.leases;
        let address = offer.address.to_string();
        let used = self[self.menus.pool_used].find("address", &Text::from(address.as_str()));
        let values: [(&str, Text); 5] = [
            ("status", "bound".into()),
            ("active-address", address.into()),
            ("active-mac-address", offer.mac.as_str().into()),
            ("active-server", offer.server.as_str().into()),
            ("host-name", host_name.into()),
        ];
        for (name, value) in values
            .into_iter()
            .filter(|(_, value)| !value.as_bytes().is_empty())
        {
            self.write(menu, id, name, value);
        }
        let now = self.now_ms;
        self[menu].set_until(id, Some(offer.until_ms));
        self[menu].set_since(id, Some(now));
        let parts = self.leases.entry(id).or_default();
        parts.pool_address = used.first().copied();
        self.refresh_lease(id);
    }

    /// The lists of a lease and of the server it is for.
    fn lists_of(&self, row: &Row) -> String {
        let leases = &self[self.menus.leases];
        let servers = &self[self.menus.dhcp_servers];
        let server = servers.find_one("name", &leases.text(row, "active-server"));
        let of_server = server.map(|row| servers.text(row, "address-lists"));
        let lists = [
            leases.text(row, "address-lists"),
            of_server.unwrap_or_default(),
        ];
        let lists: Vec<&str> = lists
            .iter()
            .map(|list| &**list)
            .filter(|it| !it.is_empty())
            .collect();
        lists.join(",")
    }
}
