//! The router itself: its tables, its clock and its sessions, without any network.

pub(crate) mod render;
mod seed;

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::changes::{Change, ChangeKind};
use crate::config::SimConfig;
use crate::outside::Outside;
use crate::schema::{Menu, MenuId, Schema};
use crate::table::{Row, Table};
use crate::text::Text;

/// How many changes a slow reader may lag behind.
const FEED_CAPACITY: usize = 4_096;
/// How many log lines are kept, as on a real router.
const LOG_LINES: usize = 1_000;

/// Everything a router knows.
#[derive(Debug)]
pub(crate) struct Router {
    pub(crate) config: Arc<SimConfig>,
    pub(crate) schema: Schema,
    pub(crate) menus: Menus,
    tables: Vec<Table>,
    /// Milliseconds of router time since the simulator was made; never goes back.
    pub(crate) now_ms: u64,
    /// What the router's clock is off by, in seconds.
    pub(crate) clock_offset_s: i64,
    pub(crate) ppp: BTreeMap<u64, SessionParts>,
    pub(crate) hotspot: BTreeMap<u64, SessionParts>,
    /// What DHCP leases brought along, by lease.
    pub(crate) leases: BTreeMap<u64, SessionParts>,
    /// Counts PPP sessions, for session ids and interface ids.
    pub(crate) sessions_begun: u64,
    /// Counts API sessions, for their ids in `/user/active`.
    pub(crate) accounts_begun: u64,
    /// Counts the rows that prints looked at, to tell an index from a scan.
    pub(crate) rows_examined: Cell<u64>,
    /// Where the search for a free address goes on, by pool.
    pub(crate) pool_cursors: HashMap<String, u64>,
    /// What customers do by themselves.
    pub(crate) outside: Outside,
    pub(crate) feed: Feed,
    /// Changed since the state was last saved.
    pub(crate) is_dirty: bool,
}

/// The rows elsewhere that live as long as a session.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct SessionParts {
    pub(crate) interface: Option<u64>,
    pub(crate) queue: Option<u64>,
    pub(crate) lists: Vec<u64>,
    pub(crate) pool_address: Option<u64>,
}

/// Who is told when something happens.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) changes: broadcast::Sender<Change>,
    pub(crate) rows: broadcast::Sender<RowEvent>,
    seq: u64,
}

/// A row that changed, for `listen`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowEvent {
    pub(crate) menu: MenuId,
    pub(crate) id: u64,
    pub(crate) is_dead: bool,
}

/// The menus that the simulator itself works with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Menus {
    pub(crate) secrets: MenuId,
    pub(crate) ppp_profiles: MenuId,
    pub(crate) ppp_active: MenuId,
    pub(crate) hotspot_servers: MenuId,
    pub(crate) hotspot_server_profiles: MenuId,
    pub(crate) hotspot_users: MenuId,
    pub(crate) hotspot_profiles: MenuId,
    pub(crate) hotspot_active: MenuId,
    pub(crate) hotspot_hosts: MenuId,
    pub(crate) hotspot_cookies: MenuId,
    pub(crate) hotspot_bindings: MenuId,
    pub(crate) pools: MenuId,
    pub(crate) pool_used: MenuId,
    pub(crate) queues: MenuId,
    pub(crate) address_lists: MenuId,
    pub(crate) interfaces: MenuId,
    pub(crate) addresses: MenuId,
    pub(crate) services: MenuId,
    pub(crate) users: MenuId,
    pub(crate) groups: MenuId,
    pub(crate) resource: MenuId,
    pub(crate) identity: MenuId,
    pub(crate) clock: MenuId,
    pub(crate) license: MenuId,
    pub(crate) routerboard: MenuId,
    pub(crate) device_mode: MenuId,
    pub(crate) log: MenuId,
    pub(crate) dns_static: MenuId,
    pub(crate) leases: MenuId,
    pub(crate) dhcp_servers: MenuId,
    pub(crate) scripts: MenuId,
    pub(crate) schedules: MenuId,
    pub(crate) user_active: MenuId,
    pub(crate) packages: MenuId,
    pub(crate) ntp: MenuId,
    pub(crate) queue_types: MenuId,
    pub(crate) ppp_aaa: MenuId,
    pub(crate) radius_incoming: MenuId,
}

impl Menus {
    /// `None` when the schema lacks one of them.
    fn of(schema: &Schema) -> Option<Self> {
        Some(Self {
            secrets: schema.find("/ppp/secret")?,
            ppp_profiles: schema.find("/ppp/profile")?,
            ppp_active: schema.find("/ppp/active")?,
            hotspot_servers: schema.find("/ip/hotspot")?,
            hotspot_server_profiles: schema.find("/ip/hotspot/profile")?,
            hotspot_users: schema.find("/ip/hotspot/user")?,
            hotspot_profiles: schema.find("/ip/hotspot/user/profile")?,
            hotspot_active: schema.find("/ip/hotspot/active")?,
            hotspot_hosts: schema.find("/ip/hotspot/host")?,
            hotspot_cookies: schema.find("/ip/hotspot/cookie")?,
            hotspot_bindings: schema.find("/ip/hotspot/ip-binding")?,
            pools: schema.find("/ip/pool")?,
            pool_used: schema.find("/ip/pool/used")?,
            queues: schema.find("/queue/simple")?,
            address_lists: schema.find("/ip/firewall/address-list")?,
            interfaces: schema.find("/interface")?,
            addresses: schema.find("/ip/address")?,
            services: schema.find("/ip/service")?,
            users: schema.find("/user")?,
            groups: schema.find("/user/group")?,
            resource: schema.find("/system/resource")?,
            identity: schema.find("/system/identity")?,
            clock: schema.find("/system/clock")?,
            license: schema.find("/system/license")?,
            routerboard: schema.find("/system/routerboard")?,
            device_mode: schema.find("/system/device-mode")?,
            log: schema.find("/log")?,
            dns_static: schema.find("/ip/dns/static")?,
            leases: schema.find("/ip/dhcp-server/lease")?,
            dhcp_servers: schema.find("/ip/dhcp-server")?,
            scripts: schema.find("/system/script")?,
            schedules: schema.find("/system/scheduler")?,
            user_active: schema.find("/user/active")?,
            packages: schema.find("/system/package")?,
            ntp: schema.find("/system/ntp/client")?,
            queue_types: schema.find("/queue/type")?,
            ppp_aaa: schema.find("/ppp/aaa")?,
            radius_incoming: schema.find("/radius/incoming")?,
        })
    }
}

impl Index<MenuId> for Router {
    type Output = Table;

    fn index(&self, menu: MenuId) -> &Table {
        &self.tables[menu.0]
    }
}

impl IndexMut<MenuId> for Router {
    fn index_mut(&mut self, menu: MenuId) -> &mut Table {
        &mut self.tables[menu.0]
    }
}

impl Router {
    /// A router with its factory rows and those of the configuration.
    ///
    /// `None` when the schema lacks a menu the simulator works with.
    pub(crate) fn new(config: Arc<SimConfig>, schema: Schema) -> Option<Self> {
        let menus = Menus::of(&schema)?;
        let tables = schema
            .menus()
            .map(|(_, menu)| Table::new(Arc::clone(menu)))
            .collect();
        let feed = Feed {
            changes: broadcast::Sender::new(FEED_CAPACITY),
            rows: broadcast::Sender::new(FEED_CAPACITY),
            seq: 0,
        };
        let mut router = Self {
            config,
            schema,
            menus,
            tables,
            now_ms: 0,
            clock_offset_s: 0,
            ppp: BTreeMap::new(),
            hotspot: BTreeMap::new(),
            leases: BTreeMap::new(),
            sessions_begun: 0,
            accounts_begun: 0,
            rows_examined: Cell::new(0),
            pool_cursors: HashMap::new(),
            outside: Outside::default(),
            feed,
            is_dirty: false,
        };
        router.seed();
        Some(router)
    }

    /// The version number, as `major * 100 + minor`.
    pub(crate) fn version(&self) -> u16 {
        self.config.version.number()
    }

    /// The menu at a path, when this router has it.
    pub(crate) fn menu(&self, path: &str) -> Option<(MenuId, Arc<Menu>)> {
        let id = self.schema.find(path)?;
        let menu = Arc::clone(&self[id].menu);
        let hidden = menu.board_only && !self.config.has_routerboard;
        (!hidden && menu.since <= self.version()).then_some((id, menu))
    }

    /// Adds a row with these properties and tells the listeners.
    pub(crate) fn insert(&mut self, menu: MenuId, row: Row) -> u64 {
        let id = self[menu].add(row);
        self.touch(menu, id);
        id
    }

    /// Removes a row and tells the listeners.
    pub(crate) fn delete(&mut self, menu: MenuId, id: u64) -> Option<Row> {
        let row = self[menu].remove(id)?;
        self.is_dirty = true;
        // Nobody listening is no failure.
        let _ = self.feed.rows.send(RowEvent {
            menu,
            id,
            is_dead: true,
        });
        Some(row)
    }

    /// Sets a property without telling the listeners: counters change all the time.
    pub(crate) fn write(&mut self, menu: MenuId, id: u64, name: &str, value: impl Into<Text>) {
        self.is_dirty = true;
        self[menu].set(id, name, Some(value.into()));
    }

    /// Adds to a counter.
    pub(crate) fn count(&mut self, menu: MenuId, id: u64, name: &str, more: u64) {
        let total = self
            .number(menu, id, name)
            .unwrap_or(0)
            .saturating_add(more);
        self.write(menu, id, name, total.to_string());
    }

    /// A property as a number, `None` when it is unset or no number.
    pub(crate) fn number(&self, menu: MenuId, id: u64, name: &str) -> Option<u64> {
        let table = &self[menu];
        table.value(table.get(id)?, name)?.lossy().parse().ok()
    }

    /// Tells the listeners that a row is new or changed.
    pub(crate) fn touch(&mut self, menu: MenuId, id: u64) {
        self.is_dirty = true;
        let _ = self.feed.rows.send(RowEvent {
            menu,
            id,
            is_dead: false,
        });
    }

    /// Puts a line into the change feed, worded only when someone reads it.
    pub(crate) fn announce(
        &mut self,
        menu: MenuId,
        what: ChangeKind,
        summary: impl FnOnce(&Self) -> String,
    ) {
        self.feed.seq += 1;
        if self.feed.changes.receiver_count() == 0 {
            return;
        }
        let change = Change {
            at_seq: self.feed.seq,
            menu: self[menu].menu.path.to_string(),
            what,
            summary: summary(self),
        };
        let _ = self.feed.changes.send(change);
    }

    /// Writes a line into `/log`.
    pub(crate) fn log(&mut self, topics: &str, message: &str) {
        let menu = self.menus.log;
        let time = self.date();
        let row = self.row(
            menu,
            [
                ("time", time.as_str()),
                ("topics", topics),
                ("message", message),
            ],
        );
        self.insert(menu, row);
        if self[menu].len() > LOG_LINES {
            let oldest = self[menu].iter().next().map(|row| row.id);
            oldest.and_then(|id| self[menu].remove(id));
        }
    }

    /// A row of these properties; those the menu does not have are left out.
    pub(crate) fn row<'a>(
        &self,
        menu: MenuId,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Row {
        let menu = &self[menu].menu;
        let known = values.into_iter().filter_map(|(name, value)| {
            let property = menu.property(name)?;
            let value = Text::from(value);
            let is_default = property.default.as_ref() == Some(&value);
            (!is_default).then(|| (Arc::clone(&property.name), value))
        });
        Row {
            values: known.collect(),
            ..Row::default()
        }
    }

    /// The tables with their menus.
    pub(crate) fn tables(&self) -> &[Table] {
        &self.tables
    }
}
