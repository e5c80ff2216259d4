//! The incremental decoder: fed with whatever arrived, it yields whole sentences within limits.

use bytes::Bytes;
use thiserror::Error;

use crate::sentence::Sentence;
use crate::word::{LengthError, decode_length, prefix_bytes};
use crate::words::Words;

/// What a receiver accepts before it gives up on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest word, in bytes.
    pub max_word_bytes: usize,
    /// The longest sentence, in bytes of all its words together.
    pub max_sentence_bytes: usize,
    /// The most words in a sentence.
    pub max_words: usize,
}

impl Limits {
    /// For a client: 16 MiB a word and 64 MiB a sentence, so that a hostile endpoint cannot
    /// exhaust memory and no honest router is ever refused.
    pub const CLIENT: Self = Self {
        max_word_bytes: 16 * 1024 * 1024,
        max_sentence_bytes: 64 * 1024 * 1024,
        max_words: 65_536,
    };

    /// For a server before login: 64 KiB in 32 words. The manual says that such a limit exists
    /// and not how large it is.
    pub const BEFORE_LOGIN: Self = Self {
        max_word_bytes: 64 * 1024,
        max_sentence_bytes: 64 * 1024,
        max_words: 32,
    };
}

/// Why the stream cannot be read any further; the connection must be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// A length prefix that is reserved.
    #[error("the stream is not the RouterOS API")]
    BadLength(#[source] LengthError),
    /// One word is longer than the limit.
    #[error("word of {announced} bytes exceeds the limit of {limit}")]
    WordTooLong {
        /// The length the other side announced, in bytes.
        announced: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The words of one sentence are longer than the limit.
    #[error("sentence of more than {limit} bytes")]
    SentenceTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// More words in one sentence than the limit.
    #[error("sentence of more than {limit} words")]
    TooManyWords {
        /// The limit, in words.
        limit: usize,
    },
}

/// Turns a stream of bytes into sentences, however the bytes are cut.
///
/// Empty sentences are skipped: the protocol ignores them. After an error every later call gives
/// the same error, because the stream has lost its place.
#[derive(Debug)]
pub struct SentenceDecoder {
    limits: Limits,
    /// What has arrived and holds whole sentences; those that are taken share its memory.
    ready: Bytes,
    /// What has arrived behind `ready`: the beginning of a sentence.
    tail: Vec<u8>,
    /// How far the sentence that begins `ready`, or `tail` when that is empty, has been read.
    progress: Progress,
    broken: Option<DecodeError>,
}

/// How much of a sentence has been seen.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// Where it begins: behind the empty sentences before it.
    start: usize,
    /// Where the next word begins, in bytes from the start.
    next: usize,
    /// Words so far.
    words: usize,
    /// Bytes of these words.
    bytes: usize,
    /// Whether a length was longer than it had to be.
    has_long_form: bool,
}

/// A whole sentence, without the empty word that ends it.
struct Found {
    from: usize,
    to: usize,
    is_shortest: bool,
}

impl SentenceDecoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ready: Bytes::new(),
            tail: Vec::new(),
            progress: Progress::default(),
            broken: None,
        }
    }

    /// Changes the limits from the next word on (a server widens them after login).
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Takes bytes that arrived. Drain with [`Self::next_sentence`] before feeding more: the
    /// limits are checked there.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.broken.is_some() || bytes.is_empty() {
            return;
        }
        self.set_rest_aside();
        self.tail.extend_from_slice(bytes);
    }

    /// As [`Self::feed`], for memory that may be kept: sentences that lie in it as a whole are
    /// not copied.
    pub fn feed_shared(&mut self, bytes: Bytes) {
        self.set_rest_aside();
        if self.tail.is_empty() && self.broken.is_none() {
            self.ready = bytes;
        } else {
            self.feed(&bytes);
        }
    }

    /// Whether a sentence has begun and not ended: an end of stream here is a broken peer.
    #[must_use]
    pub fn is_mid_sentence(&self) -> bool {
        self.arrived().len() > self.progress.start
    }

    /// The next whole sentence, or `None` until more bytes are fed.
    ///
    /// # Errors
    /// [`DecodeError`] when the stream is not acceptable; the connection must be closed.
    #[inline]
    pub fn next_sentence(&mut self) -> Result<Option<Sentence>, DecodeError> {
        let Some(found) = self.advance()? else {
            return Ok(None);
        };
        if self.ready.is_empty() {
            self.ready = Bytes::from(std::mem::take(&mut self.tail));
        }
        let raw = self.ready.slice(found.from..found.to);
        Ok(Some(Sentence::from_raw(raw, found.is_shortest)))
    }

    /// The words of the next whole sentence, for a reader that keeps none of them; otherwise as
    /// [`Self::next_sentence`].
    ///
    /// # Errors
    /// [`DecodeError`] when the stream is not acceptable; the connection must be closed.
    #[inline]
    pub fn next_words(&mut self) -> Result<Option<Words<'_>>, DecodeError> {
        let Some(found) = self.advance()? else {
            return Ok(None);
        };
        let raw = self.arrived().get(found.from..found.to);
        Ok(raw.map(Words::new))
    }

    /// Where in `arrived` the next whole sentence is.
    #[inline(always)]
    fn advance(&mut self) -> Result<Option<Found>, DecodeError> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        let mut progress = self.progress;
        let found = progress.read(self.arrived(), &self.limits);
        self.progress = progress;
        match found {
            Ok(Some(end)) => {
                self.progress = Progress::at(progress.next);
                Ok(Some(Found {
                    from: progress.start,
                    to: end,
                    is_shortest: !progress.has_long_form,
                }))
            }
            Ok(None) => {
                self.set_rest_aside();
                Ok(None)
            }
            Err(broken) => Err(self.give_up(broken)),
        }
    }

    #[inline]
    fn arrived(&self) -> &[u8] {
        if self.ready.is_empty() {
            &self.tail
        } else {
            &self.ready
        }
    }

    /// Keeps the beginning of a sentence, and only that, until the rest of it comes.
    fn set_rest_aside(&mut self) {
        let start = std::mem::take(&mut self.progress.start);
        self.progress.next -= start;
        if self.ready.is_empty() {
            self.tail.drain(..start);
        } else {
            let ready = std::mem::take(&mut self.ready);
            self.tail
                .extend_from_slice(ready.get(start..).unwrap_or_default());
        }
    }

    #[cold]
    fn give_up(&mut self, broken: DecodeError) -> DecodeError {
        *self = Self::new(self.limits);
        self.broken = Some(broken);
        broken
    }
}

impl Progress {
    /// Nothing of the sentence that begins there.
    fn at(start: usize) -> Self {
        Self {
            start,
            next: start,
            ..Self::default()
        }
    }

    /// Reads on in what has arrived, from where the last call ended. Once the sentence is whole,
    /// where its words end; `next` is then behind the empty word that follows them.
    #[inline(always)]
    fn read(&mut self, arrived: &[u8], limits: &Limits) -> Result<Option<usize>, DecodeError> {
        let Self {
            mut start,
            mut next,
            mut words,
            mut bytes,
            mut has_long_form,
        } = *self;
        let end = loop {
            let Some(&first) = arrived.get(next) else {
                break None;
            };
            let (len, word) = match first {
                0..0x80 => (usize::from(first), next + 1),
                _ => match long_prefix(arrived, next)? {
                    Some((len, word)) => {
                        has_long_form |= word - next > prefix_bytes(len);
                        (len, word)
                    }
                    None => break None,
                },
            };
            if len == 0 {
                let end = std::mem::replace(&mut next, word);
                if words > 0 {
                    break Some(end);
                }
                start = next;
                continue;
            }
            let is_too_much = len > limits.max_word_bytes
                || bytes + len > limits.max_sentence_bytes
                || words >= limits.max_words;
            if is_too_much {
                return Err(excess(len, bytes, limits));
            }
            if len > arrived.len() - word {
                break None;
            }
            next = word + len;
            words += 1;
            bytes += len;
        };
        *self = Self {
            start,
            next,
            words,
            bytes,
            has_long_form,
        };
        Ok(end)
    }
}

/// A length at `next` that takes more than one byte, and where its word begins.
#[cold]
fn long_prefix(arrived: &[u8], next: usize) -> Result<Option<(usize, usize)>, DecodeError> {
    let unread = arrived.get(next..).unwrap_or_default();
    let found = decode_length(unread).map_err(DecodeError::BadLength)?;
    let in_bytes = |len| usize::try_from(len).unwrap_or(usize::MAX);
    Ok(found.map(|(len, prefix)| (in_bytes(len), next + prefix)))
}

/// Which limit a word of `len` bytes exceeds, after words of `before` bytes together.
#[cold]
fn excess(len: usize, before: usize, limits: &Limits) -> DecodeError {
    let Limits {
        max_word_bytes,
        max_sentence_bytes,
        max_words,
    } = *limits;
    if len > max_word_bytes {
        return DecodeError::WordTooLong {
            announced: len,
            limit: max_word_bytes,
        };
    }
    if before.saturating_add(len) > max_sentence_bytes {
        return DecodeError::SentenceTooLong {
            limit: max_sentence_bytes,
        };
    }
    DecodeError::TooManyWords { limit: max_words }
}
