//! Options of operators: from the structures of `builtin_op_data.h` to the slots of `schema.fbs`.

use crate::network::Setting;
use std::ffi::c_void;

/// An entry of a structure.
#[derive(Clone, Copy)]
enum Entry {
    /// An `int` that the schema has in four bytes.
    Int,
    /// An `int` that the schema has in a byte.
    Code,
    /// A [`Self::Code`] that counts from 1: paddings.
    FromOne,
    Flag,
    Float,
}

use Entry::{Code, Flag, Float, FromOne, Int};

/// The structure of an operator's options, and the slot of its first entry. Operators that are not named here have none, or
/// none that is read.
const fn entries(operator: i32) -> (usize, &'static [Entry]) {
    match operator {
        // ADD, MUL, SUB
        0 | 18 | 41 => (0, &[Code]),
        // AVERAGE_POOL_2D, MAX_POOL_2D
        1 | 17 => (0, &[FromOne, Int, Int, Int, Int, Code]),
        // CONCATENATION
        2 => (0, &[Int, Code]),
        // CONV_2D
        3 => (0, &[FromOne, Int, Int, Code, Int, Int]),
        // DEPTHWISE_CONV_2D
        4 => (0, &[FromOne, Int, Int, Int, Code, Int, Int]),
        // DEPTH_TO_SPACE, SPACE_TO_DEPTH
        5 | 26 => (0, &[Int]),
        // FULLY_CONNECTED
        9 => (0, &[Code, Code, Flag]),
        // RESIZE_BILINEAR, whose sizes are an input today
        23 => (2, &[Flag, Flag]),
        // SOFTMAX, LEAKY_RELU
        25 | 98 => (0, &[Float]),
        // GATHER, PACK, UNPACK
        36 | 83 | 88 => (0, &[Int, Int]),
        // STRIDED_SLICE
        45 => (0, &[Int, Int, Int, Int, Int, Flag]),
        // TRANSPOSE_CONV
        67 => (0, &[FromOne, Int, Int, Code]),
        // RESIZE_NEAREST_NEIGHBOR, BATCH_MATMUL
        97 | 126 => (0, &[Flag, Flag]),
        // MIRROR_PAD
        100 => (0, &[FromOne]),
        // GELU
        150 => (0, &[Flag]),
        _ => (0, &[]),
    }
}

/// The options of an operator of this code, with their slots.
///
/// # Safety
/// `data` is null, or what the runtime keeps of such an operator.
pub unsafe fn options(operator: i32, data: *const c_void) -> Vec<(usize, Setting)> {
    let (first, entries) = entries(operator);
    if data.is_null() {
        return Vec::new();
    }
    let mut at = 0_usize;
    let mut settings = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let size = if let Flag = entry { 1 } else { 4_usize };
        at = at.next_multiple_of(size);
        // SAFETY: the structure has the entry there, as C lays structures out; `int` and `float` have four bytes.
        let setting = unsafe {
            let word = || data.byte_add(at).cast::<i32>().read_unaligned();
            match entry {
                Int => Setting::Int(word()),
                Code => Setting::Byte(byte(word())),
                FromOne => Setting::Byte(byte(word().wrapping_sub(1))),
                Flag => Setting::Byte(data.byte_add(at).cast::<u8>().read()),
                Float => Setting::Float(f32::from_bits(word() as u32)),
            }
        };
        settings.push((first + place, setting));
        at += size;
    }
    settings
}

/// A number that should fit a byte; else one that no option is.
fn byte(number: i32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_stand_where_c_puts_them() {
        // TfLiteFullyConnectedParams: relu6, plain weights, axes kept.
        let words = [3_i32, 0, 0x0000_0001];
        // SAFETY: as many words as are read.
        let found = unsafe { options(9, words.as_ptr().cast()) };
        let wanted = [(0, 3), (1, 0), (2, 1)].map(|(slot, value)| (slot, Setting::Byte(value)));
        assert_eq!(found, wanted);
        // TfLiteConvParams: valid, strides 2 and 3, relu, dilations 4 and 5.
        let words = [2_i32, 2, 3, 1, 4, 5];
        let found = unsafe { options(3, words.as_ptr().cast()) };
        let wanted = [
            (0, Setting::Byte(1)),
            (1, Setting::Int(2)),
            (2, Setting::Int(3)),
            (3, Setting::Byte(1)),
            (4, Setting::Int(4)),
            (5, Setting::Int(5)),
        ];
        assert_eq!(found, wanted);
        // TfLiteResizeBilinearParams behind the slots of old sizes.
        let flags = [0_u8, 1];
        let found = unsafe { options(23, flags.as_ptr().cast()) };
        assert_eq!(found, [(2, Setting::Byte(0)), (3, Setting::Byte(1))]);
    }
}
