//! What was decided about a subscription, one decision after the other, folded into its timeline.

use kernel::{LocalDate, Money, PlanId};
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::schedule::{BillDay, Schedule};
use crate::timeline::{Component, Pause, PausePolicy, Phase, Reschedule, Timeline, Timing};

/// One decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which one it is: grows with every decision about the subscription. Of two for the same day the later counts.
    pub number: u64,
    /// The first day it holds.
    pub from: LocalDate,
    /// What was decided.
    pub what: Changed,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// A component is sold on these terms from then on.
    Agreed {
        /// The component; [`Component::BASE`] is the base plan.
        component: u16,
        /// The plan.
        plan: PlanId,
        /// What a cycle costs for one unit; `None` while nothing recurs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<Money>,
        /// How many units, at least one; `None` for as many as before, whenever that is decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quantity: Option<u32>,
        /// What is charged once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fee: Option<Money>,
    },
    /// A component is sold in another quantity, whatever its plan is then.
    Quantity {
        /// The component.
        component: u16,
        /// How many units, at least one.
        quantity: u32,
    },
    /// A component is taken away.
    Removed {
        /// The component.
        component: u16,
    },
    /// Periods begin anew.
    Rescheduled {
        /// How long they are; as long as before if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interval: Option<Interval>,
        /// On which day of the month; counted from the day of the decision if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bill_day: Option<BillDay>,
    },
    /// It rests.
    Paused {
        /// What that does to the money.
        policy: PausePolicy,
        /// The day after the last, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<LocalDate>,
    },
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
    pub(crate) const fn withdraws(&self) -> Option<u64> {
        match self.what {
            Changed::Withdrawn { number } => Some(number),
            _ => None,
        }
    }

    fn must_count(&self, quantity: u32) -> Result<(), BadChanges> {
        let number = self.number;
        match quantity {
            0 => Err(BadChanges::Quantity { number, quantity }),
            _ => Ok(()),
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
                let phases = &mut self.component(component).phases;
                let before = phases.last().map_or(1, |it| it.quantity);
                let quantity = quantity.unwrap_or(before);
                change.must_count(quantity)?;
                phases.push(Phase {
                    from,
                    plan,
                    price,
                    quantity,
                    fee,
                });
            }
            Changed::Quantity {
                component,
                quantity,
            } => {
                change.must_count(quantity)?;
                self.component(component).count(from, quantity);
            }
            Changed::Removed { component } => {
                let phases = &mut self.component(component).phases;
                if let Some(last) = phases.last().copied() {
                    phases.push(Phase::free(from, last.plan));
                }
            }
            Changed::Rescheduled { interval, bill_day } => {
                let before = self.reschedules.last();
                let before = before.map_or(self.schedule, |it| it.schedule);
                let interval = interval.unwrap_or(before.interval());
                let schedule = Schedule::new(from, interval, bill_day);
                self.reschedules.retain(|it| it.from < from);
                self.reschedules.push(Reschedule { from, schedule });
            }
            Changed::Paused { policy, until } => self.pause(from, until, policy)?,
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

    fn pause(
        &mut self,
        from: LocalDate,
        until: Option<LocalDate>,
        policy: PausePolicy,
    ) -> Result<(), BadChanges> {
        let last = self.pauses.last();
        if let Some(other) = last.filter(|it| it.until.is_none_or(|until| from < until)) {
            let other = other.from;
            return Err(BadChanges::OverlappingPauses { from, other });
        }
        self.pauses.push(Pause {
            from,
            until,
            policy,
        });
        Ok(())
    }

    fn resume(&mut self, from: LocalDate) -> Result<(), BadChanges> {
        let runs = |it: &&mut Pause| it.until.is_none_or(|until| from < until);
        let last = self.pauses.last_mut().filter(runs);
        last.ok_or(BadChanges::NotPaused { from })?.until = Some(from);
        Ok(())
    }
}

impl Component {
    /// Goes on with another quantity; what is charged once on that day stays.
    fn count(&mut self, from: LocalDate, quantity: u32) {
        let Some(last) = self.phases.last_mut() else {
            return;
        };
        if last.from == from {
            last.quantity = quantity;
            return;
        }
        let next = Phase {
            from,
            quantity,
            fee: None,
            ..*last
        };
        self.phases.push(next);
    }
}

#[cfg(test)]
mod tests;
