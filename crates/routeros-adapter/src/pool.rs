//! The connections to one router: made when needed, tried out when idle, given up when of no use.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use access::{GatewayError, GatewayErrorKind as Kind, SessionLimit, Target};
use deadpool::Runtime;
use deadpool::managed::{
    BuildError, Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult, Timeouts,
};
use kernel::Randomness;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tracing::{debug, info};

use crate::connect::{Wire, connect, silent, unreachable};
use crate::gate::Gate;
use crate::link::{Link, Place};
use crate::room;
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
    /// Connections that are there or being made.
    places: Arc<AtomicUsize>,
    /// Those of them that are logged in.
    logged_in: Arc<AtomicUsize>,
    /// What is known of the router's session limit.
    limit: watch::Sender<SessionLimit>,
}

impl Maker {
    /// Room for one more connection.
    fn place(&self) -> Result<Place, NoLink> {
        let place = Place::take(&self.places);
        let allowed = room::connections(*self.limit.borrow(), self.settings.connections());
        if self.places.load(Ordering::Acquire) <= allowed {
            return Ok(place);
        }
        let message = format!("the router has room for {allowed} of our connections");
        Err(NoLink {
            err: unreachable(&message),
            was_tried: false,
        })
    }

    /// Asks for the session limit where more than one connection may be made.
    async fn learn(&self, wire: &mut Wire) -> Result<(), GatewayError> {
        if self.settings.connections() == 1 {
            return Ok(());
        }
        let ours = self.logged_in.load(Ordering::Acquire);
        let asked = room::ask(wire, self.target.transport.service(), ours);
        let found = timeout(self.settings.login_timeout, asked).await;
        let found = found.unwrap_or_else(|_| Err(silent(&self.target)))?;
        let is_news = self
            .limit
            .send_if_modified(|it| std::mem::replace(it, found) != found);
        if is_news {
            info!(router = %self.target.router, limit = ?found, "session limit of the router");
        }
        Ok(())
    }

    async fn open(&self, place: Place) -> Result<Link, GatewayError> {
        let mut wire = connect(&self.target, &self.settings).await?;
        let session = Place::take(&self.logged_in);
        self.learn(&mut wire).await?;
        Ok(Link::new(wire, vec![place, session]))
    }

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
        let place = self.place()?;
        match self.open(place).await {
            Ok(link) => {
                info!(router = %self.target.router, "connected to the router");
                Ok(link)
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
        let maker = Maker {
            target,
            settings,
            randomness,
            gate: Mutex::default(),
            places: Arc::default(),
            logged_in: Arc::default(),
            limit: watch::Sender::new(SessionLimit::NotAsked),
        };
        let pool = Pool::builder(maker)
            // The first one finds out for how many there is room.
            .max_size(1)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self { pool })
    }

    /// A connection that answers.
    pub(crate) async fn take(&self) -> Result<Object<Maker>, NoLink> {
        let taken = self.pool.get().await.map_err(no_link);
        self.fit();
        taken
    }

    /// What is known of the router's session limit.
    pub(crate) fn limit(&self) -> SessionLimit {
        *self.pool.manager().limit.borrow()
    }

    /// Until there is room for the task of this number, counted from 0.
    pub(crate) async fn room_for(&self, task: usize) {
        let maker = self.pool.manager();
        let configured = maker.settings.connections();
        let mut limit = maker.limit.subscribe();
        let has_room = |it: &SessionLimit| task < room::connections(*it, configured);
        // The sender lives as long as the pool.
        let _never_closed = limit.wait_for(has_room).await;
    }

    /// Gives the pool as many places as there is room for.
    fn fit(&self) {
        let configured = self.pool.manager().settings.connections();
        let places = room::connections(self.limit(), configured);
        if places != self.pool.status().max_size {
            self.pool.resize(places);
        }
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
        self.ask_again(checked.first_mut()).await;
        let had_any = !checked.is_empty();
        // Whoever waits for one goes first.
        checked.clear();
        let kept = settings.pool.min.min(self.pool.status().max_size);
        while had_any && self.pool.status().size < kept {
            match self.pool.get().await {
                Ok(link) => checked.push(link),
                Err(_) => break,
            }
        }
    }

    /// Others may have come or gone. A connection on which that is not answered is of no use any more.
    async fn ask_again(&self, idle: Option<&mut Object<Maker>>) {
        let Some(link) = idle else {
            return;
        };
        link.is_busy = true;
        if self.pool.manager().learn(&mut link.wire).await.is_ok() {
            link.is_busy = false;
        }
        self.fit();
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
