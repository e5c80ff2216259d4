//! `/certificate`: templates that become certificates when they are signed.

use chrono::{DateTime, Days};
use routeros_proto::Command;

use crate::commands::{Answer, selected};
use crate::refusal::Refusal;
use crate::router::Router;
use crate::schema::MenuId;

/// `sign`: gives the certificate its validity, counted by the router's own clock, its serial
/// number and its fingerprint, by itself or by a `ca`.
///
/// # Errors
/// When there is no such certificate, or no such authority.
pub(crate) fn sign(
    router: &mut Router,
    menu: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    let id = selected(router, menu, command)?.first().copied();
    let id = id.ok_or_else(Refusal::no_such_item)?;
    let authority = command.get("ca").map(std::borrow::Cow::into_owned);
    if authority
        .as_deref()
        .is_some_and(|ca| router[menu].find_one("name", ca).is_none())
    {
        return Err(Refusal::no_match("ca"));
    }
    if let Some(name) = command.get("name") {
        router.write(menu, id, "name", &*name);
    }
    let days = router.number(menu, id, "days-valid").unwrap_or(365);
    let begin = router.unix_seconds();
    let end =
        DateTime::from_timestamp(begin, 0).and_then(|it| it.checked_add_days(Days::new(days)));
    let end = end.ok_or_else(|| Refusal::invalid_argument("days-valid"))?;
    let name = router[menu]
        .get(id)
        .map(|row| router[menu].text(row, "common-name").into_owned())
        .unwrap_or_default();
    let print = fingerprint(&format!("{}/{id}/{name}/{begin}", router.config.serial));
    let serial = print.get(..16).unwrap_or_default().to_uppercase();
    let values = [
        ("serial-number", serial),
        ("fingerprint", print),
        ("invalid-before", router.date_of(begin)),
        ("invalid-after", router.date_of(end.timestamp())),
        ("private-key", "true".to_owned()),
        ("authority", authority.is_none().to_string()),
        ("ca", authority.unwrap_or_default()),
    ];
    for (name, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
        router.write(menu, id, name, value);
    }
    router.touch(menu, id);
    Ok(Answer::changed())
}

/// Sixty-four hexadecimal digits that differ between certificates. They are no digest: a
/// simulated certificate of this menu has no bytes.
fn fingerprint(text: &str) -> String {
    let part = |seed: u64| {
        let hash = text.bytes().fold(seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        format!("{hash:016x}")
    };
    [
        0xCBF2_9CE4_8422_2325,
        0x9AE1_6A3B_2F90_404F,
        0xC949_D7C7_509E_6557,
        0xFF51_AFD7_ED55_8CCD,
    ]
    .map(part)
    .concat()
}
