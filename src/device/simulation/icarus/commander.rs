//! The Verilog module that executes commands from its standard input on any design.
//!
//! Each command is a line of numbers, the first of which says what to do, and is answered by a line
//! that begins with `@=`. Where the design has assertions, `@C` dates what they print.

use crate::device::simulation::top::Top;
use crate::hdl::ir::Direction;
use std::fmt::{self, Write};

/// Name of the module.
pub(super) const NAME: &str = "ferrogrid_commander";

/// Name of the design's instance in it.
pub(super) const INSTANCE: &str = "dut";

/// Stands for all clocks.
pub(super) const ALL: usize = 0xffff;

/// What the module can be told.
pub(super) enum Command {
    Set {
        port: usize,
        value: String,
    },
    Get {
        port: usize,
    },
    Load {
        memory: usize,
        first: usize,
        last: usize,
    },
    Read {
        memory: usize,
        first: usize,
        last: usize,
    },
    Step {
        clock: usize,
        cycles: u64,
    },
    Until {
        port: usize,
        limit: u64,
    },
    Waves,
    Finish,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Set { port, value } => write!(f, "0 {port} {value}"),
            Command::Get { port } => write!(f, "1 {port}"),
            Command::Load {
                memory,
                first,
                last,
            } => write!(f, "2 {memory} {first} {last}"),
            Command::Read {
                memory,
                first,
                last,
            } => write!(f, "3 {memory} {first} {last}"),
            Command::Step { clock, cycles } => write!(f, "4 {clock} {cycles}"),
            Command::Until { port, limit } => write!(f, "5 {port} {limit}"),
            Command::Waves => write!(f, "6"),
            Command::Finish => write!(f, "7"),
        }
    }
}

macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{
        // Writing to a string cannot fail.
        let _ = writeln!($out, $($arg)*);
    }};
}

/// The module for a design; `dated` when its assertions print.
pub(super) fn text(top: &Top, dated: bool) -> String {
    let mut declarations = String::new();
    let mut connections = Vec::new();
    let [mut sets, mut gets, mut loads, mut reads] = [const { String::new() }; 4];
    let mut raises = String::new();
    // Highest first; the first stands for no port.
    let mut bits = String::new();
    for (index, port) in top.ports.iter().enumerate() {
        let high = port.shape.width - 1;
        match port.direction {
            Direction::Input => {
                put!(declarations, "  reg [{high}:0] p{index} = 0;");
                put!(
                    sets,
                    "          {index}: code = $fscanf(STDIN, \"%h\", p{index});"
                );
            }
            Direction::Output => put!(declarations, "  wire [{high}:0] p{index};"),
        }
        put!(gets, "          {index}: $display(\"@= %h\", p{index});");
        bits = format!(", p{index}[0]{bits}");
        connections.push(format!(".{} (p{index})", port.name));
    }
    for (index, clock) in top.clocks.iter().enumerate() {
        put!(declarations, "  reg c{index} = 0;");
        put!(
            raises,
            "    if (clock == ALL || clock == {index}) c{index} = 1;"
        );
        connections.push(format!(".{clock} (c{index})"));
    }
    let lowers = (0..top.clocks.len()).map(|index| format!(" c{index} = 0;"));
    for (index, memory) in top.memories.iter().enumerate() {
        let path = format!("{INSTANCE}.{}", memory.path());
        put!(
            loads,
            "          {index}: $readmemh(\"load.hex\", {path}, first, last);"
        );
        put!(
            reads,
            "          {index}: $writememh(\"read.hex\", {path}, first, last);"
        );
    }
    include_str!("commander.v")
        .replace("@DATED@", if dated { "1" } else { "0" })
        .replace("@DECLARATIONS@\n", &declarations)
        .replace("@DESIGN@", &top.name)
        .replace("@CONNECTIONS@", &connections.join(",\n    "))
        .replace("@PORTS@", &top.ports.len().to_string())
        .replace("@BITS@", &format!("1'b0{bits}"))
        .replace("@RAISE@\n", &raises)
        .replace("@LOWER@", &lowers.collect::<String>())
        .replace("@SET@\n", &sets)
        .replace("@GET@\n", &gets)
        .replace("@LOAD@\n", &loads)
        .replace("@READ@\n", &reads)
}
