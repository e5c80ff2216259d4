//! The account that a server runs as: PostgreSQL refuses to run as root.

use std::ffi::OsStr;
use std::os::unix::fs::chown;
use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::install;
use crate::shell::Shell;

/// Accounts to step down to, in order.
const CANDIDATES: &[&str] = &["postgres", "nobody"];

/// Who runs the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    /// Whoever runs this program.
    Own,
    /// Another one, as root may choose.
    Other { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// Our own account, or an ordinary one when ours is root.
    ///
    /// # Errors
    /// When this is root and there is no account to step down to.
    pub(super) async fn ordinary(shell: &mut Shell) -> Result<Self> {
        if !install::is_root(shell).await? {
            return Ok(Self::Own);
        }
        if install::find_program("setpriv").is_none() {
            bail!("PostgreSQL refuses root and `setpriv` is missing: install util-linux");
        }
        for name in CANDIDATES {
            if let (Some(uid), Some(gid)) = (
                number(shell, "-u", name).await?,
                number(shell, "-g", name).await?,
            ) {
                return Ok(Self::Other {
                    name: (*name).to_owned(),
                    uid,
                    gid,
                });
            }
        }
        bail!("PostgreSQL refuses root and there is no account `postgres` or `nobody` to run it")
    }

    /// The account's name when it is not ours.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Own => None,
            Self::Other { name, .. } => Some(name),
        }
    }

    /// Gives a folder to the account.
    ///
    /// # Errors
    /// When the file system refuses.
    pub(super) fn own(&self, folder: &Path) -> Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other { name, uid, gid } => chown(folder, Some(*uid), Some(*gid))
                .with_context(|| format!("cannot give {} to {name}", folder.display())),
        }
    }

    /// The words that run `program` as the account.
    pub(super) fn words(&self, program: &Path) -> Vec<String> {
        let program = program.to_string_lossy().into_owned();
        match self {
            Self::Own => vec![program],
            Self::Other { uid, gid, .. } => {
                let (user, group) = (format!("--reuid={uid}"), format!("--regid={gid}"));
                vec![
                    "setpriv".to_owned(),
                    user,
                    group,
                    "--clear-groups".to_owned(),
                    program,
                ]
            }
        }
    }

    /// A command that runs `program` as the account, in a folder that the account can enter.
    pub(super) fn command<I>(
        &self,
        shell: &Shell,
        program: &Path,
        arguments: I,
        folder: &Path,
    ) -> Command
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        let words = self.words(program);
        let mut command = shell.program(&words[0]);
        command
            .args(&words[1..])
            .args(arguments)
            .current_dir(folder);
        command
    }
}

async fn number(shell: &mut Shell, which: &str, name: &str) -> Result<Option<u32>> {
    let mut id = shell.program("id");
    id.args([which, name]).stderr(std::process::Stdio::null());
    let output = shell.unless_stopped(id.output()).await??;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
}
