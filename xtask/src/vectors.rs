//! `cargo xtask vectors`: real cases of other billing systems, put to ours.

use anyhow::{Result, ensure};

use crate::cli::Vectors;
use crate::shell::Shell;

/// The project's own copy of the figures.
const OWN: &str = "crates/billing-vectors/data";

/// Puts a folder to the runners, or writes the project's own copy of it.
///
/// # Errors
/// When a case fails, or the folder cannot be read.
pub(crate) async fn run(shell: &mut Shell, wanted: &Vectors) -> Result<bool> {
    let folder = &wanted.folder;
    ensure!(folder.is_dir(), "{} is no folder", folder.display());
    let mut vectors = shell.cargo();
    vectors.args(["run", "--quiet", "--package", "billing-vectors", "--"]);
    vectors.arg(std::path::absolute(folder)?);
    if wanted.transcribe {
        vectors.arg("--transcribe").arg(shell.root().join(OWN));
    }
    if wanted.prove {
        vectors.arg("--prove");
    }
    if let Some(theme) = &wanted.theme {
        vectors.args(["--theme", theme.as_str()]);
    }
    shell.run(&mut vectors).await?;
    Ok(true)
}
