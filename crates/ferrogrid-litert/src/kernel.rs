//! A compiled network as a node of an interpreter.

use crate::abi::{self, Context, DelegateParams, Registration};
use crate::compiled::{Compiled, Port};
use crate::delegate::{Delegate, status};
use crate::graph::ints;
use std::ffi::{c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null, null_mut};
use std::slice;

/// What the runtime calls of such a node.
pub const REGISTRATION: Registration = Registration {
    init: Some(init),
    free: Some(free),
    prepare: Some(prepare),
    invoke: Some(invoke),
    profiling_string: null(),
    builtin_code: abi::DELEGATE_OPERATOR,
    custom_name: c"Ferrogrid".as_ptr(),
    version: 1,
    external: null(),
    async_kernel: null(),
    inplace_operator: 0,
};

/// The network of the nodes that the runtime puts together; null where they are not those that were chosen.
unsafe extern "C" fn init(
    context: *mut Context,
    params: *const c_char,
    _length: usize,
) -> *mut c_void {
    let taken = catch_unwind(|| {
        // SAFETY: for a delegate these are its parameters, and the delegate is one of this library.
        unsafe {
            let params = params.cast::<DelegateParams>().as_ref()?;
            let delegate = Delegate::of(params.delegate)?;
            let nodes = ints(params.nodes).ok()?;
            let outputs = ints(params.outputs).ok()?;
            delegate.take(context, &nodes, &outputs)
        }
    });
    match taken {
        Ok(Some(compiled)) => Box::into_raw(Box::new(compiled)).cast(),
        _ => null_mut(),
    }
}

unsafe extern "C" fn free(_: *mut Context, kernel: *mut c_void) {
    if !kernel.is_null() {
        // SAFETY: what `init` has made, given back once.
        let kernel = unsafe { Box::from_raw(kernel.cast::<Compiled>()) };
        let _ = catch_unwind(AssertUnwindSafe(|| drop(kernel)));
    }
}

unsafe extern "C" fn prepare(context: *mut Context, node: *mut abi::Node) -> c_int {
    // SAFETY: as of `invoke`.
    unsafe {
        status(context, || {
            let kernel = kernel(node)?;
            let mut ports = kernel.inputs.iter().chain(&kernel.outputs);
            ports.try_for_each(|port| tensor(context, port).map(drop))
        })
    }
}

unsafe extern "C" fn invoke(context: *mut Context, node: *mut abi::Node) -> c_int {
    // SAFETY: the node is one of this file, and the context that of its interpreter, which runs in one thread. Tensors
    // have the bytes that were asked for, and inputs are no outputs.
    unsafe {
        status(context, || {
            let kernel = kernel(node)?;
            let mut inputs = Vec::new();
            for port in &kernel.inputs {
                inputs.push(slice::from_raw_parts(memory(context, port)?, port.bytes));
            }
            for (port, bytes) in kernel.outputs.iter().zip(kernel.run(&inputs)?) {
                slice::from_raw_parts_mut(memory(context, port)?, port.bytes)
                    .copy_from_slice(&bytes);
            }
            Ok(())
        })
    }
}

unsafe fn kernel<'a>(node: *mut abi::Node) -> Result<&'a Compiled, String> {
    // SAFETY: the runtime keeps there what `init` has given.
    let kernel = unsafe { (*node).user_data.cast::<Compiled>().as_ref() };
    kernel.ok_or_else(|| "the runtime has put nodes together that were not chosen so".into())
}

/// A tensor that still has the bytes of a port.
unsafe fn tensor<'a>(context: *mut Context, port: &Port) -> Result<&'a abi::Tensor, String> {
    // SAFETY: the index was read of this context, whose list of tensors does not become shorter.
    let tensor = unsafe { &*(*context).tensors.add(port.index as usize) };
    match tensor.bytes == port.bytes {
        true => Ok(tensor),
        false => Err(format!(
            "tensor {} has {} bytes, and the network {}",
            port.index, tensor.bytes, port.bytes
        )),
    }
}

unsafe fn memory(context: *mut Context, port: &Port) -> Result<*mut u8, String> {
    // SAFETY: as of `tensor`.
    let data = unsafe { tensor(context, port)?.data };
    match data.is_null() {
        true => Err(format!("tensor {} has no memory", port.index)),
        false => Ok(data.cast()),
    }
}
