//! What an import proposes to make of one row of a router.

use std::net::Ipv4Addr;

use chrono::NaiveDateTime;
use kernel::{
    BatchId, CustomerId, GrantId, HistoricalSaleId, PlanId, ProfileId, Slug, SubscriptionId,
    Timestamp, VoucherId,
};
use serde::{Deserialize, Serialize};

use super::on_login::SellingTerms;
use super::price::Price;
use super::raw::Raw;
use crate::grant::Limits;
use crate::login::{Login, Service};
use crate::profile::Terms;

/// What becomes of a row. Ids are chosen here, so that applying a row twice makes it once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Proposal {
    /// A service profile that stands for the router's own row.
    Profile(ProfileProposal),
    /// A batch that imported vouchers belong to; no row of its own on the router.
    Batch(BatchProposal),
    /// A customer with a login.
    Customer(CustomerProposal),
    /// A voucher.
    Voucher(VoucherProposal),
    /// A sale of the past.
    Sale(SaleProposal),
    /// A queue: a customer with a static address.
    StaticIp {
        /// Whom it slows.
        target: String,
        /// Upload and download in bits per second, as printed.
        max_limit: String,
        /// Who it becomes; `None` if nobody.
        #[serde(default)]
        customer: Option<CustomerProposal>,
    },
    /// A lease: a customer by DHCP.
    DhcpLease {
        /// The address.
        address: String,
        /// The device.
        device: String,
        /// Who it becomes; `None` if nobody.
        #[serde(default)]
        customer: Option<CustomerProposal>,
    },
    /// Nothing: the reason says why.
    Nothing,
}

/// The kind of a proposal, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// A service profile.
    Profile,
    /// A batch of vouchers.
    Batch,
    /// A customer with a login.
    Customer,
    /// A voucher.
    Voucher,
    /// A sale of the past.
    Sale,
    /// A customer with a static address.
    StaticIp,
    /// A customer by DHCP.
    DhcpLease,
    /// A row nothing can be made of.
    Nothing,
}

impl RowKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Profile,
        Self::Batch,
        Self::Customer,
        Self::Voucher,
        Self::Sale,
        Self::StaticIp,
        Self::DhcpLease,
        Self::Nothing,
    ];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Batch => "batch",
            Self::Customer => "customer",
            Self::Voucher => "voucher",
            Self::Sale => "sale",
            Self::StaticIp => "static_ip",
            Self::DhcpLease => "dhcp_lease",
            Self::Nothing => "nothing",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl Proposal {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> RowKind {
        match self {
            Self::Profile(_) => RowKind::Profile,
            Self::Batch(_) => RowKind::Batch,
            Self::Customer(_) => RowKind::Customer,
            Self::Voucher(_) => RowKind::Voucher,
            Self::Sale(_) => RowKind::Sale,
            Self::StaticIp { .. } => RowKind::StaticIp,
            Self::DhcpLease { .. } => RowKind::DhcpLease,
            Self::Nothing => RowKind::Nothing,
        }
    }
}

impl Proposal {
    /// The customer with a login that a row becomes, of whatever service.
    #[must_use]
    pub const fn customer(&self) -> Option<&CustomerProposal> {
        match self {
            Self::Customer(it) => Some(it),
            Self::StaticIp { customer, .. } | Self::DhcpLease { customer, .. } => customer.as_ref(),
            _ => None,
        }
    }
}

/// A profile, and what its vouchers are sold for where that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileProposal {
    /// The id it will have.
    pub profile: ProfileId,
    /// What it will be called here.
    pub slug: Slug,
    /// What it is called on the router; `None` if it stands for limits in the rows of its customers.
    pub row_name: Option<String>,
    /// Whose logins it is for.
    pub service: Service,
    /// What it allows, as far as it can be expressed.
    pub terms: Terms,
    /// The plan that sells it.
    pub plan: Option<PlanProposal>,
    /// What Mikhmon's script says, if it is Mikhmon's.
    pub selling: Option<SellingTerms>,
}

/// A plan for vouchers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanProposal {
    /// The id it will have.
    pub plan: PlanId,
    /// What it will be called.
    pub name: String,
    /// What a voucher costs; `None` if nobody wrote it down: such a plan is kept, not offered.
    pub price: Option<Price>,
    /// Minutes from the first login; `None` if nobody wrote it down: such a plan is kept, not offered.
    pub minutes: Option<u32>,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchProposal {
    /// The id it will have.
    pub batch: BatchId,
    /// What it will be called.
    pub name: String,
    /// The profile of its vouchers.
    pub profile: ProfileId,
    /// The plan they were sold under.
    pub plan: PlanId,
    /// What one costs.
    pub price: Option<Price>,
    /// Minutes from the first login.
    pub minutes: Option<u32>,
    /// What the router counts.
    pub limits: Limits,
    /// How many vouchers are proposed.
    pub count: u32,
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomerProposal {
    /// The id they will have.
    pub customer: CustomerId,
    /// What they will be called until somebody writes their name down.
    pub name: String,
    /// The subscription their access waits for: whoever sells one under this id takes the login over as it is.
    pub subscription: SubscriptionId,
    /// The grant.
    pub grant: GrantId,
    /// The service.
    pub service: Service,
    /// The login.
    pub login: Login,
    /// The address their device always has; leases only.
    #[serde(default)]
    pub address: Option<Ipv4Addr>,
    /// The profile.
    pub profile: ProfileId,
    /// Whether the router refuses them at present: the grant will be blocked.
    pub is_blocked: bool,
    /// What the router counts.
    pub limits: Limits,
    /// The hotspot server it is bound to.
    #[serde(default)]
    pub server: Option<String>,
    /// Whether it gets a new password, because the router does not tell the old one.
    #[serde(default)]
    pub resets_password: bool,
}

/// Where a voucher stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum VoucherStanding {
    /// Never used.
    Unused,
    /// In use.
    Active {
        /// Since when, as far as that is known.
        since: Timestamp,
        /// Until when; `None` where only the router's limits end it.
        until: Option<Timestamp>,
    },
    /// Its time is over.
    Expired {
        /// Since when.
        at: Timestamp,
    },
    /// Its time online or its data is used up.
    UsedUp,
}

/// A voucher.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoucherProposal {
    /// The id it will have.
    pub voucher: VoucherId,
    /// Its batch.
    pub batch: BatchId,
    /// The grant; one that has ended gets none, and its row stays the operator's.
    pub grant: GrantId,
    /// The code.
    pub login: Login,
    /// The profile.
    pub profile: ProfileId,
    /// Whether the router refuses it at present: the grant will be blocked.
    pub is_blocked: bool,
    /// What the router counts.
    pub limits: Limits,
    /// The hotspot server it is bound to.
    #[serde(default)]
    pub server: Option<String>,
    /// Whether it gets a new password, because the router does not tell the old one.
    #[serde(default)]
    pub resets_password: bool,
    /// Where it stands.
    pub standing: VoucherStanding,
}

impl VoucherStanding {
    /// Whether it can no longer be used.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Expired { .. } | Self::UsedUp)
    }
}

/// A sale of the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaleProposal {
    /// The id it will have.
    pub sale: HistoricalSaleId,
    /// When, by the router's own clock.
    pub local: NaiveDateTime,
    /// The same as an instant, in the zone of the import.
    pub at: Timestamp,
    /// The hotspot user.
    pub user: Raw,
    /// What was paid.
    pub price: Price,
    /// The address.
    pub address: Raw,
    /// The device.
    pub device: Raw,
    /// Seconds of validity.
    pub validity_s: Option<u64>,
    /// The profile's name on the router.
    pub profile: Raw,
    /// The comment: its batch.
    pub comment: Raw,
}
