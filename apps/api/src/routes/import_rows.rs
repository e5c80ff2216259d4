//! The rows of an import as JSON.

use access::Login;
use access::adoption::{
    CustomerProposal, ImportRow, PlanProposal, Price, Proposal, RowKind, RowState, VoucherStanding,
    replacement_password,
};
use kernel::{
    BatchId, CustomerId, ImportRowId, PlanId, ProfileId, SubscriptionId, Timestamp, Vault,
    VoucherId,
};
use operators::Permission;
use serde::Serialize;
use utoipa::ToSchema;

use crate::codepage::Codepage;
use crate::extract::Granted;
use crate::words;

/// One row of a router, and what becomes of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportRow)]
pub(crate) struct ImportRowBody {
    #[schema(value_type = String, pattern = "^imr_[a-z2-7]{25}[aeimquy4]$", example = "imr_agjpfimc4btqadrdlvfsmcaaai")]
    id: ImportRowId,
    #[schema(value_type = words::ImportRowKindWord, example = "voucher")]
    kind: RowKind,
    /// `pending`, `recorded` (half-way), `imported`, `known` (the product's already), `listed` (left as it is) or
    /// `refused`.
    #[schema(value_type = words::ImportRowStateWord, example = "pending")]
    state: RowState,
    /// Why it is listed or refused.
    reason: Option<String>,
    /// What one should know before applying it.
    notes: Vec<String>,
    /// The menu on the router; empty for a batch, which has no row there.
    #[schema(example = "/ip/hotspot/user")]
    menu: String,
    /// The row's own name on the router.
    #[schema(example = "*1A")]
    row: String,
    /// Its name there; a voucher's code is masked for those who may not see codes.
    #[schema(example = "ab23")]
    name: String,
    /// Its comment, shown in the chosen code page.
    #[schema(example = "vc-123-08.14.26-kiosk")]
    comment: String,
    /// Whether name and comment are UTF-8; what is not is never rewritten.
    is_utf8: bool,
    /// What it becomes.
    becomes: BecomesBody,
}

/// What a row becomes; the ids are the ones it has once it is imported.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ImportedAs)]
pub(crate) struct BecomesBody {
    /// The service profile, or the one its login is on.
    #[schema(value_type = Option<String>, pattern = "^spf_[a-z2-7]{25}[aeimquy4]$", example = "spf_agjpfimc4btqadrdlvfsmcaaai")]
    profile: Option<ProfileId>,
    /// What the profile is called here.
    #[schema(example = "p-1day")]
    profile_name: Option<String>,
    /// The plan that sells the profile, or that the batch was sold under.
    #[schema(value_type = Option<String>, pattern = "^pln_[a-z2-7]{25}[aeimquy4]$", example = "pln_agjpfimc4btqadrdlvfsmcaaai")]
    plan: Option<PlanId>,
    /// What one costs, as it was written on the router, without a currency.
    #[schema(example = "5000")]
    price: Option<String>,
    /// Minutes from the first login.
    #[schema(example = 1440)]
    minutes: Option<u32>,
    #[schema(value_type = Option<String>, pattern = "^bat_[a-z2-7]{25}[aeimquy4]$", example = "bat_agjpfimc4btqadrdlvfsmcaaai")]
    batch: Option<BatchId>,
    #[schema(value_type = Option<String>, pattern = "^vou_[a-z2-7]{25}[aeimquy4]$", example = "vou_agjpfimc4btqadrdlvfsmcaaai")]
    voucher: Option<VoucherId>,
    /// `unused`, `active`, `expired` or `used_up`.
    #[schema(example = "unused")]
    standing: Option<&'static str>,
    /// Until when a voucher in use is valid.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    #[schema(value_type = Option<String>, pattern = "^cus_[a-z2-7]{25}[aeimquy4]$", example = "cus_agjpfimc4btqadrdlvfsmcaaai")]
    customer: Option<CustomerId>,
    /// What the customer is called until somebody corrects it.
    #[schema(example = "Budi Santoso")]
    customer_name: Option<String>,
    /// The subscription that the login waits for: none is sold yet.
    #[schema(value_type = Option<String>, pattern = "^sub_[a-z2-7]{25}[aeimquy4]$", example = "sub_agjpfimc4btqadrdlvfsmcaaai")]
    subscription: Option<SubscriptionId>,
    /// Whether the login is refused by the router, and stays so.
    is_blocked: Option<bool>,
    /// The password that replaces the one the router does not tell, for those who may see codes: tell the customer.
    #[schema(example = "k7mx2pq9ade4")]
    new_password: Option<String>,
    /// When a sale of the past was recorded.
    #[schema(value_type = Option<String>, format = DateTime)]
    sold_at: Option<Timestamp>,
    /// Whom a queue slows, or the address of a lease.
    #[schema(example = "10.0.0.7/32")]
    target: Option<String>,
}

/// Who reads, and in which code page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    codepage: Codepage,
    sees_codes: Codes,
}

/// Whether voucher codes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codes {
    Shown,
    Masked,
}

impl Reader {
    pub(super) fn of(caller: &Granted, codepage: Codepage) -> Self {
        let sees_codes = if caller.claims().role.allows(Permission::RevealCodes) {
            Codes::Shown
        } else {
            Codes::Masked
        };
        Self {
            codepage,
            sees_codes,
        }
    }

    pub(super) const fn codepage(self) -> Codepage {
        self.codepage
    }

    pub(super) fn row(self, row: ImportRow, vault: &dyn Vault) -> ImportRowBody {
        ImportRowBody {
            id: row.id,
            kind: row.proposal.kind(),
            state: row.state,
            name: self.name(&row),
            comment: self.words(&row, self.codepage.show(&row.comment)),
            is_utf8: row.name.text().is_some() && row.comment.text().is_some(),
            becomes: self.becomes(&row, vault),
            reason: row.reason,
            notes: row.notes,
            menu: row.place.menu,
            row: row.place.row,
        }
    }

    /// Every hotspot user may be a voucher, whatever became of its row.
    fn name(self, row: &ImportRow) -> String {
        let shown = self.codepage.show(&row.name);
        if may_be_a_code(row) {
            return self.login(shown);
        }
        shown
    }

    /// A login as this caller sees it.
    pub(super) fn login(self, login: String) -> String {
        match self.sees_codes {
            Codes::Shown => login,
            Codes::Masked => masked(&login),
        }
    }

    /// Words of a row, which may be no more than its name.
    fn words(self, row: &ImportRow, words: String) -> String {
        let is_name = words == self.codepage.show(&row.name) || words == row.name.lossy();
        if may_be_a_code(row) && is_name {
            return self.login(words);
        }
        words
    }

    /// A customer's new password; a voucher's is its code.
    fn new_password(self, row: &ImportRow, vault: &dyn Vault) -> Option<String> {
        let customer = row.proposal.customer().filter(|it| it.resets_password)?;
        let shown = self.sees_codes == Codes::Shown;
        shown.then(|| {
            replacement_password(vault, customer.grant)
                .expose()
                .to_owned()
        })
    }

    fn becomes(self, row: &ImportRow, vault: &dyn Vault) -> BecomesBody {
        let becomes = becomes(row.proposal.clone());
        BecomesBody {
            new_password: self.new_password(row, vault),
            customer_name: becomes.customer_name.map(|it| self.words(row, it)),
            ..becomes
        }
    }
}

fn may_be_a_code(row: &ImportRow) -> bool {
    matches!(
        row.place.menu.as_str(),
        "/ip/hotspot/user" | "/system/script"
    )
}

/// Enough of a login to recognise it, too little to use it; nothing of what is no login.
pub(super) fn masked(login: &str) -> String {
    let login = login.parse::<Login>();
    login.map_or_else(|_| "…".to_owned(), |it| it.masked())
}

fn becomes(proposal: Proposal) -> BecomesBody {
    let nothing = BecomesBody::default();
    match proposal {
        Proposal::Profile(it) => BecomesBody {
            profile: Some(it.profile),
            profile_name: Some(it.slug.to_string()),
            plan: it.plan.as_ref().map(|it| it.plan),
            price: it.plan.as_ref().and_then(price_of),
            minutes: it.plan.as_ref().and_then(|it| it.minutes),
            ..nothing
        },
        Proposal::Batch(it) => BecomesBody {
            batch: Some(it.batch),
            profile: Some(it.profile),
            plan: Some(it.plan),
            price: it.price.as_ref().map(Price::to_string),
            minutes: it.minutes,
            ..nothing
        },
        Proposal::Customer(it) => customer(it),
        Proposal::Voucher(it) => BecomesBody {
            voucher: Some(it.voucher),
            batch: Some(it.batch),
            profile: Some(it.profile),
            is_blocked: Some(it.is_blocked),
            standing: Some(standing(it.standing)),
            until: match it.standing {
                VoucherStanding::Active { until, .. } => until,
                _ => None,
            },
            ..nothing
        },
        Proposal::Sale(it) => BecomesBody {
            sold_at: Some(it.at),
            price: Some(it.price.to_string()),
            ..nothing
        },
        Proposal::StaticIp {
            target,
            customer: new,
            ..
        } => BecomesBody {
            target: Some(target),
            ..new.map_or(nothing, customer)
        },
        Proposal::DhcpLease {
            address,
            customer: new,
            ..
        } => BecomesBody {
            target: Some(address),
            ..new.map_or(nothing, customer)
        },
        Proposal::Nothing => nothing,
    }
}

fn customer(it: CustomerProposal) -> BecomesBody {
    BecomesBody {
        customer: Some(it.customer),
        customer_name: Some(it.name),
        subscription: Some(it.subscription),
        profile: Some(it.profile),
        is_blocked: Some(it.is_blocked),
        ..BecomesBody::default()
    }
}

fn price_of(plan: &PlanProposal) -> Option<String> {
    plan.price.as_ref().map(Price::to_string)
}

const fn standing(standing: VoucherStanding) -> &'static str {
    match standing {
        VoucherStanding::Unused => "unused",
        VoucherStanding::Active { .. } => "active",
        VoucherStanding::Expired { .. } => "expired",
        VoucherStanding::UsedUp => "used_up",
    }
}
