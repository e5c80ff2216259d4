//! The real store comes to the same books as memory, crash by crash.

use simulation::{Kept, Scenario, simulate};

#[test]
fn a_history_on_the_real_store_ends_as_it_does_in_memory() {
    let in_memory = Scenario {
        customers: 6,
        years: 1,
        seed: 3,
        faults: true,
        kept: Kept::InMemory,
    };
    let on_sqlite = Scenario {
        kept: Kept::OnSqlite,
        ..in_memory
    };
    let stored = simulate(on_sqlite, |_| {}).unwrap();
    assert_eq!(stored, simulate(in_memory, |_| {}).unwrap());
    let died = stored.faults.died_before_write + stored.faults.died_after_write;
    assert!(died > 0, "no crash was survived: {stored:?}");
}
