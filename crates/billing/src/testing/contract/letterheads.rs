//! Promises about letterheads and logos.

use kernel::{EntityId, Locale};

use super::World;
use crate::letterhead::{DatedLetterhead, Letterhead};

impl World<'_> {
    pub(super) async fn letterhead_promises(&self) {
        self.letterheads_read_back_in_the_order_of_their_days()
            .await;
        self.a_logo_reads_back_until_it_is_taken_away().await;
    }

    async fn letterheads_read_back_in_the_order_of_their_days(&self) {
        let (entity, other) = (self.found().await, self.found().await);
        assert!(self.heads(entity).await.is_empty());
        let of = |from: &str, note: Option<&str>| DatedLetterhead {
            from: from.parse().unwrap(),
            letterhead: Letterhead {
                name: "Réseau du Sahel".parse().unwrap(),
                address: "1 Rue Kankan\nDakar".to_owned(),
                country: "SN".to_owned(),
                tax_id: note.map(str::to_owned),
                phone: Some("+221338201234".parse().unwrap()),
                email: None,
                note: note.map(str::to_owned),
                pay_url: Some("https://pay.example.net/{invoice}".to_owned()),
                locale: Locale::Pt,
            },
        };
        let (later, earlier) = (of("2026-03-01", Some("b")), of("2026-01-01", None));
        self.head(entity, &later).await;
        self.head(entity, &earlier).await;
        assert_eq!(self.heads(entity).await, [earlier.clone(), later]);
        let again = of("2026-03-01", Some("c"));
        self.head(entity, &again).await;
        assert_eq!(self.heads(entity).await, [earlier.clone(), again.clone()]);
        let mut tx = self.tx().await;
        tx.letterheads()
            .keep(entity, &of("2026-05-01", None))
            .await
            .unwrap();
        drop(tx);
        assert_eq!(
            self.heads(entity).await,
            [earlier, again],
            "it was not committed"
        );
        assert!(self.heads(other).await.is_empty());
    }

    async fn heads(&self, entity: EntityId) -> Vec<DatedLetterhead> {
        let heads = self.queries.letterheads(self.tenant(), entity).await;
        heads.unwrap()
    }

    async fn head(&self, entity: EntityId, dated: &DatedLetterhead) {
        let mut tx = self.tx().await;
        tx.letterheads().keep(entity, dated).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn a_logo_reads_back_until_it_is_taken_away(&self) {
        let (entity, other) = (self.found().await, self.found().await);
        for file in [Some(vec![0, 255, 10]), Some(vec![7; 100_000]), None] {
            let mut tx = self.tx().await;
            tx.letterheads()
                .keep_logo(entity, file.clone())
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let kept = self.queries.logo(self.tenant(), entity).await.unwrap();
            assert_eq!(kept, file);
            assert_eq!(self.queries.logo(self.tenant(), other).await.unwrap(), None);
        }
    }
}
