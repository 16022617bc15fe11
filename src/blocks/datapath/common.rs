//! Parts of the datapaths of both dataflows.

use super::super::array::{Lanes, Skew};
use super::super::buffer::BufferMemory;
use super::super::control::TokenLine;
use super::super::ports::{PortSizes, Target, WritePort};
use crate::arch::MatmulArch;
use crate::hdl::{Module, Signal, concat, unsigned};

/// The B buffer: the word at `address`, after the read latency.
#[track_caller]
pub(super) fn b_buffer<'m>(
    m: &'m Module,
    arch: &MatmulArch,
    read: Signal<'m>,
    address: Signal<'m>,
) -> Signal<'m> {
    let write: WritePort<'_> = m.sink_port("b_write", PortSizes::of(arch).b_write);
    let (width, depth) = (arch.b_buffer.word_bits, 2 * arch.b_buffer.bank_depth);
    let memory = BufferMemory::new(m, arch, "b_buffer", width, depth);
    memory.write(write.enable, write.address, write.data);
    memory.read("b_word", read, address)
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

/// A skew or deskew of a vector of `lanes` lanes.
#[track_caller]
pub(super) fn skew<'m>(
    core: &str,
    part: &str,
    vector: Signal<'m>,
    lanes: u32,
    order: Lanes,
) -> Signal<'m> {
    if lanes == 1 {
        return vector;
    }
    let width = vector.width() / lanes;
    let kind = match order {
        Lanes::FirstLaneFirst => "skew",
        Lanes::LastLaneFirst => "deskew",
    };
    let skew = Skew {
        name: format!("{core}_{kind}_{lanes}x{width}"),
        lanes,
        width,
        order,
    };
    vector
        .module()
        .untyped_instance(part, &skew)
        .input("vector_in", vector)
        .output("vector_out")
}

/// A target `cycles` cycles later; `clear` wipes out those on their way.
#[track_caller]
pub(super) fn delay_target<'m>(
    core: &str,
    target: &Target<'m>,
    cycles: u32,
    clear: Signal<'m>,
) -> Target<'m> {
    let token = concat(&[target.first, target.last, target.bank, target.address]);
    let line = TokenLine {
        name: format!("{core}_token_line"),
        cycles,
        width: token.width(),
    };
    let line = token
        .module()
        .untyped_instance("token_line", &line)
        .comment("where the sums go, beside the array")
        .input("clear", clear)
        .input("valid_in", target.valid)
        .input("token_in", token);
    let token = line.output("token_out");
    let bits = target.address.width();
    Target {
        valid: line.output("valid_out"),
        first: token.bit(bits + 2),
        last: token.bit(bits + 1),
        bank: token.bit(bits),
        address: token.truncate(bits),
    }
}
