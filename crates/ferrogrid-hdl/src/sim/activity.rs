//! Which units must run: those that read what has changed since they last ran.
//!
//! Units, an instruction or a group of equal ones each, stand in *batches* of at most 64; the bits
//! of a batch tell which of its units must run.

use std::ops::Range;

/// Most units of a batch.
pub(super) const BATCH: usize = 64;

/// Units of one batch, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mark {
    batch: u32,
    units: u64,
}

/// For each row the units that read it. A row is what changes as a whole: a place, the places of a
/// group, a memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Readers {
    /// For each row where its marks begin; one more at the end.
    starts: Vec<u32>,
    marks: Vec<Mark>,
}

impl Readers {
    /// From all pairs of a row with a reader: a batch and the bit of the unit.
    pub(super) fn new(rows: usize, mut pairs: Vec<(u32, u32, u8)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut readers = Readers::default();
        let mut pairs = pairs.into_iter().peekable();
        for row in 0..rows as u32 {
            readers.starts.push(readers.marks.len() as u32);
            while let Some((_, batch, bit)) = pairs.next_if(|pair| pair.0 == row) {
                let first = *readers.starts.last().expect("the row has begun") as usize;
                match readers.marks[first..].last_mut() {
                    Some(mark) if mark.batch == batch => mark.units |= 1 << bit,
                    _ => readers.marks.push(Mark {
                        batch,
                        units: 1 << bit,
                    }),
                }
            }
        }
        readers.starts.push(readers.marks.len() as u32);
        readers
    }

    /// The readers of a row.
    #[inline(always)]
    pub(super) fn of(&self, row: usize) -> &[Mark] {
        &self.marks[self.starts[row] as usize..self.starts[row + 1] as usize]
    }
}

/// The units that must run.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    /// A bit for each batch of which some unit must run, and then for each batch a bit for each of
    /// its units.
    flags: Vec<u64>,
    /// Where the units of the first batch stand.
    units: usize,
}

impl Activity {
    /// Nothing must run of so many batches.
    pub(super) fn new(batches: usize) -> Self {
        let units = batches.div_ceil(64);
        Activity {
            flags: vec![0; units + batches],
            units,
        }
    }

    /// All flags.
    pub(super) fn flags(&mut self) -> &mut [u64] {
        &mut self.flags
    }

    /// The flags that a mark sets, of so many batches, and their bits.
    pub(super) fn flags_of(batches: usize, mark: Mark) -> [(u32, u64); 2] {
        let units = batches.div_ceil(64) as u32;
        [
            (units + mark.batch, mark.units),
            (mark.batch / 64, 1 << (mark.batch % 64)),
        ]
    }

    /// Lets a batch run always.
    pub(super) fn keep_awake(&mut self, batch: usize) {
        self.flags[batch / 64] |= 1 << (batch % 64);
    }

    /// Makes the readers of a row run.
    #[inline(always)]
    pub(super) fn wake(&mut self, readers: &Readers, row: usize) {
        for mark in readers.of(row) {
            self.wake_units(mark.batch as usize, mark.units);
        }
    }

    /// Makes units of a batch run.
    #[inline(always)]
    pub(super) fn wake_units(&mut self, batch: usize, units: u64) {
        self.flags[self.units + batch] |= units;
        self.flags[batch / 64] |= 1 << (batch % 64);
    }

    /// The first batch of the range of which something must run.
    #[inline(always)]
    pub(super) fn next(&self, range: &Range<usize>) -> Option<usize> {
        let mut index = range.start / 64;
        if range.is_empty() {
            return None;
        }
        let mut batches = self.flags[index] & (u64::MAX << (range.start % 64));
        loop {
            if batches != 0 {
                let batch = index * 64 + batches.trailing_zeros() as usize;
                return (batch < range.end).then_some(batch);
            }
            index += 1;
            if index * 64 >= range.end {
                return None;
            }
            batches = self.flags[index];
        }
    }

    /// Whether something of the batch must run.
    #[inline(always)]
    pub(super) fn waits(&self, batch: usize) -> bool {
        self.flags[self.units + batch] != 0
    }

    /// Takes the units of a batch that must run; nothing of it waits any longer.
    #[inline(always)]
    pub(super) fn take(&mut self, batch: usize) -> u64 {
        self.flags[batch / 64] &= !(1 << (batch % 64));
        std::mem::take(&mut self.flags[self.units + batch])
    }
}
