#!/usr/bin/env python3
"""33-docs - every command line of README.md and docs/ does what stands there, as it stands there

  host:  make install ──► tree ──► systemd-nspawn --boot, network of its own
  tree:  systemd, Postfix, fail2ban, rsyslog; the postmaster is "ann", who may sudo and whose PATH is a Debian user's

A block says what it is: sh (commands, one after the other, each has to succeed), console ("$ command" and what it
prints: times, durations and process ids may be others, "..." is anything), ini (a piece of mailward.conf, which
"mailward check" has to approve), text (nothing of these). A block without a word is refused. In docs_stage.py, STAGE is
what happens below a heading before its first command; NOT_HERE are the commands that cannot run in a container, each
with the test that runs it, or the reason; ELSEWHERE are pages with a test of their own.

Beside the blocks, every `mailward COMMAND --option` in running text has to exist, and every link has to lead somewhere.

DOCS_WRITE=1 puts what was really printed into the console blocks that differ, long lines and outputs shortened.

Wants root, systemd-nspawn and debootstrap, which makes the tree where there is none: $DOCS_TREE, by default
build/docs-tree, used again as it is, for each run works on a layer above it.
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
import docs
import docs_stage
import docs_tree
import program
import tap

os.chdir(program.ROOT)
files = ["README.md", *sorted(glob.glob("docs/*.md"))]
blocks = [block for path in files if path not in docs_stage.ELSEWHERE for block in docs.blocks_of(path)]

# $1: a folder of ours, $2: the tree. Older nspawns forbid Landlock.
BOOT = r"""
mount -t tmpfs docs "$1/layer" && mkdir "$1/layer/up" "$1/layer/work" "$1/layer/root"
mount -t overlay docs -o "lowerdir=$2,upperdir=$1/layer/up,workdir=$1/layer/work" "$1/layer/root"
to=$1/layer/root
: >"$1/mounted"
make -s install DESTDIR="$to" MAKEFLAGS= SANITIZE= >/dev/null
systemd-sysusers --root="$to" "$to/usr/lib/sysusers.d/mailward.conf" >/dev/null
mkdir -p "$to/root/docs" "$to/etc/systemd/system/multi-user.target.wants"
cp "$1/steps.json" "$1/stage.sh" "$to/root/docs"
install -m 755 tests/lib/docs_inside.py "$to/root/docs/inside"
printf '[Service]\nExecStart=/root/docs/inside\n' >"$to/etc/systemd/system/inside.service"
ln -sf ../inside.service "$to/etc/systemd/system/multi-user.target.wants/inside.service"
chroot "$to" useradd --create-home --shell /bin/bash ann
echo 'ann ALL=(ALL) NOPASSWD: ALL' >"$to/etc/sudoers.d/ann"
echo mx >"$to/etc/hostname"
echo '127.0.0.1 localhost mx' >"$to/etc/hosts"
: >"$1/installed"
timeout -k 20 400 systemd-nspawn -q -D "$to" --hostname=mx --boot --private-network --register=no --keep-unit \
	--system-call-filter='landlock_create_ruleset landlock_add_rule landlock_restrict_self' </dev/null || :
cp "$to/root/docs/said.json" "$1/said.json"
"""


def shell(text, *args):
    return subprocess.run(["sh", "-c", text, "sh", *args], capture_output=True, text=True, errors="replace",
                          check=False)


def last_line(text):
    return (text.strip().splitlines() or ["?"])[-1]


# ---- what can be seen without running anything

def unknown_words():
    """`mailward COMMAND --option` in running text that there is not."""
    helps, unknown = {}, []
    listed = re.findall(r"^  ([a-z]+) ", program.run("help").stdout.decode(), re.M)
    for path in files:
        for said in re.findall(r"`(?:sudo )?(mailward [a-z]+\b[^`]*)`", docs.running_text(path)):
            word, *rest = said.split()[1:]
            if word not in helps:
                helps[word] = program.run(word, "--help").stdout.decode()
            options = {option.split("=")[0] for option in rest if option.startswith("--")}
            gone = [option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", helps[word])]
            if word != "help" and (word not in listed or gone):
                unknown.append(f"{path}: {said}")
    return unknown


def broken_links():
    return [f"{path}: {link}" for path in files
            for link in re.findall(r"\]\(([^)#: ]+)(?:#[^)]*)?\)", docs.running_text(path))
            if not os.path.exists(os.path.join(os.path.dirname(path), link)) and link not in docs_stage.TO_COME]


strange = [f"{block.path}:{block.line}: {block.word!r}" for block in blocks if block.word not in docs.WORDS]
tap.ok(not strange, f"each block says what it is: {', '.join(docs.WORDS)}", *strange)
unknown = unknown_words()
tap.ok(not unknown, "every `mailward COMMAND --option` in running text exists", *unknown)
broken = broken_links()
tap.ok(not broken, "every link leads somewhere", *broken)
index = docs.read("docs/README.md")
lost = [path for path in files if path not in ("README.md", "docs/README.md") and f"({path[5:]})" not in index]
tap.ok(not lost, "docs/README.md names every page", *lost)
untested = [path for path in files if not os.path.exists(docs_stage.ELSEWHERE.get(path, path))]
tap.ok(not untested, "a page that is run elsewhere has a test there", *untested)

# ---- the steps

steps, judged, not_here = [], [], set()     # judged: (block, what, its output or None, number of the step)


def step(run, root=False):
    steps.append({"id": len(steps), "run": run, "root": root})
    return len(steps) - 1


def steps_of(block):
    if block.word == "ini":
        config = "\n".join(block.lines)
        run = f"approve <<'END_OF_CONFIG'\n{config}\nEND_OF_CONFIG"
        judged.append((block, "mailward check approves", None, step(run, root=True)))
        return
    for command, wanted in block.commands():
        key = re.sub(r"\s+# .*$", "", command.split("\n")[0])
        if key in docs_stage.NOT_HERE:
            not_here.add(key)
            print(f"# not run here: {block.path}:{block.line}: {key}: {docs_stage.NOT_HERE[key]}")
        else:
            judged.append((block, command, wanted, step(command)))


for path in files:
    staged = set()
    step("reset", root=True)
    for block in blocks:
        if block.path != path or block.word not in ("sh", "console", "ini"):
            continue
        stage = docs_stage.STAGE.get(path, {}).get(block.heading)
        if stage and block.heading not in staged:
            judged.append((block, f"the stage of {block.heading!r}", None, step(stage, root=True)))
        staged.add(block.heading)
        steps_of(block)
stale = sorted(set(docs_stage.NOT_HERE) - not_here)
tap.ok(not stale, "what is not run here stands in a document", *stale)
headings = {(block.path, block.heading) for block in blocks}
stale = [f"{path}: {heading}" for path in docs_stage.STAGE for heading in docs_stage.STAGE[path]
         if (path, heading) not in headings]
tap.ok(not stale, "what is staged, too", *stale)

# ---- the system that runs them


def give_up(why):
    tap.skip(f"{len(judged)} commands", why)
    tap.done()


if os.geteuid() != 0 or not shutil.which("systemd-nspawn"):
    give_up("only root can boot a container, by systemd-nspawn (package systemd-container)")
if why := docs_tree.make():
    give_up(why)
work = tempfile.mkdtemp(prefix="mailward-docs.")
try:
    os.mkdir(f"{work}/layer")
    with open(f"{work}/steps.json", "w", encoding="utf-8") as file:
        json.dump(steps, file)
    with open(f"{work}/stage.sh", "w", encoding="utf-8") as file:
        file.write(docs_stage.SHELL)
    booted = shell('exec unshare --mount --propagation private sh -ec "$3" sh "$1" "$2"', work, docs_tree.TREE, BOOT)
    mounted, installed, ran = (os.path.exists(f"{work}/{name}") for name in ("mounted", "installed", "said.json"))
    tap.ok(installed or not mounted, "make install into the system", *booted.stderr.splitlines()[-10:])
    if not ran:
        give_up("systemd-nspawn does not boot here: " + last_line(booted.stdout + booted.stderr))
    said = {one["id"]: one for one in map(json.loads, docs.read(f"{work}/said.json").splitlines())}
finally:
    shutil.rmtree(work, ignore_errors=True)

outputs = {}
for block, what, wanted, number in judged:
    got = said.get(number, {"status": "never ended", "out": ""})
    fits = got["status"] == 0 if wanted is None else docs.prints(wanted, got["out"])
    tap.ok(fits, f"{block.path}:{block.line}: {what.splitlines()[0]}", f"status {got['status']}",
           *got["out"].splitlines()[:40])
    if wanted is not None:
        outputs.setdefault(block, []).append((what, wanted if fits else docs.shortened(got["out"].splitlines())))
if os.environ.get("DOCS_WRITE"):
    for path in files:
        docs.write(path, {block: lines for block, lines in outputs.items() if block.path == path})
tap.done()
