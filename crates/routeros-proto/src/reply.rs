//! A reply of the router: data, the end of a command, a trap, or the end of the connection.

use std::borrow::Cow;

use thiserror::Error;

use crate::command::split_attribute;
use crate::item_id::ItemId;
use crate::sentence::{Sentence, SentenceWriter};
use crate::trap::Trap;
use crate::word::EncodeError;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    kind: ReplyKind,
    attributes: Vec<(String, Vec<u8>)>,
    tag: Option<String>,
    text: Option<Vec<u8>>,
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
        Self {
            text: Some(text.as_bytes().to_vec()),
            ..Self::of(ReplyKind::Fatal)
        }
    }

    /// Adds `=name=value`.
    #[must_use]
    pub fn attr(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.attributes
            .push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Sets the tag of the command that is answered.
    #[must_use]
    pub fn tagged(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }

    /// Reads a reply.
    ///
    /// Repeated keys are kept. Keys that begin with a dot are dropped, save `.id` and `.dead`:
    /// `.section`, `.about` and the like are notes between routers and their own tools.
    ///
    /// # Errors
    /// [`ReplyError`] when the sentence does not begin with `!`.
    pub fn parse(sentence: &Sentence) -> Result<Self, ReplyError> {
        let first = sentence.first().unwrap_or_default();
        let Some(word) = first.strip_prefix(b"!") else {
            return Err(ReplyError(String::from_utf8_lossy(first).into_owned()));
        };
        let mut reply = Self::of(kind_of(word));
        for word in sentence.words().iter().skip(1) {
            reply.take_word(word);
        }
        Ok(reply)
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

    /// The tag of the answered command.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// All attributes in the order they came.
    #[must_use]
    pub fn attributes(&self) -> &[(String, Vec<u8>)] {
        &self.attributes
    }

    /// The raw value of a property, `None` when it is unset. The last one of a repeated key.
    #[must_use]
    pub fn get_raw(&self, name: &str) -> Option<&[u8]> {
        let found = self.attributes.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_slice())
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
        self.text.as_deref().map(String::from_utf8_lossy)
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
        let mut out = Vec::with_capacity(64);
        self.encode_into(&mut out)?;
        Ok(out)
    }

    /// Appends the bytes on the wire to `out`.
    ///
    /// # Errors
    /// [`EncodeError`] when a word is too long to announce.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut writer = SentenceWriter::new(out);
        writer.word(self.first_word().as_bytes())?;
        if let Some(text) = self.text.as_deref().filter(|text| !text.is_empty()) {
            writer.word(text)?;
        }
        for (name, value) in &self.attributes {
            writer.attribute(name, value)?;
        }
        if let Some(tag) = &self.tag {
            writer.tag(tag)?;
        }
        writer.end();
        Ok(())
    }

    fn of(kind: ReplyKind) -> Self {
        Self {
            kind,
            attributes: Vec::new(),
            tag: None,
            text: None,
        }
    }

    fn first_word(&self) -> Cow<'static, str> {
        match &self.kind {
            ReplyKind::Data => "!re".into(),
            ReplyKind::Done => "!done".into(),
            ReplyKind::Trap => "!trap".into(),
            ReplyKind::Fatal => "!fatal".into(),
            ReplyKind::Empty => "!empty".into(),
            ReplyKind::Other(word) => format!("!{word}").into(),
        }
    }

    fn take_word(&mut self, word: &[u8]) {
        if let Some(tag) = word.strip_prefix(b".tag=") {
            self.tag = Some(String::from_utf8_lossy(tag).into_owned());
            return;
        }
        if let Some((name, value)) = split_attribute(word) {
            self.take_attribute(name, value);
            return;
        }
        if self.kind == ReplyKind::Fatal && self.text.is_none() {
            self.text = Some(word.to_vec());
        }
    }

    fn take_attribute(&mut self, name: String, value: &[u8]) {
        if name.starts_with('.') && !matches!(name.as_str(), ".id" | ".dead") {
            return;
        }
        self.attributes.push((name, value.to_vec()));
    }
}

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
