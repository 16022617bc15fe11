//! Transfers of any length and their answers, as AXI4 bursts.

use super::{
    Burst, BurstSplitter, BurstSplitterInputs, Cut, Fifo, RegisterSlice, StreamInputs, Transfer,
};
use crate::hdl::{
    Axi4Read, Axi4Write, Block, Module, Shapes, Signal, Stream, bit, bundle, concat, hardware,
    unsigned,
};

/// Reads transfers in bursts that stay within 4 KiB; the beats come as if of one burst each. The
/// address of a transfer's first burst is offered a cycle after the transfer, beats pass within
/// the cycle. A transfer of no beats is answered by none. Ids are 0, so that answers keep order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxiReadTransfers(pub BurstSplitter);

/// Writes transfers in bursts that stay within 4 KiB; each is answered once, by the worst of the
/// responses. The first burst is offered two cycles after its transfer, its data pass from then on
/// within the cycle, whether or not its address was taken. A transfer of no beats has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxiWriteTransfers(pub BurstSplitter);

bundle! {
    /// A beat that was read.
    pub struct ReadBeat(p: &BurstSplitter) {
        /// Its bytes.
        data: unsigned(8 * p.beat_bytes),
        /// 0 is OKAY.
        response: unsigned(2),
        /// The transfer ends with it.
        last: bit(),
    }
}

bundle! {
    /// A beat to be written.
    pub struct WriteBeat(p: &BurstSplitter) {
        /// Its bytes.
        data: unsigned(8 * p.beat_bytes),
        /// Which of them count, the lowest first.
        strobe: unsigned(p.beat_bytes),
    }
}

bundle! {
    /// What [`AxiReadTransfers`] takes.
    pub struct AxiReadTransfersInputs(p: &BurstSplitter) {
        /// The transfers.
        s: Stream(Transfer(p)),
    }
}

bundle! {
    /// What [`AxiReadTransfers`] gives.
    pub struct AxiReadTransfersOutputs(p: &BurstSplitter) {
        /// The memory.
        axi: Axi4Read(1, p.address_bits, 8 * p.beat_bytes),
        /// The beats of all transfers.
        data: Stream(ReadBeat(p)),
    }
}

bundle! {
    /// What [`AxiWriteTransfers`] takes.
    pub struct AxiWriteTransfersInputs(p: &BurstSplitter) {
        /// The transfers.
        s: Stream(Transfer(p)),
        /// The beats of all transfers.
        data: Stream(WriteBeat(p)),
    }
}

bundle! {
    /// What [`AxiWriteTransfers`] gives.
    pub struct AxiWriteTransfersOutputs(p: &BurstSplitter) {
        /// The memory.
        axi: Axi4Write(1, p.address_bits, 8 * p.beat_bytes),
        /// The response to each transfer; 0 is OKAY.
        done: Stream(unsigned(2)),
    }
}

fn name(kind: &str, splitter: &BurstSplitter) -> String {
    splitter
        .module_name()
        .replace("burst_splitter", &format!("axi_{kind}_transfers"))
}

/// A FIFO of what the bursts that are open need later; the splitter keeps it from overflowing.
#[track_caller]
fn remember<'m>(
    m: &'m Module,
    name: &str,
    (value, put): (Signal<'m>, Signal<'m>),
    outstanding: u32,
) -> Stream<'m> {
    let ready = m.wire(bit()).named(format!("{name}_ready"));
    m.assert(
        &format!("{name}_fit"),
        !put | ready,
        "more bursts are open than may be",
    );
    let s = Stream {
        payload: value,
        valid: put,
        ready,
    };
    let fifo = Fifo::new(value.shape(), outstanding);
    let fifo = m.instance_of(&fifo).named(name);
    fifo.connect(StreamInputs { s }).m
}

#[hardware]
impl Block for AxiReadTransfers {
    fn module_name(&self) -> String {
        name("read", &self.0)
    }

    fn inputs(&self) -> Shapes<AxiReadTransfersInputs<'static>> {
        AxiReadTransfersInputs::of(&self.0)
    }

    fn build<'m>(
        &self,
        m: &'m Module,
        io: AxiReadTransfersInputs<'m>,
    ) -> AxiReadTransfersOutputs<'m> {
        m.doc("Reads transfers in AXI4 bursts that stay within 4 KiB.");
        let p = &self.0;
        let axi = m.wires(Axi4Read::of(1, p.address_bits, 8 * p.beat_bytes));
        let data = m.wires(Stream::of(ReadBeat::of(p)));
        m.unused(axi.rid);
        let ended = axi.rvalid & axi.rready & axi.rlast;
        let splitter = m.instance(p, BurstSplitterInputs { s: io.s, ended });
        let bursts = splitter.m;
        axi.arid.drive(0);
        axi.araddr.drive(bursts.payload.address);
        axi.arlen.drive(bursts.payload.length);
        axi.arsize.drive(p.beat_bytes.ilog2());
        axi.arburst.drive(1);
        axi.arvalid.drive(bursts.valid);
        bursts.ready.drive(axi.arready);

        let lasts = remember(
            m,
            "lasts",
            (bursts.payload.last, bursts.fires()),
            p.outstanding,
        );
        lasts.ready.drive(ended);
        data.payload.data.drive(axi.rdata);
        data.payload.response.drive(axi.rresp);
        data.payload.last.drive(axi.rlast & lasts.payload);
        data.valid.drive(axi.rvalid);
        axi.rready.drive(data.ready);
        AxiReadTransfersOutputs { axi, data }
    }
}

#[hardware]
impl Block for AxiWriteTransfers {
    fn module_name(&self) -> String {
        name("write", &self.0)
    }

    fn inputs(&self) -> Shapes<AxiWriteTransfersInputs<'static>> {
        AxiWriteTransfersInputs::of(&self.0)
    }

    fn build<'m>(
        &self,
        m: &'m Module,
        io: AxiWriteTransfersInputs<'m>,
    ) -> AxiWriteTransfersOutputs<'m> {
        m.doc("Writes transfers in AXI4 bursts that stay within 4 KiB.");
        let p = &self.0;
        let axi = m.wires(Axi4Write::of(1, p.address_bits, 8 * p.beat_bytes));
        let done = m.wires(Stream::of(unsigned(2)));
        m.unused(axi.bid);
        let ended = axi.bvalid & axi.bready;
        let splitter = m.instance(p, BurstSplitterInputs { s: io.s, ended });

        // Behind a register, so that data are offered before the address is taken.
        let Burst {
            address,
            length,
            last,
        } = splitter.m.payload;
        let to_port = m.wires(Stream::of(unsigned(8 + p.address_bits)));
        to_port.payload.drive(concat(&[length, address]));
        to_port.valid.drive(splitter.m.valid);
        splitter.m.ready.drive(to_port.ready);
        let slice = RegisterSlice {
            shape: to_port.payload.shape(),
            cut: Cut::Forward,
        };
        let bursts = m.instance(&slice, StreamInputs { s: to_port }).m;
        axi.awid.drive(0);
        axi.awaddr.drive(bursts.payload.truncate(p.address_bits));
        axi.awlen.drive(bursts.payload.slice(p.address_bits, 8));
        axi.awsize.drive(p.beat_bytes.ilog2());
        axi.awburst.drive(1);
        axi.awvalid.drive(bursts.valid);
        bursts.ready.drive(axi.awready);

        let lengths = remember(m, "lengths", (length, splitter.m.fires()), p.outstanding);
        let beat = m.reg(unsigned(8)).reset(0);
        let wrote = axi.wvalid & axi.wready;
        m.when(wrote, || beat.set(axi.wlast.mux(0, beat + 1)));
        axi.wdata.drive(io.data.payload.data);
        axi.wstrb.drive(io.data.payload.strobe);
        axi.wlast.drive(beat.eq(lengths.payload));
        axi.wvalid.drive(io.data.valid & lengths.valid);
        io.data.ready.drive(axi.wready & lengths.valid);
        lengths.ready.drive(wrote & axi.wlast);

        let lasts = remember(m, "lasts", (last, splitter.m.fires()), p.outstanding);
        let worst = m.reg(unsigned(2)).reset(0);
        let worse = axi.bresp.gt(worst).mux(axi.bresp, *worst);
        m.when(ended, || worst.set(lasts.payload.mux(0, worse)));
        done.payload.drive(worse);
        done.valid.drive(axi.bvalid & lasts.payload);
        axi.bready.drive(done.ready | !lasts.payload);
        lasts.ready.drive(ended);
        AxiWriteTransfersOutputs { axi, done }
    }
}
