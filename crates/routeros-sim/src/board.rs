//! The board and its clock: what a technician does with the box itself.

use std::sync::Arc;

use crate::changes::ChangeKind;
use crate::config::SimConfig;
use crate::router::Router;
use crate::schema::MenuId;

impl Router {
    /// Moves the clock, and nothing that depends on the passing of time.
    pub(crate) fn jump_clock(&mut self, seconds: i64) {
        self.clock_offset_s = self.clock_offset_s.saturating_add(seconds);
        self.is_dirty = true;
    }

    /// The sessions a service allows, when somebody has said so in `/ip/service`.
    pub(crate) fn max_sessions(&self, service: &str) -> Option<usize> {
        let row = self[self.menus.services].find_one("name", service)?;
        row.values.get("max-sessions")?.lossy().parse().ok()
    }

    /// The same configuration on another board: a backup was restored there. Whatever lives in
    /// the memory of the old one is lost.
    pub(crate) fn replace_board(&mut self, serial: &str) {
        self.config = Arc::new(SimConfig {
            serial: serial.to_owned(),
            ..SimConfig::clone(&self.config)
        });
        self.reboot();
        let cookies = self.menus.hotspot_cookies;
        self[cookies].clear();
        self.announce(self.menus.routerboard, ChangeKind::Updated, |_| {
            format!("board replaced by {serial}")
        });
    }

    /// Back to the rows of the configuration the router was started with. The board stays.
    pub(crate) fn reset_configuration(&mut self) {
        self.reboot();
        let menus: Vec<MenuId> = self.schema.menus().map(|(id, _)| id).collect();
        for menu in menus {
            self[menu].clear();
        }
        self.seed();
        self.announce(self.menus.identity, ChangeKind::Updated, |_| {
            "configuration reset".to_owned()
        });
        self.is_dirty = true;
    }
}
