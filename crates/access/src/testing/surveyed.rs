//! What a survey of a fake router shows: what was put there, as it stands now.

use crate::adoption::{Raw, Survey, SurveyedLogin, SurveyedPassword};
use crate::login::Service;
use crate::menu::Menu;
use crate::row::{Actual, ActualRow, Attribute};

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
}

/// The survey, with the comments of logins as they are now; logins that are gone are left out, others are added.
pub(super) fn look(survey: &Survey, actual: &Actual) -> Survey {
    let mut now = survey.clone();
    now.logins.retain_mut(|it| {
        let rows = actual.rows(it.menu());
        let Some(row) = rows.iter().find(|row| row.id == it.row) else {
            return false;
        };
        if row.comment != it.comment.lossy() {
            it.comment = Raw::from(row.comment.as_str());
        }
        true
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

fn bare(id: crate::row::RowId, name: &Raw) -> ActualRow {
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
