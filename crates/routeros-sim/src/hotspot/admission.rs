//! Who may use the hotspot, and how much: everything but the password.

use std::time::Duration;

use routeros_proto::{BadMac, Mac, parse_optional_duration};
use thiserror::Error;

use crate::router::Router;
use crate::table::Row;
use crate::text::Text;

/// Why a hotspot does not let a device in. The texts are those of the login page.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoginError {
    /// No such user, or another password.
    #[error("invalid username or password")]
    InvalidUser,
    /// The user is disabled; the login page does not tell the difference.
    #[error("invalid username or password")]
    Disabled,
    /// The user is for another device.
    #[error("user {0} is not allowed to log in from this MAC address")]
    WrongMac(String),
    /// A name that looks like a hardware address must be the device's own.
    #[error("invalid username ({0}): this MAC address is not yours")]
    WrongMacUsername(String),
    /// The time of the user is used up.
    #[error("user {0} has reached uptime limit")]
    UptimeLimit(String),
    /// The traffic of the user is used up.
    #[error("user {0} has reached traffic limit")]
    TrafficLimit(String),
    /// As many devices as the profile allows are online.
    #[error("no more sessions are allowed for user {0}")]
    SharedUsers(String),
    /// The device is online as somebody else.
    #[error("this device is logged in as {0}")]
    LoggedInAs(String),
    /// The profile of the user is gone.
    #[error("no valid profile found")]
    NoProfile,
    /// The pool has no address for the device.
    #[error("cannot assign ip address - no more free addresses from pool")]
    PoolEmpty,
    /// A binding blocks the device.
    #[error("the device is blocked")]
    Blocked,
    /// A binding lets the device through without a login.
    #[error("the device needs no login")]
    Bypassed,
    /// No cookie of the device is left.
    #[error("no cookie for this device")]
    NoCookie,
    /// The router has no hotspot.
    #[error("hotspot service is shutting down")]
    NoServer,
    /// The text for the device is not a hardware address.
    #[error("not a device")]
    BadMac(#[from] BadMac),
}

/// What a login found out before the session begins.
pub(super) struct Admission {
    pub(super) user_id: u64,
    pub(super) user: String,
    pub(super) mac: Mac,
    pub(super) server: String,
    pub(super) profile: Row,
}

/// What may still be used. `None` is unlimited.
pub(super) struct Allowance {
    pub(super) time: Option<Duration>,
    pub(super) bytes: [(&'static str, Option<u64>); 3],
}

impl Router {
    pub(super) fn hotspot_server(&self) -> Result<String, LoginError> {
        let servers = &self[self.menus.hotspot_servers];
        let server = servers.iter().find(|row| !servers.is_set(row, "disabled"));
        let server = server.map(|row| servers.text(row, "name").into_owned());
        server.ok_or(LoginError::NoServer)
    }

    /// Everything but the password.
    pub(super) fn admit(
        &self,
        user_id: u64,
        user: &str,
        mac: Mac,
        server: String,
    ) -> Result<Admission, LoginError> {
        self.check_binding(mac)?;
        let users = &self[self.menus.hotspot_users];
        let row = users.get(user_id).ok_or(LoginError::InvalidUser)?;
        if users.is_set(row, "disabled") {
            return Err(LoginError::Disabled);
        }
        if user.contains(':') && user.parse().is_ok_and(|named: Mac| named != mac) {
            return Err(LoginError::WrongMacUsername(user.to_owned()));
        }
        let bound = users.text(row, "mac-address");
        if !bound.is_empty() && *bound != mac.to_string() {
            return Err(LoginError::WrongMac(user.to_owned()));
        }
        let profiles = &self[self.menus.hotspot_profiles];
        let profile = profiles.find_one("name", &users.text(row, "profile"));
        let profile = profile.ok_or(LoginError::NoProfile)?.clone();
        let admission = Admission {
            user_id,
            user: user.to_owned(),
            mac,
            server,
            profile,
        };
        self.check_shared_users(&admission)?;
        self.allowance(&admission)?;
        Ok(admission)
    }

    fn check_binding(&self, mac: Mac) -> Result<(), LoginError> {
        let bindings = &self[self.menus.hotspot_bindings];
        let mac = mac.to_string();
        let of_device = bindings.iter().find(|row| {
            bindings.text(row, "mac-address") == mac && !bindings.is_set(row, "disabled")
        });
        match of_device.map(|row| bindings.text(row, "type")).as_deref() {
            Some("blocked") => Err(LoginError::Blocked),
            Some("bypassed") => Err(LoginError::Bypassed),
            _ => Ok(()),
        }
    }

    /// The surplus device is refused, not swapped in.
    fn check_shared_users(&self, admission: &Admission) -> Result<(), LoginError> {
        let profiles = &self[self.menus.hotspot_profiles];
        let Ok(allowed) = profiles
            .text(&admission.profile, "shared-users")
            .parse::<usize>()
        else {
            return Ok(());
        };
        let active = &self[self.menus.hotspot_active];
        let own = admission.mac.to_string();
        let others = active.find("user", &Text::from(admission.user.as_str()));
        let others = others.iter().filter_map(|id| active.get(*id));
        let others = others
            .filter(|row| active.text(row, "mac-address") != own)
            .count();
        if others >= allowed {
            return Err(LoginError::SharedUsers(admission.user.clone()));
        }
        Ok(())
    }

    /// What the user may still use, counted over finished sessions.
    pub(super) fn allowance(&self, admission: &Admission) -> Result<Allowance, LoginError> {
        let users = self.menus.hotspot_users;
        let user = admission.user_id;
        let row = self[users].get(user).ok_or(LoginError::InvalidUser)?;
        let limit = parse_optional_duration(&self[users].text(row, "limit-uptime"))
            .ok()
            .flatten();
        let used = self.used_time(user);
        if limit.is_some_and(|limit| used >= limit) {
            return Err(LoginError::UptimeLimit(admission.user.clone()));
        }
        let profiles = &self[self.menus.hotspot_profiles];
        let timeout = profiles.text(&admission.profile, "session-timeout");
        let timeout = parse_optional_duration(&timeout).ok().flatten();
        let timeout = timeout.filter(|timeout| !timeout.is_zero());
        let time = [limit.map(|limit| limit.saturating_sub(used)), timeout];
        let time = time.into_iter().flatten().min();
        let total = |name| self.number(users, user, name).unwrap_or(0);
        let (up, down) = (total("bytes-in"), total("bytes-out"));
        let left = |name: &str, used: u64| {
            let limit = self.number(users, user, name)?;
            Some(limit.saturating_sub(used))
        };
        let bytes = [
            ("limit-bytes-in", left("limit-bytes-in", up)),
            ("limit-bytes-out", left("limit-bytes-out", down)),
            (
                "limit-bytes-total",
                left("limit-bytes-total", up.saturating_add(down)),
            ),
        ];
        if bytes.iter().any(|(_, left)| *left == Some(0)) {
            return Err(LoginError::TrafficLimit(admission.user.clone()));
        }
        Ok(Allowance { time, bytes })
    }
}
