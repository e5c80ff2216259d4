//! What a survey of a fake router shows: what was put there, as it stands now.

use crate::adoption::{Raw, Survey, SurveyedLogin, SurveyedPassword};
use crate::login::Service;
use crate::row::{Actual, ActualRow, Attribute, Menu};

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

/// The survey, with the comments of logins as they are now; logins that are gone are left out.
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
    now
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
