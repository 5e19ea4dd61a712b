//! The headers in include/foundationdb that declare functions and structures.
//!
//! They compile as C90 and as C++98 at every version. A function that a version does not have is
//! a macro there, so that a call does not compile.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::comment::{self, WIDTH};
use super::table::{self, Function, Header, State, Struct, Table, NEWEST, OLDEST};

/// What C calls the opaque types, and what they are.
const OPAQUE: [(&str, &str, &str); 7] = [
    ("FDB_future", "FDBFuture", "An answer that may still be on its way."),
    ("FDB_result", "FDBResult", "An answer that was there at once."),
    ("FDB_cluster", "FDBCluster", "The way to a database before version 610."),
    ("FDB_database", "FDBDatabase", "A database."),
    ("FDB_tenant", "FDBTenant", "A tenant: a set of keys of its own within a database."),
    ("FDB_transaction", "FDBTransaction", "A transaction."),
    ("FDB_cdc_consumer", "FDBCdcConsumer", "A reader of a stream of changes."),
];

/// Versions at which something began that programs ask for by name.
const MILESTONES: [(&str, u32, &str); 3] = [
    ("CLIENT_TMP_DIR", 720, "The first version with the network option client_tmp_dir."),
    ("DISABLE_CLIENT_BYPASS", 720, "The first version with the network option disable_client_bypass."),
    ("TENANT_API_RELEASED", 720, "The first version in which tenants are no experiment."),
];

/// The names of the errors, by number.
pub type Errors = BTreeMap<i32, String>;

/// fdb_c_apiversion.g.h
pub fn versions() -> String {
    let mut text = opening("the versions", "FDB_C_APIVERSION_G_H");
    let mut define = |name: &str, version: u32, doc: &str| {
        let _ = write!(text, "{}#define {name} {version}\n\n", comment::c(&[doc.to_owned()], ""));
    };
    define("FDB_LATEST_API_VERSION", NEWEST, "The newest version that the library serves.");
    define("FDB_LATEST_BINDINGS_API_VERSION", NEWEST, "The newest version that bindings for other languages use.");
    for (name, version, doc) in MILESTONES {
        define(&format!("FDB_API_VERSION_{name}"), version, doc);
    }
    text + "#endif\n"
}

/// fdb_c_types.h
pub fn types() -> String {
    let mut text = opening("the types that need no version", "FDB_C_TYPES_H");
    text.push_str(EXPORT.trim_end_matches('\n'));
    text.push('\n');
    text.push_str(EXTERN);
    for (tag, name, doc) in OPAQUE {
        let _ = write!(text, "{}typedef struct {tag} {name};\n\n", comment::c(&[doc.to_owned()], ""));
    }
    text.push_str("/* An error number; 0 is success. */\ntypedef int fdb_error_t;\n\n");
    text.push_str("/* A truth value; 0 is false. */\ntypedef int fdb_bool_t;\n");
    text + EXTERN_END + "#endif\n"
}

/// fdb_c.h
pub fn main(table: &Table, errors: &Errors) -> String {
    let mut text = opening(table::PATH, "FDB_C_H");
    text.push_str(&comment::c(&INTRODUCTION.map(str::to_owned), ""));
    text.push('\n');
    text.push_str(EXPORT);
    text.push_str(&version_check());
    text.push_str(CHECKED);
    text.push_str(INCLUDES);
    text.push_str(EXTERN);
    text.push_str(&chapter("Structures", &[STRUCTURES.to_owned()]));
    table.structs.iter().for_each(|item| text.push_str(&structure(item)));
    text.push_str(OTHER_TYPES);
    for noun in &table.nouns {
        let functions: Vec<&Function> =
            table.of(&noun.name).filter(|function| function.header == Header::Public).collect();
        if functions.is_empty() {
            continue;
        }
        text.push_str(&chapter(&noun.title, std::slice::from_ref(&noun.intro)));
        functions.iter().for_each(|function| text.push_str(&declaration(function, &noun.threads, errors)));
    }
    text.push_str(MACROS);
    text + EXTERN_END + "#endif\n"
}

/// One of the headers beside fdb_c.h.
pub fn beside(table: &Table, errors: &Errors, header: Header) -> String {
    let (guard, purpose) = match header {
        Header::Internal => ("FDB_C_INTERNAL_H", "What client libraries ask of one another. Programs do not need it."),
        _ => ("FDB_SHIM_C_H", "What programs tell a stand-in that loads the library when it is first needed."),
    };
    let mut text = opening(table::PATH, guard);
    text.push_str(&comment::c(&[purpose.to_owned()], ""));
    text.push('\n');
    if header == Header::Internal {
        text.push_str("#include \"fdb_c.h\"\n");
        text.push_str(EXTERN);
    } else {
        text.push_str(EXPORT.trim_end_matches('\n'));
        text.push('\n');
        text.push_str(EXTERN);
    }
    for function in table.functions.iter().filter(|function| function.header == header) {
        text.push_str(&declaration(function, table.threads_of(function), errors));
    }
    text + EXTERN_END.trim_start_matches('\n') + "#endif\n"
}

fn opening(source: &str, guard: &str) -> String {
    let origin = match source.starts_with("schema/") {
        true => comment::origin(source),
        false => comment::origin(table::PATH).replace(table::PATH, source),
    };
    format!("/* {origin} */\n#ifndef {guard}\n#define {guard}\n\n")
}

fn chapter(title: &str, paragraphs: &[String]) -> String {
    let mut lines = vec![title.to_uppercase(), String::new()];
    lines.extend_from_slice(paragraphs);
    comment::c(&lines, "") + "\n"
}

/// The structures that are not packed lie as the compiler lays them.
fn structure(item: &Struct) -> String {
    let mut text = comment::c(std::slice::from_ref(&item.doc), "");
    if item.packed {
        text.push_str("#pragma pack(push, 4)\n");
    }
    let _ = writeln!(text, "typedef struct {} {{", item.tag);
    if item.name == "FDBKeyValue" {
        text.push_str("#if FDB_API_VERSION >= 630\n");
        members(&mut text, item, |kind| kind.to_owned());
        text.push_str("#else\n");
        members(&mut text, item, |kind| kind.replace("uint8_t*", "void*"));
        text.push_str("#endif\n");
    } else {
        members(&mut text, item, |kind| kind.to_owned());
    }
    let _ = writeln!(text, "}} {};", item.name);
    if item.packed {
        text.push_str("#pragma pack(pop)\n");
    }
    text + "\n"
}

fn members(text: &mut String, item: &Struct, kind: impl Fn(&str) -> String) {
    for member in &item.members {
        let _ = writeln!(text, "    {} {};", kind(&member.kind), member.name);
    }
}

/// A function with its comment, or the macro in its place.
fn declaration(function: &Function, threads: &str, errors: &Errors) -> String {
    let mut text = comment::c(&explanation(function, threads, errors), "");
    let removed = || {
        let names: Vec<String> = function.typed_parameters().into_iter().map(|(_, name)| name).collect();
        broken(&format!("#define {}(", function.name), &names, ") FDB_REMOVED_FUNCTION", " \\")
    };
    match function.gone_at() {
        None => text.push_str(&prototype(function)),
        Some(OLDEST) => text.push_str(&removed()),
        Some(version) => {
            let _ =
                write!(text, "#if FDB_API_VERSION < {version}\n{}#else\n{}#endif\n", prototype(function), removed());
        }
    }
    text + "\n"
}

fn prototype(function: &Function) -> String {
    let checked = match function.returns.as_str() {
        "fdb_error_t" | "FDBFuture*" | "FDBResult*" => "WARN_UNUSED_RESULT ",
        _ => "",
    };
    let parameters = match function.parameters.is_empty() {
        true => vec!["void".to_owned()],
        false => function.parameters.clone(),
    };
    broken(&format!("DLLEXPORT {checked}{} {}(", function.returns, function.name), &parameters, ");", "")
}

/// A list in one line, or in several that each end with `continuation`.
fn broken(head: &str, items: &[String], tail: &str, continuation: &str) -> String {
    let one = format!("{head}{}{tail}", items.join(", "));
    if one.len() <= WIDTH {
        return one + "\n";
    }
    let list = items.join(", ").replace(' ', "\u{1}").replace(",\u{1}", ", ");
    let mut lines: Vec<String> =
        comment::wrap(&list, WIDTH - 8).iter().map(|line| format!("    {}", line.replace('\u{1}', " "))).collect();
    match lines.last_mut() {
        Some(last) if last.len() + tail.len() <= WIDTH => last.push_str(tail),
        _ => lines.push(format!("    {}", tail.trim_start())),
    }
    format!("{head}{continuation}\n{}\n", lines.join(&format!("{continuation}\n")))
}

/// What the comment of a function says, by paragraph.
fn explanation(function: &Function, threads: &str, errors: &Errors) -> Vec<String> {
    let mut text = vec![function.doc.clone()];
    if let Some(holds) = &function.holds {
        text.push(match holds.as_str() {
            "void" => "The future holds no value: fdb_future_get_error() tells how it went.".to_owned(),
            other => format!("The future's value is read with fdb_future_get_{other}()."),
        });
    }
    let named = |codes: &[i32]| {
        let names = codes.iter().map(|code| format!("{code} {}", errors.get(code).map_or("", String::as_str)));
        names.collect::<Vec<_>>().join(", ")
    };
    match function.state {
        State::Refused if function.returns == "void" => text.push("Plinth has nothing to do for it.".to_owned()),
        State::Refused => text.push(format!("Plinth refuses it: {}.", named(&[function.code]))),
        State::Accepted => text.push("Plinth accepts it without effect.".to_owned()),
        State::Works => {}
    }
    text.push(format!("Threads: {}", function.threads.as_deref().unwrap_or(threads)));
    if !function.errors.is_empty() {
        text.push(format!("Errors: {}.", named(&function.errors)));
    }
    if !function.rules.is_empty() {
        text.push(format!("Rules: {}.", function.rules.join(", ")));
    }
    text.extend(versions_of(function));
    text
}

fn versions_of(function: &Function) -> Option<String> {
    match (function.first > OLDEST, function.last < NEWEST) {
        (false, false) => None,
        (true, false) => Some(format!("In headers from {} on.", function.first)),
        (false, true) => Some(format!("Up to version {}.", function.last)),
        (true, true) => Some(format!("In headers from {} on, up to version {}.", function.first, function.last)),
    }
}

fn version_check() -> String {
    format!(
        "#include \"fdb_c_apiversion.g.h\"\n\n\
         #if defined(FDB_USE_LATEST_API_VERSION)\n\
         #undef FDB_API_VERSION\n\
         #define FDB_API_VERSION FDB_LATEST_API_VERSION\n\
         #elif defined(FDB_USE_LATEST_BINDINGS_API_VERSION)\n\
         #undef FDB_API_VERSION\n\
         #define FDB_API_VERSION FDB_LATEST_BINDINGS_API_VERSION\n\
         #endif\n\n\
         #ifndef FDB_API_VERSION\n\
         #error \"define FDB_API_VERSION, a number from {OLDEST} to {NEWEST}, before you include fdb_c.h\"\n\
         #elif FDB_API_VERSION < {OLDEST}\n\
         #error \"FDB_API_VERSION is too small: this library serves {OLDEST} to {NEWEST}\"\n\
         #elif FDB_API_VERSION > FDB_LATEST_API_VERSION\n\
         #error \"FDB_API_VERSION is too large: this library serves {OLDEST} to {NEWEST}\"\n\
         #endif\n\n"
    )
}

const INTRODUCTION: [&str; 9] = [
    "FoundationDB's C client interface, served by Plinth in the process itself: there is no cluster.",
    "",
    "Define FDB_API_VERSION first. The library must then be told once: fdb_select_api_version().",
    "",
    "Each comment says what a function does and who owns what. `Errors` are those that the function returns or, \
     if it returns a future, those that the future may have. A function that is given a handle which does not \
     exist, or NULL where an address must be, fails with 2000 client_invalid_operation where it can tell. \
     Functions without a return value then do nothing.",
    "",
    "`Threads` says who may call. No function may be called from a signal handler. No lock is held while a \
     callback runs.",
    "",
    "`Rules` are explained one by one in docs/SEMANTICS.md; COMPAT.md tells which functions do what.",
];

const STRUCTURES: &str = "The layout is part of the binary interface. Arrays are contiguous, and many pointers in \
    them are not aligned: copy a structure before you hand out an address inside it.";

const EXPORT: &str = "#ifndef DLLEXPORT\n#define DLLEXPORT\n#endif\n\n";

const CHECKED: &str = "\
/* C++ programs are warned when they drop an error or a future. Define it as nothing to turn that off. */
#ifndef WARN_UNUSED_RESULT
#ifdef __GNUG__
#define WARN_UNUSED_RESULT __attribute__((warn_unused_result))
#else
#define WARN_UNUSED_RESULT
#endif
#endif

/* What stands for a function that FDB_API_VERSION does not have: the compiler does not know this name. */
#define FDB_REMOVED_FUNCTION this_function_is_not_in_this_FDB_API_VERSION

";

const INCLUDES: &str = "#include <stdint.h>\n\n#include \"fdb_c_options.g.h\"\n#include \"fdb_c_types.h\"\n";

const EXTERN: &str = "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";

const EXTERN_END: &str = "\n#ifdef __cplusplus\n}\n#endif\n";

const OTHER_TYPES: &str = "\
/* The kinds of FDBBGMutation. */
typedef enum { FDB_BG_MUTATION_TYPE_SET_VALUE = 0, FDB_BG_MUTATION_TYPE_CLEAR_RANGE = 1 } FDBBGMutationType;

#if FDB_API_VERSION < 610 || defined(FDB_INCLUDE_LEGACY_TYPES)
/* Clusters have no options. The one name is there because C wants one. */
typedef enum { FDB_CLUSTER_OPTION_DUMMY_DO_NOT_USE = -1 } FDBClusterOption;
#endif

/* What runs when a future becomes ready: the future, and what fdb_future_set_callback() was given. */
typedef void (*FDBCallback)(FDBFuture* future, void* callback_parameter);

";

const MACROS: &str = "\
/*
 * MACROS
 *
 * Selects a version and tells the library which version this program was compiled for. An expression of type
 * fdb_error_t.
 */
#define fdb_select_api_version(version) fdb_select_api_version_impl((version), FDB_API_VERSION)

/* The same for a program that may meet an older library: it is told no more than that library knows. */
#define fdb_select_api_version_capped(version) \\
    fdb_select_api_version_impl( \\
        (version), fdb_get_max_api_version() < FDB_API_VERSION ? fdb_get_max_api_version() : FDB_API_VERSION)

/* The common key selectors: each writes the four parameters of a selector from a key and its length (SEL-2). */
#define FDB_KEYSEL_LAST_LESS_THAN(key, length) key, length, 0, 0
#define FDB_KEYSEL_LAST_LESS_OR_EQUAL(key, length) key, length, 1, 0
#define FDB_KEYSEL_FIRST_GREATER_THAN(key, length) key, length, 1, 1
#define FDB_KEYSEL_FIRST_GREATER_OR_EQUAL(key, length) key, length, 0, 1
";

#[cfg(test)]
mod tests {
    use super::{broken, declaration, Errors};
    use crate::fdb::table::Function;

    fn function(last: u32) -> Function {
        toml::from_str(&format!(
            "name = \"fdb_a\"\nnoun = \"n\"\nreturns = \"fdb_error_t\"\nparameters = [\"int b\"]\nfirst = 510\n\
             last = {last}\nstate = \"works\"\nclients = []\ndoc = \"Does it.\"\nerrors = [7]"
        ))
        .unwrap()
    }

    #[test]
    fn a_function_is_declared_with_what_is_known_of_it() {
        let errors = Errors::from([(7, "seven".to_owned())]);
        let text = declaration(&function(800), "Any.", &errors);
        assert_eq!(
            text,
            "/*\n * Does it.\n * Threads: Any.\n * Errors: 7 seven.\n */\n\
             DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_a(int b);\n\n"
        );
    }

    #[test]
    fn a_removed_function_is_a_macro_from_the_next_version_on() {
        let text = declaration(&function(609), "Any.", &Errors::new());
        assert!(text.contains("#if FDB_API_VERSION < 610\nDLLEXPORT"));
        assert!(text.contains("#else\n#define fdb_a(b) FDB_REMOVED_FUNCTION\n#endif"));
        assert!(!declaration(&function(22), "Any.", &Errors::new()).contains("DLLEXPORT"));
    }

    #[test]
    fn long_lists_are_broken_between_items() {
        let items: Vec<String> = (0..9).map(|index| format!("int a_long_parameter_{index}")).collect();
        let text = broken("f(", &items, ");", "");
        assert!(text.lines().count() > 1 && text.lines().all(|line| line.len() <= super::WIDTH));
        assert!(!text.contains("int\n"));
        let text = broken("#define f(", &items[..4], &format!(") {}", "x".repeat(40)), " \\");
        assert!(text.lines().all(|line| line.len() <= super::WIDTH) && text.contains("_3 \\\n    ) xx"));
    }
}
