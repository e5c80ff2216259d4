//! What an account may do and see: the policies of its group, and what the device mode forbids.

use routeros_proto::Command;

use super::{Origin, print};
use crate::refusal::Refusal;
use crate::router::Router;
use crate::router::render::Sight;
use crate::schema::Menu;

/// Commands that change nothing.
const READS: [&str; 4] = ["print", "find", "get", "monitor-traffic"];
/// Features that the device mode can switch off, and where the commands that need them lie.
const FEATURES: [(&str, &str); 2] = [
    ("hotspot", "/ip/hotspot"),
    ("scheduler", "/system/scheduler"),
];

/// What the account's group allows now: a group that changes takes effect at once.
///
/// # Errors
/// When the group lacks a policy, or the device mode forbids the change.
pub(super) fn check(
    router: &Router,
    origin: Origin<'_>,
    menu: &Menu,
    verb: &str,
) -> Result<(), Refusal> {
    let is_read = READS.contains(&verb);
    if !is_read && is_mode_blocked(router, origin, menu) {
        return Err(Refusal::device_mode());
    }
    let Some(account) = origin.account else {
        return Ok(());
    };
    let needed = needed(menu, verb, is_read);
    if !needed
        .iter()
        .all(|policy| router.has_policy(account, policy))
    {
        return Err(Refusal::forbidden());
    }
    Ok(())
}

fn needed(menu: &Menu, verb: &str, is_read: bool) -> &'static [&'static str] {
    match () {
        () if verb == "monitor-traffic" => &["read", "test"],
        () if is_read => &["read"],
        () if menu.path.starts_with("/user") => &["write", "policy"],
        () => &["write"],
    }
}

/// Whether the device mode forbids changes of this menu.
fn is_mode_blocked(router: &Router, origin: Origin<'_>, menu: &Menu) -> bool {
    let below = |prefix: &str| {
        let rest = menu.path.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if origin.is_device_mode_blocked && below("/ip/hotspot") {
        return true;
    }
    let modes = &router[router.menus.device_mode];
    if modes.menu.since > router.version() {
        return false;
    }
    let is_off = |feature: &str| {
        modes
            .single()
            .is_some_and(|row| !modes.is_set(row, feature))
    };
    FEATURES
        .iter()
        .any(|(feature, prefix)| below(prefix) && is_off(feature))
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
