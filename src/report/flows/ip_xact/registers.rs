//! The memory map.

use super::super::Flow;
use super::MEMORY_MAP;
use crate::isa::{Access, Field, Register};
use crate::report::xml::{Element, element, leaf};

/// The smallest piece of address space that Vivado's interconnects give to a slave.
const RANGE: u32 = 4096;

impl Flow<'_> {
    pub(super) fn memory_maps(&self) -> Element {
        let map = self.registers;
        let range = RANGE.max(1 << map.address_bits());
        element("spirit:memoryMaps").child(
            element("spirit:memoryMap")
                .child(leaf("spirit:name", MEMORY_MAP))
                .child(
                    element("spirit:addressBlock")
                        .child(leaf("spirit:name", "registers"))
                        .child(leaf("spirit:description", &map.doc))
                        .child(leaf("spirit:baseAddress", "0"))
                        .child(leaf("spirit:range", &range.to_string()))
                        .child(leaf("spirit:width", "32"))
                        .child(leaf("spirit:usage", "register"))
                        .children(map.registers.iter().map(register)),
                ),
        )
    }
}

fn register(register: &Register) -> Element {
    element("spirit:register")
        .child(leaf("spirit:name", &register.name))
        .child(leaf("spirit:description", &register.doc))
        .child(leaf(
            "spirit:addressOffset",
            &format!("0x{:02x}", register.offset),
        ))
        .child(leaf("spirit:size", "32"))
        .child(element("spirit:reset").child(leaf(
            "spirit:value",
            &format!("0x{:08x}", register.reset_word()),
        )))
        .children(register.fields.iter().map(field))
}

fn field(field: &Field) -> Element {
    let (access, on_write) = match field.access {
        Access::ReadWrite => ("read-write", None),
        Access::ReadOnly | Access::Constant(_) => ("read-only", None),
        Access::WritePulse => ("write-only", None),
        Access::WriteOneToClear => ("read-write", Some("oneToClear")),
    };
    let set_by_hardware = matches!(field.access, Access::ReadOnly | Access::WriteOneToClear);
    let on_write = on_write.map(|action| leaf("spirit:modifiedWriteValue", action));
    element("spirit:field")
        .child(leaf("spirit:name", &field.name))
        .child(leaf("spirit:description", &field.doc))
        .child(leaf("spirit:bitOffset", &field.lsb.to_string()))
        .child(leaf("spirit:bitWidth", &field.width.to_string()))
        .child(leaf("spirit:volatile", &set_by_hardware.to_string()))
        .child(leaf("spirit:access", access))
        .children(on_write)
}
