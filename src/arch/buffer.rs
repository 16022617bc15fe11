//! Sizes of the on-chip memories.

use super::{Dataflow, IntType};
use crate::config::{Bytes, Problem};

/// Banks of each buffer: one is filled or drained while the other computes.
pub const BANKS: u32 = 2;

/// Row blocks of A, double-buffered.
///
/// Weight-stationary: one memory; a word is the vector of R elements that enters the array in
/// a cycle, and a row of A takes ceil(K / R) words. Output-stationary: one memory for each row of
/// the array; a word is one beat, and a row of A takes ceil(K / E) words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ABuffer {
    /// Memories side by side, equal in size.
    pub memories: u32,
    /// Elements per word.
    pub word_elements: u32,
    /// Bits per word.
    pub word_bits: u32,
    /// Words per bank of one memory: [`Self::rows_per_memory`] x [`Self::words_per_row`].
    pub bank_depth: u32,
    /// Rows of A in a bank of one memory: R, or 1 where every row has a memory.
    pub rows_per_memory: u32,
    /// Words that a row of A may take.
    pub words_per_row: u32,
}

/// The whole of B, double-buffered: C elements a word, panel after panel, K words a panel. A bank
/// holds the B of one job; that of the next job arrives in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BBuffer {
    /// Elements per word.
    pub word_elements: u32,
    /// Bits per word.
    pub word_bits: u32,
    /// Words per bank.
    pub bank_depth: u32,
}

/// Row blocks of sums, double-buffered: C accumulators a word, R words a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccumulatorBuffer {
    /// Accumulators per word.
    pub word_lanes: u32,
    /// Bits per accumulator.
    pub lane_bits: u32,
    /// Bits per word.
    pub word_bits: u32,
    /// Words per bank: R x [`Self::panels`].
    pub bank_depth: u32,
    /// Panels (groups of C columns of the result) in a bank.
    pub panels: u32,
}

/// How large a buffer is to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Size {
    /// So large, or the array is refused.
    Given(Bytes),
    /// So large, or as large as the array needs it.
    Default(Bytes),
}

/// Whole units of `unit_bits` in `size`, at least `minimum` of them.
fn units(
    field: &'static str,
    size: Size,
    unit_bits: u64,
    minimum: u64,
    purpose: &str,
) -> Result<u32, Problem> {
    let (Size::Given(bytes) | Size::Default(bytes)) = size;
    let count = match (bytes.0 * 8 / unit_bits, size) {
        (count, _) if count >= minimum => Some(count),
        (_, Size::Default(_)) => Some(minimum),
        (_, Size::Given(_)) => None,
    };
    if let Some(count) = count {
        return Ok(u32::try_from(count).expect("buffer sizes are bounded"));
    }
    let needed = bytes_for(minimum * unit_bits);
    Err(Problem::at(
        field,
        format!("`{field}` = {bytes} is too small for this array"),
    )
    .label(format!("at least {needed}"))
    .help(format!("{purpose} take {needed}")))
}

fn bytes_for(bits: u64) -> Bytes {
    Bytes(bits.div_ceil(8))
}

impl ABuffer {
    /// The arrangement, still without a depth.
    fn geometry(dataflow: Dataflow, rows: u32, element: IntType, beat: u32) -> ABuffer {
        let (memories, word_elements, rows_per_memory) = match dataflow {
            Dataflow::WeightStationary => (1, rows, rows),
            Dataflow::OutputStationary => (rows, beat, 1),
        };
        let word_bits = word_elements * element.bits;
        ABuffer {
            memories,
            word_elements,
            word_bits,
            bank_depth: 0,
            rows_per_memory,
            words_per_row: 0,
        }
    }

    fn unit_bits(&self) -> u64 {
        let words = BANKS * self.memories * self.rows_per_memory;
        u64::from(words) * u64::from(self.word_bits)
    }

    pub(super) fn new(
        dataflow: Dataflow,
        rows: u32,
        element: IntType,
        beat: u32,
        size: Option<Size>,
        default_k: u32,
    ) -> Result<ABuffer, Problem> {
        let geometry = ABuffer::geometry(dataflow, rows, element, beat);
        let words_per_row = match size {
            None => default_k.div_ceil(geometry.word_elements),
            Some(size) => {
                let purpose = format!(
                    "two row blocks must fit: 2 x {rows} x {} elements of {} bits",
                    geometry.word_elements, element.bits
                );
                units("buffers.a", size, geometry.unit_bits(), 1, &purpose)?
            }
        };
        let bank_depth = geometry.rows_per_memory * words_per_row;
        Ok(ABuffer {
            bank_depth,
            words_per_row,
            ..geometry
        })
    }

    /// The largest K whose row blocks fit.
    pub fn max_k(&self) -> u64 {
        u64::from(self.words_per_row) * u64::from(self.word_elements)
    }

    /// All memories and banks together.
    pub fn size(&self) -> Bytes {
        bytes_for(self.unit_bits() * u64::from(self.words_per_row))
    }

    /// The size that K = `k` needs.
    pub fn size_for(&self, k: u32) -> Bytes {
        bytes_for(self.unit_bits() * u64::from(k.div_ceil(self.word_elements)))
    }
}

impl BBuffer {
    pub(super) fn new(
        columns: u32,
        element: IntType,
        minimum: u32,
        size: Option<Size>,
        default_depth: u32,
    ) -> Result<BBuffer, Problem> {
        let word_bits = columns * element.bits;
        let bank_depth = match size {
            None => default_depth,
            Some(size) => {
                let purpose = format!(
                    "two tiles of weights must fit: 2 x {minimum} x {columns} elements of {} bits",
                    element.bits
                );
                units(
                    "buffers.b",
                    size,
                    u64::from(BANKS * word_bits),
                    minimum.into(),
                    &purpose,
                )?
            }
        };
        Ok(BBuffer {
            word_elements: columns,
            word_bits,
            bank_depth,
        })
    }

    /// Both banks.
    pub fn size(&self) -> Bytes {
        self.size_for(self.bank_depth.into())
    }

    /// The size that `words` words in each bank need.
    pub fn size_for(&self, words: u64) -> Bytes {
        bytes_for(words * u64::from(BANKS * self.word_bits))
    }
}

impl AccumulatorBuffer {
    pub(super) fn new(
        rows: u32,
        columns: u32,
        lane: IntType,
        size: Option<Size>,
        default_panels: u32,
    ) -> Result<AccumulatorBuffer, Problem> {
        let word_bits = columns * lane.bits;
        let unit = u64::from(BANKS * rows) * u64::from(word_bits);
        let panels = match size {
            None => default_panels,
            Some(size) => {
                let purpose = format!(
                    "two row blocks of sums must fit: 2 x {rows} x {columns} sums of {} bits",
                    lane.bits
                );
                units("buffers.accumulators", size, unit, 1, &purpose)?
            }
        };
        Ok(AccumulatorBuffer {
            word_lanes: columns,
            lane_bits: lane.bits,
            word_bits,
            bank_depth: rows * panels,
            panels,
        })
    }

    /// Both banks.
    pub fn size(&self) -> Bytes {
        self.size_for(self.panels.into())
    }

    /// The size that `panels` panels need.
    pub fn size_for(&self, panels: u64) -> Bytes {
        let words = u64::from(BANKS * (self.bank_depth / self.panels)) * panels;
        bytes_for(words * u64::from(self.word_bits))
    }
}
