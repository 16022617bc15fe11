//! The steps of an example, and those that every core begins with.

use super::{Action, Step};
use crate::isa::{Access, Field, Register, RegisterMap};

/// Strobes of a whole word.
const ALL_BYTES: u32 = 0xf;

/// Steps, in the order in which they are asked for.
pub(super) struct Script {
    map: RegisterMap,
    pub steps: Vec<Step>,
}

impl Script {
    pub fn new(map: RegisterMap) -> Script {
        let steps = Vec::new();
        Script { map, steps }
    }

    fn step(&mut self, action: Action, register: &str, mask: u32, data: u32, note: &'static str) {
        self.steps.push(Step {
            action,
            register: register.to_owned(),
            mask,
            data,
            note,
        });
    }

    /// A step that is about no register.
    pub fn then(&mut self, action: Action, data: u32) {
        self.step(action, "", 0, data, "");
    }

    pub fn write(&mut self, register: &str, data: u32, note: &'static str) {
        self.step(Action::Write, register, ALL_BYTES, data, note);
    }

    /// A write of some bytes.
    pub fn strobed(&mut self, register: &str, strobes: u32, data: u32) {
        self.step(Action::Write, register, strobes, data, "");
    }

    /// A write that starts a job or ends all.
    pub fn order(&mut self, action: Action, register: &str, data: u32, note: &'static str) {
        self.step(action, register, ALL_BYTES, data, note);
    }

    /// A read of one of the kinds, of all bits.
    pub fn read(&mut self, action: Action, register: &str, data: u32, note: &'static str) {
        self.step(action, register, u32::MAX, data, note);
    }

    /// Reads until these bits are as they must be.
    pub fn poll(&mut self, register: &str, mask: u32, data: u32, note: &'static str) {
        self.step(Action::Poll, register, mask, data, note);
    }

    /// What follows up to [`close_once`](Self::close_once) is for the first pass alone.
    pub fn open_once(&mut self) -> usize {
        self.then(Action::Once, 0);
        self.steps.len()
    }

    /// What follows up to [`close_once`](Self::close_once) takes long: it can be left out.
    pub fn open_long(&mut self) -> usize {
        self.step(Action::Once, "", 1, 0, "takes long");
        self.steps.len()
    }

    pub fn close_once(&mut self, first: usize) {
        let behind = &self.steps[first..];
        let packets = behind.iter().filter(|step| step.action == Action::Offer);
        self.steps[first - 1].data = (packets.count() << 16 | behind.len()) as u32;
    }

    /// Steps that are taken so many times.
    pub fn repeat(&mut self, times: u32, steps: impl FnOnce(&mut Script)) {
        let first = self.open_loop();
        steps(self);
        self.close_loop(first, times);
    }

    /// What follows up to [`close_loop`](Self::close_loop) is done several times.
    pub fn open_loop(&mut self) -> usize {
        self.steps.len()
    }

    /// So many times, each time with the same packets.
    pub fn close_loop(&mut self, first: usize, times: u32) {
        let inside = &self.steps[first..];
        let packets = inside.iter().filter(|step| step.action == Action::Offer);
        let (back, packets) = (inside.len() as u32, packets.count() as u32);
        self.step(Action::Repeat, "", packets, back << 16 | (times - 1), "");
    }

    /// What every register reads as behind a reset, that those which hold something hold each byte of it, the others
    /// nothing, that strobes count, and what is answered where there is no register.
    pub fn registers(&mut self) {
        let registers = self.map.registers.clone();
        for register in &registers {
            self.read(Action::Read, &register.name, register.reset_word(), "");
        }
        for register in &registers {
            match held(register) {
                0 if !register.fields.iter().any(is_pulse) => self.ignores(register),
                0 => {}
                mask => self.holds(register, mask),
            }
        }
        for register in &registers {
            self.read(Action::Read, &register.name, register.reset_word(), "");
        }
        self.then(Action::Quiet, 0);
        self.then(Action::StrayWrite, u32::MAX);
        self.then(Action::StrayRead, 0);
        let first = registers.iter().find(|register| held(register) != 0);
        if let Some(register) = first {
            let (name, word) = (&*register.name, 0x69a5_5a96);
            self.order(Action::Pair, name, word, "both are answered");
            self.read(Action::Read, name, word & held(register), "");
            self.write(name, register.reset_word(), "");
        }
    }

    /// Everything that a reset must bring back is something else.
    pub fn disturb(&mut self) {
        let registers = self.map.registers.clone();
        for register in registers.iter().filter(|register| held(register) != 0) {
            self.write(&register.name, !register.reset_word(), "the reset ends it");
        }
    }

    /// Writes what nothing holds: all ones, or the complement of what it shows.
    fn ignores(&mut self, register: &Register) {
        let (name, word) = (&*register.name, register.reset_word());
        self.write(name, !word, "changes nothing");
        self.read(Action::Read, name, word, "");
    }

    fn holds(&mut self, register: &Register, mask: u32) {
        let (name, reset) = (&*register.name, register.reset_word());
        let pattern = 0xa5c3_965a;
        let bytes = |strobes: u32| (0..4).filter(move |byte| strobes >> byte & 1 == 1);
        let mut held = pattern;
        self.write(name, pattern, "");
        self.read(Action::Read, name, held & mask, "");
        for strobes in [0b0101, 0b1010] {
            let changed = bytes(strobes).fold(0, |bits, byte| bits | 0xff << (8 * byte));
            // Bytes without a strobe are shown what they must not become.
            let data = (!pattern & changed) | (!held & !changed);
            held = (data & changed) | (held & !changed);
            self.strobed(name, strobes, data);
            self.read(Action::Read, name, held & mask, "");
            if strobes == 0b0101 {
                self.step(Action::Write, name, 0, 0, "no byte of it");
                self.read(Action::Read, name, held & mask, "");
            }
        }
        self.write(name, reset, "");
    }
}

/// The bits of a register that hold what is written.
fn held(register: &Register) -> u32 {
    let fields = register.fields.iter();
    let fields = fields.filter(|field| field.access == Access::ReadWrite);
    fields.fold(0, |mask, field| mask | field.mask())
}

/// A write of 1 does something.
fn is_pulse(field: &Field) -> bool {
    field.access == Access::WritePulse
}
