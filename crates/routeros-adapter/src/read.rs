//! Reads what a router holds, and who is online.

use access::{Actual, GatewayError, LiveSession, LoginRef, Menu, Selection, Service};
use routeros_proto::{Reply, parse_duration};

use crate::line::Line;
use crate::normalise;
use crate::select::{print_all, print_named};

/// Every profile, and the selected logins.
pub(crate) async fn read(line: &Line, selection: &Selection) -> Result<Actual, GatewayError> {
    let mut actual = Actual::default();
    for menu in Menu::ALL {
        for reply in rows(line, menu, selection).await? {
            if let Some(row) = normalise::row(menu, &reply) {
                actual.push(menu, row);
            }
        }
    }
    Ok(actual)
}

async fn rows(line: &Line, menu: Menu, selection: &Selection) -> Result<Vec<Reply>, GatewayError> {
    let properties = normalise::properties(menu);
    match selection {
        Selection::Logins(logins) if !menu.is_profiles() => {
            let here = logins.iter().filter(|it| it.service == menu.service());
            let names: Vec<&str> = here.map(|it| it.name.as_str()).collect();
            if names.is_empty() {
                return Ok(Vec::new());
            }
            print_named(line, menu.path(), &properties, "name", &names).await
        }
        Selection::All | Selection::Logins(_) => print_all(line, menu.path(), &properties).await,
    }
}

/// The menu of a service's sessions, and what they call the login and the device.
pub(crate) const fn active_menu(service: Service) -> (&'static str, &'static str, &'static str) {
    match service {
        Service::Pppoe => ("/ppp/active", "name", "caller-id"),
        Service::Hotspot => ("/ip/hotspot/active", "user", "mac-address"),
    }
}

/// Who is online.
pub(crate) async fn sessions(line: &Line) -> Result<Vec<LiveSession>, GatewayError> {
    let mut sessions = Vec::new();
    for service in [Service::Pppoe, Service::Hotspot] {
        let (menu, login, device) = active_menu(service);
        let rows = print_all(line, menu, &[login, device, "address", "uptime"]).await?;
        sessions.extend(rows.iter().filter_map(|it| session(service, it)));
    }
    Ok(sessions)
}

fn session(service: Service, row: &Reply) -> Option<LiveSession> {
    let (_, login, device) = active_menu(service);
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
