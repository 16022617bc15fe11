//! Networks of the runtime: its lists, nodes and tensors as borrowed values, looked at before they are believed.

use crate::abi::{self, AFFINE, Affine, Array, Context, DelegateParams, OK};
use crate::builtin;
use crate::network::{LEFT_OUT, Network, Node, Quantization, Tensor};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, c_int, c_void};
use std::ptr::null;
use std::slice;

/// Reads the network of a context, in the order in which it runs.
///
/// # Errors
/// When the tables are not where they should be, or the runtime does not give them.
///
/// # Safety
/// `context` is the runtime's, and asks a delegate for what it takes; the network is dropped before that has an answer.
pub unsafe fn read<'a>(context: *mut Context) -> Result<Network<'a>, String> {
    // SAFETY: as asked of the caller; lists are copied before the runtime is called again.
    unsafe {
        let plan = plan(context)?;
        let mut network = Network {
            nodes: Vec::new(),
            tensors: BTreeMap::new(),
            outputs: BTreeSet::new(),
        };
        for number in &plan {
            let node = node(context, *number)?;
            for index in node.inputs.iter().chain(&node.outputs) {
                if *index != LEFT_OUT && !network.tensors.contains_key(index) {
                    let tensor = tensor(context, *index)?;
                    network.tensors.insert(*index, tensor);
                }
            }
            network.nodes.push(node);
        }
        for node in &mut network.nodes {
            let ends = node.inputs.iter().chain(&node.outputs);
            let known = ends.filter_map(|index| network.tensors.get(index));
            if let Some(tensor) = known.into_iter().find(|tensor| tensor.kind == NO_NETWORKS) {
                let name = &tensor.name;
                node.refused
                    .get_or_insert_with(|| format!("`{name}` is no tensor of a fixed size"));
            }
        }
        network.outputs = parts(context, &plan)?.into_iter().flatten().collect();
        Ok(network)
    }
}

/// No runtime has that many nodes, tensors, axes or elements of a list.
const MOST: usize = 1 << 24;

/// What does not fit is of a runtime with other tables.
fn strange(what: &str) -> String {
    format!("{what}: this LiteRT has other tables than the library knows")
}

unsafe fn plan(context: *mut Context) -> Result<Vec<i32>, String> {
    // SAFETY: as of `read`.
    unsafe {
        if (*context).tensor_count > MOST || (*context).tensors.is_null() {
            return Err(strange("there is no list of tensors"));
        }
        let mut plan = null();
        let status = match (*context).get_execution_plan {
            Some(get) => get(context, &raw mut plan),
            None => return Err(strange("the order of nodes is not given")),
        };
        match status {
            OK => ints(plan),
            _ => Err("the runtime does not give the order of nodes".into()),
        }
    }
}

/// The parts that the runtime would make of nodes, by the tensors that leave each. Of all nodes these are the outputs of the
/// network.
///
/// # Errors
/// When the runtime does not say it.
///
/// # Safety
/// As of [`read`].
pub unsafe fn parts(context: *mut Context, nodes: &[i32]) -> Result<Vec<Vec<i32>>, String> {
    let nodes = array(nodes);
    let (mut parts, mut count) = (null(), 0);
    // SAFETY: as asked of the caller; as many parts as are said.
    unsafe {
        let status = match (*context).preview_partitioning {
            Some(preview) => preview(
                context,
                nodes.as_ptr().cast(),
                &raw mut parts,
                &raw mut count,
            ),
            None => return Err(strange("parts are not given")),
        };
        if status != OK {
            return Err("the runtime does not say which parts it makes".into());
        }
        let parts = list::<DelegateParams>(parts, count)?.iter();
        parts.map(|part| ints(part.outputs)).collect()
    }
}

/// Numbers as the runtime has them in a list.
pub fn array(of: &[i32]) -> Vec<i32> {
    [&[of.len() as i32], of].concat()
}

unsafe fn node(context: *mut Context, number: i32) -> Result<Node, String> {
    let (mut node, mut registration) = (null(), null());
    // SAFETY: as of `read`.
    unsafe {
        let status = match (*context).get_node_and_registration {
            Some(get) => get(context, number, &raw mut node, &raw mut registration),
            None => return Err(strange("nodes are not given")),
        };
        if status != OK || node.is_null() || registration.is_null() {
            return Err(format!("the runtime does not give node {number}"));
        }
        let operator = (*registration).builtin_code;
        if !(0..=MOST_OPERATORS).contains(&operator) {
            return Err(strange(&format!("node {number} is operator {operator}")));
        }
        let refused = match operator {
            abi::DELEGATE_OPERATOR => Some(format!("node {number} is of another delegate")),
            CUSTOM => Some(match text((*registration).custom_name) {
                name if name.is_empty() => format!("node {number} is an operator of its own"),
                name => format!("node {number}: the operator {name} is not supported"),
            }),
            CALL_ONCE | VAR_HANDLE..=ASSIGN_VARIABLE => Some(format!(
                "node {number} keeps variables, which stay on the CPU"
            )),
            _ => None,
        };
        let options = match refused {
            None => builtin::options(operator, (*node).builtin_data),
            Some(_) => Vec::new(),
        };
        let indices = |list| {
            let indices = ints(list)?;
            let count = (*context).tensor_count;
            let known = |index: &i32| *index == LEFT_OUT || (*index as u32 as usize) < count;
            match indices.iter().all(known) {
                true => Ok(indices),
                false => Err(strange(&format!("node {number} has tensors {indices:?}"))),
            }
        };
        Ok(Node {
            number,
            operator,
            inputs: indices((*node).inputs)?,
            outputs: indices((*node).outputs)?,
            options,
            refused,
        })
    }
}

/// Codes of `schema.fbs`, and one that they will not reach soon.
const CUSTOM: i32 = 32;
const CALL_ONCE: i32 = 129;
const VAR_HANDLE: i32 = 142;
const ASSIGN_VARIABLE: i32 = 144;
const MOST_OPERATORS: i32 = 1 << 16;

/// A tensor whose type or size no network on a core has; no type of the schema has this code.
const NO_NETWORKS: u8 = 100;

unsafe fn tensor<'a>(context: *mut Context, index: i32) -> Result<Tensor<'a>, String> {
    // SAFETY: `node` has looked at the index; the rest as of `read`.
    unsafe {
        let of = &*(*context).tensors.add(index as usize);
        if !(0..=MOST_TYPES).contains(&of.kind) || !(0..=MOST_TYPES).contains(&of.allocation) {
            let (kind, allocation) = (of.kind, of.allocation);
            let what = format!("tensor {index} has the type {kind} and the memory {allocation}");
            return Err(strange(&what));
        }
        let mut tensor = Tensor {
            name: text(of.name),
            kind: NO_NETWORKS,
            sizes: Vec::new(),
            is_open: false,
            quantization: None,
            values: None,
        };
        if tensor.name.is_empty() {
            tensor.name = format!("tensor_{index}");
        }
        let is_fixed = [CONSTANT, ARENA, PERSISTENT_ARENA, PERSISTENT, OF_PROGRAM];
        let Some((kind, size)) = kind(of.kind) else {
            return Ok(tensor);
        };
        if !is_fixed.contains(&of.allocation) || !of.sparsity.is_null() || of.is_variable != 0 {
            return Ok(tensor);
        }
        tensor.sizes = ints(of.dims)?;
        let mut sizes = tensor.sizes.iter().map(|size| usize::try_from(*size).ok());
        let bytes = sizes.try_fold(size, |bytes, size| bytes.checked_mul(size?));
        if size > 0 && bytes != Some(of.bytes) {
            let (name, sizes, bytes) = (&tensor.name, &tensor.sizes, of.bytes);
            let what = format!("`{name}` has {bytes} bytes and the shape {sizes:?}");
            return Err(strange(&what));
        }
        if of.allocation == CONSTANT {
            if of.data.is_null() {
                return Err(strange(&format!("`{}` has no values", tensor.name)));
            }
            tensor.values = Some(slice::from_raw_parts(of.data.cast(), of.bytes));
        }
        tensor.is_open = ints(of.dims_signature)?.first() == Some(&-1);
        tensor.kind = kind;
        if of.quantization == AFFINE {
            tensor.quantization = quantization(of.quantization_data)?;
        }
        Ok(tensor)
    }
}

/// `TfLiteAllocationType`, and what neither it nor `TfLiteType` reach soon.
const CONSTANT: c_int = 1;
const ARENA: c_int = 2;
const PERSISTENT_ARENA: c_int = 3;
const PERSISTENT: c_int = 5;
const OF_PROGRAM: c_int = 6;
const MOST_TYPES: c_int = 64;

/// From `TfLiteType` to the code of the schema and the bytes of an element, 0 for those that share bytes; none for what has
/// no fixed size.
fn kind(kind: c_int) -> Option<(u8, usize)> {
    Some(match kind {
        // Single precision, half precision, double precision.
        1 => (0, 4),
        10 => (1, 2),
        11 => (10, 8),
        // int32, uint8, int64, bool, int16, int8: the same in both.
        2 => (2, 4),
        3 => (3, 1),
        4 => (4, 8),
        6 => (6, 1),
        7 => (7, 2),
        9 => (9, 1),
        // int4
        18 => (17, 0),
        _ => return None,
    })
}

unsafe fn quantization(data: *const c_void) -> Result<Option<Quantization>, String> {
    // SAFETY: as of `read`; the runtime has said that it is this structure.
    let Some(affine) = (unsafe { data.cast::<Affine>().as_ref() }) else {
        return Ok(None);
    };
    if affine.scale.is_null() || affine.zero_point.is_null() {
        return Ok(None);
    }
    // SAFETY: both are lists of the runtime; a scale has the four bytes of an integer.
    let (scales, mut zero_points) = unsafe { (ints(affine.scale)?, ints(affine.zero_point)?) };
    let scales = scales.iter().map(|bits| f32::from_bits(*bits as u32));
    let scales = Vec::from_iter(scales);
    // One may stand for all.
    if let [zero_point] = zero_points[..] {
        zero_points.resize(scales.len(), zero_point);
    }
    Ok(Some(Quantization {
        scales,
        zero_points,
        axis: affine.quantized_dimension,
    }))
}

/// A copy of a list; an empty one where there is none.
///
/// # Safety
/// It is the runtime's, or null.
pub unsafe fn ints(list: *const Array) -> Result<Vec<i32>, String> {
    // SAFETY: as asked of the caller; its elements stand behind the size.
    unsafe {
        match list.as_ref() {
            None => Ok(Vec::new()),
            Some(array) => {
                let elements = list.cast::<i32>().add(1);
                Ok(self::list(elements, array.size)?.to_vec())
            }
        }
    }
}

/// So many elements.
unsafe fn list<'a, T>(first: *const T, count: c_int) -> Result<&'a [T], String> {
    let wanted = usize::try_from(count).ok().filter(|count| *count <= MOST);
    match wanted {
        Some(0) => Ok(&[]),
        // SAFETY: the runtime says so.
        Some(count) if !first.is_null() => Ok(unsafe { slice::from_raw_parts(first, count) }),
        _ => Err(strange(&format!("a list has {count} elements"))),
    }
}

/// A copy of a text; nothing where there is none.
///
/// # Safety
/// It ends with a zero, or the pointer is null.
pub unsafe fn text(from: *const std::ffi::c_char) -> String {
    match from.is_null() {
        true => String::new(),
        // SAFETY: as asked of the caller.
        false => unsafe { CStr::from_ptr(from) }.to_string_lossy().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Delegate, Node as RawNode, Registration, Tensor as RawTensor};
    use crate::kernel::REGISTRATION;
    use std::ptr::null_mut;

    /// A runtime with one node, which is an operator of this code, and its two tensors.
    #[repr(C)]
    struct Runtime {
        context: Context,
        node: RawNode,
        registration: Registration,
        part: DelegateParams,
        plan: [i32; 2],
        tensors: [RawTensor; 2],
    }

    static SHAPE: [i32; 3] = [2, 1, 4];
    static INPUTS: [i32; 2] = [1, 0];
    static OUTPUTS: [i32; 2] = [1, 1];

    fn list(of: &'static [i32]) -> *const Array {
        of.as_ptr().cast()
    }

    fn raw_tensor(name: &'static CStr) -> RawTensor {
        RawTensor {
            kind: 9,
            data: null_mut(),
            dims: list(&SHAPE),
            scale: 0.0,
            zero_point: 0,
            allocation: ARENA,
            bytes: 4,
            mapping: null(),
            name: name.as_ptr(),
            delegate: null(),
            buffer_handle: -1,
            data_is_stale: 0,
            is_variable: 0,
            quantization: 0,
            quantization_data: null(),
            sparsity: null(),
            dims_signature: null(),
        }
    }

    unsafe extern "C" fn give_plan(context: *mut Context, plan: *mut *const Array) -> c_int {
        unsafe { *plan = (&raw const (*context.cast::<Runtime>()).plan).cast() };
        OK
    }

    unsafe extern "C" fn give_node(
        context: *mut Context,
        _: c_int,
        node: *mut *const RawNode,
        registration: *mut *const Registration,
    ) -> c_int {
        let runtime = context.cast::<Runtime>();
        unsafe {
            *node = &raw const (*runtime).node;
            *registration = &raw const (*runtime).registration;
        }
        OK
    }

    unsafe extern "C" fn give_part(
        context: *mut Context,
        _: *const Array,
        parts: *mut *const DelegateParams,
        count: *mut c_int,
    ) -> c_int {
        unsafe {
            *parts = &raw const (*context.cast::<Runtime>()).part;
            *count = 1;
        }
        OK
    }

    fn runtime(builtin_code: i32) -> Box<Runtime> {
        let mut runtime = Box::new(Runtime {
            context: Context {
                tensor_count: 2,
                get_execution_plan: Some(give_plan),
                tensors: null(),
                implementation: null(),
                resize_tensor: null(),
                report_error: None,
                add_tensors: null(),
                get_node_and_registration: Some(give_node),
                replace_nodes: None,
                recommended_num_threads: 1,
                external_contexts: [null(); 2],
                allow_fp32_relax_to_fp16: 0,
                profiler: null(),
                buffers: [null(); 5],
                preview_partitioning: Some(give_part),
            },
            node: RawNode {
                inputs: list(&INPUTS),
                outputs: list(&OUTPUTS),
                intermediates: null(),
                temporaries: null(),
                user_data: null_mut(),
                builtin_data: null(),
            },
            registration: Registration {
                builtin_code,
                custom_name: null(),
                ..REGISTRATION
            },
            part: DelegateParams {
                delegate: null_mut::<Delegate>(),
                nodes: null(),
                inputs: list(&INPUTS),
                outputs: list(&OUTPUTS),
            },
            plan: [1, 7],
            tensors: [raw_tensor(c"x"), raw_tensor(c"y")],
        });
        runtime.context.tensors = runtime.tensors.as_ptr();
        runtime
    }

    fn error(of: &mut Runtime) -> String {
        let context = (&raw mut *of).cast::<Context>();
        // SAFETY: a context of this file; all that it leads to lives as long.
        match unsafe { read(context) } {
            Err(reason) => reason,
            Ok(_) => panic!("this runtime is believed"),
        }
    }

    const RELU: i32 = 19;

    #[test]
    fn a_network_is_read() {
        let mut runtime = runtime(RELU);
        let context = (&raw mut *runtime).cast::<Context>();
        // SAFETY: as of `error`.
        let network = unsafe { read(context) }.unwrap();
        assert_eq!(network.nodes[0].number, 7);
        assert_eq!(network.nodes[0].operator, RELU);
        assert_eq!(network.tensors[&1].sizes, [1, 4]);
        assert_eq!(network.outputs, BTreeSet::from([1]));
    }

    #[test]
    fn tables_of_another_runtime_are_not_believed() {
        const WORDS: &str = "this LiteRT has other tables than the library knows";
        let changes: [fn(&mut Runtime); 9] = [
            |runtime| runtime.tensors[1].kind = 1_000_000,
            |runtime| runtime.tensors[0].allocation = -3,
            |runtime| runtime.tensors[1].bytes = 5,
            |runtime| runtime.tensors[1].allocation = CONSTANT,
            |runtime| runtime.registration.builtin_code = -1,
            |runtime| runtime.plan[0] = i32::MAX,
            |runtime| runtime.context.tensor_count = 1,
            |runtime| runtime.context.tensors = null(),
            |runtime| runtime.context.preview_partitioning = None,
        ];
        for (place, change) in changes.into_iter().enumerate() {
            let mut runtime = runtime(RELU);
            change(&mut runtime);
            let found = error(&mut runtime);
            assert!(found.ends_with(WORDS), "{place}: {found}");
        }
    }
}
