//! The board and its clock: what a technician does with the box itself.

use crate::router::Router;

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
}
