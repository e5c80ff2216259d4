//! What a refusal by dunning means to a client.

use billing::{
    AccountError, ArrearsRefusal, BadProcedure, BadPromise, BadSteps, BadWindow, DecideRunError,
    DefineProcedureError, RunRefusal, WaiveFeeError, WaiveRefusal,
};

use super::Problem;

impl From<AccountError> for Problem {
    fn from(err: AccountError) -> Self {
        match err {
            AccountError::NotFound(id) => Self::not_found("account", id),
            AccountError::Refused(rule) => rule.into(),
            AccountError::Store(err) => err.into(),
        }
    }
}

impl From<ArrearsRefusal> for Problem {
    fn from(rule: ArrearsRefusal) -> Self {
        let text = rule.to_string();
        match rule {
            ArrearsRefusal::Terms(_) => Self::invalid("terms_days", "range", text),
            ArrearsRefusal::Reason(_) => Self::invalid("reason", "length", text),
            ArrearsRefusal::PastHold { .. } => Self::invalid("until", "range", text),
            ArrearsRefusal::AlreadyHeld { .. } => Self::wrong_state("already_held", text),
            ArrearsRefusal::AlreadyPromised { .. } => Self::wrong_state("already_promised", text),
            ArrearsRefusal::NothingOverdue => Self::wrong_state("nothing_overdue", text),
            ArrearsRefusal::NothingPromised => Self::wrong_state("nothing_promised", text),
            ArrearsRefusal::Promise(BadPromise::Past { .. } | BadPromise::TooLong { .. }) => {
                Self::invalid("until", "range", text)
            }
            ArrearsRefusal::Procedure(rule) => bad_procedure(rule),
            ArrearsRefusal::Money(err) => Self::internal(&err),
        }
    }
}

impl From<DefineProcedureError> for Problem {
    fn from(err: DefineProcedureError) -> Self {
        match err {
            DefineProcedureError::NotFound(id) => Self::not_found("legal entity", id),
            DefineProcedureError::Refused(rule) => bad_procedure(rule),
            DefineProcedureError::Store(err) => err.into(),
        }
    }
}

impl From<WaiveFeeError> for Problem {
    fn from(err: WaiveFeeError) -> Self {
        let text = err.to_string();
        match err {
            WaiveFeeError::NotFound(id) => Self::not_found("account", id),
            WaiveFeeError::NoFee { .. } => Self::unknown_reference("step", text),
            WaiveFeeError::Refused(rule @ WaiveRefusal::Billed { .. }) => {
                Self::wrong_state("billed", rule)
            }
            WaiveFeeError::Refused(rule @ WaiveRefusal::Waived { .. }) => {
                Self::wrong_state("waived", rule)
            }
            WaiveFeeError::Refused(rule @ WaiveRefusal::Reason(_)) => {
                Self::invalid("reason", "length", rule.to_string())
            }
            WaiveFeeError::Store(err) => err.into(),
        }
    }
}

impl From<DecideRunError> for Problem {
    fn from(err: DecideRunError) -> Self {
        match err {
            DecideRunError::NotFound(id) => Self::not_found("dunning run", id),
            DecideRunError::Refused(rule @ RunRefusal::NotWaiting(_)) => {
                Self::wrong_state("not_waiting", rule)
            }
            DecideRunError::Refused(rule @ RunRefusal::Reason(_)) => {
                Self::invalid("reason", "length", rule.to_string())
            }
            DecideRunError::Store(err) => err.into(),
        }
    }
}

fn bad_procedure(rule: BadProcedure) -> Problem {
    let (field, code) = match rule {
        BadProcedure::Grace(_) => ("grace_days", "range"),
        BadProcedure::Tolerance(_) => ("tolerance_minor", "range"),
        BadProcedure::ReconnectionFee(_) => ("reconnection_fee_minor", "range"),
        BadProcedure::PromiseDays(_) => ("promise.days", "range"),
        BadProcedure::Promises(_) => ("promise.times", "range"),
        BadProcedure::MostCut(_) => ("most_cut_percent", "range"),
        BadProcedure::OffScale { .. } => ("steps", "scale"),
        BadProcedure::Holidays(_) => ("window.holidays", "length"),
        BadProcedure::Steps(BadSteps::TooMany(_)) => ("steps", "length"),
        BadProcedure::Steps(BadSteps::TooFar { .. }) => ("steps", "range"),
        BadProcedure::Steps(BadSteps::Order { .. }) => ("steps", "order"),
        BadProcedure::Steps(BadSteps::InGrace { .. }) => ("steps", "within_grace"),
        BadProcedure::Steps(BadSteps::Fee { .. }) => ("steps", "fee"),
        BadProcedure::Steps(BadSteps::NoNotice { .. }) => ("steps", "no_notice"),
        BadProcedure::Steps(BadSteps::Milder { .. }) => ("steps", "milder"),
        BadProcedure::Window(BadWindow::Weekdays) => ("window.weekdays", "length"),
        BadProcedure::Window(BadWindow::Hours { .. }) => ("window.from_hour", "order"),
    };
    Problem::invalid(field, code, rule.to_string())
}
