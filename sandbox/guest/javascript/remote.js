// The tests' view of the program: its names, and its objects behind stand-ins.
//
// A stand-in is never compared or computed with: the program's answer would be its own verdict, and the other operand
// the expected value. What is plain comes as a copy, and what tests do to a copy that they read from an object is
// written back before anything else is asked.
'use strict'

const { sendText, receive } = require('./messages.js')
const { encode, decode, TooLarge } = require('./values.js')
const { AssertionError } = require('assert')

const { stringify } = JSON
const { apply } = Reflect
const ERRORS = new Map([EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError, Error]
  .map((kind) => [kind.name, kind]))
const TRACKED = 100
const TRACKED_TEXT = 100000
const SYMBOLS = new Map([[Symbol.iterator, 'iterator'], [Symbol.asyncIterator, 'asyncIterator'],
  [Symbol.toStringTag, 'toStringTag']])

// `asked`: whether the program was asked for more than the tested function. `failed`: an assertion that failed while the
// program called. `place`: where the tests are.
const state = { asked: false, failed: null, place: () => ({}) }

const remotes = new Map() // number: stand-in
const numbers = new WeakMap() // and back
const kinds = new WeakMap() // stand-in: the name of its class
const functions = new Map() // of the tests: their numbers
const given = []
const watched = new Map() // number of an object of the program: the copy that the tests have, and what it held
let depth = 0 // of calls of the tests' functions by the program

// A test hands over what cannot leave its box. The host ends the tests then, whatever they catch.
function refuse (text) {
  tellUnjudgeable(text, {})
  receive()
  process.reallyExit(0)
}

function tellUnjudgeable (text, more) {
  sendText(stringify({ unjudgeable: text, ...state.place(new Error()), ...more }))
}

// ---- values ----

function tree (value) {
  try {
    return encode(value, keep)
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error
    const text = 'a value so large or deep cannot be passed to the program'
    tellUnjudgeable(text, { large: true }) // unless the program may have had a part in it
    throw new TypeError(text)
  }
}

function keep (value, name) {
  if (numbers.has(value)) return `{"handle":${numbers.get(value)},"type":${stringify(kinds.get(value))}}`
  if (typeof value === 'function') return `{"callback":${callbackNumber(value)}}`
  if (value instanceof RegExp) return `{"regexp":[${stringify(value.source)},${stringify(value.flags)}]}`
  if (value instanceof Error && /^[A-Z][a-z]*Error$|^Error$/.test(value.name)) {
    return `{"error":[${stringify(value.name)},${stringify(value.message)},[]]}`
  }
  refuse(`a value of the tests (${name}) cannot be passed to the program`)
}

function callbackNumber (value) {
  if (!functions.has(value)) functions.set(value, given.push(value) - 1)
  return functions.get(value)
}

function back (found) {
  return decode(found, standIn, (number) => given[number])
}

// ---- questions ----

function exchange (text) {
  sendText(`{"ask":{"do":[${text}]}}`)
  const answer = receive()
  if (answer === null) process.reallyExit(0)
  return answer
}

function ask (text) {
  state.asked = true
  writeBack()
  if (depth && text.startsWith('"await"')) refuse('a function of the tests that awaits the program cannot be called by it')
  let answer = exchange(text)
  while (answer.callback) answer = exchange(calledBack(answer.callback))
  if (answer.raised) throw thrown(answer.raised)
  return answer
}

function calledBack ([number, self, list]) {
  const values = back(list)
  const before = values.map((value) => encode(value, keep))
  let result
  depth++
  try {
    result = tree(apply(given[number], back(self), values))
  } catch (error) {
    if (!(error instanceof AssertionError)) return `"throw",${tree(error)}`
    state.failed ??= error // which the program might hide
    return '"throw",{"error":["Error","",[]]}' // and its text holds the expected value
  } finally {
    depth--
  }
  if (values.some((value, at) => encode(value, keep) !== before[at])) {
    refuse('a function of the tests changes what the program hands it')
  }
  return `"return",${result}`
}

// The error that the program threw, made again: of the same class of the language, with its text and properties.
function thrown (raised) {
  const found = raised.value === undefined ? undefined : back(raised.value)
  if (raised.base === 'Uncaught') return found
  const Kind = ERRORS.get(raised.base) ?? Error
  const error = Kind === AggregateError ? new Kind([], raised.text) : new Kind(raised.text)
  for (const key of Object.keys(found ?? {})) give(error, key, found[key])
  if (raised.type !== error.name) Object.defineProperty(error, 'name', { value: raised.type, writable: true, configurable: true })
  Object.defineProperty(error, 'raised', { value: raised })
  if (typeof raised.handle === 'number') {
    numbers.set(error, raised.handle)
    kinds.set(error, 'Error')
  }
  return error
}

// ---- stand-ins ----

function standIn (number, type) {
  if (!remotes.has(number)) {
    const made = type === 'Promise' ? new RemotePromise(number) : proxy(number, type)
    remotes.set(number, made)
    numbers.set(made, number)
    kinds.set(made, type)
  }
  return remotes.get(number)
}

function proxy (number, type) {
  const target = type === 'function' ? function () {}.bind() : {}
  for (const name of Reflect.ownKeys(target)) delete target[name]
  return new Proxy(target, {
    get: (_, key) => typeof key === 'string' || SYMBOLS.has(key) ? attribute(number, key) : special(number, type, key),
    set: (_, key, value) => ask(`"set",${number},${keyText(key)},${tree(value)}`).value === true,
    has: (_, key) => (typeof key === 'string' || SYMBOLS.has(key)) && ask(`"has",${number},${keyText(key)}`).value === true,
    deleteProperty: (_, key) => ask(`"delete",${number},${keyText(key)}`).value === true,
    ownKeys: () => [...new Set(back(ask(`"keys",${number}`).value))].filter((key) => typeof key === 'string'),
    getOwnPropertyDescriptor: (_, key) => {
      const known = typeof key === 'string' && ask(`"has",${number},${keyText(key)}`).value === true
      return known ? { value: attribute(number, key), writable: true, enumerable: true, configurable: true } : undefined
    },
    getPrototypeOf: () => (type === 'function' ? Function : ERRORS.get(type) ?? Object).prototype,
    defineProperty: () => refuse('an object of the program cannot be given a property by its description'),
    setPrototypeOf: () => refuse('an object of the program cannot be given a prototype'),
    apply: (_, self, values) => called(values, (list) => `"call",${number},${tree(self === globalThis ? undefined : self)},[${list}]`),
    construct: (_, values) => called(values, (list) => `"new",${number},[${list}]`)
  })
}

function keyText (key) {
  return typeof key === 'string' ? stringify(key) : `{"symbol":${stringify(SYMBOLS.get(key))}}`
}

function attribute (number, key) {
  const answer = ask(`"attr",${number},${keyText(key)}`)
  return typeof answer.ref === 'number' ? copy(answer.ref, answer.value) : back(answer.value)
}

// What the language itself asks for by a symbol.
function special (number, type, key) {
  if (key === Symbol.toPrimitive) {
    return (hint) => {
      if (hint === 'string') return String(back(ask(`"text",${number}`).value))
      throw new TypeError(`${type} object: only plain values can be compared or computed with`)
    }
  }
  if (key === Symbol.hasInstance) {
    return (value) => numbers.has(value) && ask(`"instance",${numbers.get(value)},${number}`).value === true
  }
}

function called (values, question) {
  const answer = ask(question(values.map(tree).join()))
  for (const [at, left] of Object.entries(answer.changed ?? {})) {
    if (Object.hasOwn(values, at)) merge(values[at], back(left))
  }
  const same = Object.hasOwn(values, answer.same ?? '') ? values[answer.same] : undefined
  return typeof same === 'object' && same !== null ? same : back(answer.value)
}

// Give a value of the tests the content that the program left in it, its parts included.
function merge (target, value) {
  const alike = typeof target === 'object' && typeof value === 'object' && target !== null && value !== null
  if (!alike || numbers.has(target) || numbers.has(value) || Array.isArray(target) !== Array.isArray(value)) return value
  if (target instanceof Map || target instanceof Set) {
    target.clear()
    for (const item of value) target instanceof Map ? target.set(...item) : target.add(item)
  } else if (ArrayBuffer.isView(target)) {
    target.set(value)
  } else if (target instanceof Date) {
    target.setTime(value.getTime())
  } else {
    for (const key of Object.keys(target)) if (!Object.hasOwn(value, key)) delete target[key]
    for (const key of Object.keys(value)) give(target, key, merge(target[key], value[key]))
    if (Array.isArray(target)) target.length = value.length
  }
  return target
}

function give (target, key, value) {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}

// The copy of an object that another one of the program holds: the same one each time, as long as it is remembered.
function copy (number, found) {
  const value = back(found)
  if (typeof value !== 'object' || value === null || numbers.has(value)) return value
  const text = encode(value, keep)
  const known = watched.get(number)?.value
  const kept = known && known.constructor === value.constructor ? merge(known, value) : value
  watched.delete(number)
  if (text.length <= TRACKED_TEXT) watched.set(number, { value: kept, text })
  else freeze(kept)
  if (watched.size > TRACKED) {
    const [oldest, { value }] = watched.entries().next().value
    watched.delete(oldest)
    freeze(value)
  }
  return kept
}

// A copy that is not watched any more: to change it would be without effect on the program.
function freeze (value) {
  if (!ArrayBuffer.isView(value)) Object.freeze(value)
}

function writeBack () {
  for (const [number, copy] of watched) {
    const text = encode(copy.value, keep)
    if (text === copy.text) continue
    copy.text = text
    const answer = exchange(`"write",${number},${text}`)
    if (answer.raised) throw thrown(answer.raised)
  }
}

// A promise of the program. It is awaited when somebody wants its value, not before.
class RemotePromise extends Promise {
  #number
  #settled

  constructor (number) {
    super(typeof number === 'function' ? number : () => {})
    this.#number = number
  }

  static get [Symbol.species] () { return Promise }

  then (fulfilled, rejected) {
    this.#settled ??= new Promise((resolve, reject) => {
      try {
        resolve(back(ask(`"await",${this.#number}`).value))
      } catch (error) {
        reject(error)
      }
    })
    return this.#settled.then(fulfilled, rejected)
  }
}

// Copies of what the tests hand over, made before the program has it. What is not plain through and through, and could
// ask the program, is not copied.
function copies (...values) {
  return values.map((value) => {
    if (typeof value !== 'object' || value === null) return undefined
    try {
      return decode(JSON.parse(encode(value, () => { throw new TooLarge() })))
    } catch {
      return undefined
    }
  })
}

// Both sides of an assertion. The expected one is computed from values as they were before the call, if they have copies;
// by reference only what has no parts can be compared with a copy.
function pair (before, got, expected, now, deep) {
  const wanted = expected(...now().map((value, at) => before[at] ?? value))
  const isPart = !deep && typeof wanted === 'object' && wanted !== null
  return [got, isPart ? expected(...now()) : wanted]
}

function fetchName (name) {
  return back(ask(`"get",${stringify(name)}`).value)
}

const shape = (number) => back(ask(`"shape",${number}`).value)

module.exports = { fetchName, shape, copies, pair, state, writeBack, numbers, kinds }
