//! Since and until which version something exists, in the form the simulator reads.

use super::Versions;

/// The crawled versions as `major * 100 + minor`, oldest first.
const CRAWLED: [(&str, u16); 6] = [
    ("7.9.2", 709),
    ("7.13.5", 713),
    ("7.15.3", 715),
    ("7.18.2", 718),
    ("7.20.8", 720),
    ("7.24", 724),
];
/// What came between two crawled versions, by the changelogs.
const KNOWN_SINCE: [(&str, u16); 7] = [
    ("otp-secret", 721),
    ("max-sessions", 716),
    ("bridge-port-vid", 717),
    ("bridge-port-trusted", 717),
    ("inactivity-policy", 717),
    ("inactivity-timeout", 717),
    ("show-sensitive", 721),
];
/// What every menu has in version 7 only; the crawl does not reach back to version 6.
const ONLY_V7: [&str; 2] = ["vrf", "reset"];
/// The first version 7.
const V7: u16 = 700;

/// `name`, or `name@since-until` when some versions lack it.
pub(super) fn gated(name: &str, versions: &Versions, only_v7: &[String]) -> String {
    let is_seen = |version: &str| match versions {
        Versions::Word(word) => word == "all" || word == version,
        Versions::List(seen) => seen.iter().any(|it| it == version),
    };
    let seen = CRAWLED.iter().filter(|(version, _)| is_seen(version));
    let seen: Vec<u16> = seen.map(|(_, number)| *number).collect();
    let (first, last) = (seen.first().copied(), seen.last().copied());
    let is_v7 = ONLY_V7.contains(&name) || only_v7.iter().any(|it| it == name);
    let since = match first {
        Some(709) if is_v7 => V7,
        Some(709) | None => 0,
        Some(first) => known_since(name).unwrap_or(first),
    };
    let until = CRAWLED
        .iter()
        .map(|(_, number)| *number)
        .find(|it| Some(*it) > last);
    let number = |number: u16| {
        if number == 0 {
            String::new()
        } else {
            number.to_string()
        }
    };
    match (since, until) {
        (0, None) => name.to_owned(),
        (since, until) => format!("{name}@{}-{}", number(since), number(until.unwrap_or(0))),
    }
}

/// The name and the first version of what [`gated`] wrote; 0 for all.
pub(super) fn since_of(gated: &str) -> (&str, u16) {
    let (name, span) = gated.split_once('@').unwrap_or((gated, ""));
    let since = span.split('-').next().unwrap_or_default();
    (name, since.parse().unwrap_or(0))
}

fn known_since(name: &str) -> Option<u16> {
    let known = KNOWN_SINCE.iter().find(|(known, _)| *known == name);
    known.map(|(_, since)| *since)
}
