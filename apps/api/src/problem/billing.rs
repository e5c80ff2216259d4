//! What a refusal by billing means to a client.

use billing::{
    BadAgreement, BadChanges, BadDiscount, BadLetterhead, BadPlan, BadPricing, BillAccountError,
    CorrectInvoiceError, CorrectionRefusal, CreditRefusal, DefineTaxesError, DiscountError,
    HeadDocumentsError, NoReceipt, NoStatement, NotCredited, PlanError, ReleaseAccountError,
    RenewError, SubscribeError, SubscriptionError, SubscriptionRefusal, TillError, TillRefusal,
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

impl From<HeadDocumentsError> for Problem {
    fn from(err: HeadDocumentsError) -> Self {
        match err {
            HeadDocumentsError::NotFound(id) => Self::not_found("legal entity", id),
            HeadDocumentsError::Refused(rule) => bad_letterhead(rule),
            HeadDocumentsError::Store(err) => err.into(),
        }
    }
}

impl From<DefineTaxesError> for Problem {
    fn from(err: DefineTaxesError) -> Self {
        match err {
            DefineTaxesError::NotFound(id) => Self::not_found("legal entity", id),
            DefineTaxesError::Refused(rule) => bad_pricing(&rule),
            DefineTaxesError::Store(err) => err.into(),
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

impl From<RenewError> for Problem {
    fn from(err: RenewError) -> Self {
        match err {
            RenewError::Subscription(err) => err.into(),
            RenewError::Wallet(rule) => {
                Self::refused("account", "credit_too_low", rule.to_string())
            }
            RenewError::Parked(_) => Self::wrong_state("parked", err),
        }
    }
}

impl From<TillError> for Problem {
    fn from(err: TillError) -> Self {
        match err {
            TillError::NotFound(id) => Self::not_found("till day", id),
            TillError::NoEntity => Self::unknown_reference("legal_entity", err),
            TillError::Open => Self::wrong_state("open", err),
            TillError::Refused(rule) => bad_till(&rule),
            TillError::Store(err) => err.into(),
        }
    }
}

impl From<NoStatement> for Problem {
    fn from(err: NoStatement) -> Self {
        let text = err.to_string();
        match err {
            NoStatement::NotFound(id) => Self::not_found("account", id),
            NoStatement::Days { .. } => {
                Self::of(&catalog::INVALID_PARAMETER).field("to", "range", text)
            }
            NoStatement::TooMuch => Self::refused("to", "too_much", text),
            NoStatement::Store(err) => err.into(),
        }
    }
}

impl From<NoReceipt> for Problem {
    fn from(err: NoReceipt) -> Self {
        match err {
            NoReceipt::NotFound(id) => Self::not_found("payment", id),
            NoReceipt::NotReceived { status } => Self::wrong_state(status.as_str(), err),
            NoReceipt::Store(err) => err.into(),
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

impl From<CorrectInvoiceError> for Problem {
    fn from(err: CorrectInvoiceError) -> Self {
        match err {
            CorrectInvoiceError::NotFound(id) => Self::not_found("invoice", id),
            CorrectInvoiceError::NotCredited(why) => not_credited(&why),
            CorrectInvoiceError::Refused(rule) => bad_correction(&rule),
            CorrectInvoiceError::OtherContent => duplicate("id", &err),
            CorrectInvoiceError::Reason { .. } => {
                Self::invalid("reason", "length", err.to_string())
            }
            CorrectInvoiceError::Store(err) => err.into(),
        }
    }
}

impl From<DiscountError> for Problem {
    fn from(err: DiscountError) -> Self {
        match err {
            DiscountError::NotFound(id) => Self::not_found("account", id),
            DiscountError::Refused(rule) => bad_agreement(&rule),
            DiscountError::Store(err) => err.into(),
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
            R::NotPrepaid { .. } => Self::wrong_state("not_prepaid", refusal),
            R::Rests { .. } => Self::wrong_state("rests", refusal),
            R::EmptyPause { .. } => Self::invalid("until", "range", text),
            R::Reason => Self::invalid("reason", "length", text),
            R::Calendar => Self::invalid("when", "range", text),
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
        BadPlan::TaxCategory => Problem::refused("tax_category", "unknown", rule.to_string()),
        BadPlan::Interval => Problem::invalid("interval.unit", "one_of", rule.to_string()),
        BadPlan::Fee { .. } => Problem::invalid("fee.amount_minor", "range", rule.to_string()),
        BadPlan::Trial { .. } => Problem::invalid("trial_days", "range", rule.to_string()),
        BadPlan::Charging => Problem::invalid("sold_as", "charging", rule.to_string()),
        BadPlan::Currency => currency_mismatch("price.currency", &rule),
    }
}

fn bad_till(rule: &TillRefusal) -> Problem {
    let text = rule.to_string();
    match rule {
        TillRefusal::Negative(_) => Problem::invalid("amount_minor", "range", text),
        TillRefusal::Currency { .. } => currency_mismatch("currency", rule),
        TillRefusal::Closed { .. } => Problem::wrong_state("closed", rule),
        TillRefusal::Unexplained { .. } => Problem::refused("note", "required", text),
        TillRefusal::Money(err) => Problem::internal(err),
    }
}

fn bad_agreement(rule: &BadAgreement) -> Problem {
    let text = rule.to_string();
    let (field, code) = match rule {
        BadAgreement::Discount(BadDiscount::AboveWhole { .. }) => ("percent", "above_whole"),
        BadAgreement::Discount(BadDiscount::Currency { .. }) => {
            return currency_mismatch("amount.currency", rule);
        }
        BadAgreement::Discount(_) => ("amount", "range"),
        BadAgreement::Nothing => ("amount", "nothing"),
        BadAgreement::Name { .. } => return Problem::invalid("name", "length", text),
        BadAgreement::Reason { .. } => return Problem::invalid("reason", "length", text),
        BadAgreement::Backwards { .. } => ("until", "backwards"),
        BadAgreement::Never => ("times", "range"),
        BadAgreement::OtherSubscription(_) => {
            return Problem::unknown_reference("subscription", text);
        }
        BadAgreement::TooMany => return Problem::wrong_state("too_many", rule),
        BadAgreement::OtherContent => return duplicate("id", rule),
        BadAgreement::Unknown(id) => return Problem::not_found("discount", id),
    };
    Problem::refused(field, code, text)
}

fn not_credited(why: &NotCredited) -> Problem {
    match why {
        NotCredited::Refused(rule) => bad_credit(rule),
        NotCredited::Correction(rule) => bad_correction(rule),
        NotCredited::Books(err) => Problem::internal(err),
        NotCredited::Money(err) => Problem::internal(err),
    }
}

fn bad_credit(rule: &CreditRefusal) -> Problem {
    let (field, code) = match rule {
        CreditRefusal::NoSuchLine { .. } => ("lines.line", "unknown"),
        CreditRefusal::Twice { .. } => ("lines.line", "unique"),
        CreditRefusal::AlreadyCredited { .. } => ("lines.line", "credited"),
        CreditRefusal::TooMuch { .. } => ("lines.amount", "above_left"),
        CreditRefusal::NotPositive { .. } => ("lines.amount", "range"),
        CreditRefusal::OffScale { .. } => ("lines.amount", "scale"),
        CreditRefusal::NothingLeft
        | CreditRefusal::Exceeded { .. }
        | CreditRefusal::NotOwed { .. }
        | CreditRefusal::Outdated
        | CreditRefusal::NotVoidable { .. }
        | CreditRefusal::NotAllCredited { .. }
        | CreditRefusal::Corrected => return Problem::wrong_state("nothing_left", rule),
        CreditRefusal::Money(err) => return Problem::refused("lines", "overflow", err.to_string()),
    };
    Problem::refused(field, code, rule.to_string())
}

fn bad_correction(rule: &CorrectionRefusal) -> Problem {
    match rule {
        CorrectionRefusal::Voided { .. } => Problem::wrong_state("voided", rule),
        CorrectionRefusal::BeyondInvoice { .. } => {
            Problem::refused("lines", "above_invoice", rule.to_string())
        }
        CorrectionRefusal::Entangled => Problem::wrong_state("entangled", rule),
        CorrectionRefusal::Paid { .. } => Problem::wrong_state("paid", rule),
        CorrectionRefusal::NothingDue => Problem::wrong_state("nothing_due", rule),
        CorrectionRefusal::Money(err) => Problem::internal(err),
    }
}

fn bad_letterhead(rule: BadLetterhead) -> Problem {
    let (field, code) = match rule {
        BadLetterhead::Address => ("address", "length"),
        BadLetterhead::Country => ("country", "format"),
        BadLetterhead::TaxId => ("tax_id", "length"),
        BadLetterhead::Email => ("email", "format"),
        BadLetterhead::Note => ("note", "length"),
        BadLetterhead::PayUrl => ("pay_url", "format"),
    };
    Problem::refused(field, code, rule.to_string())
}

fn bad_pricing(rule: &BadPricing) -> Problem {
    let (field, code) = match rule {
        BadPricing::Coin { .. } => ("coin_minor", "range"),
        BadPricing::NoUsual => ("usual_category", "required"),
        BadPricing::UnknownUsual { .. } => ("usual_category", "unknown"),
        BadPricing::Rate { .. } => ("categories.taxes.rules.rate", "range"),
        BadPricing::Name { .. } => ("categories.taxes.rules.name", "length"),
        BadPricing::Contradiction { .. } => ("categories.taxes", "contradiction"),
        BadPricing::CategoryGone { .. } => ("categories", "in_use"),
    };
    Problem::refused(field, code, rule.to_string())
}

pub(super) fn currency_mismatch(field: &str, rule: &dyn std::error::Error) -> Problem {
    Problem::of(&catalog::CURRENCY_MISMATCH).field(field, "currency", rule.to_string())
}
