// Versionstamps: in keys, in values, in tuples, by future; their order.
'use strict'
const { assert, begin, bytes, db, fails, fdb, test, text, version } = require('../harness')

const at = db.at('stamps/')
const Op = fdb.MutationType
const Option = fdb.TransactionOptionCode

test('VST-1: the stamp is the committed version and the order in it', async () => {
  const tn = begin(at)
  tn.setVersionstampSuffixedKey('k/', 'value', bytes('/end'))
  const stamp = tn.getVersionstamp().promise
  await tn.rawCommit()
  const bytes10 = await stamp
  assert.strictEqual(bytes10.length, 10)
  assert.strictEqual(version(bytes10), version(tn.getCommittedVersion()))
  const [[key, value]] = await at.getRangeAllStartsWith('k/')
  assert.deepStrictEqual(key, Buffer.concat([bytes('k/'), bytes10, bytes('/end')]))
  assert.strictEqual(text(value), 'value')
})

test('VST-1, VST-6: stamped keys are in the order of the commits', async () => {
  for (let i = 0; i < 50; i++) await at.doTn(async tn => tn.setVersionstampSuffixedKey('log/', String(i)))
  const rows = await at.getRangeAllStartsWith('log/')
  assert.deepStrictEqual(rows.map(([, value]) => text(value)), Array.from({ length: 50 }, (_, i) => String(i)))
  const stamps = rows.map(([key]) => key.toString('hex'))
  assert.strictEqual(new Set(stamps).size, 50)
})

test('VST-1: a hundred at once have a hundred stamps, each with its own version', async () => {
  const seen = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    const tn = begin(at)
    tn.setVersionstampSuffixedKey('at once/', String(i))
    const stamp = tn.getVersionstamp().promise
    await tn.rawCommit()
    return [(await stamp).toString('hex'), String(i)]
  }))
  const rows = await at.getRangeAllStartsWith('at once/')
  const stored = rows.map(([key, value]) => [key.subarray('at once/'.length).toString('hex'), text(value)])
  assert.deepStrictEqual(stored, seen.sort((a, b) => (a[0] < b[0] ? -1 : 1)))
})

test('VST-3: a stamp in a value, after a prefix and before a suffix', async () => {
  const tn = begin(at)
  tn.setVersionstampPrefixedValue('value', 'suffix')
  tn.setVersionstampPrefixedValue('value 2', 'suffix', bytes('prefix'))
  const stamp = tn.getVersionstamp().promise
  await tn.rawCommit()
  const got = await at.getVersionstampPrefixedValue('value')
  assert.deepStrictEqual(got.stamp, await stamp)
  assert.strictEqual(text(got.value), 'suffix')
  assert.deepStrictEqual(await at.get('value 2'), Buffer.concat([bytes('prefix'), await stamp, bytes('suffix')]))
})

test('VST-7: unbound stamps in tuples are baked after the commit', async () => {
  const tuples = db.at('stamped tuples/').withKeyEncoding(fdb.tuple)
  const keys = [[1, fdb.tuple.unboundVersionstamp()], [1, fdb.tuple.unboundVersionstamp()]]
  await tuples.doTn(async tn => keys.forEach((key, i) => tn.setVersionstampedKey(key, `value ${i}`)))
  for (let i = 0; i < keys.length; i++) {
    assert.strictEqual(keys[i][1].type, 'versionstamp')
    assert.strictEqual(text(await tuples.get(keys[i])), `value ${i}`)
  }
  assert.deepStrictEqual(keys[0][1].value.subarray(0, 10), keys[1][1].value.subarray(0, 10))
  assert.notDeepStrictEqual(keys[0][1].value, keys[1][1].value)
  assert.strictEqual((await tuples.getRangeAllStartsWith([1])).length, 2)
})

test('COM-12: a transaction that wrote nothing has no stamp', async () => {
  const tn = begin(at)
  await tn.get('x')
  const stamp = tn.getVersionstamp().promise
  await tn.rawCommit()
  await fails(2021, stamp)
})

test('COM-12: a refused transaction has no stamp', async () => {
  const tn = begin(at)
  await tn.get('refused')
  tn.set('refused', 'x')
  const stamp = tn.getVersionstamp().promise
  await at.set('refused', 'y')
  await fails(1020, tn.rawCommit())
  await fails(2020, stamp)
})

test('RYW-8, COM-4: a stamped value cannot be read before the commit', async () => {
  const tn = begin(at)
  tn.setVersionstampPrefixedValue('unreadable', 'x')
  await fails(1036, tn.get('unreadable'))
  await fails(1036, tn.rawCommit())
  assert.strictEqual(await at.get('unreadable'), undefined)
})

test('RYW-8: nor can a range that may hold a stamped key', async () => {
  const tn = begin(at)
  tn.setVersionstampSuffixedKey('hidden/', 'x')
  await fails(1036, tn.getRangeAllStartsWith('hidden/'))
  assert.strictEqual(await tn.get('elsewhere'), undefined)
})

test('RYW-9: a clear makes it readable again', async () => {
  const tn = begin(at)
  tn.setVersionstampPrefixedValue('cleared', 'x')
  tn.clear('cleared')
  assert.strictEqual(await tn.get('cleared'), undefined)
  await tn.rawCommit()
  assert.strictEqual(await at.get('cleared'), undefined)
})

test('VST-4: an offset outside the key or the value', async () => {
  const short = Buffer.concat([bytes('foo'), Buffer.alloc(10), Buffer.from([4, 0, 0, 0])])
  await fails(2000, db.doTn(async tn => tn.atomicOpNative(Op.SetVersionstampedKey, short, 'v')))
  await fails(2000, db.doTn(async tn => tn.atomicOpNative(Op.SetVersionstampedValue, 'foo', Buffer.alloc(13))))
  await fails(2000, db.doTn(async tn => tn.atomicOpNative(Op.SetVersionstampedValue, 'foo', Buffer.from([1]))))
})

test('SPEC-10: the metadata version is the stamp of the last commit that set it', async () => {
  const key = bytes('\xff/metadataVersion')
  const tn = begin()
  tn.atomicOpNative(Op.SetVersionstampedValue, key, Buffer.alloc(14))
  const stamp = tn.getVersionstamp().promise
  await tn.rawCommit()
  assert.deepStrictEqual(await begin().get(key), await stamp)
  await fails(2000, db.doTn(async other => other.atomicOpNative(Op.Add, key, Buffer.alloc(14))))
  await fails(2004, begin().get(bytes('\xff/metadataVersion2')))
  const reader = begin(db, { read_system_keys: true })
  assert.deepStrictEqual(await reader.get(key), await stamp)
})

test('RYW-11: with the option an unreadable value reads as it was passed', async () => {
  const tn = begin(at)
  tn.setOption(Option.BypassUnreadable)
  const operand = Buffer.concat([Buffer.alloc(10), bytes('tail'), Buffer.from([0, 0, 0, 0])])
  tn.setVersionstampedValueRaw('bypass', operand)
  assert.deepStrictEqual(await tn.get('bypass'), operand)
  await tn.rawCommit()
  assert.strictEqual(text((await at.get('bypass')).subarray(10)), 'tail')
})
