//! Production: two APIs and two workers on one database tell the same story, and one dead worker is not missed.

use anyhow::{Context, Result, ensure};
use e2e::{Product, Routers, Shape};

use crate::running;
use crate::story::{Stage, tell};

#[tokio::test(flavor = "multi_thread")]
async fn two_apis_and_two_workers_tell_the_same_story() {
    let product = started().await.unwrap();
    story(&product).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_workers_is_enough() {
    let mut product = started().await.unwrap();
    product.kill_worker(0).await.unwrap();
    story(&product).await.unwrap();
}

async fn started() -> Result<Product> {
    let product = running(Shape::Postgres {
        apis: 2,
        workers: 2,
    })
    .await?;
    ensure!(
        product.count_printed_passwords()? == 1,
        "the first password is printed once"
    );
    Ok(product)
}

async fn story(product: &Product) -> Result<()> {
    let routers = Routers::start().await?;
    let operator = product.admin().await?;
    let clock = product.clock();
    let stage = Stage {
        operator: &operator,
        routers: &routers,
        clock,
        vouchers: 100,
    };
    tell(&stage)
        .await
        .with_context(|| product.last_words())
        .map(drop)
}
