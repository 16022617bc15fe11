//! Reading and setting signals and memory words from outside.

use super::Simulator;
use super::compile::digits;
use super::names::{Handle, Role, suggestion};
use super::wide::{top_mask, words_of};
use crate::{Shape, unsigned};
use num_bigint::{BigInt, BigUint};
use std::sync::Arc;

/// A signal by name or by [`Handle`].
pub trait SignalRef {
    /// The handle in this simulator; panics with the nearest names when there is none.
    fn handle(&self, simulator: &Simulator) -> Handle;

    /// The signal in messages.
    fn describe(&self) -> String;
}

impl SignalRef for Handle {
    fn handle(&self, _: &Simulator) -> Handle {
        *self
    }

    fn describe(&self) -> String {
        "the signal".to_owned()
    }
}

impl SignalRef for str {
    #[track_caller]
    fn handle(&self, simulator: &Simulator) -> Handle {
        match simulator.signal(self) {
            Some(handle) => handle,
            None => {
                let hint = suggestion(self, simulator.model.names.paths());
                panic!("the design has no signal `{self}`{hint}");
            }
        }
    }

    fn describe(&self) -> String {
        format!("`{self}`")
    }
}

impl SignalRef for String {
    #[track_caller]
    fn handle(&self, simulator: &Simulator) -> Handle {
        self.as_str().handle(simulator)
    }

    fn describe(&self) -> String {
        self.as_str().describe()
    }
}

impl<T: SignalRef + ?Sized> SignalRef for &T {
    #[track_caller]
    fn handle(&self, simulator: &Simulator) -> Handle {
        (**self).handle(simulator)
    }

    fn describe(&self) -> String {
        (**self).describe()
    }
}

impl Simulator {
    /// The signal of this name, if there is one.
    pub fn signal(&self, name: &str) -> Option<Handle> {
        self.model.names.find(name)
    }

    /// The names of all signals, in the order of the hierarchy.
    pub fn signals(&self) -> impl Iterator<Item = String> {
        self.model.names.paths()
    }

    /// Variant names of an enumeration register, or of a wire or port that shows its value.
    pub fn state_names(&self, signal: impl SignalRef) -> Option<&[String]> {
        let handle = signal.handle(self);
        self.model.names.states(handle).map(|names| &**names)
    }

    /// Sets a top input, a reset or a register. Panics when the value does not fit the shape.
    #[track_caller]
    pub fn poke(&mut self, signal: impl SignalRef, value: impl Into<BigInt>) {
        let handle = signal.handle(self);
        assert!(
            handle.role != Role::Computed,
            "{} is computed and cannot be set",
            signal.describe()
        );
        let bits = fit(&value.into(), handle.shape, || signal.describe());
        let words = digits(&bits, words_of(handle.shape.width) as usize);
        self.set_words(handle, &words);
    }

    /// The settled value of a signal.
    #[track_caller]
    pub fn peek(&mut self, signal: impl SignalRef) -> BigInt {
        let handle = signal.handle(self);
        let bits = from_digits(self.words(handle));
        handle.shape.from_bits(&bits)
    }

    /// Sets the bits of a signal of at most 64 bits; bits beyond its width are dropped. Panics
    /// when the signal is wider: [`set_words`](Self::set_words) takes those.
    #[track_caller]
    #[inline]
    pub fn set(&mut self, handle: Handle, bits: u64) {
        assert!(
            handle.shape.width <= 64,
            "use `set_words` for more than 64 bits"
        );
        self.store(handle, 0, bits & top_mask(handle.shape.width));
    }

    /// The settled bits of a signal of at most 64 bits, not sign-extended. Panics when the signal
    /// is wider: [`words`](Self::words) gives those.
    #[track_caller]
    #[inline]
    pub fn get(&mut self, handle: Handle) -> u64 {
        assert!(
            handle.shape.width <= 64,
            "use `words` for more than 64 bits"
        );
        self.settle(handle.level);
        self.at(handle.place as usize)
    }

    /// Sets the bits of a signal from words, lowest first; bits beyond its width are dropped.
    #[track_caller]
    pub fn set_words(&mut self, handle: Handle, words: &[u64]) {
        let count = words_of(handle.shape.width) as usize;
        assert_eq!(
            words.len(),
            count,
            "a signal of {} has {count} words",
            handle.shape
        );
        for (index, &word) in words.iter().enumerate() {
            let last = index + 1 == count;
            let mask = if last {
                top_mask(handle.shape.width)
            } else {
                u64::MAX
            };
            self.store(handle, index, word & mask);
        }
    }

    /// The settled bits of a signal in words, lowest first.
    pub fn words(&mut self, handle: Handle) -> &[u64] {
        self.settle(handle.level);
        let start = handle.place as usize;
        let places = start..start + words_of(handle.shape.width) as usize;
        self.show(places.clone());
        &self.values[places]
    }

    /// Brings what narrow lanes hold among the words.
    pub(super) fn show(&mut self, places: std::ops::Range<usize>) {
        for place in places {
            self.values[place] = self.at(place);
        }
    }

    #[track_caller]
    #[inline]
    fn store(&mut self, handle: Handle, word: usize, bits: u64) {
        let place = handle.place as usize + word;
        if self.at(place) == bits {
            assert!(
                handle.role != Role::Computed,
                "a computed signal cannot be set"
            );
            return;
        }
        self.change(place, bits);
        match handle.role {
            // The first program does not read inputs.
            Role::Input => self.settled = self.settled.min(1),
            Role::AsynchronousReset => self.reset_at_once(),
            Role::State => {
                self.settled = 0;
                self.wake_commits(|_| true);
            }
            Role::Computed => panic!("a computed signal cannot be set"),
        }
    }

    /// The word of a memory at an address.
    #[track_caller]
    pub fn peek_memory(&self, name: &str, address: usize) -> BigUint {
        from_digits(&self.memory_words(name, address..address + 1))
    }

    /// Overwrites the word of a memory at an address. Panics when the value does not fit.
    #[track_caller]
    pub fn poke_memory(&mut self, name: &str, address: usize, value: impl Into<BigInt>) {
        let memory = &self.model.memories[self.memory(name, address)];
        let bits = fit(&value.into(), unsigned(memory.width), || {
            format!("a word of memory `{name}`")
        });
        let digits = digits(&bits, memory.words());
        self.set_memory_words(name, address, &digits);
    }

    /// The words of a memory at these addresses, each in its 64-bit digits, lowest first.
    #[track_caller]
    pub fn memory_words(&self, name: &str, addresses: std::ops::Range<usize>) -> Vec<u64> {
        let Some(last) = addresses.clone().next_back() else {
            return Vec::new();
        };
        let index = self.memory(name, last);
        let memory = &self.model.memories[index];
        let mut words = vec![0; addresses.len() * memory.words()];
        memory.load(addresses.start, &self.arrays[index], &mut words);
        words
    }

    /// Overwrites words of a memory from an address on, in the form of
    /// [`memory_words`](Self::memory_words). Bits beyond the width must be 0.
    #[track_caller]
    pub fn set_memory_words(&mut self, name: &str, first: usize, digits: &[u64]) {
        if digits.is_empty() {
            return;
        }
        let index = self.memory(name, first);
        let model = Arc::clone(&self.model);
        let memory = &model.memories[index];
        let words = memory.words();
        let last = first + digits.len() / words - 1;
        self.memory(name, last);
        memory.word(last, &mut self.arrays[index]);
        self.arrays[index][first * words..(last + 1) * words].copy_from_slice(digits);
        let row = self.arrangement.memory_row(index);
        self.activity.wake(&self.arrangement.readers, row);
        self.settled = 0;
    }

    /// The number of a memory that has this address.
    #[track_caller]
    fn memory(&self, name: &str, address: usize) -> usize {
        let memories = &self.model.names.memories;
        let Some(&index) = memories.get(name) else {
            let hint = suggestion(
                name,
                self.model.memories.iter().map(|memory| memory.path.clone()),
            );
            panic!("the design has no memory `{name}`{hint}");
        };
        let depth = self.model.memories[index as usize].depth;
        assert!(
            address < depth as usize,
            "memory `{name}` has {depth} words, none at {address}"
        );
        index as usize
    }
}

fn from_digits(words: &[u64]) -> BigUint {
    let halves = words
        .iter()
        .flat_map(|word| [*word as u32, (*word >> 32) as u32]);
    BigUint::new(halves.collect())
}

#[track_caller]
fn fit(value: &BigInt, shape: Shape, what: impl FnOnce() -> String) -> BigUint {
    assert!(
        shape.contains(value),
        "{value} does not fit {}, which is {shape}: {} to {}",
        what(),
        shape.min(),
        shape.max(),
    );
    shape.to_bits(value)
}
