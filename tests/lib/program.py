"""program - run the mailward under test: $MAILWARD, else build/mailward beside the tests"""
import json
import os
import subprocess

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
MAILWARD = os.environ.get("MAILWARD", os.path.join(ROOT, "build", "mailward"))


def run(*args, stdin=b""):
    return subprocess.run([MAILWARD, *args], input=stdin, capture_output=True, check=False)


def scan(*args, stdin=b""):
    """mailward scan --json: (exit status, events, summary, standard error)"""
    result = run("scan", "--json", *args, stdin=stdin)
    events = [json.loads(line) for line in result.stdout.decode("utf-8").splitlines()]
    summary = [event for event in events if event["event"] == "summary"]
    return (result.returncode, [event for event in events if event["event"] != "summary"],
            summary[0] if len(summary) == 1 else {}, result.stderr.decode("utf-8", "replace"))


def named(events, kind):
    """The addresses that events of a kind name."""
    return {event["address"] for event in events if event["event"] == kind}
