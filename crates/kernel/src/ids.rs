//! Every kind of id in the product, in one place because contexts refer to each other only by id.

use crate::id::{Id, Kind};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $id:ident, $prefix:literal, $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $kind {}

        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
            const NAME: &'static str = $name;
        }

        #[doc = concat!("The id of a ", $name, ": `", $prefix, "_…`.")]
        pub type $id = Id<$kind>;
    )*};
}

kinds! {
    /// An internet provider: the owner of everything below.
    TenantKind, TenantId, "ten", "tenant";
    /// A legal entity of a tenant: currency, zone, number series.
    EntityKind, EntityId, "ent", "legal entity";
    /// A person or program that works in the product.
    OperatorKind, OperatorId, "opr", "operator";
    /// A signed-in operator's session.
    SessionKind, SessionId, "ses", "session";
    /// A person or business that buys access.
    CustomerKind, CustomerId, "cus", "customer";
    /// A customer's billing account.
    AccountKind, AccountId, "acc", "account";
    /// What is sold: a price, an interval and a service profile.
    PlanKind, PlanId, "pln", "plan";
    /// One plan sold to one account.
    SubscriptionKind, SubscriptionId, "sub", "subscription";
    /// A demand for money.
    InvoiceKind, InvoiceId, "inv", "invoice";
    /// What of an invoice was given back.
    CreditNoteKind, CreditNoteId, "crn", "credit note";
    /// A discount that was agreed with a customer.
    DiscountKind, DiscountId, "dsc", "discount";
    /// Money received.
    PaymentKind, PaymentId, "pay", "payment";
    /// A day's dunning of an entity.
    DunningRunKind, DunningRunId, "dun", "dunning run";
    /// A provider's account that customers pay into.
    GatewayAccountKind, GatewayAccountId, "gwa", "gateway account";
    /// A message of a payment provider.
    WebhookKind, WebhookId, "whk", "webhook";
    /// A comparison of our books with a payment provider's.
    ReconciliationKind, ReconciliationId, "rcn", "reconciliation";
    /// A picture or paper that shows a bank transfer.
    ProofKind, ProofId, "prf", "proof of payment";
    /// A batch of vouchers.
    BatchKind, BatchId, "bat", "voucher batch";
    /// One voucher.
    VoucherKind, VoucherId, "vou", "voucher";
    /// A MikroTik router.
    RouterKind, RouterId, "rtr", "router";
    /// The technical side of a plan: rates, limits, lists.
    ProfileKind, ProfileId, "spf", "service profile";
    /// Permission for one login on one router.
    GrantKind, GrantId, "gra", "grant";
    /// A customer's session on a router.
    AccessSessionKind, AccessSessionId, "acs", "session on a router";
    /// A unit of background work.
    JobKind, JobId, "job", "job";
    /// A recorded fact.
    EventKind, EventId, "evt", "event";
    /// One event on its way to one handler.
    DeliveryKind, DeliveryId, "dlv", "delivery";
    /// An import of what a router already has.
    ImportKind, ImportId, "imp", "import";
    /// One row of an import.
    ImportRowKind, ImportRowId, "imr", "import row";
    /// A sale that another program recorded on a router.
    HistoricalSaleKind, HistoricalSaleId, "hsl", "historical sale";
}
