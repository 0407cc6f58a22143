// Runs one JavaScript program under Node.js: loads it, evaluates calls in its scope or answers a judge's questions, and
// sends plain values. What comes with the program may bend all of this: see messages.js.
'use strict'

const { sendText, readBody, describe } = require('./messages.js')
const { encode } = require('./values.js')
const { makeMain, compile, loadScript, loadModule, FILE } = require('./loading.js')
const { converse } = require('./objects.js')

const { apply } = Reflect
const { startsWith, slice } = String.prototype
const { reallyExit } = process

async function answerCalls (request, main, moduleSign) {
  let loaded
  try {
    loaded = moduleSign ? await loadModule(request, moduleSign) : loadScript(main, request)
  } catch (error) {
    sendText(`{"failed":"program",${describe(error)}}`)
    return
  }
  if (loaded === null) return
  sendText('{"loaded":true}')
  if (request.interactive) return converse(loaded)
  const { calls } = request
  const { evaluate } = loaded
  for (let at = 0; at < calls.length; at++) {
    let record
    try {
      const waits = apply(startsWith, calls[at], ['await '])
      const value = evaluate(waits ? apply(slice, calls[at], [6]) : calls[at])
      record = `{"value":${encode(waits ? await value : value)}}`
    } catch (error) {
      record = `{"raised":{${describe(error)}}}`
    }
    sendText(record)
  }
}

async function answer (request, main, moduleSign) {
  try {
    await answerCalls(request, main, moduleSign)
  } finally {
    end() // whatever the program left behind does not hold it up
  }
}

function end () {
  apply(reallyExit, process, [0])
}

// An uncaught error ends the program as ever, and is told first: as its failure, or as the answer it owes.
function watch (stdio) {
  process.on('uncaughtExceptionMonitor', (error) => {
    const handled = process.listenerCount('uncaughtException') || process.hasUncaughtExceptionCaptureCallback()
    if (!handled) sendText(stdio ? `{"failed":"program",${describe(error)}}` : `{"raised":{${describe(error)}}}`)
  })
}

// With standard streams. To a pipe Node.js writes when it can, and drops the rest at process.exit(); to a file it writes
// at once. So here.
function run (request, main, moduleSign) {
  process.stdout._handle?.setBlocking?.(true)
  if (!moduleSign) return main._compile(request.program, FILE)
  loadModule(request, moduleSign).then((found) => found === null && end(), (error) => setImmediate(() => { throw error }))
}

const request = readBody()
const main = makeMain(request.stdio)
const moduleSign = compile(request)
if (moduleSign === undefined) {
  end()
} else {
  watch(request.stdio)
  if (request.stdio) run(request, main, moduleSign)
  else answer(request, main, moduleSign)
  main.loaded = true
}
