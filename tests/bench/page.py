"""page - the table of the benchmarks as one picture to send around: bench.html, which asks for nothing and runs nothing"""
import html

STYLE = """
:root { --paper: #ffffff; --ink: #1d2330; --soft: #667085; --line: #dde1e8; --ours: #2463eb; --theirs: #b7becb; --no: #b42318; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171f; --ink: #e8ebf1; --soft: #98a2b3; --line: #2b303c; --ours: #6a9bff;
  --theirs: #4a5160; --no: #ff8a7a; } }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
p { color: var(--soft); margin: 0 0 1rem; }
.row { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: .25rem 1.25rem; padding: .6rem 0; border-top: 1px solid var(--line); }
.plain { padding: .35rem 0; } .plain .what { font-weight: 400; } .figure { font-weight: 600; }
.what { font-weight: 600; } .note { color: var(--soft); font-size: .85rem; } .no { color: var(--no); }
.bar { display: grid; grid-template-columns: minmax(0, 1fr) 11rem; gap: .6rem; align-items: center; font-size: .85rem; margin-bottom: 2px; }
.bar span { overflow-wrap: anywhere; }
.track { height: .7rem; } .fill { height: 100%; border-radius: 2px; background: var(--theirs); min-width: 1px; } .ours { background: var(--ours); }
@media (max-width: 40rem) { .row { grid-template-columns: minmax(0, 1fr); } .bar { grid-template-columns: minmax(0, 1fr) 9rem; } }
@media print { :root { --paper: #fff; --ink: #000; } .row { break-inside: avoid; } }
"""
PARTS = {1: "Reading logs", 2: "From the line to the kernel", 3: "A botnet at once", 4: "Memory", 5: "Start, restart, repair", 6: "At work",
         7: "What gets through", 8: "Lines made to cost", 9: "Who asks", 10: "Where it ends"}


def bar(value, greatest, text, ours):
    width = 100 * value / greatest if greatest else 0
    return (f'<div class="bar"><div class="track"><div class="fill{" ours" if ours else ""}" style="width:{width:.1f}%"></div></div>'
            f'<span>{html.escape(text)}</span></div>')


def noise(r):
    return f"&plusmn;{50 * r['noise']:.0f} %" if len(r["runs"]) > 1 else ""


def verdict(r):
    """What was wanted, whether it is so, and how far the runs lay apart."""
    said = [f'{r["ratio"]:.2f} x'] if r.get("ratio") is not None else []
    if r.get("limit"):
        wanted = "at most" if r["limit"][0] == "<=" else "at least"
        said.append(f'wanted {wanted} {r["limit"][1]:g}: {"met" if r["met"] else """<span class="no">missed</span>"""}')
    return f'<span class="note">{"; ".join([*said, *filter(None, [noise(r)])])}</span>'


def picture(r):
    """Two bars where there is somebody beside; a figure alone says as much as a bar of its own length."""
    what = f'<div class="what">{html.escape(r["what"])}</div>'
    if "text" not in r:
        return f'<div class="row plain"><div>{what}</div><div class="note">not measured: {html.escape(r.get("skipped") or r["failed"])}</div></div>'
    other = r.get("reference_value")
    if other is None:
        return f'<div class="row plain"><div>{what}</div><div><span class="figure">{html.escape(r["text"].strip())}</span> {verdict(r)}</div></div>'
    greatest = max(r["value"], other)
    return (f'<div class="row"><div>{what}{verdict(r)}</div><div>{bar(r["value"], greatest, f"""mailward {r["text"].strip()}""", True)}'
            f'{bar(other, greatest, f"""{r["reference"]} {r["reference_text"].strip()}""", False)}</div></div>')


def page(results):
    """The whole page. results: what results.json holds."""
    machine, parts = results["machine"], {}
    for r in results["rows"]:
        parts.setdefault(r["target"], []).append(r)
    body = "".join(f"<h2>{html.escape(PARTS.get(target, str(target)))}</h2>" + "".join(map(picture, rows)) for target, rows in sorted(parts.items()))
    about = (f'{machine["cores"]} cores, {machine["processor"]}, Linux {machine["kernel"]}, load {machine["load"][0]} before and '
             f'{results["load_after"][0]} after{", small inputs" if results["quick"] else ""}; {results["time"]}')
    return ('<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>mailward, measured</title><style>{STYLE}</style></head><body><h1>mailward, measured</h1>"
            f"<p>{html.escape(about)}. Medians; &plusmn; is half the spread of all runs; each pair was measured in turn in the same run.</p>"
            f"{body}</body></html>\n")
