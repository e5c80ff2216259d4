//! Cursor pages: stable under inserts, cheap at any depth.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base32;
use crate::id::Id;

/// An opaque place in a list: the last item that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(Uuid);

/// The text was not handed out as a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor: pass the `next` value of the previous page unchanged")]
pub struct BadCursor;

impl Cursor {
    /// The place after an item.
    #[must_use]
    pub const fn after<K>(item: Id<K>) -> Self {
        Self(item.uuid())
    }

    /// A place in a list whose items have no ids: sixteen bytes that order them.
    #[must_use]
    pub const fn at(place: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(place))
    }

    /// The id of the last item seen, for the store.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", base32::encode(self.0.as_bytes()))
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let bytes = text
            .strip_prefix('c')
            .and_then(base32::decode)
            .ok_or(BadCursor)?;
        Ok(Self(Uuid::from_bytes(bytes)))
    }
}

/// Which part of a list is wanted; lists run from the newest item to the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    limit: u16,
    after: Option<Cursor>,
}

impl PageRequest {
    /// The most items one page holds.
    pub const MAX_LIMIT: u16 = 200;

    /// A page of `limit` items (clamped to 1..=200) after a cursor, or the first one.
    #[must_use]
    pub fn new(limit: u16, after: Option<Cursor>) -> Self {
        Self {
            limit: limit.clamp(1, Self::MAX_LIMIT),
            after,
        }
    }

    /// How many items at most.
    #[must_use]
    pub const fn limit(self) -> u16 {
        self.limit
    }

    /// The place the page starts after.
    #[must_use]
    pub const fn after(self) -> Option<Cursor> {
        self.after
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::new(50, None)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// The cursor of the next page; absent on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Builds a page from up to `limit + 1` items: the extra one only proves that there is more.
    #[must_use]
    pub fn from_overfetch(
        mut items: Vec<T>,
        request: PageRequest,
        place: impl Fn(&T) -> Cursor,
    ) -> Self {
        let limit = usize::from(request.limit());
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items
            .last()
            .filter(|_| more)
            .map(|it| place(it).to_string());
        Self { items, next }
    }

    /// The same page of another view.
    pub fn map<U>(self, view: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(view).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    //! A page knows whether another one follows.
    #![allow(clippy::unwrap_used)]

    use super::{Cursor, Page, PageRequest};
    use crate::InvoiceId;
    use uuid::Uuid;

    fn ids(count: u128) -> Vec<InvoiceId> {
        (1..=count)
            .map(|it| InvoiceId::from_uuid(Uuid::from_u128(it)))
            .collect()
    }

    #[test]
    fn the_extra_item_becomes_a_cursor() {
        let page = Page::from_overfetch(ids(3), PageRequest::new(2, None), |it| Cursor::after(*it));
        assert_eq!(page.items.len(), 2);
        let next: Cursor = page.next.unwrap().parse().unwrap();
        assert_eq!(next.uuid(), Uuid::from_u128(2));
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let page = Page::from_overfetch(ids(2), PageRequest::new(2, None), |it| Cursor::after(*it));
        assert_eq!(page.next, None);
    }

    #[test]
    fn limits_are_clamped() {
        assert_eq!(PageRequest::new(0, None).limit(), 1);
        assert_eq!(PageRequest::new(9_999, None).limit(), 200);
        assert!("nonsense".parse::<Cursor>().is_err());
    }
}
