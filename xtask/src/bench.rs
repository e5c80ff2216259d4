//! `cargo xtask bench`: measures, writes the figures down and compares them with their bars.

mod bars;
mod report;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum as _;

use crate::cli::{Bench, BenchName};
use crate::peers::libraries;
use crate::products::{self, Profile};
use crate::servers::{Servers, Wanted};
use crate::shell::Shell;
use crate::steps::{Outcome, Steps};
use report::Report;

/// The bench program, from the root.
const PROGRAM_SOURCE: &str = "tests/src/bin/bench.rs";

/// Builds, runs the wanted benches, prints the figures and says whether all ran.
///
/// # Errors
/// When there is no bench program, a server cannot be had, or somebody asked to stop.
pub(crate) async fn run(shell: &mut Shell, wanted: &Bench) -> Result<bool> {
    if !shell.root().join(PROGRAM_SOURCE).is_file() {
        bail!("there is no bench program, {PROGRAM_SOURCE} is missing");
    }
    let names = wanted
        .name
        .map_or_else(|| BenchName::value_variants().to_vec(), |name| vec![name]);
    let profile = if wanted.smoke {
        products::DEVELOPMENT
    } else {
        products::RELEASE
    };
    let mut steps = Steps::default();
    let mut built = false;
    let build = async {
        build(shell, profile).await?;
        built = true;
        Ok(Outcome::Passed)
    };
    steps.run("build", build).await?;
    if built {
        measure_all(shell, &mut steps, &names, wanted, profile).await?;
    }
    Ok(steps.finish())
}

async fn measure_all(
    shell: &mut Shell,
    steps: &mut Steps,
    names: &[BenchName],
    wanted: &Bench,
    profile: Profile,
) -> Result<()> {
    let servers = if names.iter().any(|name| wants_database(*name)) {
        Some(Servers::start(shell, Wanted::FOR_BENCHES).await?)
    } else {
        None
    };
    let url = servers.as_ref().map(Servers::database_url);
    let mut reports = Vec::new();
    for name in names {
        let measure = async {
            let mut variables = Vec::new();
            if let Some(url) = &url {
                variables.push(("BENCH_DATABASE_URL", url.into()));
            }
            if *name == BenchName::RouterThroughput {
                variables.extend(libraries::install(shell).await?.for_bench(shell));
            }
            reports.push(measure(shell, *name, wanted, profile, variables).await?);
            Ok(Outcome::Passed)
        };
        steps.run(name.text(), measure).await?;
    }
    println!("\n{}", report::table(&reports));
    if wanted.smoke {
        println!("a smoke run: these figures say only that the benches work");
    }
    servers.map_or(Ok(()), Servers::stop)
}

/// The products first and alone, then what measures them.
async fn build(shell: &mut Shell, profile: Profile) -> Result<()> {
    products::build(shell, profile).await?;
    let mut cargo = shell.cargo();
    let bench = cargo.args(["build", "--profile", profile.name, "--package", "e2e"]);
    shell.run(bench.args(["--bin", "bench"])).await
}

fn wants_database(name: BenchName) -> bool {
    matches!(
        name,
        BenchName::ApiRead
            | BenchName::VoucherIssue
            | BenchName::BillingRun
            | BenchName::DunningRun
            | BenchName::PayToAccess
            | BenchName::InvoiceIssue
    )
}

/// Runs one bench and reads what it wrote.
async fn measure(
    shell: &mut Shell,
    name: BenchName,
    wanted: &Bench,
    profile: Profile,
    variables: Vec<(&'static str, OsString)>,
) -> Result<Report> {
    let written = prepare_output(&shell.target(), name)?;
    let programs = shell.target().join(profile.folder);
    let mut bench = shell.program(programs.join("bench"));
    bench.arg(name.text()).arg("--json-out").arg(&written);
    if wanted.smoke {
        bench.arg("--smoke");
    }
    if let Some(rounds) = wanted.rounds {
        bench.arg("--rounds").arg(rounds.to_string());
    }
    bench.envs(variables);
    bench.env("BENCH_API_PROGRAM", products::api(shell, profile));
    bench.env("BENCH_WORKER_PROGRAM", products::worker(shell, profile));
    shell.run(&mut bench).await?;
    Report::read(&written)
}

/// The file for the figures, with an earlier one removed so that it cannot pass for a new one.
fn prepare_output(target: &Path, name: BenchName) -> Result<PathBuf> {
    let folder = target.join("bench");
    std::fs::create_dir_all(&folder).context("cannot make the folder for the figures")?;
    let file = folder.join(format!("{}.json", name.text()));
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot replace {}", file.display()))
        }
        _ => Ok(file),
    }
}
