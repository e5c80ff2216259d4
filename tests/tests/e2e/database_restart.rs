//! The database goes away under load: the API says so and when to come back, and goes on by itself.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{DatabaseControl, Operator, Product, Sabotage, ServerDatabase, Shape, eventually, text};
use futures::future::try_join_all;
use reqwest::Method;
use serde_json::json;

use crate::programs;

/// The deadlines inside the API are shorter.
const SOON: Duration = Duration::from_secs(30);
/// Requests that are always under way.
const CLIENTS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_database_costs_only_503s_with_retry_after() {
    restart().await.unwrap();
}

async fn restart() -> Result<()> {
    let control = DatabaseControl::from_environment()?;
    let database = ServerDatabase::create_on(&control.url).await?;
    let mut product = Product::install_on(programs(), Shape::POSTGRES, database.url())?;
    product.start(&Sabotage::default()).await?;
    let operator = product.admin().await?;
    let customer = json!({ "kind": "personal", "name": "Siti Rahayu" });
    let id = operator.post("/customers", &customer).await?;
    let path = format!("/customers/{}", text(&id, "/id")?);

    let away = async {
        control.stop().await?;
        says_when_to_come_back(&operator, &path).await?;
        control.start().await
    };
    let back = async {
        away.await?;
        goes_on(&operator, &path).await
    };
    let told = tokio::select! {
        told = back => told,
        spoilt = keep_asking(&operator, &path) => spoilt,
    };
    told.with_context(|| product.last_words())?;
    // A write passes again too, and the processes are those from before.
    operator.post("/customers", &customer).await?;
    product.stop().await
}

/// Load that goes on all the while; every answer is a success or a 503 that says when to come back.
async fn keep_asking(operator: &Operator, path: &str) -> Result<()> {
    let clients = (0..CLIENTS).map(|_| async {
        loop {
            let answer = operator.ask_once(Method::GET, path, None, None).await?;
            let says_when = answer.header("retry-after").is_some();
            let is_fine = answer.status == 200 || answer.status == 503 && says_when;
            ensure!(is_fine, "answered {answer:?}");
        }
    });
    try_join_all(clients).await.map(|_: Vec<()>| ())
}

async fn says_when_to_come_back(operator: &Operator, path: &str) -> Result<()> {
    let refused = eventually("a 503", SOON, async || {
        let answer = operator.ask_once(Method::GET, path, None, None).await?;
        Ok((answer.status != 200).then_some(answer))
    });
    let refused = refused.await?;
    let seconds = refused
        .header("retry-after")
        .context("there is no Retry-After")?
        .to_owned();
    ensure!(
        seconds.parse::<u32>().is_ok_and(|it| it > 0),
        "Retry-After: {seconds}"
    );
    refused.problem(503, "unavailable").map(drop)
}

async fn goes_on(operator: &Operator, path: &str) -> Result<()> {
    eventually("the api to go on", SOON, async || {
        let answer = operator.ask_once(Method::GET, path, None, None).await?;
        Ok((answer.status == 200).then_some(()))
    })
    .await
}
