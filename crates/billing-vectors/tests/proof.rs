//! No runner is hollow: whatever piece of an expectation is changed, the case does not pass any more.

use std::path::Path;

use billing_vectors::{Case, LET_BE, Theme, Unnoticed, of_odd_inputs, read_own, unnoticed};

fn cases(theme: Theme) -> anyhow::Result<Vec<(Theme, Case)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    read_own(&folder, theme)
}

#[test]
fn every_change_of_an_expectation_is_noticed() {
    let all = Theme::ALL.into_iter().flat_map(|it| cases(it).unwrap());
    let all: Vec<_> = all.collect();
    let found: Vec<Unnoticed> = all
        .iter()
        .flat_map(|(theme, it)| unnoticed(*theme, it))
        .collect();
    let hollow: Vec<_> = found.iter().filter(|it| it.let_be.is_none()).collect();
    assert!(hollow.is_empty(), "{hollow:#?}");
    for (theme, place, why) in LET_BE {
        let is_used = found.iter().any(|it| it.let_be == Some(why));
        assert!(
            is_used,
            "nothing of {} is let be at {place}",
            theme.as_str()
        );
    }
}

#[test]
fn an_odd_input_is_skipped_or_fails_and_never_ends_the_run() {
    for theme in Theme::ALL {
        let cases = cases(theme).unwrap();
        let odd = cases.iter().flat_map(|(_, it)| of_odd_inputs(theme, it));
        assert!(odd.count() > 0, "{} gives nothing", theme.as_str());
    }
}
