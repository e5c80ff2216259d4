//! Words in one piece of memory, each with its length before it: what a sentence is on the wire.

use crate::word::decode_length;

/// The words of a sentence, in order.
///
/// Nothing is copied or allocated; a clone starts again from the same place.
#[derive(Debug, Clone, Default)]
pub struct Words<'a> {
    rest: &'a [u8],
}

impl<'a> Words<'a> {
    pub(crate) fn new(raw: &'a [u8]) -> Self {
        Self { rest: raw }
    }

    /// What follows the words taken so far, lengths included.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (&first, after) = self.rest.split_first()?;
        let (len, after) = if first < 0x80 {
            (usize::from(first), after)
        } else {
            let (len, prefix) = decode_length(self.rest).ok()??;
            (usize::try_from(len).ok()?, self.rest.get(prefix..)?)
        };
        let (word, rest) = after.split_at_checked(len)?;
        self.rest = rest;
        Some(word)
    }
}
