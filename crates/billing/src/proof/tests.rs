//! A file is what it begins like, and a proof is decided once.

use kernel::testing::CountingIds;
use kernel::{Ids, Money, Timestamp};

use super::{MAX_PROOF_BYTES, NewProof, Proof, ProofMedia, ProofRefusal, ProofStatus};
use crate::payment::BadPayment;

fn now() -> Timestamp {
    Timestamp::from_micros(1_795_235_501_000_000).unwrap()
}

fn new(content: &[u8]) -> NewProof {
    let ids: &dyn Ids = &CountingIds::from(1);
    NewProof {
        id: ids.next(),
        account: ids.next(),
        amount: Money::from_minor(5, "KES".parse().unwrap()),
        note: Some(" paid at the bank ".to_owned()),
        sha256: [7; 32],
        content: content.to_vec(),
    }
}

#[test]
fn a_file_is_what_it_begins_like() {
    for (content, expected) in [
        (&b"\xff\xd8\xff\xe0 jfif"[..], Some(ProofMedia::Jpeg)),
        (b"\x89PNG\r\n\x1a\n ihdr", Some(ProofMedia::Png)),
        (b"RIFF\x04\0\0\0WEBPVP8 ", Some(ProofMedia::Webp)),
        (b"%PDF-1.7", Some(ProofMedia::Pdf)),
        (b"RIFF\x04\0\0\0WAVE", None),
        (b"<svg onload=alert(1)>", None),
        (b"<html>%PDF-1.7", None),
        (b"MZ", None),
        (b"\x89PNG", None),
        (b"", None),
    ] {
        assert_eq!(ProofMedia::sniff(content), expected, "{content:?}");
    }
    for media in ProofMedia::ALL {
        let word = media.media_type();
        assert_eq!(ProofMedia::from_media_type(word), Some(media));
    }
}

#[test]
fn what_is_no_proof_is_refused() {
    let refused = |new| Proof::hand_in(new, now()).unwrap_err();
    assert_eq!(refused(new(b"")), ProofRefusal::Size);
    assert_eq!(refused(new(b"hello")), ProofRefusal::Media);
    let mut huge = b"%PDF-".to_vec();
    huge.resize(MAX_PROOF_BYTES + 1, b' ');
    assert_eq!(refused(new(&huge)), ProofRefusal::Size);
    huge.pop();
    assert!(Proof::hand_in(new(&huge), now()).is_ok());
    let mut nothing = new(b"%PDF-1");
    nothing.amount = Money::from_minor(0, "KES".parse().unwrap());
    assert_eq!(refused(nothing), ProofRefusal::Bad(BadPayment::Amount));
}

#[test]
fn it_is_decided_once() {
    let ids: &dyn Ids = &CountingIds::from(9);
    let proof = Proof::hand_in(new(b"%PDF-1"), now()).unwrap();
    assert_eq!(proof.view().note.as_deref(), Some("paid at the bank"));
    let payment = ids.next();
    let mut approved = proof.clone();
    assert_eq!(approved.approve(payment, now()), Ok(true));
    assert_eq!(approved.approve(payment, now()), Ok(false));
    let decided = Err(ProofRefusal::Decided(ProofStatus::Approved));
    assert_eq!(approved.approve(ids.next(), now()), decided);
    assert_eq!(approved.refuse("no", now()), decided);
    let mut refused = proof;
    assert!(matches!(
        refused.refuse(" ", now()),
        Err(ProofRefusal::Reason(_))
    ));
    assert_eq!(refused.refuse("no such transfer", now()), Ok(true));
    assert_eq!(refused.refuse("still none", now()), Ok(false));
    let decided = Err(ProofRefusal::Decided(ProofStatus::Refused));
    assert_eq!(refused.approve(payment, now()), decided);
}
