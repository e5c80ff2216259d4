//! A year of a small provider under faults, on a few seeds; `cargo xtask simulate --deep` runs long.

use simulation::{Broken, Kept, Scenario, Summary, simulate};

const SMALL: Scenario = Scenario {
    customers: 30,
    years: 1,
    seed: 1,
    faults: true,
    kept: Kept::InMemory,
};

fn history(seed: u64) -> Result<Summary, Broken> {
    simulate(Scenario { seed, ..SMALL }, |_| {})
}

fn much_happened(told: &Summary) {
    assert_eq!(told.customers, u64::from(SMALL.customers));
    let faults = told.faults;
    let counts = [
        told.invoices,
        told.payments,
        faults.repeated_deliveries,
        faults.repeated_payments,
        faults.repeated_sweeps,
        faults.held_up,
        faults.died_before_write + faults.died_after_write,
        faults.outages,
        faults.missed_days,
    ];
    assert!(counts.iter().all(|it| *it > 0), "{told:?}");
}

#[test]
fn no_promise_is_broken_in_the_first_history() {
    much_happened(&history(1).unwrap());
}

#[test]
fn no_promise_is_broken_in_the_second_history() {
    much_happened(&history(2).unwrap());
}

#[test]
fn no_promise_is_broken_in_the_third_history() {
    much_happened(&history(3).unwrap());
}

#[test]
fn the_same_seed_gives_the_same_history() {
    assert_eq!(history(4).unwrap(), history(4).unwrap());
}
