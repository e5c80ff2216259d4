//! Runs the fuzz targets for a bounded time, with libFuzzer where it can be had, else with proptest.

use anyhow::Result;

use crate::install;
use crate::shell::Shell;
use crate::steps::{Outcome, Steps};

/// A target: its name in fuzz/Cargo.toml, and the crate whose test `fuzzed` runs the same function.
const TARGETS: [(&str, &str); 6] = [
    ("decoder", "routeros-proto"),
    ("sentences", "routeros-proto"),
    ("query", "routeros-proto"),
    ("value", "routeros-proto"),
    ("comment", "access"),
    ("mikhmon", "access"),
];

/// The most memory a target may take; its inputs are a few KiB.
const MEMORY_LIMIT: &str = "-rss_limit_mb=512";

/// The longest input libFuzzer makes up, in bytes.
const INPUT_LIMIT: &str = "-max_len=8192";

/// Runs every target, each as a step of its own.
///
/// # Errors
/// When somebody asked to stop.
pub(super) async fn run(shell: &mut Shell, steps: &mut Steps, seconds: u32) -> Result<()> {
    let has_nightly = has_nightly(shell).await?;
    if has_nightly {
        let tool = install::cargo_tool(shell, &install::CARGO_FUZZ);
        steps.run("cargo-fuzz is there", tool).await?;
    }
    for (target, package) in TARGETS {
        let (name, step) = match has_nightly {
            true => (format!("fuzz {target}, {seconds} s"), None),
            false => (
                format!("fuzz {target}, {seconds} s, proptest"),
                Some(package),
            ),
        };
        let run = async {
            match step {
                None => libfuzzer(shell, target, seconds).await,
                Some(package) => proptest(shell, target, package, seconds).await,
            }
        };
        steps.run(&name, run).await?;
    }
    Ok(())
}

async fn has_nightly(shell: &mut Shell) -> Result<bool> {
    if install::find_program("rustup").is_none() {
        return Ok(false);
    }
    let mut rustup = shell.program("rustup");
    let toolchains = shell.output(rustup.args(["toolchain", "list"])).await?;
    Ok(toolchains.lines().any(|it| it.starts_with("nightly")))
}

async fn libfuzzer(shell: &mut Shell, target: &str, seconds: u32) -> Result<Outcome> {
    let limit = format!("-max_total_time={seconds}");
    // Through rustup: this process runs under the toolchain of the checkout.
    let mut cargo = shell.program("rustup");
    cargo.args(["run", "nightly", "cargo", "fuzz", "run", target, "--"]);
    cargo.args([&limit, MEMORY_LIMIT, INPUT_LIMIT, "-print_final_stats=1"]);
    cargo.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    shell.run(&mut cargo).await?;
    Ok(Outcome::Passed)
}

async fn proptest(shell: &mut Shell, target: &str, package: &str, seconds: u32) -> Result<Outcome> {
    let mut cargo = shell.cargo();
    cargo.args([
        "test",
        "--package",
        package,
        "--test",
        "fuzzed",
        "--",
        target,
    ]);
    cargo.env("FUZZ_SECONDS", seconds.to_string());
    shell.run(&mut cargo).await?;
    Ok(Outcome::Passed)
}
