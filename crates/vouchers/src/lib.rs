//! Voucher batches, codes, clocks and redemption.
//!
//! A batch orders a number of codes; each code is one voucher. A voucher has up to three clocks: how long it may lie
//! on the shelf, how long it is valid from its first login, and how much time online it contains. The server keeps the
//! first two; the router counts the third and keeps it as a backstop. Codes are sealed when stored and unique over
//! every code the tenant ever issued.
//!
//! ```
//! use vouchers::{Alphabet, CodeStyle};
//!
//! let style = CodeStyle::new(Alphabet::Mix, 8, "")?;
//! style.fits(500)?;
//! assert!(style.fits(50_000).is_err(), "eight characters are too few for fifty thousand codes");
//! # Ok::<(), vouchers::BadCodeStyle>(())
//! ```

mod batch;
mod code;
mod events;
mod ports;
#[cfg(feature = "testing")]
pub mod testing;
mod use_cases;
mod validity;
mod voucher;

pub use batch::{BadBatch, Batch, BatchRefusal, BatchSnapshot, BatchStatus, NewBatch};
pub use code::{Alphabet, BadCodeStyle, CodeStyle, code_digest, voucher_owner};
pub use events::VoucherEvent;
pub use ports::{
    BatchFilter, BatchRepository, BatchView, StateCounts, VoucherFilter, VoucherQueries,
    VoucherRepository, VoucherView, VouchersStore, VouchersTx,
};
pub use use_cases::VoucherError;
pub use use_cases::activate_voucher::{ActivateVoucher, activate_voucher};
pub use use_cases::expire_vouchers::expire_vouchers;
pub use use_cases::generate_chunk::{GenerateChunk, GenerateChunkError, Generated, generate_chunk};
pub use use_cases::order_batch::{OrderBatch, OrderBatchError, order_batch};
pub use use_cases::redeem_voucher::{RedeemVoucher, RedeemVoucherError, Redeemed, redeem_within};
pub use use_cases::reveal_codes::{RevealCodes, RevealCodesError, RevealedCode, reveal_codes};
pub use use_cases::sell_voucher::{SellVoucher, sell_voucher};
pub use use_cases::void_batch::{VoidBatch, VoidBatchError, void_batch};
pub use use_cases::void_voucher::{VoidVoucher, void_voucher};
pub use validity::{BadValidity, Validity};
pub use voucher::{
    ImpossibleVoucher, NewVoucher, Voucher, VoucherRefusal, VoucherSnapshot, VoucherState,
    VoucherStateName,
};
