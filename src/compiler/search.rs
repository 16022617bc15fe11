//! Chunks of the layers, and which of them wait, with which the program takes the fewest cycles, as predicted.

use super::lower::Layer;
use super::tiling::Tiling;
use crate::arch::NpuArch;
use crate::isa::npu::Instruction;
use crate::model::npu::{Dram, predict};

/// Into how many parts an accumulator bank is cut.
const PARTS: [usize; 7] = [1, 2, 3, 4, 5, 6, 8];
/// What does not save one cycle of so many, and so many at least, is within what a prediction misses.
const WORTH: u64 = 1000;
const LEAST: u64 = 24;
/// Instructions of all programs that are tried from each beginning, where there is no time for more.
const SOME: usize = 300_000;
/// The most layers that are cut alike at a time.
const SPAN: usize = 3;

/// How long the compiler looks for a faster program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// Chunks by rule.
    None,
    /// A second at most, on most machines.
    #[default]
    Some,
    /// Until no other chunk of a layer, and no other order, is better.
    Much,
}

/// Cycles of a program, as the model has them.
pub(super) fn cycles(program: &[Instruction], arch: &NpuArch) -> u64 {
    predict(program, arch, Dram::default()).cycles
}

/// A program, and what is known of it.
type Program<L> = (Vec<Instruction>, L);

/// The best programs so far.
struct Search<'a, L, F> {
    layers: &'a [Layer],
    tilings: &'a mut [Tiling],
    arch: &'a NpuArch,
    schedule: F,
    /// The cycles of the tilings as they are.
    cycles: u64,
    best: Program<L>,
    best_cycles: u64,
    best_tilings: Vec<Tiling>,
    /// Instructions that may still be scheduled.
    left: usize,
}

/// The program of these tilings, or of better ones, which they become.
pub(super) fn search<L>(
    layers: &[Layer],
    tilings: &mut [Tiling],
    (effort, arch): (Effort, &NpuArch),
    schedule: impl Fn(&[Tiling]) -> Program<L>,
) -> Program<L> {
    let best = schedule(tilings);
    let (budget, span) = match effort {
        Effort::None => return best,
        Effort::Some => (SOME, 1),
        Effort::Much => (usize::MAX, SPAN),
    };
    let given = tilings.to_vec();
    let mut search = Search {
        layers,
        arch,
        schedule,
        cycles: 0,
        best_cycles: cycles(&best.0, arch),
        best,
        best_tilings: given.clone(),
        tilings,
        left: 0,
    };
    // Which program is found goes by where the search begins.
    for waits in [false, true] {
        search.tilings.clone_from_slice(&given);
        for tiling in &mut *search.tilings {
            tiling.waits = waits;
        }
        (search.cycles, search.left) = (u64::MAX, budget);
        search.is_better();
        for parts in PARTS {
            // What has many chunks, or DRAM waits for, is cut by rule still.
            search.improves(|layer| (given[layer].parts_of_bank() == 2).then_some(parts));
        }
        while (0..layers.len()).fold(false, |is_better, layer| {
            search.improves_from(layer, span) | is_better
        }) {}
    }
    search.tilings.clone_from_slice(&search.best_tilings);
    search.best
}

/// Whether so many cycles are worth another program than one of so many.
fn is_worth(cycles: u64, than: u64) -> bool {
    cycles.saturating_add(LEAST.max(cycles / WORTH)) < than
}

impl<L, F: Fn(&[Tiling]) -> Program<L>> Search<'_, L, F> {
    /// Tries all there is for a layer, and cuts those behind it alike, up to so many together.
    fn improves_from(&mut self, first: usize, span: usize) -> bool {
        let mut is_better = self.reorders(first);
        for span in 1..=span {
            let layers = first..first + span;
            for parts in PARTS {
                is_better |= self.improves(|layer| layers.contains(&layer).then_some(parts));
            }
        }
        is_better
    }

    /// Cuts banks of some layers into other parts, if that is better.
    fn improves(&mut self, parts: impl Fn(usize) -> Option<usize>) -> bool {
        let before = self.tilings.to_vec();
        let mut is_other = false;
        for (number, (layer, tiling)) in self.layers.iter().zip(&mut *self.tilings).enumerate() {
            if let Some(parts) = parts(number) {
                tiling.cut_bank(parts);
                let rows = 0..layer.result[0];
                let chunks = |tiling: &Tiling| tiling.chunks(layer, &rows);
                is_other |= chunks(tiling) != chunks(&before[number]);
            }
        }
        let is_better = is_other && self.is_better();
        if !is_better {
            self.tilings.clone_from_slice(&before);
        }
        is_better
    }

    /// Lets the steps of a layer wait for those of others, or no longer, if that is better.
    fn reorders(&mut self, layer: usize) -> bool {
        self.tilings[layer].waits ^= true;
        let is_better = self.is_better();
        self.tilings[layer].waits ^= !is_better;
        is_better
    }

    /// Whether the program of the tilings as they are is better than before; it may be the best of all.
    fn is_better(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        let program = (self.schedule)(self.tilings);
        self.left = self.left.saturating_sub(program.0.len());
        let cycles = cycles(&program.0, self.arch);
        if !is_worth(cycles, self.cycles) {
            return false;
        }
        self.cycles = cycles;
        if is_worth(cycles, self.best_cycles) {
            (self.best, self.best_cycles) = (program, cycles);
            self.best_tilings.clone_from_slice(self.tilings);
        }
        true
    }
}
