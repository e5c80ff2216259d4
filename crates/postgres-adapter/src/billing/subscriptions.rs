//! Subscriptions in a transaction.

use async_trait::async_trait;
use billing::{Subscription, SubscriptionRepository};
use kernel::{AccountId, StoreError, SubscriptionId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};

use super::subscription_row::{Entity, Model};
use crate::error::Stored;
use crate::row;
use crate::tx::Tx;

#[async_trait]
impl SubscriptionRepository for Tx {
    async fn find(&mut self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        let wanted = Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        found.map(Model::into_subscription).transpose()
    }

    async fn of_account(&mut self, account: AccountId) -> Result<Vec<Subscription>, StoreError> {
        let found = Entity::find()
            .filter(Expr::col("tenant_id").eq(self.tenant()))
            .filter(Expr::col("account_id").eq(account.uuid()))
            .order_by_asc(Expr::col("id"))
            .all(self.connection())
            .await
            .stored()?;
        found.into_iter().map(Model::into_subscription).collect()
    }

    async fn save(&mut self, subscription: &mut Subscription) -> Result<(), StoreError> {
        let version = subscription.snapshot().version;
        let row = Model::of(self.tenant(), subscription)?;
        let identity = (self.tenant(), subscription.id().uuid());
        row::save::<Entity, _>(self.connection(), row, identity, version).await?;
        self.record(subscription.id(), subscription.take_events())?;
        subscription.saved_as(version + 1);
        Ok(())
    }
}
