//! The rows of one menu, found by id or by indexed property.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::schema::Menu;
use crate::text::Text;

/// One row: only what differs from the defaults of its menu.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: u64,
    pub(crate) values: BTreeMap<Arc<str>, Text>,
    /// When it began, in router milliseconds: what ages count from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since_ms: Option<u64>,
    /// When it ends, in router milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until_ms: Option<u64>,
}

/// The rows of a menu.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) menu: Arc<Menu>,
    rows: BTreeMap<u64, Row>,
    /// The places of rows, for menus where they matter.
    order: Vec<u64>,
    next_id: u64,
    indexes: Vec<HashMap<Text, BTreeSet<u64>>>,
}

/// A table as it is kept in a state file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredTable<'a> {
    next_id: u64,
    rows: Vec<Cow<'a, Row>>,
}

impl Table {
    pub(crate) fn new(menu: Arc<Menu>) -> Self {
        let indexes = menu.index.iter().map(|_| HashMap::new()).collect();
        Self {
            menu,
            rows: BTreeMap::new(),
            order: Vec::new(),
            next_id: 1,
            indexes,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Row> {
        self.rows.get(&id)
    }

    /// The rows in the order they are printed.
    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = &Row> + '_> {
        if self.menu.ordered {
            return Box::new(self.order.iter().filter_map(|id| self.rows.get(id)));
        }
        Box::new(self.rows.values())
    }

    /// The only row of a single menu.
    pub(crate) fn single(&self) -> Option<&Row> {
        self.rows.values().next()
    }

    /// Adds a row under the next id.
    pub(crate) fn add(&mut self, row: Row) -> u64 {
        let id = self.next_id;
        self.put(Row { id, ..row });
        id
    }

    /// Adds a row under its own id, in place of one that has it.
    pub(crate) fn put(&mut self, row: Row) {
        // The ids of built-in rows stand far above; new rows do not follow them.
        if row.id < u64::from(u32::MAX) / 2 {
            self.next_id = self.next_id.max(row.id + 1);
        }
        self.put_aside(row);
    }

    /// The same for a row that the ids of new rows do not follow.
    pub(crate) fn put_aside(&mut self, row: Row) {
        self.remove(row.id);
        let id = row.id;
        if self.menu.ordered {
            self.order.push(id);
        }
        self.rows.insert(id, row);
        self.index_row(id);
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<Row> {
        if !self.rows.contains_key(&id) {
            return None;
        }
        self.unindex_row(id);
        self.order.retain(|other| *other != id);
        self.rows.remove(&id)
    }

    /// Removes every row and starts the ids over, as a reboot does with volatile tables.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(Arc::clone(&self.menu));
    }

    /// Sets or clears a property; the default is never stored.
    pub(crate) fn set(&mut self, id: u64, name: &str, value: Option<Text>) {
        let Some(property) = self.menu.property(name) else {
            return;
        };
        let key = Arc::clone(&property.name);
        let value = value.filter(|value| Some(value) != property.default.as_ref());
        let indexed = self.menu.index.contains(&key);
        if indexed {
            self.unindex_row(id);
        }
        if let Some(row) = self.rows.get_mut(&id) {
            match value {
                Some(value) => row.values.insert(key, value),
                None => row.values.remove(&key),
            };
        }
        if indexed {
            self.index_row(id);
        }
    }

    /// Moves the end of a row's life.
    pub(crate) fn set_until(&mut self, id: u64, until_ms: Option<u64>) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.until_ms = until_ms;
        }
    }

    /// Moves the moment a row's age counts from.
    pub(crate) fn set_since(&mut self, id: u64, since_ms: Option<u64>) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.since_ms = since_ms;
        }
    }

    /// Puts a row before another, or last. Only ordered menus have places.
    pub(crate) fn place(&mut self, id: u64, before: Option<u64>) {
        if !self.menu.ordered || !self.rows.contains_key(&id) || before == Some(id) {
            return;
        }
        self.order.retain(|other| *other != id);
        let at = before.and_then(|before| self.order.iter().position(|it| *it == before));
        self.order.insert(at.unwrap_or(self.order.len()), id);
    }

    /// What a property of a row is: stored, or the default of the menu.
    pub(crate) fn value<'a>(&'a self, row: &'a Row, name: &str) -> Option<&'a Text> {
        let stored = row.values.get(name);
        stored.or_else(|| self.menu.property(name).and_then(|it| it.default.as_ref()))
    }

    /// [`Self::value`] as text, empty when unset.
    pub(crate) fn text<'a>(&'a self, row: &'a Row, name: &str) -> Cow<'a, str> {
        self.value(row, name).map(Text::lossy).unwrap_or_default()
    }

    pub(crate) fn is_set(&self, row: &Row, name: &str) -> bool {
        self.value(row, name).is_some_and(|value| value.is("true"))
    }

    /// Whether rows are found by this property without a scan.
    pub(crate) fn is_indexed(&self, name: &str) -> bool {
        self.menu.index.iter().any(|indexed| &**indexed == name)
    }

    /// The ids of rows whose property is exactly this, in order of age.
    pub(crate) fn find(&self, name: &str, value: &Text) -> Vec<u64> {
        if let Some(at) = self
            .menu
            .index
            .iter()
            .position(|indexed| &**indexed == name)
        {
            let found = self.indexes.get(at).and_then(|index| index.get(value));
            return found
                .map(|ids| ids.iter().copied().collect())
                .unwrap_or_default();
        }
        let fits = |row: &&Row| self.value(row, name) == Some(value);
        self.rows.values().filter(fits).map(|row| row.id).collect()
    }

    /// The first row whose property is exactly this.
    pub(crate) fn find_one(&self, name: &str, value: &str) -> Option<&Row> {
        self.find(name, &Text::from(value))
            .first()
            .and_then(|id| self.rows.get(id))
    }

    pub(crate) fn store(&self) -> StoredTable<'_> {
        StoredTable {
            next_id: self.next_id,
            rows: self.iter().map(Cow::Borrowed).collect(),
        }
    }

    /// Takes over stored rows; properties the menu no longer has are dropped.
    pub(crate) fn restore(&mut self, stored: StoredTable<'_>) {
        self.clear();
        for row in stored.rows {
            let mut row = row.into_owned();
            let values = std::mem::take(&mut row.values);
            let known = values.into_iter().filter_map(|(name, value)| {
                self.menu
                    .property(&name)
                    .map(|property| (Arc::clone(&property.name), value))
            });
            row.values = known.collect();
            self.put(row);
        }
        self.next_id = stored.next_id;
    }

    /// Makes a row findable by its indexed properties.
    fn index_row(&mut self, id: u64) {
        let values = self.indexed_values(id);
        for (value, index) in values.into_iter().zip(&mut self.indexes) {
            if let Some(value) = value {
                index.entry(value).or_default().insert(id);
            }
        }
    }

    /// Takes a row out of the indexes, before it or one of its indexed properties changes.
    fn unindex_row(&mut self, id: u64) {
        let values = self.indexed_values(id);
        for (value, index) in values.into_iter().zip(&mut self.indexes) {
            let Some(value) = value else {
                continue;
            };
            let ids = index.get_mut(&value);
            if ids.is_some_and(|ids| ids.remove(&id) && ids.is_empty()) {
                index.remove(&value);
            }
        }
    }

    /// The value of each indexed property of a row.
    fn indexed_values(&self, id: u64) -> Vec<Option<Text>> {
        let Some(row) = self.rows.get(&id) else {
            return Vec::new();
        };
        self.menu
            .index
            .iter()
            .map(|name| self.value(row, name).cloned())
            .collect()
    }
}
