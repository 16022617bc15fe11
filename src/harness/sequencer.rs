//! The list of operations.

use super::axi_lite::Access;
use super::run::count;
use crate::hdl::{
    Block, Module, Signal, bit, bundle, concat, hardware, hardware_enum, index_bits, unsigned,
};

/// Bits of a word of the table `list`: three words of 32 bits, the kind above them.
pub const OPERATION_BITS: u32 = 99;

hardware_enum! {
    /// What an operation does, with the meaning of its three words.
    pub enum Kind {
        /// AXI4-Lite write: address, data, strobes.
        Write,
        /// AXI4-Lite read: address.
        Read,
        /// AXI4-Lite reads until some bits are as wanted: address, mask, value.
        Poll,
        /// Waits until an interrupt is 1: its number.
        WaitInterrupt,
        /// Waits for packets: number of the sink, packets.
        WaitPackets,
        /// Lets cycles pass: cycles after the first.
        Idle,
        /// The same with the design in reset.
        Reset,
    }
}

bundle! {
    /// What the sequencer is told.
    pub struct SequencerInput(sequencer: &Sequencer) {
        /// The first cycle of the run.
        start: bit(),
        /// Tables are read from their beginning: the bench is in reset.
        first: bit(),
        /// The design is held in reset.
        hold: bit(),
        /// Operations in the list.
        operations: unsigned(16),
        /// Cycles to go on when everything is done.
        trailing: unsigned(32),
        /// The access of the operation ends with this cycle.
        answered: bit(),
        /// The word that was read.
        answer_data: unsigned(32),
        /// BRESP or RRESP.
        answer_response: unsigned(2),
        /// All streams have what they need, with this cycle.
        streams_done: bit(),
        /// What operations can wait for.
        interrupts: [bit(); sequencer.interrupts],
        /// Packets of each sink, with this cycle.
        packets: [unsigned(32); sequencer.sinks],
    }
}

bundle! {
    /// What the sequencer says.
    pub struct SequencerOutput() {
        /// The number of the cycle.
        cycle: unsigned(64),
        /// Operations that have finished.
        finished: unsigned(16),
        /// What masters do.
        access: Access(),
        /// The operation puts the design into reset.
        reset: bit(),
        /// It does so from this cycle on.
        reset_begins: bit(),
        /// The operation waits for an interrupt.
        waits_for_interrupt: bit(),
        /// The run is over.
        done: bit(),
    }
}

/// Does the operations of its table one after the other, each in at least one cycle, and says when
/// the whole run is over: `trailing` cycles after the last operation, and all streams, are done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequencer {
    /// Operations that the table holds.
    pub depth: u32,
    /// Interrupts that operations can wait for.
    pub interrupts: usize,
    /// Sinks that operations can wait for.
    pub sinks: usize,
}

#[hardware]
impl Block for Sequencer {
    fn module_name(&self) -> String {
        "ferrogrid_sequencer".to_owned()
    }

    fn build<'m>(&self, m: &'m Module, io: SequencerInput<'m>) -> SequencerOutput<'m> {
        m.doc("Does the operations of its table one after the other.");
        let (word, number) = (unsigned(32), unsigned(16));
        let cycle = m.reg(unsigned(64));
        cycle.next(io.start.mux(m.lit(1, unsigned(64)), cycle + 1));

        m.section("the operation");
        let finish = m.wire(bit());
        let finished = m.reg(number).reset(0);
        let finished_now = *finished + finish.zero_extend(16);
        finished.next(finished_now);
        let address = io.first.mux(m.zero(number), finished_now);
        let address = address.truncate(index_bits(self.depth.into()));
        let list = m.memory(OPERATION_BITS, self.depth).named("list").public();
        let operation = list.read_enabled(finish | io.first, address);
        let [a, b, c] = [0, 32, 64].map(|lsb| operation.slice(lsb, 32));
        let kind = operation.slice(96, 3);
        let active = finished.ne(io.operations) & !io.hold;
        let is = |of: Kind| active & kind.eq(m.value(of).signal());
        let write = is(Kind::Write);
        let poll = is(Kind::Poll);
        let read = is(Kind::Read) | poll;
        let reset = is(Kind::Reset);
        let spent = m.reg(word).reset(0);
        spent.next(active.mux(finish.mux(m.zero(word), spent + 1), *spent));

        let interrupt = one_of(a, &io.interrupts, m.low());
        let packets = one_of(a, &io.packets, m.zero(word));
        let waited = spent.ge(a);
        let arms = [
            (Kind::WaitInterrupt as u64, interrupt),
            (Kind::WaitPackets as u64, packets.ge(b)),
            (Kind::Idle as u64, waited),
            (Kind::Reset as u64, waited),
        ];
        finish.drive(active & kind.case(&arms, io.answered));

        m.section("results");
        let accesses = write | read;
        let data = accesses.mux(io.answer_data, m.zero(word));
        let response = accesses.mux(io.answer_response, m.zero(unsigned(2)));
        let at = finished.truncate(index_bits(self.depth.into()));
        let results = m.memory(34, self.depth).named("results").public();
        results.write(finish, at, concat(&[response, data]));
        let ends = m.memory(64, self.depth).named("ends").public();
        ends.write(finish, at, *cycle);

        m.section("the end");
        let complete = finished_now.eq(io.operations) & io.streams_done & !io.hold;
        let (cycles_after, _) = count(m, "cycles_after", complete, 32);
        let done = m.reg(bit()).reset(0);
        done.next(*done | (complete & cycles_after.eq(io.trailing)));
        SequencerOutput {
            cycle: *cycle,
            finished: *finished,
            access: Access {
                write,
                read,
                poll,
                address: a,
                data: b,
                value: c,
            },
            reset,
            reset_begins: reset & spent.eq(0),
            waits_for_interrupt: is(Kind::WaitInterrupt),
            done: *done,
        }
    }
}

/// The item of this number; `none` when there are no items.
#[track_caller]
fn one_of<'m>(number: Signal<'m>, items: &[Signal<'m>], none: Signal<'m>) -> Signal<'m> {
    match items {
        [] => none,
        [only] => *only,
        _ => number
            .truncate(index_bits(items.len() as u64))
            .select(items),
    }
}
