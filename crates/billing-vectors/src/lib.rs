//! Real cases of other billing systems, and the runners that hold the billing crate to them.
//!
//! A *vector* is one case that somebody else's system holds itself to: what goes in, what must come out, and where it was
//! read. [`Theme`] says what a file of them is about; each theme has one runner that puts the case to the public functions
//! of `billing` and compares. What other systems do and ours does on purpose otherwise is put to the same functions, and
//! the runner proves that ours differs, or skips the case with the reason.
//!
//! The project's own copy of the figures lies in `data/`, written by `cargo xtask vectors FOLDER --transcribe`. Auditors put their
//! own folders to the same runners: `cargo xtask vectors FOLDER`.

mod case;
mod given;
mod prove;
mod report;
mod themes;
mod transcript;

pub use case::{Adopt, Case, Outcome};
pub use given::Given;
pub use prove::{LET_BE, Unnoticed, of_odd_inputs, unnoticed};
pub use report::{Finding, Report};
pub use themes::Theme;
pub use transcript::{read_folder, read_own, transcribe};
