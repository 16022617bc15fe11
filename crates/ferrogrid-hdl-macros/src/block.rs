//! What `#[hardware]` completes in an `impl Block`: what `build` says already, and the name.

use proc_macro2::{Span, TokenStream};
use syn::{
    FnArg, GenericArgument, ImplItem, ImplItemFn, ItemImpl, Lifetime, PathArguments, ReturnType,
    Type, parse_quote,
};

/// Adds `Inputs`, `Outputs`, `module_name` and `inputs` to an `impl Block` that leaves them out.
///
/// The types are those of `build`; the name is the block's member `name`; the shapes are
/// `Inputs::of(self)`, or `of()` where these do not depend on the block.
pub fn complete(hdl: &TokenStream, block: &mut ItemImpl) {
    let is_block = |path: &syn::Path| path.segments.last().is_some_and(|s| s.ident == "Block");
    if !(block.trait_.iter()).any(|(_, path, _)| is_block(path)) {
        return;
    }
    let Some(build) = function(block, "build") else {
        return;
    };
    // Without ports there is none.
    let lifetime = match build.sig.generics.lifetimes().next() {
        Some(lifetime) => lifetime.lifetime.clone(),
        None => Lifetime::new("'m", Span::mixed_site()),
    };
    let Some(FnArg::Typed(inputs)) = build.sig.inputs.iter().nth(2) else {
        return;
    };
    let inputs = (*inputs.ty).clone();
    let outputs = match &build.sig.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, outputs) => (**outputs).clone(),
    };
    let given = |name: &str| {
        let named = |item: &ImplItem| matches!(item, ImplItem::Type(item) if item.ident == name);
        block.items.iter().any(named)
    };
    let mut added: Vec<ImplItem> = Vec::new();
    if !given("Inputs") {
        added.push(parse_quote!(type Inputs<#lifetime> = #inputs;));
    }
    if !given("Outputs") {
        added.push(parse_quote!(type Outputs<#lifetime> = #outputs;));
    }
    if function(block, "module_name").is_none() {
        added.push(parse_quote! {
            fn module_name(&self) -> String {
                self.name.clone()
            }
        });
    }
    let described = function(block, "inputs").is_some();
    if described {
        // As the block says.
    } else if matches!(&inputs, Type::Tuple(none) if none.elems.is_empty()) {
        added.push(parse_quote! {
            fn inputs(&self) -> #hdl::Shapes<()> {
                #hdl::Shapes::none()
            }
        });
    } else if let Type::Path(path) = &inputs {
        let (mut family, mut constructor) = (path.clone(), path.clone());
        if let Some(last) = family.path.segments.last_mut()
            && let PathArguments::AngleBracketed(arguments) = &mut last.arguments
        {
            for argument in &mut arguments.args {
                if matches!(argument, GenericArgument::Lifetime(_)) {
                    *argument =
                        GenericArgument::Lifetime(Lifetime::new("'static", lifetime.span()));
                }
            }
        }
        if let Some(last) = constructor.path.segments.last_mut() {
            last.arguments = PathArguments::None;
        }
        added.push(parse_quote! {
            fn inputs(&self) -> #hdl::Shapes<#family> {
                #constructor::of_block(self)
            }
        });
    }
    block.items.splice(0..0, added);
}

fn function<'a>(block: &'a ItemImpl, name: &str) -> Option<&'a ImplItemFn> {
    block.items.iter().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == name => Some(function),
        _ => None,
    })
}
