//! Commands that do more than change properties: `remove`, `move`, counters, logins, bindings.

use routeros_proto::{Command, ItemId};

use super::{Answer, Origin, rows};
use crate::changes::ChangeKind;
use crate::hotspot::admission::LoginError;
use crate::refusal::Refusal;
use crate::router::Router;
use crate::schema::MenuId;
use crate::text::Text;

/// What `reset-counters` sets back.
const COUNTERS: [&str; 11] = [
    "hits",
    "uptime",
    "bytes-in",
    "bytes-out",
    "packets-in",
    "packets-out",
    "bytes",
    "packets",
    "total-bytes",
    "total-packets",
    "dropped",
];
/// The same on interfaces.
const INTERFACE_COUNTERS: [&str; 8] = [
    "rx-byte",
    "tx-byte",
    "rx-packet",
    "tx-packet",
    "rx-drop",
    "tx-drop",
    "rx-error",
    "tx-error",
];

/// `remove`. Removing a session cuts it; removing a row that others refer to leaves them its id.
pub(super) fn remove(
    router: &mut Router,
    menu: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    let selected = rows::selected(router, menu, command)?;
    if let Some(refusal) = router[menu].menu.keep_default.clone() {
        let table = &router[menu];
        let is_default = |id: &u64| {
            table
                .get(*id)
                .is_some_and(|row| table.is_set(row, "default"))
        };
        if selected.iter().any(is_default) {
            return Err(Refusal::protected(&refusal));
        }
    }
    for id in selected {
        remove_one(router, menu, id);
    }
    Ok(Answer::changed())
}

fn remove_one(router: &mut Router, menu: MenuId, id: u64) {
    let menus = router.menus;
    if menu == menus.ppp_active {
        return router.end_ppp(id, router.now_ms, "nas-request");
    }
    if menu == menus.hotspot_active {
        return router.kick_hotspot(id);
    }
    if menu == menus.hotspot_hosts {
        return router.remove_host(id);
    }
    let Some(row) = router[menu].get(id) else {
        return;
    };
    let title = rows::title(router, menu, row);
    let name = router[menu].value(row, "name").cloned();
    if let Some(row) = router.delete(menu, id) {
        router.row_removed(menu, &row);
    }
    if let Some(name) = name {
        super::write::redirect(router, menu, &name, &ItemId(id).to_string().into());
    }
    router.announce(menu, ChangeKind::Removed, |router| {
        format!("{} `{title}` removed", router[menu].menu.label)
    });
}

/// `move`: the rows stand before the destination, or last without one.
pub(super) fn move_rows(
    router: &mut Router,
    menu: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    let destination = command
        .get("destination")
        .map(|row| rows::resolve(router, menu, &row));
    let destination = destination.transpose()?;
    for id in rows::selected(router, menu, command)? {
        router[menu].place(id, destination);
        router.touch(menu, id);
    }
    Ok(Answer::changed())
}

/// `/log/info` and its sisters: a line of one's own.
pub(super) fn write_log(
    router: &mut Router,
    topic: &str,
    command: &Command,
) -> Result<Answer, Refusal> {
    let message = command.get("message").unwrap_or_default();
    router.log(&format!("script,{topic}"), &message);
    Ok(Answer::changed())
}

/// A command that asks a device something: the rows must exist, nothing else happens here.
pub(super) fn nothing(router: &Router, menu: MenuId, command: &Command) -> Result<Answer, Refusal> {
    rows::selected(router, menu, command)?;
    Ok(Answer::default())
}

/// `reset-counters` of the named rows.
pub(super) fn reset_counters(
    router: &mut Router,
    menu: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    let ids = rows::selected(router, menu, command)?;
    Ok(clear_counters(router, menu, ids))
}

/// `reset-counters-all`.
pub(super) fn reset_all_counters(router: &mut Router, menu: MenuId) -> Result<Answer, Refusal> {
    let ids = router[menu].iter().map(|row| row.id).collect();
    Ok(clear_counters(router, menu, ids))
}

fn clear_counters(router: &mut Router, menu: MenuId, ids: Vec<u64>) -> Answer {
    for id in ids {
        for name in COUNTERS.into_iter().chain(INTERFACE_COUNTERS) {
            router[menu].set(id, name, None);
        }
        router.touch(menu, id);
    }
    Answer::changed()
}

/// `/ip/hotspot/active/login`: logs a device in on behalf of its user, which must be a host.
pub(super) fn hotspot_login(router: &mut Router, command: &Command) -> Result<Answer, Refusal> {
    let text = |name: &str| command.get(name).unwrap_or_default().into_owned();
    let hosts = &router[router.menus.hotspot_hosts];
    let ids = hosts.find("address", &Text::from(text("ip")));
    let host = ids.first().and_then(|id| hosts.get(*id));
    let host = host.ok_or_else(|| Refusal::plain("unknown host IP"))?;
    let mac = hosts.text(host, "mac-address").into_owned();
    let given = text("mac-address");
    if !given.is_empty() && !given.eq_ignore_ascii_case(&mac) {
        return Err(Refusal::plain("wrong MAC provided"));
    }
    let login = router.hotspot_login_by(&text("user"), &text("password"), &mac, "admin");
    login
        .map(|_| Answer::changed())
        .map_err(|error| match error {
            LoginError::SharedUsers(_) => Refusal::plain("simultaneous session limit reached"),
            other => Refusal::plain(other.to_string()),
        })
}

/// `/ip/hotspot/host/make-binding`: a binding for the device of each host.
pub(super) fn make_binding(
    router: &mut Router,
    origin: Origin<'_>,
    menu: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    for id in rows::selected(router, menu, command)? {
        let hosts = &router[menu];
        let mac = hosts
            .get(id)
            .map(|row| hosts.text(row, "mac-address").into_owned());
        let mut binding =
            Command::new("/ip/hotspot/ip-binding/add").attr("mac-address", mac.unwrap_or_default());
        for name in ["type", "comment"] {
            if let Some(value) = command.get_raw(name) {
                binding = binding.attr(name, value);
            }
        }
        super::write::add(router, origin, router.menus.hotspot_bindings, &binding)?;
    }
    Ok(Answer::changed())
}
