//! Files that are no networks, or damaged ones: an error or a network, never a panic, and no more
//! memory than the size of the file allows.
//!
//! A target of its own: it counts what each thread allocates.

mod models;

use ferrogrid::graph::{Element, Graph, Tensor, TensorId, Values};
use ferrogrid::import;
use ferrogrid::reference::graph::{Mode, run};
use models::{path, suite};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::{Path, PathBuf};

struct Counting;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    // A thread that ends may allocate when its counter is gone.
    let _ = ALLOCATED.try_with(|allocated| allocated.set(allocated.get().saturating_add(bytes)));
}

// SAFETY: every call goes to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Reads bytes, which may be a network. `what` is said where they are read badly.
#[track_caller]
fn network(bytes: &[u8], what: &str) -> Option<Graph> {
    let before = ALLOCATED.get();
    let result = import::read(bytes);
    let allocated = ALLOCATED.get() - before;
    // All that is allocated, freed again or not.
    let most = (16 << 20) + 256 * bytes.len();
    assert!(
        allocated <= most,
        "{what}: {allocated} bytes for {}",
        bytes.len()
    );
    match result {
        Ok(graph) => Some(graph),
        Err(error) => {
            assert!(!error.to_string().is_empty(), "{what}");
            None
        }
    }
}

fn is_network(bytes: &[u8], what: &str) -> bool {
    network(bytes, what).is_some()
}

/// Runs a small network on zeros: an error or values, whatever is wrong with its file.
fn run_small(graph: &Graph) {
    let size: usize = graph.tensors.iter().map(Tensor::len).sum();
    if size > 1 << 13 {
        return;
    }
    let zeros = |id: &TensorId| {
        let tensor = &graph[*id];
        match tensor.element {
            Element::Float32 => Values::Float32(vec![0.0; tensor.len()]),
            element => Values::saturated(element, &vec![0; tensor.len()]),
        }
    };
    let inputs: Vec<_> = graph.inputs.iter().map(zeros).collect();
    for mode in [Mode::Float, Mode::FixedPoint] {
        if let Err(error) = run(graph, &inputs, mode) {
            assert!(!error.to_string().is_empty());
        }
    }
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Good files, small ones and whole networks.
fn networks() -> Vec<PathBuf> {
    let small = [
        "tflite/conv_same_stride2.tflite",
        "tflite/depthwise_multiplier2.tflite",
        "tflite/add_broadcast_channel.tflite",
        "tflite/strided_slice_negative.tflite",
        "tflite/transpose_conv_same.tflite",
        "tflite/mean_hw.tflite",
        "tflite/streaming_state.tflite",
        "tflite/resize_nearest.tflite",
        "onnx/add_residual_relu.onnx",
        "onnx/concat_three_scales.onnx",
        "onnx/convtranspose_axis1.onnx",
        "onnx/channel_shuffle.onnx",
        "onnx/dynamic_batch_shape_chain.onnx",
        "onnx/split_slice_negative_step.onnx",
        "onnx/matmul_activations_batched.onnx",
        "onnx/flatten_chw_then_fc.onnx",
        "onnx/weights_float_q_dq.onnx",
    ];
    let whole = [
        "ic_resnet8_int8.tflite",
        "ad_autoencoder_int8.tflite",
        "digits/cnn_qdq_s8_pc.onnx",
        "digits/cnn_qop_s8_pc.onnx",
        "digits/mlp_matmul_qop_s8.onnx",
    ];
    let small = small.into_iter().filter_map(suite);
    small.chain(whole.into_iter().filter_map(path)).collect()
}

/// Files above this are damaged at some places only.
const SMALL: usize = 3 << 10;

#[test]
fn a_part_of_a_file_is_refused() {
    for file in networks() {
        let bytes = read(&file);
        assert!(is_network(&bytes, "the whole file"), "{}", file.display());
        let step = if bytes.len() > SMALL { 97 } else { 1 };
        let lengths: Vec<_> = (0..bytes.len()).step_by(step).collect();
        lengths.par_iter().for_each(|length| {
            let what = format!("{length} bytes of {}", file.display());
            // What comes last in a file need not be needed.
            let network = is_network(&bytes[..*length], &what);
            assert!(
                !network || bytes.len() - length < 128,
                "{what} are a network"
            );
        });
    }
}

#[test]
fn every_byte_may_be_wrong() {
    for file in networks() {
        let bytes = read(&file);
        if bytes.len() > SMALL {
            continue;
        }
        (0..bytes.len()).into_par_iter().for_each(|place| {
            for byte in [0, 0x7f, 0xff] {
                let mut bytes = bytes.clone();
                bytes[place] = byte;
                is_network(
                    &bytes,
                    &format!("{byte:#x} at {place} of {}", file.display()),
                );
            }
        });
    }
}

#[test]
fn several_bytes_may_be_wrong() {
    const FILES: u64 = 400;
    for file in networks() {
        let bytes = read(&file);
        (0..FILES).into_par_iter().for_each(|seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut bytes = bytes.clone();
            for _ in 0..rng.random_range(2..=40) {
                let place = rng.random_range(0..bytes.len());
                bytes[place] ^= rng.random_range(1..=255);
            }
            if let Some(graph) = network(&bytes, &format!("seed {seed} of {}", file.display())) {
                run_small(&graph);
            }
        });
    }
}

#[test]
fn bad_files_are_refused() {
    let Some(folder) = suite("bad") else {
        return;
    };
    let entries = std::fs::read_dir(&folder).expect("a folder");
    let files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    assert!(files.len() > 20, "{}", folder.display());
    for file in files {
        let name = file.display().to_string();
        assert!(!is_network(&read(&file), &name), "{name} is a network");
    }
}
