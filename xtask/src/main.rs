//! The developer commands: check, test, peers, bench and friends.
//!
//! This is a command line for people, so it prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod arch;
mod bench;
mod check;
mod cli;
mod demo;
mod install;
mod openapi;
mod peers;
mod products;
mod routeros_schema;
mod schema;
mod servers;
mod shell;
mod simulate;
mod steps;
mod test;
mod tidy;
mod vectors;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Task};
use shell::{Interrupted, Shell};

/// What a shell reports for a program ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    match start(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("xtask: interrupted, everything is stopped");
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one command and says whether all is well.
fn start(cli: Cli) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(cli.task))
}

async fn run(task: Task) -> anyhow::Result<bool> {
    let mut shell = Shell::new()?;
    match task {
        Task::Arch => arch::report(shell.root()),
        Task::Tidy { accept_migrations } => check::tidy(shell.root(), accept_migrations),
        Task::Check(wanted) => check::run(&mut shell, &wanted).await,
        Task::Test { arguments } => test::run(&mut shell, &arguments).await,
        Task::Peers(wanted) => peers::run(&mut shell, &wanted).await,
        Task::RouterosSchema { dumps } => routeros_schema::run(&mut shell, &dumps).await,
        Task::Bench(wanted) => bench::run(&mut shell, &wanted).await,
        Task::Demo { arguments } => demo::run(&mut shell, &arguments).await,
        Task::Openapi { check } => openapi::run(&mut shell, check).await,
        Task::Schema { tree } => schema::run(shell.root(), &tree),
        Task::Simulate(wanted) => simulate::run(&mut shell, &wanted).await,
        Task::Vectors(wanted) => vectors::run(&mut shell, &wanted).await,
    }
}
