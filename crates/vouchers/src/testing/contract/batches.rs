//! Batches are written and found many at a time.

use kernel::StoreError;

use super::{World, noon};
use crate::batch::Batch;

impl World<'_> {
    pub(super) async fn batches_are_written_and_found_together(&self) {
        let import = |count| Batch::import(self.batch(count).ordered().clone(), noon()).unwrap();
        let new = [import(1), import(2)];
        let ids = [new[0].ordered().id, new[1].ordered().id];
        let asked = [ids[0], self.ids.next(), ids[1]];
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        assert!(tx.batches().find_many(&asked).await.unwrap().is_empty());
        tx.batches().insert_many(new.to_vec()).await.unwrap();
        tx.batches().insert_many(Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let mut found = tx.batches().find_many(&asked).await.unwrap();
        found.sort_by_key(|it| it.ordered().id);
        let found = found
            .iter()
            .map(|it| (it.ordered().id, it.snapshot().version));
        assert_eq!(found.collect::<Vec<_>>(), [(ids[0], 1), (ids[1], 1)]);
        let taken = match tx.batches().insert_many(vec![new[0].clone()]).await {
            Ok(()) => tx.commit().await,
            Err(err) => Err(err),
        };
        assert!(taken.is_err());
    }

    pub(super) async fn a_stale_batch_is_a_conflict(&self) {
        let mut batch = self.batch(2);
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.batches().save(&mut batch).await.unwrap();
        tx.commit().await.unwrap();
        let mut stale = batch.clone();
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.batches().save(&mut batch).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let saved = match tx.batches().save(&mut stale).await {
            Ok(()) => tx.commit().await,
            Err(err) => Err(err),
        };
        assert!(matches!(saved, Err(StoreError::Conflict)), "{saved:?}");
    }
}
