//! One HTTP client for all providers: it says what is known about a call that went wrong.

use std::time::Duration;

use billing::gateway::{ProviderError, Refusal};
use kernel::{Randomness, Secret};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use resilience::{Backoff, BreakerSettings, Breakers};

use std::sync::Arc;

/// How patient the client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientSettings {
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a whole call may take.
    pub timeout: Duration,
    /// The largest answer that is read, in bytes.
    pub max_answer_bytes: usize,
    /// How often a call that may be repeated is tried again.
    pub retries: u32,
    /// The pauses between tries.
    pub backoff: Backoff,
    /// When a host is left alone, and for how long.
    pub breaker: BreakerSettings,
}

impl ClientSettings {
    /// What suits providers: 5 s to connect, 20 s in all, 4 MiB (a page of a hundred payments has about one), two more tries.
    pub const STANDARD: Self = Self {
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(20),
        max_answer_bytes: 4 * 1024 * 1024,
        retries: 2,
        backoff: Backoff {
            base: Duration::from_millis(200),
            cap: Duration::from_secs(2),
        },
        breaker: BreakerSettings {
            threshold: 5,
            open_for: Duration::from_secs(15),
        },
    };
}

/// The client cannot be made: the system offers no TLS roots.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client can be made")]
pub struct NoClient(#[from] reqwest::Error);

/// Talks HTTP to providers.
pub struct Client {
    http: reqwest::Client,
    settings: ClientSettings,
    breakers: Breakers,
    randomness: Arc<dyn Randomness>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// What it means to send a call again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Safety {
    /// Nothing changes, however often.
    Read,
    /// The provider recognises it and does it once.
    Repeatable,
    /// It might be done twice.
    Once,
}

/// How a call shows its key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key<'a> {
    Bearer(&'a Secret),
    /// As the name, with an empty password.
    Basic(&'a Secret),
}

/// What a call carries.
#[derive(Debug)]
pub(crate) enum Body {
    None,
    Form(String),
    Json(String),
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) key: Key<'a>,
    pub(crate) body: Body,
    /// More headers, by name.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) safety: Safety,
}

/// What came back, whatever its status below 500.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// What is known of a try that brought no answer.
enum Failure {
    /// The provider did not get it, or says that it did nothing.
    NotDone {
        after_s: Option<u32>,
        reason: String,
    },
    /// It may have done it.
    Open(String),
}

impl Client {
    /// A client, with a breaker for each host.
    ///
    /// # Errors
    /// [`NoClient`].
    pub fn new(
        settings: ClientSettings,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, NoClient> {
        let http = reqwest::Client::builder()
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            // A key is for the host that it was configured for.
            .redirect(Policy::none())
            .user_agent("mikrotik-billing")
            .build()?;
        Ok(Self {
            http,
            settings,
            breakers: Breakers::new(settings.breaker, |_| {}),
            randomness,
        })
    }

    /// Makes a call, again where that is harmless.
    pub(crate) async fn call(&self, call: &Call<'_>) -> Result<Answer, ProviderError> {
        let mut failures = 0;
        loop {
            let failure = match self.once(call).await? {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let is_harmless = call.safety != Safety::Once;
            if !is_harmless || failures >= self.settings.retries {
                return Err(settle(call.safety, failure));
            }
            let pause = self.settings.backoff.pause(failures, &*self.randomness);
            tokio::time::sleep(pause).await;
            failures += 1;
        }
    }

    /// One try. The outer error ends the tries: the breaker is open, or the provider asked for a longer pause.
    async fn once(&self, call: &Call<'_>) -> Result<Result<Answer, Failure>, ProviderError> {
        let breaker = self.breakers.of(host(&call.url));
        let permit = breaker.permit().map_err(|open| ProviderError::Retry {
            after_s: u32::try_from(open.retry_after.as_secs()).ok(),
            reason: open.to_string(),
        })?;
        let outcome = self.send(call).await;
        match &outcome {
            // Too many calls at once is no sign of illness.
            Ok(_)
            | Err(Failure::NotDone {
                after_s: Some(_), ..
            }) => permit.succeeded(),
            Err(_) => permit.failed(),
        }
        match outcome {
            Err(Failure::NotDone {
                after_s: Some(after_s),
                reason,
            }) => Err(ProviderError::Retry {
                after_s: Some(after_s),
                reason,
            }),
            other => Ok(other),
        }
    }

    async fn send(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let response = self
            .request(call)
            .send()
            .await
            .map_err(|it| of_transport(&it))?;
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(Failure::NotDone {
                after_s: Some(retry_after_s(&response)),
                reason: "too many calls".to_owned(),
            });
        }
        if status.is_server_error() {
            return Err(Failure::Open(format!("it answered {status}")));
        }
        let body = self.read(response).await?;
        Ok(Answer {
            status: status.as_u16(),
            body,
        })
    }

    fn request(&self, call: &Call<'_>) -> RequestBuilder {
        let request = self.http.request(call.method.clone(), &call.url);
        let request = request.header(header::ACCEPT, "application/json");
        let request = match call.key {
            Key::Bearer(key) => request.bearer_auth(key.expose()),
            Key::Basic(key) => request.basic_auth(key.expose(), Some("")),
        };
        let request = call.headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, value)
        });
        match &call.body {
            Body::None => request,
            Body::Form(text) => with_body(request, "application/x-www-form-urlencoded", text),
            Body::Json(text) => with_body(request, "application/json", text),
        }
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            let chunk = response.chunk().await;
            let chunk = chunk.map_err(|_| Failure::Open("its answer broke off".to_owned()))?;
            let Some(chunk) = chunk else {
                return Ok(body);
            };
            if body.len() + chunk.len() > self.settings.max_answer_bytes {
                return Err(Failure::Open("its answer is too large".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
    }
}

fn with_body(request: RequestBuilder, kind: &'static str, text: &str) -> RequestBuilder {
    let request = request.header(header::CONTENT_TYPE, kind);
    request.body(text.to_owned())
}

/// The host and port of an address, which name a breaker.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |it| it.1);
    rest.split('/').next().unwrap_or(rest)
}

fn of_transport(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        return Failure::NotDone {
            after_s: None,
            reason: "no connection could be made".to_owned(),
        };
    }
    let what = match error.is_timeout() {
        true => "it did not answer in time",
        false => "the connection broke",
    };
    Failure::Open(what.to_owned())
}

/// Seconds that the provider asks for, 1 to 3600; 30 if it does not say.
fn retry_after_s(response: &Response) -> u32 {
    let header = response.headers().get(header::RETRY_AFTER);
    let seconds = header.and_then(|it| it.to_str().ok()?.parse().ok());
    seconds.unwrap_or(30).clamp(1, 3600)
}

fn settle(safety: Safety, failure: Failure) -> ProviderError {
    match (safety, failure) {
        (_, Failure::NotDone { after_s, reason }) => ProviderError::Retry { after_s, reason },
        (Safety::Read, Failure::Open(reason)) => ProviderError::Retry {
            after_s: None,
            reason,
        },
        (Safety::Repeatable | Safety::Once, Failure::Open(reason)) => {
            ProviderError::Unknown { reason }
        }
    }
}

impl Answer {
    /// The body as what it should be; if it is something else, nobody knows what the provider did.
    pub(crate) fn parse<T: serde::de::DeserializeOwned>(
        &self,
        safety: Safety,
    ) -> Result<T, ProviderError> {
        serde_json::from_slice(&self.body).map_err(|_| {
            let reason = format!("it answered {} with something else", self.status);
            settle(safety, Failure::Open(reason))
        })
    }

    /// The refusal of the key, if it is one.
    pub(crate) fn check_key(&self) -> Result<(), ProviderError> {
        match self.status {
            401 | 403 => Err(ProviderError::refused(
                Refusal::Credentials,
                "it does not take the key",
            )),
            _ => Ok(()),
        }
    }
}
