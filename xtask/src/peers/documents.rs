//! Other people's programs read the documents we export.

use anyhow::Result;

use super::libraries;
use crate::shell::Shell;
use crate::steps::{Outcome, Steps};

/// Installs the programs, writes a hundred invoices and the samples, and lets the programs judge.
///
/// # Errors
/// When somebody asked to stop.
pub(super) async fn run(shell: &mut Shell) -> Result<bool> {
    let mut steps = Steps::default();
    let mut ready = None;
    let prepare = async {
        ready = Some(libraries::install_for_documents(shell).await?);
        Ok(Outcome::Passed)
    };
    steps.run("validators", prepare).await?;
    if let Some(libraries) = ready {
        let folder = shell.target().join("peers-documents");
        let write = async {
            let mut cargo = shell.cargo();
            cargo.args([
                "run",
                "--quiet",
                "--package",
                "documents",
                "--example",
                "samples",
                "--",
            ]);
            shell.run(cargo.arg(&folder)).await?;
            Ok(Outcome::Passed)
        };
        steps.run("documents", write).await?;
        let judge = async {
            let mut python = libraries.python(shell, "documents.py");
            shell.run(python.arg(&folder)).await?;
            Ok(Outcome::Passed)
        };
        steps.run("rules", judge).await?;
    }
    Ok(steps.finish())
}
