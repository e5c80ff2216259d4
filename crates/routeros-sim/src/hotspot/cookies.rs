//! Cookies: what lets a device come back without a form.

use std::time::Duration;

use routeros_proto::{Mac, parse_optional_duration};

use super::admission::{Admission, LoginError};
use super::login::HotspotSession;
use crate::ppp::millis;
use crate::router::Router;
use crate::table::Row;
use crate::text::Text;

/// The two kinds of cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CookieKind {
    /// Kept by the router for the device; goes when the session is removed.
    Mac,
    /// Kept by the browser; stays when the session is removed.
    Http,
}

impl CookieKind {
    /// The `mac-cookie` flag of its row.
    fn flag(self) -> &'static str {
        match self {
            Self::Mac => "true",
            Self::Http => "false",
        }
    }

    /// The login method that a session by such a cookie shows, and a server profile allows.
    fn method(self) -> &'static str {
        match self {
            Self::Mac => "mac-cookie",
            Self::Http => "cookie",
        }
    }
}

impl Router {
    /// A device that comes back by itself. A login by MAC cookie that fails uses it up.
    pub(crate) fn hotspot_cookie_login(&mut self, mac: &str) -> Result<HotspotSession, LoginError> {
        let mac: Mac = mac.parse()?;
        let server = self.hotspot_server()?;
        let cookies = &self[self.menus.hotspot_cookies];
        let mut found = cookies.find("mac-address", &Text::from(mac.to_string()));
        found.sort_by_key(|id| {
            !cookies
                .get(*id)
                .is_some_and(|row| cookies.is_set(row, "mac-cookie"))
        });
        let mut refused = LoginError::NoCookie;
        for id in found {
            match self.login_with_cookie(id, mac, &server) {
                Ok(session) => return Ok(session),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn login_with_cookie(
        &mut self,
        cookie: u64,
        mac: Mac,
        server: &str,
    ) -> Result<HotspotSession, LoginError> {
        let cookies = &self[self.menus.hotspot_cookies];
        let row = cookies.get(cookie).ok_or(LoginError::NoCookie)?;
        let kind = match cookies.is_set(row, "mac-cookie") {
            true => CookieKind::Mac,
            false => CookieKind::Http,
        };
        let user = cookies.text(row, "user").into_owned();
        let admitted = match self.hotspot_user(&user, server) {
            Some(user_id) => self.admit(user_id, &user, mac, server.to_owned()),
            None => Err(LoginError::InvalidUser),
        };
        let admission = match admitted {
            Ok(admission) => admission,
            Err(error) => {
                if kind == CookieKind::Mac {
                    self.delete(self.menus.hotspot_cookies, cookie);
                }
                return Err(error);
            }
        };
        if let Some(session) = self.session_of_device(&admission)? {
            return Ok(session);
        }
        let session = self.begin(&admission, kind.method())?;
        self.leave_cookies(&admission, &[kind, CookieKind::Mac]);
        Ok(session)
    }

    /// Leaves cookies of these kinds, where the profiles ask for them.
    pub(super) fn leave_cookies(&mut self, admission: &Admission, kinds: &[CookieKind]) {
        let profile = self.server_profile(&admission.server);
        let profiles = &self[self.menus.hotspot_server_profiles];
        let Some(profile) = profile.and_then(|id| profiles.get(id)) else {
            return;
        };
        let methods = profiles.text(profile, "login-by").into_owned();
        let leaves = |kind: CookieKind| {
            kinds.contains(&kind) && methods.split(',').any(|allowed| allowed == kind.method())
        };
        let http_life = span(&profiles.text(profile, "http-cookie-lifetime"));
        let user_profiles = &self[self.menus.hotspot_profiles];
        let wants_mac = user_profiles.is_set(&admission.profile, "add-mac-cookie");
        let mac_life = span(&user_profiles.text(&admission.profile, "mac-cookie-timeout"));
        let mac = admission.mac.to_string();
        if leaves(CookieKind::Http) {
            self.add_cookie(&admission.user, &mac, CookieKind::Http, http_life);
        }
        if wants_mac && leaves(CookieKind::Mac) {
            self.add_cookie(&admission.user, &mac, CookieKind::Mac, mac_life);
        }
    }

    fn server_profile(&self, server: &str) -> Option<u64> {
        let servers = &self[self.menus.hotspot_servers];
        let name = servers
            .text(servers.find_one("name", server)?, "profile")
            .into_owned();
        self[self.menus.hotspot_server_profiles]
            .find_one("name", &name)
            .map(|row| row.id)
    }

    /// Removes the cookies of one kind of a user on a device.
    pub(super) fn drop_cookies(&mut self, user: &str, mac: &str, kind: CookieKind) {
        let menu = self.menus.hotspot_cookies;
        let cookies = &self[menu];
        let of_device = cookies.find("mac-address", &Text::from(mac));
        let fits = |id: &u64| {
            cookies.get(*id).is_some_and(|row| {
                cookies.text(row, "user") == user && cookies.text(row, "mac-cookie") == kind.flag()
            })
        };
        let doomed: Vec<u64> = of_device.into_iter().filter(fits).collect();
        for id in doomed {
            self.delete(menu, id);
        }
    }

    /// Adds a cookie in place of the one of the same kind, user and device.
    fn add_cookie(&mut self, user: &str, mac: &str, kind: CookieKind, life: Duration) {
        self.drop_cookies(user, mac, kind);
        let menu = self.menus.hotspot_cookies;
        let values = [
            ("user", user),
            ("mac-address", mac),
            ("mac-cookie", kind.flag()),
        ];
        let row = self.row(menu, values);
        let until_ms = Some(self.now_ms.saturating_add(millis(life)));
        self.insert(menu, Row { until_ms, ..row });
    }
}

fn span(text: &str) -> Duration {
    parse_optional_duration(text)
        .ok()
        .flatten()
        .unwrap_or_default()
}
