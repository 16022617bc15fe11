//! Chooses what is computed when, and where every value stands.
//!
//! Combinational instructions form four programs, each of which needs only the ones before it:
//!
//! 1. what outputs need and no input changes,
//! 2. what outputs need and inputs change,
//! 3. what only registers, memories and properties need,
//! 4. what nothing needs, but has a name and can be peeked.
//!
//! A test bench that reads outputs, sets inputs and steps thus runs each instruction at most once
//! per cycle, and never runs the last program. The fifth section writes the registers at an edge.
//!
//! A section consists of *units*: an instruction, or a group of equal ones. In which order and how
//! they run is another matter: see [`arrange`](super::arrange).

use super::commit::{commits, in_place};
use super::demand::{BEFORE_EDGE, DROPPED, Demands, NONE, PROGRAMS, Programs, classify};
use super::emit::{Emitter, operands, results};
use super::execute::Tables;
use super::group::{Item, Task, group};
use super::kernel::{ALWAYS, Group, columns};
use super::ops::{Instruction, Micro, Op, Part, is_unary};
use super::pack::pack_chains;
use super::wide::{Span, WideInstruction, words_of};
use super::widths::widths;
use std::ops::Range;

/// Number of sections: the programs, and what writes the registers.
pub(super) const SECTIONS: usize = PROGRAMS + 1;

/// The section that writes the registers.
pub(super) const COMMITS: usize = PROGRAMS;

/// Watched are the properties, and
pub(super) const PROPERTIES: usize = 0;
/// the memories.
pub(super) const MEMORIES: usize = 1;

/// A pass that may be left out: the design means the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Puts together at once what is put together bit by bit.
    Pack,
    /// Makes groups of equal instructions.
    Group,
    /// Keeps narrow lanes in an array of their own.
    Narrow,
    /// Makes machine code of what is busy.
    MachineCode,
}

impl Pass {
    /// All of them.
    pub const ALL: [Pass; 4] = [Pass::Pack, Pass::Group, Pass::Narrow, Pass::MachineCode];
}

/// Which passes are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passes {
    /// See [`pack_chains`].
    pub pack: bool,
    /// The most lanes of a group: see [`group`].
    pub group: usize,
    /// See [`narrow`](super::narrow).
    pub narrow: Limits,
    /// See [`machine_code`](super::machine_code).
    pub machine_code: bool,
}

/// Which groups become narrow: see [`narrow`](super::narrow).
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The fewest lanes.
    pub lanes: usize,
    /// Not more than one of so many lanes may have to be brought from the words, or shown among
    /// them; 0 for all.
    pub far: usize,
}

impl Passes {
    /// All of them.
    pub(super) const ALL: Passes = Passes {
        pack: true,
        group: 1024,
        narrow: Limits { lanes: 64, far: 4 },
        machine_code: true,
    };

    /// All but one.
    pub(super) fn without(pass: Pass) -> Passes {
        let mut passes = Passes::ALL;
        match pass {
            Pass::Pack => passes.pack = false,
            Pass::Group => passes.group = 1,
            Pass::Narrow => passes.narrow.lanes = usize::MAX,
            Pass::MachineCode => passes.machine_code = false,
        }
        passes
    }
}

/// What runs as a whole.
pub(super) struct Unit {
    pub op: Op,
    /// The domain of the registers that it writes; 0 for combinational ones.
    pub domain: u32,
    /// Its instructions among those of all units.
    pub code: Range<usize>,
    /// The group, unless it is a single instruction.
    pub group: Option<Group>,
    /// Places that it reads and that are not constant, its guard among them.
    pub reads: Vec<u32>,
    /// Places that it writes.
    pub writes: Range<u32>,
    /// The memories that it reads at once.
    pub loads: Vec<u32>,
}

impl Unit {
    /// Whether it is a group of narrow lanes.
    pub(super) fn is_narrow(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.narrow)
    }
}

/// All units over their places.
pub(super) struct Schedule {
    pub units: Vec<Unit>,
    pub code: Vec<Instruction>,
    /// The units of each section.
    pub sections: [Range<usize>; SECTIONS],
    pub tables: Tables,
    /// The places that each property and each memory reads.
    pub watched: [Vec<Vec<u32>>; 2],
    /// Initial content: constants in place, all else 0.
    pub values: Vec<u64>,
    /// For each place whether it is constant.
    pub constant: Vec<bool>,
    /// For each place whether others than units read it, or it outlives a cycle.
    pub kept: Vec<bool>,
    /// For each place whether it is one of a narrow lane.
    pub narrow: Vec<bool>,
    /// The most bits that stand at each place.
    pub widths: Vec<u32>,
    places: Vec<u32>,
    levels: Vec<u8>,
    /// Whether what is busy becomes machine code.
    pub machine_code: bool,
}

impl Schedule {
    /// Where a value stands.
    pub(super) fn place(&self, value: u32) -> u32 {
        self.places[value as usize]
    }

    /// The places of the operands of all lanes of a unit.
    pub(super) fn columns(&self, unit: &Unit) -> [Vec<u32>; 3] {
        columns(unit.op, &self.code[unit.code.clone()])
    }

    /// Makes a group one of narrow lanes, or one of words.
    pub(super) fn set_narrow(&mut self, unit: usize, narrow: bool) {
        if let Some(group) = &mut self.units[unit].group {
            group.narrow = narrow;
        }
    }

    /// How many programs must have run before the value is right.
    pub(super) fn level(&self, value: u32, width: u32) -> u8 {
        let words = value as usize..(value + words_of(width)) as usize;
        self.levels[words].iter().copied().max().unwrap_or(0)
    }

    /// Number of instructions of a cycle in which everything changes.
    pub(super) fn instructions(&self) -> usize {
        let programs = self.sections[..BEFORE_EDGE as usize].iter();
        let sections = programs.chain([&self.sections[COMMITS]]);
        let units = sections.flat_map(|section| &self.units[section.clone()]);
        units.map(|unit| unit.code.len()).sum()
    }

    /// The most results of a unit.
    pub(super) fn most_results(&self) -> usize {
        let results = self.units.iter().map(|unit| unit.writes.len());
        results.max().unwrap_or(0)
    }
}

/// Tasks that run between two edges, or at one.
struct Section {
    tasks: Vec<Task>,
    items: Vec<Item>,
}

/// Schedules all instructions of the emitter.
pub(super) fn schedule(mut emitter: Emitter, demands: &Demands, passes: Passes) -> Schedule {
    if passes.pack {
        pack_chains(&mut emitter, demands);
    }
    let mut programs = classify(&emitter, demands);
    let mut tasks = commits(&emitter, demands, &mut programs);
    let items = group(&tasks, &vec![0; tasks.len()], &emitter, passes.group);
    in_place(&mut emitter, &mut programs, &mut tasks, &items);
    let mut sections: Vec<Section> = (0..PROGRAMS as u8)
        .map(|program| section(&emitter, &programs, program, passes))
        .collect();
    sections.push(Section { tasks, items });

    let mut placement = Placement {
        emitter: &emitter,
        places: vec![NONE; emitter.constants.len()],
        values: Vec::new(),
        constant: Vec::new(),
    };
    let mut place = |values: &[u32]| values.iter().for_each(|value| placement.place(*value));
    place(&demands.inputs);
    for section in sections.iter().rev() {
        for task in section.items.iter().flat_map(|item| &item.tasks) {
            let micro = &section.tasks[*task as usize].micro;
            results(micro, &emitter.tables, |value| place(&[value]));
        }
    }
    for task in sections.iter().flat_map(|section| &section.tasks) {
        operands(&task.micro, &emitter.tables, |value| place(&[value]));
    }
    place(&demands.outputs);
    place(&demands.sinks);
    place(&demands.named);
    place(&demands.other_state);
    for word in &demands.registers {
        place(&[word.current]);
    }

    let mut schedule = Schedule {
        units: Vec::new(),
        code: Vec::new(),
        sections: std::array::from_fn(|_| 0..0),
        tables: placement.tables(),
        watched: [Vec::new(), Vec::new()],
        values: Vec::new(),
        constant: Vec::new(),
        kept: placement.kept(demands),
        narrow: vec![false; placement.values.len()],
        widths: Vec::new(),
        places: Vec::new(),
        levels: levels(&programs),
        machine_code: passes.machine_code,
    };
    for (index, section) in sections.iter().enumerate() {
        let begin = schedule.units.len();
        for item in &section.items {
            let start = schedule.code.len();
            let tasks = item.tasks.iter().map(|task| &section.tasks[*task as usize]);
            let tasks: Vec<&Task> = tasks.collect();
            let instructions = tasks.iter().map(|task| placement.instruction(&task.micro));
            schedule.code.extend(instructions);
            let code = start..schedule.code.len();
            let unit = placement.unit(&tasks, item.is_group, code, &schedule.code);
            schedule.units.push(unit);
        }
        schedule.sections[index] = begin..schedule.units.len();
    }
    schedule.widths = placement.by_place(&widths(&emitter, demands));
    (schedule.places, schedule.values) = (placement.places, placement.values);
    schedule.constant = placement.constant;
    schedule
}

/// The tasks of a combinational program.
fn section(emitter: &Emitter, programs: &Programs, program: u8, passes: Passes) -> Section {
    let Emitter { micros, tables, .. } = emitter;
    let mut tasks: Vec<Task> = Vec::new();
    // For each task how many others of the program stand before it in the longest chain.
    let mut levels: Vec<u32> = Vec::new();
    let mut number = vec![NONE; micros.len()];
    for (micro, origin) in emitter.origins.iter().enumerate() {
        if programs.program[micro] != program {
            continue;
        }
        number[micro] = tasks.len() as u32;
        tasks.push(Task {
            micro: micros[micro],
            origin: *origin,
            guard: ALWAYS,
            domain: 0,
        });
        let mut level = 0;
        operands(&micros[micro], tables, |value| {
            let producer = programs.producer[value as usize];
            if producer != NONE && number[producer as usize] != NONE {
                level = level.max(levels[number[producer as usize] as usize] + 1);
            }
        });
        levels.push(level);
    }
    let items = group(&tasks, &levels, emitter, passes.group);
    Section { tasks, items }
}

/// For each value how many programs must have run before it is right.
fn levels(programs: &Programs) -> Vec<u8> {
    let level = |producer: &u32| match programs.program.get(*producer as usize) {
        None | Some(&DROPPED) => 0,
        Some(program) => program + 1,
    };
    programs.producer.iter().map(level).collect()
}

/// Places of values.
struct Placement<'a> {
    emitter: &'a Emitter,
    places: Vec<u32>,
    values: Vec<u64>,
    constant: Vec<bool>,
}

impl Placement<'_> {
    /// Gives the words of a value their places.
    fn place(&mut self, value: u32) {
        if self.places[value as usize] != NONE {
            return;
        }
        let (start, words) = self.emitter.groups[value as usize];
        for word in start..start + words {
            self.places[word as usize] = self.values.len() as u32;
            let constant = self.emitter.constants[word as usize];
            self.values.push(constant.unwrap_or(0));
            self.constant.push(constant.is_some());
        }
    }

    /// For each place whether it is kept: see [`Schedule::kept`].
    fn kept(&self, demands: &Demands) -> Vec<bool> {
        let mut kept = vec![false; self.values.len()];
        let Demands {
            inputs,
            outputs,
            sinks,
            named,
            registers,
            other_state,
        } = demands;
        let values = [inputs, outputs, sinks, named, other_state];
        let registers = registers.iter().map(|word| word.current);
        for value in values.into_iter().flatten().copied().chain(registers) {
            let (start, words) = self.emitter.groups[value as usize];
            for word in start..start + words {
                kept[self.at(word) as usize] = true;
            }
        }
        kept
    }

    fn at(&self, value: u32) -> u32 {
        self.places[value as usize]
    }

    /// What is known of values, by their places.
    fn by_place(&self, of_values: &[u32]) -> Vec<u32> {
        let mut of_places = vec![0; self.values.len()];
        for (place, of) in self.places.iter().zip(of_values) {
            if *place != NONE {
                of_places[*place as usize] = *of;
            }
        }
        of_places
    }

    /// Replaces values by places.
    fn instruction(&self, micro: &Micro) -> Instruction {
        let Micro { op, dst, a, b, c } = *micro;
        let (dst, at) = (self.at(dst), |value| self.at(value));
        let (a, b, c) = match op {
            Op::Wide | Op::Pack => (a, b, c),
            Op::Mux => (at(a), at(b), at(c)),
            Op::Select | Op::Load => (at(a), b, c),
            _ if is_unary(op) => (at(a), 0, c),
            _ => (at(a), at(b), c),
        };
        Instruction { dst, a, b, c }
    }

    /// The unit of equal tasks, whose instructions stand there in the code of all.
    fn unit(
        &self,
        tasks: &[&Task],
        group: bool,
        range: Range<usize>,
        code: &[Instruction],
    ) -> Unit {
        let tables = &self.emitter.tables;
        let Task {
            micro,
            guard,
            domain,
            ..
        } = *tasks[0];
        let guard = if guard == ALWAYS {
            ALWAYS
        } else {
            self.at(guard)
        };
        let (mut reads, mut others, mut loads) = (Vec::new(), Vec::new(), Vec::new());
        let mut writes: Vec<u32> = Vec::new();
        for task in tasks {
            let micro = &task.micro;
            operands(micro, tables, |value| {
                if self.emitter.constants[value as usize].is_none() {
                    reads.push(self.at(value));
                }
                if value != micro.dst {
                    others.push(self.at(value));
                }
            });
            results(micro, tables, |value| writes.push(self.at(value)));
            if micro.op == Op::Load {
                loads.push(tables.loads[micro.b as usize].memory as u32);
            }
        }
        if guard != ALWAYS {
            reads.push(guard);
        }
        reads.sort_unstable();
        reads.dedup();
        loads.dedup();
        let group = group.then(|| Group::new(micro.op, guard, &code[range.clone()], &others));
        Unit {
            op: micro.op,
            domain,
            code: range,
            group,
            reads,
            // Results stand side by side.
            writes: writes[0]..writes[0] + writes.len() as u32,
            loads,
        }
    }

    /// Replaces values by places in all tables. Entries of dropped instructions are never read.
    fn tables(&self) -> Tables {
        let at = |value: u32| match self.places[value as usize] {
            NONE => 0,
            place => place,
        };
        let span = |span: Span| Span {
            start: at(span.start),
            width: span.width,
        };
        let tables = &self.emitter.tables;
        Tables {
            select: tables.select.iter().map(|value| at(*value)).collect(),
            parts: tables
                .parts
                .iter()
                .map(|part| Part {
                    value: at(part.value),
                    ..*part
                })
                .collect(),
            loads: tables.loads.clone(),
            wide: tables
                .wide
                .iter()
                .map(|wide| WideInstruction {
                    dst: span(wide.dst),
                    a: span(wide.a),
                    b: span(wide.b),
                    ..*wide
                })
                .collect(),
        }
    }
}
