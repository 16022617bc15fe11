//! Pictures and dumps.

use super::simulate;
use crate::sim::{Radix, Simulator, Waveform, Waves};
use crate::{Block, Module, Reset, bit, bundle, concat, hardware, hardware_enum, signed, unsigned};
use std::collections::BTreeMap;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};
use vcd::{Command, Value};

fn counter() -> Simulator {
    simulate(|m| {
        let enable = m.input("enable", bit());
        let count = m.reg(unsigned(4)).named("count").reset(14).enable(enable);
        count.next(count + 1);
        m.output("value", count);
    })
}

#[test]
fn a_counter_is_drawn() {
    let mut sim = counter();
    let mut waves = Waveform::new(&sim, ["clk", "rst", "enable", "count", "value"])
        .radix("value", Radix::Binary);
    sim.set_reset(true);
    for enable in [0, 0, 1, 1, 0, 1] {
        sim.poke("enable", enable);
        waves.record(&mut sim);
        sim.step();
        sim.set_reset(false);
    }
    insta::assert_snapshot!(waves, @r"
    cycle   0     1     2     3     4     5
    clk    /--\__/--\__/--\__/--\__/--\__/--\__
    rst    ------\_____________________________
    enable ____________/-----------\_____/-----
    count  |14               |15   |0          |
    value  |1110             |1111 |0000       |
    ");
}

#[test]
fn cycles_that_were_not_recorded_have_no_column() {
    let mut sim = counter();
    let mut waves = Waveform::new(&sim, ["enable", "count"]);
    sim.poke("enable", 1);
    for cycle in 0..7 {
        if [0, 5, 6].contains(&cycle) {
            waves.record(&mut sim);
        }
        sim.step();
    }
    let text = waves.to_string();
    let heads: Vec<&str> = text
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    assert_eq!(heads, ["cycle", "0", "5", "6"]);
}

hardware_enum! {
    /// Phases of a job.
    enum Phase { Idle, LoadTile, Run }
}

/// A state machine in an instance, with a signed and a wide register.
#[derive(Debug, Clone, PartialEq)]
struct Machine;

bundle! {
    struct Start() {
        start: bit(),
    }
}

bundle! {
    struct Running() {
        busy: bit(),
        phase_now: Phase,
        low: signed(6),
    }
}

#[hardware]
impl Block for Machine {
    fn module_name(&self) -> String {
        "machine".into()
    }

    fn build<'m>(&self, m: &'m Module, io: Start<'m>) -> Running<'m> {
        let phase = m.fsm(Phase::Idle);
        phase.go(Phase::Idle, io.start, Phase::LoadTile);
        phase.then(Phase::LoadTile, Phase::Run);
        phase.go(Phase::Run, !io.start, Phase::Idle);
        let level = m.reg(signed(6)).reset(2);
        level.next(level - 5);
        let wide = m.reg(unsigned(100)).reset(1);
        wide.next(concat(&[wide.truncate(67), m.zero(unsigned(33))]));
        Running {
            busy: !phase.is(Phase::Idle),
            phase_now: phase.state(),
            low: level.gate(wide.bit(0)),
        }
    }
}

#[hardware]
fn machine() -> Simulator {
    simulate(|m| {
        let start = m.input("start", bit());
        let machine = m.instance(&Machine, Start { start });
        m.output("busy", machine.busy);
        m.output("phase", machine.phase_now);
        m.output("low", machine.low);
    })
}

#[test]
fn states_are_drawn_by_name() {
    let mut sim = machine();
    let names = [
        "clk",
        "start",
        "busy",
        "phase",
        "machine.phase",
        "machine.level",
    ];
    let mut waves = Waveform::new(&sim, names);
    sim.step();
    for start in [0, 1, 1, 1, 0, 0] {
        sim.poke("start", start);
        waves.record(&mut sim);
        sim.step();
    }
    insta::assert_snapshot!(waves, @r"
    cycle          1         2         3         4         5         6
    clk           /----\____/----\____/----\____/----\____/----\____/----\____
    start         __________/-----------------------------\___________________
    busy          ____________________/-----------------------------\_________
    phase         |IDLE               |LOAD_TILE|RUN                |IDLE     |
    machine.phase |IDLE               |LOAD_TILE|RUN                |IDLE     |
    machine.level |-3       |-8       |-13      |-18      |-23      |-28      |
    ");
    let mut hexadecimal =
        Waveform::new(&sim, ["machine.wide"]).radix("machine.wide", Radix::Hexadecimal);
    sim.poke("machine.wide", 0xbeef);
    hexadecimal.record(&mut sim);
    insta::assert_snapshot!(hexadecimal, @r"
    cycle         7
    machine.wide |000000000000000000000beef|
    ");
}

#[test]
#[should_panic(expected = "the waveform has no bus `enable`")]
fn a_bit_has_no_radix() {
    let _ = Waveform::new(&counter(), ["enable"]).radix("enable", Radix::Binary);
}

/// A file in memory that outlives the simulator.
#[derive(Clone, Default)]
pub(super) struct File(Arc<Mutex<Vec<u8>>>);

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.lock() {
            Ok(mut file) => file.write(bytes),
            Err(_) => Err(io::Error::other("a test has failed")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl File {
    pub(super) fn text(&self) -> String {
        let bytes = self.0.lock().expect("no writer panicked").clone();
        String::from_utf8(bytes).expect("a dump is text")
    }
}

/// All changes of a variable of a dump as (time, text).
fn changes(dump: &str, path: &[&str]) -> Vec<(u64, String)> {
    let mut parser = vcd::Parser::new(dump.as_bytes());
    let header = parser.parse_header().expect("a header");
    let variable = header.find_var(path).expect("the variable");
    let mut time = 0;
    let mut changes = Vec::new();
    for command in parser {
        match command.expect("a command") {
            Command::Timestamp(now) => time = now,
            Command::ChangeScalar(id, value) if id == variable.code => {
                changes.push((time, value.to_string()));
            }
            Command::ChangeVector(id, value) if id == variable.code => {
                changes.push((
                    time,
                    value.iter().map(|bit: Value| bit.to_string()).collect(),
                ));
            }
            Command::ChangeString(id, value) if id == variable.code => changes.push((time, value)),
            _ => {}
        }
    }
    changes
}

#[test]
fn a_dump_reads_back() {
    let file = File::default();
    let mut sim = machine();
    sim.trace_vcd(file.clone()).expect("memory can be written");
    let mut seen: BTreeMap<&str, Vec<(u64, String)>> = BTreeMap::new();
    let mut see = |sim: &mut Simulator, cycle: u64| {
        for name in [
            "start",
            "busy",
            "phase",
            "machine.level",
            "machine.wide",
            "low",
            "rst",
        ] {
            let shape = sim.signal(name).expect("a signal").shape();
            let bits = shape.to_bits(&sim.peek(name)).to_str_radix(2);
            let text = format!("{bits:0>0$}", shape.width as usize);
            let changes = seen.entry(name).or_default();
            if changes.last().is_none_or(|(_, last)| *last != text) {
                changes.push((cycle * 10, text));
            }
        }
    };
    for (cycle, start) in [0, 1, 1, 1, 0, 0].into_iter().enumerate() {
        sim.poke("start", start);
        see(&mut sim, cycle as u64);
        sim.step();
    }
    sim.set_reset(true);
    see(&mut sim, 6);
    sim.finish_trace().expect("memory can be written");
    sim.step();

    let dump = file.text();
    for (name, seen) in seen {
        let path: Vec<&str> = ["test"].into_iter().chain(name.split('.')).collect();
        assert_eq!(changes(&dump, &path), seen, "{name}");
    }
    let clock = [
        (0, 0),
        (10, 1),
        (15, 0),
        (20, 1),
        (25, 0),
        (30, 1),
        (35, 0),
        (40, 1),
    ];
    let clock: Vec<_> = clock
        .map(|(time, value)| (time, value.to_string()))
        .to_vec();
    assert_eq!(changes(&dump, &["test", "clk"])[..8], clock);
    let states = changes(&dump, &["test", "machine", "phase_state"]);
    let expected = [(0, "IDLE"), (20, "LOAD_TILE"), (30, "RUN"), (50, "IDLE")];
    assert_eq!(
        states,
        expected.map(|(time, name)| (time, name.to_string()))
    );
}

#[test]
fn only_the_stepped_clock_ticks() {
    let file = File::default();
    let mut sim = simulate(|m| {
        let slow = m.add_domain("slow_clk", Reset::ActiveHigh("slow_rst"));
        let fast = m.reg(bit()).named("fast");
        fast.next(!fast);
        let other = m.reg(bit()).named("other").domain(slow);
        other.next(!other);
        m.output("f", fast);
        m.output("o", other);
    });
    sim.trace_vcd(file.clone()).expect("memory can be written");
    sim.step_domain("clk");
    sim.step_domain("slow_clk");
    sim.step_domain("clk");
    sim.finish_trace().expect("memory can be written");
    let dump = file.text();
    let rises = |clock: &str| {
        let changes = changes(&dump, &["test", clock]).into_iter();
        changes
            .filter(|(_, value)| value == "1")
            .map(|(time, _)| time)
            .collect::<Vec<_>>()
    };
    assert_eq!(rises("clk"), [10, 30]);
    assert_eq!(rises("slow_clk"), [20]);
    let other = changes(&dump, &["test", "other"]);
    assert_eq!(other, [(0, "0".to_string()), (20, "1".to_string())]);
}

/// A file that becomes full.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or_else(|| io::Error::other("disk full"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_reported_at_the_end() {
    let mut sim = counter();
    sim.trace_vcd(Full(20_000)).expect("the header fits");
    sim.poke("enable", 1);
    sim.run(10_000);
    let error = sim.finish_trace().expect_err("the disk is full");
    assert_eq!(error.to_string(), "disk full");
    assert_eq!(sim.cycle(), 10_000);
    sim.finish_trace().expect("the trace has ended");
}

/// A file in memory that can be written anywhere.
#[derive(Clone, Default)]
struct Anywhere(Arc<Mutex<Cursor<Vec<u8>>>>);

impl Write for Anywhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Anywhere {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.lock().unwrap().seek(to)
    }
}

type Changes = BTreeMap<String, Vec<(u64, String)>>;

/// The changes of every variable of an FST file, by its path.
fn fst_changes(file: &Anywhere) -> Changes {
    use fst_reader::{FstFilter, FstHierarchyEntry, FstReader, FstSignalValue};

    let bytes = file.0.lock().unwrap().get_ref().clone();
    let mut reader = FstReader::open(Cursor::new(bytes)).unwrap();
    let (mut path, mut names) = (Vec::new(), Vec::new());
    reader
        .read_hierarchy(|entry| match entry {
            FstHierarchyEntry::Scope { name, .. } => path.push(name),
            FstHierarchyEntry::UpScope => drop(path.pop()),
            FstHierarchyEntry::Var { name, handle, .. } => {
                let name = name.split(' ').next().unwrap_or_default();
                names.push((format!("{}.{name}", path.join(".")), handle));
            }
            _ => {}
        })
        .unwrap();
    let mut found = Changes::new();
    reader
        .read_signals(&FstFilter::all(), |time, signal, value| {
            let FstSignalValue::String(bits) = value else {
                panic!("there are bits alone");
            };
            let bits = String::from_utf8(bits.to_vec()).unwrap();
            // Nothing is known before the waves begin.
            if bits.contains('x') {
                return Ok(());
            }
            for (name, _) in names.iter().filter(|(_, handle)| *handle == signal) {
                found
                    .entry(name.clone())
                    .or_default()
                    .push((time, bits.clone()));
            }
            Ok::<(), ()>(())
        })
        .unwrap();
    found
}

/// The changes of every variable of a dump that is no text, by its path.
fn vcd_changes(dump: &str) -> Changes {
    fn walk(items: &[vcd::ScopeItem], path: &[String], dump: &str, found: &mut Changes) {
        for item in items {
            match item {
                vcd::ScopeItem::Scope(scope) => {
                    let path = [path, std::slice::from_ref(&scope.identifier)].concat();
                    walk(&scope.items, &path, dump, found);
                }
                vcd::ScopeItem::Var(var) if var.var_type != vcd::VarType::String => {
                    let path = [path, std::slice::from_ref(&var.reference)].concat();
                    let names = Vec::from_iter(path.iter().map(String::as_str));
                    found.insert(path.join("."), changes(dump, &names));
                }
                _ => {}
            }
        }
    }
    let header = vcd::Parser::new(dump.as_bytes()).parse_header().unwrap();
    let mut found = Changes::new();
    walk(&header.items, &[], dump, &mut found);
    found
}

/// Runs the machine twice, with its waves in both formats.
fn both_formats(waves: &Waves) -> [Changes; 2] {
    let (vcd, fst) = (File::default(), Anywhere::default());
    let run = |trace: &dyn Fn(&mut Simulator)| {
        let mut sim = machine();
        trace(&mut sim);
        for start in [0, 1, 1, 1, 0, 0, 1, 0, 1, 1] {
            sim.poke("start", start);
            sim.step();
        }
        sim.finish_trace().unwrap();
    };
    run(&|sim| sim.trace_vcd_of(waves.clone(), vcd.clone()).unwrap());
    run(&|sim| sim.trace_fst_of(waves.clone(), fst.clone()).unwrap());
    [vcd_changes(&vcd.text()), fst_changes(&fst)]
}

#[test]
fn both_formats_tell_the_same() {
    let [vcd, fst] = both_formats(&Waves::default());
    assert!(vcd.len() > 8 && vcd.values().any(|changes| changes.len() > 4));
    assert_eq!(vcd, fst);
}

#[test]
fn waves_are_those_of_modules_and_cycles() {
    let all = vcd_changes_of(&Waves::default());
    let found = both_formats(&Waves::default().of("machine").in_cycles(3..6));
    assert_eq!(found[0], found[1]);
    let [found, _] = found;
    let mut seen = 0;
    for (name, changes) in &all {
        let of_top = ["test.clk", "test.rst"].contains(&name.as_str());
        let wanted = name.starts_with("test.machine.") || of_top;
        assert_eq!(found.contains_key(name), wanted, "{name}");
        let Some(found) = found.get(name) else {
            continue;
        };
        // What it was when the waves begin, and how it changes from there on.
        let (before, later): (Vec<_>, Vec<_>) = changes.iter().partition(|(time, _)| *time <= 30);
        let first = (30, before.last().expect("a value at the start").1.clone());
        let later = later.into_iter().filter(|(time, _)| *time < 60).cloned();
        assert_eq!(
            *found,
            Vec::from_iter([first].into_iter().chain(later)),
            "{name}"
        );
        seen += 1;
    }
    assert!(seen > 4);
}

fn vcd_changes_of(waves: &Waves) -> Changes {
    let [vcd, _] = both_formats(waves);
    vcd
}

#[test]
fn a_module_that_is_not_there_is_told() {
    let error = machine().trace_vcd_of(Waves::default().of("machin"), File::default());
    let told = error.unwrap_err().to_string();
    assert_eq!(
        told,
        "there is no module `machin`; at the top there are `machine`"
    );
}
