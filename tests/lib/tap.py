"""tap - the Python tests' Test Anything Protocol, as tests/unit/tap.h is the C tests'"""
import sys

count = failed = 0


def ok(passed, text, *why):
    """One test; why: lines shown when it fails."""
    global count, failed
    count += 1
    print(f"{'' if passed else 'not '}ok {count} - {text}")
    if not passed:
        failed += 1
        for line in why:
            print(f"# {line}")
    sys.stdout.flush()
    return passed


def same(got, wanted, text):
    """Two sets, or two values, are the same; shows what is missing and what is too much."""
    if isinstance(wanted, (set, frozenset)):
        return ok(got == wanted, text, f"missing: {sorted(wanted - got)[:10]}", f"too much: {sorted(got - wanted)[:10]}")
    return ok(got == wanted, text, f"got {got!r}", f"wanted {wanted!r}")


def done():
    print(f"1..{count}")
    sys.exit(1 if failed else 0)
