//! Proposals for logins: customers and vouchers, or the reason why not.

use std::collections::BTreeSet;

use chrono::{Datelike, Duration};
use kernel::{Secret, Timestamp};

use super::batches::Batches;
use super::profiles::{Chosen, Profiles};
use super::{Circumstances, Draft, Place, UnreadablePasswords, Verdict, readable};
use crate::adoption::comment::MikhmonComment;
use crate::adoption::proposal::{CustomerProposal, Proposal, VoucherProposal, VoucherStanding};
use crate::adoption::raw::Raw;
use crate::adoption::survey::{Survey, SurveyedLogin, SurveyedPassword};
use crate::grant::Limits;
use crate::login::{Login, LoginRef, Service};
use crate::menu::Menu;
use crate::tag::{Tag, TagId};

/// Before this year no router was sold with this software: its clock had lost the time.
const FIRST_YEAR: i32 = 2010;

/// Drafts for logins and for the batches they need.
pub(super) struct Logins {
    pub(super) batches: Vec<Draft>,
    pub(super) drafts: Vec<Draft>,
}

pub(super) fn menu_of(service: Service) -> Menu {
    match service {
        Service::Pppoe => Menu::PppSecret,
        _ => Menu::HotspotUser,
    }
}

pub(super) fn place(login: &SurveyedLogin) -> Place {
    super::place(menu_of(login.service).path(), login.row.as_str())
}

pub(super) fn propose(survey: &Survey, profiles: &Profiles, around: Circumstances<'_>) -> Logins {
    let mut batches = Batches::default();
    let mut drafts = Vec::new();
    let mut names = BTreeSet::new();
    for login in survey.logins.iter().filter(|it| !it.is_dynamic) {
        let mut draft = Draft {
            place: place(login),
            name: login.name.clone(),
            comment: login.comment.clone(),
            proposal: Proposal::Nothing,
            verdict: Verdict::Import,
            notes: Vec::new(),
            fingerprint: login.fingerprint(),
        };
        let judged = judge(login, profiles, around);
        let is_twin = judged.is_ok() && !names.insert((login.service, &login.name));
        match judged {
            Ok(_) if is_twin => {
                let why = "another row of the router has the same name, on another server";
                draft.verdict = Verdict::Refused(why.to_owned());
            }
            Ok(fit) => {
                draft.proposal = proposal(login, &fit, &mut batches, &mut draft.notes, around);
            }
            Err(verdict) => draft.verdict = verdict,
        }
        drafts.push(draft);
    }
    Logins {
        batches: batches.into_drafts(),
        drafts,
    }
}

/// What was found out about a login that can be imported.
struct Fit<'a> {
    login: Login,
    chosen: &'a Chosen,
    comment: Option<MikhmonComment>,
    limits: Limits,
}

fn judge<'a>(
    row: &SurveyedLogin,
    profiles: &'a Profiles,
    around: Circumstances<'_>,
) -> Result<Fit<'a>, Verdict> {
    let refused = |why: &str| Err(Verdict::Refused(why.to_owned()));
    not_tagged(&row.comment, around)?;
    let Some(login) = row.name.text().and_then(|it| it.parse::<Login>().ok()) else {
        return refused("its name is no login: 1 to 64 ASCII characters without spaces or quotes");
    };
    if around
        .known
        .logins
        .contains(&LoginRef::new(row.service, login.as_str()))
    {
        return refused("another login of the product has this name on the router");
    }
    if row.server.as_ref().is_some_and(|it| it.text().is_none()) {
        return refused("the name of its hotspot server is not UTF-8");
    }
    if row.ppp_service.as_deref().is_some_and(|it| it != "pppoe") {
        return refused("it is for another PPP service than pppoe");
    }
    adoptable_comment(&row.comment, around)?;
    readable_password(row, around)?;
    let name = row.profile_name();
    let Some(chosen) = profiles.find(row.service, &name) else {
        return refused("its profile is not on the router, or cannot be imported");
    };
    let comment = (row.service == Service::Hotspot)
        .then(|| MikhmonComment::read(&row.comment))
        .flatten();
    if let Some(MikhmonComment::Expiry { at, .. }) = &comment
        && at.year() < FIRST_YEAR
    {
        return refused("its expiry was written while the router's clock was wrong");
    }
    Ok(Fit {
        login,
        chosen,
        comment,
        limits: limits(row),
    })
}

/// A row that is nobody's yet, and whose comment has room for the product's tag.
pub(super) fn untagged(comment: &Raw, around: Circumstances<'_>) -> Result<(), Verdict> {
    not_tagged(comment, around)?;
    adoptable_comment(comment, around)
}

fn not_tagged(comment: &Raw, around: Circumstances<'_>) -> Result<(), Verdict> {
    match Tag::find(&comment.lossy()) {
        None => Ok(()),
        Some(tag) if tag.mark == *around.mark => Err(Verdict::Known),
        Some(_) => {
            let why = "its comment carries the tag of another installation or enrolment";
            Err(Verdict::Refused(why.to_owned()))
        }
    }
}

/// The tag goes into the comment, so the comment must be one that may be written again.
fn adoptable_comment(comment: &Raw, around: Circumstances<'_>) -> Result<(), Verdict> {
    let refused = |why: &str| Err(Verdict::Refused(why.to_owned()));
    let Some(comment) = comment.text() else {
        return refused("its comment is not UTF-8, and a foreign comment is never rewritten");
    };
    let longest = Tag {
        mark: around.mark.clone(),
        id: TagId::grant(around.ids.next()),
        revision: u32::MAX,
    };
    match longest.adopting(comment) {
        Some(_) => Ok(()),
        None => refused("its comment leaves no room for the product's tag"),
    }
}

fn readable_password(row: &SurveyedLogin, around: Circumstances<'_>) -> Result<(), Verdict> {
    let why = match row.password {
        SurveyedPassword::Shown(_) | SurveyedPassword::Empty => return Ok(()),
        _ if around.unreadable == UnreadablePasswords::Reset => return Ok(()),
        SurveyedPassword::Hidden => {
            "the router hides its password: give the API account's group the policy sensitive and look again, or look \
             again with reset_passwords, which gives it a new one (from RouterOS 7.21 on the only way)"
        }
        SurveyedPassword::NotText => {
            "its password is not UTF-8 text: look again with reset_passwords, which gives it a new one"
        }
    };
    Err(Verdict::Refused(why.to_owned()))
}

/// Whether it gets a new password; says so.
fn resets(row: &SurveyedLogin, is_voucher: IsVoucher, notes: &mut Vec<String>) -> bool {
    let is_readable = matches!(
        row.password,
        SurveyedPassword::Shown(_) | SurveyedPassword::Empty
    );
    if is_readable {
        return false;
    }
    let new = match is_voucher {
        IsVoucher::Yes => "its password cannot be read: its code becomes its password",
        IsVoucher::No => {
            "its password cannot be read: it gets a new one, which the customer must be told"
        }
    };
    notes.push(new.to_owned());
    true
}

/// Whose password is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsVoucher {
    Yes,
    No,
}

fn server(row: &SurveyedLogin) -> Option<String> {
    let name = row.server.as_ref()?.text()?;
    Some(name.to_owned()).filter(|_| row.service == Service::Hotspot)
}

fn limits(row: &SurveyedLogin) -> Limits {
    if row.service != Service::Hotspot {
        return Limits::NONE;
    }
    Limits {
        uptime_s: row.limit_uptime_s.filter(|it| *it > 0),
        bytes: row.limit_bytes.filter(|it| *it > 0),
    }
}

fn proposal(
    row: &SurveyedLogin,
    fit: &Fit<'_>,
    batches: &mut Batches,
    notes: &mut Vec<String>,
    around: Circumstances<'_>,
) -> Proposal {
    if row.service == Service::Hotspot && (fit.comment.is_some() || !fit.limits.is_none()) {
        let mut common = fit.limits;
        common.uptime_s = common.uptime_s.filter(|it| *it != NOTICE_S);
        let batch = batches.of(row, fit.comment.as_ref(), fit.chosen, common, around);
        return Proposal::Voucher(VoucherProposal {
            voucher: around.ids.next(),
            batch,
            grant: around.ids.next(),
            login: fit.login.clone(),
            profile: fit.chosen.profile,
            is_blocked: row.is_disabled,
            limits: fit.limits,
            server: server(row),
            resets_password: resets(row, IsVoucher::Yes, notes),
            standing: standing(row, fit, notes, around.now, around),
        });
    }
    if row.service == Service::Pppoe && row.ppp_service.is_none() {
        notes.push("it is open to any PPP service, and stays so".to_owned());
    }
    Proposal::Customer(CustomerProposal {
        customer: around.ids.next(),
        name: name_of(row, &fit.login),
        subscription: around.ids.next(),
        grant: around.ids.next(),
        service: row.service,
        login: fit.login.clone(),
        address: None,
        profile: fit.chosen.profile,
        is_blocked: row.is_disabled,
        limits: fit.limits,
        server: server(row),
        resets_password: resets(row, IsVoucher::No, notes),
    })
}

/// Operators write the customer's name into the comment, as a rule.
fn name_of(row: &SurveyedLogin, login: &Login) -> String {
    let comment = readable(&row.comment, 120);
    if comment.is_empty() {
        return login.to_string();
    }
    comment
}

/// Mikhmon's notice of expiry is an online time of one second.
const NOTICE_S: u64 = 1;

fn standing(
    row: &SurveyedLogin,
    fit: &Fit<'_>,
    notes: &mut Vec<String>,
    now: Timestamp,
    around: Circumstances<'_>,
) -> VoucherStanding {
    let validity_s = fit.chosen.selling.as_ref().and_then(|it| it.validity_s);
    let validity = validity_s.and_then(|it| Duration::try_seconds(i64::try_from(it).ok()?));
    if let Some(MikhmonComment::Expiry { at, .. }) = &fit.comment {
        let until = around.zone.instant_of(*at);
        if until <= now || fit.limits.uptime_s == Some(NOTICE_S) {
            return VoucherStanding::Expired { at: until.min(now) };
        }
        let since = validity.map_or(now, |it| until.minus(it)).min(now);
        return VoucherStanding::Active {
            since,
            until: Some(until),
        };
    }
    if fit.limits.uptime_s == Some(NOTICE_S) {
        return VoucherStanding::Expired { at: now };
    }
    let spent = |limit: Option<u64>, used: u64| limit.is_some_and(|it| used >= it);
    if spent(fit.limits.uptime_s, row.uptime_s) || spent(fit.limits.bytes, row.bytes) {
        return VoucherStanding::UsedUp;
    }
    if !row.was_used() {
        return VoucherStanding::Unused;
    }
    notes.push("it was used, but its first login is not known: its time begins now".to_owned());
    VoucherStanding::Active {
        since: now,
        until: validity.map(|it| now.plus(it)),
    }
}

impl SurveyedLogin {
    /// The password to keep; `None` if the router does not tell.
    #[must_use]
    pub fn secret(&self) -> Option<Secret> {
        match &self.password {
            SurveyedPassword::Shown(secret) => Some(secret.clone()),
            SurveyedPassword::Empty => Some(Secret::new("")),
            SurveyedPassword::Hidden | SurveyedPassword::NotText => None,
        }
    }

    /// Where it is on the router.
    #[must_use]
    pub fn place(&self) -> Place {
        place(self)
    }

    /// The menu it is in.
    #[must_use]
    pub fn menu(&self) -> Menu {
        menu_of(self.service)
    }
}
