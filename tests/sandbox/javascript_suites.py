"""Tests in JavaScript that no call and literal is, with programs that meet them and programs that do not."""

from sandbox.verdict import Verdict

DOUBLE = "function f (x) { return 2 * x }"
POINT = "class Point { constructor (x) { this.x = x } }\nconst f = (x) => new Point(x)"
STACK = """
class Stack {
  constructor () { this.items = [] }
  push (x) { this.items.push(x); return this }
  get size () { return this.items.length }
  * [Symbol.iterator] () { yield * this.items }
}
"""
FAILING = """
class Refusal extends Error { constructor (m) { super(m); this.name = 'Refusal'; this.code = 7 } }
function f () { throw new Refusal('bad') }
"""
PLAIN = (
    "{ a: [1, new Map([[1, 'x']]), new Set([1]), new Date(5), 10n, NaN, -0, Infinity, undefined, new Uint8Array([1])] }"
)
ACCEPTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "variables": (DOUBLE, ("const a = 2;\nassert.equal(f(a), 4)",)),
    "a class": (POINT, ("assert.strictEqual(new Point(2).x, 2)", "assert.ok(f(1) instanceof Point)")),
    "an object by its content": (
        POINT,
        (
            "assert.deepEqual(f(2), { x: 2 })\nassert.notDeepStrictEqual(f(2), { x: 2 })",
            "assert.deepStrictEqual([f(3)], [new Point(3)])\nassert.equal(f(1).constructor, Point)",
            "const r = f(2)\nassert.deepEqual({ ...r }, { x: 2 })\nassert.equal(JSON.stringify(r), '{\"x\":2}')",
            "assert.equal(typeof f(1).y, 'undefined')\nassert.ok('x' in f(1))\nassert.notEqual(f(1), 1)",
        ),
    ),
    "an object that is changed": (
        STACK,
        (
            "const s = new Stack()\ns.push(1).push(2)\nassert.equal(s.size, 2)\nassert.deepEqual([...s], [1, 2])\n"
            "s.items.push(9)\nassert.equal(s.size, 3)\ns.items.length = 0\nassert.equal(s.size, 0)\n"
            "s.items = [7]\nassert.strictEqual(s.items, s.items)\nfor (const x of s) assert.equal(x, 7)",
        ),
    ),
    "a closure": (
        "function makeStack () { const a = []\n  return { push (x) { a.push(x) }, get size () { return a.length } } }",
        ("const s = makeStack()\ns.push(4)\nassert.equal(s.size, 1)",),
    ),
    "throws": (
        "function f (n) { if (n < 0) throw new RangeError('negative'); return n }",
        (
            "assert.throws(() => f(-1), RangeError)",
            "assert.throws(() => f(-1), /nega/)",
            "assert.throws(() => f(-1), { name: 'RangeError', message: 'negative' })",
            "assert.doesNotThrow(() => f(1))",
        ),
    ),
    "an error of its own": (
        FAILING,
        (
            "assert.throws(() => f(), Refusal)",
            "try { f(); assert.fail() } catch (e) { assert.equal(e.code, 7); assert.ok(e instanceof Error) }",
        ),
    ),
    "promises": (
        "async function f (x) { if (x < 0) throw new RangeError('negative'); return 2 * x }",
        (
            "await assert.rejects(f(-1), RangeError)",
            "assert.rejects(() => f(-1))",
            "f(2).then(v => assert.equal(v, 4))",
            "const both = await Promise.all([f(1), f(2)])\nassert.deepEqual(both, [2, 4])",
            "setTimeout(async () => assert.equal(await f(1), 2), 5)",
        ),
    ),
    "its timers go on": (
        "let done = false\nfunction f () { setTimeout(() => { done = true }, 5) }",
        ("f()\nawait new Promise((resolve) => setTimeout(resolve, 50))\nassert.ok(done)",),
    ),
    "functions of the tests": (
        "function f (a, g) { return a.map(g) }",
        (
            "const k = 3\nassert.deepEqual(f([1, 2], x => x * k), [3, 6])",
            "let n = 0\nf([1, 2, 3], () => { n++ })\nassert.equal(n, 3)",
            "assert.throws(() => f([1], () => { throw new Error('boom') }), /boom/)",
        ),
    ),
    "changed arguments": (
        "function f (a) { a.sort((x, y) => x - y); return a }",
        ("const a = [3, 1, 2]\nconst b = f(a)\nassert.strictEqual(b, a)\nassert.deepEqual(a, [1, 2, 3])",),
    ),
    "arguments in what is expected": (
        STACK.replace("push (x) { this", "push (x) { x.seen = true; this")
        + "const f = (a) => { a.push(0); return a[0] }",
        (
            "const a = [{ n: 1 }]\nassert.strictEqual(f(a).n, a[0].n)\nassert.equal(a.length, 2)",
            "const s = new Stack(), x = {}\nassert.equal(s.push(x).size, s.size)\nassert.equal(s.size, 1)",
            "let n = 1\nconst step = (k) => { n += k; return f([n]) }\nassert.equal(step(n), n + 0)",
        ),
    ),
    "generators": (
        "function* f () { let n = 0; while (true) yield n++ }",
        ("const it = f()\nassert.equal(it.next().value, 0)\nfor (const x of it) { if (x > 5) break }",),
    ),
    "every kind of value": (
        f"const f = (x) => x ?? ({PLAIN})",
        (f"const r = f()\nassert.deepStrictEqual(r, {PLAIN})", f"const w = {PLAIN}\nassert.deepStrictEqual(f(w), w)"),
    ),
    "values in circles": (
        "function f () { const a = { n: 1 }; a.next = { n: 2, next: a }; return a }",
        ("const a = f()\nassert.equal(a.next.n, 2)\nassert.strictEqual(a.next.next, a)",),
    ),
    "a name of the program": (
        "let count = 0\nfunction f () { count++ }",
        ("f(); f()\nassert.equal(count, 2)", "if (count !== 2) throw new Error('count')"),
    ),
    "an export": (
        "const g = (x) => 2 * x\nmodule.exports = { f: g }",
        ("const two = 2\nassert.equal(f(two), 4)",),
    ),
    "modules": (
        "export const f = (x) => 2 * x",
        (
            "import assert from 'node:assert'\nimport { f } from './main.js'\nassert.equal(f(2), 4)",
            "const { f: g } = require('./main')\nassert.equal(g(2), 4)",
            "const strict = require('assert/strict')\nstrict.equal(f(2), 4)",
        ),
    ),
    "text of a number": (
        "const f = () => (1.7320508).toFixed(2)",
        ("const x = 1\nconsole.assert(f() == 1.73)", "assert.equal(f(), 1.73)", "console.assert(f() == 1.73)"),
    ),
}
WRONG, BROKEN = Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR
LIAR = "function f () { return { valueOf () { return 4 }, toString () { return '4' }, [Symbol.toPrimitive]: () => 4 } }"
REJECTED: dict[str, tuple[str, str, Verdict, str]] = {
    "another value": (DOUBLE, "const a = 2; assert.equal(f(a), 5)", WRONG, "got 4, expected 5"),
    "the line of a condition": (DOUBLE, "const a = 2\nassert(\n  f(a) > 5)", WRONG, "assertion failed: assert("),
    "the author's message": (DOUBLE, "const a = 2\nassert.equal(f(a), 5, 'five!')", WRONG, "got 4, expected 5: five!"),
    "no error": (
        DOUBLE,
        "assert.throws(() => f(1), RangeError)",
        WRONG,
        "assertion failed: Missing expected exception",
    ),
    "another error": (FAILING, "assert.throws(() => f(), TypeError)", WRONG, "assertion failed: The error is expected"),
    "an uncaught error": (FAILING, "const a = f()", BROKEN, "Refusal: bad"),
    "a promise that nobody awaits": (
        "async function f () { return 5 }",
        "f(2).then(v => assert.equal(v, 4))",
        WRONG,
        "got 5, expected 4",
    ),
    "a late assertion": (DOUBLE, "setTimeout(() => assert.equal(f(1), 3), 5)", WRONG, "got 2, expected 3"),
    "no value": ("function f () {}", "const r = f(); assert.equal(r.length, 2)", BROKEN, "TypeError: Cannot read"),
    "no function": ("function g () {}", "const r = f(1); assert.equal(r, 2)", BROKEN, "ReferenceError: f is not"),
    "the same array": ("const f = () => [1]", "const x = 1; console.assert(f() === [x])", WRONG, "assertion failed: "),
    # cheats: what claims to be equal, what hides a failure, what forges
    "a liar, compared": (LIAR, "const x = 4; assert.equal(f(), x)", WRONG, "got "),
    "a liar, strictly": (LIAR, "const x = 4; assert.strictEqual(f(), x)", WRONG, "got "),
    "a liar, by operator": (
        LIAR,
        "const x = 4; console.assert(f() == x)",
        BROKEN,
        "TypeError: Object object: only plain",
    ),
    "a liar, computed with": (
        LIAR,
        "console.assert(Math.abs(f() - 4) < 1 && true)",
        BROKEN,
        "TypeError: Object object",
    ),
    "a Proxy": (
        "const f = () => new Proxy({}, { get: (t, k) => k === 'x' ? 4 : undefined, ownKeys: () => ['x'] })",
        "const x = 4; assert.deepEqual(f(), { x })",
        WRONG,
        "got ",
    ),
    "a class that calls everything its own": (
        "class Any { static [Symbol.hasInstance] () { return true } }\nconst f = () => 0",
        "const x = [4]; assert.ok(x instanceof Any && f() === 4)",
        WRONG,
        "assertion failed",
    ),
    "another assert": (
        "const a = require('assert')\nfor (const k of Object.keys(a)) a[k] = () => {}\n"
        "require('module')._load = () => new Proxy(() => {}, { get: () => () => {} })\nvar assert = () => {}\n"
        "globalThis.assert = assert\nconst f = () => 0",
        "const x = 4; assert.equal(f(), x)",
        WRONG,
        "got 0, expected 4",
    ),
    "prototypes that answer": (
        "for (const p of [Object.prototype, Array.prototype])\n for (const k of ['then', 'callback', 'ref'])\n"
        "  Object.defineProperty(p, k, { configurable: true, get () { return undefined }, set () {} })\n"
        "const f = () => [0]",
        "const x = [4]; assert.deepEqual(f(), x)",
        WRONG,
        "got [0], expected [4]",
    ),
    "a thenable that never answers": (
        "const f = () => ({ then () {} })",
        "const x = await f(); assert.equal(x, 4)",
        BROKEN,
        "Error: a promise that the test waits for is never settled",
    ),
    "arguments emptied": (
        "const f = (a) => { a.length = 0; return [] }",
        "const a = [1, 2]; assert.deepEqual(f(a), a.concat(a))",
        WRONG,
        "got [], expected [1, 2, 1, 2]",
    ),
    "arguments emptied, by JSON": (
        "const f = (a) => { a.length = 0; return [] }",
        "const a = [2, 1]; console.assert(JSON.stringify(f(a)) === JSON.stringify([...a].sort()))",
        WRONG,
        "assertion failed",
    ),
    "arguments counted": (
        "const f = (a) => { a.length = 0; return 0 }",
        "const a = [2, 1]; assert.equal(await f(a), a.length, 'length')",
        WRONG,
        "got 0, expected 2: length",
    ),
    "an assertion caught": (
        "function f (x, g) { try { g(x) } catch {} return x }",
        "const x = 1; f(x, (y) => assert.equal(y, 2))",
        WRONG,
        "got 1, expected 2",
    ),
    "a forged error": (
        "const f = () => { const e = new Error('x'); e.name = 'AssertionError'; e.code = 'ERR_ASSERTION'; throw e }",
        "assert.throws(() => f(), RangeError)",
        WRONG,
        "assertion failed",
    ),
    "an error that says it cannot be judged": (
        "class Unjudgeable extends Error {}\nconst f = () => { throw new Unjudgeable('infrastructure_error') }",
        "const x = f()",
        BROKEN,
        "Error: infrastructure_error",
    ),
    "an exit": ("const f = () => process.exit(0)", "const x = 1; assert.equal(f(), x)", BROKEN, "the program ended"),
    "an exit while tests wait": (
        "const f = (g) => g()",
        "const x = f(() => { f(() => 1); return 2 }); assert.equal(x, 3)",
        WRONG,
        "got 2, expected 3",
    ),
    "a kill": (
        "process.kill(process.pid, 'SIGKILL')",
        "const x = 1; assert.equal(f(), x)",
        BROKEN,
        "killed by signal 9",
    ),
}
FRAME = """
const fs = require('fs')
const say = (value) => {
  const data = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)); const head = Buffer.alloc(4)
  head.writeUInt32BE(data.length); fs.writeSync(3, Buffer.concat([head, data]))
}
"""
FORGED = (
    '{"value":4}',
    '{"test":0,"failure":null}',
    '{"finished":true}',
    '{"value":NaN}',
    '{"value":1e999}',
    '{"value":{"object":[["valueOf",{"handle":0,"type":"function"}]]}}',
    '{"value":{"handle":-1,"type":"x"}}',
    '{"value":{"typed":["Function",["x"]]}}',
    '{"value":{"typed":["BigInt64Array",[1]]}}',
    '{"value":{"int":"zz"}}',
    '{"value":0,"callback":[99,null,[]]}',
    '{"value":0,"callback":"x"}',
    '{"value":0,"changed":{"7":1,"__proto__":{"object":[["x",1]]}}}',
    '{"value":0,"ref":0.5}',
    '{"value":{"object":[["__proto__",{"object":[["f",1]]}]]}}',
    '{"raised":{"type":"AssertionError","base":"AssertionError","text":""}}',
    '{"raised":{"type":"x","base":"constructor","text":"","value":{"handle":1}}}',
    '{"stop":true}',
    "[]",
    "not JSON",
)
"""Messages that a program sends in place of its answer to a call."""
