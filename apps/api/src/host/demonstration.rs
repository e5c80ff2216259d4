//! `--demo`: the product with two simulated routers, a payment provider without money, and a business that has been going
//! for a while.

mod pay_page;

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::Context;
use billing::gateway::{PaymentGateway, SandboxGateway};
use bootstrap::demo::{DemoRouters, ROUTER_PASSWORD, live_in, sandbox, seed};
use bootstrap::{Settings, first_start, show_first_operator};
use kernel::{Slug, TenantId};

use super::House;
use pay_page::{Counter, PATH};

/// Serves the demonstration until a signal; starting again finds everything as it was left, but for what the payment provider
/// knew.
pub(crate) async fn serve_demo(settings: Settings) -> anyhow::Result<()> {
    let mut provider = None;
    let house = House::open(&settings, |mut address| {
        // A browser goes to this machine, wherever it is listened to.
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let pages = sandbox(format!("http://{address}{PATH}"));
        let known: Arc<dyn PaymentGateway> = Arc::<SandboxGateway>::clone(&pages);
        provider = Some(pages);
        vec![known]
    });
    let house = house.await?;
    let provider = provider.context("the payment provider of the demonstration")?;
    let routers = DemoRouters::start(&settings.data.dir, ROUTER_PASSWORD).await?;
    let routers = Arc::new(routers);
    let first = first_start(house.product.ports(), &settings.founding).await?;
    if let Some(first) = first {
        show_first_operator(&first)?;
    }
    let tenant = furnish(&house, &settings, &routers).await?;
    let counter = Counter {
        provider,
        ports: house.product.ports().clone(),
        tenant,
    };
    routers.narrate();
    let residents = Arc::clone(&routers);
    let living = tokio::spawn(async move { live_in(&residents).await });
    let served = house.run(&settings, pay_page::routes(counter)).await;
    living.abort();
    routers.stop().await;
    served
}

/// Gives the demonstration's business its customers, unless it has some.
async fn furnish(
    house: &House,
    settings: &Settings,
    routers: &DemoRouters,
) -> anyhow::Result<TenantId> {
    let ports = house.product.ports();
    let slug: Slug = settings.founding.tenant.parse()?;
    let tenant = ports.tenants.by_slug(&slug).await?;
    let tenant = tenant.context(
        "this database belongs to another provider: choose another folder with APP__DATA__DIR",
    )?;
    let seeded = seed(ports, tenant, routers).await;
    seeded.context("the demonstration cannot be set up")?;
    Ok(tenant)
}
