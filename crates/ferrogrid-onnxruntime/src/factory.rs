//! The entry of the library: what makes providers for sessions.

use crate::abi::{self, VERSION};
use crate::api::{Api, text};
use crate::provider::Provider;
use crate::saving::Saving;
use ferrogrid::runtime::plugin::PluginOptions;
use ort_sys::{
    OrtAllocator, OrtApiBase, OrtCompiledModelCompatibility, OrtEpDevice, OrtHardwareDevice,
    OrtHardwareDeviceType, OrtKeyValuePairs, OrtLogger, OrtMemoryInfo, OrtSessionOptions,
    OrtStatusPtr,
};
use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};
use std::slice;

/// What sessions call the provider.
pub const NAME: &CStr = c"FerrogridExecutionProvider";
const VENDOR: &CStr = c"Ferrogrid";
const VERSION_TEXT: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

#[repr(C)]
struct Factory {
    table: abi::Factory,
    api: Api,
}

/// Called once by the runtime that loads the library.
///
/// # Safety
/// As `CreateEpApiFactoriesFn` of ONNX Runtime says.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "system" fn CreateEpFactories(
    _name: *const c_char,
    base: *const OrtApiBase,
    _logger: *const OrtLogger,
    factories: *mut *mut c_void,
    capacity: usize,
    count: *mut usize,
) -> OrtStatusPtr {
    // SAFETY: the runtime gives its own table, and room for `capacity` factories. A runtime before version 23 has no such
    // table, and nothing is made.
    unsafe {
        *count = 0;
        let ort = ((*base).GetApi)(VERSION);
        let Some(ort) = ort.as_ref() else {
            return OrtStatusPtr(null_mut());
        };
        let ep = &*(ort.GetEpApi)().cast::<abi::EpApi>();
        let api = Api { ort, ep };
        api.status(|| {
            if capacity == 0 {
                return Err("there is no room for a provider".into());
            }
            *factories = Box::into_raw(Box::new(Factory { table: TABLE, api })).cast();
            *count = 1;
            Ok(())
        })
    }
}

/// Called by the runtime that lets go of the library.
///
/// # Safety
/// `factory` is one that [`CreateEpFactories`] has made.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "system" fn ReleaseEpFactory(factory: *mut c_void) -> OrtStatusPtr {
    // SAFETY: as asked of the caller.
    drop(unsafe { Box::from_raw(factory.cast::<Factory>()) });
    OrtStatusPtr(null_mut())
}

const TABLE: abi::Factory = abi::Factory {
    version: VERSION,
    get_name,
    get_vendor,
    get_supported_devices,
    create_ep,
    release_ep,
    get_vendor_id,
    get_version,
    validate_compiled_model,
    create_allocator,
    release_allocator,
    create_data_transfer,
    is_stream_aware,
    create_sync_stream,
};

unsafe extern "system" fn get_name(_: *const abi::Factory) -> *const c_char {
    NAME.as_ptr()
}

unsafe extern "system" fn get_vendor(_: *const abi::Factory) -> *const c_char {
    VENDOR.as_ptr()
}

unsafe extern "system" fn get_vendor_id(_: *const abi::Factory) -> u32 {
    0
}

unsafe extern "system" fn get_version(_: *const abi::Factory) -> *const c_char {
    VERSION_TEXT.as_ptr().cast()
}

/// One device, beside the first processor: simulators run there.
unsafe extern "system" fn get_supported_devices(
    this: *mut abi::Factory,
    hardware: *const *const OrtHardwareDevice,
    hardware_count: usize,
    devices: *mut *mut OrtEpDevice,
    capacity: usize,
    count: *mut usize,
) -> OrtStatusPtr {
    // SAFETY: `this` is a factory of this file; lists are as long as the runtime says.
    unsafe {
        let api = (*this.cast::<Factory>()).api;
        api.status(|| {
            *count = 0;
            for device in slice::from_raw_parts(hardware, hardware_count) {
                let kind = (api.ort.HardwareDevice_Type)(*device);
                if kind == OrtHardwareDeviceType::OrtHardwareDeviceType_CPU && capacity > 0 {
                    api.check((api.ep.create_ep_device)(
                        this,
                        *device,
                        null(),
                        null(),
                        devices,
                    ))?;
                    *count = 1;
                    break;
                }
            }
            Ok(())
        })
    }
}

unsafe extern "system" fn create_ep(
    this: *mut abi::Factory,
    _hardware: *const *const OrtHardwareDevice,
    _metadata: *const *const OrtKeyValuePairs,
    _hardware_count: usize,
    options: *const OrtSessionOptions,
    logger: *const OrtLogger,
    ep: *mut *mut abi::Ep,
) -> OrtStatusPtr {
    // SAFETY: `this` is a factory of this file, `options` the runtime's; `logger` lives as long as the session.
    unsafe {
        let api = (*this.cast::<Factory>()).api;
        api.status(|| {
            *ep = null_mut();
            let entries = entries(api, options)?;
            let prefix = format!("ep.{}.", NAME.to_string_lossy()).to_ascii_lowercase();
            let own = entries.iter().filter_map(|(key, value)| {
                let name = key.strip_prefix(&prefix)?;
                Some((name.to_owned(), value.clone()))
            });
            let own = Vec::from_iter(own);
            let options = PluginOptions::new(&own);
            *ep = Provider::create(api, logger, options, Saving::new(&entries));
            Ok(())
        })
    }
}

/// The settings of a session. Those for this provider begin with `ep.`, its name in small letters and a dot.
unsafe fn entries(
    api: Api,
    options: *const OrtSessionOptions,
) -> Result<Vec<(String, String)>, String> {
    let mut pairs = null_mut();
    let (mut keys, mut values, mut count) = (null(), null(), 0);
    // SAFETY: `options` is the runtime's; both lists are as long as said, and released with `pairs`.
    unsafe {
        let ort = api.ort;
        api.check((ort.GetSessionOptionsConfigEntries)(
            options,
            &raw mut pairs,
        ))?;
        (ort.GetKeyValuePairs)(pairs, &raw mut keys, &raw mut values, &raw mut count);
        let entry = |place| (text(*keys.add(place)), text(*values.add(place)));
        let entries = Vec::from_iter((0..count).map(entry));
        (ort.ReleaseKeyValuePairs)(pairs);
        Ok(entries)
    }
}

unsafe extern "system" fn release_ep(_: *mut abi::Factory, ep: *mut abi::Ep) {
    // SAFETY: the runtime gives back what `create_ep` has made.
    unsafe { Provider::release(ep) }
}

unsafe extern "system" fn validate_compiled_model(
    _: *mut abi::Factory,
    _hardware: *const *const OrtHardwareDevice,
    _hardware_count: usize,
    _information: *const c_char,
    compatibility: *mut OrtCompiledModelCompatibility,
) -> OrtStatusPtr {
    // SAFETY: the runtime has room for it.
    unsafe { *compatibility = OrtCompiledModelCompatibility::EP_NOT_APPLICABLE };
    OrtStatusPtr(null_mut())
}

/// None: arrays are in the processor's memory.
unsafe extern "system" fn create_allocator(
    _: *mut abi::Factory,
    _memory: *const OrtMemoryInfo,
    _options: *const OrtKeyValuePairs,
    allocator: *mut *mut OrtAllocator,
) -> OrtStatusPtr {
    // SAFETY: the runtime has room for it.
    unsafe { *allocator = null_mut() };
    OrtStatusPtr(null_mut())
}

unsafe extern "system" fn release_allocator(_: *mut abi::Factory, _: *mut OrtAllocator) {}

unsafe extern "system" fn create_data_transfer(
    _: *mut abi::Factory,
    transfer: *mut *mut c_void,
) -> OrtStatusPtr {
    // SAFETY: the runtime has room for it.
    unsafe { *transfer = null_mut() };
    OrtStatusPtr(null_mut())
}

unsafe extern "system" fn is_stream_aware(_: *const abi::Factory) -> bool {
    false
}

unsafe extern "system" fn create_sync_stream(
    _: *mut abi::Factory,
    _memory: *const c_void,
    _options: *const OrtKeyValuePairs,
    stream: *mut *mut c_void,
) -> OrtStatusPtr {
    // SAFETY: the runtime has room for it.
    unsafe { *stream = null_mut() };
    OrtStatusPtr(null_mut())
}
