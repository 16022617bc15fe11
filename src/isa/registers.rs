//! Register maps: registers of 32 bits at byte offsets, cut into fields.
//!
//! ```
//! use ferrogrid::isa::{Field, Register, RegisterMap};
//!
//! let map = RegisterMap::new("timer", "Counts down.")
//!     .register(
//!         Register::new("control", 0x00, "Starts the timer.")
//!             .field(Field::write_pulse("start", 0, 1, "Starts counting.")),
//!     )
//!     .register(
//!         Register::new("period", 0x04, "Length of a period.")
//!             .field(Field::read_write("cycles", 0, 16, "In clock cycles.").reset(100)),
//!     );
//! map.check()?;
//! assert_eq!(map.address_bits(), 3);
//! assert_eq!(map.get("period").offset, 4);
//! # Ok::<(), ferrogrid::isa::RegisterMapError>(())
//! ```

mod c_header;
mod check;
mod markdown;
#[cfg(test)]
mod tests;

pub use check::RegisterMapError;

/// What a field does when the host and the hardware touch it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Holds what the host wrote; an output to the hardware.
    ReadWrite,
    /// Shows an input from the hardware; writes do nothing.
    ReadOnly,
    /// Shows a value fixed when the hardware was generated; writes do nothing.
    Constant(u32),
    /// Each bit written as 1 is 1 for one cycle at an output to the hardware; reads as 0.
    WritePulse,
    /// Each bit is set by an input from the hardware and stays set until the host writes 1 to
    /// it; setting wins over clearing. The bits are an output to the hardware too.
    WriteOneToClear,
}

impl Access {
    /// The abbreviation of data sheets.
    pub fn abbreviation(self) -> &'static str {
        match self {
            Access::ReadWrite => "RW",
            Access::ReadOnly => "RO",
            Access::Constant(_) => "CONST",
            Access::WritePulse => "W1P",
            Access::WriteOneToClear => "W1C",
        }
    }

    /// Writing the field has an effect.
    pub fn is_writable(self) -> bool {
        matches!(
            self,
            Access::ReadWrite | Access::WritePulse | Access::WriteOneToClear
        )
    }
}

/// Bits of a register that mean one thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Lower-case name, unique in the register.
    pub name: String,
    /// The lowest bit, 0 to 31.
    pub lsb: u32,
    /// Number of bits, at least 1.
    pub width: u32,
    /// What reading and writing do.
    pub access: Access,
    /// The value after reset; 0 for fields that hold nothing.
    pub reset: u32,
    /// For the documentation.
    pub doc: String,
}

impl Field {
    /// The first clause of the documentation, for a line of text.
    pub fn summary(&self) -> &str {
        let ends = ["; ", ". "]
            .into_iter()
            .filter_map(|end| self.doc.find(end));
        let end = ends.min().unwrap_or(self.doc.len());
        self.doc[..end].trim_end_matches('.')
    }

    /// A field of any access with reset value 0.
    pub fn new(name: &str, lsb: u32, width: u32, access: Access, doc: &str) -> Field {
        Field {
            name: name.into(),
            lsb,
            width,
            access,
            reset: 0,
            doc: doc.into(),
        }
    }

    /// A field that holds what the host writes.
    pub fn read_write(name: &str, lsb: u32, width: u32, doc: &str) -> Field {
        Field::new(name, lsb, width, Access::ReadWrite, doc)
    }

    /// A field that shows what the hardware says.
    pub fn read_only(name: &str, lsb: u32, width: u32, doc: &str) -> Field {
        Field::new(name, lsb, width, Access::ReadOnly, doc)
    }

    /// A field of fixed value.
    pub fn constant(name: &str, lsb: u32, width: u32, value: u32, doc: &str) -> Field {
        Field::new(name, lsb, width, Access::Constant(value), doc)
    }

    /// A field whose bits pulse when written as 1.
    pub fn write_pulse(name: &str, lsb: u32, width: u32, doc: &str) -> Field {
        Field::new(name, lsb, width, Access::WritePulse, doc)
    }

    /// A field whose bits the hardware sets and the host clears.
    pub fn write_one_to_clear(name: &str, lsb: u32, width: u32, doc: &str) -> Field {
        Field::new(name, lsb, width, Access::WriteOneToClear, doc)
    }

    /// Sets the value after reset.
    pub fn reset(mut self, value: u32) -> Field {
        self.reset = value;
        self
    }

    /// The largest value that fits.
    pub fn max(&self) -> u32 {
        u32::MAX >> (32 - self.width.clamp(1, 32))
    }

    /// The field's bits within the register.
    pub fn mask(&self) -> u32 {
        self.max() << self.lsb
    }

    /// The field's value in a register's word.
    pub fn extract(&self, word: u32) -> u32 {
        (word >> self.lsb) & self.max()
    }

    /// A word with `value` in the field and 0 elsewhere; bits beyond the field are dropped.
    pub fn insert(&self, value: u32) -> u32 {
        (value & self.max()) << self.lsb
    }
}

/// A register of 32 bits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Register {
    /// Lower-case name, unique in the map.
    pub name: String,
    /// Byte offset from the base of the map, a multiple of 4.
    pub offset: u32,
    /// What the register is for.
    pub doc: String,
    /// Its fields, in ascending order of bits; bits in no field read as 0.
    pub fields: Vec<Field>,
}

impl Register {
    /// A register without fields.
    pub fn new(name: &str, offset: u32, doc: &str) -> Register {
        Register {
            name: name.into(),
            offset,
            doc: doc.into(),
            fields: Vec::new(),
        }
    }

    /// Adds a field.
    pub fn field(mut self, field: Field) -> Register {
        self.fields.push(field);
        self
    }

    /// The field of this name.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn get(&self, field: &str) -> &Field {
        self.fields
            .iter()
            .find(|f| f.name == field)
            .unwrap_or_else(|| panic!("register `{}` has no field `{field}`", self.name))
    }

    /// The word after reset, as far as it does not depend on the hardware.
    pub fn reset_word(&self) -> u32 {
        self.fields.iter().fold(0, |word, field| {
            let value = match field.access {
                Access::Constant(value) => value,
                _ => field.reset,
            };
            word | field.insert(value)
        })
    }
}

/// Registers behind one AXI4-Lite port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterMap {
    /// Lower-case name: `matmul` gives the module `matmul_registers` and `FERROGRID_MATMUL_...`.
    pub name: String,
    /// What the map controls.
    pub doc: String,
    /// The registers, in ascending order of offsets.
    pub registers: Vec<Register>,
}

impl RegisterMap {
    /// A map without registers.
    pub fn new(name: &str, doc: &str) -> RegisterMap {
        RegisterMap {
            name: name.into(),
            doc: doc.into(),
            registers: Vec::new(),
        }
    }

    /// Adds a register.
    pub fn register(mut self, register: Register) -> RegisterMap {
        self.registers.push(register);
        self
    }

    /// The register of this name.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn get(&self, register: &str) -> &Register {
        self.registers
            .iter()
            .find(|r| r.name == register)
            .unwrap_or_else(|| panic!("register map `{}` has no register `{register}`", self.name))
    }

    /// Bits of a byte address that reaches every register.
    pub fn address_bits(&self) -> u32 {
        let last = self.registers.iter().map(|r| r.offset | 3).max();
        // At least one bit above the byte within a word, so that there is something to decode.
        last.map_or(3, |last| (32 - last.leading_zeros()).max(3))
    }
}
