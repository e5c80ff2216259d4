//! Which outside crates a member may name.

use super::model::{Dependency, Member, Place, Rule, Scope, Violation};
use super::walls::{self, DRAWING_FEATURES, PURE_TESTS, Room, TECHNOLOGIES};

/// The forbidden outside crates of one member.
pub(crate) fn check(member: &Member) -> Vec<Violation> {
    let room = walls::room(&member.name);
    let mut found = Vec::new();
    for outside in member
        .dependencies
        .iter()
        .filter(|it| it.place == Place::Registry)
    {
        found.extend(owned_elsewhere(member, outside));
        if let Some(room) = room.filter(|it| it.is_pure()) {
            found.extend(off_the_list(member, room, outside));
            found.extend(draws_ids(member, outside));
        }
    }
    found
}

fn owned_elsewhere(member: &Member, outside: &Dependency) -> Option<Violation> {
    let technology = TECHNOLOGIES
        .iter()
        .find(|it| it.crates.contains(&outside.name.as_str()))?;
    if technology.owners.contains(&member.name.as_str()) {
        return None;
    }
    let advice = format!("drop `{}`: {}", outside.name, technology.instead);
    Some(Violation::new(&member.name, Rule::OneOwner, advice))
}

fn off_the_list(member: &Member, room: Room, outside: &Dependency) -> Option<Violation> {
    let name = outside.name.as_str();
    let allowed = walls::allow_lists(room)
        .iter()
        .any(|list| list.iter().any(|it| it.0 == name));
    if allowed {
        return None;
    }
    if outside.scope == Scope::Tests && PURE_TESTS.contains(&name) {
        return None;
    }
    let advice = match outside.scope {
        Scope::Product if PURE_TESTS.contains(&name) => {
            format!("move `{name}` to [dev-dependencies], only tests may use it")
        }
        _ => format!(
            "drop `{name}` and ask for a port, or list it with a reason in xtask/src/arch/walls.rs"
        ),
    };
    Some(Violation::new(&member.name, Rule::AllowList, advice))
}

fn draws_ids(member: &Member, outside: &Dependency) -> Option<Violation> {
    if outside.name != "uuid" {
        return None;
    }
    let feature = outside
        .features
        .iter()
        .find(|it| DRAWING_FEATURES.contains(&it.as_str()))?;
    let advice =
        format!("drop feature `{feature}` of `uuid` and take the id from the port `Ids` instead");
    Some(Violation::new(&member.name, Rule::NoRandomIds, advice))
}
