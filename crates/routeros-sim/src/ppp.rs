//! PPP customers: dialling in, being online, being cut off.

use std::net::Ipv4Addr;
use std::time::Duration;

use routeros_proto::{ItemId, RateLimit, format_duration, parse_optional_duration};
use thiserror::Error;

use crate::changes::ChangeKind;
use crate::router::{Router, SessionParts};
use crate::table::Row;
use crate::text::Text;

/// Ids of dynamic interfaces begin here, as on real routers.
const DYNAMIC_INTERFACES: u64 = 0x00F0_0000;
/// Session ids begin here.
const SESSION_IDS: u64 = 0x8110_0000;

/// A PPP session that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PppSession {
    /// The `.id` in `/ppp/active`.
    pub id: String,
    /// The name it dialled in with.
    pub name: String,
    /// The customer's address.
    pub address: Ipv4Addr,
    /// Its interface, such as `<pppoe-siti>`.
    pub interface: String,
    /// The profile it got.
    pub profile: String,
    /// The speed, as the profile said at this moment; a later change does not reach the session.
    pub rate_limit: Option<String>,
    /// The session id, such as `0x81100001`.
    pub session_id: String,
}

/// Why a router does not let a PPP customer in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DialError {
    /// No such secret, or another password.
    #[error("authentication failed")]
    AuthenticationFailed,
    /// The secret is disabled.
    #[error("the secret is disabled")]
    Disabled,
    /// The secret is for another service than PPPoE.
    #[error("the secret is for the service {0}")]
    WrongService(String),
    /// The secret is for another device; compared exactly, capitals included.
    #[error("the secret is for the caller {0}")]
    WrongCaller(String),
    /// The profile of the secret is gone.
    #[error("the profile {0} does not exist")]
    NoProfile(String),
    /// The profile allows one session and there is one.
    #[error("there is a session already and the profile allows only one")]
    OnlyOne,
    /// Neither the secret nor the profile says which address to give.
    #[error("could not determine remote address")]
    NoRemoteAddress,
    /// The pool has no address left, or does not exist.
    #[error("no address left in the pool {0}")]
    PoolEmpty(String),
    /// The fixed address of the secret or profile is in use.
    #[error("the address {0} is in use")]
    AddressInUse(Ipv4Addr),
}

impl Router {
    /// Dials in over PPPoE.
    pub(crate) fn ppp_dial(
        &mut self,
        name: &str,
        password: &str,
        caller_id: &str,
    ) -> Result<PppSession, DialError> {
        let secret = self.secret_for(name, password, caller_id)?;
        let (profile, profile_row) = self.profile_of(&secret)?;
        let (address, pool_address) = self.remote_address(&secret, &profile_row, caller_id)?;
        let interface = self.new_interface(name);
        let profiles = &self[self.menus.ppp_profiles];
        let rate_limit = profiles
            .value(&profile_row, "rate-limit")
            .map(|it| it.lossy().into_owned());
        let lists = profiles.text(&profile_row, "address-list").into_owned();
        let timeout = parse_optional_duration(&profiles.text(&profile_row, "session-timeout"));
        let timeout = timeout.ok().flatten().filter(|timeout| !timeout.is_zero());
        let queue = self.add_session_queue(&interface.1, &interface.1, rate_limit.as_deref());
        let lists = self.add_session_lists(&lists, address);
        let session_id = format!("{:#x}", SESSION_IDS + self.sessions_begun);
        let id = self.add_ppp_active(&secret, address, caller_id, &session_id, timeout);
        let parts = SessionParts {
            interface: Some(interface.0),
            queue,
            lists,
            pool_address,
        };
        self.ppp.insert(id, parts);
        self.note_ppp(id, &profile_row);
        let session = PppSession {
            id: ItemId(id).to_string(),
            name: name.to_owned(),
            address,
            interface: interface.1,
            profile,
            rate_limit,
            session_id,
        };
        self.log(
            "pppoe,ppp,info,account",
            &format!("{name} logged in, {address} from {caller_id}"),
        );
        self.announce(self.menus.ppp_active, ChangeKind::SessionUp, |_| {
            let speed = session.rate_limit.as_deref().unwrap_or("no limit");
            format!(
                "pppoe `{name}` online with {address}, {}, {speed}",
                session.profile
            )
        });
        Ok(session)
    }

    /// Ends every session of this name; a client that keeps dialling stops.
    pub(crate) fn ppp_hang_up(&mut self, name: &str) -> usize {
        self.forget_dialer(name);
        let sessions = self[self.menus.ppp_active].find("name", &Text::from(name));
        for id in &sessions {
            self.end_ppp(*id, self.now_ms, "peer-request");
        }
        sessions.len()
    }

    /// Ends one session at a moment of router time, for a reason that the secret remembers.
    pub(crate) fn end_ppp(&mut self, id: u64, at_ms: u64, reason: &str) {
        let menu = self.menus.ppp_active;
        let Some(row) = self.delete(menu, id) else {
            return;
        };
        let parts = self.ppp.remove(&id).unwrap_or_default();
        self.outside.ppp.remove(&id);
        self.drop_parts(&parts);
        let name = self[menu].text(&row, "name").into_owned();
        let caller = self[menu].text(&row, "caller-id").into_owned();
        self.dial_again(&name, at_ms);
        let when = self.date();
        let secret = self[self.menus.secrets]
            .find_one("name", &name)
            .map(|row| row.id);
        if let Some(secret) = secret {
            self.write(self.menus.secrets, secret, "last-logged-out", when);
            self.write(self.menus.secrets, secret, "last-caller-id", caller);
            self.write(self.menus.secrets, secret, "last-disconnect-reason", reason);
        }
        let online =
            Duration::from_secs(at_ms.saturating_sub(row.since_ms.unwrap_or(at_ms)) / 1_000);
        let online = format_duration(online);
        self.log(
            "pppoe,ppp,info,account",
            &format!("{name} logged out, {online} {reason}"),
        );
        self.announce(menu, ChangeKind::SessionDown, |_| {
            format!("pppoe `{name}` offline after {online} ({reason})")
        });
    }

    /// Removes the rows that live as long as a session.
    pub(crate) fn drop_parts(&mut self, parts: &SessionParts) {
        let menus = self.menus;
        let rows = [
            (menus.interfaces, parts.interface),
            (menus.queues, parts.queue),
        ];
        for (menu, id) in rows {
            id.and_then(|id| self.delete(menu, id));
        }
        for id in &parts.lists {
            self.delete(menus.address_lists, *id);
        }
        self.release_address(parts.pool_address);
    }

    /// The dynamic queue of a session, made from the rate limit as it is now.
    pub(crate) fn add_session_queue(
        &mut self,
        name: &str,
        target: &str,
        rate_limit: Option<&str>,
    ) -> Option<u64> {
        let limit: RateLimit = rate_limit?.parse().ok()?;
        let menu = self.menus.queues;
        let burst = limit.burst.map(|burst| {
            let seconds = format!("{}s/{}s", burst.rx_seconds, burst.tx_seconds);
            (burst.rate.in_bps(), burst.threshold.in_bps(), seconds)
        });
        let (burst_limit, threshold, seconds) = burst.unwrap_or_default();
        let priority = limit.priority.unwrap_or(8);
        let priority = format!("{priority}/{priority}");
        let max_limit = limit.rate.in_bps();
        let limit_at = limit
            .guaranteed
            .map(|rate| rate.in_bps())
            .unwrap_or_default();
        let name = self.free_queue_name(name);
        let values = [
            ("name", name.as_str()),
            ("target", target),
            ("max-limit", &max_limit),
            ("priority", &priority),
            ("dynamic", "true"),
            ("burst-limit", &burst_limit),
            ("burst-threshold", &threshold),
            ("burst-time", &seconds),
            ("limit-at", &limit_at),
        ];
        let row = self.row(
            menu,
            values.into_iter().filter(|(_, value)| !value.is_empty()),
        );
        Some(self.insert(menu, row))
    }

    /// The dynamic address-list entries of a session.
    pub(crate) fn add_session_lists(&mut self, lists: &str, address: Ipv4Addr) -> Vec<u64> {
        let menu = self.menus.address_lists;
        let address = address.to_string();
        let date = self.date();
        let names: Vec<&str> = lists.split(',').filter(|name| !name.is_empty()).collect();
        let mut ids = Vec::with_capacity(names.len());
        for list in names {
            let values = [
                ("list", list),
                ("address", &address),
                ("dynamic", "true"),
                ("creation-time", &date),
            ];
            let row = self.row(menu, values);
            ids.push(self.insert(menu, row));
        }
        ids
    }

    fn free_queue_name(&self, wanted: &str) -> String {
        let queues = &self[self.menus.queues];
        let is_free = |name: &str| queues.find_one("name", name).is_none();
        free_name(wanted, is_free)
    }

    fn secret_for(&self, name: &str, password: &str, caller_id: &str) -> Result<Row, DialError> {
        let secrets = &self[self.menus.secrets];
        let rows = secrets.find("name", &Text::from(name));
        let serves = |row: &&Row| matches!(&*secrets.text(row, "service"), "any" | "pppoe");
        let rows: Vec<&Row> = rows.iter().filter_map(|id| secrets.get(*id)).collect();
        let Some(secret) = rows.iter().copied().find(serves) else {
            let other = rows
                .first()
                .map(|row| secrets.text(row, "service").into_owned());
            return Err(other.map_or(DialError::AuthenticationFailed, DialError::WrongService));
        };
        if secrets.text(secret, "password") != password {
            return Err(DialError::AuthenticationFailed);
        }
        if secrets.is_set(secret, "disabled") {
            return Err(DialError::Disabled);
        }
        let caller = secrets.text(secret, "caller-id");
        if !caller.is_empty() && caller != caller_id {
            return Err(DialError::WrongCaller(caller.into_owned()));
        }
        Ok(secret.clone())
    }

    fn profile_of(&self, secret: &Row) -> Result<(String, Row), DialError> {
        let menus = self.menus;
        let name = self[menus.secrets].text(secret, "profile").into_owned();
        let profiles = &self[menus.ppp_profiles];
        let Some(profile) = profiles.find_one("name", &name) else {
            return Err(DialError::NoProfile(name));
        };
        let login = self[menus.secrets]
            .value(secret, "name")
            .cloned()
            .unwrap_or_default();
        let is_online = !self[menus.ppp_active].find("name", &login).is_empty();
        if self.allows_only_one(profile) && is_online {
            return Err(DialError::OnlyOne);
        }
        Ok((name, profile.clone()))
    }

    /// `only-one` of a profile; `default` is what the profile of that name says, and there `no`.
    fn allows_only_one(&self, profile: &Row) -> bool {
        let profiles = &self[self.menus.ppp_profiles];
        let own = profiles.text(profile, "only-one");
        if own != "default" {
            return own == "yes";
        }
        let general = profiles.find_one("name", "default");
        general.is_some_and(|row| profiles.text(row, "only-one") == "yes")
    }

    fn remote_address(
        &mut self,
        secret: &Row,
        profile: &Row,
        caller_id: &str,
    ) -> Result<(Ipv4Addr, Option<u64>), DialError> {
        let menus = self.menus;
        let of_secret = self[menus.secrets]
            .text(secret, "remote-address")
            .into_owned();
        let mut wanted = match of_secret.as_str() {
            "" => self[menus.ppp_profiles]
                .text(profile, "remote-address")
                .into_owned(),
            _ => of_secret,
        };
        if wanted.is_empty() && self.config.assigns_missing_addresses {
            wanted = self
                .config
                .pools
                .first()
                .map(|(name, _)| name.clone())
                .unwrap_or_default();
        }
        if wanted.is_empty() {
            return Err(DialError::NoRemoteAddress);
        }
        let Ok(fixed) = wanted.parse::<Ipv4Addr>() else {
            let owner = self[menus.secrets].text(secret, "name").into_owned();
            let taken = self.take_address(&wanted, &owner, caller_id);
            let (address, used) = taken.ok_or(DialError::PoolEmpty(wanted))?;
            return Ok((address, Some(used)));
        };
        if self.is_address_taken(fixed) {
            return Err(DialError::AddressInUse(fixed));
        }
        Ok((fixed, None))
    }

    /// Adds the interface `<pppoe-NAME>`; a second session of the same name gets a number.
    fn new_interface(&mut self, name: &str) -> (u64, String) {
        let menu = self.menus.interfaces;
        let interfaces = &self[menu];
        let is_free = |name: &str| interfaces.find_one("name", name).is_none();
        let interface = free_name(&format!("<pppoe-{name}>"), is_free);
        self.sessions_begun += 1;
        let id = DYNAMIC_INTERFACES + self.sessions_begun;
        let date = self.date();
        let values = [
            ("name", interface.as_str()),
            ("type", "pppoe-in"),
            ("mtu", "1480"),
            ("actual-mtu", "1480"),
            ("last-link-up-time", &date),
            ("dynamic", "true"),
        ];
        let row = self.row(menu, values);
        self[menu].put(Row { id, ..row });
        self.touch(menu, id);
        (id, interface)
    }

    fn add_ppp_active(
        &mut self,
        secret: &Row,
        address: Ipv4Addr,
        caller_id: &str,
        session_id: &str,
        timeout: Option<Duration>,
    ) -> u64 {
        let menu = self.menus.ppp_active;
        let secrets = &self[self.menus.secrets];
        let address = address.to_string();
        let values = [
            ("name", secrets.text(secret, "name")),
            ("service", "pppoe".into()),
            ("caller-id", caller_id.into()),
            ("address", address.as_str().into()),
            ("session-id", session_id.into()),
            ("limit-bytes-in", secrets.text(secret, "limit-bytes-in")),
            ("limit-bytes-out", secrets.text(secret, "limit-bytes-out")),
        ];
        let row = self.row(menu, values.iter().map(|(name, value)| (*name, &**value)));
        let now = self.now_ms;
        let until_ms = timeout.map(|timeout| now.saturating_add(millis(timeout)));
        self.insert(
            menu,
            Row {
                since_ms: Some(now),
                until_ms,
                ..row
            },
        )
    }
}

/// `<name>` or, when that is taken, `<name-1>`, `<name-2>` and so on.
fn free_name(wanted: &str, is_free: impl Fn(&str) -> bool) -> String {
    if is_free(wanted) {
        return wanted.to_owned();
    }
    let stem = wanted.strip_suffix('>').unwrap_or(wanted);
    let numbered = (1_u32..).map(|number| format!("{stem}-{number}>"));
    numbered
        .into_iter()
        .find(|name| is_free(name))
        .unwrap_or_else(|| wanted.to_owned())
}

/// Milliseconds of a span, the router's unit of time.
pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
