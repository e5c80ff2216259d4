//! The policies of router accounts: which exist since when, and how a group prints them.

use crate::refusal::Refusal;
use crate::text::Text;

/// The policies in the order routers print them, with the first version that has each and the
/// first that lacks it again (0 for none), as `major * 100 + minor`.
const POLICIES: [(&str, u16, u16); 19] = [
    ("local", 0, 0),
    ("telnet", 0, 0),
    ("ssh", 0, 0),
    ("ftp", 0, 0),
    ("reboot", 0, 0),
    ("read", 0, 0),
    ("write", 0, 0),
    ("policy", 0, 0),
    ("test", 0, 0),
    ("winbox", 0, 0),
    ("password", 0, 0),
    ("web", 0, 0),
    ("sniff", 0, 0),
    ("sensitive", 0, 0),
    ("api", 0, 0),
    ("romon", 0, 0),
    ("rest-api", 701, 0),
    ("dude", 0, 700),
    ("tikapp", 0, 700),
];

/// What this version knows.
pub(crate) fn known(version: u16) -> impl Iterator<Item = &'static str> {
    POLICIES
        .into_iter()
        .filter(move |(_, since, until)| *since <= version && (*until == 0 || version < *until))
        .map(|(name, _, _)| name)
}

/// The policies that a list grants, in the router's order; `!name` and what is left out are not
/// granted. `name` is what a refusal calls the argument.
///
/// # Errors
/// When a policy does not exist in any version.
pub(crate) fn granted(name: &str, list: &str) -> Result<Text, Refusal> {
    let words: Vec<&str> = list.split(',').filter(|word| !word.is_empty()).collect();
    let exists = |word: &&str| {
        let word = word.strip_prefix('!').unwrap_or(word);
        POLICIES.iter().any(|(known, _, _)| *known == word)
    };
    if !words.iter().all(exists) {
        return Err(Refusal::no_match(name));
    }
    let granted = POLICIES.iter().map(|(known, _, _)| *known);
    let granted: Vec<&str> = granted.filter(|known| words.contains(known)).collect();
    Ok(granted.join(",").into())
}

/// Whether every policy of a list, refused ones too, exists in a version: `!rest-api` is an error
/// on version 6.
pub(crate) fn all_known(list: &str, version: u16) -> bool {
    list.split(',')
        .map(|word| word.strip_prefix('!').unwrap_or(word))
        .all(|word| word.is_empty() || known(version).any(|known| known == word))
}

/// What a group prints: what it grants, then what it does not, each with a `!`.
pub(crate) fn shown(granted: &str, version: u16) -> String {
    let has = |name: &&str| granted.split(',').any(|word| word == *name);
    let (yes, no): (Vec<&str>, Vec<&str>) = known(version).partition(has);
    let no = no.into_iter().map(|name| format!("!{name}"));
    let all: Vec<String> = yes.into_iter().map(str::to_owned).chain(no).collect();
    all.join(",")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{all_known, granted, shown};

    #[test]
    fn a_group_prints_what_it_lacks_too() {
        let stored = granted("policy", "write,read,!ftp")
            .unwrap()
            .lossy()
            .into_owned();
        assert_eq!(stored, "read,write");
        let v6 = shown(&stored, 640);
        assert!(v6.starts_with("read,write,!local") && v6.ends_with("!romon,!dude,!tikapp"));
        assert!(shown(&stored, 721).ends_with("!romon,!rest-api"));
    }

    #[test]
    fn policies_that_a_version_lacks_are_unknown_to_it() {
        assert!(granted("policy", "read,fly").is_err());
        assert!(all_known("read,!rest-api", 709) && !all_known("read,!rest-api", 649));
    }
}
