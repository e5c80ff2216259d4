//! The shipped API program under measurement.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::load;
use crate::eventually::rest;
use crate::ports::free_port;
use crate::process::Process;

/// The variable that names the program; `cargo xtask bench` sets it.
const VARIABLE: &str = "BENCH_API_PROGRAM";
/// A start that takes longer has failed.
const TIME_TO_START: Duration = Duration::from_secs(60);

/// An installation of the program with the shipped settings, and the process while it runs.
#[derive(Debug)]
pub(super) struct Program {
    path: PathBuf,
    database_url: Option<String>,
    /// What it logs, where that is not what is shipped.
    log_filter: Option<&'static str>,
    port: u16,
    process: Option<Process>,
    /// Tenant, login and password of the first operator.
    first_operator: Option<(String, String, String)>,
    folder: TempDir,
}

impl Program {
    /// Prepares an installation on a PostgreSQL database, or on SQLite in a folder of its own.
    pub(super) fn install(database_url: Option<String>) -> Result<Self> {
        let path = std::env::var_os(VARIABLE);
        let path =
            path.with_context(|| format!("{VARIABLE} is not set: run `cargo xtask bench`"))?;
        Ok(Self {
            path: path.into(),
            database_url,
            log_filter: None,
            port: free_port()?,
            process: None,
            first_operator: None,
            folder: tempfile::Builder::new().prefix("bench-").tempdir()?,
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The URL of its database.
    pub(super) fn database_url(&self) -> String {
        let file = self.folder.path().join("data/mikrotik-billing.sqlite");
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}", file.display()))
    }

    /// The id of the running process.
    pub(super) fn process_id(&self) -> Option<u32> {
        self.process.as_ref()?.id()
    }

    /// Starts it and gives the time until it said that it is ready.
    pub(super) async fn start(&mut self) -> Result<Duration> {
        let variables = self.variables();
        let folder = self.folder.path();
        let begun = Instant::now();
        let mut process = Process::start("api", &self.path, &[], variables, folder)?;
        let ready = wait_until_ready(&mut process, self.address(), begun).await;
        let ready = ready.with_context(|| process.last_words())?;
        if self.first_operator.is_none() {
            self.first_operator = Some(first_operator(&process)?);
        }
        self.process = Some(process);
        Ok(ready)
    }

    /// From the next start on it logs every statement that it sends to its database.
    pub(super) fn log_statements(&mut self) {
        self.log_filter = Some("warn,sqlx::query=debug");
    }

    /// What it has logged so far.
    pub(super) fn logged(&self) -> Result<String> {
        self.process.as_ref().context("not started")?.logged()
    }

    /// Stops it as Ctrl-C does.
    pub(super) async fn stop(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        let status = process.interrupt().await?;
        ensure!(
            status.success(),
            "ended with {status}: {}",
            process.last_words()
        );
        Ok(())
    }

    /// An access token of the first operator.
    pub(super) async fn token(&self) -> Result<String> {
        let (tenant, login, password) = self.first_operator.as_ref().context("not started")?;
        let body = serde_json::json!({ "tenant": tenant, "login": login, "password": password });
        let answer = self.post("/api/v1/auth/login", "", &body).await?;
        Ok(answer["access_token"]
            .as_str()
            .context("there is no token")?
            .to_owned())
    }

    /// Registers one customer with every detail.
    pub(super) async fn register_customer(&self) -> Result<()> {
        let body = serde_json::json!({
            "kind": "personal",
            "name": "Siti Rahayu",
            "phone": "+628123456789",
            "email": "siti@example.org",
            "address": "Jalan Melati 7, Bandung",
            "note": "rings twice",
        });
        let token = self.token().await?;
        self.post("/api/v1/customers", &token, &body)
            .await
            .map(drop)
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Result<Value> {
        let body = body.to_string();
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n"
        );
        let (status, answer) = load::ask(self.address(), (head + &body).as_bytes()).await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        ensure!(
            matches!(status, 200 | 201),
            "{path} was answered {status}: {answer}"
        );
        Ok(answer)
    }

    fn variables(&self) -> Vec<(String, String)> {
        let data = self.folder.path().join("data").display().to_string();
        let mut variables = vec![
            ("APP__DATA__DIR".to_owned(), data),
            ("APP__SERVER__BIND".to_owned(), self.address().to_string()),
        ];
        let filter = self.log_filter.map(str::to_owned);
        variables.extend(filter.map(|it| ("APP__LOG__FILTER".to_owned(), it)));
        let url = self.database_url.clone();
        variables.extend(url.map(|url| ("APP__DATABASE__URL".to_owned(), url)));
        variables
    }

    /// Where SQLite keeps its file, for whoever fills it while the program is stopped.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

async fn wait_until_ready(
    process: &mut Process,
    address: SocketAddr,
    begun: Instant,
) -> Result<Duration> {
    let question = b"GET /monitoring/ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
    while begun.elapsed() < TIME_TO_START {
        if let Some(status) = process.ended()? {
            bail!("it ended with {status}");
        }
        if load::ask(address, question)
            .await
            .is_ok_and(|(status, _)| (200..300).contains(&status))
        {
            return Ok(begun.elapsed());
        }
        rest(Duration::from_millis(1)).await;
    }
    bail!("it did not get ready");
}

fn first_operator(process: &Process) -> Result<(String, String, String)> {
    let login = process
        .printed_after("login:")?
        .context("no first login was printed")?;
    let password = process
        .printed_after("password:")?
        .context("no first password was printed")?;
    let (tenant, login) = login.split_once('/').context("a login is tenant/name")?;
    Ok((tenant.to_owned(), login.to_owned(), password))
}
