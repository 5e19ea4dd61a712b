// What every test file shares: the client, one database, a list of tests, and the count at the end.
// Invariant: a file ends by itself with exit code 0 exactly when each of its tests passed; a test
// that hangs is a failure, and so is a process that dies before it printed its count.
'use strict'

const assert = require('node:assert')
const fdb = require('foundationdb')

const API_VERSION = 720
// A guard against hanging, not a measurement.
const GUARD_MS = 120000

fdb.setAPIVersion(API_VERSION)
const db = fdb.open()

const tests = []

// test(name, body): body may be asynchronous; the names begin with the ids of the rules.
function test(name, body) {
  tests.push({ name, body })
}

function guarded(promise) {
  let timer
  const guard = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('hangs')), GUARD_MS)
  })
  return Promise.race([promise, guard]).finally(() => clearTimeout(timer))
}

async function run() {
  let passed = 0
  for (const { name, body } of tests) {
    try {
      await guarded(Promise.resolve().then(body))
      passed++
      console.log(`ok ${name}`)
    } catch (err) {
      console.log(`FAILED ${name}: ${err.code !== undefined ? `${err.code} ` : ''}${err.stack}`)
    }
  }
  console.log(`count: ${passed} passed, ${tests.length - passed} failed`)
  process.exitCode = passed === tests.length ? 0 : 1
  // A test that hung leaves something pending, which would keep the process alive.
  if (process.exitCode !== 0) process.exit()
}
setImmediate(run)

// fails(code, f): f, a promise or a function, fails with an error of the client that has this code.
async function fails(code, f) {
  let value
  try {
    value = await (typeof f === 'function' ? f() : f)
  } catch (err) {
    assert.ok(err instanceof fdb.FDBError, `not an error of the database: ${err.stack}`)
    assert.strictEqual(err.code, code, err.message)
    return
  }
  assert.fail(`no error but ${String(value)}; expected ${code}`)
}

// A generator of pseudo-random numbers below n: the same numbers in every run.
function random(seed) {
  let state = BigInt(seed) * 2n + 1n
  return n => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn
    return Number((state >> 33n) % BigInt(n))
  }
}

const text = buf => (buf === undefined ? undefined : buf.toString('latin1'))
const bytes = str => Buffer.from(str, 'latin1')
const number = n => {
  const buf = Buffer.alloc(8)
  buf.writeBigInt64LE(BigInt(n))
  return buf
}
const version = buf => buf.readBigInt64BE(0)

// begin(at, options): a transaction without a retry loop around it.
const begin = (at = db, options = undefined) => at.rawCreateTransaction(options)

module.exports = { assert, begin, bytes, db, fails, fdb, number, random, test, text, version, API_VERSION }
