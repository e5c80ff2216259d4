//! What a route may ask of its caller, as types: a handler that takes `May<ReadInvoices>` is reached by nobody else.

use operators::{Permission, Role};

/// Something a role may be allowed.
pub(crate) trait Right: Send + Sync + 'static {
    /// Whether this role has it.
    fn is_granted_to(role: Role) -> bool;
}

/// Every role may: asks only for a good token.
#[derive(Debug)]
pub(crate) enum SignedIn {}

impl Right for SignedIn {
    fn is_granted_to(_role: Role) -> bool {
        true
    }
}

macro_rules! rights {
    ($($name:ident)*) => {$(
        #[doc = concat!("[`Permission::", stringify!($name), "`].")]
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl Right for $name {
            fn is_granted_to(role: Role) -> bool {
                role.allows(Permission::$name)
            }
        }
    )*};
}

rights! {
    ReadCustomers WriteCustomers BlockCustomers
    ReadEntities WriteEntities
    ReadPlans WritePlans
    ReadProfiles WriteProfiles
    ReadRouters WriteRouters TestRouters ExecuteCommands ReconcileRouters PreviewImports ImportRouters
    ReadSessions CutSessions
    ReadSubscriptions Subscribe ChangePlans SuspendSubscriptions CancelSubscriptions
    ReadVouchers OrderVouchers RevealCodes SellVouchers VoidVouchers
    HoldAccounts PromiseForAccounts DecideRuns WaiveFees
    ReadAccounts AgreeDiscounts ReadInvoices RaiseInvoices CorrectInvoices ReadPayments RecordPayments
    RefundPayments ReversePayments AllocatePayments
    KeepTill ReadTills CloseTills ReadReports
    ReadGateways WriteGateways
    ReadJobs ControlJobs ReadEvents
    ReadOperators WriteOperators
    ReadUsage
}
