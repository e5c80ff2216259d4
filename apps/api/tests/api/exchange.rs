//! One request to the router in this process, and what came back.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt;

/// A request being put together.
#[derive(Debug)]
pub struct Ask {
    request: Request<Body>,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Ask {
    pub fn new(method: &str, path: &str) -> Self {
        let request = Request::builder().method(method).uri(path);
        Self {
            request: request.body(Body::empty()).unwrap(),
        }
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub fn post(path: &str, body: Value) -> Self {
        Self::new("POST", path).json(body)
    }

    pub fn patch(path: &str, body: Value) -> Self {
        Self::new("PATCH", path).json(body)
    }

    pub fn json(self, body: Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub fn raw(mut self, kind: &str, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self.header(header::CONTENT_TYPE.as_str(), kind)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: header::HeaderName = name.parse().unwrap();
        self.request
            .headers_mut()
            .insert(name, value.parse().unwrap());
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub async fn send(self, router: &Router) -> Answer {
        let answer = router.clone().oneshot(self.request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 10 << 20).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        }
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// The last part of a problem's type; empty for anything else.
    pub fn problem(&self) -> &str {
        if self.header("content-type") != "application/problem+json" {
            return "";
        }
        let kind = self.body["type"].as_str().unwrap_or("");
        kind.strip_prefix("urn:mikrotik-billing:problem:")
            .unwrap_or("")
    }

    /// The first field error as `field rule`.
    pub fn first_error(&self) -> String {
        let error = &self.body["errors"][0];
        let text = |name: &str| error[name].as_str().unwrap_or("").to_owned();
        format!("{} {}", text("field"), text("rule"))
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}
