//! The worker is killed at every named point and at seeded points of the story; nobody can tell afterwards.
//!
//! On PostgreSQL the worker is a process of its own; on SQLite it lives in the API's process, which dies with it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use e2e::{Patience, Product, Routers, Sabotage, Shape, projection, seeded_points};
use serde_json::Value;

use crate::programs;
use crate::story::{Stage, tell};

/// Few enough that a story is short, more than one page of nothing.
const VOUCHERS: usize = 40;
/// Any number; another one kills at other points.
const SEED: u64 = 20_261_121;
/// Points killed at, over both storages.
const SEEDED: usize = 20;

/// Tells the story once; what is left of it, how often the product died, and where its log of points is.
async fn run(shape: Shape, sabotage: &Sabotage) -> Result<(Value, usize)> {
    let mut product = Product::install(programs(), shape).await?;
    product.start(sabotage).await?;
    let routers = Routers::start().await?;
    let operator = product.operator(Patience::LONG).await?;
    let clock = product.clock().clone();
    let stage = Stage { operator: &operator, routers: &routers, clock: &clock, vouchers: VOUCHERS };
    let told = async {
        tell(&stage).await?;
        projection(&operator, &routers).await
    };
    let told = tokio::select! {
        told = told => told,
        never = product.keep_alive() => match never? {},
    };
    let left = told.with_context(|| product.last_words())?;
    Ok((left, product.deaths()))
}

/// The undisturbed story: what is left of it, and how often each point was reached.
async fn undisturbed(shape: Shape) -> Result<(Value, BTreeMap<String, u64>)> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("points");
    let (left, deaths) = run(shape, &Sabotage::only_log(log.clone())).await?;
    ensure!(deaths == 0, "an undisturbed product died");
    let mut reached = BTreeMap::new();
    for point in std::fs::read_to_string(&log)?.lines() {
        *reached.entry(point.to_owned()).or_default() += 1;
    }
    Ok((left, reached))
}

async fn same_after(shape: Shape, sabotages: &[Sabotage], left: &Value) -> Result<()> {
    for sabotage in sabotages {
        let (disturbed, deaths) = run(shape, sabotage).await.with_context(|| format!("{sabotage:?}"))?;
        ensure!(deaths == 1, "{sabotage:?} killed {deaths} times");
        ensure!(disturbed == *left, "{sabotage:?} left\n{disturbed:#}\ninstead of\n{left:#}");
    }
    Ok(())
}

/// Every third of the named points, in the middle of the story, so that three tests share them.
async fn named(shape: Shape, third: usize) -> Result<()> {
    let (left, reached) = undisturbed(shape).await?;
    let ours = reached.iter().skip(third).step_by(3);
    let sabotages: Vec<_> = ours.map(|(point, times)| Sabotage::kill_at(point, times.div_ceil(2))).collect();
    ensure!(!sabotages.is_empty(), "no point was reached: {reached:?}");
    same_after(shape, &sabotages, &left).await
}

/// A quarter of the seeded points.
async fn seeded(shape: Shape, quarter: usize) -> Result<()> {
    let (left, reached) = undisturbed(shape).await?;
    let points = seeded_points(SEED, SEEDED, reached.values().sum());
    let ours = points.into_iter().skip(quarter).step_by(4);
    let sabotages: Vec<_> = ours.map(|point| Sabotage::kill_at("any", point)).collect();
    same_after(shape, &sabotages, &left).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_a_named_point_changes_nothing_first_third() {
    named(Shape::POSTGRES, 0).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_a_named_point_changes_nothing_second_third() {
    named(Shape::POSTGRES, 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_a_named_point_changes_nothing_last_third() {
    named(Shape::POSTGRES, 2).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_seeded_points_changes_nothing_first_quarter() {
    seeded(Shape::POSTGRES, 0).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_seeded_points_changes_nothing_second_quarter() {
    seeded(Shape::POSTGRES, 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_worker_killed_at_seeded_points_changes_nothing_first_quarter() {
    seeded(Shape::Sqlite, 2).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_worker_killed_at_seeded_points_changes_nothing_second_quarter() {
    seeded(Shape::Sqlite, 3).await.unwrap();
}
