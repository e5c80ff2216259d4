//! What a router is asked when it is examined, and how its answers are read.

use access::{
    Account, ApiService, ClockReading, DeviceMode, Finding, Findings, GatewayError,
    GatewayErrorKind as Kind, Identity, Licence, Online, Resource, Target,
};
use routeros_proto::{Command, Query, Reply, parse_bool};
use tokio::time::Instant;

use super::millis;
use super::talk::Talk;
use crate::inspect::serial_in;

/// Asks everything there is time for. What the rest depends on comes first.
pub(super) async fn ask_all(talk: &mut Talk, target: &Target, findings: &mut Findings) {
    findings.resource = ask(talk, resource).await;
    findings.account = match talk.has_time() {
        true => account(talk, &target.username).await.into(),
        false => Finding::NotAsked,
    };
    findings.identity = ask(talk, identity).await;
    let clock = ask(talk, clock).await;
    let read_at = Instant::now();
    findings.device_mode = ask(talk, device_mode).await;
    findings.licence = ask(talk, licence).await;
    findings.online = ask(talk, online).await;
    findings.service = match talk.has_time() {
        true => service(talk, target.transport.service()).await.into(),
        false => Finding::NotAsked,
    };
    findings.api_sessions = ask(talk, api_sessions).await;
    findings.clock = match clock {
        Finding::Found(it) => Finding::Found(ClockReading {
            age_ms: millis(read_at),
            ..it
        }),
        other => other,
    };
}

async fn ask<T>(
    talk: &mut Talk,
    question: impl AsyncFnOnce(&mut Talk) -> Result<T, GatewayError>,
) -> Finding<T> {
    if !talk.has_time() {
        return Finding::NotAsked;
    }
    question(talk).await.into()
}

async fn rows(talk: &mut Talk, command: Command) -> Result<Vec<Reply>, GatewayError> {
    Ok(talk.ask(command).await?.rows)
}

/// The one row of a menu that has one; an empty one if there is none.
async fn only_row(talk: &mut Talk, menu: &str) -> Result<Reply, GatewayError> {
    let rows = rows(talk, Command::new(format!("{menu}/print"))).await?;
    Ok(rows.into_iter().next().unwrap_or_else(Reply::data))
}

fn text(row: &Reply, name: &str) -> Option<String> {
    row.get(name).map(std::borrow::Cow::into_owned)
}

fn number(row: &Reply, name: &str) -> Option<u64> {
    row.get(name)?.trim().parse().ok()
}

async fn resource(talk: &mut Talk) -> Result<Resource, GatewayError> {
    let row = only_row(talk, "/system/resource").await?;
    Ok(Resource {
        version: text(&row, "version").unwrap_or_default(),
        board: text(&row, "board-name").unwrap_or_default(),
        free_memory: number(&row, "free-memory"),
        total_memory: number(&row, "total-memory"),
        free_disk: number(&row, "free-hdd-space"),
        total_disk: number(&row, "total-hdd-space"),
    })
}

/// The group of the account, and what that may do.
async fn account(talk: &mut Talk, username: &str) -> Result<Account, GatewayError> {
    let print = |menu: &str, names: [&str; 2], value: &str| {
        Command::new(format!("{menu}/print"))
            .proplist(names)
            .query(Query::equals("name", value))
    };
    let unknown = |what: &str, name: &str| {
        let message = format!("there is no {what} {name}: does it come from RADIUS?");
        GatewayError::new(Kind::NotFound, message)
    };
    let named = |rows: Vec<Reply>, value: &str| {
        let is_it = |it: &Reply| it.get("name").is_some_and(|name| name == value);
        rows.into_iter().find(is_it)
    };
    let users = rows(talk, print("/user", ["name", "group"], username)).await?;
    let group = named(users, username).and_then(|it| text(&it, "group"));
    let group = group.ok_or_else(|| unknown("user", username))?;
    let groups = rows(talk, print("/user/group", ["name", "policy"], &group)).await?;
    let policy = named(groups, &group).ok_or_else(|| unknown("group", &group))?;
    let policy = text(&policy, "policy").unwrap_or_default();
    Ok(Account {
        policies: policy.split(',').map(|it| it.trim().to_owned()).collect(),
        group,
    })
}

async fn identity(talk: &mut Talk) -> Result<Identity, GatewayError> {
    let row = only_row(talk, "/system/identity").await?;
    let mut serial = None;
    for menu in ["/system/routerboard", "/system/license"] {
        match only_row(talk, menu).await {
            Ok(row) => serial = serial_in(&row),
            Err(err) if err.concerns_router() => return Err(err),
            Err(_) => {}
        }
        if serial.is_some() {
            break;
        }
    }
    Ok(Identity {
        name: text(&row, "name").unwrap_or_default(),
        serial,
    })
}

async fn clock(talk: &mut Talk) -> Result<ClockReading, GatewayError> {
    let row = only_row(talk, "/system/clock").await?;
    Ok(ClockReading {
        date: text(&row, "date").unwrap_or_default(),
        time: text(&row, "time").unwrap_or_default(),
        gmt_offset: text(&row, "gmt-offset").unwrap_or_default(),
        age_ms: 0,
    })
}

async fn device_mode(talk: &mut Talk) -> Result<DeviceMode, GatewayError> {
    let row = only_row(talk, "/system/device-mode").await?;
    let hotspot = row.get("hotspot").and_then(|it| parse_bool(&it).ok());
    let mode = text(&row, "mode");
    if mode.is_none() && hotspot.is_none() {
        let message = "there is nothing in /system/device-mode";
        return Err(GatewayError::new(Kind::Unsupported, message));
    }
    Ok(DeviceMode {
        mode: mode.unwrap_or_default(),
        hotspot,
    })
}

/// Boards call it `nlevel`, virtual routers `level`.
async fn licence(talk: &mut Talk) -> Result<Licence, GatewayError> {
    let row = only_row(talk, "/system/license").await?;
    Ok(Licence {
        level: text(&row, "nlevel").or_else(|| text(&row, "level")),
    })
}

async fn online(talk: &mut Talk) -> Result<Online, GatewayError> {
    Ok(Online {
        hotspot: count(talk, "/ip/hotspot/active").await?,
        ppp: count(talk, "/ppp/active").await?,
    })
}

/// How many rows a menu has; none if the router lacks the menu.
async fn count(talk: &mut Talk, menu: &str) -> Result<u64, GatewayError> {
    let command = Command::new(format!("{menu}/print")).flag("count-only");
    match talk.ask(command).await {
        Ok(answer) => {
            let count = answer.ret.as_deref().and_then(|it| it.parse().ok());
            Ok(count.unwrap_or(0))
        }
        Err(err) if err.kind == Kind::Unsupported => Ok(0),
        Err(err) => Err(err),
    }
}

/// The row of a service. From 7.16 on the menu also lists connections under the same names.
async fn service(talk: &mut Talk, name: &str) -> Result<ApiService, GatewayError> {
    let names = ["name", "address", "max-sessions", "dynamic"];
    let command = Command::new("/ip/service/print")
        .proplist(names)
        .query(Query::equals("name", name));
    let is_it = |it: &Reply| {
        let is_dynamic = it
            .get("dynamic")
            .is_some_and(|it| parse_bool(&it) == Ok(true));
        !is_dynamic && it.get("name").is_some_and(|it| it == name)
    };
    let found = rows(talk, command).await?.into_iter().find(is_it);
    let row = found.ok_or_else(|| {
        let message = format!("there is no service {name} in /ip/service");
        GatewayError::new(Kind::NotFound, message)
    })?;
    Ok(ApiService {
        address: text(&row, "address").unwrap_or_default(),
        max_sessions: number(&row, "max-sessions"),
    })
}

async fn api_sessions(talk: &mut Talk) -> Result<u64, GatewayError> {
    let command = Command::new("/user/active/print").proplist(["name", "via"]);
    let rows = rows(talk, command).await?;
    let over_api = rows
        .iter()
        .filter(|it| it.get("via").is_some_and(|it| it.starts_with("api")));
    Ok(u64::try_from(over_api.count()).unwrap_or(u64::MAX))
}
