import { createHash } from 'node:crypto';

/** The whole look, inline: no file to fetch, no build. Text contrast is 4.5:1 or more in both schemes. */
export const css = `
:root{color-scheme:light dark;--paper:#fbfbf9;--card:#fff;--ink:#1c2430;--soft:#57606c;--faint:#68717c;--line:#e3e5e1;--link:#0b5c8a;
--passed:#2f8f6b;--waiting:#b07c0e;--parked:#b4552d;--rejected:#9aa3ad;--rest:#ebece8;--warm:#fdf3e1;--warm-line:#e5c277;--calm:#eaf5ef;
--d0:#0f5f80;--d1:#1f7a8c;--d2:#2f8f8a;--d3:#45a383;--d4:#66b77b}
@media(prefers-color-scheme:dark){:root{--paper:#12161b;--card:#191f26;--ink:#e8eaed;--soft:#a9b3bf;--faint:#8d97a3;--line:#2a323c;--link:#7cc4ee;
--passed:#4bb58b;--waiting:#d9a83a;--parked:#dd7d52;--rejected:#66717d;--rest:#27303a;--warm:#2b2413;--warm-line:#7a6124;--calm:#15261f;
--d0:#3b8fb3;--d1:#3f9fae;--d2:#47aca6;--d3:#59ba9c;--d4:#79c894}}
*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:72rem;padding:0 1.25rem 5rem}
a{color:var(--link);text-underline-offset:.2em}
a:focus-visible,.frame:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem 1rem;z-index:1}
header{display:flex;flex-wrap:wrap;gap:.25rem 2rem;align-items:baseline;justify-content:space-between;padding:2.5rem 0 .5rem}
h1{font-size:1.6rem;line-height:1.2;margin:0;letter-spacing:-.01em}
h1 .badge{font-size:.8rem;font-weight:500;color:var(--soft);border:1px solid var(--line);border-radius:99px;padding:.15rem .65rem;margin-left:.6rem;vertical-align:.25em;letter-spacing:0;white-space:nowrap}
.languages{display:flex;gap:.9rem}.languages span{font-weight:600}
.when{color:var(--soft);margin:0 0 1.5rem;font-size:.925rem}.when a{white-space:nowrap}
nav.jump{display:flex;flex-wrap:wrap;gap:.4rem 1.4rem;border-bottom:1px solid var(--line);padding-bottom:.9rem;margin-bottom:1.5rem}
nav.jump a{text-decoration:none}nav.jump a:hover{text-decoration:underline}
section{margin-top:3.5rem;scroll-margin-top:1rem}
h2{font-size:1.2rem;margin:0 0 .25rem}h3{font-size:1rem;margin:2rem 0 .5rem}
.note,.registry,.empty{color:var(--soft);margin:0 0 1rem;font-size:.925rem;max-width:46rem}.registry{margin:1rem 0 0}
.attention{background:var(--warm);border:1px solid var(--warm-line);border-radius:12px;padding:1rem 1.25rem;margin:0}
.attention .lead{font-weight:600;margin:0 0 .35rem}.attention ul{margin:0;padding-left:1.2rem}.attention a{color:inherit}
.attention.calm{background:var(--calm);border-color:transparent}
.frame{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.65rem 1rem;vertical-align:top;border-top:1px solid var(--line);font-weight:400}
thead th,thead td{border-top:0;color:var(--soft);font-size:.85rem;vertical-align:bottom}
.text{text-align:left}.whole{white-space:nowrap}.number{text-align:right;white-space:nowrap}tbody th{min-width:9rem}
.strong{font-weight:600}.quiet{color:var(--soft)}.zero{color:var(--faint)}
.funnel{background:var(--card);border:1px solid var(--line);border-radius:12px;border-collapse:separate;border-spacing:0}
.funnel tbody th,.funnel tbody td{border-top:0;padding-top:0;padding-bottom:0;height:2.75rem;vertical-align:middle}
.funnel .drawing{width:45%;padding:0;position:relative}.funnel tfoot th,.funnel tfoot td{padding-top:.9rem;padding-bottom:.9rem}.funnel tbody tr:last-child>*{height:3.25rem}
.slice{position:absolute;inset:0;width:100%;height:100%}.depth-0{fill:var(--d0)}.depth-1{fill:var(--d1)}.depth-2{fill:var(--d2)}.depth-3{fill:var(--d3)}.depth-4{fill:var(--d4)}
.bar{display:block;width:100%;max-width:12rem;height:6px;margin-top:.4rem;border-radius:3px}
.rest{fill:var(--rest)}rect.passed{fill:var(--passed)}rect.waiting{fill:var(--waiting)}rect.parked{fill:var(--parked)}rect.rejected{fill:var(--rejected)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:0 0 .75rem;padding:0;font-size:.85rem;color:var(--soft)}
.key{display:inline-block;width:.7rem;height:.7rem;border-radius:3px;margin-right:.4rem}
.key.passed{background:var(--passed)}.key.waiting{background:var(--waiting)}.key.parked{background:var(--parked)}.key.rejected{background:var(--rejected)}
.code{display:block;font-size:.8rem;color:var(--faint)}code{font:inherit;font-family:ui-monospace,"Cascadia Mono",Menlo,monospace}
.state{white-space:nowrap}.state::before{content:"";display:inline-block;width:.55rem;height:.55rem;border-radius:50%;background:var(--rejected);margin-right:.5rem}
.state.open::before,.state.paid::before,.state.confirmed::before{background:var(--passed)}
.state.unknown::before,.state.returned::before,.state.rejected::before{background:var(--parked)}
.state.held::before,.state.drawn::before,.state.decreed::before,.state.closed::before{background:var(--waiting)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.message{max-width:36rem;margin-top:6rem}
@media(max-width:40rem){th,td{padding:.55rem .6rem}.funnel .drawing{width:28%}.funnel tbody th{min-width:0}header{padding-top:1.5rem}section{margin-top:2.5rem}}
@media print{nav,.skip,.when a{display:none}}
`;

/** The Content-Security-Policy names this very text: no other style and no script runs, not even an injected one. */
export const cssHash = `sha256-${createHash('sha256').update(css).digest('base64')}`;
