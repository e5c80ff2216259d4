//! Values as routers read and print them: time spans, rates, limits, ids, hardware addresses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use proptest::prelude::{any, prop};
use proptest::{prop_assert_eq, proptest};
use routeros_proto::{
    BadRateLimit, Burst, ItemId, Mac, RateLimit, RatePair, format_bool, format_duration,
    format_rate, parse_bool, parse_duration, parse_optional_duration, parse_rate,
};

#[test]
fn time_spans_are_read_in_every_spelling() {
    let table = [
        ("0s", 0),
        ("86400", 86_400_000),
        ("86400s", 86_400_000),
        ("1w2d3h4m5s", 788_645_000),
        ("3d", 259_200_000),
        ("120ms", 120),
        ("1s120ms", 1_120),
        ("00:00:10", 10_000),
        ("49:55", 2_995_000),
        ("1d02:03:04", 93_784_000),
        ("1w2d03:04:05", 788_645_000),
        ("00:00:01.5", 1_500),
    ];
    for (text, millis) in table {
        assert_eq!(
            parse_duration(text),
            Ok(Duration::from_millis(millis)),
            "{text}"
        );
    }
}

#[test]
fn texts_that_are_no_time_spans_are_refused() {
    for text in [
        "",
        "h",
        "5",
        "1x",
        "-1s",
        "1h30",
        "1:2:3:4",
        "00:61:00",
        "::",
        "1d2",
        "18446744073709551615w",
        "99999999999999999999",
        "1d:",
        "é",
        "1é",
    ] {
        let accepted = text == "5";
        assert_eq!(parse_duration(text).is_ok(), accepted, "{text:?}");
    }
}

#[test]
fn switched_off_time_spans_are_none() {
    for text in ["", "none", "never"] {
        assert_eq!(parse_optional_duration(text), Ok(None));
    }
    assert_eq!(
        parse_optional_duration("5m"),
        Ok(Some(Duration::from_secs(300)))
    );
    assert!(parse_optional_duration("often").is_err());
}

#[test]
fn time_spans_are_printed_as_routers_do() {
    let table = [
        (0, "0s"),
        (86_400_000, "1d"),
        (788_645_000, "1w2d3h4m5s"),
        (604_800_000, "1w"),
        (120, "120ms"),
        (90_061_000, "1d1h1m1s"),
    ];
    for (millis, text) in table {
        assert_eq!(format_duration(Duration::from_millis(millis)), text);
    }
}

#[test]
fn truth_values_have_two_spellings() {
    assert_eq!(parse_bool("true"), Ok(true));
    assert_eq!(parse_bool("yes"), Ok(true));
    assert_eq!(parse_bool("false"), Ok(false));
    assert_eq!(parse_bool("no"), Ok(false));
    assert!(parse_bool("1").is_err());
    assert_eq!((format_bool(true), format_bool(false)), ("yes", "no"));
}

#[test]
fn rates_have_decimal_suffixes() {
    let table = [
        ("0", 0),
        ("512k", 512_000),
        ("20M", 20_000_000),
        ("1G", 1_000_000_000),
    ];
    for (text, bps) in table {
        assert_eq!(parse_rate(text), Ok(bps));
        assert_eq!(format_rate(bps), text);
    }
    assert_eq!(parse_rate("20m"), Ok(20_000_000));
    assert_eq!(format_rate(1_500_000), "1500k");
    assert_eq!(format_rate(1_000_001), "1000001");
    for bad in ["", "M", "1.5M", "-1", "+1", "1T", "é", "99999999999999G"] {
        assert!(parse_rate(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_rate_pair_is_upload_then_download() {
    let pair: RatePair = "5M/20M".parse().unwrap();
    assert_eq!(
        pair,
        RatePair {
            rx_bps: 5_000_000,
            tx_bps: 20_000_000
        }
    );
    assert_eq!(pair.to_string(), "5M/20M");
    assert_eq!(pair.in_bps(), "5000000/20000000");
    assert_eq!("10M".parse(), Ok(RatePair::new(10_000_000, 10_000_000)));
    assert!("5M/".parse::<RatePair>().is_err());
}

#[test]
fn limits_written_differently_are_equal() {
    let same = [
        ("10M/10M", "10000000/10000000"),
        ("10M", "10M/10M"),
        ("5M/10M 0/0", "5M/10M"),
        ("5M/10M 8M/16M", "5M/10M  8M/16M 5M/10M 1s/1s"),
        ("5M/10M 8M/16M 4M/8M 16", "5M/10M 8M/16M 4M/8M 00:00:16/16s"),
    ];
    for (left, right) in same {
        assert_eq!(
            left.parse::<RateLimit>(),
            right.parse::<RateLimit>(),
            "{left} and {right}"
        );
    }
}

#[test]
fn a_full_limit_is_read_part_by_part() {
    let limit: RateLimit = "5M/20M 10M/40M 4M/16M 8/16 5 1M/2M".parse().unwrap();
    let expected = RateLimit {
        rate: RatePair::new(5_000_000, 20_000_000),
        burst: Some(Burst {
            rate: RatePair::new(10_000_000, 40_000_000),
            threshold: RatePair::new(4_000_000, 16_000_000),
            rx_seconds: 8,
            tx_seconds: 16,
        }),
        priority: Some(5),
        guaranteed: Some(RatePair::new(1_000_000, 2_000_000)),
    };
    assert_eq!(limit, expected);
    assert_eq!(limit.to_string(), "5M/20M 10M/40M 4M/16M 8/16 5 1M/2M");
}

#[test]
fn a_limit_prints_no_more_than_needed() {
    let steady = RateLimit::steady(RatePair::new(5_000_000, 20_000_000));
    assert_eq!(steady.to_string(), "5M/20M");
    let with_priority = RateLimit {
        priority: Some(3),
        ..steady
    };
    assert_eq!(with_priority.to_string(), "5M/20M 0/0 0/0 0/0 3");
}

#[test]
fn bad_limits_say_which_part_is_wrong() {
    let parse = |text: &str| text.parse::<RateLimit>();
    assert_eq!(parse(" "), Err(BadRateLimit::Empty));
    assert!(matches!(parse("fast"), Err(BadRateLimit::Rate(_))));
    assert!(matches!(
        parse("1M 2M 1M soon"),
        Err(BadRateLimit::BurstTime(_))
    ));
    assert!(matches!(
        parse("1M 2M 1M 1 9"),
        Err(BadRateLimit::Priority(_))
    ));
    assert!(matches!(
        parse("1M 2M 1M 1 0"),
        Err(BadRateLimit::Priority(_))
    ));
    assert!(matches!(
        parse("1M 2M 1M 1 8 1M x"),
        Err(BadRateLimit::Trailing(_))
    ));
}

#[test]
fn row_ids_are_hexadecimal_with_a_star() {
    assert_eq!("*1A".parse(), Ok(ItemId(26)));
    assert_eq!("*C0A80A08".parse(), Ok(ItemId(0xC0A8_0A08)));
    assert_eq!(ItemId(0x28E).to_string(), "*28E");
    for bad in ["", "*", "1A", "*G", "*+1", "* 1"] {
        assert!(bad.parse::<ItemId>().is_err(), "{bad:?}");
    }
}

#[test]
fn hardware_addresses_are_written_in_capitals() {
    for text in ["aa:bb:cc:dd:ee:0f", "AA-BB-CC-DD-EE-0F", "aabbccddee0f"] {
        assert_eq!(
            text.parse::<Mac>().unwrap().to_string(),
            "AA:BB:CC:DD:EE:0F"
        );
    }
    for bad in [
        "",
        "aa:bb:cc:dd:ee",
        "aa:bb:cc:dd:ee:gg",
        "aa.bb.cc.dd.ee.ff",
        "aaa:bb:cc:dd:ee:f",
    ] {
        assert!(bad.parse::<Mac>().is_err(), "{bad:?}");
    }
}

fn any_pair() -> impl proptest::strategy::Strategy<Value = RatePair> {
    use proptest::strategy::Strategy;
    (any::<u32>(), any::<u32>()).prop_map(|(rx, tx)| RatePair::new(rx.into(), tx.into()))
}

proptest! {
    #[test]
    fn printed_spans_read_back(millis in 0_u64..10_000_000_000) {
        let span = Duration::from_millis(millis);
        prop_assert_eq!(parse_duration(&format_duration(span)), Ok(span));
    }

    #[test]
    fn printed_limits_read_back(
        rate in any_pair(),
        burst in prop::option::of((any_pair(), any_pair(), 0_u64..1000, 0_u64..1000)),
        priority in prop::option::of(1_u8..=8),
        guaranteed in prop::option::of(any_pair()),
    ) {
        let burst = burst.filter(|(rate, ..)| *rate != RatePair::ZERO);
        let burst = burst.map(|(rate, threshold, rx_seconds, tx_seconds)| Burst {
            rate, threshold, rx_seconds, tx_seconds,
        });
        let guaranteed = guaranteed.filter(|it| *it != RatePair::ZERO);
        let limit = RateLimit { rate, burst, priority, guaranteed };
        let read: RateLimit = limit.to_string().parse().unwrap();
        let priority = priority.or(guaranteed.map(|_| 8));
        prop_assert_eq!(read, RateLimit { priority, ..limit });
    }

    #[test]
    fn value_parsers_never_panic(text in "\\PC{0,24}") {
        let _ = parse_duration(&text);
        let _ = parse_rate(&text);
        let _ = text.parse::<RateLimit>();
        let _ = text.parse::<Mac>();
        let _ = text.parse::<ItemId>();
    }
}
