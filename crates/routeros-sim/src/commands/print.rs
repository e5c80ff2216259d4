//! Reading: `print`, `find` and `get`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use routeros_proto::{Command, EncodeError, ItemId, Query, QueryOp, SentenceWriter};

use super::{Answer, Origin, rows};
use crate::query;
use crate::refusal::Refusal;
use crate::router::Router;
use crate::router::render::Sight;
use crate::schema::MenuId;
use crate::table::Row;
use crate::text::Text;
use crate::value::normalise;

/// `listen`: nothing now, every change from now on.
pub(super) fn listen(menu: MenuId) -> Answer {
    Answer {
        follows: Some(menu),
        ..Answer::default()
    }
}

/// `print` and `getall`.
pub(super) fn print(
    router: &Router,
    origin: Origin<'_>,
    menu: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    if is_on(command, "follow-only") {
        return Ok(listen(menu));
    }
    let follows = is_on(command, "follow").then_some(menu);
    let rows = matching(router, menu, command)?;
    if is_on(command, "count-only") {
        return Ok(Answer::returned(rows.len().to_string()));
    }
    let mut answer = Answer {
        rows: rows.len(),
        is_listing: true,
        follows,
        ..Answer::default()
    };
    for row in rows {
        print_row(router, origin, menu, row, command, &mut answer.sentences)?;
    }
    Ok(answer)
}

/// Appends the `!re` of one row, with the properties the command asks for.
pub(crate) fn print_row(
    router: &Router,
    origin: Origin<'_>,
    menu: MenuId,
    row: &Row,
    command: &Command,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let proplist = command.get(".proplist").or_else(|| command.get("proplist"));
    let wanted: Option<Vec<&str>> = proplist
        .as_deref()
        .map(|list| list.split(',').map(str::trim).collect());
    let sight = router.sight(origin, command);
    let mut writer = SentenceWriter::new(out);
    writer.word(b"!re")?;
    for (name, value) in router.shown_row(menu, row, sight) {
        if wanted.as_ref().is_none_or(|wanted| wanted.contains(&name)) {
            writer.attribute(name, &value)?;
        }
    }
    if let Some(tag) = command.tag() {
        writer.tag(tag)?;
    }
    writer.end();
    Ok(())
}

/// `find`: the ids of the matching rows, joined by semicolons.
pub(super) fn find(router: &Router, menu: MenuId, command: &Command) -> Result<Answer, Refusal> {
    let ids: Vec<String> = matching(router, menu, command)?
        .iter()
        .map(|row| ItemId(row.id).to_string())
        .collect();
    Ok(Answer::returned(ids.join(";")))
}

/// `get`: one property, or all of them as `name=value;...`.
pub(super) fn get(
    router: &Router,
    origin: Origin<'_>,
    menu: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    let id = rows::selected(router, menu, command)?.first().copied();
    let row = id
        .and_then(|id| router[menu].get(id))
        .ok_or_else(Refusal::no_such_item)?;
    let sight = router.sight(origin, command);
    let Some(name) = command.get("value-name") else {
        let all = router.shown_row(menu, row, sight);
        let pairs = all.map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(&value)));
        return Ok(Answer::returned(pairs.collect::<Vec<_>>().join(";")));
    };
    if &*name != ".id" && router[menu].menu.property(&name).is_none() {
        return Err(Refusal::no_match("value-name"));
    }
    let value = router.shown(menu, row, &name, sight).unwrap_or_default();
    Ok(Answer::returned(&*value))
}

/// The rows a query and a `from` leave, through an index where there is one.
fn matching<'a>(
    router: &'a Router,
    menu: MenuId,
    command: &Command,
) -> Result<Vec<&'a Row>, Refusal> {
    let table = &router[menu];
    let queries = command.queries();
    let candidates: Box<dyn Iterator<Item = &Row>> = match indexed(router, menu, command)? {
        // Several rows of a menu with places are printed in their places.
        Some(ids) if table.menu.ordered && ids.len() > 1 => {
            Box::new(table.iter().filter(move |row| ids.contains(&row.id)))
        }
        Some(ids) => Box::new(ids.into_iter().filter_map(|id| table.get(id))),
        None => table.iter(),
    };
    if queries.is_empty() {
        return Ok(candidates.collect());
    }
    let passes = |row: &&Row| {
        router.rows_examined.set(router.rows_examined.get() + 1);
        let lookup = |name: &str| -> Option<Cow<'_, [u8]>> {
            router.shown(menu, row, name, Sight::Everything)
        };
        query::passes(queries, &table.menu, lookup)
    };
    Ok(candidates.filter(passes).collect())
}

/// The only rows that can match, when an index or an id says so.
fn indexed(router: &Router, menu: MenuId, command: &Command) -> Result<Option<Vec<u64>>, Refusal> {
    if command.get_raw("from").is_some() {
        return rows::selected(router, menu, command).map(Some);
    }
    let table = &router[menu];
    let queries = command.queries();
    if let Some(ids) = one_of(queries, ".id") {
        let ids = ids.into_iter().map(String::from_utf8_lossy);
        let ids: BTreeSet<u64> = ids
            .filter_map(|id| Some(id.parse::<ItemId>().ok()?.0))
            .collect();
        return Ok(Some(ids.into_iter().collect()));
    }
    let indexed = |name: &Arc<str>| Some((Arc::clone(name), one_of(queries, name)?));
    let Some((name, values)) = table.menu.index.iter().find_map(indexed) else {
        return Ok(None);
    };
    let kind = table.menu.property(&name).map(|property| &property.kind);
    let kept = |value: &[u8]| -> Option<Text> { normalise(kind?, &name, value).ok() };
    let values = values.into_iter().filter_map(kept);
    let ids: BTreeSet<u64> = values.flat_map(|value| table.find(&name, &value)).collect();
    Ok(Some(ids.into_iter().collect()))
}

/// The values of which every row that passes has one: the query asks for one plainly, or for
/// nothing but any of several.
fn one_of<'q>(queries: &'q [Query], name: &str) -> Option<Vec<&'q [u8]>> {
    if let Some(value) = query::needed(queries, name) {
        return Some(vec![value]);
    }
    let (Query::Operations(operations), conditions) = queries.split_last()? else {
        return None;
    };
    let joins_all = operations.len() + 1 == conditions.len();
    if !joins_all || operations.iter().any(|operation| *operation != QueryOp::Or) {
        return None;
    }
    let values = conditions.iter().map(|condition| match condition {
        Query::Equals(key, value) if key == name => Some(value.as_slice()),
        _ => None,
    });
    values.collect()
}

/// A switch is on when it is there and not `no`.
pub(super) fn is_on(command: &Command, name: &str) -> bool {
    command
        .get(name)
        .is_some_and(|value| !matches!(&*value, "no" | "false"))
}
