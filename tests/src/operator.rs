//! An operator at the REST API.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::answer::{Answer, text};
use crate::eventually::rest;

/// Time between two tries of a patient operator.
const PAUSE: Duration = Duration::from_millis(50);
/// No request of a story takes longer.
const TIME_TO_ANSWER: Duration = Duration::from_secs(40);

/// Who signs in.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The provider's short name.
    pub tenant: String,
    /// The operator's login.
    pub login: String,
    /// The operator's password.
    pub password: String,
}

/// How long an operator goes on when the API is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience(Duration);

impl Patience {
    /// The first failure counts.
    pub const NONE: Self = Self(Duration::ZERO);
    /// Long enough for a process to be started again.
    pub const LONG: Self = Self(Duration::from_secs(60));
}

/// Somebody with a token. A token that has expired is replaced by signing in again, and every request that creates
/// carries an idempotency key, so that a patient operator may repeat whatever was not answered.
#[derive(Debug)]
pub struct Operator {
    http: Client,
    bases: Vec<String>,
    credentials: Credentials,
    patience: Patience,
    token: Mutex<String>,
    requests: AtomicUsize,
}

impl Operator {
    /// Signs in; requests go to the APIs in turn.
    ///
    /// # Errors
    /// When the login is refused or no API answers.
    pub async fn sign_in(
        bases: Vec<String>,
        credentials: Credentials,
        patience: Patience,
    ) -> Result<Self> {
        let http = Client::builder().timeout(TIME_TO_ANSWER).build()?;
        let (token, requests) = (Mutex::default(), AtomicUsize::default());
        let operator = Self {
            http,
            bases,
            credentials,
            patience,
            token,
            requests,
        };
        operator.sign_in_again().await?;
        Ok(operator)
    }

    /// Another operator of the same tenant.
    ///
    /// # Errors
    /// When the login is refused.
    pub async fn colleague(&self, login: &str, password: &str) -> Result<Self> {
        let credentials = Credentials {
            tenant: self.credentials.tenant.clone(),
            login: login.to_owned(),
            password: password.to_owned(),
        };
        Self::sign_in(self.bases.clone(), credentials, self.patience).await
    }

    /// Somebody with this token and nothing to sign in with.
    #[must_use]
    pub fn stranger(&self, token: &str) -> Self {
        Self {
            http: self.http.clone(),
            bases: self.bases.clone(),
            credentials: self.credentials.clone(),
            patience: Patience::NONE,
            token: Mutex::new(token.to_owned()),
            requests: AtomicUsize::default(),
        }
    }

    /// Sends these bytes as they are.
    ///
    /// # Errors
    /// When no API answers.
    pub async fn post_bytes(&self, path: &str, form: &str, body: Vec<u8>) -> Result<Answer> {
        let url = format!("{}/api/v1{path}", self.bases[0]);
        let request = self.http.post(url).bearer_auth(self.token());
        let request = request.header("Content-Type", form).body(body);
        answer(format!("POST {path}"), request).await
    }

    /// Asks for something under `/api/v1`.
    ///
    /// # Errors
    /// When no API answers, or the answer is no success.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.ask(Method::GET, path, None, None).await?.ok()
    }

    /// Every item of a list, page by page, newest first.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let (mut items, mut after) = (Vec::new(), String::new());
        loop {
            let mark = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{mark}limit=200{after}")).await?;
            items.extend(
                page["items"]
                    .as_array()
                    .context("the list has no items")?
                    .iter()
                    .cloned(),
            );
            let Some(next) = page["next"].as_str() else {
                return Ok(items);
            };
            after = format!("&after={next}");
        }
    }

    /// Sends something with a fresh idempotency key; gives the body of the success.
    ///
    /// # Errors
    /// When no API answers, or the answer is no success.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.try_post(path, body).await?.ok()
    }

    /// Sends something with a fresh idempotency key.
    ///
    /// # Errors
    /// When no API answers.
    pub async fn try_post(&self, path: &str, body: &Value) -> Result<Answer> {
        static KEYS: AtomicUsize = AtomicUsize::new(0);
        let key = format!("e2e-{}", KEYS.fetch_add(1, Ordering::Relaxed));
        self.post_once(path, body, &key).await
    }

    /// Sends something with this idempotency key.
    ///
    /// # Errors
    /// When no API answers.
    pub async fn post_once(&self, path: &str, body: &Value, key: &str) -> Result<Answer> {
        self.ask(Method::POST, path, Some(body), Some(key)).await
    }

    /// Asks anything, again while patience lasts.
    ///
    /// # Errors
    /// When no API answers.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Answer> {
        let begun = Instant::now();
        loop {
            let outcome = self.ask_once(method.clone(), path, body, key).await;
            let is_settled = match &outcome {
                Ok(answer) if is_expired(answer) => {
                    self.sign_in_again().await?;
                    continue;
                }
                Ok(answer) => !matches!(answer.status, 502..=504),
                Err(_) => false,
            };
            if is_settled || begun.elapsed() >= self.patience.0 {
                return outcome;
            }
            rest(PAUSE).await;
        }
    }

    /// Asks anything with the token as it is, once.
    ///
    /// # Errors
    /// When no API answers.
    pub async fn ask_once(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Answer> {
        let turn = self.requests.fetch_add(1, Ordering::Relaxed);
        let base = &self.bases[turn % self.bases.len()];
        let question = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{base}/api/v1{path}"));
        let token = self.token();
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        answer(question, request).await
    }

    /// The access token.
    #[must_use]
    pub fn token(&self) -> String {
        self.token
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Signs in once more.
    ///
    /// # Errors
    /// When the login is refused or no API answers.
    pub async fn sign_in_again(&self) -> Result<()> {
        let Credentials {
            tenant,
            login,
            password,
        } = &self.credentials;
        let body = json!({ "tenant": tenant, "login": login, "password": password });
        let begun = Instant::now();
        self.set_token(String::new());
        let answer = loop {
            let outcome = self
                .ask_once(Method::POST, "/auth/login", Some(&body), None)
                .await;
            let is_settled = outcome.as_ref().is_ok_and(|it| it.status < 500);
            if is_settled || begun.elapsed() >= self.patience.0 {
                break outcome?.ok()?;
            }
            rest(PAUSE).await;
        };
        self.set_token(text(&answer, "/access_token")?.to_owned());
        Ok(())
    }

    fn set_token(&self, token: String) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }
}

/// Sends a request and reads the whole answer.
pub(crate) async fn answer(question: String, request: reqwest::RequestBuilder) -> Result<Answer> {
    let sent = request
        .send()
        .await
        .with_context(|| format!("{question} was not answered"))?;
    let (status, headers) = (sent.status().as_u16(), sent.headers().clone());
    let body = sent
        .bytes()
        .await
        .with_context(|| format!("{question} was cut off"))?;
    let body = match body.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned())),
    };
    Ok(Answer {
        question,
        status,
        headers,
        body,
    })
}

/// The clock may have been moved past the end of the token.
fn is_expired(answer: &Answer) -> bool {
    answer.status == 401
        && answer.body["type"]
            .as_str()
            .is_some_and(|it| it.ends_with(":expired-token"))
}
