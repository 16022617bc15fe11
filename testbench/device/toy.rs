//! The smallest core that scenarios can be run on, and ways to break it.
//!
//! A stream register slice adds a register to each 32-bit word. Registers: 0x0 the number to add,
//! 0x4 interrupt enable, 0x8 packets that left (read only); other addresses answer SLVERR.

use ferrogrid::hdl::ir::Design;
use ferrogrid::hdl::{
    self, AxiLite, AxiStream, Block, Module, Reset, Shapes, Signal, bit, bundle, concat, hardware,
    unsigned,
};

/// Width of the streams: more than two words and not a whole number of them.
pub const STREAM_BITS: u32 = 72;

/// A mistake in the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No mistake.
    None,
    /// A beat that is not taken at once is given up.
    ValidFalls,
    /// A beat changes while it waits.
    PayloadChanges,
    /// A write response is given up.
    WriteResponseFalls,
    /// A write response changes while it waits.
    WriteResponseChanges,
    /// Write responses come unasked.
    WriteResponseUnasked,
    /// Read data is given up.
    ReadFalls,
    /// Read data changes while it waits.
    ReadChanges,
    /// Read data comes unasked.
    ReadUnasked,
    /// The register that says whether a beat waits has no reset.
    NoReset,
    /// The core never takes a beat.
    Deaf,
    /// Packets lose their last flag.
    NoLast,
}

/// The design.
pub fn toy(fault: Fault) -> Design {
    hdl::elaborate(&Toy { fault }).expect("a sound design")
}

#[derive(Debug, Clone, PartialEq)]
struct Toy {
    fault: Fault,
}

bundle! {
    struct ToyInputs() {
        s_axil: AxiLite(8),
        s_axis_a: AxiStream(STREAM_BITS),
    }
}

bundle! {
    struct ToyOutputs() {
        m_axis_c: AxiStream(STREAM_BITS),
        interrupt: bit(),
    }
}

#[hardware]
impl Block for Toy {
    fn module_name(&self) -> String {
        "toy".to_owned()
    }

    fn build<'m>(&self, m: &'m Module, io: ToyInputs<'m>) -> ToyOutputs<'m> {
        m.clock("clk", Reset::ActiveLow("rst_n"));
        let control = io.s_axil;
        let output = m.wires(AxiStream::of(STREAM_BITS));

        let packet_left = output.fires() & output.tlast;
        let packets = m
            .reg(unsigned(32))
            .named("packets")
            .reset(0)
            .enable(packet_left);
        packets.next(packets + 1);
        let (add, enable) = self.write_channel(m, control);
        self.read_channel(m, control, &[add, enable.zero_extend(32), packets.q]);
        m.cover("packet_leaves", packet_left);
        m.cover("hundredth_packet", packets.eq(100));
        let interrupt = enable & packets.ne(0);

        let inputs = SliceInputs {
            add,
            s: io.s_axis_a,
        };
        let slice = m.instance(&Slice { fault: self.fault }, inputs);
        hdl::connect(&slice.m, &output);
        ToyOutputs {
            m_axis_c: output,
            interrupt,
        }
    }
}

impl Toy {
    /// The writable registers: the number to add, and the interrupt enable.
    fn write_channel<'m>(&self, m: &'m Module, control: AxiLite<'m>) -> (Signal<'m>, Signal<'m>) {
        let is = |fault| self.fault == fault;
        let valid = m.reg(bit()).named("b_valid").reset(0);
        let write = (control.awvalid & control.wvalid & !valid.q).named("write");
        // A fault keeps every port in use, or the design would be refused.
        let never = control.bready & !control.bready;
        let keep = if is(Fault::WriteResponseFalls) {
            never
        } else {
            !control.bready
        };
        let unasked = if is(Fault::WriteResponseUnasked) {
            !control.awvalid
        } else {
            m.low()
        };
        valid.next(write | (valid & keep) | unasked);
        let response = m.reg(unsigned(2)).named("b_response");
        let fresh = control.awaddr.gt(4).mux(m.lit(2, unsigned(2)), 0);
        let old = if is(Fault::WriteResponseChanges) {
            !response.q
        } else {
            response.q
        };
        response.next(write.mux(fresh, old));
        control.awready.drive(write);
        control.wready.drive(write);
        control.bvalid.drive(valid.q);
        control.bresp.drive(response.q);

        let bytes: Vec<Signal> = (0..4)
            .map(|byte| {
                let selected = write & control.awaddr.eq(0) & control.wstrb.bit(byte);
                let reg = m
                    .reg(unsigned(8))
                    .named(format!("add_{byte}"))
                    .reset(0)
                    .enable(selected);
                reg.next(control.wdata.slice(8 * byte, 8))
            })
            .collect();
        let selected = write & control.awaddr.eq(4) & control.wstrb.bit(0);
        let enable = m.reg(bit()).named("enable").reset(0).enable(selected);
        enable.next(control.wdata.bit(0));
        (concat(&[bytes[3], bytes[2], bytes[1], bytes[0]]), enable.q)
    }

    fn read_channel<'m>(&self, m: &'m Module, control: AxiLite<'m>, words: &[Signal<'m>]) {
        let is = |fault| self.fault == fault;
        let valid = m.reg(bit()).named("r_valid").reset(0);
        let read = (control.arvalid & !valid.q).named("read");
        let never = control.rready & !control.rready;
        let keep = if is(Fault::ReadFalls) {
            never
        } else {
            !control.rready
        };
        let unasked = if is(Fault::ReadUnasked) {
            !control.arvalid
        } else {
            m.low()
        };
        valid.next(read | (valid & keep) | unasked);
        let response = m.reg(unsigned(2)).named("r_response").reset(0).enable(read);
        response.next(control.araddr.gt(8).mux(m.lit(2, unsigned(2)), 0));
        let data = m.reg(unsigned(32)).named("r_data").reset(0);
        let arms = [(0, words[0]), (4, words[1]), (8, words[2])];
        let fresh = control.araddr.case(&arms, m.zero(unsigned(32)));
        let old = if is(Fault::ReadChanges) {
            !data.q
        } else {
            data.q
        };
        data.next(read.mux(fresh, old));
        control.arready.drive(read);
        control.rvalid.drive(valid.q);
        control.rdata.drive(data.q);
        control.rresp.drive(response.q);
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Slice {
    fault: Fault,
}

bundle! {
    struct SliceInputs() {
        add: unsigned(32),
        s: AxiStream(STREAM_BITS),
    }
}

bundle! {
    struct SliceOutputs() {
        m: AxiStream(STREAM_BITS),
    }
}

impl Block for Slice {
    type Inputs<'m> = SliceInputs<'m>;
    type Outputs<'m> = SliceOutputs<'m>;

    fn module_name(&self) -> String {
        "slice".to_owned()
    }

    fn inputs(&self) -> Shapes<SliceInputs<'static>> {
        SliceInputs::of()
    }

    fn build<'m>(&self, m: &'m Module, io: SliceInputs<'m>) -> SliceOutputs<'m> {
        m.clock("clk", Reset::ActiveLow("rst_n"));
        let is = |fault| self.fault == fault;
        let SliceInputs { add, s: input } = io;
        let output = m.wires(AxiStream::of(STREAM_BITS));

        let valid = m.reg(bit()).named("valid");
        let valid = if is(Fault::NoReset) {
            valid
        } else {
            valid.reset(0)
        };
        let ready = (!valid.q | output.tready).named("ready");
        let ready = if is(Fault::Deaf) {
            ready & input.tlast
        } else {
            ready
        };
        input.tready.drive(ready);
        let waiting = if is(Fault::ValidFalls) {
            m.low()
        } else {
            valid.q
        };
        valid.next(ready.mux(input.tvalid, waiting));

        let word = |index: u32| input.tdata.slice(32 * index, 32) + add;
        let sum = concat(&[input.tdata.slice(64, STREAM_BITS - 64), word(1), word(0)]);
        let data = m.reg(unsigned(STREAM_BITS)).named("data");
        let old = if is(Fault::PayloadChanges) {
            !data.q
        } else {
            data.q
        };
        data.next(ready.mux(sum, old));
        let last = m.reg(bit()).named("last").enable(ready);
        last.next(if is(Fault::NoLast) {
            input.tlast & !input.tlast
        } else {
            input.tlast
        });

        output.tvalid.drive(valid.q);
        output.tdata.drive(data.q);
        output.tlast.drive(last.q);
        m.cover("beat_waits", valid.q & !output.tready);
        let top = input.tdata.slice(64, STREAM_BITS - 64);
        let taken = input.tvalid & ready;
        m.assert(
            "top_byte",
            !(taken & top.eq(0xee)),
            "the top byte of a beat is 0xee",
        );
        SliceOutputs { m: output }
    }
}
