//! Nodes that stand for compiled networks in models that the runtime saves.

use crate::api::{Api, c_text};
use crate::compiled::Compiled;
use crate::factory::NAME;
use crate::network::CONTEXT;
use crate::saving::{EMBEDDED, HELD, Held};
use ort_sys::{OrtNode, OrtOpAttr, OrtOpAttrType};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::null_mut;

/// A node of a network, for the runtime to keep.
///
/// # Errors
/// When the runtime makes no such node.
pub fn node(api: Api, name: &str, network: &Compiled, held: &Held) -> Result<*mut OrtNode, String> {
    let (bytes, embedded) = match held {
        Held::Network(bytes) => (bytes.as_slice(), 1_i64),
        Held::Name(name) => (name.as_bytes(), 0),
    };
    let [operator, domain] = CONTEXT.map(c_text);
    let mut attributes = Attributes(api, Vec::new());
    attributes.text(&c_text(HELD), bytes)?;
    attributes.text(c"source", NAME.to_bytes())?;
    attributes.text(c"partition_name", name.as_bytes())?;
    for (of, number) in [("main_context", 1), (EMBEDDED, embedded)] {
        let kind = OrtOpAttrType::ORT_OP_ATTR_INT;
        // SAFETY: one integer.
        unsafe { attributes.add(&c_text(of), (&raw const number).cast(), 1, kind)? };
    }
    let texts = |names: &[String]| Vec::from_iter(names.iter().map(|name| c_text(name)));
    let (inputs, outputs) = (texts(&network.inputs), texts(&network.outputs));
    let pointers = |texts: &[CString]| Vec::from_iter(texts.iter().map(|text| text.as_ptr()));
    let (inputs, outputs): (Vec<*const c_char>, Vec<_>) = (pointers(&inputs), pointers(&outputs));
    let mut node = null_mut();
    // SAFETY: all texts end with zeros and, with the attributes, live until the runtime has copied them.
    unsafe {
        api.check(((*(api.ort.GetModelEditorApi)()).CreateNode)(
            operator.as_ptr(),
            domain.as_ptr(),
            c_text(name).as_ptr(),
            inputs.as_ptr(),
            inputs.len(),
            outputs.as_ptr(),
            outputs.len(),
            attributes.1.as_mut_ptr(),
            attributes.1.len(),
            &raw mut node,
        ))?;
    }
    Ok(node)
}

/// Attributes of the runtime, released with this.
struct Attributes(Api, Vec<*mut OrtOpAttr>);

impl Attributes {
    fn text(&mut self, name: &CStr, bytes: &[u8]) -> Result<(), String> {
        let kind = OrtOpAttrType::ORT_OP_ATTR_STRING;
        // SAFETY: as many bytes as are said.
        unsafe { self.add(name, bytes.as_ptr().cast(), bytes.len(), kind) }
    }

    /// # Safety
    /// There are `length` elements of the kind.
    unsafe fn add(
        &mut self,
        name: &CStr,
        data: *const c_void,
        length: usize,
        kind: OrtOpAttrType,
    ) -> Result<(), String> {
        let Attributes(api, list) = self;
        let length = c_int::try_from(length).map_err(|_| "the network is too large to be saved")?;
        let mut attribute = null_mut();
        // SAFETY: as asked of the caller; the runtime copies what it gets.
        unsafe {
            let create = api.ort.CreateOpAttr;
            api.check(create(
                name.as_ptr(),
                data,
                length,
                kind,
                &raw mut attribute,
            ))?;
        }
        list.push(attribute);
        Ok(())
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        for attribute in &self.1 {
            // SAFETY: the runtime has made it, and has copied what it keeps.
            unsafe { (self.0.ort.ReleaseOpAttr)(*attribute) };
        }
    }
}
