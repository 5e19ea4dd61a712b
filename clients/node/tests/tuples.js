// Tuples, subspaces and encodings of the client, as they are stored and read back.
'use strict'
const { assert, db, fdb, random, test, text } = require('../harness')

const tuples = db.at('tuples/').withKeyEncoding(fdb.tuple)
const plain = rows => rows.map(([key]) => key)

test('DATA-1: tuples of every type come back', async () => {
  const keys = [[], ['text'], ['\0 inside'], [Buffer.from([0, 255, 0])], [0], [-1], [255], [-256], [65536], [2 ** 40],
    [-(2 ** 40)], [1.5], [-1.5], [true], [false], [null], [['nested', [1, null]]], ['a', 1, null, Buffer.from('b')]]
  const at = tuples.at(['types'])
  await at.doTn(async tn => keys.forEach((key, i) => tn.set(key, String(i))))
  for (let i = 0; i < keys.length; i++) assert.strictEqual(text(await at.get(keys[i])), String(i))
  const stored = plain(await db.at(at.getSubspace().prefix).getRangeAllStartsWith(''))
  assert.deepStrictEqual(stored, keys.map(key => fdb.tuple.pack(key)).sort(Buffer.compare))
})

test('DATA-1: rows with integer tuples are in the order of the integers', async () => {
  const next = random(5)
  const numbers = new Set([0, 1, -1, 255, 256, -255, -256, 65535, 65536])
  while (numbers.size < 400) numbers.add((next(2) ? 1 : -1) * next(2 ** (1 + next(30))))
  const at = tuples.at(['integers'])
  await at.doTn(async tn => numbers.forEach(n => tn.set([n], String(n))))
  const rows = await at.getRangeAllStartsWith([])
  assert.deepStrictEqual(rows.map(([[n]]) => n), [...numbers].sort((a, b) => a - b))
})

test('RNG-1: a range by tuple prefix holds the tuples that extend it', async () => {
  const at = tuples.at(['people'])
  const people = [['ann', 1], ['ann', 2], ['ann', 2, 'x'], ['anna', 1], ['bob', 1]]
  await at.doTn(async tn => people.forEach(key => tn.set(key, '')))
  assert.deepStrictEqual(plain(await at.getRangeAllStartsWith(['ann'])), people.slice(0, 3))
  assert.deepStrictEqual(plain(await at.getRangeAll(['ann', 2], ['bob'])), people.slice(1, 4))
  await at.clearRangeStartsWith(['ann'])
  assert.deepStrictEqual(plain(await at.getRangeAllStartsWith([])), people.slice(3))
})

test('DATA-1: subspaces keep their keys apart', async () => {
  const [one, two] = [tuples.at(['one']), tuples.at(['two'])]
  await one.doTn(async tn => {
    tn.set(['k'], 'in one')
    tn.at(two).set(['k'], 'in two')
  })
  assert.strictEqual(text(await one.get(['k'])), 'in one')
  assert.strictEqual(text(await two.get(['k'])), 'in two')
  await one.clearRangeStartsWith([])
  assert.strictEqual(await one.get(['k']), undefined)
  assert.strictEqual(text(await two.get(['k'])), 'in two')
})

test('DATA-1: values through the encodings of the client', async () => {
  const json = db.at('json/').withKeyEncoding(fdb.encoders.int32BE).withValueEncoding(fdb.encoders.json)
  const rows = Array.from({ length: 50 }, (_, i) => [i, { square: i * i, list: Array(i).fill(i) }])
  await json.doTn(async tn => rows.forEach(([key, value]) => tn.set(key, value)))
  assert.deepStrictEqual(await json.get(7), rows[7][1])
  assert.deepStrictEqual(await json.getRangeAll(0, 50), rows)
  const strings = db.at('strings/').withValueEncoding(fdb.encoders.string)
  await strings.set('k', 'sm\u00f8rrebr\u00f8d')
  assert.strictEqual(await strings.get('k'), 'sm\u00f8rrebr\u00f8d')
})

test('ATOM-2: the client\'s add through a value encoding', async () => {
  const pack = n => { const buf = Buffer.alloc(4); buf.writeInt32LE(n); return buf }
  const little = { pack, unpack: buf => buf.readInt32LE(0) }
  const counters = db.at('counters/').withValueEncoding(little)
  await Promise.all([5, 7, -2].map(n => counters.add('c', n)))
  assert.strictEqual(await counters.get('c'), 5 + 7 - 2)
  await counters.max('c', 100)
  await counters.min('c', 50)
  assert.strictEqual(await counters.get('c'), 50)
})
