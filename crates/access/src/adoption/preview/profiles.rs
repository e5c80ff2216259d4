//! Proposals for profiles: each stands for the router's own row, which is used as it is.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{PlanId, ProfileId, Secret, Slug};

use super::{Circumstances, Draft, Place, Verdict, readable};
use crate::adoption::on_login::SellingTerms;
use crate::adoption::proposal::{PlanProposal, ProfileProposal, Proposal};
use crate::adoption::raw::Raw;
use crate::adoption::survey::{Survey, SurveyedProfile, SurveyedRate};
use crate::login::Service;
use crate::menu::Menu;
use crate::profile::Terms;
use crate::rate_limit::{MAX_RATE_BPS, RateLimit};
use crate::tag::PROFILE_PREFIX;

/// What the proposals for logins need to know about their profiles.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    /// The service profile: new or known.
    pub(super) profile: ProfileId,
    /// The plan for its vouchers, if they have one.
    pub(super) plan: Option<PlanProposal>,
    /// What Mikhmon's script says.
    pub(super) selling: Option<SellingTerms>,
}

/// Drafts for profiles, and what was chosen for each.
pub(super) struct Profiles {
    /// One for each row.
    pub(super) drafts: Vec<Draft>,
    /// The names of service profiles that are taken now.
    pub(super) slugs: BTreeSet<String>,
    by_name: BTreeMap<(Service, Raw), Chosen>,
}

impl Profiles {
    /// What was chosen for the profile of this name on the router.
    pub(super) fn find(&self, service: Service, name: &Raw) -> Option<&Chosen> {
        self.by_name.get(&(service, name.clone()))
    }
}

pub(super) fn place(profile: &SurveyedProfile) -> Place {
    let menu = match profile.service {
        Service::Pppoe => Menu::PppProfile,
        _ => Menu::HotspotProfile,
    };
    super::place(menu.path(), profile.row.as_str())
}

pub(super) fn propose(survey: &Survey, around: Circumstances<'_>) -> Profiles {
    let used: BTreeSet<(Service, Raw)> = survey
        .logins
        .iter()
        .filter(|it| !it.is_dynamic)
        .map(|it| (it.service, it.profile_name()))
        .collect();
    let mut slugs = around.known.slugs.clone();
    let mut all = Profiles {
        drafts: Vec::new(),
        slugs: BTreeSet::new(),
        by_name: BTreeMap::new(),
    };
    for it in &survey.profiles {
        let key = (it.service, it.name.clone());
        let is_built_in = [&b"default"[..], b"default-encryption"].contains(&it.name.as_bytes());
        if is_built_in && !used.contains(&key) {
            continue;
        }
        all.add(it, &mut slugs, around);
    }
    all.slugs = slugs;
    all
}

impl Profiles {
    fn add(
        &mut self,
        row: &SurveyedProfile,
        slugs: &mut BTreeSet<String>,
        around: Circumstances<'_>,
    ) {
        let mut draft = Draft {
            place: place(row),
            name: row.name.clone(),
            comment: Raw::default(),
            proposal: Proposal::Nothing,
            verdict: Verdict::Import,
            notes: Vec::new(),
            fingerprint: Secret::new(format!("{:?}", (&row.name, row))),
        };
        match row_name(row) {
            Ok(name) if name.starts_with(PROFILE_PREFIX) => draft.verdict = Verdict::Known,
            Ok(name) => self.choose(row, &name, &mut draft, slugs, around),
            Err(why) => draft.verdict = Verdict::Refused(why.to_owned()),
        }
        self.drafts.push(draft);
    }

    fn choose(
        &mut self,
        row: &SurveyedProfile,
        name: &str,
        draft: &mut Draft,
        slugs: &mut BTreeSet<String>,
        around: Circumstances<'_>,
    ) {
        let selling = SellingTerms::read(&row.on_login);
        let known = around.known.profiles.get(&(row.service, name.to_owned()));
        let profile = known.map_or_else(|| around.ids.next(), |it| it.profile);
        let sold = row.service == Service::Hotspot;
        let sold_under = known.and_then(|it| it.plan);
        let plan = sold.then(|| plan_of(name, selling.as_ref(), sold_under, around));
        let chosen = Chosen {
            profile,
            plan: plan.clone(),
            selling: selling.clone(),
        };
        self.by_name.insert((row.service, row.name.clone()), chosen);
        if known.is_some() {
            if !sold || sold_under.is_some() {
                draft.verdict = Verdict::Known;
                return;
            }
            let note = "the profile is here already, but no plan for its vouchers: one is defined";
            draft.notes.push(note.to_owned());
        }
        note_script(row, selling.as_ref(), &mut draft.notes);
        draft.proposal = Proposal::Profile(ProfileProposal {
            profile,
            slug: known.map_or_else(|| free_slug(name, slugs), |it| it.slug.clone()),
            row_name: Some(name.to_owned()),
            service: row.service,
            terms: terms(row, &mut draft.notes),
            plan,
            selling,
        });
    }
}

/// A name that a grant can put into a command: UTF-8, not too long, no control characters.
fn row_name(row: &SurveyedProfile) -> Result<String, &'static str> {
    let name = row.name.text().ok_or("its name is not UTF-8")?;
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        return Err("its name is empty, too long or holds control characters");
    }
    Ok(name.to_owned())
}

fn plan_of(
    name: &str,
    selling: Option<&SellingTerms>,
    sold_under: Option<PlanId>,
    around: Circumstances<'_>,
) -> PlanProposal {
    let seconds = selling.and_then(|it| it.validity_s);
    PlanProposal {
        plan: sold_under.unwrap_or_else(|| around.ids.next()),
        name: readable(&Raw::from(name), 80),
        price: selling.and_then(SellingTerms::face_price),
        minutes: seconds.and_then(|it| u32::try_from(it.div_ceil(60)).ok()),
    }
}

fn note_script(row: &SurveyedProfile, selling: Option<&SellingTerms>, notes: &mut Vec<String>) {
    if row.on_login.is_empty() {
        return;
    }
    let whose = if selling.is_some() { "Mikhmon's" } else { "a" };
    notes.push(format!(
        "{whose} on-login script stays on the router; logins that are imported no longer follow its expiry"
    ));
    if selling.is_some_and(|it| it.locks_device) {
        notes.push("the script locks each user to its first device; that goes on".to_owned());
    }
}

/// The terms as far as they can be expressed; the row itself is never written, so nothing is lost.
fn terms(row: &SurveyedProfile, notes: &mut Vec<String>) -> Terms {
    const FASTEST: RateLimit = RateLimit::steady(MAX_RATE_BPS, MAX_RATE_BPS);
    let rate = match &row.rate {
        SurveyedRate::Known(rate) if rate.check().is_ok() => *rate,
        SurveyedRate::Unlimited => {
            notes.push("no speed is set; shown here as the largest there is".to_owned());
            FASTEST
        }
        SurveyedRate::Known(_) | SurveyedRate::Other(_) => {
            notes.push("its speed cannot be expressed here; the router's own stays".to_owned());
            FASTEST
        }
    };
    let pppoe = row.service == Service::Pppoe;
    let shared = row.shared_users.as_deref().unwrap_or("1");
    let shared = shared.parse().unwrap_or(1_000_u16).clamp(1, 1_000);
    let seconds = |it: Option<u64>| {
        let fits = u32::try_from(it?).ok()?;
        (60..=31_536_000).contains(&fits).then_some(fits)
    };
    Terms {
        rate,
        pool: row.pool.as_ref().and_then(|it| it.parse().ok()),
        local_address: row
            .local_address
            .as_ref()
            .filter(|_| pppoe)
            .and_then(|it| it.parse().ok()),
        address_list: row.address_list.as_ref().and_then(|it| it.parse().ok()),
        shared_users: if pppoe { 1 } else { shared },
        session_timeout_s: seconds(row.session_timeout_s),
        idle_timeout_s: seconds(row.idle_timeout_s),
    }
}

/// A slug made of the name, with a number behind it if it is taken.
pub(super) fn free_slug(name: &str, taken: &mut BTreeSet<String>) -> Slug {
    let plain = |it: char| {
        let it = it.to_ascii_lowercase();
        if it.is_ascii_alphanumeric() { it } else { '-' }
    };
    let mut stem: String = name.chars().map(plain).take(30).collect();
    stem = stem.trim_matches('-').to_owned();
    let starts_well = stem.starts_with(|it: char| it.is_ascii_lowercase());
    if !starts_well || stem.starts_with("restricted") {
        stem = format!("p-{stem}").trim_matches('-').to_owned();
    }
    let mut number = 1_u32;
    loop {
        let candidate = match number {
            1 => stem.clone(),
            more => format!("{stem}-{more}"),
        };
        number = number.saturating_add(1);
        if let Ok(slug) = candidate.parse::<Slug>()
            && taken.insert(candidate)
        {
            return slug;
        }
    }
}
