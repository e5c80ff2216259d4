//! A file as a body, with what is told about it in the query string.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::body::{bounded, idempotency_key};
use super::listing::filter_of;
use crate::api::Api;
use crate::idempotency::Attempt;
use crate::problem::{Problem, catalog};

/// A file of at most `MOST` bytes. What its sender calls it counts for nothing: `Content-Type` is not read.
#[derive(Debug)]
pub(crate) struct File<P, const MOST: usize> {
    /// What is told about it.
    pub(crate) told: P,
    /// The file, byte for byte.
    pub(crate) content: Vec<u8>,
    /// SHA-256 of the file.
    pub(crate) sha256: [u8; 32],
    /// What tells a repetition from a new request.
    pub(crate) attempt: Attempt,
}

impl<P: DeserializeOwned + Send, const MOST: usize> FromRequest<Api> for File<P, MOST> {
    type Rejection = Problem;

    async fn from_request(request: Request, _api: &Api) -> Result<Self, Problem> {
        let key = idempotency_key(request.headers())?;
        let route = format!("{} {}", request.method(), request.uri().path());
        let query = request.uri().query().unwrap_or_default().to_owned();
        let told = filter_of(&query)
            .map_err(|error| Problem::of(&catalog::INVALID_PARAMETER).fields(vec![error]))?;
        let content = bounded(request, MOST).await?;
        let sha256: [u8; 32] = Sha256::digest(&content).into();
        let request = Sha256::new().chain_update(sha256).chain_update(&query);
        Ok(Self {
            told,
            content,
            sha256,
            attempt: Attempt::new(key, route, request.finalize().into()),
        })
    }
}
