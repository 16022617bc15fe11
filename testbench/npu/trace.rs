//! What is said of a network that a broken core computes wrongly: the layer, the instruction and its time.

use ferrogrid::arch::npu_from_preset;
use ferrogrid::blocks::npu::NpuCore;
use ferrogrid::compiler::Rounding;
use ferrogrid::device::{Accelerator, Executable, Native, unwatched};
use ferrogrid::graph::{
    Convolution, Element, Family, Graph, Operator, Output, Padding, Pool, Quantization, Values,
};
use ferrogrid::hdl::elaborate;
use ferrogrid::isa::npu::Operation;
use ferrogrid::reference::graph::{Mode, run};
use ferrogrid::verify::mutation::NPU;

/// A convolution, the largest values of windows, a convolution.
fn network() -> Graph {
    let mut graph = Graph::new(Family::TfLite);
    let int8 = |scale| (Element::Int8, Quantization::per_tensor(scale, 0));
    let mut last = graph.input("x", [8, 8, 4], int8(0.1));
    let numbers = |count: usize| (0..count).map(|i| (i * 89 % 251) as i8).collect();
    for name in ["first", "second"] {
        let weights = Values::Int8(numbers(36 * 4));
        let meaning = Some(Quantization::per_tensor(0.01, 0));
        let w = graph.constant(format!("{name}_w"), [4, 3, 3, 4], weights, meaning);
        let convolution = Operator::Convolution(Convolution {
            strides: [1, 1],
            dilations: [1, 1],
            padding: Padding {
                top: 1,
                left: 1,
                bottom: 1,
                right: 1,
            },
            groups: 1,
        });
        let y = Output::new(format!("{name}_y"), int8(0.2));
        last = graph.node(name, convolution, &[last, w], y).unwrap();
        if name == "first" {
            let pool = Operator::MaxPool(Pool {
                kernel: [2, 2],
                strides: [2, 2],
                padding: Padding::default(),
                count_padding: false,
            });
            let y = Output::new("largest_y", int8(0.2));
            last = graph.node("largest", pool, &[last], y).unwrap();
        }
    }
    graph.outputs.push(last);
    graph
}

/// On a core whose POST takes the smallest value, with all in the scratchpad and with results in DRAM.
#[test]
fn the_layer_that_differs_is_found() {
    let graph = network();
    let input = Values::Int8((0..256).map(|i| (i * 37 % 251) as u8 as i8).collect());
    let golden = run(&graph, std::slice::from_ref(&input), Mode::FixedPoint).unwrap();
    for scratchpad in [16 << 10, 512] {
        let mut arch = npu_from_preset("nano").unwrap();
        arch.scratchpad_bytes = scratchpad;
        // POST reduces windows where there is no VECTOR.
        arch.vector_taps = 0;
        let executable = Executable::compile(&graph, &arch, Rounding::Fixed).unwrap();
        let mut design = elaborate(&NpuCore::new(&arch)).unwrap();
        let mutation = NPU
            .iter()
            .find(|of| of.name == "the largest of a window is the smallest");
        assert!(mutation.unwrap().apply(&mut design));
        let mut broken = Accelerator::new(&arch, Box::new(Native::new(&design).unwrap()));
        let mut broken = broken.load(&executable).unwrap();
        let network = executable.programs().next().unwrap();
        let mut results = (0..network.layers.len()).map(|layer| {
            let inputs = std::slice::from_ref(&input);
            broken.layer(layer, inputs, &mut unwatched).unwrap()
        });

        let first = results.next().unwrap();
        let [convolution, pool, _] = &network.layers[..] else {
            panic!("three layers");
        };
        assert_eq!(first.values, golden[&convolution.result]);
        let second = results.next().unwrap();
        let [found, expected] = [&second.values, &golden[&pool.result]];
        let [found, expected] = [found, expected].map(|of| of.integers().unwrap());
        let element = (0..found.len()).find(|at| found[*at] != expected[*at]);
        let (instruction, span) = second.made_by(element.unwrap()).unwrap();
        assert!(pool.instructions.contains(instruction));
        let operation = network.program[instruction].operation;
        assert!(matches!(operation, Operation::Post(post) if post.maximum));
        assert!(span.start < span.end);
    }
}
