//! Changing rows: `add`, `set`, `unset`, `reset`, `enable` and `disable`.

use std::collections::BTreeMap;
use std::sync::Arc;

use routeros_proto::{Command, ItemId};

use super::draft::Draft;
use super::{Answer, Origin, rows};
use crate::changes::ChangeKind;
use crate::menus;
use crate::refusal::Refusal;
use crate::router::Router;
use crate::schema::{Menu, MenuId};
use crate::table::Row;
use crate::text::Text;

/// `add`: answers with the new row's id.
pub(super) fn add(
    router: &mut Router,
    origin: Origin<'_>,
    id: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    let menu = Arc::clone(&router[id].menu);
    let mut draft = copied(router, id, &menu, command)?;
    let given = Draft::of(router, id, command)?;
    draft.values.extend(given.values);
    draft.until_ms = given.until_ms;
    name_it(router, id, &menu, &mut draft);
    draft.check_required(&menu, None)?;
    menus::check(router, origin, id, &draft, None)?;
    draft.check_unique(router, id, None)?;
    let before = command
        .get("place-before")
        .map(|row| rows::resolve(router, id, &row));
    let before = before.transpose()?;
    menus::complete(router, origin, id, &menu, &mut draft);
    let row = Row {
        until_ms: draft.until_ms.flatten(),
        ..Row::default()
    };
    let added = router[id].add(row);
    apply(router, id, added, draft);
    if before.is_some() {
        router[id].place(added, before);
    }
    router.announce(id, ChangeKind::Added, |router| {
        summary_of_new(router, id, added)
    });
    let ret = Some(ItemId(added).to_string().into());
    Ok(Answer {
        ret,
        ..Answer::changed()
    })
}

/// `set` and `comment`: all rows are checked before the first is changed.
pub(super) fn set(
    router: &mut Router,
    origin: Origin<'_>,
    id: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    if id == router.menus.clock {
        menus::set_clock(router, command)?;
    }
    let selected = rows::selected(router, id, command)?;
    change(router, origin, id, &selected, |router| {
        Draft::of(router, id, command)
    })
}

/// `enable` (`false`) and `disable` (`true`). Whoever is online stays online.
pub(super) fn set_disabled(
    router: &mut Router,
    origin: Origin<'_>,
    id: MenuId,
    command: &Command,
    disabled: &str,
) -> Result<Answer, Refusal> {
    let selected = rows::selected(router, id, command)?;
    let values = BTreeMap::from([(Arc::from("disabled"), Some(Text::from(disabled)))]);
    change(router, origin, id, &selected, |_| {
        Ok(Draft {
            values: values.clone(),
            until_ms: None,
        })
    })
}

/// `unset` by `value-name`.
pub(super) fn unset(
    router: &mut Router,
    origin: Origin<'_>,
    id: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    let selected = rows::selected(router, id, command)?;
    let names = command.get("value-name").unwrap_or_default();
    let cleared: Result<BTreeMap<Arc<str>, Option<Text>>, Refusal> = names
        .split(',')
        .map(|name| cleared(&router[id].menu, name, "value-name"))
        .collect();
    let values = cleared?;
    change(router, origin, id, &selected, |_| {
        Ok(Draft {
            values: values.clone(),
            until_ms: None,
        })
    })
}

/// `reset`: the named properties go back to their defaults.
pub(super) fn reset(
    router: &mut Router,
    origin: Origin<'_>,
    id: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    let selected = rows::selected(router, id, command)?;
    let names = command.attributes().iter().map(|(name, _)| name.as_str());
    let names = names.filter(|name| !matches!(*name, ".id" | "numbers"));
    let cleared: Result<BTreeMap<Arc<str>, Option<Text>>, Refusal> = names
        .map(|name| cleared(&router[id].menu, name, name))
        .collect();
    let values = cleared?;
    change(router, origin, id, &selected, |_| {
        Ok(Draft {
            values: values.clone(),
            until_ms: None,
        })
    })
}

fn cleared(menu: &Menu, name: &str, told: &str) -> Result<(Arc<str>, Option<Text>), Refusal> {
    let property = menu.property(name).filter(|property| !property.read_only);
    let property = property.ok_or_else(|| Refusal::no_match(told))?;
    Ok((Arc::clone(&property.name), None))
}

fn change(
    router: &mut Router,
    origin: Origin<'_>,
    id: MenuId,
    selected: &[u64],
    draft: impl Fn(&Router) -> Result<Draft, Refusal>,
) -> Result<Answer, Refusal> {
    let menu = Arc::clone(&router[id].menu);
    let mut drafts = Vec::with_capacity(selected.len());
    for row_id in selected {
        let draft = draft(router)?;
        let row = router[id].get(*row_id);
        draft.check_required(&menu, row)?;
        menus::check(router, origin, id, &draft, row)?;
        draft.check_unique(router, id, row)?;
        drafts.push((*row_id, draft));
    }
    for (row_id, draft) in drafts {
        let before = router[id].get(row_id).cloned().unwrap_or_default();
        router.row_changing(id, &before);
        apply(router, id, row_id, draft);
        router.announce(id, ChangeKind::Updated, |router| {
            summary_of_change(router, id, row_id, &before)
        });
    }
    Ok(Answer::changed())
}

/// Writes a checked draft. A row that is renamed is renamed wherever it is referred to.
fn apply(router: &mut Router, id: MenuId, row_id: u64, draft: Draft) {
    let old_name = router[id]
        .get(row_id)
        .and_then(|row| row.values.get("name").cloned());
    let new_name = draft.values.get("name").cloned().flatten();
    for (name, value) in draft.values {
        router[id].set(row_id, &name, value);
    }
    if let Some(until_ms) = draft.until_ms {
        router[id].set_until(row_id, until_ms);
        let timed = if until_ms.is_some() { "true" } else { "false" };
        router.write(id, row_id, "dynamic", timed);
    }
    router.touch(id, row_id);
    if let (Some(old), Some(new)) = (old_name, new_name) {
        redirect(router, id, &old, &new);
    }
    router.row_changed(id, row_id);
}

/// Rows that refer to a row by its old name follow it.
pub(super) fn redirect(router: &mut Router, id: MenuId, old: &Text, new: &Text) {
    if old == new {
        return;
    }
    let path = Arc::clone(&router[id].menu.path);
    let mut moved = Vec::new();
    for (at, table) in router.tables().iter().enumerate() {
        for property in &table.menu.properties {
            if property.kind.target() != Some(&*path) {
                continue;
            }
            let rows = table
                .iter()
                .filter(|row| table.value(row, &property.name) == Some(old));
            moved.extend(rows.map(|row| (MenuId(at), row.id, Arc::clone(&property.name))));
        }
    }
    for (menu, row, name) in moved {
        router[menu].set(row, &name, Some(new.clone()));
    }
}

/// The row to copy from, if any.
fn copied(router: &Router, id: MenuId, menu: &Menu, command: &Command) -> Result<Draft, Refusal> {
    let mut draft = Draft::default();
    let Some(from) = command.get("copy-from") else {
        return Ok(draft);
    };
    let row = router[id]
        .get(rows::resolve(router, id, &from)?)
        .ok_or_else(Refusal::no_such_item)?;
    for (name, value) in &row.values {
        let is_settable = menu
            .property(name)
            .is_some_and(|property| !property.read_only);
        if is_settable {
            draft.values.insert(Arc::clone(name), Some(value.clone()));
        }
    }
    Ok(draft)
}

/// Some menus name their rows themselves: `pool1`, `queue2`.
fn name_it(router: &Router, id: MenuId, menu: &Menu, draft: &mut Draft) {
    let Some(stem) = &menu.auto_name else {
        return;
    };
    if draft.values.get("name").is_some_and(Option::is_some) {
        return;
    }
    let numbered = (1_u32..).map(|number| format!("{stem}{number}"));
    let free = numbered
        .into_iter()
        .find(|name| router[id].find_one("name", name).is_none());
    draft.values.insert(Arc::from("name"), free.map(Text::from));
}

fn summary_of_new(router: &Router, id: MenuId, row_id: u64) -> String {
    let table = &router[id];
    let Some(row) = table.get(row_id) else {
        return String::new();
    };
    let title = rows::title(router, id, row);
    let details = [
        "profile",
        "rate-limit",
        "remote-address",
        "limit-uptime",
        "max-limit",
    ];
    let details: Vec<String> = details
        .into_iter()
        .filter_map(|name| Some(format!("{name} {}", row.values.get(name)?.lossy())))
        .collect();
    let details = if details.is_empty() {
        String::new()
    } else {
        format!(" ({})", details.join(", "))
    };
    format!("{} `{title}` added{details}", table.menu.label)
}

fn summary_of_change(router: &Router, id: MenuId, row_id: u64, before: &Row) -> String {
    let table = &router[id];
    let Some(row) = table.get(row_id) else {
        return String::new();
    };
    let title = rows::title(router, id, before);
    let differs = |name: &str| table.value(before, name) != table.value(row, name);
    let mut parts = Vec::new();
    for property in table.menu.properties.iter().filter(|it| differs(&it.name)) {
        let (name, new) = (&*property.name, table.text(row, &property.name));
        parts.push(match name {
            "disabled" if new == "true" => "disabled".to_owned(),
            "disabled" => "enabled".to_owned(),
            _ if property.secret || property.write_only => format!("{name} changed"),
            _ => format!(
                "{name} {} -> {}",
                quoted(&table.text(before, name)),
                quoted(&new)
            ),
        });
    }
    if parts.is_empty() {
        parts.push("written again, unchanged".to_owned());
    }
    format!("{} `{title}` {}", table.menu.label, parts.join(", "))
}

fn quoted(value: &str) -> &str {
    if value.is_empty() { "none" } else { value }
}
