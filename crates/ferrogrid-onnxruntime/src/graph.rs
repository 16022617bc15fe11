//! Graphs of the runtime as ONNX models in memory.

use crate::api::{Api, TensorType};
use crate::factory::NAME;
use crate::network::{Network, Port};
use ferrogrid::import::onnx_proto::{Attribute, NodeProto, OperatorSet, TensorProto};
use ort_sys::{OrtGraph, OrtNode, OrtOpAttr, OrtOpAttrType, OrtValueInfo};
use std::collections::BTreeMap;
use std::ffi::{c_char, c_void};
use std::path::PathBuf;
use std::ptr::{null, null_mut};

/// Reads a graph of the runtime. The graph's nodes are in an order in which each reads what those before it compute.
///
/// # Safety
/// `graph` is the runtime's, and lives during the call.
pub unsafe fn read(
    api: Api,
    graph: *const OrtGraph,
) -> Result<(Network, Vec<*const OrtNode>), String> {
    let ort = api.ort;
    // SAFETY: all pointers come from the runtime's functions and are those of this graph; lists are as long as said.
    unsafe {
        let nodes = api.list(
            |count| (ort.Graph_GetNumNodes)(graph, count),
            |list, count| (ort.Graph_GetNodes)(graph, list, count),
        )?;
        let outputs = api.list(
            |count| (ort.Graph_GetNumOutputs)(graph, count),
            |list, count| (ort.Graph_GetOutputs)(graph, list, count),
        )?;
        let mut reader = Reader {
            api,
            ports: BTreeMap::new(),
            initializers: BTreeMap::new(),
        };
        let protos = nodes.iter().map(|node| reader.node(*node));
        let protos = protos.collect::<Result<Vec<_>, _>>()?;
        let mut taken = BTreeMap::new();
        for (place, node) in nodes.iter().enumerate() {
            let provider = api.text(|name| (ort.Node_GetEpName)(*node, name))?;
            if !provider.is_empty() && provider.as_bytes() != NAME.to_bytes() {
                taken.insert(place, provider);
            }
        }
        let mut readers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, node) in protos.iter().enumerate() {
            for name in &node.input {
                readers.entry(name.clone()).or_default().push(place);
            }
        }
        let network = Network {
            opsets: opsets(api, graph)?,
            nodes: protos,
            taken,
            readers,
            outputs: reader.names(&outputs)?,
            ports: reader.ports,
            initializers: reader.initializers,
        };
        Ok((network, nodes))
    }
}

/// The names of what a node of the runtime takes and gives.
///
/// # Safety
/// `node` is the runtime's, and lives during the call.
pub unsafe fn ends(api: Api, node: *const OrtNode) -> Result<[Vec<String>; 2], String> {
    // SAFETY: as asked of the caller.
    let proto = unsafe { end_infos(api, node) }?;
    let name = |value: &*const OrtValueInfo| unsafe { value_name(api, *value) };
    let [inputs, outputs] = proto;
    let names = |values: Vec<_>| values.iter().map(name).collect::<Result<_, _>>();
    Ok([names(inputs)?, names(outputs)?])
}

/// The name of a node.
///
/// # Safety
/// As of [`ends`].
pub unsafe fn name(api: Api, node: *const OrtNode) -> Result<String, String> {
    // SAFETY: as asked of the caller.
    unsafe { api.text(|name| (api.ort.Node_GetName)(node, name)) }
}

/// The file of a graph's model; an empty path where it comes from memory.
///
/// # Safety
/// `graph` is the runtime's, and lives during the call.
pub unsafe fn model_path(api: Api, graph: *const OrtGraph) -> Result<PathBuf, String> {
    let mut found = null();
    // SAFETY: as asked of the caller; the text is the graph's, and one of bytes but on Windows.
    unsafe {
        api.check((api.ort.Graph_GetModelPath)(graph, &raw mut found))?;
        Ok(PathBuf::from(crate::api::text(found.cast::<c_char>())))
    }
}

unsafe fn end_infos(
    api: Api,
    node: *const OrtNode,
) -> Result<[Vec<*const OrtValueInfo>; 2], String> {
    let ort = api.ort;
    // SAFETY: `node` is the runtime's; lists are as long as said.
    unsafe {
        let inputs = api.list(
            |count| (ort.Node_GetNumInputs)(node, count),
            |list, count| (ort.Node_GetInputs)(node, list, count),
        )?;
        let outputs = api.list(
            |count| (ort.Node_GetNumOutputs)(node, count),
            |list, count| (ort.Node_GetOutputs)(node, list, count),
        )?;
        Ok([inputs, outputs])
    }
}

/// The name of a value; none for an input or output that is left out.
unsafe fn value_name(api: Api, value: *const OrtValueInfo) -> Result<String, String> {
    match value.is_null() {
        true => Ok(String::new()),
        // SAFETY: `value` is the runtime's.
        false => unsafe { api.text(|name| (api.ort.GetValueInfoName)(value, name)) },
    }
}

unsafe fn opsets(api: Api, graph: *const OrtGraph) -> Result<Vec<OperatorSet>, String> {
    let mut count = 0;
    // SAFETY: `graph` is the runtime's; both lists are as long as said; the texts are the graph's.
    unsafe {
        api.check((api.ort.Graph_GetNumOperatorSets)(graph, &raw mut count))?;
        let (mut domains, mut versions) = (vec![null(); count], vec![0; count]);
        let (names, numbers) = (domains.as_mut_ptr(), versions.as_mut_ptr());
        api.check((api.ort.Graph_GetOperatorSets)(
            graph, names, numbers, count,
        ))?;
        let sets = domains.into_iter().zip(versions);
        let sets = sets.map(|(domain, version)| OperatorSet {
            domain: crate::api::text(domain),
            version,
        });
        Ok(sets.collect())
    }
}

struct Reader {
    api: Api,
    ports: BTreeMap<String, Port>,
    initializers: BTreeMap<String, TensorProto>,
}

impl Reader {
    unsafe fn node(&mut self, node: *const OrtNode) -> Result<NodeProto, String> {
        let (api, ort) = (self.api, self.api.ort);
        // SAFETY: `node` is the runtime's, and so is all that it is asked for.
        unsafe {
            let [inputs, outputs] = end_infos(api, node)?;
            let attributes = api.list(
                |count| (ort.Node_GetNumAttributes)(node, count),
                |list, count| (ort.Node_GetAttributes)(node, list, count),
            )?;
            // What graphs inside of the node read.
            let implicit = api.list(
                |count| (ort.Node_GetNumImplicitInputs)(node, count),
                |list, count| (ort.Node_GetImplicitInputs)(node, list, count),
            )?;
            let attribute = |of: &*const OrtOpAttr| attribute(api, *of);
            Ok(NodeProto {
                input: self.names(&[inputs, implicit].concat())?,
                output: self.names(&outputs)?,
                name: api.text(|name| (ort.Node_GetName)(node, name))?,
                op_type: api.text(|name| (ort.Node_GetOperatorType)(node, name))?,
                domain: api.text(|name| (ort.Node_GetDomain)(node, name))?,
                attribute: attributes.iter().map(attribute).collect::<Result<_, _>>()?,
            })
        }
    }

    /// The names of values, whose types or constants are noted.
    unsafe fn names(&mut self, values: &[*const OrtValueInfo]) -> Result<Vec<String>, String> {
        // SAFETY: the values are the runtime's.
        let name = |value: &*const OrtValueInfo| unsafe { self.value(*value) };
        values.iter().map(name).collect()
    }

    unsafe fn value(&mut self, value: *const OrtValueInfo) -> Result<String, String> {
        let (api, ort) = (self.api, self.api.ort);
        // SAFETY: `value` is the runtime's, and so is all that it is asked for.
        unsafe {
            let name = value_name(api, value)?;
            let known = self.ports.contains_key(&name) || self.initializers.contains_key(&name);
            if name.is_empty() || known {
                return Ok(name);
            }
            let mut constant = false;
            api.check((ort.ValueInfo_IsConstantInitializer)(
                value,
                &raw mut constant,
            ))?;
            if constant {
                let mut held = null();
                api.check((ort.ValueInfo_GetInitializerValue)(value, &raw mut held))?;
                if held.is_null() {
                    return Err(format!("the constant `{name}` has no values"));
                }
                let (kind, raw_data) = api.tensor(held)?;
                let initializer = TensorProto {
                    name: name.clone(),
                    dims: kind.sizes,
                    data_type: kind.element,
                    raw_data,
                    ..TensorProto::default()
                };
                self.initializers.insert(name.clone(), initializer);
                return Ok(name);
            }
            let (mut info, mut tensor) = (null(), null());
            api.check((ort.GetValueInfoTypeInfo)(value, &raw mut info))?;
            if !info.is_null() {
                api.check((ort.CastTypeInfoToTensorInfo)(info, &raw mut tensor))?;
            }
            let port: Option<TensorType> = match tensor.is_null() {
                true => None,
                false => Some(api.tensor_type(tensor)?),
            };
            self.ports.insert(name.clone(), port);
            Ok(name)
        }
    }
}

unsafe fn attribute(api: Api, of: *const OrtOpAttr) -> Result<Attribute, String> {
    let ort = api.ort;
    let mut attribute = Attribute::default();
    // A number, as a later version may know more kinds.
    let mut kind = 0_i32;
    // SAFETY: `of` is the runtime's; the tensor is released once.
    unsafe {
        attribute.name = api.text(|name| (ort.OpAttr_GetName)(of, name))?;
        api.check((ort.OpAttr_GetType)(of, (&raw mut kind).cast()))?;
        let is = |known: OrtOpAttrType| kind == known as i32;
        if is(OrtOpAttrType::ORT_OP_ATTR_INT) {
            let values = ints(&bytes(api, of, OrtOpAttrType::ORT_OP_ATTR_INT)?);
            attribute.i = values.first().copied();
        } else if is(OrtOpAttrType::ORT_OP_ATTR_INTS) {
            attribute.ints = ints(&bytes(api, of, OrtOpAttrType::ORT_OP_ATTR_INTS)?);
        } else if is(OrtOpAttrType::ORT_OP_ATTR_FLOAT) {
            let values = floats(&bytes(api, of, OrtOpAttrType::ORT_OP_ATTR_FLOAT)?);
            attribute.f = values.first().copied();
        } else if is(OrtOpAttrType::ORT_OP_ATTR_FLOATS) {
            attribute.floats = floats(&bytes(api, of, OrtOpAttrType::ORT_OP_ATTR_FLOATS)?);
        } else if is(OrtOpAttrType::ORT_OP_ATTR_STRING) {
            attribute.s = bytes(api, of, OrtOpAttrType::ORT_OP_ATTR_STRING)?;
        } else if is(OrtOpAttrType::ORT_OP_ATTR_TENSOR) {
            let mut value = null_mut();
            api.check((ort.OpAttr_GetTensorAttributeAsOrtValue)(
                of,
                &raw mut value,
            ))?;
            let tensor = api.tensor(value);
            (ort.ReleaseValue)(value);
            let (kind, raw_data) = tensor?;
            attribute.t = Some(TensorProto {
                dims: kind.sizes,
                data_type: kind.element,
                raw_data,
                ..TensorProto::default()
            });
        }
    }
    // What is of another kind, no operator that is supported has.
    Ok(attribute)
}

/// The bytes of an attribute of a kind.
unsafe fn bytes(api: Api, of: *const OrtOpAttr, kind: OrtOpAttrType) -> Result<Vec<u8>, String> {
    let mut length = 0;
    // SAFETY: `of` is the runtime's; the first call asks for the length, and fails where it is not 0.
    unsafe {
        let _ = api.check((api.ort.ReadOpAttr)(
            of,
            kind,
            null_mut(),
            0,
            &raw mut length,
        ));
        // Whole words, for numbers of 8 bytes.
        let mut words = vec![0_u64; length.div_ceil(8)];
        let to = words.as_mut_ptr().cast::<c_void>();
        if length > 0 {
            api.check((api.ort.ReadOpAttr)(of, kind, to, length, &raw mut length))?;
        }
        let mut bytes = Vec::from_iter(words.iter().flat_map(|word| word.to_ne_bytes()));
        bytes.truncate(length);
        Ok(bytes)
    }
}

fn ints(bytes: &[u8]) -> Vec<i64> {
    let words = bytes.as_chunks::<8>().0.iter();
    words.map(|word| i64::from_ne_bytes(*word)).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let words = bytes.as_chunks::<4>().0.iter();
    words.map(|word| f32::from_ne_bytes(*word)).collect()
}
