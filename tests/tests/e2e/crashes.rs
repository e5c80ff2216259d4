//! The worker is killed at every named point and at seeded points of the story; nobody can tell afterwards.
//!
//! On PostgreSQL the worker is a process of its own; on SQLite it lives in the API's process, which dies with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{
    Patience, Product, Routers, Sabotage, Shape, differences, eventually, projection, seeded_points,
};
use serde_json::Value;

use crate::programs;
use crate::provider_crashes;
use crate::story::{Stage, tell};

/// Few enough that a story is short, more than one page of nothing.
const VOUCHERS: usize = 40;
/// Any number; another one kills at other points.
const SEED: u64 = 20_261_121;
/// What a killed worker leaves undone is taken up after its lease of five seconds.
const TIME_TO_SETTLE: Duration = Duration::from_secs(60);
/// Points killed at, over both storages.
const SEEDED: usize = 20;

/// What a story leaves behind.
struct Told {
    left: Value,
    deaths: usize,
    /// How many points had been reached when the product was ready.
    before: u64,
}

/// The undisturbed story.
struct Undisturbed {
    left: Value,
    /// How often each point was reached.
    reached: BTreeMap<String, u64>,
    /// How many points had been reached when the product was ready.
    before: u64,
}

/// Tells the story once, with dead processes started again. Work that was interrupted may end a little later than the
/// story; it is given time until what is left is what is `expected`.
async fn run(shape: Shape, sabotage: &Sabotage, expected: Option<&Value>) -> Result<Told> {
    let mut product = Product::install(programs(), shape).await?;
    product.start(sabotage).await?;
    let before = points(sabotage)?.len() as u64;
    let routers = Routers::start().await?;
    let operator = product.operator(Patience::LONG).await?;
    let clock = product.clock().clone();
    let stage = Stage {
        operator: &operator,
        routers: &routers,
        clock: &clock,
        vouchers: VOUCHERS,
    };
    let told = async {
        tell(&stage).await?;
        let left = async || projection(&operator, &routers).await;
        let same =
            async || Ok(Some(left().await?).filter(|it| expected.is_none_or(|that| that == it)));
        match eventually("the same state", TIME_TO_SETTLE, same).await {
            Ok(same) => Ok(same),
            Err(_) => left().await,
        }
    };
    let told = tokio::select! {
        told = told => told,
        never = product.keep_alive() => match never? {},
    };
    let left = told.with_context(|| product.last_words())?;
    Ok(Told {
        left,
        deaths: product.deaths(),
        before,
    })
}

/// The points in the log, in the order they were reached.
fn points(sabotage: &Sabotage) -> Result<Vec<String>> {
    let Some(log) = sabotage.log.as_ref().filter(|it| it.exists()) else {
        return Ok(Vec::new());
    };
    Ok(std::fs::read_to_string(log)?
        .lines()
        .map(str::to_owned)
        .collect())
}

async fn undisturbed(shape: Shape) -> Result<Undisturbed> {
    let folder = tempfile::tempdir()?;
    let sabotage = Sabotage::only_log(folder.path().join("points"));
    let Told {
        left,
        deaths,
        before,
    } = run(shape, &sabotage, None).await?;
    ensure!(deaths == 0, "an undisturbed product died");
    let mut reached = BTreeMap::new();
    for point in points(&sabotage)? {
        *reached.entry(point).or_default() += 1;
    }
    Ok(Undisturbed {
        left,
        reached,
        before,
    })
}

async fn same_after(shape: Shape, sabotages: &[Sabotage], left: &Value) -> Result<()> {
    for sabotage in sabotages {
        let told = run(shape, sabotage, Some(left)).await;
        let told = told.with_context(|| format!("{sabotage:?}"))?;
        ensure!(
            told.deaths == 1,
            "{sabotage:?} killed {} times",
            told.deaths
        );
        let differences = differences(left, &told.left);
        ensure!(
            differences.is_empty(),
            "{sabotage:?}: {}",
            differences.join("\n")
        );
    }
    Ok(())
}

/// Every third of the named points, in the middle of the story, so that three tests share them.
async fn named(shape: Shape, third: usize) -> Result<()> {
    let Undisturbed { left, reached, .. } = undisturbed(shape).await?;
    let mut sabotages = Vec::new();
    for point in declared_points()?.into_iter().skip(third).step_by(3) {
        let times = reached
            .get(&point)
            .with_context(|| format!("the story never reaches {point}"))?;
        sabotages.push(Sabotage::kill_at(&point, times.div_ceil(2)));
    }
    ensure!(!sabotages.is_empty(), "the product has no named points");
    same_after(shape, &sabotages, &left).await
}

/// The named points in the product's sources, so that a new one is not forgotten; those of paying through a provider have
/// a story of their own.
fn declared_points() -> Result<BTreeSet<String>> {
    let mut points = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path)?;
                let calls = text.split(".reached(\"").skip(1);
                points.extend(
                    calls
                        .filter_map(|it| it.split('"').next())
                        .filter(|it| !provider_crashes::POINTS.contains(it))
                        .map(str::to_owned),
                );
            }
        }
    }
    Ok(points)
}

/// A quarter of the seeded points, which lie anywhere in the story but at its very end: how often the sweeps run
/// depends on how fast the machine is.
async fn seeded(shape: Shape, quarter: usize) -> Result<()> {
    let Undisturbed {
        left,
        reached,
        before,
    } = undisturbed(shape).await?;
    let total: u64 = reached.values().sum();
    let points = seeded_points(SEED, SEEDED, (total - before) * 9 / 10);
    let ours = points.into_iter().skip(quarter).step_by(4);
    let sabotages: Vec<_> = ours
        .map(|point| Sabotage::kill_at("any", before + point))
        .collect();
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
