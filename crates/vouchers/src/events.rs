//! What happens to vouchers, as facts.

use kernel::{BatchId, DomainEvent, PlanId, RouterId, SubscriptionId, Timestamp, VoucherId};
use serde::Serialize;

/// A fact about a batch or a voucher; never holds a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum VoucherEvent {
    /// A batch was ordered.
    BatchOrdered {
        /// The batch.
        batch: BatchId,
        /// What is sold.
        plan: PlanId,
        /// Where it is valid.
        router: RouterId,
        /// How many vouchers.
        count: u32,
    },
    /// A batch that another program made was taken over.
    BatchImported {
        /// The batch.
        batch: BatchId,
        /// What it was sold as.
        plan: PlanId,
        /// Where it is valid.
        router: RouterId,
        /// How many vouchers at most.
        count: u32,
    },
    /// Every voucher of a batch exists.
    BatchGenerated {
        /// The batch.
        batch: BatchId,
        /// Where it is valid.
        router: RouterId,
        /// How many vouchers.
        count: u32,
    },
    /// A batch was withdrawn with all its vouchers that had not ended.
    BatchVoided {
        /// The batch.
        batch: BatchId,
        /// How many vouchers were withdrawn.
        vouchers: u64,
        /// Why.
        reason: String,
    },
    /// Somebody was shown the codes of a part of a batch.
    CodesRevealed {
        /// The batch.
        batch: BatchId,
        /// How many codes.
        codes: u32,
    },
    /// A voucher was sold.
    VoucherSold {
        /// The voucher.
        voucher: VoucherId,
        /// Its batch.
        batch: BatchId,
    },
    /// A voucher was used for the first time.
    VoucherActivated {
        /// The voucher.
        voucher: VoucherId,
        /// Its batch.
        batch: BatchId,
        /// Until when it is valid, if by calendar.
        until: Option<Timestamp>,
    },
    /// A voucher's time is over.
    VoucherExpired {
        /// The voucher.
        voucher: VoucherId,
        /// Its batch.
        batch: BatchId,
    },
    /// The days of a voucher were given to a subscription: it is of no use on a hotspot any more.
    VoucherRedeemed {
        /// The voucher.
        voucher: VoucherId,
        /// Its batch.
        batch: BatchId,
        /// Who gets its days.
        subscription: SubscriptionId,
        /// How many.
        days: u16,
    },
    /// A voucher was withdrawn.
    VoucherVoided {
        /// The voucher.
        voucher: VoucherId,
        /// Its batch.
        batch: BatchId,
        /// Why.
        reason: String,
    },
}

impl DomainEvent for VoucherEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::BatchOrdered { .. } => "vouchers.batch_ordered",
            Self::BatchImported { .. } => "vouchers.batch_imported",
            Self::BatchGenerated { .. } => "vouchers.batch_generated",
            Self::BatchVoided { .. } => "vouchers.batch_voided",
            Self::CodesRevealed { .. } => "vouchers.codes_revealed",
            Self::VoucherSold { .. } => "vouchers.voucher_sold",
            Self::VoucherActivated { .. } => "vouchers.voucher_activated",
            Self::VoucherExpired { .. } => "vouchers.voucher_expired",
            Self::VoucherRedeemed { .. } => "vouchers.voucher_redeemed",
            Self::VoucherVoided { .. } => "vouchers.voucher_voided",
        }
    }
}
