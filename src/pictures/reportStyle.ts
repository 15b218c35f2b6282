/** How reports look: one column, wide things scroll by themselves, colours of the reader's light or dark mode. */
import { classColor, hexOf } from './color.js';

export function reportStyle(): string {
  return `
:root {
  --paper: ${hexOf('paper')}; --ink: ${hexOf('ink')}; --muted: ${hexOf('muted')}; --grid: ${hexOf('grid')};
  --card: #f4f5f8; --warning: #fff3e0; --bar: ${hexOf(classColor(0))};
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171b; --ink: #e7e9ed; --muted: #9ba2ae; --grid: #30343c;
    --card: #1f2228; --warning: #3a2a10; --bar: #6f9ceb;
  }
  /* Dark colours of series and classes would drown. */
  svg image, svg polyline, svg circle, svg text:not([class]) { filter: brightness(1.4); }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
}
main { max-width: 940px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 16px 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 48px 0 12px; padding-bottom: 6px; border-bottom: 1px solid var(--grid); }
header p { font-size: 1.06rem; max-width: 46em; }
small { color: var(--muted); font-size: 0.85rem; }
.numbers { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; margin: 24px 0; }
.numbers div { background: var(--card); border-radius: 8px; padding: 12px 14px; }
.numbers dt { color: var(--muted); font-size: 0.85rem; }
.numbers dd { margin: 2px 0 0; font-size: 1.4rem; font-weight: 600; overflow-wrap: anywhere; }
.numbers small { display: block; font-weight: 400; }
.warnings { background: var(--warning); border-radius: 8px; padding: 14px 18px; }
.warnings h2 { margin: 0; border: 0; font-size: 1.05rem; padding: 0; }
ul { margin: 8px 0; padding-left: 1.2em; }
li { overflow-wrap: anywhere; }
figure { margin: 20px 0 32px; overflow-x: auto; }
figure img { display: block; max-width: 100%; height: auto; border-radius: 6px; }
figure svg { display: block; width: 100%; min-width: 620px; height: auto; }
figcaption { color: var(--muted); font-size: 0.9rem; margin-top: 8px; position: sticky; left: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.95rem; }
th, td { text-align: left; vertical-align: top; padding: 5px 18px 5px 0; border-bottom: 1px solid var(--grid); overflow-wrap: anywhere; }
tbody th { font-weight: 400; color: var(--muted); }
thead th { font-weight: 600; }
td { font-variant-numeric: tabular-nums; }
.number { text-align: right; }
.bar { width: 260px; vertical-align: middle; }
.bar i { display: block; height: 10px; border-radius: 2px; background: var(--bar); }
pre { background: var(--card); border-radius: 8px; padding: 14px 16px; overflow-x: auto; font-size: 0.9rem; }
.fill-ink { fill: var(--ink); } .fill-muted { fill: var(--muted); } .fill-grid { fill: var(--grid); }
.fill-paper { fill: none; } .stroke-muted { stroke: var(--muted); }
`;
}
