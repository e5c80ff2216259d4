//! What a refusal by background work means to a client.

use jobs::{ControlError, JobRefusal};

use super::{Problem, catalog};

impl From<ControlError> for Problem {
    fn from(err: ControlError) -> Self {
        match err {
            ControlError::NotFound => Self::of(&catalog::NOT_FOUND).detail(err.to_string()),
            ControlError::Refused(refusal) => refused(refusal),
            ControlError::Store(err) => err.into(),
        }
    }
}

fn refused(refusal: JobRefusal) -> Problem {
    let rule = match refusal {
        JobRefusal::Done => "done",
        JobRefusal::NotStopped => "not_stopped",
        JobRefusal::TwinWaits => "twin_waits",
    };
    Problem::wrong_state(rule, refusal)
}
