//! Instructions as bits.

use super::field::{Field, FieldKind};
use super::{INSTRUCTION_BYTES, Instruction, Opcode, Operation, Synchronization};

/// Why an instruction has no bits, or bits are no instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodingError {
    /// A value does not fit its field.
    Value {
        /// The instruction.
        instruction: &'static str,
        /// The field.
        field: &'static str,
        /// The value.
        value: i64,
        /// Bits of the field.
        width: u32,
    },
    /// No instruction has this opcode.
    Opcode(u32),
    /// A bit that no field has is 1.
    Reserved {
        /// The instruction.
        instruction: &'static str,
        /// The bit.
        bit: u32,
    },
}

impl std::fmt::Display for EncodingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EncodingError::Value {
                instruction,
                field,
                value,
                width,
            } => write!(
                f,
                "`{field}` of {instruction} is {value}, which does not fit {width} bits"
            ),
            EncodingError::Opcode(code) => write!(f, "no instruction has opcode {code}"),
            EncodingError::Reserved { instruction, bit } => {
                write!(f, "bit {bit} of {instruction} is reserved and must be 0")
            }
        }
    }
}

impl std::error::Error for EncodingError {}

type Bytes = [u8; INSTRUCTION_BYTES];

fn put(bytes: &mut Bytes, field: &Field, value: i64) {
    for bit in 0..field.kind.width() {
        let at = field.lsb + bit;
        bytes[at as usize / 8] |= ((value >> bit & 1) as u8) << (at % 8);
    }
}

fn get(bytes: &Bytes, field: &Field) -> i64 {
    let width = field.kind.width();
    let value = (0..width).fold(0, |value, bit| {
        let at = field.lsb + bit;
        value | i64::from(bytes[at as usize / 8] >> (at % 8) & 1) << bit
    });
    match field.kind {
        FieldKind::Signed(_) if value >> (width - 1) & 1 == 1 => value - (1 << width),
        _ => value,
    }
}

impl Instruction {
    /// All fields with their values, the opcode first.
    fn values(&self) -> impl Iterator<Item = (&'static Field, i64)> {
        let opcode = self.operation.opcode();
        let of_all = [opcode as i64]
            .into_iter()
            .chain(self.synchronization.values());
        let of_operation = self.operation.values();
        (Synchronization::FIELDS.iter().zip(of_all)).chain(opcode.fields().iter().zip(of_operation))
    }

    /// The bits, the lowest byte first.
    ///
    /// # Errors
    /// When a value does not fit its field.
    pub fn encode(&self) -> Result<Bytes, EncodingError> {
        let mut bytes = [0; INSTRUCTION_BYTES];
        for (field, value) in self.values() {
            if !field.kind.contains(value) {
                return Err(EncodingError::Value {
                    instruction: self.operation.opcode().name(),
                    field: field.name,
                    value,
                    width: field.kind.width(),
                });
            }
            put(&mut bytes, field, value);
        }
        Ok(bytes)
    }

    /// The instruction of these bits.
    ///
    /// # Errors
    /// When there is none: the opcode or a reserved bit says so.
    pub fn decode(bytes: &Bytes) -> Result<Self, EncodingError> {
        let [code, synchronization @ ..] = Synchronization::FIELDS.map(|field| get(bytes, &field));
        let opcode = Opcode::ALL.iter().find(|opcode| **opcode as i64 == code);
        let opcode = *opcode.ok_or(EncodingError::Opcode(code as u32))?;
        let values: Vec<i64> = (opcode.fields().iter())
            .map(|field| get(bytes, field))
            .collect();
        let fields = || {
            Synchronization::FIELDS
                .into_iter()
                .chain(opcode.fields().iter().copied())
        };
        let in_a_field = |bit| fields().any(|of| (of.lsb..of.lsb + of.kind.width()).contains(&bit));
        let reserved =
            |bit: &u32| bytes[*bit as usize / 8] >> (bit % 8) & 1 == 1 && !in_a_field(*bit);
        match (0..8 * INSTRUCTION_BYTES as u32).find(reserved) {
            None => Ok(Instruction {
                synchronization: Synchronization::of(synchronization),
                operation: Operation::of(opcode, &values),
            }),
            Some(bit) => Err(EncodingError::Reserved {
                instruction: opcode.name(),
                bit,
            }),
        }
    }
}
