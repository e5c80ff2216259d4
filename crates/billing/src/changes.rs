//! What was decided about a subscription, one decision after the other, folded into its timeline.

use kernel::{LocalDate, Money, PlanId};

use crate::schedule::Schedule;
use crate::timeline::{Component, Pause, PausePolicy, Phase, Reschedule, Timeline, Timing};

/// One decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Which one it is: grows with every decision about the subscription. Of two for the same day the later counts.
    pub number: u64,
    /// The first day it holds.
    pub from: LocalDate,
    /// What was decided.
    pub what: Changed,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// A component is sold on these terms from then on.
    Agreed {
        /// The component; [`Component::BASE`] is the base plan.
        component: u16,
        /// The plan.
        plan: PlanId,
        /// What a cycle costs for one unit; `None` while nothing recurs.
        price: Option<Money>,
        /// How many units, at least one.
        quantity: u32,
        /// What is charged once.
        fee: Option<Money>,
    },
    /// A component is taken away.
    Removed {
        /// The component.
        component: u16,
    },
    /// Periods begin on other days.
    Rescheduled(Schedule),
    /// It rests.
    Paused(PausePolicy),
    /// It goes on.
    Resumed,
    /// It is over.
    Ended,
    /// An earlier decision does not count any more.
    Withdrawn {
        /// Its number.
        number: u64,
    },
}

/// Decisions that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadChanges {
    /// Two different decisions have one number.
    #[error("two different decisions have the number {number}")]
    NumberTwice {
        /// The number.
        number: u64,
    },
    /// A pause begins in another one.
    #[error("a pause from {from} would overlap the one from {other}")]
    OverlappingPauses {
        /// The first day of the later one.
        from: LocalDate,
        /// The first day of the earlier one.
        other: LocalDate,
    },
    /// Something goes on that does not rest.
    #[error("there is no pause that could end on {from}")]
    NotPaused {
        /// The day.
        from: LocalDate,
    },
    /// A quantity of zero.
    #[error("quantity must be at least 1; decision {number} says {quantity}")]
    Quantity {
        /// The decision.
        number: u64,
        /// What it says.
        quantity: u32,
    },
}

/// The timeline that some decisions lead to. Neither their order matters nor how often each one arrives.
///
/// What was decided for the end or later is not in it: the earliest end stands.
///
/// # Errors
/// [`BadChanges`] names the decisions that contradict each other.
pub fn timeline_of(
    schedule: Schedule,
    timing: Timing,
    changes: &[Change],
) -> Result<Timeline, BadChanges> {
    let mut timeline = Timeline {
        timing,
        components: Vec::new(),
        ..Timeline::of_plan(schedule, Vec::new())
    };
    for change in each_once(changes)? {
        if timeline.charged_until.is_none_or(|end| change.from < end) {
            timeline.apply(change)?;
        }
    }
    Ok(timeline)
}

fn each_once(changes: &[Change]) -> Result<Vec<Change>, BadChanges> {
    let mut ordered = changes.to_vec();
    ordered.sort_by_key(|it| it.number);
    let twice = |pair: &&[Change]| pair[0].number == pair[1].number && pair[0] != pair[1];
    if let Some(pair) = ordered.windows(2).find(twice) {
        let number = pair[0].number;
        return Err(BadChanges::NumberTwice { number });
    }
    ordered.dedup();
    let withdrawn: Vec<u64> = ordered.iter().filter_map(|it| it.withdraws()).collect();
    ordered.retain(|it| it.withdraws().is_none() && !withdrawn.contains(&it.number));
    // A pause may begin on the day another one ends.
    ordered.sort_by_key(|it| (it.from, it.what != Changed::Resumed, it.number));
    Ok(ordered)
}

impl Change {
    const fn withdraws(&self) -> Option<u64> {
        match self.what {
            Changed::Withdrawn { number } => Some(number),
            _ => None,
        }
    }
}

impl Timeline {
    fn apply(&mut self, change: Change) -> Result<(), BadChanges> {
        let from = change.from;
        match change.what {
            Changed::Agreed {
                component,
                plan,
                price,
                quantity,
                fee,
            } => {
                if quantity == 0 {
                    let number = change.number;
                    return Err(BadChanges::Quantity { number, quantity });
                }
                self.component(component).phases.push(Phase {
                    from,
                    plan,
                    price,
                    quantity,
                    fee,
                });
            }
            Changed::Removed { component } => {
                let phases = &mut self.component(component).phases;
                if let Some(last) = phases.last().copied() {
                    phases.push(Phase::free(from, last.plan));
                }
            }
            Changed::Rescheduled(schedule) => {
                self.reschedules.retain(|it| it.from < from);
                self.reschedules.push(Reschedule { from, schedule });
            }
            Changed::Paused(policy) => self.pause(from, policy)?,
            Changed::Resumed => self.resume(from)?,
            Changed::Ended => self.charged_until = Some(from),
            Changed::Withdrawn { .. } => {}
        }
        Ok(())
    }

    fn component(&mut self, number: u16) -> &mut Component {
        let place = self.components.iter().position(|it| it.number == number);
        let place = place.unwrap_or_else(|| {
            self.components.push(Component::new(number, Vec::new()));
            self.components.len() - 1
        });
        &mut self.components[place]
    }

    fn pause(&mut self, from: LocalDate, policy: PausePolicy) -> Result<(), BadChanges> {
        let last = self.pauses.last();
        if let Some(other) = last.filter(|it| it.until.is_none_or(|until| from < until)) {
            let other = other.from;
            return Err(BadChanges::OverlappingPauses { from, other });
        }
        self.pauses.push(Pause {
            from,
            until: None,
            policy,
        });
        Ok(())
    }

    fn resume(&mut self, from: LocalDate) -> Result<(), BadChanges> {
        let last = self.pauses.last_mut().filter(|it| it.until.is_none());
        last.ok_or(BadChanges::NotPaused { from })?.until = Some(from);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
