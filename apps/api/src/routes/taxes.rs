//! `/legal-entities/{id}/taxes`: which taxes are in force from which day on, and how documents are priced.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use billing::{
    BadTaxRule, BadTaxTable, CreditBy, DatedTaxes, EntityPricing, Ratio, TaxBase, TaxCategory,
    TaxCode, TaxRounding, TaxRule, TaxTable,
};
use kernel::{EntityId, EntityKind, LocalDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use crate::api::Api;
use crate::extract::{Granted, May, PathId, Valid};
use crate::idempotency::run;
use crate::problem::Problem;
use crate::rights::{ReadEntities, WriteEntities};

/// How the documents of a legal entity are priced.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Taxes)]
pub(crate) struct TaxesBody {
    /// Whether the prices of plans have their taxes in them; the price is what is paid then.
    prices_include_taxes: bool,
    /// `per_rate`, `per_line` or `document`: where taxes are rounded. `per_rate` is what EN 16931 asks for.
    #[serde(default)]
    #[schema(value_type = String, example = "per_rate")]
    tax_rounding: TaxRounding,
    /// The smallest coin in minor units: what is due is rounded to it on a line of its own. 100 for whole rupees.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    coin_minor: Option<i64>,
    /// `negative_lines` or `credit_note`: how days that are given back are written down where nothing is taxed. What is taxed
    /// is always given back by credit note.
    #[serde(default = "negative_lines")]
    #[schema(value_type = String, example = "negative_lines")]
    give_back: CreditBy,
    /// The category of plans that have none of their own.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "standard")]
    usual_category: Option<TaxCode>,
    /// Every category; one that was defined cannot be left out any more.
    #[validate(length(max = 40))]
    categories: Vec<CategoryBody>,
}

/// The taxes of a category.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TaxCategory)]
pub(crate) struct CategoryBody {
    /// 1 to 40 of a-z, 0-9, `_` and `-`.
    #[schema(value_type = String, example = "standard")]
    code: TaxCode,
    /// Lists of taxes without gaps or overlaps.
    #[schema(min_items = 1, max_items = 100)]
    taxes: Vec<DatedBody>,
}

/// Taxes and the days they are in force.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DatedTaxes)]
pub(crate) struct DatedBody {
    /// The first day.
    #[schema(value_type = String, format = Date, example = "2026-01-01")]
    from: LocalDate,
    /// The day after the last; null while no end is known.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    until: Option<LocalDate>,
    /// In the order they are charged; empty for what bears none.
    #[schema(max_items = 10)]
    rules: Vec<RuleBody>,
}

/// A tax.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TaxRule)]
pub(crate) struct RuleBody {
    #[schema(min_length = 1, max_length = 60, example = "VAT")]
    name: String,
    /// The category as documents name it (UN/CEFACT 5305): `S`, `Z`, `E`, `AE`, `K`, `G`, `O`, `L` or `M`.
    #[serde(default = "standard")]
    #[schema(value_type = String, example = "S")]
    category: TaxCategory,
    /// `16%`, `0.16` or `4/25`.
    #[schema(value_type = String, example = "16%")]
    rate: Ratio,
    /// `net`, `net_and_earlier` or `gross`: what it is charged on.
    #[serde(default)]
    #[schema(value_type = String, example = "net")]
    base: TaxBase,
    /// The part of the base that is taxed: `11/12` in Indonesia.
    #[serde(default = "whole")]
    #[schema(value_type = String, example = "1")]
    factor: Ratio,
}

const fn negative_lines() -> CreditBy {
    CreditBy::NegativeLines
}

const fn standard() -> TaxCategory {
    TaxCategory::Standard
}

const fn whole() -> Ratio {
    Ratio::ONE
}

impl From<EntityPricing> for TaxesBody {
    fn from(pricing: EntityPricing) -> Self {
        let category = |(code, table): (TaxCode, TaxTable)| CategoryBody {
            code,
            taxes: table.lists().iter().map(DatedBody::from).collect(),
        };
        Self {
            prices_include_taxes: pricing.inclusive,
            tax_rounding: pricing.tax_rounding,
            coin_minor: pricing.coin,
            give_back: pricing.give_back,
            usual_category: pricing.usual,
            categories: pricing.taxes.into_iter().map(category).collect(),
        }
    }
}

impl From<&DatedTaxes> for DatedBody {
    fn from(it: &DatedTaxes) -> Self {
        let rule = |it: &TaxRule| RuleBody {
            name: it.name().to_owned(),
            category: it.category(),
            rate: it.rate(),
            base: it.base(),
            factor: it.factor(),
        };
        Self {
            from: it.from,
            until: it.until,
            rules: it.rules.iter().map(rule).collect(),
        }
    }
}

impl TaxesBody {
    fn pricing(self) -> Result<EntityPricing, Problem> {
        let mut taxes = BTreeMap::new();
        for (place, category) in self.categories.into_iter().enumerate() {
            let field = format!("categories[{place}]");
            let twice = taxes.contains_key(&category.code);
            if twice {
                let text = format!("{} stands twice", category.code);
                return Err(Problem::refused(&format!("{field}.code"), "unique", text));
            }
            let table = table(&field, category.taxes)?;
            taxes.insert(category.code, table);
        }
        Ok(EntityPricing {
            inclusive: self.prices_include_taxes,
            tax_rounding: self.tax_rounding,
            coin: self.coin_minor,
            give_back: self.give_back,
            usual: self.usual_category,
            taxes,
        })
    }
}

fn table(field: &str, lists: Vec<DatedBody>) -> Result<TaxTable, Problem> {
    let mut dated = Vec::new();
    for (place, list) in lists.into_iter().enumerate() {
        let rules = list.rules.iter().map(rule).collect::<Result<_, _>>();
        dated.push(DatedTaxes {
            from: list.from,
            until: list.until,
            rules: rules.map_err(|err| bad_rule(&format!("{field}.taxes[{place}].rules"), &err))?,
        });
    }
    TaxTable::new(dated).map_err(|err| bad_table(&format!("{field}.taxes"), err))
}

fn rule(body: &RuleBody) -> Result<TaxRule, BadTaxRule> {
    let rule = TaxRule::of_category(&body.name, body.category, body.rate)?;
    rule.on(body.base).with_factor(body.factor)
}

fn bad_rule(field: &str, err: &BadTaxRule) -> Problem {
    let rule = match err {
        BadTaxRule::Negative { .. } => "range",
        BadTaxRule::NoRateHere { .. } => "no_rate",
    };
    Problem::refused(field, rule, err.to_string())
}

fn bad_table(field: &str, err: BadTaxTable) -> Problem {
    let rule = match err {
        BadTaxTable::Empty => "required",
        BadTaxTable::Backwards { .. } => "backwards",
        BadTaxTable::Gap { .. } => "gap",
        BadTaxTable::Overlap { .. } => "overlap",
    };
    Problem::refused(field, rule, err.to_string())
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get, define))
}

/// Shows the taxes of a legal entity, and how its documents are priced.
#[utoipa::path(
    get, path = "/legal-entities/{id}/taxes", operation_id = "get_taxes", tag = "legal entities",
    params(("id" = String, Path, description = "A legal entity id")),
    responses((status = 200, description = "The taxes", body = TaxesBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadEntities>,
    PathId(id): PathId<EntityKind>,
) -> Result<Json<TaxesBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Prices documents like this from now on; what was issued stays as it is. The same again changes nothing.
#[utoipa::path(
    put, path = "/legal-entities/{id}/taxes", operation_id = "define_taxes", tag = "legal entities",
    params(("id" = String, Path, description = "A legal entity id")),
    request_body = TaxesBody,
    responses(
        (status = 200, description = "The taxes", body = TaxesBody),
        (status = 422, description = "Gaps, overlaps, rates or categories that cannot be", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn define(
    State(api): State<Api>,
    caller: May<WriteEntities>,
    PathId(id): PathId<EntityKind>,
    Valid(body): Valid<TaxesBody>,
) -> Result<Json<TaxesBody>, Problem> {
    let pricing = body.pricing()?;
    run(&caller, |scope| {
        let (api, pricing) = (api.clone(), pricing.clone());
        async move { billing::define_taxes(&*api.ports.billing, &scope, id, pricing).await }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

async fn load(api: &Api, caller: &Granted, id: EntityId) -> Result<TaxesBody, Problem> {
    let queries = &api.ports.billing_queries;
    let entities = queries.entities(caller.tenant()).await?;
    let found = entities.into_iter().find(|it| it.id == id);
    let view = found.ok_or_else(|| Problem::not_found("legal entity", id))?;
    Ok(view.pricing.into())
}
