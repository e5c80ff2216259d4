//! Parses JSON and says what is wrong with it without repeating what was sent.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use crate::problem::{FieldError, Problem, catalog};

/// Parses a body.
///
/// # Errors
/// `malformed-body` if it is not JSON, `invalid-fields` if it is not what the route takes.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    refuse_nul(bytes)?;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|err| {
        let path = err.path().to_string();
        explain(&path, err.inner())
    })?;
    reader.end().map_err(|err| malformed(&err))?;
    Ok(value)
}

fn explain(path: &str, err: &serde_json::Error) -> Problem {
    match err.classify() {
        Category::Data => {
            let text = err.to_string();
            let text = text
                .rsplit_once(" at line ")
                .map_or(text.as_str(), |(before, _)| before);
            Problem::of(&catalog::INVALID_FIELDS).fields(vec![field_error(path, text)])
        }
        Category::Syntax | Category::Eof | Category::Io => malformed(err),
    }
}

fn malformed(err: &serde_json::Error) -> Problem {
    let place = format!(
        "the JSON breaks off at line {}, column {}",
        err.line(),
        err.column()
    );
    Problem::of(&catalog::MALFORMED_BODY).detail(place)
}

/// Turns serde's sentence into a field, a rule and a message that does not repeat the rejected value.
pub(crate) fn field_error(path: &str, text: &str) -> FieldError {
    let at = if path == "." { "" } else { path };
    if let Some(name) = quoted_after(text, "missing field `") {
        return FieldError::new(join(at, name), "required", "must be given");
    }
    if let Some(name) = quoted_after(text, "unknown field `") {
        return FieldError::new(
            join(at, name),
            "unknown_field",
            "is not a field of this body",
        );
    }
    if let Some(name) = quoted_after(text, "duplicate field `") {
        return FieldError::new(join(at, name), "duplicate_field", "must be given once");
    }
    let field = if at.is_empty() { "body" } else { at };
    if text.starts_with("unknown variant") {
        return FieldError::new(field, "one_of", format!("must be {}", expected(text)));
    }
    if text.starts_with("invalid type") {
        return FieldError::new(
            field,
            "type",
            format!("must be {}", in_words(expected(text))),
        );
    }
    if text.starts_with("invalid value") {
        return FieldError::new(
            field,
            "range",
            format!("must be {}", in_words(expected(text))),
        );
    }
    if text.starts_with("invalid length") {
        // Serde reads an array as an object whose fields come in order; this one was too short even for that.
        return FieldError::new(
            field,
            "type",
            format!("must be {}", in_words(expected(text))),
        );
    }
    FieldError::new(field, "format", text)
}

fn quoted_after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.strip_prefix(start)?.split('`').next()
}

/// The parent's path and a field's name; serde names an unknown field in both.
fn join(at: &str, name: &str) -> String {
    if at.is_empty() || at == name {
        return name.to_owned();
    }
    if at.ends_with(&format!(".{name}")) {
        return at.to_owned();
    }
    format!("{at}.{name}")
}

fn expected(text: &str) -> &str {
    text.rsplit_once(", expected ")
        .map_or("something else", |(_, it)| it)
}

/// Names of Rust's types mean nothing to a client.
fn in_words(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" => "a whole number from 0 to 18446744073709551615",
        "i64" => "a whole number from -9223372036854775808 to 9223372036854775807",
        other => other.strip_prefix("struct ").map_or(other, |_| "an object"),
    }
}

/// Databases differ on NUL in texts, so no text may hold one.
fn refuse_nul(bytes: &[u8]) -> Result<(), Problem> {
    if !bytes.windows(6).any(|it| it == br"\u0000") {
        return Ok(());
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|err| malformed(&err))?;
    match place_of_nul("", &value) {
        Some(place) => Err(Problem::invalid(place, "characters", "must not hold a NUL")),
        None => Ok(()),
    }
}

fn place_of_nul(at: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(|| at.to_owned()),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, it)| place_of_nul(&format!("{at}[{index}]"), it)),
        Value::Object(fields) => fields.iter().find_map(|(name, it)| {
            if name.contains('\0') {
                return Some(if at.is_empty() { "body" } else { at }.to_owned());
            }
            place_of_nul(&join(at, name), it)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests;
