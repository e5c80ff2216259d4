//! Who may name whom inside the workspace.

use super::model::{Dependency, Member, Place, Presence, Rule, Scope, Violation};
use super::walls::{self, EXTRA_EDGES, Room, Terms};

/// The forbidden workspace edges of one member.
pub(crate) fn check(member: &Member) -> Vec<Violation> {
    let Some(room) = walls::room(&member.name) else {
        return Vec::new();
    };
    let inside = member
        .dependencies
        .iter()
        .filter(|it| it.place == Place::Workspace);
    inside
        .filter_map(|edge| judge(member, room, edge))
        .collect()
}

fn judge(member: &Member, from: Room, edge: &Dependency) -> Option<Violation> {
    // A crate may name itself for its tests, which is how it switches on its own fakes.
    if edge.name == member.name && edge.scope == Scope::Tests {
        return None;
    }
    // A target without a row is reported once, as an unlisted member.
    let to = walls::room(&edge.name)?;
    if from.may_name().contains(&to) {
        return None;
    }
    match extra_terms(&member.name, &edge.name) {
        Some(Terms::Always) => None,
        Some(Terms::TestsOnly) if edge.scope == Scope::Tests => None,
        Some(Terms::TestsOnly) => Some(violation(
            member,
            Rule::Direction,
            format!(
                "move `{}` to [dev-dependencies], the product must not link it",
                edge.name
            ),
        )),
        Some(Terms::Feature(feature)) => gated(member, edge, feature),
        None => Some(outward(member, from, to, &edge.name)),
    }
}

fn extra_terms(from: &str, to: &str) -> Option<Terms> {
    EXTRA_EDGES
        .iter()
        .find(|edge| (edge.0, edge.1) == (from, to))
        .map(|edge| edge.2)
}

/// A dependency behind a feature must be optional and switched on by that feature only.
fn gated(member: &Member, edge: &Dependency, feature: &str) -> Option<Violation> {
    if edge.scope == Scope::Tests {
        return None;
    }
    if edge.presence == Presence::Always {
        let advice = format!(
            "make `{}` optional and let feature `{feature}` switch it on with \"dep:{0}\"",
            edge.name
        );
        return Some(violation(member, Rule::BehindFeature, advice));
    }
    let other = member
        .features
        .iter()
        .find(|(name, parts)| *name != feature && switches_on(name, parts, &edge.name, feature))?
        .0;
    let advice = format!(
        "take `{}` out of feature `{other}`, only `{feature}` may have it",
        edge.name
    );
    Some(violation(member, Rule::BehindFeature, advice))
}

/// Whether a feature brings in `dependency`, directly or through the feature that owns it.
fn switches_on(name: &str, parts: &[String], dependency: &str, owner: &str) -> bool {
    // Cargo invents a feature of the dependency's name when nothing says `dep:`.
    if name == dependency {
        return true;
    }
    parts.iter().any(|part| {
        let part = part.strip_prefix("dep:").unwrap_or(part);
        let part = part
            .split_once('/')
            .map_or(part, |(crate_name, _)| crate_name);
        part == dependency || part == owner
    })
}

fn outward(member: &Member, from: Room, to: Room, target: &str) -> Violation {
    match (from, to) {
        (Room::Context, Room::Context) => violation(
            member,
            Rule::ContextsApart,
            format!("let `{target}` and this context meet in workflows, or by event"),
        ),
        (Room::Adapter, Room::Adapter) => violation(
            member,
            Rule::AdaptersApart,
            format!("ask for a port of a context instead of `{target}`, bootstrap wires the two"),
        ),
        _ => violation(
            member,
            Rule::Direction,
            format!("do not name `{target}`; declare a port here and let an outer crate serve it"),
        ),
    }
}

fn violation(member: &Member, rule: Rule, advice: String) -> Violation {
    Violation::new(&member.name, rule, advice)
}
