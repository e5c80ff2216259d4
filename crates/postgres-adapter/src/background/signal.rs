//! Wakes workers when new work may exist: in this process at once, in others through PostgreSQL's notifications.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jobs::WorkSignal;
use kernel::StoreError;
use sea_orm::ConnectionTrait;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};

use crate::db::Db;
use crate::dialect::Dialect;
use crate::sql;
use crate::store::Store;

/// The notification channel; the message is empty, because whoever wakes looks for work anyway.
const CHANNEL: &str = "mikrotik_billing_work";

/// Waits between attempts to listen again: from the first to the last, doubling.
const RECONNECT: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));

/// Counts wake-ups, so that one that comes between two waits is not lost.
#[derive(Debug, Clone)]
pub(crate) struct Wakes(watch::Sender<u64>);

impl Wakes {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    pub(crate) fn wake(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// Tells other processes, when this transaction commits.
pub(crate) async fn notify<C: ConnectionTrait>(connection: &C) -> Result<(), StoreError> {
    sql::execute(connection, "SELECT pg_notify($1, '')", [CHANNEL.into()]).await?;
    Ok(())
}

/// One waiter's ear. Every waiting loop has its own.
struct Signal {
    db: Db,
    wakes: Wakes,
    seen: Mutex<watch::Receiver<u64>>,
}

#[async_trait]
impl WorkSignal for Signal {
    async fn woken(&self) {
        // The sender lives in `wakes`, so this ends only with a wake-up.
        let mut seen = self.seen.lock().await;
        if seen.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn wake(&self) {
        self.wakes.wake();
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if self.db.dialect() == Dialect::Postgres {
            let db = self.db.clone();
            runtime.spawn(async move {
                if let Err(err) = notify(db.writer()).await {
                    tracing::debug!(error = %err, "other processes were not woken and will poll");
                }
            });
        }
    }
}

impl Store {
    /// A signal of its own for one waiting loop; what happened before counts only from now on.
    #[must_use]
    pub fn work_signal(&self) -> Arc<dyn WorkSignal> {
        let wakes = self.surroundings.wakes.clone();
        let seen = Mutex::new(wakes.0.subscribe());
        let db = self.db.clone();
        Arc::new(Signal { db, wakes, seen })
    }

    /// Passes wake-ups of other processes on to this one, until it is dropped. On SQLite there are no others.
    ///
    /// Reconnects by itself; after a gap it wakes everybody, because something may have been missed.
    pub async fn listen_for_work(&self) {
        if self.db.dialect() == Dialect::Sqlite {
            return std::future::pending().await;
        }
        let (mut wait, longest) = RECONNECT;
        loop {
            match self.listen_once().await {
                Ok(()) => wait = RECONNECT.0,
                Err(err) => {
                    tracing::warn!(error = %err, "cannot listen for work; polling until it works again");
                    wait = (wait * 2).min(longest);
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Listens until the connection is lost.
    async fn listen_once(&self) -> Result<(), sqlx::Error> {
        let options = self
            .reader()
            .get_postgres_connection_pool()
            .connect_options();
        let own = PgPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with((*options).clone());
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(CHANNEL).await?;
        self.surroundings.wakes.wake();
        while listener.try_recv().await?.is_some() {
            self.surroundings.wakes.wake();
        }
        Ok(())
    }
}
