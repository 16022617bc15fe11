//! Power, area and clock of a design in gates: Yosys makes gates of a Liberty file's cells, Icarus runs them, and OpenSTA
//! says what the changes of their wires take.

mod activity;
mod gates;
mod stimulus;

use super::answers::{answer, read};
use super::cache::Cache;
use super::error::{Stage, SynthError};
use super::run::{Run, Watch};
use super::script::{VERILOG, read_design};
use super::synthesis::{Synthesis, write};
use super::tools::Tool;
use crate::hdl::ir::Design;
use crate::verilog;
pub use stimulus::{ArrayWork, Numbers};

use activity::{Activity, activity};
use gates::{Gates, Net};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the Debian package `qflow-tech-osu018` puts a library of 180 nm, 1.8 V.
const FOLDER: &str = "/usr/share/qflow/tech/osu018";
const LIBERTY: &str = "osu018_stdcells.lib";
const CELLS: &str = "osu018_stdcells.v";

const GATES: &str = "gates.json";
const NETLIST: &str = "netlist.v";
const BENCH: &str = "bench.v";
const DUMP: &str = "dump.vcd";
const REPORT: &str = "report.txt";

/// What stands at the inputs of a design, cycle by cycle: its clock is left out.
#[derive(Clone, Debug, Default)]
pub struct Stimulus {
    /// Names and widths.
    pub ports: Vec<(String, u32)>,
    /// The bits of all ports, the first port's first bit first.
    pub cycles: Vec<Vec<bool>>,
    /// Cycles at the beginning that do not count.
    pub warm_up: usize,
}

/// What gates take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Watts {
    /// Within cells, as they switch; that of clock pins too.
    pub internal: f64,
    /// Into the wires between.
    pub switching: f64,
    /// Without a change.
    pub leakage: f64,
}

impl Watts {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.internal + self.switching + self.leakage
    }
}

/// What was found of a design in gates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GatePower {
    /// Gates, and registers among them.
    pub gates: usize,
    /// Registers.
    pub registers: usize,
    /// Square micrometres of cells.
    pub area_um2: f64,
    /// The shortest cycle between registers, in nanoseconds.
    pub shortest_ns: Option<f64>,
    /// Watts of registers.
    pub sequential: Watts,
    /// Watts of other gates.
    pub combinational: Watts,
    /// Joules in a cycle.
    pub joules_a_cycle: f64,
    /// Wires that were neither 0 nor 1 at the end.
    pub unknown: usize,
    /// Gates and area by unit: the instances in the top.
    pub units: BTreeMap<String, (usize, f64)>,
}

/// The folder of the library of gates, if it is there.
///
/// # Errors
/// When it is not.
pub fn library() -> Result<PathBuf, SynthError> {
    let folder = PathBuf::from(FOLDER);
    read(&folder.join(LIBERTY)).map(|_| folder)
}

/// Runs a design in gates at a clock of `megahertz`.
///
/// # Errors
/// When a tool or the library (`scripts/setup --fpga`) is missing, or a tool fails.
pub fn gate_power(
    design: &Design,
    clock: &str,
    stimulus: &Stimulus,
    megahertz: f64,
    watch: &mut Watch,
) -> Result<GatePower, SynthError> {
    let library = library()?;
    let top = &design.top().name;
    let liberty = library.join(LIBERTY).display().to_string();
    let text: String = verilog::emit(design)
        .iter()
        .map(|file| file.text.as_str())
        .collect();
    let script = format!(
        "{}hierarchy -top {top}\nsynth -top {top}\ndfflibmap -liberty {liberty}\nabc -liberty {liberty}\n\
         opt_clean -purge\nwrite_json {GATES}\n",
        read_design()
    );
    let limit = Duration::from_secs(1800);
    let yosys = Tool::synthesizer()?;
    let [iverilog, vvp, sta] = [Tool::Iverilog, Tool::Vvp, Tool::Sta].map(Tool::find);
    let (iverilog, vvp, sta) = (iverilog?, vvp?, sta?);
    let cache = Cache::open()?;
    let synthesis = Synthesis {
        yosys: &yosys,
        script: &script,
        files: vec![(VERILOG, &text)],
        limit,
    };
    let folder = synthesis.folder(&cache, watch, |folder| read(&folder.join(GATES)).map(drop))?;
    let gates = Gates::read(&read(&folder.join(GATES))?, top);
    let gates = gates.map_err(answer(Stage::Synthesis, GATES))?;

    let scratch = tempfile::tempdir().map_err(SynthError::files("create", Path::new("scratch")))?;
    let folder = scratch.path();
    let period = 1e3 / megahertz;
    write(&folder.join(NETLIST), &gates.verilog())?;
    write(&folder.join(BENCH), &bench(&gates, clock, stimulus))?;
    write(&folder.join("stimulus.txt"), &words(stimulus))?;
    let mut run = |tool, log: &str, arguments: &[&str]| {
        let run = Run {
            stage: Stage::Power,
            tool,
            floorplan: false,
            limit,
            cache: &cache,
            key: "power",
        };
        run.run(folder, log, arguments, watch)
    };
    let cells = library.join(CELLS).display().to_string();
    run(
        &iverilog,
        "iverilog.log",
        &["-o", "bench.vvp", BENCH, NETLIST, &cells],
    )?;
    run(&vvp, "vvp.log", &["-n", "bench.vvp"])?;
    let dump = folder.join(DUMP);
    let file = File::open(&dump).map_err(SynthError::files("read", &dump))?;
    let from = TICKS * stimulus.warm_up as u64;
    let activity = activity(BufReader::new(file), gates.wires, from);
    let activity = activity.map_err(SynthError::files("read", &dump))?;
    let counted = (stimulus.cycles.len() - stimulus.warm_up).max(1) as f64;
    write(
        &folder.join("power.tcl"),
        &tcl(&gates, clock, &liberty, period, &activity, counted),
    )?;
    run(&sta, REPORT, &["-exit", "-no_splash", "power.tcl"])?;
    let report = read(&folder.join(REPORT))?;
    let groups = groups(&report);
    let areas = areas(&read(&library.join(LIBERTY))?);
    let mut units: BTreeMap<String, (usize, f64)> = BTreeMap::new();
    for gate in &gates.gates {
        let unit = units.entry(gate.unit.clone()).or_default();
        unit.0 += 1;
        unit.1 += areas.get(&gate.cell).copied().unwrap_or(0.0);
    }
    let registers = gates
        .gates
        .iter()
        .filter(|gate| gate.cell.starts_with("DFF"));
    let watts = |name: &str| groups.get(name).copied().unwrap_or_default();
    let (sequential, combinational) = (watts("Sequential"), watts("Combinational"));
    let slack = report.lines().find_map(|line| {
        let value = line.trim().strip_prefix("worst slack")?;
        value.trim().parse::<f64>().ok()
    });
    Ok(GatePower {
        gates: gates.gates.len(),
        registers: registers.count(),
        area_um2: units.values().map(|(_, area)| area).sum(),
        shortest_ns: slack.map(|slack| period - slack),
        sequential,
        combinational,
        joules_a_cycle: (sequential.total() + combinational.total()) * period * 1e-9,
        unknown: activity.unknown,
        units,
    })
}

/// Time units of a cycle in the bench.
const TICKS: u64 = 10;

/// A word for each cycle, the first bit last.
fn words(stimulus: &Stimulus) -> String {
    let mut text = String::new();
    for cycle in &stimulus.cycles {
        text.extend(cycle.iter().rev().map(|bit| if *bit { '1' } else { '0' }));
        text.push('\n');
    }
    text
}

/// Plays the stimulus, an input a little behind each rising edge, and dumps all wires.
fn bench(gates: &Gates, clock: &str, stimulus: &Stimulus) -> String {
    let bits: u32 = stimulus.ports.iter().map(|(_, width)| width).sum();
    let cycles = stimulus.cycles.len();
    let mut connections = vec![format!(".{clock}(clock)")];
    let mut from = 0;
    for (name, width) in &stimulus.ports {
        connections.push(format!(".{name}(word[{from} +: {width}])"));
        from += width;
    }
    for (name, input, _) in &gates.ports {
        let driven = stimulus.ports.iter().any(|(port, _)| port == name);
        if *input && !driven && name != clock {
            connections.push(format!(".{name}(1'b0)"));
        }
    }
    format!(
        "`timescale 1ns/1ns\nmodule bench;\n  reg clock = 0;\n  reg [{top}:0] word = 0;\n  \
         reg [{top}:0] words [0:{last}];\n  integer cycle;\n  top dut ({connections});\n  initial begin\n    \
         $readmemb(\"stimulus.txt\", words);\n    $dumpfile(\"{DUMP}\");\n    $dumpvars(1, dut);\n    \
         for (cycle = 0; cycle < {cycles}; cycle = cycle + 1) begin\n      #4 clock = 1;\n      \
         #1 word = words[cycle];\n      #4 clock = 0;\n      #1;\n    end\n    $finish;\n  end\nendmodule\n",
        top = bits - 1,
        last = cycles - 1,
        connections = connections.join(", ")
    )
}

/// What OpenSTA is told: the changes of each pin in a cycle, and the share of time in which it is 1.
fn tcl(
    gates: &Gates,
    clock: &str,
    liberty: &str,
    period: f64,
    activity: &Activity,
    cycles: f64,
) -> String {
    let mut text = format!(
        "read_liberty {liberty}\nread_verilog {NETLIST}\nlink_design top\n\
         create_clock -name clock -period {period} [get_ports {clock}]\n"
    );
    let of_clock: Vec<Net> = (gates.ports.iter())
        .filter(|(name, ..)| name == clock)
        .flat_map(|(_, _, nets)| nets.iter().copied())
        .collect();
    let time = cycles * TICKS as f64;
    for (number, gate) in gates.gates.iter().enumerate() {
        for (pin, net) in &gate.pins {
            let Net::Wire(wire) = *net else { continue };
            if of_clock.contains(net) {
                continue;
            }
            let _ = writeln!(
                text,
                "sta::set_power_pin_activity [get_pins g{number}/{pin}] {:.6} {:.6}",
                activity.changes[wire] as f64 / cycles,
                (activity.high[wire] as f64 / time).clamp(0.0, 1.0),
            );
        }
    }
    text + "report_power -digits 6\nreport_worst_slack -max\n"
}

/// The groups of a report of power.
fn groups(report: &str) -> BTreeMap<String, Watts> {
    let mut groups = BTreeMap::new();
    for line in report.lines() {
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else { continue };
        let numbers: Vec<f64> = words.map_while(|word| word.parse().ok()).collect();
        if let [internal, switching, leakage, _] = numbers[..] {
            let watts = Watts {
                internal,
                switching,
                leakage,
            };
            groups.insert(name.to_owned(), watts);
        }
    }
    groups
}

/// The areas of the cells of a Liberty file.
fn areas(liberty: &str) -> BTreeMap<String, f64> {
    let mut areas = BTreeMap::new();
    let mut cell = None;
    for line in liberty.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("cell (") {
            cell = rest.split(')').next();
        } else if let (Some(name), Some(value)) = (cell, line.strip_prefix("area :"))
            && let Ok(area) = value.trim().trim_end_matches(';').parse()
        {
            areas.entry(name.to_owned()).or_insert(area);
        }
    }
    areas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opensta_reports_is_read() {
        let report = "Group  Internal Switching Leakage Total\n   Power Power\n-----\n\
                      Sequential 1.5e-03 2.0e-04 1.0e-08 1.70001e-03 60.0%\n\
                      Combinational 1.0e-03 1.0e-04 1.0e-08 1.1e-03 40.0%\n";
        let groups = groups(report);
        assert_eq!(groups["Sequential"].switching, 2e-4);
        assert_eq!(groups.len(), 2);
        let areas = areas(
            "cell (INVX1) {\n  area : 16;\n  pin (A) {\n area : 3;\n}\ncell (DFFPOSX1) {\narea : 96;\n",
        );
        assert_eq!((areas["INVX1"], areas["DFFPOSX1"]), (16.0, 96.0));
    }
}
