//! A Redis of our own that keeps nothing.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::time::{Instant, interval};

use super::port;
use crate::install;
use crate::shell::Shell;

/// How long the server may take to answer.
const START_LIMIT: Duration = Duration::from_secs(10);

/// A running server. Dropping it stops it and removes its folder.
pub(crate) struct Redis {
    // Declared first, as the server must be gone before its folder.
    process: Process,
    port: u16,
    _folder: TempDir,
}

struct Process(Child);

/// The server program, installed if it is missing and that is allowed.
///
/// # Errors
/// When it is missing and cannot be installed; the text says what to install.
pub(super) async fn find_or_install(shell: &mut Shell) -> Result<PathBuf> {
    if let Some(program) = install::find_program("redis-server") {
        return Ok(program);
    }
    install::apt_package(
        shell,
        "redis-server",
        "Redis (redis-server; or set REDIS_URL)",
    )
    .await?;
    install::find_program("redis-server")
        .context("Redis is installed, but redis-server is not found")
}

impl Redis {
    /// Starts a server on a free port and waits until it answers.
    ///
    /// # Errors
    /// When it does not, or somebody asked to stop.
    pub(super) async fn start(shell: &mut Shell, program: &Path) -> Result<Self> {
        for _ in 0..port::ATTEMPTS {
            let mut redis = Self::spawn(program, port::free()?)?;
            let ready = redis.answers();
            if shell.unless_stopped(ready).await? {
                return Ok(redis);
            }
        }
        bail!("{} does not start", program.display())
    }

    /// Its address, database 0.
    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Stops the server.
    ///
    /// # Errors
    /// When it cannot be stopped.
    pub(super) fn stop(mut self) -> Result<()> {
        self.process.end()
    }

    fn spawn(program: &Path, port: u16) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("xtask-redis-").tempdir()?;
        let number = port.to_string();
        let arguments = [
            "--bind",
            "127.0.0.1",
            "--port",
            &number,
            "--save",
            "",
            "--appendonly",
            "no",
        ];
        let child = Command::new(program)
            .args(arguments)
            .arg("--dir")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            // A group of its own: Ctrl-C must reach the tests first, then us, and it last.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        Ok(Self {
            process: Process(child),
            port,
            _folder: folder,
        })
    }

    /// Waits until the server answers; `false` when it ended or took too long.
    async fn answers(&mut self) -> bool {
        let deadline = Instant::now() + START_LIMIT;
        let mut tick = interval(Duration::from_millis(20));
        while Instant::now() < deadline {
            tick.tick().await;
            if !matches!(self.process.0.try_wait(), Ok(None)) {
                return false;
            }
            if ping(self.port).is_ok_and(|pong| pong) {
                return true;
            }
        }
        false
    }
}

/// Whether a Redis at that port answers.
fn ping(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG\r\n")
}

impl Process {
    fn end(&mut self) -> Result<()> {
        if self.0.try_wait()?.is_some() {
            return Ok(());
        }
        self.0.kill().context("cannot stop Redis")?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("xtask: {error:#}");
        }
    }
}
