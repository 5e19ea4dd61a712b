// Atomic operations: the table of results, order within a transaction, sums under contention.
'use strict'
const { assert, begin, db, fails, fdb, number, test } = require('../harness')

const at = db.at('atomic/')
const Op = fdb.MutationType
const hex = str => (str === null ? null : Buffer.from(str, 'hex'))

// operation, existing value, operand, result, all in hex; null is absent.
const VECTORS = [
  [Op.Add, 'ff', '0100', '0001'], [Op.Add, 'ff01', '01', '00'], [Op.Add, null, '05', '05'],
  [Op.BitAnd, 'ff0f', '0f', '0f'], [Op.BitAnd, 'f0', 'ffff', 'f000'], [Op.BitAnd, null, 'ffff', 'ffff'],
  [Op.BitOr, '01', '0002', '0102'], [Op.BitXor, 'ff', '0f01', 'f001'],
  [Op.Max, '0001', 'ff00', '0001'], [Op.Max, '05', '0400', '0500'], [Op.Max, '010203', '05', '05'],
  [Op.Min, '05', '0600', '0500'], [Op.Min, '', '0100', '0000'], [Op.Min, null, '0100', '0100'],
  [Op.ByteMin, '6162', '62', '6162'], [Op.ByteMax, '6162', '61', '6162'], [Op.ByteMin, null, '62', '62'],
  [Op.AppendIfFits, null, '78', '78'], [Op.AppendIfFits, '61', '78', '6178'],
  [Op.CompareAndClear, '01', '01', null], [Op.CompareAndClear, '01', '02', '01'], [Op.CompareAndClear, null, '01', null]
]

async function setup() {
  await at.doTn(async tn => {
    tn.clearRange('v/', 'v0')
    VECTORS.forEach(([, x], i) => { if (x !== null) tn.set(`v/${i}`, hex(x)) })
  })
}

function check(values) {
  VECTORS.forEach(([op, x, p, result], i) => {
    const value = values[i] === undefined ? null : values[i].toString('hex')
    assert.strictEqual(value, result, `operation ${op} of ${p} on ${x}`)
  })
}

const read = tn => Promise.all(VECTORS.map((_, i) => tn.get(`v/${i}`)))

test('ATOM-2 to ATOM-5: the table, as committed', async () => {
  await setup()
  await at.doTn(async tn => VECTORS.forEach(([op, , p], i) => tn.atomicOp(op, `v/${i}`, hex(p))))
  check(await at.doTn(read))
})

test('RYW-3, ATOM-2 to ATOM-5: the table, as the transaction itself sees it', async () => {
  await setup()
  const tn = begin(at)
  VECTORS.forEach(([op, , p], i) => tn.atomicOp(op, `v/${i}`, hex(p)))
  check(await read(tn))
  await tn.rawCommit()
  check(await at.doTn(read))
})

test('RYW-4: the table, upon a value the transaction set itself', async () => {
  const tn = begin(at)
  tn.clearRange('v/', 'v0')
  VECTORS.forEach(([op, x, p], i) => {
    if (x !== null) tn.set(`v/${i}`, hex(x))
    tn.atomicOp(op, `v/${i}`, hex(p))
  })
  check(await read(tn))
  await tn.rawCommit()
  check(await at.doTn(read))
})

test('ATOM-3: an append that does not fit changes nothing', async () => {
  await at.set('full', Buffer.alloc(100000, 'x'))
  await at.atomicOp(Op.AppendIfFits, 'full', Buffer.from('y'))
  assert.ok((await at.get('full')).equals(Buffer.alloc(100000, 'x')))
})

test('ATOM-1: an operation that does not exist', async () => {
  await fails(2018, at.atomicOp(99, 'x', Buffer.from([1])))
  await fails(2018, at.atomicOp(0, 'x', Buffer.from([1])))
})

test('ATOM-6, COM-9: operations on one key apply in call order', async () => {
  await at.doTn(async tn => {
    tn.set('order', number(100))
    tn.atomicOp(Op.Add, 'order', number(10))
    tn.atomicOp(Op.Max, 'order', number(1000))
    tn.atomicOp(Op.Add, 'order', number(-1))
    tn.atomicOp(Op.Min, 'order', number(5000))
  })
  assert.deepStrictEqual(await at.get('order'), number(999))
})

test('ATOM-6, CONF-17: two hundred concurrent additions all commit at the first attempt', async () => {
  let attempts = 0
  let sum = 0
  const add = i => {
    sum += i
    return at.doTn(async tn => { attempts++; tn.add('sum', number(i)) })
  }
  await Promise.all(Array.from({ length: 200 }, (_, i) => add(i - 50)))
  assert.deepStrictEqual(await at.get('sum'), number(sum))
  assert.strictEqual(attempts, 200)
})

test('CONF-1: an addition conflicts with a transaction that read the key', async () => {
  await at.set('watched', number(1))
  const reader = begin(at)
  await reader.get('watched')
  reader.set('seen', 'x')
  await at.add('watched', number(1))
  await fails(1020, reader.rawCommit())
})
