// The program's side of a conversation with a judge: names, calls, and objects that stay here behind numbers.
//
// Plain values leave as copies, anything else as a handle. Deliberately absent: comparisons and arithmetic, whose other
// operand would be the expected answer.
'use strict'

const { types } = require('util')
const { sendText, receive, receiveLater, describe, isError } = require('./messages.js')
const { encode, decode, nameOf, isExotic } = require('./values.js')

const { apply, construct, getPrototypeOf, deleteProperty, has, get, set, ownKeys } = Reflect
const { keys: keysOf, getOwnPropertyDescriptor: propertyOf } = Object
const { isArray } = Array
const { stringify } = JSON
const promiseThen = Promise.prototype.then
const makePromise = Promise.resolve.bind(Promise)
const nativeMap = Map
const { get: find, set: put, has: knows, clear, forEach } = Map.prototype
const text = String
const SYMBOLS = { iterator: Symbol.iterator, asyncIterator: Symbol.asyncIterator, toStringTag: Symbol.toStringTag }

const kept = []
const places = new nativeMap() // object: its number
const callbacks = new nativeMap() // number: what stands here for a function of the tests
const numbers = new nativeMap() // and back
let program // its `evaluate` and `exported`
let idle = true // whether a message is waited for

function numberOf (value) {
  let number = apply(find, places, [value])
  if (number === undefined) {
    number = kept.length
    kept[number] = value
    apply(put, places, [value, number])
    // a promise that is rejected before the tests await it is no error yet
    if (types.isPromise(value)) apply(promiseThen, value, [undefined, () => {}])
  }
  return number
}

function keep (value, name) {
  if (apply(knows, numbers, [value])) return `{"callback":${apply(find, numbers, [value])}}`
  return `{"handle":${numberOf(value)},"type":${stringify(name)}}`
}

// The tree of a value; of one that is too large, deep or goes round in circles, a handle.
function tree (value) {
  try {
    return encode(value, keep)
  } catch (error) {
    if (typeof value !== 'object' || value === null) throw error
    return keep(value, nameOf(value))
  }
}

function back (given) {
  return decode(given, (number) => kept[number], callback)
}

// A function of the tests. They run it while the program's own call goes on, and answer with what it gave.
function callback (number) {
  let stub = apply(find, callbacks, [number])
  if (stub === undefined) {
    stub = function (...given) {
      if (idle) throw new Error('a function of the tests can be called only while they wait for the program')
      sendText(`{"value":null,"callback":[${number},${tree(this === globalThis ? undefined : this)},${tree(given)}]}`)
      return returned()
    }
    apply(put, callbacks, [number, stub])
    apply(put, numbers, [stub, number])
  }
  return stub
}

// What the tests' function gave, after whatever it asked of the program itself.
function returned () {
  for (;;) {
    const message = receive()
    if (message === null) process.reallyExit(0)
    const [operation, given] = message.do
    if (operation === 'return') return back(given)
    if (operation === 'throw') throw back(given)
    sendText(answerNow(message.do))
  }
}

function keyOf (key) {
  return typeof key === 'string' ? key : SYMBOLS[key.symbol]
}

const OPERATIONS = {
  get: (name) => value(named(name)),
  call: (number, self, given) => called(given, (values) => apply(kept[number], back(self), values)),
  new: (number, given) => called(given, (values) => construct(kept[number], values)),
  attr: (number, key) => {
    const found = get(kept[number], keyOf(key), kept[number])
    const copied = typeof found === 'object' && found !== null && !types.isProxy(found)
    return `{"value":${tree(found)}${copied ? `,"ref":${numberOf(found)}` : ''}}`
  },
  set: (number, key, given) => value(set(kept[number], keyOf(key), back(given))),
  write: (number, given) => { overwrite(kept[number], back(given)); return value(null) },
  has: (number, key) => value(has(kept[number], keyOf(key))),
  delete: (number, key) => value(deleteProperty(kept[number], keyOf(key))),
  keys: (number) => value(keysOf(kept[number])),
  text: (number) => value(text(kept[number])),
  instance: (number, kind) => value(kept[number] instanceof kept[kind]),
  shape: (number) => shape(kept[number])
}

function named (name) {
  const isNone = program.evaluate(`typeof ${name}`) === 'undefined'
  const found = isNone ? program.exported(name) : undefined
  return found === undefined ? program.evaluate(name) : found
}

function value (value) {
  return `{"value":${tree(value)}}`
}

// The answer to one question. A promise is awaited only if that is the question.
function answerNow ([operation, ...given]) {
  try {
    return OPERATIONS[operation](...given)
  } catch (error) {
    return raised(error)
  }
}

// What was thrown: its class by name, its text, its own properties, and itself behind a handle.
function raised (error) {
  let more = ''
  try {
    if (isError(error)) {
      const fields = {}
      for (const key of keysOf(error)) if (key !== 'stack') fields[key] = error[key]
      more = `,"value":${tree(fields)},"handle":${numberOf(error)}`
    } else {
      more = `,"value":${tree(error)}`
    }
  } catch {}
  return `{"raised":{${describe(error)}${more}}}`
}

// A call with values of the tests. Arguments that it changed in place go back, and that it returned one.
function called (given, call) {
  const values = given.map(back)
  const result = call(values)
  let changed = ''
  let same = ''
  for (let at = 0; at < values.length; at++) {
    const value = values[at]
    if (typeof value !== 'object' || value === null || 'handle' in given[at]) continue
    if (value === result) same = `,"same":"${at}"`
    const left = tree(value)
    if (left !== encodeAgain(given[at])) changed += `${changed && ','}"${at}":${left}`
  }
  return `{"value":${tree(result)}${changed && `,"changed":{${changed}}`}${same}}`
}

function encodeAgain (given) {
  return tree(back(given))
}

// The content of an object of the program: what it holds, and its prototype's number. Null for what has none to show.
function shape (object) {
  const hidden = typeof object === 'function' || types.isProxy(object) || isExotic(object) || types.isMap(object) ||
    types.isSet(object) || types.isDate(object) || types.isTypedArray(object)
  if (hidden) return value(null)
  let pairs = ''
  for (const key of keysOf(object)) pairs += `${pairs && ','}[${stringify(key)},${tree(object[key])}]`
  const proto = getPrototypeOf(object)
  const kind = proto === Object.prototype ? -1 : proto === null ? -2 : proto === Array.prototype ? -3 : numberOf(proto)
  return `{"value":[{"instance":[${stringify(nameOf(object))},[${pairs}]]},${kind},${isArray(object)}]}`
}

// What the tests did to a copy of it.
function overwrite (target, value) {
  if (types.isMap(target) || types.isSet(target)) {
    apply(target instanceof nativeMap ? clear : Set.prototype.clear, target, [])
    for (const item of value) types.isMap(target) ? apply(put, target, item) : target.add(item)
    return
  }
  for (const key of ownKeys(target)) if (!has(value, key) && propertyOf(target, key).configurable) delete target[key]
  for (const key of keysOf(value)) target[key] = value[key]
  if (isArray(target)) target.length = value.length
}

// Questions until there are no more. Between them the program's timers and promises go on.
function converse (loaded) {
  program = loaded
  return new Promise((resolve) => {
    const next = (message) => {
      if (message === null) return resolve()
      idle = false
      const asked = message.do
      if (asked[0] === 'await') {
        const reply = (record) => { sendText(record); ask() }
        makePromise(kept[asked[1]]).then((found) => reply(value(found)), (error) => reply(raised(error)))
        return
      }
      sendText(answerNow(asked))
      ask()
    }
    const ask = () => {
      idle = true
      receiveLater(next)
    }
    ask()
  })
}

module.exports = { converse }
