//! Every known trap text and what it must mean.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use routeros_proto::TrapKind::{
    AuthFailed, Cancelled, Conflict, DeviceMode, Forbidden, InvalidArgument, LoginRejected,
    NotFound, Other, Retry, Unsupported,
};
use routeros_proto::{Reply, Trap, TrapKind, classify};

/// Texts captured from routers and their clients, with the meaning and the argument named.
const TEXTS: [(&str, TrapKind, Option<&str>); 50] = [
    ("invalid user name or password (6)", AuthFailed, None),
    ("cannot log in", AuthFailed, None),
    ("not enough permissions (9)", Forbidden, None),
    (
        "no such command or not enough permissions to run the command",
        Forbidden,
        None,
    ),
    ("no such command", Unsupported, None),
    ("no such command prefix", Unsupported, None),
    (
        "unknown parameter otp-secret",
        Unsupported,
        Some("otp-secret"),
    ),
    ("unknown parameter", Unsupported, None),
    (
        "expected end of command (line 1 column 8)",
        Unsupported,
        None,
    ),
    ("bad command name frob (line 1 column 2)", Unsupported, None),
    ("no such item", NotFound, None),
    ("no such item (4)", NotFound, None),
    (
        "input does not match any value of profile",
        InvalidArgument,
        Some("profile"),
    ),
    (
        "input does not match any value of bridge",
        InvalidArgument,
        Some("bridge"),
    ),
    (
        "ambiguous value of interface, more than one possible value matches input",
        InvalidArgument,
        Some("interface"),
    ),
    (
        "invalid value for argument address",
        InvalidArgument,
        Some("address"),
    ),
    (
        "invalid value for argument ipv6-address",
        InvalidArgument,
        Some("ipv6-address"),
    ),
    (
        "invalid value x for authentication-port, an integer required",
        InvalidArgument,
        Some("authentication-port"),
    ),
    (
        "invalid value of mac-address, mac address required",
        InvalidArgument,
        Some("mac-address"),
    ),
    (
        "value of range expects range of ip addresses",
        InvalidArgument,
        Some("range"),
    ),
    (
        "value of range must have ip address before '-'",
        InvalidArgument,
        Some("range"),
    ),
    (
        "value of range must have ip address after '-'",
        InvalidArgument,
        Some("range"),
    ),
    ("can not remove default profile", Forbidden, None),
    (
        "failure: already have user with this name for this server",
        Conflict,
        None,
    ),
    ("failure: user name is required", InvalidArgument, None),
    (
        "failure: secret with the same name already exists",
        Conflict,
        None,
    ),
    (
        "failure: profile with the same name already exists",
        Conflict,
        None,
    ),
    ("failure: already have such name", Conflict, None),
    (
        "failure: item with such name already exists",
        Conflict,
        None,
    ),
    ("failure: pool with such name exists", Conflict, None),
    ("failure: already have such address", Conflict, None),
    ("failure: already have such entry", Conflict, None),
    (
        "failure: already have interface with such name",
        Conflict,
        None,
    ),
    ("entry already exists", Conflict, None),
    (
        "failure: user with the same name already exists",
        Conflict,
        None,
    ),
    (
        "failure: upload-max-limit less than upload-limit",
        InvalidArgument,
        Some("upload-max-limit"),
    ),
    (
        "failure: download-max-limit less than download-limit",
        InvalidArgument,
        Some("download-max-limit"),
    ),
    ("failure: not allowed by device-mode", DeviceMode, None),
    ("failure: contents too long", InvalidArgument, None),
    ("interrupted", Cancelled, None),
    (
        "unknown parameter follow-only",
        Unsupported,
        Some("follow-only"),
    ),
    ("action failed (6)", Other, None),
    ("invalid username or password", LoginRejected, None),
    ("unknown host IP", LoginRejected, None),
    ("wrong MAC provided", LoginRejected, None),
    (
        "missing value(s) of argument(s) ranges",
        InvalidArgument,
        Some("ranges"),
    ),
    ("timeout", Retry, None),
    ("Not Enough Permissions (9)", Forbidden, None),
    ("something new (of 7.99)", Other, None),
    ("", Other, None),
];

#[test]
fn every_known_text_is_classified() {
    for (text, kind, field) in TEXTS {
        assert_eq!(classify(text), (kind, field.map(str::to_owned)), "{text:?}");
    }
}

#[test]
fn a_trap_reply_keeps_category_and_words() {
    let reply = Reply::trap(Some(1), "input does not match any value of interface").tagged("3");
    let expected = Trap {
        message: "input does not match any value of interface".to_owned(),
        category: Some(1),
        kind: InvalidArgument,
        field: Some("interface".to_owned()),
    };
    assert_eq!(reply.as_trap(), Some(expected));
    assert_eq!(Reply::done().as_trap(), None);
}

#[test]
fn a_category_that_is_no_number_is_ignored() {
    let reply = Reply::trap(None, "no such item").attr("category", "x");
    assert_eq!(
        reply.as_trap().map(|trap| (trap.category, trap.kind)),
        Some((None, NotFound))
    );
}
