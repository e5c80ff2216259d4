//! API sessions as the router shows them: rows in `/user/active`, and from 7.16 on connections
//! among the rows of `/ip/service`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::router::Router;
use crate::shared::Shared;
use crate::table::Row;

/// The first version that lists connections beside the services.
const LISTS_CONNECTIONS: u16 = 716;
/// Ids of connections begin here, far from those of the services.
const CONNECTION_IDS: u64 = 0x0040_0000;

/// An account that is logged in, for as long as this is held.
#[derive(Debug)]
pub(crate) struct ActiveAccount {
    shared: Arc<Shared>,
    id: u64,
}

impl ActiveAccount {
    /// Shows an account as logged in from somewhere, by `api` or `api-ssl`.
    pub(crate) fn new(shared: &Arc<Shared>, name: &str, peer: SocketAddr, via: &str) -> Self {
        let id = shared.router().account_up(name, peer, via);
        Self {
            shared: Arc::clone(shared),
            id,
        }
    }

    /// Whether nobody has logged it out with `request-logout` or by removing its row.
    pub(crate) fn is_wanted(&self) -> bool {
        let router = self.shared.router();
        router[router.menus.user_active].get(self.id).is_some()
    }
}

impl Drop for ActiveAccount {
    fn drop(&mut self) {
        self.shared.router().account_down(self.id);
    }
}

impl Router {
    fn account_up(&mut self, name: &str, peer: SocketAddr, via: &str) -> u64 {
        let menus = self.menus;
        self.accounts_begun += 1;
        let id = self.accounts_begun;
        let users = &self[menus.users];
        let group = users
            .find_one("name", name)
            .map(|row| users.text(row, "group").into_owned());
        let (when, from) = (self.date(), plain(peer.ip()));
        let values = [
            ("when", when.as_str()),
            ("name", name),
            ("address", &from),
            ("via", via),
            ("group", group.as_deref().unwrap_or_default()),
        ];
        let row = self.row(menus.user_active, values);
        self[menus.user_active].put(Row { id, ..row });
        if self.version() >= LISTS_CONNECTIONS {
            self.show_connection(id, via, peer);
        }
        id
    }

    /// A row with the name and port of its service.
    fn show_connection(&mut self, id: u64, via: &str, peer: SocketAddr) {
        let menu = self.menus.services;
        let services = &self[menu];
        let service = services.find_one("name", via);
        let port = service.map(|row| services.text(row, "port").into_owned());
        let remote = peer.to_string();
        let values = [
            ("name", via),
            ("port", port.as_deref().unwrap_or_default()),
            ("remote", &remote),
            ("connection", "true"),
            ("dynamic", "true"),
        ];
        let row = self.row(menu, values);
        let id = CONNECTION_IDS + id;
        self[menu].put_aside(Row { id, ..row });
    }

    fn account_down(&mut self, id: u64) {
        let menus = self.menus;
        self[menus.user_active].remove(id);
        self[menus.services].remove(CONNECTION_IDS + id);
    }

    /// Drops the sessions of a saved state: their connections are gone.
    pub(crate) fn forget_accounts(&mut self) {
        let menus = self.menus;
        let services = menus.services;
        let is_connection = |row: &&Row| self[services].is_set(row, "connection");
        let rows = self[services].iter().filter(is_connection);
        let ids: Vec<u64> = rows.map(|row| row.id).collect();
        for id in ids {
            self[services].remove(id);
        }
        self[menus.user_active].clear();
    }
}

/// Without the form that IPv4 has on a socket for both.
fn plain(address: IpAddr) -> String {
    address.to_canonical().to_string()
}
