//! Other people's programs and the payment providers: their libraries before our simulator, our adapter before localstripe.

use std::path::PathBuf;

use anyhow::Result;

use super::checks;
use super::libraries::{self, Libraries};
use super::simulator::Simulator;
use crate::shell::Shell;
use crate::steps::{Outcome, Steps};

/// Installs the libraries, builds what they talk to, and lets them talk.
///
/// # Errors
/// When somebody asked to stop.
pub(super) async fn run(shell: &mut Shell) -> Result<bool> {
    let mut steps = Steps::default();
    let mut ready = None;
    let prepare = async {
        let libraries = libraries::install_for_gateways(shell).await?;
        ready = Some((libraries, build(shell).await?));
        Ok(Outcome::Passed)
    };
    steps.run("libraries and programs", prepare).await?;
    if let Some((libraries, programs)) = ready {
        let checks = check(shell, &libraries, &programs);
        steps.run("checks", checks).await?;
    }
    Ok(steps.finish())
}

struct Programs {
    simulator: PathBuf,
    /// Our adapter as a command.
    probe: PathBuf,
}

async fn build(shell: &mut Shell) -> Result<Programs> {
    let mut cargo = shell.cargo();
    cargo.args(["build", "--package", "gateway-sim"]);
    shell.run(&mut cargo).await?;
    let mut cargo = shell.cargo();
    cargo.args(["build", "--package", "payment-gateways"]);
    shell
        .run(cargo.args(["--example", "gateway_probe"]))
        .await?;
    Ok(Programs {
        simulator: shell.target().join("debug/gateway-sim"),
        probe: shell.target().join("debug/examples/gateway_probe"),
    })
}

async fn check(shell: &mut Shell, libraries: &Libraries, programs: &Programs) -> Result<Outcome> {
    let sim = Simulator::listening(shell, &programs.simulator, "gateway-sim", &[]).await?;
    let mut python = libraries.python(shell, "gateways.py");
    python.args(["--sim-port", &sim.port(), "--probe"]);
    python.arg(&programs.probe);
    let found = checks::ask(shell, python).await?;
    Ok(checks::judge(&found))
}
