//! The steps of an example, and those that every core begins with.

use super::{Action, Step};
use crate::isa::{Access, Register, RegisterMap};

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

    pub fn close_once(&mut self, first: usize) {
        let behind = &self.steps[first..];
        let packets = behind.iter().filter(|step| step.action == Action::Offer);
        self.steps[first - 1].data = (packets.count() << 16 | behind.len()) as u32;
    }

    /// Steps that are taken so many times.
    pub fn repeat(&mut self, times: u32, steps: impl FnOnce(&mut Script)) {
        let first = self.steps.len();
        steps(self);
        let back = (self.steps.len() - first) as u32;
        self.then(Action::Repeat, back << 16 | (times - 1));
    }

    /// What every register reads as behind a reset, that those which hold something hold each byte of it,
    /// that strobes count, and what is answered where there is no register.
    pub fn registers(&mut self) {
        let registers = self.map.registers.clone();
        for register in &registers {
            self.read(Action::Read, &register.name, register.reset_word(), "");
        }
        for register in &registers {
            self.holds(register);
        }
        self.then(Action::Quiet, 0);
        self.then(Action::StrayWrite, u32::MAX);
        self.then(Action::StrayRead, 0);
    }

    fn holds(&mut self, register: &Register) {
        let fields = register.fields.iter();
        let fields = fields.filter(|field| field.access == Access::ReadWrite);
        let mask = fields.fold(0, |mask, field| mask | field.mask());
        if mask == 0 {
            return;
        }
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
