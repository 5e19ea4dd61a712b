//! crates/fdb-c/src/entry/refused.rs: the functions that the library refuses.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::c_type;
use super::comment;
use super::table::{self, Function, Refusal, State, Table};

/// More parameters than this need a word with the linter.
const FEW: usize = 7;

/// The whole file, before it is formatted.
pub fn text(table: &Table) -> Result<String, String> {
    let refused = || table.functions.iter().filter(|function| function.state == State::Refused);
    let bodies = refused().map(function).collect::<Result<Vec<_>, _>>()?;
    let types: BTreeSet<String> = refused().flat_map(used_types).collect();
    let from = |library: bool| {
        let chosen = types.iter().filter(move |name| name.starts_with("c_") == library);
        chosen.cloned().collect::<Vec<_>>().join(", ")
    };
    Ok(format!(
        "//! Functions of FoundationDB's interface that are refused, each in the way in which its callers see errors.\n\
         //!\n//! {}\n\n\
         use std::ffi::{{{}}};\n\nuse crate::layout::{{{}}};\n\n{}",
        comment::origin(&format!("`{}`", table::PATH)),
        from(true),
        from(false),
        bodies.join("\n")
    ))
}

/// The names that must be imported for a function.
fn used_types(function: &Function) -> Vec<String> {
    let kinds = function.typed_parameters().into_iter().map(|(kind, _)| kind).chain([function.returns.clone()]);
    let kinds = kinds.filter(|kind| kind != "void").filter_map(|kind| c_type::to_rust(&kind).ok());
    let names = kinds.map(|kind| kind.rsplit([' ', '*']).next().unwrap_or_default().to_owned());
    names.filter(|name| name.starts_with("c_") || name.to_lowercase().starts_with("fdb")).collect()
}

fn function(function: &Function) -> Result<String, String> {
    let mut text = comment::rust("///", &function.doc);
    text.push_str("///\n/// # Safety\n");
    let parameters = function.typed_parameters();
    let outs: Vec<&String> = parameters.iter().map(|(_, name)| name).filter(|name| name.starts_with("out_")).collect();
    text.push_str(match outs.is_empty() {
        true => "/// None of the arguments is looked at.\n",
        false => "/// Each `out_` parameter is NULL or may be written; no other is looked at.\n",
    });
    if parameters.len() > FEW {
        text.push_str("#[allow(clippy::too_many_arguments, reason = \"the signature is FoundationDB's\")]\n");
    }
    let _ = write!(text, "#[no_mangle]\npub unsafe extern \"C\" fn {}(", function.name);
    for (kind, name) in &parameters {
        let unused = if name.starts_with("out_") { "" } else { "_" };
        let _ = write!(text, "{unused}{name}: {}, ", c_type::to_rust(kind)?);
    }
    let (result, body) = match function.refusal {
        Some(Refusal::Future) => (" -> *mut FDBFuture".to_owned(), "future"),
        Some(Refusal::Result) => (" -> *mut FDBResult".to_owned(), "result"),
        Some(Refusal::Error) => (format!(" -> {}", c_type::to_rust(&function.returns)?), "error"),
        _ => (String::new(), "nothing"),
    };
    let _ = writeln!(text, "){result} {{");
    if !outs.is_empty() {
        let clears: String = outs.iter().map(|name| format!("super::refuse::clear({name});")).collect();
        let _ = writeln!(text, "// SAFETY: the caller's duty.\nunsafe {{ {clears} }}");
    }
    let end = if body == "nothing" { ";" } else { "" };
    let _ = write!(text, "super::refuse::{body}({:?}){end}\n}}\n", function.name);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{function, used_types};
    use crate::fdb::table::Function;

    fn refused(returns: &str, parameters: &str, refusal: &str) -> Function {
        toml::from_str(&format!(
            "name = \"fdb_a\"\nnoun = \"n\"\nreturns = \"{returns}\"\nparameters = [{parameters}]\nfirst = 510\n\
             last = 800\nstate = \"refused\"\nrefusal = \"{refusal}\"\nclients = []\ndoc = \"Does it.\""
        ))
        .unwrap()
    }

    #[test]
    fn each_kind_of_refusal_is_one_call() {
        let future = function(&refused("FDBFuture*", "\"int a\"", "future")).unwrap();
        assert!(future.contains("fn fdb_a(_a: c_int, ) -> *mut FDBFuture {\nsuper::refuse::future(\"fdb_a\")\n}"));
        let error = function(&refused("fdb_error_t", "\"int64_t* out_a\"", "error")).unwrap();
        assert!(error.contains("unsafe { super::refuse::clear(out_a); }\nsuper::refuse::error(\"fdb_a\")\n}"));
        assert!(function(&refused("FDBResult*", "", "result")).unwrap().contains("refuse::result(\"fdb_a\")\n"));
        assert!(function(&refused("void", "", "void")).unwrap().contains("refuse::nothing(\"fdb_a\");\n"));
    }

    #[test]
    fn types_to_import_are_found_and_void_results_are_not() {
        let types = used_types(&refused("void", "\"FDBKey const* key\", \"int n\", \"int64_t* out\"", "void"));
        assert_eq!(types, ["FDBKey", "c_int"]);
    }
}
