//! What handlers take from a request, each refused with a problem that names the field and the rule.

pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod file;
pub(crate) mod filtered;
pub(crate) mod if_match;
mod json;
pub(crate) mod listing;
pub(crate) mod path;
mod rules;

pub(crate) use body::{Once, Valid};
pub(crate) use caller::{Granted, May};
pub(crate) use file::File;
pub(crate) use if_match::IfMatch;
pub(crate) use listing::{Listing, NoFilter};
pub(crate) use path::PathId;
