//! Query words of `print`: conditions on properties and the stack operations that combine them.
//!
//! Source: MikroTik manual, "API", section "Queries". Order matters: each condition pushes a
//! truth value, each operation works on the stack, and any false left at the end fails the row.

use thiserror::Error;

/// One query word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// `?name`: the row has the property.
    Has(String),
    /// `?-name`: the row lacks the property.
    Lacks(String),
    /// `?name=value`: equal.
    Equals(String, Vec<u8>),
    /// `?<name=value`: the row's value is less.
    Less(String, Vec<u8>),
    /// `?>name=value`: the row's value is greater.
    Greater(String, Vec<u8>),
    /// `?#operations`: work on the stack of truth values.
    Operations(Vec<QueryOp>),
}

/// One operation on the stack of truth values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryOp {
    /// `!`: replaces the top with its opposite.
    Not,
    /// `&`: pops two, pushes their conjunction.
    And,
    /// `|`: pops two, pushes their disjunction.
    Or,
    /// `.` after an index, or alone: pushes a copy of the top.
    CopyTop,
    /// `N` followed by another operation: pushes a copy of the value at index N from the top.
    CopyAt(usize),
    /// `N` at the end: replaces all values with the one at index N.
    KeepOnly(usize),
}

/// A query word that the protocol does not know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a query word: {0:?}")]
pub struct BadQuery(pub String);

impl Query {
    /// `?name=value`.
    pub fn equals(name: &str, value: impl Into<Vec<u8>>) -> Self {
        Self::Equals(name.to_owned(), value.into())
    }

    /// `?name`.
    #[must_use]
    pub fn has(name: &str) -> Self {
        Self::Has(name.to_owned())
    }

    /// `?-name`.
    #[must_use]
    pub fn lacks(name: &str) -> Self {
        Self::Lacks(name.to_owned())
    }

    /// `?#` with one `|` for each condition but the first: any of the `conditions` before it.
    #[must_use]
    pub fn any_of(conditions: usize) -> Self {
        Self::Operations(vec![QueryOp::Or; conditions.saturating_sub(1)])
    }

    /// Reads a query word, with its leading `?`.
    ///
    /// # Errors
    /// [`BadQuery`] when the word is none of the forms above.
    pub fn parse(word: &[u8]) -> Result<Self, BadQuery> {
        let bad = || BadQuery(String::from_utf8_lossy(word).into_owned());
        let Some(rest) = word.strip_prefix(b"?") else {
            return Err(bad());
        };
        match rest.split_first() {
            Some((b'#', ops)) => parse_ops(ops).map(Self::Operations).ok_or_else(bad),
            Some((b'-', [])) => Err(bad()),
            Some((b'-', name)) => Ok(Self::Lacks(text(name))),
            Some((b'<', pair)) => split_pair(pair)
                .map(|(name, value)| Self::Less(name, value))
                .ok_or_else(bad),
            Some((b'>', pair)) => split_pair(pair)
                .map(|(name, value)| Self::Greater(name, value))
                .ok_or_else(bad),
            Some((b'=', pair)) => equality(pair).ok_or_else(bad),
            Some(_) => equality(rest).ok_or_else(bad),
            None => Err(bad()),
        }
    }

    /// The word on the wire, with its leading `?`.
    #[must_use]
    pub fn to_word(&self) -> Vec<u8> {
        match self {
            Self::Has(name) => [opening(name), name.as_bytes()].concat(),
            Self::Lacks(name) => [b"?-", name.as_bytes()].concat(),
            Self::Equals(name, value) => [opening(name), name.as_bytes(), b"=", value].concat(),
            Self::Less(name, value) => [b"?<", name.as_bytes(), b"=", value].concat(),
            Self::Greater(name, value) => [b"?>", name.as_bytes(), b"=", value].concat(),
            Self::Operations(ops) => write_ops(ops),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Splits at the first `=`: the value may hold more of them. A property has a name.
fn split_pair(pair: &[u8]) -> Option<(String, Vec<u8>)> {
    let at = pair.iter().position(|&byte| byte == b'=')?;
    (at > 0).then(|| (text(&pair[..at]), pair[at + 1..].to_vec()))
}

fn equality(pair: &[u8]) -> Option<Query> {
    if pair.contains(&b'=') {
        return split_pair(pair).map(|(name, value)| Query::Equals(name, value));
    }
    (!pair.is_empty()).then(|| Query::Has(text(pair)))
}

/// What stands before a name: the longer form where the name would be taken for something else.
fn opening(name: &str) -> &'static [u8] {
    if name.starts_with(['#', '-', '<', '>']) {
        b"?="
    } else {
        b"?"
    }
}

fn parse_ops(ops: &[u8]) -> Option<Vec<QueryOp>> {
    let mut parsed = Vec::new();
    let mut rest = ops;
    while let Some((&byte, after)) = rest.split_first() {
        if byte.is_ascii_digit() {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let index = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
            rest = &rest[digits..];
            parsed.push(index_op(index, &mut rest));
            continue;
        }
        parsed.push(match byte {
            b'!' => QueryOp::Not,
            b'&' => QueryOp::And,
            b'|' => QueryOp::Or,
            b'.' => QueryOp::CopyTop,
            _ => return None,
        });
        rest = after;
    }
    (!parsed.is_empty()).then_some(parsed)
}

/// An index copies its value when anything follows, and a `.` right after it belongs to it.
fn index_op(index: usize, rest: &mut &[u8]) -> QueryOp {
    if rest.is_empty() {
        return QueryOp::KeepOnly(index);
    }
    if let Some(after) = rest.strip_prefix(b".") {
        *rest = after;
    }
    QueryOp::CopyAt(index)
}

fn write_ops(ops: &[QueryOp]) -> Vec<u8> {
    let mut word = b"?#".to_vec();
    for op in ops {
        match op {
            QueryOp::Not => word.push(b'!'),
            QueryOp::And => word.push(b'&'),
            QueryOp::Or => word.push(b'|'),
            QueryOp::CopyTop => word.push(b'.'),
            QueryOp::CopyAt(index) => word.extend_from_slice(format!("{index}.").as_bytes()),
            QueryOp::KeepOnly(index) => word.extend_from_slice(index.to_string().as_bytes()),
        }
    }
    word
}
