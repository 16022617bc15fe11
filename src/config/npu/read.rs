//! From a TOML tree to [`NpuConfig`].

use super::{Array, Bus, Control, Memory, NpuConfig, Post, Vector, check_npu_number};
use crate::config::Common;
use crate::config::read::{Reader, Tables};
use toml::de::DeTable;

/// The tables, each with its keys.
pub(in crate::config) const TABLES: Tables = &[
    ("array", &["rows", "columns", "product_register"]),
    ("bus", &["width"]),
    (
        "memory",
        &["scratchpad", "weights", "accumulators", "parameters"],
    ),
    ("vector", &["taps", "weights"]),
    ("post", &["lanes", "requantization"]),
    ("control", &["order", "outstanding", "queue_depth"]),
];

/// The configuration, or `None` when a problem leaves nothing to build it from.
pub(in crate::config) fn read(
    reader: &mut Reader,
    common: Common,
    root: &DeTable,
) -> Option<NpuConfig> {
    // The size is replaced by the one that is read.
    let defaults = NpuConfig::new(0, 0);
    let array = array(reader, root, defaults.array);
    let bus = bus(reader, root);
    let memory = memory(reader, root);
    let vector = vector(reader, root);
    let post = post(reader, root, defaults.post);
    let control = control(reader, root, defaults.control);
    Some(NpuConfig {
        common,
        array: array?,
        bus,
        memory,
        vector,
        post,
        control,
    })
}

fn array(reader: &mut Reader, root: &DeTable, defaults: Array) -> Option<Array> {
    let table = reader.array(root)?;
    let rows = reader.required(table, "array.rows", check_npu_number);
    let columns = reader.required(table, "array.columns", check_npu_number);
    let product_register = reader.boolean(table, "array.product_register");
    Some(Array {
        rows: rows?,
        columns: columns?,
        product_register: product_register.unwrap_or(defaults.product_register),
    })
}

fn bus(reader: &mut Reader, root: &DeTable) -> Bus {
    let Some(table) = reader.known_table(root, "bus") else {
        return Bus::default();
    };
    Bus {
        width: reader.integer(table, "bus.width", check_npu_number),
    }
}

fn memory(reader: &mut Reader, root: &DeTable) -> Memory {
    let Some(table) = reader.known_table(root, "memory") else {
        return Memory::default();
    };
    Memory {
        scratchpad: reader.size(table, "memory.scratchpad"),
        weights: reader.size(table, "memory.weights"),
        accumulators: reader.integer(table, "memory.accumulators", check_npu_number),
        parameters: reader.integer(table, "memory.parameters", check_npu_number),
    }
}

fn vector(reader: &mut Reader, root: &DeTable) -> Vector {
    let Some(table) = reader.known_table(root, "vector") else {
        return Vector::default();
    };
    Vector {
        taps: reader.integer(table, "vector.taps", check_npu_number),
        weights: reader.integer(table, "vector.weights", check_npu_number),
    }
}

fn post(reader: &mut Reader, root: &DeTable, defaults: Post) -> Post {
    let Some(table) = reader.known_table(root, "post") else {
        return defaults;
    };
    let requantization = reader.choice(table, "post.requantization");
    Post {
        lanes: reader.integer(table, "post.lanes", check_npu_number),
        requantization: requantization.unwrap_or(defaults.requantization),
    }
}

fn control(reader: &mut Reader, root: &DeTable, defaults: Control) -> Control {
    let Some(table) = reader.known_table(root, "control") else {
        return defaults;
    };
    let order = reader.choice(table, "control.order");
    let outstanding = reader.integer(table, "control.outstanding", check_npu_number);
    let queue_depth = reader.integer(table, "control.queue_depth", check_npu_number);
    Control {
        order: order.unwrap_or(defaults.order),
        outstanding: outstanding.unwrap_or(defaults.outstanding),
        queue_depth: queue_depth.unwrap_or(defaults.queue_depth),
    }
}
