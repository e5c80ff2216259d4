//! `router-reconcile`: a router compared with what it should be, at sizes that show how the cost grows.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::Extent;
use super::reconcile_site::{Seen, Site};
use super::report::{Figure, Report};
use super::simulated_routers::{Remote, Routers};
use super::statistics::median;

/// The menu of the users.
const USERS: &str = "/ip/hotspot/user";
/// Rows that somebody changes by hand.
const BY_HAND: u32 = 100;
/// The three sizes: the figure's name, users, and users of a smoke run.
const SIZES: [(&str, u32, u32); 3] = [
    ("10k", 10_000, 300),
    ("30k", 30_000, 600),
    ("100k", 100_000, 1_000),
];

/// Measures the three sizes, and a hundred differences at the smallest.
///
/// # Errors
/// When a comparison fails, reads a menu twice, writes without need or leaves a difference.
pub async fn router_reconcile(extent: Extent) -> Result<Report> {
    let mut figures = Vec::new();
    for (place, (name, full, small)) in SIZES.into_iter().enumerate() {
        let users = extent.pick(full, small);
        let folder = tempfile::tempdir()?;
        let routers = Routers::start(1, Duration::ZERO, folder.path()).await?;
        let remote = routers.all[0];
        let site = Site::fill(folder.path(), remote, users).await?;
        let (mut unchanged, mut changed) = (Vec::new(), Vec::new());
        for _ in 0..extent.rounds {
            unchanged.push(look_at_unchanged(&site).await?);
            if place == 0 {
                changed.push(look_at_changed(&site, remote).await?);
            }
        }
        figures.push(time(&format!("unchanged-{name}"), users, &unchanged));
        figures.push(memory(&format!("memory-{name}"), users, &unchanged));
        if place == 0 {
            let note = format!("{BY_HAND} writes; those of bulk work are paced, 8 ms apart");
            figures.push(time(&format!("changed-{BY_HAND}"), users, &changed).note(note));
        }
    }
    Ok(Report {
        bench: "router-reconcile",
        figures,
    })
}

async fn look_at_unchanged(site: &Site<'_>) -> Result<Seen> {
    let seen = site.look().await?;
    ensure_one_read_per_menu(&seen)?;
    ensure!(
        writes(&seen) == 0 && seen.planned == 0,
        "a router as it should be was changed: {:?}",
        seen.asked
    );
    Ok(seen)
}

/// Half of the rows get another password, half are disabled.
async fn look_at_changed(site: &Site<'_>, remote: Remote) -> Result<Seen> {
    let edit = |number: u32| match number % 2 {
        0 => "password=by-hand",
        _ => "disabled=yes",
    };
    let lines: Vec<String> = (0..BY_HAND)
        .map(|it| format!("set {USERS} user-{it} {}", edit(it)))
        .collect();
    remote.order_all(&lines).await?;
    let seen = site.look().await?;
    // Whoever was disabled is cut, by looking for sessions in as many commands as the names need.
    ensure!(
        writes(&seen) == u64::from(BY_HAND) && seen.planned == lines.len(),
        "{BY_HAND} rows were changed by hand and this was asked: {:?}",
        seen.asked
    );
    for left in ["password=by-hand", "disabled=yes"] {
        let rows = remote.order(&format!("rows {USERS} {left}")).await?;
        ensure!(rows.is_empty(), "{} rows still have {left}", rows.len());
    }
    Ok(seen)
}

/// By the router's own counts, the users' menu among them.
fn ensure_one_read_per_menu(seen: &Seen) -> Result<()> {
    let reads = || seen.asked.iter().filter(|(path, _)| is_read(path));
    ensure!(
        reads().all(|(_, count)| *count == 1),
        "a menu was read more than once: {:?}",
        seen.asked
    );
    ensure!(
        reads().any(|(path, _)| path.strip_suffix("/print") == Some(USERS)),
        "the users were not read: {:?}",
        seen.asked
    );
    Ok(())
}

/// How many menus were read.
fn reads(seen: &Seen) -> usize {
    seen.asked.keys().filter(|path| is_read(path)).count()
}

/// Every command that is no read counts as a write.
fn writes(seen: &Seen) -> u64 {
    let commands = seen.asked.iter();
    commands
        .filter_map(|(path, count)| (!is_read(path)).then_some(count))
        .sum()
}

fn is_read(path: &str) -> bool {
    path.ends_with("/print")
}

fn time(name: &str, users: u32, seen: &[Seen]) -> Figure {
    let rounds: Vec<f64> = seen.iter().map(|it| it.ms).collect();
    let each = median(&rounds) * 1000.0 / f64::from(users);
    let menus = seen.first().map_or(0, reads);
    Figure::alone(format!("router-reconcile/{name}"), "ms", rounds).note(format!(
        "{users} users, {each:.1} µs each; {menus} menus read; a fresh process that has only logged in"
    ))
}

fn memory(name: &str, users: u32, seen: &[Seen]) -> Figure {
    let rounds: Vec<f64> = seen.iter().map(|it| it.above_idle_mb).collect();
    let idle: Vec<f64> = seen.iter().map(|it| it.idle_mb).collect();
    let each = median(&rounds) * 1000.0 / f64::from(users);
    Figure::alone(format!("router-reconcile/{name}"), "MB", rounds).note(format!(
        "{users} users, {each:.2} kB each; peak resident above {:.1} MB when idle",
        median(&idle)
    ))
}
