//! Faults as words: on a command line and in the control protocol.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::{FATAL_TEXT, Fault, Permission};

/// A text that names no fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "unknown fault {0:?}, one of black-hole, refuse, session-limit:N, drop-on:N, \
     drop-after-apply:N, drop-mid-reply:N, reboot-on:N, stall:COMMAND, stall-on:N, \
     slow:COMMAND:MILLISECONDS, drip:COMMAND:MILLISECONDS, trap:COMMAND:MESSAGE, trap-category:N:COMMAND:MESSAGE, \
     trap-on:N:MESSAGE, fatal:COMMAND[:MESSAGE], forbid:read, forbid:write, device-mode, \
     rate-budget:FAST:MILLISECONDS, fragment, long-lengths, extra-trap-attribute, duplicate-keys, \
     bad-utf8, empty-always, unknown-reply, clock-jump:SECONDS"
)]
pub struct UnknownFault(pub String);

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let fault = match rest {
            "" => bare(name),
            _ => counted(name, rest).or_else(|| of_command(name, rest)),
        };
        fault.ok_or_else(|| UnknownFault(text.to_owned()))
    }
}

/// Faults of one word.
fn bare(name: &str) -> Option<Fault> {
    let all = [
        Fault::BlackHole,
        Fault::RefuseConnections,
        Fault::DeviceMode,
        Fault::FragmentReplies,
        Fault::LongLengths,
        Fault::ExtraTrapAttribute,
        Fault::DuplicateKeys,
        Fault::BadUtf8,
        Fault::EmptyAlways,
        Fault::UnknownReply,
    ];
    all.into_iter().find(|fault| fault.name() == name)
}

/// Faults that begin with a number or a word of their own.
fn counted(name: &str, rest: &str) -> Option<Fault> {
    Some(match name {
        "session-limit" => Fault::SessionLimit(rest.parse().ok()?),
        "drop-on" => Fault::DropConnectionOnCommand(rest.parse().ok()?),
        "drop-after-apply" => Fault::DropAfterApply(rest.parse().ok()?),
        "drop-mid-reply" => Fault::DropMidReply(rest.parse().ok()?),
        "reboot-on" => Fault::RebootOn(rest.parse().ok()?),
        "stall-on" => Fault::StallOnNth(rest.parse().ok()?),
        "clock-jump" => Fault::ClockJump(rest.parse().ok()?),
        "forbid" => Fault::PermissionLoss(match rest {
            "read" => Permission::Read,
            "write" => Permission::Write,
            _ => return None,
        }),
        "trap-on" => {
            let (nth, message) = rest.split_once(':')?;
            Fault::TrapOnNth {
                nth: nth.parse().ok()?,
                message: message.to_owned(),
            }
        }
        "rate-budget" => {
            let (fast, then) = rest.split_once(':')?;
            Fault::RateBudget {
                fast: fast.parse().ok()?,
                then: millis(then)?,
            }
        }
        _ => return None,
    })
}

/// Faults of one command or menu.
fn of_command(name: &str, rest: &str) -> Option<Fault> {
    let (category, rest) = match name {
        "trap-category" => {
            let (category, rest) = rest.split_once(':')?;
            (Some(category.parse().ok()?), rest)
        }
        _ => (None, rest),
    };
    let (command, more) = match rest.split_once(':') {
        Some((command, more)) => (command, Some(more)),
        None => (rest, None),
    };
    if !command.starts_with('/') {
        return None;
    }
    let command = command.to_owned();
    Some(match (name, more) {
        ("stall", None) => Fault::StallCommand(command),
        ("slow", Some(delay)) => Fault::SlowCommand {
            command,
            delay: millis(delay)?,
        },
        ("drip", Some(pause)) => Fault::DripCommand {
            command,
            pause: millis(pause)?,
        },
        ("trap" | "trap-category", Some(message)) => Fault::TrapOn {
            command,
            message: message.to_owned(),
            category,
        },
        ("fatal", message) => Fault::FatalOn {
            command,
            message: message.unwrap_or(FATAL_TEXT).to_owned(),
        },
        _ => return None,
    })
}

fn millis(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_millis)
}
