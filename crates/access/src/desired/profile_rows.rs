//! The rows of profiles: what everybody who has one shares.

use std::collections::BTreeMap;

use super::{DesiredRow, RESTRICTED_LIST, RESTRICTED_RATE, shared_row, tag};
use crate::login::Service;
use crate::profile::ServiceProfile;
use crate::row::Attribute;
use crate::tag::{Mark, TagId};

pub(super) fn profile_row(mark: &Mark, profile: &ServiceProfile) -> DesiredRow {
    let terms = profile.terms();
    let seconds = |it: Option<u32>| it.map(|it| it.to_string());
    let mut owned = addressing(profile);
    owned.insert(Attribute::RateLimit, Some(terms.rate.to_string()));
    owned.insert(
        Attribute::AddressList,
        terms.address_list.as_ref().map(ToString::to_string),
    );
    owned.insert(Attribute::SessionTimeout, seconds(terms.session_timeout_s));
    owned.insert(Attribute::IdleTimeout, seconds(terms.idle_timeout_s));
    share(&mut owned, profile);
    let tag = tag(mark, TagId::profile(profile.id()), profile.revision());
    shared_row(profile.router_name(mark), tag, owned)
}

pub(super) fn restricted_row(mark: &Mark, profile: &ServiceProfile) -> DesiredRow {
    let mut owned = addressing(profile);
    owned.insert(Attribute::RateLimit, Some(RESTRICTED_RATE.to_string()));
    owned.insert(Attribute::AddressList, Some(RESTRICTED_LIST.to_owned()));
    if profile.has_addressing() {
        share(&mut owned, profile);
    }
    let of = profile.has_addressing().then(|| profile.id());
    let tag = tag(mark, TagId::restricted(of), 1);
    shared_row(profile.restricted_router_name(), tag, owned)
}

/// Pool and local address are the product's only where the profile names them: without them a PPP profile would not
/// work at all unless the operator may set them by hand.
fn addressing(profile: &ServiceProfile) -> BTreeMap<Attribute, Option<String>> {
    let terms = profile.terms();
    let pool = terms
        .pool
        .as_ref()
        .map(|it| (Attribute::Pool, Some(it.to_string())));
    let local = terms
        .local_address
        .map(|it| (Attribute::LocalAddress, Some(it.to_string())));
    pool.into_iter().chain(local).collect()
}

fn share(owned: &mut BTreeMap<Attribute, Option<String>>, profile: &ServiceProfile) {
    if profile.service() == Service::Hotspot {
        let count = profile.terms().shared_users;
        owned.insert(
            Attribute::SharedUsers,
            (count != 1).then(|| count.to_string()),
        );
    }
}
