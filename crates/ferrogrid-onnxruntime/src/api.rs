//! The runtime's functions: statuses as results, pointers as borrowed or owned values.

use crate::abi::EpApi;
use ort_sys::{
    OrtApi, OrtErrorCode, OrtLogger, OrtLoggingLevel, OrtStatusPtr, OrtTensorTypeAndShapeInfo,
    OrtValue, os_char,
};
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::slice;

/// The table of functions of the program that has loaded this library.
#[derive(Clone, Copy)]
pub struct Api {
    pub ort: &'static OrtApi,
    pub ep: &'static EpApi,
}

/// Type and sizes of a tensor; -1 where a size is not fixed.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorType {
    pub element: i32,
    pub sizes: Vec<i64>,
}

impl Api {
    /// What a status says of a call, which is freed.
    pub fn check(self, status: OrtStatusPtr) -> Result<(), String> {
        if status.0.is_null() {
            return Ok(());
        }
        // SAFETY: the runtime has made this status, which is released once, after its text is copied.
        let text = unsafe { text((self.ort.GetErrorMessage)(status.0)) };
        unsafe { (self.ort.ReleaseStatus)(status.0) };
        Err(text)
    }

    /// The status of a call of the runtime: an error as its text, a panic as an error.
    pub fn status(self, call: impl FnOnce() -> Result<(), String>) -> OrtStatusPtr {
        let done = catch_unwind(AssertUnwindSafe(call));
        let done = done.unwrap_or_else(|_| Err("the Ferrogrid library has failed".into()));
        match done {
            Ok(()) => OrtStatusPtr(null_mut()),
            // SAFETY: the text ends with a zero, and the runtime copies it.
            Err(text) => unsafe {
                (self.ort.CreateStatus)(OrtErrorCode::ORT_EP_FAIL, c_text(&text).as_ptr())
            },
        }
    }

    /// A list that the runtime fills.
    pub fn list<T: Copy>(
        self,
        count: impl FnOnce(*mut usize) -> OrtStatusPtr,
        fill: impl FnOnce(*mut *const T, usize) -> OrtStatusPtr,
    ) -> Result<Vec<*const T>, String> {
        let mut length = 0;
        self.check(count(&raw mut length))?;
        let mut list = vec![std::ptr::null(); length];
        self.check(fill(list.as_mut_ptr(), length))?;
        Ok(list)
    }

    /// A text that the runtime keeps.
    ///
    /// # Safety
    /// `get` leaves null or a text that ends with a zero.
    pub unsafe fn text(
        self,
        get: impl FnOnce(*mut *const c_char) -> OrtStatusPtr,
    ) -> Result<String, String> {
        let mut found = std::ptr::null();
        self.check(get(&raw mut found))?;
        // SAFETY: as asked of the caller.
        Ok(unsafe { text(found) })
    }

    /// # Safety
    /// `info` is the runtime's.
    pub unsafe fn tensor_type(
        self,
        info: *const OrtTensorTypeAndShapeInfo,
    ) -> Result<TensorType, String> {
        // A number, as a later version may know more types.
        let (mut element, mut rank) = (0_i32, 0);
        // SAFETY: `info` as asked of the caller; `sizes` has as many elements as are said to be there.
        unsafe {
            self.check((self.ort.GetTensorElementType)(
                info,
                (&raw mut element).cast(),
            ))?;
            self.check((self.ort.GetDimensionsCount)(info, &raw mut rank))?;
            let mut sizes = vec![0; rank];
            self.check((self.ort.GetDimensions)(info, sizes.as_mut_ptr(), rank))?;
            Ok(TensorType { element, sizes })
        }
    }

    /// Type, sizes and bytes of a tensor.
    ///
    /// # Safety
    /// `value` is a tensor of the runtime that nobody writes.
    pub unsafe fn tensor(self, value: *const OrtValue) -> Result<(TensorType, Vec<u8>), String> {
        let (mut info, mut length, mut bytes) = (null_mut(), 0, null_mut());
        // SAFETY: `value` as asked of the caller; `info` is released once; so many bytes lie there, and are copied.
        unsafe {
            self.check((self.ort.GetTensorTypeAndShape)(value, &raw mut info))?;
            let kind = self.tensor_type(info);
            (self.ort.ReleaseTensorTypeAndShapeInfo)(info);
            self.check((self.ort.GetTensorSizeInBytes)(value, &raw mut length))?;
            self.check((self.ort.GetTensorMutableData)(
                value.cast_mut(),
                &raw mut bytes,
            ))?;
            let bytes = match length {
                0 => Vec::new(),
                _ => slice::from_raw_parts(bytes.cast::<u8>(), length).to_vec(),
            };
            Ok((kind?, bytes))
        }
    }

    /// Writes the bytes of a tensor.
    ///
    /// # Safety
    /// `value` is a tensor of the runtime that nobody else uses.
    pub unsafe fn write(self, value: *mut OrtValue, bytes: &[u8]) -> Result<(), String> {
        let (mut length, mut to) = (0, null_mut());
        // SAFETY: `value` as asked of the caller; as many bytes as are there are written.
        unsafe {
            self.check((self.ort.GetTensorSizeInBytes)(value, &raw mut length))?;
            if length != bytes.len() {
                return Err(format!("an output has {} bytes, not {length}", bytes.len()));
            }
            self.check((self.ort.GetTensorMutableData)(value, &raw mut to))?;
            if length > 0 {
                slice::from_raw_parts_mut(to.cast::<u8>(), length).copy_from_slice(bytes);
            }
        }
        Ok(())
    }

    /// Writes a warning into the runtime's log.
    ///
    /// # Safety
    /// `logger` is the runtime's.
    pub unsafe fn warn(self, logger: *const OrtLogger, text: &str) {
        let file = b"ferrogrid\0".map(|byte| byte as os_char);
        let level = OrtLoggingLevel::ORT_LOGGING_LEVEL_WARNING;
        // SAFETY: `logger` as asked of the caller; the texts end with zeros.
        let status = unsafe {
            (self.ort.Logger_LogMessage)(
                logger,
                level,
                c_text(text).as_ptr(),
                file.as_ptr(),
                0,
                c"GetCapability".as_ptr(),
            )
        };
        // What cannot be said is no reason to stop.
        let _ = self.check(status);
    }
}

/// A copy of a text; nothing where there is none.
///
/// # Safety
/// It ends with a zero, or the pointer is null.
pub unsafe fn text(from: *const c_char) -> String {
    match from.is_null() {
        true => String::new(),
        // SAFETY: as asked of the caller.
        false => unsafe { CStr::from_ptr(from) }.to_string_lossy().into(),
    }
}

/// A text that ends with a zero.
pub fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}
