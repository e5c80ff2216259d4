//! Everything the gateway may say to a router: menus, commands and arguments, to be compared with what routers know.
//!
//! `cargo xtask routeros-schema` compares it with the command tree of a real router. A test runs the gateway and sees
//! that it says nothing else. Menus that are written follow from [`Menu::ALL`]; a new command or argument beside them
//! gets a row in [`OTHERS`].

use access::Menu;

use crate::normalise;

/// Which routers know a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// Every router of a supported version.
    Everywhere,
    /// Some; where it is missing the gateway does without it.
    WhereKnown,
    /// The API itself, so it is in no command tree.
    ApiOnly,
}

/// A command the gateway may send, and everything that may go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// The menu: `/ppp/secret`; empty for commands of the API itself.
    pub menu: &'static str,
    /// The command: `add`.
    pub command: &'static str,
    /// Arguments by name, `.id` and `.proplist` among them.
    pub arguments: Vec<&'static str>,
    /// Which routers know it.
    pub presence: Presence,
}

impl Emitted {
    /// The full path, as it is sent.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.menu, self.command)
    }
}

use Presence::{ApiOnly, Everywhere, WhereKnown};

/// Commands beside those that read and write the rows of [`Menu::ALL`].
const OTHERS: &[(&str, &str, &[&str], Presence)] = &[
    ("", "login", &["name", "password", "response"], ApiOnly),
    ("", "cancel", &["tag"], ApiOnly),
    (
        "/ppp/active",
        "print",
        &[".proplist", "count-only"],
        Everywhere,
    ),
    ("/ppp/active", "remove", &[".id"], Everywhere),
    // A word of the API: command trees know only `print follow-only`.
    ("/ppp/active", "listen", &[".proplist"], ApiOnly),
    ("/ip/hotspot/active", "listen", &[".proplist"], ApiOnly),
    (
        "/ip/hotspot/active",
        "print",
        &[".proplist", "count-only"],
        Everywhere,
    ),
    ("/ip/hotspot/active", "remove", &[".id"], Everywhere),
    ("/ip/hotspot/cookie", "print", &[".proplist"], Everywhere),
    ("/ip/hotspot/cookie", "remove", &[".id"], Everywhere),
    ("/interface", "print", &[".proplist"], Everywhere),
    ("/ip/service", "print", &[".proplist"], Everywhere),
    // Read for imports; a router without one of them has nothing there to import.
    ("/system/script", "print", &[".proplist"], WhereKnown),
    ("/system/resource", "print", &[".proplist"], Everywhere),
    ("/system/identity", "print", &[".proplist"], Everywhere),
    ("/system/clock", "print", &[".proplist"], Everywhere),
    ("/user", "print", &[".proplist"], Everywhere),
    ("/user/group", "print", &[".proplist"], Everywhere),
    ("/user/active", "print", &[".proplist"], Everywhere),
    // Missing on virtual routers; the licence names those.
    ("/system/routerboard", "print", &[".proplist"], WhereKnown),
    ("/system/license", "print", &[".proplist"], WhereKnown),
    // From 7.17 on.
    ("/system/device-mode", "print", &[".proplist"], WhereKnown),
];

/// Every command the gateway may send, without the tag that each carries and the queries of prints.
#[must_use]
pub fn emitted() -> Vec<Emitted> {
    let others = OTHERS
        .iter()
        .map(|(menu, command, arguments, presence)| Emitted {
            menu,
            command,
            arguments: arguments.to_vec(),
            presence: *presence,
        });
    others
        .chain(Menu::ALL.into_iter().flat_map(table))
        .collect()
}

/// Reading and writing the rows of a menu.
fn table(menu: Menu) -> [Emitted; 4] {
    let of = |command, arguments| Emitted {
        menu: menu.path(),
        command,
        arguments,
        presence: Everywhere,
    };
    // What is read is what may be written, but for what the router says of a row. The key comes after the id.
    let read = normalise::properties(menu);
    let key = read.get(1).copied().unwrap_or("name");
    let is_owned = |it: &&'static str| !matches!(*it, ".id" | "dynamic") && *it != key;
    let owned: Vec<_> = read.into_iter().filter(is_owned).collect();
    [
        of("print", vec![".proplist"]),
        of("add", [&[key], &owned[..]].concat()),
        of("set", [&[".id"], &owned[..]].concat()),
        of("remove", vec![".id"]),
    ]
}

#[cfg(test)]
mod tests {
    //! The table is in order.

    use std::collections::BTreeSet;

    use super::emitted;

    #[test]
    fn every_command_stands_once_and_names_each_argument_once() {
        let table = emitted();
        let paths: BTreeSet<String> = table.iter().map(super::Emitted::path).collect();
        assert_eq!(paths.len(), table.len());
        for row in table {
            let names: BTreeSet<_> = row.arguments.iter().collect();
            assert_eq!(names.len(), row.arguments.len(), "{}", row.path());
        }
    }
}
