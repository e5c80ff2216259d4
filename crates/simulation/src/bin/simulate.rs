//! Simulates an internet provider over years and prints what the history came to.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{Datelike, NaiveDate};
use clap::Parser;
use comfy_table::{Table, presets};
use simulation::{Kept, Scenario, Summary, simulate};

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
    /// How many seeds.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// How many histories at once; as many as there are cores unless told otherwise.
    #[arg(long)]
    at_once: Option<usize>,
    /// Routers go away, processes die, messages repeat, sweeps are missed.
    #[arg(long)]
    faults: bool,
    /// On the real store, in a temporary folder; each history must come to the same end as in memory.
    #[arg(long)]
    sqlite: bool,
}

/// One history and how long it took, or the promise that was broken.
type Told = Result<(Summary, Duration), String>;

fn main() -> ExitCode {
    let wanted = Arguments::parse();
    let cores = std::thread::available_parallelism().map_or(1, Into::into);
    let at_once = wanted.at_once.unwrap_or(cores).max(1);
    let told = Histories::of(&wanted).live(at_once);
    eprint!("\r");
    let broken = told.values().filter_map(|it| it.as_ref().err());
    let mut failed = false;
    for broken in broken {
        eprintln!("{broken}");
        failed = true;
    }
    println!("{}", table(&told));
    println!(
        "{} histories, {at_once} at once, {} MB of memory at most",
        told.len(),
        memory_mb()
    );
    if failed {
        return ExitCode::FAILURE;
    }
    println!("no promise was broken");
    ExitCode::SUCCESS
}

/// The histories that are to be lived, and how far each is.
struct Histories<'a> {
    wanted: &'a Arguments,
    next: AtomicU64,
    failed: AtomicBool,
    months: Mutex<BTreeMap<u64, NaiveDate>>,
    told: Mutex<BTreeMap<u64, Told>>,
}

impl<'a> Histories<'a> {
    fn of(wanted: &'a Arguments) -> Self {
        Self {
            wanted,
            next: AtomicU64::new(wanted.seed),
            failed: AtomicBool::new(false),
            months: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// Lives all of them; after a broken promise no other begins.
    fn live(self, at_once: usize) -> BTreeMap<u64, Told> {
        std::thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| self.work());
            }
        });
        self.told
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let end = self.wanted.seed.saturating_add(self.wanted.seeds);
        while !self.failed.load(Ordering::Relaxed) {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                return;
            }
            let told = self.one(seed);
            self.failed.fetch_or(told.is_err(), Ordering::Relaxed);
            lock(&self.months).remove(&seed);
            lock(&self.told).insert(seed, told);
        }
    }

    fn one(&self, seed: u64) -> Told {
        let in_memory = Scenario {
            customers: self.wanted.customers,
            years: self.wanted.years,
            seed,
            faults: self.wanted.faults,
            kept: Kept::InMemory,
        };
        if !self.wanted.sqlite {
            return self.lived(in_memory);
        }
        let on_sqlite = Scenario {
            kept: Kept::OnSqlite,
            ..in_memory
        };
        let (stored, lasted) = self.lived(on_sqlite)?;
        let (remembered, _) = self.lived(in_memory)?;
        match stored == remembered {
            true => Ok((stored, lasted)),
            false => Err(format!(
                "seed {seed}: the real store has come to {stored:?}, memory to {remembered:?}"
            )),
        }
    }

    fn lived(&self, scenario: Scenario) -> Told {
        let begun = Instant::now();
        let told = simulate(scenario, |day| {
            if day.day() == 1 {
                self.show(scenario.seed, day);
            }
        });
        told.map(|it| (it, begun.elapsed()))
            .map_err(|broken| broken.to_string())
    }

    /// One line of progress: which month each history has come to.
    fn show(&self, seed: u64, day: NaiveDate) {
        let mut months = lock(&self.months);
        months.insert(seed, day);
        let each = months
            .iter()
            .map(|(seed, day)| format!("{seed}: {}", day.format("%Y-%m")));
        let each: Vec<_> = each.collect();
        let done = lock(&self.told).len();
        let of = self.wanted.seeds;
        eprint!(
            "\r{done} of {of} histories; seed {}        ",
            each.join(", ")
        );
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn table(told: &BTreeMap<u64, Told>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header([
        "seed",
        "customers",
        "days",
        "invoices",
        "payments",
        "money back",
        "passes",
        "events",
        "judged",
        "deliveries/payments/sweeps twice",
        "held up",
        "died before/after a write",
        "outages",
        "days missed",
        "seconds",
    ]);
    for (seed, told) in told {
        if let Ok((summary, lasted)) = told {
            table.add_row(row(*seed, summary, *lasted));
        }
    }
    table
}

fn row(seed: u64, told: &Summary, lasted: Duration) -> Vec<String> {
    let faults = &told.faults;
    vec![
        seed.to_string(),
        told.customers.to_string(),
        told.days.to_string(),
        told.invoices.to_string(),
        told.payments.to_string(),
        told.returned.to_string(),
        told.passes.to_string(),
        told.events.to_string(),
        told.judged.to_string(),
        format!(
            "{}/{}/{}",
            faults.repeated_deliveries, faults.repeated_payments, faults.repeated_sweeps
        ),
        faults.held_up.to_string(),
        format!("{}/{}", faults.died_before_write, faults.died_after_write),
        faults.outages.to_string(),
        faults.missed_days.to_string(),
        format!("{}.{}", lasted.as_secs(), lasted.subsec_millis() / 100),
    ]
}

/// The most memory the process has held, where the system tells.
fn memory_mb() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let kilobytes = most.and_then(|it| it.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.map_or_else(|| "unknown".to_owned(), |it| (it / 1_024).to_string())
}
