//! `cargo xtask simulate`: a whole provider on virtual time, and whether its judge catches rules that were broken on
//! purpose.

mod mutations;

use anyhow::{Result, ensure};

use crate::cli::Simulate;
use crate::shell::Shell;

/// Optimised, but built in a minute.
pub(super) const PROFILE: &str = "simulation";

/// Simulates, or proves the judge.
///
/// # Errors
/// When a promise does not hold, or a broken rule is not caught.
pub(crate) async fn run(shell: &mut Shell, wanted: &Simulate) -> Result<bool> {
    if wanted.mutations {
        return mutations::run(shell).await;
    }
    let (customers, years, seeds) = match wanted.deep {
        true => (2_000, 3, 20),
        false => (wanted.customers, wanted.years, wanted.seeds),
    };
    let mut simulate = shell.cargo();
    simulate.args(["run", "--quiet", "--package", "simulation"]);
    if wanted.sqlite {
        simulate.args(["--features", "sqlite"]);
    }
    simulate.args(["--profile", PROFILE, "--"]);
    for (name, number) in [
        ("--customers", u64::from(customers)),
        ("--years", u64::from(years)),
        ("--seeds", seeds),
        ("--seed", wanted.seed),
    ] {
        simulate.args([name, &number.to_string()]);
    }
    if wanted.faults || wanted.deep {
        simulate.arg("--faults");
    }
    if wanted.sqlite {
        simulate.arg("--sqlite");
    }
    ensure!(seeds > 0, "--seeds must be 1 or more");
    shell.run(&mut simulate).await?;
    Ok(true)
}
