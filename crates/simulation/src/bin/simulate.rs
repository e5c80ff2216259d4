//! Simulates an internet provider over years and prints what the history came to.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::time::Instant;

use chrono::Datelike;
use clap::Parser;
use comfy_table::{Table, presets};
use simulation::{Scenario, Summary, simulate};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A whole internet provider on virtual time, with faults, judged by the invariants of billing.
///
/// The same seed gives the same history. A promise that does not hold ends the run with the rule, the seed and what
/// happened to the one account; run it again with that seed to see it again.
#[derive(Parser)]
#[command(name = "simulate", version)]
struct Arguments {
    /// Who signs up in all.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    customers: u32,
    /// For how many years.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=50))]
    years: u32,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, one after the other.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Routers go away, processes die, messages repeat, sweeps are missed.
    #[arg(long)]
    faults: bool,
}

fn main() -> ExitCode {
    let wanted = Arguments::parse();
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header([
        "seed",
        "customers",
        "days",
        "invoices",
        "payments",
        "events",
        "repeats",
        "deaths",
        "outages",
        "judged",
        "seconds",
        "MB at most",
    ]);
    for seed in wanted.seed..wanted.seed.saturating_add(wanted.seeds) {
        let scenario = Scenario {
            customers: wanted.customers,
            years: wanted.years,
            seed,
            faults: wanted.faults,
        };
        let begun = Instant::now();
        let told = simulate(scenario, |day| {
            if day.day() == 1 {
                eprint!("\rseed {seed}: {}   ", day.format("%Y-%m"));
            }
        });
        eprint!("\r");
        match told {
            Ok(summary) => table.add_row(row(seed, summary, begun)),
            Err(broken) => {
                eprintln!("{broken}");
                return ExitCode::FAILURE;
            }
        };
    }
    println!("{table}\nno promise was broken");
    ExitCode::SUCCESS
}

fn row(seed: u64, told: Summary, begun: Instant) -> Vec<String> {
    let counts = [
        seed,
        told.customers,
        told.days,
        told.invoices,
        told.payments,
        told.events,
        told.repeats,
        told.deaths,
        told.outages,
        told.judged,
    ];
    let lasted = begun.elapsed();
    let seconds = format!("{}.{}", lasted.as_secs(), lasted.subsec_millis() / 100);
    let cells = counts.iter().map(u64::to_string);
    cells.chain([seconds, memory_mb()]).collect()
}

/// The most memory the process has held, where the system tells.
fn memory_mb() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let kilobytes = most.and_then(|it| it.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.map_or_else(|| "unknown".to_owned(), |it| (it / 1_024).to_string())
}
