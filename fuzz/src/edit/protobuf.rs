//! Changes of `.onnx` files: fields of their messages.

use super::{bytes, numbers, one_of};
use rand::{Rng, RngExt};

/// The messages that have others in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Model,
    OperatorSet,
    Graph,
    Node,
    Attribute,
    Tensor,
    Entry,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Dimension,
}

impl Kind {
    /// What a field of it is.
    fn child(self, number: u64) -> Option<Kind> {
        Some(match (self, number) {
            (Kind::Model, 7) => Kind::Graph,
            (Kind::Model, 8) => Kind::OperatorSet,
            (Kind::Graph, 1) => Kind::Node,
            (Kind::Graph, 5) | (Kind::Attribute, 5) => Kind::Tensor,
            (Kind::Graph, 11..=13) => Kind::ValueInfo,
            (Kind::Node, 5) => Kind::Attribute,
            (Kind::Attribute, 6) => Kind::Graph,
            (Kind::Tensor, 13) => Kind::Entry,
            (Kind::ValueInfo, 2) => Kind::Type,
            (Kind::Type, 1) => Kind::TensorType,
            (Kind::TensorType, 2) => Kind::Shape,
            (Kind::Shape, 1) => Kind::Dimension,
            _ => return None,
        })
    }
}

#[derive(Clone)]
enum Item {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32([u8; 4]),
    Bytes(Vec<u8>),
    Message(Message),
}

#[derive(Clone)]
struct Field {
    number: u64,
    item: Item,
}

#[derive(Clone)]
struct Message {
    kind: Kind,
    fields: Vec<Field>,
}

/// A number, and the bytes behind it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)?;
    let (number, rest) = bytes.split_at(end + 1);
    let groups = number.iter().rev();
    let value = groups.fold(0_u64, |value, byte| value << 7 | u64::from(byte & 0x7f));
    Some((value, rest))
}

fn write_varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

impl Message {
    /// What bytes are, up to the first that no field begins with.
    fn read(kind: Kind, mut bytes: &[u8]) -> Message {
        let mut fields = Vec::new();
        while let Some((field, rest)) = Field::read(kind, bytes) {
            fields.push(field);
            bytes = rest;
        }
        Message { kind, fields }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        for Field { number, item } in &self.fields {
            let wire = match item {
                Item::Varint(_) => 0,
                Item::Fixed64(_) => 1,
                Item::Bytes(_) | Item::Message(_) => 2,
                Item::Fixed32(_) => 5,
            };
            write_varint(number << 3 | wire, bytes);
            match item {
                Item::Varint(value) => write_varint(*value, bytes),
                Item::Fixed64(value) => bytes.extend(value),
                Item::Fixed32(value) => bytes.extend(value),
                Item::Bytes(value) => {
                    write_varint(value.len() as u64, bytes);
                    bytes.extend(value);
                }
                Item::Message(message) => {
                    let mut inner = Vec::new();
                    message.write(&mut inner);
                    write_varint(inner.len() as u64, bytes);
                    bytes.extend(inner);
                }
            }
        }
    }

    fn file(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// Fields of it and of all messages in it.
    fn count(&self) -> usize {
        let inside = |field: &Field| match &field.item {
            Item::Message(message) => 1 + message.count(),
            _ => 1,
        };
        self.fields.iter().map(inside).sum()
    }

    /// The message of a field that has so many in front of it, and the field's place there.
    fn at(&mut self, mut place: usize) -> Option<(&mut Message, usize)> {
        for index in 0..self.fields.len() {
            if place == 0 {
                return Some((self, index));
            }
            place -= 1;
            if let Item::Message(message) = &self.fields[index].item {
                let inside = message.count();
                if place < inside {
                    let Item::Message(message) = &mut self.fields[index].item else {
                        return None;
                    };
                    return message.at(place);
                }
                place -= inside;
            }
        }
        None
    }

    /// A copy of each field that may stand in a message of a kind, and its number there.
    fn alike(&self, kind: Kind, found: &mut Vec<Field>) {
        if self.kind == kind {
            found.extend(self.fields.iter().cloned());
        }
        for field in &self.fields {
            if let Item::Message(message) = &field.item {
                message.alike(kind, found);
            }
        }
    }
}

impl Field {
    fn read(kind: Kind, bytes: &[u8]) -> Option<(Field, &[u8])> {
        let (key, rest) = varint(bytes)?;
        let number = key >> 3;
        let (item, rest) = match key & 7 {
            0 => {
                let (value, rest) = varint(rest)?;
                (Item::Varint(value), rest)
            }
            1 => {
                let (value, rest) = rest.split_first_chunk()?;
                (Item::Fixed64(*value), rest)
            }
            2 => {
                let (length, rest) = varint(rest)?;
                let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                let item = match kind.child(number) {
                    Some(kind) => Item::Message(Message::read(kind, value)),
                    None => Item::Bytes(value.to_vec()),
                };
                (item, rest)
            }
            5 => {
                let (value, rest) = rest.split_first_chunk()?;
                (Item::Fixed32(*value), rest)
            }
            _ => return None,
        };
        Some((Field { number, item }, rest))
    }

    /// Changes what it says; `alike` are fields of the same messages elsewhere.
    fn change(&mut self, kind: Kind, alike: &[Field], rng: &mut impl Rng) {
        let same = Vec::from_iter(alike.iter().filter(|field| field.number == self.number));
        if rng.random_range(0..3) == 0
            && let Some(field) = one_of(&same, rng)
        {
            *self = (*field).clone();
            return;
        }
        match &mut self.item {
            Item::Varint(value) => *value = numbers::integer(*value as i64, rng) as u64,
            Item::Fixed64(value) => *value = rng.random(),
            Item::Fixed32(value) => *value = numbers::real(rng).to_le_bytes(),
            Item::Bytes(value) => match (kind, self.number) {
                (Kind::Node, 4) => *value = one_of(OPERATORS, rng).map_or(vec![], |of| of.to_vec()),
                (Kind::Attribute, 1) => {
                    *value = one_of(ATTRIBUTES, rng).map_or(vec![], |of| of.to_vec());
                }
                // Lists of integers.
                (Kind::Tensor, 1 | 5 | 7) | (Kind::Attribute, 8) => change_list(value, rng),
                // Data, of 4 or 8 bytes an element in many files.
                (Kind::Tensor, 9) if rng.random_range(0..4) > 0 => bytes::number(value, rng),
                _ => bytes::edit(value, &[], rng),
            },
            Item::Message(message) => {
                // A message that holds itself.
                let inner = message.clone();
                message.fields.push(Field {
                    number: self.number,
                    item: Item::Message(inner),
                });
            }
        }
    }
}

/// Changes, adds or takes one of the integers of a packed list.
fn change_list(bytes: &mut Vec<u8>, rng: &mut impl Rng) {
    let mut values = Vec::new();
    let mut rest = &bytes[..];
    while let Some((value, behind)) = varint(rest) {
        values.push(value);
        rest = behind;
    }
    let place = rng.random_range(0..=values.len());
    let old = values.get(place).copied().unwrap_or(1);
    let new = numbers::integer(old as i64, rng) as u64;
    match rng.random_range(0..4) {
        0 => values.insert(place, new),
        1 if place < values.len() => drop(values.remove(place)),
        _ => match values.get_mut(place) {
            Some(value) => *value = new,
            None => values.push(new),
        },
    }
    bytes.clear();
    values
        .into_iter()
        .for_each(|value| write_varint(value, bytes));
}

/// Changes a field of a file; parts may be those of another one.
pub(super) fn edit(bytes: &mut Vec<u8>, other: &[u8], rng: &mut impl Rng) {
    let mut model = Message::read(Kind::Model, bytes);
    let fields = model.count();
    if fields == 0 {
        return bytes::edit(bytes, other, rng);
    }
    let place = rng.random_range(0..fields);
    let own = rng.random::<bool>();
    let donor = match own {
        true => model.clone(),
        false => Message::read(Kind::Model, other),
    };
    let Some((message, index)) = model.at(place) else {
        return;
    };
    let mut alike = Vec::new();
    donor.alike(message.kind, &mut alike);
    let kind = message.kind;
    match rng.random_range(0..12) {
        0 => drop(message.fields.remove(index)),
        1 => {
            let copy = message.fields[index].clone();
            message.fields.push(copy);
        }
        2 => {
            let with = rng.random_range(0..message.fields.len());
            message.fields.swap(index, with);
        }
        3 => {
            let number = message.fields[index].number;
            message.fields[index].number = (numbers::integer(number as i64, rng) as u64) >> 35;
        }
        4 => {
            if let Some(field) = one_of(&alike, rng) {
                message.fields.insert(index, field.clone());
            }
        }
        5 => message.fields.rotate_left(index),
        _ => message.fields[index].change(kind, &alike, rng),
    }
    *bytes = model.file();
}

/// Without each field of it.
pub(super) fn smaller(bytes: &[u8]) -> Vec<Vec<u8>> {
    let model = Message::read(Kind::Model, bytes);
    let without = |place| {
        let mut model = model.clone();
        let (message, index) = model.at(place)?;
        message.fields.remove(index);
        Some(model.file())
    };
    (0..model.count()).filter_map(without).collect()
}

const OPERATORS: &[&[u8]] = &[
    b"Add",
    b"ArgMax",
    b"AveragePool",
    b"BatchNormalization",
    b"Cast",
    b"Clip",
    b"Concat",
    b"Constant",
    b"ConstantOfShape",
    b"Conv",
    b"ConvTranspose",
    b"DepthToSpace",
    b"DequantizeLinear",
    b"Div",
    b"Dropout",
    b"Elu",
    b"Expand",
    b"Flatten",
    b"Gather",
    b"Gemm",
    b"GlobalAveragePool",
    b"GlobalMaxPool",
    b"HardSigmoid",
    b"HardSwish",
    b"Identity",
    b"LeakyRelu",
    b"MatMul",
    b"Max",
    b"MaxPool",
    b"Min",
    b"Mul",
    b"PRelu",
    b"Pad",
    b"QGemm",
    b"QLinearAdd",
    b"QLinearAveragePool",
    b"QLinearConcat",
    b"QLinearConv",
    b"QLinearGlobalAveragePool",
    b"QLinearLeakyRelu",
    b"QLinearMatMul",
    b"QLinearMul",
    b"QLinearSigmoid",
    b"QLinearSoftmax",
    b"QuantizeLinear",
    b"ReduceMean",
    b"Relu",
    b"Reshape",
    b"Resize",
    b"Shape",
    b"Sigmoid",
    b"Slice",
    b"Softmax",
    b"SpaceToDepth",
    b"Split",
    b"Squeeze",
    b"Sub",
    b"Tanh",
    b"Tile",
    b"Transpose",
    b"Unsqueeze",
    b"Upsample",
];

const ATTRIBUTES: &[&[u8]] = &[
    b"allowzero",
    b"alpha",
    b"auto_pad",
    b"axes",
    b"axis",
    b"beta",
    b"blocksize",
    b"ceil_mode",
    b"count_include_pad",
    b"coordinate_transformation_mode",
    b"dilations",
    b"end",
    b"ends",
    b"group",
    b"kernel_shape",
    b"keepdims",
    b"mode",
    b"nearest_mode",
    b"num_outputs",
    b"output_padding",
    b"output_shape",
    b"pads",
    b"perm",
    b"scales",
    b"shape",
    b"split",
    b"start",
    b"starts",
    b"strides",
    b"to",
    b"transA",
    b"transB",
    b"value",
];
