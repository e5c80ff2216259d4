//! Which rows a command is about.

use routeros_proto::{Command, ItemId};

use crate::refusal::Refusal;
use crate::router::Router;
use crate::schema::MenuId;
use crate::table::Row;

/// The attributes that name rows, in the order they are looked at.
const SELECTORS: [&str; 4] = [".id", "numbers", "number", "from"];

/// The rows named by `.id` or `numbers`: ids, names, or a list of them.
///
/// No selector means no rows: `remove` with only a query answers `!done` and removes nothing.
/// One unknown row fails the whole command before anything is done.
pub(crate) fn selected(
    router: &Router,
    menu: MenuId,
    command: &Command,
) -> Result<Vec<u64>, Refusal> {
    if router[menu].menu.single {
        return Ok(router[menu]
            .single()
            .map(|row| row.id)
            .into_iter()
            .collect());
    }
    let Some(list) = SELECTORS.iter().find_map(|name| command.get(name)) else {
        return Ok(Vec::new());
    };
    if list.is_empty() {
        return Ok(Vec::new());
    }
    if let Ok(id) = resolve(router, menu, &list) {
        return Ok(vec![id]);
    }
    list.split(',')
        .map(|one| resolve(router, menu, one))
        .collect()
}

/// One row by its id or name.
pub(crate) fn resolve(router: &Router, menu: MenuId, text: &str) -> Result<u64, Refusal> {
    if text.starts_with('*') {
        let id: Option<ItemId> = text.parse().ok();
        let row = id.and_then(|id| router[menu].get(id.0));
        return row.map(|row| row.id).ok_or_else(Refusal::no_such_id);
    }
    let named = router[menu].find_one("name", text);
    named.map(|row| row.id).ok_or_else(Refusal::no_such_item)
}

/// What a person calls a row: its name, its user, its address, or its id.
pub(super) fn title(router: &Router, menu: MenuId, row: &Row) -> String {
    let table = &router[menu];
    let named = ["name", "user", "list", "address", "mac-address"];
    let title = named
        .into_iter()
        .map(|name| table.text(row, name))
        .find(|text| !text.is_empty());
    title.map_or_else(|| ItemId(row.id).to_string(), std::borrow::Cow::into_owned)
}
