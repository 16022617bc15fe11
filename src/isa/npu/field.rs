//! Fields of instructions.

/// What the bits of a field mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// An unsigned integer of so many bits.
    Unsigned(u32),
    /// A two's complement integer of so many bits.
    Signed(u32),
    /// One bit: false or true.
    Flag,
}

impl FieldKind {
    /// Bits.
    pub const fn width(self) -> u32 {
        match self {
            FieldKind::Unsigned(width) | FieldKind::Signed(width) => width,
            FieldKind::Flag => 1,
        }
    }

    /// Whether the value can be written in it.
    pub fn contains(self, value: i64) -> bool {
        let width = self.width();
        match self {
            FieldKind::Signed(_) => (-(1 << (width - 1))..1 << (width - 1)).contains(&value),
            FieldKind::Unsigned(_) | FieldKind::Flag => (0..1 << width).contains(&value),
        }
    }
}

/// A field of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// As in the assembly.
    pub name: &'static str,
    /// The lowest bit in the instruction.
    pub lsb: u32,
    /// What the bits mean.
    pub kind: FieldKind,
    /// For the documentation.
    pub doc: &'static str,
}

impl Field {
    /// It counts something that there must be: 1 at least.
    pub fn is_count(&self) -> bool {
        [
            "run",
            "rows",
            "planes",
            "tiles",
            "blocks",
            "kernel_rows",
            "groups",
            "taps",
            "columns",
            "channels",
            "window",
        ]
        .contains(&self.name)
    }
}

/// Places fields one behind the other from `lsb` on.
pub const fn placed<const N: usize>(mut fields: [Field; N], mut lsb: u32) -> [Field; N] {
    let mut index = 0;
    while index < N {
        fields[index].lsb = lsb;
        lsb += fields[index].kind.width();
        index += 1;
    }
    assert!(lsb <= 256, "the fields do not fit an instruction");
    fields
}

/// A field's value as a number, and back.
pub trait Value: Copy {
    /// As a number.
    fn number(self) -> i64;
    /// From a number that the field contains.
    fn of(number: i64) -> Self;
}

impl Value for u32 {
    fn number(self) -> i64 {
        self.into()
    }

    fn of(number: i64) -> Self {
        number as u32
    }
}

impl Value for i32 {
    fn number(self) -> i64 {
        self.into()
    }

    fn of(number: i64) -> Self {
        number as i32
    }
}

impl Value for bool {
    fn number(self) -> i64 {
        self.into()
    }

    fn of(number: i64) -> Self {
        number != 0
    }
}
