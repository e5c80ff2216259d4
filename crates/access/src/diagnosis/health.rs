//! Which RouterOS it is, and whether the router has room for its work.

use super::{DeviceMode, Finding, Licence, Online, Resource, Step, StepName, Verdict};
use crate::capabilities::{Capabilities, Feature, RouterOsVersion};
use crate::gateway::GatewayErrorKind;

/// The oldest RouterOS that the product is made for.
const OLDEST: RouterOsVersion = RouterOsVersion::new(6, 40);

const MIB: u64 = 1_048_576;

/// Less free memory than this share is a warning, in percent.
const LOW_MEMORY: u64 = 10;

/// Less free storage than this is a warning: every write to a table needs some.
const LOW_DISK: u64 = MIB;

/// From this share of the licence's cap on there is a warning, in percent.
const NEARLY_FULL: u64 = 80;

pub(super) fn version(resource: &Finding<Resource>, why: &str) -> Step {
    let name = StepName::Version;
    let it = match resource {
        Finding::Found(it) => it,
        Finding::Failed(err) => return Step::failed(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    let measured = format!("RouterOS {} on {}", it.version, it.board);
    let can = Capabilities::of(&it.version);
    match can.version() {
        None => Step::new(name, Verdict::Warn, measured)
            .advise("this version cannot be read, so only what every version can do is used"),
        Some(found) if found < OLDEST => Step::new(name, Verdict::Fail, measured).advise(format!(
            "upgrade: RouterOS before {OLDEST} is not supported"
        )),
        Some(_) => {
            let absent: Vec<String> = can.absent().map(|it| it.to_string()).collect();
            let step = Step::pass(name, measured);
            if absent.is_empty() {
                return step;
            }
            step.advise(format!("done without: {}", absent.join("; ")))
        }
    }
}

pub(super) fn device_mode(
    mode: &Finding<DeviceMode>,
    resource: &Finding<Resource>,
    why: &str,
) -> Step {
    let name = StepName::DeviceMode;
    let it = match mode {
        Finding::Found(it) => it,
        Finding::Failed(err) if err.kind == GatewayErrorKind::Unsupported => {
            let absence = resource.found().and_then(|it| {
                Capabilities::of(&it.version)
                    .require(Feature::DeviceMode)
                    .err()
            });
            let reason = absence.map_or_else(|| err.to_string(), |it| it.to_string());
            return Step::skipped(name, reason);
        }
        Finding::Failed(err) => return Step::not_told(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    let forbids = it
        .hotspot
        .map_or(matches!(it.mode.as_str(), "home" | "basic"), |it| !it);
    if forbids {
        let measured = format!("mode {}, hotspot forbidden", it.mode);
        return Step::new(name, Verdict::Warn, measured).advise(
            "customers of a hotspot cannot be served: /system/device-mode/update hotspot=yes, then press the button or \
             cut the power as the router asks",
        );
    }
    Step::pass(name, format!("mode {}, hotspot allowed", it.mode))
}

/// How many customers a licence lets in at a time: hotspot and PPPoE (manual, "RouterOS license keys").
fn caps(level: &str) -> Option<[Option<u64>; 2]> {
    match level {
        "1" => Some([Some(1), Some(1)]),
        "3" => Some([Some(1), Some(200)]),
        "4" => Some([Some(200), Some(200)]),
        "5" => Some([Some(500), Some(500)]),
        "6" | "p1" | "p10" | "p-unlimited" => Some([None, None]),
        _ => None,
    }
}

pub(super) fn licence(licence: &Finding<Licence>, online: &Finding<Online>, why: &str) -> Step {
    let name = StepName::Licence;
    let level = match licence {
        Finding::Found(it) => it.level.as_deref().map(str::trim),
        Finding::Failed(err) => return Step::not_told(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    let warn = |measured: &str| Step::new(name, Verdict::Warn, measured);
    let caps = match level {
        None => return Step::skipped(name, "the router tells no licence level"),
        Some("0") => {
            let advice = "the trial ends after 24 hours of running: buy a licence";
            return warn("level 0, a trial").advise(advice);
        }
        Some("free") => {
            let advice = "a free licence passes 1 Mbit/s per interface: buy p1 or better";
            return warn("level free").advise(advice);
        }
        Some(level) => match caps(level) {
            Some(caps) => caps,
            None => return warn(&format!("level {level}")).advise("this level is not known"),
        },
    };
    let level = level.unwrap_or_default();
    let online = match online {
        Finding::Found(it) => [("hotspot", it.hotspot), ("PPP", it.ppp)],
        Finding::Failed(err) => return Step::not_told(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    let load = online.into_iter().zip(caps);
    let shown: Vec<String> = load
        .clone()
        .map(|((service, used), cap)| match cap {
            Some(cap) => format!("{used} of {cap} over {service}"),
            None => format!("{used} over {service}, unlimited"),
        })
        .collect();
    let measured = format!("level {level}: {}", shown.join(", "));
    let worst = load.map(|((_, used), cap)| fullness(used, cap)).max();
    let worst = worst.unwrap_or(Verdict::Pass);
    let advice = match worst {
        Verdict::Fail => "the licence lets nobody else in: buy a higher level",
        Verdict::Warn => "the licence is nearly used up: plan a higher level or another router",
        Verdict::Pass | Verdict::Skipped => return Step::pass(name, measured),
    };
    Step::new(name, worst, measured).advise(advice)
}

fn fullness(used: u64, cap: Option<u64>) -> Verdict {
    match cap {
        Some(cap) if used >= cap => Verdict::Fail,
        Some(cap) if share(used, cap) >= NEARLY_FULL => Verdict::Warn,
        _ => Verdict::Pass,
    }
}

/// How much of the whole, in percent, rounded down.
fn share(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(100)
}

pub(super) fn memory(resource: &Finding<Resource>, why: &str) -> Step {
    let name = StepName::Memory;
    let sizes = match resource {
        Finding::Found(it) => it.free_memory.zip(it.total_memory),
        Finding::Failed(err) => return Step::not_told(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    let Some((free, total)) = sizes else {
        return Step::skipped(name, "the router does not tell");
    };
    let measured = format!("{} of {} MiB free", free / MIB, total / MIB);
    if share(free, total) < LOW_MEMORY {
        return Step::new(name, Verdict::Warn, measured).advise(
            "routers that run out of memory restart: look for big address lists, logs in memory and too many users",
        );
    }
    Step::pass(name, measured)
}

pub(super) fn disk(resource: &Finding<Resource>, why: &str) -> Step {
    let name = StepName::Disk;
    let sizes = match resource {
        Finding::Found(it) => it.free_disk.zip(it.total_disk),
        Finding::Failed(err) => return Step::not_told(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    let Some((free, total)) = sizes else {
        return Step::skipped(name, "the router does not tell");
    };
    let measured = format!("{} of {} KiB free", free / 1_024, total / 1_024);
    if free < LOW_DISK {
        return Step::new(name, Verdict::Warn, measured).advise(
            "changes cannot be kept without storage: remove old backups, logs and packages in /file",
        );
    }
    Step::pass(name, measured)
}
