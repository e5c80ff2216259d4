//! Reading what a case gives: every reader fails with the name of what is missing or odd, never with a guess.

use anyhow::{Context, Result, bail};
use billing::Ratio;
use chrono::NaiveDate;
use serde_json::Value;

/// The input, expectation or a part of it.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a>(pub &'a Value);

impl<'a> Given<'a> {
    /// The names it has, in order: what the shape of a case is told by.
    #[must_use]
    pub fn names(self) -> Vec<&'a str> {
        let names = self.0.as_object().map(|it| it.keys().map(String::as_str));
        let mut names: Vec<_> = names.into_iter().flatten().collect();
        names.sort_unstable();
        names
    }

    /// Whether it has this and it is not null.
    #[must_use]
    pub fn has(self, name: &str) -> bool {
        self.0.get(name).is_some_and(|it| !it.is_null())
    }

    /// A part.
    ///
    /// # Errors
    /// When there is none.
    pub fn part(self, name: &str) -> Result<Self> {
        self.0
            .get(name)
            .map(Given)
            .with_context(|| format!("{name} is missing"))
    }

    /// The elements of a list.
    ///
    /// # Errors
    /// When it is no list.
    pub fn list(self, name: &str) -> Result<Vec<Self>> {
        self.part(name)?.elements()
    }

    /// Its own elements.
    ///
    /// # Errors
    /// When it is no list.
    pub fn elements(self) -> Result<Vec<Self>> {
        let list = self.0.as_array();
        let list = list.with_context(|| format!("{} is not a list", self.0))?;
        Ok(list.iter().map(Given).collect())
    }

    /// An element of its own, counted from 0.
    ///
    /// # Errors
    /// When it is no list, or a shorter one.
    pub fn at(self, place: usize) -> Result<Self> {
        let element = self.elements()?.get(place).copied();
        element.with_context(|| format!("{} has no element {place}", self.0))
    }

    /// A text.
    ///
    /// # Errors
    /// When it is none.
    pub fn text(self, name: &str) -> Result<&'a str> {
        self.part(name)?.as_text()
    }

    /// Itself as a text.
    ///
    /// # Errors
    /// When it is none.
    pub fn as_text(self) -> Result<&'a str> {
        let text = self.0.as_str();
        text.with_context(|| format!("{} is not a text", self.0))
    }

    /// A whole number.
    ///
    /// # Errors
    /// When it is none.
    pub fn whole(self, name: &str) -> Result<i64> {
        self.part(name)?.as_whole()
    }

    /// Itself as a whole number.
    ///
    /// # Errors
    /// When it is none.
    pub fn as_whole(self) -> Result<i64> {
        match self.0 {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
        .with_context(|| format!("{} is not a whole number", self.0))
    }

    /// A date.
    ///
    /// # Errors
    /// When it is none.
    pub fn date(self, name: &str) -> Result<NaiveDate> {
        self.part(name)?.as_date()
    }

    /// Itself as a date.
    ///
    /// # Errors
    /// When it is none.
    pub fn as_date(self) -> Result<NaiveDate> {
        let text = self.as_text()?;
        text.parse()
            .with_context(|| format!("{text:?} is not a date"))
    }

    /// A date, or `None` where it is null or missing.
    ///
    /// # Errors
    /// When it is something else.
    pub fn date_if_any(self, name: &str) -> Result<Option<NaiveDate>> {
        match self.has(name) {
            true => self.date(name).map(Some),
            false => Ok(None),
        }
    }

    /// An exact number: whole, decimal text, percentage or fraction.
    ///
    /// # Errors
    /// When it is none.
    pub fn ratio(self, name: &str) -> Result<Ratio> {
        self.part(name)?.as_ratio()
    }

    /// Itself as an exact number.
    ///
    /// # Errors
    /// When it is none.
    pub fn as_ratio(self) -> Result<Ratio> {
        let text = match self.0 {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            other => bail!("{other} is not a number"),
        };
        text.parse().with_context(|| text)
    }

    /// An amount in minor units: a text is major units of a currency with so many decimals, a number is minor units.
    ///
    /// # Errors
    /// When it is none, or finer than a minor unit.
    pub fn minor(self, name: &str, decimals: u32) -> Result<i64> {
        self.part(name)?.as_minor(decimals)
    }

    /// Itself as an amount in minor units.
    ///
    /// # Errors
    /// When it is none, or finer than a minor unit.
    pub fn as_minor(self, decimals: u32) -> Result<i64> {
        if self.0.is_number() {
            return self.as_whole();
        }
        let shift = Ratio::whole(10_i64.pow(decimals));
        let minor = self.as_ratio()?.checked_mul(shift);
        let minor = minor.filter(|it| it.denominator() == 1);
        let minor = minor.with_context(|| format!("{} is finer than a minor unit", self.0))?;
        Ok(i64::try_from(minor.numerator())?)
    }
}
