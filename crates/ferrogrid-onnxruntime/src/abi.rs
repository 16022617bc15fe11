//! The tables of functions of `onnxruntime_ep_c_api.h` as version 1.23 has them, which `ort-sys` leaves opaque.

use ort_sys::{
    OrtAllocator, OrtCompiledModelCompatibility, OrtEpDevice, OrtGraph, OrtHardwareDevice,
    OrtKernelContext, OrtKeyValuePairs, OrtLogger, OrtMemoryInfo, OrtNode, OrtSessionOptions,
    OrtStatusPtr,
};
use std::ffi::{c_char, c_void};

/// The version whose tables these are; newer runtimes leave the rest alone.
pub const VERSION: u32 = 23;

/// What is known of nodes that a provider takes.
#[repr(C)]
pub struct GraphSupport {
    _opaque: [u8; 0],
}

/// A function that is not there.
pub type Absent = *const c_void;

/// `OrtEpApi`, its first entries.
#[repr(C)]
pub struct EpApi {
    pub create_ep_device: unsafe extern "system" fn(
        factory: *mut Factory,
        hardware: *const OrtHardwareDevice,
        metadata: *const OrtKeyValuePairs,
        options: *const OrtKeyValuePairs,
        device: *mut *mut OrtEpDevice,
    ) -> OrtStatusPtr,
    pub release_ep_device: unsafe extern "system" fn(device: *mut OrtEpDevice),
    pub add_nodes_to_fuse: unsafe extern "system" fn(
        support: *mut GraphSupport,
        nodes: *const *const OrtNode,
        count: usize,
        options: *const FusionOptions,
    ) -> OrtStatusPtr,
}

/// `OrtNodeFusionOptions`.
#[repr(C)]
pub struct FusionOptions {
    pub version: u32,
    pub drop_constant_initializers: bool,
}

/// `OrtEpFactory`.
#[repr(C)]
pub struct Factory {
    pub version: u32,
    pub get_name: unsafe extern "system" fn(this: *const Factory) -> *const c_char,
    pub get_vendor: unsafe extern "system" fn(this: *const Factory) -> *const c_char,
    pub get_supported_devices: unsafe extern "system" fn(
        this: *mut Factory,
        hardware: *const *const OrtHardwareDevice,
        hardware_count: usize,
        devices: *mut *mut OrtEpDevice,
        capacity: usize,
        count: *mut usize,
    ) -> OrtStatusPtr,
    pub create_ep: unsafe extern "system" fn(
        this: *mut Factory,
        hardware: *const *const OrtHardwareDevice,
        metadata: *const *const OrtKeyValuePairs,
        hardware_count: usize,
        options: *const OrtSessionOptions,
        logger: *const OrtLogger,
        ep: *mut *mut Ep,
    ) -> OrtStatusPtr,
    pub release_ep: unsafe extern "system" fn(this: *mut Factory, ep: *mut Ep),
    pub get_vendor_id: unsafe extern "system" fn(this: *const Factory) -> u32,
    pub get_version: unsafe extern "system" fn(this: *const Factory) -> *const c_char,
    pub validate_compiled_model: unsafe extern "system" fn(
        this: *mut Factory,
        hardware: *const *const OrtHardwareDevice,
        hardware_count: usize,
        information: *const c_char,
        compatibility: *mut OrtCompiledModelCompatibility,
    ) -> OrtStatusPtr,
    pub create_allocator: unsafe extern "system" fn(
        this: *mut Factory,
        memory: *const OrtMemoryInfo,
        options: *const OrtKeyValuePairs,
        allocator: *mut *mut OrtAllocator,
    ) -> OrtStatusPtr,
    pub release_allocator:
        unsafe extern "system" fn(this: *mut Factory, allocator: *mut OrtAllocator),
    pub create_data_transfer:
        unsafe extern "system" fn(this: *mut Factory, transfer: *mut *mut c_void) -> OrtStatusPtr,
    pub is_stream_aware: unsafe extern "system" fn(this: *const Factory) -> bool,
    pub create_sync_stream: unsafe extern "system" fn(
        this: *mut Factory,
        memory: *const c_void,
        options: *const OrtKeyValuePairs,
        stream: *mut *mut c_void,
    ) -> OrtStatusPtr,
}

/// `OrtEp`.
#[repr(C)]
pub struct Ep {
    pub version: u32,
    pub get_name: unsafe extern "system" fn(this: *const Ep) -> *const c_char,
    pub get_capability: unsafe extern "system" fn(
        this: *mut Ep,
        graph: *const OrtGraph,
        support: *mut GraphSupport,
    ) -> OrtStatusPtr,
    pub compile: unsafe extern "system" fn(
        this: *mut Ep,
        graphs: *const *const OrtGraph,
        fused: *const *const OrtNode,
        count: usize,
        infos: *mut *mut ComputeInfo,
        contexts: *mut *mut OrtNode,
    ) -> OrtStatusPtr,
    pub release_compute_infos:
        unsafe extern "system" fn(this: *mut Ep, infos: *mut *mut ComputeInfo, count: usize),
    /// GetPreferredDataLayout, ShouldConvertDataLayoutForOp, SetDynamicOptions, OnRunStart, OnRunEnd, CreateAllocator,
    /// CreateSyncStreamForDevice, GetCompiledModelCompatibilityInfo: all may be left out.
    pub rest: [Absent; 8],
}

/// `OrtNodeComputeInfo`.
#[repr(C)]
pub struct ComputeInfo {
    pub version: u32,
    pub create_state: unsafe extern "system" fn(
        this: *mut ComputeInfo,
        context: *mut c_void,
        state: *mut *mut c_void,
    ) -> OrtStatusPtr,
    pub compute: unsafe extern "system" fn(
        this: *mut ComputeInfo,
        state: *mut c_void,
        context: *mut OrtKernelContext,
    ) -> OrtStatusPtr,
    pub release_state: unsafe extern "system" fn(this: *mut ComputeInfo, state: *mut c_void),
}
