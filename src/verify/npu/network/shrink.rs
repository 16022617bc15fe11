//! Smaller networks on simpler cores.

use super::{Kind, Layer, NetworkCase, Window};
use crate::verify::npu::arch::simpler_archs;

/// Cases with less to understand in them, the greatest steps first. Each can be run.
pub(super) fn simpler(case: &NetworkCase) -> impl Iterator<Item = NetworkCase> + 'static {
    let mut candidates: Vec<NetworkCase> = Vec::new();
    let mut propose = |change: &dyn Fn(&mut NetworkCase)| {
        let mut candidate = case.clone();
        change(&mut candidate);
        if candidate != *case && !candidates.contains(&candidate) {
            candidates.push(candidate);
        }
    };
    let count = case.layers.len();
    for length in 1..count {
        propose(&|case| case.layers.truncate(length));
    }
    for index in 0..count {
        propose(&|case| drop_layer(&mut case.layers, index));
    }
    propose(&|case| case.latency = 1);
    propose(&|case| case.stalls = 0);
    for arch in simpler_archs(&case.arch) {
        propose(&|case| case.arch = arch.clone());
    }
    for axis in 0..3 {
        for size in smaller(case.shape[axis]) {
            propose(&|case| case.shape[axis] = size);
        }
    }
    for index in 0..count {
        for kind in simpler_kinds(case.layers[index].kind) {
            propose(&|case| case.layers[index].kind = kind);
        }
        propose(&|case| case.layers[index].relu = false);
        propose(&|case| case.layers[index].zeros = 0);
        propose(&|case| case.layers[index].seed = 0);
    }
    // As many channels everywhere, so that sums still have two of one shape.
    for channels in smaller(case.shape[2]) {
        propose(&|case| {
            let before = std::mem::replace(&mut case.shape[2], channels);
            for layer in &mut case.layers {
                if let Kind::Convolution { outputs, .. } | Kind::FullyConnected { outputs } =
                    &mut layer.kind
                    && *outputs == before
                {
                    *outputs = channels;
                }
            }
        });
    }
    propose(&|case| case.seed = 0);
    candidates.into_iter().filter(|case| case.check().is_ok())
}

/// Takes a layer out: what took its result takes what it was of.
fn drop_layer(layers: &mut Vec<Layer>, index: usize) {
    let from = layers.remove(index).from;
    let moved = |value: usize| match value {
        value if value == index + 1 => from,
        value if value > index => value - 1,
        value => value,
    };
    for layer in &mut layers[index..] {
        layer.from = moved(layer.from);
        if let Kind::Add { to } = &mut layer.kind {
            *to = moved(*to);
        }
    }
}

/// The same with smaller sizes.
fn simpler_kinds(kind: Kind) -> Vec<Kind> {
    let mut kinds = Vec::new();
    match kind {
        Kind::Convolution { outputs, window } => {
            let of = |outputs, window| Kind::Convolution { outputs, window };
            kinds.extend(smaller(outputs).map(|less| of(less, window)));
            kinds.extend(simpler_windows(window).map(|window| of(outputs, window)));
        }
        Kind::Depthwise(window) => kinds.extend(simpler_windows(window).map(Kind::Depthwise)),
        Kind::FullyConnected { outputs } => {
            kinds.extend(smaller(outputs).map(|outputs| Kind::FullyConnected { outputs }));
        }
        Kind::AveragePool { kernel, strides } => {
            kinds.push(Kind::AveragePool {
                kernel,
                strides: [1, 1],
            });
            kinds.push(Kind::AveragePool {
                kernel: [1, kernel[1]],
                strides,
            });
            kinds.push(Kind::AveragePool {
                kernel: [kernel[0], 1],
                strides,
            });
        }
        Kind::MaxPool { kernel, strides } => {
            kinds.push(Kind::MaxPool {
                kernel,
                strides: [1, 1],
            });
            kinds.push(Kind::MaxPool {
                kernel: [1, kernel[1]],
                strides,
            });
            kinds.push(Kind::MaxPool {
                kernel: [kernel[0], 1],
                strides,
            });
        }
        Kind::Add { .. }
        | Kind::AddConstant
        | Kind::GlobalAveragePool
        | Kind::BatchNormalization => {}
    }
    kinds
}

/// The same with fewer pixels, steps of one, and less around the image.
fn simpler_windows(window: Window) -> impl Iterator<Item = Window> {
    let Window {
        kernel: [rows, columns],
        padding,
        ..
    } = window;
    let less = move |side: usize| {
        let mut less = padding;
        less[side] = 0;
        less
    };
    let of_kernel = [[1, columns], [rows, 1]].map(|kernel| Window { kernel, ..window });
    let of_steps = [
        Window {
            strides: [1, 1],
            ..window
        },
        Window {
            dilations: [1, 1],
            ..window
        },
    ];
    let of_padding = (0..4).map(move |side| Window {
        padding: less(side),
        ..window
    });
    let all = [Window::PLAIN].into_iter().chain(of_kernel);
    all.chain(of_steps).chain(of_padding)
}

/// 1, the half, and the number before.
fn smaller(size: usize) -> impl Iterator<Item = usize> {
    let all = [1, size / 2, size - 1];
    all.into_iter()
        .filter(move |smaller| (1..size).contains(smaller))
}
