//! How the tables of `common.h` lie in memory, in TensorFlow Lite 2.14 as in LiteRT 2.3. Structures grow at their ends, so
//! that of those that the runtime makes the first entries are enough; but a list of tensors has whole ones.

use std::ffi::{c_char, c_int, c_void};
use std::mem::{offset_of, size_of};

/// A function that is not there, or not called.
pub type Absent = *const c_void;

/// `TfLiteStatus`, of which there are more errors.
pub const OK: c_int = 0;
pub const ERROR: c_int = 1;

/// `kTfLiteBuiltinDelegate`.
pub const DELEGATE_OPERATOR: i32 = 51;

/// `TfLiteIntArray` and `TfLiteFloatArray`: so many elements of four bytes stand behind it.
#[repr(C)]
pub struct Array {
    pub size: c_int,
}

/// `TfLiteAffineQuantization`.
#[repr(C)]
pub struct Affine {
    pub scale: *const Array,
    pub zero_point: *const Array,
    pub quantized_dimension: i32,
}

/// `kTfLiteAffineQuantization`.
pub const AFFINE: c_int = 1;

/// `TfLiteTensor`.
#[repr(C)]
pub struct Tensor {
    pub kind: c_int,
    pub data: *mut c_void,
    pub dims: *const Array,
    /// The old form of `quantization`.
    pub scale: f32,
    pub zero_point: i32,
    pub allocation: c_int,
    pub bytes: usize,
    pub mapping: *const c_void,
    pub name: *const c_char,
    pub delegate: *const c_void,
    pub buffer_handle: c_int,
    pub data_is_stale: u8,
    pub is_variable: u8,
    pub quantization: c_int,
    pub quantization_data: *const c_void,
    pub sparsity: *const c_void,
    pub dims_signature: *const Array,
}

/// `TfLiteNode`, its first entries.
#[repr(C)]
pub struct Node {
    pub inputs: *const Array,
    pub outputs: *const Array,
    pub intermediates: *const Array,
    pub temporaries: *const Array,
    pub user_data: *mut c_void,
    pub builtin_data: *const c_void,
}

/// `TfLiteContext`, its first entries and the one that says which tensors leave a part.
#[repr(C)]
pub struct Context {
    pub tensor_count: usize,
    pub get_execution_plan: Option<unsafe extern "C" fn(*mut Context, *mut *const Array) -> c_int>,
    pub tensors: *const Tensor,
    pub implementation: *const c_void,
    pub resize_tensor: Absent,
    pub report_error: Option<unsafe extern "C" fn(*mut Context, *const c_char, ...)>,
    pub add_tensors: Absent,
    pub get_node_and_registration: Option<
        unsafe extern "C" fn(
            *mut Context,
            c_int,
            *mut *const Node,
            *mut *const Registration,
        ) -> c_int,
    >,
    pub replace_nodes: Option<
        unsafe extern "C" fn(*mut Context, Registration, *const Array, *mut Delegate) -> c_int,
    >,
    pub recommended_num_threads: c_int,
    pub external_contexts: [Absent; 2],
    pub allow_fp32_relax_to_fp16: u8,
    pub profiler: *const c_void,
    /// AllocatePersistentBuffer, AllocateBufferForEval, RequestScratchBufferInArena, GetScratchBuffer,
    /// ResizeTensorExplicit.
    pub buffers: [Absent; 5],
    pub preview_partitioning: Option<
        unsafe extern "C" fn(
            *mut Context,
            *const Array,
            *mut *const DelegateParams,
            *mut c_int,
        ) -> c_int,
    >,
}

/// `TfLiteDelegateParams`.
#[repr(C)]
pub struct DelegateParams {
    pub delegate: *mut Delegate,
    pub nodes: *const Array,
    pub inputs: *const Array,
    pub outputs: *const Array,
}

/// `TfLiteRegistration`. Runtimes that know less of its end leave that alone.
#[repr(C)]
pub struct Registration {
    pub init: Option<unsafe extern "C" fn(*mut Context, *const c_char, usize) -> *mut c_void>,
    pub free: Option<unsafe extern "C" fn(*mut Context, *mut c_void)>,
    pub prepare: Option<unsafe extern "C" fn(*mut Context, *mut Node) -> c_int>,
    pub invoke: Option<unsafe extern "C" fn(*mut Context, *mut Node) -> c_int>,
    pub profiling_string: Absent,
    pub builtin_code: i32,
    pub custom_name: *const c_char,
    pub version: c_int,
    pub external: *const c_void,
    pub async_kernel: Absent,
    pub inplace_operator: u64,
}

/// `TfLiteDelegate`.
#[repr(C)]
pub struct Delegate {
    pub data: *mut c_void,
    pub prepare: Option<unsafe extern "C" fn(*mut Context, *mut Delegate) -> c_int>,
    /// CopyFromBufferHandle, CopyToBufferHandle, FreeBufferHandle: for memory of a delegate's own.
    pub buffers: [Absent; 3],
    pub flags: i64,
    pub opaque_builder: *const c_void,
}

// What a C compiler makes of the header where pointers have eight bytes; elsewhere this does not compile.
const _: () = {
    assert!(size_of::<usize>() == 8 && size_of::<c_int>() == 4);
    assert!(size_of::<Array>() == 4);
    assert!(size_of::<Affine>() == 24 && offset_of!(Affine, quantized_dimension) == 16);

    assert!(size_of::<Tensor>() == 112);
    assert!(offset_of!(Tensor, data) == 8 && offset_of!(Tensor, dims) == 16);
    assert!(offset_of!(Tensor, scale) == 24 && offset_of!(Tensor, allocation) == 32);
    assert!(offset_of!(Tensor, bytes) == 40 && offset_of!(Tensor, name) == 56);
    assert!(offset_of!(Tensor, buffer_handle) == 72 && offset_of!(Tensor, is_variable) == 77);
    assert!(offset_of!(Tensor, quantization) == 80 && offset_of!(Tensor, quantization_data) == 88);
    assert!(offset_of!(Tensor, sparsity) == 96 && offset_of!(Tensor, dims_signature) == 104);

    assert!(offset_of!(Node, user_data) == 32 && offset_of!(Node, builtin_data) == 40);

    assert!(offset_of!(Context, get_execution_plan) == 8 && offset_of!(Context, tensors) == 16);
    assert!(offset_of!(Context, report_error) == 40);
    assert!(offset_of!(Context, get_node_and_registration) == 56);
    assert!(offset_of!(Context, replace_nodes) == 64);
    assert!(offset_of!(Context, external_contexts) == 80);
    assert!(offset_of!(Context, profiler) == 104);
    assert!(offset_of!(Context, preview_partitioning) == 152);

    assert!(size_of::<DelegateParams>() == 32);

    assert!(size_of::<Registration>() == 88);
    assert!(offset_of!(Registration, invoke) == 24 && offset_of!(Registration, builtin_code) == 40);
    assert!(offset_of!(Registration, custom_name) == 48 && offset_of!(Registration, version) == 56);
    assert!(offset_of!(Registration, external) == 64);
    assert!(offset_of!(Registration, async_kernel) == 72);
    assert!(offset_of!(Registration, inplace_operator) == 80);

    assert!(size_of::<Delegate>() == 56 && offset_of!(Delegate, flags) == 40);
};
