//! Ids in paths, parsed by kind.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use kernel::{Id, Kind};

use crate::problem::{Problem, catalog};

/// The `{id}` of the path.
#[derive(Debug)]
pub(crate) struct PathId<K: Kind>(pub Id<K>);

impl<K: Kind, S: Send + Sync> FromRequestParts<S> for PathId<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = RawPathParams::from_request_parts(parts, state).await.ok();
        let id = named
            .iter()
            .flatten()
            .find_map(|(name, text)| (name == "id").then_some(text));
        id.unwrap_or_default()
            .parse()
            .map(Self)
            .map_err(|err: kernel::BadId| {
                Problem::of(&catalog::INVALID_PARAMETER).field("id", "format", err.to_string())
            })
    }
}
