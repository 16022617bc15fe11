//! FIFOs.

use super::register_slice::cut_forward;
use super::shape_name;
use crate::hdl::{
    Block, Module, Reg, Shape, Signal, Stream, bit, bits_for, connect, index_bits, unsigned,
};

/// Where a [`Fifo`] keeps its payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In a line of registers that payloads enter at one end, read where the oldest stands. A
    /// payload can leave one cycle after it came.
    Registers,
    /// In a RAM behind an output register. A payload can leave three cycles after it came.
    Ram,
}

/// Holds up to `depth` payloads of a stream, in order.
///
/// The oldest payload is shown without asking (first-word fall-through) and `s_ready` depends on
/// registers only. `level` is the number of payloads inside, 0 to `depth`.
///
/// One payload passes per cycle from a depth of 2 in registers and of 4 in RAM. Below, payloads
/// wait for older ones to leave; for a single register at full speed see
/// [`RegisterSlice`](super::RegisterSlice).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fifo {
    shape: Shape,
    depth: u32,
    storage: Storage,
}

/// What an inserted [`Fifo`] gives.
#[derive(Debug, Clone, Copy)]
pub struct FifoOutputs<'m> {
    /// The stream behind the FIFO.
    pub stream: Stream<'m>,
    /// Number of payloads inside, 0 to the depth.
    pub level: Signal<'m>,
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
        let storage = if depth > Self::REGISTER_DEPTH {
            Storage::Ram
        } else {
            Storage::Registers
        };
        Fifo {
            shape,
            depth,
            storage,
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

    /// Puts a FIFO of the storage that suits its depth into a stream.
    #[track_caller]
    pub fn insert<'m>(
        m: &'m Module,
        name: &str,
        stream: &Stream<'m>,
        depth: u32,
    ) -> FifoOutputs<'m> {
        Fifo::new(stream.payload.shape(), depth).insert_into(m, name, stream)
    }

    /// Puts this FIFO into a stream.
    #[track_caller]
    pub fn insert_into<'m>(
        &self,
        m: &'m Module,
        name: &str,
        stream: &Stream<'m>,
    ) -> FifoOutputs<'m> {
        let instance = m.untyped_instance(name, self).sink("s", stream);
        FifoOutputs {
            stream: instance.source("m", Stream::of(self.shape)),
            level: instance.output("level"),
        }
    }
}

impl Block for Fifo {
    fn module_name(&self) -> String {
        let storage = match self.storage {
            Storage::Registers => "",
            Storage::Ram => "_ram",
        };
        format!("fifo{storage}_{}x{}", shape_name(self.shape), self.depth)
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.doc(&format!(
            "FIFO of {} x {}, first-word fall-through.",
            self.depth, self.shape
        ));
        let input: Stream<'_> = m.sink_port("s", Stream::of(self.shape));
        let output: Stream<'_> = m.source_port("m", Stream::of(self.shape));
        let push = input.fires().named("push");
        let pop = output.fires().named("pop");
        let level = counter(m, "level", self.depth, push, pop);
        input.ready.drive(level.ne(self.depth));
        m.output("level", level);
        m.assert(
            "no_overflow",
            level.le(self.depth),
            "the FIFO holds more payloads than its depth",
        );
        match self.storage {
            Storage::Registers => self.build_registers(m, input.payload, push, &output, level),
            Storage::Ram => self.build_ram(m, input.payload, push, &output, level),
        }
    }
}

impl Fifo {
    /// New payloads push older ones along the line; the level says where the oldest stands.
    fn build_registers<'m>(
        &self,
        m: &'m Module,
        payload: Signal<'m>,
        push: Signal<'m>,
        output: &Stream<'m>,
        level: Signal<'m>,
    ) {
        m.section("storage");
        let mut stages = Vec::new();
        let mut newer = payload;
        for i in 0..self.depth {
            newer = m
                .reg(self.shape)
                .named(format!("stage_{i}"))
                .enable(push)
                .next(newer);
            stages.push(newer);
        }
        // Level 1 shows stage 0; at level 0 the payload does not count.
        let arms: Vec<_> = stages
            .iter()
            .enumerate()
            .skip(1)
            .map(|(i, stage)| (i as u64 + 1, *stage))
            .collect();
        output.payload.drive(level.case(&arms, stages[0]));
        output.valid.drive(level.any());
    }

    /// RAM, its data register, output register: each stage moves on when the next is free.
    fn build_ram<'m>(
        &self,
        m: &'m Module,
        payload: Signal<'m>,
        push: Signal<'m>,
        output: &Stream<'m>,
        level: Signal<'m>,
    ) {
        m.section("storage");
        let width = self.shape.width;
        let fetch = m.wire(bit()).named("fetch");
        let stored = counter(m, "stored", self.depth, push, fetch);
        let write_address = pointer(m, "write_address", self.depth, push);
        let read_address = pointer(m, "read_address", self.depth, fetch);
        // A word is fetched from a RAM that is not empty and written to one that is not full:
        // equal addresses, empty or full, never do both.
        let ram = m.memory(width, self.depth).named("ram").no_collision();
        ram.write(push, write_address, payload.as_unsigned());
        let data = ram.read_enabled(fetch, read_address).named("ram_data");

        m.section("output");
        let fetched = m.reg(bit()).named("fetched").reset(0);
        let moved = m.wire(bit()).named("fetched_ready");
        let payload = if self.shape.signed {
            data.as_signed()
        } else {
            data
        };
        let last = cut_forward(
            m,
            &Stream {
                payload,
                valid: *fetched,
                ready: moved,
            },
        );
        fetch.drive(stored.any() & (!fetched | moved));
        fetched.next(fetch | (fetched & !moved));
        connect(&last, output);

        let shape = level.shape();
        let outside = fetched.extend(shape.width + 1) + last.valid.extend(shape.width + 1);
        m.assert(
            "all_counted",
            level
                .extend(shape.width + 1)
                .eq(stored.extend(shape.width + 1) + outside),
            "the level is not what the RAM and the registers behind it hold",
        );
    }
}

/// A count of 0 to `most`, up and down.
fn counter<'m>(
    m: &'m Module,
    name: &str,
    most: u32,
    up: Signal<'m>,
    down: Signal<'m>,
) -> Signal<'m> {
    let count: Reg<'_> = m
        .reg(unsigned(bits_for(u64::from(most))))
        .named(name)
        .reset(0)
        .enable(up ^ down);
    count.next(up.mux(count + 1, count - 1))
}

/// An address that goes on by one where `step` is 1 and wraps at `depth`.
fn pointer<'m>(m: &'m Module, name: &str, depth: u32, step: Signal<'m>) -> Signal<'m> {
    let address = m
        .reg(unsigned(index_bits(u64::from(depth))))
        .named(name)
        .reset(0)
        .enable(step);
    let next = if depth.is_power_of_two() && depth > 1 {
        address + 1
    } else {
        address
            .eq(depth - 1)
            .mux(m.zero(address.shape()), address + 1)
    };
    address.next(next)
}
