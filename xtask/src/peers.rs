//! `cargo xtask peers`: other people's RouterOS libraries talk to the simulator.
//!
//! Our adapter and our simulator share a wire format, so they could share a mistake. Libraries
//! that were written against real routers would notice.

mod simulator;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::install;
use crate::shell::Shell;
use crate::steps::{Outcome, Steps};
use simulator::{Login, Simulator};

/// The script and what it needs, from the root.
const SCRIPT: &str = "xtask/peers/run.py";
const REQUIREMENTS: &str = "xtask/peers/requirements.txt";

/// Builds the simulator, starts it twice and runs the script against both.
///
/// # Errors
/// When somebody asked to stop.
pub(crate) async fn run(shell: &mut Shell) -> Result<bool> {
    let mut steps = Steps::default();
    let mut python = None;
    let prepare = async {
        python = Some(prepare_python(shell).await?);
        Ok(Outcome::Passed)
    };
    steps.run("python libraries", prepare).await?;
    let mut program = None;
    let build = async {
        program = Some(simulator::build(shell).await?);
        Ok(Outcome::Passed)
    };
    steps.run("simulator", build).await?;
    if let (Some(python), Some(program)) = (python, program) {
        steps.run("peers", talk(shell, &python, &program)).await?;
    }
    Ok(steps.finish())
}

async fn talk(shell: &mut Shell, python: &Path, program: &Path) -> Result<Outcome> {
    let modern = Simulator::start(shell, program, Login::Plain).await?;
    let legacy = Simulator::start(shell, program, Login::Challenge).await?;
    let mut script = shell.program(python);
    script.arg(SCRIPT).args(["--host", &modern.host()]);
    script.args(["--port", &modern.port(), "--legacy-port", &legacy.port()]);
    shell.run(&mut script).await?;
    Ok(Outcome::Passed)
}

/// The virtual environment's interpreter, with the libraries installed.
async fn prepare_python(shell: &mut Shell) -> Result<PathBuf> {
    let folder = shell.target().join("peers-venv");
    let python = folder.join("bin/python");
    if !has_pip(shell, &python).await? {
        make_environment(shell, &folder).await?;
    }
    let mut pip = shell.program(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    pip.args(["--requirement", REQUIREMENTS]);
    shell
        .run(&mut pip)
        .await
        .context("the libraries cannot be installed")?;
    Ok(python)
}

async fn has_pip(shell: &mut Shell, python: &Path) -> Result<bool> {
    if !install::is_program(python) {
        return Ok(false);
    }
    let mut pip = shell.program(python);
    pip.args(["-m", "pip", "--version"])
        .stdout(std::process::Stdio::null());
    Ok(shell.status(&mut pip).await?.success())
}

async fn make_environment(shell: &mut Shell, folder: &Path) -> Result<()> {
    if try_environment(shell, folder).await? {
        return Ok(());
    }
    install::apt_package(shell, "python3-venv", "Python 3 with venv and pip").await?;
    if try_environment(shell, folder).await? {
        return Ok(());
    }
    anyhow::bail!("python3 -m venv fails, see above")
}

async fn try_environment(shell: &mut Shell, folder: &Path) -> Result<bool> {
    if install::find_program("python3").is_none() {
        return Ok(false);
    }
    let mut venv = shell.program("python3");
    Ok(shell
        .status(venv.args(["-m", "venv", "--clear"]).arg(folder))
        .await?
        .success())
}
