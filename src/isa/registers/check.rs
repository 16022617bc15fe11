//! What a register map must satisfy before anything is made from it.

use super::{Access, Field, Register, RegisterMap};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// A rule that a register map breaks.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum RegisterMapError {
    /// A name that cannot stand in Verilog and C alike.
    #[error(
        "{what} `{name}` cannot be a name: use lower-case letters, digits and single `_`, starting with a letter"
    )]
    Name {
        /// Map, register or field.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A map without registers, or a register without fields.
    #[error("{what} `{name}` is empty")]
    Empty {
        /// Map or register.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// An offset that is not a multiple of 4.
    #[error("register `{register}` stands at {offset:#x}, which is not a multiple of 4")]
    Alignment {
        /// The register.
        register: String,
        /// Its offset in bytes.
        offset: u32,
    },
    /// Two registers of one name.
    #[error("two registers are called `{register}`")]
    DuplicateRegister {
        /// The name.
        register: String,
    },
    /// A register at or below the offset of the one before it.
    #[error(
        "register `{register}` at {offset:#x} must stand above `{previous}` at {previous_offset:#x}"
    )]
    RegisterOrder {
        /// The register.
        register: String,
        /// Its offset in bytes.
        offset: u32,
        /// The register before it.
        previous: String,
        /// Its offset in bytes.
        previous_offset: u32,
    },
    /// A field that does not fit into 32 bits.
    #[error("field `{register}.{field}` takes bits {lsb} to {}, beyond 31", u64::from(*lsb) + u64::from(*width) - 1)]
    FieldRange {
        /// The register.
        register: String,
        /// The field.
        field: String,
        /// Its lowest bit.
        lsb: u32,
        /// Its width in bits.
        width: u32,
    },
    /// A field without bits.
    #[error("field `{register}.{field}` has no bits")]
    FieldWidth {
        /// The register.
        register: String,
        /// The field.
        field: String,
    },
    /// A field that shares bits with the one before it, or stands below it.
    #[error("field `{register}.{field}` must stand above `{previous}`, which ends at bit {end}")]
    FieldOrder {
        /// The register.
        register: String,
        /// The field.
        field: String,
        /// The field before it.
        previous: String,
        /// The highest bit of the field before it.
        end: u32,
    },
    /// A reset or constant value that is wider than its field.
    #[error("{what} {value:#x} of field `{register}.{field}` does not fit {width} bits")]
    Value {
        /// Reset value or constant.
        what: &'static str,
        /// The value.
        value: u32,
        /// The register.
        register: String,
        /// The field.
        field: String,
        /// The field's width in bits.
        width: u32,
    },
    /// A reset value for a field that holds nothing.
    #[error("field `{register}.{field}` ({access}) holds no value and cannot have a reset value")]
    ResetWithoutState {
        /// The register.
        register: String,
        /// The field.
        field: String,
        /// The abbreviation of its access.
        access: &'static str,
    },
    /// Two fields that ask for one port, as `a_b.c` and `a.b_c`.
    #[error("{first} and {second} both need the port `{port}`")]
    PortClash {
        /// The port.
        port: String,
        /// The first field.
        first: String,
        /// The second field.
        second: String,
    },
}

impl RegisterMap {
    /// Checks names, offsets, bits and values; the first rule broken is the error.
    pub fn check(&self) -> Result<(), RegisterMapError> {
        name("register map", &self.name)?;
        if self.registers.is_empty() {
            return Err(RegisterMapError::Empty {
                what: "register map",
                name: self.name.clone(),
            });
        }
        let mut previous: Option<&Register> = None;
        let mut names = BTreeSet::new();
        for register in &self.registers {
            check_register(register)?;
            if !names.insert(&register.name) {
                return Err(RegisterMapError::DuplicateRegister {
                    register: register.name.clone(),
                });
            }
            if let Some(previous) = previous.filter(|p| p.offset >= register.offset) {
                return Err(RegisterMapError::RegisterOrder {
                    register: register.name.clone(),
                    offset: register.offset,
                    previous: previous.name.clone(),
                    previous_offset: previous.offset,
                });
            }
            previous = Some(register);
        }
        self.check_ports()
    }

    fn check_ports(&self) -> Result<(), RegisterMapError> {
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for register in &self.registers {
            for field in &register.fields {
                let place = format!("`{}.{}`", register.name, field.name);
                // Every field counts, with or without ports: C macros are named alike.
                let mut ports = vec![register.port(field)];
                ports.extend(register.set_port(field));
                for port in ports {
                    if let Some(first) = taken.insert(port.clone(), place.clone()) {
                        let second = place;
                        return Err(RegisterMapError::PortClash {
                            port,
                            first,
                            second,
                        });
                    }
                }
            }
        }
        Ok(())
    }
}

impl Register {
    /// The port of a field: an input for read-only fields, none for constants, else an output.
    pub fn port(&self, field: &Field) -> String {
        format!("{}_{}", self.name, field.name)
    }

    /// The input that sets the bits of a write-one-to-clear field.
    pub fn set_port(&self, field: &Field) -> Option<String> {
        (field.access == Access::WriteOneToClear)
            .then(|| format!("{}_{}_set", self.name, field.name))
    }
}

fn check_register(register: &Register) -> Result<(), RegisterMapError> {
    name("register", &register.name)?;
    if !register.offset.is_multiple_of(4) {
        return Err(RegisterMapError::Alignment {
            register: register.name.clone(),
            offset: register.offset,
        });
    }
    if register.fields.is_empty() {
        return Err(RegisterMapError::Empty {
            what: "register",
            name: register.name.clone(),
        });
    }
    let mut previous: Option<&Field> = None;
    for field in &register.fields {
        check_field(register, field)?;
        if let Some(previous) = previous.filter(|p| p.lsb + p.width > field.lsb) {
            return Err(RegisterMapError::FieldOrder {
                register: register.name.clone(),
                field: field.name.clone(),
                previous: previous.name.clone(),
                end: previous.lsb + previous.width - 1,
            });
        }
        previous = Some(field);
    }
    Ok(())
}

fn check_field(register: &Register, field: &Field) -> Result<(), RegisterMapError> {
    name("field", &field.name)?;
    let (register, name) = (register.name.clone(), field.name.clone());
    if field.width == 0 {
        return Err(RegisterMapError::FieldWidth {
            register,
            field: name,
        });
    }
    if u64::from(field.lsb) + u64::from(field.width) > 32 {
        return Err(RegisterMapError::FieldRange {
            register,
            field: name,
            lsb: field.lsb,
            width: field.width,
        });
    }
    let (what, value) = match field.access {
        Access::Constant(value) => ("constant", value),
        _ => ("reset value", field.reset),
    };
    if value > field.max() {
        return Err(RegisterMapError::Value {
            what,
            value,
            register,
            field: name,
            width: field.width,
        });
    }
    let holds = matches!(field.access, Access::ReadWrite | Access::WriteOneToClear);
    if field.reset != 0 && !holds {
        return Err(RegisterMapError::ResetWithoutState {
            register,
            field: name,
            access: field.access.abbreviation(),
        });
    }
    Ok(())
}

/// Lower-case words joined by single underscores.
fn name(what: &'static str, name: &str) -> Result<(), RegisterMapError> {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let starts_with_letter = name.starts_with(|c: char| c.is_ascii_lowercase());
    if starts_with_letter && name.split('_').all(word) {
        Ok(())
    } else {
        Err(RegisterMapError::Name {
            what,
            name: name.to_string(),
        })
    }
}
