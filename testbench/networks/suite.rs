//! Small networks, each with one trap, against the runtimes; what is not supported is refused.

use crate::case::{assert_same, channels_last, network, rows, run_all, values};
use crate::models::{Arrays, suite};
use ferrogrid::graph::{Family, Graph};
use ferrogrid::import;
use ferrogrid::reference::graph::Mode;
use std::path::Path;

/// All rows of a case: `runtime` is the end of the names of TFLite's golden arrays.
fn run_case(stem: &Path, graph: &Graph, mode: Mode, runtime: &str) {
    let arrays = |kind: &str| Arrays::at(stem.with_extension(format!("{kind}.npz")));
    let (mut given, mut golden) = (arrays("x"), arrays("golden"));
    let onnx = graph.family == Family::Onnx;
    let mut inputs: Vec<Vec<_>> = Vec::new();
    for (place, id) in graph.inputs.iter().enumerate() {
        let tensor = &graph[*id];
        let name = if onnx {
            tensor.name.clone()
        } else {
            format!("x{place}")
        };
        let all = values(&mut given, &name, tensor.element);
        for (row, values) in rows(&all, tensor.len()).into_iter().enumerate() {
            let values = if onnx {
                channels_last(&values, &tensor.shape)
            } else {
                values
            };
            inputs.resize(inputs.len().max(row + 1), Vec::new());
            inputs[row].push(values);
        }
    }
    let results = run_all(graph, &inputs, mode);
    for (place, id) in graph.outputs.iter().enumerate() {
        let tensor = &graph[*id];
        let name = match onnx {
            true => tensor.name.trim_end_matches("_dequantize").to_owned(),
            false => format!("y{place}_{runtime}"),
        };
        let expected = rows(&values(&mut golden, &name, tensor.element), tensor.len());
        assert_eq!(expected.len(), results.len(), "{}", stem.display());
        for (row, (result, expected)) in results.iter().zip(&expected).enumerate() {
            let expected = if onnx {
                channels_last(expected, &tensor.shape)
            } else {
                expected.clone()
            };
            let what = format!("{}: {name}, row {row}, {mode:?}", stem.display());
            assert_same(&result[id], &expected, &what);
        }
    }
}

/// The modes of a case for which its golden arrays have a runtime that took it.
const MICRO: &[(Mode, &str)] = &[(Mode::FixedPoint, "tflm")];
const LITERT: &[(Mode, &str)] = &[(Mode::Float, "litert")];
const BOTH: &[(Mode, &str)] = &[(Mode::FixedPoint, "tflm"), (Mode::Float, "litert")];
const ONNX: &[(Mode, &str)] = &[(Mode::Float, "")];

/// Cases that run.
const RUN: &[(&str, &[(Mode, &str)])] = &[
    ("tflite/add_broadcast_channel.tflite", BOTH),
    ("tflite/add_different_scales_relu.tflite", BOTH),
    ("tflite/avgpool_same.tflite", BOTH),
    ("tflite/conv_dilated_same.tflite", BOTH),
    ("tflite/conv_grouped.tflite", BOTH),
    ("tflite/conv_multiplier_above_1.tflite", BOTH),
    ("tflite/conv_no_bias_per_tensor.tflite", MICRO),
    ("tflite/conv_pow2_ties.tflite", BOTH),
    ("tflite/conv_relu6_narrow.tflite", BOTH),
    ("tflite/conv_same_stride2.tflite", BOTH),
    ("tflite/conv_uint8_legacy.tflite", LITERT),
    ("tflite/depthwise_multiplier2.tflite", BOTH),
    ("tflite/fc_3d_keep_dims.tflite", BOTH),
    ("tflite/fc_per_channel_2out.tflite", BOTH),
    ("tflite/maxpool_same_negative.tflite", BOTH),
    ("tflite/relu6_alone.tflite", BOTH),
    ("tflite/requantize_int8.tflite", BOTH),
    ("tflite/shape_signature_dynamic.tflite", BOTH),
    ("tflite/softmax.tflite", BOTH),
    ("networks/magic_wand.tflite", BOTH),
    ("networks/rock_paper_scissors.tflite", BOTH),
    ("onnx/add_broadcast_const.onnx", ONNX),
    ("onnx/add_residual_relu.onnx", ONNX),
    ("onnx/avgpool_exclude_pad.onnx", ONNX),
    ("onnx/avgpool_include_pad_asym.onnx", ONNX),
    ("onnx/conv_asym_pads.onnx", ONNX),
    ("onnx/conv_auto_pad_same_lower.onnx", ONNX),
    ("onnx/conv_dilated.onnx", ONNX),
    ("onnx/conv_group2.onnx", ONNX),
    ("onnx/conv_multiplier_above_1.onnx", ONNX),
    ("onnx/conv_per_channel_negative_axis.onnx", ONNX),
    ("onnx/conv_pow2_ties.onnx", ONNX),
    ("onnx/conv_u8_weights_zp.onnx", ONNX),
    ("onnx/depthwise_multiplier2.onnx", ONNX),
    ("onnx/flatten_chw_then_fc.onnx", ONNX),
    ("onnx/gemm_transB_per_channel.onnx", ONNX),
    ("onnx/globalavgpool.onnx", ONNX),
    ("onnx/ir3_initializers_as_inputs.onnx", ONNX),
    ("onnx/matmul_per_column_axis1.onnx", ONNX),
    ("onnx/maxpool_pads_negative.onnx", ONNX),
    ("onnx/no_zero_points.onnx", ONNX),
    ("onnx/opset11_net.onnx", ONNX),
    ("onnx/opset23_net.onnx", ONNX),
    ("onnx/qcdq_4bit_clip.onnx", ONNX),
    ("onnx/qlinearconv_per_channel_wzp.onnx", ONNX),
    ("onnx/qlinearconv_u8s8_saturation.onnx", ONNX),
    ("onnx/quantize_border_ties.onnx", ONNX),
    ("onnx/relu6_unfused.onnx", ONNX),
    ("onnx/scales_of_rank1.onnx", ONNX),
    ("onnx/weights_float_q_dq.onnx", ONNX),
];

/// Cases that are refused, and a part of what is said.
const REFUSED: &[(&str, &str)] = &[
    (
        "tflite/batch_matmul_adj_y.tflite",
        "BATCH_MATMUL is not supported",
    ),
    (
        "tflite/concat_same_scale.tflite",
        "CONCATENATION is not supported",
    ),
    (
        "tflite/conv_batch3.tflite",
        "tensor `t0` has a batch of 3; only 1 is supported",
    ),
    ("tflite/pad_zero_point.tflite", "is what PAD gives"),
    // Behind convolutions with PAD in front of them, whose results have the shapes of the file.
    (
        "networks/keyword_spotting_mobilenetv2.tflite",
        "MEAN is not supported",
    ),
    (
        "tflite/streaming_state.tflite",
        "CALL_ONCE is not supported",
    ),
    ("onnx/channel_shuffle.onnx", "which moves values in memory"),
    (
        "onnx/conv1d.onnx",
        "takes an image of four axes; its input has 3",
    ),
    (
        "onnx/dynamic_quantized_matmul.onnx",
        "DynamicQuantizeLinear is not supported",
    ),
    ("onnx/external_data.onnx", "is in another file"),
    ("onnx/int4_weights_per_column.onnx", "has the type int4"),
    (
        "onnx/softmax_opset12_flatten.onnx",
        "only the last axis is supported",
    ),
];

#[test]
fn cases_run_as_in_the_runtimes() {
    for (name, modes) in RUN {
        let Some(file) = suite(name) else {
            return;
        };
        let graph = network(&file);
        for (mode, runtime) in *modes {
            run_case(&file.with_extension(""), &graph, *mode, runtime);
        }
    }
}

#[test]
fn what_is_not_supported_is_named() {
    for (name, message) in REFUSED {
        let Some(file) = suite(name) else {
            return;
        };
        let bytes = std::fs::read(&file).expect("a file");
        let error = import::read(&bytes).expect_err(name).to_string();
        assert!(error.contains(message), "{name}: {error}");
    }
}
