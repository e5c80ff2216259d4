//! The process: arguments, start, serving with the worker beside it, stop.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use bootstrap::{
    Product, Settings, first_start, run_to_exit, show_first_operator, sign_in_policy, start_logging,
    stop_on_signal,
};
use clap::{Parser, Subcommand};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::serve::serve;
use crate::settings::ApiSettings;

/// Runs MikroTik Billing: the REST API and, on SQLite, the background worker in the same process.
///
/// Without arguments it starts on a SQLite file under ./data. The first start creates an operator and prints the
/// password once. With --demo it also starts two simulated routers and a provider to try things out on.
#[derive(Debug, Parser)]
#[command(name = "mikrotik-billing-api", version, about, long_about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// A file with settings that differ from the defaults; environment variables such as APP__DATABASE__URL beat it.
    #[arg(long, global = true, value_name = "FILE", env = "APP_CONFIG")]
    config: Option<PathBuf>,

    /// The folder for the embedded database and the keys; beats the setting data.dir.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Starts two simulated routers on loopback and, the first time, seeds a provider with customers and vouchers.
    #[cfg(feature = "demo")]
    #[arg(long)]
    demo: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the API (the default).
    Serve,
    /// Brings the database's schema up to date and exits.
    Migrate,
    /// Prints the OpenAPI document and exits.
    Openapi,
}

/// Runs the process: reads the arguments, does what they say, and reports how it went.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Openapi) => run_to_exit(async { print_openapi() }),
        Some(Command::Migrate) => run_to_exit(migrate(arguments)),
        Some(Command::Serve) | None => run_to_exit(start(arguments)),
    }
}

fn print_openapi() -> anyhow::Result<()> {
    let text = crate::openapi().to_pretty_json()?;
    writeln!(std::io::stdout().lock(), "{text}")?;
    Ok(())
}

async fn migrate(arguments: Arguments) -> anyhow::Result<()> {
    let settings = load(&arguments)?;
    let changed = bootstrap::migrate(&settings).await?;
    let said = if changed { "the schema was brought up to date" } else { "the schema is current" };
    writeln!(std::io::stdout().lock(), "{said}")?;
    Ok(())
}

fn load(arguments: &Arguments) -> anyhow::Result<Settings> {
    let mut settings = Settings::load(arguments.config.as_deref())?;
    if let Some(dir) = &arguments.data {
        settings.data.dir.clone_from(dir);
    }
    Ok(settings)
}

#[cfg(feature = "demo")]
async fn start(arguments: Arguments) -> anyhow::Result<()> {
    let mut settings = load(&arguments)?;
    if !arguments.demo {
        return live(settings).await;
    }
    bootstrap::demo::adapt(&mut settings);
    crate::demo::live(settings).await
}

#[cfg(not(feature = "demo"))]
async fn start(arguments: Arguments) -> anyhow::Result<()> {
    live(load(&arguments)?).await
}

async fn live(settings: Settings) -> anyhow::Result<()> {
    start_logging(&settings.log)?;
    let stop = stop_on_signal()?;
    let running = Running::open(settings).await?;
    let greeting = running.greeting();
    running.serve(stop, greeting).await
}

/// A product that is open and about to serve.
pub(crate) struct Running {
    pub(crate) settings: Settings,
    pub(crate) product: Product,
    listener: TcpListener,
    is_new: bool,
}

impl Running {
    /// Binds the address first, so that a port that is taken leaves nothing behind; then opens the product.
    pub(crate) async fn open(settings: Settings) -> anyhow::Result<Self> {
        let bind = settings.server.bind;
        let listener = TcpListener::bind(bind).await.with_context(|| {
            format!("setting `server.bind`: {bind} cannot be listened on; is another instance running?")
        })?;
        let product = Product::open(&settings).await?;
        let first = first_start(product.ports(), &settings.founding).await?;
        if let Some(operator) = &first {
            show_first_operator(operator).context("the first operator's password cannot be shown")?;
        }
        product.ensure_schedules(&settings.sweeps).await?;
        Ok(Self { settings, product, listener, is_new: first.is_some() })
    }

    /// Serves until stopped, the worker beside it if the settings say so.
    pub(crate) async fn serve(
        self,
        stop: CancellationToken,
        greeting: String,
    ) -> anyhow::Result<()> {
        let (ready, is_ready) = watch::channel(false);
        let embedded = self.settings.worker_is_embedded();
        let Self { settings, product, listener, .. } = self;
        let worker = async {
            if embedded {
                product.worker(&settings)?.run(stop.clone(), ready).await;
            }
            anyhow::Ok(())
        };
        let api = ApiSettings {
            body_limit_bytes: ApiSettings::BODY_LIMIT_BYTES,
            request_timeout: Duration::from_secs(settings.server.request_timeout_s),
            max_in_flight: settings.server.max_in_flight,
            sign_in: sign_in_policy(&settings),
            worker_ready: embedded.then_some(is_ready),
        };
        let router = crate::router(product.ports().clone(), api);
        writeln!(std::io::stdout().lock(), "{greeting}")?;
        let serving = async { serve(listener, router, stop.clone()).await.context("serving stopped") };
        let working = async { tokio::try_join!(worker, serving).map(|_| ()) };
        let outcome = tokio::select! {
            outcome = working => outcome,
            () = product.listen_for_work() => Ok(()),
        };
        product.close().await;
        outcome
    }

    /// What to do next, in a few lines.
    pub(crate) fn greeting(&self) -> String {
        let base = format!("http://{}", self.settings.server.bind);
        let mut text = format!("MikroTik Billing is running.\n\n  API        {base}/api/v1\n  reference  {base}/api/docs\n");
        if self.is_new {
            text.push_str(
                "\nNext: sign in (POST /api/v1/auth/login), enrol a router (POST /api/v1/routers), define a service \
                 profile and a plan,\nregister a customer and subscribe them. The reference page shows every request.\n",
            );
        }
        if !self.settings.worker_is_embedded() {
            text.push_str("\nThe worker runs in processes of its own: start mikrotik-billing-worker.\n");
        }
        text
    }
}
