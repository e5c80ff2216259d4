//! The router's state in a file, so that its tables survive a restart of the program.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::outside::Outside;
use crate::router::{Router, SessionParts};
use crate::table::StoredTable;

/// The form of the file.
const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
struct StoredRouter<'a> {
    form: u32,
    now_ms: u64,
    clock_offset_s: i64,
    sessions_begun: u64,
    ppp: Cow<'a, BTreeMap<u64, SessionParts>>,
    hotspot: Cow<'a, BTreeMap<u64, SessionParts>>,
    #[serde(default)]
    leases: Cow<'a, BTreeMap<u64, SessionParts>>,
    pool_cursors: Cow<'a, HashMap<String, u64>>,
    #[serde(default)]
    outside: Cow<'a, Outside>,
    tables: BTreeMap<Cow<'a, str>, StoredTable<'a>>,
}

impl Router {
    /// The whole state as it goes into a file.
    pub(crate) fn to_state(&self) -> io::Result<Vec<u8>> {
        let tables = self.tables().iter();
        let stored = StoredRouter {
            form: FORM,
            now_ms: self.now_ms,
            clock_offset_s: self.clock_offset_s,
            sessions_begun: self.sessions_begun,
            ppp: Cow::Borrowed(&self.ppp),
            hotspot: Cow::Borrowed(&self.hotspot),
            leases: Cow::Borrowed(&self.leases),
            pool_cursors: Cow::Borrowed(&self.pool_cursors),
            outside: Cow::Borrowed(&self.outside),
            tables: tables
                .map(|table| (Cow::Borrowed(&*table.menu.path), table.store()))
                .collect(),
        };
        Ok(serde_json::to_vec(&stored)?)
    }

    /// Takes a saved state over. Accounts, version and board stay those of the configuration.
    pub(crate) fn restore(&mut self, state: &[u8]) -> io::Result<()> {
        let stored: StoredRouter<'_> = serde_json::from_slice(state)?;
        if stored.form != FORM {
            let text = format!("state file of form {}, expected {FORM}", stored.form);
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        self.now_ms = stored.now_ms;
        self.clock_offset_s = stored.clock_offset_s;
        self.sessions_begun = stored.sessions_begun;
        self.ppp = stored.ppp.into_owned();
        self.hotspot = stored.hotspot.into_owned();
        self.leases = stored.leases.into_owned();
        self.pool_cursors = stored.pool_cursors.into_owned();
        self.outside = stored.outside.into_owned();
        let identity = self.menus.identity;
        for (path, table) in stored.tables {
            if let Some(menu) = self.schema.find(&path) {
                self[menu].restore(table);
            }
        }
        self.forget_accounts();
        let named = self[identity].single().map(|row| row.values.clone());
        let config = Arc::clone(&self.config);
        self.seed_system(&config);
        self.seed_accounts(&config);
        for (name, value) in named.into_iter().flatten() {
            self[identity].set(0, &name, Some(value));
        }
        self.is_dirty = false;
        Ok(())
    }
}

/// Reads a state file; `None` when there is none yet.
pub(crate) fn load(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(state) => Ok(Some(state)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a state file whole or not at all: a new file, flushed, takes the old one's place.
pub(crate) fn save(path: &Path, state: &[u8]) -> io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = path.with_file_name(name);
    let mut file = File::create(&fresh)?;
    file.write_all(state)?;
    file.sync_all()?;
    fs::rename(fresh, path)
}
