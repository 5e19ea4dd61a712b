// Watches: when they fire, when they do not, cancelling, the limit.
'use strict'
const { assert, begin, db, fails, fdb, test, text } = require('../harness')

const at = db.at('watches/')

// A watch that notes when it has fired.
function noted(watch) {
  const note = { fired: false }
  note.promise = watch.promise.then(result => { note.fired = true; return result })
  return note
}

test('WATCH-1, WATCH-5: a watch fires when another transaction changes the value', async () => {
  await at.set('k', 'old')
  const watch = await at.getAndWatch('k')
  assert.strictEqual(text(watch.value), 'old')
  await at.set('k', 'new')
  assert.strictEqual(await watch.promise, true)
})

test('WATCH-6: set, clear, range clear and atomic operation fire alike', async () => {
  const ways = {
    set: tn => tn.set('way', 'new'),
    clear: tn => tn.clear('way'),
    range: tn => tn.clearRange('w', 'x'),
    add: tn => tn.atomicOp(fdb.MutationType.Add, 'way', Buffer.from([1]))
  }
  for (const [name, change] of Object.entries(ways)) {
    await at.set('way', name)
    const watch = await at.getAndWatch('way')
    await at.doTn(async tn => change(tn))
    assert.strictEqual(await watch.promise, true, name)
  }
})

test('WATCH-4: the own write before the watch does not fire it', async () => {
  const [set, clear] = [await at.setAndWatch('own', 'mine'), await at.clearAndWatch('own 2')]
  const [a, b] = [noted(set), noted(clear)]
  const other = await at.setAndWatch('own 3', '1')
  await at.set('own 3', '2')
  await other.promise
  assert.deepStrictEqual([a.fired, b.fired], [false, false])
  await at.doTn(async tn => { tn.set('own', 'theirs'); tn.set('own 2', 'theirs') })
  assert.deepStrictEqual(await Promise.all([a.promise, b.promise]), [true, true])
})

test('WATCH-6: writing the same value again does not fire', async () => {
  const same = noted(await at.setAndWatch('same', 'value'))
  const other = await at.setAndWatch('changes', '1')
  await at.doTn(async tn => { tn.set('same', 'value'); tn.set('changes', '2') })
  assert.strictEqual(await other.promise, true)
  assert.strictEqual(same.fired, false)
  await at.set('same', 'another')
  assert.strictEqual(await same.promise, true)
})

test('WATCH-5: a change between the read and a commit that only reads fires at once', async () => {
  await at.set('between', 'old')
  const tn = begin(at)
  await tn.get('between')
  const watch = tn.watch('between')
  await tn.get('anything')
  await at.set('between', 'new')
  await tn.rawCommit()
  assert.strictEqual(await watch.promise, true)
})

test('WATCH-9: cancelling resolves to false, and twice is once', async () => {
  const watch = await at.setAndWatch('cancelled', 'x')
  watch.cancel()
  watch.cancel()
  assert.strictEqual(await watch.promise, false)
  watch.cancel()
  await at.set('cancelled', 'y')
})

test('FUT-6: a cancelled watch ends with 1101 for those who want every error', async () => {
  const watch = await at.doTn(async tn => tn.watch('cancelled', { throwAllErrors: true }))
  watch.cancel()
  await fails(1101, watch.promise)
})

test('WATCH-7: a watch of a refused transaction ends with its error', async () => {
  const tn = begin(at)
  await tn.get('refused')
  tn.set('refused', 'x')
  const watch = tn.watch('elsewhere', { throwAllErrors: true })
  await at.set('refused', 'y')
  await fails(1020, tn.rawCommit())
  await fails(1020, watch.promise)
})

test('WATCH-7: a watch of a transaction that was reset ends with 1025', async () => {
  const tn = begin(at)
  const watch = tn.watch('reset', { throwAllErrors: true })
  tn.rawReset()
  await fails(1025, watch.promise)
})

test('WATCH-7: after the commit the watch outlives its transaction', async () => {
  const tn = begin(at)
  const watch = tn.watch('outlives')
  await tn.rawCommit()
  tn.rawReset()
  await at.set('outlives', 'new')
  assert.strictEqual(await watch.promise, true)
})

test('CONF-8: a watch is a read, and conflicts like one', async () => {
  const tn = begin(at)
  tn.watch('conflicts')
  await tn.get('anything')
  tn.set('x', 'x')
  await at.set('conflicts', 'new')
  await fails(1020, tn.rawCommit())
})

test('WATCH-9: five hundred watches, on a hundred keys, all fire', async () => {
  const watches = []
  for (let i = 0; i < 5; i++) {
    watches.push(...await at.doTn(async tn => Array.from({ length: 100 }, (_, k) => tn.watch(`many/${k}`))))
  }
  await at.doTn(async tn => { for (let k = 0; k < 100; k++) tn.set(`many/${k}`, 'new') })
  assert.deepStrictEqual(await Promise.all(watches.map(watch => watch.promise)), Array(500).fill(true))
})

test('WATCH-8: one watch too many ends with 1032, the commit does not', async () => {
  const few = fdb.open(undefined, { max_watches: 10 }).at('watches/few/')
  const held = []
  for (let i = 0; i < 10; i++) held.push(await few.setAndWatch(String(i), 'x'))
  const tn = begin(few)
  const watch = tn.watch('one more', { throwAllErrors: true })
  await tn.rawCommit()
  await fails(1032, watch.promise)
  held.forEach(one => one.cancel())
  assert.deepStrictEqual(await Promise.all(held.map(one => one.promise)), Array(10).fill(false))
  const again = await few.setAndWatch('one more', 'y')
  await few.set('one more', 'z')
  assert.strictEqual(await again.promise, true)
})

test('WATCH-10: without read-your-writes there are no watches', async () => {
  const tn = begin(at, { read_your_writes_disable: true })
  await fails(1034, tn.watch('k', { throwAllErrors: true }).promise)
})
