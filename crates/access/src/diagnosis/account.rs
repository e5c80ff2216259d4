//! What the account may do, whose router it is, and who else may reach its API.

use super::{Account, ApiService, Expected, Finding, Identity, Step, StepName, Verdict};
use crate::gateway::GatewayErrorKind;

/// What the work needs: to log in, to read, to change, and to see the passwords that are compared.
const NEEDED: [&str; 4] = ["api", "read", "write", "sensitive"];

/// What does no harm beyond what is needed.
const HARMLESS: [&str; 1] = ["test"];

/// Sessions that we may need at once: one for commands and one for listening.
const OUR_SESSIONS: u64 = 2;

pub(super) fn permissions(account: &Finding<Account>, why: &str) -> Step {
    let name = StepName::Permissions;
    let it = match account {
        Finding::Found(it) => it,
        Finding::Failed(err) if err.kind == GatewayErrorKind::Forbidden => {
            return Step::failed(name, err);
        }
        Finding::Failed(err) => return Step::not_told(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    let has = |policy: &str| it.policies.iter().any(|it| it == policy);
    let missing: Vec<&str> = NEEDED.into_iter().filter(|it| !has(it)).collect();
    let is_surplus = |it: &&str| {
        !it.is_empty() && !it.starts_with('!') && !NEEDED.contains(it) && !HARMLESS.contains(it)
    };
    let granted = it.policies.iter().map(String::as_str);
    let surplus: Vec<&str> = granted.filter(is_surplus).collect();
    if !missing.is_empty() {
        let measured = format!("the group {} lacks {}", it.group, missing.join(", "));
        let command = format!("/user/group set {} policy={}", it.group, NEEDED.join(","));
        return Step::new(name, Verdict::Fail, measured)
            .advise(format!("give the group what is missing: {command}"));
    }
    if !surplus.is_empty() {
        let measured = format!("the group {} also has {}", it.group, surplus.join(", "));
        return Step::new(name, Verdict::Warn, measured).advise(format!(
            "whoever steals the account could do all of that: make a group of its own with policy={}",
            NEEDED.join(",")
        ));
    }
    Step::pass(name, format!("the group {} has what is needed", it.group))
}

pub(super) fn identity(identity: &Finding<Identity>, expected: &Expected, why: &str) -> Step {
    let name = StepName::Identity;
    let it = match identity {
        Finding::Found(it) => it,
        Finding::Failed(err) => return Step::failed(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    match (&expected.serial, &it.serial) {
        (Some(enrolled), Some(found)) if enrolled != found => {
            let measured = format!("{}, serial {found} instead of {enrolled}", it.name);
            Step::new(name, Verdict::Fail, measured)
                .advise("enrol the replacement as a new router, or correct the address")
        }
        (Some(enrolled), None) => {
            let measured = format!("{}, no serial instead of {enrolled}", it.name);
            Step::new(name, Verdict::Fail, measured)
                .advise("the router that was enrolled told its serial: is this another one?")
        }
        (_, Some(found)) => Step::pass(name, format!("{}, serial {found}", it.name)),
        (None, None) => Step::new(name, Verdict::Warn, format!("{}, no serial", it.name))
            .advise("without a serial nobody notices when another router answers here"),
    }
}

pub(super) fn sessions(service: &Finding<ApiService>, active: &Finding<u64>, why: &str) -> Step {
    let name = StepName::Sessions;
    let limit = match service {
        Finding::Found(it) => it.max_sessions,
        Finding::Failed(err) => return Step::not_told(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    let active = match active {
        Finding::Found(it) => *it,
        Finding::Failed(err) => return Step::not_told(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    let Some(limit) = limit else {
        return Step::skipped(
            name,
            "this RouterOS tells no session limit (7.16 and later do)",
        );
    };
    let measured = format!("{active} of {limit} sessions of the API");
    if active.saturating_add(OUR_SESSIONS) > limit {
        return Step::new(name, Verdict::Warn, measured).advise(
            "there is hardly room for our own: close sessions of other programs (/user/active) or raise max-sessions in \
             /ip/service",
        );
    }
    Step::pass(name, measured)
}

pub(super) fn service_access(
    service: &Finding<ApiService>,
    expected: &Expected,
    why: &str,
) -> Step {
    let name = StepName::ServiceAccess;
    let it = match service {
        Finding::Found(it) => it,
        Finding::Failed(err) => return Step::not_told(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    let is_open = |it: &str| matches!(it.trim(), "" | "0.0.0.0/0" | "::/0");
    if it.address.split(',').any(is_open) {
        let service = expected.transport.service();
        return Step::new(name, Verdict::Warn, "any address may connect").advise(format!(
            "let in only the machines of this product: /ip/service set {service} address=<their address>/32"
        ));
    }
    Step::pass(name, format!("only {} may connect", it.address))
}
