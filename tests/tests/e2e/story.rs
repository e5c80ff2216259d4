//! The story of one provider: from enrolling routers to the end of a voucher.

mod adoption;
mod dunning;
mod hotspot;
mod money;
mod paper;
mod record;
mod sale;
mod usage;

use std::time::Duration;

use anyhow::{Context, Result};
use e2e::{MovedClock, Operator, Routers, Shape};

use crate::running;
use crate::shop::Shop;

/// How long anything may take to reach a router, a killed worker and its lease included.
pub(crate) const SOON: Duration = Duration::from_secs(40);

/// The PPPoE customer of the story.
const LOGIN: &str = "siti.42";
const PASSWORD: &str = "rahasia-123";
const MODEM: &str = "AA:BB:CC:00:00:01";
/// The hotspot customer's phone.
const PHONE: &str = "AA:BB:CC:00:00:02";

/// Everybody in the story.
pub(crate) struct Stage<'a> {
    pub(crate) operator: &'a Operator,
    pub(crate) routers: &'a Routers,
    pub(crate) clock: &'a MovedClock,
    /// How many vouchers are ordered.
    pub(crate) vouchers: usize,
}

/// Ids that come up in the story.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ids {
    pub(crate) customer: String,
    pub(crate) account: String,
    pub(crate) subscription: String,
    pub(crate) batch: String,
    pub(crate) invoice: String,
    pub(crate) payment: String,
    pub(crate) voucher: String,
}

/// Tells the whole story; every step waits for what it causes on the routers.
pub(crate) async fn tell(stage: &Stage<'_>) -> Result<(Shop, Ids)> {
    let shop = Shop::open(stage.operator, stage.routers)
        .await
        .context("opening the shop")?;
    let mut ids = Ids::default();
    adoption::takes_over_a_router(stage)
        .await
        .context("taking a router over")?;
    sale::subscribes(stage, &shop, &mut ids)
        .await
        .context("subscribing")?;
    hotspot::orders_vouchers(stage, &shop, &mut ids)
        .await
        .context("ordering vouchers")?;
    hotspot::withdraws_a_batch(stage, &shop)
        .await
        .context("withdrawing a batch")?;
    sale::dials_in(stage).context("dialling in")?;
    usage::is_counted(stage, &ids)
        .await
        .context("counting use")?;
    let code = hotspot::logs_in(stage, &mut ids)
        .await
        .context("logging in with a voucher")?;
    dunning::is_billed(stage, &mut ids)
        .await
        .context("bill day")?;
    paper::is_printed(stage, &ids).await.context("paper")?;
    dunning::is_restricted(stage).await.context("restriction")?;
    dunning::is_suspended(stage).await.context("suspension")?;
    dunning::is_held_and_let_go(stage, &ids)
        .await
        .context("a hold")?;
    dunning::pays_twice_with_one_key(stage, &mut ids)
        .await
        .context("payment")?;
    paper::is_receipted(stage, &ids).await.context("receipt")?;
    money::goes_back_and_comes_again(stage, &ids)
        .await
        .context("a chargeback")?;
    money::comes_late_or_astray(stage, &ids)
        .await
        .context("late and stray money")?;
    sale::upgrades(stage, &shop, &ids)
        .await
        .context("upgrade")?;
    hotspot::runs_out(stage, &code)
        .await
        .context("the end of the voucher")?;
    sale::changes_back(stage, &shop, &ids)
        .await
        .context("back to the old plan")?;
    stage.routers.check_foreign_rows()?;
    Ok((shop, ids))
}

#[tokio::test(flavor = "multi_thread")]
async fn story_on_sqlite() {
    whole_story(Shape::Sqlite).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn story_on_postgres() {
    whole_story(Shape::POSTGRES).await.unwrap();
}

async fn whole_story(shape: Shape) -> Result<()> {
    let mut product = running(shape).await?;
    let routers = Routers::start().await?;
    let operator = product.admin().await?;
    let clock = product.clock().clone();
    let stage = Stage {
        operator: &operator,
        routers: &routers,
        clock: &clock,
        vouchers: 500,
    };
    let told = async {
        let (shop, ids) = tell(&stage).await?;
        record::lists_every_step(&stage, &shop, &ids)
            .await
            .context("the record")
    };
    told.await.with_context(|| product.last_words())?;
    product.stop().await
}
