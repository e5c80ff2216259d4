//! Reports and bars.
#![allow(clippy::expect_used)]

use super::bars::of;
use super::report::{Figure, Report, table};

fn figure(id: &str, value: f64, unit: &str, ratio: Option<f64>) -> Figure {
    Figure {
        id: id.to_owned(),
        value,
        unit: unit.to_owned(),
        floor: None,
        ratio,
        p50_ms: None,
        p99_ms: None,
        spread: None,
    }
}

fn cleared(figure: &Figure) -> Option<bool> {
    of(&figure.id).expect("a bar").is_cleared(figure)
}

#[test]
fn a_rate_must_reach_its_part_of_the_floor() {
    assert_eq!(
        cleared(&figure("api-read/sqlite", 9.0, "req/s", Some(0.75))),
        Some(true)
    );
    assert_eq!(
        cleared(&figure("api-read/sqlite", 9.0, "req/s", Some(0.74))),
        Some(false)
    );
    assert_eq!(
        cleared(&figure("router-apply/in-flight", 9.0, "cmd/s", Some(3.9))),
        Some(false)
    );
}

#[test]
fn issuing_vouchers_may_be_given_as_a_time_or_as_a_rate() {
    let bench = "voucher-issue/postgres";
    assert_eq!(cleared(&figure(bench, 9.0, "s", Some(2.9))), Some(true));
    assert_eq!(cleared(&figure(bench, 9.0, "s", Some(3.1))), Some(false));
    assert_eq!(
        cleared(&figure(bench, 9.0, "codes/s", Some(0.4))),
        Some(true)
    );
    assert_eq!(
        cleared(&figure(bench, 9.0, "codes/s", Some(0.3))),
        Some(false)
    );
}

#[test]
fn both_the_middle_and_the_slowest_must_be_in_time() {
    let times = |p50, p99| Figure {
        p50_ms: p50,
        p99_ms: p99,
        ..figure("pay-to-access/suspended", 1.0, "ms", None)
    };
    assert_eq!(cleared(&times(Some(150.0), Some(1000.0))), Some(true));
    assert_eq!(cleared(&times(Some(150.1), Some(200.0))), Some(false));
    assert_eq!(cleared(&times(Some(90.0), Some(1000.1))), Some(false));
    assert_eq!(cleared(&times(Some(90.0), None)), None);
}

#[test]
fn a_value_needs_no_floor() {
    assert_eq!(
        cleared(&figure("startup/ready", 150.0, "ms", None)),
        Some(true)
    );
    assert_eq!(
        cleared(&figure("startup/rss", 40.1, "MB", None)),
        Some(false)
    );
}

#[test]
fn a_comparison_may_cost_a_second_and_64_mb() {
    for (id, least, most) in [
        ("router-reconcile/unchanged-10k", 1000.0, 1000.1),
        ("router-reconcile/memory-10k", 64.0, 64.1),
    ] {
        assert_eq!(cleared(&figure(id, least, "", None)), Some(true), "{id}");
        assert_eq!(cleared(&figure(id, most, "", None)), Some(false), "{id}");
    }
}

#[test]
fn black_holes_may_cost_healthy_routers_a_fifth() {
    let bench = "router-isolation/p99";
    assert_eq!(cleared(&figure(bench, 9.0, "ms", Some(1.2))), Some(true));
    assert_eq!(cleared(&figure(bench, 9.0, "ms", Some(1.21))), Some(false));
}

#[test]
fn each_way_through_the_codec_may_cost_three_times_a_copy() {
    for way in ["decode", "decode-kept", "encode", "build"] {
        let id = format!("routeros-codec/{way}");
        let clears = |ratio| cleared(&figure(&id, 9.0, "GB/s", Some(ratio)));
        assert_eq!(
            (clears(0.3), clears(0.29)),
            (Some(true), Some(false)),
            "{way}"
        );
    }
}

#[test]
fn the_limits_may_cost_a_tenth_of_what_is_permitted() {
    for floor in ["limited", "within-limits"] {
        let id = format!("router-throughput/{floor}");
        let clears = |ratio| cleared(&figure(&id, 9.0, "users/s", Some(ratio)));
        assert_eq!(
            (clears(0.9), clears(0.89)),
            (Some(true), Some(false)),
            "{floor}"
        );
    }
}

#[test]
fn a_ratio_that_was_not_measured_clears_nothing() {
    assert_eq!(
        cleared(&figure("api-read/sqlite", 9.0, "req/s", None)),
        None
    );
}

#[test]
fn a_report_is_read_and_printed_with_its_bar() {
    let text = r#"{"bench": "api-read", "figures": [{"id": "api-read/postgres", "value": 12345.6,
        "unit": "req/s", "floor": 15000.0, "ratio": 0.823, "p50_ms": 4.1, "p99_ms": 9.25, "spread": 0.126}]}"#;
    let report = Report::parse(text).expect("a report");
    let table = table(&[report]).to_string();
    for cell in [
        "api-read/postgres",
        "12346",
        "0.82",
        "9.25",
        "13 %",
        "ratio >= 0.75",
        "ok",
    ] {
        assert!(table.contains(cell), "{cell} in\n{table}");
    }
}

#[test]
fn figures_may_leave_out_what_was_not_measured() {
    let text =
        r#"{"bench": "startup", "figures": [{"id": "startup/rss", "value": 31.5, "unit": "MB"}]}"#;
    let report = Report::parse(text).expect("a report");
    assert_eq!(report.figures[0].ratio, None);
}

#[test]
fn a_report_without_figures_is_refused() {
    assert!(Report::parse(r#"{"bench": "startup", "figures": []}"#).is_err());
    assert!(Report::parse("{}").is_err());
}
