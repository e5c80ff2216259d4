//! The simulated providers behind a socket.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::exchange::{Answered, Asked};
use crate::sale::Progress;
use crate::world::{Delivery, Fault, Keys, World};

/// The largest request that is read, in bytes.
const MOST_BYTES: usize = 1024 * 1024;

/// How much a flood answers, in bytes.
const FLOOD_BYTES: usize = 2 * 1024 * 1024;

/// What the providers expect, and where they listen.
#[derive(Debug, Clone)]
pub struct SimSettings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Stripe's secret key; `sk_live_…` makes everything live.
    pub stripe_key: String,
    /// What Stripe signs its events with.
    pub stripe_webhook_secret: String,
    /// Midtrans' server key.
    pub midtrans_key: String,
}

impl SimSettings {
    /// Test keys, on a free port of this machine.
    #[must_use]
    pub fn for_tests() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            stripe_key: "sk_test_sim".to_owned(),
            stripe_webhook_secret: "whsec_sim".to_owned(),
            midtrans_key: "SB-Mid-server-sim".to_owned(),
        }
    }
}

/// Seconds since 1970 at the providers.
pub(crate) type NowS = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The running providers. Dropping them ends them.
pub struct GatewaySim {
    address: SocketAddr,
    shared: Shared,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for GatewaySim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewaySim")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Shared {
    world: Arc<Mutex<World>>,
    now_s: NowS,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GatewaySim {
    /// Begins to listen. `now_s` tells the time in seconds since 1970.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn start(
        settings: SimSettings,
        now_s: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let shared = Shared {
            world: Arc::new(Mutex::new(World::new(Keys {
                stripe: settings.stripe_key,
                stripe_webhook: settings.stripe_webhook_secret,
                midtrans: settings.midtrans_key,
            }))),
            now_s: Arc::new(now_s),
        };
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let task = tokio::spawn(async move {
            // It ends with the task, and tells nobody.
            axum::serve(listener, router).await.ok();
        });
        Ok(Self {
            address,
            shared,
            task,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The customer chooses how to pay. Says whether the sale was open.
    #[must_use]
    pub fn begin(&self, reference: &str) -> bool {
        self.shared.lock().move_on(reference, Progress::Begun)
    }

    /// The customer pays. Says whether the sale was open.
    #[must_use]
    pub fn pay(&self, reference: &str) -> bool {
        self.shared.lock().move_on(reference, Progress::Paid)
    }

    /// The time for a sale passes. Says whether the sale was open.
    #[must_use]
    pub fn expire(&self, reference: &str) -> bool {
        self.shared.lock().move_on(reference, Progress::Expired)
    }

    /// Somebody gives money back in the provider's dashboard, in the provider's units. Says whether there was so much.
    #[must_use]
    pub fn refund(&self, reference: &str, amount: i64) -> bool {
        self.shared.lock().refund(reference, amount)
    }

    /// From now on Stripe takes refunds on without doing them, or does them again.
    pub fn hold_refunds(&self, holds: bool) {
        self.shared.lock().holds_refunds = holds;
    }

    /// A day passes: Stripe forgets the keys of requests that it had.
    pub fn forget_keys(&self) {
        self.shared.lock().remembered.clear();
    }

    /// Every pending refund of a sale is done, or has failed. Says whether there was one.
    #[must_use]
    pub fn finish_refunds(&self, reference: &str, is_done: bool) -> bool {
        self.shared.lock().finish_refunds(reference, is_done)
    }

    /// The customer's bank disputes a paid sale, or decides, in Stripe's words: `needs_response`, `won`, `lost`. Says
    /// whether there was one.
    #[must_use]
    pub fn dispute(&self, reference: &str, status: &str) -> bool {
        self.shared.lock().dispute(reference, status)
    }

    /// What the provider would send about a sale now; `None` if it does not know the sale.
    #[must_use]
    pub fn delivery(&self, reference: &str) -> Option<Delivery> {
        let now_s = (self.shared.now_s)();
        self.shared.lock().delivery(reference, now_s)
    }

    /// The next call goes wrong; several faults hit several calls.
    pub fn plan(&self, fault: Fault) {
        self.shared.lock().plan(fault);
    }

    /// So many calls go well, then one goes wrong.
    pub fn plan_after(&self, calls: usize, fault: Fault) {
        let mut world = self.shared.lock();
        world.spare(calls);
        world.plan(fault);
    }

    /// How many calls the providers have had.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.shared.lock().calls
    }

    /// How many sales there are.
    #[must_use]
    pub fn sales(&self) -> usize {
        let world = self.shared.lock();
        world.stripe.len() + world.midtrans.len()
    }

    /// Waits until it ends, which it does not by itself.
    pub async fn wait(mut self) {
        (&mut self.task).await.ok();
    }
}

impl Drop for GatewaySim {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let Some(asked) = read(request).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let now_s = (shared.now_s)();
    let (answered, fault) = shared.lock().answer(&asked, now_s);
    match fault {
        None | Some(Fault::Refuse) => written(&answered),
        Some(Fault::Lose) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::Garble) => "<html>We are improving for you</html>".into_response(),
        Some(Fault::Flood) => Body::from(vec![b' '; FLOOD_BYTES]).into_response(),
        Some(Fault::Stall) => pending().await,
    }
}

fn written(answered: &Answered) -> Response {
    let status = StatusCode::from_u16(answered.status);
    let kind = [(header::CONTENT_TYPE, "application/json")];
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, kind, answered.body.to_string()).into_response()
}

async fn read(request: Request) -> Option<Asked> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, MOST_BYTES).await.ok()?;
    let headers = head.headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    Some(Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: String::from_utf8(body.to_vec()).ok()?,
    })
}
