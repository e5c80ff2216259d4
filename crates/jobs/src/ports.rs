//! What a store of background work promises, grouped by who asks: workers, operators, readers.

pub(crate) mod claims;
pub(crate) mod control;
pub(crate) mod housekeeping;
pub(crate) mod reads;
