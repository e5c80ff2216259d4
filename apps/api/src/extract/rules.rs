//! Turns broken validation rules into field errors, without the rejected values that the validator keeps.

use std::borrow::Cow;

use serde_json::Value;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::problem::FieldError;

/// Every broken rule, ordered by field.
pub(crate) fn field_errors(errors: &ValidationErrors) -> Vec<FieldError> {
    let mut found = Vec::new();
    collect("", errors, &mut found);
    found.sort_by(|a, b| (&a.field, &a.rule).cmp(&(&b.field, &b.rule)));
    found
}

fn collect(at: &str, errors: &ValidationErrors, found: &mut Vec<FieldError>) {
    for (name, kind) in errors.errors() {
        let path = if at.is_empty() {
            name.to_string()
        } else {
            format!("{at}.{name}")
        };
        match kind {
            ValidationErrorsKind::Field(rules) => {
                found.extend(rules.iter().map(|it| describe(&path, it)));
            }
            ValidationErrorsKind::Struct(inner) => collect(&path, inner, found),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(&format!("{path}[{index}]"), inner, found);
                }
            }
        }
    }
}

fn describe(path: &str, error: &ValidationError) -> FieldError {
    let message = match &error.message {
        Some(message) => message.to_string(),
        None => from_bounds(error).into_owned(),
    };
    FieldError::new(path, error.code.to_string(), message)
}

fn from_bounds(error: &ValidationError) -> Cow<'static, str> {
    let unit = if error.code == "length" {
        " characters long"
    } else {
        ""
    };
    let bound = |name: &str| error.params.get(name).map(number);
    match (bound("min"), bound("max")) {
        (Some(min), Some(max)) => format!("must be {min} to {max}{unit}").into(),
        (Some(min), None) => format!("must be at least {min}{unit}").into(),
        (None, Some(max)) => format!("must be at most {max}{unit}").into(),
        (None, None) => "breaks the rule".into(),
    }
}

/// Bounds of floating type print without a fraction when they have none.
fn number(bound: &Value) -> String {
    let text = bound.to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    //! Rejected values stay with the validator.
    #![allow(clippy::unwrap_used)]

    use validator::Validate;

    use super::field_errors;

    #[derive(Validate)]
    struct Login {
        #[validate(length(min = 8, max = 20))]
        password: String,
        #[validate(range(min = 1, max = 31))]
        day: u8,
    }

    #[test]
    fn bounds_are_named_and_values_are_not() {
        let login = Login {
            password: "hunter2".to_owned(),
            day: 32,
        };
        let errors = field_errors(&login.validate().unwrap_err());
        let texts: Vec<_> = errors
            .iter()
            .map(|it| format!("{} {} {}", it.field, it.rule, it.message))
            .collect();
        assert_eq!(
            texts,
            [
                "day range must be 1 to 31",
                "password length must be 8 to 20 characters long"
            ]
        );
    }
}
