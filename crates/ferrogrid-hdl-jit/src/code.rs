//! Finished functions, and how they are called.

use cranelift_jit::JITModule;
use std::mem::ManuallyDrop;

/// What a function calls for what it cannot do itself.
pub trait Host {
    /// Does what the caller and the host have agreed on under this number; may read and write
    /// values. What it returns is the result of the call.
    ///
    /// A panic ends the process: machine code cannot be unwound.
    fn call(&mut self, values: &mut [u64], number: u32, argument: u64) -> u64;
}

/// What a function is given to hand back in a call.
struct Context<'a> {
    values: *mut u64,
    count: usize,
    host: &'a mut dyn Host,
}

/// Values, flags and the context.
type Function = unsafe extern "C" fn(*mut u64, *mut u64, *mut Context<'_>);

/// Where functions enter the host.
pub(crate) fn host_address() -> i64 {
    enter_host as *const () as i64
}

extern "C" fn enter_host(context: *mut Context<'_>, number: u32, argument: u64) -> u64 {
    // SAFETY: only functions call this, with the context that `run` has given them. It stands until
    // they return, and the values in it are borrowed by `run`; a function holds no references.
    unsafe {
        let context = &mut *context;
        let values = std::slice::from_raw_parts_mut(context.values, context.count);
        context.host.call(values, number, argument)
    }
}

/// Functions as machine code.
pub struct Code {
    module: ManuallyDrop<JITModule>,
    functions: Vec<Function>,
    /// Places of values that functions choose among by their addresses.
    _tables: Vec<Box<[u32]>>,
    values: usize,
    flags: usize,
}

// SAFETY: once it is finished, nothing changes or reads the module, and the functions hold no state.
unsafe impl Send for Code {}
// SAFETY: as above.
unsafe impl Sync for Code {}

impl Code {
    /// # Safety
    /// Each address is that of a function of the module that was described by an assembler with
    /// these numbers of values and flags, and that reads these tables.
    pub(crate) unsafe fn new(
        module: JITModule,
        functions: &[*const u8],
        tables: Vec<Box<[u32]>>,
        values: usize,
        flags: usize,
    ) -> Code {
        // SAFETY: the compiler gives all functions this signature.
        let function =
            |address: &*const u8| unsafe { std::mem::transmute::<*const u8, Function>(*address) };
        Code {
            functions: functions.iter().map(function).collect(),
            module: ManuallyDrop::new(module),
            _tables: tables,
            values,
            flags,
        }
    }

    /// Runs a function, by its number in the order of their description.
    ///
    /// # Panics
    /// When there are fewer values or flags than the compiler was told, or no such function.
    #[inline]
    pub fn run(&self, number: usize, values: &mut [u64], flags: &mut [u64], host: &mut dyn Host) {
        assert!(values.len() >= self.values && flags.len() >= self.flags);
        let mut context = Context {
            values: values.as_mut_ptr(),
            count: values.len(),
            host,
        };
        let function = self.functions[number];
        // SAFETY: the assembler has held all places below the numbers of values and flags, which
        // the arrays have.
        unsafe { function(context.values, flags.as_mut_ptr(), &raw mut context) }
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // SAFETY: functions run only while `self` is borrowed, and the module is taken once.
        unsafe { ManuallyDrop::take(&mut self.module).free_memory() }
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let functions = self.functions.len();
        f.debug_struct("Code")
            .field("functions", &functions)
            .finish_non_exhaustive()
    }
}
