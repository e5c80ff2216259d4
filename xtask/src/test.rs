//! `cargo xtask test`: every test of the workspace, on throwaway servers.

use anyhow::Result;

use crate::install;
use crate::servers::{Servers, Wanted};
use crate::shell::Shell;
use crate::steps::{Outcome, Steps};

/// Starts the servers, runs all tests and doc tests, stops the servers, and says whether all
/// passed. `arguments` go to `cargo nextest run`.
///
/// # Errors
/// When a server cannot be had, or somebody asked to stop.
pub(crate) async fn run(shell: &mut Shell, arguments: &[String]) -> Result<bool> {
    let mut steps = Steps::default();
    let mut servers = None;
    let start = async {
        servers = Some(Servers::start(shell, Wanted::FOR_TESTS).await?);
        Ok(Outcome::Passed)
    };
    steps.run("servers", start).await?;
    let Some(servers) = servers else {
        return Ok(steps.finish());
    };
    steps
        .run(
            "cargo-nextest is there",
            install::cargo_tool(shell, &install::CARGO_NEXTEST),
        )
        .await?;
    steps
        .run("tests", nextest(shell, &servers, arguments))
        .await?;
    steps
        .run("doc tests", doc_tests(shell, &servers, arguments))
        .await?;
    steps
        .run("servers stop", async {
            servers.stop().map(|()| Outcome::Passed)
        })
        .await?;
    Ok(steps.finish())
}

async fn nextest(shell: &mut Shell, servers: &Servers, arguments: &[String]) -> Result<Outcome> {
    let mut command = shell.cargo();
    command.args(["nextest", "run", "--all-features"]);
    if !selects_packages(arguments) {
        command.arg("--workspace");
    }
    if std::env::var_os("CI").is_some() {
        command.args(["--profile", "ci"]);
        // The reason of a failure comes first in its output, and a log is cut: frames would push it out.
        command.env("RUST_BACKTRACE", "0");
    }
    command.args(arguments).envs(servers.environment());
    shell.run(&mut command).await?;
    Ok(Outcome::Passed)
}

/// Whether the arguments name packages; `--workspace` would overrule them.
fn selects_packages(arguments: &[String]) -> bool {
    arguments
        .iter()
        .any(|it| it.starts_with("-p") || it.starts_with("--package"))
}

async fn doc_tests(shell: &mut Shell, servers: &Servers, arguments: &[String]) -> Result<Outcome> {
    if !arguments.is_empty() {
        return Ok(Outcome::NotDone(
            "only the tests that the arguments name".to_owned(),
        ));
    }
    let mut command = shell.cargo();
    command.args(["test", "--doc", "--workspace", "--all-features"]);
    shell.run(command.envs(servers.environment())).await?;
    Ok(Outcome::Passed)
}
