//! What the demonstration sells: three PPPoE plans and three hotspot passes.

use access::{DefineProfile, RateLimit, Service, Terms, define_profile};
use anyhow::Context;
use billing::{Charging, Interval, IntervalUnit, NewPlan, SoldAs, define_plan};
use kernel::{Currency, Money, PlanId, Scope};

use crate::ports::Ports;

struct Offer {
    profile: &'static str,
    plan: &'static str,
    service: Service,
    up_mbps: u64,
    down_mbps: u64,
    price_idr: i64,
    interval: (IntervalUnit, u16),
}

const OFFERS: [Offer; 6] = [
    home("home-10", "Home 10", 2, 10, 150_000),
    home("home-20", "Home 20", 5, 20, 250_000),
    home("home-50", "Home 50", 10, 50, 400_000),
    pass(
        "pass-3h",
        "Three hours",
        1,
        5,
        3_000,
        (IntervalUnit::Hours, 3),
    ),
    pass("pass-1d", "One day", 1, 5, 5_000, (IntervalUnit::Days, 1)),
    pass(
        "pass-7d",
        "One week",
        2,
        8,
        25_000,
        (IntervalUnit::Weeks, 1),
    ),
];

const fn home(
    profile: &'static str,
    plan: &'static str,
    up_mbps: u64,
    down_mbps: u64,
    price_idr: i64,
) -> Offer {
    let interval = (IntervalUnit::Months, 1);
    Offer {
        profile,
        plan,
        service: Service::Pppoe,
        up_mbps,
        down_mbps,
        price_idr,
        interval,
    }
}

const fn pass(
    profile: &'static str,
    plan: &'static str,
    up_mbps: u64,
    down_mbps: u64,
    price_idr: i64,
    interval: (IntervalUnit, u16),
) -> Offer {
    Offer {
        profile,
        plan,
        service: Service::Hotspot,
        up_mbps,
        down_mbps,
        price_idr,
        interval,
    }
}

/// The plans of the demonstration, in the order of the offers: three PPPoE, then three hotspot.
pub(super) async fn offer(ports: &Ports, scope: &Scope) -> anyhow::Result<Vec<PlanId>> {
    let mut plans = Vec::new();
    for offer in &OFFERS {
        plans.push(
            define(ports, scope, offer)
                .await
                .with_context(|| offer.plan)?,
        );
    }
    Ok(plans)
}

async fn define(ports: &Ports, scope: &Scope, offer: &Offer) -> anyhow::Result<PlanId> {
    let profile = DefineProfile {
        id: ports.ids.next(),
        name: offer.profile.parse()?,
        service: offer.service,
        terms: terms(offer)?,
    };
    let idr: Currency = "IDR".parse()?;
    let (unit, count) = offer.interval;
    let sold_as = match offer.service {
        Service::Hotspot => SoldAs::Voucher,
        Service::Pppoe | Service::StaticIp | Service::DhcpLease | Service::MacBypass => {
            SoldAs::Subscription
        }
    };
    let plan = NewPlan {
        id: ports.ids.next(),
        name: offer.plan.parse()?,
        price: Money::from_minor(offer.price_idr * 100, idr),
        interval: Interval::new(unit, count)?,
        profile: profile.id,
        sold_as,
        charging: Charging::AHEAD,
    };
    let id = plan.id;
    define_profile(&*ports.access, scope, profile).await?;
    define_plan(&*ports.billing, scope, plan).await?;
    Ok(id)
}

fn terms(offer: &Offer) -> anyhow::Result<Terms> {
    let pppoe = offer.service == Service::Pppoe;
    Ok(Terms {
        rate: RateLimit {
            up_bps: offer.up_mbps * 1_000_000,
            down_bps: offer.down_mbps * 1_000_000,
            burst: None,
        },
        pool: pppoe.then(|| "pppoe-pool".parse()).transpose()?,
        local_address: pppoe.then(|| std::net::Ipv4Addr::new(10, 64, 0, 1)),
        address_list: None,
        shared_users: 1,
        session_timeout_s: None,
        idle_timeout_s: None,
    })
}
