//! Faults as words on a command line.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::Fault;

/// A text that names no fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "unknown fault {0:?}, one of black-hole, refuse, drop-on:N, drop-after-apply:N, \
     drop-mid-reply:N, stall:COMMAND, slow:COMMAND:MILLISECONDS, trap:COMMAND:MESSAGE, fragment, \
     device-mode, rate-budget:FAST:MILLISECONDS"
)]
pub struct UnknownFault(pub String);

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        parse(text).ok_or_else(|| UnknownFault(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Fault> {
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    let pair = || rest.split_once(':');
    let millis = |text: &str| text.parse().ok().map(Duration::from_millis);
    Some(match name {
        "black-hole" => Fault::BlackHole,
        "refuse" => Fault::RefuseConnections,
        "drop-on" => Fault::DropConnectionOnCommand(rest.parse().ok()?),
        "drop-after-apply" => Fault::DropAfterApply(rest.parse().ok()?),
        "drop-mid-reply" => Fault::DropMidReply(rest.parse().ok()?),
        "stall" if rest.starts_with('/') => Fault::StallCommand(rest.to_owned()),
        "slow" => {
            let (command, delay) = pair()?;
            Fault::SlowCommand {
                command: command.to_owned(),
                delay: millis(delay)?,
            }
        }
        "trap" => {
            let (command, message) = pair()?;
            let (command, message) = (command.to_owned(), message.to_owned());
            Fault::TrapOn {
                command,
                message,
                category: None,
            }
        }
        "fragment" => Fault::FragmentReplies,
        "device-mode" => Fault::DeviceMode,
        "rate-budget" => {
            let (fast, then) = pair()?;
            Fault::RateBudget {
                fast: fast.parse().ok()?,
                then: millis(then)?,
            }
        }
        _ => return None,
    })
}
