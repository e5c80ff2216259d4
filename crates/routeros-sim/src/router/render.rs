//! What a row prints: stored values, defaults, ages, dates by version, hidden passwords.

use std::borrow::Cow;
use std::time::Duration;

use chrono::DateTime;
use routeros_proto::{ItemId, format_duration};

use super::Router;
use crate::policies;
use crate::schema::{Kind, MenuId, Property};
use crate::table::Row;

/// The second of January 1970, where clocks without a battery begin.
const EPOCH_DAY_TWO: i64 = 86_400;

/// What somebody may see of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Passwords too.
    Everything,
    /// No passwords.
    WithoutSecrets,
}

impl Router {
    /// The `.id` of a row; rows of single menus have none.
    pub(crate) fn shown_id(&self, menu: MenuId, row: &Row) -> Option<String> {
        (!self[menu].menu.single).then(|| ItemId(row.id).to_string())
    }

    /// What a row prints for one name, or `None` when it is absent.
    pub(crate) fn shown<'a>(
        &'a self,
        menu: MenuId,
        row: &'a Row,
        name: &str,
        sight: Sight,
    ) -> Option<Cow<'a, [u8]>> {
        if name == ".id" {
            return self.shown_id(menu, row).map(|id| id.into_bytes().into());
        }
        let property = self[menu].menu.property(name)?;
        self.shown_property(menu, row, property, sight)
    }

    /// What a row prints for one of its menu's properties.
    pub(crate) fn shown_property<'a>(
        &'a self,
        menu: MenuId,
        row: &'a Row,
        property: &Property,
        sight: Sight,
    ) -> Option<Cow<'a, [u8]>> {
        let hidden = property.write_only || (property.secret && sight == Sight::WithoutSecrets);
        if hidden || !property.exists_in(self.version()) {
            return None;
        }
        match property.kind {
            Kind::Age => {
                let age = self.now_ms.saturating_sub(row.since_ms?);
                return Some(seconds(age).into_bytes().into());
            }
            Kind::AgeOr(ref word) => {
                let age = row.since_ms.map(|since| self.now_ms.saturating_sub(since));
                let shown = age.map_or_else(|| word.clone(), seconds);
                return Some(shown.into_bytes().into());
            }
            Kind::Derived => {
                let shown = self.derived(menu, row, &property.name)?;
                return Some(shown.into_bytes().into());
            }
            Kind::Policies => {
                let granted = self[menu].text(row, &property.name);
                let shown = policies::shown(&granted, self.version());
                return Some(shown.into_bytes().into());
            }
            Kind::Left => {
                let left = row.until_ms?.saturating_sub(self.now_ms);
                return Some(seconds(left).into_bytes().into());
            }
            _ => {}
        }
        if menu == self.menus.clock {
            match &*property.name {
                "time" => return Some(self.clock("%H:%M:%S").into_bytes().into()),
                "date" => return Some(self.clock(self.date_form()).into_bytes().into()),
                _ => {}
            }
        }
        if menu == self.menus.hotspot_active && &*property.name == "idle-time" {
            let silent = self.silent_ms(row.id);
            return Some(seconds(silent).into_bytes().into());
        }
        self[menu]
            .value(row, &property.name)
            .map(|value| value.as_bytes().into())
    }

    /// Everything a row prints, `.id` first.
    pub(crate) fn shown_row<'a>(
        &'a self,
        menu: MenuId,
        row: &'a Row,
        sight: Sight,
    ) -> impl Iterator<Item = (&'a str, Cow<'a, [u8]>)> {
        let id = self
            .shown_id(menu, row)
            .map(|id| (".id", id.into_bytes().into()));
        let properties = self[menu]
            .menu
            .properties
            .iter()
            .filter_map(move |property| {
                let value = self.shown_property(menu, row, property, sight)?;
                Some((&*property.name, value))
            });
        id.into_iter().chain(properties)
    }

    /// The router's clock, as dates in rows are written.
    pub(crate) fn date(&self) -> String {
        self.date_of(self.unix_seconds())
    }

    /// A moment by the router's clock, in seconds since 1970, as dates in rows are written.
    pub(crate) fn date_of(&self, unix_seconds: i64) -> String {
        written(unix_seconds, &format!("{} %H:%M:%S", self.date_form()))
    }

    /// What a power cut does to a clock that has no battery and nobody to ask.
    pub(crate) fn lose_clock(&mut self) {
        self.clock_offset_s = 0;
        self.clock_offset_s = EPOCH_DAY_TWO - self.unix_seconds();
    }

    /// Seconds since 1970 by the router's clock.
    pub(crate) fn unix_seconds(&self) -> i64 {
        let passed = i64::try_from(self.now_ms / 1_000).unwrap_or(i64::MAX);
        self.config
            .started_at_unix
            .saturating_add(passed)
            .saturating_add(self.clock_offset_s)
    }

    fn date_form(&self) -> &'static str {
        if self.config.version.has_iso_dates() {
            "%Y-%m-%d"
        } else {
            "%b/%d/%Y"
        }
    }

    fn clock(&self, form: &str) -> String {
        written(self.unix_seconds(), form)
    }
}

fn written(unix_seconds: i64, form: &str) -> String {
    let moment = DateTime::from_timestamp(unix_seconds, 0).unwrap_or_default();
    moment.format(form).to_string().to_ascii_lowercase()
}

/// Whole seconds, as routers print ages.
fn seconds(millis: u64) -> String {
    format_duration(Duration::from_secs(millis / 1_000))
}
