//! The one store: it opens transactions and answers queries for every context.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use billing::BillLimits;
use kernel::{Clock, Ids, Probe, Scope, StoreError};
use sea_orm::DatabaseConnection;

use crate::background::signal::Wakes;
use crate::db::Db;
use crate::tx::Tx;

/// Which handlers hear of which events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscriptions(BTreeMap<String, Vec<String>>);

impl Subscriptions {
    /// From pairs of an event's name and a handler's name.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut handlers = BTreeMap::<String, Vec<String>>::new();
        for (event, handler) in pairs {
            let known = handlers.entry(event.to_owned()).or_default();
            if !known.iter().any(|it| it == handler) {
                known.push(handler.to_owned());
            }
        }
        Self(handlers)
    }

    pub(crate) fn handlers_of(&self, event: &str) -> &[String] {
        self.0.get(event).map_or(&[], Vec::as_slice)
    }
}

/// Implements every context's store, queries and claims. Cloning shares everything.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) surroundings: Arc<Surroundings>,
    bill_limits: BillLimits,
}

/// What transactions need besides the database.
pub(crate) struct Surroundings {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) probe: Arc<dyn Probe>,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) wakes: Wakes,
}

impl Store {
    /// A store on a database. Events are delivered to `subscriptions`; `probe` is told of `store.before_commit` and
    /// `store.after_commit`.
    #[must_use]
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        probe: Arc<dyn Probe>,
        subscriptions: Subscriptions,
    ) -> Self {
        let surroundings = Surroundings {
            clock,
            ids,
            probe,
            subscriptions,
            wakes: Wakes::new(db.clone()),
        };
        Self {
            db,
            surroundings: Arc::new(surroundings),
            bill_limits: BillLimits::STANDARD,
        }
    }

    /// The same store where bills may reach this far.
    #[must_use]
    pub const fn with_bill_limits(mut self, limits: BillLimits) -> Self {
        self.bill_limits = limits;
        self
    }

    /// The database underneath.
    #[must_use]
    pub const fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) async fn transaction(&self, scope: &Scope) -> Result<Tx, StoreError> {
        let inner = self.db.begin().await?;
        let surroundings = Arc::clone(&self.surroundings);
        Ok(Tx::new(
            inner,
            self.db.dialect(),
            scope.clone(),
            surroundings,
            self.bill_limits,
        ))
    }

    pub(crate) const fn reader(&self) -> &DatabaseConnection {
        self.db.reader()
    }

    pub(crate) const fn writer(&self) -> &DatabaseConnection {
        self.db.writer()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("db", &self.db.kind())
            .finish_non_exhaustive()
    }
}
