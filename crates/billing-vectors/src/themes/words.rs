//! What runners share when a case is told in words: synonyms, amounts as text, shapes nobody knows.

use serde_json::Value;

use crate::given::Given;

/// The first of these names that it has.
pub(super) fn any_of<'a>(given: Given<'a>, names: &[&str]) -> Option<Given<'a>> {
    let name = names.iter().find(|it| given.has(it))?;
    given.part(name).ok()
}

/// Minor units as a text of major units with as many decimals as another text shows: "25" beside "25", "25.00" beside "1.50".
pub(super) fn decimal(minor: i64, decimals: u32, like: Given<'_>) -> String {
    let shows_decimals = like.0.as_str().is_some_and(|it| it.contains('.'));
    let scale = 10_i64.pow(decimals);
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, rest) = (
        minor.unsigned_abs() / scale.unsigned_abs(),
        minor.unsigned_abs() % scale.unsigned_abs(),
    );
    if rest == 0 && !shows_decimals {
        return format!("{sign}{whole}");
    }
    format!(
        "{sign}{whole}.{rest:0width$}",
        width = usize::try_from(decimals).unwrap_or(2)
    )
}

/// The same figure whether it is told as a number or a text: `"10"`, `"10.00"` and, for texts, what they say.
pub(super) fn same(left: &Value, right: &Value, decimals: u32) -> bool {
    let figure = |it: &Value| Given(it).as_minor(decimals).ok();
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(it, that)| same(it, that, decimals))
        }
        _ => left == right || (figure(left).is_some() && figure(left) == figure(right)),
    }
}
