#!/usr/bin/env python3
"""31-report - the report's figures are scan's; its page runs nothing, asks for nothing and fits a phone; its mail is one message

What attackers write into a log (HELO, sender, user name), and the words of a rule, try to become a script; a headless Chromium
says whether they did. REPORT_SHOTS=FOLDER keeps its pictures.
"""
import email
import email.policy
import email.utils
import html.parser
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "sim")]
import browser
import program
import tap
import worlds

EVIL = ['<script>document.title="pwned"</script>', '"><img src=x onerror=document.title="pwned">', "'><svg onload=alert(1)>",
        "</title><script>alert(1)</script>", "</style><script>alert(1)</script>", "&lt;b&gt;", "&#60;b", "\x1b[31mred", "\u202eright", "\xff\xfe",
        "-->", "]]>", "javascript:alert(1)", "{{7*7}}", "a" * 500, "<i style='position:fixed'>"]
TAGS = set("html head meta title style body main h1 h2 p div b span section svg path g rect i table tr th td code br footer".split())
ATTRIBUTES = set("lang charset http-equiv content name class style role aria-label viewbox preserveaspectratio d x y width height".split())


def run(*arguments, **environment):
    return subprocess.run([program.MAILWARD, *arguments], capture_output=True, check=False,
                          env={**os.environ, "LC_ALL": "C", "TZ": "UTC", **environment})


def write(path, text, mode="w"):
    with open(path, mode) as file:
        file.write(text)
    return path


def stamp(ago_s):
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - ago_s))


def failed(ago_s, address, name, pid):
    return (f"{stamp(ago_s)} mx postfix/smtpd[{pid}]: warning: unknown[{address}]: SASL LOGIN authentication failed: authentication "
            f"failure, sasl_username=").encode() + name + b"\n"


def rejected(ago_s, address, evil, pid):
    """A refused relay, with the client's words wherever the line has room for them."""
    return (f"{stamp(ago_s)} mx postfix/smtpd[{pid}]: NOQUEUE: reject: RCPT from unknown[{address}]: 554 5.7.1 <").encode() + evil + \
        b">: Relay access denied; from=<" + evil + b"> to=<" + evil + b"> proto=ESMTP helo=<" + evil + b">\n"


# ---- figures

def figures(folder, conf, log):
    summary = [json.loads(line) for line in run("scan", "--json", "-c", conf, log).stdout.splitlines()][-1]
    lines = [json.loads(line) for line in run("report", "--json", "-c", conf, log).stdout.splitlines()]
    of = {event: [line for line in lines if line["event"] == event] for event in {line["event"] for line in lines}}
    sums = of["report"][0]
    tap.same({name: sums[name] for name in ("lines", "through", "spared", "bans", "delays", "hurt")},
             {"lines": summary["lines"], "through": summary["errors"], "spared": summary["evidence"], "bans": summary["bans"],
              "delays": summary["delays"], "hurt": summary["hurt"]}, "the sums are scan's")
    tap.ok(sums["spared"] > 100 and sums["bans"] > 10 and sums["forgiven"] > 0, "there is something to be seen", sums)
    tap.same((sum(line["through"] for line in of["span"]), sum(line["spared"] for line in of["span"]), sum(line["bans"] for line in of["span"])),
             (sums["through"], sums["spared"], sums["bans"]), "the spans of time add up to them")
    tap.ok(sum(line["tries"] for line in of["hour"]) >= sums["tries"] and len(of["hour"]) == 24, "so do the hours of the day")
    judged = [json.loads(line) for line in run("whatif", "--json", "-c", conf, "--set", "long_limit=8", log).stdout.splitlines()][0]
    tap.same((sums["wait_seconds"], sums["hurt_seconds"]), (judged["wait_seconds"], judged["hurt_seconds"]),
             "from the first error to the ban, and for how long: whatif has the same")
    tried = [line["tries"] for line in of["network"]]
    tap.ok(tried == sorted(tried, reverse=True) and 3 <= len(tried) <= 12, "networks, those that tried most", tried)
    names = {}
    with open(log, "rb") as file:
        for found in re.findall(rb"sasl_username=([^,\n]+)", file.read()):
            names[found.decode()] = names.get(found.decode(), 0) + 1
    tap.ok(of["name"] and all(line["name"] in names for line in of["name"]), "names as they stand in the log", of["name"])
    text = run("report", "-c", conf, log).stdout.decode()
    tap.ok(text.isascii() and f"{sums['bans']:9}  bans" in text and all(line["name"] in text for line in of["name"]),
           "the text says the same, in ASCII")
    tap.ok(max(map(len, text.splitlines())) <= 100, "in a hundred columns", max(text.splitlines(), key=len))


def exact_names(folder, conf):
    log = b"".join(failed(1000 - n, f"192.0.2.{n % 50}", [b"alice", b"Bob@example.com", b"carol+x"][n % 6 % 3 if n % 6 < 5 else 0], n)
                   for n in range(600))
    path = write(os.path.join(folder, "names.log"), log, "wb")
    lines = [json.loads(line) for line in run("report", "--json", "-c", conf, path).stdout.splitlines()]
    tap.same({line["name"]: line["tries"] for line in lines if line["event"] == "name"},
             {"alice": 300, "Bob@example.com": 200, "carol+x": 100}, "each name is counted, also what bans have spared")
    strange = "m\u00fcller\x1b[31m\\x"
    path = write(os.path.join(folder, "strange.log"), failed(100, "192.0.2.1", strange.encode(), 1) + failed(90, "192.0.2.2", b"\xff\xfe", 2), "wb")
    output = run("report", "--json", "-c", conf, path).stdout
    tap.same({json.loads(line)["name"] for line in output.splitlines() if b'"event":"name"' in line}, {strange, "\ufffd\ufffd"},
             "JSON has a name as it came, and no byte that a terminal obeys")
    tap.ok(all(0x20 <= byte <= 0x7e or byte == 0x0a for byte in output), "and is printable ASCII")


def since(folder, patterns):
    """What is longer ago teaches who belongs here, and is not counted; rotated logs are read, too."""
    old = b"".join(failed(10 * 86400 - n, f"192.0.2.{n}", b"old%d" % n, n) for n in range(9))
    old += f"{stamp(9 * 86400)} mx postfix/smtpd[1]: 4ABCDEF: client=x[198.51.100.9], sasl_method=PLAIN, sasl_username=ann@example.com\n".encode()
    new = b"".join(failed(3600 - n, "203.0.113.5", b"new%d" % n, 50 + n) for n in range(9))
    new += b"".join(failed(1800 - n, "198.51.100.9", b"ann@example.com", 80 + n) for n in range(5))
    write(os.path.join(folder, "two.log"), new, "wb")
    subprocess.run(["gzip", write(os.path.join(folder, "two.log.1"), old, "wb")], check=True)
    os.utime(os.path.join(folder, "two.log.1.gz"), (time.time() - 9 * 86400,) * 2)
    conf = write(os.path.join(folder, "two.conf"), f"{patterns}[source maillog]\nfile = {folder}/two.log\n")

    def said(*options):
        return [json.loads(line) for line in run("report", "--json", "-c", conf, *options).stdout.splitlines()]

    week, all_of_it = said(), said("--since", "20d")
    tap.ok({line["name"] for line in week if line["event"] == "name"} and
           all(line["name"].startswith("new") for line in week if line["event"] == "name"), "seven days, if nothing is said", week)
    tap.same(all_of_it[0]["tries"] - week[0]["tries"], 9, "--since goes back for longer")
    tap.ok(week[0]["forgiven"] > 0, "who belongs here is known from before", week[0])
    tap.same(week[0]["lines"], 24, "rotated logs are read, packed ones, too")
    tap.same(said(os.path.join(folder, "two.log.1.gz"))[0]["tries"], 9, "of named logs all counts")


# ---- the page

class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.words = set(), set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.words += data


def evil_log(folder):
    raw = [text.encode("utf-8", "surrogateescape").replace(b"\n", b" ") for text in EVIL]
    lines = []
    for n, evil in enumerate(raw):
        lines += [failed(5000 - 20 * n, f"192.0.2.{n}", evil, 100 + n)] * (40 - n)
        lines += [rejected(4990 - 20 * n, f"198.51.100.{n}", evil, 200 + n)] * 7
    return write(os.path.join(folder, "evil.log"), b"".join(lines), "wb")


def evil_patterns(folder):
    """The shipped rules; one of them has words of its own."""
    shutil.copytree(os.path.join(program.ROOT, "patterns"), os.path.join(folder, "patterns"))
    path = os.path.join(folder, "patterns", "postfix.pat")
    with open(path) as file:
        text = file.read()
    start = text.index("rule relay-denied")
    about = re.compile(r"(\n\s+about\s+)[^\n]*").search(text, start)
    write(path, text[:about.start()] + about[1] + EVIL[0] + " <b>& \"x\" 'y'" + text[about.end():])
    return f"[mailward]\npatterns = {folder}/patterns\n"


def page(folder, conf, log):
    path = os.path.join(folder, "report.html")
    result = run("report", "-c", conf, "--html", path, log)
    tap.ok(result.returncode == 0 and result.stdout == b"" and result.stderr == b"", "a page, and nothing else said", result.stderr)
    with open(path, "rb") as file:
        text = file.read().decode()
    parsed = Tags()
    parsed.feed(text)
    tap.same(parsed.tags, TAGS & parsed.tags, "no element but those of a picture and a table")
    tap.same(parsed.attributes, ATTRIBUTES & parsed.attributes, "no attribute that loads or does anything")
    tap.ok("script" not in parsed.tags and "url(" not in text and "@import" not in text and "http:" not in text and "https:" not in text,
           "no script, and no address of anything")
    tap.ok("default-src 'none'" in text, "and the browser is told to forbid them")
    for evil in EVIL[:6]:
        tap.ok(evil in parsed.words, f"a name is shown as it is: {evil}")
    tap.ok("\x1b" not in text and "\u202e" not in text and "\\x1b[31mred" in text, "what could turn text about is escaped")
    tap.ok('<script>document.title="pwned"</script> <b>& "x" \'y\'' in parsed.words, "so are a rule's words")
    return path


def opened(folder, path):
    if not browser.program():
        tap.skip("the page in a browser, both schemes, on a phone, printed", "there is no Chromium")
        return
    chromium = browser.Browser()
    try:
        look(chromium, folder, path)
    finally:
        chromium.close()


def look(chromium, folder, path):
    shots = os.environ.get("REPORT_SHOTS")
    colours = {}
    for scheme in ("light", "dark"):
        chromium.scheme(scheme)
        chromium.size(1200, 900)
        chromium.open(f"file://{path}")
        colours[scheme] = chromium.value("getComputedStyle(document.body).backgroundColor + getComputedStyle(document.body).color")
        asked = [request["request"]["url"] for request in chromium.of("Network.requestWillBeSent")]
        tap.same(asked, [f"file://{path}"], f"{scheme}: nothing is asked for but the page")
        tap.same(chromium.value("document.title").startswith("mx, "), True, f"{scheme}: no script has run")
        tap.ok(not chromium.of("Page.javascriptDialogOpening") and not chromium.of("Log.entryAdded") and
               not chromium.of("Runtime.exceptionThrown"), f"{scheme}: and nothing had to be forbidden", chromium.of("Log.entryAdded"))
        if shots:
            chromium.screenshot(f"{shots}/{scheme}.png")
    light, dark = (list(map(int, re.findall(r"\d+", colours[scheme]))) for scheme in ("light", "dark"))
    tap.ok(sum(light[:3]) > 600 > 300 > sum(light[3:6]) and sum(dark[:3]) < 150 < 450 < sum(dark[3:6]),
           "dark on light, and light on dark where that is wanted", colours)
    for width in (390, 320):
        chromium.size(width, 844, True)
        chromium.open(f"file://{path}")
        tap.ok(chromium.value("document.documentElement.scrollWidth") <= width, f"{width} columns of a phone are enough",
               chromium.value("document.documentElement.scrollWidth"))
        wide = chromium.value("[...document.querySelectorAll('section')].filter(s => s.scrollWidth > s.clientWidth + 1).length")
        tap.same(wide, 0, f"{width}: and nothing stands over its frame")
    if shots:
        chromium.size(390, 844, True)
        chromium.screenshot(f"{shots}/phone.png")
    chromium.size(1200, 900)
    pdf = chromium.pdf()
    tap.ok(pdf.startswith(b"%PDF-") and len(pdf) > 10000, "it can be printed")
    count = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
    tap.ok(1 <= count <= 5, "on few pages", count)
    if shots:
        write(f"{shots}/report.pdf", pdf, "wb")


def replaced(folder, conf, log):
    os.mkdir(os.path.join(folder, "shown"))
    path = write(os.path.join(folder, "shown", "old.html"), "old")
    os.chmod(path, 0o640)
    with open(path) as reader:
        result = run("report", "-c", conf, "--html", path, log)
        tap.ok(result.returncode == 0 and reader.read() == "old", "who reads the old page reads it to its end")
    tap.same(stat.S_IMODE(os.stat(path).st_mode), 0o640, "the new one has its mode")
    tap.same(os.listdir(os.path.join(folder, "shown")), ["old.html"], "nothing else is left")
    out = run("report", "-c", conf, "--html", "-", log).stdout
    with open(path, "rb") as file:
        tap.ok(file.read() == out, "- is standard output")
    for name, target in (("pipe", "/proc/self/fd/1"), ("nowhere", "not-there")):
        link = os.path.join(folder, name)
        os.symlink(target, link)
        result = run("report", "-c", conf, "--html", link, log)
        tap.ok(result.returncode == 1 and os.path.islink(link) and result.stdout == b"", f"a link to a {name} is not replaced", result.stderr)
    link = os.path.join(folder, "link.html")
    os.symlink(path, link)
    write(path, "old")
    run("report", "-c", conf, "--html", link, log)
    with open(path, "rb") as file:
        tap.ok(os.path.islink(link) and file.read() == out, "what a link leads to is replaced, and not the link")
    for other, why in (("/dev/null", b"not supported"), (folder, b"Is a directory")):
        result = run("report", "-c", conf, "--html", other, log)
        tap.ok(result.returncode == 1 and why in result.stderr and not os.path.isfile(other), f"{why.decode()}: nothing but a file is replaced",
               result.stderr)
    result = run("report", "-c", conf, "--html", os.path.join(folder, "no\033folder", "x.html"), log)
    tap.ok(result.returncode == 1 and b"no\\x1bfolder/x.html: No such file" in result.stderr, "where it cannot be written is told",
           result.stderr)
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w") as full:
            result = subprocess.run([program.MAILWARD, "report", "-c", conf, "--html", "-", log], stdout=full, stderr=subprocess.PIPE, check=False)
        tap.ok(result.returncode == 1, "a full disk is told", result.stderr)
    else:
        tap.skip("a full disk is told", "there is no /dev/full")


# ---- the mail

def mailed(folder, conf, log):
    taken = os.path.join(folder, "taken")
    sendmail = write(os.path.join(folder, "sendmail"), f'#!/bin/sh\nprintf "%s\\n" "$@" >"{taken}.argv"\ncat >"{taken}"\n')
    os.chmod(sendmail, 0o755)
    result = run("report", "-c", conf, "--mail", "post.master+x@example.com", log, SENDMAIL=sendmail)
    tap.ok(result.returncode == 0 and result.stdout == b"" and result.stderr == b"", "a mail, and nothing else said", result.stderr)
    with open(taken + ".argv") as file:
        tap.same(file.read(), "-i\n--\npost.master+x@example.com\n", "sendmail is started with these arguments")
    with open(taken, "rb") as file:
        raw = file.read()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    tap.ok(raw.isascii() and max(map(len, raw.splitlines())) <= 78 and b"\r" not in raw, "seven bits, short lines")
    tap.ok(not message.defects and not any(part.defects for part in message.walk()), "a message without defects", message.defects)
    tap.same((message["To"], message["Auto-Submitted"], message["MIME-Version"], message.get_content_type()),
             ("post.master+x@example.com", "auto-generated", "1.0", "multipart/alternative"), "its head")
    tap.ok(re.fullmatch(r"mailward: \d+ bans?, \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d", message["Subject"]) and
           email.utils.parsedate_to_datetime(message["Date"]), "subject and date", message["Subject"], message["Date"])
    parts = list(message.iter_parts())
    tap.same([part.get_content_type() for part in parts], ["text/plain", "text/html"], "text first, the page second")
    text = run("report", "-c", conf, log, LC_ALL="C.UTF-8", TERM="xterm").stdout.decode()
    tap.same(parts[0].get_content(), text, "the text is the report's")
    tap.same(parts[1].get_content(), run("report", "-c", conf, "--html", "-", log).stdout.decode(), "and so is the page")
    for address in ("-oQ/tmp", "a b", "a\nBcc: x@example.com", "", "x@example.com,y@example.com", "|sh", "\u00e4@example.com"):
        if os.path.exists(taken):
            os.unlink(taken)
        result = run("report", "-c", conf, "--mail", address, log, SENDMAIL=sendmail)
        tap.ok(result.returncode == 2 and not os.path.exists(taken) and b"is no address" in result.stderr, f"no address: {address!r}")
    write(sendmail, "#!/bin/sh\nexit 75\n")
    result = run("report", "-c", conf, "--mail", "root", log, SENDMAIL=sendmail)
    tap.ok(result.returncode == 1 and b"ended with status 75" in result.stderr, "a mail that is not taken is told", result.stderr)
    result = run("report", "-c", conf, "--mail", "root", log, SENDMAIL=os.path.join(folder, "none"))
    tap.ok(result.returncode == 1 and b"none: No such file" in result.stderr, "and where there is no sendmail", result.stderr)


def window(folder, log):
    """The judge that knows nobody: networks are banned again and again, and who belongs here is not known."""
    conf = write(os.path.join(folder, "window.conf"), f"[mailward]\npatterns = {program.ROOT}/patterns\n[policy]\njudge = window\n")
    text = run("report", "-c", conf, log).stdout.decode()
    tap.ok("        ?  who belongs here and was dropped: judge = window does not know\n" in text and "were dropped" not in text,
           "judge = window does not know who belongs here, and does not say nobody", text[:600])
    again = re.findall(r"^  (\S+) +(\d+) +(\d+|-) +\S+   (\S.*)$", text.partition("Banned again")[2].partition("Names")[0], re.M)
    tap.ok(again and all(int(bans) > 1 for _, bans, _, _ in again) and
           all((tries == "-") == ("/" in address) == (rule == "its addresses") for address, _, tries, rule in again),
           "who was banned again and again, and for what; a network for its addresses", again)


def refused(conf, log):
    for wanted, options in ((b"--since x is no duration", ["--since", "x"]), (b"--html names no file", ["--html", ""]),
                            (b"cannot both go to standard output", ["--html", "-", "--json"])):
        result = run("report", "-c", conf, *options, log)
        tap.ok(result.returncode == 2 and wanted in result.stderr, f"refused: {wanted.decode()}", result.stderr)
    result = run("report", "-c", conf, "/dev/null")
    tap.ok(result.returncode == 0 and b"0  tries by 0 addresses" in result.stdout, "an empty log is a report, too", result.stdout)
    result = run("report", "-c", conf, "--html", "-", "/dev/null")
    tap.ok(result.returncode == 0 and result.stdout.endswith(b"</html>\n"), "and a page")


def main():
    with tempfile.TemporaryDirectory() as folder:
        plain = f"[mailward]\npatterns = {program.ROOT}/patterns\n"
        conf = write(os.path.join(folder, "m.conf"), plain)
        log = os.path.join(folder, "world.log")
        worlds.make(worlds.behind, 5, .1).write(log)
        figures(folder, conf, log)
        exact_names(folder, conf)
        since(folder, plain)
        evil = write(os.path.join(folder, "evil.conf"), evil_patterns(folder))
        opened(folder, page(folder, evil, evil_log(folder)))
        replaced(folder, conf, log)
        mailed(folder, conf, log)
        window(folder, log)
        refused(conf, log)
    tap.done()


main()
