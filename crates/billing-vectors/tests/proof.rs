//! No runner is hollow: whatever piece of an expectation is changed, the case does not pass any more.

use std::path::Path;

use billing_vectors::{Theme, of_odd_inputs, read_own, unnoticed};

/// What of an expectation may change unnoticed, and why. `*` is any place in a list.
const LET_BE: [(Theme, &str, &str); 6] = [
    (
        Theme::BcdAlignment,
        "/items/-",
        "the first cycles of a life without end, as many as the case lists",
    ),
    (Theme::TimezoneBoundaries, "/charged_through/-", "the same"),
    (
        Theme::DiscountsCoupons,
        "/checks/-",
        "what coupons must know, not all they know",
    ),
    (
        Theme::En16931Rules,
        "/rule",
        "what is asked; what comes out is whether it accepts",
    ),
    (
        Theme::InvoiceDiff,
        "/items/*/name",
        "what the source calls an item; ours have no names",
    ),
    (
        Theme::InvoiceSequences,
        "/items/*/-",
        "an item without its amount asks for its days only",
    ),
];

fn is_let_be(theme: Theme, place: &str) -> bool {
    let plain = place.split('/').map(|it| match it.parse::<usize>() {
        Ok(_) => "*",
        Err(_) => it,
    });
    let plain = plain.collect::<Vec<_>>().join("/");
    LET_BE.iter().any(|it| it.0 == theme && it.1 == plain)
}

#[test]
fn every_change_of_an_expectation_is_noticed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let mut hollow = Vec::new();
    let mut proven = 0;
    for theme in Theme::ALL {
        for (_, case) in read_own(&folder, theme).unwrap() {
            let found = unnoticed(theme, &case).into_iter();
            hollow.extend(found.filter(|it| !is_let_be(theme, &it.place)));
            proven += 1;
        }
    }
    assert!(hollow.is_empty(), "{hollow:#?}");
    assert!(proven > 900, "only {proven} cases");
}

#[test]
fn an_odd_input_is_skipped_or_fails_and_never_ends_the_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    for theme in Theme::ALL {
        let cases = read_own(&folder, theme).unwrap();
        let odd = cases.iter().flat_map(|(_, it)| of_odd_inputs(theme, it));
        assert!(odd.count() > 0, "{} gives nothing", theme.as_str());
    }
}
