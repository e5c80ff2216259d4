//! Sales of the past as JSON.

use access::adoption::HistoricalSale;
use kernel::{HistoricalSaleId, ImportId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::import_rows::Reader;
use crate::money::MoneyBody;

/// A sale that another program had recorded on a router.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoricalSale)]
pub(crate) struct HistoricalSaleBody {
    #[schema(value_type = String, pattern = "^hsl_[a-z2-7]{25}[aeimquy4]$", example = "hsl_agjpfimc4btqadrdlvfsmcaaai")]
    id: HistoricalSaleId,
    #[schema(value_type = String, pattern = "^imp_[a-z2-7]{25}[aeimquy4]$", example = "imp_agjpfimc4btqadrdlvfsmcaaai")]
    import: ImportId,
    #[schema(value_type = String, format = DateTime)]
    sold_at: Timestamp,
    /// The hotspot user, masked for those who may not see codes; its time has begun with the sale.
    #[schema(example = "ab23")]
    login: String,
    price: MoneyBody,
    #[schema(example = "10.5.50.9")]
    address: String,
    #[schema(example = "AA:BB:CC:00:00:01")]
    device: String,
    /// Seconds of validity.
    #[schema(example = 86_400)]
    validity_s: Option<u64>,
    /// The profile's name on the router.
    #[schema(example = "1day")]
    profile: String,
    /// The comment: its batch.
    #[schema(example = "vc-123-08.14.26-kiosk")]
    comment: String,
}

impl HistoricalSaleBody {
    /// A sale as its reader sees it.
    pub(super) fn of(sale: &HistoricalSale, reader: Reader) -> Self {
        let codepage = reader.codepage();
        Self {
            id: sale.id,
            import: sale.import,
            sold_at: sale.at,
            login: reader.login(codepage.show(&sale.login)),
            price: sale.price.into(),
            address: codepage.show(&sale.address),
            device: codepage.show(&sale.device),
            validity_s: sale.validity_s,
            profile: codepage.show(&sale.profile),
            comment: codepage.show(&sale.comment),
        }
    }
}
