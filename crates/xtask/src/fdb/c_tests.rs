//! The C programs that show what the headers say: each function and macro is there at each version, and each
//! structure lies as the table says.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::comment;
use super::option::{Kind, Options, Scope};
use super::table::{self, Struct, Table, NEWEST, OLDEST};

/// header_c90.c
pub fn c90(table: &Table, options: &Options) -> String {
    let about = [
        "ABI-5: the headers compile as C90, alone, first and twice, at the version that the compiler is given; every",
        "function that the version has links; every macro and every number is usable.",
    ];
    let mut text = program(&about) + "#include <stdio.h>\n#include <stdlib.h>\n\n";
    text.push_str(&addresses(table));
    text.push_str(&numbers(options));
    text + C90
}

/// header_cxx.cc
pub fn cxx(table: &Table, options: &Options) -> String {
    let about = [
        "ABI-5: the headers compile as C++98 and later, alone, first and twice, at the version that the compiler is",
        "given; every function that the version has links; every macro and every number is usable.",
    ];
    let mut text = program(&about) + "#include <cstdio>\n#include <cstdlib>\n\n";
    text.push_str(&addresses(table));
    text.push_str(&numbers(options));
    text + CXX
}

/// layout.c
pub fn layout(table: &Table) -> String {
    let mut text = format!(
        "/*\n * ABI-1: the structures lie as compiled clients expect them, on a 64-bit machine.\n *\n * {}\n */\n",
        comment::origin(table::PATH)
    );
    text.push_str(LAYOUT);
    for item in &table.structs {
        asserts(&mut text, item);
    }
    text.push_str(MAPPED);
    text
}

fn program(about: &[&str]) -> String {
    let mut lines: Vec<String> = vec![about.join(" ")];
    lines.push(String::new());
    lines.push(comment::origin(&format!("{} and {}", table::PATH, super::option::PATH)));
    comment::c(&lines, "")
        + &format!("#ifndef FDB_API_VERSION\n#define FDB_API_VERSION {NEWEST}\n#endif\n\n")
        + &INCLUDED.map(|name| format!("#include <foundationdb/{name}>\n")).concat()
        + "#include <foundationdb/fdb_c.h>\n\n"
}

const INCLUDED: [&str; 3] = ["fdb_c.h", "fdb_c_internal.h", "fdb_c_shim.h"];

/// Every function that the version has, with its name.
fn addresses(table: &Table) -> String {
    let mut text = "typedef void (*address)(void);\n\nstruct function {\n    const char* name;\n    \
                    address where;\n};\n\n\
                    #define FUNCTION(name) { #name, (address)name }\n\n\
                    static const struct function functions[] = {\n"
        .to_owned();
    let mut by_end: BTreeMap<Option<u32>, Vec<&str>> = BTreeMap::new();
    for function in &table.functions {
        by_end.entry(function.gone_at()).or_default().push(&function.name);
    }
    let last = by_end.remove(&None).unwrap_or_default();
    for (version, names) in by_end.into_iter().filter_map(|(version, names)| Some((version?, names))) {
        if version > OLDEST {
            let _ = writeln!(text, "#if FDB_API_VERSION < {version}");
            names.iter().for_each(|name| text.push_str(&format!("    FUNCTION({name}),\n")));
            text.push_str("#endif\n");
        }
    }
    last.iter().for_each(|name| text.push_str(&format!("    FUNCTION({name}),\n")));
    text.trim_end_matches(",\n").to_owned() + "\n};\n\n"
}

/// Every option and number, in an array by its own type.
fn numbers(options: &Options) -> String {
    let mut text = String::new();
    let mut array = |kind: &str, prefix: &str, names: Vec<&String>| {
        let _ = write!(text, "static const {kind} numbers_of_{kind}[] = {{\n    ");
        let names: Vec<String> = names.iter().map(|name| format!("{prefix}{}", name.to_uppercase())).collect();
        text.push_str(&comment::wrap(&names.join(", "), comment::WIDTH - 4).join("\n    "));
        text.push_str("\n};\n\n");
    };
    for scope in Scope::ALL {
        let (kind, prefix, _) = scope.names();
        array(kind, prefix, options.of(scope).flat_map(|row| [&row.name].into_iter().chain(&row.also)).collect());
    }
    for enumeration in Kind::ALL {
        let (kind, prefix, _) = enumeration.names();
        let numbers = options.numbers_of(enumeration);
        array(kind, prefix, numbers.flat_map(|number| [&number.name].into_iter().chain(&number.also)).collect());
    }
    text.push_str(
        "#define COUNT(array) (sizeof(array) / sizeof((array)[0]))\n\n\
         static size_t numbers_in_all(void) {\n    return ",
    );
    let kinds = Scope::ALL.map(|scope| scope.names().0).into_iter().chain(Kind::ALL.map(|kind| kind.names().0));
    let counts: Vec<String> = kinds.map(|kind| format!("COUNT(numbers_of_{kind})")).collect();
    text.push_str(&comment::wrap(&counts.join(" + "), comment::WIDTH - 8).join("\n        "));
    text + ";\n}\n\n"
}

fn asserts(text: &mut String, item: &Struct) {
    let name = &item.name;
    let _ = write!(text, "\nLAYOUT(sizeof({name}) == {});\n", item.size);
    for member in &item.members {
        let field = member.name.trim_start_matches("(*");
        let end = field.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(field.len());
        let _ = writeln!(text, "LAYOUT(offsetof({name}, {}) == {});", &field[..end], member.offset);
    }
}

const LAYOUT: &str = "\
#ifndef FDB_API_VERSION
#define FDB_API_VERSION 730
#endif

#include <foundationdb/fdb_c.h>

#include <stddef.h>
#include <stdio.h>

#define LAYOUT(condition) __extension__ _Static_assert(condition, #condition)

LAYOUT(sizeof(fdb_error_t) == 4 && (fdb_error_t)-1 < 0);
LAYOUT(sizeof(fdb_bool_t) == 4 && (fdb_bool_t)-1 < 0);
LAYOUT(sizeof(FDBTransactionOption) == sizeof(int) && sizeof(FDBStreamingMode) == sizeof(int));
LAYOUT(sizeof(FDBCallback) == sizeof(void*));
";

const MAPPED: &str = "
/* Clients read the rows of a mapped range here. */
LAYOUT(offsetof(FDBMappedKeyValue, getRange.data) == 64);
LAYOUT(offsetof(FDBMappedKeyValue, getRange.m_size) == 72);

/* The same from within: the stride of an array is the size. */
int main(void) {
    static const FDBKeyValue rows[3];
    const size_t stride = (size_t)((const char*)&rows[2] - (const char*)&rows[0]) / 2;
    if (stride != sizeof(FDBKeyValue)) {
        printf(\"the rows of an array are %u bytes apart\\n\", (unsigned)stride);
        return 1;
    }
    printf(\"the layout is that of version %d\\n\", FDB_API_VERSION);
    return 0;
}
";

const C90: &str = "\
/* Macros that a program calls are compiled here; they are run when an argument is given. */
static int selectors(FDBTransaction* transaction, const uint8_t* key, int length) {
    FDBFuture* futures[4];
    int index;
    futures[0] = fdb_transaction_get_key(transaction, FDB_KEYSEL_LAST_LESS_THAN(key, length), 0);
    futures[1] = fdb_transaction_get_key(transaction, FDB_KEYSEL_LAST_LESS_OR_EQUAL(key, length), 0);
    futures[2] = fdb_transaction_get_key(transaction, FDB_KEYSEL_FIRST_GREATER_THAN(key, length), 0);
    futures[3] = fdb_transaction_get_key(transaction, FDB_KEYSEL_FIRST_GREATER_OR_EQUAL(key, length), 0);
    for (index = 0; index < 4; index++) {
        fdb_future_destroy(futures[index]);
    }
    return 4;
}

int main(int argc, char** argv) {
    size_t index;
    for (index = 0; index < COUNT(functions); index++) {
        if (functions[index].where == NULL) {
            printf(\"%s is not there\\n\", functions[index].name);
            return 1;
        }
    }
    if (fdb_select_api_version_capped(FDB_API_VERSION) != 0 || fdb_select_api_version(FDB_API_VERSION) == 0) {
        printf(\"a version can be selected once, and only once\\n\");
        return 1;
    }
    if (argc > 1 && selectors(NULL, (const uint8_t*)argv[1], 1) != 4) {
        return 1;
    }
    printf(\"version %d of %d: %u functions, %u numbers\\n\", FDB_API_VERSION, FDB_LATEST_API_VERSION,
           (unsigned)COUNT(functions), (unsigned)numbers_in_all());
    return EXIT_SUCCESS;
}
";

const CXX: &str = "\
static void count_in(FDBFuture*, void* parameter) {
    ++*static_cast<int*>(parameter);
}

// Macros that a program calls are compiled here; they are run when an argument is given.
static int selectors(FDBTransaction* transaction, const uint8_t* key, int length) {
    FDBFuture* futures[] = {
        fdb_transaction_get_key(transaction, FDB_KEYSEL_LAST_LESS_THAN(key, length), 0),
        fdb_transaction_get_key(transaction, FDB_KEYSEL_LAST_LESS_OR_EQUAL(key, length), 0),
        fdb_transaction_get_key(transaction, FDB_KEYSEL_FIRST_GREATER_THAN(key, length), 0),
        fdb_transaction_get_key(transaction, FDB_KEYSEL_FIRST_GREATER_OR_EQUAL(key, length), 0)};
    int called = 0;
    for (size_t index = 0; index < COUNT(futures); index++) {
        const FDBCallback callback = count_in;
        if (fdb_future_set_callback(futures[index], callback, &called) != 0) {
            return -1;
        }
        fdb_future_destroy(futures[index]);
    }
    return called;
}

int main(int argc, char** argv) {
    for (size_t index = 0; index < COUNT(functions); index++) {
        if (functions[index].where == NULL) {
            std::printf(\"%s is not there\\n\", functions[index].name);
            return 1;
        }
    }
    if (fdb_select_api_version_capped(FDB_API_VERSION) != 0 || fdb_select_api_version(FDB_API_VERSION) == 0) {
        std::printf(\"a version can be selected once, and only once\\n\");
        return 1;
    }
    if (argc > 1 && selectors(NULL, reinterpret_cast<const uint8_t*>(argv[1]), 1) != 4) {
        return 1;
    }
    std::printf(\"version %d of %d: %u functions, %u numbers\\n\", FDB_API_VERSION, FDB_LATEST_API_VERSION,
                static_cast<unsigned>(COUNT(functions)), static_cast<unsigned>(numbers_in_all()));
    return EXIT_SUCCESS;
}
";
