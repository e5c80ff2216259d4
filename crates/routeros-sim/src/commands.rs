//! Executes commands on the router: finds the menu, checks every argument, and dispatches.

mod actions;
mod draft;
mod monitor;
mod print;
mod rows;
mod write;

use std::sync::Arc;

use routeros_proto::{Command, EncodeError};

use crate::refusal::Refusal;
use crate::router::Router;
use crate::router::render::Sight;
use crate::schema::{CommandSpec, Menu, MenuId};
use crate::text::Text;

pub(crate) use print::print_row;

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
    fn changed() -> Self {
        Self {
            is_change: true,
            ..Self::default()
        }
    }

    fn returned(value: impl Into<Text>) -> Self {
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
    check_policy(router, origin, &menu, verb)?;
    match verb {
        "print" if is_listen => Ok(print::listen(id)),
        "print" => print::print(router, origin, id, command),
        "find" => print::find(router, id, command),
        "get" => print::get(router, origin, id, command),
        "add" => write::add(router, id, command),
        "set" => write::set(router, id, command),
        "unset" => write::unset(router, id, command),
        "reset" => write::reset(router, id, command),
        "enable" => write::set_disabled(router, id, command, "false"),
        "disable" => write::set_disabled(router, id, command, "true"),
        "comment" => write::set(router, id, command),
        "remove" => actions::remove(router, id, command),
        "move" => actions::move_rows(router, id, command),
        "reset-counters" => actions::reset_counters(router, id, command),
        "reset-counters-all" => actions::reset_all_counters(router, id),
        "login" => actions::hotspot_login(router, command),
        "make-binding" => actions::make_binding(router, id, command),
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

/// What the account's group allows now: a group that changes takes effect at once.
fn check_policy(
    router: &Router,
    origin: Origin<'_>,
    menu: &Menu,
    verb: &str,
) -> Result<(), Refusal> {
    let is_read = matches!(verb, "print" | "find" | "get" | "monitor-traffic");
    if !is_read && origin.is_device_mode_blocked && menu.path.starts_with("/ip/hotspot") {
        return Err(Refusal::device_mode());
    }
    let needed = match () {
        () if is_read => "read",
        () if menu.path.starts_with("/user") => "policy",
        () => "write",
    };
    match origin.account {
        Some(account) if !router.has_policy(account, needed) => Err(Refusal::forbidden()),
        _ => Ok(()),
    }
}

impl Router {
    /// Whether an API account exists, is enabled, and its group has a policy.
    pub(crate) fn has_policy(&self, account: &str, policy: &str) -> bool {
        let users = &self[self.menus.users];
        let Some(user) = users.find_one("name", account) else {
            return false;
        };
        let groups = &self[self.menus.groups];
        let Some(group) = groups.find_one("name", &users.text(user, "group")) else {
            return false;
        };
        let policies = groups.text(group, "policy");
        !users.is_set(user, "disabled") && policies.split(',').any(|allowed| allowed == policy)
    }

    /// What an origin may see: passwords need a policy, and on newer versions a request.
    pub(crate) fn sight(&self, origin: Origin<'_>, command: &Command) -> Sight {
        let Some(account) = origin.account else {
            return Sight::Everything;
        };
        let hides = self.config.version.hides_passwords();
        let is_shown = !hides || print::is_on(command, "show-sensitive");
        if is_shown && self.has_policy(account, "sensitive") {
            return Sight::Everything;
        }
        Sight::WithoutSecrets
    }
}
