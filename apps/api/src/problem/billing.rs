//! What a refusal by billing means to a client.

use billing::{
    BadChanges, BadPayment, BadPlan, BillAccountError, PlanError, RecordPaymentError,
    ReleaseAccountError, SubscribeError, SubscriptionError, SubscriptionRefusal,
};

use super::{Problem, catalog, duplicate};

impl From<PlanError> for Problem {
    fn from(err: PlanError) -> Self {
        match err {
            PlanError::NotFound(id) => Self::not_found("plan", id),
            PlanError::NoEntity => Self::wrong_state("no_legal_entity", err),
            PlanError::Refused(rule) => bad_plan(rule),
            PlanError::NameTaken => duplicate("name", &err),
            PlanError::Store(err) => err.into(),
        }
    }
}

impl From<SubscribeError> for Problem {
    fn from(err: SubscribeError) -> Self {
        match err {
            SubscribeError::NoPlan(_) => Self::unknown_reference("plan", err),
            SubscribeError::NoEntity => Self::wrong_state("no_legal_entity", err),
            SubscribeError::Currency => currency_mismatch("plan", &err),
            SubscribeError::Refused(
                refusal @ (SubscriptionRefusal::Backdated { .. }
                | SubscriptionRefusal::TooFarAhead { .. }),
            ) => Self::invalid("starts_on", "range", refusal.to_string()),
            SubscribeError::Refused(refusal) => refusal.into(),
            SubscribeError::Store(err) => err.into(),
        }
    }
}

impl From<SubscriptionError> for Problem {
    fn from(err: SubscriptionError) -> Self {
        match err {
            SubscriptionError::NotFound(id) => Self::not_found("subscription", id),
            SubscriptionError::NoPlan(_) => Self::unknown_reference("plan", err),
            SubscriptionError::Refused(refusal) => refusal.into(),
            SubscriptionError::Inconsistent(_) => Self::wrong_state("inconsistent", err),
            SubscriptionError::Billing(err) => err.into(),
            SubscriptionError::Store(err) => err.into(),
        }
    }
}

impl From<BillAccountError> for Problem {
    fn from(err: BillAccountError) -> Self {
        match err {
            BillAccountError::NotFound(id) => Self::not_found("account", id),
            BillAccountError::Parked { .. } => Self::wrong_state("parked", err),
            BillAccountError::Store(err) => err.into(),
        }
    }
}

impl From<ReleaseAccountError> for Problem {
    fn from(err: ReleaseAccountError) -> Self {
        match err {
            ReleaseAccountError::NotFound(id) => Self::not_found("account", id),
            ReleaseAccountError::Store(err) => err.into(),
        }
    }
}

impl From<RecordPaymentError> for Problem {
    fn from(err: RecordPaymentError) -> Self {
        match err {
            RecordPaymentError::NotFound(_) => Self::unknown_reference("account", err),
            RecordPaymentError::Refused(rule) => bad_payment(rule),
            RecordPaymentError::OtherContent(_) => duplicate("id", &err),
            RecordPaymentError::DuplicateReference => duplicate("reference", &err),
            RecordPaymentError::Store(err) => err.into(),
        }
    }
}

impl From<SubscriptionRefusal> for Problem {
    fn from(refusal: SubscriptionRefusal) -> Self {
        use SubscriptionRefusal as R;
        let text = refusal.to_string();
        match refusal {
            R::PlanNotOffered { .. } => Self::refused("plan", "not_offered", text),
            R::Backdated { .. } => Self::invalid("when", "backdated", text),
            R::TooFarAhead { .. } => Self::invalid("when", "too_far_ahead", text),
            R::NotBegun { .. } => Self::wrong_state("not_begun", refusal),
            R::Cancelled { .. } => Self::wrong_state("cancelled", refusal),
            R::Suspended { .. } => Self::wrong_state("suspended", refusal),
            R::SameTerms => Self::wrong_state("same_terms", refusal),
            R::NothingScheduled => Self::wrong_state("nothing_scheduled", refusal),
            R::NoComponent { .. } | R::BasePlan => Self::refused("component", "no_add_on", text),
            R::TooManyAddOns { .. } => Self::wrong_state("too_many_add_ons", refusal),
            R::AddOns { .. } => Self::refused("plan", "add_ons", text),
            R::OtherInterval { .. } => Self::refused("plan", "other_interval", text),
            R::OtherTiming { .. } => Self::refused("plan", "other_timing", text),
            R::OtherCurrency { .. } => currency_mismatch("plan", &refusal),
            R::Quantity { .. } => Self::invalid("quantity", "range", text),
            R::TooMuch { .. } => Self::invalid("quantity", "overflow", text),
            R::BillDay { .. } => Self::invalid("bill_day", "interval", text),
            R::EmptyPause { .. } => Self::invalid("until", "range", text),
            R::Reason => Self::invalid("reason", "length", text),
            R::Calendar => Self::invalid("when", "range", text),
            R::GivesBack { .. } => Self::refused("when", "gives_back", text),
            R::Contradiction(rule) => contradiction(rule),
        }
    }
}

fn contradiction(rule: BadChanges) -> Problem {
    let text = rule.to_string();
    match rule {
        BadChanges::OverlappingPauses { .. } => {
            Problem::refused("when", "overlapping_pauses", text)
        }
        BadChanges::NotPaused { .. } => Problem::wrong_state("not_paused", rule),
        BadChanges::Quantity { .. } => Problem::invalid("quantity", "range", text),
        BadChanges::NumberTwice { .. } => Problem::internal(&rule),
    }
}

fn bad_plan(rule: BadPlan) -> Problem {
    match rule {
        BadPlan::Price => Problem::invalid("price.amount_minor", "range", rule.to_string()),
        BadPlan::Interval => Problem::invalid("interval.unit", "one_of", rule.to_string()),
        BadPlan::Fee { .. } => Problem::invalid("fee.amount_minor", "range", rule.to_string()),
        BadPlan::Trial { .. } => Problem::invalid("trial_days", "range", rule.to_string()),
        BadPlan::Charging => Problem::invalid("sold_as", "charging", rule.to_string()),
        BadPlan::Currency => currency_mismatch("price.currency", &rule),
    }
}

fn bad_payment(rule: BadPayment) -> Problem {
    let (field, code) = match rule {
        BadPayment::Amount => ("amount.amount_minor", "range"),
        BadPayment::Currency => return currency_mismatch("amount.currency", &rule),
        BadPayment::Reference => ("reference", "length"),
        BadPayment::ReceivedAt => ("received_at", "range"),
    };
    Problem::invalid(field, code, rule.to_string())
}

fn currency_mismatch(field: &str, rule: &dyn std::error::Error) -> Problem {
    Problem::of(&catalog::CURRENCY_MISMATCH).field(field, "currency", rule.to_string())
}
