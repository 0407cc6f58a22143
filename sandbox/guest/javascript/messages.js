// Messages to the host and from it, each four bytes of length and then JSON; and errors as JSON.
//
// What comes with a program may bend all of this. That is fine: it can only change what is said, and what is said is
// compared outside. Built-ins are taken at the start, so that an honest program's own `JSON` changes nothing.
'use strict'

const fs = require('fs')
const { types } = require('util')

const { apply, getPrototypeOf } = Reflect
const { stringify, parse } = JSON
const { writeSync, readSync, readFileSync, closeSync, read } = fs
const { from: bytesOf, alloc } = Buffer
const { writeUInt32BE, readUInt32BE, toString } = Buffer.prototype
const { slice } = String.prototype
const NativeError = Error
const known = Map.prototype.get
const ERRORS = new Map([EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError, Error]
  .map((kind) => [kind.prototype, kind.name])) // without that of `assert`, which would make standard output non-blocking

const TO_HOST = 3
const FROM_HOST = 4
const BODY = 5

function sendText (text) {
  const data = bytesOf(text, 'utf8')
  const head = alloc(4)
  apply(writeUInt32BE, head, [data.length, 0])
  write(head)
  write(data)
}

function write (data) {
  for (let at = 0; at < data.length;) at += writeSync(TO_HOST, data, at, data.length - at)
}

// The run's body, which the host gave with it.
function readBody () {
  const body = parse(readFileSync(BODY, 'utf8'))
  closeSync(BODY)
  return body
}

// The host's next message; null at the end.
function receive () {
  const head = readExactly(4)
  const data = head && readExactly(apply(readUInt32BE, head, [0]))
  return data && parse(apply(toString, data, ['utf8']))
}

function readExactly (size) {
  const data = alloc(size)
  for (let at = 0; at < size;) {
    const got = readSync(FROM_HOST, data, at, size - at, null)
    if (!got) return null
    at += got
  }
  return data
}

// The same for one whose timers and promises go on meanwhile: `next` is called with the message.
function receiveLater (next) {
  const head = alloc(4)
  const more = (at) => read(FROM_HOST, head, at, 4 - at, null, (error, got) => {
    if (error || !got) return next(null)
    if (at + got < 4) return more(at + got)
    const data = readExactly(apply(readUInt32BE, head, [0])) // its rest is on the way
    next(data && parse(apply(toString, data, ['utf8'])))
  })
  more(0)
}

// An error as the members of a JSON object. Its `name` and `message` may be code of the program, which may do
// anything but escape. `base`: the nearest class of the language.
function describe (error) {
  let type = 'Error'
  let text = ''
  let base = 'Uncaught'
  try {
    if (isError(error)) {
      base = baseOf(error)
      type = typeof error.name === 'string' ? error.name : type
      text = typeof error.message === 'string' ? error.message : text
    } else {
      type = 'Uncaught'
      text = typeof error === 'object' || typeof error === 'function' ? `a thrown ${typeof error}` : `${String(error)}`
    }
  } catch {
    text = '(its text throws)'
  }
  if (type === 'RangeError' && text === 'Array buffer allocation failed') base = 'MemoryError'
  return `"type":${stringify(cut(type, 80))},"base":"${base}","text":${stringify(cut(text, 1000))}`
}

function isError (value) {
  return types.isNativeError(value) || (value instanceof NativeError && !types.isProxy(value))
}

function baseOf (error) {
  for (let proto = error; proto && !types.isProxy(proto); proto = getPrototypeOf(proto)) {
    const name = apply(known, ERRORS, [proto])
    if (name) return name
  }
  return 'Error'
}

function cut (text, size) {
  return apply(slice, text, [0, size])
}

module.exports = { sendText, receive, receiveLater, readBody, describe, isError, cut }
