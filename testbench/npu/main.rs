//! Programs on the NPU.

mod faults;
mod folding;
mod graphs;
#[path = "../models.rs"]
mod models;
mod networks;
mod operators;
mod phases;
mod pixels;
mod random;
#[path = "../tools.rs"]
mod tools;
mod trace;

use ferrogrid::arch::{NpuArch, npu_from_preset};
use ferrogrid::blocks::npu::NpuCore;
use ferrogrid::config::{Kind, NpuConfig, presets_of};
use ferrogrid::device::npu::{ProgramOutcome, ProgramRun};
use ferrogrid::device::{Backend, Icarus, Native, Outcome, Scenario, Speed, Verilator, unwatched};
use ferrogrid::hdl::elaborate;
use ferrogrid::hdl::ir::Design;
use ferrogrid::isa::npu::{
    End, Instruction, Load, Matrix, Operation, Post, Store, Target, Weights,
};
use ferrogrid::reference::fixed_point;
use ferrogrid::synth::tools::Tool;

/// A random number generator that is the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        self.0 >> 33
    }

    /// From `low` to `high`, both included.
    fn within(&mut self, low: u32, high: u32) -> u32 {
        low + (self.next() % u64::from(high - low + 1)) as u32
    }

    fn chance(&mut self, of: u32) -> bool {
        self.within(1, of) == 1
    }

    fn bytes(&mut self, count: usize) -> Vec<i8> {
        (0..count).map(|_| self.next() as i8).collect()
    }
}

/// A machine in a simulator.
struct Machine {
    arch: NpuArch,
    backend: Box<dyn Backend>,
}

impl Machine {
    /// In the native simulator.
    fn new(arch: &NpuArch) -> Machine {
        Machine::within(arch, |design| Box::new(Native::new(design).unwrap()))
    }

    fn within(arch: &NpuArch, backend: fn(&Design) -> Box<dyn Backend>) -> Machine {
        Machine {
            arch: arch.clone(),
            backend: backend(&elaborate(&NpuCore::new(arch)).unwrap()),
        }
    }

    fn scenario(&mut self, scenario: &Scenario) -> Outcome {
        let outcome = self.backend.run(scenario, &mut unwatched).unwrap();
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        outcome
    }

    /// Runs a program; none where it does not end.
    fn run(&mut self, run: &ProgramRun) -> Option<ProgramOutcome> {
        let scenario = run.scenario(&self.arch);
        run.outcome(self.scenario(&scenario))
    }
}

/// C = A x B with bias and requantization, in the plainest program; the cycles and counters of the run.
fn product(machine: &mut Machine, [m, k, n]: [usize; 3], seed: u64) -> (u64, Vec<u64>) {
    let arch = &machine.arch;
    let (r, c) = (arch.rows as usize, arch.columns as usize);
    let mut random = Random(seed);
    let (a, b) = (random.bytes(m * k), random.bytes(k * n));
    let bias: Vec<i32> = (0..n).map(|_| random.next() as i32 % 5000).collect();
    let (blocks, tiles) = (k.div_ceil(r), n.div_ceil(c));
    let (a_at, weights_at, bias_at, c_at) = (0x4000, 0x8000, 0x3000, 0x2_0000);
    let half = arch.scratchpad_bytes / 2;

    let mut program = vec![
        Instruction::from(Operation::Load(Load {
            offset: bias_at,
            target: Target::Bias as u32,
            run: (4 * tiles * c) as u32,
            rows: 1,
            planes: 1,
            ..Load::default()
        })),
        Instruction::from(Operation::Load(Load {
            offset: a_at,
            run: (m * k) as u32,
            rows: 1,
            planes: 1,
            ..Load::default()
        }))
        .signal(0, 0),
    ];
    for tile in 0..tiles {
        program.push(Instruction::from(Operation::Weights(Weights {
            region: 0,
            offset: weights_at + (tile * blocks * r * c) as u32,
            tiles: blocks as u32,
        })));
        let matrix = Instruction::from(Operation::Matrix(Matrix {
            pitch: k as u32,
            width: k as u32,
            height: m as u32,
            blocks: blocks as u32,
            kernel_rows: 1,
            taps: 1,
            rows: m as u32,
            row_step: 1,
            columns: 1,
            release: true,
            begin: true,
            end: true,
            ..Matrix::default()
        }));
        program.push(if tile == 0 { matrix.wait(0, 1) } else { matrix });
        let post = Instruction::from(Operation::Post(Post {
            address: half + (tile * c) as u32,
            rows: m as u32,
            row_pitch: n as u32,
            columns: 1,
            channels: (n - tile * c).min(c) as u32,
            window: 1,
            parameters: (tile * c) as u32,
            multiplier: 0x5000_0000,
            shift: -7,
            zero_point: -3,
            low: -128,
            high: 120,
            ..Post::default()
        }));
        program.push(post.signal(1, 0));
    }
    program.push(
        Instruction::from(Operation::Store(Store {
            offset: c_at,
            address: half,
            run: (m * n) as u32,
            rows: 1,
            planes: 1,
            ..Store::default()
        }))
        .wait(1, tiles as u32),
    );
    program.push(Instruction::from(Operation::End(End { code: 7 })));

    let mut job = ProgramRun::new(&program, 0x3_0000);
    for (at, value) in a.iter().enumerate() {
        job.dram[a_at as usize + at] = *value as u8;
    }
    for (at, value) in bias.iter().enumerate() {
        job.dram[bias_at as usize + 4 * at..][..4].copy_from_slice(&value.to_le_bytes());
    }
    for tile in 0..tiles {
        for row in 0..blocks * r {
            for column in 0..c {
                let at = (tile * blocks * r + row) * c + column;
                let source =
                    (row < k && tile * c + column < n).then(|| b[row * n + tile * c + column]);
                job.dram[weights_at as usize + at] = source.unwrap_or(0) as u8;
            }
        }
    }
    job.max_cycles = 100_000;
    let outcome = machine.run(&job).expect("the program ends");
    assert_eq!((outcome.cause, outcome.code), (0, 7));
    for row in 0..m {
        for column in 0..n {
            let products = (0..k).map(|i| i32::from(a[row * k + i]) * i32::from(b[i * n + column]));
            let sum = products.sum::<i32>() + bias[column];
            let expected = fixed_point(sum, 0x5000_0000, -7, -3, -128, 120);
            let got = outcome.dram[c_at as usize + row * n + column] as i8;
            assert_eq!(
                i32::from(got),
                expected,
                "row {row}, column {column} of {m}x{k}x{n}"
            );
        }
    }
    (outcome.cycles, outcome.counters.to_vec())
}

#[test]
fn products() {
    let mut machine = Machine::new(&NpuArch::new(&NpuConfig::new(8, 8)).unwrap());
    for shape in [[1, 8, 8], [20, 40, 24], [3, 17, 5], [100, 64, 33]] {
        product(&mut machine, shape, 1);
    }
}

/// Programs are fetched over buses of every width: an instruction is in several beats, or several in one.
#[test]
fn products_of_the_presets() {
    for preset in presets_of(Kind::Npu) {
        let mut machine = Machine::new(&npu_from_preset(preset.name).unwrap());
        let columns = machine.arch.columns as usize;
        let (cycles, _) = product(&mut machine, [10, 70, columns + 3], 2);
        println!("{}: {cycles} cycles", preset.name);
    }
}

/// The emitted Verilog computes the same in the same cycles.
#[test]
fn products_in_other_simulators() {
    const SHAPE: [usize; 3] = [20, 40, 24];
    let agrees = |arch: &NpuArch, backend: fn(&Design) -> Box<dyn Backend>| {
        let native = product(&mut Machine::new(arch), SHAPE, 3);
        assert_eq!(
            product(&mut Machine::within(arch, backend), SHAPE, 3),
            native
        );
    };
    if tools::present(&[Tool::Verilator, Tool::Cxx]) {
        agrees(&npu_from_preset("edge").unwrap(), |design| {
            Box::new(Verilator::new(design, Speed::Compile).unwrap())
        });
    }
    if tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        agrees(&npu_from_preset("nano").unwrap(), |design| {
            Box::new(Icarus::new(design).unwrap())
        });
    }
}
