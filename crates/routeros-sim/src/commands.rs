//! Executes commands on the router: finds the menu, checks every argument, and dispatches.

mod actions;
mod draft;
mod monitor;
mod permission;
mod print;
mod rows;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use routeros_proto::{Command, EncodeError};

use crate::menus;
use crate::refusal::Refusal;
use crate::router::Router;
use crate::schema::{CommandSpec, Menu, MenuId};
use crate::text::Text;

pub(crate) use draft::Draft;
pub(crate) use print::print_row;
pub(crate) use rows::{resolve, selected};

/// Who runs a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// The API account; `None` for changes by hand, which may do everything.
    pub(crate) account: Option<&'a str>,
    /// Whether the device mode forbids changes of the hotspot.
    pub(crate) is_device_mode_blocked: bool,
}

impl Origin<'_> {
    /// A change by hand, as in WinBox.
    pub(crate) const BY_HAND: Self = Self {
        account: None,
        is_device_mode_blocked: false,
    };
}

/// What a command answers before its `!done`.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// Finished `!re` sentences.
    pub(crate) sentences: Vec<u8>,
    pub(crate) rows: usize,
    /// Whether `!empty` is due when there are no rows.
    pub(crate) is_listing: bool,
    /// The `ret` of `!done`.
    pub(crate) ret: Option<Text>,
    /// Whether the router was changed.
    pub(crate) is_change: bool,
    /// The menu whose changes follow, instead of a `!done`.
    pub(crate) follows: Option<MenuId>,
}

impl Answer {
    pub(crate) fn changed() -> Self {
        Self {
            is_change: true,
            ..Self::default()
        }
    }

    pub(crate) fn returned(value: impl Into<Text>) -> Self {
        Self {
            ret: Some(value.into()),
            ..Self::default()
        }
    }
}

impl From<EncodeError> for Refusal {
    fn from(_: EncodeError) -> Self {
        Self::plain("action failed (6)")
    }
}

/// Attributes that belong to the protocol and not to a command.
const PROTOCOL_ATTRIBUTES: [&str; 2] = [".id", ".proplist"];

/// Executes one command.
pub(crate) fn run(
    router: &mut Router,
    origin: Origin<'_>,
    command: &Command,
) -> Result<Answer, Refusal> {
    let (path, verb) = command.split_path();
    let Some((id, menu)) = router.menu(path) else {
        return Err(unknown_path(router, path));
    };
    let verb = match verb {
        "getall" => "print",
        "listen" => "print",
        verb => verb,
    };
    let is_listen = command.path().ends_with("/listen");
    let spec = menu
        .command(verb, router.version())
        .ok_or_else(Refusal::no_such_command)?;
    if is_listen && (menu.single || !spec.has_argument("follow-only", router.version())) {
        return Err(Refusal::unknown_parameter("follow-only"));
    }
    check_arguments(router, &menu, spec, verb, command)?;
    permission::check(router, origin, &menu, verb)?;
    match verb {
        "print" if is_listen => Ok(print::listen(id)),
        "print" => print::print(router, origin, id, command),
        "find" => print::find(router, id, command),
        "get" => print::get(router, origin, id, command),
        "add" => write::add(router, origin, id, command),
        "set" | "comment" => write::set(router, origin, id, command),
        "unset" => write::unset(router, origin, id, command),
        "reset" => write::reset(router, origin, id, command),
        "enable" => write::set_disabled(router, origin, id, command, "false"),
        "disable" => write::set_disabled(router, origin, id, command, "true"),
        "remove" | "request-logout" => actions::remove(router, id, command),
        "move" => actions::move_rows(router, id, command),
        "reset-counters" => actions::reset_counters(router, id, command),
        "reset-counters-all" => actions::reset_all_counters(router, id),
        "login" => actions::hotspot_login(router, command),
        "make-binding" => actions::make_binding(router, origin, id, command),
        "debug" | "error" | "info" | "warning" => actions::write_log(router, verb, command),
        "make-static" => menus::make_static(router, id, command),
        "check-status" | "send-reconfigure" => actions::nothing(router, id, command),
        "run" => menus::run_script(router, origin, id, command),
        "sign" => menus::sign(router, id, command),
        "monitor-traffic" => monitor::traffic(router, command),
        _ => Err(Refusal::no_such_command()),
    }
}

fn unknown_path(router: &Router, path: &str) -> Refusal {
    if router.schema.is_prefix(path) {
        Refusal::no_such_command()
    } else {
        Refusal::no_such_menu()
    }
}

/// Every attribute must be one that this version's command has.
fn check_arguments(
    router: &Router,
    menu: &Arc<Menu>,
    spec: &CommandSpec,
    verb: &str,
    command: &Command,
) -> Result<(), Refusal> {
    for (name, _) in command.attributes() {
        let argument = match name.as_str() {
            ".id" if menu.single => return Err(Refusal::unknown_parameter(name)),
            protocol if PROTOCOL_ATTRIBUTES.contains(&protocol) => continue,
            _ if matches!(verb, "set" | "add") => name.strip_prefix('!').unwrap_or(name),
            _ => name,
        };
        if !spec.has_argument(argument, router.version()) {
            return Err(Refusal::unknown_parameter(argument));
        }
    }
    Ok(())
}
