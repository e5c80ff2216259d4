//! The handle of a simulated router.

mod devices;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use routeros_proto::Command;
use tokio::sync::broadcast;

use crate::changes::Change;
use crate::commands::{self, Origin};
use crate::config::{SimCertificate, SimConfig};
use crate::door::Doors;
use crate::fault::Fault;
use crate::listener;
use crate::meddling::Meddling;
use crate::refusal::Refusal;
use crate::router::Router;
use crate::router::render::Sight;
use crate::schema::{MenuId, Schema};
use crate::shared::Shared;
use crate::state_file;
use crate::stats::SimStats;
use crate::table::Row;
use crate::text::Text;
use crate::tls::TlsDesk;

/// A router that listens for API connections.
///
/// Clones are handles of the same router. It stops when [`Simulator::shutdown`] is called or the
/// last handle is dropped.
#[derive(Debug, Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
    /// Held for its drop: tasks hold `shared`, so that alone would never go away. The handles of
    /// the tasks themselves have none.
    _stops: Option<Arc<StopOnDrop>>,
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
        let (doors, listening) = Doors::open(&config).await?;
        let shared = Arc::new(Shared::new(config, router, doors));
        listener::spawn(&shared, listening);
        Ok(Self {
            _stops: Some(Arc::new(StopOnDrop(Arc::clone(&shared)))),
            shared,
        })
    }

    /// A handle that does not keep the router running.
    pub(crate) fn without_end(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            _stops: None,
        }
    }

    /// Where it listens, also while it is shut down.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.shared.doors.api.addr
    }

    /// Where it listens for TLS, if it does.
    #[must_use]
    pub fn tls_addr(&self) -> Option<SocketAddr> {
        self.shared.doors.api_ssl.as_ref().map(|door| door.addr)
    }

    /// Where the control port is, if there is one.
    #[must_use]
    pub fn control_addr(&self) -> Option<SocketAddr> {
        self.shared.doors.control
    }

    /// SHA-256 of the TLS certificate (DER) in 64 lower-case hexadecimal digits; `None` without
    /// a TLS port or a certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Option<String> {
        self.desk().ok()?.fingerprint()
    }

    /// Shows another certificate to TLS connections from now on, as somebody does who sets one on
    /// the router or puts another box in its place. Gives its fingerprint, if it has one.
    ///
    /// # Errors
    /// Without a TLS port, or when the certificate or its key cannot be used.
    pub fn set_certificate(&self, certificate: &SimCertificate) -> io::Result<Option<String>> {
        let desk = self.desk()?;
        desk.show(certificate, &self.shared.config.identity)?;
        Ok(desk.fingerprint())
    }

    /// Swaps the TLS certificate for a fresh self-signed one. Gives its fingerprint.
    ///
    /// # Errors
    /// Without a TLS port.
    pub fn swap_certificate(&self) -> io::Result<String> {
        let fingerprint = self.set_certificate(&SimCertificate::Generated)?;
        fingerprint.ok_or_else(|| io::Error::other("a generated certificate is missing"))
    }

    /// Takes the TLS certificate away: every client is told `handshake_failure`, as by a service
    /// that speaks anonymous suites only.
    ///
    /// # Errors
    /// Without a TLS port.
    pub fn remove_certificate(&self) -> io::Result<()> {
        self.set_certificate(&SimCertificate::Missing).map(|_| ())
    }

    fn desk(&self) -> io::Result<&TlsDesk> {
        let door = self.shared.doors.api_ssl.as_deref();
        let desk = door.and_then(|door| door.tls.as_ref());
        desk.ok_or_else(|| io::Error::other("the router has no TLS port"))
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
        let listening = self.shared.doors.reopen().await?;
        self.shared.rearm();
        listener::spawn(&self.shared, listening);
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

    /// Lets time pass on the router: ages grow, limits and timeouts end sessions, cookies and
    /// timed entries go.
    pub fn elapse(&self, span: Duration) {
        self.shared.router().elapse(span);
    }

    /// Cuts the power for a moment: connections close, sessions and everything in memory is lost.
    pub fn reboot(&self) {
        self.shared.reboot();
    }

    /// Closes every API connection, as a broken line does. The router goes on.
    pub fn disconnect(&self) {
        self.shared.close_sessions();
    }

    /// Puts another board in its place, with the configuration of this one, as somebody does who
    /// restores a backup: another serial number, the same rows, nothing that lived in memory.
    ///
    /// A state file does not keep the serial number.
    pub fn replace_board(&self, serial: &str) {
        self.shared.router().replace_board(serial);
        self.shared.close_sessions();
    }

    /// Resets the configuration, as the button on the board does: the rows of [`SimConfig`] are
    /// there and no others.
    pub fn reset_configuration(&self) {
        self.shared.router().reset_configuration();
        self.shared.close_sessions();
    }

    /// Switches a fault on, beside those that are on already.
    ///
    /// A port that refuses closes within moments, and opens within moments when faults are
    /// cleared.
    pub fn set_fault(&self, fault: Fault) {
        if let Fault::ClockJump(seconds) = fault {
            self.jump_clock(seconds);
        }
        self.shared.faults().set(fault);
        self.shared.follow_faults();
    }

    /// The faults that are on; those that count show what is left.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.faults().all().to_vec()
    }

    /// Switches off the faults of this name (`stall`) or text (`stall:/ppp/secret/add`). Gives
    /// how many there were.
    pub fn clear_fault(&self, named: &str) -> usize {
        self.take_faults(Some(named))
    }

    /// Switches all faults off.
    pub fn clear_faults(&self) {
        self.take_faults(None);
    }

    fn take_faults(&self, named: Option<&str>) -> usize {
        let taken = self.shared.faults().take(named);
        for fault in &taken {
            if let Fault::ClockJump(seconds) = fault {
                self.jump_clock(seconds.saturating_neg());
            }
        }
        self.shared.follow_faults();
        taken.len()
    }

    /// Moves the router's clock, and nothing else, by so many seconds.
    pub fn jump_clock(&self, seconds: i64) {
        self.shared.router().jump_clock(seconds);
    }

    /// Sets the router's clock, in seconds since 1970 (UTC).
    pub fn set_clock(&self, unix_seconds: i64) {
        let mut router = self.shared.router();
        let off = unix_seconds.saturating_sub(router.unix_seconds());
        router.jump_clock(off);
    }

    /// The router's clock, in seconds since 1970 (UTC).
    #[must_use]
    pub fn clock(&self) -> i64 {
        self.shared.router().unix_seconds()
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

    /// The same once, just before the next command of this path is executed (a menu stands for
    /// all of its commands): somebody else changes the row between a client's read and its write.
    ///
    /// # Errors
    /// The text of the trap a client would get: no such menu. A row that is gone when the moment
    /// comes is left alone.
    pub fn overwrite_before(
        &self,
        command: &str,
        menu: &str,
        key: &str,
        attrs: &[(&str, &[u8])],
    ) -> Result<(), String> {
        let is_known = self.shared.router().menu(menu).is_some();
        if !is_known {
            return Err(Refusal::no_such_command().message);
        }
        let attrs = attrs.iter();
        self.shared.arrange(Meddling {
            command: command.to_owned(),
            menu: menu.to_owned(),
            key: key.to_owned(),
            attrs: attrs
                .map(|(name, value)| ((*name).to_owned(), value.to_vec()))
                .collect(),
        });
        Ok(())
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
