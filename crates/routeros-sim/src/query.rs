//! The stack machine of `print` queries.
//!
//! Source: MikroTik manual, "API", section "Queries". The stack begins with infinitely many
//! truths; a row passes when no false is left on it.

use std::borrow::Cow;
use std::cmp::Ordering;

use routeros_proto::{Query, QueryOp, parse_duration};

use crate::schema::{Kind, Menu};
use crate::value::normalise;

/// Whether a row passes. `lookup` gives what the row would print for a property.
pub(crate) fn passes<'a>(
    queries: &[Query],
    menu: &Menu,
    lookup: impl Fn(&str) -> Option<Cow<'a, [u8]>>,
) -> bool {
    let mut stack = Vec::new();
    for query in queries {
        match query {
            Query::Has(name) => stack.push(lookup(name).is_some()),
            Query::Lacks(name) => stack.push(lookup(name).is_none()),
            Query::Equals(name, value) => stack.push(is_equal(menu, name, lookup(name), value)),
            Query::Less(name, value) => {
                stack.push(compare(menu, name, lookup(name), value) == Some(Ordering::Less));
            }
            Query::Greater(name, value) => {
                stack.push(compare(menu, name, lookup(name), value) == Some(Ordering::Greater));
            }
            Query::Operations(ops) => ops.iter().for_each(|op| apply(*op, &mut stack)),
        }
    }
    stack.into_iter().all(|truth| truth)
}

/// The property and value that every passing row must have, when the query says so plainly.
pub(crate) fn needed<'q>(queries: &'q [Query], name: &str) -> Option<&'q [u8]> {
    if queries
        .iter()
        .any(|query| matches!(query, Query::Operations(_)))
    {
        return None;
    }
    queries.iter().find_map(|query| match query {
        Query::Equals(key, value) if key == name => Some(value.as_slice()),
        _ => None,
    })
}

/// Below what was pushed the stack is true all the way down.
fn pop(stack: &mut Vec<bool>) -> bool {
    stack.pop().unwrap_or(true)
}

fn at(stack: &[bool], index: usize) -> bool {
    stack.iter().rev().nth(index).copied().unwrap_or(true)
}

fn apply(op: QueryOp, stack: &mut Vec<bool>) {
    match op {
        QueryOp::Not => {
            let top = pop(stack);
            stack.push(!top);
        }
        QueryOp::And => {
            let (right, left) = (pop(stack), pop(stack));
            stack.push(left && right);
        }
        QueryOp::Or => {
            let (right, left) = (pop(stack), pop(stack));
            stack.push(left || right);
        }
        QueryOp::CopyTop => stack.push(at(stack, 0)),
        QueryOp::CopyAt(index) => stack.push(at(stack, index)),
        QueryOp::KeepOnly(index) => *stack = vec![at(stack, index)],
    }
}

/// Equal as the router sees it: `yes` is `true`, `1d` is `86400`.
fn is_equal(menu: &Menu, name: &str, found: Option<Cow<'_, [u8]>>, wanted: &[u8]) -> bool {
    let Some(found) = found else {
        return false;
    };
    if *found == *wanted {
        return true;
    }
    let property = menu.property(name);
    let same = property.and_then(|property| normalise(&property.kind, name, wanted).ok());
    same.is_some_and(|wanted| *found == *wanted.as_bytes())
}

fn compare(
    menu: &Menu,
    name: &str,
    found: Option<Cow<'_, [u8]>>,
    wanted: &[u8],
) -> Option<Ordering> {
    let found = found?;
    let kind = menu.property(name).map(|property| &property.kind);
    let key = |bytes: &[u8]| sort_key(kind, bytes);
    match (key(&found), key(wanted)) {
        (Some(found), Some(wanted)) => Some(found.cmp(&wanted)),
        _ => Some((*found).cmp(wanted)),
    }
}

/// Numbers, times and addresses compare by size, everything else byte by byte.
fn sort_key(kind: Option<&Kind>, bytes: &[u8]) -> Option<u128> {
    let text = std::str::from_utf8(bytes).ok()?;
    match kind? {
        Kind::Number | Kind::NumberOr(_) | Kind::Rate => text.parse().ok(),
        Kind::Time | Kind::TimeOr(_) | Kind::Age | Kind::AgeOr(_) | Kind::Left => {
            parse_duration(text).ok().map(|span| span.as_micros())
        }
        Kind::Ip => text
            .parse()
            .ok()
            .map(|ip: std::net::Ipv4Addr| u32::from(ip).into()),
        _ => None,
    }
}
