//! The query string of a list: a page and a filter, nothing else.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use kernel::{Cursor, PageRequest};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::json::field_error;
use crate::problem::{FieldError, Problem, catalog};

/// What is listed: which page of what passes the filter.
#[derive(Debug)]
pub(crate) struct Listing<F> {
    /// The page.
    pub(crate) page: PageRequest,
    /// The filter.
    pub(crate) filter: F,
}

/// A list that cannot be filtered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoFilter {}

/// The parameters of every list, for the API's description.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "read by the description only; the pairs are taken apart by hand"
)]
pub(crate) struct PageParams {
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// The `next` of the previous page, unchanged.
    #[param(pattern = "^c[a-z2-7]{25}[aeimquy4]$")]
    after: Option<String>,
}

impl<F: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Listing<F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default())
            .map_err(|error| Problem::of(&catalog::INVALID_PARAMETER).fields(vec![error]))
    }
}

fn parse<F: DeserializeOwned>(query: &str) -> Result<Listing<F>, FieldError> {
    let (mut limit, mut after) = (None, None);
    let mut rest = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if value.contains('\0') || name.contains('\0') {
            return Err(FieldError::new(
                "query",
                "characters",
                "must not hold a NUL",
            ));
        }
        match &*name {
            "limit" => once(&mut limit, "limit", limit_of(&value)?)?,
            "after" => once(&mut after, "after", cursor_of(&value)?)?,
            _ => {
                rest.append_pair(&name, &value);
            }
        }
    }
    let page = PageRequest::new(limit.unwrap_or(PageRequest::default().limit()), after);
    let filter = filter_of(&rest.finish())?;
    Ok(Listing { page, filter })
}

fn once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), FieldError> {
    if slot.replace(value).is_some() {
        return Err(FieldError::new(
            name,
            "duplicate_field",
            "must be given once",
        ));
    }
    Ok(())
}

fn limit_of(text: &str) -> Result<u16, FieldError> {
    let limit = text.parse().ok();
    limit
        .filter(|it| (1..=PageRequest::MAX_LIMIT).contains(it))
        .ok_or_else(|| FieldError::new("limit", "range", "must be a whole number from 1 to 200"))
}

fn cursor_of(text: &str) -> Result<Cursor, FieldError> {
    text.parse()
        .map_err(|err: kernel::BadCursor| FieldError::new("after", "format", err.to_string()))
}

/// The filter that a query string holds and nothing else.
pub(super) fn filter_of<F: DeserializeOwned>(query: &str) -> Result<F, FieldError> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
        .map_err(|err| field_error(&err.path().to_string(), &err.inner().to_string()))
}

#[cfg(test)]
mod tests {
    //! A query string is either understood whole or refused.
    #![allow(clippy::unwrap_used)]

    use kernel::{Cursor, CustomerId};
    use serde::Deserialize;

    use super::{NoFilter, parse};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        state: Option<State>,
        customer: Option<CustomerId>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum State {
        Open,
    }

    #[test]
    fn page_and_filter_share_a_query() {
        let id = CustomerId::from_uuid(uuid::Uuid::from_u128(7));
        let query = format!(
            "state=open&limit=7&customer={id}&after={}",
            Cursor::after(id)
        );
        let listing = parse::<Filter>(&query).unwrap();
        assert_eq!(listing.page.limit(), 7);
        assert_eq!(listing.page.after(), Some(Cursor::after(id)));
        assert_eq!(listing.filter.state, Some(State::Open));
        assert_eq!(listing.filter.customer, Some(id));
    }

    #[test]
    fn an_empty_query_is_the_first_page() {
        let listing = parse::<NoFilter>("").unwrap();
        assert_eq!((listing.page.limit(), listing.page.after()), (50, None));
    }

    #[test]
    fn each_mistake_names_its_parameter() {
        for (query, field, rule) in [
            ("limit=0", "limit", "range"),
            ("limit=201", "limit", "range"),
            ("limit=x", "limit", "range"),
            ("limit=1&limit=2", "limit", "duplicate_field"),
            ("after=x", "after", "format"),
            ("state=shut", "state", "one_of"),
            ("customer=inv_x", "customer", "format"),
            ("colour=red", "colour", "unknown_field"),
            ("state=op%00en", "query", "characters"),
        ] {
            let error = parse::<Filter>(query).unwrap_err();
            assert_eq!((&*error.field, &*error.rule), (field, rule), "{query}");
        }
    }
}
