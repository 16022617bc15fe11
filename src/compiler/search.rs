//! Chunks of the layers, and which goes first, with which the program takes the fewest cycles, as predicted.

use super::lower::Layer;
use super::predict::predict;
use super::tiling::Tiling;
use crate::arch::NpuArch;
use crate::isa::npu::Instruction;

/// Into how many parts an accumulator bank is cut.
const PARTS: [usize; 7] = [1, 2, 3, 4, 5, 6, 8];
/// What does not save one cycle of so many, and so many at least, is within what a prediction misses.
const WORTH: u64 = 1000;
const LEAST: u64 = 24;
/// Instructions of all programs that are tried, where there is no time for more.
const SOME: usize = 300_000;

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

/// A program, and what is known of it.
type Program<L> = (Vec<Instruction>, L);

/// The best programs so far.
struct Search<'a, L, F> {
    layers: &'a [Layer],
    tilings: &'a mut [Tiling],
    arch: &'a NpuArch,
    schedule: F,
    best: Program<L>,
    cycles: u64,
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
    let given = Vec::from_iter(tilings.iter().map(Tiling::parts_of_bank));
    let mut search = Search {
        layers,
        tilings,
        arch,
        schedule,
        cycles: predict(&best.0, arch),
        best,
        left: match effort {
            Effort::None => 0,
            Effort::Some => SOME,
            Effort::Much => usize::MAX,
        },
    };
    for parts in PARTS {
        // What has many chunks, or DRAM waits for, is cut by rule still.
        search.improves(|layer| match given[layer] {
            2 => Some(parts),
            _ => None,
        });
    }
    loop {
        let mut is_better = false;
        for number in 0..layers.len() {
            for parts in PARTS {
                is_better |= search.improves(|layer| (layer == number).then_some(parts));
            }
            is_better |= search.reorders(number);
        }
        if !is_better || effort != Effort::Much {
            return search.best;
        }
    }
}

impl<L, F: Fn(&[Tiling]) -> Program<L>> Search<'_, L, F> {
    /// Cuts banks of some layers into other parts, if that is better.
    fn improves(&mut self, parts: impl Fn(usize) -> Option<usize>) -> bool {
        let rows = |layer: &Layer| 0..layer.result[0];
        let before = self.tilings.to_vec();
        let mut is_other = false;
        for (number, (layer, tiling)) in self.layers.iter().zip(&mut *self.tilings).enumerate() {
            if let Some(parts) = parts(number) {
                tiling.cut_bank(parts);
                let chunks = |tiling: &Tiling| tiling.chunks(layer, &rows(layer));
                is_other |= chunks(tiling) != chunks(&before[number]);
            }
        }
        let is_better = is_other && self.is_better();
        if !is_better {
            self.tilings.clone_from_slice(&before);
        }
        is_better
    }

    /// Lets the steps of a layer go in front of those of others, or no longer, if that is better.
    fn reorders(&mut self, layer: usize) -> bool {
        self.tilings[layer].goes_first ^= true;
        let is_better = self.is_better();
        self.tilings[layer].goes_first ^= !is_better;
        is_better
    }

    /// Whether the program of the tilings as they are is better than the best so far, and may be it.
    fn is_better(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        let program = (self.schedule)(self.tilings);
        self.left = self.left.saturating_sub(program.0.len());
        let cycles = predict(&program.0, self.arch);
        let is_better = cycles + LEAST.max(cycles / WORTH) < self.cycles;
        if is_better {
            (self.best, self.cycles) = (program, cycles);
        }
        is_better
    }
}
