//! A counter in the embedded HDL: as Verilog, and as waves of the native simulator.
//!
//!     cargo run --example counter

use ferrogrid::hdl::ir::Design;
use ferrogrid::hdl::sim::{Simulator, Waveform};
use ferrogrid::hdl::{
    Block, DesignError, Module, bit, bits_for, bundle, elaborate, hardware, unsigned,
};
use ferrogrid::verilog;
use std::io::Write;

/// Counts from 0 to `most` while `enable` is 1, then from 0 again.
#[derive(Debug, Clone, PartialEq)]
struct Counter {
    most: u64,
}

bundle! {
    struct Input() {
        enable: bit(),
    }
}

bundle! {
    struct Output(most: u64) {
        value: unsigned(bits_for(most)),
        wraps: bit(),
    }
}

#[hardware]
impl Block for Counter {
    fn module_name(&self) -> String {
        format!("counter_to_{}", self.most)
    }

    fn build<'m>(&self, m: &'m Module, io: Input<'m>) -> Output<'m> {
        m.doc(&format!("Counts from 0 to {} while enabled.", self.most));
        let count = m.reg(unsigned(bits_for(self.most))).reset(0);
        let full = count.eq(self.most as i64);
        m.when(io.enable, || count.set(full.mux(0, count + 1)));
        Output {
            value: *count,
            wraps: full & io.enable,
        }
    }
}

/// Verilog first, waves after it.
pub fn run(out: &mut dyn Write) -> Result<(), Box<dyn std::error::Error>> {
    let design = counter()?;
    writeln!(out, "{}", verilog::concat(&design))?;

    let mut simulator = Simulator::new(&design);
    let mut waves = Waveform::new(&simulator, ["clk", "enable", "value", "wraps"]);
    simulator.reset(1);
    for cycle in 0..12 {
        simulator.poke("enable", u8::from(cycle != 4));
        waves.record(&mut simulator);
        simulator.step();
    }
    write!(out, "{waves}")?;
    Ok(())
}

fn counter() -> Result<Design, DesignError> {
    elaborate(&Counter { most: 5 })
}

#[allow(dead_code, reason = "a test includes this file for `run`")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    run(&mut std::io::stdout())
}
