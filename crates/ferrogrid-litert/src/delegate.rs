//! The entries of the library, and what an interpreter asks a delegate.

use crate::abi::{self, Context, ERROR, OK};
use crate::compiled::{Compiled, Nodes};
use crate::graph::{array, parts, read, text};
use crate::kernel::REGISTRATION;
use ferrogrid::compiler::Rounding;
use ferrogrid::runtime::plugin::{PluginOptions, choose};
use std::ffi::{CString, c_char, c_int, c_void};
use std::io::{Write, stderr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null, null_mut};
use std::sync::{Mutex, PoisonError};

/// A delegate, whose table the runtime knows.
#[repr(C)]
pub struct Delegate {
    table: abi::Delegate,
    options: PluginOptions,
    /// What is compiled and not yet a node.
    found: Mutex<Vec<Found>>,
}

struct Found {
    /// The address of the context that asked for it.
    context: usize,
    /// The numbers of its nodes, sorted.
    nodes: Vec<i32>,
    compiled: Compiled,
}

/// Makes a delegate for options by their names; where something is wrong with them, null, and `report_error` hears what.
///
/// # Safety
/// As `tflite_plugin_create_delegate` of LiteRT: `keys` and `values` are lists of `count` texts that end with zeros.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tflite_plugin_create_delegate(
    keys: *const *const c_char,
    values: *const *const c_char,
    count: usize,
    report_error: Option<unsafe extern "C" fn(*const c_char)>,
) -> *mut c_void {
    let made = catch_unwind(|| {
        // SAFETY: as asked of the caller.
        let pair = |place| unsafe { (text(*keys.add(place)), text(*values.add(place))) };
        let mut options = PluginOptions::new(&Vec::from_iter((0..count).map(pair)))?;
        // The runtime's own kernels round so.
        options.rounding.get_or_insert(Rounding::Float);
        Ok(Box::new(Delegate {
            table: TABLE,
            options,
            found: Mutex::default(),
        }))
    });
    let made: Result<Box<Delegate>, String> = made.unwrap_or_else(|_| Err(FAILED.into()));
    match made {
        Ok(delegate) => Box::into_raw(delegate).cast(),
        Err(reason) => {
            if let Some(report) = report_error {
                // SAFETY: a text that ends with a zero.
                unsafe { report(c_text(&reason).as_ptr()) };
            }
            null_mut()
        }
    }
}

/// Lets a delegate go. Nodes that it has taken run on.
///
/// # Safety
/// `delegate` is null, or comes from [`tflite_plugin_create_delegate`] and is given back once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tflite_plugin_destroy_delegate(delegate: *mut c_void) {
    if !delegate.is_null() {
        // SAFETY: as asked of the caller.
        let delegate = unsafe { Box::from_raw(delegate.cast::<Delegate>()) };
        let _ = catch_unwind(AssertUnwindSafe(|| drop(delegate)));
    }
}

const TABLE: abi::Delegate = abi::Delegate {
    data: null_mut(),
    prepare: Some(prepare),
    buffers: [null(); 3],
    flags: 0,
    opaque_builder: null(),
};

impl Delegate {
    /// # Safety
    /// `table` is null, or that of a delegate of this library.
    pub unsafe fn of<'a>(table: *const abi::Delegate) -> Option<&'a Delegate> {
        // SAFETY: as asked of the caller; the table stands first.
        unsafe { table.cast::<Delegate>().as_ref() }
    }

    /// What was compiled for nodes of a context, with the outputs that the runtime sees.
    pub fn take(&self, context: *mut Context, nodes: &[i32], outputs: &[i32]) -> Option<Compiled> {
        let sorted = |numbers: &[i32]| {
            let mut numbers = numbers.to_vec();
            numbers.sort_unstable();
            numbers
        };
        let nodes = sorted(nodes);
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let place = found
            .iter()
            .position(|found| found.context == context.addr() && found.nodes == nodes)?;
        let compiled = found.swap_remove(place).compiled;
        let own = Vec::from_iter(compiled.outputs.iter().map(|port| port.index));
        (sorted(&own) == sorted(outputs)).then_some(compiled)
    }

    /// Compiles what of a network the core runs: the numbers of the nodes of each part, and what to say of the others.
    ///
    /// # Safety
    /// As of [`read`].
    unsafe fn choose(
        &self,
        context: *mut Context,
    ) -> Result<(Vec<Vec<i32>>, Option<String>), String> {
        // SAFETY: as asked of the caller; the network is dropped at the end.
        let network = unsafe { read(context) }?;
        if network.nodes.is_empty() {
            return Ok((Vec::new(), None));
        }
        let mut choice = choose(&Nodes(&network, &self.options));
        let numbers = |places: &[usize]| {
            let numbers = places.iter().map(|place| network.nodes[*place].number);
            let mut numbers = Vec::from_iter(numbers);
            numbers.sort_unstable();
            numbers
        };
        // The runtime goes by its own order, in which nodes that read constants alone may be far from the others.
        choice.parts.retain(|(places, _)| {
            // SAFETY: as asked of the caller.
            let parts = unsafe { parts(context, &numbers(places)) };
            parts.is_ok_and(|parts| parts.len() == 1)
        });
        let said = choice.warning(network.nodes.len());
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.retain(|found| found.context != context.addr());
        let mut chosen = Vec::new();
        for (places, compiled) in choice.parts {
            let nodes = numbers(&places);
            chosen.push(nodes.clone());
            found.push(Found {
                context: context.addr(),
                nodes,
                compiled,
            });
        }
        Ok((chosen, said))
    }
}

/// Takes the nodes that the core runs.
unsafe extern "C" fn prepare(context: *mut Context, delegate: *mut abi::Delegate) -> c_int {
    // SAFETY: the runtime calls this for a delegate of this file, with the context that asks.
    unsafe {
        status(context, || {
            let this = Delegate::of(delegate).ok_or("there is no delegate")?;
            let (chosen, said) = this.choose(context)?;
            if let Some(said) = said {
                // As other delegates do: what the context reports is an error. What cannot be said is no reason to stop.
                let _ = writeln!(stderr(), "WARNING: {said}");
            }
            for nodes in chosen {
                let replace = (*context).replace_nodes.ok_or("nodes are not taken")?;
                let list = array(&nodes);
                if replace(context, REGISTRATION, list.as_ptr().cast(), delegate) != OK {
                    return Err("the runtime does not let nodes go".into());
                }
            }
            Ok(())
        })
    }
}

const FAILED: &str = "the Ferrogrid library has failed";

/// The status of a call of the runtime: an error is reported, and a panic is one.
///
/// # Safety
/// `context` is the runtime's.
pub unsafe fn status(context: *mut Context, call: impl FnOnce() -> Result<(), String>) -> c_int {
    let done = catch_unwind(AssertUnwindSafe(call));
    let Err(reason) = done.unwrap_or_else(|_| Err(FAILED.into())) else {
        return OK;
    };
    // SAFETY: as asked of the caller; the format takes one text.
    unsafe {
        if let Some(report) = (*context).report_error {
            report(
                context,
                c"Ferrogrid: %s\n".as_ptr(),
                c_text(&reason).as_ptr(),
            );
        }
    }
    ERROR
}

/// A text that ends with a zero.
fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}
