//! `cargo xtask check`: everything that can be said about the code without running the product.

mod advisories;
mod fuzz;

use std::path::Path;

use anyhow::Result;

use crate::arch;
use crate::cli;
use crate::install;
use crate::openapi;
use crate::shell::Shell;
use crate::steps::{Outcome, Steps};
use crate::tidy::{self, Crate, NewMigrations};

/// Runs every check and says whether all passed.
///
/// # Errors
/// When somebody asked to stop.
pub(crate) async fn run(shell: &mut Shell, wanted: &cli::Check) -> Result<bool> {
    let mut steps = Steps::default();
    steps
        .run("format", cargo(shell, &["fmt", "--all", "--check"]))
        .await?;
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--locked",
    ];
    steps
        .run(
            "clippy",
            cargo(shell, &[&clippy[..], &["--", "-D", "warnings"]].concat()),
        )
        .await?;
    steps
        .run("arch", async {
            Ok(verdict(arch::report(shell.root())?, "walls are broken"))
        })
        .await?;
    steps
        .run("tidy", async {
            Ok(verdict(tidy(shell.root(), false)?, "see the findings"))
        })
        .await?;
    for name in arch::pure_crates() {
        let alone = ["check", "--locked", "--package", name];
        steps
            .run(&format!("{name} alone"), cargo(shell, &alone))
            .await?;
    }
    let description = async {
        let is_fresh = openapi::run(shell, true).await?;
        Ok(verdict(is_fresh, openapi::STALE))
    };
    steps.run("docs/openapi.json", description).await?;
    steps
        .run(
            "cargo-deny is there",
            install::cargo_tool(shell, &install::CARGO_DENY),
        )
        .await?;
    let deny = [
        "deny",
        "--all-features",
        "check",
        "bans",
        "licenses",
        "sources",
    ];
    steps
        .run("bans, licences, sources", cargo(shell, &deny))
        .await?;
    steps.run("advisories", advisories::check(shell)).await?;
    if wanted.deep {
        fuzz::run(shell, &mut steps, wanted.seconds).await?;
    }
    Ok(steps.finish())
}

/// Runs `tidy` alone.
///
/// # Errors
/// When the workspace or the checkout cannot be read.
pub(crate) fn tidy(root: &Path, accept_migrations: bool) -> Result<bool> {
    let workspace = arch::read_workspace(root)?;
    let crates: Vec<_> = workspace
        .members
        .into_iter()
        .map(|member| Crate {
            name: member.name,
            folder: member.folder,
        })
        .collect();
    let accept = if accept_migrations {
        NewMigrations::Accept
    } else {
        NewMigrations::Refuse
    };
    tidy::report(root, &crates, accept)
}

async fn cargo(shell: &mut Shell, arguments: &[&str]) -> Result<Outcome> {
    let mut command = shell.cargo();
    shell.run(command.args(arguments)).await?;
    Ok(Outcome::Passed)
}

fn verdict(passed: bool, otherwise: &str) -> Outcome {
    if passed {
        Outcome::Passed
    } else {
        Outcome::Failed(otherwise.to_owned())
    }
}
