//! The attributes of a reply, found in its words.

use std::borrow::Cow;

use crate::command::split_attribute;
use crate::words::Words;

/// The attributes of a reply in the order they came, by name and raw value.
///
/// Keys that begin with a dot are passed over, save `.id` and `.dead`.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    words: Words<'a>,
}

impl<'a> Attributes<'a> {
    pub(super) fn new(words: Words<'a>) -> Self {
        Self { words }
    }

    /// How many there are (a walk over all of them).
    #[must_use]
    pub fn len(&self) -> usize {
        self.clone().raw().count()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clone().raw().next().is_none()
    }

    /// The same with names as they are on the wire.
    pub(super) fn raw(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.words.filter_map(visible)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (Cow<'a, str>, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.words.find_map(visible)?;
        Some((String::from_utf8_lossy(name), value))
    }
}

#[inline]
fn visible(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, value) = split_attribute(word)?;
    let is_note = name.starts_with(b".") && !matches!(name, b".id" | b".dead");
    (!is_note).then_some((name, value))
}
