//! `--demo`: the product with two simulated routers and a provider that has been in business for a while.

use std::sync::Arc;

use anyhow::Context;
use bootstrap::demo::{DemoRouters, ROUTER_PASSWORD, live_in, seed};
use bootstrap::{Settings, first_start, show_first_operator};
use kernel::Slug;

use super::House;

/// Serves the demonstration until a signal; starting again finds everything as it was left.
pub(crate) async fn serve_demo(settings: Settings) -> anyhow::Result<()> {
    let house = House::open(&settings).await?;
    let routers = DemoRouters::start(&settings.data.dir, ROUTER_PASSWORD).await?;
    let routers = Arc::new(routers);
    let first = first_start(house.product.ports(), &settings.founding).await?;
    if let Some(first) = first {
        show_first_operator(&first)?;
    }
    furnish(&house, &settings, &routers).await?;
    routers.narrate();
    let residents = Arc::clone(&routers);
    let living = tokio::spawn(async move { live_in(&residents).await });
    let served = house.run(&settings).await;
    living.abort();
    routers.stop().await;
    served
}

/// Gives the demonstration's provider its customers, unless it has some.
async fn furnish(house: &House, settings: &Settings, routers: &DemoRouters) -> anyhow::Result<()> {
    let ports = house.product.ports();
    let slug: Slug = settings.founding.tenant.parse()?;
    let tenant = ports.tenants.by_slug(&slug).await?;
    let tenant = tenant.context(
        "this database belongs to another provider: choose another folder with APP__DATA__DIR",
    )?;
    let seeded = seed(ports, tenant, routers).await;
    seeded
        .context("the demonstration cannot be set up")
        .map(|_| ())
}
