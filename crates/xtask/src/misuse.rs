//! Tables of every C function for the programs that misuse them, from the headers alone.
//!
//! A function that is added to a header is in the tables once they are made anew, and the check insists
//! on that. A type of a parameter that has no kind below is an error: somebody has to say what can be
//! wrong with it.

use std::error::Error;

use crate::outcome::Outcome;
use crate::{file, Mode};

const COMMAND: &str = "cargo xtask misuse";

/// What a library's table is made of.
struct Library {
    headers: &'static [&'static str],
    symbols: &'static str,
    table: &'static str,
    /// What the table includes.
    include: &'static str,
    prefix: &'static str,
}

const LIBRARIES: [Library; 2] = [
    Library {
        headers: &["include/plinth.h"],
        symbols: "abi/plinth.symbols",
        table: "crates/prove/c/calls_plinth.h",
        include: "#include <plinth.h>\n",
        prefix: "plinth_",
    },
    Library {
        headers: &[
            "include/foundationdb/fdb_c.h",
            "include/foundationdb/fdb_c_internal.h",
            "include/foundationdb/fdb_c_shim.h",
        ],
        symbols: "abi/fdb_c.symbols",
        table: "crates/prove/c/calls_fdb.h",
        include: "#define FDB_API_VERSION 800\n#define FDB_INCLUDE_LEGACY_TYPES\n#include <foundationdb/fdb_c.h>\n\
                  #include <foundationdb/fdb_c_internal.h>\n#include <foundationdb/fdb_c_shim.h>\n\
                  static FDBReadBlobGranuleContext no_context;\n",
        prefix: "fdb_",
    },
];

/// Types of parameters, and their kind in crates/prove/c/calls.h.
const KINDS: &[(&str, &str)] = &[
    ("plinth_database *", "DATABASE"),
    ("plinth_keyspace *", "KEYSPACE"),
    ("plinth_transaction *", "TRANSACTION"),
    ("plinth_watch *", "WATCH"),
    ("plinth_stream *", "STREAM"),
    ("plinth_stream * *", "OUT"),
    ("const plinth_key_selector *", "SELECTOR"),
    ("const plinth_range_options *", "RANGE_OPTIONS"),
    ("const plinth_database_options *", "DATABASE_OPTIONS"),
    ("plinth_value_callback", "VALUE_CALLBACK"),
    ("plinth_range_callback", "RANGE_CALLBACK"),
    ("plinth_done_callback", "DONE_CALLBACK"),
    ("plinth_log_callback", "LOG_CALLBACK"),
    ("plinth_values_callback", "VALUES_CALLBACK"),
    ("plinth_progress_callback", "PROGRESS_CALLBACK"),
    ("plinth_verified *", "OUT"),
    ("plinth_backup *", "OUT"),
    ("plinth_backups *", "OUT"),
    ("plinth_write_callback", "WRITE_CALLBACK"),
    ("plinth_read_callback", "READ_CALLBACK"),
    ("const plinth_load_options *", "LOAD_OPTIONS"),
    ("plinth_dumped *", "OUT"),
    ("const plinth_move_options *", "MOVE_OPTIONS"),
    ("plinth_move_report *", "OUT"),
    ("const plinth_slice *", "KEYS"),
    ("plinth_values *", "OUT"),
    ("plinth_finaliser", "FINALISER"),
    ("plinth_run_body", "BODY"),
    ("plinth_value *", "OUT"),
    ("plinth_range *", "OUT"),
    ("plinth_metrics *", "OUT"),
    ("plinth_transaction_list *", "OUT"),
    ("plinth_conflict *", "OUT"),
    ("plinth_database * *", "OUT"),
    ("plinth_keyspace * *", "OUT"),
    ("plinth_transaction * *", "OUT"),
    ("plinth_watch * *", "OUT"),
    ("plinth_error", "NUMBER"),
    ("plinth_mutation", "NUMBER"),
    ("FDBFuture *", "FUTURE"),
    ("FDBResult *", "RESULT"),
    ("FDBCluster *", "CLUSTER"),
    ("FDBDatabase *", "DATABASE"),
    ("FDBTenant *", "TENANT"),
    ("FDBTransaction *", "TRANSACTION"),
    ("FDBCdcConsumer *", "CONSUMER"),
    ("FDBCallback", "CALLBACK"),
    ("void ( * hook ) ( void * )", "HOOK"),
    ("FDBReadBlobGranuleContext", "CONTEXT"),
    ("FDBReadBlobGranuleContext *", "UNREAD"),
    ("FDBBGTenantPrefix const *", "UNREAD"),
    ("FDBBGEncryptionCtx const *", "UNREAD"),
    ("FDBKeyRange const *", "UNREAD"),
    ("FDBKey const *", "UNREAD"),
    ("FDBNetworkOption", "NUMBER"),
    ("FDBDatabaseOption", "NUMBER"),
    ("FDBTransactionOption", "NUMBER"),
    ("FDBClusterOption", "NUMBER"),
    ("FDBStreamingMode", "NUMBER"),
    ("FDBMutationType", "NUMBER"),
    ("FDBConflictRangeType", "NUMBER"),
    ("fdb_error_t", "NUMBER"),
    ("fdb_bool_t", "NUMBER"),
    ("bool", "NUMBER"),
    ("int32_t", "NUMBER"),
    ("uint32_t", "NUMBER"),
    ("const char *", "TEXT"),
    ("void *", "USER"),
];

/// Types that functions return, and what is made of them.
const RESULTS: [(&str, &str); 11] = [
    ("plinth_error", "GIVES_ERROR"),
    ("fdb_error_t", "GIVES_ERROR"),
    ("FDBFuture *", "GIVES_FUTURE"),
    ("FDBResult *", "GIVES_RESULT"),
    ("void", "GIVES_NOTHING"),
    ("const char *", "GIVES_TEXT"),
    ("bool", "GIVES_NUMBER"),
    ("uint32_t", "GIVES_NUMBER"),
    ("int", "GIVES_NUMBER"),
    ("fdb_bool_t", "GIVES_NUMBER"),
    ("double", "GIVES_NUMBER"),
];

/// A function of a header.
#[derive(Debug)]
struct Function {
    name: String,
    result: String,
    parameters: Vec<(String, String)>,
}

/// Writes or checks the tables.
pub fn task(mode: Mode) -> Outcome {
    let mut count = 0;
    for library in &LIBRARIES {
        let mut text = String::new();
        for header in library.headers {
            text.push_str(&file::read(header)?);
        }
        if library.prefix == "fdb_" {
            text.push_str(&without_declaration(&text)?);
        }
        let functions = functions(&text, library.prefix);
        compare(&functions, &file::read(library.symbols)?, library)?;
        count += functions.len();
        file::settle(library.table, &table(&functions, library)?, mode, COMMAND)?;
    }
    Ok(format!("{count} functions in tables of calls"))
}

/// Functions of programs so old that the headers have no declaration for them. They are exported still.
fn without_declaration(header: &str) -> Result<String, Box<dyn Error>> {
    let declared = functions(header, "fdb_");
    let table = crate::fdb::table::load()?;
    let missing = table.functions.iter().filter(|one| !declared.iter().any(|known| known.name == one.name));
    Ok(missing.map(|one| format!("{} {}({});\n", one.returns, one.name, one.parameters.join(", "))).collect())
}

/// What is exported is declared, and the other way round: nothing was overlooked in the headers.
fn compare(functions: &[Function], symbols: &str, library: &Library) -> Result<(), String> {
    let mut declared: Vec<&str> = functions.iter().map(|function| function.name.as_str()).collect();
    declared.sort_unstable();
    let mut exported: Vec<&str> = symbols
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with(library.prefix)))
        .collect();
    exported.sort_unstable();
    let lost = exported.iter().find(|name| !declared.contains(name));
    let more = declared.iter().find(|name| !exported.contains(name));
    match lost.or(more) {
        Some(name) => Err(format!("{name} is not in both {} and {}", library.symbols, library.headers[0])),
        None => Ok(()),
    }
}

/// The functions that a header declares. Comments, lines for the preprocessor and types are left out.
fn functions(header: &str, prefix: &str) -> Vec<Function> {
    let mut code = String::new();
    let mut rest = header;
    while let Some((before, after)) = rest.split_once("/*") {
        code.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, behind)| behind);
    }
    code.push_str(rest);
    let code = code.replace("\\\n", " ");
    let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let code = lines.join(" ").replace("extern \"C\" {", "");
    statements(&code).iter().filter_map(|statement| function(statement, prefix)).collect()
}

/// What stands between semicolons outside of braces.
fn statements(code: &str) -> Vec<String> {
    let (mut found, mut statement, mut depth) = (Vec::new(), String::new(), 0_usize);
    for letter in code.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => found.push(std::mem::take(&mut statement)),
            _ => statement.push(letter),
        }
    }
    found
}

fn function(statement: &str, prefix: &str) -> Option<Function> {
    let words = words(statement);
    let open = words.iter().position(|word| word == "(")?;
    let name = words.get(open.checked_sub(1)?)?.clone();
    if !name.starts_with(prefix) || words.iter().any(|word| word == "typedef") {
        return None;
    }
    let attributes = ["DLLEXPORT", "WARN_UNUSED_RESULT"];
    let result = words[..open - 1].iter().filter(|word| !attributes.contains(&word.as_str())).cloned();
    let inner = &words[open + 1..words.len().checked_sub(1)?];
    let parameters = parameters(inner).iter().filter(|one| one.len() > 1).map(|one| parameter(one)).collect();
    Some(Function { name, result: result.collect::<Vec<_>>().join(" "), parameters })
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_word = false;
    for letter in text.chars() {
        let is_word = letter.is_alphanumeric() || letter == '_';
        match words.last_mut() {
            Some(word) if is_word && in_word => word.push(letter),
            _ if !letter.is_whitespace() => words.push(letter.to_string()),
            _ => {}
        }
        in_word = is_word;
    }
    words
}

/// The parameters, cut at the commas that are in no further parenthesis.
fn parameters(words: &[String]) -> Vec<Vec<String>> {
    let (mut found, mut depth) = (vec![Vec::new()], 0_usize);
    for word in words {
        match word.as_str() {
            "," if depth == 0 => {
                found.push(Vec::new());
                continue;
            }
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(last) = found.last_mut() {
            last.push(word.clone());
        }
    }
    found
}

/// Type and name. A pointer to a function has its name inside.
fn parameter(words: &[String]) -> (String, String) {
    if words.iter().any(|word| word == "(") {
        let name = words.iter().skip_while(|word| *word != "*").nth(1);
        return (words.join(" "), name.cloned().unwrap_or_default());
    }
    (words[..words.len() - 1].join(" "), words[words.len() - 1].clone())
}

/// The kind of a parameter: from its type, and for the common types from what stands around it.
fn kind(function: &Function, at: usize) -> Result<&'static str, String> {
    let (kind, name) = &function.parameters[at];
    let is_bytes = |at: usize| {
        let kind = function.parameters.get(at).map_or("", |(kind, _)| kind.as_str());
        ["const uint8_t *", "uint8_t const *"].contains(&kind)
    };
    let is_keys = |at: usize| function.parameters.get(at).is_some_and(|(kind, _)| kind == "const plinth_slice *");
    let follows = |what: &dyn Fn(usize) -> bool| at > 0 && what(at - 1);
    match kind.as_str() {
        "plinth_value *"
        | "plinth_range *"
        | "plinth_values *"
        | "plinth_backups *"
        | "plinth_conflict *"
        | "plinth_transaction_list *"
            if function.name.ends_with("_free") =>
        {
            return Ok("FREED")
        }
        "plinth_keyspace *" if !function.name.starts_with("plinth_keyspace_") => return Ok("KEYSPACE_OR_NULL"),
        "const uint8_t *" | "uint8_t const *" => return Ok("BYTES"),
        "size_t" | "int" if follows(&is_bytes) => return Ok("LENGTH"),
        "size_t" if follows(&is_keys) => return Ok("COUNT_OF_KEYS"),
        "size_t" if name == "out_size" => return Ok("SIZE"),
        "size_t" if name == "index" => return Ok("NUMBER"),
        "int" | "int64_t" | "uint64_t" => return Ok("NUMBER"),
        // Text that is written: of bytes there is no size in the type.
        "char *" | "uint8_t *" => return Ok("OUT_BYTES"),
        "void *" if name == "out_state" => return Ok("OUT"),
        _ => {}
    }
    if name.starts_with("out") && kind.ends_with('*') {
        return Ok("OUT");
    }
    let found = KINDS.iter().find(|(known, _)| known == kind);
    found.map(|(_, kind)| *kind).ok_or_else(|| {
        format!("{}: the type `{kind}` of {name} is not known: give it a kind in xtask/src/misuse.rs", function.name)
    })
}

/// The C text of a table.
fn table(functions: &[Function], library: &Library) -> Result<String, Box<dyn Error>> {
    let mut text = format!("/* Generated from {} by `{COMMAND}`; do not edit. */\n", library.headers.join(", "));
    text.push_str(library.include);
    text.push_str("\n#include \"calls.h\"\n");
    let mut rows = String::new();
    for function in functions {
        text.push_str(&call(function)?);
        rows.push_str(&row(function)?);
    }
    text.push_str("\nstatic const function functions[] = {\n");
    text.push_str(&rows);
    text.push_str("};\n");
    Ok(text)
}

/// A function that takes its arguments from an array.
fn call(function: &Function) -> Result<String, String> {
    let name = &function.name;
    let types: Vec<&str> = function.parameters.iter().map(|(kind, _)| kind.as_str()).collect();
    let types = if types.is_empty() { "void".to_owned() } else { types.join(", ") };
    let mut arguments = Vec::new();
    for at in 0..function.parameters.len() {
        let kind_of = kind(function, at)?;
        let c_type = &function.parameters[at].0;
        arguments.push(match kind_of {
            "NUMBER" | "LENGTH" | "COUNT_OF_KEYS" | "SIZE" => format!("({c_type})a[{at}].number"),
            "CONTEXT" => "no_context".to_owned(),
            "HOOK" => format!("(void (*)(void *))a[{at}].code"),
            _ if kind_of.ends_with("CALLBACK") || ["FINALISER", "BODY"].contains(&kind_of) => {
                format!("({c_type})a[{at}].code")
            }
            _ => format!("({c_type})a[{at}].address"),
        });
    }
    let made = format!("{name}({})", arguments.join(", "));
    let line = match result(function)? {
        "GIVES_NOTHING" => format!("{made};\n    return (answer){{0}};"),
        "GIVES_NUMBER" | "GIVES_ERROR" => format!("return (answer){{.number = (int64_t){made}}};"),
        _ => format!("return (answer){{.address = (const void *){made}}};"),
    };
    let plain = if function.parameters.is_empty() { "    (void)a;\n" } else { "" };
    // An older header's function is a macro in a newer one.
    Ok(format!(
        "\n#undef {name}\nextern {} {name}({types});\nstatic answer call_{name}(const argument *a) {{\n{plain}    {line}\n}}\n",
        function.result
    ))
}

fn result(function: &Function) -> Result<&'static str, String> {
    let found = RESULTS.iter().find(|(known, _)| *known == function.result);
    found
        .map(|(_, result)| *result)
        .ok_or_else(|| format!("{} returns `{}`: not known", function.name, function.result))
}

fn row(function: &Function) -> Result<String, String> {
    let mut parameters = Vec::new();
    for at in 0..function.parameters.len() {
        let (c_type, name) = &function.parameters[at];
        let size = match kind(function, at)? {
            "OUT" | "FREED" => format!("sizeof({})", c_type.trim_end_matches('*').trim_end()),
            "NUMBER" | "LENGTH" | "COUNT_OF_KEYS" | "SIZE" => format!("sizeof({c_type})"),
            _ => "0".to_owned(),
        };
        parameters.push(format!("{{{}, {size}, \"{name}\"}}", kind(function, at)?));
    }
    let count = parameters.len();
    // An empty initialiser is not C before C23.
    let list = if count == 0 { "{NUMBER, 0, \"\"}".to_owned() } else { parameters.join(", ") };
    Ok(format!("    {{\"{0}\", call_{0}, {1}, {count}, {{{list}}}}},\n", function.name, result(function)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "\
typedef struct { int x_a(int); } x_s;
/* int x_comment(int a); */
#define x_macro(a) a; x_macro(b);
typedef void (*x_callback)(void *a);
int x_do(plinth_database *db, uint8_t const* key, int key_length,
         void (*hook)(void*), int64_t* out_version);
extern \"C\" {
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* x_none(void);
}
";

    #[test]
    fn functions_are_found_and_nothing_else() {
        let found = functions(HEADER, "x_");
        let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["x_do", "x_none"]);
        assert_eq!((found[1].result.as_str(), found[1].parameters.len()), ("FDBFuture *", 0));
        let kinds: Vec<_> = (0..5).map(|at| kind(&found[0], at).unwrap()).collect();
        assert_eq!(kinds, ["DATABASE", "BYTES", "LENGTH", "HOOK", "OUT"]);
    }

    #[test]
    fn an_unknown_type_is_an_error_that_names_it() {
        let found = functions("int x_new(x_thing *thing, int a);", "x_");
        assert!(kind(&found[0], 0).unwrap_err().contains("`x_thing *` of thing"));
        assert!(table(&found, &LIBRARIES[0]).is_err());
    }

    #[test]
    fn a_function_in_one_list_only_is_an_error() {
        let found = functions("int plinth_a(int a);", "plinth_");
        assert!(compare(&found, "plinth_a\n", &LIBRARIES[0]).is_ok());
        assert!(compare(&found, "plinth_a\nplinth_b\n", &LIBRARIES[0]).unwrap_err().contains("plinth_b"));
        assert!(compare(&found, "", &LIBRARIES[0]).unwrap_err().contains("plinth_a"));
    }
}
