"""A flame graph as one page: width is cost, the caller is below what it calls; a click looks closer."""

import html

WIDTH, ROW, LEAST_PIXELS = 1200, 18, 0.4
# Whose code a frame is, by its name: colour and legend.
OWNERS = (("kernel", "#e8a33d", lambda name: name.endswith("_[k]")),
          ("Gabion", "#4d9a6a", lambda name: "gabion::" in name),
          ("OpenSSL", "#5b8fd6", lambda name: name.startswith(("SSL_", "EVP_", "CRYPTO_", "OSSL_", "BIO_", "ERR_"))
           or "libcrypto" in name or "libssl" in name or "aes" in name or "gcm" in name),
          ("other", "#b9b2a8", lambda name: True))

STYLE = """
:root { color-scheme: light dark; --ink: #222; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --paper: #1b1b1d; } }
body { font: 14px system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 1.5rem; }
svg { width: 100%; height: auto; } g { cursor: pointer; } rect { stroke: var(--paper); stroke-width: .5; }
g:hover rect { stroke: var(--ink); } text { font: 11px ui-monospace, monospace; fill: #111; pointer-events: none; }
.key { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 1em; }
"""
SCRIPT = """
const width = %d, frames = [...document.querySelectorAll('g[data-x]')];
function look(x, w, depth) {
  for (const g of frames) {
    const gx = +g.dataset.x, gw = +g.dataset.w, below = +g.dataset.d < depth;
    const shown = below ? gx <= x + 1e-6 && gx + gw >= x + w - 1e-6 : gx >= x - 1e-6 && gx + gw <= x + w + 1e-6;
    g.style.display = shown ? '' : 'none';
    if (!shown) continue;
    const left = below ? 0 : (gx - x) / w * width, wide = below ? width : gw / w * width;
    const [box, , label] = g.children;
    box.setAttribute('x', left); box.setAttribute('width', Math.max(wide - .5, .2));
    label.setAttribute('x', left + 3); label.textContent = wide > 30 ? g.dataset.n.slice(0, wide / 6.7 - 1) : '';
  }
}
for (const g of frames) g.onclick = () => look(+g.dataset.x, +g.dataset.w, +g.dataset.d);
look(0, width, 0);
""" % WIDTH


def tree_of(stacks):
    """[cost, {frame: the same}]"""
    root = [0, {}]
    for path, cost in stacks.items():
        node = root
        node[0] += cost
        for frame in path:
            node = node[1].setdefault(frame, [0, {}])
            node[0] += cost
    return root


def boxes_of(tree):
    """[(x, width, depth, name, cost)] in pixels of the whole width, callers before callees."""
    total, found = tree[0], []

    def place(children, x, depth):
        for name, (cost, inner) in sorted(children.items()):
            width = cost / total * WIDTH
            if width >= LEAST_PIXELS:
                found.append((x, width, depth, name, cost))
                place(inner, x, depth + 1)
            x += width

    place({"all": tree}, 0.0, 0)
    return found


def owner_of(name):
    return next((title, colour) for title, colour, owns in OWNERS if owns(name))


def own_shares(stacks):
    """{owner: share of the cost spent in its own code}, largest first."""
    total, found = sum(stacks.values()), {}
    for path, cost in stacks.items():
        title = owner_of(path[-1])[0]
        found[title] = found.get(title, 0) + cost / total
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def page(title, facts, unit, stacks):
    """The whole HTML; it needs no network. `facts` are sentences under the title."""
    tree = tree_of(stacks)
    boxes = boxes_of(tree)
    height = (max(box[2] for box in boxes) + 1) * ROW
    drawn = []
    for x, width, depth, name, cost in boxes:
        told = f"{name}: {cost:,.0f} {unit}, {cost / tree[0]:.1%}"
        drawn.append(
            f'<g data-x="{x:.3f}" data-w="{width:.3f}" data-d="{depth}" data-n="{html.escape(name)}">'
            f'<rect x="{x:.2f}" y="{height - (depth + 1) * ROW}" width="{width:.2f}" height="{ROW - 1}" '
            f'fill="{owner_of(name)[1]}"/><title>{html.escape(told)}</title>'
            f'<text x="{x + 3:.2f}" y="{height - depth * ROW - 5}"></text></g>')
    shares = own_shares(stacks)
    legend = "".join(f'<span class="key" style="background:{colour}"></span>{name} {shares.get(name, 0):.1%}'
                     for name, colour, _ in OWNERS)
    told = "".join(f"<p>{html.escape(fact)}</p>" for fact in facts)
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
            f"<style>{STYLE}</style><h1>{html.escape(title)}</h1>{told}<p>Spent in own code:{legend}</p>"
            f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(drawn)}</svg><script>{SCRIPT}</script></html>\n')
