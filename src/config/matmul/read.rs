//! From a TOML tree to [`MatmulConfig`].

use super::{Array, Buffers, MatmulConfig, Streams};
use crate::config::read::{Reader, Tables};
use crate::config::{Common, Dataflow, ElementType, check_array_size, check_stream_width};
use toml::de::DeTable;

/// The tables, each with its keys.
pub(in crate::config) const TABLES: Tables = &[
    (
        "array",
        &[
            "rows",
            "columns",
            "dataflow",
            "activation",
            "weight",
            "product_register",
        ],
    ),
    ("streams", &["a", "b", "c"]),
    ("buffers", &["a", "b", "accumulators", "output_register"]),
];

/// The configuration, or `None` when a problem leaves nothing to build it from.
pub(in crate::config) fn read(
    reader: &mut Reader,
    common: Common,
    root: &DeTable,
) -> Option<MatmulConfig> {
    let array = array(reader, root);
    let streams = streams(reader, root);
    let buffers = buffers(reader, root);
    Some(MatmulConfig {
        common,
        array: array?,
        streams,
        buffers,
    })
}

fn array(reader: &mut Reader, root: &DeTable) -> Option<Array> {
    let table = reader.array(root)?;
    let rows = reader.required(table, "array.rows", check_array_size);
    let columns = reader.required(table, "array.columns", check_array_size);
    let dataflow = reader.choice(table, "array.dataflow");
    let activation = reader.choice(table, "array.activation");
    let weight = reader.choice(table, "array.weight");
    let product_register = reader.boolean(table, "array.product_register");
    Some(Array {
        rows: rows?,
        columns: columns?,
        dataflow: dataflow.unwrap_or(Dataflow::WeightStationary),
        activation: activation.unwrap_or(ElementType::Int8),
        weight,
        product_register: product_register.unwrap_or(true),
    })
}

fn streams(reader: &mut Reader, root: &DeTable) -> Streams {
    let Some(table) = reader.known_table(root, "streams") else {
        return Streams::default();
    };
    Streams {
        a: reader.integer(table, "streams.a", check_stream_width),
        b: reader.integer(table, "streams.b", check_stream_width),
        c: reader.integer(table, "streams.c", check_stream_width),
    }
}

fn buffers(reader: &mut Reader, root: &DeTable) -> Buffers {
    let Some(table) = reader.known_table(root, "buffers") else {
        return Buffers::default();
    };
    Buffers {
        a: reader.size(table, "buffers.a"),
        b: reader.size(table, "buffers.b"),
        accumulators: reader.size(table, "buffers.accumulators"),
        output_register: reader
            .boolean(table, "buffers.output_register")
            .unwrap_or(false),
    }
}
