//! What went wrong last, in each thread.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// What the last function that failed in this thread has to say: what is wrong, where, and what to do. It holds until the
/// next one fails in this thread; empty where none has.
#[unsafe(no_mangle)]
pub extern "C" fn ferrogrid_error() -> *const c_char {
    LAST.with_borrow(|last| last.as_ptr())
}

/// What a function gives; where it fails, or panics, none, and the text is kept.
pub(crate) fn kept<T>(function: impl FnOnce() -> Result<T, String>) -> Option<T> {
    let found = catch_unwind(AssertUnwindSafe(function));
    let found = found.unwrap_or_else(|panic| Err(of_panic(panic.as_ref())));
    found.map_err(|text| LAST.replace(string(text))).ok()
}

/// A text without zeros in it.
pub(crate) fn string(text: String) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}

fn of_panic(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!(
        "this is a bug of Ferrogrid, please report it: {}",
        text.unwrap_or_default()
    )
}
