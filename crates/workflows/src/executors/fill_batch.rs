//! Makes the vouchers of a batch, chunk by chunk, until it is complete or withdrawn.

use kernel::{BatchId, Scope, rerun_on_conflict};
use vouchers::{BatchRefusal, GenerateChunk, GenerateChunkError, generate_chunk};

use crate::failure::Failure;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Vouchers per transaction: short enough not to hold the one writer of SQLite for long.
const CHUNK: u32 = 1_000;

pub(super) async fn run(
    bench: &Workbench,
    scope: &Scope,
    batch: BatchId,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    loop {
        let command = GenerateChunk {
            batch,
            chunk: CHUNK,
        };
        let made = rerun_on_conflict(|| {
            let (store, vault) = (&*bench.vouchers, &*bench.vault);
            generate_chunk(
                store,
                vault,
                &*bench.randomness,
                &*bench.ids,
                scope,
                command,
            )
        })
        .await;
        let made = match made {
            Ok(made) => made,
            Err(GenerateChunkError::Refused(BatchRefusal::Voided)) => return Ok(()),
            Err(err) => return Err(failure(err)),
        };
        bench.probe.made("vouchers", made.made.into());
        bench.probe.reached("generate_vouchers.chunk_stored");
        let goes_on = progress
            .report(made.generated.into(), Some(made.count.into()))
            .await?;
        if made.is_complete() || !goes_on {
            return Ok(());
        }
    }
}

fn failure(err: GenerateChunkError) -> Failure {
    match err {
        GenerateChunkError::Store(err) => Failure::from(err),
        GenerateChunkError::NotFound(_)
        | GenerateChunkError::Refused(_)
        | GenerateChunkError::CodesUsedUp => Failure::park_because(&err),
    }
}
