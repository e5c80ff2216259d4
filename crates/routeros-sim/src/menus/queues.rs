//! `/queue/simple`: rates that fit each other.

use crate::commands::Draft;
use crate::refusal::Refusal;
use crate::schema::Menu;
use crate::table::Row;

/// A guaranteed rate may not exceed the highest one.
pub(super) fn check(draft: &Draft, menu: &Menu, row: Option<&Row>) -> Result<(), Refusal> {
    let rates = |name: &str| -> Option<(u64, u64)> {
        let text = draft.text(menu, row, name);
        let (up, down) = text.split_once('/')?;
        Some((up.parse().ok()?, down.parse().ok()?))
    };
    let (Some(max), Some(least)) = (rates("max-limit"), rates("limit-at")) else {
        return Ok(());
    };
    let exceeds = |max: u64, least: u64| max != 0 && max < least;
    let refusal = match () {
        () if exceeds(max.0, least.0) => "failure: upload-max-limit less than upload-limit",
        () if exceeds(max.1, least.1) => "failure: download-max-limit less than download-limit",
        () => return Ok(()),
    };
    Err(Refusal::plain(refusal))
}
