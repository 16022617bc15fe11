//! Layers take turns: while one unit works on a layer, another may begin with the next one.

use super::Schedule;
use super::progress::Progress;
use super::steps::Step;
use super::work::Work;
use crate::compiler::Instructions;
use crate::compiler::lower::Layer;
use crate::compiler::memory::Ports;
use crate::compiler::tiling::Tiling;
use crate::isa::npu::Unit;
use std::collections::VecDeque;

/// A layer whose steps are under way.
struct Turn<'a> {
    work: Work<'a>,
    steps: VecDeque<Step>,
    /// Its parameters are loaded.
    has_parameters: bool,
}

impl<'a> Schedule<'a> {
    /// The instructions of all layers.
    pub(super) fn layers(
        &mut self,
        layers: &[(&'a Layer, &'a Tiling)],
        ports: &Ports<'_>,
    ) -> Vec<Instructions> {
        let mut instructions = vec![Instructions::default(); layers.len()];
        let mut turns: Vec<Turn<'a>> = Vec::new();
        let mut next = 0;
        loop {
            while next < layers.len() && self.may_begin(layers, next, &turns) {
                let (layer, tiling) = layers[next];
                let output = ports.outputs.iter().find(|of| of.tensor == layer.output);
                let is_read = layers[next + 1..]
                    .iter()
                    .any(|(other, _)| other.reads(layer.output));
                let mut work = self.work(next, (layer, tiling), output.filter(|_| !is_read));
                if self.takes_turns(layers, next) {
                    let channels = tiling.columns as u32 * self.arch.columns;
                    work.parameters = self.place_parameters(next, channels);
                    let steps = self.steps(&work, true, true).into();
                    turns.push(Turn {
                        work,
                        steps,
                        has_parameters: false,
                    });
                } else {
                    let first = self.program.instructions.len();
                    self.whole_layer(&mut work);
                    self.ends(&work, ports);
                    instructions[next].add(first..self.program.instructions.len());
                }
                next += 1;
            }
            let order = (0..turns.len()).filter_map(|turn| {
                let begin = self.begins(&turns, turn)?;
                let waits = turns[turn].work.tiling.waits && self.is_ahead(&turns, turn);
                Some((begin, waits, turn))
            });
            let Some((.., first)) = order.min() else {
                return instructions;
            };
            let begin = self.program.instructions.len();
            let turn = &mut turns[first];
            if !std::mem::replace(&mut turn.has_parameters, true) {
                let channels = turn.work.tiling.columns * self.arch.columns as usize;
                self.load_constants(&mut turn.work, 0..channels);
            }
            let step = turn.steps.pop_front().expect("a step that may begin");
            let is_last = turn.steps.is_empty();
            self.step(&mut turn.work, &step, is_last);
            if is_last {
                self.ends(&turn.work, ports);
            }
            instructions[turn.work.index].add(begin..self.program.instructions.len());
            turns.retain(|turn| !turn.steps.is_empty());
            let begin = self.program.instructions.len();
            if let Some(ahead) = self.ahead(layers, &turns, next) {
                instructions[ahead].add(begin..self.program.instructions.len());
            }
        }
    }

    /// Reads tiles of a layer that comes later, the first of which there is some; gives the layer.
    fn ahead(
        &mut self,
        layers: &[(&Layer, &Tiling)],
        turns: &[Turn<'_>],
        next: usize,
    ) -> Option<usize> {
        let waiting = turns.iter().filter(|turn| !turn.has_parameters);
        let waiting = waiting
            .map(|turn| turn.work.index)
            .chain(next..layers.len());
        for index in Vec::from_iter(waiting) {
            let (layer, tiling) = layers[index];
            if layer.unit == Unit::Vector {
                continue;
            }
            if !self.takes_turns(layers, index) {
                return None;
            }
            if !self.fetch_ahead(index, tiling.all_tiles(layer, tiling.columns)) {
                return Some(index);
            }
        }
        None
    }

    /// All of a layer has been given to the units.
    fn ends(&mut self, work: &Work<'_>, ports: &Ports<'_>) {
        if let Some(progress) = self.progress.get_mut(&work.layer.output) {
            progress.is_whole = true;
        }
        if work.output.is_none() {
            self.store_result(work.layer, ports);
        }
    }

    /// Whether a layer shares units with its neighbours: others have parts that come one behind the other.
    fn takes_turns(&self, layers: &[(&Layer, &Tiling)], index: usize) -> bool {
        let (layer, tiling) = layers[index];
        let is_vector = layer.unit == Unit::Matrix && layer.result[..2] == [1, 1];
        let until = &self.plan.until;
        let is_alone = until[index] == index + 1 && (index == 0 || until[index - 1] == index);
        !is_alone
            && !is_vector
            && tiling.columns <= self.most_columns()
            && tiling.all_tiles(layer, tiling.columns) <= self.arch.ring_tiles as usize
    }

    /// Whether a layer may begin beside those under way: it comes behind the last of these, and has room for its
    /// weights, parameters and tables.
    fn may_begin(&self, layers: &[(&Layer, &Tiling)], index: usize, turns: &[Turn<'_>]) -> bool {
        let Some(oldest) = turns.first() else {
            return true;
        };
        let (layer, tiling) = layers[index];
        let (before, _) = layers[index - 1];
        let tiles = |layer: &Layer, tiling: &Tiling| tiling.all_tiles(layer, tiling.columns);
        let others = turns
            .iter()
            .map(|turn| tiles(turn.work.layer, turn.work.tiling));
        let all = others.sum::<usize>() + tiles(layer, tiling);
        let has_tables = |layer: &Layer| layer.residual.is_some();
        let tables = has_tables(layer) && turns.iter().any(|turn| has_tables(turn.work.layer));
        let channels = self.next_parameters(tiling.columns as u32 * self.arch.columns);
        let is_taken = turns.iter().any(|turn| {
            let first = turn.work.parameters;
            let end = first + turn.work.tiling.columns as u32 * self.arch.columns;
            first < channels.end && channels.start < end
        });
        self.takes_turns(layers, index)
            && layer.reads(before.output)
            && index < self.plan.until[oldest.work.index]
            && all <= self.arch.ring_tiles as usize
            && !tables
            && !is_taken
    }

    /// When the next step of a layer can begin, as estimated; none as long as what it reads has not been made.
    fn begins(&self, turns: &[Turn<'_>], turn: usize) -> Option<u64> {
        let work = &turns[turn].work;
        let step = turns[turn].steps.front()?;
        // A layer ends behind all before it, and its tiles leave the ring behind theirs, though it may read nothing of
        // their last rows.
        let has_tiles = |turn: &Turn<'_>| turn.work.layer.unit == Unit::Matrix;
        let leaves = step.leaves && has_tiles(&turns[turn]);
        let is_early = match turns[turn].steps.len() {
            1 => turn > 0,
            _ => leaves && turns[..turn].iter().any(has_tiles),
        };
        if is_early || !self.is_made(turns, turn, step) {
            return None;
        }
        let needs = self
            .needs(work, step)
            .filter_map(|(tensor, bytes, channels)| {
                let progress = self.progress.get(&tensor)?;
                Some(progress.time(bytes, &channels))
            });
        let free = self.clock.free(work.layer.unit);
        Some(needs.fold(free, u64::max))
    }

    /// Whether all that a step of a layer reads has been made, and a signal says so.
    fn is_made(&self, turns: &[Turn<'_>], turn: usize, step: &Step) -> bool {
        let columns = self.arch.columns as usize;
        let layer = turns[turn].work.layer;
        let [_, of_post] = Self::semaphores(layer.unit);
        let mut needs = self.needs(&turns[turn].work, step);
        needs.all(|(tensor, bytes, channels)| {
            let mut makers = turns[..turn].iter();
            let Some(maker) = makers.find(|of| of.work.layer.output == tensor) else {
                return true;
            };
            let row = maker.work.layer.result_row();
            let rest = maker.steps.iter();
            let mut rest = rest.take_while(|of| of.first_byte(row) < bytes);
            let is_missing = rest.any(|of| {
                of.columns.start * columns < channels.end
                    && channels.start < of.columns.end * columns
            });
            let progress = self.progress.get(&tensor);
            // POST makes what it adds itself.
            let so_far = match tensor == layer.input {
                true => self.program.signals[of_post as usize],
                false => u32::MAX,
            };
            let is_told =
                |progress: &Progress| progress.is_told(layer.unit, bytes, &channels, so_far);
            !is_missing && progress.is_none_or(is_told)
        })
    }

    /// Whether the layer behind one has enough to do, so that others may go first.
    fn is_ahead(&self, turns: &[Turn<'_>], turn: usize) -> bool {
        /// Steps.
        const ENOUGH: usize = 3;
        let next = turns.get(turn + 1);
        let step = next.and_then(|next| next.steps.get(ENOUGH - 1));
        step.is_some_and(|step| self.is_made(turns, turn + 1, step))
    }
}
