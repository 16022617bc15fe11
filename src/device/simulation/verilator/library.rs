//! A compiled model, loaded: the only place where Ferrogrid calls foreign code.
#![allow(unsafe_code)]

use crate::device::error::Error;
use libloading::Library;
use std::ffi::{CString, c_char};
use std::path::Path;
use std::ptr;
use std::sync::Arc;

/// `Simulation` of `runtime.cpp`, opaque here.
#[repr(C)]
struct Raw {
    private: [u8; 0],
}

/// Declares the functions of `runtime.cpp` and how to find them.
macro_rules! functions {
    ($($name:ident: fn($($argument:ty),*) $(-> $result:ty)? = $symbol:literal;)*) => {
        /// A loaded model.
        pub(super) struct ModelLibrary {
            $($name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            // Last, so that it outlives the function pointers above.
            _library: Library,
        }

        impl ModelLibrary {
            /// Loads a library that `build.rs` made.
            pub fn load(path: &Path) -> Result<Self, Error> {
                let fail = |error: libloading::Error| Error::Load {
                    path: path.to_owned(),
                    reason: error.to_string(),
                };
                // SAFETY: the library is one of our own builds, whose initialisers only set up
                // tables of Verilator's run time; `Library::new` opens with RTLD_LOCAL, so that
                // models do not see each other's symbols.
                let library = unsafe { Library::new(path) }.map_err(fail)?;
                // SAFETY: the types are those of the definitions in `runtime.cpp`, whose text is
                // part of the name of the library's file.
                unsafe {
                    Ok(Self {
                        $($name: *library.get($symbol).map_err(fail)?,)*
                        _library: library,
                    })
                }
            }
        }
    };
}

functions! {
    open: fn(*const c_char, *mut *mut Raw) -> i32 = b"ferrogrid_open\0";
    close: fn(*mut Raw) = b"ferrogrid_close\0";
    set: fn(*mut Raw, u32, *const u64) = b"ferrogrid_set\0";
    get: fn(*mut Raw, u32, *mut u64) -> i32 = b"ferrogrid_get\0";
    load: fn(*mut Raw, u32, u64, u64, *const u64) = b"ferrogrid_load\0";
    read: fn(*mut Raw, u32, u64, u64, *mut u64) = b"ferrogrid_read\0";
    step: fn(*mut Raw, u32, u64) -> i32 = b"ferrogrid_step\0";
    until: fn(*mut Raw, u32, u64, *mut u64) -> i32 = b"ferrogrid_until\0";
    finish: fn(*mut Raw) -> i32 = b"ferrogrid_finish\0";
    text: fn(*const Raw, *mut u64) -> *const u8 = b"ferrogrid_text\0";
}

/// An instance of a model. Ports, memories, addresses and numbers of digits must be those of the
/// top that the model was built for: [`Simulation`](crate::device::Simulation) sees to that.
pub(super) struct Instance {
    raw: *mut Raw,
    library: Arc<ModelLibrary>,
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: `raw` came from `ferrogrid_open` and is freed only here.
        unsafe { (self.library.close)(self.raw) }
    }
}

impl Instance {
    pub fn open(library: Arc<ModelLibrary>, vcd: Option<&Path>) -> Result<Self, Error> {
        let vcd = vcd.map(c_path).transpose()?;
        let vcd = vcd.as_ref().map_or(ptr::null(), |path| path.as_ptr());
        let mut raw = ptr::null_mut();
        // SAFETY: the path outlives the call, which always sets `raw`.
        let code = unsafe { (library.open)(vcd, &mut raw) };
        let instance = Instance { raw, library };
        instance.check(code)?;
        Ok(instance)
    }

    fn check(&self, code: i32) -> Result<(), Error> {
        match code {
            0 => Ok(()),
            _ => Err(Error::Simulator {
                simulator: "verilator",
                reason: self.text(),
            }),
        }
    }

    pub fn set(&mut self, port: usize, digits: &[u64]) {
        // SAFETY: the port exists and is as wide as the digits.
        unsafe { (self.library.set)(self.raw, port as u32, digits.as_ptr()) }
    }

    pub fn get(&mut self, port: usize, digits: &mut [u64]) -> Result<(), Error> {
        // SAFETY: the port exists and is as wide as the digits.
        let code = unsafe { (self.library.get)(self.raw, port as u32, digits.as_mut_ptr()) };
        self.check(code)
    }

    pub fn load(&mut self, memory: usize, first: usize, count: usize, digits: &[u64]) {
        let (memory, first, count) = (memory as u32, first as u64, count as u64);
        // SAFETY: the memory has these words, and the digits are those of `count` words.
        unsafe { (self.library.load)(self.raw, memory, first, count, digits.as_ptr()) }
    }

    pub fn read(&mut self, memory: usize, first: usize, count: usize, digits: &mut [u64]) {
        let (memory, first, count) = (memory as u32, first as u64, count as u64);
        // SAFETY: the memory has these words, and the digits are those of `count` words.
        unsafe { (self.library.read)(self.raw, memory, first, count, digits.as_mut_ptr()) }
    }

    pub fn step(&mut self, clock: Option<usize>, cycles: u64) -> Result<(), Error> {
        let clock = clock.map_or(u32::MAX, |clock| clock as u32);
        // SAFETY: the clock exists.
        let code = unsafe { (self.library.step)(self.raw, clock, cycles) };
        self.check(code)
    }

    pub fn run_until(&mut self, port: usize, limit: u64) -> Result<u64, Error> {
        let mut cycles = 0;
        // SAFETY: the port exists and has one bit.
        let code = unsafe { (self.library.until)(self.raw, port as u32, limit, &mut cycles) };
        self.check(code)?;
        Ok(cycles)
    }

    pub fn finish(&mut self) -> Result<(), Error> {
        // SAFETY: the instance is alive.
        let code = unsafe { (self.library.finish)(self.raw) };
        self.check(code)
    }

    /// What the model printed, a line each with the number of edges before it.
    pub fn text(&self) -> String {
        let mut count = 0;
        // SAFETY: the pointer is valid for the count that comes with it until the next call.
        let bytes = unsafe {
            let start = (self.library.text)(self.raw, &mut count);
            match count {
                0 => &[],
                count => std::slice::from_raw_parts(start, count as usize),
            }
        };
        String::from_utf8_lossy(bytes).into_owned()
    }
}

fn c_path(path: &Path) -> Result<CString, Error> {
    CString::new(path.as_os_str().as_encoded_bytes())
        .map_err(|error| Error::files("write waves to", path)(error.into()))
}
