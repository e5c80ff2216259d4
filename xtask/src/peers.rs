//! `cargo xtask peers`: other people's RouterOS libraries talk to the simulator.
//!
//! Our adapter and our simulator share a wire format, so they could share a mistake. Libraries
//! that were written against real routers would notice. With `--gateways` it is the same for payment
//! providers: their libraries before our simulator, our adapter before localstripe; with `--documents` validators read what
//! we export.

mod checks;
mod documents;
mod faults;
mod gateways;
pub(crate) mod libraries;
mod page;
mod simulator;

use std::path::PathBuf;

use anyhow::Result;

use crate::cli;
use crate::shell::Shell;
use crate::steps::{Outcome, Steps};

/// Installs the libraries, builds what they talk to, and lets them talk.
///
/// # Errors
/// When somebody asked to stop.
pub(crate) async fn run(shell: &mut Shell, wanted: &cli::Peers) -> Result<bool> {
    if wanted.gateways {
        return gateways::run(shell).await;
    }
    if wanted.documents {
        return documents::run(shell).await;
    }
    let mut steps = Steps::default();
    let mut libraries = None;
    let prepare = async {
        libraries = Some(libraries::install(shell).await?);
        Ok(Outcome::Passed)
    };
    steps.run("libraries", prepare).await?;
    let mut programs = None;
    let build = async {
        programs = Some(build(shell, wanted).await?);
        Ok(Outcome::Passed)
    };
    steps.run("simulator", build).await?;
    if let (Some(libraries), Some(programs)) = (libraries, programs) {
        if wanted.faults {
            let faults = faults::run(shell, &libraries, &programs);
            steps.run("faults", faults).await?;
        } else {
            let checks = checks::run(shell, &libraries, &programs.simulator);
            steps.run("checks", checks).await?;
        }
    }
    Ok(steps.finish())
}

/// What is built here.
struct Programs {
    simulator: PathBuf,
    /// Our gateway before a faulty router.
    probe: PathBuf,
}

async fn build(shell: &mut Shell, wanted: &cli::Peers) -> Result<Programs> {
    let simulator = match &wanted.simulator {
        Some(program) => program.clone(),
        None => simulator::build(shell).await?,
    };
    if wanted.faults {
        let mut cargo = shell.cargo();
        cargo.args(["build", "--package", "routeros-adapter"]);
        shell.run(cargo.args(["--example", "fault_probe"])).await?;
    }
    Ok(Programs {
        simulator,
        probe: shell.target().join("debug/examples/fault_probe"),
    })
}
