"""What the page of episodes adds to the style of reports: its filters and its list."""

PAGE_STYLE = """
#filters { display: grid; gap: 10px 14px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 190px), 1fr));
  margin: 16px 0; }
#filters label { display: block; min-width: 0; } #filters small { display: block; color: var(--soft); }
#filters .broad { grid-column: span 2; }
#filters select, #filters input[type=search] { width: 100%; }
#filters fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 14px;
  align-items: end; } #filters fieldset label { white-space: nowrap; }
select, input[type=search], button { font: inherit; color: inherit; background: var(--page);
  border: 1px solid var(--line); border-radius: 6px; padding: 5px 8px; }
button { cursor: pointer; } button:disabled { opacity: .5; cursor: default; }
:focus-visible { outline: 2px solid var(--turn); outline-offset: 1px; }
.bar { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; max-width: none; }
#status { flex: 1; min-width: 200px; } #pages[hidden], #stop[hidden] { display: none; }
.stages { border: 0; background: none; color: var(--soft); } .stages summary { padding: 0; }
.stages ul { margin: 6px 0; padding-left: 20px; }
mark { background: var(--error); color: #000; border-radius: 2px; }
.turns details { margin: 4px 0; background: none; } .turns summary { padding: 5px 8px; font-size: 13.5px; }
.turns details > div { padding: 0 8px 8px; }
#list > details { border-left: 4px solid var(--none); } #list > .yes { border-left-color: var(--yes); }
#list > .no { border-left-color: var(--no); } .yes summary b { color: inherit; } .no summary b { color: inherit; }
#list a { color: var(--turn); overflow-wrap: anywhere; }
@media (max-width: 640px) { #filters { grid-template-columns: 1fr 1fr; } #filters fieldset { grid-column: span 2; } }
"""
