//! Two simulated routers on loopback, whose tables survive a restart, and what happens on them in words.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use routeros_sim::{Change, SimConfig, SimUser, Simulator};
use tokio::sync::broadcast::error::RecvError;

/// A router of the demonstration: its name, and the loopback port it listens on.
pub(super) struct DemoRouter {
    pub(super) name: &'static str,
    pub(super) port: u16,
}

/// The routers of the demonstration. The ports stay the same, so that a restart finds the routers where it enrolled
/// them.
pub(super) const ROUTERS: [DemoRouter; 2] = [
    DemoRouter {
        name: "tower-1",
        port: 18_728,
    },
    DemoRouter {
        name: "harbour-1",
        port: 18_729,
    },
];

/// The API account that the product uses on them.
pub(super) const API_USER: &str = "billing";

/// The routers of a running demonstration; they stop when this is dropped.
pub struct DemoRouters {
    pub(super) routers: Vec<Simulator>,
}

impl DemoRouters {
    /// Starts both routers with what they held when they were last stopped.
    ///
    /// # Errors
    /// If a port is taken or a state file cannot be read.
    pub async fn start(data_dir: &Path, password: &str) -> anyhow::Result<Self> {
        let mut routers = Vec::new();
        for router in &ROUTERS {
            let mut config = SimConfig::new(router.name);
            config.bind = SocketAddr::from((Ipv4Addr::LOCALHOST, router.port));
            config.users = vec![SimUser::full(API_USER, password)];
            config.state_file = Some(data_dir.join(format!("router-{}.json", router.name)));
            config.follows_real_time = true;
            let started = Simulator::start(config).await.with_context(|| {
                format!(
                    "the simulated router {} cannot listen on port {}",
                    router.name, router.port
                )
            })?;
            routers.push(started);
        }
        Ok(Self { routers })
    }

    /// The name and address of each.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        let named = ROUTERS.iter().zip(&self.routers);
        named
            .map(|(router, simulator)| format!("{} at {}", router.name, simulator.addr()))
            .collect()
    }

    /// Prints what happens on the routers until they stop: one line for each change, bursts in short.
    pub fn narrate(&self) {
        for (router, simulator) in ROUTERS.iter().zip(&self.routers) {
            let mut changes = simulator.changes();
            let name = router.name;
            tokio::spawn(async move {
                loop {
                    match changes.recv().await {
                        Ok(change) => {
                            tokio::time::sleep(GATHER).await;
                            say(name, &burst(change, &mut changes));
                        }
                        Err(RecvError::Lagged(missed)) => {
                            say(name, &format!("… and {missed} more changes"));
                        }
                        Err(RecvError::Closed) => return,
                    }
                }
            });
        }
    }

    /// Stops both routers and writes down what they hold.
    pub async fn stop(&self) {
        for router in &self.routers {
            router.shutdown().await;
        }
    }
}

/// How long changes are gathered, so that many at once are told in short.
const GATHER: Duration = Duration::from_millis(300);
/// Lines of one burst that are shown before the rest is only counted.
const SHOWN: usize = 8;

fn burst(first: Change, changes: &mut tokio::sync::broadcast::Receiver<Change>) -> String {
    let mut lines = vec![first.summary];
    let mut more = 0_usize;
    while let Ok(change) = changes.try_recv() {
        if lines.len() < SHOWN {
            lines.push(change.summary);
        } else {
            more += 1;
        }
    }
    if more > 0 {
        lines.push(format!("… and {more} more changes"));
    }
    lines.join("\n")
}

fn say(router: &str, text: &str) {
    let mut out = std::io::stdout().lock();
    for line in text.lines() {
        if writeln!(out, "  {router:<10} {line}").is_err() {
            return;
        }
    }
}
