//! The macros of `ferrogrid-hdl`, documented there.

mod block;
mod bundle;
mod hardware;

use proc_macro::TokenStream;
use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream as Tokens};
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Gives what a function binds with `let` the name of the binding: see `ferrogrid_hdl::hardware`.
#[proc_macro_attribute]
pub fn hardware(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(hardware::expand(arguments.into(), item.into()))
}

/// Defines a struct of signals: see `ferrogrid_hdl::bundle`.
#[proc_macro]
pub fn bundle(definition: TokenStream) -> TokenStream {
    finish(bundle::expand(definition.into()))
}

fn finish(result: syn::Result<Tokens>) -> TokenStream {
    result
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// The path of the HDL in the crate that is compiled: by itself, or through `ferrogrid`.
fn hdl() -> Tokens {
    let found = |package| crate_name(package).ok();
    match (found("ferrogrid-hdl"), found("ferrogrid")) {
        (Some(FoundCrate::Name(name)), _) => {
            let name = Ident::new(&name, Span::call_site());
            quote!(::#name)
        }
        (None, Some(FoundCrate::Name(name))) => {
            let name = Ident::new(&name, Span::call_site());
            quote!(::#name::hdl)
        }
        // The library itself names itself so.
        _ => quote!(::ferrogrid_hdl),
    }
}

/// The first paragraph of a documentation, in one line.
fn documentation(attributes: &[Attribute]) -> String {
    let text = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(value) if value.path.is_ident("doc") => match &value.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value().trim().to_string()),
            _ => None,
        },
        _ => None,
    };
    let lines = attributes.iter().filter_map(text);
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    lines.join(" ")
}
