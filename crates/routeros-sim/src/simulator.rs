//! The handle of a simulated router.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use routeros_proto::Command;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

use crate::changes::Change;
use crate::commands::{self, Origin};
use crate::config::SimConfig;
use crate::fault::Fault;
use crate::hotspot::admission::LoginError;
use crate::hotspot::login::HotspotSession;
use crate::listener;
use crate::menus::leases::DhcpError;
use crate::ppp::{DialError, PppSession};
use crate::router::Router;
use crate::router::render::Sight;
use crate::schema::{MenuId, Schema};
use crate::shared::Shared;
use crate::state_file;
use crate::stats::SimStats;
use crate::table::Row;
use crate::text::Text;

/// A router that listens for API connections.
///
/// Clones are handles of the same router. It stops when [`Simulator::shutdown`] is called or the
/// last handle is dropped.
#[derive(Debug, Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
    /// Held for its drop: tasks hold `shared`, so that alone would never go away.
    _stops: Arc<StopOnDrop>,
}

#[derive(Debug)]
struct StopOnDrop(Arc<Shared>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Simulator {
    /// Starts a router.
    ///
    /// # Errors
    /// When the address cannot be bound, or the state file exists and cannot be read.
    pub async fn start(config: SimConfig) -> io::Result<Self> {
        let config = Arc::new(config);
        let schema = Schema::embedded()?;
        let router = Router::new(Arc::clone(&config), schema);
        let mut router = router.ok_or_else(|| io::Error::other("the schema lacks a menu"))?;
        if let Some(state) = config
            .state_file
            .as_deref()
            .map(state_file::load)
            .transpose()?
        {
            state.map_or(Ok(()), |state| router.restore(&state))?;
        }
        let listener = TcpListener::bind(config.bind).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::new(config, router, addr));
        listener::spawn(&shared, listener);
        Ok(Self {
            _stops: Arc::new(StopOnDrop(Arc::clone(&shared))),
            shared,
        })
    }

    /// Where it listens, also while it is shut down.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.shared.addr
    }

    /// Closes the port and every connection and saves the state. Tables are kept.
    pub async fn shutdown(&self) {
        self.shared.stop();
        self.shared.tasks.wait().await;
    }

    /// Listens again on the same port, with the same tables.
    ///
    /// # Errors
    /// When the port was taken by somebody else meanwhile.
    pub async fn restart(&self) -> io::Result<()> {
        self.shutdown().await;
        let listener = TcpListener::bind(self.shared.addr).await?;
        self.shared.rearm();
        listener::spawn(&self.shared, listener);
        Ok(())
    }

    /// The rows of a menu as `print` shows them to somebody who may see passwords; none for a
    /// menu that does not exist. Single menus have one row.
    #[must_use]
    pub fn rows(&self, menu: &str) -> Vec<BTreeMap<String, String>> {
        let router = self.shared.router();
        let Some((id, _)) = router.menu(menu) else {
            return Vec::new();
        };
        router[id]
            .iter()
            .map(|row| shown(&router, id, row))
            .collect()
    }

    /// The first row whose property is exactly `value` (`.id` works too).
    #[must_use]
    pub fn row(&self, menu: &str, key: &str, value: &str) -> Option<BTreeMap<String, String>> {
        let router = self.shared.router();
        let (id, _) = router.menu(menu)?;
        if router[id].is_indexed(key) {
            let found = router[id].find(key, &Text::from(value)).first().copied()?;
            return router[id].get(found).map(|row| shown(&router, id, row));
        }
        let is_it = |row: &&Row| {
            router
                .shown(id, row, key, Sight::Everything)
                .is_some_and(|shown| *shown == *value.as_bytes())
        };
        router[id]
            .iter()
            .find(is_it)
            .map(|row| shown(&router, id, row))
    }

    /// Adds a row by hand, as somebody with WinBox does, under the same checks. Gives its `.id`.
    ///
    /// # Errors
    /// The text of the trap a client would get.
    pub fn insert(&self, menu: &str, attrs: &[(&str, &str)]) -> Result<String, String> {
        let answer = self.by_hand(menu, "add", None, attrs)?;
        Ok(answer.unwrap_or_default())
    }

    /// Changes a row by hand; `key` is its `.id` or name (ignored by single menus).
    ///
    /// # Errors
    /// The text of the trap a client would get.
    pub fn update(&self, menu: &str, key: &str, attrs: &[(&str, &str)]) -> Result<(), String> {
        self.by_hand(menu, "set", Some(key), attrs).map(|_| ())
    }

    /// Removes a row by hand; `key` is its `.id` or name. Removing a session cuts it.
    ///
    /// # Errors
    /// The text of the trap a client would get.
    pub fn remove(&self, menu: &str, key: &str) -> Result<(), String> {
        self.by_hand(menu, "remove", Some(key), &[]).map(|_| ())
    }

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

    /// The customer hangs up. Gives how many sessions ended.
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

    /// The user's devices go out of reach. Gives how many sessions ended.
    pub fn hotspot_leave(&self, user: &str) -> usize {
        self.shared.router().hotspot_leave(user)
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

    /// Lets time pass on the router: ages grow, limits and timeouts end sessions, cookies and
    /// timed entries go.
    pub fn elapse(&self, span: Duration) {
        self.shared.router().elapse(span);
    }

    /// Cuts the power for a moment: connections close, sessions and everything in memory is lost.
    pub fn reboot(&self) {
        self.shared.router().reboot();
        self.shared.close_sessions();
    }

    /// Switches a fault on, beside those that are on already.
    ///
    /// A port that refuses closes within moments, and opens within moments when faults are
    /// cleared.
    pub fn set_fault(&self, fault: Fault) {
        self.shared.faults().set(fault);
        self.shared.follow_faults();
    }

    /// Switches all faults off.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
        self.shared.follow_faults();
    }

    /// Changes the latency of commands that arrive from now on.
    pub fn set_command_delay(&self, delay: Duration) {
        self.shared.set_delay(delay);
    }

    /// What clients asked so far.
    #[must_use]
    pub fn stats(&self) -> SimStats {
        let rows_examined = self.shared.router().rows_examined.get();
        let stats = self.shared.stats().clone();
        SimStats {
            rows_examined,
            ..stats
        }
    }

    /// What happens from now on, in words.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.shared.router().feed.changes.subscribe()
    }

    /// Writes properties of a row as they are, read-only ones too, without any check: what the
    /// factory, time or a careless tool does. Values are bytes, and so need not be text. What the
    /// board itself says (resource, licence, routerboard) is back after a reboot.
    ///
    /// # Errors
    /// The text of the trap a client would get: no such menu, row or property.
    pub fn overwrite(&self, menu: &str, key: &str, attrs: &[(&str, &[u8])]) -> Result<(), String> {
        self.shared
            .router()
            .overwrite(menu, key, attrs)
            .map_err(|refusal| refusal.message)
    }

    /// A device asks the first DHCP server for an address. The host name is bytes: clients send
    /// what they like.
    ///
    /// # Errors
    /// [`DhcpError`] when it gets none.
    pub fn dhcp_ask(&self, mac: &str, host_name: &[u8]) -> Result<Ipv4Addr, DhcpError> {
        self.shared.router().dhcp_ask(mac, host_name)
    }

    fn by_hand(
        &self,
        menu: &str,
        verb: &str,
        key: Option<&str>,
        attrs: &[(&str, &str)],
    ) -> Result<Option<String>, String> {
        let mut router = self.shared.router();
        let mut command = Command::new(format!("{menu}/{verb}"));
        let is_single = router.menu(menu).is_some_and(|(_, menu)| menu.single);
        if let Some(key) = key.filter(|_| !is_single) {
            command = command.attr(".id", key);
        }
        for (name, value) in attrs {
            command = command.attr(name, value);
        }
        let answer = commands::run(&mut router, Origin::BY_HAND, &command);
        let answer = answer.map_err(|refusal| refusal.message)?;
        Ok(answer.ret.map(|ret| ret.lossy().into_owned()))
    }
}

fn shown(router: &Router, menu: MenuId, row: &Row) -> BTreeMap<String, String> {
    let values = router.shown_row(menu, row, Sight::Everything);
    values
        .map(|(name, value)| {
            (
                name.to_owned(),
                String::from_utf8_lossy(&value).into_owned(),
            )
        })
        .collect()
}
