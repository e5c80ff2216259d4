//! What nobody can save: one row stored, and the router's own time for the commands that give access back.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use routeros_proto::{Command, Limits, Query, Reply, SentenceDecoder};
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::customers::{Customer, Cut};
use super::house::House;

/// A plain connection to the router, and one to the database.
pub(super) struct Floor {
    pool: PgPool,
    stream: TcpStream,
    decoder: SentenceDecoder,
}

/// How many commands give access back.
pub(super) fn commands(cut: Cut) -> usize {
    needed(cut, "", "").len()
}

/// Whoever is cut off needs the secret found and enabled; whoever is walled in is still online as well, and has to be found
/// there and sent off to dial in anew.
fn needed(cut: Cut, login: &str, secret: &str) -> Vec<Command> {
    let find = |menu: &str| {
        let print = Command::new(format!("{menu}/print"));
        print.query(Query::equals("name", login))
    };
    // As it is already: a write like any other, and nothing changes.
    let enable = Command::new("/ppp/secret/set").attr("numbers", secret);
    let enable = enable.attr("name", login);
    match cut {
        Cut::Suspended => vec![find("/ppp/secret"), enable],
        Cut::Restricted => vec![
            find("/ppp/secret"),
            enable,
            find("/ppp/active"),
            find("/ppp/active"),
        ],
    }
}

impl Floor {
    pub(super) async fn open(house: &House) -> Result<Self> {
        let pool = house.pool.clone();
        let create =
            "CREATE TABLE pay_to_access_floor (id BIGSERIAL PRIMARY KEY, body TEXT NOT NULL)";
        sqlx::query(create).execute(&pool).await?;
        let mut floor = Self {
            pool,
            stream: connect(house.router.addr()).await?,
            decoder: SentenceDecoder::new(Limits::CLIENT),
        };
        let login = Command::new("/login").attr("name", "admin");
        floor.run(login.attr("password", "password")).await?;
        Ok(floor)
    }

    /// Microseconds of each of so many samples, for a customer of a kind.
    pub(super) async fn samples(&mut self, customer: &Customer, count: usize) -> Result<Vec<u32>> {
        let find = Command::new("/ppp/secret/print");
        let find = find.query(Query::equals("name", customer.login.as_str()));
        let secret = self.run(find).await?.context("there is no secret")?;
        let mut micros = Vec::new();
        for _ in 0..count {
            let begun = Instant::now();
            let insert = "INSERT INTO pay_to_access_floor (body) VALUES ($1)";
            let body = "x".repeat(1_000);
            sqlx::query(insert).bind(body).execute(&self.pool).await?;
            for command in needed(customer.cut, &customer.login, &secret) {
                self.run(command).await?;
            }
            micros.push(u32::try_from(begun.elapsed().as_micros())?);
        }
        Ok(micros)
    }

    /// Runs one command to its end; gives the id of the last row, if there was one.
    async fn run(&mut self, command: Command) -> Result<Option<String>> {
        self.stream.write_all(&command.encode()?).await?;
        let (mut found, mut buffer) = (None, [0_u8; 4_096]);
        loop {
            while let Some(sentence) = self.decoder.next_sentence()? {
                let reply = Reply::parse(&sentence)?;
                found = reply.get(".id").map(|it| it.into_owned()).or(found);
                if reply.is_last() {
                    return Ok(found);
                }
            }
            let read = self.stream.read(&mut buffer).await?;
            ensure!(read > 0, "the router hung up");
            self.decoder.feed(&buffer[..read]);
        }
    }
}

async fn connect(router: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(router).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
