// Runs one JavaScript program under Node.js: loads it, evaluates calls in its scope, sends plain values.
//
// What comes with the program may bend all of this. That is fine: it can only change what is said, and what is said is
// compared outside. Built-ins are taken at the start, so that an honest program's own `JSON` or `Array.prototype.map`
// changes nothing; and no value is asked to describe itself (`toJSON`, `toString`, iterators, Proxies).
'use strict'

const fs = require('fs')
const vm = require('vm')
const Module = require('module')
const { types } = require('util')

const { apply, getPrototypeOf } = Reflect
const { keys: keysOf, getOwnPropertySymbols: symbolsOf, is } = Object
const { isArray } = Array
const { stringify, parse } = JSON
const { writeSync, readFileSync, closeSync } = fs
const { from: bytesOf, alloc } = Buffer
const { propertyIsEnumerable } = Object.prototype
const { writeUInt32BE } = Buffer.prototype
const mapForEach = Map.prototype.forEach
const setForEach = Set.prototype.forEach
const dateTime = Date.prototype.getTime
const bigintText = BigInt.prototype.toString
const { startsWith, slice } = String.prototype
const nativeEval = eval
const { reallyExit } = process
const OBJECT = Object.prototype
const ARRAY = Array.prototype
const TYPED = getPrototypeOf(Uint8Array)
const typedName = Object.getOwnPropertyDescriptor(TYPED.prototype, Symbol.toStringTag).get
const typedLength = Object.getOwnPropertyDescriptor(TYPED.prototype, 'length').get
const NativeError = Error

const TO_HOST = 3
const BODY = 5
const FILE = '/tmp/main.js'
const MAX_DEPTH = 140
const MAX_ITEMS = 2000000
const LARGE = '{"opaque":"too large a value"}'

// ---- messages to the host ----

function send (text) {
  const data = bytesOf(text, 'utf8')
  const head = alloc(4)
  apply(writeUInt32BE, head, [data.length, 0])
  write(head)
  write(data)
}

function write (data) {
  for (let at = 0; at < data.length;) at += writeSync(TO_HOST, data, at, data.length - at)
}

// An error as JSON. Its `name` and `message` may be code of the program, which may do anything but escape.
function describe (error) {
  let type = 'Error'
  let text = ''
  try {
    if (types.isNativeError(error) || error instanceof NativeError) {
      type = typeof error.name === 'string' ? error.name : type
      text = typeof error.message === 'string' ? error.message : text
    } else {
      type = 'Uncaught'
      text = typeof error === 'object' || typeof error === 'function' ? `a thrown ${typeof error}` : `${String(error)}`
    }
  } catch {
    text = '(its text throws)'
  }
  const memory = type === 'RangeError' && text === 'Array buffer allocation failed'
  const base = memory ? 'MemoryError' : 'Error'
  return `"type":${stringify(cut(type, 80))},"base":"${base}","text":${stringify(cut(text, 1000))}`
}

function cut (text, size) {
  return apply(slice, text, [0, size])
}

// ---- values: the same tagged trees as Python's, with tags of their own where JavaScript has other kinds ----

function encode (value) {
  let items = 0

  function tree (value, depth) {
    switch (typeof value) {
      case 'number': return value !== value ? 'NaN' : is(value, -0) ? '-0.0' : '' + value
      case 'string': return stringify(value)
      case 'boolean': return value ? 'true' : 'false'
      case 'undefined': return '{"undefined":0}'
      case 'bigint': return `{"int":"${hex(value)}"}`
      case 'symbol': return '{"opaque":"symbol"}'
      case 'function': return '{"opaque":"function"}'
    }
    if (value === null) return 'null'
    if (types.isProxy(value)) return '{"opaque":"Proxy"}'
    if (depth > MAX_DEPTH || ++items > MAX_ITEMS) return LARGE
    if (isArray(value)) return array(value, depth)
    if (types.isMap(value)) return pairs(value, depth)
    if (types.isSet(value)) return set(value, depth)
    if (types.isDate(value)) return `{"date":${tree(apply(dateTime, value, []), depth)}}`
    if (types.isTypedArray(value)) return typed(value, depth)
    return object(value, depth)
  }

  function hex (value) {
    return (value < 0n ? '-0x' : '0x') + apply(bigintText, value < 0n ? -value : value, [16])
  }

  function array (value, depth) {
    if (getPrototypeOf(value) !== ARRAY) return opaque(value)
    const size = value.length
    if ((items += size) > MAX_ITEMS) return LARGE
    const names = keysOf(value)
    if (names.length > size || symbolsOf(value).length) return '{"opaque":"Array with properties"}'
    const sparse = names.length < size
    let text = '['
    for (let at = 0; at < size; at++) {
      const hole = sparse && !apply(propertyIsEnumerable, value, [at])
      text += (at ? ',' : '') + (hole ? '{"hole":0}' : tree(value[at], depth + 1))
    }
    return text + ']'
  }

  function pairs (value, depth) {
    if (getPrototypeOf(value) !== Map.prototype || keysOf(value).length) return opaque(value)
    let text = ''
    apply(mapForEach, value, [(item, key) => {
      items++
      text += `${text && ','}[${tree(key, depth + 1)},${tree(item, depth + 1)}]`
    }])
    return `{"map":[${text}]}`
  }

  function set (value, depth) {
    if (getPrototypeOf(value) !== Set.prototype || keysOf(value).length) return opaque(value)
    let text = ''
    apply(setForEach, value, [(item) => {
      items++
      text += `${text && ','}${tree(item, depth + 1)}`
    }])
    return `{"set":[${text}]}`
  }

  function typed (value, depth) {
    const size = apply(typedLength, value, [])
    if ((items += size) > MAX_ITEMS) return LARGE
    let text = ''
    for (let at = 0; at < size; at++) text += `${text && ','}${tree(value[at], depth + 1)}`
    return `{"typed":[${stringify(apply(typedName, value, []))},[${text}]]}`
  }

  function object (value, depth) {
    if (isExotic(value) || symbols(value)) return opaque(value)
    let text = ''
    const names = keysOf(value)
    for (let at = 0; at < names.length; at++) {
      items++
      text += `${text && ','}[${stringify(names[at])},${tree(value[names[at]], depth + 1)}]`
    }
    const prototype = getPrototypeOf(value)
    if (prototype === OBJECT) return `{"object":[${text}]}`
    return `{"instance":[${stringify(prototype === null ? 'null prototype' : nameOf(value))},[${text}]]}`
  }

  return tree(value, 0)
}

function symbols (value) {
  const found = symbolsOf(value)
  for (let at = 0; at < found.length; at++) if (apply(propertyIsEnumerable, value, [found[at]])) return true
  return false
}

// What holds more than its properties show.
function isExotic (value) {
  return types.isNativeError(value) || types.isRegExp(value) || types.isPromise(value) || types.isBoxedPrimitive(value) ||
    types.isAnyArrayBuffer(value) || types.isDataView(value) || types.isWeakMap(value) || types.isWeakSet(value) ||
    types.isArgumentsObject(value) || types.isGeneratorObject(value) || types.isMapIterator(value) ||
    types.isSetIterator(value) || types.isModuleNamespaceObject(value) || types.isExternal(value)
}

function opaque (value) {
  return `{"opaque":${stringify(nameOf(value))}}`
}

function nameOf (value) {
  try {
    const name = value.constructor.name
    return typeof name === 'string' && name ? cut(name, 80) : 'object'
  } catch {
    return 'object'
  }
}

// ---- the program ----

function mainModule () {
  const main = new Module(FILE, null)
  main.id = '.'
  main.filename = FILE
  main.paths = Module._nodeModulePaths('/tmp')
  Module._cache[FILE] = main
  process.mainModule = main
  process.argv = [process.execPath, FILE]
  process.execArgv = []
  return main
}

// False, after a message, if the preamble or the program does not compile.
function compiles (preamble, program) {
  try {
    if (preamble) {
      globalThis.require = Module.createRequire(FILE)
      vm.runInThisContext(preamble, { filename: 'preamble.js' })
    }
    vm.compileFunction(program, ['exports', 'require', 'module', '__filename', '__dirname'], { filename: FILE })
    return true
  } catch (error) {
    send(`{"failed":"compile",${describe(error)}}`)
    return false
  }
}

// Loads the program, and returns what evaluates source among its top-level names.
function load (main, program) {
  const key = `$mu${process.hrtime.bigint()}`
  let evaluate = nativeEval
  Object.defineProperty(globalThis, key, { configurable: true, value: (scope) => { evaluate = scope } })
  try {
    main._compile(`${program}\n;${key}(($mu) => eval($mu));`, FILE)
  } finally {
    delete globalThis[key]
  }
  return evaluate
}

// A tested function that is no top-level name of the program: what it exports by that name, or as its only export.
function exported (main, name, evaluate) {
  if (!name || evaluate(`typeof ${name}`) !== 'undefined') return
  const found = typeof main.exports === 'function' ? main.exports : main.exports?.[name]
  if (found !== undefined) Object.defineProperty(globalThis, name, { configurable: true, writable: true, value: found })
}

async function answer (request, main) {
  try {
    await answerCalls(request, main)
  } finally {
    end() // whatever the program left behind does not hold it up
  }
}

async function answerCalls (request, main) {
  let evaluate
  try {
    evaluate = load(main, request.program)
    exported(main, request.name, evaluate)
  } catch (error) {
    send(`{"failed":"program",${describe(error)}}`)
    return
  }
  send('{"loaded":true}')
  const { calls } = request
  for (let at = 0; at < calls.length; at++) {
    let record
    try {
      const waits = apply(startsWith, calls[at], ['await '])
      const value = evaluate(waits ? apply(slice, calls[at], [6]) : calls[at])
      record = `{"value":${encode(waits ? await value : value)}}`
    } catch (error) {
      record = `{"raised":{${describe(error)}}}`
    }
    send(record)
  }
}

function end () {
  apply(reallyExit, process, [0])
}

// An uncaught error ends the program as ever, and is told first: as its failure, or as the answer it owes.
function watch (stdio) {
  process.on('uncaughtExceptionMonitor', (error) => {
    const handled = process.listenerCount('uncaughtException') || process.hasUncaughtExceptionCaptureCallback()
    if (!handled) send(stdio ? `{"failed":"program",${describe(error)}}` : `{"raised":{${describe(error)}}}`)
  })
}

// To a pipe Node.js writes when it can, and drops the rest at process.exit(); to a file it writes at once. So here.
function writeAtOnce (stream) {
  stream._handle?.setBlocking?.(true)
}

const request = parse(readFileSync(BODY, 'utf8'))
closeSync(BODY)
if (apply(startsWith, request.program, ['#!'])) request.program = `//${request.program}`
const main = mainModule()
if (!compiles(request.preamble, request.program)) {
  end()
} else {
  watch(request.stdio)
  if (request.stdio) {
    writeAtOnce(process.stdout)
    main._compile(request.program, FILE)
  } else {
    answer(request, main)
  }
  main.loaded = true
}
