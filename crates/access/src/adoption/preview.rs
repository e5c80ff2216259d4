//! Makes proposals of a survey: a pure function that writes nothing anywhere.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Ids, PlanId, ProfileId, Secret, Slug, Timestamp, Zone};

use super::proposal::{Proposal, SaleProposal};
use super::raw::Raw;
use super::sale::RecordedSale;
use speeds::Speeds;

use super::survey::{Survey, SurveyedScript};
use crate::login::{LoginRef, Service};
use crate::tag::Mark;

mod addresses;
mod batches;
mod logins;
mod profiles;
mod speeds;
#[cfg(test)]
mod tests;

pub use speeds::KnownSpeed;

/// Where a row is on the router; both empty for what has no row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// The menu's path.
    pub menu: String,
    /// The row's own name: `*1A`.
    pub row: String,
}

/// What an import would do with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Import it.
    Import,
    /// Nothing: it is the product's already.
    Known,
    /// Nothing yet, for this reason.
    NotYet(String),
    /// It cannot be imported, for this reason.
    Refused(String),
}

/// One row of a preview.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Where it is.
    pub place: Place,
    /// Its name.
    pub name: Raw,
    /// Its comment.
    pub comment: Raw,
    /// What it would become.
    pub proposal: Proposal,
    /// Whether it would.
    pub verdict: Verdict,
    /// What an operator should know.
    pub notes: Vec<String>,
    /// What it looked like, to notice changes; see [`fingerprints`].
    pub fingerprint: Secret,
}

/// A profile that was adopted before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownProfile {
    /// Its id.
    pub profile: ProfileId,
    /// What it is called here.
    pub slug: Slug,
    /// The plan that its vouchers are sold under, if there is one.
    pub plan: Option<PlanId>,
}

/// What the product has already.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Profiles adopted from this router before, by service and name on the router.
    pub profiles: BTreeMap<(Service, String), KnownProfile>,
    /// Names of service profiles that are taken.
    pub slugs: BTreeSet<String>,
    /// Profiles that are offered for services without profiles on the router.
    pub speeds: Vec<KnownSpeed>,
    /// Logins on this router that have a grant.
    pub logins: BTreeSet<LoginRef>,
}

/// What becomes of logins whose passwords the router does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnreadablePasswords {
    /// They are refused, with a reason.
    #[default]
    Refuse,
    /// They get new ones: vouchers their code, customers one of the product's.
    Reset,
}

/// Everything a preview depends on.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// The product's mark on this router.
    pub mark: &'a Mark,
    /// What it has already.
    pub known: &'a Known,
    /// The zone of the dates that the router wrote.
    pub zone: Zone,
    /// What becomes of logins whose passwords cannot be read.
    pub unreadable: UnreadablePasswords,
    /// The present.
    pub now: Timestamp,
    /// New ids.
    pub ids: &'a dyn Ids,
}

/// Proposes what to make of every row, in an order in which they can be applied: profiles, batches, logins, sales, then
/// queues and leases.
#[must_use]
pub fn preview(survey: &Survey, around: Circumstances<'_>) -> Vec<Draft> {
    let profiles = profiles::propose(survey, around);
    let logins = logins::propose(survey, &profiles, around);
    let mut speeds = Speeds::new(&around.known.speeds, profiles.slugs);
    let addresses = addresses::propose(survey, &mut speeds, around);
    let mut drafts = profiles.drafts;
    drafts.extend(speeds.into_drafts());
    drafts.extend(logins.batches);
    drafts.extend(logins.drafts);
    drafts.extend(survey.sales.iter().map(|it| sale(it, around)));
    drafts.extend(addresses);
    drafts
}

/// What every row looks like now, by its place: compared with what a preview saw, it shows what has changed since.
#[must_use]
pub fn fingerprints(survey: &Survey) -> BTreeMap<Place, Secret> {
    let mut all = BTreeMap::new();
    for it in &survey.profiles {
        all.insert(
            profiles::place(it),
            Secret::new(format!("{:?}", (&it.name, it))),
        );
    }
    for it in &survey.logins {
        all.insert(logins::place(it), it.fingerprint());
    }
    for it in &survey.queues {
        all.insert(addresses::queue_place(it), addresses::queue_fingerprint(it));
    }
    for it in &survey.leases {
        all.insert(addresses::lease_place(it), addresses::lease_fingerprint(it));
    }
    for it in &survey.sales {
        all.insert(script_place(it), script_fingerprint(it));
    }
    all
}

fn sale(script: &SurveyedScript, around: Circumstances<'_>) -> Draft {
    let (proposal, verdict) = match RecordedSale::read(&script.name) {
        Ok(it) => (Proposal::Sale(sale_of(it, around)), Verdict::Import),
        Err(why) => (Proposal::Nothing, Verdict::Refused(why.to_string())),
    };
    Draft {
        place: script_place(script),
        name: script.name.clone(),
        comment: Raw::default(),
        proposal,
        verdict,
        notes: Vec::new(),
        fingerprint: script_fingerprint(script),
    }
}

fn sale_of(sale: RecordedSale, around: Circumstances<'_>) -> SaleProposal {
    SaleProposal {
        sale: around.ids.next(),
        local: sale.at,
        at: around.zone.instant_of(sale.at),
        user: sale.user,
        price: sale.price,
        address: sale.address,
        device: sale.device,
        validity_s: sale.validity_s,
        profile: sale.profile,
        comment: sale.comment,
    }
}

fn script_place(script: &SurveyedScript) -> Place {
    place("/system/script", script.row.as_str())
}

fn script_fingerprint(script: &SurveyedScript) -> Secret {
    Secret::new(format!("{:?}", script.name))
}

fn place(menu: &str, row: &str) -> Place {
    Place {
        menu: menu.to_owned(),
        row: row.to_owned(),
    }
}

/// Text for people: control characters become spaces, and it ends after `most` characters.
fn readable(raw: &Raw, most: usize) -> String {
    let text = raw.lossy();
    let plain = text
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it });
    let text: String = plain.take(most).collect();
    text.trim().to_owned()
}
