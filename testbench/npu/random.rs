//! Random programs: DRAM in the end is that of the functional model, whatever the timing.

use super::{Random, execute};
use ferrogrid::arch::NpuArch;
use ferrogrid::config::{Bytes, ControlOrder, NpuConfig};
use ferrogrid::device::npu::ProgramRun;
use ferrogrid::isa::npu::{
    End, Fence, Instruction, Load, Matrix, Operation, Post, Store, TABLE_ENTRIES, TABLE_WORDS,
    Target, Weights,
};
use ferrogrid::reference::{MachineSize, run_program};

/// Bytes of DRAM of a random program.
const DRAM: usize = 0x1_0000;
/// Where results begin.
const RESULTS: u32 = 0x8000;

/// The machine of an architecture, as the functional model has it.
pub fn size(arch: &NpuArch) -> MachineSize {
    MachineSize {
        rows: arch.rows as usize,
        columns: arch.columns as usize,
        lanes: arch.lanes as usize,
        bus_bytes: arch.bus_bytes() as usize,
        scratchpad_bytes: arch.scratchpad_bytes as usize,
        ring_tiles: arch.ring_tiles as usize,
        accumulator_vectors: arch.accumulator_vectors as usize,
        parameter_channels: arch.parameter_channels as usize,
    }
}

/// Semaphores of the programs, and who signals.
mod semaphore {
    pub const IMAGE_LOADED: u32 = 0;
    pub const IMAGE_USED: u32 = 1;
    pub const PARAMETERS_LOADED: u32 = 2;
    pub const RESULTS_STORED: u32 = 3;
    pub const RESULTS_READY: u32 = 4;
}

/// An architecture of the sizes that simulate fast.
fn architecture(random: &mut Random) -> NpuArch {
    let [rows, columns] = [(); 2].map(|_| 4 << random.within(0, 2));
    let side = rows.min(columns);
    let mut config = NpuConfig::new(rows, columns);
    let bus = 32 << random.within(0, (side / 4).ilog2());
    config.bus.width = Some(bus);
    config.post.lanes = Some((bus / 32) << random.within(0, (32 * side / bus).ilog2()));
    config.memory.scratchpad = Some(Bytes::kib(8));
    let tiles = 32 << random.within(0, 2);
    config.memory.weights = Some(Bytes(u64::from(rows * columns * tiles)));
    config.control.outstanding = random.within(1, 8);
    config.control.queue_depth = random.within(1, 4);
    if random.chance(4) {
        config.control.order = ControlOrder::Central;
    }
    config.array.product_register = random.chance(2);
    NpuArch::new(&config).unwrap()
}

/// Adds an instruction that waits for nothing yet.
fn put(program: &mut Vec<Instruction>, operation: Operation) -> &mut Instruction {
    program.push(operation.into());
    program.last_mut().expect("what was just put there")
}

/// A layer: an image through MATRIX and POST to DRAM.
fn layer(arch: &NpuArch, random: &mut Random, flip: bool, number: u32) -> Vec<Instruction> {
    let half = arch.scratchpad_bytes / 2;
    let (image_half, result_half) = if flip { (half, 0) } else { (0, half) };
    let beat = arch.bus_bytes();
    let mut program = Vec::new();
    let behind = |instruction: &mut Instruction, semaphore| {
        if number > 0 {
            *instruction = instruction.wait(semaphore, 1);
        }
    };

    let tiles = random.within(1, 3);
    // Those of six rows or of three tiles.
    let parameters = number * 128;
    for target in [Target::Bias, Target::Multiplier, Target::Shift] {
        let load = put(
            &mut program,
            Operation::Load(Load {
                offset: 0x2000 + random.within(0, 40) * beat,
                target: target as u32,
                address: parameters,
                run: 4 * 6 * arch.columns,
                rows: 1,
                planes: 1,
                ..Load::default()
            }),
        );
        if target == Target::Shift {
            *load = load.signal(semaphore::PARAMETERS_LOADED, 0);
        }
    }

    let (height, width) = (random.within(1, 9), random.within(1, 6));
    let channels = random.within(1, 2 * arch.rows);
    let row_bytes = width * channels;
    let pitch = row_bytes + random.within(0, 9) * random.within(0, 1);
    // Vectors that begin outside of the image stay in its half.
    let image = image_half + random.within(0, 77);
    let period = random.within(0, 4);
    let tokens = if period == 0 {
        1
    } else {
        height.div_ceil(period)
    };
    let load = put(
        &mut program,
        Operation::Load(Load {
            offset: random.within(0x3000, 0x3100),
            address: image,
            run: row_bytes,
            rows: height,
            row_stride: random.within(0, 70),
            row_pitch: pitch,
            planes: 1,
            ..Load::default()
        }),
    );
    behind(load, semaphore::IMAGE_USED);
    *load = load.signal(semaphore::IMAGE_LOADED, period);

    let windows = random.chance(3);
    let (kernel_rows, taps) = (random.within(1, 3), random.within(1, 3));
    let window = if windows { kernel_rows * taps } else { 1 };
    let columns = random.within(1, 5);
    let rows = random
        .within(1, 6)
        .min(arch.accumulator_vectors / (columns * window));
    let blocks = if windows {
        1
    } else {
        channels.div_ceil(arch.rows)
    };
    let passes = match windows {
        true => 1,
        false => blocks * kernel_rows * taps,
    };
    let row_tiles = !windows
        && random.chance(2)
        && passes * rows <= arch.ring_tiles
        && passes * rows * arch.tile_bytes() <= 0x2000;
    let passes = if row_tiles { passes * rows } else { passes };
    // A second part adds to the bank of the first, with tiles of its own or with the same.
    let parts = random.within(1, 2);
    let keeps = parts == 2 && random.chance(2) && passes <= arch.ring_tiles;
    let result_pitch = arch.columns * columns + random.within(0, 5);
    // What is added to the results is the image, where that is large enough and without gaps.
    let residual = pitch == row_bytes && rows * result_pitch <= height * row_bytes;
    if residual {
        for (target, words, offset) in [
            (Target::ResultTable, TABLE_ENTRIES + TABLE_WORDS, 0x6000),
            (Target::ResidualTable, TABLE_ENTRIES, 0x6800),
        ] {
            put(
                &mut program,
                Operation::Load(Load {
                    offset,
                    target: target as u32,
                    run: 4 * words,
                    rows: 1,
                    planes: 1,
                    ..Load::default()
                }),
            );
        }
        put(&mut program, Operation::Fence(Fence { units: 1 }));
    }
    for tile in 0..tiles {
        for part in 0..parts {
            if part == 0 || !keeps {
                put(
                    &mut program,
                    Operation::Weights(Weights {
                        region: 0,
                        offset: 0x4000 + random.within(0, 200) * beat,
                        tiles: passes,
                    }),
                );
            }
            let matrix = put(
                &mut program,
                Operation::Matrix(Matrix {
                    address: image,
                    pitch,
                    width: row_bytes,
                    height,
                    first_row: random.within(0, 3) as i32 - 1,
                    first_byte: (random.within(0, 2) as i32 - 1) * channels as i32,
                    blocks,
                    kernel_rows,
                    kernel_row_step: random.within(1, 2),
                    taps,
                    tap_step: channels,
                    rows,
                    row_step: random.within(1, 2),
                    columns,
                    column_step: channels * random.within(1, 2),
                    padding: i32::from(random.next() as i8),
                    tile: 0,
                    release: part == 1 || !keeps,
                    begin: part == 0,
                    end: part + 1 == parts,
                    row_tiles,
                    windows,
                }),
            );
            if (tile, part) == (0, 0) {
                *matrix = matrix.wait(semaphore::IMAGE_LOADED, tokens);
            }
            if (tile + 1, part + 1) == (tiles, parts) {
                *matrix = matrix.signal(semaphore::IMAGE_USED, 0);
            }
        }
        let channels = random.within(1, arch.columns);
        let float = random.chance(2);
        let low = random.within(0, 255) as i32 - 128;
        let address = result_half + tile * 0x200 + random.within(0, 20);
        let post = put(
            &mut program,
            Operation::Post(Post {
                address,
                rows,
                row_pitch: result_pitch,
                columns,
                column_pitch: arch.columns,
                channels,
                window,
                maximum: random.chance(2),
                parameters: parameters + tile * arch.columns,
                row_parameters: tiles == 1 && random.chance(2),
                per_channel: random.chance(2),
                float,
                multiplier: match float {
                    true => 0x3000_0000 + random.next() as u32 % 0x0d00_0000,
                    false => 0x4000_0000 + random.next() as u32 % 0x4000_0000,
                },
                shift: random.within(0, 12) as i32 - 11,
                zero_point: i32::from(random.next() as i8),
                low,
                high: low + random.within(0, (127 - low) as u32) as i32,
                residual,
                residual_address: if residual { image } else { 0 },
            }),
        );
        if tile == 0 {
            *post = post.wait(semaphore::PARAMETERS_LOADED, 1);
            behind(post, semaphore::RESULTS_STORED);
        }
        *post = post.signal(semaphore::RESULTS_READY, 0);
        let store = put(
            &mut program,
            Operation::Store(Store {
                offset: RESULTS + number * 0x1000 + tile * 0x500 + random.within(0, 64),
                address,
                run: channels,
                rows: columns,
                row_stride: channels + random.within(0, 3),
                row_pitch: arch.columns,
                planes: rows,
                plane_stride: 0x70,
                plane_pitch: result_pitch,
                ..Store::default()
            }),
        );
        *store = store.wait(semaphore::RESULTS_READY, 1);
        if tile + 1 == tiles {
            *store = store.signal(semaphore::RESULTS_STORED, 0);
        }
    }
    if residual {
        // POST has read the image and the tables.
        put(&mut program, Operation::Fence(Fence { units: 4 }));
    }
    program
}

/// DRAM of random bytes, in which a per-channel multiplier is one that its arithmetic has.
fn fill(dram: &mut [u8], random: &mut Random) {
    for byte in &mut dram[0x2000..0x8000] {
        *byte = random.next() as u8;
    }
    for word in dram[0x6000..0x7000].chunks_mut(4) {
        let entry = random.next() as i32 >> random.within(4, 24);
        word.copy_from_slice(&entry.to_le_bytes());
    }
    // How their sum becomes a byte.
    let low = random.within(0, 255) as i32 - 128;
    let high = low + random.within(0, (127 - low) as u32) as i32;
    let multiplier = 0x4000_0000 + random.within(0, 0x3fff_ffff) as i32;
    let shift = random.within(0, 20) as i32 - 19;
    let zero_point = i32::from(random.next() as i8);
    let words = match random.chance(2) {
        true => [multiplier, shift, zero_point, low, high, 0],
        false => [
            0x3500_0000 + random.within(0, 0x0aff_ffff) as i32,
            0,
            zero_point,
            low,
            high,
            1,
        ],
    };
    let behind = dram[0x6000 + 4 * TABLE_ENTRIES as usize..].chunks_mut(4);
    for (word, value) in behind.zip(words) {
        word.copy_from_slice(&value.to_le_bytes());
    }
    for word in dram[0x2000..0x3000].chunks_mut(4) {
        // A float from 2^-32 up, and a fixed-point multiplier.
        word[3] = 0x40 + word[3] % 2;
    }
}

#[test]
fn programs_leave_what_the_model_leaves() {
    for seed in 0..40 {
        let mut random = Random(seed);
        let arch = architecture(&mut random);
        let flip = random.chance(2);
        let layers = random.within(1, 4);
        let mut program: Vec<_> = (0..layers)
            .flat_map(|number| layer(&arch, &mut random, flip, number))
            .collect();
        program.push(Operation::End(End { code: layers }).into());
        let mut job = ProgramRun::new(&program, DRAM);
        fill(&mut job.dram, &mut random);
        job.latency = random.within(1, 200) as u16;
        job.stalls = [0, 40, 128][random.within(0, 2) as usize];
        job.seed = random.within(1, 1 << 30);
        job.max_cycles = 500_000;
        let mut expected = job.dram.clone();
        let text: Vec<_> = program.iter().map(|of| of.to_string()).collect();
        let model = run_program(&size(&arch), &program, job.bases, &mut expected);
        assert_eq!(model, Ok(layers), "seed {seed}");
        let outcome = execute(&arch, &job);
        let outcome = outcome.unwrap_or_else(|| {
            panic!("seed {seed} does not end on {arch:?}:\n{}", text.join("\n"))
        });
        assert_eq!((outcome.cause, outcome.code), (0, layers), "seed {seed}");
        let differ = (outcome.dram.iter().zip(&expected)).position(|(got, model)| got != model);
        if let Some(at) = differ {
            panic!(
                "seed {seed}: byte {at:#x} is {}, the model says {}; {arch:?}\n{}",
                outcome.dram[at],
                expected[at],
                text.join("\n")
            );
        }
    }
}
