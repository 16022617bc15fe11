//! Inputs and outputs in DRAM.

use super::lower::to_int8;
use crate::arch::NpuArch;
use crate::graph::{Graph, TensorId};

/// A tensor in DRAM, a byte an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The tensor.
    pub tensor: TensorId,
    /// First byte within its region.
    pub offset: u32,
    /// Elements.
    pub bytes: u32,
    /// The tensor is uint8: its bytes have their highest bit inverted.
    pub unsigned: bool,
}

impl Binding {
    /// What an element's byte is combined with by exclusive or, to be an int8 of the machine.
    pub fn inverted(&self) -> u8 {
        if self.unsigned { 0x80 } else { 0 }
    }
}

/// Tensors one behind the other, each at a beat of the bus.
pub(super) fn bind(graph: &Graph, tensors: &[TensorId], arch: &NpuArch) -> Vec<Binding> {
    let mut offset = 0;
    let mut bindings = Vec::new();
    for tensor in tensors {
        let of = &graph[*tensor];
        bindings.push(Binding {
            tensor: *tensor,
            offset,
            bytes: of.len() as u32,
            unsigned: to_int8(of.element) != 0,
        });
        offset = (offset + of.len() as u32).next_multiple_of(arch.bus_bytes());
    }
    bindings
}
