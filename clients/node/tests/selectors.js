// Key selectors in a database that holds only the keys b, d and f.
'use strict'
const { assert, begin, bytes, db, test, text } = require('../harness')

// Past the client's own filter: what the library answers.
const resolve = async (tn, [key, orEqual, offset], snapshot = false) =>
  text(await tn._tn.getKey(key, orEqual, offset, snapshot))

const VECTORS = [
  ['a', false, 1, 'b'], ['d', false, 1, 'd'], ['d', true, 1, 'f'], ['d', false, 0, 'b'], ['d', true, 0, 'd'],
  ['g', false, 1, '\xff'], ['b', false, 0, ''], ['d', false, 2, 'f'], ['d', false, -1, ''], ['a', false, 3, 'f'],
  ['a', false, 4, '\xff'], ['a', false, 0, '']
]

async function setup() {
  await db.clearRange('', bytes('\xff'))
  await db.doTn(async tn => ['b', 'd', 'f'].forEach(k => tn.set(k, k)))
}

test('SEL-1, SEL-2, SEL-3: the table of selectors', async () => {
  await setup()
  const tn = begin()
  for (const [key, orEqual, offset, result] of VECTORS) {
    for (const snapshot of [false, true]) {
      const found = await resolve(tn, [key, orEqual, offset], snapshot)
      assert.strictEqual(found, result, JSON.stringify([key, orEqual, offset]))
    }
  }
})

test('SEL-1: every selector over small offsets, computed from the keys', async () => {
  await setup()
  const keys = ['b', 'd', 'f']
  const tn = begin()
  for (const key of ['', 'a', 'b', 'c', 'd', 'e', 'f', 'g']) {
    for (const orEqual of [false, true]) {
      for (let offset = -4; offset <= 5; offset++) {
        const position = keys.filter(k => k < key || (orEqual && k === key)).length - 1 + offset
        const result = position < 0 ? '' : position >= keys.length ? '\xff' : keys[position]
        assert.strictEqual(await resolve(tn, [key, orEqual, offset]), result, JSON.stringify([key, orEqual, offset]))
      }
    }
  }
})

test('SEL-5: own sets and clears count', async () => {
  await setup()
  const tn = begin()
  tn.clear('d')
  tn.set('c', 'own')
  tn.set('e', 'own')
  assert.strictEqual(await resolve(tn, ['b', true, 1]), 'c')
  assert.strictEqual(await resolve(tn, ['d', false, 1]), 'e')
  assert.strictEqual(await resolve(tn, ['e', false, 0]), 'c')
  assert.strictEqual(await resolve(tn, ['', false, 4]), 'f')
  assert.strictEqual(await resolve(begin(), ['b', true, 1]), 'd')
})

test('SEL-3, DATA-4: with system keys the space ends later', async () => {
  await setup()
  const tn = begin(db, { read_system_keys: true })
  assert.ok((await resolve(tn, ['g', false, 1])) >= '\xff')
  assert.strictEqual(await resolve(tn, ['g', false, 1000000]), '\xff\xff')
})

test('SEL-1: getKey of the client within a subspace', async () => {
  const at = db.at('sub/')
  await at.doTn(async tn => ['1', '3'].forEach(k => tn.set(k, k)))
  assert.strictEqual(text(await at.getKey('2')), '3')
  assert.strictEqual(await at.getKey('4'), undefined)
})
