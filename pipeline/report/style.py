"""The style of report pages: light and dark, phone and desktop; nothing is fetched."""

STYLE = (
    """
:root { color-scheme: light dark; --page: #f7f7f5; --card: #fff; --ink: #1d2129; --soft: #626a76; --line: #dfe1e5;
  --code: #f3f4f6; --turn: #2f6bd8; --accepted: #2b8a57; --wrong: #c8503c; --error: #d9923b; --limit: #8d63b8;
  --none: #8a919c; --yes: #1f7a4a; --no: #b23a28; }
@media (prefers-color-scheme: dark) { :root { --page: #14161a; --card: #1c1f25; --ink: #e6e8ec; --soft: #9aa2ae;
  --line: #333841; --code: #23272e; --turn: #78a9ff; --accepted: #5fbf8b; --wrong: #ea8171; --error: #e5b062;
  --limit: #b694de; --none: #767e8a; --yes: #6fd09c; --no: #f08c7c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
  "DejaVu Sans", sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 12px; }
h3 { font-size: 15px; margin: 0 0 6px; }
p { margin: 0 0 10px; max-width: 110ch; }
.soft, figcaption, th { color: var(--soft); }
.claims { list-style: none; margin: 20px 0; padding: 0; display: grid; gap: 8px; }
.claims li { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--none);
  border-radius: 6px; padding: 10px 14px; }
.claims .yes { border-left-color: var(--yes); } .claims .no { border-left-color: var(--no); }
.claims b { margin-right: 6px; } .yes b, td.yes { color: var(--yes); } .no b, td.no { color: var(--no); }
.figures { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); }
figure, .card { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px; }
.claim { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--none); border-radius: 6px;
  padding: 9px 14px; margin-bottom: 8px; } .claim.yes { border-left-color: var(--yes); }
.claim.no { border-left-color: var(--no); } .claim h3 { display: flex; justify-content: space-between; gap: 12px; }
.comparison { display: grid; grid-template-columns: minmax(0, 1fr) 300px 200px 96px; gap: 0 14px; align-items: center;
  font-size: 13.5px; font-variant-numeric: tabular-nums; } .comparison small { color: var(--soft); }
.comparison :last-child { text-align: right; } .claim + .figures { margin-top: 24px; }
.panels { display: grid; gap: 6px 10px; grid-template-columns: 1fr 1fr; }
figcaption { font-size: 13px; margin-top: 6px; }
svg { display: block; width: 100%; max-width: 520px; height: auto; margin: 0 auto; }
svg text { font: 11px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--soft); }
svg text.value { font-size: 9.5px; fill: var(--ink); }
svg .grid { stroke: var(--line); } svg .axis { stroke: var(--soft); } svg .whisker { stroke: var(--ink); }
svg .chance { stroke: var(--no); stroke-dasharray: 4 3; }
svg .line { fill: none; stroke-width: 1.6; }
svg .area { fill-opacity: .3; stroke-width: 1.5; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; color: var(--soft); margin-bottom: 4px; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px; }
"""
    + "".join(
        f"svg .{name} {{ fill: var(--{name}); }} svg .{name}.area {{ stroke: var(--{name}); }} "
        f"svg .{name}.line {{ stroke: var(--{name}); fill: none; }} "
        f".legend .{name} {{ background: var(--{name}); }}\n"
        for name in ("turn", "accepted", "wrong", "error", "limit", "none")
    )
    + """
.wide + p { margin-top: 16px; }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
thead th { border-top: 0; font-weight: 500; } tbody th { font-weight: 500; color: var(--ink); }
th:first-child, td:first-child { text-align: left; }
td small { color: var(--soft); margin-left: 5px; }
details { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin-bottom: 8px; }
summary { cursor: pointer; padding: 9px 14px; overflow-wrap: anywhere; } summary small { color: var(--soft); }
details > div { padding: 0 14px 14px; }
.turns { display: grid; gap: 14px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 270px), 1fr)); }
.turns > section, .turns > .method, .prompt { min-width: 0; } .turns p { font-size: 13.5px; margin-bottom: 4px; }
pre { background: var(--code); border-radius: 6px; padding: 8px 10px; margin: 4px 0 10px;
  font: 12.5px/1.45 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; max-height: 420px; overflow-y: auto; }
.tag { display: inline-block; border-radius: 10px; padding: 0 8px; font-size: 12.5px; border: 1px solid currentColor; }
.tag.accepted { color: var(--yes); } .tag.wrong, .tag.error, .tag.limit { color: var(--no); }
.tag.none { color: var(--none); }
@media (max-width: 640px) {
  .comparison { grid-template-columns: 1fr auto; margin-bottom: 10px; }
  .comparison > :nth-child(-n+2) { grid-column: 1 / -1; }
  table { font-size: 13px; } th, td { padding: 4px 6px; } td small { display: block; margin: 0; }
  th:first-child, td:first-child { white-space: normal; min-width: 104px; } th { white-space: normal; } }
"""
)
