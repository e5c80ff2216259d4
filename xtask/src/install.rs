//! Installs what a command needs: cargo's tools, and system packages where that is allowed.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::shell::Shell;
use crate::steps::Outcome;

/// A cargo subcommand from the package registry, at the version that is known to work here.
pub(crate) struct CargoTool {
    package: &'static str,
    subcommand: &'static str,
    version: &'static str,
}

/// Licences, bans, sources and advisories.
pub(crate) const CARGO_DENY: CargoTool = CargoTool {
    package: "cargo-deny",
    subcommand: "deny",
    version: "0.20.2",
};

/// The test runner.
pub(crate) const CARGO_NEXTEST: CargoTool = CargoTool {
    package: "cargo-nextest",
    subcommand: "nextest",
    version: "0.9.143",
};

/// Fuzzing with libFuzzer, on a nightly toolchain.
pub(crate) const CARGO_FUZZ: CargoTool = CargoTool {
    package: "cargo-fuzz",
    subcommand: "fuzz",
    version: "0.13.1",
};

/// Installs a cargo subcommand unless some version of it is there.
///
/// # Errors
/// When it cannot be built, or somebody asked to stop.
pub(crate) async fn cargo_tool(shell: &mut Shell, tool: &CargoTool) -> Result<Outcome> {
    let mut version = shell.cargo();
    version
        .args([tool.subcommand, "--version"])
        .stderr(std::process::Stdio::null());
    if shell.status(&mut version).await?.success() {
        return Ok(Outcome::Passed);
    }
    eprintln!("xtask: installing {} {}, once", tool.package, tool.version);
    let mut install = shell.cargo();
    install.args([
        "install",
        tool.package,
        "--locked",
        "--version",
        tool.version,
    ]);
    // Its own profile and features: the workspace's target folder would only grow.
    install.env_remove("CARGO_TARGET_DIR");
    shell.run(&mut install).await?;
    Ok(Outcome::Passed)
}

/// Installs a Debian package, or says what a person has to install.
///
/// # Errors
/// When this is not root on Debian or Ubuntu, when the installation fails, or when somebody asked
/// to stop.
pub(crate) async fn apt_package(shell: &mut Shell, package: &str, purpose: &str) -> Result<()> {
    let needed = format!(
        "{purpose} is missing: install it, on Debian or Ubuntu with `sudo apt-get install {package}`"
    );
    if find_program("apt-get").is_none() {
        bail!("{needed} (there is no apt-get here)");
    }
    if !is_root(shell).await? {
        bail!("{needed} (this is not root)");
    }
    eprintln!("xtask: {purpose} is missing, installing {package}");
    apt_get(shell, &["update", "--quiet"]).await?;
    apt_get(
        shell,
        &[
            "install",
            "--yes",
            "--quiet",
            "--no-install-recommends",
            package,
        ],
    )
    .await
}

async fn apt_get(shell: &mut Shell, arguments: &[&str]) -> Result<()> {
    let mut command = shell.program("apt-get");
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    shell.run(&mut command).await
}

/// Whether this process may do everything.
pub(crate) async fn is_root(shell: &mut Shell) -> Result<bool> {
    let mut id = shell.program("id");
    Ok(shell.output(id.arg("-u")).await?.trim() == "0")
}

/// The first program of that name in `PATH`.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|it| is_program(it))
}

/// Whether there is a file that may be executed.
pub(crate) fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}
