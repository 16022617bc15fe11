//! The front end: fetches the program and gives each unit its instructions.

use super::super::prim::{BurstSplitter, Fifo, ReadBeat, StreamInputs, Transfer};
use super::fields::{INSTRUCTION_BITS, field_of};
use super::ports::Signalling;
use super::ranges::Ranges;
use super::semaphores::{Request, semaphores};
use crate::hdl::{
    Block, HardwareEnum, Module, Signal, Stream, bit, bits_for, bundle, concat, hardware,
    hardware_enum, join, pack, unpack, unsigned,
};
use crate::isa::npu::{End, Fence, Field, Opcode, Synchronization, Unit};

/// Units with a queue: load, matrix, post, store, vector.
pub const UNITS: u32 = Unit::ALL.len() as u32;
/// Instructions that are fetched ahead.
const FETCHED: u32 = 8;

hardware_enum! {
    /// Why the machine has stopped.
    pub enum Cause {
        /// The program has ended, or none was started.
        None,
        /// A reserved opcode, or a bit that no field has.
        Illegal,
        /// A semaphore counted beyond its end.
        Overflow,
        /// DRAM answered a read with an error.
        ReadFailed,
        /// DRAM answered a write with an error.
        WriteFailed,
        /// Nothing has moved for as long as the watchdog waits.
        Watchdog,
        /// The host stopped it.
        Stopped,
        /// A count is 0, or an address beyond its memory.
        OutOfRange,
    }
}

hardware_enum! {
    /// What the machine does.
    pub enum MachineState {
        /// It waits for a start.
        Idle,
        /// It runs a program.
        Run,
        /// It asks DRAM for nothing more, and waits for what it has asked for.
        Drain,
        /// It forgets a program that was stopped.
        Clear,
    }
}

/// Cycles in which everything is forgotten: more than any queue is deep.
const CLEAR_CYCLES: u32 = 64;

/// Fetches and decodes instructions, and holds each in front of its unit until its waits are over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontEnd {
    /// Module name.
    pub name: String,
    /// Of the bus.
    pub splitter: BurstSplitter,
    /// Instructions that wait in front of a unit.
    pub queue_depth: u32,
    /// An instruction begins when all before it have ended.
    pub central: bool,
    /// What fields must keep to.
    pub ranges: Ranges,
}

bundle! {
    /// What a [`FrontEnd`] takes.
    pub struct FrontEndInputs(front: &FrontEnd) {
        /// Begins a program, when the one before has ended.
        start: bit(),
        /// Stops the program, or forgets what was fetched ahead.
        stop: bit(),
        /// Fetches the first instructions of the next program ahead.
        fetch: bit(),
        /// Cycles without progress after which a program is stopped; 0: never.
        watchdog: unsigned(32),
        /// Something moves: a beat, a vector or a sum.
        progress: bit(),
        /// No transfer of LOAD or STORE is under way.
        bus_quiet: bit(),
        /// Address of its first instruction, at a beat of the bus.
        program_address: unsigned(front.splitter.address_bits),
        /// Its instructions.
        instructions: unsigned(16),
        /// What was read.
        beats: Stream(ReadBeat(&front.splitter)),
        /// From each unit.
        signalling: [Signalling(); UNITS],
        /// A bit for each unit: no instruction is under way.
        units_idle: unsigned(UNITS),
        /// DRAM has answered a unit's read, or write, with an error.
        read_failed: bit(),
        write_failed: bit(),
        /// A unit has come to an address beyond its memory.
        out_of_range: bit(),
    }
}

bundle! {
    /// What a [`FrontEnd`] gives.
    pub struct FrontEndOutputs(front: &FrontEnd) {
        /// What is to be read.
        transfers: Stream(Transfer(&front.splitter)),
        /// For each unit: instructions whose waits are over.
        issue: [Stream(unsigned(INSTRUCTION_BITS)); UNITS],
        /// A program runs, or has not been forgotten.
        busy: bit(),
        /// A program begins in the next cycle.
        begins: bit(),
        /// Its first instruction is asked for from the next cycle on.
        fetch_begins: bit(),
        /// LOAD and STORE begin nothing more.
        halt: bit(),
        /// All units forget everything.
        clear: bit(),
        /// A program has ended in this cycle.
        done: bit(),
        /// A program that stopped has been forgotten in this cycle.
        stopped: bit(),
        /// Why the last program stopped: a [`Cause`].
        cause: Cause::shape(),
        /// The instruction at which it stopped, or the instructions taken so far.
        index: unsigned(16),
        /// The code of its END.
        code: unsigned(16),
    }
}

bundle! {
    /// An instruction that was read.
    struct Checked {
        word: unsigned(INSTRUCTION_BITS),
        /// Its counts and addresses are in range.
        in_range: bit(),
        /// It is one.
        known: bit(),
    }
}

bundle! {
    /// The same with what the front end has to know of it.
    struct Decoded {
        checked: Checked(),
        /// It waits for a semaphore.
        waits: bit(),
        /// What is checked, and for whom.
        for_unit: [bit(); UNITS],
        is_fence: bit(),
        is_end: bit(),
    }
}

#[hardware]
impl FrontEnd {
    /// The instruction that is whole with the beat that comes, or is in it.
    #[track_caller]
    fn whole<'m>(
        &self,
        m: &'m Module,
        begins: Signal<'m>,
        comes: Signal<'m>,
        data: Signal<'m>,
    ) -> Signal<'m> {
        match data.width() {
            INSTRUCTION_BITS => data,
            // Two instructions are in a beat, which is read once for each.
            width if width > INSTRUCTION_BITS => {
                let upper = m.reg(bit()).reset(0);
                m.when(begins, || upper.set(false))
                    .else_when(comes, || upper.set(!upper));
                let half = |lsb| data.slice(lsb, INSTRUCTION_BITS);
                upper.mux(half(INSTRUCTION_BITS), half(0))
            }
            width => {
                let earlier = m.reg(unsigned(INSTRUCTION_BITS - width));
                let all = concat(&[data, *earlier]);
                m.when(comes, || earlier.set(all.slice(width, earlier.width())));
                all
            }
        }
    }

    /// Reads the program; gives its instructions as [`Checked`], of which one `leaves` the front end.
    #[track_caller]
    fn fetch<'m>(
        &self,
        m: &'m Module,
        io: &FrontEndInputs<'m>,
        (begins, ends): (Signal<'m>, Signal<'m>),
        leaves: Signal<'m>,
        transfers: &Stream<'m, Transfer<'m>>,
    ) -> Fetched<'m> {
        let beat_bytes = self.splitter.beat_bytes;
        let bits = self.splitter.address_bits;
        let beats = INSTRUCTION_BITS / (8 * beat_bytes).min(INSTRUCTION_BITS);
        // A transfer is an instruction, or the beat that it is in; each waits for its own place in the
        // queue.
        let address = m.reg(unsigned(bits));
        let left = m.reg(unsigned(16)).reset(0);
        let places = m.reg(unsigned(bits_for(FETCHED.into()))).reset(FETCHED);
        let beat = address.slice(beat_bytes.ilog2(), bits - beat_bytes.ilog2());
        let beat_address = concat(&[beat, m.zero(unsigned(beat_bytes.ilog2()))]);
        transfers.payload.address.drive(beat_address);
        transfers
            .payload
            .beats
            .drive(m.lit(beats, unsigned(self.splitter.count_bits)));
        transfers.valid.drive(left.any() & places.any());
        let asks = transfers.fires();
        m.when(begins, || {
            address.set(io.program_address);
            left.set(io.instructions);
        })
        .else_when(asks, || {
            address.set(address + INSTRUCTION_BITS / 8);
            left.set(left - 1);
        });
        m.when(ends, || left.set(0));
        let comes = io.beats.valid;
        io.beats.ready.drive(m.high());
        let word = self.whole(m, begins, comes, io.beats.payload.data);
        let opcode = field_of("fetched", word, &Synchronization::FIELDS[0]);
        let known = is_legal(opcode, word, self.ranges.vector_taps > 0);
        let in_range = self.ranges.hold(opcode, word);
        let s = Stream {
            payload: pack(&Checked {
                word,
                in_range,
                known,
            }),
            valid: comes & io.beats.payload.last,
            ready: m.wire(bit()).named("fetched_ready"),
        };
        m.assert(
            "fetched_fit",
            !s.valid | s.ready,
            "an instruction came without a place for it",
        );
        let fetched = Fifo::queue(s.payload.shape(), FETCHED);
        let fetched = m.instance(&fetched, StreamInputs { s }).m;
        m.when(asks & !leaves, || places.set(places - 1))
            .else_when(leaves & !asks, || places.set(places + 1));
        Fetched {
            instructions: fetched,
            quiet: !left.any() & places.eq(FETCHED),
        }
    }
}

/// The program as it comes.
struct Fetched<'m> {
    /// Each is [`Checked`].
    instructions: Stream<'m>,
    /// No instruction is asked for, and all that came have gone.
    quiet: Signal<'m>,
}

/// No bit that a field has not is 1.
#[track_caller]
fn is_legal<'m>(opcode: Signal<'m>, word: Signal<'m>, has_vector: bool) -> Signal<'m> {
    let first_reserved = |fields: &[Field]| {
        fields
            .iter()
            .map(|field| field.lsb + field.kind.width())
            .max()
    };
    let behind_header = first_reserved(&Synchronization::FIELDS).unwrap_or(0);
    let arms: Vec<_> = (Opcode::ALL.iter())
        .filter(|of| has_vector || of.unit() != Some(Unit::Vector))
        .map(|of| {
            let begin = of.fields().first().map_or(behind_header, |field| field.lsb);
            let end = first_reserved(of.fields()).unwrap_or(begin);
            let gap = (begin > behind_header)
                .then(|| word.slice(behind_header, begin - behind_header).any());
            let rest =
                (end < INSTRUCTION_BITS).then(|| word.slice(end, INSTRUCTION_BITS - end).any());
            let none = word.module().low();
            let reserved = gap.unwrap_or(none) | rest.unwrap_or(none);
            let reserved = reserved.called(format!("{}_reserved", of.name()));
            (*of as u64, !reserved)
        })
        .collect();
    opcode.case(&arms, word.module().low())
}

#[hardware]
impl Block for FrontEnd {
    fn build<'m>(&self, m: &'m Module, io: FrontEndInputs<'m>) -> FrontEndOutputs<'m> {
        m.doc(
            "Fetches the program and gives each unit its instructions when their waits are over.",
        );
        let transfers = m.wires(Stream::of(Transfer::of(&self.splitter)));

        m.section("fetch");
        let state = m.fsm(MachineState::Idle);
        // As the state, for the queues all over the machine.
        let runs = m.reg(bit()).reset(0);
        let starts = m.reg(bit()).named("start_waits").reset(0);
        let fetches = m.reg(bit()).named("fetch_waits").reset(0);
        let idle = state.is(MachineState::Idle);
        let is_fetched = m.reg(bit()).reset(0);
        let fetch_begins = idle & !is_fetched & (*fetches | *starts);
        let begins = idle & *is_fetched & *starts;
        starts.next(io.start | (*starts & !begins));
        fetches.next(io.fetch | (*fetches & !idle));
        let stops = m.wire(bit());
        let ends = m.wire(bit());
        let leaves = m.wire(bit());
        let around = (fetch_begins, stops | ends);
        let fetch = self.fetch(m, &io, around, leaves, &transfers);

        m.section("decode: for whom it is stands in registers");
        let Stream {
            payload,
            valid,
            ready,
        } = fetch.instructions;
        let checked = unpack(payload, Checked::of());
        let field = |of: &Field| field_of("checked", checked.word, of);
        let [opcode, _, a_count, _, b_count, ..] = Synchronization::FIELDS;
        let opcode = field(&opcode);
        let queue_ready: Vec<_> = (0..UNITS)
            .map(|number| m.wire(bit()).named(format!("queue_ready_{number}")))
            .collect();
        let of_unit = |number: u32| {
            (Opcode::ALL.iter())
                .filter(|of| of.unit().map(|unit| unit as u32) == Some(number))
                .map(|of| opcode.eq(*of as u32))
                .reduce(|any, one| any | one)
                .expect("a unit has instructions")
        };
        let any_wait = field(&a_count).any() | field(&b_count).any();
        let legal = checked.known & checked.in_range;
        let decoded = pack(&Decoded {
            checked,
            waits: any_wait,
            for_unit: (0..UNITS).map(|unit| legal & of_unit(unit)).collect(),
            is_fence: legal & opcode.eq(Opcode::Fence as u32),
            is_end: legal & opcode.eq(Opcode::End as u32),
        });
        // Whether it goes on is known late: the next follows a cycle behind.
        let holds = m.reg(bit()).reset(0);
        let goes = m.wire(bit());
        holds.next(holds.mux(!goes, valid));
        leaves.drive(holds & goes);
        ready.drive(!holds);
        let held = m.capture(!holds, decoded).named("held");
        let Decoded {
            checked,
            waits,
            for_unit,
            is_fence,
            is_end,
        } = unpack(held, Decoded::of());
        let Checked {
            word,
            in_range,
            known,
        } = checked;

        m.section("queues and waits");
        let mut requests = Vec::new();
        let mut issue = Vec::new();
        let mut empty = Vec::new();
        let mut comes = Vec::new();
        let dispatches = m.wire(bit());
        for number in 0..UNITS {
            let s = Stream {
                payload: concat(&[waits, word]),
                valid: dispatches & for_unit[number as usize],
                ready: queue_ready[number as usize],
            };
            let queue = Fifo::queue(s.payload.shape(), self.queue_depth);
            let queue = m.instance_of(&queue).named(format!("queue_{number}"));
            comes.push(s.fires());
            let queue = queue.connect(StreamInputs { s });
            let head = queue.m;
            let instruction = head.payload.truncate(INSTRUCTION_BITS);
            let out = m.wires(Stream::of(instruction.shape()));
            let held = m.reg(bit()).named(format!("held_{number}")).reset(0);
            let granted = m.wire(bit()).named(format!("granted_{number}"));
            let clear = state.is(MachineState::Clear);
            head.ready.drive(granted | clear);
            held.next((granted | (*held & !out.ready)) & !clear);
            // Whether the unit takes what is held is known late: the next follows a cycle behind.
            let free = !*held;
            let held_word = m
                .capture(free, instruction)
                .named(format!("held_word_{number}"));
            out.payload.drive(held_word);
            out.valid.drive(*held);
            requests.push(Request {
                valid: head.valid,
                free,
                instruction,
                waits: head.payload.msb().called(format!("waits_{number}")),
                granted,
            });
            empty.push(queue.level.eq(0) & !*held);
            issue.push(out);
        }
        // It goes all over the machine.
        let forget = m.flag(begins | state.is(MachineState::Clear));
        let overflow = semaphores(m, forget, &requests, &io.signalling);

        m.section("the program");
        let none_waits = join(&empty);
        let unit_done = none_waits & io.units_idle;
        let fence = Fence::each(|of| field_of("fence", word, of));
        let end = End::each(|of| field_of("end", word, of));
        // What has just left a queue is not in its unit yet.
        let done_before = m.delay_by("done_before", unit_done, 2);
        let settled_before = m.delay(done_before & unit_done);
        let dispatched = m.reg(unsigned(UNITS)).reset(0);
        dispatched.next(join(&comes));
        let settled = settled_before & !dispatched;
        let fence_over = (settled | !fence.units).all();
        let goes_on = for_unit
            .iter()
            .zip(&queue_ready)
            .map(|(of, ready)| *of & *ready)
            .fold(is_fence & fence_over, |any, one| any | one);
        let running = holds & runs;
        let illegal = m.flag(running & !known);
        let out_of_range = m.flag((running & !in_range) | io.out_of_range);
        let may_begin = match self.central {
            true => settled.all(),
            false => m.high(),
        };
        let takes = running & may_begin & (goes_on | (is_end & settled.all()));
        dispatches.drive(running & may_begin);
        goes.drive(takes | !(runs | idle));
        ends.drive(takes & is_end);
        let cause = m.fsm(Cause::None);
        let fetch_failed = m.reg(bit()).reset(0);
        m.when(fetch_begins, || fetch_failed.set(false))
            .else_when(io.beats.fires() & io.beats.payload.response.any(), || {
                fetch_failed.set(true)
            });
        let read_failed = io.read_failed | *fetch_failed;
        let still = m.reg(unsigned(32)).reset(0);
        m.when(io.progress | takes | !runs, || still.set(0))
            .otherwise(|| still.set(still + 1));
        let barks = m.flag(io.watchdog.any() & still.ge(io.watchdog));
        let faults = illegal | out_of_range | overflow | read_failed | io.write_failed;
        let forgets = idle & *is_fetched & !*starts & io.stop;
        stops.drive((runs & (faults | barks | io.stop)) | forgets);
        m.when(begins, || runs.set(true))
            .else_when(stops | ends, || runs.set(false));
        let index = m.reg(unsigned(16)).reset(0);
        let code = m.reg(unsigned(16)).reset(0);
        let failed = m.reg(bit()).reset(0);
        let clear_left = m.reg(unsigned(bits_for(CLEAR_CYCLES.into())));
        let done = m.wire(bit());
        let stopped = m.wire(bit());
        m.when(takes, || index.set(index + 1));
        m.when(ends, || code.set(end.code));
        done.set(false);
        stopped.set(false);
        m.switch(state)
            .case(MachineState::Idle, || {
                m.when(fetch_begins, || is_fetched.set(true));
                m.when(begins, || {
                    state.set(MachineState::Run);
                    is_fetched.set(false);
                    index.set(0);
                    failed.set(false);
                    cause.set(Cause::None);
                })
                .else_when(forgets, || {
                    state.set(MachineState::Drain);
                    is_fetched.set(false);
                    failed.set(true);
                    cause.set(Cause::Stopped);
                });
            })
            .case(MachineState::Run, || {
                m.when(stops, || {
                    state.set(MachineState::Drain);
                    failed.set(true);
                    // What comes with an error is no instruction either.
                    m.when(read_failed, || cause.set(Cause::ReadFailed))
                        .else_when(illegal, || cause.set(Cause::Illegal))
                        .else_when(out_of_range, || cause.set(Cause::OutOfRange))
                        .else_when(overflow, || cause.set(Cause::Overflow))
                        .else_when(io.write_failed, || cause.set(Cause::WriteFailed))
                        .else_when(io.stop, || cause.set(Cause::Stopped))
                        .otherwise(|| cause.set(Cause::Watchdog));
                })
                .else_when(ends, || state.set(MachineState::Drain));
            })
            .case(MachineState::Drain, || {
                clear_left.set(CLEAR_CYCLES);
                m.when(fetch.quiet & io.bus_quiet & *failed, || {
                    state.set(MachineState::Clear);
                })
                .else_when(fetch.quiet & io.bus_quiet, || {
                    state.set(MachineState::Idle);
                    done.set(true);
                });
            })
            .case(MachineState::Clear, || {
                clear_left.set(clear_left - 1);
                m.when(clear_left.eq(1), || {
                    state.set(MachineState::Idle);
                    stopped.set(true);
                });
            });
        FrontEndOutputs {
            transfers,
            issue,
            busy: !state.is(MachineState::Idle) | *starts,
            begins,
            fetch_begins,
            halt: !runs,
            clear: forget,
            done,
            stopped,
            cause: cause.signal(),
            index: *index,
            code: *code,
        }
    }
}
