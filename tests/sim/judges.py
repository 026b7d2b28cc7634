"""judges - who may judge a world's log: mailward, the sketch, fail2ban's way of counting; each gives evaluate.Bans"""
import os
import subprocess
import tempfile

import evaluate
import hits
import sketch

HERE = os.path.dirname(os.path.realpath(__file__))
MAILWARD = os.environ.get("MAILWARD", os.path.join(HERE, "..", "..", "build", "mailward"))
MEMORY = "[policy]\njudge = memory\n"
WINDOW = "[policy]\njudge = window\n"


def mailward(path, config=None):
    """config: the text of a configuration; without one the defaults."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(config or "")
        file.flush()
        command = [MAILWARD, "scan", "--json", "-c", file.name, path]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return evaluate.of_events(output.splitlines())


def accepts(config):
    """Does this mailward know such a configuration?"""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(config)
        file.flush()
        return subprocess.run([MAILWARD, "check", "-c", file.name], capture_output=True, check=False).returncode == 0


def the_sketch(path, **policy):
    judge = sketch.Judge(**policy)
    with open(path) as log:
        for hit in hits.of(log):
            judge.hit(*hit)
    return evaluate.of_verdicts(judge.verdicts)


def fail2ban(path):
    """Its defaults: five failures in ten minutes, ten minutes."""
    return evaluate.of_counting(evaluate.truth(path), 5, 600, 600)


def strict_fail2ban(path):
    """As it is often set: three in a day, a week."""
    return evaluate.of_counting(evaluate.truth(path), 3, 86400, 604800)
