//! One testbench around many designs: the same input vectors for every simulator, and what
//! each design showed in every cycle.

use ferrogrid::hdl::elaborate;
use ferrogrid::hdl::ir::{Design, Direction, Port};
use ferrogrid::hdl::sim::Simulator;
use ferrogrid::verify::random_design::{RUN, RandomDesign, WARM_UP, random_bits};
use ferrogrid::verilog::{self, VerilogFile};
use num_bigint::{BigInt, BigUint};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::fmt::Write;

/// Cycles compared after the warm-up.
const CYCLES: usize = 40;

/// What a design showed: per cycle, all outputs in hexadecimal, the first port lowest.
pub struct Trace {
    design: String,
    outputs: Vec<(String, u32)>,
    cycles: Vec<String>,
}

impl Trace {
    /// The first cycle and outputs in which two traces differ; this one is native.
    pub fn difference(&self, other: &Trace) -> Option<String> {
        if self.cycles.len() != other.cycles.len() {
            let (own, theirs) = (self.cycles.len(), other.cycles.len());
            return Some(format!("{}: {own} cycles, other {theirs}", self.design));
        }
        let cycle = (0..self.cycles.len()).find(|&i| self.cycles[i] != other.cycles[i])?;
        let mut text = format!("{} in cycle {cycle} after warm-up:", self.design);
        let (own, theirs) = (&self.cycles[cycle], &other.cycles[cycle]);
        match (
            BigUint::parse_bytes(own.as_bytes(), 16),
            BigUint::parse_bytes(theirs.as_bytes(), 16),
        ) {
            (Some(mut own), Some(mut theirs)) => {
                for (name, width) in &self.outputs {
                    let mask = (BigUint::from(1u32) << *width) - 1u32;
                    let (a, b) = (&own & &mask, &theirs & &mask);
                    if a != b {
                        let _ =
                            write!(text, "\n  {name} ({width} bits): native {a:x}, other {b:x}");
                    }
                    own >>= *width;
                    theirs >>= *width;
                }
            }
            _ => {
                let names: Vec<_> = self.outputs.iter().rev().collect();
                let _ = write!(
                    text,
                    "\n  native {own}\n  other  {theirs}\n  outputs {names:?}"
                );
            }
        }
        Some(text)
    }
}

struct Case {
    design: Design,
    /// Input bits per cycle, the first port lowest; warm-up included.
    vectors: Vec<BigUint>,
}

impl Case {
    fn ports(&self, direction: Direction) -> impl Iterator<Item = &Port> {
        self.design
            .top()
            .ports
            .iter()
            .filter(move |port| port.direction == direction)
    }

    fn width(&self, direction: Direction) -> u32 {
        self.ports(direction).map(|port| port.shape.width).sum()
    }
}

/// Designs and their input vectors.
pub struct Bench {
    cases: Vec<Case>,
}

impl Bench {
    /// Elaborates the designs and draws their vectors.
    pub fn new(designs: &[RandomDesign]) -> Bench {
        let cases = designs.iter().map(|random| {
            let design = elaborate(random).unwrap_or_else(|error| panic!("{random:?}: {error}"));
            let mut rng = ChaCha8Rng::seed_from_u64(!random.seed);
            let vectors = (0..WARM_UP + CYCLES)
                .map(|cycle| {
                    let mut vector = BigUint::ZERO;
                    let mut base = 0u32;
                    let inputs = design.top().ports.iter();
                    for port in inputs.filter(|port| port.direction == Direction::Input) {
                        let bits = match port.name.as_str() {
                            RUN => u32::from(cycle >= WARM_UP).into(),
                            _ => random_bits(&mut rng, port.shape.width),
                        };
                        vector |= bits << base;
                        base += port.shape.width;
                    }
                    vector
                })
                .collect();
            Case { design, vectors }
        });
        Bench {
            cases: cases.collect(),
        }
    }

    /// The Verilog of all designs.
    pub fn files(&self) -> Vec<VerilogFile> {
        self.cases
            .iter()
            .flat_map(|case| verilog::emit(&case.design))
            .collect()
    }

    /// Vector files by name.
    pub fn vectors(&self) -> Vec<(String, String)> {
        let text = |case: &Case| {
            case.vectors
                .iter()
                .map(|vector| format!("{vector:x}\n"))
                .collect::<String>()
        };
        self.cases
            .iter()
            .enumerate()
            .map(|(i, case)| (format!("v{i}.hex"), text(case)))
            .collect()
    }

    /// A module `bench` with one input, the clock, that feeds the designs and prints a line
    /// `design hex` for each per cycle after the warm-up.
    pub fn text(&self) -> String {
        let mut out = String::from("module bench (input wire clk);\n  integer cycle = 0;\n");
        let _ = writeln!(out, "  wire rst = cycle < {WARM_UP};");
        let mut show = String::new();
        for (index, case) in self.cases.iter().enumerate() {
            let top = case.design.top();
            let (inputs, outputs) = (case.width(Direction::Input), case.width(Direction::Output));
            let last = case.vectors.len() - 1;
            let _ = writeln!(out, "  reg [{}:0] vectors_{index} [0:{last}];", inputs - 1);
            let _ = writeln!(
                out,
                "  initial $readmemh(\"v{index}.hex\", vectors_{index});"
            );
            let _ = writeln!(
                out,
                "  wire [{}:0] in_{index} = vectors_{index}[cycle];",
                inputs - 1
            );
            let _ = writeln!(out, "  wire [{}:0] out_{index};", outputs - 1);
            let mut ports = Vec::new();
            for domain in &top.domains {
                if domain.uses_clock {
                    ports.push(format!(".{}(clk)", domain.clock));
                }
                if domain.uses_reset {
                    let not = if domain.reset_active_low { "!" } else { "" };
                    ports.push(format!(".{}({not}rst)", domain.reset));
                }
            }
            for (direction, bus) in [(Direction::Input, "in"), (Direction::Output, "out")] {
                let mut base = 0;
                for port in case.ports(direction) {
                    let width = port.shape.width;
                    ports.push(format!(".{}({bus}_{index}[{base} +: {width}])", port.name));
                    base += width;
                }
            }
            let _ = writeln!(out, "  {} dut_{index} ({});", top.name, ports.join(", "));
            let _ = writeln!(show, "      $display(\"{index} %h\", out_{index});");
        }
        let _ = writeln!(
            out,
            "  always @(posedge clk) begin\n    cycle <= cycle + 1;"
        );
        let _ = writeln!(out, "    if (cycle >= {WARM_UP}) begin\n{show}    end");
        let _ = writeln!(out, "    if (cycle == {}) $finish;", WARM_UP + CYCLES - 1);
        out.push_str("  end\nendmodule\n");
        out
    }

    fn trace(&self, index: usize) -> Trace {
        let case = &self.cases[index];
        Trace {
            design: case.design.top().name.clone(),
            outputs: case
                .ports(Direction::Output)
                .map(|port| (port.name.clone(), port.shape.width))
                .collect(),
            cycles: Vec::new(),
        }
    }

    /// Reads what `bench` printed.
    pub fn parse(&self, text: &str) -> Vec<Trace> {
        let mut traces: Vec<Trace> = (0..self.cases.len())
            .map(|index| self.trace(index))
            .collect();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            if let (Some(index), Some(value)) = (words.next(), words.next())
                && let Ok(index) = index.parse::<usize>()
                && let Some(trace) = traces.get_mut(index)
            {
                trace.cycles.push(value.to_owned());
            }
        }
        traces
    }

    /// Runs the designs natively.
    pub fn run_native(&self) -> Vec<Trace> {
        (0..self.cases.len())
            .map(|index| {
                let case = &self.cases[index];
                let mut trace = self.trace(index);
                let digits = case.width(Direction::Output).div_ceil(4) as usize;
                let mut simulator = Simulator::new(&case.design);
                for (cycle, vector) in case.vectors.iter().enumerate() {
                    let mut vector = vector.clone();
                    for port in case.ports(Direction::Input) {
                        let bits = &vector & ((BigUint::from(1u32) << port.shape.width) - 1u32);
                        simulator.poke(&port.name, port.shape.from_bits(&bits));
                        vector >>= port.shape.width;
                    }
                    simulator.set_reset(cycle < WARM_UP);
                    simulator.eval();
                    if cycle >= WARM_UP {
                        let mut shown = BigUint::ZERO;
                        let mut base = 0u32;
                        for port in case.ports(Direction::Output) {
                            let value: BigInt = simulator.peek(&port.name);
                            shown |= port.shape.to_bits(&value) << base;
                            base += port.shape.width;
                        }
                        trace.cycles.push(format!("{shown:0digits$x}"));
                    }
                    simulator.step();
                }
                trace
            })
            .collect()
    }
}
