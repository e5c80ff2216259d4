//! Adoption: reading what a router already has, so that nobody starts over.
//!
//! First a [`Survey`] reads the router; [`preview`] makes an [`Import`] of it, writing nothing; an operator applies
//! the import, row by row. A row on a router is adopted by putting the product's tag before the operator's words in
//! its comment, and by nothing else. Mikhmon, the tool most such routers come from, keeps its books in comments and
//! scripts; the readers here understand them.

mod comment;
mod import;
mod moment;
mod on_login;
mod ports;
mod preview;
mod preview_import;
mod price;
mod proposal;
mod raw;
mod request_import;
mod sale;
mod survey;

pub use comment::{BatchMark, MikhmonComment, UserMode};
pub use import::{
    Import, ImportEvent, ImportRow, ImportSnapshot, ImportStatus, NewImport, RowCount, RowState,
    Settled,
};
pub use moment::{read_date, read_moment, read_span, read_time};
pub use on_login::{ExpiryMode, SellingTerms};
pub use ports::{
    HistoricalSale, ImportQueries, ImportRepository, ImportRowFilter, ImportView, SoldPlans,
};
pub use preview::{
    Circumstances, Draft, Known, KnownProfile, KnownSpeed, Place, UnreadablePasswords, Verdict,
    fingerprints, preview,
};
pub use preview_import::{
    PreviewImport, PreviewImportError, PreviewPorts, digest_of, preview_import,
    replacement_password,
};
pub use price::Price;
pub use proposal::{
    BatchProposal, CustomerProposal, PlanProposal, ProfileProposal, Proposal, RowKind,
    SaleProposal, VoucherProposal, VoucherStanding,
};
pub use raw::Raw;
pub use request_import::{APPLY_IMPORT_JOB, RequestImport, RequestImportError, request_import};
pub use sale::{BadSale, RecordedSale};
pub use survey::{
    MAX_SURVEY_ROWS, Survey, SurveyedLease, SurveyedLogin, SurveyedPassword, SurveyedProfile,
    SurveyedQueue, SurveyedRate, SurveyedScript, UnreadMenu,
};
