//! An answer of the API, and how to take it apart.

use anyhow::{Context, Result, ensure};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// Status, headers and body of an answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, for the text of a failure.
    pub question: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null if there was none.
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    ///
    /// # Errors
    /// When it was no success; the text holds the problem.
    pub fn ok(self) -> Result<Value> {
        let Self {
            question,
            status,
            body,
            ..
        } = self;
        ensure!(
            (200..300).contains(&status),
            "{question} was answered {status}: {body}"
        );
        Ok(body)
    }

    /// The body of a problem with this status and the last part of its `type`.
    ///
    /// # Errors
    /// When it was something else.
    pub fn problem(self, status: u16, slug: &str) -> Result<Value> {
        let kind = format!("urn:mikrotik-billing:problem:{slug}");
        let is_it = self.status == status && self.body["type"] == *kind;
        ensure!(
            is_it,
            "{} should be {status} {slug}: {} {}",
            self.question,
            self.status,
            self.body
        );
        let form = self.header("content-type").unwrap_or_default();
        ensure!(
            form == "application/problem+json",
            "{} is answered as {form}",
            self.question
        );
        Ok(self.body)
    }

    /// A problem with `invalid-fields` that names this field.
    ///
    /// # Errors
    /// When it was something else.
    pub fn invalid(self, field: &str) -> Result<()> {
        let question = self.question.clone();
        let body = self.problem(422, "invalid-fields")?;
        names(&question, &body, field)
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

fn names(question: &str, problem: &Value, field: &str) -> Result<()> {
    let errors = problem["errors"]
        .as_array()
        .context("the problem names no field")?;
    let is_named = errors.iter().any(|it| it["field"] == *field);
    ensure!(is_named, "{question} should name {field}: {problem}");
    Ok(())
}

/// A text in a body, by its JSON pointer.
///
/// # Errors
/// When there is none.
pub fn text<'a>(body: &'a Value, pointer: &str) -> Result<&'a str> {
    let found = body.pointer(pointer).and_then(Value::as_str);
    found.with_context(|| format!("there is no text at {pointer} of {body}"))
}

/// A whole number in a body, by its JSON pointer.
///
/// # Errors
/// When there is none.
pub fn whole(body: &Value, pointer: &str) -> Result<i64> {
    let found = body.pointer(pointer).and_then(Value::as_i64);
    found.with_context(|| format!("there is no whole number at {pointer} of {body}"))
}

/// An amount of rupiah, in sen, as the API writes it.
#[must_use]
pub fn money(amount_minor: i64) -> Value {
    json!({ "amount_minor": amount_minor, "currency": "IDR" })
}
