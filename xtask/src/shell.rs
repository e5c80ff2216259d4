//! Runs other programs from the root of the checkout, and winds them down on Ctrl-C.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

/// How long a program may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(10);

/// Somebody asked the command to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub(crate) struct Interrupted;

/// The place from which programs are run.
///
/// The signals are caught from the start, so a Ctrl-C between two programs is not lost: the next
/// program does not start, the error travels up, and the guards of running servers stop them.
pub(crate) struct Shell {
    root: PathBuf,
    stop: StopSignals,
}

/// The ways to ask a program to stop: Ctrl-C, `kill`, and a closed terminal.
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl StopSignals {
    fn catch() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

impl Shell {
    /// A shell in the checkout that this program was built from.
    ///
    /// # Errors
    /// When the checkout is not found or signals cannot be caught.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            root: find_root()?,
            stop: StopSignals::catch()?,
        })
    }

    /// The root of the checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> PathBuf {
        match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => self.root.join(folder),
            None => self.root.join("target"),
        }
    }

    /// A program to be run in the root, without input.
    pub(crate) fn program(&self, name: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(name);
        command
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// The cargo that started this program.
    pub(crate) fn cargo(&self) -> Command {
        self.program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// Runs a program to its end with its output on ours, and requires that it succeeds.
    ///
    /// # Errors
    /// When the program cannot be started or fails; [`Interrupted`] when asked to stop.
    pub(crate) async fn run(&mut self, command: &mut Command) -> Result<()> {
        let status = self.status(command).await?;
        if !status.success() {
            bail!("{} ended with {status}", line(command));
        }
        Ok(())
    }

    /// Runs a program to its end with its output on ours.
    ///
    /// # Errors
    /// When the program cannot be started; [`Interrupted`] when asked to stop.
    pub(crate) async fn status(&mut self, command: &mut Command) -> Result<ExitStatus> {
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot run {}", line(command)))?;
        tokio::select! {
            status = child.wait() => Ok(status?),
            () = self.stop.asked() => {
                wind_down(&mut child).await;
                bail!(Interrupted)
            }
        }
    }

    /// Runs a program to its end and returns what it wrote; its errors go to ours.
    ///
    /// # Errors
    /// When the program cannot be started, fails, or writes no UTF-8; [`Interrupted`] when asked
    /// to stop.
    pub(crate) async fn output(&mut self, command: &mut Command) -> Result<String> {
        command.stdout(Stdio::piped()).stderr(Stdio::inherit());
        let child = command
            .spawn()
            .with_context(|| format!("cannot run {}", line(command)))?;
        let output = self.unless_stopped(child.wait_with_output()).await??;
        if !output.status.success() {
            bail!("{} ended with {}", line(command), output.status);
        }
        String::from_utf8(output.stdout)
            .with_context(|| format!("{} wrote no UTF-8", line(command)))
    }

    /// Waits for `future`, but no longer than until somebody asks to stop.
    ///
    /// # Errors
    /// [`Interrupted`] when asked to stop.
    pub(crate) async fn unless_stopped<F: Future>(&mut self, future: F) -> Result<F::Output> {
        tokio::select! {
            output = future => Ok(output),
            () = self.stop.asked() => bail!(Interrupted),
        }
    }
}

/// The nearest folder, from here upwards, that holds the workspace's lock file.
fn find_root() -> Result<PathBuf> {
    let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::current_dir()?,
    };
    let root = start
        .ancestors()
        .find(|it| it.join("xtask/Cargo.toml").is_file());
    Ok(root.context("run this inside the checkout")?.to_owned())
}

/// Lets a program end by itself, as Ctrl-C reaches it too, then asks it, then ends it.
async fn wind_down(child: &mut Child) {
    eprintln!("xtask: stopping");
    if timeout(Duration::from_secs(2), child.wait()).await.is_ok() {
        return;
    }
    if let Some(pid) = child.id() {
        ask_to_end(pid);
    }
    if timeout(PATIENCE, child.wait()).await.is_err()
        && let Err(error) = child.kill().await
    {
        eprintln!("xtask: cannot end a program: {error}");
    }
}

/// Sends the polite signal to one process.
pub(crate) fn ask_to_end(pid: u32) {
    let asked = std::process::Command::new("kill")
        .arg(pid.to_string())
        .status();
    if let Err(error) = asked {
        eprintln!("xtask: cannot run kill: {error}");
    }
}

/// A command as a person would type it: the program's name without its folder.
fn line(command: &Command) -> String {
    let command = command.as_std();
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
