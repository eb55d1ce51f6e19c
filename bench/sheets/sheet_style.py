"""The look of a controller sheet: one A4 page a signal, legible in black and white."""

from typing import Final

STYLE: Final = """
@page{size:A4 portrait;margin:11mm 12mm}
*{box-sizing:border-box}
:root{color-scheme:light;--ink:#111;--soft:#444;--rule:#999;--road:#ddd;--plaza:#e8e8e8;
--go:#00795a;--amber:#e08a00;--red:#777}
html{-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{margin:0;background:#fff;color:var(--ink);font:9pt/1.3 "DejaVu Sans",system-ui,Arial,sans-serif}
.sheet{--k:1;width:186mm;min-height:272mm;margin:0 auto;display:flex;flex-direction:column;gap:calc(2.2mm*var(--k));
font-size:calc(8.6pt*var(--k));break-after:page;page-break-after:always}
.sheet:last-child{break-after:auto;page-break-after:auto}
header{display:flex;justify-content:space-between;gap:6mm;border-bottom:.6mm solid var(--ink);padding-bottom:1.5mm}
h1{font-size:15pt;line-height:1.15;margin:0;overflow-wrap:anywhere}
h2{font-size:1.08em;margin:0 0 .8mm}
p{margin:0}
.soft{color:var(--soft)}
.right{text-align:right;white-space:nowrap}
.big{font-size:12pt;font-weight:700}
table{border-collapse:collapse;line-height:1.12;font-variant-numeric:tabular-nums}
th,td{border:.2mm solid var(--rule);padding:calc(.45mm*var(--k)) 1.2mm;text-align:right;vertical-align:middle}
th{font-weight:600;background:#f0f0f0;line-height:1.1;overflow-wrap:normal!important}
.fill{flex:1}
.below{margin-top:calc(2mm*var(--k))}
.words{text-align:left;overflow-wrap:anywhere}
.middle{text-align:center}
table.wide{width:100%}
.beside{display:flex;gap:5mm;align-items:flex-start;justify-content:space-between}
.beside>*{min-width:0}
figure{margin:0}
figure.plan{flex:0 0 58mm}
.plan svg{width:58mm;height:58mm;border:.2mm solid var(--rule)}
.stages{display:flex;flex-wrap:wrap;gap:2mm}
.stages figure{text-align:center}
.stages svg{width:calc(27mm*var(--k));height:calc(27mm*var(--k));border:.2mm solid var(--rule)}
svg{display:block}
.diagram svg{width:186mm;height:auto}
svg text{fill:var(--ink);font:10px "DejaVu Sans",system-ui,Arial,sans-serif}
svg .small{font-size:8.5px}
svg .tag{font-weight:700;font-size:9.5px}
svg .strong{font-weight:700}
svg .inverse{fill:#fff;font-weight:700;font-size:9px}
.road{fill:none;stroke:var(--road);stroke-linecap:butt}
.plaza{fill:var(--plaza)}
.way{fill:none;stroke:#555;stroke-width:1.4}.way-head{fill:#555}
.way-red{fill:none;stroke:#aaa;stroke-width:.8}
.way-go{fill:none;stroke:var(--go);stroke-width:4}.way-go-head{fill:var(--go)}
.way-yield{fill:none;stroke:var(--go);stroke-width:2.6;stroke-dasharray:6 4}.way-yield-head{fill:var(--go)}
.badge{fill:#fff;stroke:#111;stroke-width:1}
.grid{stroke:#ddd;stroke-width:1}
.turn{stroke:#111;stroke-width:1;stroke-dasharray:4 3}
.lamp-red{stroke:var(--red);stroke-width:2}
.bar{stroke:#111;stroke-width:.8}
.notes{border-top:.2mm solid var(--rule);padding-top:1mm}
.hash{font:.92em "DejaVu Sans Mono",ui-monospace,monospace;overflow-wrap:anywhere}
footer{margin-top:auto;display:grid;grid-template-columns:repeat(3,1fr);gap:6mm;padding-top:1mm}
footer div{border-bottom:.3mm solid var(--ink);height:12mm;font-size:7.5pt;color:var(--soft)}
@media screen{body{background:#ccc}.sheet{background:#fff;padding:11mm 12mm;width:210mm;
min-height:297mm;margin:6mm auto}}
"""
