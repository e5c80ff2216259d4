//! Versions of things as entity tags: `ETag: "7"` out, `If-Match: "7"` in (RFC 9110, sections 8.8.3 and 13.1.1).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};

use crate::problem::{Problem, catalog};

/// The version that a client changes: no other may be overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IfMatch(pub i64);

/// The entity tag of a version.
#[must_use]
pub(crate) fn etag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Err(Problem::of(&catalog::PRECONDITION_REQUIRED)
                .detail("send the ETag of the version you loaded as If-Match"));
        };
        let version = value.to_str().ok().and_then(version_of);
        version.map(Self).ok_or_else(|| {
            Problem::of(&catalog::INVALID_PARAMETER).field(
                "If-Match",
                "format",
                "must be one ETag as it was handed out, such as \"7\"",
            )
        })
    }
}

fn version_of(tag: &str) -> Option<i64> {
    let inner = tag.trim().strip_prefix('"')?.strip_suffix('"')?;
    inner.parse().ok().filter(|it| *it >= 0)
}

#[cfg(test)]
mod tests {
    //! Only a tag that was handed out is taken back.

    use super::version_of;

    #[test]
    fn tags_are_strong_and_quoted() {
        assert_eq!(version_of("\"7\""), Some(7));
        for bad in ["7", "W/\"7\"", "\"-7\"", "\"x\"", "*", ""] {
            assert_eq!(version_of(bad), None, "{bad}");
        }
    }
}
