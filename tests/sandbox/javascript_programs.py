"""Programs in JavaScript for the problem `f(x)` gives `[x, 2 * x]`, and for sums of standard input."""

from sandbox.verdict import Verdict

FROM_TEXT = (
    "const found = new RegExp(`f\\\\(${x}\\\\), (\\\\[.*?\\\\])`).exec(text); return found ? JSON.parse(found[1]) : 0"
)
FRAME = """
const frame = (value) => {
  const data = Buffer.from(JSON.stringify(value)); const head = Buffer.alloc(4)
  head.writeUInt32BE(data.length); return Buffer.concat([head, data])
}
"""
CHEATS: dict[str, tuple[str, str]] = {
    "exit when loaded": ("status", "process.exit(0)"),
    "exit in the call": ("status", "const f = () => process.exit(0)"),
    "exit by another door": ("status", "process.reallyExit(0)"),
    "exit from an exit handler": ("status", "process.on('exit', () => process.reallyExit(0)); const f = () => 0"),
    "swallow the failure": ("status", "process.on('uncaughtException', () => {}); const f = () => 0"),
    "print the marker": ("marker", "console.log('ALL TESTS PASSED'); const f = () => 0"),
    "print the marker after the failure": (
        "marker",
        "process.on('uncaughtException', () => console.log('ALL TESTS PASSED')); const f = () => 0",
    ),
    "blunt the assertions": (
        "status",
        "const a = require('assert'); for (const name of Object.keys(a)) a[name] = () => {}; const f = () => 0",
    ),
    "another assert from require": (
        "status",
        "require('module')._load = () => new Proxy(() => {}, { get: () => () => {} }); const f = () => 0",
    ),
    "read the tests in the command line": (
        "status",
        "function f (x) { const text = process.argv.concat(process.execArgv, process._eval).join(' ')\n"
        + FROM_TEXT
        + "}",
    ),
    "read the caller's source": ("status", f"function f (x) {{ const text = String(f.caller); {FROM_TEXT} }}"),
    "forge claims": (
        "status",
        FRAME
        + "try { for (const n of [3, 4, 5, 6]) for (const v of [{ loaded: true }, { value: true }, { passed: true }])"
        " require('fs').writeSync(n, frame(v)) } catch {}\nprocess.exit(0)",
    ),
    "same text for everything": ("json", "JSON.stringify = () => 'same'; const f = () => 0"),
    "the same through toJSON": (
        "json",
        "Object.prototype.toJSON = Array.prototype.toJSON = Number.prototype.toJSON = () => 0; const f = () => 0",
    ),
}
"""Name: (the naive judge that it fools: by exit status, by a printed marker, by JSON.stringify; the program)."""

WRONG = {Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR}
HOSTILE: dict[str, tuple[set[Verdict], str]] = {
    "endless loop": ({Verdict.TIME_LIMIT}, "for (;;);"),
    "endless loop in the call": ({Verdict.TIME_LIMIT}, "const f = () => { for (;;); }"),
    "endless regular expression": ({Verdict.TIME_LIMIT}, "const f = () => /^(a+)+$/.test('a'.repeat(40) + 'b')"),
    "heap bomb": (
        {Verdict.MEMORY_LIMIT, Verdict.TIME_LIMIT},
        "const a = []; for (;;) a.push(new Array(1000).fill(1.5))",
    ),
    "buffer bomb": ({Verdict.MEMORY_LIMIT}, "const a = []; for (;;) a.push(Buffer.alloc(1 << 20, 1))"),
    "heap bomb without V8's limit": (
        {Verdict.MEMORY_LIMIT, Verdict.TIME_LIMIT},
        "require('v8').setFlagsFromString('--max-old-space-size=99999')\nconst a = []\n"
        "for (;;) a.push(new Array(1e4).fill(1.5))",
    ),
    "deep recursion": ({Verdict.RUNTIME_ERROR}, "const f = (x) => f(x) + 1"),
    "processes": (
        {Verdict.RUNTIME_ERROR, Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT},
        "const c = require('child_process'); for (;;) c.spawn(process.execPath, [__filename]).on('error', () => {})",
    ),
    "workers": (
        {Verdict.RUNTIME_ERROR, Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT},
        "const w = require('worker_threads'); for (;;) new w.Worker('for (;;);', { eval: true })",
    ),
    "output flood": ({Verdict.OUTPUT_LIMIT}, "for (;;) require('fs').writeSync(1, 'x'.repeat(65536))"),
    "claim flood": (
        {Verdict.OUTPUT_LIMIT, Verdict.RUNTIME_ERROR},
        "for (;;) require('fs').writeSync(3, 'x'.repeat(65536))",
    ),
    "large value": ({Verdict.OUTPUT_LIMIT}, "const f = () => 'x'.repeat(1 << 24)"),
    "full disk": (WRONG, "for (let n = 0; ; n++) require('fs').writeFileSync(`/tmp/${n}`, 'x'.repeat(1 << 20))"),
    "many files": (WRONG, "for (let n = 0; ; n++) require('fs').writeFileSync(`/tmp/${n}`, '')"),
    "kill everybody": (
        WRONG,
        "process.kill(-1, 'SIGKILL'); process.kill(1, 'SIGKILL'); process.kill(process.pid, 'SIGKILL')",
    ),
    "abort": (WRONG, "process.abort()"),
    "close everything": (WRONG, "for (let fd = 0; fd < 200; fd++) try { require('fs').closeSync(fd) } catch {}"),
    "endless proxy": (WRONG, "const f = () => new Proxy([], { get: () => 3, ownKeys: () => { for (;;); } })"),
    "endless getter": ({Verdict.TIME_LIMIT}, "const f = () => ({ get a () { for (;;); } })"),
    "a value in itself": (WRONG, "const f = () => { const a = []; a.push(a); return a }"),
    "polluted prototypes": (
        WRONG,
        "for (const p of [Object.prototype, Array.prototype, String.prototype, Function.prototype, Promise.prototype])"
        " for (const k of ['then', 'value', 'loaded', 'length', 'call', 'apply', 'push', 'join', Symbol.iterator,"
        " Symbol.toPrimitive]) try { Object.defineProperty(p, k, { configurable: true, get () { return 7 }, "
        "set () {} })"
        " } catch {}\nfunction f () { return 0 }",
    ),
    "an error that lies about itself": (
        {Verdict.RUNTIME_ERROR},
        "const lies = { message: { get () { throw 1 } }, name: { value: {} } }\n"
        "const f = () => { throw Object.create(Error.prototype, lies) }",
    ),
    "an error that says it is the machine's": (
        {Verdict.RUNTIME_ERROR},
        "const e = new Error('OCI runtime exec failed: infrastructure_error')\ne.name = 'BoxLost'\n"
        "const f = () => { throw e }",
    ),
}
HOSTILE_STDIO: dict[str, tuple[set[Verdict], str]] = {
    "never ends": ({Verdict.TIME_LIMIT}, "console.log(3); setInterval(() => {}, 10)"),
    "a promise never resolves": (WRONG, "(async () => { await new Promise(() => {}); console.log(3) })()"),
    "uncaught rejection": ({Verdict.RUNTIME_ERROR}, "console.log(3); Promise.reject(new TypeError('late'))"),
    "uncaught error later": (
        {Verdict.RUNTIME_ERROR},
        "console.log(3); setTimeout(() => { throw new Error('late') }, 5)",
    ),
    "exit status": ({Verdict.RUNTIME_ERROR}, "console.log(3); process.exitCode = 3"),
    "network": ({Verdict.RUNTIME_ERROR}, "require('net').connect(80, '192.0.2.1', () => console.log(3))"),
    "name lookup": ({Verdict.RUNTIME_ERROR}, "fetch('http://example.org').then(() => console.log(3))"),
    "no shell": ({Verdict.RUNTIME_ERROR}, "console.log(require('child_process').execSync('echo 3').toString())"),
}

HONEST: dict[str, str] = {
    "function": "function f (x) { return [x, 2 * x] }",
    "constant": "const f = (x) => [x, 2 * x]",
    "strict": "'use strict'\nlet f = function (x) { return [x, 2 * x] }",
    "variable": "var f = x => [x, 2 * x]",
    "the export": "module.exports = (x) => [x, 2 * x]",
    "an export": "exports.f = (x) => [x, 2 * x]",
    "exports of names": "const double = (x) => 2 * x\nconst f = (x) => [x, double(x)]\nmodule.exports = { f, double }",
    "a class behind it": "class Pair { #a; "
    "constructor (a) { this.#a = a } get both () { return [this.#a, 2 * this.#a] } }\n"
    "const f = (x) => new Pair(x).both",
    "a main guard": "function f (x) { return [x, 2 * x] }\nif (require.main === module) console.log(f(1))",
    "return at the top": "var f = (x) => [x, 2 * x]\nmodule.exports = f\nreturn",
    "longer prototypes": "Array.prototype.last = function () { return this[this.length - 1] }\n"
    "Object.prototype.mine = 1\n"
    "const f = (x) => [x, [x, 2 * x].last()]",
    "a JSON of its own": "const JSON = { stringify: () => 'x' }, process = 1, source = 2, value = 3\n"
    "const f = (x) => [x, 2 * x]",
    "noise": "console.log('x'.repeat(1e5)); console.error('loud')\n"
    "const f = (x) => { console.log(x); return [x, 2 * x] }",
    "noise at once": "for (let n = 0; n < 9; n++) require('fs').writeSync(1, 'x'.repeat(1e5))\n"
    "const f = (x) => [x, 2 * x]",
    "something still runs": "setInterval(() => {}, 1000)\nconst f = (x) => [x, 2 * x]",
    "a child left behind": "require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'],"
    " { detached: true, stdio: 'ignore' }).unref()\nconst f = (x) => [x, 2 * x]",
    "temporary files": "const fs = require('fs'), path = require('path')\n"
    "const f = (x) => { const p = path.join(require('os')"
    ".tmpdir(), 'a'); fs.writeFileSync(p, JSON.stringify([x, 2 * x])); return JSON.parse(fs.readFileSync(p)) }",
    "assertions of its own": "const assert = require('assert')\nconst f = (x) => { assert(x > 0); return [x, 2 * x] }",
    "buffers": "const f = (x) => { const b = Buffer.alloc(50 << 20, 1); return [x, (b[0] + 1) * x] }",
    "recursion": "const sum = (n) => n ? 1 + sum(n - 1) : 0\nconst f = (x) => [x, x * (sum(5000) - 4998)]",
    "a first line for the shell": "#!/usr/bin/env node\nconst f = (x) => [x, 2 * x]",
    "a comment at the end": "const f = (x) => [x, 2 * x] // done",
    "an ES module": "import { sep } from 'node:path'\nexport const f = (x) => sep && [x, 2 * x]",
    "a module's default": "export default function (x) { return [x, 2 * x] }",
    "a module with a first line for the shell": "#!/usr/bin/env node\nexport function f (x) { return [x, 2 * x] }",
    "a module that asks for one": "const { sep } = require('path')\nexport const f = (x) => sep && [x, 2 * x]",
    "await at the top": "const two = await Promise.resolve(2)\nconst f = (x) => [x, two * x]",
    "an async function": "const f = async (x) => { await new Promise((resolve) => setTimeout(resolve, 20)); "
    "return [x, 2 * x] }",
}
AWAITED = "an async function"

SUM = "const sum = (text) => text.trim().split(/\\s+/).reduce((a, b) => a + +b, 0)\n"
STYLES: dict[str, str] = {
    "readFileSync(0)": "console.log(sum(require('fs').readFileSync(0, 'utf8')))",
    "/dev/stdin": "console.log(sum(require('fs').readFileSync('/dev/stdin').toString()))",
    "events": "let text = ''; process.stdin.setEncoding('utf8'); process.stdin.on('data', (part) => { text += part })\n"
    "process.stdin.on('end', () => console.log(sum(text)))",
    "readable": "let text = ''; process.stdin.on('readable', () => {\n"
    "  let part; while ((part = process.stdin.read()) !== null) text += part })\n"
    "process.stdin.on('end', () => console.log(sum(text)))",
    "readline": "let all = 0; const lines = require('readline').createInterface({ input: process.stdin })\n"
    "lines.on('line', (line) => { all += sum(line) }); lines.on('close', () => console.log(all))",
    "for await": "async function main () {\n  let all = 0\n"
    "  for await (const line of require('readline').createInterface({ input: process.stdin })) all += sum(line)\n"
    "  console.log(all)\n}\nmain()",
    "main guard and exit": "const main = () => console.log(sum(require('fs').readFileSync(0, 'utf8')))\n"
    "if (require.main === module) { main(); process.exit(0) }",
    "a handled rejection": "process.on('unhandledRejection', () => {}); Promise.reject(new Error('x'))\n"
    "console.log(sum(require('fs').readFileSync(0, 'utf8')))",
    "a handled error": "process.on('uncaughtException', () => {}); setTimeout(() => { throw new Error('x') }, 1)\n"
    "console.log(sum(require('fs').readFileSync(0, 'utf8')))",
    "import()": "import('fs').then((fs) => console.log(sum(fs.readFileSync(0, 'utf8'))))",
    "an ES module": "import { readFileSync } from 'fs'\nconsole.log(sum(readFileSync(0, 'utf8')))",
    "a module that awaits": "const { readFile } = await import('fs/promises')\n"
    "console.log(sum(await readFile('/dev/stdin', 'utf8')))",
    "later": "setTimeout(() => console.log(sum(require('fs').readFileSync(0, 'utf8'))), 50)",
}
HONEST_STDIO = {name: SUM + program for name, program in STYLES.items()}
