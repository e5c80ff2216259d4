//! Each row of the table is the one that decides about a text that routers really send.

use super::TrapKind::{
    AuthFailed, Cancelled, Conflict, DeviceMode, Forbidden, InvalidArgument, LoginRejected,
    NotFound, Retry, Unsupported,
};
use super::{TABLE, TrapKind, decide};

/// In the order of the table: a text for each row, what it means, and the argument that it names.
const ROWS: [(&str, TrapKind, Option<&str>); TABLE.len()] = [
    ("not enough permissions (9)", Forbidden, None),
    ("invalid user name or password (6)", AuthFailed, None),
    ("cannot log in", AuthFailed, None),
    ("failure: already have such entry", Conflict, None),
    (
        "failure: secret with the same name already exists",
        Conflict,
        None,
    ),
    ("failure: pool with such name exists", Conflict, None),
    ("failure: script with the same name", Conflict, None),
    ("no such item (4)", NotFound, None),
    ("no such command prefix", Unsupported, None),
    (
        "unknown parameter follow-only",
        Unsupported,
        Some("follow-only"),
    ),
    ("unknown parameter", Unsupported, None),
    (
        "expected end of command (line 1 column 8)",
        Unsupported,
        None,
    ),
    ("bad command name frob (line 1 column 2)", Unsupported, None),
    ("failure: not allowed by device-mode", DeviceMode, None),
    (
        "input does not match any value of interface",
        InvalidArgument,
        Some("interface"),
    ),
    (
        "ambiguous value of server, more than one possible value matches input",
        InvalidArgument,
        Some("server"),
    ),
    (
        "invalid value for argument remote-address",
        InvalidArgument,
        Some("remote-address"),
    ),
    (
        "invalid value of mac-address, mac address required",
        InvalidArgument,
        Some("mac-address"),
    ),
    (
        "invalid value x for authentication-port, an integer required",
        InvalidArgument,
        Some("authentication-port"),
    ),
    ("invalid value", InvalidArgument, None),
    (
        "value of range expects range of ip addresses",
        InvalidArgument,
        Some("range"),
    ),
    (
        "value of range must have ip address after '-'",
        InvalidArgument,
        Some("range"),
    ),
    (
        "failure: download-max-limit less than download-limit",
        InvalidArgument,
        Some("download-max-limit"),
    ),
    (
        "missing value(s) of argument(s) ranges",
        InvalidArgument,
        Some("ranges"),
    ),
    ("failure: user name is required", InvalidArgument, None),
    ("failure: contents too long", InvalidArgument, None),
    ("can not remove default profile", Forbidden, None),
    ("interrupted", Cancelled, None),
    ("timeout", Retry, None),
    ("failure: action timed out (13)", Retry, None),
    ("invalid username or password", LoginRejected, None),
    ("unknown host IP", LoginRejected, None),
    ("wrong MAC provided", LoginRejected, None),
    ("simultaneous session limit reached", LoginRejected, None),
    (
        "no more sessions are allowed for user ann",
        LoginRejected,
        None,
    ),
    ("your uptime limit is reached", LoginRejected, None),
    ("user ann has reached traffic limit", LoginRejected, None),
    ("no valid profile found", LoginRejected, None),
    ("invalid Calling-Station-Id", LoginRejected, None),
    (
        "user ann is not allowed to log in from this MAC address",
        LoginRejected,
        None,
    ),
];

#[test]
fn each_row_decides_about_its_text() {
    for (row, (text, kind, field)) in ROWS.into_iter().enumerate() {
        let expected = Some((row, field.map(str::to_owned)));
        assert_eq!(decide(text), expected, "{text:?}");
        assert_eq!(TABLE[row].1, kind, "{text:?}");
    }
}
