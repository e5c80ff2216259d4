//! One process: the product, its API, in embedded mode its worker, and with `--demo` the simulated routers.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use billing::gateway::PaymentGateway;
use bootstrap::{
    Product, Settings, first_start, show_first_operator, sign_in_policy, start_logging,
    stop_on_signal,
};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::serve::serve;
use crate::settings::ApiSettings;

#[cfg(feature = "demo")]
mod demonstration;

#[cfg(feature = "demo")]
pub(crate) use demonstration::serve_demo;

/// A product that is open and listening, but does not serve yet.
struct House {
    product: Product,
    listener: TcpListener,
    stop: CancellationToken,
}

/// Serves the product until a signal.
pub(crate) async fn serve_product(settings: Settings) -> anyhow::Result<()> {
    let house = House::open(&settings, |_| Vec::new()).await?;
    if let Some(first) = first_start(house.product.ports(), &settings.founding).await? {
        show_first_operator(&first)?;
        say_what_is_next(house.address()?)?;
    }
    house.run(&settings, Router::new()).await
}

impl House {
    /// `providers` are payment providers besides the real ones, which may want to know where this process listens.
    async fn open(
        settings: &Settings,
        providers: impl FnOnce(SocketAddr) -> Vec<Arc<dyn PaymentGateway>>,
    ) -> anyhow::Result<Self> {
        start_logging(&settings.log)?;
        let stop = stop_on_signal()?;
        let listener = listen(settings.server.bind).await?;
        let providers = providers(listener.local_addr()?);
        let product = Product::open_with(settings, providers).await?;
        Ok(Self {
            product,
            listener,
            stop,
        })
    }

    fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves, with `pages` beside the API, and works until the stop, then closes the database last.
    async fn run(self, settings: &Settings, pages: Router) -> anyhow::Result<()> {
        let address = self.address()?;
        let product = self.product;
        product.ensure_schedules(&settings.sweeps).await?;
        let (worker, ready) = start_worker(&product, settings, &self.stop)?;
        let router = crate::router(product.ports().clone(), api_settings(settings, ready));
        let router = router.merge(pages);
        say_where(address)?;
        let served = tokio::select! {
            served = serve(self.listener, router, self.stop.clone()) => served,
            () = hear_of_work(&product) => Ok(()),
            () = product.watch_reachability() => Ok(()),
            () = product.listen_to_routers(settings), if settings.worker_is_embedded() => Ok(()),
        };
        self.stop.cancel();
        if let Some(worker) = worker {
            worker.await.context("the worker broke off")?;
        }
        product.close().await;
        served.context("the API cannot be served")
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("setting `server.bind`: nothing can listen on {address}; is another process there?")
    })
}

type WorkerHandle = (Option<JoinHandle<()>>, Option<watch::Receiver<bool>>);

/// Starts the worker if this process hosts it.
fn start_worker(
    product: &Product,
    settings: &Settings,
    stop: &CancellationToken,
) -> anyhow::Result<WorkerHandle> {
    if !settings.worker_is_embedded() {
        return Ok((None, None));
    }
    let (ready, is_ready) = watch::channel(false);
    let worker = product.worker(settings)?;
    let handle = tokio::spawn(worker.run(stop.clone(), ready));
    Ok((Some(handle), Some(is_ready)))
}

/// Passes wake-ups of other processes on, for as long as it is polled; never returns.
async fn hear_of_work(product: &Product) {
    product.listen_for_work().await;
    std::future::pending::<()>().await;
}

fn api_settings(settings: &Settings, worker_ready: Option<watch::Receiver<bool>>) -> ApiSettings {
    ApiSettings {
        body_limit_bytes: ApiSettings::BODY_LIMIT_BYTES,
        request_timeout: Duration::from_secs(settings.server.request_timeout_s),
        max_in_flight: settings.server.max_in_flight,
        sign_in: sign_in_policy(settings),
        takes_webhooks: settings.payments.webhooks,
        worker_ready,
        metrics: bootstrap::start_metrics(),
    }
}

fn say_where(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "API:            http://{address}/api/v1")?;
    writeln!(out, "reference page: http://{address}/api/docs")?;
    out.flush()
}

fn say_what_is_next(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "What to do next, on the reference page or with any HTTP client:\n\
         \n\
         1. sign in         POST http://{address}/api/v1/auth/login\n\
         2. enrol a router  POST http://{address}/api/v1/routers\n\
         3. say what it allows and what that costs\n\
         \x20                  POST http://{address}/api/v1/service-profiles, then /plans\n\
         4. register a customer and sell to them\n\
         \x20                  POST http://{address}/api/v1/customers, then /subscriptions\n"
    )
}
