//! The instructions of a program, and what they wait for.

use super::constants::{Constants, LayerConstants};
use super::lower::{Factor, Layer, Lowered, Reduction, to_int8};
use super::tiling::{Chunk, Tiling};
use super::{Binding, LayerSummary, Network, region};
use crate::arch::NpuArch;
use crate::graph::{Graph, TensorId};
use crate::isa::npu::{
    End, Fence, Instruction, Load, Matrix, Operation, Post, Store, TABLE_ENTRIES, TABLE_WORDS,
    Target, Weights,
};
use std::collections::BTreeMap;

/// Semaphores: each is signalled by one unit and waited for by one.
mod semaphore {
    /// LOAD to MATRIX: bytes of an input are there.
    pub const INPUT: u32 = 0;
    /// LOAD to POST: the parameters of a layer are there.
    pub const PARAMETERS: u32 = 1;
    /// POST to MATRIX: a chunk of an activation is there.
    pub const ACTIVATION: u32 = 2;
    /// POST to STORE: a chunk of an output is there.
    pub const RESULT: u32 = 3;
    /// MATRIX to LOAD: all of an activation was there, so that its layer needs its parameters no more.
    pub const LAYER_DONE: u32 = 4;
}

/// Units, as bits of FENCE.
const LOAD_UNIT: u32 = 1;
const POST_UNIT: u32 = 1 << 2;
/// Fewest bytes of an input for which MATRIX is told that they are there.
const INPUT_PART: usize = 512;

/// What is there of an activation when a semaphore has been signalled so often, over the whole program.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// Signals so far, and bytes from the first on that are there then.
    parts: Vec<(u32, usize)>,
    semaphore: u32,
    /// The layer that it is the result of; none for an input.
    layer: Option<usize>,
}

/// A program under construction.
struct Schedule<'a> {
    arch: &'a NpuArch,
    places: &'a BTreeMap<TensorId, u32>,
    constants: &'a Constants,
    program: Vec<Instruction>,
    /// LOADs that come behind the next weights.
    late: Vec<Instruction>,
    progress: BTreeMap<TensorId, Progress>,
    /// Signals of each semaphore so far, and those that were taken.
    signals: [u32; 5],
    taken: [u32; 5],
    /// Where the parameters of the next layer go, and those of each layer are.
    next_channel: u32,
    channels: Vec<std::ops::Range<u32>>,
    /// For each layer the signals of LAYER_DONE that say that it is done.
    done: BTreeMap<usize, u32>,
}

/// Writes the program.
pub(super) fn schedule(
    graph: &Graph,
    lowered: &Lowered,
    tilings: &[Tiling],
    places: &BTreeMap<TensorId, u32>,
    constants: Constants,
    arch: &NpuArch,
) -> Network {
    let mut schedule = Schedule {
        arch,
        places,
        constants: &constants,
        program: Vec::new(),
        late: Vec::new(),
        progress: BTreeMap::new(),
        signals: [0; 5],
        taken: [0; 5],
        next_channel: 0,
        channels: Vec::new(),
        done: BTreeMap::new(),
    };
    let bind = |tensors: &[TensorId]| {
        let mut offset = 0;
        let beat = arch.bus_bytes();
        let mut bindings = Vec::new();
        for tensor in tensors {
            let of = &graph[*tensor];
            bindings.push(Binding {
                tensor: *tensor,
                offset,
                bytes: of.len() as u32,
                unsigned: to_int8(of.element) != 0,
            });
            offset = (offset + of.len() as u32).next_multiple_of(beat);
        }
        bindings
    };
    let (inputs, outputs) = (bind(&lowered.inputs), bind(&lowered.outputs));
    let mut layers = Vec::new();
    let mut stored = Vec::new();
    for (tensor, offset) in &schedule.constants.activations {
        let binding = Binding {
            tensor: *tensor,
            offset: *offset,
            bytes: graph[*tensor].len() as u32,
            unsigned: false,
        };
        let bytes = binding.bytes as usize;
        schedule.load_input(&binding, region::CONSTANTS, &graph[*tensor].shape, bytes);
    }
    // What the first chunk needs comes in front of the first weights, the rest behind them.
    for (number, input) in inputs.iter().enumerate() {
        let first = (lowered.layers.first().zip(tilings.first()))
            .filter(|(layer, _)| layer.input == input.tensor && number + 1 == inputs.len());
        let needed = first.map(|(layer, tiling)| bytes_needed(layer, &tiling.chunks[0]));
        let needed = needed.unwrap_or(input.bytes as usize);
        schedule.load_input(input, region::INPUTS, &graph[input.tensor].shape, needed);
    }
    for (index, (layer, tiling)) in lowered.layers.iter().zip(tilings).enumerate() {
        let first = schedule.program.len();
        let place = outputs
            .iter()
            .position(|binding| lowered.origin(binding.tensor) == layer.output);
        let output = place.map(|place| &outputs[place]);
        stored.extend(place);
        let later = &lowered.layers[index + 1..];
        let is_read = later.iter().any(|other| other.reads(layer.output));
        schedule.layer(index, layer, tiling, output.filter(|_| !is_read));
        layers.push(LayerSummary {
            name: layer.name.clone(),
            operator: layer.operator.into(),
            shape: layer.result.to_vec(),
            multiplications: layer.multiplications,
            instructions: first..schedule.program.len(),
        });
        if let (Some(output), true) = (output, is_read) {
            schedule.fence(POST_UNIT);
            schedule.store(output, layer.output, 0..output.bytes as usize);
        }
    }
    // Inputs and constants that are asked for, and what is asked for twice.
    let others = (outputs.iter().enumerate()).filter(|(place, _)| !stored.contains(place));
    let others = Vec::from_iter(others.map(|(_, output)| output));
    if !others.is_empty() {
        schedule.fence(LOAD_UNIT | POST_UNIT);
    }
    for output in others {
        let tensor = lowered.origin(output.tensor);
        schedule.store(output, tensor, 0..output.bytes as usize);
    }
    schedule.put(Operation::End(End { code: 0 }));
    Network {
        program: schedule.program,
        constants: constants.bytes,
        inputs,
        outputs,
        layers,
        config_hash: arch.config_hash(),
    }
}

impl Schedule<'_> {
    fn put(&mut self, operation: Operation) {
        self.program.push(operation.into());
    }

    /// The instruction put last signals at its end.
    fn signal(&mut self, semaphore: u32) {
        if let Some(last) = self.program.last_mut() {
            *last = last.signal(semaphore, 0);
        }
        self.signals[semaphore as usize] += 1;
    }

    /// The instruction put last waits until a semaphore has been signalled so often.
    fn wait_until(&mut self, semaphore: u32, signals: u32) {
        let taken = &mut self.taken[semaphore as usize];
        let more = signals.saturating_sub(*taken);
        *taken += more;
        if let Some(last) = self.program.last_mut()
            && more > 0
        {
            *last = last.wait(semaphore, more);
        }
    }

    /// What is put from here on comes after all that these units have been given so far.
    fn fence(&mut self, units: u32) {
        self.put(Operation::Fence(Fence { units }));
    }

    /// Reads an input in parts of whole rows; those behind the `needed` bytes wait for the next weights.
    fn load_input(&mut self, input: &Binding, region: u32, shape: &[usize], needed: usize) {
        let bytes = input.bytes as usize;
        let row = shape.iter().skip(1).product::<usize>().clamp(1, bytes);
        // At most as many parts as the semaphore counts, with room for those of other inputs.
        let rows = INPUT_PART.div_ceil(row).max((bytes / row).div_ceil(64));
        let part = (rows * row).min(bytes);
        let mut progress = Progress {
            parts: Vec::new(),
            semaphore: semaphore::INPUT,
            layer: None,
        };
        let (whole, early) = (bytes / part, needed.div_ceil(part));
        let place = self.places[&input.tensor];
        let mut load = |first: usize, parts: usize, run: usize| {
            let at = (first * part) as u32;
            let load = Operation::Load(Load {
                region,
                offset: input.offset + at,
                address: place + at,
                run: run as u32,
                rows: parts as u32,
                row_stride: part as u32,
                row_pitch: part as u32,
                planes: 1,
                ..Load::default()
            });
            let load = Instruction::from(load).signal(semaphore::INPUT, 1);
            match first < early {
                true => self.program.push(load),
                false => self.late.push(load),
            }
            for number in 0..parts {
                self.signals[semaphore::INPUT as usize] += 1;
                let there = first * part + number * part + run;
                let signals = self.signals[semaphore::INPUT as usize];
                progress.parts.push((signals, there));
            }
        };
        if early.min(whole) > 0 {
            load(0, early.min(whole), part);
        }
        if whole > early {
            load(early, whole - early, part);
        }
        if !bytes.is_multiple_of(part) {
            load(whole, 1, bytes % part);
        }
        self.progress.insert(input.tensor, progress);
    }

    /// Writes a part of an output.
    fn store(&mut self, output: &Binding, tensor: TensorId, bytes: std::ops::Range<usize>) {
        let address = self.places[&tensor] + bytes.start as u32;
        self.put(Operation::Store(Store {
            region: region::OUTPUTS,
            offset: output.offset + bytes.start as u32,
            address,
            run: bytes.len() as u32,
            rows: 1,
            planes: 1,
            ..Store::default()
        }));
    }

    /// Reads the parameters of a layer; gives the first channel.
    fn parameters(&mut self, index: usize, channels: u32) -> u32 {
        let all = self.arch.parameter_channels;
        let first = match self.next_channel + channels <= all {
            true => self.next_channel,
            false => 0,
        };
        self.next_channel = first + channels;
        let range = first..first + channels;
        let constants = self.constants.layers[index];
        let overlaps =
            |other: &std::ops::Range<u32>| other.start < range.end && range.start < other.end;
        let latest = self.channels.iter().rposition(overlaps);
        // There is one place for tables.
        let has_tables = |layer: &LayerConstants| layer.tables.is_some();
        let mut earlier = self.constants.layers[..index].iter();
        let tables = earlier.rposition(|layer| has_tables(layer) && has_tables(&constants));
        let latest = latest.max(tables);
        let done = latest.map(|layer| self.done.range(layer..).next().map(|(_, signals)| *signals));
        if done == Some(None) {
            self.fence(POST_UNIT);
        }
        let mut tables = vec![(Target::Bias, constants.bias, first, channels)];
        if let Some([multipliers, shifts]) = constants.factors {
            tables.push((Target::Multiplier, multipliers, first, channels));
            tables.push((Target::Shift, shifts, first, channels));
        }
        if let Some([result, residual]) = constants.tables {
            let words = TABLE_ENTRIES + TABLE_WORDS;
            tables.push((Target::ResultTable, result, 0, words));
            tables.push((Target::ResidualTable, residual, 0, TABLE_ENTRIES));
        }
        for (number, (target, offset, address, words)) in tables.iter().enumerate() {
            self.put(Operation::Load(Load {
                region: region::CONSTANTS,
                offset: *offset,
                target: *target as u32,
                address: *address,
                run: 4 * words,
                rows: 1,
                planes: 1,
                ..Load::default()
            }));
            if let (0, Some(Some(signals))) = (number, done) {
                self.wait_until(semaphore::LAYER_DONE, signals);
            }
        }
        self.signal(semaphore::PARAMETERS);
        self.channels.push(range);
        first
    }

    /// A layer; its result goes to DRAM where there is an output.
    fn layer(&mut self, index: usize, layer: &Layer, tiling: &Tiling, output: Option<&Binding>) {
        let columns = self.arch.columns;
        let parameters = self.parameters(index, tiling.columns as u32 * columns);
        let tiles = tiling.tiles(layer);
        let mut work = Work {
            index,
            layer,
            tiling,
            output,
            parameters,
            stored: 0,
            first: true,
        };
        self.progress.insert(
            layer.output,
            Progress {
                parts: Vec::new(),
                semaphore: semaphore::ACTIVATION,
                layer: Some(index),
            },
        );
        let last = tiling.chunks.len() - 1;
        if layer.pool.is_some() {
            self.weights(index, 0, tiles);
            for (number, chunk) in tiling.chunks.iter().enumerate() {
                for tile in 0..tiling.columns {
                    let release = number == last && tile + 1 == tiling.columns;
                    let column = tile..tile + 1;
                    self.matrix(&work, chunk, column.clone(), 0..tiling.blocks, 0, release);
                    self.post(&mut work, chunk, column);
                }
            }
            return;
        }
        // One vector takes the tiles of many channels one behind the other.
        let group = self.tiles_of_a_vector(layer, tiling);
        if group > 1 {
            for first in (0..tiling.columns).step_by(group) {
                let group = first..(first + group).min(tiling.columns);
                self.weights(index, first * tiles, group.len() * tiles);
                let chunk = &tiling.chunks[0];
                self.matrix(&work, chunk, group.clone(), 0..tiling.blocks, 0, true);
                self.post(&mut work, chunk, group);
            }
            return;
        }
        if tiling.resident {
            self.weights(index, 0, tiles * tiling.columns);
            for (number, chunk) in tiling.chunks.iter().enumerate() {
                for tile in 0..tiling.columns {
                    // Tiles of the last chunk leave the ring as they are used.
                    let first = if number == last { 0 } else { tile * tiles };
                    let column = tile..tile + 1;
                    self.matrix(
                        &work,
                        chunk,
                        column.clone(),
                        0..tiling.blocks,
                        first,
                        number == last,
                    );
                    self.post(&mut work, chunk, column);
                }
            }
            return;
        }
        for tile in 0..tiling.columns {
            let blocks = match tiling.chunks.len() {
                1 => (self.arch.ring_tiles as usize / (tiles / tiling.blocks)).min(tiling.blocks),
                _ => tiling.blocks,
            };
            for (number, chunk) in tiling.chunks.iter().enumerate() {
                for block in (0..tiling.blocks).step_by(blocks) {
                    let part = block..(block + blocks).min(tiling.blocks);
                    let of_block = tiles / tiling.blocks;
                    if number == 0 {
                        let first = tile * tiles + block * of_block;
                        self.weights(index, first, part.len() * of_block);
                    }
                    self.matrix(&work, chunk, tile..tile + 1, part, 0, number == last);
                }
                self.post(&mut work, chunk, tile..tile + 1);
            }
        }
    }

    /// Tiles of C channels that a MATRIX takes where a layer has one vector; 1 where it has more.
    fn tiles_of_a_vector(&self, layer: &Layer, tiling: &Tiling) -> usize {
        let [height, width, channels] = layer.result;
        let whole = channels.is_multiple_of(self.arch.columns as usize);
        if (height, width) != (1, 1) || !whole {
            return 1;
        }
        // Half of the ring: the other half is filled meanwhile.
        let fit = self.arch.ring_tiles as usize / 2 / tiling.tiles(layer);
        fit.min(self.arch.accumulator_vectors as usize)
            .min(tiling.columns)
    }

    /// Tiles of a layer, by their number, into the ring.
    fn weights(&mut self, index: usize, first: usize, tiles: usize) {
        let offset = self.constants.layers[index].weights + first as u32 * self.arch.tile_bytes();
        self.put(Operation::Weights(Weights {
            region: region::CONSTANTS,
            offset,
            tiles: tiles as u32,
        }));
        self.program.append(&mut self.late);
    }

    fn matrix(
        &mut self,
        work: &Work<'_>,
        chunk: &Chunk,
        columns: std::ops::Range<usize>,
        blocks: std::ops::Range<usize>,
        tile: usize,
        release: bool,
    ) {
        let (layer, tiling) = (work.layer, work.tiling);
        let [height, width, channels] = layer.image;
        let [down, right] = layer.strides;
        let [top, left] = layer.padding;
        let first_column = (chunk.column * right) as i32 - left as i32;
        let first_block = match layer.pool {
            Some(_) => columns.start * self.arch.columns as usize,
            None => blocks.start * self.arch.rows as usize,
        } as i32;
        let address = self.places[&layer.input];
        self.put(Operation::Matrix(Matrix {
            address,
            pitch: (width * channels) as u32,
            width: (width * channels) as u32,
            height: height as u32,
            first_row: (chunk.row * down) as i32 - top as i32,
            first_byte: first_column * channels as i32 + first_block,
            blocks: blocks.len() as u32,
            kernel_rows: layer.kernel[0] as u32,
            kernel_row_step: layer.dilations[0] as u32,
            taps: tiling.taps as u32,
            tap_step: tiling.tap_step as u32,
            rows: (chunk.rows * columns.len()) as u32,
            row_step: if columns.len() > 1 { 0 } else { down as u32 },
            columns: chunk.columns as u32,
            column_step: (right * channels) as u32,
            padding: layer.padding_value,
            tile: tile as u32,
            release,
            begin: blocks.start == 0,
            end: blocks.end == tiling.blocks,
            row_tiles: columns.len() > 1,
            windows: layer.pool.is_some(),
        }));
        if let Some(residual) = &layer.residual {
            // POST knows of LOAD what MATRIX knows.
            let progress = &self.progress[&residual.tensor];
            if let (None, Some((signals, _))) = (progress.layer, progress.parts.last()) {
                self.wait_until(semaphore::INPUT, *signals);
            }
        }
        let progress = &self.progress[&layer.input];
        let bytes = bytes_needed(layer, chunk);
        let needed = progress.parts.iter().find(|(_, there)| *there >= bytes);
        if let Some(&(signals, bytes)) = needed {
            let semaphore = progress.semaphore;
            let whole = progress.parts.last() == Some(&(signals, bytes));
            let producer = progress.layer.filter(|_| whole);
            let news = self.taken[semaphore as usize] < signals;
            self.wait_until(semaphore, signals);
            // The producer and all before it are done with their parameters.
            if let (Some(producer), true) = (producer, news) {
                self.signal(semaphore::LAYER_DONE);
                let signals = self.signals[semaphore::LAYER_DONE as usize];
                self.done.insert(producer, signals);
            }
        }
    }

    fn post(&mut self, work: &mut Work<'_>, chunk: &Chunk, tiles: std::ops::Range<usize>) {
        let layer = work.layer;
        let [_, width, channels] = layer.result;
        let columns = self.arch.columns as usize;
        let tile = tiles.start;
        let place = (chunk.row * width + chunk.column) * channels + tile * columns;
        let per_channel = self.constants.layers[work.index].factors.is_some();
        let (float, multiplier, shift) = match layer.factors[0] {
            Factor::Float(scale) => (true, scale.to_bits(), 0),
            Factor::Fixed(multiplier, shift) => (false, multiplier, shift),
        };
        let address = self.places[&layer.output] + place as u32;
        let residual = layer.residual.as_ref();
        let residual = residual.map(|residual| self.places[&residual.tensor] + place as u32);
        self.put(Operation::Post(Post {
            address,
            rows: (chunk.rows * tiles.len()) as u32,
            row_pitch: match tiles.len() {
                1 => width * channels,
                _ => columns,
            } as u32,
            columns: chunk.columns as u32,
            column_pitch: channels as u32,
            channels: (channels - tile * columns).min(columns) as u32,
            window: if layer.pool.is_some() {
                (layer.kernel[0] * layer.kernel[1]) as u32
            } else {
                1
            },
            maximum: layer.pool == Some(Reduction::Maximum),
            parameters: work.parameters + (tile * columns) as u32,
            row_parameters: tiles.len() > 1,
            per_channel,
            float,
            multiplier: if per_channel { 0 } else { multiplier },
            shift: if per_channel { 0 } else { shift },
            zero_point: layer.zero_point,
            low: layer.low,
            high: layer.high,
            residual: residual.is_some(),
            residual_address: residual.unwrap_or(0),
        }));
        if work.first {
            let signals = self.signals[semaphore::PARAMETERS as usize];
            self.wait_until(semaphore::PARAMETERS, signals);
            work.first = false;
        }
        // Rows are there when the last tile of channels and the last columns are.
        if tiles.end < work.tiling.columns || chunk.column + chunk.columns < width {
            return;
        }
        let bytes = (chunk.row + chunk.rows) * width * channels;
        match work.output {
            Some(output) => {
                self.signal(semaphore::RESULT);
                self.store(output, layer.output, work.stored..bytes);
                let signals = self.signals[semaphore::RESULT as usize];
                self.wait_until(semaphore::RESULT, signals);
                work.stored = bytes;
            }
            None => {
                self.signal(semaphore::ACTIVATION);
                let signals = self.signals[semaphore::ACTIVATION as usize];
                let progress = self.progress.entry(layer.output).or_default();
                progress.parts.push((signals, bytes));
            }
        }
    }
}

/// A layer on its way.
struct Work<'a> {
    index: usize,
    layer: &'a Layer,
    tiling: &'a Tiling,
    /// Where its result goes in DRAM.
    output: Option<&'a Binding>,
    /// Its first channel among the parameters.
    parameters: u32,
    /// Bytes of the result that were stored.
    stored: usize,
    /// No POST has waited for the parameters yet.
    first: bool,
}

/// Bytes of the image up to the last row that a chunk reads.
fn bytes_needed(layer: &Layer, chunk: &Chunk) -> usize {
    let [height, width, channels] = layer.image;
    let kernel = (layer.kernel[0] - 1) * layer.dilations[0];
    let last_row = (chunk.row + chunk.rows - 1) * layer.strides[0] + kernel;
    let rows = (last_row + 1).saturating_sub(layer.padding[0]);
    rows.clamp(1, height) * width * channels
}
