//! Cycles of a job of a matmul core: its passes, each as early as operands, banks and the pass before let it begin.
//!
//! Cycle 0 is the one in which the loaders start; the streams never pause.

use crate::arch::{Dataflow, JobShape, MatmulArch, Target};

/// The first beat of the operands: a loader takes the sizes and looks at the stream ahead.
const FIRST_BEAT: u64 = 3;
/// The first cycle in which the sequencer waits for operands: its stage takes the job, the first tile is found out.
const FIRST_WAIT: u64 = 8;
/// Cycles of the shortest pass.
const LEAST_PASS: u64 = 4;
/// Cycles from the last beat of a vector of B, from that of a row block of A, and from a bank that was drained, until
/// the sequencer knows of it: counts, and what is decided from them, are registers.
const B_KNOWN: u64 = 3;
const A_KNOWN: u64 = 2;
const BANK_KNOWN: u64 = 2;
/// Cycles from what the last pass needs being known to the pass, and from the end of a pass to the state that waits.
const DECIDED: u64 = 1;
/// Cycles from a row block that is complete until its first word is asked for, and from a word that is taken to its
/// first beat on the stream.
const TO_ASK: u64 = 2;
const TO_BEAT: u64 = 2;
/// Stages of words between the two: that of the read and that in front of the beats.
const STAGES: u64 = 2;

/// What a job is expected to take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MatmulPrediction {
    /// Cycles from the start of the job to its last result, as the core counts them.
    pub cycles: u64,
    /// Cycles from the first beat in to the last beat out, both included.
    pub span: u64,
    /// Cycles in which the array takes operands, and in which it waits for A, for B, and until results are taken.
    pub active: u64,
    /// Waiting for A.
    pub stall_a: u64,
    /// Waiting for B.
    pub stall_b: u64,
    /// Waiting until results are taken.
    pub stall_c: u64,
}

/// The beats of the operands.
struct Loaders {
    /// Of a row of A, and the rows of a block and of the last one.
    row: u64,
    /// Beats of a vector of B, and of one of the last panel.
    vector: [u64; 2],
    panels: u64,
    k: u64,
    /// When the last beat of each row block has come, and when the row blocks were used up.
    blocks: Vec<u64>,
    released: Vec<u64>,
}

impl Loaders {
    /// A row block of so many rows comes, as soon as it has a bank.
    fn block(&mut self, rows: u64) {
        let before = self.blocks.last().map_or(FIRST_BEAT, |last| last + 1);
        let space = match self.blocks.len().checked_sub(2) {
            None => 0,
            Some(two_before) => self.released[two_before] + 1,
        };
        self.blocks.push(before.max(space) + rows * self.row - 1);
    }

    /// The last beat of a vector of B.
    fn vector(&self, vector: u64) -> u64 {
        let whole = vector.min((self.panels - 1) * self.k);
        FIRST_BEAT + whole * self.vector[0] + (vector - whole) * self.vector[1] - 1
    }
}

/// Passes as they follow each other.
#[derive(Default)]
struct Passes {
    /// The first cycle behind the pass before; none before the first.
    next: Option<u64>,
    prediction: MatmulPrediction,
}

impl Passes {
    /// The next pass takes so many cycles, and needs things that are known from some cycles on; gives the cycle in
    /// front of its first one.
    fn begin(&mut self, cycles: u64, [a, b, bank]: [u64; 3]) -> u64 {
        let known = a.max(b).max(bank);
        let begin = match self.next {
            Some(next) if known + DECIDED <= next => next,
            _ => {
                let waits = self.next.map_or(FIRST_WAIT, |next| next + 1);
                let of = &mut self.prediction;
                of.stall_a += a.saturating_sub(waits);
                of.stall_b += b.saturating_sub(waits.max(a));
                of.stall_c += bank.saturating_sub(waits.max(a).max(b));
                known.max(waits) + DECIDED
            }
        };
        self.next = Some(begin + cycles);
        begin
    }
}

/// The drain, and the row blocks that have left.
struct Drain {
    /// Beats of a row, of each of its words, and of the last one.
    row: u64,
    word: u64,
    last_word: u64,
    panels: u64,
    /// Words that are asked for and not cut into beats: all of them go on by a stage when beats take one.
    stages: u64,
    /// The last beat so far, and when each bank was free.
    end: Option<u64>,
    drained: Vec<u64>,
}

impl Drain {
    /// The cycle in which words go on by a stage, so many times behind the one in which the last word so far was taken.
    fn goes_on(&self, last: u64, times: i64) -> u64 {
        match u64::try_from(times) {
            Ok(0) => last,
            Ok(times) => last + self.last_word + times - 1,
            Err(_) => {
                let beats = (1..=times.unsigned_abs()).map(|word| match word % self.panels {
                    0 => self.last_word,
                    _ => self.word,
                });
                last.saturating_sub(beats.sum())
            }
        }
    }

    /// A row block of so many rows is complete.
    fn block(&mut self, complete: u64, rows: u64) {
        let asked = complete + TO_ASK;
        let taken = match self.end {
            None => asked + self.stages,
            Some(end) => {
                let last = end - TO_BEAT + 1 - self.last_word;
                let stages = self.stages as i64;
                let first = (1 - stages..).find(|times| self.goes_on(last, *times) >= asked);
                self.goes_on(last, first.unwrap_or(0) + stages)
            }
        };
        let end = taken + TO_BEAT + rows * self.row - 1;
        self.end = Some(end);
        self.drained.push(end - self.last_word);
    }
}

/// Cycles of a pass without operands, and of any other one at least: the weights of the next tile are loaded and sums
/// come back, or those of the tile before are drained.
fn least_pass(arch: &MatmulArch) -> u64 {
    let reuse = match arch.dataflow {
        Dataflow::WeightStationary => u64::from(arch.read_latency()) + 3,
        Dataflow::OutputStationary => 0,
    };
    u64::from(arch.rows).max(reuse).max(LEAST_PASS)
}

/// Cycles of a pass of a job: of one tile of B (weight-stationary) or of C (output-stationary).
pub fn pass_cycles(arch: &MatmulArch, shape: JobShape) -> u64 {
    match arch.dataflow {
        Dataflow::WeightStationary => least_pass(arch),
        Dataflow::OutputStationary => least_pass(arch).max(shape.k.into()),
    }
}

/// A job that the core can run.
pub fn predict(arch: &MatmulArch, shape: JobShape) -> MatmulPrediction {
    let JobShape { m, k, n } = shape;
    let [rows, columns] = [arch.rows, arch.columns].map(u64::from);
    let panels = u64::from(arch.panels(n));
    let blocks = u64::from(arch.row_blocks(m));
    let last_columns = n - (panels as u32 - 1) * arch.columns;
    let mut loaders = Loaders {
        row: arch.a.beats_per_row(k),
        vector: [arch.columns, last_columns].map(|columns| arch.b.beats_of(columns).into()),
        panels,
        k: k.into(),
        blocks: Vec::new(),
        released: Vec::new(),
    };
    let read = u64::from(arch.read_latency());
    let mut drain = Drain {
        row: arch.c.beats_per_row(n),
        word: arch.c.beats_per_group.into(),
        last_word: arch.c.beats_of(last_columns).into(),
        panels,
        stages: STAGES + u64::from(arch.output_register),
        end: None,
        drained: Vec::new(),
    };
    let is_weight_stationary = arch.dataflow == Dataflow::WeightStationary;
    let follows = is_weight_stationary && arch.target == Target::Ecp5;
    // Of operands at the edge of the array, in it, and until all columns are lined up again.
    let latency =
        read + 1 + (rows + 1 + u64::from(arch.product_register) + u64::from(follows)) + columns - 2;
    let mut passes = Passes::default();
    let rows_of = |block: u64| rows.min(u64::from(m) - block * rows);
    let pass = least_pass(arch);
    let complete = match is_weight_stationary {
        true => latency + read + 3,
        false => latency + rows + 1,
    };
    let k_tiles = match is_weight_stationary {
        true => u64::from(arch.k_tiles(k)),
        false => 1,
    };
    let bank = |drain: &Drain, block: u64| match block.checked_sub(2) {
        None => 0,
        Some(two_before) => drain.drained[two_before as usize] + BANK_KNOWN,
    };
    // The tile of the pass before, which computes (weight-stationary) or whose sums are drained.
    let mut before: Option<(u64, bool, bool)> = None;
    for tile in 0..=blocks * panels * k_tiles {
        let of_block = panels * k_tiles;
        let this = (tile < blocks * of_block).then_some((
            tile / of_block,
            tile % of_block == 0,
            tile % of_block == of_block - 1,
        ));
        if let Some((_, true, _)) = this {
            loaders.block(rows_of(tile / of_block));
        }
        let b = match this {
            Some((0, _, _)) => {
                let (panel, part) = (tile / k_tiles, tile % k_tiles + 1);
                let vectors = match is_weight_stationary {
                    true => (part * rows).min(k.into()),
                    false => k.into(),
                };
                loaders.vector(panel * u64::from(k) + vectors) + B_KNOWN
            }
            // All of it came for the first row block.
            _ => 0,
        };
        let begins = if is_weight_stationary { before } else { this };
        let (a, bank) = match begins {
            Some((block, true, _)) => (
                loaders.blocks[block as usize] + A_KNOWN,
                bank(&drain, block),
            ),
            _ => (0, 0),
        };
        let cycles = match this {
            Some(_) => pass_cycles(arch, shape),
            None => pass,
        };
        let begin = passes.begin(cycles, [a, b, bank]);
        if is_weight_stationary {
            if let Some((block, _, last)) = before {
                passes.prediction.active += rows_of(block);
                if last {
                    loaders.released.push(begin + cycles - 1);
                    drain.block(begin + rows_of(block) + complete, rows_of(block));
                }
            }
        } else {
            if let Some((_, _, last)) = this {
                passes.prediction.active += u64::from(k);
                if last {
                    loaders.released.push(begin + cycles - 1);
                }
            }
            if let Some((block, _, true)) = before {
                drain.block(begin + 1 + complete, rows_of(block));
            }
        }
        before = this;
    }
    let end = drain.end.unwrap_or(0);
    MatmulPrediction {
        cycles: end,
        span: end - FIRST_BEAT + 1,
        ..passes.prediction
    }
}
