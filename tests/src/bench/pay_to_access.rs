//! `pay-to-access`: from a payment provider's message at the API's door until a customer whose access was cut for debt dials
//! in again at the speed of the plan, while a thousand other jobs are due. PostgreSQL, the shipped API and worker with the
//! waits as shipped, routers that take 5 ms for each command.
//!
//! The floor is what nobody can save: one row stored, and the commands that give access back, one after the other, straight
//! to the same router.

mod customers;
mod floor;
mod house;
mod queue;

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::timeout;

use super::Extent;
use super::report::{Figure, Report};
use super::statistics::{median, per_mille};
use customers::{Customer, Cut};
use floor::Floor;
use house::House;
use queue::Backlog;

/// Nobody waits for longer: the bench has failed then.
const PATIENCE: Duration = Duration::from_secs(30);
/// Samples of the floor in each round.
const FLOORS: usize = 20;

/// How large a run is.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Customers whose access was cut off, and customers who are walled in.
    customers: [u32; 2],
    /// Routers that the other jobs are about.
    routers: u16,
    /// Jobs that are due while a customer waits, at least.
    jobs: i64,
}

const FULL: Size = Size {
    customers: [200, 100],
    routers: 100,
    jobs: 1_000,
};
const SMALL: Size = Size {
    customers: [4, 4],
    routers: 3,
    jobs: 20,
};

/// What was measured of one kind of customers, in microseconds by round.
#[derive(Debug, Default)]
struct Times {
    product: Vec<Vec<u32>>,
    floor: Vec<Vec<u32>>,
}

/// Measures both kinds of customers in every round, one payment at a time.
///
/// # Errors
/// When a process, the database or a router fails, or somebody who has paid does not come back.
pub async fn pay_to_access(extent: Extent) -> Result<Report> {
    let size = extent.pick(FULL, SMALL);
    let mut house = House::open(size).await?;
    let measured = measure(&mut house, size, extent.rounds).await;
    let measured = measured.with_context(|| house.last_words())?;
    house.close().await?;
    let figures = [Cut::Suspended, Cut::Restricted]
        .into_iter()
        .zip(measured)
        .map(|(cut, times)| figure(cut, &times, size))
        .collect();
    Ok(Report {
        bench: "pay-to-access",
        figures,
    })
}

async fn measure(house: &mut House, size: Size, rounds: usize) -> Result<[Times; 2]> {
    let [suspended, restricted] = house.cut_off(size.customers).await?;
    let house = &*house;
    let backlog = Backlog::of(house, size.jobs);
    let mut floor = Floor::open(house).await?;
    let mut measured = [Times::default(), Times::default()];
    for round in 0..rounds {
        let kinds = [&suspended, &restricted].into_iter().zip(&mut measured);
        for (customers, times) in kinds {
            let first = customers.first().context("there are customers")?;
            times.floor.push(floor.samples(first, FLOORS).await?);
            let share = customers.iter().skip(round).step_by(rounds);
            let mut micros = Vec::new();
            for customer in share {
                micros.push(pays(house, &backlog, customer).await?);
            }
            times.product.push(micros);
        }
    }
    Ok(measured)
}

/// Microseconds from the provider's message until the customer is back.
async fn pays(house: &House, backlog: &Backlog<'_>, customer: &Customer) -> Result<u32> {
    backlog.fill().await?;
    let paid = timeout(PATIENCE, house.pays(customer)).await;
    let time = paid.with_context(|| format!("{} has paid and waits", customer.login))??;
    Ok(u32::try_from(time.as_micros())?)
}

fn figure(cut: Cut, times: &Times, size: Size) -> Figure {
    let middle = |rounds: &[Vec<u32>]| -> Vec<f64> {
        let rounds = rounds.iter().filter(|it| !it.is_empty());
        rounds
            .map(|it| per_mille(&sorted(it.clone()), 500) / 1000.0)
            .collect()
    };
    let all = sorted(times.product.concat());
    let mut figure = Figure::beside(
        format!("pay-to-access/{}", cut.name()),
        "ms",
        middle(&times.product),
        middle(&times.floor),
    );
    let p99 = per_mille(&all, 990) / 1000.0;
    figure.p50_ms = Some(per_mille(&all, 500) / 1000.0);
    figure.p99_ms = Some(p99);
    let note = format!(
        "{} payments one after the other, {} jobs of {} other routers due; the floor is one row and {} commands, {:.1} ms",
        all.len(),
        size.jobs,
        size.routers,
        floor::commands(cut),
        median(&middle(&times.floor)),
    );
    figure.note(note)
}

fn sorted(mut micros: Vec<u32>) -> Vec<u32> {
    micros.sort_unstable();
    micros
}
