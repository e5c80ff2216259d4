//! The mark by which the product knows its own rows on a router again.

use std::fmt;

use kernel::{GrantId, Id, Kind, ProfileId, RouterId};
use serde::{Deserialize, Serialize};

/// What the product's profiles are called on a router begins with this.
pub const PROFILE_PREFIX: &str = "wb-";

/// How many characters of a row's comment the product will write at most.
pub const MAX_COMMENT_CHARS: usize = 200;

/// How a tag begins.
const OPENING: &str = "[wb:";

/// One installation's mark on one router: six characters of `a-z2-7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mark(String);

/// The text is not a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mark is six characters of a-z and 2-7")]
pub struct BadMark;

impl Mark {
    /// The mark of a router's enrolment: a random part of its id, so that a router enrolled again (or in another
    /// installation) carries another one.
    #[must_use]
    pub fn of(router: RouterId) -> Self {
        Self(tail(router, 6))
    }

    /// Takes a mark back from the store.
    ///
    /// # Errors
    /// [`BadMark`] unless it is six characters of `a-z2-7`.
    pub fn restore(text: &str) -> Result<Self, BadMark> {
        if text.len() != 6 || !text.bytes().all(is_base32) {
            return Err(BadMark);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The last characters of an id's text: UUIDv7 is random there.
fn tail<K: Kind>(id: Id<K>, count: usize) -> String {
    let text = id.to_string();
    text.get(text.len().saturating_sub(count)..)
        .unwrap_or_default()
        .to_owned()
}

/// Twelve characters that stand for a text: FNV-1a over 64 bits (Fowler, Noll, Vo), of which 60 are printed.
fn digest(text: &str) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let step = |hash: u64, it: u8| (hash ^ u64::from(it)).wrapping_mul(0x0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    let letter = |place: u32| {
        let bits = usize::try_from((hash >> (place * 5)) & 31).unwrap_or(0);
        LETTERS.get(bits).copied().map_or('a', char::from)
    };
    (0..12).map(letter).collect()
}

fn is_base32(it: u8) -> bool {
    it.is_ascii_lowercase() || (b'2'..=b'7').contains(&it)
}

/// What a tagged row stands for: a kind and 58 random bits of the id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagId {
    kind: char,
    short: String,
}

impl TagId {
    /// The tag of a grant's row.
    #[must_use]
    pub fn grant(id: GrantId) -> Self {
        Self {
            kind: 'g',
            short: tail(id, 12),
        }
    }

    /// The tag of a profile's row.
    #[must_use]
    pub fn profile(id: ProfileId) -> Self {
        Self {
            kind: 'p',
            short: tail(id, 12),
        }
    }

    /// The tag of a pool's row.
    #[must_use]
    pub fn pool(name: &str) -> Self {
        Self {
            kind: 'o',
            short: digest(name),
        }
    }

    /// The tag of a walled garden's row.
    #[must_use]
    pub fn garden(destination: &str) -> Self {
        Self {
            kind: 'w',
            short: digest(destination),
        }
    }

    /// The tag of the profile that restricted logins share.
    #[must_use]
    pub fn restricted(of: Option<ProfileId>) -> Self {
        Self {
            kind: 'r',
            short: of.map_or_else(|| "shared".to_owned(), |id| tail(id, 12)),
        }
    }
}

/// `[wb:<mark>:<kind><id>:<revision>]`, somewhere in a comment. The rest of the comment belongs to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Which installation and router it was written for.
    pub mark: Mark,
    /// What the row stands for.
    pub id: TagId,
    /// The revision that was last written.
    pub revision: u32,
}

impl Tag {
    /// The first tag in a comment.
    #[must_use]
    pub fn find(comment: &str) -> Option<Self> {
        let (_, inner) = span(comment)?;
        let mut parts = inner.split(':');
        let mark = Mark::restore(parts.next()?).ok()?;
        let mut named = parts.next()?.chars();
        let kind = named.next().filter(char::is_ascii_lowercase)?;
        let short = named.as_str().to_owned();
        let revision = parts.next()?.parse().ok()?;
        let whole = parts.next().is_none() && !short.is_empty() && short.bytes().all(is_base32);
        whole.then_some(Self {
            mark,
            id: TagId { kind, short },
            revision,
        })
    }

    /// The comment with this tag in the place of its first one, or after the operator's words.
    ///
    /// `None` if the comment must not be written: it holds bytes that are not UTF-8 (shown as U+FFFD), or would grow
    /// beyond [`MAX_COMMENT_CHARS`].
    #[must_use]
    pub fn written_into(&self, comment: &str) -> Option<String> {
        if comment.contains(char::REPLACEMENT_CHARACTER) {
            return None;
        }
        let written = match span(comment) {
            Some((range, _)) => {
                let before = comment.get(..range.start).unwrap_or_default();
                let after = comment.get(range.end..).unwrap_or_default();
                format!("{before}{self}{after}")
            }
            None if comment.is_empty() => self.to_string(),
            None => format!("{comment} {self}"),
        };
        (written.chars().count() <= MAX_COMMENT_CHARS).then_some(written)
    }
}

impl Tag {
    /// The comment of a row that is adopted: this tag before the operator's words.
    ///
    /// Before them, because Mikhmon's scripts act on users whose comment is empty or begins with `vc`, `up` or a date:
    /// a row that is adopted is no longer theirs. `None` if the comment must not be written, as for
    /// [`Tag::written_into`].
    #[must_use]
    pub fn adopting(&self, comment: &str) -> Option<String> {
        if comment.is_empty() || span(comment).is_some() {
            return self.written_into(comment);
        }
        let written = format!("{self} {comment}");
        let fits = written.chars().count() <= MAX_COMMENT_CHARS
            && !comment.contains(char::REPLACEMENT_CHARACTER);
        fits.then_some(written)
    }
}

/// Where the first tag stands, brackets included, and what is between its colons. An opening that is never closed, or
/// closed by a later tag, is no tag.
fn span(comment: &str) -> Option<(std::ops::Range<usize>, &str)> {
    comment.match_indices(OPENING).find_map(|(start, _)| {
        let rest = comment.get(start + OPENING.len()..)?;
        let inner = rest.get(..rest.find(']')?)?;
        let end = start + OPENING.len() + inner.len() + 1;
        (!inner.contains(OPENING)).then_some((start..end, inner))
    })
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TagId { kind, short } = &self.id;
        write!(
            f,
            "[wb:{}:{kind}{short}:{}]",
            self.mark.as_str(),
            self.revision
        )
    }
}

#[cfg(test)]
mod tests {
    //! A tag survives its neighbours, and they survive it.
    #![allow(clippy::unwrap_used)]

    use super::{Mark, Tag, TagId};
    use crate::testing::numbered;

    fn tag(revision: u32) -> Tag {
        let mark = Mark::of(numbered(0x1234_5678_9abc));
        Tag {
            mark,
            id: TagId::grant(numbered(u64::MAX / 3)),
            revision,
        }
    }

    #[test]
    fn a_tag_is_short_ascii_and_reads_back() {
        let text = tag(u32::MAX).to_string();
        assert!(text.is_ascii() && text.len() <= 64, "{text}");
        assert_eq!(Tag::find(&text), Some(tag(u32::MAX)));
    }

    #[test]
    fn an_opening_in_the_operators_words_hides_no_tag() {
        let written = tag(1).written_into("see [wb: ask Budi").unwrap();
        assert_eq!(Tag::find(&written), Some(tag(1)));
        let again = tag(2).written_into(&written).unwrap();
        assert_eq!(again, format!("see [wb: ask Budi {}", tag(2)));
    }

    #[test]
    fn the_operators_words_stay() {
        let comment = format!("siti, roof antenna {} ask Budi", tag(1));
        let written = tag(2).written_into(&comment).unwrap();
        assert_eq!(written, format!("siti, roof antenna {} ask Budi", tag(2)));
        assert_eq!(
            tag(1).written_into("by hand").unwrap(),
            format!("by hand {}", tag(1))
        );
        assert_eq!(Tag::find(&written), Some(tag(2)));
    }

    #[test]
    fn an_adopted_row_is_no_longer_mikhmons() {
        let adopted = tag(1).adopting("vc-123-08.14.26-kiosk").unwrap();
        assert_eq!(adopted, format!("{} vc-123-08.14.26-kiosk", tag(1)));
        assert_eq!(tag(1).adopting(&adopted), Some(adopted.clone()));
        assert_eq!(
            tag(2).written_into(&adopted).unwrap(),
            format!("{} vc-123-08.14.26-kiosk", tag(2))
        );
        assert_eq!(tag(1).adopting(""), Some(tag(1).to_string()));
        assert_eq!(tag(1).adopting("caf\u{fffd}"), None);
        assert_eq!(tag(1).adopting(&"x".repeat(190)), None);
    }

    #[test]
    fn comments_that_are_not_utf8_are_never_rewritten() {
        assert_eq!(tag(2).written_into("caf\u{fffd} [wb:aaaaaa:gabc:1]"), None);
        assert_eq!(tag(2).written_into(&"x".repeat(190)), None);
    }

    #[test]
    fn near_misses_are_not_tags() {
        let bad = [
            "",
            "[wb:",
            "[wb:]",
            "[wb:aaaaa:gabc:1]",
            "[wb:aaaaaa:gabc:x]",
            "[wb:aaaaaa::1]",
        ];
        for text in bad.into_iter().chain([
            "[wb:aaaaaa:g:1]",
            "[wb:AAAAAA:gabc:1]",
            "[wb:aaaaaa:gabc:1:2]",
        ]) {
            assert_eq!(Tag::find(text), None, "{text}");
        }
    }
}
