//! `/system/script`: who may keep and run a script. Nothing is executed.

use routeros_proto::{Command, Reply};

use crate::commands::{Answer, Draft, Origin, selected};
use crate::refusal::Refusal;
use crate::router::Router;
use crate::schema::MenuId;

/// What a script may do when nothing was said, as far as its writer may do it.
const DEFAULT_POLICIES: [&str; 10] = [
    "ftp",
    "reboot",
    "read",
    "write",
    "policy",
    "test",
    "password",
    "sniff",
    "sensitive",
    "romon",
];

/// A script or schedule may list only policies that its writer holds.
pub(super) fn check_policies(
    router: &Router,
    origin: Origin<'_>,
    draft: &Draft,
) -> Result<(), Refusal> {
    let listed = draft.values.get("policy").and_then(Option::as_ref);
    let listed = listed.map(|list| list.lossy().into_owned());
    check_holds(router, origin, &listed.unwrap_or_default())
}

fn check_holds(router: &Router, origin: Origin<'_>, list: &str) -> Result<(), Refusal> {
    let mut policies = list.split(',').filter(|policy| !policy.is_empty());
    match origin.account {
        Some(account) if !policies.all(|policy| router.has_policy(account, policy)) => {
            Err(Refusal::forbidden())
        }
        _ => Ok(()),
    }
}

/// The owner of a new script and what it may do.
pub(super) fn completed(router: &Router, origin: Origin<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("owner", owner(origin)),
        ("policy", default_policies(router, origin)),
    ]
}

/// Who wrote it; changes by hand are the administrator's.
pub(super) fn owner(origin: Origin<'_>) -> String {
    origin.account.unwrap_or("admin").to_owned()
}

/// What the writer holds of the usual policies.
pub(super) fn default_policies(router: &Router, origin: Origin<'_>) -> String {
    let holds = |policy: &&str| {
        let account = origin.account;
        account.is_none_or(|account| router.has_policy(account, policy))
    };
    let held: Vec<&str> = DEFAULT_POLICIES.into_iter().filter(holds).collect();
    held.join(",")
}

/// `run`: counts the run. Whoever runs a script must hold its policies unless it says otherwise.
/// Real routers tell of their progress in sentences with nothing but a section number.
///
/// # Errors
/// When there is no such script, or the account may not run it.
pub(crate) fn run_script(
    router: &mut Router,
    origin: Origin<'_>,
    menu: MenuId,
    command: &Command,
) -> Result<Answer, Refusal> {
    let id = selected(router, menu, command)?.first().copied();
    let id = id.ok_or_else(Refusal::no_such_item)?;
    let table = &router[menu];
    let row = table.get(id).ok_or_else(Refusal::no_such_item)?;
    if !table.is_set(row, "dont-require-permissions") {
        check_holds(router, origin, &table.text(row, "policy"))?;
    }
    let date = router.date();
    router.count(menu, id, "run-count", 1);
    router.write(menu, id, "last-started", date);
    router.touch(menu, id);
    let mut answer = Answer::changed();
    let section = Reply::data().attr(".section", "0");
    let section = match command.tag() {
        Some(tag) => section.tagged(tag),
        None => section,
    };
    section.encode_into(&mut answer.sentences)?;
    answer.rows = 1;
    Ok(answer)
}
