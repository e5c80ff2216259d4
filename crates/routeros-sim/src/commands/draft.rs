//! New values of a row, checked before anything is changed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use routeros_proto::{Command, parse_duration};

use crate::policies;
use crate::ppp::millis;
use crate::refusal::Refusal;
use crate::router::Router;
use crate::schema::{Kind, Menu, MenuId, Property, Unique};
use crate::table::Row;
use crate::text::Text;
use crate::value::normalise;

/// The longest time an entry can have, 35w3d13h13m56s.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(21_474_836);

/// What a command wants a row to be: a value, or nothing, by property.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) values: BTreeMap<Arc<str>, Option<Text>>,
    /// A new end of the row's life; the inner `None` is "never".
    pub(crate) until_ms: Option<Option<u64>>,
}

impl Draft {
    /// Reads and checks the attributes of `add` and `set`.
    pub(super) fn of(router: &Router, menu: MenuId, command: &Command) -> Result<Self, Refusal> {
        let mut draft = Self::default();
        let properties = Arc::clone(&router[menu].menu);
        for (name, raw) in command.attributes() {
            let (name, raw) = match name.strip_prefix('!') {
                Some(name) => (name, None),
                None => (name.as_str(), Some(raw.as_slice())),
            };
            // What is no property places or copies the row, and is read elsewhere.
            if let Some(property) = properties.property(name) {
                draft.take(router, property, raw)?;
            }
        }
        Ok(draft)
    }

    fn take(
        &mut self,
        router: &Router,
        property: &Property,
        raw: Option<&[u8]>,
    ) -> Result<(), Refusal> {
        let value = match raw {
            Some(raw) => check(router, property, raw)?,
            None => None,
        };
        if property.kind == Kind::Left {
            self.until_ms = Some(end_of(router, property, value.as_ref())?);
            return Ok(());
        }
        self.values.insert(Arc::clone(&property.name), value);
        Ok(())
    }

    /// What a property will be on a row that is changed, or on a new one.
    fn value<'a>(&'a self, menu: &'a Menu, row: Option<&'a Row>, name: &str) -> Option<&'a Text> {
        let default = || {
            menu.property(name)
                .and_then(|property| property.default.as_ref())
        };
        match self.values.get(name) {
            Some(new) => new.as_ref().or_else(default),
            None => row.and_then(|row| row.values.get(name)).or_else(default),
        }
    }

    /// [`Self::value`] as text, empty when unset.
    pub(crate) fn text(&self, menu: &Menu, row: Option<&Row>, name: &str) -> String {
        self.value(menu, row, name)
            .map(|value| value.lossy().into_owned())
            .unwrap_or_default()
    }

    /// Properties that a row may not be without.
    pub(super) fn check_required(&self, menu: &Menu, row: Option<&Row>) -> Result<(), Refusal> {
        for property in &menu.properties {
            let Some(text) = &property.required else {
                continue;
            };
            let value = self.value(menu, row, &property.name);
            if value.is_some_and(|value| !value.as_bytes().is_empty()) {
                continue;
            }
            return Err(match text.as_str() {
                "" => Refusal::missing_argument(&property.name),
                text => Refusal::plain(text),
            });
        }
        Ok(())
    }

    /// Rows that may not be alike.
    pub(super) fn check_unique(
        &self,
        router: &Router,
        menu: MenuId,
        row: Option<&Row>,
    ) -> Result<(), Refusal> {
        let table = &router[menu];
        for unique in &table.menu.unique {
            let named = unique.by.iter().chain(&unique.overlap);
            if row.is_some() && !named.into_iter().any(|name| self.values.contains_key(name)) {
                continue;
            }
            if self.meets_another(router, menu, row, unique) {
                return Err(Refusal::plain(unique.trap.as_str()));
            }
        }
        Ok(())
    }

    fn meets_another(
        &self,
        router: &Router,
        menu: MenuId,
        row: Option<&Row>,
        unique: &Unique,
    ) -> bool {
        let table = &router[menu];
        let own = row.map(|row| row.id);
        let first = unique.by.first();
        let value = first.and_then(|name| Some((name, self.value(&table.menu, row, name)?)));
        let Some((name, value)) = value else {
            return false;
        };
        let others = table
            .find(name, value)
            .into_iter()
            .filter(|id| Some(*id) != own);
        others.filter_map(|id| table.get(id)).any(|other| {
            let is_same =
                |name: &Arc<str>| table.value(other, name) == self.value(&table.menu, row, name);
            unique.by.iter().all(is_same)
                && unique.overlap.as_ref().is_none_or(|name| {
                    let theirs = table.text(other, name);
                    let ours = self.text(&table.menu, row, name);
                    let is_all = |text: &str| matches!(text, "any" | "");
                    is_all(&theirs) || is_all(&ours) || *theirs == *ours
                })
        })
    }
}

/// The value in the router's form, `None` when it clears the property.
fn check(router: &Router, property: &Property, raw: &[u8]) -> Result<Option<Text>, Refusal> {
    let is_clear = |value: &Text| property.unset.contains(value);
    if is_clear(&Text::from(raw)) {
        return Ok(None);
    }
    let value = normalise(&property.kind, &property.name, raw)?;
    check_known(router, property, &property.kind, &value.lossy())?;
    if property.kind == Kind::Policies
        && !policies::all_known(&String::from_utf8_lossy(raw), router.version())
    {
        return Err(Refusal::no_match(&property.name));
    }
    Ok((!is_clear(&value)).then_some(value))
}

/// Rows that a value names must exist.
fn check_known(
    router: &Router,
    property: &Property,
    kind: &Kind,
    text: &str,
) -> Result<(), Refusal> {
    match kind {
        Kind::Reference(menu, words) => check_reference(router, property, menu, words, text),
        Kind::AddressOr(menu) => check_address_or(router, menu, text),
        Kind::ReferencePair(menu) => text
            .split('/')
            .try_for_each(|name| check_reference(router, property, menu, &[], name)),
        Kind::Not(inner) => {
            let text = text.strip_prefix('!').unwrap_or(text);
            check_known(router, property, inner, text)
        }
        _ => Ok(()),
    }
}

fn check_reference(
    router: &Router,
    property: &Property,
    menu: &str,
    words: &[String],
    text: &str,
) -> Result<(), Refusal> {
    let is_word = words.iter().any(|word| word == text);
    if is_word || is_row(router, menu, text) {
        return Ok(());
    }
    Err(Refusal::no_match(&property.name))
}

/// Routers name the argument `address` here, whatever the property is called.
fn check_address_or(router: &Router, menu: &str, text: &str) -> Result<(), Refusal> {
    if text.parse::<Ipv4Addr>().is_ok() || is_row(router, menu, text) {
        return Ok(());
    }
    Err(Refusal::invalid_argument("address"))
}

fn is_row(router: &Router, menu: &str, name: &str) -> bool {
    let found = router
        .schema
        .find(menu)
        .and_then(|menu| router[menu].find_one("name", name));
    found.is_some()
}

/// When a row with this timeout ends; zero and nothing are "never".
fn end_of(
    router: &Router,
    property: &Property,
    value: Option<&Text>,
) -> Result<Option<u64>, Refusal> {
    let text = value.map_or(Cow::Borrowed("0s"), Text::lossy);
    let span = parse_duration(&text).map_err(|_| Refusal::invalid_argument(&property.name))?;
    if span > LONGEST_TIMEOUT {
        return Err(Refusal::invalid_argument(&property.name));
    }
    Ok((!span.is_zero()).then(|| router.now_ms.saturating_add(millis(span))))
}
