//! Files written by hand: a network, and what is wrong in a file.

use crate::graph::{Element, Limits, Operator, Quantization, Values};
use crate::import::{self, ImportError};

/// A value of a FlatBuffers field.
#[derive(Clone)]
enum Field {
    Byte(u8),
    Int(i32),
    Bytes(Vec<u8>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Floats(Vec<f32>),
    Table(Vec<(usize, Field)>),
    Tables(Vec<Vec<(usize, Field)>>),
}

/// Appends what an offset leads to, and says where it is.
fn append(bytes: &mut Vec<u8>, field: &Field) -> usize {
    let words = |values: &[[u8; 4]]| values.as_flattened().to_vec();
    let start = bytes.len();
    let vector = |bytes: &mut Vec<u8>, count: usize, elements: &[u8]| {
        bytes.extend((count as u32).to_le_bytes());
        bytes.extend(elements);
    };
    match field {
        Field::Byte(_) | Field::Int(_) => unreachable!("stands in its table"),
        Field::Bytes(elements) => vector(bytes, elements.len(), elements),
        Field::Ints(values) => {
            let elements: Vec<_> = values.iter().map(|value| value.to_le_bytes()).collect();
            vector(bytes, values.len(), &words(&elements));
        }
        Field::Longs(values) => {
            let elements: Vec<_> = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            vector(bytes, values.len(), &elements);
        }
        Field::Floats(values) => {
            let elements: Vec<_> = values.iter().map(|value| value.to_le_bytes()).collect();
            vector(bytes, values.len(), &words(&elements));
        }
        Field::Tables(tables) => {
            vector(bytes, tables.len(), &vec![0; 4 * tables.len()]);
            for (place, table) in tables.iter().enumerate() {
                link(bytes, start + 4 + 4 * place, &Field::Table(table.clone()));
            }
        }
        Field::Table(fields) => {
            // Its slots, then the distance back to them and four bytes for each slot.
            let slots = fields.iter().map(|(slot, _)| slot + 1).max().unwrap_or(0);
            bytes.extend((4 + 2 * slots as u16).to_le_bytes());
            bytes.extend((4 + 4 * slots as u16).to_le_bytes());
            for slot in 0..slots {
                let written = fields.iter().any(|(other, _)| *other == slot);
                bytes.extend((if written { 4 + 4 * slot as u16 } else { 0 }).to_le_bytes());
            }
            let table = bytes.len();
            bytes.extend(((table - start) as i32).to_le_bytes());
            bytes.extend(vec![0; 4 * slots]);
            for (slot, field) in fields {
                let place = table + 4 + 4 * slot;
                match field {
                    Field::Byte(value) => bytes[place] = *value,
                    Field::Int(value) => {
                        bytes[place..place + 4].copy_from_slice(&value.to_le_bytes())
                    }
                    field => link(bytes, place, field),
                }
            }
            return table;
        }
    }
    start
}

/// Appends a field, and writes the offset to it at a place.
fn link(bytes: &mut Vec<u8>, place: usize, field: &Field) {
    let target = append(bytes, field);
    bytes[place..place + 4].copy_from_slice(&((target - place) as u32).to_le_bytes());
}

fn file(model: &Field) -> Vec<u8> {
    let mut bytes = b"\0\0\0\0TFL3".to_vec();
    link(&mut bytes, 0, model);
    bytes
}

fn tensor(name: &str, shape: &[i32], code: u8, buffer: i32, scale: f32) -> Vec<(usize, Field)> {
    // Outputs have a zero point; where there is none it is 0.
    let zero_points = if name == "y" { vec![-9] } else { vec![] };
    vec![
        (0, Field::Ints(shape.to_vec())),
        (1, Field::Byte(code)),
        (2, Field::Int(buffer)),
        (3, Field::Bytes(name.as_bytes().to_vec())),
        (
            4,
            Field::Table(vec![
                (2, Field::Floats(vec![scale])),
                (3, Field::Longs(zero_points)),
            ]),
        ),
    ]
}

const INT8: u8 = 9;
const INT32: u8 = 2;

/// A fully connected layer of three inputs and two outputs with a relu; `operator` is its code.
fn network(operator: u8, inputs: &[i32], bias: &[i32]) -> Field {
    let words: Vec<_> = bias.iter().flat_map(|value| value.to_le_bytes()).collect();
    let operator_code = vec![(0, Field::Byte(operator))];
    let buffer = |bytes: Vec<u8>| vec![(0, Field::Bytes(bytes))];
    let node = vec![
        (1, Field::Ints(inputs.to_vec())),
        (2, Field::Ints(vec![3])),
        (4, Field::Table(vec![(0, Field::Byte(1))])),
    ];
    let subgraph = vec![
        (
            0,
            Field::Tables(vec![
                tensor("x", &[1, 3], INT8, 0, 0.5),
                tensor("w", &[2, 3], INT8, 1, 0.25),
                tensor("b", &[2], INT32, 2, 0.125),
                tensor("y", &[1, 2], INT8, 0, 1.0),
            ]),
        ),
        (1, Field::Ints(vec![0])),
        (2, Field::Ints(vec![3])),
        (3, Field::Tables(vec![node])),
    ];
    Field::Table(vec![
        (0, Field::Int(3)),
        (1, Field::Tables(vec![operator_code])),
        (2, Field::Tables(vec![subgraph])),
        (
            4,
            Field::Tables(vec![
                buffer(vec![]),
                buffer(vec![1, 2, 3, 255, 254, 253]),
                buffer(words),
            ]),
        ),
    ])
}

const FULLY_CONNECTED: u8 = 9;

#[test]
fn a_layer_is_read() {
    let graph =
        import::read(&file(&network(FULLY_CONNECTED, &[0, 1, 2], &[7, -8]))).expect("a network");
    let [node] = graph.nodes.as_slice() else {
        panic!("{:?}", graph.nodes);
    };
    assert_eq!(node.name, "fully_connected_0");
    assert_eq!(node.operator, Operator::FullyConnected);
    assert_eq!(node.limits, Limits { low: -9, high: 127 });
    let [x, w, b] = [0, 1, 2].map(|input| &graph[node.inputs[input]]);
    assert_eq!((x.shape.as_slice(), x.element), (&[3][..], Element::Int8));
    assert_eq!(x.quantization, Some(Quantization::per_tensor(0.5, 0)));
    assert_eq!(w.values, Some(Values::Int8(vec![1, 2, 3, -1, -2, -3])));
    assert_eq!(b.values, Some(Values::Int32(vec![7, -8])));
    assert_eq!(graph[node.output].name, "y");
}

#[test]
fn what_is_wrong_is_named() {
    let said = |model: &Field| {
        import::read(&file(model))
            .expect_err("a wrong file")
            .to_string()
    };
    for (operator, inputs, bias, message) in [
        (
            27,
            &[0, 1, 2][..],
            &[7, 8][..],
            "node `svdf_0`: the operator SVDF is not supported",
        ),
        (
            9,
            &[0, 1, 2],
            &[7],
            "tensor `b` has the shape [2] of int32 in 4 bytes",
        ),
        (
            9,
            &[0, 9, 2],
            &[7, 8],
            "the TFLite file is damaged: there is no tensor 9",
        ),
        (
            9,
            &[3, 1, 2],
            &[7, 8],
            "the TFLite file is damaged: tensor 3 is read before it is computed",
        ),
        (
            9,
            &[0, 0, 2],
            &[7, 8],
            "tensor `x` is computed, and used as weights or bias: these must be constant",
        ),
        (
            9,
            &[0],
            &[7, 8],
            "node `fully_connected_0` (FULLY_CONNECTED) has no input 1",
        ),
    ] {
        assert_eq!(said(&network(operator, inputs, bias)), message);
    }
    let mut model = network(FULLY_CONNECTED, &[0, 1, 2], &[7, 8]);
    if let Field::Table(fields) = &mut model {
        fields[0] = (0, Field::Int(2));
    }
    assert_eq!(
        said(&model),
        "the TFLite file is damaged: it has version 2, not 3"
    );
}

/// One buffer of weights for a thousand tensors: the file is small and what it says is not.
#[test]
fn parts_that_overlap_do_not_fill_the_memory() {
    let size = 1 << 16;
    let mut tensors = vec![tensor("x", &[1, size], INT8, 0, 1.0)];
    let mut nodes = Vec::new();
    for place in 0..1000 {
        tensors.push(tensor("w", &[1, size], INT8, 1, 1.0));
        tensors.push(tensor("y", &[1, 1], INT8, 0, 1.0));
        nodes.push(vec![
            (1, Field::Ints(vec![0, 1 + 2 * place])),
            (2, Field::Ints(vec![2 + 2 * place])),
        ]);
    }
    let subgraph = vec![
        (0, Field::Tables(tensors)),
        (1, Field::Ints(vec![0])),
        (3, Field::Tables(nodes)),
    ];
    let buffers = vec![vec![], vec![(0, Field::Bytes(vec![1; size as usize]))]];
    let model = Field::Table(vec![
        (0, Field::Int(3)),
        (
            1,
            Field::Tables(vec![vec![(0, Field::Byte(FULLY_CONNECTED))]]),
        ),
        (2, Field::Tables(vec![subgraph])),
        (4, Field::Tables(buffers)),
    ]);
    let error = import::read(&file(&model)).expect_err("too large");
    assert!(
        matches!(&error, ImportError::Damaged { reason, .. } if reason.contains("overlap")),
        "{error}"
    );
}
