//! Random designs: compiled programs against the interpreter, every name in every cycle.

use super::super::flatten::{FlatNode, Hierarchy, join};
use super::Source;
use super::interpreter::Interpreter;
use super::waves::File;
use crate::ir::{Design, Direction, NodeId, PortId};
use crate::sim::Simulator;
use crate::sim::names::Known;
use crate::sim::schedule::{Limits, Pass, Passes};
use crate::{Block, Module, Pins, Shape, Shapes, Signal, bit, bundle, concat, elaborate, hardware};
use crate::{signed, unsigned};

const DESIGNS: u64 = 200;
const ARRAYS: u64 = 60;
const CYCLES: u64 = 12;

/// Whatever can be narrow is.
const ALL_NARROW: Limits = Limits { lanes: 16, far: 0 };
/// Nothing is narrow.
const NONE_NARROW: Limits = Limits {
    lanes: usize::MAX,
    far: 0,
};

/// A module made from a seed.
#[derive(Debug, Clone, PartialEq)]
struct Random {
    seed: u64,
    depth: u32,
}

fn shape(source: &mut Source) -> Shape {
    let widths = [1, 1, 2, 8, 8, 8, 16, 20, 33, 63, 64, 65, 100, 130];
    let width = widths[source.below(widths.len() as u64) as usize];
    if source.below(2) == 1 {
        signed(width)
    } else {
        unsigned(width)
    }
}

/// Some value of the pool, made to fit a shape.
fn pick<'m>(source: &mut Source, pool: &[Signal<'m>], shape: Shape) -> Signal<'m> {
    let some = pool[source.below(pool.len() as u64) as usize];
    let sized = if some.width() > shape.width {
        some.slice(
            source.below(u64::from(some.width() - shape.width) + 1) as u32,
            shape.width,
        )
    } else if some.width() < shape.width {
        some.extend(shape.width)
    } else {
        some
    };
    if shape.signed {
        sized.as_signed()
    } else {
        sized.as_unsigned()
    }
}

fn operation<'m>(m: &'m Module, source: &mut Source, pool: &[Signal<'m>]) -> Signal<'m> {
    let shape = shape(source);
    let (a, b) = (pick(source, pool, shape), pick(source, pool, shape));
    let small = unsigned(1 + source.below(8) as u32);
    match source.below(22) {
        0 | 1 => a + b,
        2 => a - b,
        3 | 4 => a * b,
        5 => a & b,
        6 => a | b,
        7 => a ^ b,
        8 => a.eq(b),
        9 => a.lt(b),
        10 => a.le(b),
        11 => !a,
        12 => -a,
        13 => [a.all(), a.any(), a.parity()][source.below(3) as usize],
        14 => a << pick(source, pool, small),
        15 => a >> pick(source, pool, small),
        16 | 17 => pick(source, pool, bit()).mux(a, b),
        18 => {
            let items: Vec<_> = (0..1 + source.below(6))
                .map(|_| pick(source, pool, shape))
                .collect();
            pick(source, pool, small).select(&items)
        }
        19 => concat(&[a, pick(source, pool, small), b]),
        20 => {
            let literal = m.lit(shape.from_bits(&source.bits(shape.width)), shape);
            a.ne(literal).mux(a, literal)
        }
        _ => {
            let wider = a.extend(shape.width + 1 + source.below(70) as u32);
            wider + pick(source, pool, wider.shape())
        }
    }
}

impl Random {
    /// The shapes of its inputs, and the source of all else.
    fn source(&self) -> ([Shape; 4], Source) {
        let mut source = Source(self.seed * 7919 + u64::from(self.depth));
        ([(); 4].map(|()| shape(&mut source)), source)
    }
}

#[hardware]
impl Block for Random {
    fn module_name(&self) -> String {
        format!("random_{}_{}", self.seed, self.depth)
    }

    fn inputs(&self) -> Shapes<Pins<'static>> {
        let (shapes, _) = self.source();
        Pins::of((0..4).map(|i| (format!("in_{i}"), shapes[i])))
    }

    fn build<'m>(&self, m: &'m Module, inputs: Pins<'m>) -> Pins<'m> {
        let (_, mut source) = self.source();
        let source = &mut source;
        let mut pool = inputs.bits("in_", 4);
        let used = pool
            .iter()
            .skip(1)
            .fold(pool[0].parity(), |all, input| all ^ input.parity());
        let mut outputs = Pins::new([("used", used)]);
        let enables = [0, 1].map(|i| m.wire(bit()).named(format!("enable_{i}")));
        let mut registers = Vec::new();
        for i in 0..10 {
            let shape = shape(source);
            let mut register = m.reg(shape).named(format!("reg_{i}"));
            if source.below(2) == 0 {
                register = register.reset(shape.from_bits(&source.bits(shape.width)));
            }
            if source.below(3) > 0 {
                register = register.enable(enables[source.below(2) as usize]);
            }
            pool.push(*register);
            registers.push(register);
        }
        for enable in enables {
            enable.drive(pick(source, &pool[4..], bit()));
        }
        let granularity = [1, 3, 5, 13][source.below(4) as usize];
        let width = granularity * (1 + source.below(20) as u32);
        let ram = m.memory(width, 6).named("ram").granularity(granularity);
        for i in 0..2 {
            let enable = pick(source, &pool, bit());
            pool.push(
                ram.read_enabled(enable, pick(source, &pool, unsigned(3)))
                    .named(format!("word_{i}")),
            );
        }
        pool.push(ram.read_async(pick(source, &pool, unsigned(3))));
        for i in 0..40 {
            let mut result = operation(m, source, &pool);
            if result.width() > 300 {
                result = result.slice(source.below(200) as u32, 100);
            }
            // A name must not rest on a signal that has one already.
            if source.below(4) == 0 {
                let wire = m.wire(result.shape()).named(format!("named_{i}"));
                wire.drive(result);
                result = wire;
            }
            pool.push(result);
            if self.depth > 0 && i % 20 == 10 {
                let child = Random {
                    seed: self.seed + source.below(2),
                    depth: self.depth - 1,
                };
                pool.extend(instance(m, source, &pool, &child, i));
            }
        }
        for _ in 0..2 {
            let (enable, to) = (pick(source, &pool, bit()), pick(source, &pool, unsigned(3)));
            let data = pick(source, &pool, unsigned(width));
            if granularity == width {
                ram.write(enable, to, data);
            } else {
                let mask = pick(source, &pool, unsigned(width / granularity));
                ram.write_masked(enable, to, data, mask);
            }
        }
        for register in registers {
            register.next(pick(source, &pool, register.shape()));
        }
        for i in 0..3 {
            let shape = shape(source);
            outputs.push(format!("out_{i}"), pick(source, &pool, shape));
        }
        outputs
    }
}

fn instance<'m>(
    m: &'m Module,
    source: &mut Source,
    pool: &[Signal<'m>],
    child: &Random,
    index: u32,
) -> Vec<Signal<'m>> {
    let (shapes, _) = child.source();
    let values = shapes.map(|shape| pick(source, pool, shape));
    let inputs = Pins::new((0..4).map(|i| (format!("in_{i}"), values[i])));
    let child = m.instance_of(child).named(format!("child_{index}"));
    let outputs = child.connect(inputs);
    ["out_0", "out_1", "used"]
        .map(|port| outputs[port])
        .to_vec()
}

/// All names of a hierarchy with their nodes.
fn names(hierarchy: &Hierarchy) -> Vec<(String, FlatNode)> {
    let mut names = Vec::new();
    for scope in 0..hierarchy.scopes.len() as u32 {
        let path = hierarchy.path(scope);
        let module = hierarchy.module(scope);
        for port in &module.ports {
            names.push((
                join(&path, &port.name),
                FlatNode {
                    scope,
                    node: port.node,
                },
            ));
        }
        for (index, node) in module.nodes.iter().enumerate() {
            if let Some(name) = &node.name {
                let node = NodeId(index as u32);
                names.push((join(&path, name), FlatNode { scope, node }));
            }
        }
    }
    names
}

fn compare(seed: u64) {
    let design = match elaborate(&Random {
        seed,
        depth: (seed % 3) as u32,
    }) {
        Ok(design) => design,
        Err(error) => panic!("seed {seed}: {error}"),
    };
    let passes = Passes {
        machine_code: !seed.is_multiple_of(4),
        ..Passes::ALL
    };
    run(seed, &design, passes);
}

/// Runs a design in the simulator and in the interpreter.
fn run(seed: u64, design: &Design, passes: Passes) {
    let hierarchy = Hierarchy::new(design);
    let names = names(&hierarchy);
    let sim = Simulator::compiled(design, Known::All, passes);
    let again = sim.restarted();
    drive(seed, design, &hierarchy, &names, sim);
    // With what the first one has learned.
    if passes.machine_code && seed % 4 == 1 {
        drive(seed, design, &hierarchy, &names, again.restarted());
    }
}

fn drive(
    seed: u64,
    design: &Design,
    hierarchy: &Hierarchy,
    names: &[(String, FlatNode)],
    mut sim: Simulator,
) {
    let mut source = Source(seed);
    // So that what is busy becomes machine code at once.
    sim.learning.compiling = 0;
    // Half of them in clusters only.
    if seed % 2 == 1 {
        sim.learning.seldom = 1;
    }
    let mut interpreter = Interpreter::new(hierarchy);
    for cycle in 0..CYCLES {
        // Some cycles are not looked at, some only at the outputs, some before the inputs too.
        let look = source.below(4);
        if look == 3 {
            check(seed, cycle, names, &mut sim, &mut interpreter);
        }
        interpreter.reset = source.below(6) == 0;
        sim.set_reset(interpreter.reset);
        for (index, port) in design.top().ports.iter().enumerate() {
            if port.direction == Direction::Input && source.below(3) > 0 {
                let bits = source.bits(port.shape.width);
                sim.poke(&port.name, port.shape.from_bits(&bits));
                interpreter.inputs.insert(PortId(index as u32), bits);
            }
        }
        interpreter.unsettle();
        let ports = design.top().ports.len();
        match look {
            0 => {}
            1 => check(seed, cycle, &names[..ports], &mut sim, &mut interpreter),
            _ => check(seed, cycle, names, &mut sim, &mut interpreter),
        }
        // Counting begins and ends, so that all kinds of arrangements run.
        if source.below(3) == 0 {
            sim.learn();
        }
        sim.step();
        interpreter.step();
    }
    check(seed, CYCLES, names, &mut sim, &mut interpreter);
}

fn check(
    seed: u64,
    cycle: u64,
    names: &[(String, FlatNode)],
    sim: &mut Simulator,
    interpreter: &mut Interpreter,
) {
    for (name, node) in names {
        let expected = interpreter.value(*node);
        assert_eq!(
            sim.peek(name),
            expected,
            "seed {seed}, cycle {cycle}, {name}"
        );
    }
}

#[test]
fn random_designs_run_as_they_read() {
    (0..DESIGNS).for_each(compare);
}

/// A module of which an array is made: values come from the left, from above and from one source.
#[derive(Debug, Clone, PartialEq)]
struct Cell {
    seed: u64,
}

bundle! {
    struct CellInputs(cell: &Cell) {
        left: cell.shapes()[0],
        above: cell.shapes()[1],
        common: cell.shapes()[2],
        enable: bit(),
    }
}

bundle! {
    struct CellOutputs(shapes: [Shape; 3]) {
        right: shapes[0],
        below: shapes[1],
    }
}

impl Cell {
    fn shapes(&self) -> [Shape; 3] {
        let mut source = Source(self.seed * 104_729);
        [(); 3].map(|()| {
            let width = [1, 5, 8, 24, 40][source.below(5) as usize];
            [unsigned(width), signed(width)][source.below(2) as usize]
        })
    }
}

#[hardware]
impl Block for Cell {
    fn module_name(&self) -> String {
        format!("cell_{}", self.seed)
    }

    fn build<'m>(&self, m: &'m Module, io: CellInputs<'m>) -> CellOutputs<'m> {
        let source = &mut Source(self.seed);
        let shapes = self.shapes();
        let mut pool = vec![io.left, io.above, io.common, io.enable];
        let mut registers = Vec::new();
        for i in 0..4 {
            let of = shapes[source.below(3) as usize];
            let mut register = m.reg(of).named(format!("reg_{i}"));
            if source.below(2) == 0 {
                register = register.reset(of.from_bits(&source.bits(of.width)));
            }
            let enable = [io.enable, pick(source, &pool, bit())][source.below(2) as usize];
            if source.below(3) > 0 {
                register = register.enable(enable);
            }
            pool.push(*register);
            registers.push(register);
        }
        for _ in 0..4 {
            let result = operation(m, source, &pool);
            pool.push(pick(source, &[result], unsigned(result.width().min(60))));
        }
        for register in registers {
            // Mostly a register takes what comes from a neighbour, as in a systolic array.
            let all = [io.left, io.above, io.common];
            let next = match source.below(2) {
                0 => pick(source, &all, register.shape()),
                _ => pick(source, &pool, register.shape()),
            };
            register.next(next);
        }
        m.unused(io.left);
        m.unused(io.above);
        m.unused(io.common);
        m.unused(io.enable);
        // What leaves a cell is a register, or the array would be one long chain.
        let out = |source: &mut Source, shape| pick(source, &pool[4..8], shape);
        CellOutputs {
            right: out(source, shapes[0]),
            below: out(source, shapes[1]),
        }
    }
}

/// Rows and columns of cells.
#[derive(Debug, Clone, PartialEq)]
struct Grid {
    seed: u64,
    rows: usize,
    columns: usize,
}

bundle! {
    struct GridInputs(grid: &Grid) {
        left: [Cell { seed: grid.seed }.shapes()[0]; grid.rows],
        above: [Cell { seed: grid.seed }.shapes()[1]; grid.columns],
        common: [Cell { seed: grid.seed }.shapes()[2]; grid.columns],
        enable: bit(),
    }
}

bundle! {
    struct GridOutputs(shapes: [Shape; 3], size: [usize; 2]) {
        right: [shapes[0]; size[0]],
        below: [shapes[1]; size[1]],
        parity: bit(),
    }
}

#[hardware]
impl Block for Grid {
    fn module_name(&self) -> String {
        format!("grid_{}", self.seed)
    }

    fn build<'m>(&self, m: &'m Module, io: GridInputs<'m>) -> GridOutputs<'m> {
        let cell = Cell { seed: self.seed };
        let mut above = io.above;
        let mut right = Vec::new();
        for mut left in io.left {
            for (above, &common) in above.iter_mut().zip(&io.common) {
                let inputs = CellInputs {
                    left,
                    above: *above,
                    common,
                    enable: io.enable,
                };
                let outputs = m.instance(&cell, inputs);
                (left, *above) = (outputs.right, outputs.below);
            }
            right.push(left);
        }
        // Each row is read by something that is no array.
        let parities = right.iter().map(|right: &Signal<'_>| right.parity());
        let parity = parities.reduce(|all, one| all ^ one);
        GridOutputs {
            parity: parity.expect("there are rows"),
            right,
            below: above,
        }
    }
}

#[test]
fn random_arrays_run_as_they_read_with_and_without_each_pass() {
    let all = Passes::ALL;
    let passes = [
        all,
        Passes::without(Pass::Pack),
        Passes::without(Pass::Group),
        Passes::without(Pass::MachineCode),
        Passes::without(Pass::Narrow),
        Passes {
            narrow: ALL_NARROW,
            ..all
        },
    ];
    for seed in 0..ARRAYS {
        let grid = Grid {
            seed,
            rows: 2 + seed as usize % 4,
            columns: 3 + seed as usize % 7,
        };
        let design = elaborate(&grid).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        run(seed, &design, passes[seed as usize % passes.len()]);
        run(
            seed,
            &design,
            Passes {
                narrow: ALL_NARROW,
                ..all
            },
        );
    }
    // So many cells that a signal takes several groups.
    let grid = Grid {
        seed: 1,
        rows: 17,
        columns: 17,
    };
    let design = elaborate(&grid).unwrap_or_else(|error| panic!("{error}"));
    run(1, &design, Passes { group: 128, ..all });
}

#[test]
fn dumps_show_narrow_lanes() {
    let mut narrow_ones = 0;
    for seed in 0..8 {
        let grid = Grid {
            seed,
            rows: 4,
            columns: 8,
        };
        let design = elaborate(&grid).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let dump = |narrow: Limits| {
            let passes = Passes {
                narrow,
                ..Passes::ALL
            };
            let mut sim = Simulator::compiled(&design, Known::All, passes);
            let file = File::default();
            sim.trace_vcd(file.clone()).expect("memory can be written");
            sim.randomize(seed);
            sim.poke("enable", 1);
            sim.run(8);
            sim.finish_trace().expect("memory can be written");
            let narrow = sim.model.schedule.narrow.contains(&true);
            (file.text(), narrow)
        };
        let (words, _) = dump(NONE_NARROW);
        let (lanes, has_narrow) = dump(ALL_NARROW);
        assert!(lanes == words, "seed {seed}");
        narrow_ones += u32::from(has_narrow);
    }
    assert!(narrow_ones > 0, "some array has narrow registers");
}

#[test]
fn random_designs_mean_the_same_without_passes() {
    for seed in 0..DESIGNS / 4 {
        let random = Random {
            seed,
            depth: (seed % 3) as u32,
        };
        let design = elaborate(&random).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        for pass in Pass::ALL {
            run(seed, &design, Passes::without(pass));
        }
        let narrow = ALL_NARROW;
        run(
            seed,
            &design,
            Passes {
                narrow,
                ..Passes::ALL
            },
        );
    }
}
