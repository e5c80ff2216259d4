//! What a refusal of work across contexts means to a client.

use access::{GrantError, GrantRefusal};
use workflows::{OrderVouchersError, SellSubscriptionError};

use super::{Problem, duplicate};

impl From<SellSubscriptionError> for Problem {
    fn from(err: SellSubscriptionError) -> Self {
        match err {
            SellSubscriptionError::NoCustomer(_) => Self::unknown_reference("customer", err),
            SellSubscriptionError::MayNotBuy(status) => Self::wrong_state(status, err),
            SellSubscriptionError::Sale(err) => err.into(),
            SellSubscriptionError::Login(err) => err.into(),
            SellSubscriptionError::Store(err) => err.into(),
        }
    }
}

impl From<OrderVouchersError> for Problem {
    fn from(err: OrderVouchersError) -> Self {
        let text = err.to_string();
        match err {
            OrderVouchersError::NoPlan(_) => Self::unknown_reference("plan", text),
            OrderVouchersError::PlanNotOffered => Self::refused("plan", "not_offered", text),
            OrderVouchersError::NotHotspot => Self::refused("plan", "not_hotspot", text),
            OrderVouchersError::NoRouter(_) => Self::unknown_reference("router", text),
            OrderVouchersError::Order(err) => err.into(),
            OrderVouchersError::Store(err) => err.into(),
        }
    }
}

impl From<GrantError> for Problem {
    fn from(err: GrantError) -> Self {
        match err {
            GrantError::NoRouter(_) => Self::unknown_reference("router", err),
            GrantError::NoProfile(_) => Self::unknown_reference("plan", err),
            GrantError::NoGrant(_) => Self::wrong_state("no_grant", err),
            GrantError::Router(refusal) => refusal.into(),
            GrantError::Refused(refusal) => refused_grant(refusal),
            GrantError::LoginTaken => duplicate("login", &err),
            GrantError::Store(err) => err.into(),
        }
    }
}

fn refused_grant(refusal: GrantRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        GrantRefusal::LimitsOnPppoe | GrantRefusal::OtherService => {
            Problem::refused("plan", "other_service", text)
        }
        GrantRefusal::BadIdentity(rule) => {
            Problem::invalid(rule.field(), "format", rule.to_string())
        }
        GrantRefusal::ProfileRetired => Problem::refused("plan", "profile_retired", text),
        GrantRefusal::ZeroLimit => Problem::invalid("limits", "range", text),
        GrantRefusal::Ended => Problem::wrong_state("ended", refusal),
    }
}
