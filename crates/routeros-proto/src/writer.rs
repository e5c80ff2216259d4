//! Writes sentences into a buffer, word by word, without allocating for a word.

use crate::word::{EncodeError, encode_length};

/// How much room is made at a time, in bytes: enough for most sentences.
pub(crate) const STEP: usize = 512;

/// The longest word that one byte announces: nearly every word is shorter.
const SHORT: u8 = 0x7F;

/// Where a short word is put together: its length and its parts, and behind them what the widest
/// move from the last place could touch. So no place in it needs to be checked.
type ShortRoom = [u8; SHORT_ROOM];

/// How large that is, in bytes.
const SHORT_ROOM: usize = SHORT as usize + WIDEST + 1;

/// The most bytes that are moved at once.
const WIDEST: usize = 16;

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

/// What a word is made of, in order.
#[derive(Clone, Copy, Default)]
struct Parts<'a> {
    lead: &'static [u8],
    name: &'a [u8],
    separator: &'static [u8],
    value: &'a [u8],
}

impl<'a> SentenceWriter<'a> {
    /// A writer that appends to `out`.
    #[inline]
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        let mut writer = Self {
            out,
            start,
            at: start,
        };
        writer.make_room();
        writer
    }

    /// Appends one word.
    ///
    /// # Errors
    /// [`EncodeError`] when the word is empty or too long to announce.
    #[inline(always)]
    pub fn word(&mut self, word: &[u8]) -> Result<(), EncodeError> {
        self.put(Parts {
            name: word,
            ..Parts::default()
        })
    }

    /// Appends `=name=value`.
    ///
    /// # Errors
    /// [`EncodeError::WordTooLong`].
    #[inline(always)]
    pub fn attribute(&mut self, name: &str, value: &[u8]) -> Result<(), EncodeError> {
        self.attribute_raw(name.as_bytes(), value)
    }

    /// Appends `=name=value` for a name that may be any bytes.
    #[inline(always)]
    pub(crate) fn attribute_raw(&mut self, name: &[u8], value: &[u8]) -> Result<(), EncodeError> {
        self.put(Parts {
            lead: b"=",
            name,
            separator: b"=",
            value,
        })
    }

    /// Appends `.tag=tag`.
    ///
    /// # Errors
    /// [`EncodeError::WordTooLong`].
    #[inline(always)]
    pub fn tag(&mut self, tag: &str) -> Result<(), EncodeError> {
        self.put(Parts {
            lead: b".tag=",
            name: tag.as_bytes(),
            ..Parts::default()
        })
    }

    /// Ends the sentence with the empty word.
    #[inline]
    pub fn end(mut self) {
        self.out.truncate(self.at);
        self.out.push(0);
        self.start = self.at + 1;
    }

    /// Appends words that have their lengths before them already.
    pub(crate) fn raw(&mut self, words: &[u8]) {
        self.out.truncate(self.at);
        self.out.extend_from_slice(words);
        self.at = self.out.len();
    }

    /// Keeps what was written, to go on later.
    pub(crate) fn pause(mut self) {
        self.start = self.at;
    }

    #[inline(always)]
    fn put(&mut self, parts: Parts<'_>) -> Result<(), EncodeError> {
        let Parts {
            lead,
            name,
            separator,
            value,
        } = parts;
        let len = lead.len() + name.len() + separator.len() + value.len();
        let announced = u8::try_from(len).unwrap_or_default();
        let room = self.out.get_mut(self.at..self.at + SHORT_ROOM);
        let room = room.and_then(|it| it.first_chunk_mut());
        let (1..=SHORT, Some(room)) = (announced, room) else {
            return self.put_any(lead, name, separator, value);
        };
        let room: &mut ShortRoom = room;
        room[0] = announced;
        let at = place(lead, room, 1);
        let at = place(name, room, at);
        let at = place(separator, room, at);
        let at = place(value, room, at);
        self.at += at;
        Ok(())
    }

    /// The same for a word of any length, and where there is not enough room left. It takes the
    /// parts one by one: together they would go through memory, for every other word too.
    #[cold]
    #[inline(never)]
    fn put_any(
        &mut self,
        lead: &[u8],
        name: &[u8],
        separator: &[u8],
        value: &[u8],
    ) -> Result<(), EncodeError> {
        let parts = [lead, name, separator, value];
        let len = parts.iter().map(|part| part.len()).sum();
        if len == 0 {
            return Err(EncodeError::EmptyWord);
        }
        let announced = u32::try_from(len).map_err(|_| EncodeError::WordTooLong(len))?;
        self.out.truncate(self.at);
        encode_length(announced, self.out);
        for part in parts {
            self.out.extend_from_slice(part);
        }
        self.at = self.out.len();
        self.make_room();
        Ok(())
    }

    /// Makes room for what follows.
    fn make_room(&mut self) {
        self.out.resize(self.at + STEP, 0);
    }
}

impl Drop for SentenceWriter<'_> {
    fn drop(&mut self) {
        self.out.truncate(self.start);
    }
}

/// Copies a part of a short word to this place and returns where it ends. A few moves of a fixed
/// size, which may overlap, are several times faster than a call that copies any number of bytes.
#[inline(always)]
fn place(part: &[u8], room: &mut ShortRoom, at: usize) -> usize {
    let end = at + part.len();
    match part.len() {
        17.. => {
            let (whole, _) = part.as_chunks::<WIDEST>();
            for (chunk, at) in whole.iter().zip((at..).step_by(WIDEST)) {
                put_at(room, at, u128::from_ne_bytes(*chunk).to_ne_bytes());
            }
            if let Some(last) = part.last_chunk() {
                put_at(room, end - WIDEST, u128::from_ne_bytes(*last).to_ne_bytes());
            }
        }
        8.. => both_ends(part, room, at, |it| u64::from_ne_bytes(it).to_ne_bytes()),
        4.. => both_ends(part, room, at, |it| u32::from_ne_bytes(it).to_ne_bytes()),
        2.. => both_ends(part, room, at, |it| u16::from_ne_bytes(it).to_ne_bytes()),
        1 => put_at(room, at, [part[0]]),
        0 => {}
    }
    end
}

/// Copies the first and the last `N` bytes of a part of `N` to `2 * N` bytes, each as one number:
/// the compiler makes a call of moves of bytes.
#[inline(always)]
fn both_ends<const N: usize>(
    part: &[u8],
    room: &mut ShortRoom,
    at: usize,
    as_number: impl Fn([u8; N]) -> [u8; N],
) {
    if let (Some(first), Some(last)) = (part.first_chunk(), part.last_chunk()) {
        put_at(room, at, as_number(*first));
        put_at(room, at + part.len() - N, as_number(*last));
    }
}

/// Moves so many bytes at once. A place in a short word never needs the mask, which only shows
/// that it lies in the room.
#[inline(always)]
fn put_at<const N: usize>(room: &mut ShortRoom, at: usize, bytes: [u8; N]) {
    let at = at & usize::from(SHORT);
    room[at..at + N].copy_from_slice(&bytes);
}
