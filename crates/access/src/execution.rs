//! A command of an operator's own to a router: checked, bounded, never endless.

use std::time::Duration;

/// Arguments of one command at most.
const MAX_ARGUMENTS: usize = 64;
/// Characters of a path at most.
const MAX_PATH: usize = 200;
/// Bytes of a value at most.
const MAX_VALUE: usize = 64 * 1024;
/// Seconds a command may take at most.
pub const MAX_EXECUTION_SECONDS: u16 = 120;
/// Rows of an answer at most.
pub const MAX_EXECUTION_ROWS: usize = 5_000;

/// Commands that talk to a person or take the connection itself away.
const INTERACTIVE: [&str; 9] = [
    "login",
    "quit",
    "cancel",
    "edit",
    "telnet",
    "ssh",
    "mac-telnet",
    "console",
    "safe-mode",
];

/// Commands that go on until they are cancelled, unless told when to stop.
const ENDLESS: [&str; 14] = [
    "monitor",
    "monitor-traffic",
    "torch",
    "ping",
    "flood-ping",
    "traceroute",
    "bandwidth-test",
    "profile",
    "scan",
    "ip-scan",
    "mac-scan",
    "quick",
    "spectral-scan",
    "speed-test",
];

/// Arguments that say when to stop.
const ENDS: [&str; 3] = ["once", "count", "duration"];

/// Arguments that make even a print endless.
const FOLLOWING: [&str; 4] = ["follow", "follow-only", "follow-strict", "interval"];

/// Commands that only look.
const READS: [&str; 3] = ["print", "getall", "get"];

/// Parts of names whose values are nobody's business.
const SECRET_PARTS: [&str; 7] = [
    "password",
    "secret",
    "passphrase",
    "private-key",
    "preshared-key",
    "response",
    "otp",
];

/// Whether a remembered answer will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The router is asked.
    Fresh,
    /// A few minutes old will do, but not older than our own last change there.
    MayBeCached,
}

/// A command that may be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    path: String,
    arguments: Vec<(String, String)>,
    queries: Vec<String>,
    timeout: Duration,
    freshness: Freshness,
}

/// What an operator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExecution {
    /// The full path: `/ip/hotspot/user/print`.
    pub path: String,
    /// Names and values; without the leading `=`.
    pub arguments: Vec<(String, String)>,
    /// Query words, with the leading `?`; for prints only.
    pub queries: Vec<String>,
    /// Seconds it may take, 1 to 120.
    pub timeout_s: u16,
    /// Whether a remembered answer will do; of prints only.
    pub freshness: Freshness,
}

/// Why a command is not executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadExecution {
    /// Not a path.
    #[error("must be a full path such as /ip/hotspot/user/print, at most 200 characters")]
    Path,
    /// A command that talks to a person, or ends the connection.
    #[error("talks to a person or to the connection itself")]
    Interactive,
    /// A command that would never end.
    #[error("would never end: add once, count or duration")]
    Endless,
    /// An argument's name or value.
    #[error("must be at most 64 arguments, with lower-case names and values of at most 64 KiB")]
    Argument,
    /// A query.
    #[error("must be query words beginning with ?, on a print")]
    Query,
    /// The time.
    #[error("must be 1 to 120 seconds")]
    Timeout,
}

impl Execution {
    /// Checks a command.
    ///
    /// # Errors
    /// [`BadExecution`] with the first thing that is wrong.
    pub fn new(new: NewExecution) -> Result<Self, BadExecution> {
        if !is_path(&new.path) {
            return Err(BadExecution::Path);
        }
        let has_only_good_arguments = new.arguments.iter().all(is_argument);
        if new.arguments.len() > MAX_ARGUMENTS || !has_only_good_arguments {
            return Err(BadExecution::Argument);
        }
        if !(1..=MAX_EXECUTION_SECONDS).contains(&new.timeout_s) {
            return Err(BadExecution::Timeout);
        }
        let execution = Self {
            path: new.path,
            arguments: new.arguments,
            queries: new.queries,
            timeout: Duration::from_secs(u64::from(new.timeout_s)),
            freshness: new.freshness,
        };
        execution.check()?;
        Ok(execution)
    }

    fn check(&self) -> Result<(), BadExecution> {
        if INTERACTIVE.contains(&self.verb()) || self.verb() == "listen" {
            return Err(BadExecution::Interactive);
        }
        let has = |names: &[&str]| self.names().any(|it| names.contains(&it));
        let is_endless = ENDLESS.contains(&self.verb()) || has(&FOLLOWING);
        if is_endless && !has(&ENDS) {
            return Err(BadExecution::Endless);
        }
        let is_query = |it: &String| it.starts_with('?') && it.len() <= MAX_VALUE;
        if !self.queries.iter().all(is_query)
            || (!self.queries.is_empty() && !self.only_reads())
            || self.queries.len() > MAX_ARGUMENTS
        {
            return Err(BadExecution::Query);
        }
        Ok(())
    }

    /// The full path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Names and values, in order.
    #[must_use]
    pub fn arguments(&self) -> &[(String, String)] {
        &self.arguments
    }

    /// The names of the arguments, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().map(|(name, _)| name.as_str())
    }

    /// Query words, in order.
    #[must_use]
    pub fn queries(&self) -> &[String] {
        &self.queries
    }

    /// How long it may take.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether a remembered answer will do.
    #[must_use]
    pub fn may_be_cached(&self) -> bool {
        self.freshness == Freshness::MayBeCached && self.only_reads()
    }

    /// Whether it changes nothing. What is not known to only look is taken for a change.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        READS.contains(&self.verb())
    }

    fn verb(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// Whether the value of an attribute of this name is nobody's business.
#[must_use]
pub fn is_secret_attribute(name: &str) -> bool {
    SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// What a router answered to a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExecutionAnswer {
    /// The rows, each with its attributes in the router's order. Values that are no UTF-8 have replacement characters;
    /// values of [`is_secret_attribute`] are `***`.
    pub rows: Vec<Vec<(String, String)>>,
    /// What the router returned at the end: the id of an added row, a count, the value of a property that was asked
    /// for by `value-name`. `***` if it may be a secret.
    pub ret: Option<String>,
    /// Whether there were more than [`MAX_EXECUTION_ROWS`] rows.
    pub is_truncated: bool,
}

fn is_path(path: &str) -> bool {
    let Some(steps) = path.strip_prefix('/') else {
        return false;
    };
    let is_step = |step: &str| {
        let mut bytes = step.bytes();
        !step.is_empty()
            && bytes.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    };
    path.len() <= MAX_PATH && steps.split('/').all(is_step)
}

fn is_argument((name, value): &(String, String)) -> bool {
    let is_letter =
        |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-.!_".contains(&it);
    let is_name = !name.is_empty() && name.len() <= 64 && name.bytes().all(is_letter);
    is_name && name != ".tag" && value.len() <= MAX_VALUE && !value.contains('\0')
}

#[cfg(test)]
mod tests {
    //! What is executed, what is refused, what counts as a change.

    use super::{BadExecution as Bad, Execution, Freshness, NewExecution, is_secret_attribute};

    fn ask(path: &str, arguments: &[(&str, &str)]) -> NewExecution {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        NewExecution {
            path: path.to_owned(),
            arguments: arguments.iter().map(owned).collect(),
            queries: Vec::new(),
            timeout_s: 30,
            freshness: Freshness::MayBeCached,
        }
    }

    #[test]
    fn commands_are_read_or_change_something() {
        let print = Execution::new(ask("/ip/hotspot/user/print", &[])).unwrap();
        assert!(print.only_reads() && print.may_be_cached());
        for path in ["/ppp/secret/add", "/system/script/run", "/export"] {
            let change = Execution::new(ask(path, &[])).unwrap();
            assert!(!change.only_reads() && !change.may_be_cached(), "{path}");
        }
    }

    #[test]
    fn endless_commands_need_an_end() {
        for path in ["/ping", "/tool/torch", "/interface/monitor-traffic"] {
            assert_eq!(Execution::new(ask(path, &[])), Err(Bad::Endless), "{path}");
            assert!(Execution::new(ask(path, &[("once", "")])).is_ok(), "{path}");
        }
        for name in ["follow", "follow-only", "interval"] {
            let print = ask("/log/print", &[(name, "1")]);
            assert_eq!(Execution::new(print), Err(Bad::Endless), "{name}");
        }
        assert!(Execution::new(ask("/ping", &[("address", "10.0.0.1"), ("count", "3")])).is_ok());
    }

    #[test]
    fn what_talks_to_a_person_or_the_connection_is_refused() {
        for path in [
            "/login",
            "/quit",
            "/cancel",
            "/system/ssh",
            "/log/listen",
            "/system/script/edit",
        ] {
            assert_eq!(
                Execution::new(ask(path, &[])),
                Err(Bad::Interactive),
                "{path}"
            );
        }
    }

    #[test]
    fn malformed_commands_are_refused() {
        for path in [
            "",
            "/",
            "ip/print",
            "/ip address print",
            "/ip//print",
            "/ip/print\n=x=y",
        ] {
            assert_eq!(Execution::new(ask(path, &[])), Err(Bad::Path), "{path:?}");
        }
        for name in ["", ".tag", "a=b", "Name", "a b"] {
            let odd = ask("/ppp/secret/add", &[(name, "x")]);
            assert_eq!(Execution::new(odd), Err(Bad::Argument), "{name:?}");
        }
        let endless = NewExecution {
            timeout_s: 121,
            ..ask("/ip/address/print", &[])
        };
        assert_eq!(Execution::new(endless), Err(Bad::Timeout));
        let query = |path: &str, word: &str| NewExecution {
            queries: vec![word.to_owned()],
            ..ask(path, &[])
        };
        assert!(Execution::new(query("/ppp/secret/print", "?name=ann")).is_ok());
        assert_eq!(
            Execution::new(query("/ppp/secret/print", "name=ann")),
            Err(Bad::Query)
        );
        assert_eq!(
            Execution::new(query("/ppp/secret/remove", "?name=ann")),
            Err(Bad::Query)
        );
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "password",
            "secret",
            "otp-secret",
            "wpa2-passphrase",
            "private-key",
        ] {
            assert!(is_secret_attribute(name), "{name}");
        }
        assert!(!is_secret_attribute("comment"));
    }
}
