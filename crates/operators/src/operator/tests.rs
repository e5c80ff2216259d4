//! Lockout, disabling and sessions as rules.
#![allow(clippy::unwrap_used)]

use super::{NewOperator, Operator, OperatorRefusal, OperatorStatusName};
use crate::password::PasswordHash;
use crate::policy::SignInPolicy;
use crate::role::Role;
use chrono::Duration;
use kernel::testing::CountingIds;
use kernel::{DomainEvent, Ids, OperatorId, SessionId, Timestamp};

const POLICY: SignInPolicy = SignInPolicy::standard();

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn after(minutes: i64) -> Timestamp {
    noon().plus(Duration::minutes(minutes))
}

fn id<K>(number: u64) -> kernel::Id<K> {
    (&CountingIds::from(number) as &dyn Ids).next()
}

fn session() -> SessionId {
    id(9)
}

fn hired() -> Operator {
    let new = NewOperator {
        id: id(1),
        login: "siti".parse().unwrap(),
        name: "Siti".parse().unwrap(),
        role: Role::Cashier,
        password: PasswordHash::from_phc("$plain$1").unwrap(),
    };
    let mut operator = Operator::hire(new, noon());
    operator.take_events();
    operator
}

fn failed(times: u16) -> Operator {
    let mut operator = hired();
    (0..times).for_each(|_| operator.fail_sign_in(&POLICY, noon()));
    operator
}

fn names(operator: &mut Operator) -> Vec<&'static str> {
    operator
        .take_events()
        .iter()
        .map(DomainEvent::name)
        .collect()
}

#[test]
fn four_wrong_passwords_do_not_lock_out_but_five_do() {
    assert_eq!(failed(4).sign_in(session(), noon()), Ok(()));
    let locked = Err(OperatorRefusal::Locked { until: after(15) });
    assert_eq!(failed(5).sign_in(session(), noon()), locked);
    assert_eq!(failed(5).sign_in(session(), after(14)), locked);
    assert_eq!(failed(5).sign_in(session(), after(15)), Ok(()));
}

#[test]
fn wrong_passwords_during_a_lockout_do_not_prolong_it() {
    let mut operator = failed(50);
    assert_eq!(operator.view().locked_until, Some(after(15)));
    let locked = names(&mut operator)
        .iter()
        .filter(|it| it.ends_with("operator_locked"))
        .count();
    assert_eq!(locked, 1);
}

#[test]
fn after_a_lockout_five_more_tries_count_from_zero() {
    let mut operator = failed(5);
    (0..4).for_each(|_| operator.fail_sign_in(&POLICY, after(16)));
    assert_eq!(operator.sign_in(session(), after(16)), Ok(()));
}

#[test]
fn a_success_forgets_the_failures() {
    let mut operator = failed(4);
    operator.sign_in(session(), noon()).unwrap();
    (0..4).for_each(|_| operator.fail_sign_in(&POLICY, noon()));
    assert_eq!(operator.sign_in(session(), noon()), Ok(()));
    assert_eq!(operator.view().last_signed_in_at, Some(noon()));
}

#[test]
fn a_disabled_operator_does_not_sign_in_and_keeps_no_session() {
    let mut operator = hired();
    assert!(operator.keeps_session_of(noon()));
    operator.disable(Some(id(2)), after(1)).unwrap();
    operator.disable(Some(id(2)), after(2)).unwrap();
    assert_eq!(
        operator.sign_in(session(), after(3)),
        Err(OperatorRefusal::Disabled)
    );
    assert!(!operator.keeps_session_of(noon()));
    assert_eq!(names(&mut operator), ["operators.operator_disabled"]);
    operator.enable();
    operator.enable();
    assert_eq!(operator.sign_in(session(), after(3)), Ok(()));
    assert_eq!(operator.view().status, OperatorStatusName::Active);
}

#[test]
fn nobody_disables_themselves() {
    let mut operator = hired();
    let own: OperatorId = operator.id();
    assert_eq!(
        operator.disable(Some(own), noon()),
        Err(OperatorRefusal::Yourself)
    );
    assert_eq!(operator.disable(None, noon()), Ok(()));
}

#[test]
fn a_new_password_ends_older_sessions_only() {
    let mut operator = hired();
    let hash = PasswordHash::from_phc("$plain$2").unwrap();
    operator.set_password(hash, after(5)).unwrap();
    assert!(!operator.keeps_session_of(after(4)));
    assert!(operator.keeps_session_of(after(5)));
}

#[test]
fn enabling_ends_a_lockout() {
    let mut operator = failed(5);
    operator.enable();
    assert_eq!(operator.sign_in(session(), noon()), Ok(()));
}
