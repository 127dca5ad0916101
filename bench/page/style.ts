/** The page's style sheet: light and dark, and the colours of the sides. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1b2330; --soft: #5b6675; --faint: #8a94a3; --rule: #e3e7ec; --grid: #edf0f3;
  --good: #147a4b; --good-back: #e3f4eb; --bad: #b3261e; --bad-back: #fcebe9; --none: #6a7482; --none-back: #eef0f3;
  --side-0: #0b6bcb; --side-1: #0a9396; --side-2: #d1660a; --side-3: #a63d6b; --side-4: #7a5195; --side-5: #5f7f1e; --side-6: #8a6d3b; --side-7: #64748b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f141b; --card: #171e27; --text: #e6ebf1; --soft: #a4b0be; --faint: #75818f; --rule: #28323d; --grid: #222b35;
    --good: #5fd39b; --good-back: #14332a; --bad: #ff8f86; --bad-back: #3a1f1f; --none: #a4b0be; --none-back: #232c36;
    --side-0: #58a6ff; --side-1: #3ec9c3; --side-2: #ff9f4a; --side-3: #f07fae; --side-4: #b79bf0; --side-5: #a3c85a; --side-6: #d3b277; --side-7: #94a3b8;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
header { margin-bottom: 1.75rem; }
h1 { font-size: clamp(1.7rem, 4vw, 2.4rem); line-height: 1.15; letter-spacing: -.02em; margin: 0 0 .4rem; }
h2 { font-size: 1.35rem; letter-spacing: -.01em; margin: 3rem 0 .2rem; }
h3 { font-size: 1rem; line-height: 1.35; margin: 0 0 .6rem; }
p { margin: .3rem 0; }
.soft { color: var(--soft); font-size: .92rem; }
code { font: .86em ui-monospace, "DejaVu Sans Mono", monospace; background: var(--grid); border-radius: 4px; padding: .1em .35em; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 1rem; margin: 1.5rem 0 0; }
.tile { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 1rem 1.1rem; }
.tile b { display: block; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.02em; font-variant-numeric: tabular-nums; color: var(--c, var(--text)); }
.tile span { display: block; color: var(--soft); font-size: .88rem; line-height: 1.4; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 1rem; margin: 1rem 0; align-items: start; }
figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 1.1rem 1.2rem; min-width: 0; }
figure.wide { grid-column: 1 / -1; }
figcaption { color: var(--soft); font-size: .84rem; line-height: 1.45; margin-top: .6rem; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font-size: 13px; fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .name { fill: var(--text); font-weight: 600; }
svg .side { fill: var(--c); font-weight: 600; }
svg .axis { fill: var(--faint); }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .base { stroke: var(--rule); stroke-width: 1; }
svg .area { fill: var(--c); fill-opacity: .22; stroke: var(--c); stroke-width: 1.25; stroke-linejoin: round; }
svg .fill { fill: var(--c); }
svg .pale { fill: var(--c); fill-opacity: .16; }
svg .line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
svg .dashed { stroke-dasharray: 6 5; }
svg .thin { stroke: var(--c); stroke-width: 1.5; }
svg .reach { stroke: var(--c); stroke-width: 4; stroke-opacity: .3; stroke-linecap: round; }
svg .median { stroke: var(--c); stroke-width: 2; }
svg .hollow { fill: var(--card); stroke: var(--c); stroke-width: 2; }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .86rem; color: var(--soft); margin: 0 0 .5rem; padding: 0; list-style: none; }
.key li::before { content: ""; display: inline-block; width: .7em; height: .7em; border-radius: 3px; background: var(--c); margin-right: .45em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th { text-align: left; font-weight: 600; color: var(--soft); white-space: nowrap; }
th, td { padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.badge { display: inline-block; border-radius: 99px; padding: .02rem .6rem; font-size: .8rem; font-weight: 600; white-space: nowrap; background: var(--none-back); color: var(--none); }
.badge.held { background: var(--good-back); color: var(--good); }
.badge.missed { background: var(--bad-back); color: var(--bad); }
.dot { display: inline-block; width: .65em; height: .65em; border-radius: 3px; background: var(--c); margin-right: .5em; }
details { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: .7rem 1.2rem; margin: 1rem 0; }
summary { cursor: pointer; font-weight: 600; font-size: .95rem; }
details ul { padding-left: 1.2rem; font-size: .9rem; color: var(--soft); }
.meter { height: 6px; min-width: 90px; border-radius: 3px; background: var(--grid); position: relative; margin-top: .5rem; }
.meter i { position: absolute; inset: 0 auto 0 0; border-radius: 3px; background: var(--good); }
.meter.missed i { background: var(--bad); }
footer { color: var(--faint); font-size: .85rem; margin-top: 3rem; }
@media (max-width: 560px) { main { padding: 1.5rem .8rem 3rem; } figure { padding: .9rem; } svg text { font-size: 15px; } }
@media print { body { background: #fff; } figure, .tile { break-inside: avoid; } }
`;
