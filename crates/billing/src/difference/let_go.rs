//! Days that are charged anew although nothing is given back for them.

use super::{Billed, Inconsistent, LineRef, given_back, in_order, standing};
use crate::rounding::InvoiceScale;
use crate::schedule::Period;
use crate::segment::Segment;

/// Days of a line that are let go without a repair, because nothing is given back for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetGo {
    /// The line.
    pub of: LineRef,
    /// The days.
    pub period: Period,
}

/// Days that were charged for and are not desired on those terms any more, but cost nothing or belong to a line of which
/// nothing is left: [`diff`](super::diff) takes nothing back for them, and charges them anew on other terms. A store that keeps days
/// from standing twice forgets them (billing.md, invariants 17 and 19).
///
/// # Errors
/// [`Inconsistent`] as [`diff`](super::diff).
pub fn let_go(
    desired: &[Segment],
    billed: &[Billed],
    scale: InvoiceScale,
) -> Result<Vec<LetGo>, Inconsistent> {
    let standing = standing(billed, scale)?;
    let mut all = Vec::new();
    for item in in_order(billed) {
        if !item.amount.is_positive() {
            continue;
        }
        let gone = given_back(item, &standing, desired, scale)?.into_iter();
        let gone = gone.filter(|(_, given)| given.is_zero());
        let of = item.line;
        all.extend(gone.map(|(period, _)| LetGo { of, period }));
    }
    Ok(all)
}
