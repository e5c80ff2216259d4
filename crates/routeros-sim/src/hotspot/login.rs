//! Logging in to a hotspot: by name and password, or by the cookie of an earlier login.

use std::net::Ipv4Addr;
use std::time::Duration;

use routeros_proto::{ItemId, Mac};

use super::admission::{Admission, Allowance, LoginError};
use super::cookies::CookieKind;
use crate::changes::ChangeKind;
use crate::ppp::millis;
use crate::router::{Router, SessionParts};
use crate::table::Row;

/// A hotspot session that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HotspotSession {
    /// The `.id` in `/ip/hotspot/active`: the address in hexadecimal.
    pub id: String,
    /// The user.
    pub user: String,
    /// The device's address.
    pub address: Ipv4Addr,
    /// The device.
    pub mac: Mac,
    /// How it logged in: `http-chap`, `cookie`, `mac-cookie` or `admin`.
    pub login_by: String,
    /// The speed, as the profile said at this moment.
    pub rate_limit: Option<String>,
    /// How long the session may last.
    pub time_left: Option<Duration>,
}

impl Router {
    /// The login page: name and password.
    pub(crate) fn hotspot_login(
        &mut self,
        user: &str,
        password: &str,
        mac: &str,
    ) -> Result<HotspotSession, LoginError> {
        self.hotspot_login_by(user, password, mac, "http-chap")
    }

    /// The same, on behalf of somebody: `login_by` goes into the session.
    pub(crate) fn hotspot_login_by(
        &mut self,
        user: &str,
        password: &str,
        mac: &str,
        login_by: &str,
    ) -> Result<HotspotSession, LoginError> {
        let mac: Mac = mac.parse()?;
        let server = self.hotspot_server()?;
        let user_id = self
            .hotspot_user(user, &server)
            .ok_or(LoginError::InvalidUser)?;
        let users = &self[self.menus.hotspot_users];
        let stored = users.get(user_id).map(|row| users.text(row, "password"));
        if stored.as_deref() != Some(password) {
            let line = format!("{user} ({mac}): login failed: invalid username or password");
            self.log("hotspot,info,debug", &line);
            return Err(LoginError::InvalidUser);
        }
        let admission = self.admit(user_id, user, mac, server)?;
        if let Some(session) = self.session_of_device(&admission)? {
            return Ok(session);
        }
        let session = self.begin(&admission, login_by)?;
        self.leave_cookies(&admission, &[CookieKind::Http, CookieKind::Mac]);
        Ok(session)
    }

    /// The session a device already has, when it is the same user's.
    pub(super) fn session_of_device(
        &self,
        new: &Admission,
    ) -> Result<Option<HotspotSession>, LoginError> {
        let active = &self[self.menus.hotspot_active];
        let Some(row) = active.find_one("mac-address", &new.mac.to_string()) else {
            return Ok(None);
        };
        let user = active.text(row, "user");
        if *user != new.user {
            return Err(LoginError::LoggedInAs(user.into_owned()));
        }
        let address = active
            .text(row, "address")
            .parse()
            .unwrap_or(Ipv4Addr::UNSPECIFIED);
        let left = row.until_ms.map(|until| until.saturating_sub(self.now_ms));
        Ok(Some(HotspotSession {
            id: ItemId(row.id).to_string(),
            user: new.user.clone(),
            address,
            mac: new.mac,
            login_by: active.text(row, "login-by").into_owned(),
            rate_limit: self.rate_of(new),
            time_left: left.map(Duration::from_millis),
        }))
    }

    fn rate_of(&self, admission: &Admission) -> Option<String> {
        let profiles = &self[self.menus.hotspot_profiles];
        let rate = profiles.value(&admission.profile, "rate-limit");
        rate.map(|rate| rate.lossy().into_owned())
    }

    pub(super) fn begin(
        &mut self,
        new: &Admission,
        login_by: &str,
    ) -> Result<HotspotSession, LoginError> {
        let allowance = self.allowance(new)?;
        let address = self.host_address(new)?;
        let rate_limit = self.rate_of(new);
        let lists = self[self.menus.hotspot_profiles]
            .text(&new.profile, "address-list")
            .into_owned();
        let name = format!("<hotspot-{}>", new.user);
        let target = format!("{address}/32");
        let queue = self.add_session_queue(&name, &target, rate_limit.as_deref());
        let lists = self.add_session_lists(&lists, address);
        let id = u64::from(u32::from(address));
        self.add_hotspot_active(new, address, login_by, &allowance);
        self.hotspot.insert(
            id,
            SessionParts {
                queue,
                lists,
                ..SessionParts::default()
            },
        );
        self.note_hotspot(id, &new.profile);
        self.mark_host(&new.mac.to_string(), "true");
        let user = &new.user;
        self.log(
            "hotspot,account,info,debug",
            &format!("{user} ({address}): logged in"),
        );
        let speed = rate_limit.clone();
        self.announce(self.menus.hotspot_active, ChangeKind::SessionUp, |_| {
            let speed = speed.as_deref().unwrap_or("no limit");
            format!("hotspot `{user}` online with {address} by {login_by}, {speed}")
        });
        Ok(HotspotSession {
            id: ItemId(id).to_string(),
            user: new.user.clone(),
            address,
            mac: new.mac,
            login_by: login_by.to_owned(),
            rate_limit,
            time_left: allowance.time,
        })
    }

    /// The address of the device: the user's fixed one, the one it has, or a new one.
    fn host_address(&mut self, new: &Admission) -> Result<Ipv4Addr, LoginError> {
        let users = &self[self.menus.hotspot_users];
        let fixed = users.get(new.user_id).map(|row| users.text(row, "address"));
        let fixed: Option<Ipv4Addr> = fixed.and_then(|text| text.parse().ok());
        let hosts = self.menus.hotspot_hosts;
        let mac = new.mac.to_string();
        if let Some(host) = self[hosts].find_one("mac-address", &mac) {
            let known = self[hosts].text(host, "address").parse().ok();
            return fixed.or(known).ok_or(LoginError::PoolEmpty);
        }
        let servers = &self[self.menus.hotspot_servers];
        let server = servers
            .find_one("name", &new.server)
            .ok_or(LoginError::NoServer)?;
        let pool = servers.text(server, "address-pool").into_owned();
        let taken = self.take_address(&pool, "hotspot", &mac);
        let (address, _) = taken.ok_or(LoginError::PoolEmpty)?;
        let own = address.to_string();
        let values = [
            ("mac-address", mac.as_str()),
            ("address", &own),
            ("to-address", &own),
            ("server", &new.server),
            ("found-by", "DHCP"),
        ];
        let row = self.row(hosts, values);
        self.insert(
            hosts,
            Row {
                since_ms: Some(self.now_ms),
                ..row
            },
        );
        Ok(fixed.unwrap_or(address))
    }

    fn add_hotspot_active(
        &mut self,
        new: &Admission,
        address: Ipv4Addr,
        login_by: &str,
        allowance: &Allowance,
    ) {
        let menu = self.menus.hotspot_active;
        let profiles = &self[self.menus.hotspot_profiles];
        let (own, mac) = (address.to_string(), new.mac.to_string());
        let values = [
            ("server", new.server.as_str().into()),
            ("user", new.user.as_str().into()),
            ("address", own.as_str().into()),
            ("mac-address", mac.as_str().into()),
            ("login-by", login_by.into()),
            ("idle-timeout", profiles.text(&new.profile, "idle-timeout")),
            (
                "keepalive-timeout",
                profiles.text(&new.profile, "keepalive-timeout"),
            ),
        ];
        let limits = allowance.bytes.iter().filter_map(|(name, left)| {
            left.map(|left| (*name, std::borrow::Cow::Owned(left.to_string())))
        });
        let values: Vec<(&str, std::borrow::Cow<'_, str>)> = values
            .into_iter()
            .chain(limits)
            .filter(|(_, value)| value != "none")
            .collect();
        let row = self.row(menu, values.iter().map(|(name, value)| (*name, &**value)));
        let now = self.now_ms;
        let until_ms = allowance.time.map(|time| now.saturating_add(millis(time)));
        let id = u64::from(u32::from(address));
        self[menu].put(Row {
            id,
            since_ms: Some(now),
            until_ms,
            ..row
        });
        self.touch(menu, id);
    }
}
