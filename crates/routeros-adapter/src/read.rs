//! Reads what a router holds, and who is online.

use access::{
    Actual, ActualRow, Attribute, GatewayError, LiveSession, LoginRef, Menu, OWN_LISTS, Selection,
    Service,
};
use routeros_proto::{Reply, parse_duration};

use crate::line::Line;
use crate::normalise;
use crate::select::{print_all, print_named};

/// Every profile, and the selected logins. A menu that the account may not read, or that refuses to be read, is marked
/// unknown; trouble with the router as a whole ends the reading.
pub(crate) async fn read(line: &Line, selection: &Selection) -> Result<Actual, GatewayError> {
    let mut actual = Actual::default();
    for menu in Menu::ALL {
        match rows(line, menu, selection).await {
            // Each reply is dropped as soon as its row is made, so that a large table is held once.
            Ok(replies) => {
                for reply in replies {
                    if let Some(row) = normalise::row(menu, &reply).filter(|it| is_ours(menu, it)) {
                        actual.push(menu, row);
                    }
                }
            }
            Err(err) if err.concerns_router() => return Err(err),
            Err(err) => actual.mark_unknown(menu, err.message),
        }
    }
    Ok(actual)
}

/// Of address lists only those that the product keeps: others may hold a hundred thousand entries.
fn is_ours(menu: Menu, row: &ActualRow) -> bool {
    let list = row.values.get(&Attribute::List).map(String::as_str);
    menu != Menu::AddressList || list.is_some_and(|it| OWN_LISTS.contains(&it))
}

async fn rows(line: &Line, menu: Menu, selection: &Selection) -> Result<Vec<Reply>, GatewayError> {
    let properties = normalise::properties(menu);
    match selection {
        Selection::Logins(logins) if !menu.is_profiles() => {
            let here = logins.iter().filter(|it| menu.serves(it.service));
            let names: Vec<String> = here.map(|it| menu.row_name(&it.name)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if names.is_empty() {
                return Ok(Vec::new());
            }
            let rows = print_named(line, menu.path(), &properties, menu.key(), &names).await?;
            with_targets(line, menu, rows, logins).await
        }
        _ if menu == Menu::AddressList => {
            let list = Attribute::List.name_in(menu);
            print_named(line, menu.path(), &properties, list, &OWN_LISTS).await
        }
        Selection::All | Selection::Logins(_) => print_all(line, menu.path(), &properties).await,
    }
}

/// Adds the queues that limit the selected addresses under names of their own: an operator's that were taken over.
async fn with_targets(
    line: &Line,
    menu: Menu,
    mut rows: Vec<Reply>,
    logins: &[LoginRef],
) -> Result<Vec<Reply>, GatewayError> {
    let fixed = |it: &&LoginRef| menu == Menu::SimpleQueue && it.service == Service::StaticIp;
    let printed = |it: &LoginRef| match it.name.contains('/') {
        true => it.name.clone(),
        false => format!("{}/32", it.name),
    };
    let targets: Vec<String> = logins.iter().filter(fixed).map(printed).collect();
    if targets.is_empty() {
        return Ok(rows);
    }
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let (properties, key) = (normalise::properties(menu), Attribute::Target.name_in(menu));
    let found = print_named(line, menu.path(), &properties, key, &targets).await?;
    let id = |it: &Reply| it.get(".id").map(std::borrow::Cow::into_owned);
    let known: std::collections::HashSet<_> = rows.iter().filter_map(id).collect();
    let is_new = |it: &Reply| id(it).is_some_and(|id| !known.contains(&id));
    rows.extend(found.into_iter().filter(is_new));
    Ok(rows)
}

/// The menu of a service's sessions, and what they call the login and the device. The other services have none.
pub(crate) const fn active_menu(
    service: Service,
) -> Option<(&'static str, &'static str, &'static str)> {
    match service {
        Service::Pppoe => Some(("/ppp/active", "name", "caller-id")),
        Service::Hotspot => Some(("/ip/hotspot/active", "user", "mac-address")),
        Service::StaticIp | Service::DhcpLease | Service::MacBypass => None,
    }
}

/// Who is online.
pub(crate) async fn sessions(line: &Line) -> Result<Vec<LiveSession>, GatewayError> {
    let mut sessions = Vec::new();
    for service in Service::ALL {
        let Some((menu, login, device)) = active_menu(service) else {
            continue;
        };
        let rows = print_all(line, menu, &[login, device, "address", "uptime"]).await?;
        sessions.extend(rows.iter().filter_map(|it| session(service, it)));
    }
    Ok(sessions)
}

fn session(service: Service, row: &Reply) -> Option<LiveSession> {
    let (_, login, device) = active_menu(service)?;
    let text = |name| row.get(name).map(std::borrow::Cow::into_owned);
    Some(LiveSession {
        login: LoginRef::new(service, text(login)?),
        address: text("address"),
        device: text(device),
        uptime_s: text("uptime")
            .and_then(|it| parse_duration(&it).ok())
            .map_or(0, |it| it.as_secs()),
    })
}
