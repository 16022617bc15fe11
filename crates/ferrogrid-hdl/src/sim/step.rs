//! Settling, rising edges and resets.

use super::Simulator;
use super::compile::{DomainLayout, Model};
use super::memory::{MemoryLayout, ReadLayout, WriteLayout};
use super::property::{Failure, MOST_FAILURES};
use super::schedule::{BEFORE_EDGE, PROGRAMS};
use crate::ir::PropertyKind;

/// Which domains have an edge.
#[derive(Clone, Copy)]
enum Edge {
    All,
    One(u32),
}

impl Edge {
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
            let schedule = &self.model.schedule;
            let program = &schedule.programs[self.settled as usize];
            program.run(&mut self.values, &self.arrays, &schedule.tables);
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
        for domain in &self.model.domains {
            if let Some((place, active)) = domain.reset {
                self.values[place as usize] = active ^ u64::from(!asserted);
            }
        }
        self.reset_at_once();
    }

    /// Gives the registers of asserted asynchronous resets their reset values.
    pub(super) fn reset_at_once(&mut self) {
        let shadow = self.model.schedule.shadow;
        for domain in &self.model.domains {
            if domain.in_reset(&self.values) {
                for &(place, value) in &domain.asynchronous {
                    self.values[place as usize] = value;
                    self.values[place as usize + shadow] = value;
                }
            }
        }
        self.settled = 0;
    }

    fn edge(&mut self, edge: Edge) {
        self.settle(BEFORE_EDGE);
        if self.trace.is_some() {
            self.record_trace(|domain| edge.has(domain));
        }
        self.check(edge);
        let model = &*self.model;
        let schedule = &model.schedule;
        let shadow = schedule.shadow;
        let domains = || {
            model
                .domains
                .iter()
                .enumerate()
                .filter(|(d, _)| edge.has(*d as u32))
        };
        for (index, domain) in domains() {
            schedule.commits[index].run(&mut self.values, &self.arrays, &schedule.tables);
            if domain.in_reset(&self.values) {
                for &(place, value) in &domain.reset_values {
                    self.values[place as usize + shadow] = value;
                }
            }
        }
        for (memory, array) in model.memories.iter().zip(&mut self.arrays) {
            for port in memory.reads.iter().filter(|port| edge.has(port.domain)) {
                memory.read(port, &mut self.values, array, shadow);
            }
            for port in memory.writes.iter().filter(|port| edge.has(port.domain)) {
                memory.write(port, &self.values, array);
            }
        }
        for (index, _) in domains() {
            let state = schedule.state[index].clone();
            let next = state.start + shadow..state.end + shadow;
            self.values.copy_within(next, state.start);
        }
        self.settled = 0;
        self.cycle += 1;
    }

    /// Checks properties and memory rules on the values before an edge.
    fn check(&mut self, edge: Edge) {
        let Model {
            domains,
            properties,
            memories,
            ..
        } = &*self.model;
        let active =
            |domain: u32| edge.has(domain) && !domains[domain as usize].in_reset(&self.values);
        let mut failed = Failures {
            cycle: self.cycle,
            failures: &mut self.failures,
        };
        for property in properties {
            let holds = self.values[property.condition as usize] != 0;
            match property.kind {
                PropertyKind::Cover if holds && active(property.domain) => {
                    self.covers[property.cover].count += 1;
                }
                PropertyKind::Assert | PropertyKind::Assume
                    if !holds && active(property.domain) =>
                {
                    failed.push(&property.path, || property.message.clone());
                }
                _ => {}
            }
        }
        for memory in memories.iter().filter(|memory| memory.has_rules) {
            check_memory(memory, &self.values, active, &mut failed);
        }
    }
}

/// Where failures of one edge go.
struct Failures<'a> {
    cycle: u64,
    failures: &'a mut Vec<Failure>,
}

impl Failures<'_> {
    fn push(&mut self, path: &str, message: impl FnOnce() -> String) {
        if self.failures.len() < MOST_FAILURES {
            let (cycle, path) = (self.cycle, path.to_owned());
            self.failures.push(Failure {
                cycle,
                path,
                message: message(),
            });
        }
    }
}

fn check_memory(
    memory: &MemoryLayout,
    values: &[u64],
    active: impl Fn(u32) -> bool,
    failed: &mut Failures<'_>,
) {
    let reading = |port: &ReadLayout| {
        port.enable
            .is_none_or(|enable| values[enable as usize] != 0)
            && active(port.domain)
    };
    let writing = |port: &WriteLayout| memory.writes(port, values) && active(port.domain);
    let depth = memory.depth;
    for port in &memory.writes {
        if writing(port) && memory.address(values, port.address).is_none() {
            failed.push(&memory.path, || format!("write at or beyond depth {depth}"));
        }
    }
    for &(domain, address) in &memory.asynchronous {
        if active(domain) && memory.address(values, address).is_none() {
            failed.push(&memory.path, || format!("read at or beyond depth {depth}"));
        }
    }
    for port in &memory.reads {
        if !reading(port) {
            continue;
        }
        let Some(address) = memory.address(values, port.address) else {
            failed.push(&memory.path, || format!("read at or beyond depth {depth}"));
            continue;
        };
        if memory.no_collision {
            let collides = |write: &WriteLayout| {
                memory.address(values, write.address) == Some(address) && writing(write)
            };
            if memory.writes.iter().any(collides) {
                failed.push(&memory.path, || {
                    format!("read of address {address} in the cycle in which it is written")
                });
            }
        }
    }
}
