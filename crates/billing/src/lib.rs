//! Accounts, plans, subscriptions, invoices, payments, ledger and dunning.
//!
//! Money is counted in minor units and time in local days of the legal entity. The heart is a handful of pure
//! functions: a [`Schedule`] cuts the life of a subscription into periods, [`desired`] prices them, [`diff`] says what is
//! still to be billed or taken back, [`allocate`] puts money on invoices, [`level_of`] says how far behind an account is.
//! Use cases apply them under the lock of one account, and whatever changes money re-derives access in the same
//! transaction.
//!
//! ```
//! use billing::testing::MemoryBilling;
//! use billing::{
//!     BillDay, BillingQueries, Charging, DunningPolicy, Interval, NewEntity, NewPlan, SoldAs, Subscribe, bill_account,
//!     define_plan, found_entity, subscribe,
//! };
//! use kernel::testing::{CountingIds, FixedClock};
//! use kernel::{Ids, Money, Scope, Timestamp};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryBilling::new();
//! let clock = FixedClock::at(Timestamp::from_utc("2026-11-21T09:00:00Z".parse()?));
//! let ids: &dyn Ids = &CountingIds::from(1);
//! let scope = Scope::system(ids.next(), "example", ids.fresh());
//!
//! let entity = NewEntity {
//!     id: ids.next(),
//!     name: "Harbour Net".parse()?,
//!     currency: "KES".parse()?,
//!     zone: "Africa/Nairobi".parse()?,
//!     scale_digits: 2,
//!     series: "INV".to_owned(),
//!     terms_days: 7,
//!     dunning: DunningPolicy::STANDARD,
//! };
//! found_entity(&store, &scope, entity).await?;
//! let plan = NewPlan {
//!     id: ids.next(),
//!     name: "Home 10".parse()?,
//!     price: Money::from_minor(300_000, "KES".parse()?),
//!     interval: Interval::MONTH,
//!     profile: ids.next(),
//!     sold_as: SoldAs::Subscription,
//!     charging: Charging::AHEAD,
//! };
//! define_plan(&store, &scope, plan.clone()).await?;
//! let order = Subscribe {
//!     id: ids.next(),
//!     customer: ids.next(),
//!     new_account: ids.next(),
//!     plan: plan.id,
//!     quantity: 1,
//!     bill_day: Some(BillDay::new(5)?),
//!     starts_on: None,
//! };
//! let sold = subscribe(&store, &clock, &scope, order).await?;
//!
//! let issued = bill_account(&store, ids, &clock, &scope, sold.account).await?;
//! let again = bill_account(&store, ids, &clock, &scope, sold.account).await?;
//! assert_eq!(again, None, "nothing is billed twice");
//!
//! let id = issued.ok_or("the first days are due")?;
//! let invoice = store.invoice(scope.tenant, id).await?.ok_or("it is stored")?;
//! assert_eq!(invoice.number, "INV-000001");
//! assert_eq!(invoice.total.to_string(), "KES 1400.00", "14 of 30 days");
//! # Ok(())
//! # }
//! ```

/// The examples of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod account;
mod allocation;
mod bill;
mod bill_day;
mod books;
mod changes;
mod correct;
mod credit;
mod credit_note;
mod days;
mod difference;
mod dunning;
mod dunning_ports;
mod entity;
mod events;
mod exchange;
pub mod gateway;
mod generate;
mod interval;
mod invoice;
mod ledger;
mod letterhead;
mod letterhead_ports;
mod lifetime;
mod outlook;
mod overdue;
mod payment;
mod period;
mod plan;
mod ports;
mod prepaid;
mod pricing;
mod proof;
mod proration;
mod ratio;
mod record;
mod report_ports;
mod reports;
mod rounding;
mod run;
mod schedule;
mod segment;
mod subscription;
mod switch;
#[cfg(feature = "testing")]
pub mod testing;
mod till;
mod till_ports;
mod timeline;
mod unmatched;
mod upcoming;
mod use_cases;
mod views;

pub use account::{
    Account, AccountSnapshot, AgreedDiscount, ArrearsRefusal, BadAgreement, Charge, ChargeReason,
    Fee, FeeState, LONGEST_TERMS_DAYS, MOST_DISCOUNTS, Verdict, WaiveRefusal, Waiver,
};
pub use allocation::{Allocation, PayOrder, Payable, allocate, allocate_by};
pub use bill::{AccountFacts, Bill, BillLimits, BillOrder, Papers, Unbillable, bill};
pub use bill_day::{BadBillDay, BillDay};
pub use books::{
    Application, BadClaim, BookEntry, BookStatus, Books, BooksRefusal, Claim, CreditId, CreditKind,
    Fund, InvoiceFact, Move, ParentItem, Refund, RefundRefusal, Returned, SettledPayment,
    left_of_child, refund_amount,
};
pub use changes::{BadChanges, Change, Changed, timeline_of};
pub use correct::{Crediting, NotCredited, Original, Turned, credit};
pub use credit::{CreditBy, Paper, papers};
pub use credit_note::{
    CreditLine, CreditNote, CreditNoteKind, CreditNoteState, CreditPart, CreditRefusal,
    CreditRequest, CreditTax, CreditedInvoice, CreditedPiece, CreditedUnits, IssuedNote, NoteDraft,
    NoteRecord, PaidSoFar, RefundSplit, note_series,
};
pub use difference::{Billed, Due, Inconsistent, LetGo, LineRef, Standing, diff, let_go, standing};
pub use dunning::{
    Attempts, BadLadder, BadProcedure, BadPromise, BadSteps, BadWindow, Campaign, Cause, Debt,
    DunningRun, DunningRunSnapshot, DunningRunState, Episode, FARTHEST_STEP_DAYS, Hold,
    LONGEST_PROMISE_DAYS, Ladder, MOST_HOLIDAYS, MOST_PROMISES, MOST_STEPS, Measure, NewProcedure,
    PaymentRequest, Procedure, ProcedureId, Promise, PromiseState, RunDecision, RunRefusal,
    Situation, Step, StepKind, Steps, SuspensionWindow, TakenStep, WindowState, final_on, is_final,
    last_day_to_pay, overdue_with, retry_days,
};
pub use dunning_ports::{
    ChargeView, DUNNING_RUN_DAY_UNIQUE, DUNNING_STEP_ONCE, DebtFacts, DuePage, DunningQueries,
    DunningRunRepository, DunningRunView, FEE_BILLED_ONCE, FeeRepository, FoundDebt, ParkedReason,
    ProcedureView, StepView,
};
pub use entity::{
    BadEntity, BadPricing, BadTaxCode, EntityPricing, EntitySnapshot, LARGEST_COIN, LegalEntity,
    NewEntity, TaxCode,
};
pub use events::{Access, BillingEvent};
pub use exchange::{Exchange, ExchangeTerms, Net, exchange};
pub use generate::{
    Facts, Limits, Proposal, ProposedLine, Stopped, SubscriptionFacts, generate, preview,
};
pub use interval::{BadInterval, Interval, IntervalUnit};
pub use invoice::{
    CorrectionRefusal, Freed, Invoice, InvoiceDraft, InvoiceSnapshot, Line, SettleRefusal,
    Settlement, Voided, printed_number,
};
pub use ledger::{Entry, LedgerAccount, Posting, Unbalanced, check_balanced};
pub use letterhead::{BadLetterhead, DatedLetterhead, Letterhead, PAY_URL_INVOICE, letterhead_on};
pub use letterhead_ports::{LetterheadQueries, LetterheadRepository};
pub use lifetime::{DueRule, Lifetime};
pub use outlook::{Outlook, outlook};
pub use overdue::{BadPolicy, DunningPolicy, Level, OpenAmount, level_of};
pub use payment::{
    Ask, BadPayment, GivenBack, Heard, NewPayment, NewRequest, Payment, PaymentMethod,
    PaymentRefusal, PaymentSnapshot, PaymentState, PaymentStatus, ProviderPaid, RefundId,
    RefundKind, Return, ReturnKind, ToldLate, ToldWhat,
};
pub use period::{EndDay, Period};
pub use plan::{
    BadPlan, Charging, LONGEST_TRIAL_DAYS, NewPlan, Plan, PlanSnapshot, PlanStatus, SoldAs,
};
pub use ports::{
    ACCOUNT_CUSTOMER_UNIQUE, AccountRepository, BillingQueries, BillingStore, BillingTx,
    EntityRepository, InvoiceRepository, Ledger, PAYMENT_ASKED_UNIQUE, PAYMENT_REFERENCE_UNIQUE,
    PLAN_NAME_UNIQUE, PROOF_FILE_UNIQUE, PaymentRepository, PlanRepository, ProofRepository,
    SubscriptionRepository, SweepPage, UNMATCHED_REFERENCE_UNIQUE, UnmatchedRepository,
};
pub use prepaid::{
    BadFixedDay, DaysInMonth, FixedDay, Forecast, PeriodPaid, REMINDER_DAYS, Validity,
    ValidityUnit, Wallet, WalletRefusal, days_afforded, price_of_rest, reminders, renew_from,
};
pub use pricing::{
    BadDiscount, BadIdentity, BadTaxRule, BadTaxTable, BadWeights, BrokenIdentity, CashRounding,
    Coupon, CouponRefusal, CouponStatus, CouponUse, DatedTaxes, Discount, DiscountAmount,
    DiscountScope, Discounted, Identity, LineTax, NoTaxes, PriceError, PriceTerms, Priced,
    SHARE_DECIMALS, Stated, StatedAmount, StatedTax, StatedTaxTotal, TaxBase, TaxCategory,
    TaxGroup, TaxRounding, TaxRule, TaxTable, Taxable, TaxedLine, Totals, TotalsRecord,
    allocate_by_weights, allocate_equally, cash_rounding, check_identity, check_totals,
    discount_lines, effective_rate, line_amount, net_of_gross, price,
};
pub use proof::{
    MAX_PROOF_BYTES, NewProof, Proof, ProofMedia, ProofRefusal, ProofSnapshot, ProofState,
    ProofStatus, ProofView,
};
pub use proration::{DayCount, prorate, prorate_parts};
pub use ratio::{BadRatio, Ratio};
pub use record::{Record, book_of, write_down};
pub use report_ports::{
    AccountPage, BookTotal, DayPage, JournalEntry, JournalPlace, PostingId, PostingKind,
    Receivable, ReportQueries, TakenPayment, TimePage,
};
pub use reports::{
    AgeBucket, Aging, BadReport, CohortMonth, Earned, MOST_REPORT_DAYS, MOST_REPORT_MONTHS,
    MOST_STATEMENT_ENTRIES, MrrMovement, NoReceipt, NoStatement, PaidInvoice, ReceiptView,
    Recurrence, Recurring, RecurringMonth, ReturnedMoney, Revenue, TaxKey, TaxSum, Taxes, aging,
    annual, churn_rate, monthly, mrr, mrr_movement, payment_receipt, per_account, report_end,
    statement,
};
pub use rounding::{BadRounding, BadScale, InvoiceScale, MOST_MINOR, Rounding, share};
pub use run::{
    BillingRunStore, FoundAccount, NET_SEGMENTS_APART, PreparedBill, RunPage, prepare_bill,
    write_prepared,
};
pub use schedule::{Cycle, Schedule, periods};
pub use segment::{ChargeKind, Segment, Terms, desired, next_due};
pub use subscription::{
    AddOn, Agreement, At, BadAt, Decisions, Ending, ImpossibleSubscription, NewSubscription,
    PaidTime, RENEWAL_LEAD_DAYS, RESTRICTED_DAYS, Subscription, SubscriptionRefusal,
    SubscriptionSnapshot, SubscriptionStatus, Unused,
};
pub use switch::{Switch, price_direction};
pub use till::{
    SuspenseCash, Taking, TakingSource, TillClose, TillDay, TillDayId, TillDayKind,
    TillDaySnapshot, TillRefusal,
};
pub use till_ports::{TILL_OPEN_UNIQUE, TillDayView, TillFilter, TillQueries, TillRepository};
pub use timeline::{Component, Pause, PausePolicy, Phase, Reschedule, Timeline, Timing};
pub use unmatched::{
    NewUnmatched, Unmatched, UnmatchedId, UnmatchedKind, UnmatchedRefusal, UnmatchedSnapshot,
    UnmatchedState, UnmatchedStatus,
};
pub use use_cases::SubscriptionError;
pub use use_cases::account_change::AccountError;
pub use use_cases::agree_discount::{DiscountError, agree_discount, end_discount};
pub use use_cases::allocate_payment::{AllocatePayment, AllocatePaymentError, allocate_payment};
pub use use_cases::allocate_unmatched::{
    AllocateUnmatched, AllocateUnmatchedError, Claimed, allocate_unmatched,
};
pub use use_cases::amend_subscription::{
    AmendSubscription, Amended, Amendment, amend_subscription,
};
pub use use_cases::bill_account::{BillAccountError, Issued, bill_account, park_account};
pub use use_cases::cancel_subscription::{
    CancelSubscription, cancel_subscription, preview_cancellation,
};
pub use use_cases::change_plan::{ChangePlan, PlanChange, change_plan, preview_plan_change};
pub use use_cases::change_terms::change_terms;
pub use use_cases::credit_invoice::{CorrectInvoiceError, CreditInvoice, credit_invoice};
pub use use_cases::define_plan::{PlanError, define_plan, retire_plan, tax_plan};
pub use use_cases::define_procedure::{
    DefineProcedureError, define_account_procedure, define_procedure,
};
pub use use_cases::define_taxes::{DefineTaxesError, define_taxes};
pub use use_cases::dunning_run::{DecideRunError, decide_dunning_run, plan_dunning_run};
pub use use_cases::evaluate_account::{dun_account, evaluate_account, park_unreadable};
pub use use_cases::found_entity::{FoundEntityError, found_entity};
pub use use_cases::give_back::{
    GiveBackError, RefundPayment, ReversePayment, refund_payment, reverse_payment, undo_reversal,
};
pub use use_cases::give_time::{check_takes_days, give_time, give_time_within};
pub use use_cases::head_documents::{HeadDocumentsError, change_logo, head_documents};
pub use use_cases::hold_account::{lift_hold, place_hold};
pub use use_cases::keep_till::{CloseTill, OpenTill, TillError, close_till, open_till};
pub use use_cases::paid::Spoken;
pub use use_cases::preview::Preview;
pub use use_cases::promise_to_pay::{break_promise, promise_to_pay};
pub use use_cases::prove_payment::{
    ApproveProof, ProofError, approve_proof, hand_in_proof, refuse_proof,
};
pub use use_cases::receive_unmatched::{
    ReceiveUnmatched, ReturnUnmatched, UnmatchedError, receive_unmatched, return_unmatched,
};
pub use use_cases::record_payment::{RecordPayment, RecordPaymentError, record_payment};
pub use use_cases::release_account::{ReleaseAccountError, release_account};
pub use use_cases::renew_subscription::{
    RenewError, Renewed, renew_due, renew_subscription, set_auto_renewal,
};
pub use use_cases::request_payment::{RequestPayment, RequestPaymentError, request_payment};
pub use use_cases::resume_subscription::{ResumeSubscription, resume_subscription};
pub use use_cases::standing::Cutting;
pub use use_cases::subscribe::{
    Subscribe, SubscribeError, Subscribed, subscribe, subscribe_within,
};
pub use use_cases::suspend_subscription::{SuspendSubscription, suspend_subscription};
pub use use_cases::tell_payment::{
    SettlePayment, TellPaymentError, expire_payment, fail_payment, settle_payment,
};
pub use use_cases::void_invoice::{VoidInvoice, void_invoice};
pub use use_cases::waive_fee::{WaiveFee, WaiveFeeError, waive_fee};
pub use use_cases::write_off_invoice::{WriteOffInvoice, write_off_invoice};
pub use views::{
    AccountView, AllocationView, EntityView, FeeLineView, FiguresView, InvoiceFilter, InvoiceView,
    LineView, NoteFilter, NoteLineView, NoteView, PaymentFilter, PaymentView, PlanView,
    StatementEntry, StatementView, StatementWhat, SubscriptionFilter, SubscriptionView, TaxView,
    UnmatchedView,
};
