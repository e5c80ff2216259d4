//! One process of the product, with its output in files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::{Child, Command};

use crate::eventually::eventually;

/// How long a process may take to end once it was asked to.
const TIME_TO_END: Duration = Duration::from_secs(20);
/// How much of a log is shown when something fails.
const LAST_LINES: usize = 40;

/// A running program. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Process {
    /// Starts a program in a folder, with only these variables and `PATH`. Its output is appended to `<name>.out` and
    /// `<name>.log` there.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(
        name: &str,
        program: &Path,
        arguments: &[&str],
        variables: impl IntoIterator<Item = (String, String)>,
        folder: &Path,
    ) -> Result<Self> {
        let (stdout, stderr) = (
            folder.join(format!("{name}.out")),
            folder.join(format!("{name}.log")),
        );
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(folder)
            .kill_on_drop(true);
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("RUST_BACKTRACE", "1").envs(variables);
        command
            .stdin(Stdio::null())
            .stdout(append(&stdout)?)
            .stderr(append(&stderr)?);
        let child = command.spawn();
        let child = child.with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            stdout,
            stderr,
        })
    }

    /// What it has printed so far, earlier runs of the same name included.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn printed(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.stdout)?)
    }

    /// What it has logged so far.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn logged(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.stderr)?)
    }

    /// The first thing after `label` that was printed on a line of its own, such as `password: …`.
    ///
    /// # Errors
    /// When the output cannot be read.
    pub fn printed_after(&self, label: &str) -> Result<Option<String>> {
        let printed = self.printed()?;
        let mut values = printed
            .lines()
            .filter_map(|line| line.trim().strip_prefix(label));
        Ok(values.next().map(|value| value.trim().to_owned()))
    }

    /// The id of the process while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Kills it as the kernel would, and waits until it is gone.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Presses Ctrl-C and waits for the end.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn interrupt(&mut self) -> Result<ExitStatus> {
        self.signal("INT").await?;
        self.wait(TIME_TO_END).await
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn wait(&mut self, within: Duration) -> Result<ExitStatus> {
        let what = format!("the end of {}", self.name);
        let ended = eventually(&what, within, async || self.ended()).await;
        ended.with_context(|| self.last_words())
    }

    async fn signal(&self, signal: &str) -> Result<()> {
        let id = self
            .id()
            .with_context(|| format!("{} has ended before", self.name))?;
        let sent = Command::new("kill")
            .args([format!("-{signal}"), id.to_string()])
            .status();
        if !sent.await?.success() {
            bail!("{} cannot be signalled", self.name);
        }
        Ok(())
    }

    /// The end of its output, for the text of a failure.
    #[must_use]
    pub fn last_words(&self) -> String {
        let tail = |file: &Path| {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let lines: Vec<_> = text.lines().collect();
            lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
        };
        let (printed, logged) = (tail(&self.stdout), tail(&self.stderr));
        format!("{} printed:\n{printed}\nand logged:\n{logged}", self.name)
    }
}

fn append(file: &Path) -> Result<File> {
    let opened = File::options().create(true).append(true).open(file);
    opened.with_context(|| format!("cannot write {}", file.display()))
}
