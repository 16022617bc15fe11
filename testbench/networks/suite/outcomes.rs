//! Cases that do not run, and why.

/// File, runtime (all where it is empty), and a part of what is said.
pub const REFUSED: &[(&str, &str, &str)] = &[
    (
        "onnx/qlinearconv_per_channel_wzp.onnx",
        "",
        "runs, and is listed",
    ),
    (
        "onnx/avgpool_include_pad_asym.onnx",
        "",
        "runs, and is listed",
    ),
    ("onnx/avgpool_exclude_pad.onnx", "", "runs, and is listed"),
    ("onnx/add_broadcast_const.onnx", "", "runs, and is listed"),
    (
        "tflite/add_broadcast_channel.tflite",
        "",
        "runs, and is listed",
    ),
    (
        "tflite/conv_uint8_legacy.tflite",
        "litert",
        "runs, and is listed",
    ),
];
