//! Address-list entries that are names: each address of the name is a dynamic entry beside it.
//!
//! The only names a simulated router can resolve are those of its own `/ip/dns/static`. They are
//! looked up when the entry changes and after a reboot.

use std::net::Ipv4Addr;

use crate::router::Router;
use crate::table::Row;
use crate::text::Text;
use crate::value::parse_ranges;

impl Router {
    /// Makes the dynamic entries of an entry follow it.
    pub(super) fn refresh_name(&mut self, id: u64) {
        let lists = &self[self.menus.address_lists];
        let Some((list, name)) = lists.get(id).and_then(|row| self.named(row)) else {
            return;
        };
        let is_off = lists
            .get(id)
            .is_none_or(|row| lists.is_set(row, "disabled"));
        self.forget_name(&list, &name);
        let addresses = if is_off {
            Vec::new()
        } else {
            self.resolve(&name)
        };
        for address in addresses {
            for entry in self.add_session_lists(&list, address) {
                self.write(self.menus.address_lists, entry, "comment", name.as_str());
            }
        }
    }

    /// The same after all dynamic entries are gone.
    pub(crate) fn refresh_names(&mut self) {
        let lists = &self[self.menus.address_lists];
        let ids: Vec<u64> = lists.iter().map(|row| row.id).collect();
        for id in ids {
            self.refresh_name(id);
        }
    }

    /// An entry that is gone takes the addresses of its name with it.
    pub(super) fn forget_names_of(&mut self, row: &Row) {
        if let Some((list, name)) = self.named(row) {
            self.forget_name(&list, &name);
        }
    }

    /// The list and the name of an entry that is no address and was not made here.
    fn named(&self, row: &Row) -> Option<(String, String)> {
        let lists = &self[self.menus.address_lists];
        let address = lists.text(row, "address").into_owned();
        let is_own = !lists.is_set(row, "dynamic") || row.until_ms.is_some();
        let is_name = is_own && parse_ranges(&address).is_err();
        is_name.then(|| (lists.text(row, "list").into_owned(), address))
    }

    fn forget_name(&mut self, list: &str, name: &str) {
        let menu = self.menus.address_lists;
        let lists = &self[menu];
        let is_child = |id: &u64| {
            lists.get(*id).is_some_and(|row| {
                lists.is_set(row, "dynamic")
                    && row.until_ms.is_none()
                    && lists.text(row, "comment") == name
            })
        };
        let ids = lists.find("list", &Text::from(list)).into_iter();
        let children: Vec<u64> = ids.filter(is_child).collect();
        for id in children {
            self.delete(menu, id);
        }
    }

    fn resolve(&self, name: &str) -> Vec<Ipv4Addr> {
        let entries = &self[self.menus.dns_static];
        let ids = entries.find("name", &Text::from(name));
        let rows = ids.into_iter().filter_map(|id| entries.get(id));
        let rows = rows.filter(|row| !entries.is_set(row, "disabled"));
        rows.filter_map(|row| entries.text(row, "address").parse().ok())
            .collect()
    }
}
