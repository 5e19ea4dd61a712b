// Package plinth is FoundationDB-style transactions over an embedded RocksDB: what plinth.h declares, through cgo.
//
//	db, err := plinth.Open("/srv/data")
//	_, err = db.Run(func(tr *plinth.Transaction) (any, error) {
//		old, err := tr.Get([]byte("key"))
//		if err != nil {
//			return nil, err
//		}
//		return nil, tr.Set([]byte("key"), append(old, '!'))
//	})
//
// What a call does, its limits and its errors are those of the C function of the same name. Any goroutine may use a
// Database or a Transaction. Keys and values are copied, both ways.
package plinth

// #cgo pkg-config: plinth
// #include <plinth.h>
// #include <stdlib.h>
import "C"

import (
	"encoding/binary"
	"errors"
	"runtime"
	"unsafe"
)

// Error is what a call of the library returned: one of FoundationDB's numbers, or from 9000 on one of Plinth's own.
type Error struct {
	Number int
	Story  string
}

func (e *Error) Error() string { return e.Story }

// IsRetryable tells whether the transaction may be tried again.
func (e *Error) IsRetryable() bool {
	return bool(C.plinth_error_is_retryable(C.plinth_error(e.Number)))
}

// IsMaybeCommitted tells whether the commit may have happened all the same.
func (e *Error) IsMaybeCommitted() bool {
	return bool(C.plinth_error_is_maybe_committed(C.plinth_error(e.Number)))
}

// call makes a call. The story of its error belongs to the thread, which the goroutine must not leave before it has it.
func call(body func() C.plinth_error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if number := body(); number != 0 {
		return &Error{int(number), C.GoString(C.plinth_last_error())}
	}
	return nil
}

// bytes is where a key or a value begins. The library takes no NULL, and an empty slice has no first byte.
func bytes(data []byte) *C.uint8_t {
	if len(data) == 0 {
		return (*C.uint8_t)(unsafe.Pointer(&nothing[0]))
	}
	return (*C.uint8_t)(unsafe.Pointer(&data[0]))
}

var nothing = [1]byte{}

// Version is the library's.
func Version() string { return C.GoString(C.plinth_version()) }

// Database is an open database.
type Database struct{ handle *C.plinth_database }

// Open opens a database, and makes it if it is missing. ":memory:" is one that nobody else sees.
func Open(path string) (*Database, error) {
	text := C.CString(path)
	defer C.free(unsafe.Pointer(text))
	db := &Database{}
	err := call(func() C.plinth_error { return C.plinth_database_open(text, nil, &db.handle) })
	if err != nil {
		return nil, err
	}
	return db, nil
}

// Close closes it: what is still open of it fails from then on.
func (db *Database) Close() error {
	return call(func() C.plinth_error { return C.plinth_database_close(db.handle) })
}

// Sync makes everything acknowledged durable.
func (db *Database) Sync() error {
	return call(func() C.plinth_error { return C.plinth_database_sync(db.handle) })
}

// LiveTransactions counts the transactions that were begun and not destroyed.
func (db *Database) LiveTransactions() (int, error) {
	var metrics C.plinth_metrics
	err := call(func() C.plinth_error { return C.plinth_database_metrics(db.handle, &metrics, C.sizeof_plinth_metrics) })
	return int(metrics.live_transactions), err
}

// Keyspace is an open keyspace.
type Keyspace struct{ handle *C.plinth_keyspace }

// Keyspace opens a keyspace, and makes it if it is missing.
func (db *Database) Keyspace(name string) (*Keyspace, error) {
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	ks := &Keyspace{}
	err := call(func() C.plinth_error { return C.plinth_keyspace_open(db.handle, text, &ks.handle) })
	if err != nil {
		return nil, err
	}
	return ks, nil
}

// Close ends the handle; the keyspace and its keys stay.
func (ks *Keyspace) Close() error {
	return call(func() C.plinth_error { return C.plinth_keyspace_close(ks.handle) })
}

// Begin begins a transaction, which the caller commits and destroys.
func (db *Database) Begin() (*Transaction, error) {
	tr := &Transaction{}
	err := call(func() C.plinth_error { return C.plinth_transaction_begin(db.handle, &tr.handle) })
	if err != nil {
		return nil, err
	}
	return tr, nil
}

// Run calls body and commits, again and again until that succeeds or fails for good, and returns what body returned. As
// body may run several times, its effects outside the database should be harmless to repeat. An error that is not the
// library's ends the transaction without a commit.
func (db *Database) Run(body func(*Transaction) (any, error)) (any, error) {
	tr, err := db.Begin()
	if err != nil {
		return nil, err
	}
	defer tr.Destroy()
	for {
		result, err := body(tr)
		if err == nil {
			err = tr.Commit()
		}
		if err == nil {
			return result, nil
		}
		if err = tr.OnError(err); err != nil {
			return nil, err
		}
	}
}

// Transaction is a transaction. In is the keyspace of the calls that follow, nil for the default one.
type Transaction struct {
	handle *C.plinth_transaction
	In     *Keyspace
}

func (tr *Transaction) keyspace() *C.plinth_keyspace {
	if tr.In == nil {
		return nil
	}
	return tr.In.handle
}

// Get is the value of a key, nil if there is no such key.
func (tr *Transaction) Get(key []byte) ([]byte, error) { return tr.get(key, false) }

// SnapshotGet is Get without a conflict if someone changes the key.
func (tr *Transaction) SnapshotGet(key []byte) ([]byte, error) { return tr.get(key, true) }

func (tr *Transaction) get(key []byte, snapshot bool) ([]byte, error) {
	var value C.plinth_value
	err := call(func() C.plinth_error {
		if snapshot {
			return C.plinth_transaction_snapshot_get(tr.handle, tr.keyspace(), bytes(key), C.size_t(len(key)), &value)
		}
		return C.plinth_transaction_get(tr.handle, tr.keyspace(), bytes(key), C.size_t(len(key)), &value)
	})
	if err != nil || value.data == nil {
		return nil, err
	}
	defer C.plinth_value_free(&value)
	return copied(value.data, value.len), nil
}

// copied is never nil, so that an empty value is not none.
func copied(data *C.uint8_t, length C.size_t) []byte {
	return append([]byte{}, unsafe.Slice((*byte)(unsafe.Pointer(data)), int(length))...)
}

// Set sets a key.
func (tr *Transaction) Set(key, value []byte) error {
	return call(func() C.plinth_error {
		return C.plinth_transaction_set(tr.handle, tr.keyspace(), bytes(key), C.size_t(len(key)), bytes(value), C.size_t(len(value)))
	})
}

// Clear clears a key.
func (tr *Transaction) Clear(key []byte) error {
	return call(func() C.plinth_error {
		return C.plinth_transaction_clear(tr.handle, tr.keyspace(), bytes(key), C.size_t(len(key)))
	})
}

// ClearRange clears the keys from begin up to, not including, end.
func (tr *Transaction) ClearRange(begin, end []byte) error {
	return call(func() C.plinth_error {
		return C.plinth_transaction_clear_range(tr.handle, tr.keyspace(), bytes(begin), C.size_t(len(begin)), bytes(end), C.size_t(len(end)))
	})
}

// Add adds to a counter of eight bytes, little-endian, without a conflict.
func (tr *Transaction) Add(key []byte, number int64) error {
	operand := make([]byte, 8)
	binary.LittleEndian.PutUint64(operand, uint64(number))
	return call(func() C.plinth_error {
		return C.plinth_transaction_atomic_op(tr.handle, tr.keyspace(), C.PLINTH_MUTATION_ADD, bytes(key), C.size_t(len(key)), bytes(operand), 8)
	})
}

// SetVersionstampedKey sets a key in which the ten bytes at offset become the commit's versionstamp.
func (tr *Transaction) SetVersionstampedKey(key []byte, offset uint32, value []byte) error {
	return call(func() C.plinth_error {
		return C.plinth_transaction_set_versionstamped_key(tr.handle, tr.keyspace(), bytes(key), C.size_t(len(key)), C.uint32_t(offset),
			bytes(value), C.size_t(len(value)))
	})
}

// Versionstamp is the commit's.
func (tr *Transaction) Versionstamp() ([10]byte, error) {
	var stamp [10]byte
	err := call(func() C.plinth_error { return C.plinth_transaction_get_versionstamp(tr.handle, bytes(stamp[:])) })
	return stamp, err
}

// SetOption sets an option by its number, PLINTH_OPTION_* in plinth.h.
func (tr *Transaction) SetOption(option int, value int64) error {
	return call(func() C.plinth_error {
		return C.plinth_transaction_set_option(tr.handle, C.int32_t(option), C.int64_t(value))
	})
}

// Commit commits; after a conflict it fails with 1020.
func (tr *Transaction) Commit() error {
	return call(func() C.plinth_error { return C.plinth_transaction_commit(tr.handle) })
}

// OnError waits and resets after a retryable error of the library, and returns any other.
func (tr *Transaction) OnError(err error) error {
	var ours *Error
	if !errors.As(err, &ours) {
		return err
	}
	again := call(func() C.plinth_error { return C.plinth_transaction_on_error(tr.handle, C.plinth_error(ours.Number)) })
	var same *Error
	if errors.As(again, &same) && same.Number == ours.Number {
		return err
	}
	return again
}

// Cancel has every further call fail with 1025.
func (tr *Transaction) Cancel() error {
	return call(func() C.plinth_error { return C.plinth_transaction_cancel(tr.handle) })
}

// Destroy ends the transaction.
func (tr *Transaction) Destroy() error {
	return call(func() C.plinth_error { return C.plinth_transaction_destroy(tr.handle) })
}

// KeyValue is a pair of a range.
type KeyValue struct{ Key, Value []byte }

// RangeOptions are what a range read is asked for; a Limit of 0 is none.
type RangeOptions struct {
	Limit             int32
	Reverse, Snapshot bool
}

// batchBytes is what a range read takes at a time.
const batchBytes = 64 << 10

// Range has each called with the pairs from begin up to, not including, end, in batches, until it returns false.
func (tr *Transaction) Range(begin, end []byte, options RangeOptions, each func(KeyValue) bool) error {
	left, after := options.Limit, false
	for {
		pairs, more, err := tr.readRange(begin, end, after, left, options)
		if err != nil {
			return err
		}
		for _, pair := range pairs {
			if !each(pair) {
				return nil
			}
		}
		if left > 0 {
			left -= int32(len(pairs))
		}
		if !more || (options.Limit > 0 && left == 0) {
			return nil
		}
		if last := pairs[len(pairs)-1].Key; options.Reverse {
			end = last
		} else {
			begin, after = last, true
		}
	}
}

// readRange reads one batch. What selectors point to is the library's kind of memory, as Go's may not lie in it.
func (tr *Transaction) readRange(begin, end []byte, after bool, limit int32, options RangeOptions) ([]KeyValue, bool, error) {
	first, last := C.CBytes(begin), C.CBytes(end)
	defer C.free(first)
	defer C.free(last)
	from := C.plinth_key_selector{key: (*C.uint8_t)(first), key_len: C.size_t(len(begin)), or_equal: C.bool(after), offset: 1}
	to := C.plinth_key_selector{key: (*C.uint8_t)(last), key_len: C.size_t(len(end)), offset: 1}
	how := C.plinth_range_options{struct_size: C.sizeof_plinth_range_options, limit: C.int32_t(limit), target_bytes: batchBytes,
		snapshot: C.bool(options.Snapshot), reverse: C.bool(options.Reverse)}
	var found C.plinth_range
	err := call(func() C.plinth_error {
		return C.plinth_transaction_get_range(tr.handle, tr.keyspace(), &from, &to, &how, &found)
	})
	if err != nil {
		return nil, false, err
	}
	defer C.plinth_range_free(&found)
	pairs := make([]KeyValue, int(found.count))
	for i, item := range unsafe.Slice(found.items, int(found.count)) {
		pairs[i] = KeyValue{copied(item.key, item.key_len), copied(item.value, item.value_len)}
	}
	return pairs, bool(found.more), nil
}
