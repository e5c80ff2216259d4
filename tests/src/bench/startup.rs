//! `startup`: from the start of the process to the first `ready`, and the memory held a while later.

use std::time::Duration;

use anyhow::{Context, Result};

use super::customers;
use super::memory::resident_mb;
use super::program::Program;
use super::report::{Figure, Report};
use super::{Extent, storage};
use crate::eventually::rest;

/// A small provider.
const CUSTOMERS: usize = 40;

/// Measures starts on SQLite with the schema in place and no demonstration.
///
/// # Errors
/// When the program does not start or stop.
pub async fn startup(extent: Extent) -> Result<Report> {
    let mut program = Program::install(None)?;
    program.start().await?;
    program.register_customer().await?;
    program.stop().await?;
    let pool = storage::open(&program.database_url()).await?;
    customers::fill(&pool, CUSTOMERS - 1).await?;
    pool.close().await;

    let mut rounds = Vec::new();
    for _ in 0..extent.pick(20, 3) {
        let ready = program.start().await?;
        program.stop().await?;
        rounds.push(ready.as_secs_f64() * 1000.0);
    }
    let resident = resident(&mut program, extent).await?;
    Ok(Report {
        bench: "startup",
        figures: vec![
            Figure::alone("startup/ready", "ms", rounds),
            Figure::alone("startup/rss", "MB", vec![resident]),
        ],
    })
}

async fn resident(program: &mut Program, extent: Extent) -> Result<f64> {
    program.start().await?;
    rest(Duration::from_secs(extent.pick(30, 3))).await;
    let id = program.process_id().context("the program has ended")?;
    let resident = resident_mb(&id.to_string())?;
    program.stop().await?;
    Ok(resident)
}
