//! Asks a router who it is, and whether the account may do what will be needed.

use access::{GatewayError, GatewayErrorKind as Kind, Pulse, RouterFacts};
use routeros_proto::{Command, Reply, parse_bool, parse_duration};

use crate::line::Line;

/// A row id that no router has given out: writing to it changes nothing and shows whether writing is allowed.
const NO_SUCH_ROW: &str = "*7FFFFFFF";

/// Who the router is. Fails with `Forbidden` if the account may not write.
pub(crate) async fn inspect(line: &Line) -> Result<RouterFacts, GatewayError> {
    let resource = row_of(
        line.insist(Command::new("/system/resource/print"))
            .await?
            .rows,
    );
    let identity = row_of(
        line.read(Command::new("/system/identity/print"))
            .await?
            .rows,
    );
    let serial = serial(line).await?;
    may_write(line).await?;
    let text = |row: &Option<Reply>, name| {
        row.as_ref()
            .and_then(|it| it.get(name))
            .map(|it| it.into_owned())
            .unwrap_or_default()
    };
    Ok(RouterFacts {
        identity: text(&identity, "name"),
        serial,
        version: text(&resource, "version"),
        board: text(&resource, "board-name"),
        uptime_s: parse_duration(&text(&resource, "uptime")).map_or(0, |it| it.as_secs()),
    })
}

/// Seconds since the router started.
pub(crate) async fn uptime(line: &Line) -> Result<u64, GatewayError> {
    Ok(pulse(line).await?.uptime_s)
}

/// For how long the router has been running, and on which version. A router that does not tell its age is an error: 0
/// would mean that it has just begun.
pub(crate) async fn pulse(line: &Line) -> Result<Pulse, GatewayError> {
    let print = Command::new("/system/resource/print").proplist(["uptime", "version"]);
    let row = row_of(line.read(print).await?.rows);
    let text = |name| row.as_ref().and_then(|it| it.get(name));
    let age = text("uptime").and_then(|it| parse_duration(&it).ok());
    let untold = || {
        let message = "the router does not tell for how long it has been running";
        GatewayError::new(Kind::Other, message)
    };
    Ok(Pulse {
        uptime_s: age.ok_or_else(untold)?.as_secs(),
        version: text("version").map(std::borrow::Cow::into_owned),
    })
}

/// The serial of a board or, on virtual routers, the id of the licence.
async fn serial(line: &Line) -> Result<Option<String>, GatewayError> {
    for menu in ["/system/routerboard/print", "/system/license/print"] {
        let rows = match line.read(Command::new(menu)).await {
            Ok(answer) => answer.rows,
            Err(err) if err.concerns_router() => return Err(err),
            Err(_) => continue,
        };
        if let Some(serial) = rows.iter().find_map(serial_in) {
            return Ok(Some(serial));
        }
    }
    Ok(None)
}

/// The serial that a row of `/system/routerboard` or `/system/license` tells.
pub(crate) fn serial_in(row: &Reply) -> Option<String> {
    if row
        .get("routerboard")
        .is_some_and(|it| parse_bool(&it) == Ok(false))
    {
        return None;
    }
    let names = ["serial-number", "system-id", "software-id"];
    let found = names
        .into_iter()
        .find_map(|name| row.get(name).filter(|it| !it.is_empty()));
    found.map(std::borrow::Cow::into_owned)
}

async fn may_write(line: &Line) -> Result<(), GatewayError> {
    let probe = Command::new("/ppp/secret/remove").attr(".id", NO_SUCH_ROW);
    match line.write(probe).await {
        Err(err) if err.kind == Kind::Forbidden || err.concerns_router() => Err(err),
        _ => Ok(()),
    }
}

fn row_of(rows: Vec<Reply>) -> Option<Reply> {
    rows.into_iter().next()
}
