"""What the pages of the bench add to the look of a report."""

from typing import Final

MORE_STYLE: Final = """
:root{--m0:#d3dde3;--m1:#a9c8dd;--m2:#f3d36b;--m3:#f0a13a;--m4:#d9572b;--m5:#8f1d2c;--drive:#38434d}
@media (prefers-color-scheme:dark){:root{--m0:#3b4750;--m1:#44718f;--m2:#b39a3c;--m3:#e0943a;--m4:#f0663a;--m5:#ff9aa5;
--drive:#b9c3cc}}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:.9rem;margin:0 0 18px}
a{color:var(--s2)}
.pair{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:18px 26px;align-items:start}
.pane h4{font-size:.9rem;margin:0 0 4px;font-weight:600}
.chart{max-width:620px}
ul.plain{margin:8px 0 14px;padding-left:1.2em;max-width:80ch}ul.plain li{margin:5px 0}
tbody.block tr:first-child th{padding-top:16px;border-bottom:1px solid var(--rule);color:var(--ink)}
tbody.block th small{color:var(--soft);font-weight:400}
.wide-scroll{overflow-x:auto}.verdicts{font-size:.92rem}.verdicts td,.verdicts th{padding:7px 5px}
.verdicts tbody th{font-size:.95rem}
td.better{color:var(--go);font-weight:600}td.worse{color:var(--s7);font-weight:600}
td.lost{color:var(--s7)}
.flag{color:var(--s7);font-weight:600}
.warn{border-left:4px solid var(--amber);padding:8px 12px;background:var(--card);max-width:86ch}
details>summary{cursor:pointer;color:var(--soft);margin:8px 0}
.seed{fill:none;stroke-width:7;stroke-linecap:round;opacity:.75}
.plain{stroke-dasharray:none}
.ci{opacity:.28}
.fs0{fill:var(--s0)}.fs1{fill:var(--s1)}.fs2{fill:var(--s2)}.fs3{fill:var(--s3)}.fs4{fill:var(--s4)}.fs5{fill:var(--s5)}
.fs6{fill:var(--s6)}.fs7{fill:var(--s7)}
.mean{stroke:var(--ink);stroke-width:2}.target{stroke-dasharray:5 4}
span.better{color:var(--go);font-weight:600}span.worse{color:var(--s7)}
.whisker{stroke-width:1.5;opacity:.6}
svg .plain,svg .seed.plain,svg .whisker.plain{stroke-dasharray:none}
.band{fill:var(--go);opacity:.2}
.drive{fill:none;stroke:var(--drive);stroke-width:.9;opacity:.8;stroke-linejoin:round}
.shown-red{stroke:var(--s7);stroke-width:1.6;opacity:.75}
.shown-green{fill:none;stroke:var(--go);stroke-width:5}.shown-amber{fill:none;stroke:var(--amber);stroke-width:5}
.begin-green{fill:none;stroke:var(--go);stroke-width:1.8}.end-green{fill:none;stroke:var(--s7);stroke-width:1.8}
.arrival{fill:none;stroke-width:4;stroke-linecap:round}
.on-green{stroke:var(--go)}.on-amber{stroke:var(--amber)}.on-red{stroke:var(--s7)}
.street{fill:none;stroke:var(--rule);stroke-width:1.4}
.late{fill:none;stroke-width:3.2;stroke-linecap:round}
.m0{stroke:var(--m0)}.m1{stroke:var(--m1)}.m2{stroke:var(--m2)}.m3{stroke:var(--m3)}.m4{stroke:var(--m4)}.m5{stroke:var(--m5)}
.chip{display:inline-block;width:22px;height:10px;border-radius:2px;margin-right:8px;vertical-align:middle}
.chip.m0{background:var(--m0)}.chip.m1{background:var(--m1)}.chip.m2{background:var(--m2)}.chip.m3{background:var(--m3)}
.chip.m4{background:var(--m4)}.chip.m5{background:var(--m5)}
.chip.green{background:var(--go)}.chip.amber{background:var(--amber)}.chip.red{background:var(--s7)}
.chip.starts{height:2px;background:var(--go)}.chip.ends{height:2px;background:var(--s7)}
.chip.through{background:var(--go);opacity:.3}.chip.vehicle{background:var(--drive);height:2px}
.scroll td,.scroll th{white-space:nowrap}.scroll td.words{white-space:normal}
.scroll tbody td:first-child{position:sticky;left:0;background:var(--card);min-width:9rem;max-width:40vw}
.big{font-size:1.35rem;font-weight:700}
@media (max-width:640px){tbody.block tr:first-child{border-bottom:0;padding-bottom:0}
tbody.block tr:first-child th{font-size:1.05rem}.seed{stroke-width:9}
.verdicts td.none{display:none}.pair svg .tick,.pair svg .unit{font-size:15px}}
@media print{details{display:block}nav{display:none}}
"""
