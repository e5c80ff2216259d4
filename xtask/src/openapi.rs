//! `cargo xtask openapi`: the description of the API, as a file for people and generators.

use std::fs;

use anyhow::{Context, Result};
use serde::de::IgnoredAny;

use crate::products;
use crate::shell::Shell;

/// The committed description, from the root.
const PAGE: &str = "docs/openapi.json";

/// What is wrong with a committed description that the code no longer gives, and which command writes it.
pub(crate) const STALE: &str = "is not what the program says: cargo xtask openapi";

/// Writes the description that the code gives, or compares it with the committed one.
///
/// # Errors
/// When the program cannot be built or does not print a description.
pub(crate) async fn run(shell: &mut Shell, check: bool) -> Result<bool> {
    products::build(shell, products::DEVELOPMENT).await?;
    let mut program = shell.program(products::api(shell, products::DEVELOPMENT));
    program.arg("openapi");
    let printed = shell.output(&mut program).await?;
    let _: IgnoredAny = serde_json::from_str(&printed).context("the program printed no JSON")?;
    // As printed: the order of the keys is part of how people read it.
    let text = format!("{}\n", printed.trim_end());
    let page = shell.root().join(PAGE);
    if check {
        let fresh = fs::read_to_string(&page).is_ok_and(|committed| committed == text);
        println!("{PAGE} {}", if fresh { "is up to date" } else { STALE });
        return Ok(fresh);
    }
    fs::write(&page, text).with_context(|| format!("cannot write {PAGE}"))?;
    println!("wrote {PAGE}");
    Ok(true)
}
