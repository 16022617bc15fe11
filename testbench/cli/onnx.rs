//! ONNX files for the tests, written byte by byte: another implementation than the one under test.

/// A message of protobuf under construction.
#[derive(Clone, Default)]
pub struct Message(Vec<u8>);

impl Message {
    pub fn new() -> Message {
        Message::default()
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub fn number(mut self, field: u64, value: u64) -> Message {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    pub fn bytes(mut self, field: u64, bytes: &[u8]) -> Message {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    pub fn text(self, field: u64, text: &str) -> Message {
        self.bytes(field, text.as_bytes())
    }

    pub fn message(self, field: u64, message: &Message) -> Message {
        self.bytes(field, &message.0)
    }
}

/// Types of elements.
pub const FLOAT: u64 = 1;
pub const INT8: u64 = 3;
pub const INT32: u64 = 6;

/// A graph with its constants, nodes, inputs and outputs in any order.
#[derive(Default)]
pub struct Model(Message);

impl Model {
    pub fn new() -> Model {
        Model(Message::new().text(2, "graph"))
    }

    fn constant(self, name: &str, dims: &[u64], element: u64, data: &[u8]) -> Model {
        let tensor = Message::new()
            .number(2, element)
            .text(8, name)
            .bytes(9, data);
        let tensor = dims
            .iter()
            .fold(tensor, |tensor, size| tensor.number(1, *size));
        Model(self.0.message(5, &tensor))
    }

    pub fn int8(self, name: &str, dims: &[u64], values: &[i8]) -> Model {
        let data: Vec<u8> = values.iter().map(|value| *value as u8).collect();
        self.constant(name, dims, INT8, &data)
    }

    pub fn int32(self, name: &str, dims: &[u64], values: &[i32]) -> Model {
        let data: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.constant(name, dims, INT32, &data)
    }

    pub fn float(self, name: &str, dims: &[u64], values: &[f32]) -> Model {
        let data: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.constant(name, dims, FLOAT, &data)
    }

    /// A scale `NAME_s` and a zero point `NAME_z`.
    pub fn quantization(self, name: &str, scale: f32, zero_point: i8) -> Model {
        self.constant(&format!("{name}_s"), &[], FLOAT, &scale.to_le_bytes())
            .int8(&format!("{name}_z"), &[], &[zero_point])
    }

    /// A node named as its output, with attributes that are lists of integers.
    pub fn node(
        self,
        domain: &str,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[(&str, &[u64])],
    ) -> Model {
        let node = inputs
            .iter()
            .fold(Message::new(), |node, input| node.text(1, input));
        let node = node
            .text(2, output)
            .text(3, output)
            .text(4, operator)
            .text(7, domain);
        let node = attributes.iter().fold(node, |node, (name, values)| {
            let attribute = Message::new().text(1, name).number(20, 7);
            node.message(
                5,
                &values
                    .iter()
                    .fold(attribute, |list, value| list.number(8, *value)),
            )
        });
        Model(self.0.message(1, &node))
    }

    fn value(name: &str, element: u64, sizes: &[u64]) -> Message {
        let shape = sizes.iter().fold(Message::new(), |shape, size| {
            shape.message(1, &Message::new().number(1, *size))
        });
        let tensor = Message::new().number(1, element).message(2, &shape);
        Message::new()
            .text(1, name)
            .message(2, &Message::new().message(1, &tensor))
    }

    pub fn input(self, name: &str, element: u64, sizes: &[u64]) -> Model {
        Model(self.0.message(11, &Model::value(name, element, sizes)))
    }

    pub fn output(self, name: &str, element: u64, sizes: &[u64]) -> Model {
        Model(self.0.message(12, &Model::value(name, element, sizes)))
    }

    /// The bytes of a file: IR version 8, operator set 13 and those of ONNX Runtime.
    pub fn file(&self) -> Vec<u8> {
        let set = |domain, version| Message::new().text(1, domain).number(2, version);
        let model = Message::new()
            .number(1, 8)
            .message(7, &self.0)
            .message(8, &set("", 13))
            .message(8, &set("com.microsoft", 1));
        model.0
    }
}

/// An image of 2 channels and 4 x 5 pixels in floating point, a convolution, a mean and a layer; the result is
/// in floating point again.
pub fn small() -> Vec<u8> {
    let counting = |count: i32| Vec::from_iter((0..count).map(|i| (i * 37 % 255 - 127) as i8));
    Model::new()
        .quantization("x", 0.02, -5)
        .quantization("w", 0.01, 0)
        .quantization("c", 0.125, -128)
        .quantization("g", 0.0625, -100)
        .quantization("y", 0.05, 3)
        .int8("w", &[3, 2, 3, 3], &counting(54))
        .int32("b", &[3], &[100, -2000, 3])
        .int8("v", &[3, 4], &counting(12))
        .input("x", FLOAT, &[1, 2, 4, 5])
        .output("y", FLOAT, &[1, 4])
        .node("", "QuantizeLinear", &["x", "x_s", "x_z"], "q", &[])
        .node(
            "",
            "QLinearConv",
            &["q", "x_s", "x_z", "w", "w_s", "w_z", "c_s", "c_z", "b"],
            "c",
            &[("pads", &[1, 1, 1, 1])],
        )
        .node(
            "com.microsoft",
            "QLinearGlobalAveragePool",
            &["c", "c_s", "c_z", "g_s", "g_z"],
            "g",
            &[],
        )
        .node("", "Flatten", &["g"], "f", &[])
        .node(
            "",
            "QLinearMatMul",
            &["f", "g_s", "g_z", "v", "w_s", "w_z", "y_s", "y_z"],
            "m",
            &[],
        )
        .node("", "DequantizeLinear", &["m", "y_s", "y_z"], "y", &[])
        .file()
}

/// An image of 2 channels and 4 x 5 pixels; a convolution of which the second of 4 channels has no weights, and another
/// one behind it; the result is in floating point again.
pub fn constant_channel() -> Vec<u8> {
    let convolution = |inputs: [&str; 2], output: &str| {
        let [x, w] = inputs;
        let names = ["_s", "_z"].map(|of| [x, w, output].map(|name| format!("{name}{of}")));
        let [[x_s, w_s, y_s], [x_z, w_z, y_z]] = names;
        [x.to_owned(), x_s, x_z, w.to_owned(), w_s, w_z, y_s, y_z]
    };
    let model = Model::new()
        .quantization("q", 0.02, -5)
        .quantization("w", 0.01, 0)
        .quantization("c", 0.02, -100)
        .quantization("v", 0.01, 0)
        .quantization("m", 0.05, 3)
        .int8("w", &[4, 2, 1, 1], &[90, -20, 0, 0, 33, 71, -80, 127])
        .int8("v", &[2, 4, 1, 1], &[50, 60, -70, 80, -11, 12, 13, 14])
        .int32("b", &[4], &[100, 9000, 3, 0])
        .input("x", FLOAT, &[1, 2, 4, 5])
        .output("y", FLOAT, &[1, 2, 4, 5])
        .node("", "QuantizeLinear", &["x", "q_s", "q_z"], "q", &[]);
    let first = convolution(["q", "w"], "c");
    let second = convolution(["c", "v"], "m");
    let first = Vec::from_iter(first.iter().map(String::as_str).chain(["b"]));
    let second = Vec::from_iter(second.iter().map(String::as_str));
    model
        .node("", "QLinearConv", &first, "c", &[])
        .node("", "QLinearConv", &second, "m", &[])
        .node("", "DequantizeLinear", &["m", "m_s", "m_z"], "y", &[])
        .file()
}
