//! Gathers vouchers into batches: those that Mikhmon made together, as far as it still says so.

use std::collections::BTreeMap;

use kernel::{BatchId, PlanId, Secret};

use super::profiles::Chosen;
use super::{Circumstances, Draft, Place, Verdict, readable};
use crate::adoption::comment::MikhmonComment;
use crate::adoption::proposal::{BatchProposal, Proposal};
use crate::adoption::raw::Raw;
use crate::adoption::survey::SurveyedLogin;
use crate::grant::Limits;

/// The most vouchers a batch holds.
const MOST: u32 = 50_000;

/// What vouchers of one batch have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    profile: Raw,
    mark: Option<(String, Raw)>,
    uptime_s: Option<u64>,
    bytes: Option<u64>,
    full: u32,
}

/// Batches in the making.
#[derive(Debug, Default)]
pub(super) struct Batches(BTreeMap<Key, BatchProposal>);

impl Batches {
    /// The batch a voucher belongs to.
    pub(super) fn of(
        &mut self,
        login: &SurveyedLogin,
        comment: Option<&MikhmonComment>,
        chosen: &Chosen,
        limits: Limits,
        around: Circumstances<'_>,
    ) -> BatchId {
        let mut key = Key {
            profile: login.profile_name(),
            mark: mark_of(comment),
            uptime_s: limits.uptime_s,
            bytes: limits.bytes,
            full: 0,
        };
        while self.0.get(&key).is_some_and(|it| it.count >= MOST) {
            key.full += 1;
        }
        let name = name_of(&key);
        let batch = self.0.entry(key).or_insert_with(|| BatchProposal {
            batch: around.ids.next(),
            name,
            profile: chosen.profile,
            plan: plan_of(chosen, around),
            price: chosen.plan.as_ref().and_then(|it| it.price),
            minutes: chosen.plan.as_ref().and_then(|it| it.minutes),
            limits,
            count: 0,
        });
        batch.count += 1;
        batch.batch
    }

    /// A draft for each.
    pub(super) fn into_drafts(self) -> Vec<Draft> {
        self.0.into_values().map(draft).collect()
    }
}

fn plan_of(chosen: &Chosen, around: Circumstances<'_>) -> PlanId {
    let plan = chosen.plan.as_ref().map(|it| it.plan);
    plan.unwrap_or_else(|| around.ids.next())
}

fn mark_of(comment: Option<&MikhmonComment>) -> Option<(String, Raw)> {
    match comment? {
        MikhmonComment::Batch(mark) => Some((mark.to_string(), mark.note.clone())),
        MikhmonComment::Expiry { .. } => None,
    }
}

fn name_of(key: &Key) -> String {
    let profile = readable(&key.profile, 40);
    let name = match &key.mark {
        Some((mark, note)) => format!("{profile} {mark} {}", readable(note, 40)),
        None => format!("{profile} imported"),
    };
    name.trim().to_owned()
}

fn draft(batch: BatchProposal) -> Draft {
    let mut notes = Vec::new();
    if batch.price.is_none() {
        notes.push("nobody wrote down what these cost: recorded as 0".to_owned());
    }
    Draft {
        place: Place::default(),
        name: Raw::from(batch.name.as_str()),
        comment: Raw::default(),
        proposal: Proposal::Batch(batch),
        verdict: Verdict::Import,
        notes,
        fingerprint: Secret::new(""),
    }
}
