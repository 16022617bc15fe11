//! `#[hardware]`: names from `let` bindings.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Error, Expr, Ident, ImplItemFn, Item, ItemFn, Local, Pat, Result, Stmt, parse_quote,
    parse2,
};

pub fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(
            arguments,
            "`#[hardware]` takes no arguments",
        ));
    }
    let mut item: Item = parse2(item)?;
    if !matches!(item, Item::Fn(_) | Item::Impl(_) | Item::Mod(_)) {
        return Err(Error::new_spanned(
            item,
            "`#[hardware]` stands before a function, an `impl` or a module",
        ));
    }
    let hdl = crate::hdl();
    if let Item::Impl(block) = &mut item {
        crate::block::complete(&hdl, block);
    }
    Bindings { hdl }.visit_item_mut(&mut item);
    Ok(item.into_token_stream())
}

/// Puts the naming of its bindings behind every `let`.
struct Bindings {
    hdl: TokenStream,
}

impl Bindings {
    /// Says that the function runs, so that names of its caller count for more.
    fn enter(&self, body: &mut Block) {
        let hdl = &self.hdl;
        let depth = parse_quote!(let _depth = #hdl::binding::Depth::new(););
        body.stmts.insert(0, depth);
    }
}

impl VisitMut for Bindings {
    fn visit_item_fn_mut(&mut self, function: &mut ItemFn) {
        visit_mut::visit_item_fn_mut(self, function);
        self.enter(&mut function.block);
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        visit_mut::visit_impl_item_fn_mut(self, function);
        self.enter(&mut function.block);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        visit_mut::visit_block_mut(self, block);
        let statements = std::mem::take(&mut block.stmts);
        for mut statement in statements {
            if let Stmt::Local(local) = &mut statement {
                comment(local);
            }
            let mut names: Vec<Ident> = Vec::new();
            if let Stmt::Local(local) = &statement
                && may_be_hardware(local)
            {
                bound(&local.pat, &mut names);
            }
            block.stmts.push(statement);
            for name in names {
                let text = name.to_string();
                let hdl = &self.hdl;
                block.stmts.push(parse_quote! {
                    {
                        #[allow(unused_imports)]
                        use #hdl::binding::{Named as _, Unnamed as _};
                        (&#hdl::binding::Binding(&#name)).bind(#text);
                    }
                });
            }
        }
    }
}

/// Makes the documentation of a `let` the comment of the hardware.
fn comment(local: &mut Local) {
    let text = crate::documentation(&local.attrs);
    if let Some(init) = &mut local.init
        && !text.is_empty()
    {
        local
            .attrs
            .retain(|attribute| !attribute.path().is_ident("doc"));
        let value = &init.expr;
        init.expr = parse_quote!(#value.comment(#text));
    }
}

/// The names that a pattern binds, without those that begin with `_`.
fn bound(pattern: &Pat, names: &mut Vec<Ident>) {
    match pattern {
        Pat::Ident(pattern) if !pattern.ident.to_string().starts_with('_') => {
            names.push(pattern.ident.clone());
        }
        Pat::Type(pattern) => bound(&pattern.pat, names),
        Pat::Tuple(pattern) => pattern.elems.iter().for_each(|part| bound(part, names)),
        Pat::Slice(pattern) => pattern.elems.iter().for_each(|part| bound(part, names)),
        _ => {}
    }
}

/// False for a value that is no hardware for sure, or whose type is known only later.
fn may_be_hardware(local: &Local) -> bool {
    let typed = matches!(&local.pat, Pat::Type(_));
    match &local.init {
        Some(init) if init.diverge.is_none() => known(&init.expr, typed),
        _ => false,
    }
}

fn known(value: &Expr, typed: bool) -> bool {
    match value {
        Expr::Lit(_) | Expr::Closure(_) | Expr::Struct(_) | Expr::Reference(_) => false,
        Expr::Macro(value) => !value.mac.tokens.is_empty() && !value.mac.path.is_ident("format"),
        Expr::Path(value) => !value.path.is_ident("None"),
        Expr::Tuple(value) => value.elems.iter().all(|part| known(part, typed)),
        Expr::Call(call) => {
            let name = call.func.to_token_stream().to_string();
            !["Vec :: new", "Vec :: with_capacity", "Default :: default"].contains(&name.as_str())
        }
        Expr::MethodCall(call) => {
            let later = ["collect", "into", "sum", "product", "parse", "unzip"];
            typed || !later.iter().any(|method| call.method == method)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn expanded(text: &str) -> String {
        let text = format!("fn f() {{ {text} }}");
        expand(quote!(), text.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn every_name_of_a_pattern_is_bound() {
        for (text, names) in [
            ("let a = x + y;", vec!["a"]),
            ("let (a, [b, _c]) = f(m);", vec!["a", "b"]),
            ("let a: Signal = m.wire(bit());", vec!["a"]),
            ("m.when(c, || { let a = x; });", vec!["a"]),
            ("let a: Vec<_> = x.collect();", vec!["a"]),
        ] {
            let text = expanded(text);
            assert_eq!(text.matches("bind (").count(), names.len(), "{text}");
            for name in names {
                assert!(text.contains(&format!("bind (\"{name}\")")), "{text}");
            }
        }
    }

    #[test]
    fn documentation_of_a_let_is_a_comment() {
        let text = expanded("#[doc = \" one\"] #[doc = \" two\"] let a = m.reg(bit());");
        assert!(text.contains("comment (\"one two\")"), "{text}");
        assert!(!text.contains("doc ="), "{text}");
        assert!(text.contains("bind (\"a\")"), "{text}");
    }

    #[test]
    fn values_that_are_no_hardware_are_left_alone() {
        for text in [
            "let a = 3;",
            "let a;",
            "let mut a = Vec::new();",
            "let (a, b) = (Vec::new(), vec![]);",
            "let a = |x| x + 1;",
            "let a = x.collect();",
            "let Some(a) = x else { return };",
            "let a = format!(\"{x}\");",
        ] {
            let text = expanded(text);
            assert!(!text.contains("bind ("), "{text}");
        }
    }
}
