//! Memories: an array of words each, sampled and written at rising edges.

use super::wide::{Span, words_of};

/// A write port over values or places.
#[derive(Clone, Debug)]
pub(super) struct WriteLayout {
    pub domain: u32,
    pub enable: u32,
    pub address: Span,
    pub data: u32,
    pub mask: Option<Span>,
}

/// A read port over values or places.
#[derive(Clone, Debug)]
pub(super) struct ReadLayout {
    pub domain: u32,
    pub enable: Option<u32>,
    pub address: Span,
    /// The data register.
    pub data: u32,
}

/// One memory of one scope.
#[derive(Clone, Debug)]
pub(super) struct MemoryLayout {
    pub path: String,
    pub width: u32,
    pub depth: u32,
    pub granularity: u32,
    pub no_collision: bool,
    /// Its words are known at the start.
    pub is_set: bool,
    /// An access can break a rule: see [`MemoryLayout::can_break_rules`].
    pub has_rules: bool,
    pub writes: Vec<WriteLayout>,
    pub reads: Vec<ReadLayout>,
    /// Addresses of reads of latency 0, if they can be wrong, with the domain at whose edges they
    /// count.
    pub asynchronous: Vec<(u32, Span)>,
}

impl MemoryLayout {
    /// Number of 64-bit words per memory word.
    pub(super) fn words(&self) -> usize {
        words_of(self.width) as usize
    }

    /// Where the word at an address stands.
    pub(super) fn at(&self, address: usize) -> std::ops::Range<usize> {
        let start = address * self.words();
        start..start + self.words()
    }

    /// Whether an access can break a rule: an address beyond the depth, or a collision.
    pub(super) fn can_break_rules(&self) -> bool {
        let addresses = self.writes.iter().map(|port| port.address.width);
        let mut addresses = addresses.chain(self.reads.iter().map(|port| port.address.width));
        self.no_collision
            || addresses.any(|width| width >= 32 || 1u64 << width > u64::from(self.depth))
    }

    /// Applies `f` to every value that a port reads.
    pub(super) fn for_each_read_value(&self, mut f: impl FnMut(u32)) {
        let mut span =
            |span: Span| (span.start..span.start + words_of(span.width)).for_each(&mut f);
        for write in &self.writes {
            span(Span {
                start: write.enable,
                width: 1,
            });
            span(write.address);
            span(Span {
                start: write.data,
                width: self.width,
            });
            write.mask.into_iter().for_each(&mut span);
        }
        for read in &self.reads {
            read.enable
                .into_iter()
                .for_each(|start| span(Span { start, width: 1 }));
            span(read.address);
        }
        self.asynchronous
            .iter()
            .for_each(|(_, address)| span(*address));
    }

    /// Replaces values by places.
    pub(super) fn relocate(&mut self, at: impl Fn(u32) -> u32) {
        let move_span = |span: &mut Span| span.start = at(span.start);
        for write in &mut self.writes {
            write.enable = at(write.enable);
            write.data = at(write.data);
            move_span(&mut write.address);
            write.mask.iter_mut().for_each(move_span);
        }
        for read in &mut self.reads {
            read.enable = read.enable.map(&at);
            read.data = at(read.data);
            move_span(&mut read.address);
        }
        for (_, address) in &mut self.asynchronous {
            move_span(address);
        }
    }

    /// The address on a port; `None` when it is at or beyond the depth.
    #[inline]
    pub(super) fn address(&self, values: &[u64], address: Span) -> Option<usize> {
        let start = address.start as usize;
        let high = &values[start + 1..start + words_of(address.width) as usize];
        let low = values[start];
        (low < u64::from(self.depth) && high.iter().all(|word| *word == 0)).then_some(low as usize)
    }

    /// Samples a read port: tells which words of its data register get which other values.
    #[inline]
    pub(super) fn read(
        &self,
        port: &ReadLayout,
        values: &[u64],
        array: &[u64],
        mut changed: impl FnMut(u32, u64),
    ) {
        if port
            .enable
            .is_some_and(|enable| values[enable as usize] == 0)
        {
            return;
        }
        let start = match self.address(values, port.address) {
            Some(address) => address * self.words(),
            None => array.len(),
        };
        let before = &values[port.data as usize..port.data as usize + self.words()];
        for ((place, before), at) in (port.data..).zip(before).zip(start..) {
            let word = array.get(at).copied().unwrap_or(0);
            if word != *before {
                changed(place, word);
            }
        }
    }

    /// Copies words from an address on; those beyond the end of the array are 0.
    #[inline]
    pub(super) fn load(&self, address: usize, array: &[u64], to: &mut [u64]) {
        let start = (address * self.words()).min(array.len());
        let there = (array.len() - start).min(to.len());
        to[..there].copy_from_slice(&array[start..start + there]);
        to[there..].fill(0);
    }

    /// The word at an address, to be changed; the array grows where it ends before.
    pub(super) fn word<'a>(&self, address: usize, array: &'a mut Vec<u64>) -> &'a mut [u64] {
        let range = self.at(address);
        if range.end > array.len() {
            array.resize(
                range
                    .end
                    .next_power_of_two()
                    .min(self.words() * self.depth as usize),
                0,
            );
        }
        &mut array[range]
    }

    /// Stores what a write port says, and says whether it says anything.
    #[inline]
    pub(super) fn write(&self, port: &WriteLayout, values: &[u64], array: &mut Vec<u64>) -> bool {
        if values[port.enable as usize] == 0 {
            return false;
        }
        let Some(address) = self.address(values, port.address) else {
            return false;
        };
        let data = &values[port.data as usize..port.data as usize + self.words()];
        let word = self.word(address, array);
        let granules = port.mask.map_or(0, |mask| mask.width);
        let is_written = |granule: u32| {
            let first = port.mask.map_or(0, |mask| mask.start);
            values[(first + granule / 64) as usize] >> (granule % 64) & 1 == 1
        };
        if (0..granules).all(is_written) {
            match (word, data) {
                ([word], [data]) => *word = *data,
                (word, data) => word.copy_from_slice(data),
            }
            return true;
        }
        for granule in 0..granules {
            if is_written(granule) {
                let start = granule * self.granularity;
                store_bits(word, data, start, start + self.granularity);
            }
        }
        true
    }

    /// True when the write port would change something at its address.
    #[inline]
    pub(super) fn writes(&self, port: &WriteLayout, values: &[u64]) -> bool {
        let some = |mask: Span| {
            let start = mask.start as usize;
            values[start..start + words_of(mask.width) as usize]
                .iter()
                .any(|word| *word != 0)
        };
        values[port.enable as usize] != 0 && port.mask.is_none_or(some)
    }
}

/// Copies bits `start..end` of `data` to the same place in `word`.
fn store_bits(word: &mut [u64], data: &[u64], start: u32, end: u32) {
    for index in start / 64..=(end - 1) / 64 {
        let low = start.max(index * 64) % 64;
        let count = end.min((index + 1) * 64) - index * 64 - low;
        let mask = (u64::MAX >> (64 - count)) << low;
        let index = index as usize;
        word[index] = word[index] & !mask | data[index] & mask;
    }
}
