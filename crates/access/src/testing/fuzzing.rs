//! What must hold for any comment on a router: the body of a fuzz target, also run as a property test.

use super::numbered;
use crate::{Mark, Tag, TagId};

/// A comment as an operator, or anybody, may have written it: a tag that is found reads back the same, and a tag that
/// is written into the comment is found in it afterwards, whatever else stands there.
pub fn comment(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(found) = Tag::find(&text) {
        assert_eq!(Tag::find(&found.to_string()), Some(found));
    }
    let ours = Tag {
        mark: Mark::of(numbered(7)),
        id: TagId::grant(numbered(8)),
        revision: 9,
    };
    if let Some(written) = ours.written_into(&text) {
        assert_eq!(Tag::find(&written), Some(ours));
    }
}
