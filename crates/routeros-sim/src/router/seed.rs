//! The rows a router comes with, and those of the configuration.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::Router;
use crate::config::{FULL, SimConfig, SimUser};
use crate::policies;
use crate::schema::MenuId;
use crate::table::Row;

/// The id of the built-in row of a menu.
const DEFAULT_ROW: u64 = 0;
/// The id of the second built-in PPP profile.
const ENCRYPTION_ROW: u64 = 0xFFFF_FFFE;

const SERVICES: [(&str, &str); 8] = [
    ("telnet", "23"),
    ("ftp", "21"),
    ("www", "80"),
    ("ssh", "22"),
    ("www-ssl", "443"),
    ("api", "8728"),
    ("winbox", "8291"),
    ("api-ssl", "8729"),
];

/// The queue types every router has, and their kinds.
const QUEUE_TYPES: [(&str, &str); 10] = [
    ("default", "pfifo"),
    ("ethernet-default", "pfifo"),
    ("wireless-default", "sfq"),
    ("synchronous-default", "red"),
    ("hotspot-default", "sfq"),
    ("pcq-upload-default", "pcq"),
    ("pcq-download-default", "pcq"),
    ("only-hardware-queue", "none"),
    ("multi-queue-ethernet-default", "mq-pfifo"),
    ("default-small", "pfifo"),
];

impl Router {
    pub(crate) fn seed(&mut self) {
        let config = Arc::clone(&self.config);
        self.seed_system(&config);
        self.seed_accounts(&config);
        self.seed_network(&config);
        self.seed_profiles();
        self.seed_hotspot(&config);
        self.is_dirty = false;
    }

    /// The menus that always show the program and the configuration, never a saved state.
    pub(crate) fn seed_system(&mut self, config: &SimConfig) {
        let menus = self.menus;
        let version = config.version.full();
        let resource = self.row(
            menus.resource,
            [
                ("version", version),
                ("build-time", "2026-03-02 10:00:00"),
                ("free-memory", "791674880"),
                ("total-memory", "1073741824"),
                ("cpu", "ARM"),
                ("cpu-count", "4"),
                ("cpu-frequency", "716"),
                ("cpu-load", "3"),
                ("free-hdd-space", "92254208"),
                ("total-hdd-space", "134217728"),
                ("architecture-name", "arm"),
                (
                    "board-name",
                    if config.has_routerboard {
                        "hAP ac^2"
                    } else {
                        "CHR"
                    },
                ),
            ],
        );
        let since_ms = Some(self.now_ms);
        self.put(
            menus.resource,
            Row {
                since_ms,
                ..resource
            },
        );
        let firmware = version.split(' ').next().unwrap_or_default();
        self.put_values(
            menus.routerboard,
            &[
                ("board-name", "hAP ac^2"),
                ("model", "RBD52G-5HacD2HnD"),
                ("serial-number", &config.serial),
                ("current-firmware", firmware),
                ("upgrade-firmware", firmware),
            ],
        );
        let software_id = format!("SIM-{}", config.serial.get(..4).unwrap_or("0000"));
        let license = match config.has_routerboard {
            true => [("software-id", software_id.as_str()), ("nlevel", "4")],
            false => [("system-id", software_id.as_str()), ("level", "free")],
        };
        self.put_values(menus.license, &license);
        self.seed_packages(firmware);
        self.put_values(menus.identity, &[("name", &config.identity)]);
        self.seed_settings(config);
    }

    /// Single rows that people change: those that are there are kept.
    fn seed_settings(&mut self, config: &SimConfig) {
        let menus = self.menus;
        let ntp = match config.has_ntp {
            true => [("enabled", "true"), ("status", "synchronized")],
            false => [("enabled", "false"), ("status", "stopped")],
        };
        let rows = [
            (menus.ntp, &ntp[..]),
            (menus.clock, &[]),
            (menus.device_mode, &[]),
            (menus.ppp_aaa, &[]),
            (menus.radius_incoming, &[]),
        ];
        for (menu, values) in rows {
            if self[menu].single().is_none() {
                self.put_values(menu, values);
            }
        }
    }

    /// One package on version 7, several on version 6.
    fn seed_packages(&mut self, version: &str) {
        let menu = self.menus.packages;
        let names: &[&str] = match self.version() {
            700.. => &["routeros"],
            _ => &[
                "system",
                "security",
                "ppp",
                "dhcp",
                "hotspot",
                "advanced-tools",
            ],
        };
        self[menu].clear();
        for name in names {
            let row = self.row(menu, [("name", *name), ("version", version)]);
            self[menu].add(row);
        }
    }

    /// The groups every router has, and the accounts of the configuration.
    pub(crate) fn seed_accounts(&mut self, config: &SimConfig) {
        let menus = self.menus;
        self[menus.groups].clear();
        self[menus.users].clear();
        let all: Vec<&str> = policies::known(self.version()).collect();
        let without = |missing: &[&str]| {
            let kept = all
                .iter()
                .copied()
                .filter(|policy| !missing.contains(policy));
            kept.collect::<Vec<_>>().join(",")
        };
        let groups = [
            ("read", without(&["ftp", "write", "policy", "dude"])),
            ("write", without(&["ftp", "policy", "dude"])),
            ("full", without(&[])),
        ];
        for (name, policy) in groups {
            let row = self.row(menus.groups, [("name", name), ("policy", policy.as_str())]);
            self.insert(menus.groups, row);
        }
        for user in &config.users {
            self.seed_user(user);
        }
    }

    fn seed_user(&mut self, user: &SimUser) {
        let menus = self.menus;
        let is_full = FULL
            .iter()
            .all(|policy| user.policies.iter().any(|it| it == policy));
        let policy = user.policies.join(",");
        let policy = policies::granted("policy", &policy).unwrap_or_else(|_| policy.into());
        let known = self[menus.groups].find("policy", &policy);
        let known = known.first().and_then(|id| self[menus.groups].get(*id));
        let policy = policy.lossy();
        let group = match known {
            _ if is_full => "full".to_owned(),
            Some(row) => self[menus.groups].text(row, "name").into_owned(),
            None => {
                let name = format!("{}-group", user.name);
                let row = self.row(menus.groups, [("name", name.as_str()), ("policy", &policy)]);
                self.insert(menus.groups, row);
                name
            }
        };
        let values = [
            ("name", user.name.as_str()),
            ("password", &user.password),
            ("group", &group),
        ];
        let row = self.row(menus.users, values);
        self.insert(menus.users, row);
    }

    fn seed_queue_types(&mut self) {
        let menu = self.menus.queue_types;
        for (name, kind) in QUEUE_TYPES {
            let values = [("name", name), ("kind", kind), ("default", "true")];
            let row = self.row(menu, values);
            self[menu].add(row);
        }
    }

    fn seed_network(&mut self, config: &SimConfig) {
        self.seed_queue_types();
        let menus = self.menus;
        for (at, name) in config.interfaces.iter().enumerate() {
            let mac = format!("02:00:00:00:00:{at:02X}");
            let values = [
                ("name", name.as_str()),
                ("default-name", name),
                ("type", "ether"),
                ("actual-mtu", "1500"),
                ("mac-address", &mac),
            ];
            let row = self.row(menus.interfaces, values);
            self.insert(menus.interfaces, row);
        }
        for (name, port) in SERVICES {
            let sessions = match name {
                "api" | "api-ssl" => config.max_sessions.to_string(),
                _ => "20".to_owned(),
            };
            let values = [("name", name), ("port", port), ("max-sessions", &sessions)];
            let row = self.row(menus.services, values);
            self.insert(menus.services, row);
        }
        for (name, ranges) in &config.pools {
            let row = self.row(menus.pools, [("name", name.as_str()), ("ranges", ranges)]);
            self.insert(menus.pools, row);
        }
    }

    fn seed_profiles(&mut self) {
        let menus = self.menus;
        let default = [("name", "default"), ("default", "true")];
        self.put_values(menus.ppp_profiles, &default);
        self.put_values(menus.hotspot_profiles, &default);
        self.put_values(menus.hotspot_server_profiles, &default);
        let encryption = [
            ("name", "default-encryption"),
            ("use-encryption", "yes"),
            ("default", "true"),
        ];
        let row = self.row(menus.ppp_profiles, encryption);
        self[menus.ppp_profiles].put(Row {
            id: ENCRYPTION_ROW,
            ..row
        });
        let trial = [
            ("name", "default-trial"),
            ("default", "true"),
            ("dynamic", "true"),
        ];
        self.put_values(menus.hotspot_users, &trial);
    }

    fn seed_hotspot(&mut self, config: &SimConfig) {
        let Some(hotspot) = &config.hotspot else {
            return;
        };
        let menus = self.menus;
        let address = hotspot.address.to_string();
        let profile = [
            ("name", "hsprof1"),
            ("hotspot-address", address.as_str()),
            ("login-by", "cookie,http-chap,mac-cookie"),
        ];
        let row = self.row(menus.hotspot_server_profiles, profile);
        self.insert(menus.hotspot_server_profiles, row);
        let server = [
            ("name", hotspot.name.as_str()),
            ("interface", &hotspot.interface),
            ("address-pool", &hotspot.pool),
            ("profile", "hsprof1"),
        ];
        let row = self.row(menus.hotspot_servers, server);
        self.insert(menus.hotspot_servers, row);
        self.seed_address(hotspot.address, &hotspot.interface);
    }

    fn seed_address(&mut self, address: Ipv4Addr, interface: &str) {
        let menu = self.menus.addresses;
        let prefix = format!("{address}/16");
        let network = crate::value::network_of(&prefix)
            .unwrap_or(address)
            .to_string();
        let values = [
            ("address", prefix.as_str()),
            ("network", &network),
            ("interface", interface),
            ("actual-interface", interface),
        ];
        let row = self.row(menu, values);
        self.insert(menu, row);
    }

    fn put_values(&mut self, menu: MenuId, values: &[(&str, &str)]) {
        let row = self.row(menu, values.iter().copied());
        self.put(menu, row);
    }

    fn put(&mut self, menu: MenuId, row: Row) {
        self[menu].put(Row {
            id: DEFAULT_ROW,
            ..row
        });
    }
}
