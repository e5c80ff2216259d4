//! Ends sessions for good: removes them, forgets the cookies that would bring them back, and looks again.

use std::collections::BTreeSet;

use access::{CutReport, GatewayError, GatewayErrorKind as Kind, LoginRef, Service};
use futures::stream::{self, StreamExt, TryStreamExt};
use routeros_proto::{Command, Reply};

use crate::line::Line;
use crate::read::active_menu;
use crate::select::print_named;

/// How often sessions that came back are removed again.
const ROUNDS: usize = 2;

/// Ends every session of these logins.
pub(crate) async fn cut(line: &Line, logins: &[LoginRef]) -> Result<CutReport, GatewayError> {
    let mut report = CutReport::default();
    for service in [Service::Pppoe, Service::Hotspot] {
        let here = logins.iter().filter(|it| it.service == service);
        let names: BTreeSet<&str> = here.map(|it| it.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        if !names.is_empty() {
            cut_service(line, service, &names, &mut report).await?;
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
    let (menu, key, _) = active_menu(service);
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
