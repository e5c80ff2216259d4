//! What came out of a scene, by the names a case asks for.

use anyhow::Result;
use billing::Fund;
use kernel::Money;
use serde_json::{Map, Value, json};

use super::super::DECIMALS;
use super::Scene;
use crate::given::Given;
use crate::themes::words::decimal;

impl Scene {
    /// What came out, by the names that are asked for; `None` for a name nobody knows.
    pub(super) fn told(&self, given: Given<'_>, expected: Given<'_>) -> Result<Option<Value>> {
        let mut told = Map::new();
        for name in expected.names() {
            let like = expected.part(name)?;
            let Some(minor) = self.observed(name, given, like)? else {
                return Ok(None);
            };
            let shown = |it: &i64| match like.0 {
                Value::Number(_) => json!(it),
                Value::Array(list) if list.first().is_some_and(Value::is_number) => json!(it),
                _ => json!(decimal(*it, DECIMALS, like)),
            };
            let value = match minor.as_slice() {
                [one] if !like.0.is_array() => shown(one),
                many => Value::Array(many.iter().map(shown).collect()),
            };
            told.insert(name.to_owned(), value);
        }
        Ok(Some(Value::Object(told)))
    }

    fn observed(&self, name: &str, given: Given<'_>, like: Given<'_>) -> Result<Option<Vec<i64>>> {
        let one = |it: Money| Ok(Some(vec![it.minor()]));
        let first_due = || -> Result<Money> {
            match self.invoices.first() {
                Some(it) => Ok(self.books.due(*it)?),
                None => Ok(self.none()),
            }
        };
        match name {
            "balance" if like.0.is_array() => {
                let told = like.elements()?.len();
                let skipped = self.trace.len().saturating_sub(told);
                Ok(Some(self.trace.iter().copied().skip(skipped).collect()))
            }
            "balance" if given.has("balance") => one(first_due()?),
            "balance" | "account_balance" => one(self.books.balance(self.currency)?),
            "credit" | "account_credit" | "credit_left" | "unallocated" => {
                one(self.books.credit(self.currency)?)
            }
            "outstanding" | "due" | "amount_due" if like.0.is_array() => {
                Ok(Some(self.dues()?.into_iter().map(Money::minor).collect()))
            }
            "used" if like.0.is_array() => {
                Ok(Some(self.used()?.into_iter().map(Money::minor).collect()))
            }
            "outstanding" | "due" | "amount_due" => one(Money::sum(self.currency, self.dues()?)?),
            "credit_used" => {
                let used = Money::sum(self.currency, self.used()?)?;
                let is_told_negative = like.0.as_str().is_some_and(|it| it.starts_with('-'));
                one(if is_told_negative {
                    used.checked_neg()?
                } else {
                    used
                })
            }
            "used" | "used_total" => one(Money::sum(self.currency, self.used()?)?),
            "left" if like.0.is_array() => Ok(Some(self.left()?)),
            "left" if given.has("credit_notes") => one(Money::sum(self.currency, self.dues()?)?),
            "left" => Ok(Some(vec![self.left()?.iter().sum()])),
            "unpaid_invoices" => {
                let open = self.books.open(self.currency)?.len();
                Ok(Some(vec![i64::try_from(open)?]))
            }
            _ => self.of_numbered_invoice(name),
        }
    }

    /// `invoice1_balance`, `invoice2_balance`, …
    fn of_numbered_invoice(&self, name: &str) -> Result<Option<Vec<i64>>> {
        let number = name
            .strip_prefix("invoice")
            .and_then(|it| it.strip_suffix("_balance"))
            .and_then(|it| it.parse::<usize>().ok());
        let invoice = number.and_then(|it| self.invoices.get(it.checked_sub(1)?));
        match invoice {
            Some(it) => Ok(Some(vec![self.books.due(*it)?.minor()])),
            None => Ok(None),
        }
    }

    fn dues(&self) -> Result<Vec<Money>> {
        let dues = self.invoices.iter().map(|it| Ok(self.books.due(*it)?));
        dues.collect()
    }

    pub(in crate::themes::payment_allocation) fn used(&self) -> Result<Vec<Money>> {
        let used = self.credits.iter();
        used.map(|it| Ok(self.books.used(Fund::Credit(*it))?))
            .collect()
    }

    fn left(&self) -> Result<Vec<i64>> {
        let left = self.credits.iter();
        left.map(|it| Ok(self.books.left(Fund::Credit(*it))?.minor()))
            .collect()
    }
}
