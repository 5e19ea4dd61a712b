//! The special keys that only this interface has, or that it answers otherwise than the store:
//! tracing, tenants, and what a cluster says about itself. All others are the store's (section 9
//! of the rules).

use std::sync::Arc;

use plinth_api::key::successor;
use plinth_api::{Code, Error, KeySelector, RangeOptions, RangeResult, Result, Value};

use uuid::Uuid;

use crate::layout::FDBFuture;
use crate::output::Output;
use crate::transaction::Transaction;
use crate::{tenant, version};
use plinth_api::status;

const TRACING: &[u8] = b"\xff\xff/tracing/";
const END_OF_TRACING: &[u8] = b"\xff\xff/tracing0";
const TRANSACTION_ID: &[u8] = b"\xff\xff/tracing/transaction_id";
const TOKEN: &[u8] = b"\xff\xff/tracing/token";
const STATUS: &[u8] = b"\xff\xff/status/json";
const FILE: &[u8] = b"\xff\xff/cluster_file_path";
const CONNECTION: &[u8] = b"\xff\xff/connection_string";
/// Tenants by name, as of 7.1 and as of 7.3.
const TENANTS: [&[u8]; 2] = [b"\xff\xff/management/tenant_map/", b"\xff\xff/management/tenant/map/"];

/// Rows in order.
type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// What the tracing keys say.
#[derive(Default)]
pub struct Trace {
    /// 32 hexadecimal digits, made when they are first read.
    id: Option<String>,
    token: u64,
}

/// What this file answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Module {
    Tracing,
    Tenants(&'static [u8]),
    /// A single key.
    Text(&'static [u8]),
}

impl Module {
    /// The module that both ends lie in, if it is one of these.
    fn of(begin: &[u8], end: &[u8]) -> Option<Self> {
        if begin >= TRACING && end <= END_OF_TRACING {
            return Some(Self::Tracing);
        }
        let text = [STATUS, FILE, CONNECTION].into_iter().find(|key| begin == *key && end <= &*successor(key));
        let tenants = || TENANTS.into_iter().find(|prefix| begin.starts_with(prefix) && *end <= *end_of(prefix));
        text.map(Self::Text).or_else(|| tenants().map(Self::Tenants))
    }
}

/// First key past those with this prefix, which ends with a slash.
fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    end
}

/// Below version 630 there are three special keys, for single reads only (rule SPEC-8).
fn check_version(module: Option<Module>, single: bool) -> Result<()> {
    let there = version::selected() >= 630 || (single && matches!(module, Some(Module::Text(_))));
    match there {
        true => Ok(()),
        false => Err(Error::new(Code::KEY_OUTSIDE_LEGAL_RANGE)),
    }
}

/// Reads a special key.
pub fn get(transaction: &Arc<Transaction>, key: &[u8]) -> *mut FDBFuture {
    let module = Module::of(key, &successor(key));
    if let Err(error) = check_version(module, true) {
        return transaction.special(|_, _, _| Err(error));
    }
    let Some(module) = module else {
        return transaction.special(|future, inner, keyspace| {
            Ok(inner.get_async(keyspace, key, true, future.done(|value| Output::value(value, || None))))
        });
    };
    let key = key.to_vec();
    let find = move |rows: Rows| {
        let value = rows.into_iter().find(|(found, _)| *found == key).map(|(_, value)| Value::Owned(value));
        Output::value(value, || None)
    };
    answer(transaction, module, find)
}

/// Reads a range of special keys.
pub fn get_range(
    transaction: &Arc<Transaction>,
    begin: KeySelector,
    end: KeySelector,
    options: Result<RangeOptions>,
) -> *mut FDBFuture {
    let module = Module::of(&begin.key, &end.key);
    let options = match check_version(module, false).and(options) {
        Ok(options) => options,
        Err(error) => return transaction.special(|_, _, _| Err(error)),
    };
    let Some(module) = module else {
        return transaction.special(|future, inner, keyspace| {
            Ok(inner.get_range_async(keyspace, begin, end, options, future.done(Output::rows)))
        });
    };
    answer(transaction, module, move |rows| Output::rows(RangeResult::select(&rows, begin, end, options)))
}

/// Answers with the rows of a module.
fn answer(
    transaction: &Arc<Transaction>,
    module: Module,
    find: impl FnOnce(Rows) -> Output + Send + 'static,
) -> *mut FDBFuture {
    match module {
        Module::Tenants(prefix) => transaction.special(|future, inner, _| {
            let tenants = tenants(transaction, inner)?;
            let rows = tenants.into_iter().map(|(name, id)| tenant_row(prefix, &name, id));
            future.complete(Ok(find(rows.collect())));
            Ok(None)
        }),
        Module::Tracing => transaction.special(|future, _, _| {
            future.complete(Ok(find(transaction.extra().trace.rows())));
            Ok(None)
        }),
        Module::Text(key) => transaction.special(|future, _, _| {
            future.complete(Ok(find(vec![(key.to_vec(), text(transaction, key)?.into_bytes())])));
            Ok(None)
        }),
    }
}

/// The tenants as the transaction sees them, read on the calling thread: there are few. After a
/// commit those there are now.
fn tenants(transaction: &Transaction, inner: Arc<dyn plinth_api::Transaction>) -> Result<Vec<(Vec<u8>, i64)>> {
    let store = transaction.store()?;
    let reader = if transaction.extra().committing { store.begin()? } else { inner };
    tenant::list(&*reader, store.tenants()?)
}

fn text(transaction: &Transaction, key: &[u8]) -> Result<String> {
    let store = transaction.store()?;
    Ok(match key {
        FILE => store.file.clone(),
        CONNECTION => store.connection.clone(),
        _ => status::status_json(&store.status()),
    })
}

/// A tenant as its special key tells it. Its prefix is made up: tenants have keyspaces of their own.
fn tenant_row(prefix: &[u8], name: &[u8], id: i64) -> (Vec<u8>, Vec<u8>) {
    let number = id.to_be_bytes();
    let json = if prefix == TENANTS[0] {
        format!("{{\"id\":{id},\"prefix\":{}}}", status::string(&printable(&number)))
    } else {
        format!(
            "{{\"id\":{id},\"lock_state\":\"unlocked\",\"name\":{},\"prefix\":{},\"tenant_state\":\"ready\"}}",
            two_forms(name),
            two_forms(&number)
        )
    };
    ([prefix, name].concat(), json.into_bytes())
}

/// Bytes as people read them.
fn printable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            0x20..=0x7e => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text
}

/// Bytes as programs of 7.3 read them.
fn two_forms(bytes: &[u8]) -> String {
    let base64 = status::base64(bytes);
    format!("{{\"base64\":\"{base64}\",\"printable\":{}}}", status::string(&printable(bytes)))
}

/// Sets a special key (rule SPEC-3).
pub fn set(transaction: &Transaction, key: &[u8], value: &[u8]) -> Result<()> {
    transaction.extra().may_write_special()?;
    match Module::of(key, &successor(key)) {
        Some(Module::Tenants(prefix)) => {
            tenant::create(&**transaction.inner()?, transaction.store()?, &key[prefix.len()..])
        }
        Some(Module::Tracing) => transaction.extra().trace.set(key, value),
        // The store knows what else it refuses.
        _ => transaction.inner()?.set(0, key, value),
    }
}

/// Clears special keys (rule SPEC-3).
pub fn clear(transaction: &Transaction, begin: &[u8], end: &[u8]) -> Result<()> {
    transaction.extra().may_write_special()?;
    if begin > end {
        return Err(Error::new(Code::INVERTED_RANGE));
    }
    match Module::of(begin, end) {
        Some(Module::Tenants(prefix)) => {
            let end = end.strip_prefix(prefix).map_or(b"\xff\xff".as_slice(), |end| end);
            let begin = &begin[prefix.len()..];
            let deleted = tenant::delete(&**transaction.inner()?, transaction.store()?, begin, end)?;
            transaction.extra().deleted.extend(deleted);
            Ok(())
        }
        Some(Module::Tracing) => {
            Err(Error::new(Code::SPECIAL_KEYS_API_FAILURE).context("tracing keys can't be cleared"))
        }
        _ => transaction.inner()?.clear_range(0, begin, end),
    }
}

impl Trace {
    fn rows(&mut self) -> Rows {
        let id = self.id.get_or_insert_with(|| Uuid::new_v4().simple().to_string()).clone();
        vec![(TOKEN.to_vec(), self.token.to_string().into_bytes()), (TRANSACTION_ID.to_vec(), id.into_bytes())]
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let text = std::str::from_utf8(value).unwrap_or_default();
        match (key, text) {
            (TOKEN, "true") => self.token = Uuid::new_v4().as_u64_pair().1,
            (TOKEN, "false") => self.token = 0,
            (TRANSACTION_ID, id) if !id.is_empty() && id.len() <= 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) => {
                self.id = Some(format!("{:0>32}", id.to_ascii_lowercase()));
            }
            _ => return Err(Error::new(Code::SPECIAL_KEYS_API_FAILURE).context("no such value for a tracing key")),
        }
        Ok(())
    }
}
