//! Who may do what: one table, and everything that is not in it is denied.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an operator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the provider: may do everything.
    Admin,
    /// Serves customers and takes money.
    Cashier,
    /// Keeps routers and connections working; sees no money.
    Technician,
    /// Sees everything, changes nothing.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Cashier, Self::Technician, Self::Auditor];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Cashier => "cashier",
            Self::Technician => "technician",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether this role may do that.
    #[must_use]
    pub fn allows(self, permission: Permission) -> bool {
        self == Self::Admin || permission.roles().contains(&self)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $permission:ident, $word:literal, [$($role:ident),*];)*) => {
        /// One thing an operator may be allowed to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission {
            $($(#[$doc])* $permission,)*
        }

        impl Permission {
            /// Every permission.
            pub const ALL: &'static [Self] = &[$(Self::$permission),*];

            /// The word it is shown as: `customers.read`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$permission => $word,)*
                }
            }

            /// The roles that may, besides [`Role::Admin`].
            const fn roles(self) -> &'static [Role] {
                match self {
                    $(Self::$permission => &[$(Role::$role),*],)*
                }
            }
        }
    };
}

permissions! {
    /// See customers.
    ReadCustomers, "customers.read", [Cashier, Technician, Auditor];
    /// Register customers, correct details, move them between prospect, active and left.
    WriteCustomers, "customers.write", [Cashier];
    /// Block and unblock customers.
    BlockCustomers, "customers.block", [];
    /// See legal entities.
    ReadEntities, "entities.read", [Cashier, Auditor];
    /// Found and change legal entities.
    WriteEntities, "entities.write", [];
    /// See plans.
    ReadPlans, "plans.read", [Cashier, Technician, Auditor];
    /// Define and retire plans.
    WritePlans, "plans.write", [];
    /// See service profiles.
    ReadProfiles, "service_profiles.read", [Cashier, Technician, Auditor];
    /// Define and change service profiles.
    WriteProfiles, "service_profiles.write", [Technician];
    /// See routers and their drift.
    ReadRouters, "routers.read", [Cashier, Technician, Auditor];
    /// Enrol, change and retire routers.
    WriteRouters, "routers.write", [Technician];
    /// Test the connection to a router.
    TestRouters, "routers.test", [Technician];
    /// Execute any command on a router.
    ExecuteCommands, "routers.execute", [];
    /// Apply the desired state to a router.
    ReconcileRouters, "routers.reconcile", [Technician];
    /// Look at what an import of a router would take over.
    PreviewImports, "routers.preview_import", [Technician];
    /// Import what a router already has: it defines plans and prices, makes vouchers and customers.
    ImportRouters, "routers.import", [];
    /// See who is online.
    ReadSessions, "sessions.read", [Cashier, Technician, Auditor];
    /// Cut somebody's live sessions.
    CutSessions, "sessions.cut", [Technician];
    /// See subscriptions.
    ReadSubscriptions, "subscriptions.read", [Cashier, Technician, Auditor];
    /// Sell subscriptions.
    Subscribe, "subscriptions.sell", [Cashier];
    /// Change the plan of subscriptions.
    ChangePlans, "subscriptions.change_plan", [Cashier];
    /// Suspend and resume subscriptions.
    SuspendSubscriptions, "subscriptions.suspend", [Cashier];
    /// Cancel subscriptions.
    CancelSubscriptions, "subscriptions.cancel", [Cashier];
    /// See batches and vouchers, without their codes.
    ReadVouchers, "vouchers.read", [Cashier, Technician, Auditor];
    /// Order batches of vouchers.
    OrderVouchers, "vouchers.order", [];
    /// See the codes of vouchers.
    RevealCodes, "vouchers.reveal_codes", [Cashier];
    /// Sell vouchers.
    SellVouchers, "vouchers.sell", [Cashier];
    /// Void vouchers and batches.
    VoidVouchers, "vouchers.void", [];
    /// See accounts and balances.
    ReadAccounts, "accounts.read", [Cashier, Auditor];
    /// Take a customer's promise to pay, and end it.
    PromiseForAccounts, "accounts.promise", [Cashier];
    /// Hold accounts, give them terms and a dunning procedure of their own.
    HoldAccounts, "accounts.hold", [];
    /// Let fees of dunning off.
    WaiveFees, "accounts.waive_fee", [];
    /// Decide about dunning runs that wait for a person.
    DecideRuns, "dunning.decide", [];
    /// Agree discounts with customers, and end them.
    AgreeDiscounts, "accounts.discount", [];
    /// See invoices.
    ReadInvoices, "invoices.read", [Cashier, Auditor];
    /// Raise invoices ahead of the sweep.
    RaiseInvoices, "invoices.raise", [];
    /// Credit invoices, void them and write their debt off.
    CorrectInvoices, "invoices.correct", [];
    /// See payments.
    ReadPayments, "payments.read", [Cashier, Auditor];
    /// Record payments.
    RecordPayments, "payments.record", [Cashier];
    /// Give money of payments back.
    RefundPayments, "payments.refund", [];
    /// Take payments back as their provider did, and give them again.
    ReversePayments, "payments.reverse", [];
    /// Say which invoice a payment pays, and whose money it is that fits no account.
    AllocatePayments, "payments.allocate", [Cashier];
    /// Open and close one's own till.
    KeepTill, "tills.keep", [Cashier];
    /// See every till.
    ReadTills, "tills.read", [Cashier, Auditor];
    /// Close somebody else's till.
    CloseTills, "tills.close", [];
    /// See reports.
    ReadReports, "reports.read", [Auditor];
    /// See gateway accounts, without their keys, and what providers have sent.
    ReadGateways, "gateways.read", [Cashier, Auditor];
    /// Configure gateway accounts and their keys.
    WriteGateways, "gateways.write", [];
    /// See jobs and deliveries.
    ReadJobs, "jobs.read", [Cashier, Technician, Auditor];
    /// Cancel jobs and put jobs and deliveries back.
    ControlJobs, "jobs.control", [Technician];
    /// See recorded events.
    ReadEvents, "events.read", [Auditor];
    /// See operators.
    ReadOperators, "operators.read", [Auditor];
    /// Hire, disable and enable operators.
    WriteOperators, "operators.write", [];
    /// See what customers use, and their past sessions.
    ReadUsage, "usage.read", [Cashier, Technician, Auditor];
}

#[cfg(test)]
mod tests;
