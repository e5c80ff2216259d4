//! The words that fields take, for the API's description: written as the contexts write them.

use std::borrow::Cow;

use access::adoption::{RowKind, RowState};
use access::{DriftClass, EndCause, LoginMethod, ProfileStatus, Service, StepName, Verdict};
use billing::{
    Access, ChargeKind, EndDay, IntervalUnit, Level, PausePolicy, PaymentMethod, PaymentStatus,
    PlanStatus, Settlement, SoldAs, StatementWhat, Timing, UnmatchedStatus, Unused,
};
use customers::{CustomerKind, StatusName};
use jobs::{DeliveryState, JobStateName};
use kernel::{Locale, Priority};
use operators::{OperatorStatusName, Role};
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use vouchers::{Alphabet, VoucherStateName};

use crate::paper::{Format, StatementFormat};
use crate::routes::{TransportName, TrustName};

macro_rules! words {
    ($($name:ident = $all:expr;)*) => {$(
        #[doc = concat!("The words of a ", stringify!($name), ".")]
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                one_of(&$all)
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )*};
}

words! {
    AccessWord = [Access::Active, Access::Restricted, Access::Suspended, Access::Ended];
    AlphabetWord = Alphabet::ALL;
    ChargeKindWord = [ChargeKind::Recurring, ChargeKind::Once];
    CustomerKindWord = [CustomerKind::Personal, CustomerKind::Business];
    CustomerStatusWord = StatusName::ALL;
    DeliveryStateWord = DeliveryState::ALL;
    DifferenceKindWord = billing::gateway::DifferenceKind::ALL;
    DriftClassWord = DriftClass::ALL;
    EndDayWord = [EndDay::NotBilled, EndDay::Billed];
    EndCauseWord = EndCause::ALL;
    FormatWord = Format::ALL;
    ImportRowKindWord = RowKind::ALL;
    ImportRowStateWord = RowState::ALL;
    LinkStatusWord = billing::gateway::LinkStatus::ALL;
    WebhookStatusWord = billing::gateway::WebhookStatus::ALL;
    IntervalUnitWord = IntervalUnit::ALL;
    JobStateWord = JobStateName::ALL;
    LevelWord = Level::ALL;
    LocaleWord = Locale::ALL;
    LoginMethodWord = [LoginMethod::Plain, LoginMethod::LegacyMd5];
    OperatorStatusWord = [OperatorStatusName::Active, OperatorStatusName::Disabled];
    PausePolicyWord = PausePolicy::ALL;
    PaymentMethodWord = PaymentMethod::ALL;
    PaymentStatusWord = PaymentStatus::ALL;
    PlanStatusWord = [PlanStatus::Offered, PlanStatus::Retired];
    PriorityWord = [Priority::Critical, Priority::High, Priority::Normal, Priority::Low];
    ProfileStatusWord = [ProfileStatus::Offered, ProfileStatus::Retired];
    ProofStatusWord = billing::ProofStatus::ALL;
    ProviderRefundStatusWord = billing::gateway::ProviderRefundStatus::ALL;
    ReconciliationStatusWord = billing::gateway::ReconciliationStatus::ALL;
    RefundOriginWord = [billing::gateway::RefundOrigin::Here, billing::gateway::RefundOrigin::Provider];
    RoleWord = Role::ALL;
    ServiceWord = Service::ALL;
    SettlementWord = [Settlement::Open, Settlement::Partly, Settlement::Paid];
    SoldAsWord = SoldAs::ALL;
    StepNameWord = StepName::ALL;
    StatementFormatWord = StatementFormat::ALL;
    StatementWord = StatementWhat::ALL;
    SubscriptionStatusWord = ["active", "suspended", "ended"];
    TimingWord = Timing::ALL;
    TransportWord = [TransportName::Tls, TransportName::Plain];
    TrustWord = [TrustName::FirstUse, TrustName::Pinned, TrustName::Authority];
    UnmatchedStatusWord = UnmatchedStatus::ALL;
    VerdictWord = Verdict::ALL;
    VoucherStateWord = VoucherStateName::ALL;
    UnusedWord = [Unused::Charged, Unused::GivenBack];
}

/// A text that is one of these words, as they are serialised.
fn one_of<T: Serialize>(words: &[T]) -> RefOr<Schema> {
    let words = words.iter().filter_map(|it| serde_json::to_value(it).ok());
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words.collect::<Vec<_>>()))
        .into()
}
