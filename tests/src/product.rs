//! The product as processes: installed in a folder of its own, started, killed and started again.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::database::ServerDatabase;
use crate::eventually::{eventually, rest};
use crate::moved_clock::MovedClock;
use crate::operator::{Credentials, Operator, Patience};
use crate::ports::free_port;
use crate::process::Process;
use crate::sabotage::Sabotage;

/// How long a start may take on a busy machine.
const TIME_TO_START: Duration = Duration::from_secs(60);
/// How soon a dead process is noticed by [`Product::keep_alive`].
const WATCH: Duration = Duration::from_millis(20);
/// When every story begins, in Jakarta: year, month, day, hour.
const FIRST_HOUR: (i32, u32, u32, u32) = (2027, 3, 10, 10);

/// The product's programs, compiled with the test hooks.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The API, which hosts the worker when it is embedded.
    pub api: PathBuf,
    /// The worker.
    pub worker: PathBuf,
}

/// What is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One process on a SQLite file.
    Sqlite,
    /// Processes beside each other on PostgreSQL.
    Postgres {
        /// How many APIs.
        apis: usize,
        /// How many workers.
        workers: usize,
    },
}

impl Shape {
    /// One API and one worker on PostgreSQL.
    pub const POSTGRES: Self = Self::Postgres {
        apis: 1,
        workers: 1,
    };

    const fn counts(self) -> (usize, usize) {
        match self {
            Self::Sqlite => (1, 0),
            Self::Postgres { apis, workers } => (apis, workers),
        }
    }
}

/// An installation and its running processes. Dropping it kills them and removes everything.
#[derive(Debug)]
pub struct Product {
    programs: Programs,
    shape: Shape,
    settings: BTreeMap<String, String>,
    arguments: Vec<&'static str>,
    clock: MovedClock,
    /// Whether the processes live by [`Self::clock`], and not by the real one.
    is_moved: bool,
    ports: Vec<u16>,
    apis: Vec<Process>,
    workers: Vec<Process>,
    credentials: Option<Credentials>,
    deaths: usize,
    // Last, so that the processes are gone before their files and database are.
    _database: Option<ServerDatabase>,
    folder: TempDir,
}

impl Product {
    /// Prepares an installation with an empty storage; nothing runs yet.
    ///
    /// # Errors
    /// When there is no room, no port or no database server.
    pub async fn install(programs: Programs, shape: Shape) -> Result<Self> {
        let database = match shape {
            Shape::Sqlite => None,
            Shape::Postgres { .. } => Some(ServerDatabase::create().await?),
        };
        let url = database.as_ref().map(ServerDatabase::url);
        Self::prepare(programs, shape, url, database)
    }

    /// Prepares an installation on a database that somebody else looks after.
    ///
    /// # Errors
    /// When there is no room or no port.
    pub fn install_on(programs: Programs, shape: Shape, url: String) -> Result<Self> {
        Self::prepare(programs, shape, Some(url), None)
    }

    fn prepare(
        programs: Programs,
        shape: Shape,
        url: Option<String>,
        database: Option<ServerDatabase>,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("e2e-").tempdir()?;
        let ports = (0..shape.counts().0)
            .map(|_| free_port())
            .collect::<Result<_>>()?;
        let clock = MovedClock::starting_at(folder.path().join("clock"), FIRST_HOUR)?;
        let mut settings = fast_settings(folder.path());
        settings.extend(url.map(|url| ("DATABASE__URL".to_owned(), url)));
        Ok(Self {
            programs,
            shape,
            settings,
            arguments: Vec::new(),
            clock,
            is_moved: true,
            ports,
            apis: Vec::new(),
            workers: Vec::new(),
            credentials: None,
            deaths: 0,
            _database: database,
            folder,
        })
    }

    /// Changes a setting, such as `SWEEPS__WATCH_SESSIONS_S`; it holds from the next start on.
    #[must_use]
    pub fn with(mut self, setting: &str, value: &str) -> Self {
        self.set(setting, value);
        self
    }

    /// The same for an installation that exists already.
    pub(crate) fn set(&mut self, setting: &str, value: &str) {
        self.settings.insert(setting.to_owned(), value.to_owned());
    }

    /// Every wait and every limit as shipped, not the short ones of the stories, and by the real clock.
    #[must_use]
    pub(crate) fn at_the_shipped_pace(mut self) -> Self {
        self.is_moved = false;
        let paces = ["WORKER__", "SWEEPS__", "ROUTERS__", "DATABASE__"];
        let needed = ["DATABASE__URL", "ROUTERS__ALLOW_LOOPBACK"];
        self.settings.retain(|name, _| {
            needed.contains(&name.as_str()) || !paces.iter().any(|it| name.starts_with(it))
        });
        self
    }

    /// Gives the APIs an argument, such as `--demo`.
    #[must_use]
    pub fn with_argument(mut self, argument: &'static str) -> Self {
        self.arguments.push(argument);
        self
    }

    /// The clock of every process.
    #[must_use]
    pub const fn clock(&self) -> &MovedClock {
        &self.clock
    }

    /// The folder with the data, the keys and the logs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How many processes have died by themselves under [`Self::keep_alive`].
    #[must_use]
    pub const fn deaths(&self) -> usize {
        self.deaths
    }

    /// Starts every process and waits until the APIs are ready.
    ///
    /// # Errors
    /// When one ends or does not get ready; the text holds its last words.
    pub async fn start(&mut self, sabotage: &Sabotage) -> Result<()> {
        let (apis, workers) = self.shape.counts();
        for index in 0..apis {
            let sabotage = if workers == 0 {
                sabotage
            } else {
                &Sabotage::default()
            };
            let api = self.spawn_api(index, sabotage)?;
            self.apis.push(api);
        }
        for index in 0..workers {
            let sabotage = if index == 0 {
                sabotage
            } else {
                &Sabotage::default()
            };
            let worker = self.spawn_worker(index, sabotage)?;
            self.workers.push(worker);
        }
        self.wait_until_ready().await?;
        self.read_credentials()
    }

    /// Stops every process as Ctrl-C does, and requires that each ends well.
    ///
    /// # Errors
    /// When one does not end, or ends with a failure.
    pub async fn stop(&mut self) -> Result<()> {
        for mut process in self.workers.drain(..).chain(self.apis.drain(..)) {
            let status = process.interrupt().await?;
            ensure!(
                status.success(),
                "ended with {status}: {}",
                process.last_words()
            );
        }
        Ok(())
    }

    /// Starts whatever dies again, without sabotage. Never ends by itself; run it beside a story.
    ///
    /// # Errors
    /// When a process cannot be started again.
    pub async fn keep_alive(&mut self) -> Result<Infallible> {
        loop {
            for index in 0..self.apis.len() {
                if self.apis[index].ended()?.is_some() {
                    self.deaths += 1;
                    self.apis[index] = self.spawn_api(index, &Sabotage::default())?;
                }
            }
            for index in 0..self.workers.len() {
                if self.workers[index].ended()?.is_some() {
                    self.deaths += 1;
                    self.workers[index] = self.spawn_worker(index, &Sabotage::default())?;
                }
            }
            rest(WATCH).await;
        }
    }

    /// Starts an API that is expected to refuse its settings; gives what it said.
    ///
    /// # Errors
    /// When it goes on, or ends as if all was well.
    pub async fn refusal(&self, arguments: &[&str]) -> Result<String> {
        let variables = self.variables(0, &Sabotage::default());
        let folder = self.folder.path();
        let mut api = Process::start("refused", &self.programs.api, arguments, variables, folder)?;
        let status = api.wait(TIME_TO_START).await?;
        ensure!(!status.success(), "it started: {}", api.last_words());
        api.logged()
    }

    /// Kills a worker as the kernel would.
    ///
    /// # Errors
    /// When there is no such worker.
    pub async fn kill_worker(&mut self, index: usize) -> Result<()> {
        self.workers
            .get_mut(index)
            .context("there is no such worker")?
            .kill()
            .await
    }

    /// The first operator, signed in; the first failure counts.
    ///
    /// # Errors
    /// When the login is refused.
    pub async fn admin(&self) -> Result<Operator> {
        self.operator(Patience::NONE).await
    }

    /// The first operator, signed in.
    ///
    /// # Errors
    /// When the login is refused.
    pub async fn operator(&self, patience: Patience) -> Result<Operator> {
        let credentials = self
            .credentials
            .clone()
            .context("the product has not been started")?;
        Operator::sign_in(self.base_urls(), credentials, patience).await
    }

    /// Where the APIs are.
    #[must_use]
    pub fn base_urls(&self) -> Vec<String> {
        self.ports
            .iter()
            .map(|port| format!("http://127.0.0.1:{port}"))
            .collect()
    }

    /// What every process has logged, for the text of a failure.
    #[must_use]
    pub fn last_words(&self) -> String {
        let words = self
            .apis
            .iter()
            .chain(&self.workers)
            .map(Process::last_words);
        words.collect::<Vec<_>>().join("\n")
    }

    /// How many different first passwords the APIs have printed.
    ///
    /// # Errors
    /// When the output cannot be read.
    pub fn count_printed_passwords(&self) -> Result<usize> {
        let printed: Vec<_> = self
            .apis
            .iter()
            .map(Process::printed)
            .collect::<Result<_>>()?;
        let lines = printed.iter().flat_map(|it| it.lines());
        Ok(lines
            .filter(|line| line.trim().starts_with(PASSWORD))
            .count())
    }

    fn spawn_api(&self, index: usize, sabotage: &Sabotage) -> Result<Process> {
        let variables = self.variables(index, sabotage);
        let (name, folder) = (format!("api-{index}"), self.folder.path());
        Process::start(
            &name,
            &self.programs.api,
            &self.arguments,
            variables,
            folder,
        )
    }

    fn spawn_worker(&self, index: usize, sabotage: &Sabotage) -> Result<Process> {
        let variables = self.variables(0, sabotage);
        let (name, folder) = (format!("worker-{index}"), self.folder.path());
        Process::start(&name, &self.programs.worker, &[], variables, folder)
    }

    /// What a process of this installation finds in its environment; the port is that of an API.
    fn variables(&self, api: usize, sabotage: &Sabotage) -> Vec<(String, String)> {
        let bind = self.ports.get(api).map(|port| format!("127.0.0.1:{port}"));
        let bind = bind.map(|bind| ("SERVER__BIND".to_owned(), bind));
        let given = self
            .settings
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        let settings = bind.into_iter().chain(given);
        let clock = (
            bootstrap::hooks::CLOCK_FILE.to_owned(),
            self.clock.file().display().to_string(),
        );
        settings
            .map(|(name, value)| (format!("APP__{name}"), value))
            .chain(self.is_moved.then_some(clock))
            .chain(sabotage.variables())
            .collect()
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let http = reqwest::Client::new();
        for (api, base) in self.apis.iter_mut().zip(self.ports.iter()) {
            let place = format!("http://127.0.0.1:{base}/monitoring/ready");
            let ready = eventually("a ready api", TIME_TO_START, async || {
                if let Some(status) = api.ended()? {
                    bail!("the api ended with {status}");
                }
                let answer = http.get(&place).send().await.ok();
                Ok(answer.filter(|it| it.status().is_success()).map(drop))
            });
            let ready = ready.await;
            ready.with_context(|| api.last_words())?;
        }
        Ok(())
    }

    /// The first start prints them once.
    fn read_credentials(&mut self) -> Result<()> {
        if self.credentials.is_some() {
            return Ok(());
        }
        for api in &self.apis {
            let Some(password) = api.printed_after(PASSWORD)? else {
                continue;
            };
            let login = api
                .printed_after(LOGIN)?
                .context("a password is printed without a login")?;
            let (tenant, login) = login.split_once('/').context("a login is tenant/name")?;
            self.credentials = Some(Credentials {
                tenant: tenant.to_owned(),
                login: login.to_owned(),
                password,
            });
            return Ok(());
        }
        bail!("no api printed a first password: {}", self.last_words())
    }
}

/// What stands before the first operator's login and password.
const LOGIN: &str = "login:";
const PASSWORD: &str = "password:";

/// Short waits, because those of a real installation would only make the stories slow, and the terms of the story: five
/// days to pay, slow after two more, off after five.
fn fast_settings(folder: &Path) -> BTreeMap<String, String> {
    let data = folder.join("data").display().to_string();
    let settings = [
        ("DATA__DIR", data.as_str()),
        ("WORKER__POLL_MS", "50"),
        ("WORKER__LEASE_S", "5"),
        ("SWEEPS__RAISE_INVOICES_S", "1"),
        ("SWEEPS__EVALUATE_OVERDUE_S", "1"),
        ("SWEEPS__EXPIRE_VOUCHERS_S", "1"),
        ("SWEEPS__EXPIRE_PAYMENTS_S", "1"),
        ("SWEEPS__WATCH_SESSIONS_S", "1"),
        ("SWEEPS__RECONCILE_ROUTERS_S", "5"),
        ("ROUTERS__ALLOW_LOOPBACK", "true"),
        ("ROUTERS__COMMAND_TIMEOUT_S", "2"),
        ("ROUTERS__CONNECT_TIMEOUT_S", "2"),
        ("ROUTERS__WRITES_PER_S", "0"),
        ("ROUTERS__LIMITER__BURST", "0"),
        ("ROUTERS__BREAKER__OPEN_S", "1"),
        ("DATABASE__MAX_CONNECTIONS", "8"),
        ("DATABASE__ACQUIRE_TIMEOUT_S", "2"),
        ("ROUTERS__RECONNECT_MAX_S", "1"),
        ("LOG__FILTER", "info"),
        ("FOUNDING__CURRENCY", "IDR"),
        ("FOUNDING__ZONE", "Asia/Jakarta"),
        ("FOUNDING__INVOICE_DIGITS", "0"),
        ("FOUNDING__TERMS_DAYS", "5"),
        ("FOUNDING__GRACE_DAYS", "2"),
        ("FOUNDING__SUSPEND_AFTER_DAYS", "5"),
    ];
    settings
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}
