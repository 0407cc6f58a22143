// What tests say of the program's values: Node.js's own `assert`, which only ever sees plain copies of them.
//
// Objects of the program are replaced by their content before anything is compared, and no object is converted: an
// object that claims to be 4 is not equal to 4.
'use strict'

const native = require('assert')
const { isDeepStrictEqual } = require('util')
const { settle } = require('./settling.js')

const { AssertionError } = native
const DEEP = ['deepEqual', 'deepStrictEqual', 'notDeepEqual', 'notDeepStrictEqual']
const SHALLOW = ['equal', 'notEqual', 'strictEqual', 'notStrictEqual']
const COMPARING = ['==', 'equal', 'strictEqual', 'deepEqual', 'deepStrictEqual']
const STRICT = { equal: 'strictEqual', notEqual: 'notStrictEqual', deepEqual: 'deepStrictEqual', notDeepEqual: 'notDeepStrictEqual' }

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function'

// `assert` and its strict form. `tolerance`: room for numbers, or null. `lineOf` gives the line of the test that failed.
function makeAssert (tolerance, lineOf) {
  function fails (stack, message, more) {
    if (message instanceof Error) throw message
    const error = new AssertionError({ message: message ?? lineOf() ?? 'false', stackStartFn: stack, ...more })
    return Object.assign(error, { generatedMessage: message === undefined })
  }

  function holds (value, ...message) {
    if (!value) throw fails(holds, message[0], { actual: value, expected: true, operator: 'ok' })
  }

  function compared (name) {
    const negative = name.startsWith('not')
    return function (actual, expected, message) {
      const [got, wanted] = DEEP.includes(name) ? [settle(actual), settle(expected)] : [actual, expected]
      const near = !negative && tolerance !== null && close(got, wanted, tolerance)
      const byReference = SHALLOW.includes(name) && (isObject(got) || isObject(wanted))
      if (near || (byReference && (got === wanted) !== negative)) return
      if (byReference) throw fails(native[name], message, { actual: got, expected: wanted, operator: name })
      native[name](got, wanted, message)
    }
  }

  function build (strict) {
    const made = (...given) => holds(...given)
    Object.assign(made, native, { ok: holds, AssertionError })
    for (const name of [...DEEP, ...SHALLOW]) made[name] = compared(strict ? STRICT[name] ?? name : name)
    return made
  }

  const assert = build(false)
  const strict = build(true)
  assert.strict = strict.strict = strict
  return assert
}

// Whether two values are the same, with room for numbers.
function close (got, wanted, tolerance) {
  if (typeof got === 'number' && typeof wanted === 'number') {
    if (!Number.isFinite(got) || !Number.isFinite(wanted)) return Object.is(got, wanted)
    return Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted))
  }
  if (got instanceof Map && wanted instanceof Map) {
    return got.size === wanted.size && [...wanted].every(([key, item]) => got.has(key) && close(got.get(key), item, tolerance))
  }
  if (got instanceof Set && wanted instanceof Set) return got.size === wanted.size && closeMembers(got, wanted, tolerance)
  if (Array.isArray(got) && Array.isArray(wanted)) {
    return got.length === wanted.length && got.every((item, at) => close(item, wanted[at], tolerance))
  }
  const plain = [got, wanted].every((value) => isObject(value) && Object.getPrototypeOf(value) === Object.prototype)
  if (!plain) return isDeepStrictEqual(got, wanted)
  const keys = Object.keys(wanted)
  return keys.length === Object.keys(got).length &&
    keys.every((key) => Object.hasOwn(got, key) && close(got[key], wanted[key], tolerance))
}

// Of two sets: what they do not share must be numbers that can be paired. Sorted they are, if they can be.
function closeMembers (got, wanted, tolerance) {
  const rests = [[...got].filter((item) => !wanted.has(item)), [...wanted].filter((item) => !got.has(item))]
  if (!rests.flat().every((item) => typeof item === 'number')) return isDeepStrictEqual(got, wanted)
  const [left, right] = rests.map((rest) => rest.sort((a, b) => a - b))
  return left.length === right.length && left.every((item, at) => close(item, right[at], tolerance))
}

// Both sides of a comparison that failed.
function sides (error) {
  return COMPARING.includes(error.operator) ? [error.actual, error.expected] : null
}

module.exports = { makeAssert, sides, AssertionError }
