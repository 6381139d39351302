/** The page's style sheet: one light theme that prints as it shows. */
export const styleSheet = `
:root { color-scheme: light; --ink: #1F2730; --soft: #5B6670; --line: #E2E7EC; --paper: #F6F8FA; --accent: #0072B2; --good: #009E73; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 28px 20px 48px; }
header h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -.01em; }
header p { margin: 0; color: var(--soft); }
section { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px 22px; margin-top: 20px; }
h2 { font-size: 18px; margin: 0 0 6px; }
h3 { font-size: 14px; margin: 18px 0 4px; }
section > p { margin: 0 0 12px; color: var(--soft); max-width: 78ch; }
.verdict { border-left: 4px solid var(--accent); font-size: 16px; }
.verdict p { color: var(--ink); margin: 0; max-width: none; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 14px; margin-top: 20px; }
.card { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px; }
.card .name { color: var(--soft); font-size: 13px; }
.card .value { font-size: 30px; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; }
.card .value small { font-size: 14px; font-weight: 400; color: var(--soft); }
.card .beside { font-size: 13px; color: var(--soft); font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th, td { padding: 6px 10px 6px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; font-size: 12.5px; vertical-align: bottom; }
tbody th { font-weight: 500; }
.figures tbody th { min-width: 200px; }
.group th { padding-top: 16px; font-weight: 650; font-size: 13px; color: var(--accent); }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead .n { white-space: normal; }
.figures td:nth-child(6), .figures thead th:nth-child(6) { padding-left: 12px; }
td small { display: block; color: var(--soft); font-weight: 400; font-size: 11.5px; }
.strong { font-weight: 650; }
.says { color: var(--soft); font-size: 12.5px; line-height: 1.4; min-width: 220px; }
.skipped td, .skipped th { color: var(--soft); font-style: italic; }
.bar { display: block; width: 84px; height: 8px; margin-top: 6px; border-radius: 4px; background: #E4E8EC; overflow: hidden; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.bar span { display: block; height: 100%; border-radius: 4px; background: var(--good); -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.none { color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; margin: 6px 0 8px; padding: 0; font-size: 13px; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 6px; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(380px, 1fr)); gap: 12px 20px; }
figure { margin: 0; break-inside: avoid; }
figure + figure { margin-top: 14px; }
.pair figure { margin-top: 0; }
figure svg { width: 100%; height: auto; display: block; }
figcaption { font-size: 13px; color: var(--soft); margin-top: 4px; max-width: 78ch; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0; font-size: 13.5px; }
dt { color: var(--soft); }
dd { margin: 0; }
.outcome { border-left: 4px solid var(--good); padding-left: 12px; color: var(--ink) !important; }
.outcome.bad { border-color: #D55E00; }
.note { color: var(--soft); font-size: 13px; margin: 6px 0 0; max-width: 78ch; }
details { margin-top: 12px; }
summary { cursor: pointer; color: var(--accent); font-size: 13.5px; }
.genes { margin-top: 8px; }
.notes { margin: 0; padding-left: 18px; font-size: 13.5px; }
.scroll { overflow-x: auto; }
@media print {
  body { background: #fff; font-size: 12px; }
  main { max-width: none; padding: 0; }
  section, .card { border-color: #D5DADF; }
  .card, tr { break-inside: avoid; }
  section { padding: 14px 16px; }
  h2 { break-after: avoid; }
  .cards { grid-template-columns: repeat(4, 1fr); }
  .pair { grid-template-columns: 1fr 1fr; }
  .scroll { overflow: visible; }
  table { font-size: 10.5px; }
  .says { min-width: 0; font-size: 10px; }
  .figures tbody th { min-width: 0; }
  .bar { width: 56px; }
  @page { margin: 14mm; }
}
`;
