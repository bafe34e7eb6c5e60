"""Contrast of what a page shows, measured in the browser as WCAG 2.2 defines it."""

LOW_CONTRAST = """() => {
  const parse = text => {
    const n = text.match(/[\\d.]+/g).map(Number);
    return n.length < 4 ? [...n, 1] : n;
  };
  const over = (top, low) => [0, 1, 2].map(k => top[k] * top[3] + low[k] * (1 - top[3]));
  const light = rgb => {
    const [r, g, b] = rgb.map(v => v / 255).map(
      v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = node => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((low, top) => over(top, low), [255, 255, 255]);
  };
  // what an SVG text stands on: the last box or disc drawn before it that holds its middle
  const shape = text => {
    const box = text.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    const below = [...text.ownerSVGElement.querySelectorAll("rect, circle")].filter(one => {
      const at = one.getBoundingClientRect(), fill = getComputedStyle(one).fill;
      return fill.startsWith("rgb") && parse(fill)[3] > 0
        && one.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING
        && at.left <= x && at.right >= x && at.top <= y && at.bottom >= y;
    });
    return below.length ? below.pop() : null;
  };
  const faint = node => {
    let part = 1;
    for (let at = node; at; at = at.parentElement) part *= Number(getComputedStyle(at).opacity);
    return part;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), node = walker.currentNode.parentElement;
    if (!text) continue;
    if (!node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (node.closest("script, style, noscript, option, title, desc, .gf-hidden")) continue;
    const style = getComputedStyle(node), drawn = node.closest("svg");
    let low = ground(drawn || node), ink = parse(drawn ? style.fill : style.color);
    const on = drawn && shape(node.closest("text") || node);
    if (on) low = over(parse(getComputedStyle(on).fill), low);
    ink = [...ink.slice(0, 3), ink[3] * faint(node)];
    const a = light(over(ink, low)) + 0.05, b = light(low) + 0.05;
    const ratio = Math.max(a, b) / Math.min(a, b), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push([text.slice(0, 40), ratio.toFixed(2)]);
  }
  return found;
}"""
"""Texts that stand out too little from their ground: under 4.5 to 1, large ones under 3 to 1.

Those in drawings and of disabled controls, too."""


def ratio(one: str, other: str) -> float:
    """Return the contrast of two colours ``#rrggbb``."""
    light, dark = sorted((_light(one), _light(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _light(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
