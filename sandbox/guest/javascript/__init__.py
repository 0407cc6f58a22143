"""What Node.js executes in a box: `program.js` runs one program, `tests.js` runs tests beside it, in a judge box.

`messages` is the way to the host, `values` turns values into trees and back. On the program's side `loading` compiles
it, as CommonJS or as an ES module, and `objects` answers what the tests ask; on the tests' side `remote` is what they
see of the program, `asserts` what they say of it, and `settling` what is compared. Built-in modules of Node.js only.
"""
