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
    /// Words of our own. Apart, so that a reply that was read is small: there may be very many.
    Made(Box<Made>),
}

/// A reply that is being put together.
#[derive(Clone, Default)]
pub(super) struct Made {
    words: Vec<u8>,
    /// Why one of the words cannot be sent.
    fault: Option<EncodeError>,
    /// The tag, which goes last.
    tag: Option<String>,
}

impl Default for Body {
    fn default() -> Self {
        Self::Made(Box::default())
    }
}

impl Body {
    pub(super) fn words(&self) -> Words<'_> {
        Words::new(self.raw())
    }

    pub(super) fn len(&self) -> usize {
        self.raw().len()
    }

    fn raw(&self) -> &[u8] {
        match self {
            Self::Read(raw) => raw,
            Self::Made(made) => &made.words,
        }
    }

    /// The words as they are to be sent, unless they are those that came.
    pub(super) fn made(&self) -> Option<&[u8]> {
        match self {
            Self::Read(_) => None,
            Self::Made(made) => Some(&made.words),
        }
    }

    /// The tag that was set apart from the words.
    pub(super) fn tag(&self) -> Option<&str> {
        match self {
            Self::Read(_) => None,
            Self::Made(made) => made.tag.as_deref(),
        }
    }

    /// Why the words cannot be sent, if they cannot.
    pub(super) fn check(&self) -> Result<(), EncodeError> {
        match self {
            Self::Made(made) => made.fault.map_or(Ok(()), Err),
            Self::Read(_) => Ok(()),
        }
    }

    /// Adds what `write` writes.
    pub(super) fn push(
        &mut self,
        write: impl FnOnce(&mut SentenceWriter<'_>) -> Result<(), EncodeError>,
    ) {
        self.change(|made| {
            let mut writer = SentenceWriter::new(&mut made.words);
            let written = write(&mut writer);
            writer.pause();
            made.fault = made.fault.or(written.err());
        });
    }

    /// Sets the tag.
    pub(super) fn set_tag(&mut self, tag: String) {
        self.change(|made| made.tag = Some(tag));
    }

    /// Changes the words; those that came are copied first.
    fn change(&mut self, change: impl FnOnce(&mut Made)) {
        if let Self::Read(raw) = self {
            let words = raw.to_vec();
            *self = Self::Made(Box::new(Made {
                words,
                ..Made::default()
            }));
        }
        if let Self::Made(made) = self {
            change(made);
        }
    }
}
