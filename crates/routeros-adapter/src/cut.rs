//! Ends sessions for good: removes them, forgets the cookies that would bring them back, and looks again.

use std::collections::BTreeSet;

use access::{CutReport, GatewayError, GatewayErrorKind as Kind, LoginRef, Service};
use futures::stream::{self, StreamExt, TryStreamExt};
use routeros_proto::{Command, Reply, parse_bool};

use crate::line::Line;
use crate::read::active_menu;
use crate::select::print_named;

/// How often sessions that came back are removed again.
const ROUNDS: usize = 2;

/// Ends every session of these logins.
pub(crate) async fn cut(line: &Line, logins: &[LoginRef]) -> Result<CutReport, GatewayError> {
    let mut report = CutReport::default();
    for service in Service::ALL {
        let here = logins.iter().filter(|it| it.service == service);
        let names: BTreeSet<&str> = here.map(|it| it.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        if names.is_empty() {
            continue;
        }
        match service {
            Service::Pppoe | Service::Hotspot => {
                cut_service(line, service, &names, &mut report).await?;
            }
            Service::DhcpLease => cut_leases(line, &names, &mut report).await?,
            Service::MacBypass => cut_devices(line, &names, &mut report).await?,
            // An address has no session: the list it is on decides about its next packet.
            Service::StaticIp => {}
        }
    }
    Ok(report)
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
        report.removed += remove_all(line, menu, &online).await?;
        // Cookies even of who is offline: one would bring the device back without a word.
        if service == Service::Hotspot && (round == 0 || !online.is_empty()) {
            let cookies =
                print_named(line, "/ip/hotspot/cookie", &[".id", "user"], "user", names).await?;
            remove_all(line, "/ip/hotspot/cookie", &cookies).await?;
        }
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

/// The lease that the product keeps stays, blocked. What the server handed out to the device besides would keep it
/// online, and so would the place in the hotspot that it has.
async fn cut_leases(
    line: &Line,
    devices: &[&str],
    report: &mut CutReport,
) -> Result<(), GatewayError> {
    const LEASES: &str = "/ip/dhcp-server/lease";
    for round in 0..=ROUNDS {
        let rows = by_device(line, LEASES, &["dynamic"], devices).await?;
        let passing = rows.into_iter().filter(|it| says_yes(it, "dynamic"));
        let passing: Vec<Reply> = passing.collect();
        if passing.is_empty() {
            break;
        }
        if round == ROUNDS {
            note_online(report, Service::DhcpLease, &passing);
            break;
        }
        report.removed += remove_all(line, LEASES, &passing).await?;
    }
    let hosts = by_device(line, HOSTS, &[], devices).await?;
    report.removed += remove_all(line, HOSTS, &hosts).await?;
    Ok(())
}

/// Where a hotspot keeps who is there, logged in or not.
const HOSTS: &str = "/ip/hotspot/host";

/// A binding decides when a device appears: it is made to appear anew, and must not pass by any more.
async fn cut_devices(
    line: &Line,
    devices: &[&str],
    report: &mut CutReport,
) -> Result<(), GatewayError> {
    const ACTIVE: &str = "/ip/hotspot/active";
    for round in 0..=ROUNDS {
        let hosts = by_device(line, HOSTS, &["bypassed"], devices).await?;
        if round > 0 {
            let passing = hosts.iter().filter(|it| says_yes(it, "bypassed"));
            let passing: Vec<Reply> = passing.cloned().collect();
            if passing.is_empty() {
                return Ok(());
            }
            if round == ROUNDS {
                note_online(report, Service::MacBypass, &passing);
                return Ok(());
            }
        }
        let active = by_device(line, ACTIVE, &[], devices).await?;
        report.removed += remove_all(line, ACTIVE, &active).await?;
        report.removed += remove_all(line, HOSTS, &hosts).await?;
    }
    Ok(())
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

fn note_online(report: &mut CutReport, service: Service, rows: &[Reply]) {
    let devices = rows.iter().filter_map(|it| it.get("mac-address"));
    let devices: BTreeSet<String> = devices.map(|it| it.to_ascii_uppercase()).collect();
    let logins = devices.into_iter().map(|it| LoginRef::new(service, it));
    report.still_online.extend(logins);
}

/// Removes rows, several in flight; returns how many were there to be removed.
async fn remove_all(line: &Line, menu: &str, rows: &[Reply]) -> Result<u64, GatewayError> {
    let mut running = Vec::new();
    for row in rows {
        let id = row.get_raw(".id").unwrap_or_default();
        let command = Command::new(format!("{menu}/remove")).attr(".id", id);
        running.push(async move { gone(line.write(command).await.map(|_| 1)) });
    }
    let window = line.settings().window();
    let removed = stream::iter(running).buffer_unordered(window);
    removed
        .try_fold(0, |sum, one| async move { Ok(sum + one) })
        .await
}

/// A session that ended by itself is gone just the same. One whose removal was not answered is found by looking again.
fn gone(removed: Result<u64, GatewayError>) -> Result<u64, GatewayError> {
    match removed {
        Err(err) if matches!(err.kind, Kind::NotFound | Kind::Ambiguous) => Ok(0),
        removed => removed,
    }
}
