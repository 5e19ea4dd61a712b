// The package as a program uses it. Rules are those of docs/SEMANTICS.md.
'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const plinth = require('./plinth.js');

const numbered = (number) => `key/${String(number).padStart(5, '0')}`;

// A claim with a database of its own.
function claim(name, body) {
  test(name, async () => {
    const db = await plinth.open(':memory:');
    try {
      await body(db);
    } finally {
      await db.close();
    }
  });
}

const fill = (db, keys) => db.run((tr) => { for (let i = 0; i < keys; i++) tr.set(numbered(i), String(i)); });
const collect = async (pairs) => { const all = []; for await (const pair of pairs) all.push(pair.map(String)); return all; };
const fails = (number) => (error) => error instanceof plinth.PlinthError && error.number === number;

claim('a value is absent, empty or there (GET-1, RYW-1)', async (db) => {
  await db.run(async (tr) => {
    assert.strictEqual(await tr.get('key'), null);
    tr.set('empty', '');
    tr.set(Buffer.from('nul'), Buffer.from([97, 0, 98]));
    assert.strictEqual((await tr.get('empty')).length, 0);
  });
  const stored = await db.run((tr) => tr.get('nul', { snapshot: true }));
  assert.deepStrictEqual(stored, Buffer.from([97, 0, 98]));
});

claim('a range is what its batches are (RNG-3, RNG-8)', async (db) => {
  await fill(db, 5000);
  const everything = Array.from({ length: 5000 }, (_, i) => [numbered(i), String(i)]);
  await db.run(async (tr) => {
    assert.deepStrictEqual(await collect(tr.range('key/', 'key0')), everything);
    for (const limit of [1, 4999, 5000, 5001]) {
      assert.deepStrictEqual(await collect(tr.range('key/', 'key0', { limit })), everything.slice(0, limit));
      const backwards = await collect(tr.range('key/', 'key0', { limit, reverse: true }));
      assert.deepStrictEqual(backwards, everything.slice().reverse().slice(0, limit));
    }
  });
  await db.run((tr) => { tr.clearRange(numbered(1), 'key0'); tr.clear('absent'); });
  assert.deepStrictEqual(await db.run((tr) => collect(tr.range('key/', 'key0'))), [[numbered(0), '0']]);
});

claim('promises that conflict lose nothing (ERRH-1)', async (db) => {
  const count = () => db.run(async (tr) => tr.set('count', String(Number(await tr.get('count') ?? 0) + 1)));
  await Promise.all(Array.from({ length: 8 }, async () => { for (let i = 0; i < 20; i++) await count(); }));
  assert.strictEqual(String(await db.run((tr) => tr.get('count'))), '160');
});

claim('a changed read is 1020 (CONF-2)', async (db) => {
  const tr = db.begin();
  await tr.get('key');
  await db.run((other) => other.set('key', 'changed'));
  tr.set('other', '');
  await assert.rejects(tr.commit(), (error) => fails(1020)(error) && error.isRetryable && /not_committed/.test(error.message));
  tr.destroy();
  await assert.rejects(tr.get('key'), fails(9000));
});

claim('other errors end the loop', async (db) => {
  await assert.rejects(db.run((tr) => tr.set(Buffer.from([255]), '')), (error) => fails(2004)(error) && /plinth_transaction_set/.test(error.message));
  await assert.rejects(db.run(() => { throw new TypeError('own'); }), TypeError);
  await assert.rejects(db.run((tr) => { tr.setOption(501, 2); throw new plinth.PlinthError(1020); }), fails(1020));
});

claim('counters and versionstamps (ATOM-1, VST-2)', async (db) => {
  for (const number of [300, -50, 6]) await db.run((tr) => tr.add('count', number));
  assert.strictEqual((await db.run((tr) => tr.get('count'))).readBigInt64LE(), 256n);
  const tr = db.begin();
  tr.setVersionstampedKey(Buffer.concat([Buffer.from('log/'), Buffer.alloc(10)]), 4, 'entry');
  await tr.commit();
  const at = Buffer.concat([Buffer.from('log/'), tr.versionstamp()]);
  tr.destroy();
  assert.strictEqual(String(await db.run((after) => after.get(at))), 'entry');
});

claim('keyspaces are apart', async (db) => {
  const keyspace = await db.keyspace('other');
  await db.run((tr) => tr.set('key', 'there', { keyspace }));
  await db.run(async (tr) => {
    assert.strictEqual(await tr.get('key'), null);
    assert.strictEqual(String(await tr.get('key', { keyspace })), 'there');
  });
  keyspace.close();
});

claim('a watch tells of a change and of its end (WATCH-1, WATCH-9)', async (db) => {
  const watching = (at) => db.run((tr) => tr.watch(at));
  const changed = await watching('changed');
  await db.run((tr) => tr.set('changed', 'now'));
  await changed.changed;
  const cancelled = await watching('cancelled');
  cancelled.cancel();
  await assert.rejects(cancelled.changed, fails(1101));
  changed.cancel();
});

test('closing a database ends its watches', async () => {
  const db = await plinth.open(':memory:');
  const { changed } = await db.run((tr) => tr.watch('key'));
  await Promise.all([assert.rejects(changed, fails(9003)), db.close()]);
  assert.match(plinth.version(), /^\d+\.\d+\.\d+$/);
  await assert.rejects(plinth.open('/nowhere/at/all'), plinth.PlinthError);
});
