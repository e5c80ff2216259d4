//! `--demo`: the product on two simulated routers, with a provider to try things out on.

use anyhow::Context;
use bootstrap::demo::{DemoRouters, ROUTER_PASSWORD, live_in, seed};
use bootstrap::{Settings, start_logging, stop_on_signal};

use crate::process::Running;

/// Starts the routers, opens the product, seeds it the first time, and serves until stopped.
pub(crate) async fn live(settings: Settings) -> anyhow::Result<()> {
    start_logging(&settings.log)?;
    let stop = stop_on_signal()?;
    std::fs::create_dir_all(&settings.data.dir)
        .with_context(|| format!("the folder {} cannot be made", settings.data.dir.display()))?;
    let routers = DemoRouters::start(&settings.data.dir, ROUTER_PASSWORD).await?;
    let running = Running::open(settings).await?;
    let ports = running.product.ports();
    let tenants = ports.tenants.all().await?;
    let tenant = *tenants.first().context("the provider of the demonstration")?;
    seed(ports, tenant, &routers).await.context("the demonstration cannot be seeded")?;
    routers.narrate();
    let greeting = format!(
        "{}\n  routers    {}\n\nWhat happens on the routers is shown below. Ctrl-C stops everything and keeps it.\n",
        running.greeting(),
        routers.addresses().join(", "),
    );
    let outcome = tokio::select! {
        outcome = running.serve(stop, greeting) => outcome,
        () = live_in(&routers) => Ok(()),
    };
    routers.stop().await;
    outcome
}
