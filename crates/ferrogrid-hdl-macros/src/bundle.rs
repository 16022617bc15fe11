//! `bundle!`: a struct of signals from one definition of names, shapes and directions.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Error, Expr, ExprCall, ExprPath, ExprRepeat, FnArg, Ident, Path, Result, Token,
    Visibility, braced, parenthesized, parse2,
};

/// `pub struct Name(parameters) { members }`.
struct Definition {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    parameters: Punctuated<FnArg, Token![,]>,
    members: Punctuated<Member, Token![,]>,
}

/// `back flat name: shape`.
struct Member {
    attributes: Vec<Attribute>,
    backward: bool,
    /// Its name is no part of those of its members' ports.
    flat: bool,
    name: Ident,
    shape: Expr,
}

impl Parse for Definition {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![struct]>()?;
        let name = input.parse()?;
        let mut parameters = Punctuated::new();
        if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            parameters = content.parse_terminated(FnArg::parse, Token![,])?;
        }
        let content;
        braced!(content in input);
        let members = content.parse_terminated(Member::parse, Token![,])?;
        Ok(Definition {
            attributes,
            visibility,
            name,
            parameters,
            members,
        })
    }
}

impl Parse for Member {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let mut name: Ident = input.parse()?;
        let mut is = |word: &str| -> Result<bool> {
            let is = name == word && input.peek(syn::Ident);
            if is {
                name = input.parse()?;
            }
            Ok(is)
        };
        let (backward, flat) = (is("back")?, is("flat")?);
        input.parse::<Token![:]>()?;
        let shape = input.parse()?;
        Ok(Member {
            attributes,
            backward,
            flat,
            name,
            shape,
        })
    }
}

impl Member {
    /// What is the same in the shapes and in the signals: name, and flow.
    fn described(&self, hdl: &TokenStream) -> TokenStream {
        let name = match self.flat {
            true => String::new(),
            false => self.name.to_string(),
        };
        let flow = match self.backward {
            true => quote!(Backward),
            false => quote!(Forward),
        };
        quote!(name: #name.into(), flow: #hdl::Flow::#flow)
    }
}

/// What a member is.
enum Kind {
    /// A shape: one signal.
    Signal,
    /// `Name(arguments)`: another bundle, with the bundles among its arguments.
    Bundle { path: Path, arguments: Vec<Expr> },
    /// `Name`: a value of an enum.
    Enum(Path),
    /// `[member; count]`; the count where it is a number.
    Array {
        of: Box<Kind>,
        element: Box<Expr>,
        count: Box<Expr>,
        literal: bool,
    },
}

fn is_type(path: &Path) -> bool {
    let name = path.segments.last().map(|part| part.ident.to_string());
    // Constants are all upper case, types are not.
    name.is_some_and(|name| {
        name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase)
    })
}

fn kind(shape: &Expr) -> Kind {
    match shape {
        Expr::Call(ExprCall { func, args, .. }) => match &**func {
            Expr::Path(ExprPath { path, .. }) if is_type(path) => Kind::Bundle {
                path: path.clone(),
                arguments: args.iter().cloned().collect(),
            },
            _ => Kind::Signal,
        },
        Expr::Path(ExprPath { path, .. }) if is_type(path) => Kind::Enum(path.clone()),
        Expr::Repeat(ExprRepeat { expr, len, .. }) => Kind::Array {
            of: Box::new(kind(expr)),
            element: expr.clone(),
            count: len.clone(),
            literal: matches!(&**len, Expr::Lit(_)),
        },
        _ => Kind::Signal,
    }
}

impl Kind {
    /// The type of the member.
    fn of_type(&self, hdl: &TokenStream, lifetime: &TokenStream) -> TokenStream {
        match self {
            Kind::Signal => quote!(#hdl::Signal<#lifetime>),
            Kind::Enum(path) => quote!(#hdl::EnumSignal<#lifetime, #path>),
            Kind::Bundle { path, arguments } => {
                let payloads = arguments
                    .iter()
                    .map(kind)
                    .filter_map(|argument| match argument {
                        Kind::Signal => None,
                        bundle => Some(bundle.of_type(hdl, lifetime)),
                    });
                quote!(#path<#lifetime #(, #payloads)*>)
            }
            Kind::Array {
                of, count, literal, ..
            } => {
                let of = of.of_type(hdl, lifetime);
                if *literal {
                    quote!([#of; #count])
                } else {
                    quote!(Vec<#of>)
                }
            }
        }
    }

    /// The expression of its layout.
    fn layout(&self, hdl: &TokenStream, shape: &Expr) -> TokenStream {
        match self {
            Kind::Signal => quote!(#hdl::bundle::Layout::from(#shape)),
            Kind::Enum(path) => quote!(#hdl::bundle::Layout::of_enum::<#path>()),
            Kind::Bundle { .. } => {
                let shapes = shapes(shape);
                quote!(#hdl::bundle::Layout::from(#shapes))
            }
            Kind::Array {
                of, element, count, ..
            } => {
                let element = of.layout(hdl, element);
                quote!(#hdl::bundle::Layout::array(#element, (#count) as usize))
            }
        }
    }
}

/// The expression of an argument of a bundle, and of a bundle as one: `Stream(Job(bits))` is
/// `Stream::of(Job::of(bits))`.
fn shapes(argument: &Expr) -> TokenStream {
    match kind(argument) {
        Kind::Bundle { path, arguments } => {
            let arguments = arguments.iter().map(shapes);
            quote!(<#path>::of(#(#arguments),*))
        }
        _ => quote!(#argument),
    }
}

pub fn expand(definition: TokenStream) -> Result<TokenStream> {
    let Definition {
        attributes,
        visibility,
        name,
        parameters,
        members,
    } = parse2(definition)?;
    if let Some(receiver) = parameters.iter().find(|p| matches!(p, FnArg::Receiver(_))) {
        return Err(Error::new_spanned(receiver, "a bundle has no `self`"));
    }
    let hdl = crate::hdl();
    let (short, other) = (quote!('m), quote!('static));
    let kinds: Vec<Kind> = members.iter().map(|member| kind(&member.shape)).collect();
    let names: Vec<&Ident> = members.iter().map(|member| &member.name).collect();
    let docs = members.iter().map(|member| {
        let attributes = &member.attributes;
        let plain = attributes.is_empty();
        let allow = plain.then(|| quote!(#[allow(missing_docs)]));
        quote!(#allow #(#attributes)*)
    });
    let types = kinds.iter().map(|kind| kind.of_type(&hdl, &short));
    let types_again = types.clone();
    let handles = types.clone();
    let described = members.iter().zip(&kinds).map(|(member, kind)| {
        let (same, doc) = (
            member.described(&hdl),
            crate::documentation(&member.attributes),
        );
        let layout = kind.layout(&hdl, &member.shape);
        quote!(#hdl::bundle::Member { #same, doc: #doc, layout: #layout })
    });
    let flows = members.iter().map(|member| {
        let (same, name) = (member.described(&hdl), &member.name);
        quote!(#hdl::bundle::Member {
            #same,
            doc: "",
            layout: #hdl::Bundle::layout(&self.#name),
        })
    });
    let text = name.to_string();
    let of_static = (!members.is_empty()).then(|| quote!(<#other>));
    let of_block = match parameters.len() {
        0 => Some(quote!(fn of_block<B>(_: &B))),
        1 => Some(quote!(fn of_block(#parameters))),
        _ => None,
    };
    let of_block = of_block.map(|signature| {
        let arguments = parameters.iter().filter_map(|parameter| match parameter {
            FnArg::Typed(parameter) => Some(&parameter.pat),
            FnArg::Receiver(_) => None,
        });
        quote! {
            /// What a block without `inputs` of its own gives as such.
            #[doc(hidden)]
            #[track_caller]
            pub #signature -> #hdl::Shapes<#name #of_static> {
                Self::of(#(#arguments),*)
            }
        }
    });
    let lifetime = (!members.is_empty()).then(|| quote!(<'m>));
    let any = (!members.is_empty()).then(|| quote!(<'_>));
    Ok(quote! {
        #(#attributes)*
        #[derive(Clone, Debug)]
        #visibility struct #name #lifetime {
            #(#docs pub #names: #types,)*
        }

        // Vectors cannot be copied, all else can.
        impl #lifetime Copy for #name #lifetime where #(#handles: Copy,)* {}

        impl #name #any {
            /// The shapes of its members.
            #[track_caller]
            pub fn of(#parameters) -> #hdl::Shapes<#name #of_static> {
                #hdl::Shapes::new(#hdl::bundle::Layout::Bundle(vec![#(#described),*]))
            }

            #of_block
        }

        impl #lifetime #hdl::binding::Nameable for #name #lifetime {
            fn suggest(&self, name: &str) {
                #hdl::binding::suggest_bundle(self, name);
            }
        }

        impl #hdl::Family for #name #of_static {
            type On<'m> = #name #lifetime;
        }

        impl<'m> #hdl::Bundle<'m> for #name #lifetime {
            const NAME: &'static str = #text;

            fn layout(&self) -> #hdl::bundle::Layout {
                #hdl::bundle::Layout::Bundle(vec![#(#flows),*])
            }

            fn signals(&self, all: &mut Vec<#hdl::Signal<'m>>) {
                let _ = &all;
                #(#hdl::Bundle::signals(&self.#names, all);)*
            }

            fn from_signals(
                layout: &#hdl::bundle::Layout,
                signals: &mut dyn Iterator<Item = #hdl::Signal<'m>>,
            ) -> Self {
                let mut members = layout.members().iter().map(|member| &member.layout);
                let _ = (&mut members, &signals);
                #name {
                    #(#names: <#types_again as #hdl::Bundle<'m>>::from_signals(
                        members.next().expect("a layout for every member"),
                        signals,
                    ),)*
                }
            }
        }
    })
}
