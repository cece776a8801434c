"""Line plots as SVG, for light and dark pages, of nothing but this file."""

import math

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 184, 56, 44
STYLE = """
  .page { fill: #ffffff } .ink { fill: #1c2024 } .quiet { fill: #646b73 }
  .grid { stroke: #e3e6e9; stroke-width: 1 } .axis { stroke: #9aa1a9; stroke-width: 1 }
  .line { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round }
  .s0 { --c: #7a828b } .s1 { --c: #0b6bcb } .s2 { --c: #c2560c }
  .line { stroke: var(--c) } .dot, .name { fill: var(--c) } .dot { stroke: #ffffff; stroke-width: 1.5 }
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif }
  .title { font-size: 15px; font-weight: 600 } .name { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #14171a } .ink { fill: #eceef0 } .quiet { fill: #9ba3ab }
    .grid { stroke: #2a2f34 } .axis { stroke: #5c646c } .dot { stroke: #14171a }
    .s0 { --c: #a3abb4 } .s1 { --c: #5aa9f5 } .s2 { --c: #f0915a }
  }
"""


def series(rows, names, value):
    """The points of each server over UDP: name, [(viewers, value)]."""
    found = []
    for server, name in names.items():
        points = sorted((row["clients"], value(row)) for row in rows
                        if row["server"] == server and row["transport"] == "udp")
        if points:
            found.append((name, points))
    return found


def ticks(low, high):
    """1, 2, 5, 10, … around what is shown, on a scale of logarithms."""
    found, power = [], math.floor(math.log10(low))
    while 10 ** power <= high * 10:
        found += [step * 10 ** power for step in (1, 2, 5)]
        power += 1
    below = max((tick for tick in found if tick <= low), default=found[0])
    above = min((tick for tick in found if tick >= high), default=found[-1])
    return [tick for tick in found if below <= tick <= above]


def number(value):
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def spread(labels, distance):
    """Moves labels apart that would lie on one another."""
    labels.sort()
    for index in range(1, len(labels)):
        if labels[index][0] - labels[index - 1][0] < distance:
            labels[index][0] = labels[index - 1][0] + distance
    return labels


def lines(title, unit, found):
    """A plot of values over viewers, both on scales of logarithms."""
    values = [max(y, 0.001) for _, points in found for _, y in points]
    across = sorted({x for _, points in found for x, _ in points})
    rows = ticks(min(values), max(values))
    if len(rows) < 2:
        rows = [rows[0] / 2, rows[0], rows[0] * 2]

    def x(value):
        low, high = math.log(across[0]), math.log(max(across[-1], across[0] + 1))
        return LEFT + (math.log(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(value):
        low, high = math.log(rows[0]), math.log(rows[-1])
        part = (math.log(max(value, rows[0])) - low) / (high - low)
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
           f"<title>{title}</title><style>{STYLE}</style>",
           f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>',
           f'<text class="ink title" x="{LEFT}" y="26">{title}</text>',
           f'<text class="quiet" x="{LEFT}" y="44">{unit}, less is better</text>']
    for row in rows:
        out.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(row):.1f}" '
                   f'y2="{y(row):.1f}"/><text class="quiet" x="{LEFT - 8}" y="{y(row) + 4:.1f}" '
                   f'text-anchor="end">{number(row)}</text>')
    base = HEIGHT - BOTTOM
    out.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>')
    for value, _ in max((points for _, points in found), key=len):
        out.append(f'<text class="quiet" x="{x(value):.1f}" y="{base + 18}" '
                   f'text-anchor="middle">{number(value)}</text>')
    out.append(f'<text class="quiet" x="{WIDTH - RIGHT}" y="{base + 36}" '
               'text-anchor="end">viewers</text>')
    labels = []
    for index, (name, points) in enumerate(found):
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
        out.append(f'<g class="s{index}"><polyline class="line" points="{path}"/>')
        for a, b in points:
            out.append(f'<circle class="dot" cx="{x(a):.1f}" cy="{y(b):.1f}" r="4">'
                       f"<title>{name}: {number(a)} viewers, {b:.2f} {unit}</title></circle>")
        out.append("</g>")
        labels.append([y(points[-1][1]), x(points[-1][0]), index, name])
    for place, right, index, name in spread(labels, 16):
        out.append(f'<text class="s{index} name" x="{right + 10:.1f}" y="{place + 4:.1f}">'
                   f"{name}</text>")
    return "\n".join(out) + "\n</svg>\n"
