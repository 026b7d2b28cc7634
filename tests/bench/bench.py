"""bench - what the benchmarks share: rows and how they are judged, processor time of commands, daemons and namespaces"""
import atexit
import contextlib
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))
MAILWARD = os.environ.get("MAILWARD", os.path.join(ROOT, "build", "mailward"))
TOOLS = os.path.join(ROOT, "build", "bench")
WORK = os.environ.get("BENCH_DIR", os.path.join(ROOT, "build", "bench"))
QUICK = bool(os.environ.get("QUICK"))
PATIENCE_S, LONG_S = 60, 900


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def path(name):
    os.makedirs(WORK, exist_ok=True)
    return os.path.join(WORK, name)


# -- figures: a list of runs, of which the median counts and the others show the noise

class Figure:
    def __init__(self, runs, unit):
        self.runs, self.unit = sorted(runs), unit
        self.median = statistics.median(runs)
        self.noise = (self.runs[-1] - self.runs[0]) / self.median if self.median else 0

    def __str__(self):
        value = self.median
        if self.unit == "M/s":
            return f"{value / 1e6:.2f} M/s" if value < 1e7 else f"{value / 1e6:.1f} M/s"
        if self.unit == "k/s":
            return f"{value / 1e3:.0f} k/s"
        digits = 0 if value == int(value) or value >= 1000 else 1 if value >= 10 else 2 if value >= 0.1 else 3
        return f"{value:.{digits}f} {self.unit}"


def row(target, what, figure, limit=None, reference=None, referred=None, ratio=None):
    """One line of the table. limit: ("<=" or ">=", number), of the ratio where one is given, else of the figure."""
    value = ratio if ratio is not None else figure.median
    met = None if limit is None else value <= limit[1] if limit[0] == "<=" else value >= limit[1]
    result = {"target": target, "what": what, "value": figure.median, "unit": figure.unit, "runs": figure.runs,
              "noise": round(figure.noise, 3), "text": str(figure), "reference": reference, "ratio": ratio,
              "limit": list(limit) if limit else None, "met": met}
    if referred is not None:
        result["reference_value"], result["reference_runs"], result["reference_text"] = referred.median, referred.runs, str(referred)
    return result


def skipped(target, what, why):
    print(f"\n*** SKIPPED: {what}: {why} ***\n", file=sys.stderr, flush=True)
    return {"target": target, "what": what, "skipped": why}


def load(name):
    with open(path(name), encoding="ascii") as f:
        return json.load(f)


def save(name, rows):
    with open(path(name), "w", encoding="ascii") as f:
        json.dump(rows, f, indent=1)
        f.write("\n")


# -- commands

def cpu_s(command, stdin=None):
    """Processor time of a command, its own and the kernel's for it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(stdin or "/dev/null", "rb") as source, open(path("output"), "wb") as out:  # for /dev/null, grep does not read on
        status = subprocess.run(command, stdin=source, stdout=out, stderr=subprocess.DEVNULL, check=False).returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status not in (0, 1):
        raise RuntimeError(f"{command[0]} ended with {status}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def wall_s(command):
    """Time by the clock of a command, whose output is thrown away."""
    begin = time.monotonic()
    with open(path("output"), "wb") as out:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, check=True)
    return time.monotonic() - begin


def in_turn(runs, **commands):
    """Run the commands in turn, so that what disturbs the machine disturbs all; Figures of seconds by name."""
    times = {name: [] for name in commands}
    for _ in range(runs):
        for name, run in commands.items():
            times[name].append(run())
    return {name: Figure(values, "s") for name, values in times.items()}


def wait_until(condition, what, patience_s=PATIENCE_S, step_s=0.001):
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {patience_s} s in vain: {what}")
        time.sleep(step_s)


# -- a daemon under test

class Daemon:
    """mailward run, with a log, a state folder and a control socket of its own under the work folder."""

    def __init__(self, name, settings="", fresh=True, dry=False, program=None, judge="window", sources=1):
        self.folder, self.program = path(name), program or MAILWARD
        if fresh:
            subprocess.run(["rm", "-rf", self.folder], check=True)
        os.makedirs(self.folder, exist_ok=True)
        self.log, self.conf = os.path.join(self.folder, "mail.log"), os.path.join(self.folder, "conf")
        self.errors = os.path.join(self.folder, "stderr")
        if "[policy]\n" not in settings:
            settings += "[policy]\n"
        # the same name over and over is nobody's sixth error to the other judge
        settings = settings.replace("[policy]\n", f"[policy]\njudge = {judge}\n")
        self.logs = [self.log, *(os.path.join(self.folder, f"mail{i}.log") for i in range(1, sources))]
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(f"[mailward]\npatterns = {ROOT}/patterns\nstate_dir = {self.folder}/state\nsocket = {self.folder}/control\n"
                    f"{settings}\n" + "".join(f"[source log{i}]\nfile = {log}\n" for i, log in enumerate(self.logs)))
        for log in self.logs:
            open(log, "a", encoding="ascii").close()
        self.dry, self.process = dry, None

    def start(self, patience_s=PATIENCE_S):
        """Returns the seconds until it said READY."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(f"\0mailward-bench-{os.getpid()}")
            notify.settimeout(patience_s)
            begin = time.monotonic()
            with open(self.errors, "ab") as errors:
                self.process = self._started([self.program, "run", "-c", self.conf] + (["--dry-run"] if self.dry else []),
                                                env={**os.environ, "NOTIFY_SOCKET": f"@mailward-bench-{os.getpid()}"},
                                                stdout=subprocess.DEVNULL, stderr=errors)
            threading.Thread(target=self._tell_end, args=(f"\0mailward-bench-{os.getpid()}",), daemon=True).start()
            while b"READY=1" not in (said := notify.recv(4096)):
                if said == b"ended":
                    raise RuntimeError(f"the daemon ended: see {self.errors}")
            return time.monotonic() - begin

    def _tell_end(self, to):
        """Who waits for READY hears of its end, too."""
        self.process.wait()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, contextlib.suppress(OSError):
            notify.sendto(b"ended", to)

    @staticmethod
    def _started(*args, **kwargs):
        process = subprocess.Popen(*args, **kwargs)
        atexit.register(lambda: process.poll() is None and process.kill())  # of a benchmark that failed
        return process

    def stop(self):
        self.process.terminate()
        self.process.wait(LONG_S)   # what it remembers is written until then
        with open(self.errors, encoding="utf-8") as f:
            if "cannot write the state" in f.read():    # it would have measured a daemon that remembers nothing
                raise RuntimeError(f"the daemon could not write its state: see {self.errors}")

    def processes(self):
        """The engine, and the warden."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as f:
            return [self.process.pid] + [int(pid) for pid in f.read().split()]

    def status(self):
        out = subprocess.run([MAILWARD, "status", "-c", self.conf, "--json"], capture_output=True, check=True).stdout
        result = {}
        for line in out.decode("ascii").splitlines():
            for key, value in json.loads(line).items():
                result.setdefault(key, value)
        return result

    def status_lines(self):
        return subprocess.run([MAILWARD, "status", "-c", self.conf, "--json"], capture_output=True, check=True).stdout.decode("ascii")


def kernel_kib():
    """What the kernel has taken for itself in this machine: slabs that cannot be given back, and tables of pages."""
    with open("/proc/meminfo", encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f if line.startswith(("SUnreclaim:", "VmallocUsed:")))


def memory_kib(pids, field):
    """VmRSS, VmHWM (of /proc/PID/status) or Pss (smaps_rollup), added up."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/{'smaps_rollup' if field == 'Pss' else 'status'}", encoding="ascii") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith(field + ":"))
    return total


def run_s(pids):
    """Processor time so far of all threads, in seconds."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
                total += int(f.read().split()[0])
    return total / 1e9


def switches(pids):
    """How often the threads have gone to sleep so far: each is a wake-up since."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("voluntary_ctxt_switches"))
    return total
