//! Reads what a router has counted: hotspot users and queues, hotspot sessions, and PPP sessions with their interfaces.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use access::{
    GatewayError, Load, LoginRef, RowId, Service, SessionCounters, Traffic, UsageReading,
    UsageScope, UserCounters,
};
use futures::try_join;
use routeros_proto::{Command, ItemId, Query, Reply, parse_duration};
use tokio::time::Instant;

use crate::inspect;
use crate::line::Line;
use crate::queues;
use crate::select::print_all;

/// The users come first: see [`UsageReading`].
pub(crate) async fn usage(line: &Line, reach: UsageScope) -> Result<UsageReading, GatewayError> {
    let uptime_s = inspect::uptime(line).await?;
    let begun = Instant::now();
    let users = match reach {
        UsageScope::Everything => {
            let mut totals = users(line).await?;
            totals.extend(queues::totals(line).await?);
            Some(totals)
        }
        UsageScope::Sessions => None,
    };
    let (mut sessions, ppp) = try_join!(hotspot(line), ppp(line))?;
    sessions.extend(ppp);
    Ok(UsageReading {
        uptime_s,
        took: begun.elapsed(),
        users,
        sessions,
    })
}

async fn users(line: &Line) -> Result<Vec<UserCounters>, GatewayError> {
    let properties = [".id", "name", "server", "uptime", "bytes-in", "bytes-out"];
    let rows = print_all(line, "/ip/hotspot/user", &properties).await?;
    let mut users = BTreeMap::<String, (bool, UserCounters)>::new();
    for row in &rows {
        let Some((is_everywhere, user)) = user(row) else {
            continue;
        };
        // Of several rows with one name, ours is the one for every server.
        match users.get(&user.login.name) {
            Some((true, _)) => {}
            Some((false, _)) if !is_everywhere => {}
            _ => {
                users.insert(user.login.name.clone(), (is_everywhere, user));
            }
        }
    }
    Ok(users.into_values().map(|(_, it)| it).collect())
}

fn user(row: &Reply) -> Option<(bool, UserCounters)> {
    let server = row.get("server");
    let is_everywhere = server.is_none_or(|it| it.is_empty() || it == "all");
    let user = UserCounters {
        login: LoginRef::new(Service::Hotspot, text(row, "name")?),
        row: RowId::new(text(row, ".id")?),
        load: Load {
            bytes_up: number(row, "bytes-in").unwrap_or(0),
            bytes_down: number(row, "bytes-out").unwrap_or(0),
            seconds: seconds(row, "uptime"),
        },
        has_history: false,
    };
    Some((is_everywhere, user))
}

async fn hotspot(line: &Line) -> Result<Vec<SessionCounters>, GatewayError> {
    let properties = [
        "user",
        "address",
        "mac-address",
        "uptime",
        "bytes-in",
        "bytes-out",
    ];
    let rows = print_all(line, "/ip/hotspot/active", &properties).await?;
    Ok(rows.iter().filter_map(hotspot_session).collect())
}

/// A router has one session for each device and address.
fn hotspot_session(row: &Reply) -> Option<SessionCounters> {
    let (address, device) = (text(row, "address"), text(row, "mac-address"));
    let part = |it: &Option<String>| it.clone().unwrap_or_default();
    Some(SessionCounters {
        login: LoginRef::new(Service::Hotspot, text(row, "user")?),
        key: format!("{} {}", part(&device), part(&address)),
        uptime_s: seconds(row, "uptime"),
        traffic: traffic(row, "bytes-in", "bytes-out"),
        address,
        device,
    })
}

/// PPP sessions have no counters; their interfaces do. A session counts only if it ran before and after the interfaces
/// were read, so that no other session's interface is taken for its own.
async fn ppp(line: &Line) -> Result<Vec<SessionCounters>, GatewayError> {
    let keys = ["session-id", ".id"];
    let before = print_all(line, "/ppp/active", &keys).await?;
    let before: BTreeSet<String> = before.iter().filter_map(session_key).collect();
    let interfaces = line.read_table(interfaces()).await?.rows;
    let properties = [
        ".id",
        "name",
        "session-id",
        "address",
        "caller-id",
        "uptime",
    ];
    let rows = print_all(line, "/ppp/active", &properties).await?;
    let mut sessions: Vec<SessionCounters> = rows.iter().filter_map(ppp_session).collect();
    count_ppp(&mut sessions, &before, &interfaces);
    Ok(sessions)
}

fn interfaces() -> Command {
    Command::new("/interface/print")
        .proplist([".id", "name", "rx-byte", "tx-byte"])
        .query(Query::equals("type", "pppoe-in"))
}

fn session_key(row: &Reply) -> Option<String> {
    text(row, "session-id").or_else(|| text(row, ".id"))
}

fn ppp_session(row: &Reply) -> Option<SessionCounters> {
    Some(SessionCounters {
        login: LoginRef::new(Service::Pppoe, text(row, "name")?),
        key: session_key(row)?,
        address: text(row, "address"),
        device: text(row, "caller-id"),
        uptime_s: seconds(row, "uptime"),
        traffic: None,
    })
}

/// A login's sessions and interfaces are paired by age: interfaces are numbered as they come.
fn count_ppp(sessions: &mut [SessionCounters], before: &BTreeSet<String>, interfaces: &[Reply]) {
    let mut by_login = BTreeMap::<String, Vec<&mut SessionCounters>>::new();
    for session in sessions {
        let name = session.login.name.clone();
        by_login.entry(name).or_default().push(session);
    }
    let mut counters = BTreeMap::<String, Vec<(u64, Option<Traffic>)>>::new();
    for row in interfaces {
        let owner = text(row, "name").and_then(|it| owner_of(&it, &by_login).map(str::to_owned));
        if let (Some(owner), Some(number)) = (owner, item_number(row)) {
            let counted = traffic(row, "rx-byte", "tx-byte");
            counters.entry(owner).or_default().push((number, counted));
        }
    }
    for (login, mut running) in by_login {
        let mut counted = counters.remove(&login).unwrap_or_default();
        let is_steady = running.iter().all(|it| before.contains(&it.key));
        if !is_steady || counted.len() != running.len() {
            continue;
        }
        counted.sort_by_key(|(number, _)| *number);
        running.sort_by_key(|it| std::cmp::Reverse(it.uptime_s));
        for (session, (_, traffic)) in running.into_iter().zip(counted) {
            session.traffic = traffic;
        }
    }
}

/// The login of an interface such as `<pppoe-siti>`, or `<pppoe-siti-1>` for its second session.
fn owner_of<'a, T>(interface: &str, online: &'a BTreeMap<String, T>) -> Option<&'a str> {
    let inner = interface.strip_prefix('<')?.strip_suffix('>')?;
    let (_, name) = inner.split_once('-')?;
    let known = |it: &str| online.get_key_value(it).map(|(key, _)| key.as_str());
    known(name).or_else(|| {
        let (name, number) = name.rsplit_once('-')?;
        let is_number = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
        known(name).filter(|_| is_number)
    })
}

fn item_number(row: &Reply) -> Option<u64> {
    let ItemId(number) = row.get(".id")?.parse().ok()?;
    Some(number)
}

fn traffic(row: &Reply, up: &str, down: &str) -> Option<Traffic> {
    Some(Traffic {
        bytes_up: number(row, up)?,
        bytes_down: number(row, down)?,
    })
}

fn text(row: &Reply, name: &str) -> Option<String> {
    row.get(name).map(Cow::into_owned)
}

fn number(row: &Reply, name: &str) -> Option<u64> {
    row.get(name)?.trim().parse().ok()
}

fn seconds(row: &Reply, name: &str) -> u64 {
    let age = row.get(name).and_then(|it| parse_duration(&it).ok());
    age.map_or(0, |it| it.as_secs())
}
