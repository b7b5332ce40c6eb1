// A curve as an SVG: both axes logarithmic, so that linear growth is a straight line of slope 1, drawn beside it.
const WIDTH = 520;
const HEIGHT = 300;
const LEFT = 70;
const RIGHT = 20;
const TOP = 20;
const BOTTOM = 50;

function decades(values) {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))));
  return { from, to };
}

function label(power) {
  if (power < 0 || power > 3)
    return power > 0 && power % 3 === 0 ? `${["", "k", "M", "G"][power / 3]}`.replace(/^/, "1 ") : `1e${power}`;
  return String(10 ** power);
}

export function plot({ name, x, y, points }) {
  // A first size of 0 has no place on such an axis.
  const shown = points.map(([size, value]) => [Math.max(size, 1), value]);
  const across = decades(shown.map(([size]) => size));
  const up = decades(shown.map(([, value]) => value));
  const atX = (value) =>
    LEFT + ((Math.log10(value) - across.from) / (across.to - across.from)) * (WIDTH - LEFT - RIGHT);
  const atY = (value) =>
    HEIGHT - BOTTOM - ((Math.log10(value) - up.from) / (up.to - up.from)) * (HEIGHT - TOP - BOTTOM);
  const line = (x1, y1, x2, y2, style) =>
    `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" ${style}/>`;
  const text = (at, down, anchor, words, more = "") =>
    `<text x="${at.toFixed(1)}" y="${down.toFixed(1)}" text-anchor="${anchor}"${more}>${words}</text>`;
  const parts = [];
  for (let power = across.from; power <= across.to; power++) {
    const at = atX(10 ** power);
    parts.push(
      line(at, TOP, at, HEIGHT - BOTTOM, 'stroke="#ddd"'),
      text(at, HEIGHT - BOTTOM + 16, "middle", label(power)),
    );
  }
  for (let power = up.from; power <= up.to; power++) {
    const at = atY(10 ** power);
    parts.push(line(LEFT, at, WIDTH - RIGHT, at, 'stroke="#ddd"'), text(LEFT - 6, at + 4, "end", label(power)));
  }
  const [lastSize, lastValue] = shown.at(-1);
  // As much as the last point costs, a size at a time: what lies above it near the left is a start-up cost.
  const reach = Math.min(Math.log10(lastSize) - across.from, Math.log10(lastValue) - up.from);
  parts.push(
    line(
      atX(lastSize),
      atY(lastValue),
      atX(lastSize / 10 ** reach),
      atY(lastValue / 10 ** reach),
      'stroke="#999" stroke-dasharray="4 4"',
    ),
    `<polyline fill="none" stroke="#06c" stroke-width="2" points="${shown.map(([size, value]) => `${atX(size).toFixed(1)},${atY(value).toFixed(1)}`).join(" ")}"/>`,
    ...shown.map(
      ([size, value]) => `<circle cx="${atX(size).toFixed(1)}" cy="${atY(value).toFixed(1)}" r="3" fill="#06c"/>`,
    ),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "middle", x),
    text(
      16,
      (TOP + HEIGHT - BOTTOM) / 2,
      "middle",
      y,
      ` transform="rotate(-90 16 ${((TOP + HEIGHT - BOTTOM) / 2).toFixed(1)})"`,
    ),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${name}: ${y} by ${x}">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
}
