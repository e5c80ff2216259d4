//! Promises about letterheads and logos.

use kernel::{EntityId, Locale};

use super::World;
use crate::letterhead::{DatedLetterhead, Letterhead};

impl World<'_> {
    pub(super) async fn letterhead_promises(&self) {
        self.letterheads_read_back_in_the_order_of_their_days()
            .await;
        self.a_logo_is_on_the_documents_of_its_days().await;
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

    async fn a_logo_is_on_the_documents_of_its_days(&self) {
        let (entity, other) = (self.found().await, self.found().await);
        let keep = async |from: &str, file: Option<Vec<u8>>| {
            let mut tx = self.tx().await;
            let from = from.parse().unwrap();
            let kept = tx.letterheads().keep_logo(entity, from, file).await;
            kept.unwrap();
            tx.commit().await.unwrap();
        };
        let large = vec![7; 100_000];
        keep("2026-03-01", Some(vec![0, 255, 10])).await;
        keep("2026-05-01", Some(vec![1])).await;
        keep("2026-05-01", Some(large.clone())).await;
        keep("2026-06-01", None).await;
        for (on, file) in [
            ("2026-02-28", None),
            ("2026-03-01", Some(vec![0, 255, 10])),
            ("2026-04-30", Some(vec![0, 255, 10])),
            ("2026-05-01", Some(large)),
            ("2026-06-01", None),
        ] {
            let on = on.parse().unwrap();
            let of = async |whose| self.queries.logo(self.tenant(), whose, on).await.unwrap();
            assert_eq!(of(entity).await, file, "{on}");
            assert_eq!(of(other).await, None);
        }
    }
}
