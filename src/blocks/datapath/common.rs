//! Parts of the datapaths of both dataflows.

use super::super::array::{ArrayParams, Lanes, Skew, SkewInputs, SkewOutputs};
use super::super::buffer::{MemoryInputs, MemoryParams};
use super::super::control::{TokenInputs, TokenLine};
use super::super::ports::Target;
use super::super::prim::{RamRead, RamWrite};
use crate::hdl::{Module, Signal, bundle, concat, hardware, unsigned};

/// What a datapath is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct DatapathParams {
    /// The core's module name, which begins the names of all parts.
    pub core: String,
    /// The array.
    pub array: ArrayParams,
    /// A memory of the A buffer, with both banks.
    pub a_buffer: MemoryParams,
    /// The memory of the B buffer, with both banks.
    pub b_buffer: MemoryParams,
    /// Bits of a place in an accumulator bank.
    pub target_bits: u32,
}

bundle! {
    /// Outputs of a datapath.
    pub struct DatapathOutputs(datapath: &DatapathParams) {
        /// Where the sums of the next cycle go.
        result: Target(datapath.target_bits),
        /// Column 0 lowest.
        sums: unsigned(datapath.array.sum_bits()),
    }
}

impl DatapathParams {
    /// Bits of an address of the A buffer.
    pub fn a_bits(&self) -> u32 {
        self.a_buffer.address_bits()
    }

    /// Bits of an address of the B buffer.
    pub fn b_bits(&self) -> u32 {
        self.b_buffer.address_bits()
    }

    /// Cycles of a read of an operand.
    pub(super) fn read_latency(&self) -> u32 {
        self.b_buffer.read_latency()
    }

    /// Cycles from the issue of operands until they stand at the edge of the array: those of the
    /// read, and the operand register.
    pub(super) fn operand_latency(&self) -> u32 {
        self.read_latency() + 1
    }

    /// A skew or deskew of a vector; the binding names it.
    #[track_caller]
    pub(super) fn skew<'m>(
        &self,
        vector_in: Signal<'m>,
        lanes: u32,
        order: Lanes,
    ) -> SkewOutputs<'m> {
        if lanes == 1 {
            return SkewOutputs {
                vector_out: vector_in,
            };
        }
        let width = vector_in.width() / lanes;
        let kind = match order {
            Lanes::FirstLaneFirst => "skew",
            Lanes::LastLaneFirst => "deskew",
        };
        let skew = Skew {
            name: format!("{}_{kind}_{lanes}x{width}", self.core),
            lanes,
            width,
            order,
        };
        let m = vector_in.module();
        m.instance(&skew, SkewInputs { vector_in })
    }

    /// A target beside the operands issued with it until a cycle before their sums: the
    /// accumulators read before they add. `clear` wipes out those on their way.
    #[hardware]
    #[track_caller]
    pub(super) fn beside_array<'m>(
        &self,
        m: &'m Module,
        target: &Target<'m>,
        clear: Signal<'m>,
    ) -> Target<'m> {
        let token = concat(&[target.first, target.last, target.bank, target.address]);
        let line = TokenLine {
            name: format!("{}_token_line", self.core),
            cycles: self.operand_latency() + self.array.latency() + self.array.columns - 2,
            width: token.width(),
        };
        let inputs = TokenInputs {
            clear,
            valid_in: target.valid,
            token_in: token,
        };
        let token_line = m.instance(&line, inputs);
        let (token, bits) = (token_line.token_out, self.target_bits);
        Target {
            valid: token_line.valid_out,
            first: token.bit(bits + 2),
            last: token.bit(bits + 1),
            bank: token.bit(bits),
            address: token.truncate(bits),
        }
    }
}

/// A buffer's memory: the word at the address of a read, after the read latency.
#[track_caller]
pub(super) fn buffer<'m>(
    m: &'m Module,
    params: &MemoryParams,
    names: [&str; 2],
    write: RamWrite<'m>,
    (enable, address): (Signal<'m>, Signal<'m>),
) -> Signal<'m> {
    let inputs = MemoryInputs {
        write,
        read: RamRead { enable, address },
        take: m.high(),
    };
    params.insert(m, names, inputs)
}

/// A token at row 0 as a bit for each row, a cycle later a row.
#[track_caller]
pub(super) fn row_tokens<'m>(name: &str, token: Signal<'m>, rows: u32) -> Signal<'m> {
    if rows == 1 {
        return token;
    }
    let m = token.module();
    let later = m.reg(unsigned(rows - 1)).named(format!("{name}_below"));
    let all = concat(&[*later, token]).named(name);
    later.next(all.truncate(rows - 1));
    all
}
