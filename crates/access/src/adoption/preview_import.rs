//! Looks at a router and keeps what an import would do, writing nothing to the router.

use std::collections::BTreeMap;

use kernel::{
    CannotOpen, Clock, GrantId, Ids, ImportId, MayConflict, PageRequest, ProfileId, RouterId,
    Scope, Secret, StoreError, Vault, Zone,
};

use super::import::{Import, ImportRow, NewImport, RowState};
use super::ports::SoldPlans;
use super::preview::{
    Circumstances, Draft, Known, KnownProfile, KnownSpeed, UnreadablePasswords, Verdict, preview,
};
use super::survey::Survey;
use crate::gateway::RouterGateway;
use crate::identity::canonical_login;
use crate::login::{LoginRef, Service};
use crate::menu::Menu;
use crate::ports::{AccessQueries, AccessStore, ProfileView};
use crate::profile::{ProfileStatus, ServiceProfile};
use crate::router::Router;
use crate::use_cases::router_task::{RouterTaskError, failed, load_target};

/// Look at a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviewImport {
    /// The id the import will have.
    pub id: ImportId,
    /// The router.
    pub router: RouterId,
    /// The zone of the dates that the router wrote; `None` for the one its clock names.
    pub zone: Option<Zone>,
    /// What becomes of logins whose passwords cannot be read.
    pub unreadable: UnreadablePasswords,
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewImportError {
    /// The router could not be worked with.
    #[error("the router could not be looked at")]
    Router(#[from] RouterTaskError),
    /// Neither the caller nor the router names a zone.
    #[error("the router's clock names no time zone: say in which zone its dates are")]
    NoZone,
}

impl From<StoreError> for PreviewImportError {
    fn from(err: StoreError) -> Self {
        Self::Router(err.into())
    }
}

impl From<CannotOpen> for PreviewImportError {
    fn from(err: CannotOpen) -> Self {
        Self::Router(err.into())
    }
}

impl MayConflict for PreviewImportError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Router(err) if err.is_conflict())
    }
}

/// The ports a preview needs.
#[derive(Clone, Copy)]
pub struct PreviewPorts<'a> {
    /// Where the preview is kept.
    pub store: &'a dyn AccessStore,
    /// What the product has already.
    pub queries: &'a dyn AccessQueries,
    /// What vouchers are sold under.
    pub plans: &'a dyn SoldPlans,
    /// The router.
    pub gateway: &'a dyn RouterGateway,
    /// Opens the router's password, and makes digests.
    pub vault: &'a dyn Vault,
    /// New ids.
    pub ids: &'a dyn Ids,
    /// The present.
    pub clock: &'a dyn Clock,
}

/// What a row looks like, as a digest that no one can turn back into a password.
#[must_use]
pub fn digest_of(vault: &dyn Vault, fingerprint: &Secret) -> [u8; 32] {
    vault.digest("import_row", fingerprint)
}

/// The password that replaces one which could not be read: twelve characters that follow from the grant and a key of
/// the installation, so that an import that is repeated writes the same.
#[must_use]
pub fn replacement_password(vault: &dyn Vault, grant: GrantId) -> Secret {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let digest = vault.digest("imported_password", &Secret::new(grant.to_string()));
    let letter = |it: &u8| {
        LETTERS
            .get(usize::from(it & 31))
            .copied()
            .map_or('a', char::from)
    };
    let text: String = digest.iter().take(12).map(letter).collect();
    Secret::new(text)
}

/// Looks at a router and keeps what was seen.
///
/// # Errors
/// [`PreviewImportError`]; nothing is kept then.
pub async fn preview_import(
    ports: PreviewPorts<'_>,
    scope: &Scope,
    command: PreviewImport,
) -> Result<(), PreviewImportError> {
    let (router, target) = load_target(ports.store, ports.vault, scope, command.router).await?;
    let survey = match ports.gateway.survey(&target).await {
        Ok(survey) => survey,
        Err(err) => {
            let now = ports.clock.now();
            return Err(failed(ports.store, scope, router.id(), err, now)
                .await
                .into());
        }
    };
    let named = survey.zone.as_ref().and_then(|it| it.parse().ok());
    let zone = command.zone.or(named).ok_or(PreviewImportError::NoZone)?;
    let known = known(ports, scope, &router, &survey).await?;
    let now = ports.clock.now();
    let drafts = preview(
        &survey,
        Circumstances {
            mark: &router.mark(),
            known: &known,
            zone,
            unreadable: command.unreadable,
            now,
            ids: ports.ids,
        },
    );
    let rows: Vec<ImportRow> = drafts.into_iter().map(|it| row(ports, it)).collect();
    let mut import = Import::keep(NewImport {
        id: command.id,
        router: router.id(),
        zone,
        digest: digest_of_all(ports.vault, &rows),
        unread: unread(&survey),
        rows: u64::try_from(rows.len()).unwrap_or(u64::MAX),
        at: now,
    });
    let mut tx = ports.store.begin(scope).await?;
    tx.imports().save(&mut import).await?;
    tx.imports().insert_rows(command.id, rows).await?;
    tx.commit().await?;
    Ok(())
}

fn unread(survey: &Survey) -> Vec<String> {
    let unread = survey.unread.iter();
    unread
        .map(|it| format!("{}: {}", it.menu, it.reason))
        .collect()
}

fn row(ports: PreviewPorts<'_>, draft: Draft) -> ImportRow {
    let (state, reason) = match draft.verdict {
        Verdict::Import => (RowState::Pending, None),
        Verdict::Known => (RowState::Known, None),
        Verdict::NotYet(why) => (RowState::Listed, Some(why)),
        Verdict::Refused(why) => (RowState::Refused, Some(why)),
    };
    ImportRow {
        id: ports.ids.next(),
        place: draft.place,
        name: draft.name,
        comment: draft.comment,
        proposal: draft.proposal,
        seen: digest_of(ports.vault, &draft.fingerprint),
        state,
        reason,
        notes: draft.notes,
    }
}

fn digest_of_all(vault: &dyn Vault, rows: &[ImportRow]) -> [u8; 32] {
    let seen: Vec<u8> = rows.iter().flat_map(|it| it.seen).collect();
    vault.digest("import", &Secret::new(super::raw::hex(&seen)))
}

async fn known(
    ports: PreviewPorts<'_>,
    scope: &Scope,
    router: &Router,
    survey: &Survey,
) -> Result<Known, StoreError> {
    let mut known = Known {
        profiles: known_profiles(ports, scope, router).await?,
        ..Known::default()
    };
    let mut page = PageRequest::new(PageRequest::MAX_LIMIT, None);
    loop {
        let found = ports.queries.profiles(scope.tenant, page).await?;
        for it in found.items {
            known.slugs.insert(it.name.clone());
            known.speeds.extend(speed(it));
        }
        let Some(next) = found.next.and_then(|it| it.parse().ok()) else {
            break;
        };
        page = PageRequest::new(PageRequest::MAX_LIMIT, Some(next));
    }
    let logins = logins_of(survey);
    for some in logins.chunks(500) {
        let queries = ports.queries;
        let taken = queries.subjects_of(scope.tenant, router.id(), some).await?;
        known
            .logins
            .extend(taken.into_iter().map(|(login, _)| login));
    }
    Ok(known)
}

/// The profile, if it may be given to a customer who has no profile on the router.
fn speed(it: ProfileView) -> Option<KnownSpeed> {
    let is_bare = Menu::profiles_of(it.service).is_none();
    (is_bare && it.status == ProfileStatus::Offered).then_some(KnownSpeed {
        profile: it.id,
        service: it.service,
        terms: it.terms,
    })
}

/// Every login that a row of the router may become.
fn logins_of(survey: &Survey) -> Vec<LoginRef> {
    let named = survey.logins.iter();
    let named = named.filter_map(|it| Some(LoginRef::new(it.service, it.name.text()?)));
    let canonical = |service, name: &str| {
        let login = name.parse().ok()?;
        let login = canonical_login(service, &login, None).ok()?;
        Some(LoginRef::new(service, login.as_str()))
    };
    let queues = survey.queues.iter();
    let queues = queues.filter_map(|it| canonical(Service::StaticIp, &it.target));
    let leases = survey.leases.iter();
    let leases = leases.filter_map(|it| canonical(Service::DhcpLease, &it.device));
    named.chain(queues).chain(leases).collect()
}

async fn known_profiles(
    ports: PreviewPorts<'_>,
    scope: &Scope,
    router: &Router,
) -> Result<BTreeMap<(Service, String), KnownProfile>, StoreError> {
    let mut tx = ports.store.begin(&scope.preliminary()).await?;
    let adopted = tx.profiles().adopted_on(router.id()).await?;
    drop(tx);
    let ids: Vec<ProfileId> = adopted.iter().map(ServiceProfile::id).collect();
    let plans = ports.plans.plans_of(scope.tenant, &ids).await?;
    let known = adopted.iter().filter_map(|it| {
        let key = (it.service(), it.adopted()?.name.clone());
        let known = KnownProfile {
            profile: it.id(),
            slug: it.name().clone(),
            plan: plans.get(&it.id()).copied(),
        };
        Some((key, known))
    });
    Ok(known.collect())
}
