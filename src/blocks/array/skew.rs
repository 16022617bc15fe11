//! Triangles of registers that shift the lanes of a vector in time.

use crate::hdl::{Block, Module, concat, unsigned};

/// Which lane comes out first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lanes {
    /// Lane i is delayed by i cycles: a vector becomes a wavefront.
    FirstLaneFirst,
    /// Lane i is delayed by (lanes - 1 - i) cycles: a wavefront becomes a vector.
    LastLaneFirst,
}

/// Delays each lane of a vector by its index (or the reverse).
///
/// Stage k holds only the lanes that need more than k cycles, so the triangle is written as
/// (lanes - 1) registers of shrinking width.
#[derive(Debug, Clone, PartialEq)]
pub struct Skew {
    /// Module name.
    pub name: String,
    /// Lanes of the vector, at least 1.
    pub lanes: u32,
    /// Bits per lane.
    pub width: u32,
    /// The order.
    pub order: Lanes,
}

impl Block for Skew {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let Skew { lanes, width, .. } = *self;
        let first = self.order == Lanes::FirstLaneFirst;
        m.doc(if first {
            "Skew: lane i leaves i cycles after it entered."
        } else {
            "Deskew: lane i leaves (lanes - 1 - i) cycles after it entered."
        });
        let vector = m.input("vector_in", unsigned(lanes * width));
        let mut out = Vec::new();
        let mut rest = vector;
        for stage in 0..lanes {
            let left = lanes - stage;
            // The lane that has waited long enough leaves; the others go on.
            let (leaving, staying) = if first {
                (0, width)
            } else {
                ((left - 1) * width, 0)
            };
            out.push(rest.slice(leaving, width));
            if left > 1 {
                let others = rest.slice(staying, (left - 1) * width);
                rest = m.delay(others).named(format!("stage_{}", stage + 1));
            }
        }
        if first {
            out.reverse();
        }
        m.output("vector_out", concat(&out));
    }
}
