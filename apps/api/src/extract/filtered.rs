//! The query string of a question that is answered whole: a filter, no page.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::listing;
use crate::problem::{Problem, catalog};

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Filtered<F>(pub(crate) F);

impl<F: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Filtered<F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        listing::filter_of(parts.uri.query().unwrap_or_default())
            .map(Self)
            .map_err(|error| Problem::of(&catalog::INVALID_PARAMETER).fields(vec![error]))
    }
}
