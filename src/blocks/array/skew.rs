//! Triangles of registers that shift the lanes of a vector in time.

use crate::hdl::{Block, Module, bundle, hardware, join, unsigned};

/// Which lane comes out first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lanes {
    /// Lane i is delayed by i cycles: a vector becomes a wavefront.
    FirstLaneFirst,
    /// Lane i is delayed by (lanes - 1 - i) cycles: a wavefront becomes a vector.
    LastLaneFirst,
}

bundle! {
    /// Input of [`Skew`].
    pub struct SkewInputs(skew: &Skew) {
        /// Lane 0 lowest.
        vector_in: unsigned(skew.lanes * skew.width),
    }
}

bundle! {
    /// Output of [`Skew`].
    pub struct SkewOutputs(bits: u32) {
        /// Lane 0 lowest.
        vector_out: unsigned(bits),
    }
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

#[hardware]
impl Block for Skew {
    fn build<'m>(&self, m: &'m Module, io: SkewInputs<'m>) -> SkewOutputs<'m> {
        let width = self.width;
        let first = self.order == Lanes::FirstLaneFirst;
        m.doc(if first {
            "Skew: lane i leaves i cycles after it entered."
        } else {
            "Deskew: lane i leaves (lanes - 1 - i) cycles after it entered."
        });
        let mut lanes = Vec::new();
        let mut rest = io.vector_in;
        for stage in 1..=self.lanes {
            let others = rest.width() - width;
            // The lane that has waited long enough leaves; the others go on.
            let (leaving, staying) = if first { (0, width) } else { (others, 0) };
            lanes.push(rest.slice(leaving, width));
            if others > 0 {
                rest = m
                    .delay(rest.slice(staying, others))
                    .named(format!("stage_{stage}"));
            }
        }
        if !first {
            lanes.reverse();
        }
        SkewOutputs {
            vector_out: join(&lanes),
        }
    }
}
