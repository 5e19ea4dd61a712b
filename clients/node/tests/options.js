// Options, errors, and the states of a transaction.
'use strict'
const { assert, begin, bytes, db, fails, fdb, number, test, text } = require('../harness')
const native = require('foundationdb/dist/lib/native').default

const at = db.at('options/')
const Option = fdb.TransactionOptionCode
const Predicate = fdb.ErrorPredicate
const readVersion = n => { const buf = Buffer.alloc(8); buf.writeBigInt64BE(BigInt(n)); return buf }

test('OPT-1: an unknown option is refused at once, in every scope', async () => {
  for (const code of [0, 3, 99999]) {
    await fails(2007, () => begin(at).setOption(code))
    await fails(2007, () => db._db.setOption(code, null))
  }
})

test('OPT-1: every documented transaction option is accepted', async () => {
  const values = {
    [Option.DebugRetryLogging]: bytes('name'), [Option.TransactionLoggingEnable]: bytes('id'),
    [Option.DebugTransactionIdentifier]: bytes('id'), [Option.TransactionLoggingMaxFieldLength]: 100,
    [Option.Timeout]: 100000, [Option.RetryLimit]: 5, [Option.MaxRetryDelay]: 100, [Option.SizeLimit]: 1000000,
    [Option.Tag]: bytes('tag'), [Option.AutoThrottleTag]: bytes('tag'),
    [Option.IdempotencyId]: Buffer.alloc(16), [Option.AuthorizationToken]: bytes('token')
  }
  // Refused by design, or different from one version of the client library to the next.
  const skipped = new Set([Option.InitializeNewDatabase, Option.SpanParent, Option.LogTransaction])
  const codes = Object.values(Option).filter(code => typeof code === 'number' && !skipped.has(code))
  assert.ok(codes.length > 40)
  for (const code of codes) {
    const tn = begin(at)
    tn.setOption(code, values[code])
    // A value that is refused shows here: TX-4.
    await tn.get('k')
  }
})

test('OPT-2, TX-4: a bad value of an option shows with the commit', async () => {
  for (const size of [31, 10000001]) {
    const tn = begin(at)
    tn.setOption(Option.SizeLimit, size)
    tn.set('k', 'v')
    await fails(2006, tn.rawCommit())
  }
  const tn = begin(at)
  tn.setOption(Option.Timeout, Buffer.alloc(3))
  await fails(2006, tn.get('k'))
})

test('LIM-4: a smaller size limit', async () => {
  await fails(2101, at.doTn(async tn => tn.set('k', Buffer.alloc(1000)), { size_limit: 500 }))
  await at.doTn(async tn => tn.set('k', Buffer.alloc(100)), { size_limit: 500 })
})

test('OPT-5: database options are the defaults of its transactions', async () => {
  const limited = fdb.open(undefined, { transaction_size_limit: 500, transaction_retry_limit: 2 }).at('options/')
  await fails(2101, limited.set('k', Buffer.alloc(1000)))
  let attempts = 0
  await fails(1020, limited.doTn(async tn => {
    attempts++
    await tn.get('limited')
    await at.set('limited', String(attempts))
    tn.set('limited', 'x')
  }))
  assert.strictEqual(attempts, 3)
  await at.set('k', Buffer.alloc(1000))
})

test('OPT-2: a bad database option is refused', async () => {
  await fails(2006, () => fdb.open(undefined, { max_watches: -1 }))
})

test('OPT-4: on_error keeps the retry limit and drops the size limit, reset drops both', async () => {
  const tn = begin(at)
  tn.setOption(Option.RetryLimit, 2)
  tn.setOption(Option.SizeLimit, 100)
  await tn.rawOnError(1020)
  tn.set('k', Buffer.alloc(1000))
  await tn.rawCommit()
  await tn.rawOnError(1020)
  await fails(1020, tn.rawOnError(1020))
  tn.rawReset()
  for (let i = 0; i < 4; i++) await tn.rawOnError(1020)
})

test('TMO-1, TMO-2: a timeout ends everything the transaction does', async () => {
  const tn = begin(at, { timeout: 30 })
  // It reads until the time is over; the guard of the test ends it otherwise.
  await fails(1031, (async () => { for (;;) await tn.get(String(process.hrtime.bigint())) })())
  await fails(1031, tn.get('k'))
  await fails(1031, tn.rawCommit())
  await fails(1031, tn.rawOnError(1031))
  tn.rawReset()
  assert.strictEqual(await tn.get('never set'), undefined)
})

test('TX-3, RST-2: a cancelled transaction fails until it is reset', async () => {
  const tn = begin(at)
  tn.set('cancelled', 'x')
  tn.rawCancel()
  tn.rawCancel()
  await fails(1025, tn.get('k'))
  await fails(1025, tn.rawCommit())
  await fails(1025, tn.rawOnError(1020))
  tn.rawReset()
  tn.set('cancelled', 'y')
  await tn.rawCommit()
  assert.strictEqual(text(await at.get('cancelled')), 'y')
})

test('COM-3: a transaction that committed cannot be used until it is reset', async () => {
  const tn = begin(at)
  tn.set('used', 'x')
  await tn.rawCommit()
  await fails(2017, tn.get('used'))
  await fails(2017, tn.rawCommit())
  tn.rawReset()
  assert.strictEqual(text(await tn.get('used')), 'x')
})

test('RST-1: a reset forgets what was written', async () => {
  const tn = begin(at)
  tn.set('forgotten', 'x')
  tn.rawReset()
  assert.strictEqual(await tn.get('forgotten'), undefined)
  tn.set('remembered', 'x')
  await tn.rawCommit()
  assert.strictEqual(await at.get('forgotten'), undefined)
})

test('VER-7, VER-8: read versions that cannot be', async () => {
  for (const [v, code] of [[0, 2011], [-5, 2011], [1, 1007], [2n ** 62n, 1009]]) {
    const tn = begin(at)
    tn.setReadVersion(readVersion(v))
    await fails(code, tn.get('k'))
    tn.set('k', 'v')
    await fails(code, tn.rawCommit())
  }
  const tn = begin(at)
  await tn.get('k')
  tn.setReadVersion(readVersion(1))
  await fails(2010, tn.get('k'))
})

test('ERRH-1: on_error retries what can be retried and no more', async () => {
  for (const code of [1007, 1009, 1020, 1021, 1037, 1038, 1042, 1051, 1213]) await begin(at).rawOnError(code)
  for (const code of [1025, 1031, 1036, 1101, 2004, 2101, 2102, 2103]) await fails(code, begin(at).rawOnError(code))
  await fails(2000, begin(at).rawOnError(0))
})

test('ERRH-5: after an error that is not retried the transaction is cancelled', async () => {
  const tn = begin(at)
  await fails(2004, tn.rawOnError(2004))
  await fails(1025, tn.get('k'))
})

test('ERRC-3: the predicates', () => {
  const is = (predicate, code) => native.errorPredicate(predicate, code)
  for (const code of [1007, 1009, 1020, 1021]) assert.strictEqual(is(Predicate.Retryable, code), true, String(code))
  for (const code of [0, 1025, 1031, 2004, 2101]) assert.strictEqual(is(Predicate.Retryable, code), false, String(code))
  assert.strictEqual(is(Predicate.MaybeCommitted, 1021), true)
  assert.strictEqual(is(Predicate.MaybeCommitted, 1020), false)
  assert.strictEqual(is(Predicate.RetryableNotCommitted, 1020), true)
  assert.strictEqual(is(Predicate.RetryableNotCommitted, 1021), false)
})

test('RYW-6: snapshot reads with and without own writes', async () => {
  await at.set('snap', 'old')
  const tn = begin(at)
  tn.set('snap', 'mine')
  assert.strictEqual(text(await tn.snapshot().get('snap')), 'mine')
  tn.setOption(Option.SnapshotRywDisable)
  assert.strictEqual(text(await tn.snapshot().get('snap')), 'old')
  assert.strictEqual(text(await tn.get('snap')), 'mine')
  tn.setOption(Option.SnapshotRywEnable)
  assert.strictEqual(text(await tn.snapshot().get('snap')), 'mine')
})

test('RYW-7: without read-your-writes reads see the database', async () => {
  await at.set('nowrites', 'old')
  const tn = begin(at, { read_your_writes_disable: true })
  tn.set('nowrites', 'mine')
  assert.strictEqual(text(await tn.get('nowrites')), 'old')
  await tn.rawCommit()
  assert.strictEqual(text(await at.get('nowrites')), 'mine')
  const late = begin(at)
  await late.get('nowrites')
  late.setOption(Option.ReadYourWritesDisable)
  await fails(2000, late.get('k'))
})

test('SPEC-1, SPEC-2: special keys are read without permission and only within one module', async () => {
  const status = JSON.parse(text(await begin().get(bytes('\xff\xff/status/json'))))
  assert.strictEqual(status.client.database_status.available, true)
  await fails(2113, begin().get(bytes('\xff\xff/no such module/x')))
  const relaxed = begin(db, { special_key_space_relaxed: true })
  assert.strictEqual(await relaxed.get(bytes('\xff\xff/no such module/x')), undefined)
})

test('SPEC-3: special keys are not written without permission', async () => {
  await fails(2114, db.doTn(async tn => tn.set(bytes('\xff\xff/transaction/x'), 'v')))
})

test('SPEC-4: the conflict ranges of a transaction', async () => {
  const tn = begin(db)
  await tn.get('spec/b')
  tn.set('spec/w', 'x')
  tn.addReadConflictRange('spec/d', 'spec/f')
  for (const [module, keys] of [
    ['read_conflict_range/', ['spec/b', 'spec/b\0', 'spec/d', 'spec/f']],
    ['write_conflict_range/', ['spec/w', 'spec/w\0']]]) {
    const prefix = bytes(`\xff\xff/transaction/${module}`)
    const rows = await tn.getRangeAll(prefix, Buffer.concat([prefix, bytes('\xff\xff')]))
    const model = keys.map((key, i) => [key, i % 2 ? '0' : '1'])
    assert.deepStrictEqual(rows.map(([k, v]) => [text(k.subarray(prefix.length)), text(v)]), model)
  }
})

test('VER-2: versions pass while nobody writes', async () => {
  const first = (await begin(at).getReadVersion()).readBigInt64BE(0)
  let now = first
  while (now <= first) now = (await begin(at).getReadVersion()).readBigInt64BE(0)
  await at.set('k', number(1))
})
