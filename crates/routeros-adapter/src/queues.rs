//! Reads what queues have counted: those of static addresses and of devices, and those that the router makes for leases
//! with a speed.
//!
//! Only rows that carry a tag of the product are looked at: a router may have thousands of queues for its sessions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use access::{
    GatewayError, Load, LoginRef, Menu, PROFILE_PREFIX, RowId, Service, Tag, UserCounters,
    canonical_login,
};
use routeros_proto::{Command, Query, Reply, parse_bool};

use crate::line::Line;
use crate::select::print_named;

const QUEUE: [&str; 6] = [".id", "name", "target", "bytes", "comment", "dynamic"];
const LEASE: [&str; 5] = [
    "mac-address",
    "address",
    "active-address",
    "comment",
    "dynamic",
];

/// What every queue of ours has counted, each login once.
pub(crate) async fn totals(line: &Line) -> Result<Vec<UserCounters>, GatewayError> {
    let mut totals = BTreeMap::<LoginRef, UserCounters>::new();
    for row in made_by_hand(line, Menu::SimpleQueue, &QUEUE).await? {
        let found = queue(&row).map(|it| (it.login.clone(), it));
        totals.extend(found);
    }
    let leases = made_by_hand(line, Menu::DhcpLease, &LEASE).await?;
    let devices: BTreeMap<String, LoginRef> = leases.iter().filter_map(device).collect();
    if !devices.is_empty() {
        for row in of_leases(line, &devices).await? {
            let found = leased(&row, &devices).map(|it| (it.login.clone(), it));
            totals.extend(found);
        }
    }
    Ok(totals.into_values().collect())
}

/// The tagged rows of a menu that the router did not make itself; none if it does not show the menu.
async fn made_by_hand(
    line: &Line,
    menu: Menu,
    properties: &[&str],
) -> Result<Vec<Reply>, GatewayError> {
    let print = Command::new(format!("{}/print", menu.path()))
        .proplist(properties.iter().copied())
        .query(Query::equals("dynamic", "false"));
    let rows = match line.read_table(print).await {
        Ok(answer) => answer.rows,
        Err(err) if err.concerns_router() => return Err(err),
        Err(_) => Vec::new(),
    };
    let is_ours = |row: &Reply| {
        !is_dynamic(row) && text(row, "comment").is_some_and(|it| Tag::find(&it).is_some())
    };
    Ok(rows.into_iter().filter(is_ours).collect())
}

/// The queues that the router made for leases of ours.
async fn of_leases(
    line: &Line,
    devices: &BTreeMap<String, LoginRef>,
) -> Result<Vec<Reply>, GatewayError> {
    let targets: Vec<&str> = devices.keys().map(String::as_str).collect();
    let path = Menu::SimpleQueue.path();
    match print_named(line, path, &QUEUE, "target", &targets).await {
        Err(err) if err.concerns_router() => Err(err),
        Err(_) => Ok(Vec::new()),
        rows => rows,
    }
}

fn queue(row: &Reply) -> Option<UserCounters> {
    let (name, target) = (text(row, "name")?, text(row, "target")?);
    let own = name.strip_prefix(PROFILE_PREFIX);
    let device = own.and_then(|it| login(Service::MacBypass, it));
    let login = device.or_else(|| login(Service::StaticIp, &target))?;
    Some(UserCounters {
        login,
        // A queue under a name of its own was an operator's before.
        has_history: own.is_none(),
        ..counters(row)?
    })
}

/// The target of the queue that a lease's device gets, and whose it is.
fn device(row: &Reply) -> Option<(String, LoginRef)> {
    let login = login(Service::DhcpLease, &text(row, "mac-address")?)?;
    let address = text(row, "active-address").or_else(|| text(row, "address"))?;
    Some((format!("{address}/32"), login))
}

fn leased(row: &Reply, devices: &BTreeMap<String, LoginRef>) -> Option<UserCounters> {
    let login = devices.get(&text(row, "target")?)?.clone();
    let counters = counters(row).filter(|_| is_dynamic(row))?;
    Some(UserCounters { login, ..counters })
}

/// The counters under nobody's name: `bytes=<upload>/<download>`.
fn counters(row: &Reply) -> Option<UserCounters> {
    let bytes = text(row, "bytes")?;
    let (up, down) = bytes.split_once('/')?;
    Some(UserCounters {
        login: LoginRef::new(Service::StaticIp, ""),
        row: RowId::new(text(row, ".id")?),
        load: Load {
            bytes_up: up.trim().parse().ok()?,
            bytes_down: down.trim().parse().ok()?,
            seconds: 0,
        },
        has_history: true,
    })
}

fn login(service: Service, name: &str) -> Option<LoginRef> {
    let login = canonical_login(service, &name.parse().ok()?, None).ok()?;
    Some(LoginRef::new(service, login.as_str()))
}

fn is_dynamic(row: &Reply) -> bool {
    row.get("dynamic")
        .is_some_and(|it| parse_bool(&it) == Ok(true))
}

fn text(row: &Reply, name: &str) -> Option<String> {
    let found = row.get(name).map(Cow::into_owned);
    found.filter(|it| !it.is_empty())
}
