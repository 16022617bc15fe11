//! What each unit knows of the steps of the others.

use super::Source;
use crate::isa::npu::{Instruction, SEMAPHORE_MAX, SEMAPHORES, Signal, Synchronization, Unit};
use std::collections::VecDeque;

/// Units.
pub(super) const UNITS: usize = Unit::ALL.len();

/// Of each unit the steps that have surely ended.
pub(super) type Clock = [u32; UNITS];

fn join(clock: &mut Clock, other: &Clock) {
    for (mine, theirs) in clock.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

/// A semaphore.
#[derive(Clone, Debug, Default)]
struct Semaphore {
    /// The clock of each signal that was not taken.
    tokens: VecDeque<Clock>,
    /// Who signals, and who waits.
    signaller: Option<Unit>,
    waiter: Option<Unit>,
    /// Signals so far.
    signals: u32,
    /// The waiter's step of each taking, and all that was taken with it.
    taken: Vec<(u32, u32)>,
}

/// The clocks, and what hands them from unit to unit.
pub(super) struct Clocks {
    now: [Clock; UNITS],
    semaphores: Vec<Semaphore>,
    /// The signal of the instruction under way, and its steps since the last one.
    signal: Option<Signal>,
    steps: u32,
    signalled: bool,
    /// Tiles that were written, and places in the ring that are free, each with a clock.
    tiles: VecDeque<Clock>,
    places: VecDeque<Clock>,
    /// The banks of MATRIX, and those of VECTOR.
    banks: [BankClocks; 2],
}

/// The two banks of a unit.
struct BankClocks {
    /// Those that are handed over, and those that are free.
    full: VecDeque<Clock>,
    free: VecDeque<Clock>,
}

impl Clocks {
    pub fn new(ring_tiles: usize) -> Self {
        Clocks {
            now: [[0; UNITS]; UNITS],
            semaphores: vec![Semaphore::default(); SEMAPHORES as usize],
            signal: None,
            steps: 0,
            signalled: false,
            tiles: VecDeque::new(),
            places: vec![[0; UNITS]; ring_tiles].into(),
            banks: [(); 2].map(|_| BankClocks {
                full: VecDeque::new(),
                free: vec![[0; UNITS]; 2].into(),
            }),
        }
    }

    /// What a unit knows.
    pub fn of(&self, unit: Unit) -> Clock {
        self.now[unit as usize]
    }

    /// A unit begins an instruction: its waits.
    pub fn begin(&mut self, unit: Unit, synchronization: &Synchronization) -> Result<(), String> {
        let [a, b] = synchronization.waits;
        if a.count > 0 && b.count > 0 && a.semaphore == b.semaphore {
            return Err(format!("it waits for semaphore {} twice", a.semaphore));
        }
        for wait in [a, b] {
            if wait.count == 0 {
                continue;
            }
            let semaphore = &mut self.semaphores[wait.semaphore as usize];
            let waiter = *semaphore.waiter.get_or_insert(unit);
            if waiter != unit {
                return Err(format!(
                    "{} and {} both wait for semaphore {}: which comes first depends on timing",
                    waiter.name(),
                    unit.name(),
                    wait.semaphore
                ));
            }
            let there = semaphore.tokens.len() as u32;
            if there < wait.count {
                return Err(format!(
                    "it waits for {} of semaphore {}, which has {there} when all before it have ended: it may wait for ever",
                    wait.count, wait.semaphore
                ));
            }
            for token in semaphore.tokens.drain(..wait.count as usize) {
                join(&mut self.now[unit as usize], &token);
            }
            let before = semaphore.taken.last().map_or(0, |(_, count)| *count);
            let step = self.now[unit as usize][unit as usize] + 1;
            semaphore.taken.push((step, before + wait.count));
        }
        self.signal = synchronization.signal;
        self.steps = 0;
        self.now[unit as usize][unit as usize] += 1;
        Ok(())
    }

    /// A step has ended.
    pub fn step(&mut self, unit: Unit) -> Result<(), String> {
        self.steps += 1;
        self.signalled = false;
        if let Some(signal) = self.signal
            && signal.period == self.steps
        {
            self.steps = 0;
            self.give(unit, signal.semaphore)?;
        }
        self.now[unit as usize][unit as usize] += 1;
        Ok(())
    }

    /// An instruction has ended: the signal of a last period that is shorter.
    pub fn end(&mut self, unit: Unit) -> Result<(), String> {
        match self.signal {
            Some(signal) if self.steps > 0 => self.give(unit, signal.semaphore),
            _ => Ok(()),
        }
    }

    fn give(&mut self, unit: Unit, number: u32) -> Result<(), String> {
        let clock = self.now[unit as usize];
        let semaphore = &mut self.semaphores[number as usize];
        let signaller = *semaphore.signaller.get_or_insert(unit);
        if signaller != unit {
            return Err(format!(
                "{} and {} both signal semaphore {number}: who waits cannot tell them apart",
                signaller.name(),
                unit.name()
            ));
        }
        semaphore.signals += 1;
        semaphore.tokens.push_back(clock);
        let surely_taken = semaphore.waiter.map_or(0, |waiter| {
            let known = clock[waiter as usize];
            let before = semaphore
                .taken
                .iter()
                .rev()
                .find(|(step, _)| *step <= known);
            before.map_or(0, |(_, count)| *count)
        });
        match semaphore.signals - surely_taken {
            count if count <= SEMAPHORE_MAX => Ok(()),
            count => Err(format!(
                "semaphore {number} may count to {count}, beyond {SEMAPHORE_MAX}"
            )),
        }
    }

    /// Instructions behind a fence come after all steps of these units.
    pub fn fence(&mut self, units: u32) {
        let mut all = [0; UNITS];
        for unit in (0..UNITS).filter(|unit| units >> unit & 1 == 1) {
            join(&mut all, &self.now[unit]);
        }
        for clock in &mut self.now {
            join(clock, &all);
        }
    }

    /// Fences and ends neither wait nor signal.
    pub fn refuse_synchronization(&self, instruction: &Instruction) -> Result<(), String> {
        match instruction.synchronization == Synchronization::default() {
            true => Ok(()),
            false => Err("it has no unit that could wait or signal".into()),
        }
    }

    /// LOAD takes a place in the ring and fills it.
    pub fn tile_written(&mut self) -> Result<(), String> {
        let place = self
            .places
            .pop_front()
            .ok_or("the ring is full when all before it have ended: it may wait for ever")?;
        join(&mut self.now[Unit::Load as usize], &place);
        self.tiles.push_back(self.now[Unit::Load as usize]);
        Ok(())
    }

    /// MATRIX uses a tile.
    pub fn tile_used(&mut self, tile: usize) {
        let clock = self.tiles[tile];
        join(&mut self.now[Unit::Matrix as usize], &clock);
    }

    /// The oldest tile leaves the ring.
    pub fn tile_released(&mut self) {
        self.tiles.pop_front();
        self.places.push_back(self.now[Unit::Matrix as usize]);
    }

    /// MATRIX or VECTOR takes a free bank.
    pub fn bank_taken(&mut self, source: Source) {
        let clock = self.banks[source as usize].free.pop_front();
        let clock = clock.expect("a bank is free");
        join(&mut self.now[source.unit() as usize], &clock);
    }

    /// It hands the bank over.
    pub fn bank_handed_over(&mut self, source: Source) {
        let clock = self.now[source.unit() as usize];
        self.banks[source as usize].full.push_back(clock);
    }

    /// POST takes what was handed over.
    pub fn bank_received(&mut self, source: Source) {
        let clock = self.banks[source as usize].full.pop_front();
        let clock = clock.expect("a bank was handed over");
        join(&mut self.now[Unit::Post as usize], &clock);
    }

    /// POST frees it.
    pub fn bank_freed(&mut self, source: Source) {
        let clock = self.now[Unit::Post as usize];
        self.banks[source as usize].free.push_back(clock);
    }
}
