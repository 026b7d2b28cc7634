#!/usr/bin/env python3
"""33-docs - every command line of README.md and docs/ does what stands there, as it stands there

  host:  make install ──► tree ──► systemd-nspawn --boot, network of its own
  tree:  systemd, Postfix, fail2ban, rsyslog; the postmaster is "ann", who may sudo and whose PATH is a Debian user's

A block says what it is: sh (commands, one after the other, each has to succeed), console ("$ command" and what it prints:
times, durations and process ids may be others, "..." is anything), ini (a piece of mailward.conf, which "mailward check" has
to approve), text (nothing of these). A block without a word is refused. STAGE is what happens below a heading before its
first command; NOT_HERE are the commands that cannot run in a container, each with the test that runs it, or the reason.
Beside the blocks, every `mailward COMMAND --option` in running text has to exist.

DOCS_WRITE=1 puts what was really printed into the console blocks.

Wants root, systemd-nspawn and debootstrap, which makes the tree where there is none: $DOCS_TREE, build/docs-tree by default,
used again as it is: each run works on a layer above it.
# once: what is installed and booted is the plain program
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import docs_stage
import program
import tap

os.chdir(program.ROOT)
PACKAGES = ("systemd-sysv,dbus,procps,nftables,libpcre2-8-0,libnftnl11,libmnl0,libinih1,zlib1g,liblzma5,libbz2-1.0,libzstd1,"
            "libsystemd0,libsqlite3-0,libseccomp2,libncursesw6,iproute2,sudo,postfix,python3,fail2ban,rsyslog,logrotate")
LANDLOCK = "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self"     # older nspawns forbid it
files = ["README.md", *sorted(glob.glob("docs/*.md"))]


# ---- the documents

class Block:
    def __init__(self, path, line, heading, word, lines):
        self.path, self.line, self.heading, self.word, self.lines = path, line, heading, word, lines


def blocks_of(path):
    found, block, heading = [], None, ""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().splitlines(), 1):
            if fence := re.match(r"\s*```(.*)$", line):
                block = None if block else Block(path, number, heading, fence[1].strip(), [])
                if block:
                    found.append(block)
            elif block:
                block.lines.append(line)
            elif line.startswith("#"):
                heading = line.lstrip("# ")
    return found


def commands_of(block):
    """(command, what it prints or None) of a block; a command goes on over a backslash, or a document in place (<<END)."""
    found, lines = [], iter(block.lines)
    for line in lines:
        if block.word == "console" and not line.startswith("$ "):
            if found:
                found[-1][1].append(line)
            continue
        line = line[2:] if block.word == "console" else line
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        while line.endswith("\\"):
            line += "\n" + next(lines)
        if here := re.search(r"<<-?'?(\w+)'?", line):
            while line.split("\n")[-1] != here[1]:
                line += "\n" + next(lines)
        found.append((line, [] if block.word == "console" else None))
    return found


def alike(line):
    """A line without what differs from run to run."""
    line = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?", "<time>", line)
    line = re.sub(r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\b", "<time>", line)
    line = re.sub(r"(?<![\w.])(\d+[dhms])+\b", "<span>", line)
    line = re.sub(r"\[\d+\]", "[pid]", line)
    line = re.sub(r"\b\d+\.\d+ lines a second", "<rate>", line)
    line = re.sub(r"mailward \d+\.\d+\.\d+", "mailward <version>", line)
    return re.sub(r"\s+", " ", line).strip()


def prints(wanted, got):
    """Does the output fit, empty lines left out? "..." is anything in a line, and any number of lines where it stands alone."""
    pattern = ""
    for line in filter(str.strip, wanted):
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(map(re.escape, alike(line).split("..."))) + r"\n"
    text = "".join(alike(line) + "\n" for line in got.splitlines() if line.strip())
    return re.fullmatch(pattern, text) is not None


everything = [block for path in files for block in blocks_of(path)]
strange = [f"{block.path}:{block.line}: a block without a word" for block in everything
           if block.word not in ("sh", "console", "ini", "text")]
tap.ok(not strange, "each block says what it is", *strange)

# ---- what is said in running text

helped = {}
listed = re.findall(r"^  ([a-z]+) ", program.run("help").stdout.decode(), re.M)
unknown = []
for path in files:
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"```.*?```", "", file.read(), flags=re.S)
    for said in re.findall(r"`(?:sudo )?(mailward [^`]*)`", text):
        words = said.split()
        if words[1].startswith("-") or not re.fullmatch(r"[a-z]+", words[1]):
            continue
        if words[1] == "help":
            continue
        helped.setdefault(words[1], program.run(words[1], "--help").stdout.decode())
        options = [word.split("=")[0] for word in words[2:] if word.startswith("--")]
        if words[1] not in listed or any(not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", helped[words[1]]) for option in options):
            unknown.append(f"{path}: {said}")
tap.ok(not unknown, "every `mailward COMMAND --option` in running text exists", *unknown)

# ---- links

broken = []
for path in files:
    with open(path, encoding="utf-8") as file:
        for link in re.findall(r"\]\(([^)#: ]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", file.read(), flags=re.S)):
            if not os.path.exists(os.path.join(os.path.dirname(path), link)) and link not in docs_stage.TO_COME:
                broken.append(f"{path}: {link}")
tap.ok(not broken, "every link leads somewhere", *broken)
with open("docs/README.md", encoding="utf-8") as file:
    index = file.read()
lost = [path for path in files if path.startswith("docs/") and path != "docs/README.md" and f"({os.path.basename(path)})" not in index]
tap.ok(not lost, "docs/README.md names every page", *lost)

# ---- the steps

steps, judged, said_not = [], [], set()


def step(run, root=False):
    steps.append({"id": len(steps), "run": run, "root": root})
    return len(steps) - 1


for path in files:
    stage = docs_stage.STAGE.get(path, {})
    step("reset", root=True)
    done = set()
    for block in everything:
        if block.path != path or block.word not in ("sh", "console", "ini"):
            continue
        if block.heading not in done:
            done.add(block.heading)
            if block.heading in stage:
                judged.append((block, f"the stage of {block.heading!r}", None, step(stage[block.heading], root=True)))
        if block.word == "ini":
            config = "\n".join(block.lines)
            if re.match(r"\s*([;#].*\n)*\[", config):
                judged.append((block, "mailward check approves", None, step(f"approve <<'END_OF_CONFIG'\n{config}\nEND_OF_CONFIG", root=True)))
            continue
        for command, wanted in commands_of(block):
            key = re.sub(r"\s+# .*$", "", command.split("\n")[0])
            if key in docs_stage.NOT_HERE:
                said_not.add(key)
                why, instead = docs_stage.NOT_HERE[key]
                print(f"# not run here: {path}:{block.line}: {key}: {why}")
                if instead:
                    judged.append((block, f"instead of {key}", None, step(instead, root=True)))
                continue
            judged.append((block, command, wanted, step(command)))
stale = sorted(set(docs_stage.NOT_HERE) - said_not)
tap.ok(not stale, "what is not run here stands in a document", *stale)
gone = [f"{path}: {heading}" for path, stage in docs_stage.STAGE.items() for heading in stage
        if heading not in {block.heading for block in everything if block.path == path}]
tap.ok(not gone, "what is staged, too", *gone)

# ---- the system

text = f"{len(judged)} commands"
if os.geteuid() != 0 or not shutil.which("systemd-nspawn"):
    tap.skip(text, "only root can boot a container, by systemd-nspawn (package systemd-container)")
    tap.done()
tree = os.environ.get("DOCS_TREE", f"{program.ROOT}/build/docs-tree")
suite = subprocess.run(". /etc/os-release && [ \"$ID\" = debian ] && echo \"$VERSION_CODENAME\"", shell=True, capture_output=True, text=True,
                       check=False).stdout.strip()
made_of = f"{suite} {PACKAGES}"
if not os.path.exists(f"{tree}/made-of") or open(f"{tree}/made-of", encoding="utf-8").read().strip() != made_of:
    if not suite or not shutil.which("debootstrap"):
        tap.skip(text, "no Debian, or no debootstrap, to make a system of")
        tap.done()
    print(f"# {tree} is made; this takes some minutes, once", flush=True)
    mirror = subprocess.run(". tests/lib/debian.sh; mirror", shell=True, capture_output=True, text=True, check=False).stdout.strip()
    shutil.rmtree(f"{tree}.new", ignore_errors=True)
    made = subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, f"{tree}.new", *mirror.split()],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        tap.skip(text, "debootstrap: " + (made.stdout.strip().splitlines() or ["?"])[-1])
        tap.done()
    with open(f"{tree}.new/made-of", "w", encoding="utf-8") as file:
        file.write(made_of + "\n")
    shutil.rmtree(tree, ignore_errors=True)
    os.rename(f"{tree}.new", tree)

work = tempfile.mkdtemp(prefix="mailward-docs.")
try:
    with open(f"{work}/steps.json", "w", encoding="utf-8") as file:
        json.dump(steps, file)
    with open(f"{work}/stage.sh", "w", encoding="utf-8") as file:
        file.write(docs_stage.SHELL)
    console = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-ec", """
        mount -t tmpfs docs "$1/layer" && mkdir "$1/layer/up" "$1/layer/work" "$1/layer/root"
        mount -t overlay docs -o "lowerdir=$2,upperdir=$1/layer/up,workdir=$1/layer/work" "$1/layer/root"
        to=$1/layer/root
        make -s install DESTDIR="$to" MAKEFLAGS= SANITIZE= >/dev/null
        systemd-sysusers --root="$to" "$to/usr/lib/sysusers.d/mailward.conf" >/dev/null
        mkdir -p "$to/root/docs" "$to/etc/systemd/system/multi-user.target.wants"
        cp "$1/steps.json" "$1/stage.sh" "$to/root/docs"
        install -m 755 tests/lib/docs_inside.py "$to/root/docs/inside"
        printf '[Service]\\nExecStart=/root/docs/inside\\n[Install]\\nWantedBy=multi-user.target\\n' >"$to/etc/systemd/system/inside.service"
        ln -sf ../inside.service "$to/etc/systemd/system/multi-user.target.wants/inside.service"
        chroot "$to" useradd --create-home --shell /bin/bash ann
        echo 'ann ALL=(ALL) NOPASSWD: ALL' >"$to/etc/sudoers.d/ann"
        echo mx >"$to/etc/hostname"
        echo '127.0.0.1 localhost mx' >"$to/etc/hosts"
        timeout -k 20 400 systemd-nspawn "$3" -q -D "$to" --hostname=mx --boot --private-network --register=no --keep-unit </dev/null || :
        cp "$to/root/docs/said.json" "$1/said.json"
        """, "sh", work, tree, LANDLOCK], capture_output=True, text=True, errors="replace", check=False) if not os.mkdir(f"{work}/layer") else None
    if not os.path.exists(f"{work}/said.json"):
        tap.skip(text, "systemd-nspawn does not boot here: " + ((console.stdout + console.stderr).strip().splitlines() or ["?"])[-1])
        tap.done()
    with open(f"{work}/said.json", encoding="utf-8") as file:
        said = {one["id"]: one for one in map(json.loads, file)}
finally:
    shutil.rmtree(work, ignore_errors=True)

for block, command, wanted, number in judged:
    got = said.get(number, {"status": "never ended", "out": ""})
    name = f"{block.path}:{block.line}: {command.splitlines()[0]}"
    shown = [f"status {got['status']}", *got["out"].splitlines()[:40]]
    if wanted is None:
        tap.ok(got["status"] == 0, name, *shown)
    else:
        tap.ok(isinstance(got["status"], int) and prints(wanted, got["out"]), name, *shown)
if os.environ.get("DOCS_WRITE"):
    for path in files:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        for block in reversed([block for block in everything if block.path == path and block.word == "console"]):
            new = []
            for one, command, wanted, number in judged:
                if one is block and wanted is not None:
                    out = said.get(number, {"out": ""})["out"].rstrip("\n").split("\n") if not prints(wanted, said[number]["out"]) else wanted
                    new += ["$ " + command, *filter(None, out)]
            if new:
                lines[block.line:block.line + len(block.lines)] = new
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
tap.done()
