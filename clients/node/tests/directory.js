// The client's directory layer and its allocator, alone and with many at once.
'use strict'
const { assert, db, fdb, test, text } = require('../harness')
const { HighContentionAllocator } = require('foundationdb/dist/lib/directory')

const dir = fdb.directory
const content = async d => db.at(await d)
const refused = promise => assert.rejects(promise, fdb.DirectoryError)
const prefixOf = d => d.getSubspace().prefix

// Whether one of these keys begins with another.
function nested(prefixes) {
  const sorted = [...prefixes].sort(Buffer.compare)
  return sorted.some((prefix, i) => i > 0 && prefix.subarray(0, sorted[i - 1].length).equals(sorted[i - 1]))
}

test('DATA-1: create, open, list, exists, remove', async () => {
  const made = await dir.create(db, ['app', 'users'])
  assert.deepStrictEqual(made.getPath(), ['app', 'users'])
  assert.deepStrictEqual(prefixOf(await dir.open(db, ['app', 'users'])), prefixOf(made))
  await refused(dir.create(db, ['app', 'users']))
  await refused(dir.open(db, ['app', 'nobody']))
  await dir.createOrOpen(db, ['app', 'orders'])
  assert.deepStrictEqual((await dir.listAll(db, ['app'])).map(text), ['orders', 'users'])
  assert.strictEqual(await dir.exists(db, ['app', 'orders']), true)
  assert.strictEqual(await dir.remove(db, ['app', 'orders']), true)
  assert.strictEqual(await dir.exists(db, ['app', 'orders']), false)
  assert.strictEqual(await dir.removeIfExists(db, ['app', 'orders']), false)
  await refused(dir.remove(db, ['app', 'orders']))
})

test('DATA-1: what is in a directory goes with it and not with others', async () => {
  const [keep, drop] = [await content(dir.create(db, 'keep')), await content(dir.create(db, 'drop'))]
  await Promise.all([keep.set('k', 'kept'), drop.set('k', 'dropped')])
  await dir.remove(db, 'drop')
  assert.strictEqual(text(await keep.get('k')), 'kept')
  assert.strictEqual(await drop.get('k'), undefined)
})

test('DATA-1: a directory that moved has its content', async () => {
  const made = await dir.create(db, ['from', 'here'])
  await db.at(made).set('k', 'moved')
  await dir.create(db, 'to')
  await refused(dir.move(db, ['from', 'here'], ['nowhere', 'x']))
  await refused(dir.move(db, ['from'], ['from', 'here', 'x']))
  const moved = await made.moveTo(db, ['to', 'there'])
  assert.deepStrictEqual(moved.getPath(), ['to', 'there'])
  assert.strictEqual(text(await db.at(moved).get('k')), 'moved')
  assert.strictEqual(await dir.exists(db, ['from', 'here']), false)
})

test('DATA-1: a layer is kept and checked', async () => {
  await dir.create(db, 'layered', 'queue')
  assert.strictEqual((await dir.open(db, 'layered')).getLayer(), 'queue')
  assert.strictEqual((await dir.open(db, 'layered', 'queue')).getLayer(), 'queue')
  await refused(dir.open(db, 'layered', 'stack'))
})

test('DATA-1: a partition keeps its directories inside', async () => {
  const partition = await dir.create(db, 'partition', 'partition')
  const inner = await partition.create(db, ['a', 'b'])
  await db.at(inner).set('k', 'inside')
  assert.strictEqual(text(await db.at(await dir.open(db, ['partition', 'a', 'b'])).get('k')), 'inside')
  await refused(dir.move(db, ['partition', 'a'], ['outside']))
  assert.throws(() => partition.getSubspace(), fdb.DirectoryError)
  await dir.remove(db, 'partition')
  assert.strictEqual(await db.at(inner).get('k'), undefined)
})

test('CONF-19: twenty at once that create or open one directory get the same one', async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => dir.createOrOpen(db, ['shared', 'one'])))
  assert.strictEqual(new Set(made.map(d => prefixOf(d).toString('hex'))).size, 1)
  assert.deepStrictEqual((await dir.listAll(db, 'shared')).map(text), ['one'])
})

test('CONF-19: of twenty at once that create one directory, one does', async () => {
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => dir.create(db, 'only one')))
  const refusals = results.filter(({ status }) => status === 'rejected')
  assert.strictEqual(refusals.length, 19)
  for (const { reason } of refusals) assert.ok(reason instanceof fdb.DirectoryError, reason.stack)
})

test('CONF-19: sixty directories made at once have sixty prefixes, none inside another', async () => {
  const names = Array.from({ length: 60 }, (_, i) => `d${String(i).padStart(2, '0')}`)
  const made = await Promise.all(names.map(name => dir.create(db, ['crowd', name])))
  assert.strictEqual(new Set(made.map(d => prefixOf(d).toString('hex'))).size, 60)
  assert.strictEqual(nested(made.map(prefixOf)), false)
  assert.deepStrictEqual((await dir.listAll(db, 'crowd')).map(text), names)
})

test('CONF-11, CONF-19: three hundred allocations at once are all different', async () => {
  const allocator = new HighContentionAllocator(db.at('allocator/').getSubspace())
  const all = []
  for (let round = 0; round < 10; round++) {
    all.push(...await Promise.all(Array.from({ length: 30 }, () => db.doTn(tn => allocator.allocate(tn)))))
  }
  assert.strictEqual(new Set(all.map(prefix => prefix.toString('hex'))).size, 300)
  assert.strictEqual(nested(all), false)
})

test('CONF-11: allocations within one transaction are different', async () => {
  const allocator = new HighContentionAllocator(db.at('allocator 2/').getSubspace())
  const all = await db.doTn(async tn => {
    const got = []
    for (let i = 0; i < 40; i++) got.push(await allocator.allocate(tn))
    return got
  })
  assert.strictEqual(new Set(all.map(prefix => prefix.toString('hex'))).size, 40)
})
