//! Cases that do not run, and why.

/// File, runtime (all where it is empty), and a part of what is said.
pub const REFUSED: &[(&str, &str, &str)] = &[
    (
        "onnx/int4_weights_per_column.onnx",
        "",
        "has the type int4, which is not supported",
    ),
    (
        "onnx/conv1d.onnx",
        "",
        "takes an image of four axes; its input has 3",
    ),
    (
        "onnx/convtranspose_axis1.onnx",
        "",
        "the operator ConvTranspose is not supported",
    ),
    (
        "onnx/pad_zero_before_conv.onnx",
        "",
        "the operator Pad is not supported",
    ),
    (
        "onnx/concat_three_scales.onnx",
        "",
        "the operator Concat is not supported",
    ),
    (
        "onnx/mul_se_broadcast.onnx",
        "",
        "the operator Mul is not supported",
    ),
    (
        "onnx/leakyrelu_table.onnx",
        "",
        "the operator LeakyRelu is not supported",
    ),
    (
        "onnx/sigmoid_table.onnx",
        "",
        "the operator Sigmoid is not supported",
    ),
    (
        "onnx/hardswish_table.onnx",
        "",
        "the operator HardSwish is not supported",
    ),
    (
        "onnx/softmax_opset12_flatten.onnx",
        "",
        "is a softmax along axis 1 of [1, 3, 4, 2]; only the last axis is supported",
    ),
    (
        "onnx/resize_nearest_asymmetric.onnx",
        "",
        "the operator Resize is not supported",
    ),
    (
        "onnx/resize_linear.onnx",
        "",
        "the operator Resize is not supported",
    ),
    (
        "onnx/reducemean_opset13.onnx",
        "",
        "the operator ReduceMean is not supported",
    ),
    (
        "onnx/channel_shuffle.onnx",
        "",
        "takes [1, 6, 5, 5] to [1, 3, 2, 5, 5], which moves values in memory",
    ),
    (
        "onnx/dynamic_batch_shape_chain.onnx",
        "",
        "the operator Shape is not supported",
    ),
    (
        "onnx/split_slice_negative_step.onnx",
        "",
        "the operator Split is not supported",
    ),
    (
        "onnx/external_data.onnx",
        "",
        "is in another file: save the model with its data inside",
    ),
    (
        "onnx/dynamic_quantized_matmul.onnx",
        "",
        "the operator DynamicQuantizeLinear is not supported",
    ),
    (
        "onnx/matmul_activations_batched.onnx",
        "",
        "the operator Transpose is not supported",
    ),
    (
        "onnx/qoperator_chain.onnx",
        "",
        "the operator com.microsoft.QLinearLeakyRelu is not supported",
    ),
    (
        "onnx/net_inverted_residual_se.onnx",
        "",
        "the operator Sigmoid is not supported",
    ),
    (
        "tflite/conv_batch3.tflite",
        "",
        "has a batch of 3; only 1 is supported",
    ),
    (
        "tflite/transpose_conv_same.tflite",
        "",
        "the operator TRANSPOSE_CONV is not supported",
    ),
    (
        "tflite/mean_hw.tflite",
        "",
        "the operator MEAN is not supported",
    ),
    (
        "tflite/mul_broadcast_se.tflite",
        "",
        "the operator MUL is not supported",
    ),
    (
        "tflite/concat_same_scale.tflite",
        "",
        "the operator CONCATENATION is not supported",
    ),
    (
        "tflite/concat_different_scales.tflite",
        "",
        "the operator CONCATENATION is not supported",
    ),
    (
        "tflite/pad_zero_point.tflite",
        "",
        "is what PAD gives; it may only be the image of a convolution",
    ),
    (
        "tflite/resize_nearest.tflite",
        "",
        "the operator RESIZE_NEAREST_NEIGHBOR is not supported",
    ),
    (
        "tflite/resize_bilinear.tflite",
        "",
        "the operator RESIZE_BILINEAR is not supported",
    ),
    (
        "tflite/hard_swish.tflite",
        "",
        "the operator HARD_SWISH is not supported",
    ),
    (
        "tflite/leaky_relu.tflite",
        "",
        "the operator LEAKY_RELU is not supported",
    ),
    (
        "tflite/prelu.tflite",
        "",
        "the operator PRELU is not supported",
    ),
    (
        "tflite/logistic.tflite",
        "",
        "the operator LOGISTIC is not supported",
    ),
    (
        "tflite/strided_slice_negative.tflite",
        "",
        "the operator STRIDED_SLICE is not supported",
    ),
    (
        "tflite/transpose_reshape.tflite",
        "",
        "the operator TRANSPOSE is not supported",
    ),
    (
        "tflite/batch_matmul_adj_y.tflite",
        "",
        "the operator BATCH_MATMUL is not supported",
    ),
    (
        "tflite/streaming_state.tflite",
        "",
        "the operator CALL_ONCE is not supported",
    ),
    (
        "networks/keyword_spotting_mobilenetv2.tflite",
        "",
        "the operator MEAN is not supported",
    ),
    (
        "networks/blazeface_front_qdq_s8.onnx",
        "",
        "the operator Transpose is not supported",
    ),
    (
        "networks/blazeface_front_qop_s8.onnx",
        "",
        "the operator Transpose is not supported",
    ),
];
