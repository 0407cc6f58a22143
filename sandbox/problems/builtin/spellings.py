"""Other texts of a line of the family that mean the same, for models that write a right program in several ways.

With two spellings of each of its three lines a program has 8 texts, with three 27. Tests accept them all.
"""

SPELLINGS: dict[str, tuple[str, str]] = {
    "xs = [x for x in xs if x % 2 == 0]": (
        "xs = [x for x in xs if not x % 2]",
        "xs = [y for y in xs if y % 2 == 0]",
    ),
    "xs = [x for x in xs if x % 2 == 1]": (
        "xs = [x for x in xs if x % 2]",
        "xs = [y for y in xs if y % 2 == 1]",
    ),
    "xs = [x for x in xs if x > {k}]": (
        "xs = [x for x in xs if {k} < x]",
        "xs = [y for y in xs if y > {k}]",
    ),
    "xs = [x for x in xs if x < {k}]": (
        "xs = [x for x in xs if {k} > x]",
        "xs = [y for y in xs if y < {k}]",
    ),
    "xs = xs[{k}:]": ("xs = xs[{k}::]", "xs = xs[{k}:len(xs)]"),
    "xs = xs[:-{k}]": ("xs = xs[0:-{k}]", "xs = xs[:-{k}:]"),
    "xs = xs[:{k}]": ("xs = xs[0:{k}]", "xs = xs[:{k}:]"),
    "xs = xs[-{k}:]": ("xs = xs[-{k}::]", "xs = xs[-{k}:len(xs)]"),
    "xs = xs[::2]": ("xs = xs[0::2]", "xs = xs[:len(xs):2]"),
    "xs = xs[1::2]": ("xs = xs[1:len(xs):2]", "xs = xs[1:][::2]"),
    "xs = xs": ("xs = xs[:]", "xs = list(xs)"),
    "xs = [x + {k} for x in xs]": ("xs = [{k} + x for x in xs]", "xs = [y + {k} for y in xs]"),
    "xs = [x - {k} for x in xs]": ("xs = [-{k} + x for x in xs]", "xs = [y - {k} for y in xs]"),
    "xs = [x * {k} for x in xs]": ("xs = [{k} * x for x in xs]", "xs = [y * {k} for y in xs]"),
    "xs = [x // {k} for x in xs]": ("xs = [divmod(x, {k})[0] for x in xs]", "xs = [y // {k} for y in xs]"),
    "xs = [x % {k} for x in xs]": ("xs = [divmod(x, {k})[1] for x in xs]", "xs = [y % {k} for y in xs]"),
    "xs = [{k} - x for x in xs]": ("xs = [-x + {k} for x in xs]", "xs = [{k} - y for y in xs]"),
    "xs = [x * x for x in xs]": ("xs = [x ** 2 for x in xs]", "xs = [y * y for y in xs]"),
    "xs = [x for x in xs]": ("xs = [*xs]", "xs = [y for y in xs]"),
    "return sum(xs)": ("return sum(xs, 0)", "return sum(x for x in xs)"),
    "return max(xs)": ("return max(list(xs))", "return max(x for x in xs)"),
    "return min(xs)": ("return min(list(xs))", "return min(x for x in xs)"),
    "return sorted(xs)": ("return sorted(list(xs))", "return sorted(xs, reverse=False)"),
    "return sorted(xs, reverse=True)": ("return sorted(xs)[::-1]", "return list(reversed(sorted(xs)))"),
    "return xs[::-1]": ("return list(reversed(xs))", "return [x for x in xs[::-1]]"),
    "return xs": ("return xs[:]", "return list(xs)"),
    "return xs + xs": ("return xs * 2", "return 2 * xs"),
    "return xs[0]": ("return xs[:][0]", "return list(xs)[0]"),
    "return xs[-1]": ("return xs[len(xs) - 1]", "return list(xs)[-1]"),
}
"""By the line as the family's references have it, `{k}` in place of the parameter."""
MOST = 1 + min(map(len, SPELLINGS.values()))
"""Spellings of a line, its own included."""
