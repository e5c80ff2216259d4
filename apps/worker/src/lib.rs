//! Event deliveries, jobs and sweeps, as a process of its own: any number of them share one PostgreSQL database.

mod probes;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use bootstrap::{Product, Settings, start_logging, stop_on_signal};
use clap::Parser;
use tokio::sync::watch;

/// Runs MikroTik Billing's background work: event deliveries, jobs and sweeps.
///
/// Start as many as you like on one PostgreSQL database. An installation on SQLite needs none: there the API process
/// hosts the worker.
#[derive(Debug, Parser)]
#[command(name = "mikrotik-billing-worker", version, about, long_about)]
struct Arguments {
    /// A file with settings that differ from the defaults; environment variables such as APP__DATABASE__URL beat it.
    #[arg(long, value_name = "FILE", env = "APP_CONFIG")]
    config: Option<PathBuf>,
}

/// Runs the process: reads the arguments, works until a signal, and reports how it went.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    bootstrap::run_to_exit(work(arguments))
}

async fn work(arguments: Arguments) -> anyhow::Result<()> {
    let settings = Settings::load(arguments.config.as_deref())?;
    start_logging(&settings.log)?;
    if settings.is_sqlite() {
        bail!(
            "setting `database.url` names SQLite, which one process owns: start mikrotik-billing-api, which runs the \
             worker inside, or set database.url to a PostgreSQL database"
        );
    }
    let stop = stop_on_signal()?;
    let listener = probes::listen(&settings.worker.probes).await?;
    let metrics = bootstrap::start_metrics();
    let product = Product::open(&settings).await?;
    let worker = product.worker(&settings)?;
    product.ensure_schedules(&settings.sweeps).await?;
    let (ready, mut is_ready) = watch::channel(false);
    let probed = probes::serve(listener, is_ready.clone(), metrics);
    let announce = tokio::spawn(async move {
        if is_ready.wait_for(|it| *it).await.is_ok() {
            let _ = writeln!(std::io::stdout().lock(), "worker ready");
        }
    });
    tokio::select! {
        () = worker.run(stop, ready) => {}
        () = product.listen_for_work() => {}
        () = product.watch_reachability() => {}
        () = product.listen_to_routers(&settings) => {}
        failed = probed => failed?,
    }
    announce.abort();
    product.close().await;
    Ok(())
}
