//! C types of the interface, and the Rust types that are the same to the machine.

/// The one parameter that is a function without a name of its own.
const HOOK: &str = "void (*)(void*)";

/// A parameter as its type and its name.
pub fn split(parameter: &str) -> (String, String) {
    if let Some((before, after)) = parameter.split_once("(*") {
        let (name, rest) = after.split_once(')').unwrap_or((after, ""));
        return (format!("{before}(*){rest}"), name.to_owned());
    }
    let (kind, name) = parameter.rsplit_once(' ').unwrap_or((parameter, ""));
    (kind.to_owned(), name.to_owned())
}

/// The Rust type of a C type.
pub fn to_rust(kind: &str) -> Result<String, String> {
    if kind == HOOK {
        return Ok("Option<unsafe extern \"C\" fn(*mut c_void)>".to_owned());
    }
    // `const T` is `T const`.
    let kind = match kind.strip_prefix("const ") {
        Some(rest) => match rest.find('*') {
            Some(at) => format!("{} const{}", &rest[..at], &rest[at..]),
            None => rest.to_owned(),
        },
        None => kind.to_owned(),
    };
    pointer(kind.trim())
}

fn pointer(kind: &str) -> Result<String, String> {
    let Some(target) = kind.strip_suffix('*').map(str::trim_end) else { return plain(kind) };
    Ok(match target.strip_suffix(" const") {
        Some(target) => format!("*const {}", pointer(target)?),
        None => format!("*mut {}", pointer(target)?),
    })
}

fn plain(kind: &str) -> Result<String, String> {
    Ok(match kind {
        "int" => "c_int",
        "char" => "c_char",
        "void" => "c_void",
        "int64_t" => "i64",
        "uint64_t" => "u64",
        "uint8_t" => "u8",
        "double" => "f64",
        "fdb_error_t" | "fdb_bool_t" => kind,
        // An enumeration of C is an int, and any int may come.
        "FDBNetworkOption"
        | "FDBClusterOption"
        | "FDBDatabaseOption"
        | "FDBTransactionOption"
        | "FDBStreamingMode"
        | "FDBMutationType"
        | "FDBConflictRangeType" => "c_int",
        _ if kind.starts_with("FDB") => kind,
        _ => return Err(format!("the type {kind} is not known")),
    }
    .to_owned())
}

/// A Rust type without the names that mean the same: two types are one to the machine if these are equal.
pub fn plainest(kind: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    for letter in kind.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | ':' => {
                words.last_mut().into_iter().for_each(|word| word.push(letter))
            }
            _ => words.extend([letter.to_string(), String::new()]),
        }
    }
    let same = |word: &str| match word.rsplit("::").next().unwrap_or(word) {
        "fdb_error_t" | "fdb_bool_t" | "i32" => "c_int".to_owned(),
        "i8" => "c_char".to_owned(),
        last => last.to_owned(),
    };
    let words: Vec<String> = words.iter().map(|word| same(word)).filter(|word| !word.trim().is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{plainest, split, to_rust};

    #[test]
    fn parameters_are_split() {
        let pair = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        assert_eq!(split("uint8_t const* key"), pair("uint8_t const*", "key"));
        assert_eq!(split("void (*hook)(void*)"), pair("void (*)(void*)", "hook"));
    }

    #[test]
    fn types_are_turned_into_those_of_rust() {
        let rust = |kind| to_rust(kind).unwrap();
        assert_eq!(rust("uint8_t const**"), "*mut *const u8");
        assert_eq!(rust("const char*"), "*const c_char");
        assert_eq!(rust("const char***"), "*mut *mut *const c_char");
        assert_eq!(rust("FDBKeyValue const**"), "*mut *const FDBKeyValue");
        assert_eq!(rust("FDBTransactionOption"), "c_int");
        assert_eq!(rust("FDBReadBlobGranuleContext"), "FDBReadBlobGranuleContext");
        assert!(to_rust("long").is_err());
    }

    #[test]
    fn spellings_of_one_type_are_equal_and_others_are_not() {
        assert_eq!(plainest("*mut  crate::layout::FDBFuture"), plainest("*mut FDBFuture"));
        assert_eq!(plainest("i32"), plainest("fdb_error_t"));
        assert_ne!(plainest("*mut u8"), plainest("*const u8"));
        assert_ne!(plainest("i64"), plainest("c_int"));
    }
}
