// What the Node process does; see worker.py. It prints a line for each step, and goes on when it reads one.
'use strict'

const readline = require('node:readline')
const fdb = require('foundationdb')

const [ADDITIONS, DIRECTORIES, ROWS] = [25, 6, 20]
const NAME = 'node'

fdb.setAPIVersion(720)
const db = fdb.open()
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = result => console.log(JSON.stringify(result))
const next = async () => (await lines.next()).value

const little = n => {
  const buf = Buffer.alloc(8)
  buf.writeBigUInt64LE(BigInt(n))
  return buf
}
const number = buf => (buf === undefined ? 0n : buf.readBigUInt64LE(0))

async function count() {
  for (let i = 0; i < ADDITIONS; i++) {
    await db.doTn(async tn => {
      tn.set('sum', little(number(await tn.get('sum')) + 1n))
      tn.add('atoms', little(1))
    })
  }
  return ADDITIONS
}

async function makeDirectories() {
  const numbers = Array.from({ length: DIRECTORIES }, (_, i) => String(i))
  const paths = [...numbers.map(i => ['own', NAME, i]), ...numbers.map(i => ['shared', i])]
  const made = []
  for (const path of paths) {
    const directory = await fdb.directory.createOrOpen(db, path)
    made.push([path.join('/'), directory.getSubspace().prefix.toString('hex')])
  }
  return made
}

async function openDirectories(paths) {
  const open = async path => (await fdb.directory.open(db, path.split('/'))).getSubspace().prefix.toString('hex')
  return Promise.all(paths.map(open))
}

const row = i => ['rows', NAME, i, -i * 1000003, `text ${i} \0 \u00e4`, Buffer.from([0, i, 255]), [i, ['inner', null]],
  i % 2 === 0, { type: 'double', value: i / 3 }]

async function writeRows() {
  await db.doTn(async tn => {
    for (let i = 0; i < ROWS; i++) tn.set(fdb.tuple.pack(row(i)), fdb.tuple.pack(row(i)))
  })
  return NAME
}

// How many rows of another process there are, each of which must come out of the tuple layer as it went in.
async function readRows(names) {
  const counts = []
  for (const name of names) {
    const { begin, end } = fdb.tuple.range(['rows', name])
    const rows = await db.getRangeAll(begin, end)
    for (const [key, value] of rows) {
      const elements = fdb.tuple.unpack(key, true)
      if (!key.equals(value) || !fdb.tuple.pack(elements).equals(key)) throw new Error(`${name}: ${key.toString('hex')}`)
    }
    counts.push(rows.length)
  }
  return counts
}

async function main() {
  await db.set(fdb.tuple.pack(['process', process.pid]), 'node')
  say(await count())
  say(await makeDirectories())
  say(await writeRows())
  say(await openDirectories(JSON.parse(await next())))
  say(await readRows(JSON.parse(await next())))
  process.exit(0)
}

main().catch(err => {
  console.error(err.stack)
  process.exit(1)
})
