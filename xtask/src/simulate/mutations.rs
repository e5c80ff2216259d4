//! Rules broken on purpose, one at a time, in a copy of the sources: the simulation must end with a broken promise.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use comfy_table::{Table, presets};

use super::PROFILE;
use crate::shell::Shell;

/// What a copy needs to be built.
const COPIED: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "clippy.toml",
    "rust-toolchain.toml",
    "apps",
    "crates",
    "migrations",
    "tests",
    "xtask",
];
/// A history long enough for every rule to matter.
const HISTORY: &[&str] = &[
    "--customers",
    "120",
    "--years",
    "2",
    "--seeds",
    "2",
    "--faults",
];

/// A rule, where it stands, and how it is broken.
struct Mutation {
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

/// Breaks every rule of the list, one after the other, and says whether each was caught.
///
/// # Errors
/// When a rule is not where the list says, or the sources cannot be copied or built.
pub(super) async fn run(shell: &mut Shell) -> Result<bool> {
    let house = shell.root().join("target/mutations");
    let root = shell.root().to_owned();
    fs::create_dir_all(&house)?;
    renew(&root, &house)?;
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_header(["rule broken on purpose", "caught by"]);
    let mut missed = 0;
    for mutation in MUTATIONS {
        let file = house.join(mutation.file);
        let sound = fs::read_to_string(&file).with_context(|| mutation.file)?;
        fs::write(&file, broken(mutation, &sound)?)?;
        let caught = caught(shell, &house).await;
        fs::write(&file, sound)?;
        let caught = caught?;
        missed += usize::from(caught.is_none());
        let by = caught.unwrap_or_else(|| "NOT CAUGHT".to_owned());
        println!("{}: {by}", mutation.name);
        table.add_row([mutation.name.to_owned(), by]);
    }
    println!(
        "{table}\n{} of {} caught",
        MUTATIONS.len() - missed,
        MUTATIONS.len()
    );
    Ok(missed == 0)
}

fn broken(mutation: &Mutation, sound: &str) -> Result<String> {
    let times = sound.matches(mutation.from).count();
    ensure!(
        times == 1,
        "{}: {:?} stands {times} times in {}; mend the list",
        mutation.name,
        mutation.from,
        mutation.file
    );
    Ok(sound.replace(mutation.from, mutation.to))
}

/// The first line of what the simulation says, if it ends badly.
async fn caught(shell: &mut Shell, house: &Path) -> Result<Option<String>> {
    let mut build = shell.cargo();
    // Built often and run for seconds.
    build.env("CARGO_PROFILE_SIMULATION_OPT_LEVEL", "1");
    build.args([
        "build",
        "--quiet",
        "--package",
        "simulation",
        "--profile",
        PROFILE,
    ]);
    build.arg("--manifest-path").arg(house.join("Cargo.toml"));
    build.arg("--target-dir").arg(house.join("target"));
    shell.run(&mut build).await?;
    let program = house.join("target").join(PROFILE).join("simulate");
    let told = tokio::process::Command::new(program).args(HISTORY).output();
    let told = told.await?;
    if told.status.success() {
        return Ok(None);
    }
    let words = String::from_utf8_lossy(&told.stderr).into_owned();
    let said = words.rsplit('\r').next().unwrap_or_default();
    let line = said.lines().find(|it| it.starts_with("seed "));
    let line = line.with_context(|| format!("the simulation ended without a verdict: {words}"))?;
    let short: String = line.chars().take(140).collect();
    Ok(Some(short))
}

/// Copies what changed, so that the build goes on from the last one.
fn renew(root: &Path, house: &Path) -> Result<()> {
    for name in COPIED {
        let from = root.join(name);
        if from.exists() {
            copy(&from, &house.join(name))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &PathBuf) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    let bytes = fs::read(from)?;
    if fs::read(to).ok().as_ref() != Some(&bytes) {
        fs::write(to, bytes).with_context(|| format!("cannot write {}", to.display()))?;
    }
    if !to.exists() {
        bail!("{} was not copied", from.display());
    }
    Ok(())
}

const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "a period begins while the subscription is stopped",
        file: "crates/billing/src/segment.rs",
        from: "if days.start <= start && start < days.end {",
        to: "if days.start < days.start && start < days.end {",
    },
    Mutation {
        name: "a new plan goes on at the old price",
        file: "crates/billing/src/changes.rs",
        from: "                    plan,\n                    price,\n                    quantity,\n                    fee,\n                });",
        to: "                    plan,\n                    price: phases.last().map_or(price, |it| it.price),\n                    quantity,\n                    fee,\n                });",
    },
    Mutation {
        name: "a debt grows old a day early in the report",
        file: "crates/billing/src/reports/aging.rs",
        from: "            ..=0 => Self::Current,\n            1..=30",
        to: "            ..=-1 => Self::Current,\n            0..=30",
    },
    Mutation {
        name: "whoever is cut off stays on the router",
        file: "crates/workflows/src/sell_subscription.rs",
        from: "Access::Suspended => Allowance::Blocked",
        to: "Access::Suspended => Allowance::Restricted",
    },
    Mutation {
        name: "a pass begins when it is sold",
        file: "crates/vouchers/src/voucher.rs",
        from: "self.expires_at = validity.use_end(at);",
        to: "self.expires_at = self.expires_at.or(validity.use_end(at));",
    },
    Mutation {
        name: "a pass is never over",
        file: "crates/vouchers/src/voucher.rs",
        from: "if !over || self.has_ended() {",
        to: "if over || self.has_ended() {",
    },
    Mutation {
        name: "a month always has 30 days",
        file: "crates/billing/src/segment.rs",
        from: "share(whole, part.days(), cycle.days(), scale.step(currency))",
        to: "share(whole, part.days(), 30, scale.step(currency))",
    },
    Mutation {
        name: "what is billed already counts for nothing",
        file: "crates/billing/src/difference/rows.rs",
        from: "missing_days(segment, standing).into_iter();",
        to: "missing_days(segment, &[]).into_iter();",
    },
    Mutation {
        name: "old terms are never taken back",
        file: "crates/billing/src/difference.rs",
        from: "due.extend(repairs(item, &standing, kept, scale)?);",
        to: "repairs(item, &standing, kept, scale)?;",
    },
    Mutation {
        name: "what is taken back is a minor unit short",
        file: "crates/billing/src/difference.rs",
        from: "                true => left,\n",
        to: "                true => left.checked_sub(Money::from_minor(1, left.currency()))?,\n",
    },
    Mutation {
        name: "money pays the newest invoice first",
        file: "crates/billing/src/allocation.rs",
        from: "            Self::OldestFirst => {}",
        to: "            Self::OldestFirst => open.reverse(),",
    },
    Mutation {
        name: "earlier payments do not pay new invoices",
        file: "crates/billing/src/bill.rs",
        from: "    if open.is_empty() {\n        return Ok(postings);",
        to: "    if !open.is_empty() {\n        return Ok(postings);",
    },
    Mutation {
        name: "an invoice is booked as credit",
        file: "crates/billing/src/bill/figures.rs",
        from: "(LedgerAccount::Revenue, net)",
        to: "(LedgerAccount::CustomerCredit, net)",
    },
    Mutation {
        name: "what nobody has paid becomes credit of whoever it was written off for",
        file: "crates/billing/src/invoice/corrections.rs",
        from: "let written_off = data.written_off.min(beyond)?;",
        to: "let written_off = Money::zero(beyond.currency());",
    },
    Mutation {
        name: "a credit note keeps the tax that it gives back",
        file: "crates/billing/src/correct.rs",
        from: "(LedgerAccount::Tax, draft.note.tax()?),",
        to: "(LedgerAccount::Revenue, draft.note.tax()?),",
    },
    Mutation {
        name: "the grace is a day longer",
        file: "crates/billing/src/dunning/procedure.rs",
        from: "day: i64::from(day) + 1,",
        to: "day: i64::from(day) + 2,",
    },
    Mutation {
        name: "nobody is ever cut off for debt",
        file: "crates/billing/src/overdue.rs",
        from: ".nth(rung)",
        to: ".nth(rung.min(2))",
    },
    Mutation {
        name: "who is restricted notices nothing",
        file: "crates/billing/src/subscription/access.rs",
        from: "(SubscriptionStatus::Active, Level::Restricted) => (Access::Restricted, \"overdue\")",
        to: "(SubscriptionStatus::Active, Level::Restricted) => (Access::Active, \"overdue\")",
    },
    Mutation {
        name: "a decision about access may be overtaken by an older one",
        file: "crates/access/src/grant.rs",
        from: "if version <= self.data.access_version || self.data",
        to: "if self.data",
    },
    Mutation {
        name: "a message that comes twice is two payments",
        file: "crates/billing/src/use_cases/record_payment.rs",
        from: "    if let Some(known) = tx.payments().find(command.id).await? {\n        return same_payment(&known, &command);\n    }",
        to: "    let mut command = command;\n    if let Some(known) = tx.payments().find(command.id).await? {\n        same_payment(&known, &command)?;\n        command.id = kernel::Id::from_uuid(scope.correlation);\n        command.reference = None;\n    }",
    },
];

#[cfg(test)]
mod tests {
    //! The list keeps up with the sources, without breaking anything.

    use std::fs;
    use std::path::Path;

    use super::{MUTATIONS, broken};

    #[test]
    fn every_rule_stands_where_the_list_says() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for mutation in MUTATIONS {
            let sound = fs::read_to_string(root.join(mutation.file)).unwrap();
            let broken = broken(mutation, &sound).unwrap();
            assert_ne!(broken, sound, "{}", mutation.name);
        }
    }
}
