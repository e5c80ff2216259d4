//! Throwaway servers for tests and benchmarks, stopped when they go out of scope.

mod account;
mod port;
mod postgres;
mod redis;

use anyhow::Result;

use crate::shell::Shell;
use postgres::{Durability, Postgres};
use redis::Redis;

/// Which servers a command needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    durability: Durability,
    restartable: bool,
    redis: bool,
}

impl Wanted {
    /// Fast databases, one of them to be restarted by a test, and a cache.
    pub(crate) const FOR_TESTS: Self = Self {
        durability: Durability::Fast,
        restartable: true,
        redis: true,
    };

    /// One database that writes as carefully as in production.
    pub(crate) const FOR_BENCHES: Self = Self {
        durability: Durability::Careful,
        restartable: false,
        redis: false,
    };
}

/// The running servers.
pub(crate) struct Servers {
    database: Database,
    /// A database of its own for the test that restarts it, so that no other test feels it.
    restartable: Option<Postgres>,
    cache: Option<Cache>,
}

enum Database {
    /// Named by `DATABASE_URL`, and not ours to stop.
    Given(String),
    Started(Postgres),
}

enum Cache {
    /// Named by `REDIS_URL`, and not ours to stop.
    Given(String),
    Started(Redis),
}

impl Servers {
    /// Starts what is wanted, or takes what `DATABASE_URL` and `REDIS_URL` name.
    ///
    /// # Errors
    /// When a server's programs are missing and may not be installed, when one does not start, or
    /// when somebody asked to stop.
    pub(crate) async fn start(shell: &mut Shell, wanted: Wanted) -> Result<Self> {
        let database = Database::start(shell, wanted.durability).await?;
        let restartable = match wanted.restartable {
            true => start_restartable(shell, &database).await?,
            false => None,
        };
        let cache = match wanted.redis {
            true => Some(Cache::start(shell).await?),
            false => None,
        };
        Ok(Self {
            database,
            restartable,
            cache,
        })
    }

    /// The maintenance database, with the right to create others.
    pub(crate) fn database_url(&self) -> String {
        match &self.database {
            Database::Given(url) => url.clone(),
            Database::Started(postgres) => postgres.url(),
        }
    }

    /// What the tests read.
    ///
    /// `TEST_DATABASE_URL` is a maintenance database with the right to create others,
    /// `TEST_REDIS_URL` the cache, `TEST_DATABASE_CONTROL` describes the database that a test may
    /// stop and start, as JSON (see [`postgres::Control`]).
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("TEST_DATABASE_URL", self.database_url())];
        if let Some(postgres) = &self.restartable {
            variables.push(("TEST_DATABASE_CONTROL", postgres.control().to_json()));
        }
        match &self.cache {
            Some(Cache::Given(url)) => variables.push(("TEST_REDIS_URL", url.clone())),
            Some(Cache::Started(redis)) => variables.push(("TEST_REDIS_URL", redis.url())),
            None => {}
        }
        variables
    }

    /// Stops the servers that were started here.
    ///
    /// # Errors
    /// When one does not stop.
    pub(crate) fn stop(self) -> Result<()> {
        if let Database::Started(postgres) = self.database {
            postgres.stop()?;
        }
        if let Some(postgres) = self.restartable {
            postgres.stop()?;
        }
        if let Some(Cache::Started(redis)) = self.cache {
            redis.stop()?;
        }
        Ok(())
    }
}

impl Database {
    async fn start(shell: &mut Shell, durability: Durability) -> Result<Self> {
        if let Some(url) = given("DATABASE_URL") {
            println!("PostgreSQL: the one of DATABASE_URL");
            return Ok(Self::Given(url));
        }
        let programs = postgres::find_or_install(shell).await?;
        let postgres = Postgres::start(shell, &programs, durability).await?;
        println!("PostgreSQL: {} from {}", postgres.url(), programs.display());
        Ok(Self::Started(postgres))
    }
}

/// A second database, unless somebody brought their own and there are no programs to start one.
async fn start_restartable(shell: &mut Shell, database: &Database) -> Result<Option<Postgres>> {
    let Some(programs) = postgres::find() else {
        println!("PostgreSQL to be restarted: none, its programs are not installed here");
        return Ok(None);
    };
    let postgres = Postgres::start(shell, &programs, Durability::Fast).await?;
    if matches!(database, Database::Given(_)) {
        println!(
            "PostgreSQL to be restarted: {}, DATABASE_URL is left alone",
            postgres.url()
        );
    } else {
        println!("PostgreSQL to be restarted: {}", postgres.url());
    }
    Ok(Some(postgres))
}

impl Cache {
    async fn start(shell: &mut Shell) -> Result<Self> {
        if let Some(url) = given("REDIS_URL") {
            println!("Redis: the one of REDIS_URL");
            return Ok(Self::Given(url));
        }
        let program = redis::find_or_install(shell).await?;
        let redis = Redis::start(shell, &program).await?;
        println!("Redis: {} from {}", redis.url(), program.display());
        Ok(Self::Started(redis))
    }
}

/// A variable that is set and not empty.
fn given(variable: &str) -> Option<String> {
    std::env::var(variable)
        .ok()
        .filter(|value| !value.trim().is_empty())
}
