//! Ids in paths, parsed by kind.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use kernel::{Id, Kind};

use crate::problem::{Problem, catalog};

/// The `{id}` of the path.
#[derive(Debug)]
pub(crate) struct PathId<K: Kind>(pub Id<K>);

/// The `{id}` of the path, and the id of something under it, named by its kind: `{import}`.
#[derive(Debug)]
pub(crate) struct PathIdIn<K: Kind, C: Kind>(pub Id<K>, pub Id<C>);

fn id<K: Kind>(named: Option<&RawPathParams>, wanted: &str) -> Result<Id<K>, Problem> {
    let mut named = named.into_iter().flatten();
    let text = named.find_map(|(name, text)| (name == wanted).then_some(text));
    text.unwrap_or_default()
        .parse()
        .map_err(|err: kernel::BadId| {
            Problem::of(&catalog::INVALID_PARAMETER).field(wanted, "format", err.to_string())
        })
}

impl<K: Kind, S: Send + Sync> FromRequestParts<S> for PathId<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = RawPathParams::from_request_parts(parts, state).await.ok();
        id(named.as_ref(), "id").map(Self)
    }
}

impl<K: Kind, C: Kind, S: Send + Sync> FromRequestParts<S> for PathIdIn<K, C> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = RawPathParams::from_request_parts(parts, state).await.ok();
        Ok(Self(
            id(named.as_ref(), "id")?,
            id(named.as_ref(), C::NAME)?,
        ))
    }
}
