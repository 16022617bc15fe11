//! What the units of control tell each other.

use super::{JobShapes, SIZE};
use crate::hdl::{bit, bundle};

bundle! {
    /// What job control tells every unit when jobs end before their time.
    pub struct Orders {
        /// The job has failed: take its packet to the end, and close that of C.
        abandon: bit(),
        /// The host has given all jobs up: forget everything at once.
        clear: bit(),
        /// Either of these, a cycle after it was decided.
        forget: bit(),
    }
}

bundle! {
    /// The job in the loaders: A is M x K, and B K x N in panels of as many columns as the array.
    pub struct LoadJob(shapes: JobShapes) {
        start: bit(),
        m: SIZE,
        k: shapes.k,
        panels: shapes.panels,
        /// Columns of the last panel.
        last_columns: shapes.panel_columns,
    }
}

bundle! {
    /// The job in the array: M, K and the panels of B.
    pub struct ComputeJob(shapes: JobShapes) {
        start: bit(),
        m: SIZE,
        k: shapes.k,
        panels: shapes.panels,
    }
}

bundle! {
    /// The job in the drain: C has M rows.
    pub struct DrainJob(shapes: JobShapes) {
        start: bit(),
        m: SIZE,
        /// Words of a row of C.
        panels: shapes.panels,
        /// Columns in the last word of a row.
        last_columns: shapes.panel_columns,
    }
}

bundle! {
    /// What is wrong with the packet of an operand.
    pub struct PacketErrors {
        /// TLAST came too early.
        truncated: bit(),
        /// TLAST was missing on the last beat.
        overlong: bit(),
    }
}
