//! What customers' devices do: they dial, log in, send, fall silent and go.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::Simulator;
use crate::hotspot::admission::LoginError;
use crate::hotspot::login::HotspotSession;
use crate::hotspot::{KEEPALIVE_TIMEOUT, USER_REQUEST};
use crate::menus::leases::DhcpError;
use crate::ppp::{DialError, PppSession};
use crate::text::Text;

impl Simulator {
    /// A customer dials in over PPPoE.
    ///
    /// # Errors
    /// [`DialError`] when the router does not let it in.
    pub fn ppp_dial(
        &self,
        name: &str,
        password: &str,
        caller_id: &str,
    ) -> Result<PppSession, DialError> {
        self.shared.router().ppp_dial(name, password, caller_id)
    }

    /// A customer's box dials in, and again this long (at least a second) after it was cut off or
    /// refused, for as long as nobody hangs up. It dials while time passes.
    ///
    /// # Errors
    /// [`DialError`] when the router does not let it in yet.
    pub fn ppp_client(
        &self,
        name: &str,
        password: &str,
        caller_id: &str,
        redial_after: Duration,
    ) -> Result<PppSession, DialError> {
        self.shared
            .router()
            .ppp_client(name, password, caller_id, redial_after)
    }

    /// The customer hangs up, and its box dials no more. Gives how many sessions ended.
    pub fn ppp_hangup(&self, name: &str) -> usize {
        self.shared.router().ppp_hang_up(name)
    }

    /// A device logs in on the hotspot page.
    ///
    /// # Errors
    /// [`LoginError`] when the router does not let it in.
    pub fn hotspot_login(
        &self,
        user: &str,
        password: &str,
        mac: &str,
    ) -> Result<HotspotSession, LoginError> {
        self.shared.router().hotspot_login(user, password, mac)
    }

    /// A device comes back by itself, with the cookie of an earlier login.
    ///
    /// # Errors
    /// [`LoginError`] when there is no cookie or the router does not let it in.
    pub fn hotspot_cookie_login(&self, mac: &str) -> Result<HotspotSession, LoginError> {
        self.shared.router().hotspot_cookie_login(mac)
    }

    /// The user's devices went out of reach and the router has found out. Gives how many sessions
    /// ended.
    pub fn hotspot_leave(&self, user: &str) -> usize {
        self.shared.router().hotspot_leave(user, KEEPALIVE_TIMEOUT)
    }

    /// The user logs out. Gives how many sessions ended.
    pub fn hotspot_logout(&self, user: &str) -> usize {
        self.shared.router().hotspot_leave(user, USER_REQUEST)
    }

    /// This device comes back by itself, with its cookie, so long (at least a second) after the
    /// router has logged it out; while time passes, and until a cookie is refused.
    ///
    /// # Errors
    /// [`LoginError::BadMac`].
    pub fn hotspot_returns(&self, mac: &str, pause: Duration) -> Result<(), LoginError> {
        let mac = mac.parse()?;
        self.shared.router().hotspot_returns(mac, pause);
        Ok(())
    }

    /// The user's devices go out of reach now; the router finds out after the profile's
    /// `keepalive-timeout`, while time passes. Gives how many sessions that concerns.
    pub fn hotspot_vanish(&self, user: &str) -> usize {
        self.shared.router().hotspot_vanish(user)
    }

    /// The customer uses so many bytes in each second that passes from now on, in every session
    /// of this name, hotspot or PPP. Zeros stop it.
    pub fn set_traffic_rate(&self, user: &str, up_per_second: u64, down_per_second: u64) {
        self.shared
            .router()
            .set_rate(user, up_per_second, down_per_second);
    }

    /// The customer uses traffic, in bytes, on the oldest session of this name, hotspot or PPP.
    /// A limit that is reached ends the session. Without a session nothing happens.
    pub fn add_traffic(&self, user: &str, up: u64, down: u64) {
        let mut router = self.shared.router();
        let name = Text::from(user);
        let hotspot = router[router.menus.hotspot_active]
            .find("user", &name)
            .first()
            .copied();
        if let Some(id) = hotspot {
            return router.hotspot_traffic(id, up, down);
        }
        let ppp = router[router.menus.ppp_active]
            .find("name", &name)
            .first()
            .copied();
        if let Some(id) = ppp {
            router.ppp_traffic(id, up, down);
        }
    }

    /// A device asks the first DHCP server for an address. The host name is bytes: clients send
    /// what they like.
    ///
    /// # Errors
    /// [`DhcpError`] when it gets none.
    pub fn dhcp_ask(&self, mac: &str, host_name: &[u8]) -> Result<Ipv4Addr, DhcpError> {
        self.shared.router().dhcp_ask(mac, host_name)
    }
}
