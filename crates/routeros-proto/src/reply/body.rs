//! The words of a reply after the first, either as they came or as they are being put together.

use bytes::Bytes;

use crate::word::EncodeError;
use crate::words::Words;
use crate::writer::SentenceWriter;

/// Words, each with its length before it.
#[derive(Clone)]
pub(super) enum Body {
    /// A part of the stream that was read.
    Read(Bytes),
    /// Words of our own, or why one of them cannot be sent.
    Made(Vec<u8>, Option<EncodeError>),
}

impl Default for Body {
    fn default() -> Self {
        Self::Made(Vec::new(), None)
    }
}

impl Body {
    /// What is left of a sentence after the words that were taken.
    pub(super) fn after(raw: &Bytes, taken: &Words<'_>) -> Self {
        let from = raw.len().saturating_sub(taken.rest().len());
        Self::Read(raw.slice(from..))
    }

    pub(super) fn words(&self) -> Words<'_> {
        match self {
            Self::Read(raw) => Words::new(raw),
            Self::Made(raw, _) => Words::new(raw),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Read(raw) => raw.len(),
            Self::Made(raw, _) => raw.len(),
        }
    }

    /// Why the words cannot be sent, if they cannot.
    pub(super) fn check(&self) -> Result<(), EncodeError> {
        match self {
            Self::Made(_, Some(fault)) => Err(*fault),
            Self::Read(_) | Self::Made(_, None) => Ok(()),
        }
    }

    /// Adds what `write` writes.
    pub(super) fn push(
        &mut self,
        write: impl FnOnce(&mut SentenceWriter<'_>) -> Result<(), EncodeError>,
    ) {
        if let Self::Read(raw) = self {
            *self = Self::Made(raw.to_vec(), None);
        }
        let Self::Made(raw, fault) = self else {
            return;
        };
        let mut writer = SentenceWriter::new(raw);
        let written = write(&mut writer);
        writer.pause();
        *fault = fault.or(written.err());
    }
}
