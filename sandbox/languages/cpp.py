"""C++ under the distribution's g++: programs of standard input and output. Compiled once, run once per input.

Function problems are not offered: a test's `main` and the program would be one process, in which the program can end
the tests, redefine what they call, and read what they expect.
"""

from sandbox.languages.language import Language
from sandbox.problem import Limits

_COMPILER = ("cc1plus", "collect2", "crtbegin*.o", "crtend*.o", "libgcc.a", "libgcc_s.so", "libstdc++.so", "include")
_STARTING = ("Scrt1.o", "crt1.o", "crti.o", "crtn.o", "libc.so", "libc_nonshared.a", "libm.so", "libpthread.a")
_RUNNING = ("libstdc++.so.6", "libgcc_s.so.1", "libm.so.6", "libmvec.so.1", "libc.so.6")
FILES = (
    *("/usr/bin/g++", "/usr/bin/as", "/usr/bin/ld"),
    *(f"/usr/lib/gcc/*-linux-gnu/*/{name}" for name in _COMPILER),
    *(f"/usr/libexec/gcc/*-linux-gnu/*/{name}" for name in ("cc1plus", "collect2")),  # from GCC 13 on
    *(f"/usr/lib/*-linux-gnu/{name}" for name in (*_STARTING, *_RUNNING)),
    *("/usr/include/c++", "/usr/include/linux", "/usr/include/asm-generic", "/usr/include/*.h"),
    *(f"/usr/include/*-linux-gnu/{name}" for name in ("asm", "bits", "c++", "gnu", "sys", "*.h")),
)

LANGUAGE = Language(
    name="cpp",
    title="C++",
    fences=("cpp", "c++", "cc", "cxx"),
    suffix=".cpp",
    packages=("g++", "libc6-dev"),
    files=FILES,
    compile=(
        *("/usr/bin/g++", "-std=gnu++17", "-O2", "-pipe", "-s", "-w", "-fmax-errors=3", "-fno-diagnostics-show-caret"),
        *("-fno-use-linker-plugin", "-o", "/tmp/main", "{program}"),
    ),
    compile_limits=Limits(cpu_limit_s=20, wall_limit_s=80, memory_mib=512),
    run=("{program}",),
    stack_mib=64,
)
