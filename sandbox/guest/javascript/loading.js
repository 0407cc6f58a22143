// The program becomes a module: CommonJS, or an ES module if its syntax says so. What is loaded evaluates source among
// the program's own names.
'use strict'

const fs = require('fs')
const vm = require('vm')
const Module = require('module')
const { sendText, describe } = require('./messages.js')

const { apply } = Reflect
const { startsWith } = String.prototype
const { defineProperty } = Object
const nativeEval = eval
const NativeSyntaxError = SyntaxError
const FILE = '/tmp/main.js'
const MODULE_FILE = '/tmp/main.mjs'
const TESTS_FILE = '/tmp/tests.js'
const OF_MODULES = ['Cannot use import statement outside', "Unexpected token 'export'", "Cannot use 'import.meta'",
  'await is only valid']

// The main module if it reads standard input, else required by one: then `require.main === module` is false, and a
// demonstration behind it decides nothing about a function.
function makeMain (stdio) {
  const above = stdio ? null : new Module(TESTS_FILE, null)
  const main = new Module(FILE, above)
  main.filename = FILE
  main.paths = Module._nodeModulePaths('/tmp')
  Module._cache[FILE] = main
  process.mainModule = above ?? main
  process.mainModule.id = '.'
  if (above) above.filename = TESTS_FILE
  process.argv = [process.execPath, stdio ? FILE : TESTS_FILE]
  process.execArgv = []
  return main
}

// What says that the program is an ES module; null if it is none; undefined, after a message, if preamble or program do
// not compile.
function compile (request) {
  if (apply(startsWith, request.program, ['#!'])) request.program = `//${request.program}`
  let ours = true
  try {
    if (request.preamble) {
      globalThis.require = Module.createRequire(FILE)
      vm.runInThisContext(request.preamble, { filename: 'preamble.js' })
    }
    ours = false
    vm.compileFunction(request.program, ['exports', 'require', 'module', '__filename', '__dirname'], { filename: FILE })
    return null
  } catch (error) {
    if (!ours && error instanceof NativeSyntaxError && OF_MODULES.some((text) => error.message.startsWith(text))) return error
    sendText(`{"failed":"compile",${describe(error)}}`)
  }
}

// Loads the program. What it gives is `evaluate`, for source among the program's top-level names, and `exported`, for
// what it exports by a name, or as its only export.
function loadScript (main, { program, name }) {
  let evaluate = nativeEval
  const key = hook((scope) => { evaluate = scope })
  try {
    main._compile(`${program}\n;${key}(($mu) => eval($mu));`, FILE)
  } finally {
    delete globalThis[key]
  }
  const { exports } = main
  return offer(name, evaluate, (name) => typeof exports === 'function' ? exports : exports?.[name])
}

// The same for an ES module. Null, after a message, if it does not compile.
async function loadModule ({ program, name }, sign) {
  let evaluate = null
  const key = hook((scope) => { evaluate = scope })
  globalThis.require ??= Module.createRequire(FILE)
  fs.writeFileSync(MODULE_FILE, `${key}(($mu) => eval($mu));${program}`)
  try {
    const found = await import(MODULE_FILE)
    const { default: only } = found
    return offer(name, evaluate, (name) => found[name] ?? (typeof only === 'function' ? only : only?.[name]))
  } catch (error) {
    if (evaluate || !(error instanceof NativeSyntaxError)) throw error
    sendText(`{"failed":"compile",${describe(sign.message.startsWith('await') ? sign : error)}}`)
    return null
  } finally {
    delete globalThis[key]
  }
}

function hook (value) {
  const key = `$mu${process.hrtime.bigint()}`
  defineProperty(globalThis, key, { configurable: true, value })
  return key
}

// A tested function that is no top-level name of the program becomes one.
function offer (name, evaluate, exported) {
  if (name && evaluate(`typeof ${name}`) === 'undefined') {
    const value = exported(name)
    if (value !== undefined) defineProperty(globalThis, name, { configurable: true, writable: true, value })
  }
  return { evaluate, exported }
}

module.exports = { makeMain, compile, loadScript, loadModule, FILE }
