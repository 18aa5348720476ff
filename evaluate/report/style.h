// The look of report.html: light or dark as the reader's system is, on paper too. A constant; safe from any thread.

#pragma once

#include <string_view>

namespace shoal {

inline constexpr std::string_view kReportStyle = R"css(
:root{--paper:#fbfcfd;--card:#fff;--ink:#1b2733;--soft:#5d6b7a;--rule:#e2e8ee;--sea:#0b6e8f;--wash:#0b6e8f1c;
--bar:#cfe6ee;--good:#1d7a46;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#12181f;--card:#19222b;--ink:#e3eaf1;--soft:#93a2b1;--rule:#2b3743;
--sea:#5cc0e0;--wash:#5cc0e022;--bar:#1f4a5a;--good:#5fc98b;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1160px;padding:28px 20px 60px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif}
h1{font-size:28px;margin:0;line-height:1.25}
h2{font-size:18px;margin:0 0 14px}
header p{margin:4px 0 0;color:var(--soft)}
.pill{font-size:13px;font-weight:600;padding:3px 11px;border-radius:99px;vertical-align:5px;border:1px solid;color:var(--soft)}
.pill.done{color:var(--good)}
.pill.failed{color:var(--bad)}
.reason{color:var(--bad)!important;font-weight:600;margin:10px 0 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0}
.tile,section{background:var(--card);border:1px solid var(--rule);border-radius:10px}
.tile{padding:12px 16px}
.tile b{display:block;font-size:21px;line-height:1.3;white-space:nowrap}
.tile span{color:var(--soft);font-size:13px}
section{padding:18px 20px;margin:16px 0;break-inside:avoid}
.charts,.columns{display:grid;grid-template-columns:1fr 1fr;gap:24px}
@media (max-width:900px){.charts,.columns{grid-template-columns:1fr}}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--ink)}
.chart .title{font-size:14px;font-weight:600}
.chart .value{font-size:12.5px;fill:var(--sea)}
.chart .axis{font-size:11.5px;fill:var(--soft)}
.grid{stroke:var(--rule)}
.epoch{stroke:var(--soft);stroke-dasharray:2 4;opacity:.6}
.line{fill:none;stroke:var(--sea);stroke-width:2;stroke-linejoin:round}
.area{fill:var(--wash)}
.last,.dot{fill:var(--sea)}
.bare{opacity:.45}
table{border-collapse:collapse;width:100%;margin:0 0 16px;font-variant-numeric:tabular-nums}
th{text-align:left;font-size:13px;color:var(--soft);font-weight:600;white-space:nowrap}
td,th{padding:4px 8px 4px 0;border-bottom:1px solid var(--rule);vertical-align:top}
.n{text-align:right;padding-right:0;white-space:nowrap;color:var(--soft)}
td:first-child{white-space:nowrap}
.bar{position:relative;width:23%;min-width:92px;padding-left:6px}
.bar i{position:absolute;left:0;top:3px;bottom:3px;background:var(--bar);border-radius:3px}
.bar b{position:relative;font-weight:500}
.total td{font-weight:700;border-bottom:0}
.total .bar b{font-weight:700}
.near th{width:130px;padding-right:20px;font-size:15px;color:var(--ink)}
.near td{white-space:normal}
.near span{white-space:nowrap;margin-right:12px}
small,.note{color:var(--soft)}
.note{font-size:13px;margin:8px 0 0}
table+.note{margin:-8px 0 16px}
pre{margin:0;overflow-x:auto;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
)css";

}  // namespace shoal
