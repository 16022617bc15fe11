//! Settling, rising edges and resets.

use super::Simulator;
use super::activity::BATCH;
use super::arrange::{Arrangement, Kind, Mode};
use super::compile::{DomainLayout, Model};
use super::demand::{BEFORE_EDGE, PROGRAMS};
use super::memory::{MemoryLayout, WriteLayout};
use super::property::{Failure, MOST_FAILURES};
use super::schedule::{COMMITS, MEMORIES, PROPERTIES};
use crate::ir::PropertyKind;
use std::sync::Arc;

/// Which domains have an edge.
#[derive(Clone, Copy)]
enum Edge {
    All,
    One(u32),
}

impl Edge {
    fn is_one(self) -> bool {
        matches!(self, Edge::One(_))
    }

    fn has(self, domain: u32) -> bool {
        match self {
            Edge::All => true,
            Edge::One(one) => one == domain,
        }
    }
}

impl DomainLayout {
    fn in_reset(&self, values: &[u64]) -> bool {
        self.reset
            .is_some_and(|(place, asserted)| values[place as usize] == asserted)
    }
}

impl Simulator {
    /// Settles all combinational logic. Reading a signal does it as far as needed.
    pub fn eval(&mut self) {
        self.settle(PROGRAMS as u8);
    }

    /// Runs the first `level` combinational programs unless they are up to date.
    #[inline]
    pub(super) fn settle(&mut self, level: u8) {
        while self.settled < level {
            let program = self.settled as usize;
            self.machine().run_program(program);
            self.settled += 1;
        }
    }

    /// One rising edge of every clock.
    pub fn step(&mut self) {
        self.edge(Edge::All);
    }

    /// `cycles` rising edges of every clock with the inputs as they are.
    pub fn run(&mut self, cycles: u64) {
        for _ in 0..cycles {
            self.edge(Edge::All);
        }
    }

    /// One rising edge of one clock, by the name of its port.
    #[track_caller]
    pub fn step_domain(&mut self, clock: &str) {
        let mut domains = self.model.domains.iter();
        match domains.position(|domain| domain.clock == clock) {
            Some(domain) => self.edge(Edge::One(domain as u32)),
            None => {
                let clocks = self.model.domains.iter().map(|domain| domain.clock.clone());
                let hint = super::names::suggestion(clock, clocks);
                panic!("the design has no clock `{clock}`{hint}");
            }
        }
    }

    /// Asserts every reset for `cycles` rising edges of every clock, then releases it.
    pub fn reset(&mut self, cycles: u64) {
        self.set_reset(true);
        self.run(cycles);
        self.set_reset(false);
    }

    /// Asserts or releases every reset of the top module.
    pub fn set_reset(&mut self, asserted: bool) {
        let model = Arc::clone(&self.model);
        for domain in &model.domains {
            if let Some((place, active)) = domain.reset {
                self.change(place as usize, active ^ u64::from(!asserted));
            }
        }
        self.reset_at_once();
    }

    /// Gives the registers of asserted asynchronous resets their reset values.
    pub(super) fn reset_at_once(&mut self) {
        let model = Arc::clone(&self.model);
        for domain in &model.domains {
            if domain.in_reset(&self.values) {
                for &(place, value) in &domain.asynchronous {
                    self.change(place as usize, value);
                }
            }
        }
        self.wake_commits(|_| true);
        self.settled = 0;
    }

    /// Lets all units that write registers of these domains run at the next edge: something else
    /// has written them.
    pub(super) fn wake_commits(&mut self, domains: impl Fn(u32) -> bool) {
        let Arrangement {
            batches,
            sections,
            watchers,
            ..
        } = &*self.arrangement;
        let memories = watchers[MEMORIES].clone();
        for number in sections[COMMITS].clone().chain(memories) {
            let batch = &batches[number];
            if batch.mode == Mode::Woken && (batch.kind == Kind::Watchers || domains(batch.domain))
            {
                let units = u64::MAX >> (BATCH - batch.units.len());
                self.activity.wake_units(number, units);
            }
        }
    }

    /// What stands at a place.
    #[inline]
    pub(super) fn at(&self, place: usize) -> u64 {
        match self.model.schedule.narrow[place] {
            true => u64::from(self.lanes[place]),
            false => self.values[place],
        }
    }

    /// Gives a place a value.
    #[inline]
    pub(super) fn change(&mut self, place: usize, value: u64) {
        if self.at(place) != value {
            self.values[place] = value;
            self.lanes[place] = value as u32;
            self.activity.wake(&self.arrangement.readers, place);
        }
    }

    fn edge(&mut self, edge: Edge) {
        if self.cycle == self.learning.next {
            self.learn();
        }
        self.settle(BEFORE_EDGE);
        if self.trace.is_some() {
            self.record_trace(|domain| edge.has(domain));
        }
        self.check(edge);
        // Memories come first: what they read is not yet overwritten.
        self.access(edge);
        self.machine().run_commits(|domain| edge.has(domain));
        for index in 0..self.read.len() {
            let (place, word) = self.read[index];
            self.change(place as usize, word);
        }
        for domain in 0..self.model.domains.len() {
            let of = &self.model.domains[domain];
            if edge.has(domain as u32) && of.in_reset(&self.values) {
                let model = Arc::clone(&self.model);
                for &(place, value) in &model.domains[domain].reset_values {
                    self.change(place as usize, value);
                }
                self.wake_commits(|of| of == domain as u32);
            }
        }
        self.settled = 0;
        self.cycle += 1;
    }

    /// Checks properties on the values before an edge.
    fn check(&mut self, edge: Edge) {
        let Model {
            domains,
            properties,
            ..
        } = &*self.model;
        let arrangement = &*self.arrangement;
        let mut batches = arrangement.watchers[PROPERTIES].clone();
        while let Some(number) = self.activity.next(&batches) {
            let mut units = self.activity.take(number);
            while units != 0 {
                let bit = units.trailing_zeros() as usize;
                units &= units - 1;
                let index = arrangement.batches[number].units.start + bit;
                let property = &properties[index];
                let holds = self.values[property.condition as usize] != 0;
                let stands = holds == (property.kind == PropertyKind::Cover);
                let standing = &mut self.standing[index / 64];
                *standing = *standing & !(1 << (index % 64)) | u64::from(stands) << (index % 64);
            }
            batches.start = number + 1;
        }
        let active =
            |domain: u32| edge.has(domain) && !domains[domain as usize].in_reset(&self.values);
        for (index, &standing) in self.standing.iter().enumerate() {
            let mut standing = standing;
            while standing != 0 {
                let property = &properties[index * 64 + standing.trailing_zeros() as usize];
                standing &= standing - 1;
                if !active(property.domain) {
                    continue;
                }
                if property.kind == PropertyKind::Cover {
                    self.covers[property.cover].count += 1;
                } else {
                    let message = || property.message.clone();
                    push(&mut self.failures, self.cycle, &property.path, message);
                }
            }
        }
    }

    /// Checks the rules of memories, samples their read ports and stores what their write ports
    /// say, for those memories of which something has changed.
    fn access(&mut self, edge: Edge) {
        self.read.clear();
        let Model {
            domains, memories, ..
        } = &*self.model;
        let arrangement = &*self.arrangement;
        let mut batches = arrangement.watchers[MEMORIES].clone();
        while let Some(number) = self.activity.next(&batches) {
            let mut units = self.activity.take(number);
            while units != 0 {
                let bit = units.trailing_zeros() as usize;
                units &= units - 1;
                let index = arrangement.batches[number].units.start + bit;
                let (memory, array) = (&memories[index], &mut self.arrays[index]);
                let mut again = edge.is_one();
                if memory.has_rules {
                    let mut fail = |of: &[u32], message: String| {
                        again = true;
                        let in_reset =
                            |domain: u32| domains[domain as usize].in_reset(&self.values);
                        let active = of
                            .iter()
                            .all(|domain| edge.has(*domain) && !in_reset(*domain));
                        if active {
                            push(&mut self.failures, self.cycle, &memory.path, || message);
                        }
                        active
                    };
                    check_memory(memory, &self.values, &mut fail);
                }
                for port in memory.reads.iter().filter(|port| edge.has(port.domain)) {
                    let read = &mut self.read;
                    memory.read(port, &self.values, array, |place, word| {
                        read.push((place, word))
                    });
                }
                let mut written = false;
                for port in memory.writes.iter().filter(|port| edge.has(port.domain)) {
                    written |= memory.write(port, &self.values, array);
                }
                if written {
                    let row = arrangement.memory_row(index);
                    self.activity.wake(&arrangement.readers, row);
                }
                if again {
                    self.activity.wake_units(number, 1 << bit);
                }
            }
            batches.start = number + 1;
        }
    }
}

fn push(failures: &mut Vec<Failure>, cycle: u64, path: &str, message: impl FnOnce() -> String) {
    if failures.len() < MOST_FAILURES {
        failures.push(Failure {
            cycle,
            path: path.to_owned(),
            message: message(),
        });
    }
}

/// Tells all rules that an access breaks, each with the domains at whose edges it counts; it is told
/// whether they have one now.
#[inline]
fn check_memory(
    memory: &MemoryLayout,
    values: &[u64],
    fail: &mut impl FnMut(&[u32], String) -> bool,
) {
    let depth = memory.depth;
    for port in &memory.writes {
        if memory.writes(port, values) && memory.address(values, port.address).is_none() {
            fail(&[port.domain], format!("write at or beyond depth {depth}"));
        }
    }
    for &(domain, address) in &memory.asynchronous {
        if memory.address(values, address).is_none() {
            fail(&[domain], format!("read at or beyond depth {depth}"));
        }
    }
    for port in &memory.reads {
        if port
            .enable
            .is_some_and(|enable| values[enable as usize] == 0)
        {
            continue;
        }
        let Some(address) = memory.address(values, port.address) else {
            fail(&[port.domain], format!("read at or beyond depth {depth}"));
            continue;
        };
        if memory.no_collision {
            let collides = |write: &&WriteLayout| {
                memory.address(values, write.address) == Some(address)
                    && memory.writes(write, values)
            };
            let message =
                || format!("read of address {address} in the cycle in which it is written");
            let mut writes = memory.writes.iter().filter(collides);
            writes.any(|write| fail(&[port.domain, write.domain], message()));
        }
    }
}
