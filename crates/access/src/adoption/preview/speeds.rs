//! Profiles for services that have no row of a profile on the router: one for each set of limits.

use std::collections::BTreeSet;

use kernel::{ProfileId, Secret};

use super::profiles::free_slug;
use super::{Circumstances, Draft, Place, Verdict};
use crate::adoption::proposal::{ProfileProposal, Proposal};
use crate::adoption::raw::Raw;
use crate::login::Service;
use crate::profile::{ListName, Terms};
use crate::rate_limit::RateLimit;

/// A profile that may be given to what is imported: its terms say everything about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSpeed {
    /// Its id.
    pub profile: ProfileId,
    /// The service it is for.
    pub service: Service,
    /// What it allows.
    pub terms: Terms,
}

/// The profiles chosen so far, and drafts for those that are new.
pub(super) struct Speeds {
    slugs: BTreeSet<String>,
    chosen: Vec<KnownSpeed>,
    drafts: Vec<Draft>,
}

impl Speeds {
    /// Begins with the profiles that exist; `slugs` are the names that are taken.
    pub(super) fn new(known: &[KnownSpeed], slugs: BTreeSet<String>) -> Self {
        Self {
            slugs,
            chosen: known.to_vec(),
            drafts: Vec::new(),
        }
    }

    /// The profile of a service with this speed, which puts addresses on this list; a new one if there is none.
    pub(super) fn of(
        &mut self,
        service: Service,
        rate: RateLimit,
        address_list: Option<ListName>,
        around: Circumstances<'_>,
    ) -> ProfileId {
        let terms = Terms {
            rate,
            pool: None,
            local_address: None,
            address_list,
            shared_users: 1,
            session_timeout_s: None,
            idle_timeout_s: None,
        };
        let same = |it: &&KnownSpeed| it.service == service && it.terms == terms;
        if let Some(it) = self.chosen.iter().find(same) {
            return it.profile;
        }
        let profile = around.ids.next();
        let new = KnownSpeed {
            profile,
            service,
            terms,
        };
        self.drafts.push(draft(&new, &mut self.slugs));
        self.chosen.push(new);
        profile
    }

    /// A draft for each new one.
    pub(super) fn into_drafts(self) -> Vec<Draft> {
        self.drafts
    }
}

fn draft(new: &KnownSpeed, slugs: &mut BTreeSet<String>) -> Draft {
    let speed = match new.terms.rate.on_router() {
        Some(rate) => rate.to_string(),
        None => "unlimited".to_owned(),
    };
    let slug = free_slug(&format!("{} {speed}", new.service), slugs);
    Draft {
        place: Place::default(),
        name: Raw::from(slug.as_str()),
        comment: Raw::default(),
        proposal: Proposal::Profile(ProfileProposal {
            profile: new.profile,
            slug,
            row_name: None,
            service: new.service,
            terms: new.terms.clone(),
            plan: None,
            selling: None,
        }),
        verdict: Verdict::Import,
        notes: Vec::new(),
        fingerprint: Secret::new(""),
    }
}
