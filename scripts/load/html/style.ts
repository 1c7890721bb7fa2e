/** The look of the report: the tokens of the pages, light and dark, on screen and on paper. */
export const STYLE = `
:root { color-scheme: light dark;
  --ground: #fff; --band: #f2f4f6; --line: #c9cfd6; --edge: #16191d; --ink: #16191d; --ink-2: #454d57; --outline: #16191d;
  --r1: #0072b2; --r1-on: #fff; --r2: #e69f00; --r3: #009e73; --r4: #cc79a7; --r5: #56b4e9; --r-on: #16191d;
  --broken: #d55e00; --broken-ink: #b34a00; --broken-wash: #fdf0e6;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #12161c; --band: #1b2129; --line: #3a444f; --edge: #cfd6dd; --ink: #f1f4f7; --ink-2: #b9c2cc; --outline: #0b0e12;
  --r1: #3d9bd6; --r1-on: #12161c; --broken: #ff7a1a; --broken-ink: #ff9a4d; --broken-wash: #33200f; } }
* { box-sizing: border-box; margin: 0; }
html { font-size: clamp(16px, 0.55vw + 10px, 24px); -webkit-text-size-adjust: 100%; }
body { background: var(--ground); color: var(--ink); line-height: 1.45; font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
  font-family: -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, Ubuntu, Cantarell, "Noto Sans", "Liberation Sans", Arial, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: clamp(1.6rem, 5vw, 2.5rem); line-height: 1.15; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; }
p, li { max-width: 44rem; }
p + p, .scroll + p { margin-top: .5rem; }
.top { display: flex; gap: 1rem; align-items: flex-start; }
.mark { width: 3.25rem; height: 3.25rem; flex: none; overflow: visible; }
.note { color: var(--ink-2); }
.lead { margin-top: .5rem; font-size: 1.1rem; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem; margin: 1.5rem 0 0; padding: 0; }
.numbers div { border-top: 3px solid var(--edge); padding-top: .5rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.numbers dd { font-size: 3rem; font-weight: 700; line-height: 1; margin: 0; }
.numbers dd small { font-size: 1.1rem; font-weight: 400; color: var(--ink-2); }
.numbers .bad { border-color: var(--broken); }
.numbers .bad dd { color: var(--broken-ink); }
.scroll { overflow-x: auto; }
:focus-visible { outline: 3px solid var(--r1); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: middle; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
td.n, th.n { text-align: right; white-space: nowrap; }
tbody th { white-space: nowrap; }
.chart { min-width: 38rem; display: grid; grid-template-columns: 4.5rem 1fr 5.5rem; row-gap: .25rem; }
.plot { position: relative; grid-column: 2; border-bottom: 1.5px solid var(--ink-2); }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.plot.flags { height: 4rem; border: 0; } .plot.carts { height: 9rem; margin-top: .6rem; } .plot.answers { height: 8rem; margin-top: 1.25rem; } .plot.errors { height: 3rem; margin-top: 1.25rem; }
.plot.axis { height: 1.5rem; border: 0; }
.at { position: absolute; font-size: .8125rem; line-height: 1; white-space: nowrap; color: var(--ink-2); }
.at.y { right: calc(100% + .5rem); transform: translateY(50%); }
.at.x { top: .35rem; transform: translateX(-50%); } .at.x.first { transform: none; } .at.x.last { transform: translateX(-100%); }
.at.end { left: calc(100% + .4rem); transform: translateY(50%); color: var(--ink); } .at.end.bad { color: var(--broken-ink); font-weight: 700; }
.lane { grid-column: 1; font-size: .8125rem; line-height: 1.2; color: var(--ink); font-weight: 600; padding-right: .5rem; }
.title { grid-column: 1 / -1; font-size: .875rem; font-weight: 600; margin-top: .75rem; }
.title span { font-weight: 400; color: var(--ink-2); }
.flag { position: absolute; transform: translateX(-50%); min-width: 1.6rem; padding: .15rem .35rem; text-align: center; font-size: .8125rem; font-weight: 700;
  line-height: 1.1; background: var(--ink); color: var(--ground); border-radius: 4px; }
.pole { position: absolute; width: 1px; border-left: 1.5px solid var(--ink); }
.plot .zig { position: absolute; top: 0; height: 100%; width: 9px; margin-left: -4.5px; inset: auto; }
.legend { list-style: none; padding: 0; margin-top: 1rem; display: grid; gap: .35rem; }
.legend li { display: grid; grid-template-columns: 1.9rem 5rem 1fr; gap: .5rem; align-items: baseline; max-width: none; }
.legend .flag, .legend .k { position: static; transform: none; }
.bad-text { color: var(--broken-ink); font-weight: 600; }
.badge { display: inline-grid; place-items: center; width: 1.7em; height: 1.7em; border: 2px solid var(--outline); border-radius: 4px; font-weight: 700; margin-right: .4rem;
  background: var(--ground); color: var(--ink); }
.r1 { background: var(--r1); color: var(--r1-on); } .r2 { background: var(--r2); color: var(--r-on); } .r3 { background: var(--r3); color: var(--r-on); }
.r4 { background: var(--r4); color: var(--r-on); } .r5 { background: var(--r5); color: var(--r-on); } .r0 { border-color: var(--edge); }
.bar { height: 1rem; min-width: 2px; border: 1.5px solid var(--edge); border-radius: 2px; }
.bar.r2 { background: repeating-linear-gradient(45deg, var(--r2) 0 6px, var(--r-on) 6px 7px); }
.bar.r3 { background: radial-gradient(circle at 3px 3px, var(--r-on) 1.2px, var(--r3) 1.4px) 0 0 / 6px 6px; }
.wide { width: 45%; min-width: 6rem; }
.witness { border: 1.5px solid var(--line); border-radius: 8px; padding: 1rem; margin-top: 1rem; break-inside: avoid; }
.witness h3 { display: flex; gap: .5rem; align-items: flex-start; }
.witness h3 .mark { width: 1.6rem; height: 1.6rem; }
.steps { list-style: none; padding: 0; margin-top: .75rem; }
.steps li { display: grid; grid-template-columns: 4.5rem 1fr 1.2fr; gap: .25rem 1rem; padding: .4rem .5rem; border-top: 1px solid var(--line); max-width: none; }
.steps li.wrong { background: var(--broken-wash); border-top: 2px solid var(--broken); }
.steps .heads { font-size: .8125rem; color: var(--ink-2); border: 0; }
.life { white-space: nowrap; font-size: .875rem; color: var(--ink-2); }
.wrong .life { color: var(--ink); }
.gone { text-decoration: line-through; text-decoration-thickness: 2px; color: var(--broken-ink); }
code { font-family: var(--mono); font-size: .9em; }
pre { background: var(--band); border-radius: 6px; padding: .75rem 1rem; white-space: pre-wrap; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin-top: 1rem; }
dl.facts dt { color: var(--ink-2); } dl.facts dd { margin: 0; }
summary { cursor: pointer; margin-top: 1rem; min-height: 1.75rem; }
.warn { border-left: 4px solid var(--edge); padding: .25rem 0 .25rem 1rem; margin-top: 1rem; }
@media (max-width: 40rem) {
  .steps li { grid-template-columns: 1fr; } .steps .heads { display: none; }
  .steps [data-who]::before { content: attr(data-who) ": "; color: var(--ink-2); font-size: .875rem; }
  .legend li { grid-template-columns: 1.9rem 1fr; } .legend li > :last-child { grid-column: 2; }
  .wide { display: none; } dl.facts { grid-template-columns: 1fr; } dl.facts dd { margin-bottom: .5rem; } }
@media print {
  @page { margin: 14mm; } html { font-size: 10.5pt; } main { max-width: none; padding: 0; } .scroll { overflow: visible; } .chart { min-width: 0; }
  h2 { break-after: avoid; } .keep, tr { break-inside: avoid; } details:not([open]) { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
@media print and (prefers-color-scheme: dark) { :root { --ground: #fff; --band: #f2f4f6; --line: #c9cfd6; --edge: #16191d; --ink: #16191d; --ink-2: #454d57; --outline: #16191d;
  --r1: #0072b2; --r1-on: #fff; --broken: #d55e00; --broken-ink: #b34a00; --broken-wash: #fdf0e6; } }
`;
