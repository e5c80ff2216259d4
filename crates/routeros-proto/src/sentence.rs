//! A sentence: words ended by an empty word, and a writer that needs no copy.

use std::fmt;

use crate::word::{EncodeError, encode_word};

/// Words in order, without the empty word that ends them on the wire.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sentence {
    words: Vec<Vec<u8>>,
}

impl Sentence {
    /// A sentence of these words.
    pub fn new<W: Into<Vec<u8>>>(words: impl IntoIterator<Item = W>) -> Self {
        Self {
            words: words.into_iter().map(Into::into).collect(),
        }
    }

    /// The words in the order they were sent.
    #[must_use]
    pub fn words(&self) -> &[Vec<u8>] {
        &self.words
    }

    /// The first word: the command or the kind of the reply.
    #[must_use]
    pub fn first(&self) -> Option<&[u8]> {
        self.words.first().map(Vec::as_slice)
    }

    /// Whether there is no word at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The bytes on the wire, with the ending empty word.
    ///
    /// # Errors
    /// [`EncodeError`] when a word is empty or too long to announce.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(self.words.iter().map(|word| word.len() + 5).sum());
        let mut writer = SentenceWriter::new(&mut out);
        for word in &self.words {
            writer.word(word)?;
        }
        writer.end();
        Ok(out)
    }
}

impl fmt::Debug for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.words.iter().map(|word| String::from_utf8_lossy(word)))
            .finish()
    }
}

/// Writes a sentence straight into a buffer, word by word.
///
/// Nothing marks an unfinished sentence: call [`SentenceWriter::end`], or discard the buffer.
#[derive(Debug)]
pub struct SentenceWriter<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> SentenceWriter<'a> {
    /// A writer that appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Appends one word.
    ///
    /// # Errors
    /// [`EncodeError`] when the word is empty or too long to announce.
    pub fn word(&mut self, word: &[u8]) -> Result<(), EncodeError> {
        encode_word(&[word], self.out)
    }

    /// Appends `=name=value`.
    ///
    /// # Errors
    /// [`EncodeError::WordTooLong`].
    pub fn attribute(&mut self, name: &str, value: &[u8]) -> Result<(), EncodeError> {
        encode_word(&[b"=", name.as_bytes(), b"=", value], self.out)
    }

    /// Appends `.tag=tag`.
    ///
    /// # Errors
    /// [`EncodeError::WordTooLong`].
    pub fn tag(&mut self, tag: &str) -> Result<(), EncodeError> {
        encode_word(&[b".tag=", tag.as_bytes()], self.out)
    }

    /// Ends the sentence with the empty word.
    pub fn end(self) {
        self.out.push(0);
    }
}
