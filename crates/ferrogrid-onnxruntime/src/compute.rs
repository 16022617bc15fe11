//! A compiled network as a node of a session.

use crate::abi::{self, VERSION};
use crate::api::Api;
use crate::compiled::{Array, Compiled};
use ort_sys::{OrtKernelContext, OrtStatusPtr};
use std::ffi::c_void;
use std::ptr::{null, null_mut};

#[repr(C)]
pub struct Compute {
    table: abi::ComputeInfo,
    api: Api,
    network: Compiled,
    /// The place among the inputs of the node of each input of the network.
    inputs: Vec<usize>,
    outputs: Vec<usize>,
}

impl Compute {
    /// A network as a node with these inputs and outputs.
    ///
    /// # Errors
    /// When the node has not what the network has.
    pub fn create(
        api: Api,
        network: Compiled,
        inputs: &[String],
        outputs: &[String],
    ) -> Result<*mut abi::ComputeInfo, String> {
        let table = abi::ComputeInfo {
            version: VERSION,
            create_state,
            compute,
            release_state,
        };
        let compute = Box::new(Compute {
            table,
            api,
            inputs: places(&network.inputs, inputs)?,
            outputs: places(&network.outputs, outputs)?,
            network,
        });
        Ok(Box::into_raw(compute).cast())
    }

    /// # Safety
    /// `info` is null, or comes from [`Self::create`] and is given back once.
    pub unsafe fn release(info: *mut abi::ComputeInfo) {
        if !info.is_null() {
            // SAFETY: as asked of the caller.
            drop(unsafe { Box::from_raw(info.cast::<Compute>()) });
        }
    }
}

/// Where names are among those of a node.
fn places(names: &[String], of: &[String]) -> Result<Vec<usize>, String> {
    let place = |name: &String| {
        let place = of.iter().position(|other| other == name);
        place.ok_or_else(|| format!("the node that is compiled has no `{name}`"))
    };
    names.iter().map(place).collect()
}

/// None: what a network needs is in [`Compute`].
unsafe extern "system" fn create_state(
    _: *mut abi::ComputeInfo,
    _context: *mut c_void,
    state: *mut *mut c_void,
) -> OrtStatusPtr {
    // SAFETY: the runtime has room for it.
    unsafe { *state = null_mut() };
    OrtStatusPtr(null_mut())
}

unsafe extern "system" fn release_state(_: *mut abi::ComputeInfo, _state: *mut c_void) {}

unsafe extern "system" fn compute(
    this: *mut abi::ComputeInfo,
    _state: *mut c_void,
    context: *mut OrtKernelContext,
) -> OrtStatusPtr {
    // SAFETY: `this` is a node of this file, which threads may share; the context is that of this call. Sizes and bytes
    // of outputs are those of the network.
    unsafe {
        let this = &*this.cast::<Compute>();
        let (api, ort) = (this.api, this.api.ort);
        api.status(|| {
            let mut inputs = Vec::new();
            for place in &this.inputs {
                let mut value = null();
                api.check((ort.KernelContext_GetInput)(
                    context,
                    *place,
                    &raw mut value,
                ))?;
                let (kind, bytes) = api.tensor(value)?;
                inputs.push(Array { kind, bytes });
            }
            let outputs = this.network.run(&inputs)?;
            for (place, output) in this.outputs.iter().zip(outputs) {
                let (sizes, mut value) = (&output.kind.sizes, null_mut());
                api.check((ort.KernelContext_GetOutput)(
                    context,
                    *place,
                    sizes.as_ptr(),
                    sizes.len(),
                    &raw mut value,
                ))?;
                api.write(value, &output.bytes)?;
            }
            Ok(())
        })
    }
}
