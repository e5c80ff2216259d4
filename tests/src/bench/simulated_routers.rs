//! Simulated routers in a process of their own, so that neither their work nor their memory counts as the product's.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use routeros_sim::{SimConfig, Simulator};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::eventually::eventually;
use crate::process::Process;

/// How long the routers may take to start.
const TIME_TO_START: Duration = Duration::from_secs(30);

/// Simulates routers until it is killed.
#[derive(Debug, Clone, Args)]
pub struct SimulatedRouters {
    /// How many.
    #[arg(long)]
    count: u16,
    /// What each command takes, in milliseconds.
    #[arg(long)]
    delay_ms: u64,
    /// Where to write down their ports, as JSON.
    #[arg(long)]
    ports_out: PathBuf,
}

/// Where a simulated router listens on the loopback.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Remote {
    /// The port of the API.
    pub(super) api: u16,
    /// The control port.
    pub(super) control: u16,
}

/// What clients have asked of a router so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Asked {
    /// Commands by path, such as `/ip/hotspot/user/print`.
    #[serde(rename = "by-command")]
    pub(super) by_command: BTreeMap<String, u64>,
}

/// Running routers; they end when this is dropped.
#[derive(Debug)]
pub(super) struct Routers {
    /// Each of them.
    pub(super) all: Vec<Remote>,
    _process: Process,
}

/// Runs the routers until the process is killed.
///
/// # Errors
/// When one cannot listen, or the ports cannot be written down.
pub async fn simulated_routers(settings: SimulatedRouters) -> Result<()> {
    let (mut routers, mut ports) = (Vec::new(), Vec::new());
    for number in 0..settings.count {
        let mut config = SimConfig::new(format!("bench-{number}"));
        config.per_command_delay = Duration::from_millis(settings.delay_ms);
        config.control = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let router = Simulator::start(config).await?;
        let control = router.control_addr().context("there is no control port")?;
        ports.push(Remote {
            api: router.addr().port(),
            control: control.port(),
        });
        routers.push(router);
    }
    // Whoever waits for the file must never see half of it.
    let unfinished = settings.ports_out.with_extension("unfinished");
    std::fs::write(&unfinished, serde_json::to_vec(&ports)?)?;
    std::fs::rename(&unfinished, &settings.ports_out)?;
    std::future::pending().await
}

impl Routers {
    /// Starts so many, with their files in a folder.
    pub(super) async fn start(count: u16, command: Duration, folder: &Path) -> Result<Self> {
        let file = folder.join("ports.json");
        let (count, delay) = (count.to_string(), command.as_millis().to_string());
        let ports = file.display().to_string();
        let arguments = [
            "simulated-routers",
            "--count",
            &count,
            "--delay-ms",
            &delay,
            "--ports-out",
            &ports,
        ];
        let own = std::env::current_exe()?;
        let mut process = Process::start("routers", &own, &arguments, [], folder)?;
        let all = eventually("the simulated routers", TIME_TO_START, async || {
            if process.ended()?.is_some() {
                bail!("{}", process.last_words());
            }
            let written = file.is_file().then(|| std::fs::read(&file)).transpose()?;
            Ok(written.map(|it| serde_json::from_slice(&it)).transpose()?)
        })
        .await?;
        Ok(Self {
            all,
            _process: process,
        })
    }
}

impl Remote {
    /// The values that the control port answers one line with.
    pub(super) async fn order(&self, line: &str) -> Result<Vec<Value>> {
        self.order_all(&[line.to_owned()]).await
    }

    /// The same for many lines, one after the other.
    pub(super) async fn order_all(&self, lines: &[String]) -> Result<Vec<Value>> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.control)).await?;
        stream.set_nodelay(true)?;
        let (reader, mut writer) = stream.into_split();
        let mut answers = BufReader::new(reader).lines();
        let mut values = Vec::new();
        for line in lines {
            writer.write_all(format!("{line}\n").as_bytes()).await?;
            loop {
                let answer = answers.next_line().await?;
                let answer = answer.context("the control port hung up")?;
                match answer.strip_prefix("= ") {
                    Some(value) => values.push(serde_json::from_str(value)?),
                    None if answer == "ok" => break,
                    None => bail!("the simulator refuses {line}: {answer}"),
                }
            }
        }
        Ok(values)
    }

    /// What clients have asked so far.
    pub(super) async fn asked(&self) -> Result<Asked> {
        let stats = self.order("stats").await?.into_iter().next();
        Ok(serde_json::from_value(stats.context("no statistics")?)?)
    }
}

impl Asked {
    /// How often each command was asked since; those that were not are left out.
    pub(super) fn since(&self, before: &Self) -> BTreeMap<String, u64> {
        let earlier = |path: &str| before.by_command.get(path).copied().unwrap_or_default();
        let counts = self.by_command.iter();
        counts
            .map(|(path, count)| (path.clone(), count.saturating_sub(earlier(path))))
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}
