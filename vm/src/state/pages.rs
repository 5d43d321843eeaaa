//! A list in pages that copies share: a copy costs a pointer per page, and a change after it copies only its page.

use std::sync::Arc;

/// A growing list of `T` in pages of `SIZE`.
#[derive(Clone)]
pub(crate) struct Pages<T, const SIZE: usize> {
    full: Vec<Arc<[T]>>,
    tail: Vec<T>,
}

impl<T, const SIZE: usize> Default for Pages<T, SIZE> {
    fn default() -> Self {
        Self { full: Vec::new(), tail: Vec::new() }
    }
}

impl<T: Clone, const SIZE: usize> Pages<T, SIZE> {
    pub(crate) fn len(&self) -> usize {
        self.full.len() * SIZE + self.tail.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        match self.full.get(index / SIZE) {
            Some(page) => page.get(index % SIZE),
            None => self.tail.get(index.checked_sub(self.full.len() * SIZE)?),
        }
    }

    /// Replaces the value at `index`, which must exist.
    pub(crate) fn set(&mut self, index: usize, value: T) {
        match self.full.get_mut(index / SIZE) {
            Some(page) => Arc::make_mut(page)[index % SIZE] = value,
            None => self.tail[index % SIZE] = value,
        }
    }

    pub(crate) fn push(&mut self, value: T) {
        self.tail.push(value);
        if self.tail.len() == SIZE {
            self.full.push(std::mem::take(&mut self.tail).into());
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.full.iter().flat_map(|page| page.iter()).chain(&self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaves_as_a_list() {
        let mut pages = Pages::<u32, 4>::default();
        for value in 0..11 {
            assert_eq!(pages.len(), value as usize);
            assert_eq!(pages.get(value as usize), None);
            pages.push(value);
        }
        pages.set(2, 100);
        pages.set(9, 101);
        let values: Vec<u32> = pages.iter().copied().collect();
        assert_eq!(values, [0, 1, 100, 3, 4, 5, 6, 7, 8, 101, 10]);
        assert!(values.iter().enumerate().all(|(index, value)| pages.get(index) == Some(value)));
        assert_eq!(pages.get(1_000), None);
    }

    #[test]
    fn a_copy_does_not_see_later_changes_and_shares_the_rest() {
        let mut pages = Pages::<u32, 4>::default();
        (0..10).for_each(|value| pages.push(value));
        let copy = pages.clone();
        pages.set(1, 100);
        pages.set(9, 101);
        pages.push(10);
        assert!(copy.iter().copied().eq(0..10));
        assert!(!Arc::ptr_eq(&pages.full[0], &copy.full[0]));
        assert!(Arc::ptr_eq(&pages.full[1], &copy.full[1]), "an unchanged page was copied");
    }
}
