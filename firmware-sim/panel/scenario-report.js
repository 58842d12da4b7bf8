import { element, words } from './element.js';

/** What is compared (docs/scenarios.md), in plain words. */
const rows = {
  'tickets taken': '取号',
  'in line': '排上队',
  called: '呼叫',
  started: '开始办理',
  finished: '办理完毕',
  missed: '过号',
  cancelled: '取消',
  parked: '挂起',
  transferred: '转移',
  'evaluations asked for': '请求评价',
  'presses of evaluators': '评价按键',
  'keys of evaluators on lines': '总线评价按键',
  'windows opened': '开窗',
  'windows paused': '暂停',
  'windows resumed': '恢复',
  'windows closed': '关窗',
  'numbers on paper': '纸上号码',
  'events of the hub': '大厅事件',
  'events at the central server': '中心收到的事件',
  troubles: '做不成的事',
};
const wordsOf = (what) => {
  const at = /^(cards|codes) at (.+)$/.exec(what);
  if (at) return [at[1] === 'cards' ? `刷卡 ${at[2]}` : `扫码 ${at[2]}`, what];
  return [rows[what] ?? what, rows[what] ? what : ''];
};

/** How a scenario ended: done against arrived, and every difference by name. */
export function scenarioReport({ name, report, why }) {
  if (!report)
    return element(
      'div',
      { class: 'report bad' },
      element('h3', {}, words(`“${name}”没有完成`, 'was not finished')),
      element('ul', {}, ...why.map((sentence) => element('li', {}, sentence))),
    );
  const verdict = report.equal
    ? words('做过的都到达了，一次不多，一次不少', 'what was done has arrived, each once')
    : words(`有 ${report.differences.length} 处不同`, `${report.differences.length} differences`);
  return element(
    'div',
    { class: report.equal ? 'report good' : 'report bad' },
    element('h3', {}, element('span', { class: 'verdict' }, report.equal ? '✓ ' : '✗ '), verdict),
    element(
      'p',
      { class: 'facts' },
      element('span', {}, name),
      element('span', {}, `×${report.speed} · 种子 seed ${report.seed}`),
      report.stopped && element('span', {}, words('提前结束', 'ended early')),
    ),
    element(
      'div',
      { class: 'table-place' },
      element(
        'table',
        {},
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...[
              ['项目', 'what'],
              ['做过', 'done'],
              ['到达', 'arrived'],
              ['不同', 'differences'],
            ].map((head) => element('th', { scope: 'col' }, words(...head))),
          ),
        ),
        element(
          'tbody',
          {},
          ...report.rows.map(({ what, done, arrived, differences }) =>
            element(
              'tr',
              { class: differences > 0 ? 'different' : 'same' },
              element('td', {}, words(...wordsOf(what))),
              element('td', {}, String(done)),
              element('td', {}, String(arrived)),
              element('td', {}, differences > 0 ? `✗ ${differences}` : '✓ 0'),
            ),
          ),
        ),
      ),
    ),
    report.differences.length > 0 &&
      element(
        'ul',
        { class: 'differences' },
        ...report.differences.map(({ what, sentence }) =>
          element('li', {}, element('b', {}, wordsOf(what)[0]), ` ${sentence}`),
        ),
      ),
    report.notes.length > 0 &&
      element(
        'details',
        {},
        element('summary', {}, words(`说明 ${report.notes.length}`, 'notes')),
        element('ul', {}, ...report.notes.map((note) => element('li', {}, note))),
      ),
  );
}
