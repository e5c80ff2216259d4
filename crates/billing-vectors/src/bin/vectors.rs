//! Puts folders of cases to the billing crate and prints how they went.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use billing_vectors::{Case, Report, Theme, read_folder, transcribe, unnoticed};
use clap::Parser;

/// Puts real cases of other billing systems to ours: passed, failed and skipped with reasons, by theme.
///
/// A folder holds files named after their theme (`tax-rounding.json` or `billing-tax-rounding.json`), each
/// `{"vectors": [{"id", "adopt", "description", "source", "input", "expected"}, ...]}`. `adopt` says what is asked: `match` and
/// `mode` must come out as expected, `differs` and `avoid` must not.
#[derive(Parser)]
#[command(name = "vectors", version)]
struct Arguments {
    /// The folder.
    folder: PathBuf,
    /// Only themes whose name contains this.
    #[arg(long)]
    theme: Option<String>,
    /// Writes the project's own copy of the folder here instead.
    #[arg(long)]
    transcribe: Option<PathBuf>,
    /// Changes what each passing case expects, piece by piece, and prints the changes that its runner does not notice.
    #[arg(long)]
    prove: bool,
}

fn main() -> Result<ExitCode> {
    let wanted = Arguments::parse();
    if let Some(own) = &wanted.transcribe {
        for (theme, count) in transcribe(&wanted.folder, own)? {
            println!("{:<24} {count:>5}", theme.as_str());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut cases = read_folder(&wanted.folder)?;
    if let Some(part) = &wanted.theme {
        cases.retain(|(theme, _)| theme.as_str().contains(part.as_str()));
    }
    if wanted.prove {
        return Ok(prove(&cases));
    }
    let report = Report::of(cases);
    print!("{report}");
    Ok(match report.failures().next() {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    })
}

/// Prints every change of an expectation that its runner does not notice and should.
fn prove(cases: &[(Theme, Case)]) -> ExitCode {
    let mut all_noticed = true;
    for (theme, case) in cases {
        let unnoticed = unnoticed(*theme, case).into_iter();
        for it in unnoticed.filter(|it| it.let_be.is_none()) {
            all_noticed = false;
            println!(
                "{} {} {}: {}",
                theme.as_str(),
                it.case,
                it.place,
                it.changed
            );
        }
    }
    if all_noticed {
        println!("{} cases: every change is noticed", cases.len());
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
