//! Chooses what is computed when, and where every value stands.
//!
//! Combinational instructions form four programs, each of which needs only the ones before it:
//!
//! 1. what outputs need and no input changes,
//! 2. what outputs need and inputs change,
//! 3. what only registers, memories and properties need,
//! 4. what nothing needs, but has a name and can be peeked.
//!
//! A test bench that reads outputs, sets inputs and steps thus runs each instruction once per
//! cycle, and never runs the last program. Within a program, instructions are ordered so that
//! equal operations follow each other.

use super::emit::{Emitter, operands, results};
use super::execute::{ALWAYS, Program, Run, Tables};
use super::ops::{Instruction, Micro, OP_COUNT, Op};
use super::wide::{Span, words_of};
use std::collections::{HashMap, VecDeque};

/// Number of combinational programs.
pub(super) const PROGRAMS: usize = 4;

/// Number of programs that must have run before an edge.
pub(super) const BEFORE_EDGE: u8 = 3;

const NONE: u32 = u32::MAX;
const DROPPED: u8 = PROGRAMS as u8;
/// Program whose instructions may move into the commit of the register that they feed.
const EDGE_ONLY: u8 = 2;
/// An enable shared by fewer register words is a multiplexer, not a guard.
const GUARD_WORDS: usize = 4;

const FOR_OUTPUT: u8 = 1;
const FOR_EDGE: u8 = 2;
const FOR_NAME: u8 = 4;
const FROM_INPUT: u8 = 8;

/// A register over values.
pub(super) struct StateWord {
    /// The word of the register.
    pub current: u32,
    /// Its next value.
    pub next: u32,
    /// Its enable.
    pub enable: Option<u32>,
    /// Its domain in the top module.
    pub domain: u32,
}

/// What the programs must provide.
#[derive(Default)]
pub(super) struct Demands {
    /// Values set from outside.
    pub inputs: Vec<u32>,
    /// Words read as outputs of the top.
    pub outputs: Vec<u32>,
    /// Words read at edges other than through registers.
    pub sinks: Vec<u32>,
    /// Words that can be peeked.
    pub named: Vec<u32>,
    /// Registers, word by word.
    pub registers: Vec<StateWord>,
    /// Groups of state that something else than a register's `next` writes, with domains.
    pub other_state: Vec<(u32, u32)>,
}

/// The finished programs and places.
pub(super) struct Schedule {
    pub programs: [Program; PROGRAMS],
    /// For each domain what computes the next values of its registers.
    pub commits: Vec<Program>,
    pub tables: Tables,
    /// For each domain the places of its state.
    pub state: Vec<std::ops::Range<usize>>,
    /// Distance from a word of state to its next value.
    pub shadow: usize,
    /// Initial content: constants in place, all else 0.
    pub values: Vec<u64>,
    places: Vec<u32>,
    levels: Vec<u8>,
}

impl Schedule {
    /// Where a value stands.
    pub(super) fn place(&self, value: u32) -> u32 {
        self.places[value as usize]
    }

    /// How many programs must have run before the value is right.
    pub(super) fn level(&self, value: u32, width: u32) -> u8 {
        let words = value as usize..(value + words_of(width)) as usize;
        self.levels[words].iter().copied().max().unwrap_or(0)
    }
}

/// A step of a commit: an instruction that writes a next value.
struct Commit {
    micro: Micro,
    guard: u32,
}

struct Scheduler<'a> {
    emitter: &'a Emitter,
    flags: Vec<u8>,
    /// For each value the instruction that makes it.
    producer: Vec<u32>,
    /// For each instruction its program.
    program: Vec<u8>,
    places: Vec<u32>,
    values: Vec<u64>,
}

/// Schedules all instructions of the emitter.
pub(super) fn schedule(emitter: Emitter, demands: &Demands, domains: usize) -> Schedule {
    let count = emitter.constants.len();
    let mut scheduler = Scheduler {
        emitter: &emitter,
        flags: vec![0; count],
        producer: vec![NONE; count],
        program: Vec::new(),
        places: vec![NONE; count],
        values: Vec::new(),
    };
    scheduler.classify(demands);
    let mut commits = scheduler.commits(demands, domains);
    let levels = scheduler.levels();

    demands
        .inputs
        .iter()
        .for_each(|value| scheduler.place(*value));
    let first_state = scheduler.values.len();
    let mut state = Vec::new();
    for (domain, commits) in commits.iter_mut().enumerate() {
        commits.sort_by_key(|commit| (commit.guard, commit.micro.op));
        let start = scheduler.values.len();
        commits
            .iter()
            .for_each(|commit| scheduler.place(commit.micro.dst));
        let here = |of: &u32| *of as usize == domain;
        let held = demands.registers.iter().filter(|word| here(&word.domain));
        held.for_each(|word| scheduler.place(word.current));
        let other = demands.other_state.iter().filter(|(_, of)| here(of));
        other.for_each(|(value, _)| scheduler.place(*value));
        state.push(start..scheduler.values.len());
    }
    let shadow = scheduler.values.len() - first_state;
    scheduler.values.resize(first_state + 2 * shadow, 0);

    let orders: Vec<Vec<u32>> = (0..PROGRAMS)
        .map(|program| scheduler.order(program as u8))
        .collect();
    for micro in orders.iter().flatten() {
        let micro = &emitter.micros[*micro as usize];
        results(micro, &emitter.tables, |value| scheduler.place(value));
        operands(micro, &emitter.tables, |value| scheduler.place(value));
    }
    for commit in commits.iter().flatten() {
        operands(&commit.micro, &emitter.tables, |value| {
            scheduler.place(value)
        });
    }
    let read = [&demands.outputs, &demands.sinks, &demands.named];
    read.into_iter()
        .flatten()
        .for_each(|value| scheduler.place(*value));

    let programs = std::array::from_fn(|program| {
        let micros = orders[program]
            .iter()
            .map(|micro| (emitter.micros[*micro as usize], ALWAYS));
        scheduler.translate(micros, 0)
    });
    let commits = commits
        .iter()
        .map(|commits| {
            let micros = commits.iter().map(|commit| (commit.micro, commit.guard));
            scheduler.translate(micros, shadow as u32)
        })
        .collect();
    let tables = scheduler.translate_tables();
    let Scheduler { places, values, .. } = scheduler;
    Schedule {
        programs,
        commits,
        tables,
        state,
        shadow,
        values,
        places,
        levels,
    }
}

impl Scheduler<'_> {
    /// Finds what needs each value, and the program of each instruction.
    fn classify(&mut self, demands: &Demands) {
        let tables = &self.emitter.tables;
        let micros = &self.emitter.micros;
        let flags = &mut self.flags;
        let mut mark = |values: &[u32], flag: u8| {
            values
                .iter()
                .for_each(|value| flags[*value as usize] |= flag);
        };
        mark(&demands.inputs, FROM_INPUT);
        mark(&demands.outputs, FOR_OUTPUT | FOR_EDGE | FOR_NAME);
        mark(&demands.sinks, FOR_EDGE | FOR_NAME);
        mark(&demands.named, FOR_NAME);
        for word in &demands.registers {
            mark(&[word.next], FOR_EDGE | FOR_NAME);
            mark(word.enable.as_slice(), FOR_EDGE | FOR_NAME);
        }
        for (index, micro) in micros.iter().enumerate() {
            let mut from = 0;
            operands(micro, tables, |value| {
                from |= self.flags[value as usize] & FROM_INPUT
            });
            results(micro, tables, |value| {
                self.flags[value as usize] |= from;
                self.producer[value as usize] = index as u32;
            });
        }
        self.program = vec![DROPPED; micros.len()];
        for (index, micro) in micros.iter().enumerate().rev() {
            let mut flags = 0;
            results(micro, tables, |value| flags |= self.flags[value as usize]);
            self.program[index] = if flags & FOR_OUTPUT != 0 {
                u8::from(flags & FROM_INPUT != 0)
            } else if flags & FOR_EDGE != 0 {
                EDGE_ONLY
            } else if flags & FOR_NAME != 0 {
                3
            } else {
                DROPPED
            };
            let needed = flags & (FOR_OUTPUT | FOR_EDGE | FOR_NAME);
            operands(micro, tables, |value| self.flags[value as usize] |= needed);
        }
    }

    /// Makes the instructions that write next values. An instruction that feeds nothing but one
    /// register writes its next value itself.
    fn commits(&mut self, demands: &Demands, domains: usize) -> Vec<Vec<Commit>> {
        let mut uses = vec![0u32; self.flags.len()];
        for (index, micro) in self.emitter.micros.iter().enumerate() {
            if self.program[index] != DROPPED {
                operands(micro, &self.emitter.tables, |value| {
                    uses[value as usize] += 1
                });
            }
        }
        let read = [&demands.outputs, &demands.sinks, &demands.named];
        read.into_iter()
            .flatten()
            .for_each(|value| uses[*value as usize] += 1);
        let mut sharing: HashMap<(u32, u32), usize> = HashMap::new();
        for word in &demands.registers {
            uses[word.next as usize] += 1;
            if let Some(enable) = word.enable {
                uses[enable as usize] += 1;
                *sharing.entry((word.domain, enable)).or_default() += 1;
            }
        }
        let mut commits: Vec<Vec<Commit>> = (0..domains).map(|_| Vec::new()).collect();
        for word in &demands.registers {
            if word.next == word.current {
                continue;
            }
            let dst = word.current;
            let guard = match word.enable {
                None => ALWAYS,
                Some(enable) if sharing[&(word.domain, enable)] >= GUARD_WORDS => enable,
                Some(enable) => {
                    let micro = Micro {
                        op: Op::Mux,
                        dst,
                        a: enable,
                        b: word.next,
                        c: dst,
                    };
                    commits[word.domain as usize].push(Commit {
                        micro,
                        guard: ALWAYS,
                    });
                    continue;
                }
            };
            let producer = self.producer[word.next as usize];
            let movable = producer != NONE
                && uses[word.next as usize] == 1
                && self.program[producer as usize] == EDGE_ONLY
                && self.emitter.micros[producer as usize].op != Op::Wide;
            let micro = if movable {
                self.program[producer as usize] = DROPPED;
                Micro {
                    dst,
                    ..self.emitter.micros[producer as usize]
                }
            } else {
                Micro {
                    op: Op::Copy,
                    dst,
                    a: word.next,
                    b: 0,
                    c: 0,
                }
            };
            commits[word.domain as usize].push(Commit { micro, guard });
        }
        commits
    }

    /// For each value how many programs must have run before it is right.
    fn levels(&self) -> Vec<u8> {
        let level = |producer: &u32| match self.program.get(*producer as usize) {
            None | Some(&DROPPED) => 0,
            Some(program) => program + 1,
        };
        self.producer.iter().map(level).collect()
    }

    /// Gives the group of a value its places.
    fn place(&mut self, value: u32) {
        if self.places[value as usize] != NONE {
            return;
        }
        let (start, words) = self.emitter.groups[value as usize];
        for word in start..start + words {
            self.places[word as usize] = self.values.len() as u32;
            self.values
                .push(self.emitter.constants[word as usize].unwrap_or(0));
        }
    }

    /// Orders the instructions of a program: always the operation of which most instructions
    /// are ready, and then all of them.
    fn order(&self, program: u8) -> Vec<u32> {
        let (micros, tables) = (&self.emitter.micros, &self.emitter.tables);
        let members: Vec<u32> = (0..micros.len() as u32)
            .filter(|i| self.program[*i as usize] == program)
            .collect();
        let mut waiting = vec![0u32; micros.len()];
        let mut edges: Vec<(u32, u32)> = Vec::new();
        for &member in &members {
            operands(&micros[member as usize], tables, |value| {
                let producer = self.producer[value as usize];
                if producer != NONE && self.program[producer as usize] == program {
                    edges.push((producer, member));
                    waiting[member as usize] += 1;
                }
            });
        }
        edges.sort_unstable();
        let mut ready: Vec<VecDeque<u32>> = vec![VecDeque::new(); OP_COUNT];
        for &member in &members {
            if waiting[member as usize] == 0 {
                ready[micros[member as usize].op as usize].push_back(member);
            }
        }
        let mut order = Vec::with_capacity(members.len());
        while let Some(op) = (0..OP_COUNT).rev().max_by_key(|op| ready[*op].len()) {
            if ready[op].is_empty() {
                break;
            }
            while let Some(member) = ready[op].pop_front() {
                order.push(member);
                let first = edges.partition_point(|(producer, _)| *producer < member);
                for (_, user) in edges[first..].iter().take_while(|edge| edge.0 == member) {
                    waiting[*user as usize] -= 1;
                    if waiting[*user as usize] == 0 {
                        ready[micros[*user as usize].op as usize].push_back(*user);
                    }
                }
            }
        }
        assert_eq!(order.len(), members.len(), "combinational loop");
        order
    }

    /// Replaces values by places; results of a commit go to the next values.
    fn translate(&self, micros: impl Iterator<Item = (Micro, u32)>, shadow: u32) -> Program {
        let at = |value: u32| self.places[value as usize];
        let mut program = Program::default();
        for (micro, guard) in micros {
            let Micro { op, dst, a, b, c } = micro;
            let dst = at(dst) + shadow;
            let instruction = match op {
                Op::Copy | Op::Slice | Op::SignExtend | Op::SignFill | Op::Parity => Instruction {
                    dst,
                    a: at(a),
                    b: 0,
                    c,
                },
                Op::Mux => Instruction {
                    dst,
                    a: at(a),
                    b: at(b),
                    c: at(c),
                },
                Op::Select | Op::Load => Instruction {
                    dst,
                    a: at(a),
                    b,
                    c,
                },
                Op::Wide => Instruction { dst, a, b: 0, c: 0 },
                _ => Instruction {
                    dst,
                    a: at(a),
                    b: at(b),
                    c,
                },
            };
            let guard = if guard == ALWAYS { ALWAYS } else { at(guard) };
            let index = program.code.len();
            program.code.push(instruction);
            match program.runs.last_mut() {
                Some(run) if run.op == op && run.guard == guard => run.code.end = index + 1,
                _ => program.runs.push(Run {
                    op,
                    guard,
                    code: index..index + 1,
                }),
            }
        }
        program
    }

    /// Replaces values by places in all tables. Entries of dropped instructions are never read.
    fn translate_tables(&self) -> Tables {
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
            loads: tables.loads.clone(),
            wide: tables
                .wide
                .iter()
                .map(|wide| super::wide::WideInstruction {
                    dst: span(wide.dst),
                    a: span(wide.a),
                    b: span(wide.b),
                    ..*wide
                })
                .collect(),
        }
    }
}
