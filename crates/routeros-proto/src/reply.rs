//! A reply of the router: data, the end of a command, a trap, or the end of the connection.

mod attributes;
mod body;

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use crate::item_id::ItemId;
use crate::sentence::Sentence;
use crate::trap::Trap;
use crate::word::EncodeError;
use crate::writer::{STEP, SentenceWriter};

pub use attributes::Attributes;
use body::Body;

/// What a reply is, by its first word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyKind {
    /// `!re`: one row.
    Data,
    /// `!done`: the command has ended; always the last reply with its tag.
    Done,
    /// `!trap`: the command failed; a [`ReplyKind::Done`] still follows.
    Trap,
    /// `!fatal`: the router closes the connection.
    Fatal,
    /// `!empty` (RouterOS 7.18 and later): there was nothing to send; `!done` still follows.
    Empty,
    /// A word this crate does not know. It is never the end of a command: skip it.
    Other(String),
}

/// One reply sentence, read.
///
/// A reply that was read keeps its sentence as it came and looks properties up in it: reading a
/// table of ten thousand rows copies none of them. Properties are few, so that is also fast.
#[derive(Clone)]
pub struct Reply {
    kind: ReplyKind,
    /// Every word after the first; for a reply that is being made, the tag apart.
    body: Body,
}

/// A sentence that cannot be a reply: the stream has lost its place, close the connection.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a reply begins with an exclamation mark, not {0:?}")]
pub struct ReplyError(pub String);

impl Reply {
    /// An empty `!re`.
    #[must_use]
    pub fn data() -> Self {
        Self::of(ReplyKind::Data)
    }

    /// A plain `!done`.
    #[must_use]
    pub fn done() -> Self {
        Self::of(ReplyKind::Done)
    }

    /// An `!empty`.
    #[must_use]
    pub fn empty() -> Self {
        Self::of(ReplyKind::Empty)
    }

    /// A `!trap`. The category, when given, goes before the message, as routers send it.
    #[must_use]
    pub fn trap(category: Option<u8>, message: &str) -> Self {
        let trap = Self::of(ReplyKind::Trap);
        match category {
            Some(category) => trap
                .attr("category", category.to_string())
                .attr("message", message),
            None => trap.attr("message", message),
        }
    }

    /// A `!fatal` with its bare text.
    #[must_use]
    pub fn fatal(text: &str) -> Self {
        let mut fatal = Self::of(ReplyKind::Fatal);
        if !text.is_empty() {
            fatal.body.push(|writer| writer.word(text.as_bytes()));
        }
        fatal
    }

    /// Adds `=name=value`.
    #[must_use]
    pub fn attr(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.body
            .push(|writer| writer.attribute(name, value.as_ref()));
        self
    }

    /// Sets the tag of the command that is answered.
    #[must_use]
    pub fn tagged(mut self, tag: impl Into<String>) -> Self {
        self.body.set_tag(tag.into());
        self
    }

    /// Reads a reply; as [`TryFrom`], for a sentence that is needed further.
    ///
    /// # Errors
    /// [`ReplyError`] when the sentence does not begin with `!`.
    pub fn parse(sentence: &Sentence) -> Result<Self, ReplyError> {
        sentence.clone().try_into()
    }

    /// What this reply is.
    #[must_use]
    pub fn kind(&self) -> &ReplyKind {
        &self.kind
    }

    /// Whether no further reply with this tag will come.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self.kind, ReplyKind::Done | ReplyKind::Fatal)
    }

    /// The tag of the answered command; `None` for one that is no text, which nobody here sends.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        if let Some(tag) = self.body.tag() {
            return Some(tag);
        }
        let tags = self.body.words().filter_map(|it| it.strip_prefix(b".tag="));
        std::str::from_utf8(tags.last()?).ok()
    }

    /// All attributes in the order they came.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::new(self.body.words())
    }

    /// How many bytes the words after the first take, their lengths included.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        self.body.len()
    }

    /// The raw value of a property, `None` when it is unset. The last one of a repeated key.
    #[must_use]
    pub fn get_raw(&self, name: &str) -> Option<&[u8]> {
        let found = self.attributes().raw();
        found
            .filter(|(key, _)| *key == name.as_bytes())
            .last()
            .map(|(_, value)| value)
    }

    /// The value of a property as text. Bytes that are not UTF-8 become U+FFFD: never write such
    /// a value back to a router.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get_raw(name).map(String::from_utf8_lossy)
    }

    /// The `.id` of the row.
    #[must_use]
    pub fn id(&self) -> Option<ItemId> {
        self.get(".id")?.parse().ok()
    }

    /// What `!done` returned: the id of an added row, a count, a challenge.
    #[must_use]
    pub fn ret(&self) -> Option<Cow<'_, str>> {
        self.get("ret")
    }

    /// Whether the row was removed (`listen` says so with `.dead`).
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.get_raw(".dead")
            .is_some_and(|value| matches!(value, b"yes" | b"true"))
    }

    /// The bare text of `!fatal`.
    #[must_use]
    pub fn fatal_text(&self) -> Option<Cow<'_, str>> {
        let text = self.bare_text()?;
        Some(String::from_utf8_lossy(text))
    }

    /// The trap, read and classified, when this is one.
    #[must_use]
    pub fn as_trap(&self) -> Option<Trap> {
        if self.kind != ReplyKind::Trap {
            return None;
        }
        let category = self.get("category").and_then(|text| text.parse().ok());
        Some(Trap::new(
            &self.get("message").unwrap_or_default(),
            category,
        ))
    }

    /// The bytes on the wire, as a server sends them.
    ///
    /// # Errors
    /// [`EncodeError`] when a word is too long to announce.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(STEP);
        self.encode_into(&mut out)?;
        Ok(out)
    }

    /// Appends the bytes on the wire to `out`.
    ///
    /// # Errors
    /// [`EncodeError`] when a word is too long to announce.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.body.check()?;
        let mut writer = SentenceWriter::new(out);
        match &self.kind {
            ReplyKind::Other(word) => writer.word(format!("!{word}").as_bytes())?,
            kind => writer.word(known_word(kind))?,
        }
        match self.body.made() {
            Some(words) => writer.raw(words),
            None => self.write_visible(&mut writer)?,
        }
        if let Some(tag) = self.tag() {
            writer.tag(tag)?;
        }
        writer.end();
        Ok(())
    }

    /// What is to be seen of a reply that was read.
    fn write_visible(&self, writer: &mut SentenceWriter<'_>) -> Result<(), EncodeError> {
        if let Some(text) = self.bare_text() {
            writer.word(text)?;
        }
        for (name, value) in self.attributes().raw() {
            writer.attribute_raw(name, value)?;
        }
        Ok(())
    }

    fn of(kind: ReplyKind) -> Self {
        Self {
            kind,
            body: Body::default(),
        }
    }

    /// The first word of a `!fatal` that is neither attribute nor tag.
    fn bare_text(&self) -> Option<&[u8]> {
        if self.kind != ReplyKind::Fatal {
            return None;
        }
        let is_bare = |it: &&[u8]| !it.starts_with(b"=") && !it.starts_with(b".tag=");
        self.body.words().find(is_bare)
    }
}

impl TryFrom<Sentence> for Reply {
    type Error = ReplyError;

    /// Reads a reply; it keeps the sentence's memory.
    ///
    /// Repeated keys are kept. Keys that begin with a dot are dropped, save `.id` and `.dead`:
    /// `.section`, `.about` and the like are notes between routers and their own tools.
    ///
    /// # Errors
    /// [`ReplyError`] when the sentence does not begin with `!`.
    #[inline]
    fn try_from(sentence: Sentence) -> Result<Self, ReplyError> {
        let mut words = sentence.words();
        let first = words.next().unwrap_or_default();
        let Some(word) = first.strip_prefix(b"!") else {
            return Err(ReplyError(String::from_utf8_lossy(first).into_owned()));
        };
        let kind = kind_of(word);
        let rest = words.rest().len();
        Ok(Self {
            kind,
            body: Body::Read(sentence.into_last(rest)),
        })
    }
}

impl PartialEq for Reply {
    /// By what they say: words that are skipped, and the form of lengths, do not matter.
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.tag() == other.tag()
            && self.bare_text() == other.bare_text()
            && self.attributes().raw().eq(other.attributes().raw())
    }
}

impl Eq for Reply {}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Reply");
        out.field("kind", &self.kind);
        for (name, value) in self.attributes() {
            out.field(name, &String::from_utf8_lossy(value));
        }
        if let Some(text) = self.fatal_text() {
            out.field("text", &text);
        }
        out.field("tag", &self.tag()).finish()
    }
}

fn known_word(kind: &ReplyKind) -> &'static [u8] {
    match kind {
        ReplyKind::Data => b"!re",
        ReplyKind::Done => b"!done",
        ReplyKind::Trap => b"!trap",
        ReplyKind::Fatal => b"!fatal",
        ReplyKind::Empty | ReplyKind::Other(_) => b"!empty",
    }
}

#[inline]
fn kind_of(word: &[u8]) -> ReplyKind {
    match word {
        b"re" => ReplyKind::Data,
        b"done" => ReplyKind::Done,
        b"trap" => ReplyKind::Trap,
        b"fatal" => ReplyKind::Fatal,
        b"empty" => ReplyKind::Empty,
        other => ReplyKind::Other(String::from_utf8_lossy(other).into_owned()),
    }
}
