//! In which order units run, and how.
//!
//! A unit that has something to do in most cycles is *busy* and runs always, side by side
//! with busy ones of the same operation: a short loop without questions. Any other one runs only
//! after something that it reads has changed: see [`activity`](super::activity). Which are busy is
//! found out while the simulation runs: see [`learn`](super::learn).

use super::activity::{Activity, BATCH, Readers};
use super::functions::MachineCode;
use super::hash::FastMap;
use super::kernel::Group;
use super::ops::{Instruction, OP_COUNT, Op};
use super::schedule::{COMMITS, MEMORIES, SECTIONS, Schedule};
use std::collections::VecDeque;
use std::ops::Range;

/// What the units of a batch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Instructions of one operation.
    Instructions(Op),
    Groups,
    /// Machine code of whatever is busy.
    MachineCode,
    /// What is looked at before an edge.
    Watchers,
}

/// How the units of a batch run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Those that must.
    Woken,
    /// All, and what is changed wakes its readers.
    Busy,
    /// All, and all readers are busy.
    Silent,
}

/// When a unit runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// When something that it reads has changed.
    Woken,
    /// When something that a unit of its cluster reads has changed.
    Together(u32),
    /// In every cycle.
    Always,
}

/// Units of one kind that follow each other; not more than [`BATCH`] woken ones.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub kind: Kind,
    pub mode: Mode,
    /// The instructions, groups or functions.
    pub units: Range<usize>,
    /// The domain of the registers that they write; 0 for combinational ones.
    pub domain: u32,
}

/// Batches in the order in which they run.
#[derive(Debug)]
pub(super) struct Arrangement {
    pub batches: Vec<Batch>,
    pub code: Vec<Instruction>,
    pub groups: Vec<Group>,
    /// The batches of each section.
    pub sections: [Range<usize>; SECTIONS],
    /// The batches of the properties and of the memories.
    pub watchers: [Range<usize>; 2],
    /// The units that are woken by each place, each group and each memory, in this order.
    pub readers: Readers,
    /// For each batch its first unit among the units below.
    pub first_unit: Vec<u32>,
    /// The units in the order of the batches.
    pub units: Vec<u32>,
    places: usize,
    /// The functions, if there are any.
    pub machine_code: Option<MachineCode>,
}

impl Arrangement {
    /// The units of a batch.
    pub(super) fn units_of(&self, batch: usize) -> &[u32] {
        let first = self.first_unit[batch] as usize;
        let next = self.first_unit.get(batch + 1);
        &self.units[first..next.map_or(self.units.len(), |next| *next as usize)]
    }

    /// The row of a group among the readers.
    pub(super) fn group_row(&self, group: usize) -> usize {
        self.places + group
    }

    /// The row of a memory among the readers.
    pub(super) fn memory_row(&self, memory: usize) -> usize {
        self.places + self.groups.len() + memory
    }

    /// Everything must run.
    pub(super) fn activity(&self) -> Activity {
        let mut activity = Activity::new(self.batches.len());
        for (index, batch) in self.batches.iter().enumerate() {
            match batch.mode {
                Mode::Woken => activity.wake_units(index, u64::MAX >> (BATCH - batch.units.len())),
                Mode::Busy | Mode::Silent => activity.keep_awake(index),
            }
        }
        activity
    }
}

/// A group is woken lane by lane that would wake so many times as many units as one of its lanes.
const ALIKE: usize = 4;

/// Arranges all units; with `functions` those that are not woken one by one are to become machine
/// code.
pub(super) fn arrange(schedule: &Schedule, paces: &[Pace], functions: bool) -> Arrangement {
    let units = &schedule.units;
    let places = schedule.values.len();
    let mut wakes = vec![false; places];
    let woken = units
        .iter()
        .zip(paces)
        .filter(|(_, pace)| **pace != Pace::Always);
    for (unit, _) in woken {
        unit.reads
            .iter()
            .for_each(|place| wakes[*place as usize] = true);
    }
    let watched = schedule.watched.iter().flatten().flatten();
    watched.for_each(|place| wakes[*place as usize] = true);
    let mode = |unit: usize| match paces[unit] {
        Pace::Woken | Pace::Together(_) => Mode::Woken,
        Pace::Always => {
            let mut writes = units[unit].writes.clone();
            match writes.any(|place| wakes[place as usize]) {
                true => Mode::Busy,
                false => Mode::Silent,
            }
        }
    };
    let is_function = |unit: usize| functions && paces[unit] != Pace::Woken;
    let mut arrangement = Arrangement {
        batches: Vec::new(),
        code: Vec::with_capacity(schedule.code.len()),
        groups: Vec::new(),
        sections: std::array::from_fn(|_| 0..0),
        watchers: [0..0, 0..0],
        readers: Readers::default(),
        first_unit: Vec::new(),
        units: Vec::with_capacity(units.len()),
        places,
        machine_code: None,
    };
    let mut functions_made = 0;
    let mut writer = vec![u32::MAX; places];
    // For each place the batch of the function that writes it.
    let mut home = vec![u32::MAX; places];
    // Pairs of a place, group or memory with a unit that it wakes.
    let mut readers: Vec<(u32, u32, u8)> = Vec::new();
    let mut loads: Vec<(u32, u32, u8)> = Vec::new();
    for section in 0..SECTIONS {
        let begin = arrangement.batches.len();
        let mut last = None;
        for unit in order(schedule, section, mode, paces, functions, &mut writer) {
            let of = &units[unit];
            let mode = mode(unit);
            if is_function(unit) {
                let batches = &mut arrangement.batches;
                if last != Some((paces[unit], of.domain)) {
                    last = Some((paces[unit], of.domain));
                    batches.push(Batch {
                        kind: Kind::MachineCode,
                        mode: match paces[unit] {
                            Pace::Always => Mode::Silent,
                            _ => Mode::Woken,
                        },
                        units: functions_made..functions_made + 1,
                        domain: of.domain,
                    });
                    functions_made += 1;
                    arrangement.first_unit.push(arrangement.units.len() as u32);
                }
                arrangement.units.push(unit as u32);
                let batch = batches.len() as u32 - 1;
                of.writes
                    .clone()
                    .for_each(|place| home[place as usize] = batch);
                if mode == Mode::Woken {
                    // A function of registers is woken for the next edge by what it writes itself.
                    let inside = |place: &u32| section != COMMITS && home[*place as usize] == batch;
                    let reads = of.reads.iter().filter(|place| !inside(place));
                    readers.extend(reads.map(|place| (*place, batch, 0)));
                    loads.extend(of.loads.iter().map(|memory| (*memory, batch, 0)));
                }
                continue;
            }
            last = None;
            let group = of.group.as_ref().filter(|group| !loose(mode, group));
            let start = arrangement.code.len();
            let code = &schedule.code[of.code.clone()];
            arrangement.code.extend_from_slice(code);
            let (kind, begin_of, count) = match group {
                Some(_) => (Kind::Groups, arrangement.groups.len(), 1),
                None => (Kind::Instructions(of.op), start, code.len()),
            };
            if let Some(group) = group {
                arrangement.groups.push(Group {
                    code: start..start + code.len(),
                    ..group.clone()
                });
            }
            let fits = |batch: &Batch| {
                (batch.kind, batch.mode, batch.domain) == (kind, mode, of.domain)
                    && batch.units.end == begin_of
                    && (mode != Mode::Woken || batch.units.len() < BATCH)
            };
            let batches = &mut arrangement.batches;
            match batches[begin..].last_mut().filter(|batch| fits(batch)) {
                Some(batch) => batch.units.end += count,
                None => {
                    batches.push(Batch {
                        kind,
                        mode,
                        units: begin_of..begin_of + count,
                        domain: of.domain,
                    });
                    arrangement.first_unit.push(arrangement.units.len() as u32);
                }
            }
            arrangement.units.push(unit as u32);
            if mode == Mode::Woken {
                let batch = batches.len() - 1;
                let bit = (batches[batch].units.len() - 1) as u8;
                let reader = |row: &u32| (*row, batch as u32, bit);
                readers.extend(of.reads.iter().map(reader));
                loads.extend(of.loads.iter().map(reader));
            }
        }
        arrangement.sections[section] = begin..arrangement.batches.len();
    }
    for (kind, all) in schedule.watched.iter().enumerate() {
        let begin = arrangement.batches.len();
        for (index, places) in all.iter().enumerate() {
            let bit = index % BATCH;
            if bit == 0 {
                arrangement.batches.push(Batch {
                    kind: Kind::Watchers,
                    mode: Mode::Woken,
                    units: index..(index + BATCH).min(all.len()),
                    domain: 0,
                });
                arrangement.first_unit.push(arrangement.units.len() as u32);
            }
            let batch = arrangement.batches.len() as u32 - 1;
            let reader = |place: &u32| (*place, batch, bit as u8);
            readers.extend(places.iter().map(reader));
            if kind == MEMORIES {
                loads.push((index as u32, batch, bit as u8));
            }
        }
        arrangement.watchers[kind] = begin..arrangement.batches.len();
    }
    // What reads a lane of a group reads the group.
    readers.sort_unstable();
    for (group, row) in arrangement.groups.iter_mut().zip(places as u32..) {
        let first = readers.partition_point(|reader| (reader.0 as usize) < group.results.start);
        let end = readers.partition_point(|reader| (reader.0 as usize) < group.results.end);
        let mut all: Vec<_> = readers[first..end]
            .iter()
            .map(|of| (row, of.1, of.2))
            .collect();
        all.sort_unstable();
        all.dedup();
        group.wakes_alike = all.len() * group.results.len() <= ALIKE * (end - first);
        readers.append(&mut all);
    }
    let memories = arrangement.memory_row(0);
    let loads = loads.into_iter();
    readers.extend(loads.map(|(memory, batch, bit)| (memory + memories as u32, batch, bit)));
    arrangement.readers = Readers::new(memories + schedule.watched[MEMORIES].len(), readers);
    arrangement
}

/// Whether the lanes of a group run as single instructions.
fn loose(mode: Mode, group: &Group) -> bool {
    mode != Mode::Woken && group.is_loose()
}

/// The units of a section in order: always those of the class of which most are ready, and then all
/// of them. A combinational unit runs after those whose results it reads, what writes a register
/// after all that read what was there before.
fn order(
    schedule: &Schedule,
    section: usize,
    mode: impl Fn(usize) -> Mode,
    paces: &[Pace],
    functions: bool,
    writer: &mut [u32],
) -> Vec<usize> {
    let range = schedule.sections[section].clone();
    let units = &schedule.units[range.clone()];
    writer.fill(u32::MAX);
    for (index, unit) in units.iter().enumerate() {
        unit.writes
            .clone()
            .for_each(|place| writer[place as usize] = index as u32);
    }
    let mut edges: Vec<(u32, u32)> = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        for &place in &unit.reads {
            let (of, index) = (writer[place as usize], index as u32);
            if of != u32::MAX && of != index {
                edges.push(if section == COMMITS {
                    (index, of)
                } else {
                    (of, index)
                });
            }
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let mut waiting = vec![0u32; units.len()];
    edges
        .iter()
        .for_each(|(_, after)| waiting[*after as usize] += 1);
    // Machine code has the first classes: what runs always, and then the clusters.
    let mut clusters: FastMap<u32, usize> = FastMap::default();
    let domains = match functions {
        true => units.iter().map(|unit| unit.domain as usize + 1).max(),
        false => None,
    };
    let domains = domains.unwrap_or(0);
    for pace in &paces[range.clone()] {
        if let Pace::Together(cluster) = pace {
            let next = domains + clusters.len();
            clusters.entry(*cluster).or_insert(next);
        }
    }
    let functions = domains + clusters.len();
    let classes: Vec<usize> = units
        .iter()
        .enumerate()
        .map(|(index, unit)| {
            match paces[range.start + index] {
                Pace::Always if domains > 0 => return unit.domain as usize,
                Pace::Together(cluster) => return clusters[&cluster],
                _ => {}
            }
            let mode = mode(range.start + index);
            let group = unit.group.as_ref();
            let op = match group.is_some_and(|group| !loose(mode, group)) {
                true => OP_COUNT,
                false => unit.op as usize,
            };
            functions + (unit.domain as usize * 3 + mode as usize) * (OP_COUNT + 1) + op
        })
        .collect();
    let most = classes.iter().max().map_or(0, |class| class + 1);
    let mut ready: Vec<VecDeque<u32>> = vec![VecDeque::new(); most];
    for (index, waiting) in waiting.iter().enumerate() {
        if *waiting == 0 {
            ready[classes[index]].push_back(index as u32);
        }
    }
    let mut order = Vec::with_capacity(units.len());
    // Machine code waits until nothing else can run: so there are few functions. What runs always
    // waits for the clusters too.
    let rank = |class: usize, ready: &VecDeque<u32>| match ready.len() {
        0 => (0, 0),
        count if class < domains => (1, count),
        count if class < functions => (2, count),
        count => (3, count),
    };
    while let Some(class) = (0..most)
        .rev()
        .max_by_key(|class| rank(*class, &ready[*class]))
    {
        if ready[class].is_empty() {
            break;
        }
        while let Some(unit) = ready[class].pop_back() {
            order.push(range.start + unit as usize);
            let first = edges.partition_point(|(before, _)| *before < unit);
            for (_, after) in edges[first..].iter().take_while(|edge| edge.0 == unit) {
                waiting[*after as usize] -= 1;
                if waiting[*after as usize] == 0 {
                    ready[classes[*after as usize]].push_back(*after);
                }
            }
        }
    }
    assert_eq!(order.len(), units.len(), "combinational loop");
    order
}
