//! A bounded queue with priorities in which nobody starves.

use std::collections::VecDeque;

use crate::class::Class;

/// How often a class may be passed over while it has somebody waiting, before it is served once.
const PATIENCE: u32 = 15;

/// The queue takes no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{limit} wait already")]
pub struct Full {
    /// How many may wait.
    pub limit: usize,
}

/// More urgent classes first, first come first served within a class; a class that was passed over 15 times is served
/// once before the others go on, so that each makes some progress under any load.
#[derive(Debug)]
pub struct PriorityQueue<T> {
    limit: usize,
    classes: [VecDeque<T>; 4],
    passed_over: [u32; 4],
}

impl<T> PriorityQueue<T> {
    /// An empty queue for so many entries of all classes together.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            classes: std::array::from_fn(|_| VecDeque::new()),
            passed_over: [0; 4],
        }
    }

    /// Queues an entry behind those of its class. If as many wait as may, the last one of the least urgent class makes
    /// room for a more urgent entry; it is returned.
    ///
    /// # Errors
    /// [`Full`] if as many wait as may and none is less urgent; the entry is dropped.
    pub fn push(&mut self, class: Class, entry: T) -> Result<Option<T>, Full> {
        let full = Full { limit: self.limit };
        let displaced = match self.is_full() {
            true => Some(self.displace(class).ok_or(full)?),
            false => None,
        };
        if let Some(entries) = self.classes.get_mut(class.index()) {
            entries.push_back(entry);
        }
        Ok(displaced)
    }

    /// Takes the last one out of the least urgent class that is less urgent than this.
    fn displace(&mut self, class: Class) -> Option<T> {
        let less_urgent = self.classes.iter_mut().skip(class.index() + 1);
        less_urgent.rev().find_map(VecDeque::pop_back)
    }

    /// The next entry.
    pub fn pop(&mut self) -> Option<T> {
        let chosen = self.starving().or_else(|| self.most_urgent())?;
        let classes = self.classes.iter().zip(&mut self.passed_over).enumerate();
        for (index, (entries, passed)) in classes {
            let waits = !entries.is_empty() && index != chosen;
            *passed = if waits { passed.saturating_add(1) } else { 0 };
        }
        self.classes.get_mut(chosen)?.pop_front()
    }

    fn most_urgent(&self) -> Option<usize> {
        self.classes.iter().position(|it| !it.is_empty())
    }

    fn starving(&self) -> Option<usize> {
        let waiting = self.classes.iter().zip(&self.passed_over).enumerate();
        waiting
            .filter(|(_, (entries, passed))| !entries.is_empty() && **passed >= PATIENCE)
            .max_by_key(|(_, (_, passed))| **passed)
            .map(|(index, _)| index)
    }

    /// Keeps only the entries for which this holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.classes
            .iter_mut()
            .for_each(|it| it.retain(|entry| keep(entry)));
    }

    /// How many may wait.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.classes.iter().map(VecDeque::len).sum()
    }

    /// How many wait in each class, the most urgent first.
    #[must_use]
    pub fn lengths(&self) -> [usize; 4] {
        self.classes.each_ref().map(VecDeque::len)
    }

    /// Whether as many wait as may.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= self.limit
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    //! Order, bound and progress.

    use super::{Full, PriorityQueue};
    use crate::class::Class::{Critical, High, Low, Normal};

    #[test]
    fn urgent_entries_come_first_and_equals_in_order() {
        let mut queue = PriorityQueue::new(10);
        let entries = [
            (Low, "l"),
            (Normal, "n1"),
            (Critical, "c"),
            (Normal, "n2"),
            (High, "h"),
        ];
        for (class, entry) in entries {
            queue.push(class, entry).unwrap();
        }
        assert_eq!(queue.lengths(), [1, 1, 2, 1]);
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, ["c", "h", "n1", "n2", "l"]);
    }

    #[test]
    fn a_full_queue_says_so() {
        let mut queue = PriorityQueue::new(2);
        assert_eq!(queue.push(Low, 1), Ok(None));
        assert_eq!(queue.push(Low, 2), Ok(None));
        assert_eq!(queue.push(Low, 3), Err(Full { limit: 2 }));
        queue.retain(|it| *it != 1);
        assert_eq!(queue.push(Low, 3), Ok(None));
    }

    #[test]
    fn in_a_full_queue_the_urgent_displace_the_last_of_the_least_urgent() {
        let mut queue = PriorityQueue::new(3);
        for (class, entry) in [(Normal, 1), (Low, 2), (Low, 3)] {
            assert_eq!(queue.push(class, entry), Ok(None));
        }
        assert_eq!(queue.push(Critical, 4), Ok(Some(3)));
        assert_eq!(queue.push(Normal, 5), Ok(Some(2)));
        assert_eq!(queue.push(Normal, 6), Err(Full { limit: 3 }));
        assert_eq!(queue.push(High, 7), Ok(Some(5)));
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [4, 7, 1]);
    }

    #[test]
    fn the_lowest_class_makes_progress_under_endless_urgent_load() {
        let mut queue = PriorityQueue::new(10_000);
        for number in 0..4 {
            queue.push(Low, number).unwrap();
            queue.push(Normal, 100 + number).unwrap();
        }
        let mut served = Vec::new();
        for _ in 0..200 {
            queue.push(Critical, 1_000).unwrap();
            served.extend(queue.pop());
        }
        let low: Vec<_> = served.iter().filter(|it| **it < 100).collect();
        assert_eq!(low, [&0, &1, &2, &3], "in order, and all of them");
        assert!(served.iter().filter(|it| **it >= 1_000).count() >= 180);
    }
}
