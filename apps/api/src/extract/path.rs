//! Ids in paths, parsed by kind.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use kernel::{Id, Kind};

use crate::problem::{Problem, catalog};

/// The `{id}` of the path.
#[derive(Debug)]
pub(crate) struct PathId<K: Kind>(pub Id<K>);

impl<K: Kind, S: Send + Sync> FromRequestParts<S> for PathId<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let names = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let text = names.ok().and_then(|Path(mut it)| it.remove("id"));
        text.unwrap_or_default()
            .parse()
            .map(Self)
            .map_err(|err: kernel::BadId| {
                Problem::of(&catalog::INVALID_PARAMETER).field("id", "format", err.to_string())
            })
    }
}
