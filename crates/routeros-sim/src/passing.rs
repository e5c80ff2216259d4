//! What ends by itself: sessions and cookies that run out, and the reboot that forgets.

use crate::changes::ChangeKind;
use crate::router::Router;
use crate::schema::MenuId;
use crate::table::Row;

impl Router {
    /// Forgets what a router forgets without power: sessions with their counters, timed and
    /// dynamic rows, HTTP cookies, the log. MAC cookies and everything configured stay.
    pub(crate) fn reboot(&mut self) {
        let menus = self.menus;
        let online = self[menus.ppp_active].len() + self[menus.hotspot_active].len();
        self.announce(menus.resource, ChangeKind::Updated, |router| {
            format!(
                "router {} rebooted, {online} sessions lost",
                router.config.identity
            )
        });
        self.ppp.clear();
        self.hotspot.clear();
        self.reboot_leases();
        let volatile = self
            .schema
            .menus()
            .filter(|(_, menu)| menu.volatile)
            .map(|(id, _)| id);
        let volatile: Vec<MenuId> = volatile.filter(|id| *id != menus.hotspot_cookies).collect();
        for menu in volatile {
            self[menu].clear();
        }
        self.pool_cursors.clear();
        self.all_cut_off();
        for menu in [menus.interfaces, menus.queues, menus.address_lists] {
            self.delete_where(menu, |router, row| router[menu].is_set(row, "dynamic"));
        }
        self.refresh_names();
        let cookies = menus.hotspot_cookies;
        self.delete_where(cookies, |router, row| {
            !router[cookies].is_set(row, "mac-cookie")
        });
        if !self.config.has_ntp {
            self.lose_clock();
        }
        let config = std::sync::Arc::clone(&self.config);
        let identity = self[menus.identity].single().map(|row| row.values.clone());
        self.seed_system(&config);
        for (name, value) in identity.into_iter().flatten() {
            self[menus.identity].set(0, &name, Some(value));
        }
        self.log(
            "system,error,critical",
            "router was rebooted without proper shutdown",
        );
        self.is_dirty = true;
    }

    /// Rows that end by a moment, the earliest first.
    pub(crate) fn endings(&self, by_ms: u64) -> Vec<(u64, MenuId, u64)> {
        let menus = self.menus;
        let timed = [
            menus.ppp_active,
            menus.hotspot_active,
            menus.hotspot_cookies,
            menus.address_lists,
            menus.leases,
        ];
        let mut endings: Vec<(u64, MenuId, u64)> = Vec::new();
        for menu in timed {
            let due = |row: &Row| row.until_ms.filter(|until| *until <= by_ms);
            endings.extend(
                self[menu]
                    .iter()
                    .filter_map(|row| Some((due(row)?, menu, row.id))),
            );
        }
        endings.sort_unstable();
        endings
    }

    pub(crate) fn end_row(&mut self, menu: MenuId, id: u64, at_ms: u64) {
        if menu == self.menus.ppp_active {
            self.end_ppp(id, at_ms, "session-timeout");
        } else if menu == self.menus.hotspot_active {
            self.end_hotspot(id, at_ms, "session timeout");
        } else if menu == self.menus.leases {
            self.end_lease(id);
        } else {
            self.delete(menu, id);
        }
    }

    fn delete_where(&mut self, menu: MenuId, doomed: impl Fn(&Self, &Row) -> bool) {
        let ids: Vec<u64> = self[menu]
            .iter()
            .filter(|row| doomed(self, row))
            .map(|row| row.id)
            .collect();
        for id in ids {
            self.delete(menu, id);
        }
    }
}
