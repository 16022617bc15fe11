//! FIFOs.

use super::register_slice::cut_forward;
use super::{StreamInputs, shape_name};
use crate::hdl::{
    Block, Module, Reg, Shape, Shapes, Signal, Stream, bit, bits_for, bundle, hardware, index_bits,
    unsigned,
};

/// Where a [`Fifo`] keeps its payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In a line of registers that payloads enter at one end, read where the oldest stands. A
    /// payload can leave one cycle after it came.
    Registers,
    /// In words that are read in the same cycle, of which tools make RAM of LUTs. A payload can leave
    /// one cycle after it came.
    Words,
    /// In a RAM behind an output register. A payload can leave three cycles after it came.
    Ram,
}

impl Storage {
    /// Every storage.
    pub const ALL: [Storage; 3] = [Storage::Registers, Storage::Words, Storage::Ram];
}

/// Holds up to `depth` payloads of a stream, in order.
///
/// The oldest payload is shown without asking (first-word fall-through) and `s_ready` depends on
/// registers only.
///
/// One payload passes per cycle from a depth of 2 in registers and words, and of 4 in RAM. Below, payloads
/// wait for older ones to leave; for a single register at full speed see
/// [`RegisterSlice`](super::RegisterSlice).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fifo {
    shape: Shape,
    depth: u32,
    storage: Storage,
}

bundle! {
    /// What a [`Fifo`] gives.
    pub struct FifoOutputs(fifo: &Fifo) {
        /// The stream behind the FIFO.
        m: Stream(fifo.shape),
        /// Number of payloads inside.
        level: fifo.level_shape(),
    }
}

impl Fifo {
    /// The largest depth that [`Fifo::new`] builds of registers.
    pub const REGISTER_DEPTH: u32 = 32;

    /// A FIFO of the storage that suits its depth.
    ///
    /// # Panics
    /// When `depth` is 0.
    #[track_caller]
    pub fn new(shape: Shape, depth: u32) -> Self {
        assert!(depth > 0, "a FIFO needs a depth of at least 1");
        Fifo {
            shape,
            depth,
            storage: match depth > Self::REGISTER_DEPTH {
                true => Storage::Ram,
                false => Storage::Registers,
            },
        }
    }

    /// A FIFO of words where registers would each take a choice of more than two: in RAM of LUTs it is a fraction of
    /// them.
    #[track_caller]
    pub fn queue(shape: Shape, depth: u32) -> Self {
        let fifo = Fifo::new(shape, depth);
        match depth {
            3..=Self::REGISTER_DEPTH => fifo.storage(Storage::Words),
            _ => fifo,
        }
    }

    /// Chooses the storage.
    pub fn storage(self, storage: Storage) -> Self {
        Fifo { storage, ..self }
    }

    /// The shape of `level`.
    pub fn level_shape(&self) -> Shape {
        unsigned(bits_for(u64::from(self.depth)))
    }
}

#[hardware]
impl Block for Fifo {
    fn module_name(&self) -> String {
        let storage = match self.storage {
            Storage::Registers => "",
            Storage::Words => "_words",
            Storage::Ram => "_ram",
        };
        format!("fifo{storage}_{}x{}", shape_name(self.shape), self.depth)
    }

    fn inputs(&self) -> Shapes<StreamInputs<'static>> {
        StreamInputs::of(self.shape)
    }

    fn build<'m>(&self, m: &'m Module, io: StreamInputs<'m>) -> FifoOutputs<'m> {
        let Fifo { shape, depth, .. } = *self;
        m.doc(&format!(
            "FIFO of {depth} x {shape}, first-word fall-through."
        ));
        let push = io.s.fires();
        let level = m.reg(self.level_shape()).reset(0);
        io.s.ready.drive(level.ne(depth));
        m.assert(
            "no_overflow",
            level.le(depth),
            "the FIFO holds more payloads than its depth",
        );
        m.section("storage");
        FifoOutputs {
            m: match self.storage {
                Storage::Registers => self.registers(io.s.payload, push, level),
                Storage::Words => self.words(io.s.payload, push, level),
                Storage::Ram => self.ram(io.s.payload, push, level),
            },
            level: *level,
        }
    }
}

#[hardware]
impl Fifo {
    /// New payloads push older ones along the line; the level says where the oldest stands.
    fn registers<'m>(&self, s: Signal<'m>, push: Signal<'m>, level: Reg<'m>) -> Stream<'m> {
        let m = s.module();
        let mut stages = vec![s];
        for i in 0..self.depth {
            let newer = stages[i as usize];
            stages.push(m.capture(push, newer).named(format!("stage_{i}")));
        }
        let m_ready = m.wire(bit());
        let pop = level.any() & m_ready;
        count(level, push, pop);
        // At level 0 the payload does not count.
        let older: Vec<_> = (2..).zip(stages[2..].iter().copied()).collect();
        Stream {
            payload: level.case(&older, stages[1]),
            valid: level.any(),
            ready: m_ready,
        }
    }

    /// The oldest payload is read where it stands.
    fn words<'m>(&self, s: Signal<'m>, push: Signal<'m>, level: Reg<'m>) -> Stream<'m> {
        let m = s.module();
        let m_ready = m.wire(bit());
        let pop = level.any() & m_ready;
        count(level, push, pop);
        let write_address = pointer(m, self.depth, push);
        let read_address = pointer(m, self.depth, pop);
        let words = m.memory(self.shape.width, self.depth);
        words.write(push, write_address, s.as_unsigned());
        Stream {
            payload: self.shaped(words.read_async(read_address)),
            valid: level.any(),
            ready: m_ready,
        }
    }

    /// Bits of a word as a payload.
    fn shaped<'m>(&self, word: Signal<'m>) -> Signal<'m> {
        match self.shape.signed {
            true => word.as_signed(),
            false => word,
        }
    }

    /// RAM, its data register, output register: each stage moves on when the next is free.
    fn ram<'m>(&self, s: Signal<'m>, push: Signal<'m>, level: Reg<'m>) -> Stream<'m> {
        let m = s.module();
        let fetch = m.wire(bit());
        let stored = m.reg(self.level_shape()).reset(0);
        count(stored, push, fetch);
        let write_address = pointer(m, self.depth, push);
        let read_address = pointer(m, self.depth, fetch);
        // A word is fetched from a RAM that is not empty and written to one that is not full:
        // equal addresses, empty or full, never do both.
        let ram = m.memory(self.shape.width, self.depth).no_collision();
        ram.write(push, write_address, s.as_unsigned());
        let ram_data = ram.read_enabled(fetch, read_address);

        m.section("output");
        let fetched = m.reg(bit()).reset(0);
        let fetched_ready = m.wire(bit());
        let shown = cut_forward(&Stream {
            payload: self.shaped(ram_data),
            valid: *fetched,
            ready: fetched_ready,
        });
        fetch.drive(stored.any() & (!fetched | fetched_ready));
        fetched.next(fetch | (fetched & !fetched_ready));
        let pop = shown.fires();
        count(level, push, pop);
        let [all, stored, fetched, last] = [*level, *stored, *fetched, shown.valid]
            .map(|count| count.zero_extend(level.width() + 1));
        m.assert(
            "all_counted",
            all.eq(stored + fetched + last),
            "the level is not what the RAM and the registers behind it hold",
        );
        shown
    }
}

/// Counts up and down.
fn count<'m>(count: Reg<'m>, up: Signal<'m>, down: Signal<'m>) {
    let m = up.module();
    m.when(up ^ down, || count.set(up.mux(count + 1, count - 1)));
}

/// An address that goes on by one where `step` is 1 and wraps at `depth`.
#[hardware]
fn pointer<'m>(m: &'m Module, depth: u32, step: Signal<'m>) -> Signal<'m> {
    let address = m.reg(unsigned(index_bits(depth.into()))).reset(0);
    m.when(step, || match depth.is_power_of_two() && depth > 1 {
        true => address.set(address + 1),
        false => address.set(address.eq(depth - 1).mux(0, address + 1)),
    });
    *address
}
