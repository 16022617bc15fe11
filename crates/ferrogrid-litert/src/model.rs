//! Parts of a network as `.tflite` models in memory, for the importer of such files.

use crate::network::{Ends, LEFT_OUT, Network, Node, Setting, Tensor};
use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, UnionWIPOffset, WIPOffset};
use std::collections::BTreeMap;

/// A table of `schema.fbs`.
type Table = WIPOffset<TableFinishedWIPOffset>;
/// What a field leads to.
type Link = WIPOffset<UnionWIPOffset>;

/// A field in its slot.
enum Field {
    Setting(Setting),
    Link(Link),
}

/// Nodes by their places as a model, perhaps of one row alone.
pub fn model(network: &Network, places: &[usize], ends: &Ends, of_row: bool) -> Vec<u8> {
    let nodes = || places.iter().map(|place| &network.nodes[*place]);
    let mut indices = BTreeMap::from([(LEFT_OUT, LEFT_OUT)]);
    let mut builder = FlatBufferBuilder::new();
    // The first buffer is the empty one, of all that is no constant.
    let mut buffers = vec![table(&mut builder, &[])];
    let mut tensors = Vec::new();
    for index in nodes().flat_map(|node| node.inputs.iter().chain(&node.outputs)) {
        if let Some(tensor) = network.tensors.get(index)
            && !indices.contains_key(index)
        {
            indices.insert(*index, tensors.len() as i32);
            let sizes = match of_row {
                true => tensor.sizes_of_row(),
                false => tensor.sizes.clone(),
            };
            tensors.push(of_tensor(&mut builder, tensor, &sizes, &mut buffers));
        }
    }
    let mut codes = Vec::new();
    let mut operators = Vec::new();
    for node in nodes() {
        operators.push(of_node(&mut builder, node, &indices, codes.len()));
        let code = Field::Setting(Setting::Int(node.operator));
        codes.push(table(&mut builder, &[(3, code)]));
    }
    let subgraph = [
        (0, tables(&mut builder, &tensors)),
        (1, list(&mut builder, &indices, &ends.inputs)),
        (2, list(&mut builder, &indices, &ends.outputs)),
        (3, tables(&mut builder, &operators)),
    ];
    let subgraph = table(&mut builder, &subgraph);
    let model = [
        (0, Field::Setting(Setting::Int(3))),
        (1, tables(&mut builder, &codes)),
        (2, tables(&mut builder, &[subgraph])),
        (4, tables(&mut builder, &buffers)),
    ];
    let model = table(&mut builder, &model);
    builder.finish(model, Some("TFL3"));
    builder.finished_data().to_vec()
}

fn of_tensor(
    builder: &mut FlatBufferBuilder,
    of: &Tensor,
    sizes: &[i32],
    buffers: &mut Vec<Table>,
) -> Table {
    let mut buffer = 0;
    if let Some(values) = of.values {
        let data = builder.create_vector(values).as_union_value();
        buffer = buffers.len() as i32;
        buffers.push(table(builder, &[(0, Field::Link(data))]));
    }
    let sizes = builder.create_vector(sizes).as_union_value();
    let name = builder.create_string(&of.name).as_union_value();
    let mut fields = vec![
        (0, Field::Link(sizes)),
        (1, Field::Setting(Setting::Byte(of.kind))),
        (2, Field::Setting(Setting::Int(buffer))),
        (3, Field::Link(name)),
    ];
    if let Some(meaning) = &of.quantization {
        let zero_points = meaning.zero_points.iter().copied().map(i64::from);
        let zero_points = Vec::from_iter(zero_points);
        let scales = builder.create_vector(&meaning.scales).as_union_value();
        let zero_points = builder.create_vector(&zero_points).as_union_value();
        let meaning = [
            (2, Field::Link(scales)),
            (3, Field::Link(zero_points)),
            (6, Field::Setting(Setting::Int(meaning.axis))),
        ];
        let meaning = table(builder, &meaning).as_union_value();
        fields.push((4, Field::Link(meaning)));
    }
    table(builder, &fields)
}

fn of_node(
    builder: &mut FlatBufferBuilder,
    node: &Node,
    indices: &BTreeMap<i32, i32>,
    code: usize,
) -> Table {
    let options = node.options.iter();
    let options = options.map(|(slot, setting)| (*slot, Field::Setting(*setting)));
    let options = Vec::from_iter(options);
    let options = table(builder, &options).as_union_value();
    let fields = [
        (0, Field::Setting(Setting::Int(code as i32))),
        (1, list(builder, indices, &node.inputs)),
        (2, list(builder, indices, &node.outputs)),
        (4, Field::Link(options)),
    ];
    table(builder, &fields)
}

/// Tensors by their indices in the model.
fn list(builder: &mut FlatBufferBuilder, indices: &BTreeMap<i32, i32>, of: &[i32]) -> Field {
    // A node's tensors are all there; for another one the importer would have words.
    let index = |index: &i32| indices.get(index).copied().unwrap_or(LEFT_OUT);
    let all = Vec::from_iter(of.iter().map(index));
    Field::Link(builder.create_vector(&all).as_union_value())
}

fn tables(builder: &mut FlatBufferBuilder, tables: &[Table]) -> Field {
    Field::Link(builder.create_vector(tables).as_union_value())
}

fn table(builder: &mut FlatBufferBuilder, fields: &[(usize, Field)]) -> Table {
    let start = builder.start_table();
    for (slot, field) in fields {
        let slot = 4 + 2 * *slot as u16;
        match field {
            Field::Setting(Setting::Byte(value)) => builder.push_slot_always(slot, *value),
            Field::Setting(Setting::Int(value)) => builder.push_slot_always(slot, *value),
            Field::Setting(Setting::Float(value)) => builder.push_slot_always(slot, *value),
            Field::Link(link) => builder.push_slot_always(slot, *link),
        }
    }
    builder.end_table(start)
}
