// Conflicts: who conflicts with whom, retries with computed sums, what a conflict reports.
'use strict'
const { assert, begin, bytes, db, fails, fdb, number, random, test, text } = require('../harness')

const at = db.at('contention/')
const Option = fdb.TransactionOptionCode
const read = buf => (buf === undefined ? 0n : buf.readBigInt64LE(0))

// conflicts(steps): a transaction does steps(tn), another commits interfere(other), then the first
// commits. Tells whether it was refused.
async function conflicts(steps, interfere) {
  const tn = begin(at)
  await tn.getReadVersion()
  await steps(tn)
  await at.doTn(async other => interfere(other))
  try {
    await tn.rawCommit()
    return false
  } catch (err) {
    assert.strictEqual(err.code, 1020)
    return true
  }
}

test('CONF-14: a transaction that read what another changed is refused, then retried', async () => {
  await at.set('k', number(1))
  let attempts = 0
  await at.doTn(async tn => {
    const value = read(await tn.get('k'))
    if (++attempts === 1) await at.set('k', number(10))
    tn.set('k', number(value + 1n))
  })
  assert.strictEqual(attempts, 2)
  assert.strictEqual(read(await at.get('k')), 11n)
})

test('CONF-19: workers that increment one counter lose nothing', async () => {
  const [WORKERS, ROUNDS] = [20, 25]
  let attempts = 0
  const worker = async () => {
    for (let i = 0; i < ROUNDS; i++) {
      await at.doTn(async tn => { attempts++; tn.set('counter', number(read(await tn.get('counter')) + 1n)) })
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, worker))
  assert.strictEqual(read(await at.get('counter')), BigInt(WORKERS * ROUNDS))
  assert.ok(attempts >= WORKERS * ROUNDS)
})

test('VER-12: transfers keep the total, and every reader sees it', async () => {
  const [ACCOUNTS, START] = [12, 1000]
  const next = random(3)
  const account = i => `account/${String(i).padStart(2, '0')}`
  const total = BigInt(ACCOUNTS * START)
  await at.doTn(async tn => { for (let i = 0; i < ACCOUNTS; i++) tn.set(account(i), number(START)) })
  const transfer = async () => {
    for (let i = 0; i < 20; i++) {
      const [from, to, amount] = [next(ACCOUNTS), next(ACCOUNTS), BigInt(next(50))]
      if (from === to) continue
      await at.doTn(async tn => {
        const [a, b] = (await Promise.all([tn.get(account(from)), tn.get(account(to))])).map(read)
        tn.set(account(from), number(a - amount))
        tn.set(account(to), number(b + amount))
      })
    }
  }
  const sum = rows => rows.map(([, value]) => read(value)).reduce((a, b) => a + b, 0n)
  const reader = async () => {
    for (let i = 0; i < 60; i++) assert.strictEqual(sum(await at.getRangeAllStartsWith('account/')), total)
  }
  await Promise.all([...Array.from({ length: 10 }, transfer), reader(), reader()])
  assert.strictEqual(sum(await at.getRangeAllStartsWith('account/')), total)
})

test('CONF-19: of two transactions that read what the other writes, one is refused', async () => {
  await at.doTn(async tn => { tn.set('skew/a', number(1)); tn.set('skew/b', number(1)) })
  const pair = [begin(at), begin(at)]
  for (const tn of pair) await Promise.all([tn.get('skew/a'), tn.get('skew/b')])
  pair[0].set('skew/a', number(0))
  pair[1].set('skew/b', number(0))
  await pair[0].rawCommit()
  await fails(1020, pair[1].rawCommit())
})

test('CONF-5, CONF-13: a range read conflicts with a key that appears in it, not beside it', async () => {
  const range = tn => tn.getRangeAll('p/b', 'p/d').then(() => tn.set('x', 'x'))
  assert.strictEqual(await conflicts(range, other => other.set('p/c', 'new')), true)
  assert.strictEqual(await conflicts(range, other => other.set('p/b', 'first')), true)
  assert.strictEqual(await conflicts(range, other => other.set('p/d', 'end')), false)
  assert.strictEqual(await conflicts(range, other => other.clearRange('p/a', 'p/b')), false)
  assert.strictEqual(await conflicts(range, other => other.clearRange('p/a', 'p/bb')), true)
})

test('CONF-5: a limited range read adds what it read', async () => {
  await at.doTn(async tn => ['l/1', 'l/2', 'l/3', 'l/4'].forEach(k => tn.set(k, k)))
  const first = tn => tn.getRangeAll('l/', 'l0', { limit: 2 }).then(() => tn.set('x', 'x'))
  assert.strictEqual(await conflicts(first, other => other.set('l/2', 'new')), true)
  assert.strictEqual(await conflicts(first, other => other.set('l/3', 'new')), false)
  const last = tn => tn.getRangeAll('l/', 'l0', { limit: 2, reverse: true }).then(() => tn.set('x', 'x'))
  assert.strictEqual(await conflicts(last, other => other.set('l/3', 'newer')), true)
  assert.strictEqual(await conflicts(last, other => other.set('l/2', 'newer')), false)
})

test('CONF-7: snapshot reads add nothing, an explicit conflict key does', async () => {
  const snapshot = tn => tn.snapshot().get('s').then(() => tn.set('x', 'x'))
  assert.strictEqual(await conflicts(snapshot, other => other.set('s', 'new')), false)
  const rows = tn => tn.snapshot().getRangeAll('a', 'z').then(() => tn.set('x', 'x'))
  assert.strictEqual(await conflicts(rows, other => other.set('s', 'newer')), false)
  const explicit = tn => { tn.addReadConflictKey('s'); tn.set('x', 'x') }
  assert.strictEqual(await conflicts(explicit, other => other.set('s', 'newest')), true)
  const range = tn => { tn.addReadConflictRange('r', 't'); tn.set('x', 'x') }
  assert.strictEqual(await conflicts(range, other => other.clear('s')), true)
})

test('CONF-17, CONF-16: writes alone do not conflict, an equal value does', async () => {
  assert.strictEqual(await conflicts(tn => tn.set('w', '1'), other => other.set('w', '2')), false)
  await at.set('w', 'same')
  const reads = tn => tn.get('w').then(() => tn.set('x', 'x'))
  assert.strictEqual(await conflicts(reads, other => other.set('w', 'same')), true)
  assert.strictEqual(await conflicts(reads, other => other.clear('not there')), false)
})

test('CONF-3: a key the transaction wrote before it read it cannot conflict', async () => {
  const own = tn => { tn.set('own', 'mine'); return tn.get('own') }
  assert.strictEqual(await conflicts(own, other => other.set('own', 'theirs')), false)
  const after = tn => tn.get('own').then(() => tn.set('own', 'mine'))
  assert.strictEqual(await conflicts(after, other => other.set('own', 'theirs')), true)
})

test('COM-1: a transaction that only reads is never refused', async () => {
  const reads = tn => { tn.addReadConflictKey('ro'); return tn.get('ro') }
  assert.strictEqual(await conflicts(reads, other => other.set('ro', 'new')), false)
})

test('COM-2: a write conflict range alone makes others conflict', async () => {
  const reads = tn => tn.get('only range').then(() => tn.set('x', 'x'))
  assert.strictEqual(await conflicts(reads, other => other.addWriteConflictKey('only range')), true)
  assert.strictEqual(await conflicts(reads, other => other.addWriteConflictRange('o', 'p')), true)
})

test('CONF-11: the next write without a write conflict range', async () => {
  const reads = tn => tn.get('quiet').then(() => tn.set('x', 'x'))
  const quiet = other => { other.setOption(Option.NextWriteNoWriteConflictRange); other.set('quiet', 'psst') }
  assert.strictEqual(await conflicts(reads, quiet), false)
  assert.strictEqual(text(await at.get('quiet')), 'psst')
  const second = other => { quiet(other); other.set('quiet', 'loud') }
  assert.strictEqual(await conflicts(reads, second), true)
})

test('SPEC-4, SPEC-6: a refused commit names the ranges that were hit', async () => {
  const key = bytes('contention/hit')
  const prefix = Buffer.concat([bytes('\xff\xff/transaction/conflicting_keys/')])
  const tn = begin(db)
  tn.setOption(Option.ReportConflictingKeys)
  await tn.get(key)
  await tn.get('contention/not hit')
  tn.set('contention/x', 'x')
  await at.set('hit', 'new')
  await fails(1020, tn.rawCommit())
  const rows = await tn.getRangeAll(prefix, Buffer.concat([prefix, bytes('\xff\xff')]))
  assert.deepStrictEqual(rows.map(([k, v]) => [text(k.subarray(prefix.length)), text(v)]),
    [['contention/hit', '1'], ['contention/hit\0', '0']])
})

test('ERRH-3: the retry limit counts retries', async () => {
  let attempts = 0
  await fails(1020, at.doTn(async tn => {
    attempts++
    await tn.get('limited')
    await at.set('limited', String(attempts))
    tn.set('limited', 'x')
  }, { retry_limit: 4 }))
  assert.strictEqual(attempts, 5)
})

test('CONF-20: of ten that conflict with each other some commits, so all do in the end', async () => {
  let attempts = 0
  await Promise.all(Array.from({ length: 10 }, (_, i) => at.doTn(async tn => {
    attempts++
    const rows = await tn.getRangeAllStartsWith('queue/')
    tn.set(`queue/${String(rows.length).padStart(3, '0')}`, String(i))
  })))
  const rows = await at.getRangeAllStartsWith('queue/')
  assert.deepStrictEqual(rows.map(([k]) => text(k)), Array.from({ length: 10 }, (_, i) => `queue/00${i}`))
  assert.deepStrictEqual(rows.map(([, v]) => text(v)).sort(), Array.from({ length: 10 }, (_, i) => String(i)))
  assert.ok(attempts >= 10)
})
