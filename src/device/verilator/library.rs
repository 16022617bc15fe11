//! The compiled model, loaded: the only place where Ferrogrid calls foreign code.
#![allow(unsafe_code)]

use crate::device::Watch;
use crate::device::error::Error;
use libloading::Library;
use std::any::Any;
use std::ffi::{CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::ptr;

/// `Result` of `runner.cpp`, opaque here.
#[repr(C)]
struct RawResult {
    private: [u8; 0],
}

type WatchFn = extern "C" fn(*mut c_void, u64) -> i32;
type RunFn = unsafe extern "C" fn(
    *const u32,
    *const c_char,
    WatchFn,
    *mut c_void,
    *mut *mut RawResult,
) -> i32;
type WordsFn = unsafe extern "C" fn(*const RawResult, *mut u64) -> *const u32;
type TextFn = unsafe extern "C" fn(*const RawResult, *mut u64) -> *const u8;
type FreeFn = unsafe extern "C" fn(*mut RawResult);

/// How a run of the compiled runner ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The scenario ended, or the cycles ran out.
    Normally,
    /// The watch function broke it off.
    Cancelled,
    /// The model or the runner gave up.
    GaveUp,
}

/// What a run of the compiled runner returned.
pub(super) struct RawRun {
    pub ended: Ended,
    pub words: Vec<u32>,
    pub text: String,
}

/// A loaded model. Each run makes a fresh instance of it.
pub(super) struct ModelLibrary {
    run: RunFn,
    words: WordsFn,
    text: TextFn,
    free: FreeFn,
    // Last, so that it outlives the function pointers above.
    _library: Library,
}

/// Owns a `RawResult`.
struct ResultGuard<'a> {
    raw: *mut RawResult,
    library: &'a ModelLibrary,
}

impl Drop for ResultGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: `raw` came from `ferrogrid_run` (or is null, which `delete` permits) and is
        // freed only here.
        unsafe { (self.library.free)(self.raw) }
    }
}

/// The watch function across the foreign frames, and what it threw.
struct WatchState<'a, 'b> {
    watch: &'a mut Watch<'b>,
    panic: Option<Box<dyn Any + Send>>,
}

extern "C" fn call_watch(context: *mut c_void, cycles: u64) -> i32 {
    // SAFETY: `context` is the `WatchState` that `ModelLibrary::run` passed; the runner calls back
    // on the same thread before `ferrogrid_run` returns, and nothing else uses it meanwhile.
    let state = unsafe { &mut *context.cast::<WatchState<'_, '_>>() };
    match catch_unwind(AssertUnwindSafe(|| (state.watch)(cycles))) {
        Ok(flow) => i32::from(flow.is_break()),
        Err(panic) => {
            state.panic = Some(panic);
            1
        }
    }
}

impl ModelLibrary {
    /// Loads a library that `build.rs` made.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let fail = |error: libloading::Error| Error::Load {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        // SAFETY: the library is one of our own builds, whose initialisers only set up tables of
        // Verilator's run time; `Library::new` opens with RTLD_LOCAL, so that models do not see
        // each other's symbols.
        let library = unsafe { Library::new(path) }.map_err(fail)?;
        // SAFETY: the types are those of the definitions in `runner.cpp`, whose text is part of
        // the name of the library's file.
        unsafe {
            Ok(Self {
                run: *library.get::<RunFn>(b"ferrogrid_run\0").map_err(fail)?,
                words: *library.get::<WordsFn>(b"ferrogrid_words\0").map_err(fail)?,
                text: *library.get::<TextFn>(b"ferrogrid_text\0").map_err(fail)?,
                free: *library.get::<FreeFn>(b"ferrogrid_free\0").map_err(fail)?,
                _library: library,
            })
        }
    }

    /// Runs an encoded plan on a fresh instance of the model.
    ///
    /// `plan` must come from [`encode`](super::encode::encode) for this model's interface.
    pub fn run(
        &self,
        plan: &[u32],
        vcd: Option<&PathBuf>,
        watch: &mut Watch,
    ) -> Result<RawRun, Error> {
        let vcd = vcd.map(|path| c_path(path)).transpose()?;
        let vcd = vcd.as_ref().map_or(ptr::null(), |path| path.as_ptr());
        let mut state = WatchState { watch, panic: None };
        let context = ptr::from_mut(&mut state).cast::<c_void>();
        let mut raw = ptr::null_mut();
        // SAFETY: the plan is complete (encode.rs and runner.cpp agree) and outlives the call, as
        // do `vcd` and `state`; the runner catches its exceptions and always sets `raw`.
        let code = unsafe { (self.run)(plan.as_ptr(), vcd, call_watch, context, &mut raw) };
        let guard = ResultGuard { raw, library: self };
        if let Some(panic) = state.panic {
            drop(guard);
            resume_unwind(panic);
        }
        let (mut words, mut bytes) = (0, 0);
        // SAFETY: `raw` is a result that the guard keeps; the pointers are valid for the counts
        // that come with them until it is freed.
        let (words, text) = unsafe {
            let start = (self.words)(guard.raw, &mut words);
            let words = copy(start, words);
            let start = (self.text)(guard.raw, &mut bytes);
            (words, copy(start, bytes))
        };
        Ok(RawRun {
            ended: match code {
                0 => Ended::Normally,
                1 => Ended::Cancelled,
                _ => Ended::GaveUp,
            },
            words,
            text: String::from_utf8_lossy(&text).into_owned(),
        })
    }
}

/// # Safety
///
/// `start` is valid for `count` elements, or `count` is 0.
unsafe fn copy<T: Copy>(start: *const T, count: u64) -> Vec<T> {
    if count == 0 {
        return Vec::new();
    }
    // SAFETY: as promised by the caller; an empty vector's null pointer was excluded above.
    unsafe { std::slice::from_raw_parts(start, count as usize) }.to_vec()
}

fn c_path(path: &Path) -> Result<CString, Error> {
    CString::new(path.as_os_str().as_encoded_bytes())
        .map_err(|error| Error::files("write waves to", path)(error.into()))
}
