//! Blocks as functions from a struct of signals to a struct of signals.

use super::panic_of;
use ferrogrid_hdl::sim::Simulator;
use ferrogrid_hdl::{
    self as hdl, Block, Module, Shape, Shapes, Stream, bit, bundle, connect, elaborate, hardware,
    hardware_enum, signed, unsigned, verilog,
};
use std::fmt;

hardware_enum! {
    pub enum Opcode { Load = 1, Store = 4, Halt = 7 }
}

bundle! {
    pub struct Operands(width: u32) {
        /// The one. More is said here.
        a: signed(width),
        /// AXI's.
        b: signed(width),
        opcode: Opcode,
    }
}

bundle! {
    pub struct Sums(width: u32) {
        sum: signed(width),
        halted: bit(),
    }
}

#[derive(Clone, PartialEq, Debug)]
struct Adder {
    width: u32,
}

#[hardware]
impl Block for Adder {
    type Inputs<'m> = Operands<'m>;
    type Outputs<'m> = Sums<'m>;

    fn module_name(&self) -> String {
        format!("adder_{}", self.width)
    }

    fn inputs(&self) -> Shapes<Operands<'static>> {
        Operands::of(self.width)
    }

    fn build<'m>(&self, m: &'m Module, io: Operands<'m>) -> Sums<'m> {
        let sum = m.delay(io.a + io.b);
        Sums {
            sum,
            halted: io.opcode.is(Opcode::Halt),
        }
    }
}

#[test]
fn members_are_ports_with_comments_and_names_of_values() {
    let design = elaborate(&Adder { width: 8 }).unwrap();
    let text = verilog::concat(&design);
    for line in [
        "input  wire signed [7:0] a,  // the one",
        "input  wire signed [7:0] b,  // AXI's",
        "input  wire        [2:0] opcode,",
        "output reg  signed [7:0] sum,",
        "output wire              halted",
        "HALT = 3'd7;",
        "assign halted = opcode == HALT;",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("LOAD"), "{text}");
}

/// A chain of adders, each instance named after its binding.
#[test]
fn instances_take_and_give_bundles() {
    #[hardware]
    fn chain(m: &Module) {
        let io = m.sink_port("s", Operands::of(8));
        let first = m.instance(&Adder { width: 8 }, io);
        let second = m.instance(
            &Adder { width: 8 },
            Operands {
                a: first.sum,
                b: first.sum,
                opcode: io.opcode,
            },
        );
        m.output("sum", second.sum);
    }
    let design = hdl::design("chain", chain).unwrap();
    assert_eq!(design.modules.len(), 2);
    let mut sim = Simulator::new(&design);
    sim.poke("s_a", 3);
    sim.poke("s_b", -5);
    sim.run(2);
    assert_eq!(sim.peek("sum"), (-4).into());
    let text = verilog::concat(&design);
    assert!(
        text.contains("adder_8 first (") && text.contains("adder_8 second ("),
        "{text}"
    );
}

#[test]
fn a_wrong_shape_is_told_at_the_instance() {
    let message = panic_of(|m| {
        let a = m.input("narrow", signed(7));
        let opcode = m.value(Opcode::Load);
        m.instance(&Adder { width: 8 }, Operands { a, b: a, opcode });
    });
    assert_eq!(
        message,
        "input `a` of the instance of `adder_8` is s8, `narrow` is s7"
    );
}

bundle! {
    pub struct Job(bits: u32) {
        address: unsigned(bits),
        bytes: unsigned(4),
    }
}
bundle! {
    pub struct In(bits: u32) {
        jobs: Stream(Job(bits)),
        lanes: [unsigned(bits); 2],
        many: [Job(bits); bits],
    }
}
bundle! {
    pub struct Out(bits: u32) {
        jobs_out: Stream(Job(bits)),
        all: unsigned(bits),
    }
}

/// A stream of records through a block, arrays of signals and of records.
#[derive(Clone, PartialEq, Debug)]
struct Nested {
    bits: u32,
    forget: bool,
}

impl Block for Nested {
    type Inputs<'m> = In<'m>;
    type Outputs<'m> = Out<'m>;

    fn module_name(&self) -> String {
        "nested".into()
    }

    fn inputs(&self) -> Shapes<In<'static>> {
        In::of(self.bits)
    }

    #[hardware]
    fn build<'m>(&self, m: &'m Module, io: In<'m>) -> Out<'m> {
        let jobs_out = m.wires(Stream::of(Job::of(self.bits)));
        if self.forget {
            jobs_out.payload.address.drive(io.jobs.payload.address);
            jobs_out.payload.bytes.drive(io.jobs.payload.bytes);
            jobs_out.valid.drive(io.jobs.valid);
        } else {
            connect(&io.jobs, &jobs_out);
        }
        let [low, high] = io.lanes;
        let all = io
            .many
            .iter()
            .fold(low & high, |all, job| all ^ job.address);
        for job in &io.many {
            m.unused(job.bytes);
        }
        Out { jobs_out, all }
    }
}

#[test]
fn bundles_nest_and_arrays_are_arrays() {
    let design = elaborate(&Nested {
        bits: 3,
        forget: false,
    })
    .unwrap();
    let ports: Vec<&str> = design
        .top()
        .ports
        .iter()
        .map(|port| port.name.as_str())
        .collect();
    assert_eq!(
        ports,
        [
            "jobs_payload_address",
            "jobs_payload_bytes",
            "jobs_valid",
            "jobs_ready",
            "lanes_0",
            "lanes_1",
            "many_0_address",
            "many_0_bytes",
            "many_1_address",
            "many_1_bytes",
            "many_2_address",
            "many_2_bytes",
            "jobs_out_payload_address",
            "jobs_out_payload_bytes",
            "jobs_out_valid",
            "jobs_out_ready",
            "all"
        ]
    );
    let text = verilog::concat(&design);
    assert!(
        text.contains("assign jobs_ready = jobs_out_ready;"),
        "{text}"
    );
}

#[test]
fn an_undriven_member_is_told_with_the_line_of_the_shapes() {
    let error = elaborate(&Nested {
        bits: 3,
        forget: true,
    })
    .unwrap_err()
    .to_string();
    let line = include_str!("ports.rs")
        .lines()
        .position(|l| l.contains("In::of(self.bits)"));
    let place = format!("ports.rs:{}", line.unwrap() + 1);
    assert!(
        error.contains("wire `jobs_ready` is never driven"),
        "{error}"
    );
    assert!(error.contains(&place), "{place}\n{error}");
}

/// Its `Debug` leaves out what tells two of them apart.
#[derive(Clone, PartialEq)]
struct Secret(u64);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Block for Secret {
    type Inputs<'m> = ();
    type Outputs<'m> = Value<'m>;

    fn module_name(&self) -> String {
        "secret".into()
    }

    fn inputs(&self) -> Shapes<()> {
        Shapes::none()
    }

    fn build<'m>(&self, m: &'m Module, (): ()) -> Value<'m> {
        Value {
            value: m.lit(self.0, unsigned(8)),
        }
    }
}

bundle! {
    pub struct Value(shape: Shape) {
        value: shape,
    }
}

#[test]
fn equality_decides_what_shares_a_module() {
    let two = |first: u64, second: u64| {
        hdl::design("top", |m| {
            let (a, b) = (
                m.instance(&Secret(first), ()),
                m.instance(&Secret(second), ()),
            );
            m.output("sum", a.value + b.value);
        })
    };
    assert_eq!(two(3, 3).unwrap().modules.len(), 2);
    let error = two(3, 4).unwrap_err().to_string();
    assert!(
        error.contains("two different blocks are called `secret`"),
        "{error}"
    );
}

#[test]
fn an_array_of_another_length_is_told() {
    let message = panic_of(|m| {
        let bits = m.input("bits", unsigned(3));
        let jobs = m.sink_port("jobs", Stream::of(Job::of(3)));
        let many = vec![jobs.payload; 2];
        m.instance(
            &Nested {
                bits: 3,
                forget: false,
            },
            In {
                jobs,
                lanes: [bits, bits],
                many,
            },
        );
    });
    assert!(
        message.contains("`nested` has the inputs jobs_payload_address"),
        "{message}"
    );
}

bundle! {
    pub struct Count {
        value: unsigned(4),
    }
}

/// A block whose name is its member, with a comment of a register.
#[derive(Clone, PartialEq, Debug)]
struct Named {
    name: String,
}

#[hardware]
impl Block for Named {
    fn build<'m>(&self, m: &'m Module, _: ()) -> Count<'m> {
        /// counts
        /// all cycles
        let count = m.reg(unsigned(4)).reset(0);
        m.when(count.lt(9), || m.when(count.ne(3), || count.set(count + 1)));
        Count { value: *count }
    }
}

#[test]
fn a_block_is_called_as_its_member_says_and_documentation_is_a_comment() {
    let name = "nine".to_string();
    let text = verilog::concat(&elaborate(&Named { name }).unwrap());
    assert!(text.contains("module nine ("), "{text}");
    assert!(text.contains("// counts all cycles\n"), "{text}");
}
