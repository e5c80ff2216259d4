//! The steps end as the callers were promised, on the fake that passes the store's contract.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::change_password::{ChangePassword, ChangePasswordError, change_password};
use super::found_tenant::{FoundTenant, FoundTenantError, found_tenant};
use super::hire_operator::{HireOperator, HireOperatorError, hire_operator};
use super::move_operator::{MoveOperatorError, disable_operator, enable_operator};
use super::refresh_session::{RefreshSession, RefreshSessionError, refresh_session};
use super::reset_password::{ResetPassword, ResetPasswordError, reset_password};
use super::sign_in::{SignIn, SignInError, SignInPorts, sign_in};
use super::sign_out::sign_out;
use super::signed_in::SignedIn;
use crate::operator::OperatorRefusal;
use crate::password::Password;
use crate::policy::SignInPolicy;
use crate::ports::credentials::{BadToken, TokenSigner};
use crate::ports::reads::OperatorView;
use crate::ports::store::OperatorsStore;
use crate::role::Role;
use crate::session::SessionRefusal;
use crate::testing::{MemoryOperators, PlainHasher, PlainSigner, operators_store_contract};
use chrono::Duration;
use kernel::testing::{CountingIds, FixedClock, OpenVault, SeededRandomness};
use kernel::{Ids, Scope, Secret, Timestamp};

const RIGHT: &str = "correct horse";
const WRONG: &str = "battery staple";

struct Office {
    store: MemoryOperators,
    hasher: PlainHasher,
    clock: FixedClock,
    ids: CountingIds,
    randomness: SeededRandomness,
    policy: SignInPolicy,
    scope: Scope,
    admin: Option<OperatorView>,
}

fn password(text: &str) -> Password {
    Password::choose(Secret::new(text)).unwrap()
}

fn empty_office() -> Office {
    let ids = CountingIds::from(1);
    let tenant = (&ids as &dyn Ids).next();
    let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
    Office {
        store: MemoryOperators::new(),
        hasher: PlainHasher::new(),
        clock: FixedClock::at(noon),
        randomness: SeededRandomness::from(1),
        policy: SignInPolicy::standard(),
        scope: Scope::system(tenant, "test", ids.fresh()),
        ids,
        admin: None,
    }
}

async fn office() -> Office {
    let mut office = empty_office();
    office.admin = Some(office.found("kampung-net").await.unwrap());
    office
}

impl Office {
    fn ids(&self) -> &dyn Ids {
        &self.ids
    }

    async fn found(&self, slug: &str) -> Result<OperatorView, FoundTenantError> {
        let command = FoundTenant {
            slug: slug.parse().unwrap(),
            name: "Kampung Net".parse().unwrap(),
            admin: self.ids().next(),
            login: "admin".parse().unwrap(),
            admin_name: "Siti".parse().unwrap(),
            password: password(RIGHT),
        };
        found_tenant(&self.store, &self.hasher, &self.clock, &self.scope, command).await
    }

    fn ports(&self) -> SignInPorts<'_> {
        SignInPorts {
            store: &self.store,
            tenants: &self.store,
            hasher: &self.hasher,
            signer: &PlainSigner,
            vault: &OpenVault,
            randomness: &self.randomness,
            clock: &self.clock,
            policy: &self.policy,
        }
    }

    fn attempt(&self, tenant: &str, login: &str, password: &str) -> SignIn {
        SignIn {
            tenant: tenant.parse().unwrap(),
            login: login.parse().unwrap(),
            password: Secret::new(password),
            session: self.ids().next(),
            trace: None,
        }
    }

    async fn sign_in(&self, password: &str) -> Result<SignedIn, SignInError> {
        sign_in(self.ports(), self.attempt("kampung-net", "admin", password)).await
    }

    async fn refresh(&self, token: &Secret) -> Result<SignedIn, RefreshSessionError> {
        let command = RefreshSession {
            token: token.clone(),
            trace: None,
        };
        refresh_session(self.ports(), command).await
    }

    async fn hire(&self, login: &str) -> Result<OperatorView, HireOperatorError> {
        let command = HireOperator {
            operator: self.ids().next(),
            login: login.parse().unwrap(),
            name: "Budi".parse().unwrap(),
            role: Role::Cashier,
            password: password(RIGHT),
        };
        hire_operator(&self.store, &self.hasher, &self.clock, &self.scope, command).await
    }

    fn pass(&self, minutes: i64) {
        self.clock.advance(Duration::minutes(minutes));
    }

    fn event_names(&self) -> Vec<&'static str> {
        self.store.events().iter().map(|it| it.name).collect()
    }
}

fn refused_with(outcome: &Result<SignedIn, RefreshSessionError>, reason: SessionRefusal) -> bool {
    matches!(outcome, Err(RefreshSessionError::Refused(it)) if *it == reason)
}

#[tokio::test]
async fn the_fake_keeps_the_promises_of_a_store() {
    let Office {
        store, ids, scope, ..
    } = empty_office();
    operators_store_contract(&store, &store, &store, scope.tenant, &ids).await;
}

#[tokio::test]
async fn a_tenant_is_founded_once_with_an_admin() {
    let office = office().await;
    assert_eq!(office.admin.as_ref().unwrap().role, Role::Admin);
    let again = office.found("other-slug").await;
    assert!(matches!(again, Err(FoundTenantError::Exists(id)) if id == office.scope.tenant));
    let mut rival = empty_office();
    rival.store = office.store.clone();
    rival.scope.tenant = office.ids().next();
    let taken = rival.found("kampung-net").await;
    assert!(
        matches!(taken, Err(FoundTenantError::SlugTaken(_))),
        "{taken:?}"
    );
}

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let office = office().await;
    let signed_in = office.sign_in(RIGHT).await.unwrap();
    let token = signed_in.access_token.expose();
    let now = signed_in.operator.last_signed_in_at.unwrap();
    let claims = PlainSigner.verify(token, now).unwrap();
    assert_eq!(claims.tenant, office.scope.tenant);
    assert_eq!(
        (claims.operator, claims.role),
        (signed_in.operator.id, Role::Admin)
    );
    assert_eq!(claims.expires_at, now.plus(Duration::minutes(15)));
    let late = PlainSigner.verify(token, claims.expires_at);
    assert_eq!(late, Err(BadToken::Expired));
    assert_eq!(
        office.event_names(),
        [
            "operators.tenant_founded",
            "operators.operator_hired",
            "operators.signed_in"
        ]
    );
}

#[tokio::test]
async fn every_refusal_looks_and_costs_the_same() {
    let office = office().await;
    let long = "x".repeat(2_000);
    for (tenant, login, password) in [
        ("kampung-net", "admin", WRONG),
        ("kampung-net", "nobody", RIGHT),
        ("nowhere", "admin", RIGHT),
        ("kampung-net", "admin", ""),
        ("kampung-net", "admin", &long),
    ] {
        let before = office.hasher.checks();
        let refused = sign_in(office.ports(), office.attempt(tenant, login, password)).await;
        assert!(
            matches!(refused, Err(SignInError::Refused)),
            "{tenant} {login}: {refused:?}"
        );
        assert_eq!(office.hasher.checks(), before + 1, "{tenant} {login}");
    }
}

#[tokio::test]
async fn five_wrong_passwords_lock_out_for_a_quarter_of_an_hour() {
    let office = office().await;
    for _ in 0..5 {
        assert!(office.sign_in(WRONG).await.is_err());
    }
    office.pass(14);
    assert!(matches!(
        office.sign_in(RIGHT).await,
        Err(SignInError::Refused)
    ));
    office.pass(1);
    assert!(office.sign_in(RIGHT).await.is_ok());
    assert_eq!(
        office
            .event_names()
            .iter()
            .filter(|it| it.ends_with("_locked"))
            .count(),
        1
    );
}

#[tokio::test]
async fn a_weak_hash_is_replaced_when_its_owner_signs_in() {
    let office = office().await;
    let mut tx = office.store.begin(&office.scope).await.unwrap();
    let admin = office.admin.as_ref().unwrap().id;
    let mut operator = tx.operators().find(admin).await.unwrap().unwrap();
    operator.strengthen_hash(PlainHasher::outdated(&Secret::new(RIGHT)).unwrap());
    tx.operators().save(&mut operator).await.unwrap();
    tx.commit().await.unwrap();
    office.sign_in(RIGHT).await.unwrap();
    let mut tx = office.store.begin(&office.scope).await.unwrap();
    let operator = tx.operators().find(admin).await.unwrap().unwrap();
    assert!(operator.password().as_phc().starts_with("$plain$"));
}

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let office = office().await;
    let first = office.sign_in(RIGHT).await.unwrap();
    office.pass(10);
    let second = office.refresh(&first.refresh_token).await.unwrap();
    assert_ne!(second.refresh_token, first.refresh_token);
    assert!(second.access_expires_at > first.access_expires_at);
    let stolen = office.refresh(&first.refresh_token).await;
    assert!(refused_with(&stolen, SessionRefusal::Reused), "{stolen:?}");
    let owner = office.refresh(&second.refresh_token).await;
    assert!(refused_with(&owner, SessionRefusal::Ended), "{owner:?}");
}

#[tokio::test]
async fn a_session_ends_by_itself_by_signing_out_and_by_being_disabled() {
    let office = office().await;
    let forgotten = office.sign_in(RIGHT).await.unwrap();
    office.pass(30 * 24 * 60);
    let outcome = office.refresh(&forgotten.refresh_token).await;
    assert!(
        refused_with(&outcome, SessionRefusal::Expired),
        "{outcome:?}"
    );

    let open = office.sign_in(RIGHT).await.unwrap();
    let now = open.operator.last_signed_in_at.unwrap();
    let session = PlainSigner
        .verify(open.access_token.expose(), now)
        .unwrap()
        .session;
    for _ in 0..2 {
        sign_out(&office.store, &office.clock, &office.scope, session)
            .await
            .unwrap();
    }
    let outcome = office.refresh(&open.refresh_token).await;
    assert!(refused_with(&outcome, SessionRefusal::Ended), "{outcome:?}");

    let open = office.sign_in(RIGHT).await.unwrap();
    disable_operator(
        &office.store,
        &office.clock,
        &office.scope,
        open.operator.id,
    )
    .await
    .unwrap();
    let outcome = office.refresh(&open.refresh_token).await;
    assert!(refused_with(&outcome, SessionRefusal::Ended), "{outcome:?}");
    assert!(matches!(
        office.sign_in(RIGHT).await,
        Err(SignInError::Refused)
    ));
    enable_operator(&office.store, &office.scope, open.operator.id)
        .await
        .unwrap();
    assert!(office.sign_in(RIGHT).await.is_ok());
}

#[tokio::test]
async fn tokens_of_no_session_are_refused() {
    let office = office().await;
    let good = office.sign_in(RIGHT).await.unwrap().refresh_token;
    let (session, _) = good.expose().rsplit_once('.').unwrap();
    let other_key = format!("{session}.{}", "A".repeat(43));
    for token in ["", "nonsense", &other_key] {
        let outcome = office.refresh(&Secret::new(token)).await;
        assert!(
            refused_with(&outcome, SessionRefusal::Unknown),
            "{token}: {outcome:?}"
        );
    }
    assert!(office.refresh(&good).await.is_ok());
}

#[tokio::test]
async fn a_login_is_hired_once_per_tenant() {
    let office = office().await;
    assert_eq!(office.hire("budi").await.unwrap().role, Role::Cashier);
    let again = office.hire("budi").await;
    assert!(
        matches!(again, Err(HireOperatorError::LoginTaken(_))),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_new_password_needs_the_current_one_and_ends_sessions() {
    let office = office().await;
    let open = office.sign_in(RIGHT).await.unwrap();
    office.pass(1);
    let change = |current: &str| {
        let command = ChangePassword {
            operator: open.operator.id,
            current: Secret::new(current),
            next: password("staple battery"),
        };
        let Office {
            store,
            hasher,
            clock,
            policy,
            scope,
            ..
        } = &office;
        change_password(store, hasher, clock, policy, scope, command)
    };
    let refused = change(WRONG).await;
    assert!(
        matches!(refused, Err(ChangePasswordError::WrongPassword)),
        "{refused:?}"
    );
    change(RIGHT).await.unwrap();
    let outcome = office.refresh(&open.refresh_token).await;
    assert!(refused_with(&outcome, SessionRefusal::Ended), "{outcome:?}");
    assert!(office.sign_in(RIGHT).await.is_err());
    assert!(office.sign_in("staple battery").await.is_ok());
}

#[tokio::test]
async fn a_reset_lets_in_who_was_locked_out_and_ends_older_sessions() {
    let office = office().await;
    let open = office.sign_in(RIGHT).await.unwrap();
    office.pass(1);
    for _ in 0..5 {
        assert!(office.sign_in(WRONG).await.is_err());
    }
    assert!(office.sign_in(RIGHT).await.is_err(), "locked out");
    let reset = |login: &str| {
        let command = ResetPassword {
            login: login.parse().unwrap(),
            next: password("staple battery"),
        };
        let Office {
            store,
            hasher,
            clock,
            scope,
            ..
        } = &office;
        reset_password(store, hasher, clock, scope, command)
    };
    let unknown = reset("nobody").await;
    assert!(matches!(unknown, Err(ResetPasswordError::NotFound(_))));
    reset(&open.operator.login).await.unwrap();
    assert!(office.sign_in(RIGHT).await.is_err());
    assert!(office.sign_in("staple battery").await.is_ok());
    let outcome = office.refresh(&open.refresh_token).await;
    assert!(refused_with(&outcome, SessionRefusal::Ended), "{outcome:?}");
}

#[tokio::test]
async fn guessing_the_current_password_locks_out_as_well() {
    let office = office().await;
    let operator = office.admin.as_ref().unwrap().id;
    for _ in 0..5 {
        let command = ChangePassword {
            operator,
            current: Secret::new(WRONG),
            next: password("staple battery"),
        };
        let Office {
            store,
            hasher,
            clock,
            policy,
            scope,
            ..
        } = &office;
        let refused = change_password(store, hasher, clock, policy, scope, command).await;
        assert!(matches!(refused, Err(ChangePasswordError::WrongPassword)));
    }
    assert!(matches!(
        office.sign_in(RIGHT).await,
        Err(SignInError::Refused)
    ));
}

#[tokio::test]
async fn nobody_disables_themselves_or_somebody_unknown() {
    let office = office().await;
    let own = office.admin.as_ref().unwrap().id;
    let scope = Scope::operator(office.scope.tenant, own, office.ids.fresh());
    let refused = disable_operator(&office.store, &office.clock, &scope, own).await;
    assert!(
        matches!(
            refused,
            Err(MoveOperatorError::Refused(OperatorRefusal::Yourself))
        ),
        "{refused:?}"
    );
    let nobody = office.ids().next();
    let refused = disable_operator(&office.store, &office.clock, &scope, nobody).await;
    assert!(matches!(refused, Err(MoveOperatorError::NotFound(id)) if id == nobody));
}
