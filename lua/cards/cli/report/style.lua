--- How a report looks: light and dark as the reader's system has it, on any width, and on paper.
-- Colours that mean something can be told apart by who does not see red and green alike; the lines of percentiles differ in their dashes, too.

return [[
:root {
  color-scheme: light dark;
  --ground: #f4f6f8; --paper: #fff; --ink: #17212b; --soft: #566270; --line: #e2e7ec; --hover: #17212b12;
  --ok: #0072b2; --area: #3a8cc2; --bad: #d55e00; --bad-ink: #a84300; --held: #7b5ea7; --p95: #a8437d; --p99: #5c6773; --good-ink: #1c6b45;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1317; --paper: #171c22; --ink: #e4e9ee; --soft: #9aa7b4; --line: #2b333c; --hover: #e4e9ee1a;
    --ok: #56aee4; --area: #3d8cc4; --bad: #f08a4b; --bad-ink: #f5a06a; --held: #b79be0; --p95: #e38fc0; --p99: #aab6c2; --good-ink: #7fd0a5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 2.5rem 1.5rem; background: var(--ground); color: var(--ink);
  font: .9375rem/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums;
}
h1, h2, p, dl, dd, ul { margin: 0; padding: 0; }
header { margin: 0 .25rem 1.5rem; }
.over { color: var(--soft); font-size: .8125rem; letter-spacing: .02em; }
h1 { font-size: 1.75rem; line-height: 1.25; font-weight: 650; letter-spacing: -.015em; overflow-wrap: anywhere; }
.period { margin-top: .25rem; color: var(--soft); }
.ended { font-weight: 600; color: var(--ink); }
.ended.well { color: var(--good-ink); }
.ended.badly { color: var(--bad-ink); }
h2 { font-size: 1.0625rem; font-weight: 650; letter-spacing: -.005em; }
.about, .none { color: var(--soft); font-size: .8125rem; }
.none { padding: 1rem 0 .25rem; font-size: .9375rem; }
main { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; }
section { grid-column: 1 / -1; min-width: 0; padding: 1.25rem 1.5rem; background: var(--paper); border: 1px solid var(--line); border-radius: .625rem; }
.half { grid-column: auto; }

/* the figures at the top */
.share { display: block; width: 100%; height: .5rem; margin-bottom: 1.25rem; border-radius: .25rem; background: var(--line); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1.25rem 1.5rem; }
.figures dt { color: var(--soft); font-size: .8125rem; }
.figures dd { font-size: 1.625rem; line-height: 1.25; font-weight: 600; letter-spacing: -.02em; white-space: nowrap; }
.figures small { display: block; color: var(--soft); font-size: .8125rem; font-weight: 400; letter-spacing: 0; min-height: 1.5em; white-space: normal; }

/* charts */
.plot { display: block; overflow: visible; height: 14rem; width: calc(100% - 4.5rem); margin: 1rem .5rem 2rem 4rem; }
.plot.marked { margin-top: 3.5rem; height: 12rem; }
.plot > svg { overflow: hidden; }
.plot text { fill: var(--soft); font-size: .75rem; }
.plot .y text { text-anchor: end; }
.plot .x text { text-anchor: middle; }
.plot .x svg { overflow: visible; }
.plot .y line { stroke: var(--line); shape-rendering: crispEdges; }
.plot .y line:first-child, .plot .x line { stroke: var(--soft); shape-rendering: crispEdges; }
path.ok, rect.ok { fill: var(--area); }
path.bad, rect.bad { fill: var(--bad); }
path.held, rect.held { fill: var(--held); }
path.ok, path.bad, path.held { shape-rendering: crispEdges; }
.p50, .p95, .p99 { fill: none; stroke: var(--ok); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; stroke-linecap: round; }
.p95 { stroke: var(--p95); stroke-width: 1.5; stroke-dasharray: 6 3; }
.p99 { stroke: var(--p99); stroke-width: 1.5; stroke-dasharray: 1.5 3.5; }
.plot text.p50, .plot text.p95, .plot text.p99 { fill: var(--ink); stroke: none; }
.breaks rect { fill: var(--ground); }
.tips rect { fill: transparent; }
.tips rect:hover { fill: var(--hover); }
.legend { display: flex; flex-wrap: wrap; gap: .125rem 1.25rem; margin-top: .75rem; list-style: none; font-size: .8125rem; }
.legend li { fill: inherit; stroke: none; }
.legend svg { width: 18px; height: 12px; margin-right: .4rem; vertical-align: -1px; overflow: visible; }
.legend path { fill: none; stroke: inherit; }
.legend .ok path, .legend .bad path { stroke: var(--area); stroke-width: 10; }
.legend .bad path { stroke: var(--bad); }
.legend .p50 path { stroke: var(--ok); stroke-width: 2; }
.legend .p95 path { stroke: var(--p95); stroke-width: 1.5; stroke-dasharray: 6 3; }
.legend .p99 path { stroke: var(--p99); stroke-width: 1.5; stroke-dasharray: 1.5 3.5; }
.legend b { font-weight: 600; }

/* tables */
table { width: 100%; margin-top: .75rem; border-collapse: collapse; font-size: .875rem; }
caption, .spoken { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
tr:last-child > * { border-bottom: 0; }
thead th { color: var(--soft); font-size: .8125rem; border-bottom-color: var(--soft) !important; white-space: nowrap; }
tbody th { overflow-wrap: anywhere; }
.n { text-align: right; white-space: nowrap; }
.n + :not(.n, .b) { padding-left: .75rem; }
.b { width: 30%; }
.soft, td small, th small { color: var(--soft); }
th small { display: block; font-size: .75rem; }
.bar { display: block; width: 100%; height: .625rem; margin-top: .35rem; }
details { margin-top: .25rem; border-top: 1px solid var(--line); }
summary { width: max-content; padding: .5rem 0 0; color: var(--soft); font-size: .8125rem; cursor: pointer; }
summary:hover { color: var(--ink); }
:focus-visible { outline: 2px solid var(--ok); outline-offset: 2px; border-radius: 2px; }
.scroll { max-height: 20rem; overflow: auto; position: relative; }
.scroll thead th { position: sticky; top: 0; background: var(--paper); }
.scroll table { margin-top: 0; max-width: 44rem; }
.notes { margin-top: .75rem; padding-left: 1.1rem; font-size: .875rem; }
.notes li { margin-top: .25rem; overflow-wrap: anywhere; }
footer { margin: 1.5rem .25rem 0; color: var(--soft); font-size: .8125rem; }

@media (max-width: 56rem) { .half { grid-column: 1 / -1; } }
@media (max-width: 40rem) {
  body { padding: 1.5rem .75rem; }
  section { padding: 1rem; }
  h1 { font-size: 1.375rem; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; }
  .figures dd { font-size: 1.375rem; }
  .plot { height: 11rem; width: calc(100% - 3.75rem); margin-left: 3.5rem; margin-right: .25rem; }
  .plot .x .other text { display: none; }
  .wide { display: none; }
  .b { width: 20%; }
  th, td { padding-right: .5rem; }
}
@media print {
  :root {
    --ground: #fff; --paper: #fff; --ink: #000; --soft: #444; --line: #ccc; --ok: #0072b2; --area: #3a8cc2; --area: #3a8cc2;
    --bad: #d55e00; --bad-ink: #a84300; --held: #7b5ea7;
    --p95: #a8437d; --p99: #5c6773; --good-ink: #1c6b45;
  }
  body { padding: 0; max-width: none; font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  section { padding: .75rem 0; border: 0; border-top: 1px solid var(--line); border-radius: 0; break-inside: avoid; }
  details:not([open]) { display: none; }
  .scroll { max-height: none; }
}
]]
