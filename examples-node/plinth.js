// Plinth for Node.js: what include/plinth.h declares, through koffi, as promises.
//
// Calls that may wait for the disk or for others (open, reads, commit, close) run on Node's own worker threads; what
// only changes a transaction is done at once. A thread of the library that tells of a watch waits for the event loop, so
// nothing here waits for the library on the event loop's thread.
'use strict';

const koffi = require('koffi');

const lib = koffi.load(process.env.PLINTH_LIBRARY || 'libplinth.so.1');

for (const name of ['plinth_database', 'plinth_keyspace', 'plinth_transaction', 'plinth_watch']) koffi.opaque(name);
koffi.struct('plinth_value', { data: 'void *', len: 'size_t', owner: 'void *' });
koffi.struct('plinth_key_value', { key: 'void *', key_len: 'size_t', value: 'void *', value_len: 'size_t' });
koffi.struct('plinth_range', { items: 'void *', count: 'size_t', more: 'bool', owner: 'void *' });
koffi.struct('plinth_key_selector', { key: 'const uint8_t *', key_len: 'size_t', or_equal: 'bool', offset: 'int32_t' });
koffi.struct('plinth_range_options', {
  struct_size: 'uint32_t', limit: 'int32_t', target_bytes: 'int64_t', snapshot: 'bool', reverse: 'bool',
});
const Told = koffi.proto('void plinth_done_callback(void *user, int32_t error)');

const declared = (result, name, ...parameters) => lib.func(`${result} ${name}(${parameters.join(', ')})`);
const key = ['const uint8_t *key', 'size_t key_len'];
const on = ['plinth_transaction *tr', 'plinth_keyspace *ks'];
const call = {
  open: declared('int32_t', 'plinth_database_open', 'const char *path', 'void *options', '_Out_ plinth_database **out'),
  close: declared('int32_t', 'plinth_database_close', 'plinth_database *db'),
  sync: declared('int32_t', 'plinth_database_sync', 'plinth_database *db'),
  keyspace: declared('int32_t', 'plinth_keyspace_open', 'plinth_database *db', 'const char *name', '_Out_ plinth_keyspace **out'),
  closeKeyspace: declared('int32_t', 'plinth_keyspace_close', 'plinth_keyspace *ks'),
  begin: declared('int32_t', 'plinth_transaction_begin', 'plinth_database *db', '_Out_ plinth_transaction **out'),
  destroy: declared('int32_t', 'plinth_transaction_destroy', 'plinth_transaction *tr'),
  get: declared('int32_t', 'plinth_transaction_get', ...on, ...key, '_Out_ plinth_value *out'),
  snapshotGet: declared('int32_t', 'plinth_transaction_snapshot_get', ...on, ...key, '_Out_ plinth_value *out'),
  getRange: declared('int32_t', 'plinth_transaction_get_range', ...on, 'plinth_key_selector *begin', 'plinth_key_selector *end',
    'plinth_range_options *options', '_Out_ plinth_range *out'),
  set: declared('int32_t', 'plinth_transaction_set', ...on, ...key, 'const uint8_t *value', 'size_t value_len'),
  clear: declared('int32_t', 'plinth_transaction_clear', ...on, ...key),
  clearRange: declared('int32_t', 'plinth_transaction_clear_range', ...on, ...key, 'const uint8_t *end', 'size_t end_len'),
  atomic: declared('int32_t', 'plinth_transaction_atomic_op', ...on, 'int32_t op', ...key, 'const uint8_t *operand', 'size_t len'),
  stampedKey: declared('int32_t', 'plinth_transaction_set_versionstamped_key', ...on, ...key, 'uint32_t offset',
    'const uint8_t *value', 'size_t value_len'),
  versionstamp: declared('int32_t', 'plinth_transaction_get_versionstamp', 'plinth_transaction *tr', 'uint8_t *out'),
  option: declared('int32_t', 'plinth_transaction_set_option', 'plinth_transaction *tr', 'int32_t option', 'int64_t value'),
  commit: declared('int32_t', 'plinth_transaction_commit', 'plinth_transaction *tr'),
  onError: declared('int32_t', 'plinth_transaction_on_error', 'plinth_transaction *tr', 'int32_t error'),
  cancel: declared('int32_t', 'plinth_transaction_cancel', 'plinth_transaction *tr'),
  watch: declared('int32_t', 'plinth_transaction_watch', ...on, ...key, 'plinth_done_callback *told', 'void *user',
    'void *finaliser', '_Out_ plinth_watch **out'),
  endWatch: declared('int32_t', 'plinth_watch_destroy', 'plinth_watch *watch'),
  freeValue: declared('void', 'plinth_value_free', '_Inout_ plinth_value *value'),
  freeRange: declared('void', 'plinth_range_free', '_Inout_ plinth_range *range'),
  name: declared('const char *', 'plinth_error_name', 'int32_t error'),
  description: declared('const char *', 'plinth_error_description', 'int32_t error'),
  isRetryable: declared('bool', 'plinth_error_is_retryable', 'int32_t error'),
  lastError: declared('const char *', 'plinth_last_error'),
  version: declared('const char *', 'plinth_version'),
};

// What a call of the library returned. Its story belongs to the thread of the call, so that calls on worker threads
// have only the description.
class PlinthError extends Error {
  constructor(number, story) {
    super(story || `${call.name(number)} (${number}): ${call.description(number)}`);
    this.name = 'PlinthError';
    this.number = number;
  }

  get isRetryable() {
    return call.isRetryable(this.number);
  }
}

function check(number) {
  if (number !== 0) throw new PlinthError(number, call.lastError());
}

// Makes a call on a worker thread. What the arguments point to is kept until it has returned.
function onWorker(fn, ...args) {
  return new Promise((resolve, reject) => {
    fn.async(...args, (problem, number) => {
      if (problem) reject(problem);
      else if (number !== 0) reject(new PlinthError(number));
      else resolve(args);
    });
  });
}

const bytes = (text) => (typeof text === 'string' ? Buffer.from(text) : text);
const copied = (pointer, len) => (len === 0 ? Buffer.alloc(0) : Buffer.copyBytesFrom(new Uint8Array(koffi.view(pointer, len))));
const handleOf = (keyspace) => (keyspace ? keyspace.handle : null);

// A key selector: the first key at or above `key`, or above it.
const selector = (at, above = false) => {
  const of = bytes(at);
  return { key: of, key_len: of.length, or_equal: above, offset: 1 };
};

class Transaction {
  constructor(handle) {
    this.handle = handle;
  }

  // The value of a key, or null.
  async get(at, { snapshot = false, keyspace } = {}) {
    const [of, value] = [bytes(at), {}];
    await onWorker(snapshot ? call.snapshotGet : call.get, this.handle, handleOf(keyspace), of, of.length, value);
    try {
      return value.data === null ? null : copied(value.data, Number(value.len));
    } finally {
      call.freeValue(value);
    }
  }

  // Goes through the pairs from `begin` up to, not including, `end`, in batches.
  async *range(begin, end, { limit = 0, reverse = false, snapshot = false, keyspace } = {}) {
    let [first, last, left] = [selector(begin), selector(end), limit];
    for (;;) {
      const { pairs, more } = await this.readRange(first, last, { limit: left, reverse, snapshot, keyspace });
      yield* pairs;
      left -= limit > 0 ? pairs.length : 0;
      if (!more || (limit > 0 && left === 0)) return;
      const at = pairs[pairs.length - 1][0];
      if (reverse) last = selector(at);
      else first = selector(at, true);
    }
  }

  async readRange(first, last, { limit, reverse, snapshot, keyspace }) {
    const options = { struct_size: koffi.sizeof('plinth_range_options'), limit, target_bytes: 64 << 10, snapshot, reverse };
    const found = {};
    await onWorker(call.getRange, this.handle, handleOf(keyspace), first, last, options, found);
    try {
      const count = Number(found.count);
      const items = count === 0 ? [] : koffi.decode(found.items, 'plinth_key_value', count);
      const pair = (item) => [copied(item.key, Number(item.key_len)), copied(item.value, Number(item.value_len))];
      return { pairs: items.map(pair), more: found.more };
    } finally {
      call.freeRange(found);
    }
  }

  set(at, value, { keyspace } = {}) {
    const [of, to] = [bytes(at), bytes(value)];
    check(call.set(this.handle, handleOf(keyspace), of, of.length, to, to.length));
  }

  clear(at, { keyspace } = {}) {
    const of = bytes(at);
    check(call.clear(this.handle, handleOf(keyspace), of, of.length));
  }

  clearRange(begin, end, { keyspace } = {}) {
    const [from, to] = [bytes(begin), bytes(end)];
    check(call.clearRange(this.handle, handleOf(keyspace), from, from.length, to, to.length));
  }

  // Adds to a counter of eight bytes, little-endian, without a conflict.
  add(at, number, { keyspace } = {}) {
    const [of, operand] = [bytes(at), Buffer.alloc(8)];
    operand.writeBigInt64LE(BigInt(number));
    check(call.atomic(this.handle, handleOf(keyspace), 2, of, of.length, operand, operand.length));
  }

  // Sets a key in which the ten bytes at `offset` become the commit's versionstamp.
  setVersionstampedKey(at, offset, value, { keyspace } = {}) {
    const [of, to] = [bytes(at), bytes(value)];
    check(call.stampedKey(this.handle, handleOf(keyspace), of, of.length, offset, to, to.length));
  }

  // The ten bytes, after the commit.
  versionstamp() {
    const stamp = Buffer.alloc(10);
    check(call.versionstamp(this.handle, stamp));
    return stamp;
  }

  // An option by its number in plinth.h, such as 500 for a timeout in milliseconds.
  setOption(option, value = 0) {
    check(call.option(this.handle, option, value));
  }

  async commit() {
    await onWorker(call.commit, this.handle);
  }

  // After a retryable error: waits and resets. Any other is thrown again.
  async onError(error) {
    if (!(error instanceof PlinthError)) throw error;
    await onWorker(call.onError, this.handle, error.number).catch((again) => {
      throw again.number === error.number ? error : again;
    });
  }

  // A watch, from this transaction's commit on: `changed` is a promise for a change of the value.
  watch(at, { keyspace } = {}) {
    const of = bytes(at);
    const out = [null];
    const changed = new Promise((resolve, reject) => {
      // What the library will tell does not keep the event loop alive.
      const alive = setInterval(() => {}, 1 << 30);
      const told = koffi.register((_user, number) => {
        clearInterval(alive);
        // Not within itself.
        setImmediate(() => koffi.unregister(told));
        if (number === 0) resolve();
        else reject(new PlinthError(number));
      }, koffi.pointer(Told));
      check(call.watch(this.handle, handleOf(keyspace), of, of.length, told, null, null, out));
    });
    return { changed, cancel: () => out[0] && call.endWatch(out[0]) };
  }

  cancel() {
    check(call.cancel(this.handle));
  }

  destroy() {
    call.destroy(this.handle);
  }
}

class Database {
  constructor(handle) {
    this.handle = handle;
  }

  begin() {
    const out = [null];
    check(call.begin(this.handle, out));
    return new Transaction(out[0]);
  }

  // Calls `body(transaction)` and commits, again and again until that succeeds or fails for good. Returns what the body
  // returned. As it may run several times, its effects outside the database should be harmless to repeat.
  async run(body) {
    const tr = this.begin();
    try {
      for (;;) {
        try {
          const result = await body(tr);
          await tr.commit();
          return result;
        } catch (error) {
          await tr.onError(error);
        }
      }
    } finally {
      tr.destroy();
    }
  }

  async keyspace(name) {
    const out = [null];
    await onWorker(call.keyspace, this.handle, name, out);
    return { handle: out[0], close: () => check(call.closeKeyspace(out[0])) };
  }

  async sync() {
    await onWorker(call.sync, this.handle);
  }

  async close() {
    await onWorker(call.close, this.handle);
  }
}

// Opens a database, and makes it if it is missing. ":memory:" is one that nobody else sees.
async function open(path) {
  const out = [null];
  await onWorker(call.open, path, null, out);
  return new Database(out[0]);
}

module.exports = { open, Database, PlinthError, Transaction, version: () => call.version() };
