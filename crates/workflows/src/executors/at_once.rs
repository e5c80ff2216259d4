//! A few pieces of work at once, on the caller's task: what each waits for, the others need not.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// A piece of work.
pub(super) type Work<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Does all of them; the results are in their order. A few: whenever one can go on, each is asked.
pub(super) async fn at_once<T: Send>(works: Vec<Work<'_, T>>) -> Vec<T> {
    let mut results: Vec<Option<T>> = works.iter().map(|_| None).collect();
    let mut works: Vec<Option<Work<'_, T>>> = works.into_iter().map(Some).collect();
    poll_fn(|context| {
        for (work, result) in works.iter_mut().zip(&mut results) {
            let polled = work.as_mut().map(|it| it.as_mut().poll(context));
            if let Some(Poll::Ready(done)) = polled {
                (*work, *result) = (None, Some(done));
            }
        }
        match works.iter().all(Option::is_none) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    //! Work overlaps, and its results keep their order.

    use std::sync::Arc;

    use tokio::sync::Barrier;

    use super::{Work, at_once};

    #[tokio::test]
    async fn what_waits_for_the_others_is_done_with_them() {
        let all = Arc::new(Barrier::new(3));
        let work = |it: u8| -> Work<'static, u8> {
            let all = Arc::clone(&all);
            Box::pin(async move {
                // None goes on before each of them has begun.
                all.wait().await;
                it
            })
        };
        assert_eq!(at_once(vec![work(1), work(2), work(3)]).await, [1, 2, 3]);
        assert!(at_once(Vec::<Work<'_, u8>>::new()).await.is_empty());
    }
}
