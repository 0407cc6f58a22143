// Objects of the program as plain copies, for comparisons: what they hold is asked for, and nothing else.
'use strict'

const { shape, numbers, kinds } = require('./remote.js')

const shaped = new Map() // number of what shows no content: what stands for it
const prototypes = new Map()

// A value in which objects of the program are replaced by copies that can be compared: with the same content, and one
// prototype for all of a class. Functions and what shows no content stay themselves.
function settle (value, seen = new Map()) {
  if (typeof value !== 'object' || value === null) return value
  if (seen.has(value)) return seen.get(value)
  if (numbers.has(value) && !(value instanceof Error)) return settleRemote(value, seen)
  const proto = Object.getPrototypeOf(value)
  if (value instanceof Map) return into(new Map(), value, seen, (made, [key, item]) => made.set(settle(key, seen), settle(item, seen)))
  if (value instanceof Set) return into(new Set(), value, seen, (made, item) => made.add(settle(item, seen)))
  if (!Array.isArray(value) && proto !== Object.prototype && proto !== null) return value
  const made = Array.isArray(value) ? new Array(value.length) : Object.create(proto)
  seen.set(value, made)
  return fill(made, value, seen)
}

function into (made, value, seen, add) {
  seen.set(value, made)
  for (const item of value) add(made, item)
  return made
}

function fill (made, value, seen) {
  for (const key of Reflect.ownKeys(value)) {
    if (key === 'length' && Array.isArray(value)) continue
    const property = Object.getOwnPropertyDescriptor(value, key)
    if ('value' in property) property.value = settle(property.value, seen)
    Object.defineProperty(made, key, property)
  }
  return made
}

function settleRemote (remote, seen) {
  const number = numbers.get(remote)
  const found = remote instanceof Promise ? null : shape(number)
  if (!Array.isArray(found)) {
    if (!shaped.has(number)) shaped.set(number, Symbol(kinds.get(remote)))
    seen.set(remote, shaped.get(number))
    return shaped.get(number)
  }
  const [content, kind, isArray] = found
  const made = isArray ? [] : {}
  seen.set(remote, made)
  fill(made, content, seen)
  Object.setPrototypeOf(made, kind === -1 ? Object.prototype : kind === -2 ? null : kind === -3 ? Array.prototype : prototypeOf(kind, remote))
  return made
}

function prototypeOf (kind, remote) {
  if (!prototypes.has(kind)) {
    const name = kinds.get(remote)
    const made = {}
    Object.defineProperty(made, 'constructor', { value: { [name]: class {} }[name] })
    prototypes.set(kind, made)
  }
  return prototypes.get(kind)
}

module.exports = { settle }
