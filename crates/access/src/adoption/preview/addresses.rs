//! Proposals for queues and leases: customers that are known by their address or their device.
//!
//! A row is taken over as it is: only the product's tag goes into its comment. So whatever the product would write
//! differently is a reason to leave the row alone.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use kernel::Secret;

use super::logins::untagged;
use super::speeds::Speeds;
use super::{Circumstances, Draft, Place, Verdict, readable};
use crate::adoption::proposal::{CustomerProposal, Proposal};
use crate::adoption::raw::Raw;
use crate::adoption::survey::{Survey, SurveyedLease, SurveyedQueue, SurveyedRate};
use crate::grant::Limits;
use crate::identity::{Prefix, canonical_login};
use crate::login::{Login, LoginRef, Service};
use crate::menu::Menu;
use crate::profile::ListName;
use crate::rate_limit::{MAX_RATE_BPS, RateLimit};

/// A longer prefix is a customer's; a shorter one is a network of the operator's, as a rule.
const CUSTOMER_BITS: u8 = 28;

pub(super) fn queue_place(queue: &SurveyedQueue) -> Place {
    super::place(Menu::SimpleQueue.path(), queue.row.as_str())
}

pub(super) fn lease_place(lease: &SurveyedLease) -> Place {
    super::place(Menu::DhcpLease.path(), lease.row.as_str())
}

pub(super) fn queue_fingerprint(queue: &SurveyedQueue) -> Secret {
    Secret::new(format!("{queue:?}"))
}

pub(super) fn lease_fingerprint(lease: &SurveyedLease) -> Secret {
    Secret::new(format!("{lease:?}"))
}

/// Queues first: a lease whose address a queue limits already is the same customer.
pub(super) fn propose(
    survey: &Survey,
    speeds: &mut Speeds,
    around: Circumstances<'_>,
) -> Vec<Draft> {
    let parents = survey.queues.iter().filter_map(|it| it.parent.as_deref());
    let mut taking = Taking {
        around,
        speeds,
        parents: parents.collect(),
        taken: BTreeSet::new(),
    };
    let mut drafts: Vec<Draft> = survey.queues.iter().map(|it| taking.queue(it)).collect();
    drafts.extend(survey.leases.iter().map(|it| taking.lease(it)));
    drafts
}

struct Taking<'a, 's> {
    around: Circumstances<'a>,
    speeds: &'s mut Speeds,
    /// Names of queues that others hang below.
    parents: BTreeSet<&'s str>,
    /// What was proposed already: a customer exists once.
    taken: BTreeSet<LoginRef>,
}

impl Taking<'_, '_> {
    fn queue(&mut self, queue: &SurveyedQueue) -> Draft {
        let (customer, verdict) = match self.judge_queue(queue) {
            Ok((login, rate)) => {
                let profile = self.speeds.of(Service::StaticIp, rate, None, self.around);
                let name = [&queue.comment, &queue.name];
                let new = self.customer(Service::StaticIp, login, profile, name);
                (Some(new), Verdict::Import)
            }
            Err(verdict) => (None, verdict),
        };
        Draft {
            place: queue_place(queue),
            name: queue.name.clone(),
            comment: queue.comment.clone(),
            proposal: Proposal::StaticIp {
                target: queue.target.clone(),
                max_limit: queue.max_limit.clone(),
                customer,
            },
            verdict,
            notes: Vec::new(),
            fingerprint: queue_fingerprint(queue),
        }
    }

    fn judge_queue(&mut self, queue: &SurveyedQueue) -> Result<(Login, RateLimit), Verdict> {
        untagged(&queue.comment, self.around)?;
        let Ok(prefix) = queue.target.parse::<Prefix>() else {
            return listed("it limits something else than one address or prefix of IPv4");
        };
        if prefix.bits() < CUSTOMER_BITS {
            return listed("it limits a whole network, which is hardly one customer");
        }
        if queue
            .name
            .text()
            .is_some_and(|it| self.parents.contains(it))
        {
            return listed("other queues hang below it, so it is nobody's own");
        }
        if queue.is_narrow {
            return listed("it limits a part of the traffic only");
        }
        if queue.is_disabled {
            return listed("it is disabled, and taking it over would enable it");
        }
        let rate = expressible(&queue.rate)?;
        let login = self.free(Service::StaticIp, &prefix.to_string())?;
        Ok((login, rate))
    }

    fn lease(&mut self, lease: &SurveyedLease) -> Draft {
        let address = lease.address.parse::<Ipv4Addr>().ok();
        let address = address.filter(|it| !it.is_unspecified());
        let (customer, verdict) = match self.judge_lease(lease, address) {
            Ok((login, rate, list)) => {
                let profile = self.speeds.of(Service::DhcpLease, rate, list, self.around);
                let name = [&lease.comment, &Raw::from(lease.device.as_str())];
                let new = CustomerProposal {
                    address,
                    is_blocked: lease.is_blocked,
                    ..self.customer(Service::DhcpLease, login, profile, name)
                };
                (Some(new), Verdict::Import)
            }
            Err(verdict) => (None, verdict),
        };
        Draft {
            place: lease_place(lease),
            name: Raw::from(lease.address.as_str()),
            comment: lease.comment.clone(),
            proposal: Proposal::DhcpLease {
                address: lease.address.clone(),
                device: lease.device.clone(),
                customer,
            },
            verdict,
            notes: Vec::new(),
            fingerprint: lease_fingerprint(lease),
        }
    }

    fn judge_lease(
        &mut self,
        lease: &SurveyedLease,
        address: Option<Ipv4Addr>,
    ) -> Result<(Login, RateLimit, Option<ListName>), Verdict> {
        untagged(&lease.comment, self.around)?;
        let limited = address.map(|it| LoginRef::new(Service::StaticIp, it.to_string()));
        if limited.is_some_and(|it| self.taken.contains(&it)) {
            return listed(
                "a queue limits its address: that is the customer, and the lease stays as it is",
            );
        }
        if lease.is_disabled {
            return listed("it is disabled, and taking it over would enable it");
        }
        let list = match lease.address_lists.as_str() {
            "" => None,
            one => match one.parse() {
                Ok(list) => Some(list),
                Err(_) => {
                    return listed(
                        "it puts its device on address lists that a profile cannot name",
                    );
                }
            },
        };
        let rate = expressible(&lease.rate)?;
        let login = lease.device.parse::<Login>().ok();
        let canonical = login.and_then(|it| canonical_login(Service::DhcpLease, &it, address).ok());
        let Some(canonical) = canonical else {
            return listed("it names no device, or an address that nobody can have");
        };
        let login = self.free(Service::DhcpLease, canonical.as_str())?;
        Ok((login, rate, list))
    }

    /// The login, if nobody has it.
    fn free(&mut self, service: Service, name: &str) -> Result<Login, Verdict> {
        let refused = |why: &str| Verdict::Refused(why.to_owned());
        let login = LoginRef::new(service, name);
        if self.around.known.logins.contains(&login) {
            return Err(refused(
                "another login of the product has this name on the router",
            ));
        }
        if !self.taken.insert(login) {
            return Err(refused(
                "another row of the router has the same address or device",
            ));
        }
        name.parse()
            .map_err(|_| refused("its address or device is unusable"))
    }

    fn customer(
        &self,
        service: Service,
        login: Login,
        profile: kernel::ProfileId,
        names: [&Raw; 2],
    ) -> CustomerProposal {
        let ids = self.around.ids;
        let mut names = names.into_iter().map(|it| readable(it, 120));
        let name = names.find(|it| !it.is_empty());
        CustomerProposal {
            customer: ids.next(),
            name: name.unwrap_or_else(|| login.to_string()),
            subscription: ids.next(),
            grant: ids.next(),
            service,
            login,
            address: None,
            profile,
            is_blocked: false,
            limits: Limits::NONE,
            server: None,
            resets_password: false,
        }
    }
}

fn listed<T>(why: &str) -> Result<T, Verdict> {
    Err(Verdict::NotYet(why.to_owned()))
}

/// The speed, where the product would write the same: a direction without a limit is the fastest there is.
fn expressible(rate: &SurveyedRate) -> Result<RateLimit, Verdict> {
    let open = |bps: u64| if bps == 0 { MAX_RATE_BPS } else { bps };
    let rate = match rate {
        SurveyedRate::Unlimited => RateLimit::steady(0, 0),
        SurveyedRate::Known(rate) => *rate,
        SurveyedRate::Other(_) => return listed("its speed cannot be expressed here"),
    };
    let rate = RateLimit {
        up_bps: open(rate.up_bps),
        down_bps: open(rate.down_bps),
        ..rate
    };
    match rate.check() {
        Ok(()) => Ok(rate),
        Err(_) => listed("its speed cannot be expressed here"),
    }
}
