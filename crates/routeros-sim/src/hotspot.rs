//! Hotspot customers: being online, using traffic, being logged out.

pub(crate) mod admission;
mod cookies;
pub(crate) mod login;

use std::time::Duration;

use routeros_proto::{format_duration, parse_duration};

use crate::changes::ChangeKind;
use crate::router::Router;
use crate::table::Row;
use crate::text::Text;

/// An assumption about packets, so that packet counters move with byte counters.
const BYTES_PER_PACKET: u64 = 1_000;

/// The user has logged out.
pub(crate) const USER_REQUEST: &str = "user request";
/// The device is out of reach.
pub(crate) const KEEPALIVE_TIMEOUT: &str = "keepalive timeout";

impl Router {
    /// Logs one session out at a moment of router time.
    ///
    /// Its traffic and time are added to the user now, at logout, and not before.
    pub(crate) fn end_hotspot(&mut self, id: u64, at_ms: u64, cause: &str) {
        let menu = self.menus.hotspot_active;
        let Some(row) = self.delete(menu, id) else {
            return;
        };
        let parts = self.hotspot.remove(&id).unwrap_or_default();
        self.outside.hotspot.remove(&id);
        self.drop_parts(&parts);
        let user = self[menu].text(&row, "user").into_owned();
        let address = self[menu].text(&row, "address").into_owned();
        let mac = self[menu].text(&row, "mac-address").into_owned();
        self.mark_host(&mac, "false");
        if !matches!(cause, USER_REQUEST | KEEPALIVE_TIMEOUT) {
            self.come_again(&mac, at_ms);
        }
        let online_ms = at_ms.saturating_sub(row.since_ms.unwrap_or(at_ms));
        self.settle(&row, &user, online_ms);
        let online = format_duration(Duration::from_secs(online_ms / 1_000));
        self.log(
            "hotspot,account,info,debug",
            &format!("{user} ({address}): logged out: {cause}"),
        );
        self.announce(menu, ChangeKind::SessionDown, |_| {
            format!("hotspot `{user}` offline after {online} ({cause})")
        });
    }

    /// Logs out and forgets the MAC cookie of that login, as removing the active row does.
    /// The HTTP cookie stays: the browser can come back with it.
    pub(crate) fn kick_hotspot(&mut self, id: u64) {
        let active = &self[self.menus.hotspot_active];
        let Some(row) = active.get(id) else {
            return;
        };
        let user = active.text(row, "user").into_owned();
        let mac = active.text(row, "mac-address").into_owned();
        self.end_hotspot(id, self.now_ms, "admin reset");
        self.drop_cookies(&user, &mac, cookies::CookieKind::Mac);
    }

    /// Ends every session of this user: the device went away, or somebody logged out.
    pub(crate) fn hotspot_leave(&mut self, user: &str, cause: &str) -> usize {
        let sessions = self[self.menus.hotspot_active].find("user", &Text::from(user));
        for id in &sessions {
            self.end_hotspot(*id, self.now_ms, cause);
        }
        sessions.len()
    }

    /// Removes a host row and whatever session it carries.
    pub(crate) fn remove_host(&mut self, id: u64) {
        let hosts = &self[self.menus.hotspot_hosts];
        let Some(row) = hosts.get(id) else {
            return;
        };
        let mac = Text::from(&*hosts.text(row, "mac-address"));
        for session in self[self.menus.hotspot_active].find("mac-address", &mac) {
            self.end_hotspot(session, self.now_ms, "host removed");
        }
        self.delete(self.menus.hotspot_hosts, id);
        let used = self[self.menus.pool_used].find("info", &mac);
        self.release_address(used.first().copied());
    }

    /// Traffic of one hotspot session; ends it when a limit is reached.
    pub(crate) fn hotspot_traffic(&mut self, id: u64, up: u64, down: u64) {
        let menu = self.menus.hotspot_active;
        self.count_traffic(menu, id, up, down);
        if let Some(habit) = self.outside.hotspot.get_mut(&id) {
            habit.last_ms = self.now_ms;
        }
        let mac = self[menu]
            .get(id)
            .map(|row| self[menu].text(row, "mac-address").into_owned());
        let host = mac.and_then(|mac| {
            self[self.menus.hotspot_hosts]
                .find_one("mac-address", &mac)
                .map(|row| row.id)
        });
        if let Some(host) = host {
            self.count_traffic(self.menus.hotspot_hosts, host, up, down);
        }
        self.count_queue(
            self.hotspot.get(&id).and_then(|parts| parts.queue),
            up,
            down,
        );
        let bytes = |name| self.number(menu, id, name);
        let (used_in, used_out) = (
            bytes("bytes-in").unwrap_or(0),
            bytes("bytes-out").unwrap_or(0),
        );
        let reached = [
            (used_in, bytes("limit-bytes-in")),
            (used_out, bytes("limit-bytes-out")),
            (used_in.saturating_add(used_out), bytes("limit-bytes-total")),
        ];
        if reached
            .into_iter()
            .any(|(used, limit)| limit.is_some_and(|limit| used >= limit))
        {
            self.end_hotspot(id, self.now_ms, "traffic limit reached");
        }
    }

    /// Traffic of one PPP session: it is counted on the interface, never on the session.
    pub(crate) fn ppp_traffic(&mut self, id: u64, up: u64, down: u64) {
        let Some(parts) = self.ppp.get(&id).cloned() else {
            return;
        };
        let Some(interface) = parts.interface else {
            return;
        };
        let menu = self.menus.interfaces;
        let counters = [
            ("rx-byte", up),
            ("tx-byte", down),
            ("rx-packet", up.div_ceil(BYTES_PER_PACKET)),
            ("tx-packet", down.div_ceil(BYTES_PER_PACKET)),
        ];
        for (name, more) in counters {
            self.count(menu, interface, name, more);
        }
        self.count_queue(parts.queue, up, down);
        if let Some(habit) = self.outside.ppp.get_mut(&id) {
            habit.last_ms = self.now_ms;
        }
        let active = self.menus.ppp_active;
        let pairs = [
            ("rx-byte", "limit-bytes-in"),
            ("tx-byte", "limit-bytes-out"),
        ];
        let reached = pairs.into_iter().any(|(used, limit)| {
            let limit = self.number(active, id, limit).filter(|limit| *limit > 0);
            limit.is_some_and(|limit| self.number(menu, interface, used) >= Some(limit))
        });
        if reached {
            self.end_ppp(id, self.now_ms, "nas-request");
        }
    }

    fn count_traffic(&mut self, menu: crate::schema::MenuId, id: u64, up: u64, down: u64) {
        self.count(menu, id, "bytes-in", up);
        self.count(menu, id, "bytes-out", down);
        self.count(menu, id, "packets-in", up.div_ceil(BYTES_PER_PACKET));
        self.count(menu, id, "packets-out", down.div_ceil(BYTES_PER_PACKET));
    }

    fn count_queue(&mut self, queue: Option<u64>, up: u64, down: u64) {
        let Some(queue) = queue else {
            return;
        };
        let menu = self.menus.queues;
        let Some(row) = self[menu].get(queue) else {
            return;
        };
        let bytes = self[menu].text(row, "bytes").into_owned();
        let (was_up, was_down) = bytes.split_once('/').unwrap_or_default();
        let up = was_up.parse().unwrap_or(0_u64).saturating_add(up);
        let down = was_down.parse().unwrap_or(0_u64).saturating_add(down);
        self.write(menu, queue, "bytes", format!("{up}/{down}"));
        self.write(
            menu,
            queue,
            "total-bytes",
            up.saturating_add(down).to_string(),
        );
    }

    /// Adds a finished session to the totals of its user.
    fn settle(&mut self, session: &Row, user: &str, online_ms: u64) {
        let menus = self.menus;
        let server = self[menus.hotspot_active]
            .text(session, "server")
            .into_owned();
        let Some(user) = self.hotspot_user(user, &server) else {
            return;
        };
        for name in ["bytes-in", "bytes-out", "packets-in", "packets-out"] {
            let used = self[menus.hotspot_active]
                .text(session, name)
                .parse()
                .unwrap_or(0);
            self.count(menus.hotspot_users, user, name, used);
        }
        let total = self
            .used_time(user)
            .saturating_add(Duration::from_secs(online_ms / 1_000));
        self.write(menus.hotspot_users, user, "uptime", format_duration(total));
        self.touch(menus.hotspot_users, user);
    }

    /// The time a user has spent online in finished sessions.
    pub(crate) fn used_time(&self, user: u64) -> Duration {
        let users = &self[self.menus.hotspot_users];
        let uptime = users.get(user).map(|row| users.text(row, "uptime"));
        uptime
            .and_then(|text| parse_duration(&text).ok())
            .unwrap_or_default()
    }

    /// The user of this name on this server: its own first, else the one for all servers.
    pub(crate) fn hotspot_user(&self, name: &str, server: &str) -> Option<u64> {
        let users = &self[self.menus.hotspot_users];
        let ids = users.find("name", &Text::from(name));
        let on = |id: &u64| {
            users
                .get(*id)
                .map(|row| users.text(row, "server").into_owned())
        };
        let own = ids.iter().find(|id| on(id).as_deref() == Some(server));
        own.or_else(|| ids.iter().find(|id| on(id).as_deref() == Some("")))
            .copied()
    }

    /// Sets the `authorized` flag of a device's host row.
    fn mark_host(&mut self, mac: &str, authorized: &str) {
        let menu = self.menus.hotspot_hosts;
        let host = self[menu].find_one("mac-address", mac).map(|row| row.id);
        if let Some(host) = host {
            self.write(menu, host, "authorized", authorized);
            self.touch(menu, host);
        }
    }
}
