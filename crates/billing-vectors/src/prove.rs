//! Proof that a runner looks: what a case expects is changed piece by piece, and no changed case may pass.

use serde_json::{Map, Value, json};

use crate::case::{Case, Outcome};
use crate::themes::Theme;

/// A change of an expectation that the runner did not notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unnoticed {
    /// The id of the case.
    pub case: String,
    /// Where in the expectation, after `/derived` in what was computed by hand from it, or after `/input`: a JSON pointer.
    pub place: String,
    /// What the whole of it was changed to.
    pub changed: Value,
    /// Why that is right, if it is.
    pub let_be: Option<&'static str>,
}

/// What of an expectation may change unnoticed, and why. `*` is any place in a list.
pub const LET_BE: [(Theme, &str, &str); 6] = [
    (
        Theme::BcdAlignment,
        "/items/-",
        "the first cycles of a life without end, as many as the case lists",
    ),
    (
        Theme::TimezoneBoundaries,
        "/charged_through/-",
        "the first cycles of a life without end, as many as the case lists",
    ),
    (
        Theme::DiscountsCoupons,
        "/checks/-",
        "what coupons must know, not all they know",
    ),
    (
        Theme::En16931Rules,
        "/rule",
        "what is asked: what comes out is whether it accepts",
    ),
    (
        Theme::InvoiceDiff,
        "/items/*/name",
        "what the source calls an item: ours have no names",
    ),
    (
        Theme::InvoiceSequences,
        "/items/*/-",
        "an item without its amount asks for its days only",
    ),
];

/// Why a change at a place may go unnoticed.
fn let_be(theme: Theme, place: &str) -> Option<&'static str> {
    let plain = place.split('/').map(|it| match it.parse::<usize>() {
        Ok(_) => "*",
        Err(_) => it,
    });
    let plain = plain.collect::<Vec<_>>().join("/");
    let mut known = LET_BE.iter();
    let found = known.find(|it| it.0 == theme && it.1 == plain);
    found.map(|(_, _, why)| *why)
}

/// A change: where, and the whole expectation with it.
type Change = (String, Value);

/// Puts every change of one piece of what a case expects, or of what was computed from it by hand, to its runner: numbers one
/// more, texts and truths others, lists one shorter, names that nobody knows, nothing at all; and the case with one fact
/// more. Returns those that still pass, with the reason where that is right; a case that does not pass itself, or that ours
/// must differ from, proves nothing and has none.
#[must_use]
pub fn unnoticed(theme: Theme, case: &Case) -> Vec<Unnoticed> {
    if case.adopt.is_negative() || theme.run(case) != Outcome::Passed {
        return Vec::new();
    }
    let expected = changes(&case.expected).into_iter().map(|(place, it)| {
        let expected = it.clone();
        let case = case.clone();
        (place, it, Case { expected, ..case })
    });
    let derived = changes_by_hand(&case.derived).map(|(place, it)| {
        let derived = it.clone();
        let case = case.clone();
        (place, it, Case { derived, ..case })
    });
    let passing = expected
        .chain(derived)
        .chain(with_a_fact_more(case))
        .filter(|(_, _, changed)| theme.run(changed) == Outcome::Passed);
    let unnoticed = passing.map(|(place, changed, _)| Unnoticed {
        case: case.id.clone(),
        let_be: let_be(theme, &place),
        place,
        changed,
    });
    unnoticed.collect()
}

/// What a runner makes of every change of one piece of what a case gives: any end but a panic.
#[must_use]
pub fn of_odd_inputs(theme: Theme, case: &Case) -> Vec<Outcome> {
    let odd = changes(&case.input).into_iter().map(|(_, input)| Case {
        input,
        ..case.clone()
    });
    odd.map(|it| theme.run(&it)).collect()
}

/// The case with a fact that nobody knows: it might change the answer.
fn with_a_fact_more(case: &Case) -> Option<(String, Value, Case)> {
    let mut input = case.input.clone();
    let facts = input.as_object_mut()?;
    facts.insert("what nobody knows".to_owned(), json!(1));
    let place = "/input/what nobody knows".to_owned();
    let case = case.clone();
    Some((place, input.clone(), Case { input, ..case }))
}

/// The same of the parts that were computed by hand; what else stands beside them is for people.
fn changes_by_hand(derived: &Value) -> impl Iterator<Item = Change> {
    let parts = derived.get("parts").into_iter();
    let with = |(place, parts): Change| {
        let mut derived = derived.clone();
        if let Some(whole) = derived.get_mut("parts") {
            *whole = parts;
        }
        (format!("/derived/parts{place}"), derived)
    };
    parts.flat_map(changes_of).map(with)
}

/// Every expectation that differs from this one in one piece.
fn changes(expected: &Value) -> Vec<Change> {
    let nothing = expected.as_object().map(|_| (String::new(), json!({})));
    nothing.into_iter().chain(changes_of(expected)).collect()
}

fn changes_of(value: &Value) -> Vec<Change> {
    match value {
        Value::Object(parts) => in_object(parts),
        Value::Array(elements) => in_list(elements),
        leaf => vec![(String::new(), other(leaf))],
    }
}

fn in_object(parts: &Map<String, Value>) -> Vec<Change> {
    let with = |name: &str, value: Value| {
        let mut parts = parts.clone();
        parts.insert(name.to_owned(), value);
        Value::Object(parts)
    };
    let mut all = vec![(
        "/what nobody knows".to_owned(),
        with("what nobody knows", json!(1)),
    )];
    for (name, part) in parts {
        let inner = changes_of(part).into_iter();
        all.extend(inner.map(|(place, changed)| (format!("/{name}{place}"), with(name, changed))));
    }
    all
}

fn in_list(elements: &[Value]) -> Vec<Change> {
    let mut all = Vec::new();
    match elements.split_last() {
        Some((_, shorter)) => all.push(("/-".to_owned(), Value::from(shorter))),
        None => all.push(("/-".to_owned(), json!([1]))),
    }
    for (index, element) in elements.iter().enumerate() {
        for (place, changed) in changes_of(element) {
            let mut elements = elements.to_vec();
            elements[index] = changed;
            all.push((format!("/{index}{place}"), Value::from(elements)));
        }
    }
    all
}

/// Another leaf of the same kind.
fn other(leaf: &Value) -> Value {
    match leaf {
        Value::Bool(truth) => json!(!truth),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => json!(whole.saturating_add(1)),
            None => json!("1/7"),
        },
        Value::String(text) => json!(other_text(text)),
        _ => json!(1),
    }
}

/// The next day, another last digit, or a word nobody knows.
fn other_text(text: &str) -> String {
    let next_day = text
        .parse()
        .ok()
        .and_then(|it: chrono::NaiveDate| it.succ_opt());
    if let Some(next_day) = next_day {
        return next_day.to_string();
    }
    let Some(place) = text.rfind(|it: char| it.is_ascii_digit()) else {
        return format!("{text} not");
    };
    let (before, rest) = text.split_at(place);
    let digit = if rest.starts_with('0') { "1" } else { "0" };
    format!("{before}{digit}{}", &rest[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_is_changed_once() {
        let expected = json!({"a": 1, "b": ["2026-01-31", true], "c": {"d": "1.05%"}});
        let changed: Vec<_> = changes(&expected).into_iter().collect();
        let at = |wanted: &str| {
            let found = changed.iter().find(|(place, _)| place == wanted);
            found.map(|(_, it)| it.clone()).unwrap()
        };
        assert_eq!(at(""), json!({}));
        assert_eq!(at("/a")["a"], 2);
        assert_eq!(at("/b/-")["b"], json!(["2026-01-31"]));
        assert_eq!(at("/b/0")["b"], json!(["2026-02-01", true]));
        assert_eq!(at("/b/1")["b"], json!(["2026-01-31", false]));
        assert_eq!(at("/c/d")["c"], json!({"d": "1.00%"}));
        assert_eq!(at("/c/what nobody knows")["c"]["what nobody knows"], 1);
        assert_eq!(changed.len(), 8);
    }
}
