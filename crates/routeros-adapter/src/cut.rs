//! Ends sessions for good: removes them, forgets the cookies that would bring them back, and looks again.

use std::collections::BTreeSet;

use access::{CutReport, GatewayError, GatewayErrorKind as Kind, LoginRef, Service};
use futures::stream::{self, StreamExt};
use routeros_proto::{Command, Reply, parse_bool};

use crate::line::Line;
use crate::read::active_menu;
use crate::select::print_named;

/// How often sessions that came back are removed again.
const ROUNDS: usize = 2;

/// Ends every session of these logins.
pub(crate) async fn cut(line: &Line, logins: &[LoginRef]) -> Result<CutReport, GatewayError> {
    let mut report = CutReport::default();
    let mut refused = None;
    for service in Service::ALL {
        let here = logins.iter().filter(|it| it.service == service);
        let names: BTreeSet<&str> = here.map(|it| it.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        if names.is_empty() {
            continue;
        }
        let outcome = match service {
            Service::Pppoe | Service::Hotspot => {
                cut_service(line, service, &names, &mut report).await
            }
            Service::DhcpLease => cut_leases(line, &names, &mut report).await,
            Service::MacBypass => cut_devices(line, &names, &mut report).await,
            // An address has no session: the list it is on decides about its next packet.
            Service::StaticIp => Ok(()),
        };
        match outcome {
            Err(err) if err.concerns_router() => return Err(err),
            Err(err) => refused = refused.or(Some(err)),
            Ok(()) => {}
        }
    }
    refused.map_or(Ok(report), Err)
}

async fn cut_service(
    line: &Line,
    service: Service,
    names: &[&str],
    report: &mut CutReport,
) -> Result<(), GatewayError> {
    let Some((menu, key, _)) = active_menu(service) else {
        return Ok(());
    };
    let mut online = print_named(line, menu, &[".id", key], key, names).await?;
    for round in 0..ROUNDS {
        let removed = remove_all(line, menu, &online).await;
        report.removed += removed.count;
        // Cookies even of who is offline: one would bring the device back without a word.
        if service == Service::Hotspot && (round == 0 || !online.is_empty()) {
            let cookies =
                print_named(line, "/ip/hotspot/cookie", &[".id", "user"], "user", names).await?;
            remove_all(line, "/ip/hotspot/cookie", &cookies)
                .await
                .checked()?;
        }
        removed.checked()?;
        if online.is_empty() {
            return Ok(());
        }
        online = print_named(line, menu, &[".id", key], key, names).await?;
    }
    let still: BTreeSet<String> = online
        .iter()
        .filter_map(|it| it.get(key))
        .map(std::borrow::Cow::into_owned)
        .collect();
    report
        .still_online
        .extend(still.into_iter().map(|name| LoginRef::new(service, name)));
    Ok(())
}

/// The lease that the product keeps stays. What the server handed out besides would keep the device as it was, and so
/// would its place in the hotspot. Who has no kept lease any more is a stranger to whom the server may give one.
async fn cut_leases(
    line: &Line,
    devices: &[&str],
    report: &mut CutReport,
) -> Result<(), GatewayError> {
    let mut rows = leases(line, devices).await?;
    for _ in 0..ROUNDS {
        if rows.passing.is_empty() {
            break;
        }
        report.removed += remove_all(line, LEASES, &rows.passing).await.checked()?;
        rows = leases(line, devices).await?;
    }
    let stays = |it: &&Reply| device_of(it).is_some_and(|mac| rows.kept.contains(&mac));
    note_online(
        report,
        Service::DhcpLease,
        rows.passing.iter().filter(stays),
    );
    let hosts = by_device(line, HOSTS, &[], devices).await?;
    report.removed += remove_all(line, HOSTS, &hosts).await.checked()?;
    Ok(())
}

const LEASES: &str = "/ip/dhcp-server/lease";

/// Where a hotspot keeps who is there, logged in or not.
const HOSTS: &str = "/ip/hotspot/host";

/// The leases of some devices: those the server handed out, and the devices that have one of their own.
struct Leases {
    passing: Vec<Reply>,
    kept: BTreeSet<String>,
}

async fn leases(line: &Line, devices: &[&str]) -> Result<Leases, GatewayError> {
    let rows = by_device(line, LEASES, &["dynamic"], devices).await?;
    let (passing, kept): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|it| says_yes(it, "dynamic"));
    let kept = kept.iter().filter_map(device_of).collect();
    Ok(Leases { passing, kept })
}

/// A binding decides when a device appears: it is made to appear anew. Who then passes by without a binding that says
/// so is online still.
async fn cut_devices(
    line: &Line,
    devices: &[&str],
    report: &mut CutReport,
) -> Result<(), GatewayError> {
    const ACTIVE: &str = "/ip/hotspot/active";
    let mut hosts = by_device(line, HOSTS, &["bypassed"], devices).await?;
    let active = by_device(line, ACTIVE, &[], devices).await?;
    report.removed += remove_all(line, ACTIVE, &active).await.checked()?;
    for _ in 0..ROUNDS {
        report.removed += remove_all(line, HOSTS, &hosts).await.checked()?;
        hosts = by_device(line, HOSTS, &["bypassed"], devices).await?;
        hosts.retain(|it| says_yes(it, "bypassed"));
        if hosts.is_empty() {
            return Ok(());
        }
        let may = may_pass(line, devices).await?;
        hosts.retain(|it| device_of(it).is_none_or(|mac| !may.contains(&mac)));
    }
    note_online(report, Service::MacBypass, hosts.iter());
    Ok(())
}

/// The devices that a binding lets pass.
async fn may_pass(line: &Line, devices: &[&str]) -> Result<BTreeSet<String>, GatewayError> {
    const BINDINGS: &str = "/ip/hotspot/ip-binding";
    let rows = by_device(line, BINDINGS, &["type", "disabled"], devices).await?;
    let passes = |it: &&Reply| {
        let kind = it.get("type");
        kind.is_some_and(|it| it == "bypassed") && !says_yes(it, "disabled")
    };
    Ok(rows.iter().filter(passes).filter_map(device_of).collect())
}

async fn by_device(
    line: &Line,
    menu: &str,
    more: &[&str],
    devices: &[&str],
) -> Result<Vec<Reply>, GatewayError> {
    let properties = [&[".id", "mac-address"], more].concat();
    print_named(line, menu, &properties, "mac-address", devices).await
}

fn says_yes(row: &Reply, property: &str) -> bool {
    let value = row.get(property);
    value.is_some_and(|it| parse_bool(&it) == Ok(true))
}

fn device_of(row: &Reply) -> Option<String> {
    row.get("mac-address").map(|it| it.to_ascii_uppercase())
}

fn note_online<'a>(
    report: &mut CutReport,
    service: Service,
    rows: impl Iterator<Item = &'a Reply>,
) {
    let devices: BTreeSet<String> = rows.filter_map(device_of).collect();
    let logins = devices.into_iter().map(|it| LoginRef::new(service, it));
    report.still_online.extend(logins);
}

/// What became of removals.
struct Removed {
    /// How many rows were there to be removed.
    count: u64,
    /// The first refusal.
    refused: Option<GatewayError>,
}

impl Removed {
    /// How many, if none was refused.
    fn checked(self) -> Result<u64, GatewayError> {
        match self.refused {
            Some(err) => Err(err),
            None => Ok(self.count),
        }
    }
}

/// Removes rows, several in flight. One that is refused keeps none of the others.
async fn remove_all(line: &Line, menu: &str, rows: &[Reply]) -> Removed {
    let mut running = Vec::new();
    for row in rows {
        let id = row.get_raw(".id").unwrap_or_default();
        let command = Command::new(format!("{menu}/remove")).attr(".id", id);
        running.push(async move { gone(line.write(command).await.map(|_| 1)) });
    }
    let window = line.settings().window();
    let removed: Vec<_> = stream::iter(running)
        .buffer_unordered(window)
        .collect()
        .await;
    Removed {
        count: removed.iter().flatten().sum(),
        refused: removed.into_iter().find_map(Result::err),
    }
}

/// A session that ended by itself is gone just the same. One whose removal was not answered is found by looking again.
fn gone(removed: Result<u64, GatewayError>) -> Result<u64, GatewayError> {
    match removed {
        Err(err) if matches!(err.kind, Kind::NotFound | Kind::Ambiguous) => Ok(0),
        removed => removed,
    }
}
