// The life of a process that uses the client: start, versions, every way to end, what is left after it.
// Each case is a process of its own.
'use strict'
const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { assert, db, fails, fdb, test, text, API_VERSION } = require('../harness')

const GUARD_MS = 60000
const START = `const fdb = require('foundationdb'); fdb.setAPIVersion(${API_VERSION});`

const directories = []
process.on('exit', () => directories.forEach(dir => fs.rmSync(dir, { recursive: true, force: true })))

function fresh() {
  directories.push(fs.mkdtempSync(path.join(os.tmpdir(), 'plinth-node-')))
  return directories[directories.length - 1]
}

const environment = data => ({ ...process.env, PLINTH_DATA: data })

// node(script, data): runs it to its end; what it printed, and that it ended with this code.
function node(script, { data = fresh(), code = 0 } = {}) {
  const options = { env: environment(data), encoding: 'utf8', timeout: GUARD_MS, killSignal: 'SIGKILL' }
  const child = spawnSync(process.execPath, ['-e', script], options)
  const story = `code ${child.status} signal ${child.signal}\n${child.stdout}${child.stderr}`
  assert.strictEqual(child.signal, null, story)
  assert.strictEqual(child.status, code, story)
  return child.stdout.trim()
}

test('NET-2: a process that only loads the client ends', () => {
  assert.strictEqual(node("require('foundationdb'); console.log('loaded')"), 'loaded')
})

test('ABI-6: a process that is done ends by itself', () => {
  assert.strictEqual(node(`${START} const db = fdb.open()
    db.set('k', 'v').then(() => db.get('k')).then(value => console.log(String(value)))`), 'v')
})

test('COM-8: what was committed is there in the next process', () => {
  const data = fresh()
  node(`${START} const db = fdb.open()
    db.doTn(async tn => { for (let i = 0; i < 100; i++) tn.set('key ' + i, 'value ' + i) })`, { data })
  assert.strictEqual(node(`${START} fdb.open().getRangeAll('key', 'kez').then(rows => console.log(rows.length))`,
    { data }), '100')
})

test('COM-8: what was committed survives a process that is killed', async () => {
  const data = fresh()
  const child = spawn(process.execPath, ['-e', `${START} const db = fdb.open()
    ;(async () => { for (let i = 0; ; i++) { await db.set('last', String(i)); console.log(i) } })()`],
  { env: environment(data), stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  await new Promise(resolve => {
    child.stdout.on('data', chunk => { out += chunk; if (out.split('\n').length > 50) child.kill('SIGKILL') })
    child.on('close', resolve)
  })
  // A line may be cut by the kill; the whole ones were printed after their commit.
  const acknowledged = Number(out.split('\n').slice(0, -1).pop())
  const found = Number(node(`${START} fdb.open().get('last').then(value => console.log(String(value)))`, { data }))
  assert.ok(found >= acknowledged && found <= acknowledged + 100, `${acknowledged} acknowledged, ${found} found`)
})

test('VER-11: versions grow from one process to the next', () => {
  const data = fresh()
  const script = `${START} const tn = fdb.open().rawCreateTransaction(); tn.set('k', 'v')
    tn.rawCommit().then(() => console.log(tn.getCommittedVersion().readBigInt64BE(0).toString()))`
  const versions = [0, 1, 2].map(() => BigInt(node(script, { data })))
  assert.ok(versions[0] < versions[1] && versions[1] < versions[2], versions.join(' '))
})

// The client cannot take many keys that are strings here: it does not give back what it copied of them.
test('FUT-13: exit with a hundred watches that never fired', () => {
  assert.strictEqual(node(`${START} const db = fdb.open()
    db.doTn(async tn => { for (let i = 0; i < 100; i++) tn.watch(Buffer.from('watched ' + i)) })
      .then(() => { console.log('watching'); process.exit(0) })`), 'watching')
})

// The client's queue holds 16 callbacks, and more of them stop its network thread, which it then waits for.
test('FUT-13: exit with reads and commits under way', () => {
  assert.strictEqual(node(`${START} const db = fdb.open()
    for (let i = 0; i < 12; i++) db.doTn(async tn => { await tn.get('k' + i); tn.set('k', 'v') })
    console.log('leaving'); process.exit(7)`, { code: 7 }), 'leaving')
})

test('FUT-13: exit inside a transaction', () => {
  assert.strictEqual(node(`${START} const db = fdb.open()
    db.doTn(async tn => { tn.set('k', 'v'); await tn.get('x'); console.log('inside'); process.exit(3) })`,
  { code: 3 }), 'inside')
})

test('NET-2: stopping the network and leaving', () => {
  assert.strictEqual(node(`${START} const db = fdb.open()
    db.set('k', 'v').then(() => { fdb.stopNetworkSync(); console.log('stopped') })`), 'stopped')
})

test('NET-2: stopping the network at once', () => {
  assert.strictEqual(node(`${START} fdb.open(); fdb.stopNetworkSync(); console.log('stopped')`), 'stopped')
})

test('NET-2: an error nobody caught ends the process with 1', () => {
  node(`${START} const db = fdb.open(); db.doTn(async () => { throw new Error('on purpose') })`, { code: 1 })
})

test('NET-7: closing the database while a transaction is open', () => {
  assert.strictEqual(node(`${START} const db = fdb.open(); const tn = db.rawCreateTransaction()
    tn.set('k', 'v'); db.close()
    tn.rawCommit().then(() => fdb.open().get('k')).then(value => console.log(String(value)))`), 'v')
})

test('AV-1: every version from 510 to 720 works', () => {
  const work = `const db = fdb.open()
    const add = async tn => tn.atomicOp(fdb.MutationType.And, 'absent', Buffer.from([7]))
    db.set('k', 'v').then(() => db.doTn(add)).then(() => db.getRangeAll('', 'z'))
      .then(rows => console.log(rows.map(row => row.map(b => b.toString('latin1')).join('=')).join(' ')))`
  for (const version of [510, 520, 600, 610, 620, 630, 700, 710, 720]) {
    const got = node(`const fdb = require('foundationdb'); fdb.setAPIVersion(${version}); ${work}`)
    assert.strictEqual(got, 'absent=\x07 k=v', `version ${version}`)
  }
})

test('VST-2, VST-3: stamps below version 520 have short offsets', () => {
  const got = node(`const fdb = require('foundationdb'); fdb.setAPIVersion(510); const db = fdb.open().at('s/')
    const write = async tn => {
      tn.setVersionstampSuffixedKey('key/', 'v', Buffer.from('end')); tn.setVersionstampPrefixedValue('value', 'tail')
      return tn.getVersionstamp()
    }
    db.doTn(write).then(({ promise }) => promise).then(async stamp => {
      const [[key]] = await db.getRangeAllStartsWith('key/')
      const value = await db.get('value')
      const around = (a, b) => Buffer.concat([Buffer.from(a), stamp, Buffer.from(b)])
      console.log(key.equals(around('key/', 'end')), value.equals(around('', 'tail')))
    })`)
  assert.strictEqual(got, 'true true')
})

test('ABI-5: versions the library does not have', () => {
  const got = node(`const native = require('foundationdb/dist/lib/native').default
    const code = (v, h) => { try { native.setAPIVersionImpl(v, h); return 0 } catch (err) { return err.code } }
    console.log([[720, 710], [99999, 99999], [5, 720], [720, 720], [710, 720]].map(([v, h]) => code(v, h)).join(' '))`)
  assert.strictEqual(got, '2202 2203 2203 0 2201')
})

test('NET-1: a database before the network has started', () => {
  const got = node(`const native = require('foundationdb/dist/lib/native').default
    native.setAPIVersion(720)
    try { native.createDatabase(); console.log('made') } catch (err) { console.log(err.code) }`)
  assert.strictEqual(got, '2008')
})

test('OPT-1: network options before the start, an unknown one is refused', () => {
  const got = node(`${START} const native = require('foundationdb/dist/lib/native').default
    fdb.configNetwork({ trace_format: 'json', trace_log_group: 'group', knob: 'name=1', disable_client_bypass: true,
      external_client_directory: '/nonexistent', client_threads_per_version: 1 })
    try { native.setNetworkOption(0, null) } catch (err) { console.log(err.code) }
    fdb.open().set('k', 'v').then(() => console.log('works'))`)
  assert.strictEqual(got, '2007\nworks')
})

test('NET-5: two hundred handles are one database', async () => {
  const handles = Array.from({ length: 200 }, () => fdb.open())
  await Promise.all(handles.map((handle, i) => handle.set(`handle/${i}`, String(i))))
  assert.strictEqual((await db.getRangeAllStartsWith('handle/')).length, 200)
  handles.forEach(handle => handle.close())
  assert.throws(() => handles[0].rawCreateTransaction())
  assert.strictEqual(text(await db.get('handle/7')), '7')
})

test('NET-6: a second process on the same data reads, writes and wakes a watch', async () => {
  await db.set('mine', 'yes')
  if (process.env.PLINTH_DATA === ':memory:') return
  const watch = await db.getAndWatch('theirs')
  const got = node(`${START} const db = fdb.open()
    db.get('mine').then(async value => { await db.set('theirs', 'too'); console.log('read ' + value) })
      .catch(err => console.log(err.code))`, { data: process.env.PLINTH_DATA })
  assert.strictEqual(got, 'read yes')
  assert.strictEqual(await watch.promise, true)
  assert.strictEqual(text(await db.get('theirs')), 'too')
})

test('NET-7: transactions of a closed database are not created', async () => {
  const handle = fdb.open()
  handle.close()
  assert.throws(() => handle.rawCreateTransaction())
  await fails(2007, () => db._db.setOption(0, null))
})
