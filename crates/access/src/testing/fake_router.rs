//! Routers in memory behind the gateway port: they hold rows and sessions, and fail on demand.

mod gateway;
mod rows;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use kernel::{Priority, RouterId};

use self::rows::{edit, passes, shares_list, targets_of};
use super::fake_feed::Ears;
use super::fake_usage::FakeUse;
use super::samples::sample_facts;
use super::surveyed;
use crate::adoption::Survey;
use crate::change::{Action, Change, Edit};
use crate::gateway::{GatewayError, GatewayErrorKind, Selection, Target};
use crate::login::LoginRef;
use crate::menu::Menu;
use crate::reachability::ReachabilityChange;
use crate::router::RouterFacts;
use crate::row::{Actual, ActualRow, Attribute, RowId};
use crate::tag::Tag;
use crate::transport::{Fingerprint, Transport, Trust};

/// The certificate that routers show unless told otherwise.
pub const FAKE_CERTIFICATE: Fingerprint = Fingerprint::new([0xfa; 32]);

/// One router.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) actual: Actual,
    pub(super) online: Vec<LoginRef>,
    pub(super) used: FakeUse,
    stubborn: BTreeSet<LoginRef>,
    facts: Option<RouterFacts>,
    survey: Survey,
    failure: Option<GatewayError>,
    refused: BTreeMap<String, GatewayError>,
    password: Option<String>,
    certificate: Option<Fingerprint>,
    logins: u64,
    inspections: u64,
    pub(super) ears: Ears,
    hides_passwords: bool,
    hidden: BTreeMap<Menu, String>,
    next_id: u64,
    writes: u64,
    priorities: Vec<Priority>,
}

/// Any number of routers, each made when it is first talked to.
#[derive(Debug, Default)]
pub struct FakeRouter(Mutex<BTreeMap<RouterId, World>>, Mutex<News>);

/// What the routers have to tell, and who waits for it.
#[derive(Debug, Default)]
struct News {
    changes: VecDeque<ReachabilityChange>,
    waiter: Option<Waker>,
}

impl FakeRouter {
    /// Routers without rows, that accept every password.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every call to the router fails like this from now on; `None` heals it.
    pub fn fail_with(&self, router: RouterId, failure: Option<GatewayError>) {
        self.with(router, |it| it.failure = failure);
    }

    /// Every change to a row of this name is refused like this; `None` heals it.
    pub fn refuse(&self, router: RouterId, name: &str, failure: Option<GatewayError>) {
        self.with(router, |it| match failure {
            Some(failure) => it.refused.insert(name.to_owned(), failure),
            None => it.refused.remove(name),
        });
    }

    /// The router accepts only this password from now on.
    pub fn require_password(&self, router: RouterId, password: &str) {
        self.with(router, |it| it.password = Some(password.to_owned()));
    }

    /// The certificate that the router shows from now on, to whoever asks for TLS.
    pub fn show_certificate(&self, router: RouterId, certificate: Fingerprint) {
        self.with(router, |it| it.certificate = Some(certificate));
    }

    /// How often credentials were sent to the router.
    #[must_use]
    pub fn logins(&self, router: RouterId) -> u64 {
        self.with(router, |it| it.logins)
    }

    /// Whoever waits for it hears that a router stopped answering or began again.
    pub fn tell(&self, change: ReachabilityChange) {
        let mut news = self.news();
        news.changes.push_back(change);
        if let Some(waiter) = news.waiter.take() {
            waiter.wake();
        }
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll_news(&self, cx: &Context<'_>) -> Poll<ReachabilityChange> {
        let mut news = self.news();
        match news.changes.pop_front() {
            Some(change) => Poll::Ready(change),
            None => {
                news.waiter = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// How often the router was asked who it is.
    #[must_use]
    pub fn inspections(&self, router: RouterId) -> u64 {
        self.with(router, |it| it.inspections)
    }

    /// The router no longer shows passwords, as RouterOS 7.21 may.
    pub fn hide_passwords(&self, router: RouterId) {
        self.with(router, |it| it.hides_passwords = true);
    }

    /// A menu can no longer be read, for this reason.
    pub fn hide(&self, router: RouterId, menu: Menu, reason: &str) {
        self.with(router, |it| it.hidden.insert(menu, reason.to_owned()));
    }

    /// What the router says about itself from now on.
    pub fn become_another(&self, router: RouterId, facts: RouterFacts) {
        self.with(router, |it| it.facts = Some(facts));
    }

    /// What the router holds.
    #[must_use]
    pub fn actual(&self, router: RouterId) -> Actual {
        self.with(router, |it| it.actual.clone())
    }

    /// Replaces what the router holds.
    pub fn set_actual(&self, router: RouterId, actual: Actual) {
        self.with(router, |it| it.actual = actual);
    }

    /// Puts what a survey has shown on the router: its logins and profiles are rows from now on.
    pub fn set_survey(&self, router: RouterId, survey: Survey) {
        self.with(router, |it| {
            surveyed::put(&survey, &mut it.actual);
            it.survey = survey;
        });
    }

    /// The row of a menu by name.
    #[must_use]
    pub fn row(&self, router: RouterId, menu: Menu, name: &str) -> Option<ActualRow> {
        self.with(router, |it| {
            it.actual
                .rows(menu)
                .iter()
                .find(|row| row.name == name)
                .cloned()
        })
    }

    /// How many rows were written since the router was made.
    #[must_use]
    pub fn writes(&self, router: RouterId) -> u64 {
        self.with(router, |it| it.writes)
    }

    /// How urgent the calls were that reached the router, in order.
    #[must_use]
    pub fn priorities(&self, router: RouterId) -> Vec<Priority> {
        self.with(router, |it| it.priorities.clone())
    }

    /// Adds a row by hand, as an operator would in WinBox; returns its id.
    pub fn insert(
        &self,
        router: RouterId,
        menu: Menu,
        name: &str,
        values: &[(Attribute, &str)],
        comment: &str,
    ) -> RowId {
        let values = values
            .iter()
            .map(|(key, value)| (*key, (*value).to_owned()))
            .collect();
        self.with(router, |it| {
            let id = it.fresh_id();
            it.actual.push(
                menu,
                ActualRow {
                    id: id.clone(),
                    name: name.to_owned(),
                    values,
                    password: None,
                    comment: comment.to_owned(),
                    is_dynamic: false,
                },
            );
            id
        })
    }

    /// A customer connects. Returns whether the router lets them.
    pub fn dial(&self, router: RouterId, login: &LoginRef, password: &str) -> bool {
        self.with(router, |it| {
            let menu = Menu::logins_of(login.service);
            let admits = |row: &&ActualRow| {
                row.name == menu.row_name(&login.name)
                    && !row.values.contains_key(&Attribute::Disabled)
                    && passes(menu, row)
                    && row
                        .password
                        .as_ref()
                        .is_none_or(|known| known.expose() == password)
            };
            let admitted = it.actual.rows(menu).iter().any(|row| admits(&row));
            if admitted {
                it.online.push(login.clone());
            }
            admitted
        })
    }

    /// The login's device comes back however often it is cut.
    pub fn make_stubborn(&self, router: RouterId, login: LoginRef, stubborn: bool) {
        self.with(router, |it| match stubborn {
            true => it.stubborn.insert(login),
            false => it.stubborn.remove(&login),
        });
    }

    /// Who is online.
    #[must_use]
    pub fn online(&self, router: RouterId) -> Vec<LoginRef> {
        self.with(router, |it| it.online.clone())
    }

    pub(super) fn with<T>(&self, router: RouterId, work: impl FnOnce(&mut World) -> T) -> T {
        work(self.lock().entry(router).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RouterId, World>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every call does first: it may fail, and it must be the right router.
    fn meet<T>(
        &self,
        target: &Target,
        work: impl FnOnce(&mut World) -> T,
    ) -> Result<T, GatewayError> {
        self.with(target.router, |it| {
            it.admit(target)?;
            it.priorities.push(target.priority);
            Ok(work(it))
        })
    }
}

impl World {
    fn admit(&mut self, target: &Target) -> Result<(), GatewayError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.check_certificate(&target.transport)?;
        self.logins += 1;
        if self
            .password
            .as_deref()
            .is_some_and(|it| it != target.password.expose())
        {
            let message = "invalid user name or password (6)";
            return Err(GatewayError::new(GatewayErrorKind::AuthFailed, message));
        }
        let serial = self.facts(target.router).serial;
        if target.expected_serial.is_some() && target.expected_serial != serial {
            let message = format!("another router answers: serial {serial:?}");
            return Err(GatewayError::new(GatewayErrorKind::WrongRouter, message));
        }
        Ok(())
    }

    /// Which certificate is shown, and whether that is the right one. An authority vouches for everything here.
    fn check_certificate(&self, transport: &Transport) -> Result<(), GatewayError> {
        let seen = self.certificate.unwrap_or(FAKE_CERTIFICATE);
        let kind = match transport {
            Transport::Tls(Trust::FirstUse) => GatewayErrorKind::CertificateUnconfirmed { seen },
            Transport::Tls(Trust::Pinned(expected)) if *expected != seen => {
                let expected = *expected;
                GatewayErrorKind::CertificateChanged { expected, seen }
            }
            Transport::Plain | Transport::Tls(Trust::Pinned(_) | Trust::Authority(_)) => {
                return Ok(());
            }
        };
        Err(GatewayError::new(
            kind,
            format!("the certificate is {seen}"),
        ))
    }

    pub(super) fn facts(&self, router: RouterId) -> RouterFacts {
        self.facts.clone().unwrap_or_else(|| sample_facts(router))
    }

    fn fresh_id(&mut self) -> RowId {
        self.next_id += 1;
        RowId::new(format!("*{:X}", self.next_id))
    }

    fn read(&self, selection: &Selection) -> Actual {
        let mut read = self.actual.clone();
        for (menu, reason) in &self.hidden {
            read.rows_mut(*menu).clear();
            read.mark_unknown(*menu, reason.as_str());
        }
        for menu in Menu::ALL.into_iter().filter(|it| !it.is_profiles()) {
            if let Selection::Logins(logins) = selection {
                let names: BTreeSet<String> = logins
                    .iter()
                    .filter(|it| menu.serves(it.service))
                    .map(|it| menu.row_name(&it.name))
                    .collect();
                let targets = targets_of(menu, logins);
                let is_target = |row: &ActualRow| {
                    let target = row.values.get(&Attribute::Target);
                    target.is_some_and(|it| targets.contains(it.as_str()))
                };
                read.rows_mut(menu)
                    .retain(|row| names.contains(&row.name) || is_target(row));
            }
            if self.hides_passwords {
                read.rows_mut(menu)
                    .iter_mut()
                    .for_each(|row| row.password = None);
            }
        }
        read
    }

    fn apply(&mut self, change: &Change) -> Result<(), GatewayError> {
        if let Some(refusal) = self.refused.get(&change.name) {
            return Err(refusal.clone());
        }
        match &change.action {
            Action::Create { edits, tag } => self.create(change, edits, tag),
            Action::Update { id, edits } => self.update(change.menu, id, edits),
            Action::Remove { id } => {
                self.writes += 1;
                self.actual
                    .rows_mut(change.menu)
                    .retain(|row| row.id != *id);
                Ok(())
            }
        }
    }

    fn create(&mut self, change: &Change, edits: &[Edit], tag: &Tag) -> Result<(), GatewayError> {
        let menu = change.menu;
        let occupant =
            self.actual.rows(menu).iter().find(|it| {
                it.occupies(menu, &change.name, change.server()) && shares_list(it, edits)
            });
        if let Some(row) = occupant {
            let ours = row.is_owned(menu, &tag.mark) && row.tag().is_none_or(|it| it.id == tag.id);
            let id = row.id.clone();
            if ours {
                return self.update(menu, &id, edits);
            }
            let message = "failure: secret with the same name already exists";
            return Err(GatewayError::new(GatewayErrorKind::Conflict, message));
        }
        self.check_references(menu, edits)?;
        let id = self.fresh_id();
        let mut row = ActualRow {
            id,
            name: change.name.clone(),
            values: BTreeMap::new(),
            password: None,
            comment: String::new(),
            is_dynamic: false,
        };
        edit(&mut row, edits);
        self.writes += 1;
        self.actual.push(menu, row);
        Ok(())
    }

    fn update(&mut self, menu: Menu, id: &RowId, edits: &[Edit]) -> Result<(), GatewayError> {
        self.check_references(menu, edits)?;
        let Some(row) = self
            .actual
            .rows_mut(menu)
            .iter_mut()
            .find(|row| row.id == *id)
        else {
            return Err(GatewayError::new(
                GatewayErrorKind::NotFound,
                "no such item",
            ));
        };
        edit(row, edits);
        self.writes += 1;
        Ok(())
    }

    fn check_references(&self, menu: Menu, edits: &[Edit]) -> Result<(), GatewayError> {
        let profiles = menu.service().and_then(Menu::profiles_of);
        let Some(profiles) = profiles.filter(|_| !menu.is_profiles()) else {
            return Ok(());
        };
        let profiles = self.actual.rows(profiles);
        let missing = |it: &Edit| match it {
            Edit::Set {
                attribute: Attribute::Profile,
                to: Some(name),
                ..
            } => profiles.iter().all(|row| row.name != *name),
            Edit::Set { .. } | Edit::Password(_) | Edit::Comment(_) => false,
        };
        if !edits.iter().any(missing) {
            return Ok(());
        }
        let kind = GatewayErrorKind::InvalidArgument {
            field: Some("profile".to_owned()),
        };
        Err(GatewayError::new(
            kind,
            "input does not match any value of profile",
        ))
    }
}
