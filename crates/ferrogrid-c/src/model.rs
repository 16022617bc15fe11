//! Models: opened, described, run, closed.

use super::error::{kept, string};
use ferrogrid::device::{Inference, NetworkPort, unwatched};
use ferrogrid::graph::{Element, Values};
use ferrogrid::report::json;
use ferrogrid::runtime::{self, CompiledModel, Device, Options};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;
use std::slice;
use std::sync::{Mutex, PoisonError};

/// A network on a core.
pub struct FerrogridModel {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    ran: Mutex<(CompiledModel, Option<Inference>)>,
}

/// An input or output, with what C is shown of it.
struct Port {
    port: NetworkPort,
    name: CString,
    shape: Vec<usize>,
}

/// Type of the elements of a tensor.
#[repr(C)]
pub enum FerrogridType {
    /// Two's complement, 8 bits.
    Int8,
    /// Unsigned, 8 bits.
    Uint8,
    /// Two's complement, 32 bits.
    Int32,
    /// IEEE single precision.
    Float32,
}

/// An input or output of a model. What it points to is the model's.
#[repr(C)]
pub struct FerrogridTensor {
    /// Its name.
    pub name: *const c_char,
    /// Type of its elements.
    pub element: FerrogridType,
    /// Its axes, without that of a batch, in the order of the model's runtime.
    pub rank: usize,
    /// Their sizes.
    pub shape: *const usize,
    /// Bytes of all elements.
    pub bytes: usize,
}

/// How a model is compiled and run. Null, or all zero, is the default.
#[repr(C)]
pub struct FerrogridOptions {
    /// `onnx` or `tflm`, whose integers are computed; null: as the model's format says.
    pub mode: *const c_char,
    /// `native`, `verilator` or `icarus`; null: `native`.
    pub simulator: *const c_char,
    /// `none`, `some` or `much`, how long to look for a faster program; null: `some`.
    pub effort: *const c_char,
    /// Channels that are the same for every input are computed too.
    pub no_fold: bool,
}

/// Opens a `.tflite`, `.onnx` or compiled network for a device: the name of a preset, or the path of a `.toml` file. Null
/// when it fails. `ferrogrid_close` is for what it gives.
///
/// # Safety
/// `path`, `device` and the texts of `options` end with a zero; `options` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ferrogrid_open(
    path: *const c_char,
    device: *const c_char,
    options: *const FerrogridOptions,
) -> *mut FerrogridModel {
    let opened = kept(|| {
        // SAFETY: the caller says so.
        let (path, device, options) = unsafe { (text(path), text(device), options.as_ref()) };
        let path = path?.ok_or("the path of the model is null")?;
        let mut device = reported(Device::named(device?.ok_or("the device is null")?))?;
        let mut chosen = Options::default();
        if let Some(options) = options {
            // SAFETY: the caller says so.
            let texts =
                unsafe { [options.mode, options.simulator, options.effort].map(|of| text(of)) };
            let [mode, simulator, effort] = texts;
            chosen.rounding = mode?
                .map(|name| reported(runtime::mode(name)))
                .transpose()?;
            if let Some(name) = simulator? {
                device.simulator = reported(name.parse())?;
            }
            if let Some(name) = effort? {
                chosen.effort = reported(runtime::effort(name))?;
            }
            chosen.folding = !options.no_fold;
        }
        let model = reported(CompiledModel::open(Path::new(path), &device, chosen))?;
        let ports = |ports: &[NetworkPort]| ports.iter().map(Port::of).collect();
        Ok(Box::new(FerrogridModel {
            inputs: ports(&model.network().inputs),
            outputs: ports(&model.network().outputs),
            ran: Mutex::new((model, None)),
        }))
    });
    opened.map_or(ptr::null_mut(), Box::into_raw)
}

/// Closes a model; null is none.
///
/// # Safety
/// `model` is of `ferrogrid_open`, and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ferrogrid_close(model: *mut FerrogridModel) {
    if !model.is_null() {
        // SAFETY: the caller says so.
        drop(unsafe { Box::from_raw(model) });
    }
}

/// How many inputs a model has.
///
/// # Safety
/// `model` is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ferrogrid_inputs(model: *const FerrogridModel) -> usize {
    // SAFETY: the caller says so.
    unsafe { (*model).inputs.len() }
}

/// How many outputs a model has.
///
/// # Safety
/// `model` is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ferrogrid_outputs(model: *const FerrogridModel) -> usize {
    // SAFETY: the caller says so.
    unsafe { (*model).outputs.len() }
}

/// Describes an input; 0 when there is one of this number.
///
/// # Safety
/// `model` is open, `tensor` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ferrogrid_input(
    model: *const FerrogridModel,
    number: usize,
    tensor: *mut FerrogridTensor,
) -> c_int {
    // SAFETY: the caller says so.
    unsafe { described(&(*model).inputs, "input", number, tensor) }
}

/// Describes an output; 0 when there is one of this number.
///
/// # Safety
/// `model` is open, `tensor` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ferrogrid_output(
    model: *const FerrogridModel,
    number: usize,
    tensor: *mut FerrogridTensor,
) -> c_int {
    // SAFETY: the caller says so.
    unsafe { described(&(*model).outputs, "output", number, tensor) }
}

/// Runs a model once: an array of each input and one for each output, of as many bytes as the tensor says. 0 when it has
/// run.
///
/// # Safety
/// `model` is open; `inputs` and `outputs` have a pointer for each tensor, to so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ferrogrid_infer(
    model: *const FerrogridModel,
    inputs: *const *const c_void,
    outputs: *const *mut c_void,
) -> c_int {
    let done = kept(|| {
        // SAFETY: the caller says so.
        let model = unsafe { &*model };
        let given = model.inputs.iter().enumerate().map(|(number, port)| {
            // SAFETY: the caller says so.
            let bytes = unsafe { slice::from_raw_parts(*inputs.add(number).cast(), port.bytes()) };
            port.port
                .from_file(&Values::from_bytes(port.port.element, bytes))
        });
        let given = Vec::from_iter(given);
        let mut ran = model.ran.lock().unwrap_or_else(PoisonError::into_inner);
        let inference = reported(ran.0.infer(&given, &mut unwatched))?;
        for (number, (port, values)) in model.outputs.iter().zip(&inference.outputs).enumerate() {
            let bytes = port.port.to_file(values).to_bytes();
            // SAFETY: the caller says so.
            unsafe {
                ptr::copy_nonoverlapping(bytes.as_ptr(), (*outputs.add(number)).cast(), bytes.len())
            };
        }
        ran.1 = Some(inference);
        Ok(())
    });
    c_int::from(done.is_none())
}

/// The figures of the run before, at a clock in Hz: as JSON, or as the command prints them. Null when it fails.
/// `ferrogrid_free` is for what it gives.
///
/// # Safety
/// `model` is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ferrogrid_report(
    model: *const FerrogridModel,
    clock_hz: f64,
    as_json: bool,
) -> *mut c_char {
    let report = kept(|| {
        let clock = format!("{clock_hz}Hz").parse()?;
        // SAFETY: the caller says so.
        let ran = unsafe { (*model).ran.lock() };
        let ran = ran.unwrap_or_else(PoisonError::into_inner);
        let inference = ran.1.as_ref().ok_or("the model has not run yet")?;
        let report = ran.0.report(slice::from_ref(inference), clock);
        Ok(string(match as_json {
            true => json(&report),
            false => report.text(),
        }))
    });
    report.map_or(ptr::null_mut(), CString::into_raw)
}

/// Frees a text of `ferrogrid_report`; null is none.
///
/// # Safety
/// `text` is of that function, and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ferrogrid_free(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: the caller says so.
        drop(unsafe { CString::from_raw(text) });
    }
}

impl Port {
    fn of(port: &NetworkPort) -> Port {
        Port {
            name: string(port.name.clone()),
            shape: port.file_shape(),
            port: port.clone(),
        }
    }

    fn bytes(&self) -> usize {
        self.port.len() * self.port.element.bytes()
    }
}

/// # Safety
/// `tensor` may be written.
unsafe fn described(
    ports: &[Port],
    what: &str,
    number: usize,
    tensor: *mut FerrogridTensor,
) -> c_int {
    let count = ports.len();
    let found = kept(|| {
        let port = ports.get(number);
        port.ok_or_else(|| format!("there is no {what} {number}: the model has {count}, from 0 on"))
    });
    let Some(port) = found else {
        return 1;
    };
    let described = FerrogridTensor {
        name: port.name.as_ptr(),
        element: match port.port.element {
            Element::Int8 => FerrogridType::Int8,
            Element::Uint8 => FerrogridType::Uint8,
            Element::Int32 => FerrogridType::Int32,
            Element::Float32 => FerrogridType::Float32,
        },
        rank: port.shape.len(),
        shape: port.shape.as_ptr(),
        bytes: port.bytes(),
    };
    // SAFETY: the caller says so.
    unsafe { tensor.write(described) };
    0
}

/// A text of C; none where it is null.
///
/// # Safety
/// It ends with a zero, and stays as it is.
unsafe fn text<'a>(text: *const c_char) -> Result<Option<&'a str>, String> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller says so.
    let text = unsafe { CStr::from_ptr(text) };
    let text = text.to_str().map_err(|_| format!("{text:?} is no UTF-8"))?;
    Ok(Some(text))
}

fn reported<T>(result: miette::Result<T>) -> Result<T, String> {
    result.map_err(|report| runtime::text(&report))
}
