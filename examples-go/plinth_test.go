package plinth

// The package as a program uses it. Rules are those of docs/SEMANTICS.md.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, number int, err error) *Error {
	t.Helper()
	var ours *Error
	if !errors.As(err, &ours) || ours.Number != number {
		t.Fatalf("expected %d, got %v", number, err)
	}
	return ours
}

func fresh(t *testing.T) *Database {
	db, err := Open(":memory:")
	must(t, err)
	t.Cleanup(func() {
		live, err := db.LiveTransactions()
		if must(t, err); live != 0 {
			t.Errorf("%d transactions are alive", live)
		}
		must(t, db.Close())
	})
	return db
}

func run(t *testing.T, db *Database, body func(*Transaction) error) {
	t.Helper()
	_, err := db.Run(func(tr *Transaction) (any, error) { return nil, body(tr) })
	must(t, err)
}

func numbered(number int) []byte { return []byte(fmt.Sprintf("key/%05d", number)) }

// GET-1, RYW-1
func TestAValueIsAbsentEmptyOrThere(t *testing.T) {
	db := fresh(t)
	run(t, db, func(tr *Transaction) error {
		absent, err := tr.Get([]byte("key"))
		if err != nil || absent != nil {
			t.Errorf("%v %v", absent, err)
		}
		must(t, tr.Set([]byte("nul"), []byte("a\x00b")))
		return tr.Set([]byte("empty"), nil)
	})
	run(t, db, func(tr *Transaction) error {
		empty, err := tr.Get([]byte("empty"))
		if err != nil || empty == nil || len(empty) != 0 {
			t.Errorf("%v %v", empty, err)
		}
		nul, err := tr.SnapshotGet([]byte("nul"))
		if string(nul) != "a\x00b" {
			t.Errorf("%q", nul)
		}
		return err
	})
}

// RNG-3, RNG-8
func TestARangeIsWhatItsBatchesAre(t *testing.T) {
	db := fresh(t)
	const keys = 5000
	run(t, db, func(tr *Transaction) error {
		for i := 0; i < keys; i++ {
			must(t, tr.Set(numbered(i), []byte(strconv.Itoa(i))))
		}
		return nil
	})
	for _, limit := range []int32{0, 1, keys - 1, keys, keys + 1} {
		for _, reverse := range []bool{false, true} {
			run(t, db, func(tr *Transaction) error {
				seen := 0
				err := tr.Range([]byte("key/"), []byte("key0"), RangeOptions{Limit: limit, Reverse: reverse}, func(pair KeyValue) bool {
					number := seen
					if reverse {
						number = keys - 1 - seen
					}
					if string(pair.Key) != string(numbered(number)) || string(pair.Value) != strconv.Itoa(number) {
						t.Errorf("%s=%s at %d", pair.Key, pair.Value, seen)
					}
					seen++
					return true
				})
				wanted := keys
				if limit > 0 && int(limit) < keys {
					wanted = int(limit)
				}
				if seen != wanted {
					t.Errorf("%d of %d", seen, wanted)
				}
				return err
			})
		}
	}
}

// ERRH-1
func TestGoroutinesLoseNothing(t *testing.T) {
	db := fresh(t)
	var all sync.WaitGroup
	for i := 0; i < 8; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for j := 0; j < 25; j++ {
				_, err := db.Run(func(tr *Transaction) (any, error) {
					old, err := tr.Get([]byte("count"))
					if err != nil {
						return nil, err
					}
					number, _ := strconv.Atoi(string(old))
					return nil, tr.Set([]byte("count"), []byte(strconv.Itoa(number+1)))
				})
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
	count, err := db.Run(func(tr *Transaction) (any, error) { return tr.Get([]byte("count")) })
	if must(t, err); string(count.([]byte)) != "200" {
		t.Errorf("%s", count)
	}
}

// CONF-2, RST-2
func TestAChangedReadIs1020(t *testing.T) {
	db := fresh(t)
	tr, err := db.Begin()
	must(t, err)
	_, err = tr.Get([]byte("key"))
	must(t, err)
	run(t, db, func(other *Transaction) error { return other.Set([]byte("key"), []byte("changed")) })
	must(t, tr.Set([]byte("other"), nil))
	conflict := expect(t, 1020, tr.Commit())
	if !conflict.IsRetryable() || conflict.IsMaybeCommitted() || !strings.Contains(conflict.Story, "plinth_transaction_commit") {
		t.Errorf("%v", conflict)
	}
	must(t, tr.OnError(conflict))
	must(t, tr.Cancel())
	_, err = tr.Get([]byte("key"))
	expect(t, 1025, err)
	must(t, tr.Destroy())
	expect(t, 9000, tr.Destroy())
}

func TestOtherErrorsEndTheLoop(t *testing.T) {
	db := fresh(t)
	own := errors.New("own")
	if _, err := db.Run(func(tr *Transaction) (any, error) { return nil, own }); err != own {
		t.Error(err)
	}
	_, err := db.Run(func(tr *Transaction) (any, error) { return nil, tr.Set([]byte{0xff}, nil) })
	expect(t, 2004, err)
	_, err = db.Run(func(tr *Transaction) (any, error) {
		must(t, tr.SetOption(501, 2))
		return nil, &Error{Number: 1020}
	})
	expect(t, 1020, err)
	_, err = Open("/nowhere/at/all")
	if err == nil {
		t.Error("opened")
	}
}

// ATOM-1, VST-2, CONF-1
func TestCountersVersionstampsAndClears(t *testing.T) {
	db := fresh(t)
	for _, number := range []int64{300, -50, 6} {
		run(t, db, func(tr *Transaction) error { return tr.Add([]byte("count"), number) })
	}
	tr, err := db.Begin()
	must(t, err)
	count, err := tr.Get([]byte("count"))
	if must(t, err); binary.LittleEndian.Uint64(count) != 256 {
		t.Errorf("%v", count)
	}
	must(t, tr.SetVersionstampedKey(append([]byte("log/"), make([]byte, 10)...), 4, []byte("entry")))
	must(t, tr.Clear([]byte("count")))
	must(t, tr.ClearRange([]byte("a"), []byte("b")))
	must(t, tr.Commit())
	stamp, err := tr.Versionstamp()
	must(t, err)
	must(t, tr.Destroy())
	run(t, db, func(after *Transaction) error {
		entry, err := after.Get(append([]byte("log/"), stamp[:]...))
		if string(entry) != "entry" {
			t.Errorf("%q", entry)
		}
		gone, _ := after.Get([]byte("count"))
		if gone != nil {
			t.Errorf("%v", gone)
		}
		return err
	})
	must(t, db.Sync())
	if Version() == "" {
		t.Error("no version")
	}
}

func TestKeyspacesAreApart(t *testing.T) {
	db := fresh(t)
	other, err := db.Keyspace("other")
	must(t, err)
	run(t, db, func(tr *Transaction) error {
		tr.In = other
		return tr.Set([]byte("key"), []byte("there"))
	})
	run(t, db, func(tr *Transaction) error {
		if value, _ := tr.Get([]byte("key")); value != nil {
			t.Errorf("%q", value)
		}
		tr.In = other
		value, err := tr.Get([]byte("key"))
		if string(value) != "there" {
			t.Errorf("%q", value)
		}
		return err
	})
	must(t, other.Close())
}
