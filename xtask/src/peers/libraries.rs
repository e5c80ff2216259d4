//! Installs the libraries in folders of their own, and the languages they are written in.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::install;
use crate::shell::Shell;

/// What the Python libraries are, from the root.
const REQUIREMENTS: &str = "xtask/peers/requirements.txt";

/// What the payment providers' Python libraries are, from the root.
const GATEWAY_REQUIREMENTS: &str = "xtask/peers/gateway-requirements.txt";

/// What checks exported documents, from the root.
const DOCUMENT_REQUIREMENTS: &str = "xtask/peers/document-requirements.txt";

/// What the JavaScript library is, with the versions and checksums of all that it needs.
const PACKAGE: [&str; 2] = ["xtask/peers/package.json", "xtask/peers/package-lock.json"];

/// Where the libraries are.
pub(crate) struct Libraries {
    /// The virtual environment's interpreter.
    python: PathBuf,
    /// The folder with the JavaScript packages; empty where none are needed.
    node_modules: PathBuf,
}

impl Libraries {
    /// What the bench program has to know.
    pub(crate) fn for_bench(&self, shell: &Shell) -> [(&'static str, OsString); 3] {
        [
            (
                "BENCH_PEERS_SCRIPTS",
                shell.root().join("xtask/peers").into(),
            ),
            ("BENCH_PEERS_PYTHON", self.python.clone().into()),
            ("BENCH_PEERS_NODE_MODULES", self.node_modules.clone().into()),
        ]
    }

    /// A Python script of xtask/peers.
    pub(crate) fn python(&self, shell: &Shell, script: &str) -> Command {
        let mut command = shell.program(&self.python);
        command.arg(format!("xtask/peers/{script}"));
        command
    }

    /// A JavaScript program of xtask/peers.
    pub(crate) fn node(&self, shell: &Shell, script: &str) -> Command {
        let mut command = shell.program("node");
        command
            .arg(format!("xtask/peers/{script}"))
            .env("NODE_PATH", &self.node_modules);
        command
    }
}

/// Installs everything that is missing.
///
/// # Errors
/// When something cannot be installed, or somebody asked to stop.
pub(crate) async fn install(shell: &mut Shell) -> Result<Libraries> {
    Ok(Libraries {
        python: prepare_python(shell, "peers-venv", REQUIREMENTS).await?,
        node_modules: prepare_node(shell).await?,
    })
}

/// Installs what talks to payment providers.
///
/// # Errors
/// When something cannot be installed, or somebody asked to stop.
pub(crate) async fn install_for_gateways(shell: &mut Shell) -> Result<Libraries> {
    Ok(Libraries {
        python: prepare_python(shell, "peers-gateways-venv", GATEWAY_REQUIREMENTS).await?,
        node_modules: PathBuf::new(),
    })
}

/// Installs what reads exported documents.
///
/// # Errors
/// When something cannot be installed, or somebody asked to stop.
pub(crate) async fn install_for_documents(shell: &mut Shell) -> Result<Libraries> {
    Ok(Libraries {
        python: prepare_python(shell, "peers-documents-venv", DOCUMENT_REQUIREMENTS).await?,
        node_modules: PathBuf::new(),
    })
}

async fn prepare_node(shell: &mut Shell) -> Result<PathBuf> {
    for program in ["node", "npm"] {
        if install::find_program(program).is_none() {
            let package = if program == "node" { "nodejs" } else { "npm" };
            install::apt_package(shell, package, "Node.js with npm").await?;
        }
    }
    let folder = shell.target().join("peers-node");
    std::fs::create_dir_all(&folder).context("cannot make the folder for the libraries")?;
    for file in PACKAGE {
        let from = shell.root().join(file);
        let name = from.file_name().context("a file has a name")?;
        std::fs::copy(&from, folder.join(name)).with_context(|| format!("cannot copy {file}"))?;
    }
    let mut npm = shell.program("npm");
    npm.current_dir(&folder);
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    npm.arg("--loglevel=error");
    let installed = shell.run(&mut npm).await;
    installed.context("the JavaScript library cannot be installed")?;
    Ok(folder.join("node_modules"))
}

/// The virtual environment's interpreter, with the libraries installed.
async fn prepare_python(shell: &mut Shell, folder: &str, requirements: &str) -> Result<PathBuf> {
    let folder = shell.target().join(folder);
    let python = folder.join("bin/python");
    if !has_pip(shell, &python).await? {
        make_environment(shell, &folder).await?;
    }
    let mut pip = shell.program(&python);
    pip.args(["-m", "pip", "install", "--quiet"]);
    pip.args(["--disable-pip-version-check", "--requirement", requirements]);
    let installed = shell.run(&mut pip).await;
    installed.context("the Python libraries cannot be installed")?;
    Ok(python)
}

async fn has_pip(shell: &mut Shell, python: &Path) -> Result<bool> {
    if !install::is_program(python) {
        return Ok(false);
    }
    let mut pip = shell.program(python);
    pip.args(["-m", "pip", "--version"]).stdout(Stdio::null());
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
    bail!("python3 -m venv fails, see above")
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
