//! What a store's failure means to a client.

use kernel::StoreError;

use super::{Problem, catalog};

impl From<StoreError> for Problem {
    fn from(err: StoreError) -> Self {
        match err {
            StoreError::Conflict => Self::of(&catalog::CHANGED_MEANWHILE)
                .detail("somebody else changed it at the same time: load it again and retry"),
            StoreError::Duplicate { constraint } => Self::of(&catalog::DUPLICATE).detail(format!(
                "a value that must be unique exists already ({constraint})"
            )),
            StoreError::Unavailable(source) => {
                tracing::warn!(error = %source, "the database is unavailable");
                Self::of(&catalog::UNAVAILABLE)
                    .detail(
                        "the database does not answer; nothing was changed unless it says so later",
                    )
                    .retry_after(2)
            }
            StoreError::Corrupt(source) => Self::internal(&*source),
        }
    }
}
