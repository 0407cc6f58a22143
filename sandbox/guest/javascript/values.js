// Values as trees and back: the same tagged trees as Python's, with tags of their own where JavaScript has other kinds.
//
// Nothing is asked to describe itself (`toJSON`, `toString`, iterators, Proxies); accessors of plain objects are read.
'use strict'

const { types } = require('util')
const { cut } = require('./messages.js')

const { apply, getPrototypeOf } = Reflect
const { keys: keysOf, getOwnPropertySymbols: symbolsOf, getOwnPropertyDescriptor: propertyOf, defineProperty, is } = Object
const { isArray } = Array
const { stringify } = JSON
const { propertyIsEnumerable } = Object.prototype
const mapForEach = Map.prototype.forEach
const setForEach = Set.prototype.forEach
const dateTime = Date.prototype.getTime
const bigintText = BigInt.prototype.toString
const OBJECT = Object.prototype
const ARRAY = Array.prototype
const TYPED = getPrototypeOf(Uint8Array)
const typedName = propertyOf(TYPED.prototype, Symbol.toStringTag).get
const typedLength = propertyOf(TYPED.prototype, 'length').get

const MAX_DEPTH = 140
const MAX_ITEMS = 2000000
const LARGE = '{"opaque":"too large a value"}'
class TooLarge extends Error {}

// The tree of a value, as text. `keep` gives the tree that stands for what is not plain, with the name of its kind; with
// it, objects of classes and objects with functions in them are not plain, and too large a value is a TooLarge.
function encode (value, keep) {
  let items = 0

  function other (value, name) {
    return keep ? keep(value, name) : `{"opaque":${stringify(name)}}`
  }

  function large () {
    if (keep) throw new TooLarge()
    return LARGE
  }

  function tree (value, depth) {
    switch (typeof value) {
      case 'number': return number(value)
      case 'string': return stringify(value)
      case 'boolean': return value ? 'true' : 'false'
      case 'undefined': return '{"undefined":0}'
      case 'bigint': return `{"int":"${hex(value)}"}`
      case 'symbol': return other(value, 'symbol')
      case 'function': return other(value, 'function')
    }
    if (value === null) return 'null'
    if (types.isProxy(value)) return other(value, 'Proxy')
    if (depth > MAX_DEPTH || ++items > MAX_ITEMS) return large()
    if (isArray(value)) return array(value, depth)
    if (types.isMap(value)) return pairs(value, depth)
    if (types.isSet(value)) return set(value, depth)
    if (types.isDate(value)) return `{"date":${tree(apply(dateTime, value, []), depth)}}`
    if (types.isTypedArray(value)) return typed(value, depth)
    return object(value, depth)
  }

  function number (value) {
    if (value - value !== 0) return `{"number":"${value}"}` // JSON has no NaN and no Infinity
    return is(value, -0) ? '-0.0' : '' + value
  }

  function hex (value) {
    return (value < 0n ? '-0x' : '0x') + apply(bigintText, value < 0n ? -value : value, [16])
  }

  function array (value, depth) {
    if (getPrototypeOf(value) !== ARRAY) return other(value, nameOf(value))
    const size = value.length
    if ((items += size) > MAX_ITEMS) return large()
    const names = keysOf(value)
    if (names.length > size || symbolsOf(value).length) return other(value, 'Array with properties')
    const sparse = names.length < size
    let text = '['
    for (let at = 0; at < size; at++) {
      const hole = sparse && !apply(propertyIsEnumerable, value, [at])
      text += (at ? ',' : '') + (hole ? '{"hole":0}' : tree(value[at], depth + 1))
    }
    return text + ']'
  }

  function pairs (value, depth) {
    if (getPrototypeOf(value) !== Map.prototype || keysOf(value).length) return other(value, nameOf(value))
    let text = ''
    apply(mapForEach, value, [(item, key) => {
      items++
      text += `${text && ','}[${tree(key, depth + 1)},${tree(item, depth + 1)}]`
    }])
    return `{"map":[${text}]}`
  }

  function set (value, depth) {
    if (getPrototypeOf(value) !== Set.prototype || keysOf(value).length) return other(value, nameOf(value))
    let text = ''
    apply(setForEach, value, [(item) => {
      items++
      text += `${text && ','}${tree(item, depth + 1)}`
    }])
    return `{"set":[${text}]}`
  }

  function typed (value, depth) {
    const size = apply(typedLength, value, [])
    if ((items += size) > MAX_ITEMS) return large()
    let text = ''
    for (let at = 0; at < size; at++) text += `${text && ','}${tree(value[at], depth + 1)}`
    return `{"typed":[${stringify(apply(typedName, value, []))},[${text}]]}`
  }

  function object (value, depth) {
    if (isExotic(value) || symbols(value)) return other(value, nameOf(value))
    if (keep && (getPrototypeOf(value) !== OBJECT || !isData(value))) return other(value, nameOf(value))
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

// Whether an object is nothing but its data, so that a copy is as good.
function isData (value) {
  const names = keysOf(value)
  for (let at = 0; at < names.length; at++) {
    const property = propertyOf(value, names[at])
    if (!property || property.get || property.set || typeof property.value === 'function') return false
  }
  return true
}

function nameOf (value) {
  try {
    const name = value.constructor.name
    return typeof name === 'string' && name ? cut(name, 80) : 'object'
  } catch {
    return 'object'
  }
}

// The value of a tree. `handle` makes what stands for an object of the other side, `callback` for a function of the tests.
function decode (tree, handle, callback) {
  if (typeof tree !== 'object' || tree === null) return tree
  if (isArray(tree)) return list(tree)
  if ('handle' in tree) return handle(tree.handle, tree.type)
  const tag = keysOf(tree)[0]
  const body = tree[tag]
  switch (tag) {
    case 'object': return properties({}, body)
    case 'instance': return properties(Object.create(null), body[1])
    case 'map': return new Map(body.map((pair) => list(pair)))
    case 'set': return new Set(list(body))
    case 'typed': return new globalThis[body[0]](list(body[1]))
    case 'date': return new Date(decode(body))
    case 'int': return body[0] === '-' ? -BigInt(body.slice(1)) : BigInt(body)
    case 'number': return +body
    case 'undefined': return undefined
    case 'regexp': return new RegExp(body[0], body[1])
    case 'error': return properties(new (globalThis[body[0]] ?? Error)(body[1]), body[2])
    case 'callback': return callback(body)
    default: return properties(Object.create(null), [])
  }

  function list (trees) {
    const items = new Array(trees.length)
    for (let at = 0; at < trees.length; at++) {
      const item = trees[at]
      if (!(item && item.hole === 0)) items[at] = decode(item, handle, callback)
    }
    return items
  }

  function properties (target, pairs) {
    for (const [name, item] of pairs) {
      const value = decode(item, handle, callback)
      defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
    }
    return target
  }
}

module.exports = { encode, decode, nameOf, isExotic, TooLarge }
