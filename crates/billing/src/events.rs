//! What happens to money and to what is sold, as facts.

mod access;
mod names;

use kernel::{
    AccountId, Currency, CustomerId, DiscountId, EntityId, InvoiceId, LocalDate, Money, OperatorId,
    PaymentId, PlanId, ProfileId, ProofId, SubscriptionId,
};
use serde::Serialize;

pub use access::Access;

use crate::account::ChargeReason;
use crate::dunning::NewProcedure;
use crate::overdue::Level;
use crate::payment::PaymentMethod;
use crate::till::TillDayId;
use crate::unmatched::UnmatchedId;

/// A fact about money or what is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the fields carry the names of what they are")]
pub enum BillingEvent {
    /// A legal entity was founded.
    EntityFounded {
        entity: EntityId,
        currency: Currency,
    },
    /// A legal entity prices its documents in another way from now on.
    TaxesDefined {
        entity: EntityId,
        inclusive: bool,
        categories: Vec<String>,
    },
    /// The documents of a legal entity have another head from a day on.
    LetterheadChanged { entity: EntityId, from: LocalDate },
    /// The documents of a legal entity have another logo, or none.
    LogoChanged {
        entity: EntityId,
        bytes: Option<usize>,
    },
    /// A plan has another tax category from now on; none is the usual one of the entity.
    PlanTaxed {
        plan: PlanId,
        category: Option<String>,
    },
    /// A plan was defined.
    PlanDefined { plan: PlanId, price: Money },
    /// A plan is not sold any more.
    PlanRetired { plan: PlanId },
    /// An account was opened.
    AccountOpened {
        account: AccountId,
        customer: CustomerId,
        currency: Currency,
    },
    /// An account is further behind, or less.
    LevelChanged {
        account: AccountId,
        before: Level,
        level: Level,
    },
    /// Billing stopped for an account until a person has looked at it.
    AccountParked { account: AccountId, reason: String },
    /// Billing goes on for an account that was parked for a reason.
    AccountReleased { account: AccountId, reason: String },
    /// A subscription was sold.
    Subscribed {
        subscription: SubscriptionId,
        account: AccountId,
        customer: CustomerId,
        plan: PlanId,
        starts_on: LocalDate,
    },
    /// A subscription is on another plan from a day on.
    PlanChanged {
        subscription: SubscriptionId,
        plan: PlanId,
        from: LocalDate,
    },
    /// A subscription will be on another plan from a day on.
    ChangeScheduled {
        subscription: SubscriptionId,
        plan: PlanId,
        from: LocalDate,
    },
    /// A scheduled change will not happen.
    ChangeDropped {
        subscription: SubscriptionId,
        plan: PlanId,
    },
    /// A subscription was suspended by an operator.
    SubscriptionSuspended {
        subscription: SubscriptionId,
        from: LocalDate,
        reason: String,
    },
    /// A suspended subscription goes on.
    SubscriptionResumed {
        subscription: SubscriptionId,
        from: LocalDate,
    },
    /// A subscription ends on a day.
    SubscriptionCancelled {
        subscription: SubscriptionId,
        ends_on: LocalDate,
    },
    /// A subscription has ended.
    SubscriptionEnded { subscription: SubscriptionId },
    /// A component of a subscription is sold in another quantity from a day on.
    QuantityChanged {
        subscription: SubscriptionId,
        component: u16,
        quantity: u32,
        from: LocalDate,
    },
    /// Something was added to a subscription.
    AddOnAdded {
        subscription: SubscriptionId,
        component: u16,
        plan: PlanId,
        quantity: u32,
        from: LocalDate,
    },
    /// Something was taken from a subscription.
    AddOnRemoved {
        subscription: SubscriptionId,
        component: u16,
        from: LocalDate,
    },
    /// A subscription rests from a day on.
    SubscriptionPaused {
        subscription: SubscriptionId,
        from: LocalDate,
        until: Option<LocalDate>,
    },
    /// The months of a subscription begin on another day.
    BillDayChanged {
        subscription: SubscriptionId,
        bill_day: u8,
        from: LocalDate,
    },
    /// What a subscription may do on the network has changed.
    AccessDesired {
        subscription: SubscriptionId,
        access: Access,
        profile: ProfileId,
        version: u64,
        reason: &'static str,
    },
    /// A credit note over parts of an invoice was issued.
    CreditNoteIssued {
        invoice: InvoiceId,
        account: AccountId,
        number: String,
        total: Money,
        reason: String,
    },
    /// An invoice was taken back as a whole.
    InvoiceVoided {
        invoice: InvoiceId,
        number: String,
        reason: String,
    },
    /// Debt was given up.
    DebtWrittenOff {
        invoice: InvoiceId,
        account: AccountId,
        amount: Money,
        reason: String,
    },
    /// An invoice was issued.
    InvoiceIssued {
        invoice: InvoiceId,
        account: AccountId,
        number: String,
        total: Money,
        due_on: LocalDate,
    },
    /// An invoice is paid in full.
    InvoicePaid { invoice: InvoiceId },
    /// Money was received.
    PaymentRecorded {
        payment: PaymentId,
        account: AccountId,
        amount: Money,
        unallocated: Money,
    },
    /// Money received earlier has paid for something now.
    CreditUsed {
        payment: PaymentId,
        invoice: InvoiceId,
        amount: Money,
    },
    /// Money pays an invoice no more because that was credited: it is there to be used again.
    CreditAdded {
        payment: PaymentId,
        invoice: InvoiceId,
        amount: Money,
    },
    /// Money that paid an invoice went back.
    InvoiceReopened { invoice: InvoiceId, due: Money },
    /// A provider was asked for money.
    PaymentPending {
        payment: PaymentId,
        account: AccountId,
        amount: Money,
    },
    /// The money a provider was asked for is here.
    PaymentSettled {
        payment: PaymentId,
        amount: Money,
        reference: String,
    },
    /// No money comes.
    PaymentFailed { payment: PaymentId, reason: String },
    /// Nobody paid in time.
    PaymentExpired { payment: PaymentId },
    /// A proof of a bank transfer was handed in.
    ProofHandedIn {
        proof: ProofId,
        account: AccountId,
        amount: Money,
    },
    /// The money of a proof was found.
    ProofApproved { proof: ProofId, payment: PaymentId },
    /// The money of a proof was not found, or it is none.
    ProofRefused { proof: ProofId, reason: String },
    /// Money came in that fits no account.
    UnmatchedReceived {
        unmatched: UnmatchedId,
        amount: Money,
    },
    /// Money that fitted no account is a payment of one now.
    UnmatchedAllocated {
        unmatched: UnmatchedId,
        account: AccountId,
        payment: PaymentId,
    },
    /// Money that fitted no account went back.
    UnmatchedReturned {
        unmatched: UnmatchedId,
        amount: Money,
        reason: String,
        paid_out_as: Option<PaymentMethod>,
    },
    /// A provider told something about a payment that had resolved otherwise.
    PaymentToldLate {
        payment: PaymentId,
        told: &'static str,
        was: &'static str,
    },
    /// A provider took money back.
    PaymentReversed {
        payment: PaymentId,
        amount: Money,
        reason: String,
    },
    /// A provider gave money again that it had taken back.
    ReversalUndone {
        payment: PaymentId,
        amount: Money,
        reason: String,
    },
    /// Money was given back.
    Refunded {
        payment: PaymentId,
        amount: Money,
        reopens: bool,
        reason: String,
        paid_out_as: Option<PaymentMethod>,
    },
    /// Nothing happens to an account, however late it pays, until the hold is lifted or expires.
    HoldPlaced {
        account: AccountId,
        reason: String,
        until: Option<LocalDate>,
    },
    /// An account is treated like any other again.
    HoldLifted { account: AccountId },
    /// An account has other terms than its entity's, or its entity's again.
    TermsChanged {
        account: AccountId,
        days: Option<u16>,
    },
    /// An entity treats debts by another procedure from now on.
    ProcedureDefined {
        entity: EntityId,
        version: u64,
        procedure: Box<NewProcedure>,
    },
    /// An account is treated by a procedure of its own from now on, or by its entity's again.
    AccountProcedureDefined {
        account: AccountId,
        version: Option<u64>,
        procedure: Option<Box<NewProcedure>>,
    },
    /// A customer is to be told of a debt, `day` days past its due date.
    ReminderDue {
        account: AccountId,
        episode: u64,
        step: u16,
        day: i64,
    },
    /// Dunning has made a charge: it waits for the next bill.
    FeeCharged {
        account: AccountId,
        episode: u64,
        step: u16,
        reason: ChargeReason,
        amount: Money,
    },
    /// A charge of dunning was let off before it was billed.
    FeeWaived {
        account: AccountId,
        episode: u64,
        step: u16,
        amount: Money,
        reason: String,
    },
    /// A dunning run would cut off so many customers that a person has to say whether it may.
    DunningRunHeld {
        entity: EntityId,
        run_on: LocalDate,
        cuts: u64,
        active: u64,
    },
    /// A person has decided about such a run.
    DunningRunDecided {
        entity: EntityId,
        run_on: LocalDate,
        approved: bool,
        reason: String,
    },
    /// A discount was agreed with a customer.
    DiscountAgreed {
        account: AccountId,
        discount: DiscountId,
        name: String,
        reason: String,
    },
    /// A discount counts no more.
    DiscountEnded {
        account: AccountId,
        discount: DiscountId,
        reason: String,
    },
    /// A discount took something off an invoice.
    DiscountUsed {
        account: AccountId,
        discount: DiscountId,
        invoice: InvoiceId,
    },
    /// A discount may be used again, because an invoice that had it was voided.
    DiscountReturned {
        account: AccountId,
        discount: DiscountId,
        invoice: InvoiceId,
    },
    /// A customer promised to pay by a day.
    PromiseMade {
        account: AccountId,
        until: LocalDate,
    },
    /// A customer paid what was promised.
    PromiseKept { account: AccountId },
    /// The promised day has passed without payment, or an operator has ended the promise for a reason.
    PromiseBroken {
        account: AccountId,
        reason: Option<String>,
    },
    /// What was paid ahead was extended, and debited with it.
    PeriodPaid {
        subscription: SubscriptionId,
        account: AccountId,
        invoice: Option<InvoiceId>,
        from: LocalDate,
        until: LocalDate,
        price: Money,
    },
    /// What is paid ahead ends in so many days, or has ended: told once for each of the days on which customers are reminded.
    RenewalDue {
        subscription: SubscriptionId,
        account: AccountId,
        paid_until: LocalDate,
        days_left: i64,
    },
    /// Money came in for an account whose prepaid time is over or about to be: it may reach now.
    RenewalWanted {
        subscription: SubscriptionId,
        account: AccountId,
    },
    /// The credit of an account does not reach for the next period: told once a period.
    BalanceLow {
        subscription: SubscriptionId,
        account: AccountId,
        paid_until: LocalDate,
        price: Money,
        available: Money,
    },
    /// An operator began to take money.
    TillOpened {
        day: TillDayId,
        operator: OperatorId,
        opening: Money,
    },
    /// The cash of an operator's day was counted.
    TillClosed {
        day: TillDayId,
        operator: OperatorId,
        by: OperatorId,
        expected: Money,
        counted: Money,
        note: Option<String>,
    },
    /// Days were given to a prepaid subscription without being charged: a voucher was redeemed on it.
    TimeGiven {
        subscription: SubscriptionId,
        account: AccountId,
        until: LocalDate,
        days: u16,
        reason: String,
    },
}

#[cfg(test)]
mod tests;
