//! A PostgreSQL of our own in a temporary folder.

mod settings;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tempfile::TempDir;

use super::account::Account;
use super::port;
use crate::install;
use crate::shell::Shell;

pub(super) use settings::Durability;

/// Where Debian and Ubuntu put the server programs, one folder per version.
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";

/// A running server. Dropping it stops it and removes its folder.
pub(crate) struct Postgres {
    folder: TempDir,
    pg_ctl: PathBuf,
    account: Account,
    port: u16,
    running: bool,
}

/// How a test stops and starts the server, as JSON in `TEST_DATABASE_CONTROL`.
#[derive(Debug, Serialize)]
pub(super) struct Control {
    /// Its maintenance database.
    url: String,
    /// The words of the command that starts it and returns once it accepts connections.
    start: Vec<String>,
    /// The words of the command that stops it at once, as a crash would.
    stop: Vec<String>,
    pg_ctl: String,
    data_dir: String,
    /// First line: the process id of the running server.
    pid_file: String,
    /// The account that must run `pg_ctl`; `null` when it is the caller's own.
    run_as: Option<String>,
}

impl Control {
    pub(super) fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

/// The folder of the server programs, installed if they are missing and that is allowed.
///
/// # Errors
/// When they are missing and cannot be installed; the text says what to install.
pub(super) async fn find_or_install(shell: &mut Shell) -> Result<PathBuf> {
    if let Some(programs) = find() {
        return Ok(programs);
    }
    install::apt_package(
        shell,
        "postgresql",
        "PostgreSQL (initdb, pg_ctl, postgres; or set DATABASE_URL)",
    )
    .await?;
    find().context("PostgreSQL is installed, but initdb, pg_ctl and postgres are not found")
}

/// The folder of the server programs: in `PATH`, else the newest of Debian's.
pub(super) fn find() -> Option<PathBuf> {
    let in_path = install::find_program("initdb").and_then(|it| it.parent().map(Path::to_owned));
    in_path
        .into_iter()
        .chain(debian_folders())
        .find(|folder| is_complete(folder))
}

/// Debian's folders of programs, the newest version first.
fn debian_folders() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(DEBIAN_FOLDER) else {
        return Vec::new();
    };
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut versions: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    versions.sort_by_key(|path| std::cmp::Reverse(version(path)));
    versions.into_iter().map(|path| path.join("bin")).collect()
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"]
        .iter()
        .all(|name| install::is_program(&folder.join(name)))
}

impl Postgres {
    /// Creates a cluster and starts its server on a free port.
    ///
    /// # Errors
    /// When a program fails, or somebody asked to stop.
    pub(super) async fn start(
        shell: &mut Shell,
        programs: &Path,
        durability: Durability,
    ) -> Result<Self> {
        let account = Account::ordinary(shell).await?;
        let folder = tempfile::Builder::new().prefix("xtask-pg-").tempdir()?;
        account.own(folder.path())?;
        let pg_ctl = programs.join("pg_ctl");
        let mut server = Self {
            folder,
            pg_ctl,
            account,
            port: 0,
            running: false,
        };
        server
            .create_cluster(shell, &programs.join("initdb"))
            .await?;
        server.start_somewhere(shell, durability).await?;
        Ok(server)
    }

    /// The maintenance database, as its superuser.
    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// How a test stops and starts this server.
    pub(super) fn control(&self) -> Control {
        let words =
            |arguments: &[String]| [&self.account.words(&self.pg_ctl)[..], arguments].concat();
        Control {
            url: self.url(),
            start: words(&self.start_arguments()),
            stop: words(&self.stop_arguments()),
            pg_ctl: self.pg_ctl.display().to_string(),
            data_dir: self.data().display().to_string(),
            pid_file: self.data().join("postmaster.pid").display().to_string(),
            run_as: self.account.name().map(str::to_owned),
        }
    }

    /// Stops the server.
    ///
    /// # Errors
    /// When it still runs afterwards.
    pub(super) fn stop(mut self) -> Result<()> {
        self.end()
    }

    async fn create_cluster(&self, shell: &mut Shell, initdb: &Path) -> Result<()> {
        let data = self.data().display().to_string();
        let arguments = [
            "--pgdata",
            &data,
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ];
        let mut command = self
            .account
            .command(shell, initdb, arguments, self.folder.path());
        shell
            .output(&mut command)
            .await
            .context("cannot create a PostgreSQL cluster")?;
        Ok(())
    }

    async fn start_somewhere(&mut self, shell: &mut Shell, durability: Durability) -> Result<()> {
        let defaults = std::fs::read_to_string(self.configuration())?;
        for _ in 0..port::ATTEMPTS {
            self.port = port::free()?;
            let settings = settings::text(self.port, self.folder.path(), durability);
            std::fs::write(self.configuration(), format!("{defaults}\n{settings}"))?;
            self.running = true;
            let arguments = self.start_arguments();
            let mut command =
                self.account
                    .command(shell, &self.pg_ctl, arguments, self.folder.path());
            if shell.status(command.stdout(Stdio::null())).await?.success() {
                return Ok(());
            }
            self.running = false;
        }
        bail!("PostgreSQL does not start: {}", self.last_words())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn configuration(&self) -> PathBuf {
        self.data().join("postgresql.conf")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn start_arguments(&self) -> Vec<String> {
        let (data, log) = (
            self.data().display().to_string(),
            self.log().display().to_string(),
        );
        ["start", "-w", "-s", "-D", &data, "-l", &log]
            .map(str::to_owned)
            .into()
    }

    fn stop_arguments(&self) -> Vec<String> {
        let data = self.data().display().to_string();
        ["stop", "-w", "-s", "-m", "immediate", "-D", &data]
            .map(str::to_owned)
            .into()
    }

    /// The end of the server's log.
    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join(" | ")
    }

    fn end(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.running) || !self.data().join("postmaster.pid").exists() {
            return Ok(());
        }
        let words = self.account.words(&self.pg_ctl);
        let status = std::process::Command::new(&words[0])
            .args(&words[1..])
            .args(self.stop_arguments())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .status()?;
        if !status.success() {
            bail!(
                "PostgreSQL in {} does not stop",
                self.folder.path().display()
            );
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("xtask: {error:#}");
        }
    }
}
