//! What a survey of a fake router shows: what was put there, as it stands now.

use crate::adoption::{Raw, Survey, SurveyedLogin, SurveyedPassword, SurveyedRate};
use crate::login::Service;
use crate::menu::Menu;
use crate::row::{Actual, ActualRow, Attribute, RowId};

/// Adds the rows of a survey to a router.
pub(super) fn put(survey: &Survey, actual: &mut Actual) {
    for it in &survey.profiles {
        let menu = match it.service {
            Service::Pppoe => Menu::PppProfile,
            _ => Menu::HotspotProfile,
        };
        actual.push(menu, bare(it.row.clone(), &it.name));
    }
    for it in &survey.logins {
        actual.push(it.menu(), row(it));
    }
    for it in &survey.queues {
        let target = it.target.strip_suffix("/32").unwrap_or(&it.target);
        let set = [
            (Attribute::Target, Some(target.to_owned())),
            (Attribute::MaxLimit, speed(&it.rate)),
        ];
        let row = with(bare(it.row.clone(), &it.name), set, &it.comment);
        actual.push(Menu::SimpleQueue, row);
    }
    for it in &survey.leases {
        let list = Some(it.address_lists.clone()).filter(|it| !it.is_empty());
        let set = [
            (Attribute::Address, Some(it.address.clone())),
            (Attribute::Server, Some(it.server.clone())),
            (Attribute::RateLimit, speed(&it.rate)),
            (Attribute::AddressLists, list),
        ];
        let name = Raw::from(it.device.to_ascii_uppercase().as_str());
        let row = with(bare(it.row.clone(), &name), set, &it.comment);
        actual.push(Menu::DhcpLease, row);
    }
}

fn speed(rate: &SurveyedRate) -> Option<String> {
    match rate {
        SurveyedRate::Unlimited => None,
        SurveyedRate::Known(rate) => Some(rate.to_string()),
        SurveyedRate::Other(text) => Some(text.clone()),
    }
}

fn with<const N: usize>(
    row: ActualRow,
    values: [(Attribute, Option<String>); N],
    comment: &Raw,
) -> ActualRow {
    let set = values.into_iter().filter_map(|(key, it)| Some((key, it?)));
    ActualRow {
        values: set.collect(),
        comment: comment.lossy(),
        ..row
    }
}

/// The comment of a row as it is now; `None` if the row is gone.
fn comment_now(actual: &Actual, menu: Menu, id: &RowId, was: &Raw) -> Option<Raw> {
    let row = actual.rows(menu).iter().find(|it| it.id == *id)?;
    if row.comment == was.lossy() {
        return Some(was.clone());
    }
    Some(Raw::from(row.comment.as_str()))
}

/// The survey, with the comments of logins as they are now; logins that are gone are left out, others are added.
pub(super) fn look(survey: &Survey, actual: &Actual) -> Survey {
    let mut now = survey.clone();
    now.logins.retain_mut(|it| {
        let comment = comment_now(actual, it.menu(), &it.row, &it.comment);
        comment.map(|now| it.comment = now).is_some()
    });
    now.queues.retain_mut(|it| {
        let comment = comment_now(actual, Menu::SimpleQueue, &it.row, &it.comment);
        comment.map(|now| it.comment = now).is_some()
    });
    now.leases.retain_mut(|it| {
        let comment = comment_now(actual, Menu::DhcpLease, &it.row, &it.comment);
        comment.map(|now| it.comment = now).is_some()
    });
    for service in [Service::Pppoe, Service::Hotspot] {
        let rows = actual.rows(if service == Service::Pppoe {
            Menu::PppSecret
        } else {
            Menu::HotspotUser
        });
        let is_new = |row: &&ActualRow| survey.logins.iter().all(|it| it.row != row.id);
        let found = rows.iter().filter(is_new).map(|it| login(service, it));
        now.logins.extend(found);
    }
    now
}

fn login(service: Service, row: &ActualRow) -> SurveyedLogin {
    let text = |key: Attribute| row.values.get(&key).cloned();
    let number = |key: Attribute| row.values.get(&key).and_then(|it| it.parse().ok());
    let password = row.password.clone();
    SurveyedLogin {
        service,
        row: row.id.clone(),
        name: Raw::from(row.name.as_str()),
        profile: Raw::from(text(Attribute::Profile).unwrap_or_default().as_str()),
        server: text(Attribute::Server).map(|it| Raw::from(it.as_str())),
        ppp_service: text(Attribute::Service),
        password: password.map_or(SurveyedPassword::Empty, SurveyedPassword::Shown),
        comment: Raw::from(row.comment.as_str()),
        is_disabled: row.values.contains_key(&Attribute::Disabled),
        is_dynamic: row.is_dynamic,
        limit_uptime_s: number(Attribute::LimitUptime),
        limit_bytes: number(Attribute::LimitBytes),
        uptime_s: 0,
        bytes: 0,
    }
}

fn bare(id: RowId, name: &Raw) -> ActualRow {
    ActualRow {
        id,
        name: name.lossy(),
        values: std::collections::BTreeMap::new(),
        password: None,
        comment: String::new(),
        is_dynamic: false,
    }
}

fn row(login: &SurveyedLogin) -> ActualRow {
    let number = |it: Option<u64>| it.map(|it| it.to_string());
    let text = |it: &Raw| Some(it.lossy()).filter(|it| !it.is_empty() && it != "default");
    let values = [
        (Attribute::Profile, text(&login.profile)),
        (Attribute::Server, login.server.as_ref().map(Raw::lossy)),
        (Attribute::Service, login.ppp_service.clone()),
        (Attribute::LimitUptime, number(login.limit_uptime_s)),
        (Attribute::LimitBytes, number(login.limit_bytes)),
        (
            Attribute::Disabled,
            login.is_disabled.then(|| "yes".to_owned()),
        ),
    ];
    let set = values.into_iter().filter_map(|(key, it)| Some((key, it?)));
    ActualRow {
        values: set.collect(),
        password: match &login.password {
            SurveyedPassword::Shown(secret) => Some(secret.clone()),
            _ => None,
        },
        comment: login.comment.lossy(),
        is_dynamic: login.is_dynamic,
        ..bare(login.row.clone(), &login.name)
    }
}
