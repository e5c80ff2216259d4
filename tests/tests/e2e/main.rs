//! End-to-end stories: the product as processes on both storages, two simulated routers, and an operator at the API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad_input;
mod black_hole;
mod certificates;
mod crashes;
mod database_restart;
mod demonstration;
mod fees;
mod gateways;
mod operation;
mod production;
mod provider_crashes;
mod shop;
mod story;

use e2e::{Product, Programs, Sabotage, Shape};

/// The product's programs with the test hooks, as cargo built them for this test.
pub(crate) fn programs() -> Programs {
    Programs {
        api: env!("CARGO_BIN_EXE_e2e-api").into(),
        worker: env!("CARGO_BIN_EXE_e2e-worker").into(),
    }
}

/// A fresh product that runs.
pub(crate) async fn running(shape: Shape) -> anyhow::Result<Product> {
    let mut product = Product::install(programs(), shape).await?;
    product.start(&Sabotage::default()).await?;
    Ok(product)
}
