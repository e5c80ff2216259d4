//! A command to the router: path, attributes, queries and tag.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use crate::query::{BadQuery, Query};
use crate::sentence::Sentence;
use crate::word::EncodeError;
use crate::writer::{STEP, SentenceWriter};

/// Attributes whose values never appear in logs.
const SECRET_ATTRIBUTES: [&str; 4] = ["password", "response", "secret", "otp-secret"];

/// A command and everything that goes with it in one sentence.
///
/// `Debug` hides the values of passwords and secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    path: String,
    attributes: Vec<(String, Vec<u8>)>,
    queries: Vec<Query>,
    tag: Option<String>,
}

/// Why a sentence is not a command.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommandError {
    /// A sentence without words.
    #[error("an empty sentence is no command")]
    Empty,
    /// The first word does not begin with a slash.
    #[error("a command begins with a slash, not {0:?}")]
    NoSlash(String),
    /// A word that is no attribute, no query and no tag.
    #[error("a word that is no attribute, query or tag: {0:?}")]
    UnknownWord(String),
    /// A query word that cannot be read.
    #[error("the query cannot be read")]
    Query(#[from] BadQuery),
}

impl Command {
    /// A command by its full path, such as `/ppp/secret/add`.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            attributes: Vec::new(),
            queries: Vec::new(),
            tag: None,
        }
    }

    /// Adds `=name=value`. The value may hold `=`, line breaks and any bytes.
    #[must_use]
    pub fn attr(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.attributes
            .push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Adds `=name=` for switches such as `count-only`.
    #[must_use]
    pub fn flag(self, name: &str) -> Self {
        self.attr(name, "")
    }

    /// Adds a query word; their order is significant.
    #[must_use]
    pub fn query(mut self, query: Query) -> Self {
        self.queries.push(query);
        self
    }

    /// Asks for these properties only. A hint: the router may send more, or leave some out.
    #[must_use]
    pub fn proplist<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let list: Vec<&str> = names.into_iter().collect();
        self.attr(".proplist", list.join(","))
    }

    /// Sets the tag that every reply to this command will carry.
    #[must_use]
    pub fn tagged(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }

    /// The full path, with its leading slash.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The menu and the command in it: `/ppp/secret` and `add`.
    #[must_use]
    pub fn split_path(&self) -> (&str, &str) {
        self.path.rsplit_once('/').unwrap_or(("", &self.path))
    }

    /// All attributes in order, the tag not among them.
    #[must_use]
    pub fn attributes(&self) -> &[(String, Vec<u8>)] {
        &self.attributes
    }

    /// The raw value of an attribute; the last one wins when it is repeated.
    #[must_use]
    pub fn get_raw(&self, name: &str) -> Option<&[u8]> {
        let found = self.attributes.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_slice())
    }

    /// The value of an attribute as text, lossy.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get_raw(name).map(String::from_utf8_lossy)
    }

    /// The query words in order.
    #[must_use]
    pub fn queries(&self) -> &[Query] {
        &self.queries
    }

    /// The tag, if the sender set one.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// [`EncodeError`] when the path is empty or a word is too long to announce.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(STEP);
        let mut writer = SentenceWriter::new(&mut out);
        writer.word(self.path.as_bytes())?;
        for (name, value) in &self.attributes {
            writer.attribute(name, value)?;
        }
        for query in &self.queries {
            writer.word(&query.to_word())?;
        }
        if let Some(tag) = &self.tag {
            writer.tag(tag)?;
        }
        writer.end();
        Ok(out)
    }

    /// Reads a command from a sentence, as a server does.
    ///
    /// `=once` without a second `=` is an attribute with an empty value.
    ///
    /// # Errors
    /// [`CommandError`] when a word has none of the known forms.
    pub fn parse(sentence: &Sentence) -> Result<Self, CommandError> {
        let mut words = sentence.words();
        let Some(path) = words.next() else {
            return Err(CommandError::Empty);
        };
        let path = String::from_utf8_lossy(path).into_owned();
        if !path.starts_with('/') {
            return Err(CommandError::NoSlash(path));
        }
        let mut command = Self::new(path);
        for word in words {
            command.take_word(word)?;
        }
        Ok(command)
    }

    fn take_word(&mut self, word: &[u8]) -> Result<(), CommandError> {
        if word.starts_with(b"?") {
            self.queries.push(Query::parse(word)?);
            return Ok(());
        }
        if let Some(tag) = word.strip_prefix(b".tag=") {
            self.tag = Some(String::from_utf8_lossy(tag).into_owned());
            return Ok(());
        }
        let Some((name, value)) = split_attribute(word) else {
            return Err(CommandError::UnknownWord(
                String::from_utf8_lossy(word).into_owned(),
            ));
        };
        let name = String::from_utf8_lossy(name).into_owned();
        self.attributes.push((name, value.to_vec()));
        Ok(())
    }
}

/// Splits `=name=value`, `=name=` and `=name` at the first `=` after the name.
#[inline]
pub(crate) fn split_attribute(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = word.strip_prefix(b"=")?;
    let end = rest
        .iter()
        .position(|&byte| byte == b'=')
        .unwrap_or(rest.len());
    Some((rest.get(..end)?, rest.get(end + 1..).unwrap_or_default()))
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        for (name, value) in &self.attributes {
            if SECRET_ATTRIBUTES.contains(&name.as_str()) {
                write!(f, " ={name}=***")?;
                continue;
            }
            write!(f, " ={name}={}", String::from_utf8_lossy(value))?;
        }
        for query in &self.queries {
            write!(f, " {}", String::from_utf8_lossy(&query.to_word()))?;
        }
        match &self.tag {
            Some(tag) => write!(f, " .tag={tag}"),
            None => Ok(()),
        }
    }
}
