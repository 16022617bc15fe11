//! Arbiters of AXI4: one port of several managers' ports, apart for reads and for writes.

use super::{Cut, Fifo, Policy, RegisterSlice, StreamArbiter, StreamArbiterInputs, StreamInputs};
use crate::hdl::{
    Axi4Read, Axi4Write, Block, Module, Shapes, Signal, Stream, bundle, concat, hardware,
    index_bits, pack, unpack, unsigned,
};

/// The ports of an arbiter. The ids of the merged port have the manager's number on top, by which
/// answers find back, whatever their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxiMerge {
    /// Bits of a manager's ids.
    pub id_bits: u32,
    /// Bits of an address.
    pub address_bits: u32,
    /// Bits of a beat.
    pub data_bits: u32,
    /// Number of managers: 2 to 8.
    pub managers: u32,
}

/// Merges the read channels of managers, whose bursts take turns. Addresses and beats pass within
/// the cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxiReadArbiter(pub AxiMerge);

/// Merges the write channels of managers, whose bursts take turns. Addresses leave a cycle later;
/// the data follow burst by burst in the order of the addresses, from the same cycle on, and do
/// not wait until the address is taken, as a subordinate may want the data first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxiWriteArbiter {
    /// The ports.
    pub merge: AxiMerge,
    /// The most bursts whose address was taken and whose data were not: 2 for a beat every cycle.
    pub outstanding: u32,
}

bundle! {
    /// What an [`AxiReadArbiter`] takes.
    pub struct AxiReadArbiterInputs(p: &AxiMerge) {
        /// The managers.
        s: [Axi4Read(p.id_bits, p.address_bits, p.data_bits); p.managers],
    }
}

bundle! {
    /// What an [`AxiReadArbiter`] gives.
    pub struct AxiReadArbiterOutputs(p: &AxiMerge) {
        /// The merged port.
        m: Axi4Read(p.merged_id_bits(), p.address_bits, p.data_bits),
    }
}

bundle! {
    /// What an [`AxiWriteArbiter`] takes.
    pub struct AxiWriteArbiterInputs(arbiter: &AxiWriteArbiter) {
        /// The managers.
        s: [Axi4Write(arbiter.merge.id_bits, arbiter.merge.address_bits, arbiter.merge.data_bits); arbiter.merge.managers],
    }
}

bundle! {
    /// What an [`AxiWriteArbiter`] gives.
    pub struct AxiWriteArbiterOutputs(p: &AxiMerge) {
        /// The merged port.
        m: Axi4Write(p.merged_id_bits(), p.address_bits, p.data_bits),
    }
}

bundle! {
    /// A burst of the merged port.
    struct Command(p: &AxiMerge) {
        id: unsigned(p.merged_id_bits()),
        address: unsigned(p.address_bits),
        length: unsigned(8),
        size: unsigned(3),
        burst: unsigned(2),
    }
}

impl AxiMerge {
    fn manager_bits(&self) -> u32 {
        index_bits(self.managers.into())
    }

    /// Bits of the merged port's ids.
    pub fn merged_id_bits(&self) -> u32 {
        self.id_bits + self.manager_bits()
    }

    /// The manager that an id of the merged port belongs to.
    fn manager<'m>(&self, id: Signal<'m>) -> Signal<'m> {
        id.slice(self.id_bits, self.manager_bits())
    }

    fn name(&self, kind: &str) -> String {
        let AxiMerge {
            id_bits,
            address_bits,
            data_bits,
            managers,
        } = self;
        format!("axi_{kind}_arbiter_{managers}_of_{address_bits}x{data_bits}_{id_bits}")
    }

    /// The commands in turn, packed, each with its manager's number in its id.
    #[hardware]
    fn merge<'m>(
        &self,
        m: &'m Module,
        commands: impl Iterator<Item = (Command<'m>, Signal<'m>, Signal<'m>)>,
    ) -> Stream<'m> {
        let streams = (0..)
            .zip(commands)
            .map(|(number, (command, valid, ready))| {
                let manager = m.lit(number, unsigned(self.manager_bits()));
                let id = concat(&[manager, command.id]);
                Stream {
                    payload: pack(&Command { id, ..command }),
                    valid,
                    ready,
                }
            });
        let s: Vec<_> = streams.collect();
        let arbiter = StreamArbiter {
            shape: s[0].payload.shape(),
            count: self.managers,
            policy: Policy::RoundRobin,
        };
        let turns = m.instance(&arbiter, StreamArbiterInputs { s });
        turns.m
    }
}

#[hardware]
impl Block for AxiReadArbiter {
    fn module_name(&self) -> String {
        self.0.name("read")
    }

    fn inputs(&self) -> Shapes<AxiReadArbiterInputs<'static>> {
        AxiReadArbiterInputs::of(&self.0)
    }

    fn build<'m>(&self, m: &'m Module, io: AxiReadArbiterInputs<'m>) -> AxiReadArbiterOutputs<'m> {
        m.doc("Merges the read channels of AXI4 managers, whose bursts take turns.");
        let p = &self.0;
        let turns = p.merge(
            m,
            io.s.iter().map(|s| {
                let command = Command {
                    id: s.arid,
                    address: s.araddr,
                    length: s.arlen,
                    size: s.arsize,
                    burst: s.arburst,
                };
                (command, s.arvalid, s.arready)
            }),
        );
        let command = unpack(turns.payload, Command::of(p));
        let axi = m.wires(Axi4Read::of(
            p.merged_id_bits(),
            p.address_bits,
            p.data_bits,
        ));
        axi.arid.drive(command.id);
        axi.araddr.drive(command.address);
        axi.arlen.drive(command.length);
        axi.arsize.drive(command.size);
        axi.arburst.drive(command.burst);
        axi.arvalid.drive(turns.valid);
        turns.ready.drive(axi.arready);

        for (number, s) in (0..).zip(&io.s) {
            s.rid.drive(axi.rid.truncate(p.id_bits));
            s.rdata.drive(axi.rdata);
            s.rresp.drive(axi.rresp);
            s.rlast.drive(axi.rlast);
            s.rvalid.drive(axi.rvalid & p.manager(axi.rid).eq(number));
        }
        let ready: Vec<_> = io.s.iter().map(|s| s.rready).collect();
        axi.rready.drive(p.manager(axi.rid).select(&ready));
        AxiReadArbiterOutputs { m: axi }
    }
}

#[hardware]
impl Block for AxiWriteArbiter {
    fn module_name(&self) -> String {
        format!("{}_{}", self.merge.name("write"), self.outstanding)
    }

    fn build<'m>(
        &self,
        m: &'m Module,
        io: AxiWriteArbiterInputs<'m>,
    ) -> AxiWriteArbiterOutputs<'m> {
        m.doc("Merges the write channels of AXI4 managers, whose bursts take turns.");
        let p = &self.merge;
        let turns = p.merge(
            m,
            io.s.iter().map(|s| {
                let command = Command {
                    id: s.awid,
                    address: s.awaddr,
                    length: s.awlen,
                    size: s.awsize,
                    burst: s.awburst,
                };
                (command, s.awvalid, s.awready)
            }),
        );
        // A command goes to the port and into the order of the data at once.
        let to_port = m.wires(Stream::of(turns.payload.shape()));
        let to_order = m.wires(Stream::of(unsigned(p.manager_bits())));
        let command = unpack(turns.payload, Command::of(p));
        to_port.payload.drive(turns.payload);
        to_port.valid.drive(turns.valid & to_order.ready);
        to_order.payload.drive(p.manager(command.id));
        to_order.valid.drive(turns.valid & to_port.ready);
        turns.ready.drive(to_port.ready & to_order.ready);

        let slice = RegisterSlice {
            shape: turns.payload.shape(),
            cut: Cut::Forward,
        };
        let commands = m.instance(&slice, StreamInputs { s: to_port }).m;
        let command = unpack(commands.payload, Command::of(p));
        let axi = m.wires(Axi4Write::of(
            p.merged_id_bits(),
            p.address_bits,
            p.data_bits,
        ));
        axi.awid.drive(command.id);
        axi.awaddr.drive(command.address);
        axi.awlen.drive(command.length);
        axi.awsize.drive(command.size);
        axi.awburst.drive(command.burst);
        axi.awvalid.drive(commands.valid);
        commands.ready.drive(axi.awready);

        let fifo = Fifo::new(to_order.payload.shape(), self.outstanding);
        let order = m.instance(&fifo, StreamInputs { s: to_order }).m;
        let of = |member: fn(&Axi4Write<'m>) -> Signal<'m>| {
            let members: Vec<_> = io.s.iter().map(member).collect();
            order.payload.select(&members)
        };
        axi.wdata.drive(of(|s| s.wdata));
        axi.wstrb.drive(of(|s| s.wstrb));
        axi.wlast.drive(of(|s| s.wlast));
        axi.wvalid.drive(order.valid & of(|s| s.wvalid));
        order.ready.drive(axi.wvalid & axi.wready & axi.wlast);

        for (number, s) in (0..).zip(&io.s) {
            let writes = order.valid & order.payload.eq(number);
            s.wready.drive(writes & axi.wready);
            s.bid.drive(axi.bid.truncate(p.id_bits));
            s.bresp.drive(axi.bresp);
            s.bvalid.drive(axi.bvalid & p.manager(axi.bid).eq(number));
        }
        let ready: Vec<_> = io.s.iter().map(|s| s.bready).collect();
        axi.bready.drive(p.manager(axi.bid).select(&ready));
        AxiWriteArbiterOutputs { m: axi }
    }
}
