//! What the words of the control port do.

use std::str::FromStr;
use std::time::Duration;

use routeros_proto::parse_duration;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::simulator::Simulator;

/// What `help` says: the words of each command and what they do.
const HELP: [(&str, &str); 32] = [
    ("faults list", "the faults that are on, one line each"),
    (
        "faults on FAULT",
        "switches a fault on, such as stall:/ppp/secret/add",
    ),
    (
        "faults off [FAULT]",
        "switches off those of this name or text, or all",
    ),
    ("reboot", "cuts the power for a moment"),
    ("disconnect", "closes every API connection"),
    ("clock", "the router's clock in seconds since 1970"),
    ("clock set SECONDS", "sets it"),
    ("clock jump SECONDS", "moves it, also back"),
    ("advance SPAN", "lets time pass: 90, 1h30m, 2d"),
    ("ppp dial NAME PASSWORD CALLER", "a customer dials in"),
    (
        "ppp keep NAME PASSWORD CALLER PAUSE",
        "dials in, and again this long after it was cut off or refused",
    ),
    (
        "ppp hangup NAME",
        "hangs up and dials no more; how many sessions ended",
    ),
    (
        "hotspot login USER PASSWORD MAC",
        "a device logs in on the page",
    ),
    ("hotspot cookie MAC", "a device comes back by its cookie"),
    (
        "hotspot returns MAC PAUSE",
        "a device comes back by its cookie this long after it was logged out",
    ),
    (
        "hotspot logout USER",
        "the user logs out; how many sessions ended",
    ),
    (
        "hotspot vanish USER",
        "the user's devices go out of reach without a word",
    ),
    ("traffic add USER UP DOWN", "uses so many bytes now"),
    (
        "traffic rate USER UP DOWN",
        "uses so many bytes in each second that passes; 0 0 ends it",
    ),
    ("delay MILLISECONDS", "latency of commands from now on"),
    (
        "board SERIAL",
        "puts another board with the same configuration in its place",
    ),
    ("reset", "resets the configuration, as the button does"),
    (
        "tls fingerprint|swap|remove",
        "the certificate of the TLS port",
    ),
    (
        "rows MENU [NAME=VALUE]...",
        "the rows of a menu, passwords too",
    ),
    (
        "add MENU NAME=VALUE...",
        "adds a row as somebody with WinBox does; its id",
    ),
    (
        "set MENU KEY NAME=VALUE...",
        "changes the row of this id or name",
    ),
    ("remove MENU KEY", "removes it"),
    (
        "overwrite MENU KEY NAME=VALUE...",
        "writes properties of a row as they are, without any check",
    ),
    (
        "overwrite-before COMMAND MENU KEY NAME=VALUE...",
        "the same once, just before the next such command is executed",
    ),
    (
        "dhcp ask MAC [HOSTNAME]",
        "a device asks for an address; the address",
    ),
    ("stats", "what clients asked so far"),
    ("quit", "ends this connection, not the router"),
];

/// The values of an answer, or why there are none.
type Answer = Result<Vec<Value>, String>;

/// Runs one command.
pub(super) fn run(router: &Simulator, words: &[String]) -> Answer {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => Ok(Vec::new()),
        ["help"] => Ok(HELP
            .map(|(words, what)| json!(format!("{words}: {what}")))
            .into()),
        ["faults", rest @ ..] => faults(router, rest),
        ["ppp", rest @ ..] => ppp(router, rest),
        ["hotspot", rest @ ..] => hotspot(router, rest),
        ["traffic", rest @ ..] => traffic(router, rest),
        ["tls", rest @ ..] => tls(router, rest),
        ["dhcp", rest @ ..] => dhcp(router, rest),
        ["overwrite" | "overwrite-before", ..] => overwrite(router, &words),
        ["rows" | "add" | "set" | "remove", ..] => rows(router, &words),
        _ => system(router, &words),
    }
}

fn faults(router: &Simulator, words: &[&str]) -> Answer {
    match words {
        ["list"] => {
            let on = router.faults();
            return Ok(on.iter().map(|fault| json!(fault.to_string())).collect());
        }
        ["on", fault] => router.set_fault(read::<Fault>(fault)?),
        ["off"] => router.clear_faults(),
        ["off", named] => {
            if router.clear_fault(named) == 0 {
                return Err(format!("no fault {named} is on"));
            }
        }
        _ => return unknown(),
    }
    done()
}

fn ppp(router: &Simulator, words: &[&str]) -> Answer {
    let session = match words {
        ["dial", name, password, caller] => router.ppp_dial(name, password, caller),
        ["keep", name, password, caller, pause] => {
            router.ppp_client(name, password, caller, span(pause)?)
        }
        ["hangup", name] => return one(json!(router.ppp_hangup(name))),
        _ => return unknown(),
    };
    let session = session.map_err(text)?;
    one(json!({
        "id": session.id,
        "name": session.name,
        "address": session.address.to_string(),
        "interface": session.interface,
        "profile": session.profile,
        "rate-limit": session.rate_limit,
        "session-id": session.session_id,
    }))
}

fn hotspot(router: &Simulator, words: &[&str]) -> Answer {
    let session = match words {
        ["login", user, password, mac] => router.hotspot_login(user, password, mac),
        ["cookie", mac] => router.hotspot_cookie_login(mac),
        ["returns", mac, pause] => {
            router.hotspot_returns(mac, span(pause)?).map_err(text)?;
            return done();
        }
        ["logout", user] => return one(json!(router.hotspot_logout(user))),
        ["vanish", user] => return one(json!(router.hotspot_vanish(user))),
        _ => return unknown(),
    };
    let session = session.map_err(text)?;
    one(json!({
        "id": session.id,
        "user": session.user,
        "address": session.address.to_string(),
        "mac-address": session.mac.to_string(),
        "login-by": session.login_by,
        "rate-limit": session.rate_limit,
        "time-left-seconds": session.time_left.map(|left| left.as_secs()),
    }))
}

fn traffic(router: &Simulator, words: &[&str]) -> Answer {
    match words {
        ["add", user, up, down] => router.add_traffic(user, read(up)?, read(down)?),
        ["rate", user, up, down] => router.set_traffic_rate(user, read(up)?, read(down)?),
        _ => return unknown(),
    }
    done()
}

fn tls(router: &Simulator, words: &[&str]) -> Answer {
    match words {
        ["fingerprint"] => one(json!(router.fingerprint())),
        ["swap"] => one(json!(router.swap_certificate().map_err(text)?)),
        ["remove"] => {
            router.remove_certificate().map_err(text)?;
            done()
        }
        _ => unknown(),
    }
}

fn rows(router: &Simulator, words: &[&str]) -> Answer {
    match words {
        ["rows", menu, wanted @ ..] => {
            let wanted = pairs(wanted)?;
            let mut rows = router.rows(menu);
            rows.retain(|row| {
                let mut pairs = wanted.iter();
                pairs.all(|(name, value)| row.get(*name).is_some_and(|it| it == value))
            });
            Ok(rows.into_iter().map(|row| json!(row)).collect())
        }
        ["add", menu, values @ ..] => one(json!(router.insert(menu, &pairs(values)?)?)),
        ["set", menu, key, values @ ..] => {
            router.update(menu, key, &pairs(values)?)?;
            done()
        }
        ["remove", menu, key] => {
            router.remove(menu, key)?;
            done()
        }
        _ => unknown(),
    }
}

fn overwrite(router: &Simulator, words: &[&str]) -> Answer {
    match words {
        ["overwrite", menu, key, values @ ..] => {
            router.overwrite(menu, key, &bytes(&pairs(values)?))?;
            done()
        }
        ["overwrite-before", command, menu, key, values @ ..] => {
            router.overwrite_before(command, menu, key, &bytes(&pairs(values)?))?;
            done()
        }
        _ => Err("expected a menu, a row and NAME=VALUE".to_owned()),
    }
}

fn dhcp(router: &Simulator, words: &[&str]) -> Answer {
    let address = match words {
        ["ask", mac] => router.dhcp_ask(mac, b""),
        ["ask", mac, host_name] => router.dhcp_ask(mac, host_name.as_bytes()),
        ["ask"] => return Err("expected a hardware address".to_owned()),
        _ => return unknown(),
    };
    one(json!(address.map_err(text)?.to_string()))
}

fn system(router: &Simulator, words: &[&str]) -> Answer {
    match words {
        ["reboot"] => router.reboot(),
        ["disconnect"] => router.disconnect(),
        ["clock"] => return one(json!(router.clock())),
        ["clock", "set", seconds] => router.set_clock(read(seconds)?),
        ["clock", "jump", seconds] => router.jump_clock(read(seconds)?),
        ["advance", span] => router.elapse(self::span(span)?),
        ["delay", millis] => router.set_command_delay(Duration::from_millis(read(millis)?)),
        ["board", serial] => router.replace_board(serial),
        ["reset"] => router.reset_configuration(),
        ["stats"] => return one(stats(router)),
        _ => return unknown(),
    }
    done()
}

fn stats(router: &Simulator) -> Value {
    let stats = router.stats();
    json!({
        "commands": stats.commands,
        "by-command": stats.by_command,
        "traps": stats.traps,
        "logins": stats.logins,
        "failed-logins": stats.failed_logins,
        "connections": stats.connections,
        "open-connections": stats.open_connections,
    })
}

fn done() -> Answer {
    Ok(Vec::new())
}

fn one(value: Value) -> Answer {
    Ok(vec![value])
}

fn unknown() -> Answer {
    Err("unknown command, see help".to_owned())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn read<T: FromStr<Err: std::fmt::Display>>(word: &str) -> Result<T, String> {
    word.parse().map_err(|error| format!("{word}: {error}"))
}

fn span(word: &str) -> Result<Duration, String> {
    parse_duration(word).map_err(|error| format!("{word}: {error}"))
}

fn pairs<'w>(words: &[&'w str]) -> Result<Vec<(&'w str, &'w str)>, String> {
    let pair = |word: &&'w str| {
        word.split_once('=')
            .ok_or_else(|| format!("{word}: expected NAME=VALUE"))
    };
    words.iter().map(pair).collect()
}

fn bytes<'w>(pairs: &[(&'w str, &'w str)]) -> Vec<(&'w str, &'w [u8])> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect()
}
