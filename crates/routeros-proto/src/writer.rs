//! Writes sentences into a buffer, word by word, without allocating for a word.

use crate::word::{EncodeError, MAX_PREFIX, write_length};

/// By how many bytes the buffer grows at least, so that most words find room.
const STEP: usize = 256;

/// Writes a sentence straight into a buffer, word by word.
///
/// The buffer holds the sentence once [`SentenceWriter::end`] was called; a writer that is
/// dropped before takes back what it wrote.
#[derive(Debug)]
pub struct SentenceWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Where the sentence began.
    start: usize,
    /// Where the next byte goes; what lies behind it is room.
    at: usize,
}

impl<'a> SentenceWriter<'a> {
    /// A writer that appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Self {
            out,
            start,
            at: start,
        }
    }

    /// Appends one word.
    ///
    /// # Errors
    /// [`EncodeError`] when the word is empty or too long to announce.
    #[inline]
    pub fn word(&mut self, word: &[u8]) -> Result<(), EncodeError> {
        self.put([word])
    }

    /// Appends `=name=value`.
    ///
    /// # Errors
    /// [`EncodeError::WordTooLong`].
    #[inline]
    pub fn attribute(&mut self, name: &str, value: &[u8]) -> Result<(), EncodeError> {
        self.put([b"=", name.as_bytes(), b"=", value])
    }

    /// Appends `=name=value` for a name that may be any bytes.
    pub(crate) fn attribute_raw(&mut self, name: &[u8], value: &[u8]) -> Result<(), EncodeError> {
        self.put([b"=", name, b"=", value])
    }

    /// Appends `.tag=tag`.
    ///
    /// # Errors
    /// [`EncodeError::WordTooLong`].
    #[inline]
    pub fn tag(&mut self, tag: &str) -> Result<(), EncodeError> {
        self.put([b".tag=", tag.as_bytes()])
    }

    /// Ends the sentence with the empty word.
    #[inline]
    pub fn end(mut self) {
        let room = self.room(1);
        if let Some(last) = room.first_mut() {
            *last = 0;
        }
        self.at += 1;
        self.start = self.at;
    }

    /// Appends words that have their lengths before them already.
    pub(crate) fn raw(&mut self, words: &[u8]) {
        if let Some(room) = self.room(words.len()).get_mut(..words.len()) {
            room.copy_from_slice(words);
            self.at += words.len();
        }
    }

    /// Keeps what was written, to go on later.
    pub(crate) fn pause(mut self) {
        self.start = self.at;
    }

    #[inline(always)]
    fn put<const N: usize>(&mut self, parts: [&[u8]; N]) -> Result<(), EncodeError> {
        let len = parts.iter().map(|part| part.len()).sum();
        if len == 0 {
            return Err(EncodeError::EmptyWord);
        }
        let announced = u32::try_from(len).map_err(|_| EncodeError::WordTooLong(len))?;
        let room = self.room(len + MAX_PREFIX);
        let prefix = write_length(announced, room);
        let mut rest = room.get_mut(prefix..).unwrap_or_default();
        for part in parts {
            rest = copy(part, rest);
        }
        self.at += prefix + len;
        Ok(())
    }

    /// At least `wanted` bytes to write to.
    #[inline]
    fn room(&mut self, wanted: usize) -> &mut [u8] {
        if self.out.len() - self.at < wanted {
            self.grow(wanted);
        }
        self.out.get_mut(self.at..).unwrap_or_default()
    }

    fn grow(&mut self, wanted: usize) {
        if self.out.len() < self.at + wanted {
            self.out.extend_from_slice(&[0; STEP]);
        }
        if self.out.len() < self.at + wanted {
            self.out.resize(self.at + wanted, 0);
        }
    }
}

impl Drop for SentenceWriter<'_> {
    fn drop(&mut self) {
        self.out.truncate(self.start);
    }
}

/// Copies `part` to the start of `room` and returns what is left of it. Words are short: a few
/// moves of a fixed size, which may overlap, are several times faster than a call that copies any
/// number of bytes.
#[inline(always)]
fn copy<'a>(part: &[u8], room: &'a mut [u8]) -> &'a mut [u8] {
    let Some((room, rest)) = room.split_at_mut_checked(part.len()) else {
        return &mut [];
    };
    match part.len() {
        0 => {}
        1 => room[0] = part[0],
        2..=3 => ends::<2>(part, room),
        4..=7 => ends::<4>(part, room),
        8..=16 => ends::<8>(part, room),
        17..=32 => ends::<16>(part, room),
        33..=64 => ends::<32>(part, room),
        _ => room.copy_from_slice(part),
    }
    rest
}

/// Copies the first and the last `N` bytes of slices of the same length, `N` to `2 * N`.
#[inline]
fn ends<const N: usize>(from: &[u8], to: &mut [u8]) {
    if let (Some(first), Some(room)) = (from.first_chunk::<N>(), to.first_chunk_mut::<N>()) {
        *room = *first;
    }
    if let (Some(last), Some(room)) = (from.last_chunk::<N>(), to.last_chunk_mut::<N>()) {
        *room = *last;
    }
}
