//! Random small designs that use all of the embedded HDL: every operator, registers, memories,
//! state machines and instances, at widths from 1 to 200.
//!
//! A design says by its input [`RUN`] when it may keep state: hold reset and keep `run` at 0 for
//! [`WARM_UP`] rising edges, and from then on all of its outputs are defined, whatever the
//! state was at the start. Four-state simulators can be compared with two-state ones then.

use crate::hdl::{
    Block, Bundle, Module, Pins, Reg, Reset, Shape, Shapes, Signal, bit, concat, hardware_enum,
    index_bits, unsigned,
};
use num_bigint::BigUint;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The input that is 0 while the design warms up.
pub const RUN: &str = "run";
/// Rising edges in reset with `run` at 0 after which nothing is unknown.
pub const WARM_UP: usize = 24;
/// The widest signal.
const WIDEST: u32 = 200;

/// A random module. The first steps of a longer design are those of a shorter one of the same
/// seed, so that a failure is made smaller by taking fewer steps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RandomDesign {
    /// The module's name; instances below it take names from it.
    pub name: String,
    /// What is random follows from it.
    pub seed: u64,
    /// How many operations it has, about.
    pub steps: u32,
    /// How many levels of instances may stand below it.
    pub levels: u32,
}

impl Block for RandomDesign {
    type Inputs<'m> = Pins<'m>;
    type Outputs<'m> = Pins<'m>;

    fn module_name(&self) -> String {
        self.name.clone()
    }

    fn inputs(&self) -> Shapes<Pins<'static>> {
        Pins::of(self.start().pins)
    }

    fn build<'m>(&self, m: &'m Module, io: Pins<'m>) -> Pins<'m> {
        Builder::new(self, m, &io).build()
    }
}

/// What a design chooses first.
struct Start {
    rng: ChaCha8Rng,
    other_clock: bool,
    /// Its inputs; [`RUN`] is the first.
    pins: Vec<(String, Shape)>,
}

impl RandomDesign {
    fn start(&self) -> Start {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let other_clock = rng.random_bool(0.3);
        let mut pins = vec![(RUN.to_owned(), bit())];
        for i in 0..rng.random_range(2..6) {
            pins.push((format!("i{i}"), random_shape(&mut rng)));
        }
        Start {
            rng,
            other_clock,
            pins,
        }
    }
}

hardware_enum! {
    /// States of the random machines.
    enum Phase { Idle, LoadTile, Compute, Drain, Done }
}

const PHASES: [Phase; 5] = [
    Phase::Idle,
    Phase::LoadTile,
    Phase::Compute,
    Phase::Drain,
    Phase::Done,
];

struct Builder<'a, 'm> {
    design: &'a RandomDesign,
    m: &'m Module,
    rng: ChaCha8Rng,
    /// Everything made so far.
    pool: Vec<Signal<'m>>,
    /// [`RUN`] and the others.
    inputs: Vec<Signal<'m>>,
    /// How deep the expression being made is.
    depth: u32,
    /// Registers whose next values are chosen last, so that they may depend on anything.
    open: Vec<Reg<'m>>,
}

impl<'a, 'm> Builder<'a, 'm> {
    fn new(design: &'a RandomDesign, m: &'m Module, io: &Pins<'m>) -> Self {
        let start = design.start();
        if start.other_clock {
            m.clock("aclk", Reset::ActiveLow("aresetn"));
        }
        m.doc("A random design.");
        let inputs: Vec<_> = start.pins.iter().map(|(pin, _)| io[pin]).collect();
        Builder {
            design,
            m,
            rng: start.rng,
            pool: inputs.clone(),
            inputs,
            depth: 0,
            open: Vec::new(),
        }
    }

    fn build(mut self) -> Pins<'m> {
        let mut made = Vec::new();
        for step in 0..self.design.steps {
            // Every step has randomness of its own: what one takes does not shift the others.
            self.rng = ChaCha8Rng::seed_from_u64(self.design.seed);
            self.rng.set_stream(u64::from(step) + 1);
            let signal = self.step(step);
            made.push(signal);
            self.pool.push(signal);
        }
        for register in std::mem::take(&mut self.open) {
            let next = self.tree(register.q, 3);
            register.next(next);
        }
        let mut outputs = Pins::default();
        for (index, signal) in made.iter().enumerate() {
            if self.rng.random_bool(0.3) || index + 3 > made.len() {
                // Some of the registers and wires made here are outputs themselves.
                let own = |name: &String| {
                    index % 2 == 0 && !name.starts_with('i') && name[1..] == index.to_string()
                };
                let name = signal.name().filter(own);
                let name = name.unwrap_or_else(|| format!("o{index}"));
                outputs.push(name, *signal);
            }
        }
        let (run, others) = self.inputs.split_first().expect("the input `run`");
        let all: Vec<Signal> = others
            .iter()
            .chain([run])
            .map(|input| input.as_unsigned())
            .collect();
        outputs.push("parity", concat(&all).parity());
        outputs
    }

    // ---- choices ------------------------------------------------------------------------

    fn width(&mut self) -> u32 {
        random_width(&mut self.rng)
    }

    fn shape(&mut self) -> Shape {
        random_shape(&mut self.rng)
    }

    fn any(&mut self) -> Signal<'m> {
        if self.depth < 3 && self.rng.random_bool(0.35) {
            // Read once only: this is what emitters put inside other expressions.
            self.depth += 1;
            let signal = self.operation();
            self.depth -= 1;
            return signal;
        }
        // Mostly recent signals, so that logic grows deep.
        let recent = self.pool.len().min(8);
        let count = if self.rng.random_bool(0.5) {
            recent
        } else {
            self.pool.len()
        };
        let signal = self.pool[self.pool.len() - 1 - self.rng.random_range(0..count)];
        if self.rng.random_bool(0.1) {
            self.literal(signal.shape())
        } else {
            signal
        }
    }

    /// A value without state, made of others.
    fn operation(&mut self) -> Signal<'m> {
        match self.rng.random_range(0..14) {
            0 | 1 => self.unary(),
            2 => {
                let value = self.any();
                let shape = self.shape();
                self.fit(value, shape)
            }
            3 => {
                let value = self.any();
                if value.shape().signed {
                    value.as_unsigned()
                } else {
                    value.as_signed()
                }
            }
            4 | 5 => self.choice(),
            6 => self.concatenation(),
            7 | 8 => self.shift(),
            9 => self.product(),
            _ => self.binary(),
        }
    }

    fn literal(&mut self, shape: Shape) -> Signal<'m> {
        let value = match self.rng.random_range(0..5) {
            0 => shape.min(),
            1 => shape.max(),
            2 => shape.from_bits(&1u32.into()),
            3 => shape.from_bits(&0u32.into()),
            _ => {
                let bits = self.bits(shape.width);
                shape.from_bits(&bits)
            }
        };
        self.m.lit(value, shape)
    }

    fn bits(&mut self, width: u32) -> BigUint {
        random_bits(&mut self.rng, width)
    }

    /// Some signal, brought to a shape.
    fn of(&mut self, shape: Shape) -> Signal<'m> {
        let signal = self.any();
        self.fit(signal, shape)
    }

    fn fit(&mut self, signal: Signal<'m>, shape: Shape) -> Signal<'m> {
        let cast = |signal: Signal<'m>| {
            if shape.signed {
                signal.as_signed()
            } else {
                signal.as_unsigned()
            }
        };
        let signal = if self.rng.random_bool(0.5) {
            cast(signal)
        } else {
            signal
        };
        let sized = if signal.width() > shape.width {
            signal.truncate(shape.width)
        } else {
            signal.extend(shape.width)
        };
        cast(sized)
    }

    fn condition(&mut self) -> Signal<'m> {
        let signal = self.any();
        match self.rng.random_range(0..4) {
            0 => signal.any(),
            1 => signal.parity(),
            2 => signal.lt(self.of(signal.shape())),
            _ => signal.bit(self.rng.random_range(0..signal.width())),
        }
    }

    // ---- steps --------------------------------------------------------------------------

    fn step(&mut self, step: u32) -> Signal<'m> {
        if self.rng.random_bool(0.05) {
            self.m.section(&format!("Part {step}"));
        }
        let signal = match self.rng.random_range(0..20) {
            0 => self.register(step),
            1 => self.register_without_reset(step),
            2 => self.memory(step),
            3 => self.machine(step),
            4 if self.design.levels > 0 => self.instance(step),
            5 => self.wire(step),
            _ => self.operation(),
        };
        let named = self.rng.random_bool(0.15);
        if named {
            signal.named(format!("n{step}"))
        } else {
            signal
        }
    }

    fn unary(&mut self) -> Signal<'m> {
        let a = self.any();
        match self.rng.random_range(0..6) {
            0 => !a,
            1 => -a,
            2 => a.all(),
            3 => a.any(),
            4 => a.parity(),
            _ => {
                let width = self.rng.random_range(1..=a.width());
                a.slice(self.rng.random_range(0..=a.width() - width), width)
            }
        }
    }

    fn binary(&mut self) -> Signal<'m> {
        let a = self.any();
        let b = self.of(a.shape());
        let (a, b) = if self.rng.random_bool(0.5) {
            (a, b)
        } else {
            (b, a)
        };
        let (a, b) = self.perhaps_flipped(a, b);
        match self.rng.random_range(0..11) {
            0 => a + b,
            1 => a - b,
            2 => a & b,
            3 => a | b,
            4 => a ^ b,
            5 => a.eq(b),
            6 => a.ne(b),
            7 => a.lt(b),
            8 => a.le(b),
            9 => a.gt(b),
            _ => a.ge(b),
        }
    }

    /// Now and then both operands with the other signedness.
    fn perhaps_flipped(&mut self, a: Signal<'m>, b: Signal<'m>) -> (Signal<'m>, Signal<'m>) {
        match (self.rng.random_bool(0.25), a.shape().signed) {
            (false, _) => (a, b),
            (true, true) => (a.as_unsigned(), b.as_unsigned()),
            (true, false) => (a.as_signed(), b.as_signed()),
        }
    }

    fn product(&mut self) -> Signal<'m> {
        let half = |shape: Shape| Shape {
            width: shape.width.min(WIDEST / 2),
            ..shape
        };
        let a = self.any();
        let a = self.fit(a, half(a.shape()));
        let b = self.any();
        let b = self.fit(
            b,
            Shape {
                signed: a.shape().signed,
                ..half(b.shape())
            },
        );
        let (a, b) = self.perhaps_flipped(a, b);
        a * b
    }

    fn shift(&mut self) -> Signal<'m> {
        let a = self.any();
        let amount = match self.rng.random_range(0..3) {
            0 => {
                let width = self.rng.random_range(1..=9);
                self.of(unsigned(width))
            }
            1 => {
                let width = self.width();
                self.of(unsigned(width))
            }
            _ => {
                let value = self.rng.random_range(0..=a.width() + 1);
                self.m.lit(value, unsigned(9))
            }
        };
        if self.rng.random_bool(0.5) {
            a << amount
        } else {
            a >> amount
        }
    }

    fn concatenation(&mut self) -> Signal<'m> {
        let mut parts = vec![self.any()];
        for _ in 0..self.rng.random_range(1..5) {
            let part = self.any();
            if parts.iter().map(|part| part.width()).sum::<u32>() + part.width() <= WIDEST {
                parts.push(part);
            }
        }
        concat(&parts)
    }

    fn choice(&mut self) -> Signal<'m> {
        let shape = self.any().shape();
        if self.rng.random_bool(0.4) {
            let (condition, then) = (self.condition(), self.of(shape));
            return condition.mux(then, self.of(shape));
        }
        let width = self.rng.random_range(1..5);
        let selector = self.of(unsigned(width));
        let count = self.rng.random_range(1..=1u64 << width);
        let first = self.rng.random_range(0..1u64 << width);
        let arms: Vec<(u64, Signal)> = (0..count)
            .map(|i| ((first + i) % (1 << width), self.of(shape)))
            .collect();
        selector.case(&arms, self.of(shape))
    }

    /// Muxes and cases of a few levels, which keep `current` here and there.
    fn tree(&mut self, current: Signal<'m>, levels: u32) -> Signal<'m> {
        let shape = current.shape();
        match self.rng.random_range(0..4) {
            0 => current,
            1 if levels > 0 => {
                let condition = self.condition();
                let then = self.tree(current, levels - 1);
                condition.mux(then, self.tree(current, levels - 1))
            }
            2 if levels > 0 => {
                let selector = self.of(unsigned(2));
                let arms: Vec<(u64, Signal)> = (0..self.rng.random_range(1..5))
                    .map(|pattern| (pattern, self.tree(current, levels - 1)))
                    .collect();
                selector.case(&arms, self.tree(current, levels - 1))
            }
            _ => self.of(shape),
        }
    }

    // ---- state and structure --------------------------------------------------------------

    fn wire(&mut self, step: u32) -> Signal<'m> {
        let value = self.any();
        let wire = self.m.wire(value.shape()).named(format!("w{step}"));
        wire.drive(value);
        wire.comment("a wire")
    }

    fn register(&mut self, step: u32) -> Signal<'m> {
        let shape = self.shape();
        let bits = self.bits(shape.width);
        let mut register = self
            .m
            .reg(shape)
            .named(format!("r{step}"))
            .reset(shape.from_bits(&bits));
        if self.rng.random_bool(0.4) {
            register = register.enable(self.condition());
        }
        self.open.push(register);
        register.q
    }

    fn register_without_reset(&mut self, step: u32) -> Signal<'m> {
        let next = self.any();
        let mut register = self.m.reg(next.shape()).named(format!("r{step}"));
        if self.rng.random_bool(0.4) {
            register = register.enable(self.condition() | !self.inputs[0]);
        } else if self.rng.random_bool(0.15) {
            // Never updated, in one of the ways to say so.
            register = match self.rng.random_range(0..2) {
                0 => register.enable(self.m.low()),
                _ => register,
            };
            let kept = register.q;
            register.next(self.condition().mux(kept, kept));
            return register.q;
        }
        if self.rng.random_bool(0.5) {
            let literal = self.literal(next.shape());
            let kept = self.tree(register.q, 2);
            register.next(self.inputs[0].mux(kept, literal))
        } else {
            register.next(next)
        }
    }

    fn memory(&mut self, step: u32) -> Signal<'m> {
        let width = self.width();
        let depth = self.rng.random_range(1..20);
        let memory = self
            .m
            .memory(width, depth)
            .named(format!("m{step}"))
            .comment("a memory");
        let words = (0..depth).map(|_| self.bits(width)).collect();
        let memory = memory.init(words);
        let divisors: Vec<u32> = (1..=width)
            .filter(|bits| width.is_multiple_of(*bits))
            .collect();
        let granularity = divisors[self.rng.random_range(0..divisors.len())];
        let memory = memory.granularity(granularity);
        for _ in 0..self.rng.random_range(0..3) {
            let enable = self.condition() & self.inputs[0];
            let (address, data) = (self.address(depth), self.of(unsigned(width)));
            if self.rng.random_bool(0.5) {
                memory.write_masked(
                    enable,
                    address,
                    data,
                    self.of(unsigned(width / granularity)),
                );
            } else {
                memory.write(enable, address, data);
            }
        }
        let address = self.address(depth);
        let data = if self.rng.random_bool(0.5) {
            memory
                .read_enabled(self.condition() | !self.inputs[0], address)
                .named(format!("q{step}"))
        } else {
            memory.read(address).named(format!("q{step}"))
        };
        if self.rng.random_bool(0.3) {
            let address = self.address(depth);
            let second = memory.read(address).named(format!("e{step}"));
            self.pool.push(second);
        }
        data
    }

    /// An address below the depth.
    fn address(&mut self, depth: u32) -> Signal<'m> {
        let width = index_bits(u64::from(depth));
        let address = self.of(unsigned(width));
        if depth == 1 << width {
            address
        } else {
            address.lt(depth).mux(address, 0)
        }
    }

    fn machine(&mut self, step: u32) -> Signal<'m> {
        let machine = self
            .m
            .fsm(PHASES[self.rng.random_range(0..5)])
            .named(format!("s{step}"));
        for _ in 0..self.rng.random_range(1..8) {
            let (from, to) = (self.rng.random_range(0..5), self.rng.random_range(0..5));
            machine.go(PHASES[from], self.condition(), PHASES[to]);
        }
        self.pool
            .push(machine.is(PHASES[self.rng.random_range(0..5)]));
        if self.rng.random_bool(0.5) {
            return machine.state().signal();
        }
        let shape = self.shape();
        let arms: Vec<(Phase, Signal)> = PHASES[..3]
            .iter()
            .map(|phase| (*phase, self.of(shape)))
            .collect();
        machine.case(&arms, self.of(shape))
    }

    fn instance(&mut self, step: u32) -> Signal<'m> {
        let block = RandomDesign {
            name: format!("{}_{}", self.design.name, self.rng.random_range(0..2)),
            seed: 0,
            steps: self.design.steps / 3,
            levels: self.design.levels - 1,
        };
        // The seed follows from the name, so that equal names are equal modules.
        let seed = block.name.bytes().fold(self.design.seed, |seed, byte| {
            seed.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte)
        });
        let block = RandomDesign { seed, ..block };
        let instance = self.m.instance_of(&block).named(format!("u{step}"));
        let mut inputs = Pins::new([(RUN, self.inputs[0])]);
        for (name, shape) in block.start().pins.into_iter().skip(1) {
            inputs.push(name, self.of(shape));
        }
        let outputs = instance.comment("an instance").connect(inputs);
        let mut all = Vec::new();
        outputs.signals(&mut all);
        let mut last = outputs["parity"];
        for signal in all {
            if self.rng.random_bool(0.6) {
                last = signal;
                self.pool.push(last);
            }
        }
        last
    }
}

fn random_width(rng: &mut impl Rng) -> u32 {
    const EDGES: [u32; 14] = [1, 1, 2, 3, 8, 16, 31, 32, 33, 63, 64, 65, 128, WIDEST];
    match rng.random_range(0..4) {
        0 => EDGES[rng.random_range(0..EDGES.len())],
        1 => rng.random_range(1..=WIDEST),
        _ => rng.random_range(1..=20),
    }
}

fn random_shape(rng: &mut impl Rng) -> Shape {
    Shape {
        width: random_width(rng),
        signed: rng.random_bool(0.5),
    }
}

/// Random bits: all kinds of patterns, of which plain noise is only one.
pub fn random_bits(rng: &mut impl Rng, width: u32) -> BigUint {
    let noise = (0..width.div_ceil(32))
        .map(|_| rng.random::<u32>())
        .collect();
    let mask = (BigUint::from(1u32) << width) - 1u32;
    let noise = BigUint::new(noise) & &mask;
    match rng.random_range(0..8) {
        0 => BigUint::ZERO,
        1 => mask,
        2 => BigUint::from(1u32) << (width - 1),
        3 => mask >> 1,
        4 => noise >> rng.random_range(0..width),
        _ => noise,
    }
}
