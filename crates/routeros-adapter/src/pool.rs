//! The connections to one router: made when needed, tried out when idle, given up when of no use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use access::{GatewayError, GatewayErrorKind as Kind, Target};
use deadpool::Runtime;
use deadpool::managed::{
    BuildError, Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult, Timeouts,
};
use kernel::Randomness;
use tokio::time::Instant;
use tracing::{debug, info};

use crate::connect::{connect, unreachable};
use crate::gate::Gate;
use crate::link::Link;
use crate::settings::GatewaySettings;

tokio::task_local! {
    /// Set while idle connections are tried out: what is lost then is made again when somebody needs it.
    static NOTHING_NEW: ();
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoLink {
    /// In the words of the access context.
    pub(crate) err: GatewayError,
    /// Whether the router was tried, or only the last failure repeated.
    pub(crate) was_tried: bool,
}

/// Makes connections to one router.
pub(crate) struct Maker {
    target: Arc<Target>,
    settings: Arc<GatewaySettings>,
    randomness: Arc<dyn Randomness>,
    gate: Mutex<Gate>,
}

impl Maker {
    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, err: GatewayError) {
        let (now, randomness) = (Instant::now(), self.randomness.as_ref());
        self.gate().fail(err, now, &self.settings, randomness);
    }
}

impl Manager for Maker {
    type Type = Link;
    type Error = NoLink;

    async fn create(&self) -> Result<Link, NoLink> {
        let closed = self.gate().check(Instant::now());
        let is_unwanted = NOTHING_NEW.try_with(|()| ()).is_ok();
        if let Some(err) = closed.or_else(|| is_unwanted.then(|| unreachable("not needed"))) {
            let was_tried = false;
            return Err(NoLink { err, was_tried });
        }
        match connect(&self.target, &self.settings).await {
            Ok(wire) => {
                info!(router = %self.target.router, "connected to the router");
                Ok(Link::new(wire))
            }
            Err(err) => {
                debug!(router = %self.target.router, %err, "router cannot be reached");
                self.fail(err.clone());
                let was_tried = true;
                Err(NoLink { err, was_tried })
            }
        }
    }

    async fn recycle(&self, link: &mut Link, _metrics: &Metrics) -> RecycleResult<NoLink> {
        let after = self.settings.idle_ping;
        match link.check(after).await {
            Ok(()) => Ok(()),
            Err(reason) => {
                info!(router = %self.target.router, reason, "an idle connection to the router ended");
                Err(RecycleError::message(reason))
            }
        }
    }
}

/// The connections to one router.
#[derive(Clone)]
pub(crate) struct Links {
    pool: Pool<Maker>,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").finish_non_exhaustive()
    }
}

/// How many connections there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) active: usize,
    pub(crate) idle: usize,
    pub(crate) max: usize,
}

impl Links {
    /// No connections yet.
    pub(crate) fn new(
        target: Arc<Target>,
        settings: Arc<GatewaySettings>,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, BuildError> {
        let timeouts = Timeouts {
            wait: Some(settings.pool.acquire_timeout),
            create: None,
            recycle: Some(settings.cancel_grace),
        };
        let size = settings.connections();
        let maker = Maker {
            target,
            settings,
            randomness,
            gate: Mutex::default(),
        };
        let pool = Pool::builder(maker)
            .max_size(size)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self { pool })
    }

    /// A connection that answers.
    pub(crate) async fn take(&self) -> Result<Object<Maker>, NoLink> {
        self.pool.get().await.map_err(no_link)
    }

    /// The next connection is tried whatever happened before.
    pub(crate) fn insist(&self) {
        self.pool.manager().gate().lift();
    }

    /// The connection answered.
    pub(crate) fn served(&self) {
        self.pool.manager().gate().served();
    }

    /// The connection worked, and no longer does.
    pub(crate) fn lost(&self) {
        self.pool.manager().gate().open();
    }

    /// The connection was made and never worked.
    pub(crate) fn failed(&self, reason: &str) {
        self.pool.manager().fail(unreachable(reason));
    }

    /// Tries out idle connections, lets go of those that nobody needs, and makes those that are to be kept.
    pub(crate) async fn look_after(&self) {
        let settings = Arc::clone(&self.pool.manager().settings);
        self.let_go(&settings);
        let mut checked = Vec::new();
        for _ in 0..self.count().idle {
            let tried = NOTHING_NEW.scope((), self.pool.get()).await;
            match tried {
                Ok(link) => checked.push(link),
                Err(_) => break,
            }
        }
        let had_any = !checked.is_empty();
        // Whoever waits for one goes first.
        checked.clear();
        while had_any && self.pool.status().size < settings.pool.min {
            match self.pool.get().await {
                Ok(link) => checked.push(link),
                Err(_) => break,
            }
        }
    }

    fn let_go(&self, settings: &GatewaySettings) {
        let (min, mut size) = (settings.pool.min, self.pool.status().size);
        self.pool.retain(|link, _| {
            let stays = size <= min || link.idle_for() < settings.pool.idle_timeout;
            size -= usize::from(!stays);
            stays
        });
    }

    /// How many connections there are.
    pub(crate) fn count(&self) -> Count {
        let status = self.pool.status();
        Count {
            active: status.size.saturating_sub(status.available),
            idle: status.available,
            max: status.max_size,
        }
    }
}

fn no_link(err: PoolError<NoLink>) -> NoLink {
    let message = match err {
        PoolError::Backend(err) => return err,
        PoolError::Timeout(_) => "no connection to the router became free in time",
        PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            "the connections to the router are closed"
        }
    };
    NoLink {
        err: GatewayError::new(Kind::Unreachable, message),
        was_tried: false,
    }
}
