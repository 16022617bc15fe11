//! The provider of a session: takes nodes, and compiles them.

use crate::abi::{self, FusionOptions, GraphSupport, VERSION};
use crate::api::Api;
use crate::compiled::{Compiled, Nodes};
use crate::compute::Compute;
use crate::context;
use crate::factory::NAME;
use crate::graph;
use crate::network::{Network, is_saved};
use crate::saving::Saving;
use ferrogrid::runtime::plugin::{PluginOptions, choose};
use ort_sys::{OrtGraph, OrtLogger, OrtNode, OrtStatusPtr};
use std::collections::BTreeSet;
use std::ffi::c_char;
use std::path::PathBuf;
use std::ptr::{null, null_mut};
use std::slice;

#[repr(C)]
pub struct Provider {
    table: abi::Ep,
    api: Api,
    logger: *const OrtLogger,
    /// What is wrong with them is said when nodes are compiled: what fails before that, runtimes up to 1.26 print, and
    /// take the CPU.
    options: Result<PluginOptions, String>,
    saving: Saving,
    /// The file of the model; an empty path where it comes from memory.
    model: PathBuf,
    /// What is compiled already, by the names of what its nodes compute.
    found: Vec<(BTreeSet<String>, Compiled)>,
}

impl Provider {
    /// For a session that has this log.
    pub fn create(
        api: Api,
        logger: *const OrtLogger,
        options: Result<PluginOptions, String>,
        saving: Saving,
    ) -> *mut abi::Ep {
        let table = abi::Ep {
            version: VERSION,
            get_name,
            get_capability,
            compile,
            release_compute_infos,
            rest: [null(); 8],
        };
        Box::into_raw(Box::new(Provider {
            table,
            api,
            logger,
            options,
            saving,
            model: PathBuf::new(),
            found: Vec::new(),
        }))
        .cast()
    }

    /// # Safety
    /// `ep` comes from [`Self::create`], and is given back once.
    pub unsafe fn release(ep: *mut abi::Ep) {
        // SAFETY: as asked of the caller.
        drop(unsafe { Box::from_raw(ep.cast::<Provider>()) });
    }

    /// The nodes that run on the core, each list as one, and what to say of the others. Of a model that was saved, these
    /// are the nodes with networks; where the options are wrong, one that will not compile.
    fn choose(&mut self, network: &Network) -> (Vec<Vec<usize>>, Option<String>) {
        let Ok(options) = &self.options else {
            return (vec![vec![0]], None);
        };
        let saved = network.nodes.iter().enumerate();
        let saved = saved.filter(|(_, node)| is_saved(node));
        let saved = Vec::from_iter(saved.map(|(place, _)| vec![place]));
        if !saved.is_empty() {
            return (saved, None);
        }
        let choice = choose(&Nodes(network, options));
        let said = choice.warning(network.nodes.len());
        let mut chosen = Vec::new();
        for (places, compiled) in choice.parts {
            self.found.push((network.computed(&places), compiled));
            chosen.push(places);
        }
        (chosen, said)
    }

    /// The network of nodes that were chosen.
    fn take(&mut self, network: &Network) -> Result<Compiled, String> {
        let options = self.options.as_ref().map_err(String::clone)?;
        let all = Vec::from_iter(0..network.nodes.len());
        let key = network.computed(&all);
        match (
            self.found.iter().position(|(of, _)| *of == key),
            &network.nodes[..],
        ) {
            (Some(place), _) => Ok(self.found.swap_remove(place).1),
            (None, [node]) if is_saved(node) => {
                let bytes = self.saving.network(&self.model, node)?;
                Compiled::saved(network, node, &bytes, options)
            }
            _ => Err("these nodes were not chosen".into()),
        }
    }
}

unsafe extern "system" fn get_name(_: *const abi::Ep) -> *const c_char {
    NAME.as_ptr()
}

unsafe extern "system" fn get_capability(
    this: *mut abi::Ep,
    of: *const OrtGraph,
    support: *mut GraphSupport,
) -> OrtStatusPtr {
    // SAFETY: `this` is a provider of this file, which one thread at a time uses so; the rest is the runtime's.
    unsafe {
        let this = &mut *this.cast::<Provider>();
        let (api, logger) = (this.api, this.logger);
        api.status(|| {
            let mut parent = null();
            api.check((api.ort.Graph_GetParentNode)(of, &raw mut parent))?;
            if !parent.is_null() {
                return Ok(());
            }
            let (network, nodes) = match graph::read(api, of) {
                Ok(found) => found,
                Err(reason) => {
                    api.warn(
                        logger,
                        &format!("Ferrogrid cannot read this model: {reason}"),
                    );
                    return Ok(());
                }
            };
            if nodes.is_empty() {
                return Ok(());
            }
            this.model = graph::model_path(api, of)?;
            let (chosen, said) = this.choose(&network);
            if let Some(said) = said {
                api.warn(logger, &said);
            }
            for places in chosen {
                let list = Vec::from_iter(places.iter().map(|place| nodes[*place]));
                let options = FusionOptions {
                    version: VERSION,
                    drop_constant_initializers: true,
                };
                let (first, count) = (list.as_ptr(), list.len());
                api.check((api.ep.add_nodes_to_fuse)(
                    support,
                    first,
                    count,
                    &raw const options,
                ))?;
            }
            Ok(())
        })
    }
}

unsafe extern "system" fn compile(
    this: *mut abi::Ep,
    graphs: *const *const OrtGraph,
    fused: *const *const OrtNode,
    count: usize,
    infos: *mut *mut abi::ComputeInfo,
    contexts: *mut *mut OrtNode,
) -> OrtStatusPtr {
    // SAFETY: as in `get_capability`; the lists have `count` elements.
    unsafe {
        let this = &mut *this.cast::<Provider>();
        let api = this.api;
        api.status(|| {
            for place in 0..count {
                *infos.add(place) = null_mut();
            }
            for place in 0..count {
                let (network, _) = graph::read(api, *graphs.add(place))?;
                let [inputs, outputs] = graph::ends(api, *fused.add(place))?;
                let compiled = this.take(&network)?;
                if this.saving.enabled {
                    let name = graph::name(api, *fused.add(place))?;
                    let held = this.saving.keep(&this.model, &name, compiled.save())?;
                    *contexts.add(place) = context::node(api, &name, &compiled, &held)?;
                }
                *infos.add(place) = Compute::create(api, compiled, &inputs, &outputs)?;
            }
            // The rest is no longer wanted.
            this.found.clear();
            Ok(())
        })
    }
}

unsafe extern "system" fn release_compute_infos(
    _: *mut abi::Ep,
    infos: *mut *mut abi::ComputeInfo,
    count: usize,
) {
    // SAFETY: the runtime gives back what `compile` has made, each once.
    unsafe {
        for info in slice::from_raw_parts(infos, count) {
            Compute::release(*info);
        }
    }
}
