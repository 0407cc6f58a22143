"""Programs in C++ for sums of standard input: cheats and hostile ones, honest ones in several styles."""

from dataclasses import replace

from sandbox.languages.cpp import LANGUAGE
from sandbox.problem import Limits
from sandbox.verdict import Verdict

QUICK = replace(LANGUAGE, compile_limits=Limits(cpu_limit_s=5, wall_limit_s=20, memory_mib=512))
"""C++ with less time for its compiler."""

IO = "#include <iostream>\n"
SUM = "int main () { long long s = 0, x; while (std::cin >> x) s += x; std::cout << s << std::endl; }"
RIGHT = IO + SUM
COMPILE, WRONG, BROKEN = {Verdict.COMPILE_ERROR}, {Verdict.WRONG_ANSWER}, {Verdict.RUNTIME_ERROR}
FAILS = {Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR}
HOSTILE: dict[str, tuple[set[Verdict], str]] = {
    "exit before main": (
        WRONG,
        f"{IO}#include <unistd.h>\nstruct A {{ A () {{ _exit(0); }} }} a;\n{SUM}",
    ),
    "exit with success": (WRONG, "#include <cstdlib>\nint main () { std::exit(0); }"),
    "exit status": (BROKEN, RIGHT.replace("std::endl;", "std::endl; return 3;")),
    "read what is around": (
        WRONG,
        IO + "#include <filesystem>\n#include <fstream>\nint main () { "
        'for (auto& e : std::filesystem::directory_iterator("/proc/self/fd"))'
        " { if (!std::filesystem::is_regular_file(e.path())) continue; std::ifstream f (e.path()); std::string s;"
        ' while (f >> s) if (s == "15") std::cout << 15; } }',
    ),
    "read another process": (
        FAILS,
        IO + '#include <fstream>\nint main () { std::ifstream f ("/proc/1/environ"); std::string s; f >> s; '
        "std::cout << s; }",
    ),
    "fork bomb": (
        {*FAILS, Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT},
        "#include <unistd.h>\nint main () { for (;;) fork(); }",
    ),
    "kill everybody": (FAILS, "#include <signal.h>\nint main () { kill(-1, SIGKILL); kill(1, SIGKILL); }"),
    "endless": ({Verdict.TIME_LIMIT}, "int main () { for (volatile int x = 0;;) x = x + 1; }"),
    "sleep": ({Verdict.TIME_LIMIT}, "#include <unistd.h>\nint main () { for (;;) pause(); }"),
    "memory": (
        {Verdict.MEMORY_LIMIT, Verdict.RUNTIME_ERROR},
        "#include <vector>\nint main () { std::vector<char*> v; for (;;) { auto p = new char[1 << 20]; "
        "for (int i = 0; i < 1 << 20; i += 4096) p[i] = 1; v.push_back(p); } }",
    ),
    "recursion": (
        BROKEN,
        "volatile int n; int f (int x) { volatile char b[1000]; b[0] = x; return n ? 0 : f(x + 1) + b[0]; "
        "}\nint main () { return f(0); }",
    ),
    "output": (
        {Verdict.OUTPUT_LIMIT},
        '#include <cstdio>\nint main () { for (;;) std::puts("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"); }',
    ),
    "messages": (
        {*FAILS, Verdict.OUTPUT_LIMIT},
        "#include <unistd.h>\nint main () { char b[4096] = {}; for (;;) if (write(3, b, sizeof b) < 0) return 0; }",
    ),
    "a shell": (FAILS, '#include <cstdlib>\nint main () { return std::system("echo 3"); }'),
    "the compiler": (
        FAILS,
        '#include <unistd.h>\nint main () { execl("/usr/bin/g++", "g++", "--version", nullptr); return 1; }',
    ),
    "a null pointer": (BROKEN, "int main () { volatile int* p = nullptr; return *p; }"),
    "an uncaught exception": (BROKEN, '#include <stdexcept>\nint main () { throw std::runtime_error("x"); }'),
}
BOMBS: dict[str, tuple[set[Verdict], str]] = {
    "a file of the box": (COMPILE, '#include "/etc/passwd"\n' + RIGHT),
    "an endless file": (COMPILE, f"#include </dev/zero>\n{RIGHT}"),
    "a random file": (COMPILE, f"#include </dev/urandom>\n{RIGHT}"),
    "itself": (COMPILE, f"#include __FILE__\n{RIGHT}"),
    "deep templates": (
        COMPILE,
        "template <int N> struct A { static const int n = A<N + 1>::n; };\nint main () { return A<0>::n; }",
    ),
    "wide templates": (
        COMPILE,
        "template <int N, int M> struct A { static const int n = A<N - 1, 2 * M>::n + A<N - 1, 2 * M + 1>::n; };\n"
        "template <int M> struct A<0, M> { static const int n = 1; };\nint main () { return A<26, 0>::n; }",
    ),
    "a huge executable": (COMPILE, "int a[1 << 28] = {1};\nint main () { return a[1]; }"),
    "macros": (
        COMPILE,
        "#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(A(x))))\n#define C(x) B(B(x))\nint main () { C(C(;)) }",
    ),
    "a flood of errors": (COMPILE, "int main () { " + "x; " * 20000 + "}"),
    "a machine's file": (COMPILE, 'asm (".incbin \\"/dev/zero\\"");\n' + RIGHT),
    "no main": (COMPILE, "int f () { return 1; }"),
}
"""For the compiler."""
STYLES: dict[str, str] = {
    "streams": RIGHT,
    "everything": "#include <bits/stdc++.h>\nusing namespace std;\nint main () { ios::sync_with_stdio(false); "
    "cin.tie(nullptr);\n"
    "  vector<long long> v; long long x; while (cin >> x) v.push_back(x);\n"
    "  cout << accumulate(v.begin(), v.end(), 0LL) << '\\n'; }",
    "scanf": '#include <cstdio>\nint main () { long long s = 0, x; while (std::scanf("%lld", &x) == 1) s += x; '
    'std::printf("%lld", s); }',
    "lines": IO + "#include <sstream>\nint main () { std::string l; long long s = 0, x;\n"
    "  while (std::getline(std::cin, l)) { std::istringstream i (l); while (i >> x) s += x; } std::cout << s; }",
    "deep recursion": IO + "long long f (int n) { volatile long long k = n; return n ? f(n - 1) + (k - k) : 0; }\n"
    "int main () { long long s = f(500000), x; while (std::cin >> x) s += x; std::cout << s; }",
    "a thread": IO + "#include <thread>\nint main () { long long s = 0; std::thread t ([&] { long long x; "
    "while (std::cin >> x) s += x; });\n"
    "  t.join(); std::cout << s; }",
    "memory": IO + "#include <vector>\nint main () { std::vector<int> v (20000000, 1); long long s = v[7] - 1, x; "
    "while (std::cin >> x) s += x; std::cout << s; }",
    "an exit in the middle": IO
    + "#include <cstdlib>\nint main () { long long s = 0, x; while (std::cin >> x) s += x; std::cout << s; "
    "std::exit(0); }",
    "a static object's end": IO + "long long s;\nstruct A { ~A () { std::cout << s; } } a;\nint main () { long long x; "
    "while (std::cin >> x) s += x; }",
    "C++17": IO + "#include <map>\n#include <optional>\nint main () { std::map<int, long long> m; long long x; "
    "while (std::cin >> x) m[0] += x;\n"
    "  for (auto& [k, v] : m) std::cout << std::optional<long long>(v).value(); }",
    "a warning": IO
    + "#warning careful\nint main () { int unused; long long s = 0, x; while (std::cin >> x) s += x; std::cout << s; }",
}
