//! The layers of a random program: images that go through all units, with semaphores and fences between them.

use super::Data;
use super::space::{COLUMNS, LAYERS, ROWS, Space, TILES, WEIGHTS, is_float};
use crate::arch::NpuArch;
use crate::isa::npu::{
    Fence, Instruction, Load, Matrix, Operation, Post, SEMAPHORES, Store, TABLE_ENTRIES,
    TABLE_WORDS, Target, Unit, Vector, Weights,
};
use crate::verify::npu::{chance, within};
use rand::Rng;
use rand::seq::SliceRandom;

/// Units of a fence.
const LOAD: u32 = 1 << Unit::Load as u32;
const MATRIX: u32 = 1 << Unit::Matrix as u32;
const POST: u32 = 1 << Unit::Post as u32;
const VECTOR: u32 = 1 << Unit::Vector as u32;
const ALL: u32 = (1 << Unit::ALL.len()) - 1;

/// The instructions of some layers.
pub(super) fn layers(rng: &mut impl Rng, arch: &NpuArch, data: Data) -> Vec<Instruction> {
    let mut generator = Generator::new(rng, arch, data);
    let most = arch.parameter_channels / (generator.parameter_rows * arch.columns);
    for number in 0..generator.within(1, LAYERS.min(most)) {
        generator.behind_before = generator.behind;
        generator.behind = match generator.within(0, 3) {
            0 if generator.fences => Behind::All,
            1 if generator.fences => Behind::Image,
            _ => Behind::Semaphores,
        };
        generator.layer(number);
    }
    generator.program
}

/// What the layers so far have left.
struct Generator<'a, R> {
    rng: &'a mut R,
    arch: &'a NpuArch,
    space: Space,
    data: Data,
    /// Rows of parameters of a layer.
    parameter_rows: u32,
    semaphores: Semaphores,
    program: Vec<Instruction>,
    /// Fences order some of what semaphores could; without them more is under way at a time.
    fences: bool,
    /// The half that the image of the layer before is in.
    image_half: u32,
    /// What orders this layer and the next.
    behind: Behind,
    /// What ordered this layer and the one before.
    behind_before: Behind,
    /// Signals that nothing has waited for yet: that MATRIX, and VECTOR, have used an image, and results
    /// are stored.
    image_used: [u32; 2],
    results_stored: u32,
    /// Groups of weights of VECTOR that have been written since all of them were free.
    groups: u32,
}

/// What orders a layer and the next.
#[derive(Clone, Copy, PartialEq)]
enum Behind {
    /// Semaphores alone.
    Semaphores,
    /// A fence of MATRIX and VECTOR, behind which the image is free.
    Image,
    /// A fence of all units.
    All,
}

/// Which semaphore says what.
struct Semaphores {
    image_loaded: u32,
    vector_loaded: u32,
    image_used: [u32; 2],
    parameters_loaded: u32,
    results_stored: u32,
    results_ready: u32,
}

/// The image of a layer in the scratchpad.
struct Image {
    address: u32,
    height: u32,
    width: u32,
    channels: u32,
    pitch: u32,
    /// Signals of its LOAD.
    tokens: u32,
    /// It begins at the end of its half, and goes on at the beginning.
    wraps: bool,
}

/// What MATRIX hands over, and how POST takes it.
struct Shape {
    rows: u32,
    columns: u32,
    window: u32,
}

impl<'a, R: Rng> Generator<'a, R> {
    fn new(rng: &'a mut R, arch: &'a NpuArch, data: Data) -> Self {
        let mut all: Vec<u32> = (0..SEMAPHORES).collect();
        all.shuffle(rng);
        let fences = chance(rng, 2);
        Generator {
            semaphores: Semaphores {
                image_loaded: all[0],
                vector_loaded: all[5],
                image_used: [all[1], all[6]],
                parameters_loaded: all[2],
                results_stored: all[3],
                results_ready: all[4],
            },
            rng,
            arch,
            space: Space::of(arch),
            data,
            parameter_rows: ROWS.min(arch.parameter_channels / arch.columns),
            program: Vec::new(),
            fences,
            image_half: 0,
            behind: Behind::All,
            behind_before: Behind::All,
            image_used: [0; 2],
            results_stored: 0,
            groups: 0,
        }
    }

    fn within(&mut self, low: u32, high: u32) -> u32 {
        within(self.rng, low, high)
    }

    fn chance(&mut self, of: u32) -> bool {
        chance(self.rng, of)
    }

    /// Adds an instruction that waits for nothing yet.
    fn put(&mut self, operation: Operation) -> &mut Instruction {
        self.program.push(operation.into());
        self.program.last_mut().expect("what was just put there")
    }

    fn fence(&mut self, units: u32) {
        self.put(Operation::Fence(Fence { units }));
    }

    /// A period of signals for so many steps, and how many signals there are.
    fn period(&mut self, steps: u32) -> (u32, u32) {
        match self.within(0, 4) {
            0 => (0, 1),
            period => (period, steps.div_ceil(period)),
        }
    }

    /// A layer: an image through MATRIX or VECTOR, and POST, to DRAM.
    fn layer(&mut self, number: u32) {
        let parameters = number * self.parameter_rows * self.arch.columns;
        let late_parameters = self.chance(2);
        if !late_parameters {
            self.parameters(parameters);
        }
        let begin = self.program.len();
        let tiles = self.within(1, TILES).min(self.parameter_rows);
        let has_vector = self.arch.vector_taps > 0;
        let by_vector: Vec<bool> = (0..tiles).map(|_| has_vector && self.chance(3)).collect();
        let last_of = [false, true].map(|vector| by_vector.iter().rposition(|of| *of == vector));
        let [loaded, vector_loaded] = [self.semaphores.image_loaded, self.semaphores.vector_loaded];
        let loaded = match last_of[0] {
            Some(_) => loaded,
            None => vector_loaded,
        };
        let image = self.image(self.behind_before == Behind::All, loaded);
        // VECTOR waits for its weights, behind which the image is there too.
        let mut tokens = [Some(image.tokens), Some(0)];
        if last_of[0].is_none() {
            tokens.swap(0, 1);
        }
        // The tiles of a layer have each a place of their own, or all the same one.
        let shared = self.chance(3);
        let windows = self.chance(3);
        let (kernel_rows, taps) = (self.within(1, 3), self.within(1, 3));
        let window = if windows { kernel_rows * taps } else { 1 };
        let most = self.arch.accumulator_vectors / window;
        let columns = self.within(1, COLUMNS.min(most));
        let rows = self.within(1, Space::rows(self.arch).min(most / columns));
        let shape = Shape {
            rows,
            columns,
            window,
        };
        let residual = self.chance(3) && !image.wraps;
        let late_tables = self.chance(2);
        if residual && !late_tables {
            self.tables();
        }
        let blocks = match windows {
            true => 1,
            false => image.channels.div_ceil(self.arch.rows),
        };
        let matrix = Matrix {
            address: image.address,
            pitch: image.pitch,
            width: image.width * image.channels,
            height: image.height,
            first_row: self.within(0, 3) as i32 - 1,
            blocks,
            kernel_rows,
            kernel_row_step: self.within(1, 2),
            taps,
            tap_step: self.step(image.channels),
            rows,
            row_step: self.within(1, 2),
            columns,
            column_step: self.step(image.channels),
            padding: self.within(0, 255) as i32 - 128,
            windows,
            ..Matrix::default()
        };
        for tile in 0..tiles {
            let first_byte = self.within(0, 2 * image.channels) as i32 - image.channels as i32;
            let matrix = Matrix {
                first_byte,
                ..matrix
            };
            let vector = by_vector[tile as usize];
            let waits = tokens[usize::from(vector)].take();
            let last = last_of[usize::from(vector)] == Some(tile as usize);
            match vector {
                false => {
                    let matrix = self.packed(matrix);
                    self.passes(matrix, waits, last);
                }
                true => self.vector_passes(&matrix, window, waits.unwrap_or(0), last),
            }
            if tile == 0 && self.chance(2) {
                // Tiles come before the image that they are for.
                let is_weights = |of: &Instruction| matches!(of.operation, Operation::Weights(_));
                let first = self.program[begin..].iter().position(is_weights);
                self.program[begin..=begin + first.unwrap_or(0)].rotate_right(1);
            }
            if tile == 0 && late_parameters {
                self.parameters(parameters);
            }
            if residual && late_tables && tile == 0 {
                self.tables();
            }
            let place = if shared { 0 } else { tile };
            self.results(
                &image,
                &shape,
                (residual, vector),
                (number, tile, tiles),
                place,
                parameters,
            );
        }
        if residual {
            // POST has read the image and the tables.
            self.fence(POST);
        }
        match self.behind {
            Behind::Semaphores => {}
            Behind::Image => self.fence(MATRIX | VECTOR),
            Behind::All => self.fence(ALL),
        }
    }

    /// From a vector to the next: mostly whole pixels.
    fn step(&mut self, channels: u32) -> u32 {
        match self.chance(4) {
            true => self.within(0, 2 * channels),
            false => channels * self.within(1, 2),
        }
    }

    fn parameters(&mut self, first: u32) {
        let (beat, columns) = (self.arch.bus_bytes(), self.arch.columns);
        let words = self.parameter_rows * columns;
        let halves = self.parameter_rows.is_multiple_of(2) && self.chance(3);
        let rows = if halves { 2 } else { 1 };
        for target in [Target::Bias, Target::Multiplier, Target::Shift] {
            let from = match target {
                Target::Bias => self.space.biases,
                _ => self.space.scales,
            };
            let at = from + self.within(0, 30) * beat;
            let (region, offset) = Space::place(self.rng, at);
            let run = 4 * words / rows;
            let row_stride = run + self.within(0, 3) * beat;
            let semaphore = self.semaphores.parameters_loaded;
            let load = self.put(Operation::Load(Load {
                region,
                offset,
                target: target as u32,
                address: first,
                run,
                rows,
                row_stride,
                row_pitch: words / rows,
                planes: 1,
                ..Load::default()
            }));
            if target == Target::Shift {
                *load = load.signal(semaphore, 0);
            }
        }
    }

    /// The image of a layer, behind the places of results in either half; or up to the end of one and from its
    /// beginning on, if `may_wrap`. It is there when `loaded` says so.
    fn image(&mut self, may_wrap: bool, loaded: u32) -> Image {
        let half = self.arch.scratchpad_bytes / 2;
        let channels = self.within(1, 2 * self.arch.rows);
        // A row fits what results leave.
        let width = self.within(1, 6.min((half / 4 - 0x60) / channels));
        let mut height = self.within(1, 9);
        let row_bytes = width * channels;
        let pitch = row_bytes + self.within(0, 9) * self.within(0, 1);
        let start = TILES * Space::of_tile(self.arch) + self.within(0, 77);
        height = height.min((half - start) / pitch);
        // Mostly where that of the layer before is.
        if self.chance(3) {
            self.image_half = 1 - self.image_half;
        }
        let of_half = half * self.image_half;
        let wraps = may_wrap && height > 1 && self.chance(2);
        // Rows up to the end of the half, and those behind.
        let first = if wraps {
            self.within(1, height - 1)
        } else {
            height
        };
        let address = of_half + if wraps { half - first * pitch } else { start };
        let waits = std::mem::take(&mut self.image_used);
        let mut tokens = 0;
        for (rows, address) in [(first, address), (height - first, of_half)] {
            if rows == 0 {
                continue;
            }
            let planes = if rows.is_multiple_of(2) && self.chance(3) {
                2
            } else {
                1
            };
            let (period, signals) = self.period(rows);
            let at = self.space.images + self.within(0, 0xff);
            let (region, offset) = Space::place(self.rng, at);
            let (row_stride, plane_stride) = (self.within(0, 70), self.within(0, 200));
            let used = self.semaphores.image_used;
            let load = self.put(Operation::Load(Load {
                region,
                offset,
                target: Target::Scratchpad as u32,
                address,
                run: row_bytes,
                rows: rows / planes,
                row_stride,
                row_pitch: pitch,
                planes,
                plane_stride,
                plane_pitch: rows / planes * pitch,
            }));
            *load = load.signal(loaded, period);
            for (semaphore, count) in used.into_iter().zip(waits) {
                if count > 0 && tokens == 0 {
                    *load = load.wait(semaphore, count);
                }
            }
            tokens += signals;
        }
        Image {
            address,
            height,
            width,
            channels,
            pitch,
            tokens,
            wraps,
        }
    }

    /// The tables of a sum, which a fence orders.
    fn tables(&mut self) {
        for (target, words, at) in [
            (
                Target::ResultTable,
                TABLE_ENTRIES + TABLE_WORDS,
                self.space.result_table,
            ),
            (
                Target::ResidualTable,
                TABLE_ENTRIES,
                self.space.residual_table,
            ),
        ] {
            let (region, offset) = Space::place(self.rng, at);
            self.put(Operation::Load(Load {
                region,
                offset,
                target: target as u32,
                run: 4 * words,
                rows: 1,
                planes: 1,
                ..Load::default()
            }));
        }
        self.fence(LOAD);
    }

    /// Some MATRIX as one of packed vectors, whose rows are apart as the pitch of their image asks.
    fn packed(&mut self, matrix: Matrix) -> Matrix {
        let rows = self.arch.rows;
        let apart = matrix.kernel_row_step * matrix.pitch % rows;
        let whole = if self.chance(3) { rows } else { 0 };
        match !matrix.windows && self.chance(3) {
            true => Matrix {
                packed: true,
                blocks: 1,
                kernel_rows: 1,
                taps: self.within(1, rows + 1),
                tap_step: apart + whole,
                first_row: matrix.first_row - self.within(0, 2) as i32,
                ..matrix
            },
            false => matrix,
        }
    }

    /// The tiles of a bank and the MATRIX that use them; the first waits for the image, the last of the
    /// layer says that it was used.
    fn passes(&mut self, matrix: Matrix, image: Option<u32>, last: bool) {
        let ring = self.arch.ring_tiles;
        let mut matrix = matrix;
        let count = |matrix: &Matrix| match matrix.windows || matrix.packed {
            true => 1,
            false => matrix.blocks * matrix.kernel_rows * matrix.taps,
        };
        while count(&matrix) > ring {
            let largest = matrix.blocks.max(matrix.kernel_rows).max(matrix.taps);
            for of in [
                &mut matrix.blocks,
                &mut matrix.kernel_rows,
                &mut matrix.taps,
            ] {
                *of -= u32::from(*of == largest);
            }
        }
        let mut passes = count(&matrix);
        if !matrix.windows && self.chance(2) && passes * matrix.rows <= ring.min(WEIGHTS) {
            matrix.row_tiles = true;
            passes *= matrix.rows;
        }
        // For each part: tiles that come before it, the first that it takes, and whether they go.
        let parts: &[(u32, u32, bool)] = match self.within(0, 3) {
            0 => &[(1, 0, true)],
            1 if passes <= ring => &[(1, 0, false), (0, 0, true)],
            2 if 2 * passes <= ring.min(WEIGHTS) => &[(2, 1, false), (0, 0, true), (0, 0, true)],
            _ => &[(1, 0, true), (1, 0, true)],
        };
        for (number, (come, first, release)) in (1..).zip(parts) {
            if *come > 0 {
                let bytes = come * passes * self.arch.tile_bytes();
                let room = (self.space.results - self.space.weights).saturating_sub(bytes);
                let beat = self.arch.bus_bytes();
                let at = self.space.weights + self.within(0, (room / beat).min(100)) * beat;
                let (region, offset) = Space::place(self.rng, at);
                self.put(Operation::Weights(Weights {
                    region,
                    offset,
                    tiles: come * passes,
                }));
            }
            let (begin, end) = (number == 1, number == parts.len());
            let (period, used) = self.period(passes);
            let signals = self.behind == Behind::Semaphores;
            let semaphores = (self.semaphores.image_loaded, self.semaphores.image_used[0]);
            let instruction = self.put(Operation::Matrix(Matrix {
                tile: first * passes,
                release: *release,
                begin,
                end,
                ..matrix
            }));
            if let (Some(tokens), true) = (image, begin) {
                *instruction = instruction.wait(semaphores.0, tokens);
            }
            if last && end && signals {
                *instruction = instruction.signal(semaphores.1, period);
                self.image_used[0] = used;
            }
        }
    }

    /// The weights and the VECTOR of a bank with the vectors of a MATRIX, whose windows stand side by side; the
    /// first waits for so many signals of the image besides.
    fn vector_passes(&mut self, matrix: &Matrix, window: u32, image: u32, last: bool) {
        let most = self.arch.vector_taps;
        let groups = self.within(1, if most == 1 { 3 } else { 2 });
        let taps = match self.chance(2) {
            true => most,
            false => self.within(1, most),
        };
        let passes = matrix.kernel_rows * groups;
        let parts = self.within(1, 2);
        if self.groups + parts * passes > self.arch.vector_weights {
            self.fence(VECTOR);
            self.groups = 0;
        }
        let weights = self.groups;
        self.groups += parts * passes;
        self.vector_weights(weights, parts * passes);
        let column_step = match self.within(0, 3) {
            0 => matrix.column_step,
            1 => 2 * matrix.tap_step,
            _ => matrix.tap_step,
        };
        // As a convolution whose first taps are padding.
        let first_byte = match self.chance(3) {
            true => -(self.within(1, 2 * matrix.tap_step.max(1)) as i32),
            false => matrix.first_byte,
        };
        for part in 0..parts {
            let (begin, end) = (part == 0, part + 1 == parts);
            let (period, used) = self.period(passes);
            let signals = self.behind == Behind::Semaphores;
            let maximum = self.chance(3);
            let (loaded, image_used) =
                (self.semaphores.vector_loaded, self.semaphores.image_used[1]);
            let instruction = self.put(Operation::Vector(Vector {
                address: matrix.address,
                pitch: matrix.pitch,
                width: matrix.width,
                height: matrix.height,
                first_row: matrix.first_row,
                first_byte,
                kernel_rows: matrix.kernel_rows,
                kernel_row_step: matrix.kernel_row_step,
                groups,
                taps,
                tap_step: matrix.tap_step,
                rows: matrix.rows,
                row_step: matrix.row_step,
                columns: matrix.columns * window,
                column_step,
                padding: matrix.padding,
                weights: weights + part * passes,
                maximum,
                begin,
                end,
            }));
            if begin {
                *instruction = instruction.wait(loaded, 1 + image);
            }
            if last && end && signals {
                *instruction = instruction.signal(image_used, period);
                self.image_used[1] = used;
            }
        }
    }

    /// Loads so many groups of weights of VECTOR.
    fn vector_weights(&mut self, first: u32, groups: u32) {
        let group = self.arch.vector_taps * self.arch.vector_channels();
        let beat = self.arch.bus_bytes();
        let bytes = groups * group;
        let room = (self.space.results - self.space.weights).saturating_sub(2 * bytes);
        let at = self.space.weights + self.within(0, (room / beat).min(100)) * beat;
        let (region, offset) = Space::place(self.rng, at);
        // Groups by themselves may come from anywhere.
        let apart = self.chance(3);
        let rows = if apart { groups } else { 1 };
        let row_stride = group + self.within(0, group / beat) * beat;
        let loaded = self.semaphores.vector_loaded;
        let load = self.put(Operation::Load(Load {
            region,
            offset,
            target: Target::VectorWeights as u32,
            address: first,
            run: bytes / rows,
            rows,
            row_stride,
            row_pitch: 1,
            planes: 1,
            ..Load::default()
        }));
        *load = load.signal(loaded, 0);
    }

    /// Loads bytes where results go.
    fn background(&mut self, address: u32, run: u32) {
        let at = self.space.images + self.within(0, 0xff);
        let (region, offset) = Space::place(self.rng, at);
        self.fence(ALL);
        self.put(Operation::Load(Load {
            region,
            offset,
            address,
            run,
            rows: 1,
            planes: 1,
            ..Load::default()
        }));
        self.fence(LOAD);
    }

    /// POST and STORE of a tile.
    fn results(
        &mut self,
        image: &Image,
        shape: &Shape,
        (residual, vector): (bool, bool),
        (number, tile, tiles): (u32, u32, u32),
        place: u32,
        parameters: u32,
    ) {
        let half = self.arch.scratchpad_bytes / 2;
        let Shape {
            rows,
            columns,
            window,
        } = *shape;
        let most = match vector {
            false => self.arch.columns,
            true => self.arch.vector_channels(),
        };
        let channels = self.within(1, most);
        let column_pitch = match self.chance(2) {
            true => channels,
            false => self.within(channels, self.arch.columns + 3),
        };
        let row_pitch = column_pitch * columns + self.within(0, 8);
        let upper = match image.wraps {
            true => u32::from(image.address < half),
            false => self.within(0, 1),
        };
        let address = upper * half + place * Space::of_tile(self.arch) + self.within(0, 0x3f);
        // What is added to the results is the image, where that is large enough and without gaps.
        let bytes = (rows - 1) * row_pitch + columns * column_pitch;
        let there = image.height * image.width * image.channels;
        let residual = residual && image.pitch == image.width * image.channels && bytes <= there;
        let residual_address = match residual {
            true => image.address + self.within(0, there - bytes),
            false => 0,
        };
        let float = is_float(self.arch.requantization, self.rng);
        let (low, high) = match self.chance(3) {
            true => {
                let low = self.within(0, 255) as i32 - 128;
                (low, low + self.within(0, (127 - low) as u32) as i32)
            }
            false => (-128, 127),
        };
        let post = Post {
            address,
            rows,
            row_pitch,
            columns,
            column_pitch,
            channels,
            window,
            maximum: self.chance(2),
            parameters: parameters + tile * self.arch.columns,
            row_parameters: tiles == 1 && rows <= self.parameter_rows && self.chance(2),
            per_channel: self.chance(2),
            float,
            multiplier: match float {
                true => self.data.scale(self.rng),
                false => 0x4000_0000 + self.within(0, 0x3fff_ffff),
            },
            shift: self.data.shift(self.rng),
            zero_point: self.within(0, 60) as i32 - 30,
            low,
            high,
            residual,
            residual_address,
            vector,
        };
        // Where bytes between results are known, all are stored.
        let background = self.fences && self.chance(3);
        if background {
            self.background(address, rows * row_pitch);
        }
        let (period, mut ready) = self.period(rows);
        let semaphores = (
            self.semaphores.parameters_loaded,
            self.semaphores.results_stored,
        );
        let stored = std::mem::take(&mut self.results_stored);
        let results_ready = self.semaphores.results_ready;
        let fenced = self.fences && self.chance(3);
        let instruction = self.put(Operation::Post(post));
        if tile == 0 {
            *instruction = instruction.wait(semaphores.0, 1);
        }
        if stored > 0 {
            *instruction = instruction.wait(semaphores.1, stored);
        }
        if fenced {
            ready = 0;
            self.fence(POST);
        } else {
            *instruction = instruction.signal(results_ready, period);
        }

        let row_stride = channels + self.within(0, 3);
        let plane_stride = columns * row_stride + self.within(0, 8);
        let of_tile = (number * TILES + tile) * Space::of_tile(self.arch);
        let at = self.space.results + of_tile + self.within(0, 0x3f);
        let store = Store {
            address,
            run: channels,
            rows: columns,
            row_stride,
            row_pitch: column_pitch,
            planes: rows,
            plane_stride,
            plane_pitch: row_pitch,
            ..Store::default()
        };
        // As a whole, in longer runs, or each row when it is there.
        let mut stores = vec![(at, store)];
        if background {
            stores[0].1 = Store {
                run: rows * row_pitch,
                rows: 1,
                planes: 1,
                ..store
            };
        } else if column_pitch == channels && self.chance(2) {
            stores[0].1 = Store {
                run: columns * channels,
                rows,
                row_stride: plane_stride,
                row_pitch,
                planes: 1,
                ..store
            };
        } else if period == 1 && !fenced {
            ready = 1;
            let row = |row| {
                let address = address + row * row_pitch;
                (
                    at + row * plane_stride,
                    Store {
                        address,
                        planes: 1,
                        ..store
                    },
                )
            };
            stores = (0..rows).map(row).collect();
        }
        let count = stores.len();
        for (index, (at, store)) in (1..).zip(stores) {
            let (region, offset) = Space::place(self.rng, at);
            let (period, stored) = self.period(store.rows * store.planes);
            let semaphore = self.semaphores.results_stored;
            // The next tile may have the place of this one, and so may the next layer.
            let signals = tile + 1 < tiles || self.behind != Behind::All;
            let instruction = self.put(Operation::Store(Store {
                region,
                offset,
                ..store
            }));
            if ready > 0 {
                *instruction = instruction.wait(results_ready, ready);
            }
            if index == count && signals {
                *instruction = instruction.signal(semaphore, period);
                self.results_stored = stored;
            }
        }
    }
}
