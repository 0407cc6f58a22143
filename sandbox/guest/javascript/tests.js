// Runs trusted tests in a judge box, which knows the program only through its answers.
//
// Names that tests use and neither they nor Node.js define are asked of the program. The set-up code's names are global,
// those of a test its own. A test may await; what it leaves running is waited for, and counts.
'use strict'

const vm = require('vm')
const Module = require('module')
const { sendText, readBody, describe } = require('./messages.js')
const { encode } = require('./values.js')
const { fetchName, copies, pair, state, writeBack } = require('./remote.js')
const { settle } = require('./settling.js')
const { makeAssert, sides, AssertionError } = require('./asserts.js')

const { stringify } = JSON
const SUITE = 'suite.js'
const SETUP = 'setup.js'
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu
const OWN_MODULES = { assert: (made) => made, 'assert/strict': (made) => made.strict }

const request = readBody()
let touched = false // whether the tests have looked the program's function up
let current = ''
let giveUp = null // ends the wait for a promise that nothing will settle
let late = null // what a promise that nobody waits for was rejected with

// Where an error left the tests: the `line` of the test, else that of the `setup`.
function place (error) {
  const stack = String(error?.stack)
  const line = new RegExp(`${SUITE}:(\\d+)`).exec(stack)
  if (line) return { line: line[1] - 1 }
  const ofSetup = new RegExp(`${SETUP}:(\\d+)`).exec(stack)
  return ofSetup ? { line: +ofSetup[1], setup: true } : {}
}

function lineOf () {
  const { line, setup } = place(new Error())
  return line && !setup ? current.split('\n')[line - 1]?.trim().slice(0, 500) : undefined
}

const assert = makeAssert(request.float_tol, lineOf)
const nativeRequire = Module.createRequire('/tmp/tests.js')

function requireModule (name) {
  const own = OWN_MODULES[name.replace(/^node:/, '')]
  if (own) return own(assert)
  if (/^\.{1,2}\//.test(name)) return new Proxy({}, { get: (_, key) => fetchName(String(key)) })
  return nativeRequire(name)
}

// `import` of a test as what it means here.
function importsAsRequires (source) {
  const names = (list) => list.replace(/\bas\b/g, ':')
  return source.replace(/^[ \t]*import\s+([^'"]+?)\s+from\s+(['"][^'"\n]+['"])[ \t]*;?/gm, (_, what, from) => {
    const parts = /^(?:([\w$]+)\s*,?\s*)?(?:\*\s*as\s+([\w$]+)|(\{[^}]*\}))?$/.exec(what.trim())
    if (!parts) return _
    if (/^['"]\.{1,2}\//.test(from)) return '' // the program: its names are asked for
    const [, only, all, some] = parts
    return [only, all].filter(Boolean).map((name) => `const ${name} = require(${from});`).join(' ') +
      (some ? `const ${names(some)} = require(${from});` : '')
  })
}

function defineNames (sources) {
  const global = { require: requireModule, assert, $copies: copies, $pair: pair, exports: {}, module: { exports: {} } }
  for (const [name, value] of Object.entries(global)) define(name, { value, writable: true })
  console.assert = (value, ...message) => assert(value, ...message.slice(0, 1).filter((part) => typeof part === 'string'))
  const used = new Set(sources.flatMap((source) => source.match(NAME) ?? []))
  for (const name of used) if (!(name in globalThis)) defineLater(name)
}

function define (name, property) {
  Object.defineProperty(globalThis, name, { configurable: true, enumerable: false, ...property })
}

// A name of the program, asked for when it is used, unless the tests define it.
function defineLater (name) {
  define(name, {
    get () {
      touched = true
      const value = fetchName(name)
      if (typeof value === 'function') define(name, { value, writable: true })
      return value
    },
    set (value) { define(name, { value, writable: true }) }
  })
}

// The tested function, whatever else is called like it.
function fetchTested (name) {
  if (!name) return
  const value = fetchName(name)
  state.asked = false
  define(name, {
    get () { touched = true; return value },
    set (given) { define(name, { value: given, writable: true }) }
  })
}

// What happened to trusted source that is executed; null if it passed.
async function attempt (source, filename) {
  const wrapped = filename === SUITE
  current = wrapped ? source : ''
  const text = importsAsRequires(source)
  let code
  try {
    code = new vm.Script(wrapped ? `(async () => {\n${text}\n})` : text, { filename })
  } catch (error) {
    const setup = filename === SETUP ? { setup: true } : {}
    return stringify({ unjudgeable: `it does not compile (${error.name}: ${error.message})`, ...setup })
  }
  late = state.failed = null
  try {
    const made = code.runInThisContext()
    if (wrapped) await Promise.race([made(), new Promise((resolve, reject) => { giveUp = reject })])
    await quiet()
    writeBack()
  } catch (error) {
    return failure(error)
  }
  return late ? failure(late.error) : failure(null)
}

// Until nothing that the test started is left: promises, timers.
async function quiet () {
  do {
    await new Promise((resolve) => setImmediate(resolve))
  } while (!late && process.getActiveResourcesInfo().some((kind) => kind === 'Timeout' || kind === 'Immediate'))
}

function failure (error) {
  const found = state.failed ?? error
  if (found === null) return null
  const more = stringify({ ...place(found), ...(touched || state.asked ? {} : { untouched: true }) })
  return `{${told(found)}${more === '{}' ? '' : `,${more.slice(1, -1)}`}}`
}

function told (error) {
  if (error?.raised) {
    const { type, base, text } = error.raised
    return `"raised":${stringify({ type, base, text })}`
  }
  if (!(error instanceof AssertionError)) return `"raised":{${describe(error)}}`
  const both = sides(error)
  const message = stringify(String(error.message).slice(0, 1000))
  if (!both) return `"assertion":${message}`
  return `"got":${shown(both[0])},"expected":${shown(both[1])}${error.generatedMessage ? '' : `,"said":${message}`}`
}

function shown (value) {
  try {
    const text = encode(settle(value))
    return text.length < 100000 ? text : '{"opaque":"too large a value"}'
  } catch {
    return '{"opaque":"value that cannot be shown"}'
  }
}

function report (index, failed) {
  sendText(`{"test":${index},"failure":${failed}}`)
}

async function main () {
  process.on('unhandledRejection', (error) => { late ??= { error } })
  process.on('beforeExit', () => giveUp?.(new Error('a promise that the test waits for is never settled')))
  process.on('uncaughtException', (error) => { late ??= { error } })
  state.place = place
  const { preamble, setup, tests } = request
  defineNames([preamble, setup, ...tests])
  let failed = preamble ? await attempt(preamble, 'preamble.js') : null
  if (failed) return sendText(`{"preamble":${failed}}`)
  try {
    fetchTested(request.entry_point)
  } catch (error) {
    return report(0, failure(error))
  }
  failed = setup ? await attempt(setup, SETUP) : null
  if (failed) return report(0, failed)
  for (let index = 0; index < tests.length; index++) {
    failed = await attempt(tests[index], SUITE)
    report(index, failed)
    if (failed && request.stop) return
  }
  sendText('{"finished":true}')
}

main().finally(() => process.reallyExit(0))
