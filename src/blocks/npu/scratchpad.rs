//! The scratchpad: two halves, and who may use them.

use super::bank_row::{BankRow, BankRowInputs, READ_LATENCY};
use super::ports::{ByteRead, ByteWrite, VectorRows};
use crate::hdl::{Block, Module, Signal, Stream, bit, bundle, first_match, hardware, unsigned};

/// Two halves of byte-wide banks, the second behind the first. In a cycle each half reads once and
/// writes once: POST reads before MATRIX, that before VECTOR and that before STORE, and POST writes before LOAD. A
/// vector that reaches beyond the end of a half goes on at its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scratchpad {
    /// Module name.
    pub name: String,
    /// Bytes of a vector: a power of two.
    pub rows: u32,
    /// Bytes of both halves: a power of two.
    pub bytes: u32,
    /// Rows of an image that a vector of MATRIX may reach over.
    pub image_rows: u32,
}

bundle! {
    /// What a [`Scratchpad`] takes.
    pub struct ScratchpadInputs(pad: &Scratchpad) {
        /// POST writes in this cycle.
        post_enable: bit(),
        post: ByteWrite(pad.address_bits(), pad.rows),
        load: Stream(ByteWrite(pad.address_bits(), pad.rows)),
        /// POST reads what it adds in this cycle.
        residual_enable: bit(),
        residual_address: unsigned(pad.address_bits()),
        matrix: ByteRead(pad.address_bits()),
        /// Where the bytes are that MATRIX reads.
        matrix_rows: VectorRows(pad.image_rows, pad.rows, pad.word_bits()),
        store: ByteRead(pad.address_bits()),
        vector: ByteRead(pad.address_bits()),
    }
}

bundle! {
    /// What a [`Scratchpad`] gives.
    pub struct ScratchpadOutputs(pad: &Scratchpad) {
        /// What POST reads, lowest byte first.
        residual_data: unsigned(8 * pad.rows),
        /// What MATRIX reads, lowest byte first.
        matrix_data: unsigned(8 * pad.rows),
        /// What STORE reads, lowest byte first.
        store_data: unsigned(8 * pad.rows),
        /// What VECTOR reads, lowest byte first.
        vector_data: unsigned(8 * pad.rows),
    }
}

impl Scratchpad {
    /// Bits of the address of a byte.
    pub fn address_bits(&self) -> u32 {
        self.bytes.ilog2()
    }

    /// Bits of an address in a bank.
    pub fn word_bits(&self) -> u32 {
        self.half().word_bits()
    }

    fn half(&self) -> BankRow {
        BankRow {
            name: format!("{}_half", self.name),
            banks: self.rows,
            depth: self.bytes / 2 / self.rows,
            rows: self.image_rows,
        }
    }
}

#[hardware]
impl Block for Scratchpad {
    fn build<'m>(&self, m: &'m Module, io: ScratchpadInputs<'m>) -> ScratchpadOutputs<'m> {
        m.doc("Scratchpad of two halves; each reads once and writes once in a cycle.");
        let half = self.half();
        let bits = half.address_bits();
        let load = io.load.payload;
        let mut halves = Vec::new();
        for number in 0..2 {
            let here = |address: Signal<'m>| address.msb().eq(number);
            let post_writes = io.post_enable & here(io.post.address);
            let load_writes = io.load.valid & here(load.address);
            let matrix_reads = io.matrix.request & here(io.matrix.address);
            let vector_reads = io.vector.request & here(io.vector.address);
            let store_reads = io.store.request & here(io.store.address);
            let residual_reads = io.residual_enable & here(io.residual_address);
            let rows_behind = io.matrix_rows.behind.gate(matrix_reads & !residual_reads);
            let others_read = residual_reads | matrix_reads | vector_reads;
            let inputs = BankRowInputs {
                write_enable: post_writes | load_writes,
                write: ByteWrite {
                    address: post_writes
                        .mux(io.post.address, load.address)
                        .truncate(bits),
                    data: post_writes.mux(io.post.data, load.data),
                    mask: post_writes.mux(io.post.mask, load.mask),
                },
                read_enable: others_read | store_reads,
                read_address: first_match(
                    &[
                        (residual_reads, io.residual_address),
                        (matrix_reads, io.matrix.address),
                        (vector_reads, io.vector.address),
                    ],
                    io.store.address,
                )
                .truncate(bits),
                read_rows: VectorRows {
                    behind: rows_behind,
                    step: io.matrix_rows.step,
                },
            };
            let half = m.instance_of(&half).named(format!("half_{number}"));
            halves.push(half.connect(inputs).read_data);
        }
        // Of those that use the same half the first one does.
        let meets = |(enable, other): (Signal<'m>, Signal<'m>), address: Signal<'m>| {
            enable & other.msb().eq(address.msb())
        };
        let post = (io.post_enable, io.post.address);
        io.load.ready.drive(!meets(post, load.address));
        let before = [
            (io.residual_enable, io.residual_address),
            (io.matrix.request, io.matrix.address),
            (io.vector.request, io.vector.address),
        ];
        for (those, port) in (1..).zip([&io.matrix, &io.vector, &io.store]) {
            let meet = before[..those].iter().map(|of| meets(*of, port.address));
            let waits = meet.reduce(|any, one| any | one).expect("one before");
            port.grant.drive(!waits);
        }
        let in_upper = |name, address: Signal<'m>| m.delay_by(name, address.msb(), READ_LATENCY);
        ScratchpadOutputs {
            residual_data: in_upper("residual_half", io.residual_address).mux(halves[1], halves[0]),
            matrix_data: in_upper("matrix_half", io.matrix.address).mux(halves[1], halves[0]),
            store_data: in_upper("store_half", io.store.address).mux(halves[1], halves[0]),
            vector_data: in_upper("vector_half", io.vector.address).mux(halves[1], halves[0]),
        }
    }
}
