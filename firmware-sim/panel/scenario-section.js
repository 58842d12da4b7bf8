import { post, read } from './calls.js';
import { element, words } from './element.js';
import { scenarioReport } from './scenario-report.js';

const phases = {
  checking: ['核对大厅与剧本', 'does the hall fit?'],
  day: ['进行中', 'the day goes on'],
  clearing: ['收尾：故障已撤，等待送达', 'faults off, waiting for what is under way'],
  comparing: ['核对：做过的与到达的', 'comparing what was done with what arrived'],
};
const countWords = {
  arrived: ['已到', 'arrived'],
  inHall: ['在厅内', 'in the hall'],
  waiting: ['等候', 'waiting'],
  served: ['已办完', 'served'],
  missed: ['过号', 'missed'],
  cancelled: ['放弃', 'gone'],
  pressed: ['按键', 'keys pressed'],
  faultsOn: ['故障中', 'faults on'],
};
const time = (seconds) =>
  `${String(Math.floor(seconds / 3600)).padStart(2, '0')}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}`;
const linesShown = 40;

/** Days of a hall that are played on the devices: choose one, watch it, and see what arrived. */
export function scenarioSection(place) {
  const choices = element('div', { class: 'scenarios' });
  const running = element('div', { class: 'running', hidden: true });
  const result = element('div', {});
  place.append(
    element(
      'section',
      { class: 'section', id: 'scenarios', 'aria-label': '场景 Scenarios' },
      element(
        'div',
        { class: 'section-head' },
        element('h2', {}, words('场景', 'Scenarios')),
        element(
          'p',
          {},
          words(
            '一天的大厅：来客、办理、评价、故障、断网；结束时核对做过的与到达的',
            'a day of the hall, compared at its end with what has arrived',
          ),
        ),
        element('button', { class: 'small', onclick: () => void list() }, words('重新读取', 'Read again')),
      ),
      running,
      result,
      choices,
    ),
  );
  const view = runningView(running);
  let state = 'idle';
  let listed = { files: [], hall: { ok: true }, folder: null };
  let reportShown;

  async function list() {
    listed = await read('scenarios');
    draw();
    update(listed.now);
  }
  function draw() {
    const { files, hall, folder } = listed;
    const busy = state === 'running';
    choices.replaceChildren(
      ...(hall.ok
        ? []
        : [
            element(
              'p',
              { class: 'hint' },
              '还不能开始：面板要知道大厅在哪里。用 npm start 启动时自动知道；否则加 --box 目录，或 --hub 地址 --tokens 文件。',
              element('small', { lang: 'en' }, hall.why),
            ),
          ]),
      ...(files.length > 0
        ? files.map((file) => choice(file, busy || !hall.ok))
        : [
            element(
              'p',
              { class: 'empty' },
              folder ? `${folder} 里没有场景文件` : '没有场景文件夹',
              element('small', { lang: 'en' }, 'no scenario files: --scenarios DIR (docs/scenarios.md)'),
            ),
          ]),
    );
  }
  function choice(file, disabled) {
    if (!file.ok)
      return element(
        'div',
        { class: 'scenario bad' },
        element('h3', {}, file.file),
        element('pre', {}, file.why.join('\n')),
      );
    const speed = element('input', { type: 'number', min: 1, max: 1000, value: file.speed, required: true });
    const seed = element('input', {
      type: 'number',
      min: 0,
      max: 4294967295,
      value: file.seed,
      required: true,
    });
    return element(
      'form',
      {
        class: 'scenario',
        'data-file': file.file,
        async onsubmit(submitted) {
          submitted.preventDefault();
          const begun = await post(`scenarios/${encodeURIComponent(file.file)}/start`, {
            speed: Number(speed.value),
            seed: Number(seed.value),
          });
          if (begun) update(begun);
        },
      },
      element(
        'div',
        { class: 'scenario-what' },
        element('h3', {}, file.name, element('small', {}, file.file)),
        element('p', {}, file.description),
        element(
          'p',
          { class: 'facts' },
          element('span', {}, `${time(file.from)}–${time(file.until)}`),
          element('span', {}, words(`${file.visitors} 位来客`, 'visitors')),
          element('span', {}, words(`${file.windows.length} 个窗口`, 'windows')),
          element('span', {}, words(`${file.faults} 次故障`, 'faults')),
        ),
      ),
      element('label', {}, element('span', {}, words('倍速', 'speed')), speed),
      element('label', {}, element('span', {}, words('种子', 'seed')), seed),
      element('button', { class: 'main', disabled }, words('开始', 'Start')),
    );
  }
  function update(now) {
    const before = state;
    state = now?.state ?? 'idle';
    running.hidden = state !== 'running';
    if (state === 'running') view.update(now);
    if (before !== state) draw();
    const report = state === 'finished' || state === 'failed' ? now : null;
    const key = report && `${report.name} ${report.report?.endedAt ?? report.why.join()}`;
    if (key !== reportShown) result.replaceChildren(...(report ? [scenarioReport(report)] : []));
    reportShown = key;
    showInHead(now);
  }
  draw();
  return { update, list: () => void list().catch(() => {}) };
}

/** The running day in the page's head, wherever one has scrolled. */
function showInHead(now) {
  const place = document.getElementById('now-playing');
  place.hidden = now?.state !== 'running';
  if (!place.hidden) place.textContent = `${now.name} ${now.time ?? ''} · ${Math.round(now.share * 100)} %`;
}

function runningView(place) {
  const name = element('h3');
  const clock = element('b', { class: 'clock' });
  const phase = element('span');
  const bar = element('progress', { max: 1, 'aria-label': '进度 progress' });
  const counts = Object.fromEntries(
    Object.entries(countWords).map(([key, [zh, en]]) => {
      const number = element('b', {}, '0');
      return [key, { number, view: element('div', {}, number, element('span', {}, words(zh, en))) }];
    }),
  );
  const lines = element('pre', { class: 'lines', tabindex: 0, 'aria-label': '发生的事 what happens' });
  const stop = element('button', {
    onclick() {
      stop.classList.add('pressed');
      stop.replaceChildren(words('立即结束', 'End at once'));
      void post('scenarios/stop');
    },
  });
  place.append(
    element('div', { class: 'running-head' }, name, clock, phase, stop),
    bar,
    element('div', { class: 'counts-row' }, ...Object.values(counts).map(({ view }) => view)),
    lines,
  );
  let playing;
  let shownLines;
  return {
    update(now) {
      if (playing !== now.name + now.seed) stop.replaceChildren(words('提前结束', 'End the day early'));
      playing = now.name + now.seed;
      name.replaceChildren(now.name, element('small', {}, ` ×${now.speed} · 种子 seed ${now.seed}`));
      clock.textContent = now.time ?? '--:--:--';
      phase.replaceChildren(...(phases[now.phase] ? [words(...phases[now.phase])] : []));
      bar.value = now.share;
      for (const [key, { number }] of Object.entries(counts))
        number.textContent =
          key === 'arrived' ? `${now.counts.arrived} / ${now.counts.planned}` : String(now.counts[key]);
      const text = now.lines.slice(-linesShown).reverse().join('\n');
      if (text !== shownLines) lines.textContent = text || '…';
      shownLines = text;
    },
  };
}
