//! What the bench feeds the core with, and what must come of it.

use ferrogrid::device::npy::read_array;
use ferrogrid::graph::{
    Convolution, Element, Family, Graph, Operator, Output, Padding, Quantization, TensorId, Values,
};
use ferrogrid::reference::graph::{Mode, run};
use std::fmt::Write;
use std::path::Path;

/// Images of digits that are read.
const IMAGES: usize = 4;

/// Bytes that look random.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = 1u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..count).map(next).collect()
}

/// Two convolutions of a uint8 image that the scratchpad of `nano` cannot hold.
pub fn wide() -> Graph {
    const CHANNELS: usize = 16;
    let mut graph = Graph::new(Family::Onnx);
    let uint8 = |scale, zero_point| (Element::Uint8, Quantization::per_tensor(scale, zero_point));
    let x = graph.input("image \"of\" bytes", [40, 40, CHANNELS], uint8(0.02, 120));
    let layer = |graph: &mut Graph, x: TensorId, kernel: usize, outputs: usize, y| {
        let name = format!("layer {}", graph.nodes.len());
        let shape = [outputs, kernel, kernel, CHANNELS];
        let values = bytes(shape.iter().product());
        let values = values.into_iter().map(|byte| byte as i8 >> 3).collect();
        let scale = Some(Quantization::per_tensor(0.01, 0));
        let weights = graph.constant(format!("{name} w"), shape, Values::Int8(values), scale);
        let around = kernel / 2;
        let operator = Operator::Convolution(Convolution {
            strides: [1, 1],
            dilations: [1, 1],
            padding: Padding {
                top: around,
                left: around,
                bottom: around,
                right: around,
            },
            groups: 1,
        });
        let y = Output::new(format!("{name} y"), y);
        let y = graph.node(&name, operator, &[x, weights], y);
        y.expect("a layer")
    };
    let hidden = layer(&mut graph, x, 1, CHANNELS, uint8(0.05, 130));
    let y = layer(&mut graph, hidden, 3, 3, uint8(0.3, 100));
    graph.outputs.push(y);
    graph
}

/// `golden.h`.
pub fn header(networks: &[(&str, Graph)]) -> String {
    let graph = |name: &str| {
        let found = networks.iter().find(|(of, _)| *of == name);
        &found.expect("a network").1
    };
    let mut text = "#include \"ferrogrid_npu.h\"\n".to_owned();

    let digits = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits");
    let rows = |name: &str| {
        let array = read_array(&digits.join(name)).expect("an array");
        let row = array.shape[1..].iter().product();
        let integers = array.values.integers().expect("integers");
        let rows = integers.chunks(row).take(IMAGES).map(numbers);
        (row, Vec::from_iter(rows).join(",\n"))
    };
    let _ = writeln!(text, "enum {{ IMAGES = {IMAGES} }};");
    for (name, file) in [
        ("images", "images.npy"),
        ("digits_logits", "digits_logits.npy"),
    ] {
        let (row, rows) = rows(file);
        let _ = writeln!(
            text,
            "static const int8_t {name}[IMAGES][{row}] = {{{rows}}};"
        );
    }

    let output = |graph: &Graph, input: Values| {
        let values = run(graph, &[input], Mode::Float).expect("values");
        values[&graph.outputs[0]].clone()
    };
    let wide = graph("wide");
    let input = Values::Uint8(bytes(wide[wide.inputs[0]].len()));
    let pairs = [
        ("wide_input", input.clone()),
        ("wide_output", output(wide, input)),
    ];
    for (name, values) in pairs {
        let values = numbers(&values.integers().expect("integers"));
        let _ = writeln!(text, "static const uint8_t {name}[] = {values};");
    }

    let small = graph("small");
    let reals = bytes(small[small.inputs[0]].len());
    let reals = reals.iter().map(|byte| f32::from(*byte) / 64.0 - 2.0);
    let input = Values::Float32(reals.collect());
    let pairs = [
        ("small_reals", input.clone()),
        ("small_scores", output(small, input)),
    ];
    for (name, values) in pairs {
        let values = values.floats().expect("real numbers");
        let values = Vec::from_iter(values.iter().map(|real| format!("{real:e}f"))).join(", ");
        let _ = writeln!(text, "static const float {name}[] = {{{values}}};");
    }

    text.push_str(
        "struct Rounded { float real, scale; int32_t zero_point; bool is_unsigned; \
         ferrogrid_npu_rounding rounding; int integer; };\nstatic const Rounded rounded[] = {\n",
    );
    for (family, mode, rounding) in [
        (Family::Onnx, Mode::Float, "HALVES_TO_EVEN"),
        (Family::TfLite, Mode::FixedPoint, "HALVES_AWAY"),
        (Family::TfLite, Mode::Float, "BY_RECIPROCAL"),
    ] {
        for (element, scale, zero_point) in [
            (Element::Int8, 0.5, -3),
            (Element::Uint8, 0.3, 128),
            (Element::Int8, 0.007, 127),
        ] {
            rounded(
                &mut text, family, mode, rounding, element, scale, zero_point,
            );
        }
    }
    text.push_str("};\n");
    text
}

/// Real numbers, halves and extreme ones among them, and what the golden model rounds them to.
fn rounded(
    text: &mut String,
    family: Family,
    mode: Mode,
    rounding: &str,
    element: Element,
    scale: f32,
    zero_point: i32,
) {
    let halves = (-600..=600).map(|half: i16| f32::from(half) / 2.0 * scale);
    let near = halves
        .clone()
        .flat_map(|real| [real.next_up(), real.next_down()]);
    let reals = halves.chain(near).chain([1e30, -1e30, 1e-30]);
    let reals = Vec::from_iter(reals);
    let mut graph = Graph::new(family);
    let one = Quantization::per_tensor(1.0, 0);
    let x = graph.input("x", [reals.len()], (Element::Float32, one));
    graph.tensors[x.0].quantization = None;
    let y = Output::new("y", (element, Quantization::per_tensor(scale, zero_point)));
    let y = graph.node("quantize", Operator::Quantize, &[x], y);
    graph.outputs.push(y.expect("a node"));
    let values = run(&graph, &[Values::Float32(reals.clone())], mode).expect("values");
    let integers = values[&graph.outputs[0]].integers().expect("integers");
    let is_unsigned = element == Element::Uint8;
    for (real, integer) in reals.iter().zip(integers) {
        let _ = writeln!(
            text,
            "{{{real:e}f, {scale:e}f, {zero_point}, {is_unsigned}, FERROGRID_NPU_{rounding}, {integer}}},"
        );
    }
}

fn numbers(integers: &[i32]) -> String {
    let numbers = Vec::from_iter(integers.iter().map(i32::to_string));
    format!("{{{}}}", numbers.join(","))
}
