//! What must hold for anything that stands on a router: the bodies of fuzz targets, also run as property tests.

use super::numbered;
use crate::adoption::{
    MikhmonComment, Raw, RecordedSale, SellingTerms, read_date, read_moment, read_span, read_time,
};
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

/// Bytes where Mikhmon keeps its books: whatever stands there, reading it ends, and what is shown of a comment is text.
pub fn mikhmon(data: &[u8]) {
    let raw = Raw::new(data);
    let _comment = MikhmonComment::read(&raw);
    let _terms = SellingTerms::read(&raw);
    let _sale = RecordedSale::read(&raw);
    let text = raw.lossy();
    let _day = read_date(&text);
    let _moment = read_moment(&text);
    let _time = read_time(&text);
    let _span = read_span(&text);
}
