//! The incremental decoder: fed with whatever arrived, it yields whole sentences within limits.

use thiserror::Error;

use crate::sentence::Sentence;
use crate::word::{LengthError, decode_length};

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
    buffer: Vec<u8>,
    consumed: usize,
    words: Vec<Vec<u8>>,
    sentence_bytes: usize,
    broken: Option<DecodeError>,
}

impl SentenceDecoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            buffer: Vec::new(),
            consumed: 0,
            words: Vec::new(),
            sentence_bytes: 0,
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
        if self.broken.is_some() {
            return;
        }
        if self.consumed > 0 {
            self.buffer.drain(..self.consumed);
            self.consumed = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether a sentence has begun and not ended: an end of stream here is a broken peer.
    #[must_use]
    pub fn is_mid_sentence(&self) -> bool {
        !self.words.is_empty() || self.consumed < self.buffer.len()
    }

    /// The next whole sentence, or `None` until more bytes are fed.
    ///
    /// # Errors
    /// [`DecodeError`] when the stream is not acceptable; the connection must be closed.
    pub fn next_sentence(&mut self) -> Result<Option<Sentence>, DecodeError> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        let step = self.read_words();
        if let Err(broken) = step {
            self.broken = Some(broken);
            self.buffer = Vec::new();
            self.consumed = 0;
            self.words = Vec::new();
        }
        step.map(|whole| whole.then(|| self.take_sentence()))
    }

    /// Reads words until a sentence ends (`true`) or the bytes do (`false`).
    fn read_words(&mut self) -> Result<bool, DecodeError> {
        loop {
            let unread = self.buffer.get(self.consumed..).unwrap_or_default();
            let Some((announced, prefix)) =
                decode_length(unread).map_err(DecodeError::BadLength)?
            else {
                return Ok(false);
            };
            let len = usize::try_from(announced).unwrap_or(usize::MAX);
            self.check(len)?;
            let unread = self
                .buffer
                .get(self.consumed + prefix..)
                .unwrap_or_default();
            let Some(word) = unread.get(..len) else {
                return Ok(false);
            };
            if len > 0 {
                self.words.push(word.to_vec());
                self.sentence_bytes += len;
            }
            self.consumed += prefix + len;
            if len == 0 && !self.words.is_empty() {
                return Ok(true);
            }
        }
    }

    fn check(&self, len: usize) -> Result<(), DecodeError> {
        let Limits {
            max_word_bytes,
            max_sentence_bytes,
            max_words,
        } = self.limits;
        if len > max_word_bytes {
            return Err(DecodeError::WordTooLong {
                announced: len,
                limit: max_word_bytes,
            });
        }
        if self.sentence_bytes.saturating_add(len) > max_sentence_bytes {
            return Err(DecodeError::SentenceTooLong {
                limit: max_sentence_bytes,
            });
        }
        if len > 0 && self.words.len() >= max_words {
            return Err(DecodeError::TooManyWords { limit: max_words });
        }
        Ok(())
    }

    fn take_sentence(&mut self) -> Sentence {
        self.sentence_bytes = 0;
        Sentence::new(std::mem::take(&mut self.words))
    }
}
