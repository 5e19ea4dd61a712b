// Single keys: what is stored, what a transaction sees, versions, limits.
'use strict'
const { assert, begin, bytes, db, fails, fdb, random, test, text, version } = require('../harness')

const kv = db.at('kv/')
const Option = fdb.TransactionOptionCode

test('GET-1: a key that was never set is undefined, a set one has its value', async () => {
  assert.strictEqual(await kv.get('nothing'), undefined)
  await kv.set('a', 'one')
  assert.strictEqual(text(await kv.get('a')), 'one')
  await kv.set('a', 'two')
  assert.strictEqual(text(await kv.get('a')), 'two')
  await kv.clear('a')
  assert.strictEqual(await kv.get('a'), undefined)
})

test('DATA-2: the empty value is present, the empty key is a key', async () => {
  await kv.set('empty', '')
  const value = await kv.get('empty')
  assert.ok(Buffer.isBuffer(value) && value.length === 0)
  await db.set(Buffer.alloc(0), 'at the start')
  assert.strictEqual(text(await db.get(Buffer.alloc(0))), 'at the start')
  const [[first]] = await db.getRangeAll('', 'zz', { limit: 1 })
  assert.strictEqual(first.length, 0)
  await db.clear('')
  assert.strictEqual(await db.get(''), undefined)
})

test('DATA-1: keys are ordered as unsigned bytes, a prefix before what extends it', async () => {
  const keys = []
  for (let i = 0; i < 256; i++) keys.push(Buffer.from([i]), Buffer.from([i, 0]), Buffer.from([i, 255]))
  const at = kv.at('order/')
  await at.doTn(async tn => keys.forEach((key, i) => tn.set(key, String(i))))
  const model = keys.map((key, i) => [key, String(i)]).sort((a, b) => Buffer.compare(a[0], b[0]))
  const rows = (await at.getRangeAllStartsWith('')).map(([key, value]) => [key, text(value)])
  assert.deepStrictEqual(rows, model)
})

test('DATA-1: values of every size come back as they were', async () => {
  const next = random(1)
  const sizes = [0, 1, 2, 1022, 1023, 1024, 1025, 4096, 65535, 65536, 99999, 100000]
  const model = sizes.map(size => Buffer.from(Array.from({ length: size }, () => next(256))))
  await kv.doTn(async tn => sizes.forEach((size, i) => tn.set(`size ${size}`, model[i])))
  await kv.doTn(async tn => {
    const values = await Promise.all(sizes.map(size => tn.get(`size ${size}`)))
    values.forEach((value, i) => assert.ok(value.equals(model[i]), `size ${sizes[i]}`))
  })
})

test('RYW-1: a transaction reads what it wrote, before anyone else does', async () => {
  await kv.set('r/cleared', 'x')
  await kv.set('r/ranged', 'x')
  const tn = begin(kv)
  tn.set('r/set', 'mine')
  tn.clear('r/cleared')
  tn.clearRange('r/r', 'r/s')
  tn.atomicOp(fdb.MutationType.Add, 'r/added', Buffer.from([5]))
  tn.atomicOp(fdb.MutationType.Add, 'r/added', Buffer.from([6]))
  assert.strictEqual(text(await tn.get('r/set')), 'mine')
  assert.strictEqual(await tn.exists('r/cleared'), false)
  assert.strictEqual(await tn.exists('r/ranged'), false)
  assert.deepStrictEqual(await tn.get('r/added'), Buffer.from([11]))
  assert.deepStrictEqual((await tn.getRangeAllStartsWith('r/')).map(([key]) => text(key)), ['r/added', 'r/set'])
  assert.strictEqual(await kv.get('r/set'), undefined)
  await tn.rawCommit()
  assert.deepStrictEqual((await kv.getRangeAllStartsWith('r/')).map(([key]) => text(key)), ['r/added', 'r/set'])
})

test('VER-12: all reads of a transaction see one moment', async () => {
  await kv.set('moment/a', 'old')
  await kv.set('moment/b', 'old')
  const tn = begin(kv)
  assert.strictEqual(text(await tn.get('moment/a')), 'old')
  await kv.doTn(async other => { other.set('moment/a', 'new'); other.set('moment/b', 'new') })
  assert.strictEqual(text(await tn.get('moment/b')), 'old')
  assert.strictEqual(text(await tn.get('moment/a')), 'old')
  assert.deepStrictEqual((await tn.getRangeAllStartsWith('moment/')).map(([, value]) => text(value)), ['old', 'old'])
  await tn.rawCommit()
  assert.strictEqual(text(await kv.get('moment/b')), 'new')
})

test('FUT-11: a thousand reads at once each bring their own value', async () => {
  const at = kv.at('many/')
  await at.doTn(async tn => { for (let i = 0; i < 1000; i++) tn.set(String(i), `value of ${i}`) })
  await at.doTn(async tn => {
    const values = await Promise.all(Array.from({ length: 1000 }, (_, i) => tn.get(String(i))))
    values.forEach((value, i) => assert.strictEqual(text(value), `value of ${i}`))
  })
})

test('FUT-4: the callback form of get, getReadVersion and commit calls back once', async () => {
  const calls = []
  const tn = begin(kv)
  tn.set('callback', 'v')
  const value = await new Promise(resolve => tn.get('callback', (err, got) => { calls.push(err); resolve(got) }))
  assert.strictEqual(text(value), 'v')
  const read = await new Promise(resolve => tn.getReadVersion((err, got) => { calls.push(err); resolve(got) }))
  assert.ok(version(read) > 0n)
  await new Promise(resolve => tn.rawCommit(err => { calls.push(err); resolve() }))
  assert.deepStrictEqual(calls, [undefined, undefined, undefined])
})

test('VER-4, VER-5, COM-10: one read version, and commits above it in order', async () => {
  let last = 0n
  for (let i = 0; i < 20; i++) {
    const tn = begin(kv)
    const read = version(await tn.getReadVersion())
    assert.strictEqual(version(await tn.getReadVersion()), read)
    assert.ok(read >= last, 'a read version sees the commit before it')
    tn.set('versions', String(i))
    await tn.rawCommit()
    const committed = version(tn.getCommittedVersion())
    assert.ok(committed > read)
    last = committed
  }
})

test('COM-1: a transaction that wrote nothing has the committed version -1', async () => {
  const tn = begin(kv)
  await tn.get('a')
  await tn.rawCommit()
  assert.strictEqual(version(tn.getCommittedVersion()), -1n)
})

test('VER-9: at the version of a commit everything is as right after it', async () => {
  const versions = []
  for (let i = 0; i < 10; i++) {
    const tn = begin(kv)
    tn.set('history', String(i))
    if (i % 2) tn.clear('history/odd')
    else tn.set('history/odd', 'no')
    await tn.rawCommit()
    versions.push(tn.getCommittedVersion())
  }
  for (let i = 0; i < 10; i++) {
    const tn = begin(kv)
    tn.setReadVersion(versions[i])
    assert.strictEqual(text(await tn.get('history')), String(i))
    assert.strictEqual(await tn.exists('history/odd'), i % 2 === 0)
    assert.deepStrictEqual(await tn.getReadVersion(), versions[i])
  }
})

test('LIM-1: keys up to 10,000 bytes', async () => {
  const longest = Buffer.alloc(10000, 'k')
  await db.set(longest, 'v')
  assert.strictEqual(text(await db.get(longest)), 'v')
  await fails(2102, db.set(Buffer.alloc(10001, 'k'), 'v'))
  await db.clear(longest)
})

test('LIM-2: values up to 100,000 bytes', async () => {
  await kv.set('long', Buffer.alloc(100000, 'v'))
  assert.strictEqual((await kv.get('long')).length, 100000)
  await fails(2103, kv.set('long', Buffer.alloc(100001, 'v')))
})

test('LIM-4: a transaction is at most 10,000,000 bytes', async () => {
  const tn = begin(kv)
  for (let i = 0; i < 101; i++) tn.set(`big/${i}`, Buffer.alloc(100000, 'v'))
  await fails(2101, tn.rawCommit())
  assert.deepStrictEqual(await kv.getRangeAllStartsWith('big/'), [])
})

test('LIM-7: the approximate size grows with each write by what the write holds', async () => {
  const tn = begin(kv)
  const sizes = [await tn.getApproximateSize()]
  for (const [key, value] of [['aa', 10], ['bb', 110], ['cccc', 110]]) {
    tn.set(key, Buffer.alloc(value))
    sizes.push(await tn.getApproximateSize())
  }
  const [first, second, third] = [1, 2, 3].map(i => sizes[i] - sizes[i - 1])
  assert.strictEqual(sizes[0], 0)
  assert.strictEqual(second - first, 100)
  // A key counts once in the mutation and twice in the conflict range.
  assert.strictEqual(third - second, 3 * 2)
})

test('DATA-5: system keys are out of reach without permission', async () => {
  await fails(2004, begin().get(bytes('\xff')))
  await fails(2004, db.set(bytes('\xff/x'), 'v'))
  assert.deepStrictEqual(await begin().getRangeAll(bytes('\xff'), bytes('\xff')), [])
  const tn = begin()
  tn.setOption(Option.AccessSystemKeys)
  tn.set(bytes('\xff/plinth-client-test'), 'system')
  await tn.rawCommit()
  const reader = begin()
  reader.setOption(Option.ReadSystemKeys)
  assert.strictEqual(text(await reader.get(bytes('\xff/plinth-client-test'))), 'system')
})

test('GET-3: a key has an address with a port', async () => {
  const addresses = await begin(kv).getAddressesForKey('a')
  assert.ok(addresses.length >= 1)
  for (const address of addresses) assert.match(address, /:\d+/)
})

test('EST-1, EST-2: estimates and split points of a range', async () => {
  const at = kv.at('est/')
  await at.doTn(async tn => { for (let i = 0; i < 100; i++) tn.set(String(i).padStart(3, '0'), Buffer.alloc(10000)) })
  const size = await at.getEstimatedRangeSizeBytes('', 'x')
  assert.ok(Number.isInteger(size) && size >= 0)
  const points = (await at.getRangeSplitPoints('', 'x', 100000)).map(text)
  assert.strictEqual(points[0], '')
  assert.strictEqual(points[points.length - 1], 'x')
  assert.deepStrictEqual(points, [...points].sort())
  assert.strictEqual(new Set(points).size, points.length)
  await fails(2005, begin(at).getRangeSplitPoints('x', 'a', 1000))
})
