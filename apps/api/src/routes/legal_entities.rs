//! `/legal-entities`: whose invoices these are: currency, zone, number series and terms.

use axum::Json;
use axum::extract::State;
use billing::EntityView;
use kernel::{Currency, EntityId, Name, Zone};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dunning::EntityDunningBody;
use crate::api::Api;
use crate::extract::May;
use crate::problem::Problem;
use crate::rights::ReadEntities;

/// A legal entity.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LegalEntity)]
pub(crate) struct EntityBody {
    #[schema(value_type = String, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$", example = "ent_agjpfimc4btqadrdlvfsmcaaai")]
    id: EntityId,
    #[schema(value_type = String, example = "PT Demo Net")]
    name: Name,
    /// What it invoices in.
    #[schema(value_type = String, example = "IDR")]
    currency: Currency,
    /// Where its days begin and end.
    #[schema(value_type = String, example = "Asia/Jakarta")]
    zone: Zone,
    /// Days from issue to due.
    #[schema(example = 7)]
    terms_days: u16,
    /// What is done about debts, as it counts now.
    dunning: EntityDunningBody,
}

impl From<EntityView> for EntityBody {
    fn from(view: EntityView) -> Self {
        Self {
            id: view.id,
            name: view.name.clone(),
            currency: view.currency,
            zone: view.zone,
            terms_days: view.terms_days,
            dunning: view.into(),
        }
    }
}

/// Every legal entity of the provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LegalEntities)]
pub(crate) struct EntitiesBody {
    items: Vec<EntityBody>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Lists the legal entities, oldest first. The first one is founded with the provider, from the settings.
#[utoipa::path(
    get, path = "/legal-entities", operation_id = "list_legal_entities", tag = "legal entities",
    responses((status = 200, description = "Every legal entity", body = EntitiesBody))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadEntities>,
) -> Result<Json<EntitiesBody>, Problem> {
    let entities = api.ports.billing_queries.entities(caller.tenant()).await?;
    let items = entities.into_iter().map(EntityBody::from).collect();
    Ok(Json(EntitiesBody { items }))
}
