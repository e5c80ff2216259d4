//! Wakes workers when new work may exist: in this process at once, in others through PostgreSQL's notifications.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jobs::WorkSignal;
use kernel::StoreError;
use sea_orm::ConnectionTrait;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::runtime::Handle;
use tokio::sync::{Mutex as AsyncMutex, watch};

use crate::db::Db;
use crate::dialect::Dialect;
use crate::sql;
use crate::store::Store;

/// The notification channel; the message is empty, because whoever wakes looks for work anyway.
const CHANNEL: &str = "mikrotik_billing_work";

/// Waits between attempts to listen again: from the first to the last, doubling.
const RECONNECT: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));

/// Wakes whoever waits for work, once what there is to do is committed.
#[derive(Debug, Clone)]
pub(crate) struct Wakes {
    /// Counts wake-ups, so that one that comes between two waits is not lost.
    here: watch::Sender<u64>,
    elsewhere: Arc<Elsewhere>,
}

impl Wakes {
    pub(crate) fn new(db: Db) -> Self {
        let told = Mutex::new(Told::Everything);
        Self {
            here: watch::Sender::new(0),
            elsewhere: Arc::new(Elsewhere { db, told }),
        }
    }

    /// Wakes this process only: what it waits for is its own.
    pub(crate) fn wake(&self) {
        self.here
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Wakes this process, and others through PostgreSQL.
    pub(crate) fn wake_everybody(&self) {
        self.wake();
        if self.elsewhere.db.dialect() == Dialect::Sqlite {
            return;
        }
        if let Ok(runtime) = Handle::try_current()
            && self.elsewhere.ask()
        {
            let elsewhere = Arc::clone(&self.elsewhere);
            runtime.spawn(async move { elsewhere.tell().await });
        }
    }
}

/// Tells other processes: by a statement of its own after the commit, never within a transaction. PostgreSQL lets only one
/// transaction that notifies commit at a time, so that each would wait for the disk behind all others. One notification
/// is under way at a time; whatever happens meanwhile is told by one more. One that is lost costs a poll.
#[derive(Debug)]
struct Elsewhere {
    db: Db,
    told: Mutex<Told>,
}

/// How much of what has happened other processes were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Everything,
    /// A notification is under way.
    Soon,
    /// The same, and something has happened since it began.
    NotYet,
}

impl Elsewhere {
    /// `true` if nobody is telling them yet.
    fn ask(&self) -> bool {
        let mut told = self.lock();
        let is_quiet = *told == Told::Everything;
        *told = if is_quiet { Told::Soon } else { Told::NotYet };
        is_quiet
    }

    async fn tell(&self) {
        loop {
            if let Err(err) = notify(self.db.writer()).await {
                tracing::debug!(error = %err, "other processes were not woken and will poll");
            }
            let mut told = self.lock();
            match *told {
                Told::NotYet => *told = Told::Soon,
                Told::Soon | Told::Everything => {
                    *told = Told::Everything;
                    return;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn notify<C: ConnectionTrait>(connection: &C) -> Result<(), StoreError> {
    sql::execute(connection, "SELECT pg_notify($1, '')", [CHANNEL.into()]).await?;
    Ok(())
}

/// One waiter's ear. Every waiting loop has its own.
struct Signal {
    wakes: Wakes,
    seen: AsyncMutex<watch::Receiver<u64>>,
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
        self.wakes.wake_everybody();
    }
}

impl Store {
    /// A signal of its own for one waiting loop; what happened before counts only from now on.
    #[must_use]
    pub fn work_signal(&self) -> Arc<dyn WorkSignal> {
        let wakes = self.surroundings.wakes.clone();
        let seen = AsyncMutex::new(wakes.here.subscribe());
        Arc::new(Signal { wakes, seen })
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
