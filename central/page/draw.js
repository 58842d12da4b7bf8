/** How each part of the page is drawn. Texts go in as text, never as HTML. */
const LEVELS = [5, 4, 3, 2, 1];
const MOUTHS = {
  5: 'M7 13q5 7 10 0z',
  4: 'M7.500 14.500q4.500 3.500 9 0',
  3: 'M8 15.500h8',
  2: 'M7.500 17q4.500-3.500 9 0',
  1: 'M7 18q5-7 10 0',
};
/** The rating that stood on top when the list was last drawn: what is above it is new. */
let newestDrawn = null;

export function drawFigures(place, view, text) {
  const halls = view.halls.filter((row) => row.hall !== null);
  const current = halls.filter((row) => row.day === today(row.lastEventAt));
  const sum = (of) => current.reduce((total, row) => total + of(row), 0);
  const ratings = sum(allRatings);
  const good = sum((row) => row.ratings[5] + row.ratings[4] + row.ratings[3]);
  const figures = [
    ['figureHalls', `${halls.filter((row) => row.connected).length} / ${halls.length}`],
    ['figureTickets', number(sum((row) => row.tickets))],
    ['figureWaiting', number(sum((row) => row.waiting))],
    ['figureRatings', number(ratings)],
    ['figureGood', ratings === 0 ? '–' : `${((good / ratings) * 100).toFixed(1)}%`],
  ];
  place.replaceChildren(
    ...figures.map(([name, value]) =>
      element('div', {}, element('dt', {}, text(name)), element('dd', {}, value)),
    ),
  );
}

export function drawHalls(place, view, text) {
  if (view.halls.length === 0) {
    const command = 'npx hall-central agent add hub-1 --region 371000000000 --state DIR';
    place.replaceChildren(
      element(
        'div',
        { class: 'empty' },
        element('strong', {}, text('noHalls')),
        element('p', {}, text('noHallsHow')),
        element('code', {}, command),
      ),
    );
    return;
  }
  const columns = [
    ['hall'],
    ['link'],
    ['last'],
    ['ticketsToday', 'right'],
    ['waiting', 'right'],
    ['ratingsToday'],
  ];
  const head = element(
    'tr',
    {},
    ...columns.map(([name, side]) => element('th', { scope: 'col', class: side ?? '' }, text(name))),
  );
  const rows = view.halls.map((row) =>
    element(
      'tr',
      {},
      hallCell(row, text),
      linkCell(row, text),
      lastCell(row, text),
      ...countCells(row, text),
      ratingCell(row, text),
    ),
  );
  place.replaceChildren(element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows)));
}

function hallCell(row, text) {
  const under = `${row.region} · ${row.agentId}`;
  return element(
    'th',
    { scope: 'row' },
    element('span', { class: 'name' }, row.hall ?? row.agentId),
    small(under, `${text('region')} · ${text('agent')}`),
  );
}

function linkCell(row, text) {
  const never = row.since === null;
  const word = never ? text('never') : text(row.connected ? 'connected' : 'away');
  const since = never ? '' : `${text('since')} ${shortTime(row.since)}`;
  return element(
    'td',
    {},
    element('span', { class: row.connected ? 'link on' : 'link' }, word),
    small(since, row.since ?? ''),
  );
}

function lastCell(row, text) {
  if (row.lastEventAt === null)
    return element('td', {}, element('span', { class: 'faint' }, text('noEvents')));
  const through = `${text('through')} ${number(row.through)}`;
  return element(
    'td',
    { class: 'num' },
    element('span', { title: row.lastEventAt }, shortTime(row.lastEventAt)),
    small(through, `${row.epoch ?? ''} ${row.through}:${row.hash ?? ''}`),
  );
}

function countCells(row, text) {
  if (row.hall === null) return [element('td'), element('td')];
  // A hall that was cut off yesterday must not look as if these were today's figures.
  const note =
    row.day === today(row.lastEventAt) ? '' : small(`${text('onDay')} ${row.day.slice(5)}`, row.day);
  return [
    element('td', { class: 'count num' }, number(row.tickets), note),
    element('td', { class: 'count num' }, number(row.waiting)),
  ];
}

function ratingCell(row, text) {
  const total = allRatings(row);
  if (row.hall === null) return element('td');
  if (total === 0) return element('td', {}, element('span', { class: 'faint' }, text('none')));
  const spoken = LEVELS.map((level) => `${text(`level${level}`)} ${row.ratings[level]}`).join(' · ');
  const bar = element('div', { class: 'bar', role: 'img', 'aria-label': spoken, title: spoken });
  for (const level of LEVELS) {
    const part = element('span', { class: `level-${level}` });
    part.style.flexGrow = row.ratings[level];
    if (row.ratings[level] > 0) bar.append(part);
  }
  const bad = row.ratings[2] + row.ratings[1];
  const counts = element(
    'div',
    { class: 'levels num' },
    ...LEVELS.map((level) => element('span', { class: `count-${level}` }, number(row.ratings[level]))),
  );
  const figures = element(
    'div',
    { class: 'total num' },
    number(total),
    bad > 0 ? element('em', {}, `${text('bad')} ${number(bad)}`) : '',
  );
  return element(
    'td',
    {},
    element('div', { class: 'share' }, element('div', { class: 'grow' }, bar, counts), figures),
  );
}

export function drawRatings(place, view, text) {
  const before = newestDrawn;
  newestDrawn = view.ratings[0]?.place ?? 0;
  if (view.ratings.length === 0) {
    place.replaceChildren(element('li', { class: 'empty' }, text('noRatings')));
    return;
  }
  place.replaceChildren(
    ...view.ratings.map((row) => {
      const fresh = before !== null && row.place > before;
      const flags = row.flags.map((flag) => element('span', { class: 'flag' }, text(flag) ?? flag));
      return element(
        'li',
        { class: `rating rated-${row.level}${fresh ? ' fresh' : ''}` },
        face(row.level),
        element(
          'div',
          { class: 'what' },
          element(
            'div',
            { class: 'line' },
            element('strong', {}, text(`level${row.level}`)),
            element(
              'span',
              { class: 'stars', 'aria-hidden': 'true' },
              '★'.repeat(row.level) + '☆'.repeat(5 - row.level),
            ),
            ...flags,
          ),
          element(
            'div',
            { class: 'line under' },
            row.hall,
            element('span', {}, text('window', { n: row.window })),
            element('span', { class: 'num' }, row.number),
            element('span', {}, text(row.source) ?? row.source),
          ),
        ),
        element(
          'time',
          { class: 'num', datetime: row.pressedAt, title: row.pressedAt },
          shortTime(row.pressedAt),
        ),
      );
    }),
  );
}

export function drawTickets(place, view, text) {
  if (view.tickets.length === 0) {
    place.replaceChildren(element('li', { class: 'empty' }, text('noTickets')));
    return;
  }
  place.replaceChildren(
    ...view.tickets.map((row) =>
      element(
        'li',
        { class: `ticket is-${row.state}` },
        element(
          'time',
          { class: 'num', datetime: row.changedAt, title: row.changedAt },
          shortTime(row.changedAt),
        ),
        element('strong', { class: 'num' }, row.number),
        element('span', { class: 'word' }, text('state')[row.state] ?? row.state),
        element('span', { class: 'at' }, row.window === null ? '' : text('window', { n: row.window })),
        element('span', { class: 'faint' }, row.hall),
      ),
    ),
  );
}

export function drawAlarms(section, list, view, text) {
  section.hidden = view.alarms.length === 0;
  list.replaceChildren(
    ...view.alarms.map((row) =>
      element(
        'li',
        {},
        element('time', { datetime: row.at }, new Date(row.at).toLocaleString()),
        element('strong', {}, row.agentId),
        `${text('seq')} ${row.seq}: ${text(row.kind)}`,
      ),
    ),
  );
}

/** The time of day in the hall's own offset; with its date when that is not today there. */
function shortTime(at) {
  return at.slice(0, 10) === today(at) ? at.slice(11, 19) : `${at.slice(5, 10)} ${at.slice(11, 16)}`;
}

/** Today's date in the offset of `at`. */
function today(at) {
  const offset = /[+-]\d\d:\d\d$/.exec(at)?.[0] ?? '+00:00';
  const minutes =
    (offset[0] === '-' ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6)));
  return new Date(Date.now() + minutes * 60_000).toISOString().slice(0, 10);
}

function allRatings(row) {
  return LEVELS.reduce((total, level) => total + row.ratings[level], 0);
}

function number(value) {
  return value.toLocaleString('en');
}

function small(words, title) {
  return element('small', { title }, words);
}

function face(level) {
  const svg = shape('svg', { viewBox: '0 0 24 24', class: `face level-${level}`, 'aria-hidden': 'true' });
  svg.append(shape('circle', { cx: 12, cy: 12, r: 11, class: 'skin' }));
  for (const cx of [8.5, 15.5]) svg.append(shape('circle', { cx, cy: 9, r: 1.4, class: 'eye' }));
  svg.append(shape('path', { d: MOUTHS[level], class: level === 5 ? 'mouth full' : 'mouth' }));
  return svg;
}

function shape(name, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes))
    if (value !== '') made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}
