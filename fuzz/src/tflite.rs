//! A `.tflite` file written byte by byte: what there is without files of others.

/// A value of a field.
enum Field {
    /// A number in the table: of a byte or of four.
    Number([u8; 4]),
    /// The number of elements of a vector, and their bytes.
    Vector(usize, Vec<u8>),
    Table(Fields),
    Tables(Vec<Fields>),
}

/// Fields with their slots.
type Fields = Vec<(usize, Field)>;

fn number(value: i32) -> Field {
    Field::Number(value.to_le_bytes())
}

fn bytes(values: &[u8]) -> Field {
    Field::Vector(values.len(), values.to_vec())
}

fn words(values: &[i32]) -> Field {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    Field::Vector(values.len(), bytes.collect())
}

/// Appends a field, and gives its place.
fn append(file: &mut Vec<u8>, field: Field) -> usize {
    file.resize(file.len().next_multiple_of(4), 0);
    let start = file.len();
    match field {
        Field::Number(_) => unreachable!("numbers stand in their tables"),
        Field::Vector(count, bytes) => {
            file.extend((count as u32).to_le_bytes());
            file.extend(bytes);
            start
        }
        Field::Tables(tables) => {
            let count = tables.len();
            file.extend((count as u32).to_le_bytes());
            file.resize(file.len() + 4 * count, 0);
            for (place, table) in tables.into_iter().enumerate() {
                link(file, start + 4 + 4 * place, Field::Table(table));
            }
            start
        }
        Field::Table(fields) => {
            // Its slots, an even number of them, then the distance back to them and four bytes for each.
            let slots = fields.iter().map(|(slot, _)| slot + 1).max();
            let slots = slots.unwrap_or(0).next_multiple_of(2);
            file.extend((4 + 2 * slots as u16).to_le_bytes());
            file.extend((4 + 4 * slots as u16).to_le_bytes());
            for slot in 0..slots {
                let has = fields.iter().any(|(of, _)| *of == slot);
                file.extend((if has { 4 + 4 * slot as u16 } else { 0 }).to_le_bytes());
            }
            let table = file.len();
            file.extend(((table - start) as i32).to_le_bytes());
            file.resize(file.len() + 4 * slots, 0);
            for (slot, field) in fields {
                let place = table + 4 + 4 * slot;
                match field {
                    Field::Number(value) => file[place..place + 4].copy_from_slice(&value),
                    field => link(file, place, field),
                }
            }
            table
        }
    }
}

/// Appends a field, and writes the distance to it at a place.
fn link(file: &mut Vec<u8>, place: usize, field: Field) {
    let target = append(file, field);
    file[place..place + 4].copy_from_slice(&((target - place) as u32).to_le_bytes());
}

const INT8: i32 = 9;
const INT32: i32 = 2;

fn tensor(name: &str, shape: &[i32], element: i32, buffer: i32, scale: f32) -> Fields {
    vec![
        (0, words(shape)),
        (1, number(element)),
        (2, number(buffer)),
        (3, bytes(name.as_bytes())),
        (
            4,
            Field::Table(vec![
                (2, words(&[scale.to_bits() as i32])),
                (3, Field::Vector(1, vec![0; 8])),
            ]),
        ),
    ]
}

fn operator(code: i32, inputs: &[i32], output: i32, options: Fields) -> Fields {
    vec![
        (0, number(code)),
        (1, words(inputs)),
        (2, words(&[output])),
        (4, Field::Table(options)),
    ]
}

/// An image of 4 x 5 pixels and 2 channels: a convolution, a sum, a pool and a layer.
pub(crate) fn small() -> Vec<u8> {
    let counting = |count: i32| Vec::from_iter((0..count).map(|i| (i * 37 % 255 - 127) as u8));
    let biases = [100_i32, -2000, 3].map(i32::to_le_bytes);
    let tensors = vec![
        tensor("x", &[1, 4, 5, 2], INT8, 0, 0.02),
        tensor("w", &[3, 3, 3, 2], INT8, 1, 0.01),
        tensor("b", &[3], INT32, 2, 0.0002),
        tensor("c", &[1, 4, 5, 3], INT8, 0, 0.125),
        tensor("s", &[1, 4, 5, 3], INT8, 0, 0.25),
        tensor("p", &[1, 2, 2, 3], INT8, 0, 0.25),
        tensor("r", &[1, 12], INT8, 0, 0.25),
        tensor("v", &[4, 12], INT8, 3, 0.01),
        tensor("y", &[1, 4], INT8, 0, 0.0625),
        tensor("sizes", &[2], INT32, 4, 1.0),
    ];
    let one = || number(1);
    let strides = || vec![(0, number(0)), (1, one()), (2, one()), (3, one())];
    let pool = vec![
        (0, one()),
        (1, number(2)),
        (2, number(2)),
        (3, number(2)),
        (4, number(2)),
    ];
    let operators = vec![
        operator(0, &[0, 1, 2], 3, strides()),
        operator(1, &[3, 3], 4, vec![(0, number(0))]),
        operator(2, &[4], 5, pool),
        operator(3, &[5, 9], 6, vec![]),
        operator(4, &[6, 7, -1], 8, vec![(0, one())]),
    ];
    let codes = [3, 0, 17, 22, 9].map(|code| vec![(0, number(code)), (3, number(code))]);
    let buffers = [
        vec![],
        counting(54),
        biases.as_flattened().to_vec(),
        counting(48),
        [1_i32, 12].map(i32::to_le_bytes).as_flattened().to_vec(),
    ];
    let buffers = buffers.map(|data| vec![(0, bytes(&data))]);
    let graph = vec![
        (0, Field::Tables(tensors)),
        (1, words(&[0])),
        (2, words(&[8])),
        (3, Field::Tables(operators)),
    ];
    let model = vec![
        (0, number(3)),
        (1, Field::Tables(codes.into())),
        (2, Field::Tables(vec![graph])),
        (4, Field::Tables(buffers.into())),
    ];
    let mut file = b"\0\0\0\0TFL3".to_vec();
    link(&mut file, 0, Field::Table(model));
    file
}
