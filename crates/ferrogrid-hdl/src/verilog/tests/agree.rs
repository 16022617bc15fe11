//! Runs a design in the native simulator and its Verilog in Icarus, side by side.

use crate::ir::{Design, Direction};
use crate::sim::Simulator;
use crate::verilog::emit_for_simulation;
use num_bigint::BigUint;
use std::fmt::Write;
use std::process::Command;

/// Steps at the start in which the Verilog may show what is not yet reset.
const RESET_STEPS: usize = 2;

/// Fails unless all outputs agree in every step, after the inputs and resets of the step are set
/// and before the rising edge of all clocks. The first steps must reset the design.
pub fn agree(design: &Design, steps: &[Vec<(&str, u64)>]) {
    if which::which("iverilog").is_err() {
        assert!(
            std::env::var_os("CI").is_none(),
            "iverilog is missing, and CI needs it"
        );
        eprintln!("SKIPPED: iverilog is not installed");
        return;
    }
    let outputs: Vec<&str> = of(design, Direction::Output);
    let verilog = run(design, steps, &outputs);
    let mut sim = Simulator::new(design);
    for (number, (step, line)) in steps.iter().zip(&verilog).enumerate() {
        for (input, value) in step {
            sim.poke(*input, *value);
        }
        for (output, hex) in outputs.iter().zip(line.split(' ')) {
            if number >= RESET_STEPS {
                let handle = sim.signal(output).expect("an output");
                let value = BigUint::from_slice(&halves(sim.words(handle)));
                let in_verilog = BigUint::parse_bytes(hex.as_bytes(), 16);
                assert_eq!(in_verilog, Some(value), "{output} in step {number}: {hex}");
            }
        }
        sim.step();
    }
    assert_eq!(verilog.len(), steps.len());
}

fn halves(words: &[u64]) -> Vec<u32> {
    let halves = words.iter().flat_map(|w| [*w as u32, (*w >> 32) as u32]);
    halves.collect()
}

fn of(design: &Design, direction: Direction) -> Vec<&str> {
    let ports = design.top().ports.iter();
    let ports = ports.filter(|port| port.direction == direction);
    ports.map(|port| port.name.as_str()).collect()
}

/// A line of outputs in hexadecimal for each step.
fn run(design: &Design, steps: &[Vec<(&str, u64)>], outputs: &[&str]) -> Vec<String> {
    let top = design.top();
    let (mut declare, mut edge, mut body) =
        (String::new(), [String::new(), String::new()], String::new());
    let mut ports: Vec<(&str, u32)> = Vec::new();
    let mut port = |name, width| {
        if !ports.iter().any(|(known, _)| *known == name) {
            ports.push((name, width));
        }
    };
    for domain in &top.domains {
        if domain.uses_clock {
            port(&domain.clock, 1);
            for (level, text) in edge.iter_mut().enumerate() {
                let _ = write!(text, "{} = {}; ", domain.clock, 1 - level);
            }
        }
        if domain.uses_reset {
            port(&domain.reset, 1);
        }
    }
    top.ports.iter().for_each(|p| port(&p.name, p.shape.width));
    for (name, width) in &ports {
        if outputs.contains(name) {
            let _ = writeln!(declare, "wire [{}:0] {name};", width - 1);
        } else {
            let _ = writeln!(declare, "reg [{}:0] {name} = 0;", width - 1);
        }
    }
    let format = vec!["%h"; outputs.len()].join(" ");
    for step in steps {
        for (input, value) in step {
            let _ = write!(body, "{input} = 64'd{value}; ");
        }
        let show = format!("#1 $display(\"{format}\", {});", outputs.join(", "));
        let _ = writeln!(body, "{show} #1 {} #1 {} #1;", edge[0], edge[1]);
    }
    let connect: Vec<String> = ports
        .iter()
        .map(|(name, _)| format!(".{name}({name})"))
        .collect();
    let bench = format!(
        "module bench;\n{declare}{} dut ({});\ninitial begin\n{body}end\nendmodule\n",
        top.name,
        connect.join(", ")
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sources = vec!["bench.v".to_owned()];
    std::fs::write(folder.path().join("bench.v"), bench).expect("a written file");
    for file in emit_for_simulation(design) {
        std::fs::write(folder.path().join(&file.name), &file.text).expect("a written file");
        sources.push(file.name);
    }
    let tool = |tool: &str, arguments: &[&str]| {
        let mut command = Command::new(tool);
        let output = command.args(arguments).current_dir(folder.path()).output();
        let output = output.unwrap_or_else(|error| panic!("{tool} did not start: {error}"));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{tool}: {text}{output:?}");
        text
    };
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    tool(
        "iverilog",
        &[&["-g2005", "-o", "bench.vvp"], &sources[..]].concat(),
    );
    tool("vvp", &["-n", "bench.vvp"])
        .lines()
        .map(str::to_owned)
        .collect()
}

/// A long line of inputs that look random: the same on every run.
pub fn noise<'a>(inputs: &[(&'a str, u32)], steps: usize, seed: u64) -> Vec<Vec<(&'a str, u64)>> {
    let mut state = seed | 1;
    let mut next = |width: u32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 8 & (u64::MAX >> (64 - width))
    };
    (0..steps)
        .map(|_| {
            inputs
                .iter()
                .map(|(name, width)| (*name, next(*width)))
                .collect()
        })
        .collect()
}
