//! Parts and chunks cover a layer once.

use super::{MOST, tile};
use crate::arch::NpuArch;
use crate::compiler::Rounding;
use crate::compiler::lower::lower;
use crate::config::NpuConfig;
use crate::graph::{
    Convolution, Element, Family, Graph, Operator, Output, Padding, Quantization, Values,
};

/// A convolution of so many channels.
fn convolution(kernel: [usize; 2], channels: usize) -> Graph {
    let mut graph = Graph::new(Family::TfLite);
    let int8 = || (Element::Int8, Quantization::per_tensor(1.0, 0));
    let x = graph.input("x", [70, 9, channels], int8());
    let values = Values::Int8(vec![1; 5 * kernel[0] * kernel[1] * channels]);
    let meaning = Some(Quantization::per_tensor(1.0, 0));
    let w = graph.constant("w", [5, kernel[0], kernel[1], channels], values, meaning);
    let operator = Operator::Convolution(Convolution {
        strides: [1, 1],
        dilations: [1, 1],
        padding: Padding::default(),
        groups: 1,
    });
    let y = graph.node("y", operator, &[x, w], Output::new("y", int8()));
    graph.outputs.push(y.expect("a node"));
    graph
}

#[test]
fn parts_take_each_tile_once_and_fit_the_ring() {
    let arch = NpuArch::new(&NpuConfig::new(4, 4)).expect("an architecture");
    for (kernel, channels) in [
        ([1, 1], 3),
        ([3, 3], 9),
        ([5, 2], 40),
        ([66, 1], 5),
        ([1, 1], 1500),
    ] {
        let lowered = lower(&convolution(kernel, channels), Rounding::Fixed).expect("a layer");
        let tiling = &tile(&lowered, &arch)[0];
        let layer = &lowered.layers[0];
        for ring in [4, 5, 8, 33, 1000] {
            let parts = tiling.parts(layer, ring);
            let mut next = 0;
            for part in parts {
                let sizes = [&part.blocks, &part.kernel_rows, &part.taps].map(|of| of.len());
                let tiles = part.tiles.len();
                assert_eq!(part.tiles.start, next, "{kernel:?} {channels} {ring}");
                assert_eq!(sizes.iter().product::<usize>(), tiles);
                assert!((1..=ring).contains(&tiles), "{tiles} of {ring}");
                assert!(sizes.iter().zip(MOST).all(|(size, most)| *size <= most));
                next = part.tiles.end;
            }
            assert_eq!(next, tiling.tiles(layer));
        }
    }
}

#[test]
fn chunks_take_each_result_once() {
    let arch = NpuArch::new(&NpuConfig::new(4, 4)).expect("an architecture");
    let lowered = lower(&convolution([3, 3], 4), Rounding::Fixed).expect("a layer");
    let (tiling, layer) = (&tile(&lowered, &arch)[0], &lowered.layers[0]);
    let [height, width, _] = layer.result;
    for rows in [0..height, 0..1, 7..30, 67..height] {
        let mut taken = vec![0; height * width];
        for chunk in tiling.chunks(layer, &rows) {
            for row in chunk.all_rows() {
                for column in chunk.column..chunk.column + chunk.columns {
                    taken[row * width + column] += 1;
                }
            }
        }
        let expected = |at: usize| usize::from(rows.contains(&(at / width)));
        assert_eq!(taken, Vec::from_iter((0..height * width).map(expected)));
    }
}
