"""tap - what the Python tests share: the Test Anything Protocol and waiting, as tests/lib/tap.sh is the shell tests'"""
import os
import signal
import subprocess
import sys
import time

PATIENCE_S = 60     # how long anything may take before it counts as never; passing tests do not wait
count = failed = 0
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))       # a test that is told to end cleans up


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


def skip(text, why):
    """One test that cannot be done here."""
    global count
    count += 1
    print(f"ok {count} - {text} # SKIP {why}", flush=True)


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def wait_until(condition):
    """Try again and again, for PATIENCE_S at most; true: it holds."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def own_network():
    """Run the calling script again in a network namespace of its own, or skip it."""
    script = os.path.abspath(sys.argv[0])
    if os.environ.get("OWN_NETWORK") == script:
        subprocess.check_call(["ip", "link", "set", "lo", "up"])
        return
    if os.geteuid() != 0 or subprocess.call(["unshare", "-n", "true"], stderr=subprocess.DEVNULL) != 0:
        skip_all("needs root and network namespaces")
    os.environ["OWN_NETWORK"] = script
    os.execvp("unshare", ["unshare", "-n", sys.executable, script])


def done():
    print(f"1..{count}")
    sys.exit(1 if failed else 0)
