//! The instructions and their fields.
//!
//! R rows and C columns are those of the array, L the lanes of POST.

use super::field::{Field, FieldKind, Value, placed};
use super::synchronization::Synchronization;

/// The bit at which the fields of an operation begin.
const FIRST_BIT: u32 = 48;

macro_rules! kind {
    (u $width:literal) => {
        FieldKind::Unsigned($width)
    };
    (i $width:literal) => {
        FieldKind::Signed($width)
    };
    (flag) => {
        FieldKind::Flag
    };
}

macro_rules! rust_type {
    (u) => {
        u32
    };
    (i) => {
        i32
    };
    (flag) => {
        bool
    };
}

macro_rules! instructions {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident [$fields:ident] = $code:literal $text:literal {
            $( $(#[doc = $field_doc:literal])* $field:ident: $kind:ident $($width:literal)?, )*
        }
    )*) => {
        /// What an instruction is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Opcode {
            $( $(#[doc = $doc])* $name = $code, )*
        }

        impl Opcode {
            /// Every opcode, in ascending order.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$name),*];

            /// As in the assembly.
            pub fn name(self) -> &'static str {
                match self { $(Opcode::$name => $text),* }
            }

            /// What it does.
            pub fn doc(self) -> &'static str {
                match self { $(Opcode::$name => concat!($($doc, "\n"),*)),* }
            }

            /// The fields behind those of the [`Synchronization`].
            pub fn fields(self) -> &'static [Field] {
                match self { $(Opcode::$name => &$name::FIELDS),* }
            }
        }

        /// What an instruction does, with its fields.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operation {
            $( $(#[doc = $doc])* $name($name), )*
        }

        impl Operation {
            /// What it is.
            pub fn opcode(&self) -> Opcode {
                match self { $(Operation::$name(_) => Opcode::$name),* }
            }

            /// The values of its fields.
            pub(super) fn values(&self) -> Vec<i64> {
                match self {
                    $(Operation::$name(operation) => vec![$(operation.$field.number()),*],)*
                }
            }

            /// From the values of the fields, each of which contains its own.
            pub(super) fn of(opcode: Opcode, values: &[i64]) -> Self {
                let mut values = values.iter().copied();
                let mut next = || values.next().expect("a value for each field");
                match opcode {
                    $(Opcode::$name => Operation::$name($name { $($field: Value::of(next())),* }),)*
                }
            }
        }

        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub struct $name {
                $( $(#[doc = $field_doc])* pub $field: rust_type!($kind), )*
            }

            /// A `T` for each field of it, as a signal.
            #[derive(Clone, Copy)]
            pub struct $fields<T> {
                $( $(#[doc = $field_doc])* pub $field: T, )*
            }

            impl $name {
                /// What `of` makes of each field.
                pub fn each<T>(mut of: impl FnMut(&Field) -> T) -> $fields<T> {
                    let mut fields = Self::FIELDS.iter().map(|field| of(field));
                    let mut next = || fields.next().expect("a value for each field");
                    $fields { $($field: next()),* }
                }

                /// Its fields.
                pub const FIELDS: [Field; <[&str]>::len(&[$(stringify!($field)),*])] = placed(
                    [$(Field {
                        name: stringify!($field),
                        lsb: 0,
                        kind: kind!($kind $($width)?),
                        doc: concat!($($field_doc),*),
                    }),*],
                    FIRST_BIT,
                );
            }
        )*
    };
}

instructions! {
    /// Copies runs of bytes from DRAM to a memory of the machine. A step is a run.
    Load [LoadFields] = 1 "load" {
        /// DRAM region.
        region: u 2,
        /// First byte within the region.
        offset: u 32,
        /// 0: scratchpad, 1: biases, 2: multipliers, 3: shifts, 4: table of the results of POST, 5: table of
        /// the activations added to them, 6: weights of VECTOR.
        target: u 3,
        /// First byte of the scratchpad, first channel of the parameters, first entry of the table, or first
        /// group of weights.
        address: u 22,
        /// Bytes of a run, 1 or more.
        run: u 18,
        /// Runs of a plane, 1 or more.
        rows: u 12,
        /// Bytes in DRAM from a run to the next.
        row_stride: u 24,
        /// Bytes in the scratchpad from a run to the next.
        row_pitch: u 18,
        /// Planes, 1 or more.
        planes: u 10,
        /// Bytes in DRAM from a plane to the next.
        plane_stride: u 24,
        /// Bytes in the scratchpad from a plane to the next.
        plane_pitch: u 20,
    }
    /// Reads tiles of weights from DRAM into the weight ring, behind those that are there: R rows of C
    /// bytes each. It waits while the ring is full. A step is a tile.
    Weights [WeightsFields] = 2 "weights" {
        /// DRAM region.
        region: u 2,
        /// First byte within the region, at a beat of the bus.
        offset: u 32,
        /// Tiles, 1 or more.
        tiles: u 16,
    }
    /// Multiplies vectors of R bytes of an image in the scratchpad by tiles of weights, and adds the
    /// products up in an accumulator bank. A pass takes one tile: for each block, kernel row and tap, the
    /// vectors of all rows and columns. A byte outside of the image is the padding. A step is a pass.
    Matrix [MatrixFields] = 3 "matrix" {
        /// Scratchpad address of byte 0 of row 0 of the image.
        address: u 22,
        /// Bytes from a row to the next.
        pitch: u 16,
        /// Bytes of a row: those beyond are padding.
        width: u 16,
        /// Rows: those beyond are padding.
        height: u 13,
        /// Row of the first vector.
        first_row: i 14,
        /// Byte in its row of the first vector.
        first_byte: i 18,
        /// Blocks of R channels, 1 or more.
        blocks: u 8,
        /// Kernel rows, 1 or more.
        kernel_rows: u 6,
        /// Image rows from a kernel row to the next.
        kernel_row_step: u 5,
        /// Taps of a kernel row, 1 or more.
        taps: u 8,
        /// Bytes from a tap to the next.
        tap_step: u 16,
        /// Rows of vectors, 1 or more.
        rows: u 8,
        /// Image rows from a row of vectors to the next.
        row_step: u 5,
        /// Vectors of a row, 1 or more.
        columns: u 8,
        /// Bytes from a vector to the next.
        column_step: u 16,
        /// What is read outside of the image.
        padding: i 8,
        /// First tile, counted from the oldest in the ring.
        tile: u 12,
        /// Each tile leaves the ring when it has been used: it must be the oldest.
        release: flag,
        /// Takes a free accumulator bank and begins its sums anew; otherwise adds to those there.
        begin: flag,
        /// Hands the bank over to the next POST.
        end: flag,
        /// Each row of vectors takes tiles of its own: rows are walked outermost.
        row_tiles: flag,
        /// Taps and kernel rows are walked innermost, under one tile: a vector for each, for a POST that
        /// reduces windows.
        windows: flag,
        /// One pass, whose vectors reach over several kernel rows: `taps` bytes of the first, `tap_step` bytes of
        /// each behind it.
        packed: flag,
    }
    /// Takes the accumulator bank that MATRIX, or VECTOR, has handed over first, turns its sums into bytes of
    /// the scratchpad, and frees it. A step is a row.
    Post [PostFields] = 4 "post" {
        /// Scratchpad address of the first byte.
        address: u 22,
        /// Rows, 1 or more.
        rows: u 8,
        /// Bytes from a row to the next.
        row_pitch: u 18,
        /// Vectors of a row, 1 or more.
        columns: u 8,
        /// Bytes from a vector to the next.
        column_pitch: u 16,
        /// Channels of a vector, from 1 to C.
        channels: u 7,
        /// Vectors of the bank that become one: 1 or more.
        window: u 8,
        /// The largest of a window counts, not the sum.
        maximum: flag,
        /// First channel of the parameters, a multiple of L.
        parameters: u 12,
        /// Each row takes the parameters behind those of the row before.
        row_parameters: flag,
        /// Multiplier and shift are those of each channel, not of this instruction.
        per_channel: flag,
        /// The scale is an fp32 number and rounding is to nearest even; otherwise fixed point.
        float: flag,
        /// The bits of the fp32 scale, or the fixed-point multiplier.
        multiplier: u 32,
        /// Of the fixed-point multiplier: left if positive.
        shift: i 6,
        /// Zero point of the result.
        zero_point: i 8,
        /// Results below become this.
        low: i 8,
        /// Results above become this.
        high: i 8,
        /// An activation is added: the sum of the entries of result and activation in their tables is
        /// requantized as the words behind the first table say.
        residual: flag,
        /// Scratchpad address of the activation that is added to the first byte; it has the pitches of the
        /// result.
        residual_address: u 22,
        /// The bank is one of VECTOR, not of MATRIX.
        vector: flag,
    }
    /// Copies runs of bytes from the scratchpad to DRAM. A step is a run.
    Store [StoreFields] = 5 "store" {
        /// DRAM region.
        region: u 2,
        /// First byte within the region.
        offset: u 32,
        /// First byte of the scratchpad.
        address: u 22,
        /// Bytes of a run, 1 or more.
        run: u 18,
        /// Runs of a plane, 1 or more.
        rows: u 12,
        /// Bytes in DRAM from a run to the next.
        row_stride: u 24,
        /// Bytes in the scratchpad from a run to the next.
        row_pitch: u 18,
        /// Planes, 1 or more.
        planes: u 10,
        /// Bytes in DRAM from a plane to the next.
        plane_stride: u 24,
        /// Bytes in the scratchpad from a plane to the next.
        plane_pitch: u 20,
    }
    /// Waits until units have ended all instructions before it.
    Fence [FenceFields] = 6 "fence" {
        /// Units that must have ended theirs, a bit each: load, matrix, post, store, vector.
        units: u 5,
    }
    /// Ends the program when all instructions before it have ended.
    End [EndFields] = 7 "end" {
        /// What the host reads in `status.code` then.
        code: u 16,
    }
    /// Multiplies each channel of vectors of an image in the scratchpad by a weight of its own, and adds the
    /// products up in an accumulator bank of VECTOR, or keeps the largest bytes there. A pass takes a group of up
    /// to T taps of a kernel row, for the vectors of all rows and columns. A byte outside of the image is the
    /// padding. A step is a pass.
    Vector [VectorFields] = 8 "vector" {
        /// Scratchpad address of byte 0 of row 0 of the image.
        address: u 22,
        /// Bytes from a row to the next.
        pitch: u 16,
        /// Bytes of a row: those beyond are padding.
        width: u 16,
        /// Rows: those beyond are padding.
        height: u 13,
        /// Row of the first vector.
        first_row: i 14,
        /// Byte in its row of the first vector.
        first_byte: i 18,
        /// Kernel rows, 1 or more.
        kernel_rows: u 6,
        /// Image rows from a kernel row to the next.
        kernel_row_step: u 5,
        /// Groups of taps of a kernel row, 1 or more: of T taps each, but the last.
        groups: u 7,
        /// Taps of the last group, from 1 to T.
        taps: u 2,
        /// Bytes from a tap to the next.
        tap_step: u 16,
        /// Rows of vectors, 1 or more.
        rows: u 8,
        /// Image rows from a row of vectors to the next.
        row_step: u 5,
        /// Vectors of a row, 1 or more.
        columns: u 8,
        /// Bytes from a vector to the next.
        column_step: u 16,
        /// What is read outside of the image.
        padding: i 8,
        /// The weights of the first pass: a group of them, of which each pass takes the next.
        weights: u 12,
        /// The largest byte of all taps counts, not the sum of the products; there are no weights.
        maximum: flag,
        /// Takes a free accumulator bank and begins its sums anew; otherwise adds to those there.
        begin: flag,
        /// Hands the bank over to the next POST for banks of VECTOR.
        end: flag,
    }
}

/// Where LOAD puts bytes, as its field `target` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Target {
    /// The scratchpad.
    Scratchpad = 0,
    /// Biases, 32 bits a channel.
    Bias = 1,
    /// Multipliers or fp32 scales, 32 bits a channel.
    Multiplier = 2,
    /// Shifts, 32 bits a channel of which the lowest count.
    Shift = 3,
    /// For each byte, as an unsigned number, what a result of POST adds to the sum of a residual: 256
    /// words; then multiplier, shift, zero point, lower and upper limit of that sum, and 1 where the multiplier
    /// is an fp32 scale: a word each.
    ResultTable = 4,
    /// For each byte what the activation adds: 256 words.
    ResidualTable = 5,
    /// Weights of VECTOR: groups of T rows of V bytes.
    VectorWeights = 6,
}

/// Entries of a table.
pub const TABLE_ENTRIES: u32 = 256;
/// Words behind the table of results.
pub const TABLE_WORDS: u32 = 6;

const _: () = {
    let last = Synchronization::FIELDS[Synchronization::FIELDS.len() - 1];
    assert!(last.lsb + last.kind.width() <= FIRST_BIT);
};
