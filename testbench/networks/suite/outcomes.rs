//! Cases that do not run, and why.

/// File, runtime (all where it is empty), and a part of what is said.
pub const REFUSED: &[(&str, &str, &str)] = &[
    // The scale of an activation is known only when it is there.
    (
        "onnx/dynamic_quantized_matmul.onnx",
        "",
        "node `dql`: the operator DynamicQuantizeLinear is not supported",
    ),
    // No runtime takes it.
    (
        "tflite/concat_different_scales.tflite",
        "",
        "node `concatenation_0` (CONCATENATION) joins tensors of different scales or zero points",
    ),
];
