"""The look of a report: colours that the colour-blind can tell apart, light and dark, wide and narrow."""

from typing import Final

STYLE: Final = """
:root{--bg:#fbfbf9;--card:#fff;--ink:#1c2126;--soft:#5a646e;--rule:#dfe3e6;--grid:#e8ebed;
--s0:#6b7680;--s1:#c2571a;--s2:#0067a8;--s3:#00795a;--s4:#a3467d;--s5:#8a6d00;--s6:#7b4fc9;--s7:#a8323e;
--go:#00795a;--yield:#49a98c;--amber:#e08a00;--red:#b9c0c6;--road:#d5dade;--plaza:#e6e9eb;--best:#e6f1f8}
@media (prefers-color-scheme:dark){:root{
--bg:#14181b;--card:#1b2024;--ink:#e8ebee;--soft:#a0abb5;--rule:#333b42;
--grid:#2a3137;--s0:#a8b2bb;--s1:#f0955c;--s2:#5fb4ea;--s3:#4cc7a0;--s4:#dd93bd;--s5:#d9bf52;--s6:#b79bf0;--s7:#ef8a93;
--go:#35b58f;--yield:#2b8a6d;--amber:#f5a93b;--red:#566069;--road:#3a434a;--plaza:#2b3238;--best:#1d3242}}
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"DejaVu Sans",sans-serif}
main{max-width:1200px;margin:0 auto;padding:28px 20px 64px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:44px 0 4px}
h3{font-size:1rem;margin:26px 0 4px}
p{margin:6px 0;max-width:74ch}
.soft,figcaption{color:var(--soft);font-size:.9rem}
.verdict{font-size:1.12rem;margin:16px 0 14px;max-width:66ch}
section>figure,.card{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:14px;
margin:12px 0}
figure{margin:0}
figcaption{margin-top:8px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:8px 10px;text-align:right;border-bottom:1px solid var(--rule);vertical-align:baseline}
th{font-weight:600;font-size:.85rem;color:var(--soft)}
th small{font-weight:400;white-space:nowrap}
tbody th{font-size:1rem;color:var(--ink);white-space:nowrap}
th:first-child,td.words,th.words{text-align:left}
tbody tr:last-child>*{border-bottom:0}
td.best{font-weight:700;background:var(--best)}
td small{color:var(--soft);font-weight:400;white-space:nowrap}
.scroll{overflow-x:auto}
.key{display:inline-block;width:22px;height:0;border-top:3px solid;vertical-align:middle;margin-right:8px}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin:0 0 10px;padding:0;list-style:none;font-size:.9rem}
svg{display:block;width:100%;height:auto;
font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
svg text{fill:var(--ink)}
.narrow{display:none}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:14px}
.stages{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:16px}
.stages table{font-size:.82rem}
.stages th,.stages td{padding:1px 4px;border:0;font-size:.82rem;font-weight:400;color:var(--soft)}
.stages svg{background:var(--bg);border:1px solid var(--rule);border-radius:8px}
svg .tick,svg .unit{fill:var(--soft);font-size:12px}
svg .strong{fill:var(--ink);font-weight:700}
svg .panel-title,svg .block-title{font-weight:600;font-size:13px}
svg .name{font-weight:600;font-size:13px}
.grid{stroke:var(--grid);stroke-width:1}
.axis{stroke:var(--soft);stroke-width:1}
.line{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
.s0{stroke:var(--s0);stroke-dasharray:7 4}.s1{stroke:var(--s1);stroke-dasharray:2 4}.s2{stroke:var(--s2)}
.s3{stroke:var(--s3);stroke-dasharray:10 3 2 3}.s4{stroke:var(--s4);stroke-dasharray:4 2}.s5{stroke:var(--s5)}
.s6{stroke:var(--s6);stroke-dasharray:9 3}.s7{stroke:var(--s7);stroke-dasharray:1 3}
svg .fill-s0{fill:var(--s0)}svg .fill-s1{fill:var(--s1)}svg .fill-s2{fill:var(--s2)}
svg .fill-s3{fill:var(--s3)}svg .fill-s4{fill:var(--s4)}svg .fill-s5{fill:var(--s5)}
svg .fill-s6{fill:var(--s6)}svg .fill-s7{fill:var(--s7)}
.key.s0{border-color:var(--s0);border-top-style:dashed}.key.s1{border-color:var(--s1);border-top-style:dotted}
.key.s2{border-color:var(--s2)}.key.s3{border-color:var(--s3)}.key.s4{border-color:var(--s4)}
.key.s5{border-color:var(--s5)}.key.s6{border-color:var(--s6)}.key.s7{border-color:var(--s7)}
.lamp-go{fill:var(--go)}.lamp-yield{fill:var(--yield)}.lamp-amber{fill:var(--amber)}
.lamp-red{stroke:var(--red);stroke-width:1.5}
.swatch{display:inline-block;width:22px;margin-right:8px;vertical-align:middle}
.swatch.go{height:11px;background:var(--go)}.swatch.gives{height:6px;background:var(--yield)}
.swatch.change{height:6px;width:8px;background:var(--amber)}
.swatch.stop{height:0;border-top:2px solid var(--red)}
.road{fill:none;stroke:var(--road)}
.plaza{fill:var(--plaza)}
.way-red{fill:none;stroke:var(--red);stroke-width:1;opacity:.7}
.way-go{fill:none;stroke:var(--go);stroke-width:3.4}.way-go-head{fill:var(--go)}
.way-yield{fill:none;stroke:var(--go);stroke-width:2;stroke-dasharray:5 3}.way-yield-head{fill:var(--go)}
svg .stage-letter{font-size:17px;font-weight:700}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:4px 18px;margin:8px 0;font-size:.92rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
code{font:0.9em ui-monospace,"DejaVu Sans Mono",monospace;
background:var(--grid);padding:1px 5px;border-radius:4px}
@media (min-width:641px){.cards td{white-space:nowrap}}
@media (max-width:640px){main{padding:20px 14px 48px}.wide{display:none}.narrow{display:block}
h1{font-size:1.35rem}section>figure,.card{padding:10px}
.cards thead{position:absolute;left:-9999px}
.cards tbody,.cards tr,.cards td,.cards th{display:block}
.cards tr{padding:10px 0;border-bottom:1px solid var(--rule)}.cards tr:last-child{border-bottom:0}
.cards tbody th{border:0;padding:2px 4px;text-align:left}
.cards td{border:0;padding:3px 4px;display:flex;justify-content:space-between;gap:12px;text-align:right}
.cards td::before{content:attr(data-name);color:var(--soft);font-weight:400;text-align:left}
dl{grid-template-columns:1fr}dt{margin-top:8px}}
@media print{body{background:#fff}section>figure,.card{break-inside:avoid}}
"""
