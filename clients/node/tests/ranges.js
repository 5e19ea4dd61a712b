// Range reads: against a model, in batches, in every streaming mode, with limits, over own writes.
'use strict'
const { assert, begin, db, fails, fdb, random, test, text } = require('../harness')

const ROWS = 3000
const at = db.at('ranges/')
const Mode = fdb.StreamingMode
const select = fdb.keySelector
const key = i => `k${String(i).padStart(6, '0')}`
const model = []
for (let i = 0; i < ROWS; i++) model.push([key(2 * i), `value ${i} `.repeat(1 + (i % 9))])

// What the client adds to each key it reads or writes here.
const PREFIX = 'ranges/'.length
const cost = ([k, v]) => 8 + PREFIX + k.length + v.length

const plain = rows => rows.map(([k, v]) => [text(k), text(v)])

function expected(rows, begin_, end, { limit = 0, reverse = false } = {}) {
  let found = rows.filter(([k]) => k >= begin_ && k < end)
  if (reverse) found = found.reverse()
  return limit ? found.slice(0, limit) : found
}

// One call, as the library answers it.
const raw = (tn, b, e, limit, bytes, mode, iteration, reverse = false) =>
  tn.getRangeRaw(select.firstGreaterOrEqual(b), select.firstGreaterOrEqual(e), limit, bytes, mode, iteration, reverse)
    .then(({ results, more }) => ({ rows: plain(results), more }))

test('RNG-1: setup', async () => {
  await at.doTn(async tn => model.forEach(([k, v]) => tn.set(k, v)))
})

test('RNG-1, RNG-9: random ranges are the rows of the model, whole, limited and reversed', async () => {
  const next = random(7)
  const modes = [Mode.WantAll, Mode.Iterator, Mode.Small, Mode.Medium, Mode.Large, Mode.Serial]
  for (let round = 0; round < 120; round++) {
    const [b, e] = [key(next(2 * ROWS)), key(next(2 * ROWS))]
    // The small modes take many calls; they get the short ranges.
    const mode = modes[round % modes.length]
    const limit = [0, 1, 2, 17, 250][next(5)] || (mode > 0 ? 300 : 0)
    const options = { limit, reverse: next(2) === 1, streamingMode: mode }
    assert.deepStrictEqual(plain(await at.getRangeAll(b, e, options)), expected(model, b, e, options),
      JSON.stringify([b, e, options]))
  }
})

test('RNG-1: an iteration in one transaction brings each row once', async () => {
  for (const reverse of [false, true]) {
    const seen = []
    await at.doTn(async tn => {
      seen.length = 0
      for await (const [k, v] of tn.getRange('', 'z', { reverse })) seen.push([text(k), text(v)])
    })
    assert.deepStrictEqual(seen, expected(model, '', 'z', { reverse }))
  }
})

test('RNG-1: an iteration that is left early leaves a transaction that works', async () => {
  await at.doTn(async tn => {
    let count = 0
    for await (const row of tn.getRange('', 'z')) if (row && ++count === 5) break
    assert.strictEqual(count, 5)
    assert.strictEqual(text(await tn.get(key(0))), model[0][1])
  })
})

test('RNG-4, RNG-6: a call ends with the row that reaches the byte limit of its mode', async () => {
  const limits = { Small: 256, Medium: 1000, Large: 4096, Serial: 80000, WantAll: 80000 }
  for (const [name, limit] of Object.entries(limits)) {
    const mode = Mode[name]
    for (const reverse of [false, true]) {
      const { rows, more } = await raw(begin(at), '', 'z', 0, 0, mode, 1, reverse)
      assert.deepStrictEqual(rows, expected(model, '', 'z', { limit: rows.length, reverse }))
      const sum = rows.map(cost).reduce((a, b) => a + b)
      assert.ok(more && sum >= limit && sum - cost(rows[rows.length - 1]) < limit, `${name}: ${sum} bytes`)
    }
  }
})

test('RNG-4: the batches of an iteration grow', async () => {
  const limits = [4096, 6144, 9216, 13824, 20736, 31104, 46656, 69984, 80000, 120000]
  for (let i = 0; i < limits.length + 2; i++) {
    const limit = limits[Math.min(i, limits.length - 1)]
    const { rows } = await raw(begin(at), '', 'z', 0, 0, Mode.Iterator, i + 1)
    const sum = rows.map(cost).reduce((a, b) => a + b)
    // RNG-7: a single call may bring less than the last limit of the iteration, not less than the reply limit.
    const least = Math.min(limit, 80000)
    assert.ok(sum >= least && sum - cost(rows[rows.length - 1]) < limit, `iteration ${i + 1}: ${sum} bytes`)
  }
})

test('RNG-4: target bytes bound a call, the smaller limit wins', async () => {
  for (const [bytes, mode, limit] of [[500, Mode.WantAll, 500], [500, Mode.Exact, 500], [5000, Mode.Small, 256]]) {
    const { rows, more } = await raw(begin(at), '', 'z', 0, bytes, mode, 1)
    const sum = rows.map(cost).reduce((a, b) => a + b)
    assert.ok(more && sum >= limit && sum - cost(rows[rows.length - 1]) < limit, `mode ${mode}: ${sum} bytes`)
  }
})

test('RNG-7: the exact mode brings the rows asked for in one call', async () => {
  const { rows, more } = await raw(begin(at), '', 'z', ROWS - 1, 0, Mode.Exact, 1)
  assert.deepStrictEqual(rows, model.slice(0, ROWS - 1))
  assert.ok(more)
})

test('RNG-8: more says that a limit was reached, also with the last row', async () => {
  const some = model.slice(0, 10)
  const end = key(20)
  const tn = begin(at)
  assert.strictEqual((await raw(tn, '', end, 9, 0, Mode.Exact, 1)).more, true)
  assert.deepStrictEqual(await raw(tn, '', end, 10, 0, Mode.Exact, 1), { rows: some, more: true })
  assert.deepStrictEqual(await raw(tn, '', end, 11, 0, Mode.Exact, 1), { rows: some, more: false })
  assert.deepStrictEqual(await raw(tn, '', end, 0, 0, Mode.WantAll, 1), { rows: some, more: false })
})

test('RNG-5, RNG-3: limits and modes that make no sense', async () => {
  const tn = begin(at)
  await fails(2210, raw(tn, '', 'z', 0, 0, Mode.Exact, 1))
  await fails(2000, raw(tn, '', 'z', 0, 0, Mode.Iterator, 0))
  await fails(2000, raw(tn, '', 'z', 0, 0, 9, 1))
  await fails(2012, raw(tn, '', 'z', -5, 0, Mode.WantAll, 1))
  await fails(2012, raw(tn, '', 'z', 0, -5, Mode.WantAll, 1))
  assert.strictEqual((await raw(tn, '', 'z', -1, -1, Mode.Small, 1)).more, true)
  await tn.rawCommit()
})

test('RNG-1: an empty and an inverted range have no rows and no error', async () => {
  const tn = begin(at)
  assert.deepStrictEqual(await raw(tn, key(4), key(4), 0, 0, Mode.WantAll, 1), { rows: [], more: false })
  assert.deepStrictEqual(await raw(tn, key(8), key(4), 0, 0, Mode.WantAll, 1), { rows: [], more: false })
  assert.deepStrictEqual(await raw(tn, key(1), key(2), 0, 0, Mode.WantAll, 1), { rows: [], more: false })
})

test('SEL-2, RNG-1: ranges between selectors', async () => {
  const tn = begin(at)
  const range = async (b, e) => plain(await tn.getRangeAll(b, e)).map(([k]) => k)
  const ten = key(10)
  assert.deepStrictEqual(await range(select.firstGreaterThan(ten), select.firstGreaterOrEqual(key(16))),
    [key(12), key(14)])
  assert.deepStrictEqual(await range(select.lastLessThan(ten), select.firstGreaterThan(ten)), [key(8), key(10)])
  assert.deepStrictEqual(await range(select.lastLessOrEqual(key(11)), select.next(select.firstGreaterThan(ten))),
    [key(10), key(12)])
  assert.deepStrictEqual(await range(select.add(select.firstGreaterOrEqual(ten), -2), select.firstGreaterOrEqual(ten)),
    [key(6), key(8)])
})

test('RNG-10: ranges hold what the transaction wrote and not what it cleared', async () => {
  const next = random(11)
  for (let round = 0; round < 20; round++) {
    const rows = new Map(model)
    const tn = begin(at)
    for (let i = 0; i < 60; i++) {
      const k = key(next(2 * ROWS))
      const end = key(next(2 * ROWS))
      if (next(3) === 0) { tn.clear(k); rows.delete(k) }
      else if (next(8) === 0 && k < end) {
        tn.clearRange(k, end)
        for (const gone of [...rows.keys()]) if (gone >= k && gone < end) rows.delete(gone)
      } else { tn.set(k, `own ${round} ${i}`); rows.set(k, `own ${round} ${i}`) }
    }
    const sorted = [...rows].sort((a, b) => (a[0] < b[0] ? -1 : 1))
    const options = { limit: [0, 1, 40, 700][next(4)], reverse: next(2) === 1 }
    const [b, e] = [key(next(ROWS)), key(ROWS + next(ROWS))]
    const got = plain(await tn.getRangeAll(b, e, options))
    assert.deepStrictEqual(got, expected(sorted, b, e, options), `round ${round}`)
    tn.rawCancel()
  }
})

test('RNG-1: a range by prefix ends where the prefix ends', async () => {
  const p = db.at('prefix/')
  await p.doTn(async tn => ['a', 'ab', 'ab\0', 'ab\x7f', 'ac', 'b'].forEach(k => tn.set(k, k)))
  assert.deepStrictEqual(plain(await p.getRangeAllStartsWith('ab')).map(([k]) => k), ['ab', 'ab\0', 'ab\x7f'])
  await p.clearRangeStartsWith('ab')
  assert.deepStrictEqual(plain(await p.getRangeAllStartsWith('')).map(([k]) => k), ['a', 'ac', 'b'])
})

test('RNG-1: batches of one iteration together are the range', async () => {
  const batches = []
  await at.doTn(async tn => {
    batches.length = 0
    for await (const batch of tn.getRangeBatch('', 'z', { streamingMode: Mode.Large })) batches.push(plain(batch))
  })
  assert.ok(batches.length > 1)
  assert.deepStrictEqual(batches.flat(), model)
})
