//! What a refusal by customers means to a client.

use customers::{ChangeCustomerError, CustomerRefusal, MoveCustomerError, RegisterCustomerError};

use super::{Problem, catalog};

impl From<RegisterCustomerError> for Problem {
    fn from(err: RegisterCustomerError) -> Self {
        match err {
            RegisterCustomerError::Exists(_) => {
                Self::of(&catalog::DUPLICATE).detail(err.to_string())
            }
            RegisterCustomerError::Store(err) => err.into(),
        }
    }
}

impl From<ChangeCustomerError> for Problem {
    fn from(err: ChangeCustomerError) -> Self {
        match err {
            ChangeCustomerError::NotFound(id) => Self::not_found("customer", id),
            ChangeCustomerError::Stale { .. } => {
                Self::of(&catalog::PRECONDITION_FAILED).detail(err.to_string())
            }
            ChangeCustomerError::Store(err) => err.into(),
        }
    }
}

impl From<MoveCustomerError> for Problem {
    fn from(err: MoveCustomerError) -> Self {
        match err {
            MoveCustomerError::NotFound(id) => Self::not_found("customer", id),
            MoveCustomerError::Refused(refusal) => refused(refusal),
            MoveCustomerError::Store(err) => err.into(),
        }
    }
}

fn refused(refusal: CustomerRefusal) -> Problem {
    let rule = match refusal {
        CustomerRefusal::Blocked => "blocked",
        CustomerRefusal::Left => "left",
    };
    Problem::wrong_state(rule, refusal)
}
