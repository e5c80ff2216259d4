//! A sentence: words ended by an empty word, kept in one piece as they came.

use std::fmt;

use bytes::{Buf as _, Bytes};

use crate::word::EncodeError;
use crate::words::Words;
use crate::writer::SentenceWriter;

/// Words in order, without the empty word that ends them on the wire.
///
/// A sentence that was read shares the memory it arrived in: it costs no copy, and keeps that
/// piece of the stream (at most a few reads of the connection) alive while it lives.
#[derive(Clone)]
pub struct Sentence {
    /// Each word with its length before it.
    raw: Bytes,
    form: Form,
}

/// How the words can be sent, in one machine word: sentences are moved about in great numbers.
/// Above [`Form::EMPTY_WORD`] it is the length of a word that is too long.
#[derive(Clone, Copy, PartialEq)]
struct Form(usize);

impl Form {
    /// As they are: every length is in its shortest form.
    const SHORTEST: Self = Self(0);
    /// With other lengths.
    const LONGER: Self = Self(1);
    /// Not at all, because one of them is empty.
    const EMPTY_WORD: Self = Self(2);

    fn faulty(fault: EncodeError) -> Self {
        match fault {
            EncodeError::EmptyWord => Self::EMPTY_WORD,
            EncodeError::WordTooLong(len) => Self(len),
        }
    }

    /// Why the words cannot be sent, if they cannot.
    fn fault(self) -> Option<EncodeError> {
        match self {
            Self::SHORTEST | Self::LONGER => None,
            Self::EMPTY_WORD => Some(EncodeError::EmptyWord),
            Self(len) => Some(EncodeError::WordTooLong(len)),
        }
    }
}

impl Sentence {
    /// A sentence of these words.
    pub fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Self {
        let mut raw = Vec::new();
        let mut writer = SentenceWriter::new(&mut raw);
        let mut fault = None;
        for word in words {
            let written = writer.word(word.as_ref());
            fault = fault.or(written.err());
        }
        writer.pause();
        Self {
            raw: raw.into(),
            form: fault.map_or(Form::SHORTEST, Form::faulty),
        }
    }

    /// A sentence of words that the decoder has found whole.
    #[inline]
    pub(crate) fn from_raw(raw: Bytes, is_shortest: bool) -> Self {
        let form = if is_shortest {
            Form::SHORTEST
        } else {
            Form::LONGER
        };
        Self { raw, form }
    }

    /// The words in the order they were sent.
    #[must_use]
    pub fn words(&self) -> Words<'_> {
        Words::new(&self.raw)
    }

    /// The last `len` bytes of the words with their lengths, at most all of them.
    #[inline]
    pub(crate) fn into_last(mut self, len: usize) -> Bytes {
        self.raw.advance(self.raw.len().saturating_sub(len));
        self.raw
    }

    /// The first word: the command or the kind of the reply.
    #[must_use]
    pub fn first(&self) -> Option<&[u8]> {
        self.words().next()
    }

    /// Whether there is no word at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The bytes on the wire, with the ending empty word. Lengths are written in their shortest
    /// form, however they came.
    ///
    /// # Errors
    /// [`EncodeError`] when a word is empty or too long to announce.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(self.raw.len() + 1);
        self.encode_into(&mut out)?;
        Ok(out)
    }

    /// Appends the bytes on the wire to `out`.
    ///
    /// # Errors
    /// [`EncodeError`] when a word is empty or too long to announce.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if let Some(fault) = self.form.fault() {
            return Err(fault);
        }
        if self.form == Form::SHORTEST {
            out.extend_from_slice(&self.raw);
            out.push(0);
            return Ok(());
        }
        let mut writer = SentenceWriter::new(out);
        for word in self.words() {
            writer.word(word)?;
        }
        writer.end();
        Ok(())
    }
}

impl Default for Sentence {
    fn default() -> Self {
        Self::from_raw(Bytes::new(), true)
    }
}

impl PartialEq for Sentence {
    /// By words: the form of their lengths does not matter.
    fn eq(&self, other: &Self) -> bool {
        self.form.fault() == other.form.fault() && self.words().eq(other.words())
    }
}

impl Eq for Sentence {}

impl fmt::Debug for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.words().map(String::from_utf8_lossy))
            .finish()
    }
}
