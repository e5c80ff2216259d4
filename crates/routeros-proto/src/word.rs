//! The length prefix of a word: one to five bytes, big-endian, minimal when written.
//!
//! Source: MikroTik manual, "API", section "API words".

use thiserror::Error;

/// The longest length prefix, in bytes.
const MAX_PREFIX: usize = 5;

/// The first byte from which on a word is a reserved control byte.
const FIRST_CONTROL_BYTE: u8 = 0xF8;

/// Why words could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// A word longer than the five-byte form can announce.
    #[error("word of {0} bytes is longer than the format allows")]
    WordTooLong(usize),
    /// An empty word ends a sentence, so it can never be part of one.
    #[error("a word must not be empty")]
    EmptyWord,
}

/// Why a length prefix is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("reserved control byte 0x{0:02x} where a word length belongs")]
pub struct LengthError(pub u8);

/// Writes the minimal length prefix for a word of `len` bytes.
pub fn encode_length(len: u32, out: &mut Vec<u8>) {
    let mut prefix = [0; MAX_PREFIX];
    let size = write_length(len, &mut prefix);
    out.extend_from_slice(&prefix[..size]);
}

/// Writes the minimal length prefix to the start of `room`, [`MAX_PREFIX`] bytes at least, and
/// returns how many bytes it takes.
#[inline]
fn write_length(len: u32, room: &mut [u8]) -> usize {
    let [a, b, c, d] = len.to_be_bytes();
    match len {
        0..=0x7F => fill(room, [d]),
        0x80..=0x3FFF => fill(room, [c | 0x80, d]),
        0x4000..=0x1F_FFFF => fill(room, [b | 0xC0, c, d]),
        0x20_0000..=0x0FFF_FFFF => fill(room, [a | 0xE0, b, c, d]),
        0x1000_0000.. => fill(room, [0xF0, a, b, c, d]),
    }
}

/// How many bytes announce a word of `len` bytes at least.
pub(crate) fn prefix_bytes(len: usize) -> usize {
    match len {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x1F_FFFF => 3,
        0x20_0000..=0x0FFF_FFFF => 4,
        _ => 5,
    }
}

#[inline]
fn fill<const N: usize>(room: &mut [u8], prefix: [u8; N]) -> usize {
    if let Some(room) = room.first_chunk_mut::<N>() {
        *room = prefix;
    }
    N
}

/// Reads a length prefix from the start of `bytes`.
///
/// Returns the length and how many bytes announced it, or `None` when more bytes are needed.
/// Longer forms than necessary are accepted: clients exist that send five bytes for every word.
///
/// # Errors
/// [`LengthError`] on a control byte (0xF8 and above): the receiver cannot go on.
pub fn decode_length(bytes: &[u8]) -> Result<Option<(u32, usize)>, LengthError> {
    let Some(&first) = bytes.first() else {
        return Ok(None);
    };
    if first >= FIRST_CONTROL_BYTE {
        return Err(LengthError(first));
    }
    let (mask, extra) = match first {
        0x00..=0x7F => (0x7F, 0),
        0x80..=0xBF => (0x3F, 1),
        0xC0..=0xDF => (0x1F, 2),
        0xE0..=0xEF => (0x0F, 3),
        0xF0.. => (0x00, 4),
    };
    let Some(rest) = bytes.get(1..=extra) else {
        return Ok(None);
    };
    let head = u32::from(first & mask);
    let len = rest
        .iter()
        .fold(head, |len, &byte| (len << 8) | u32::from(byte));
    Ok(Some((len, extra + 1)))
}
