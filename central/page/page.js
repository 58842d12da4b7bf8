/** The far end's page: keeps the view it was sent and draws it again when it changes. It computes nothing but sums. */
import { io } from '/live/socket.io.esm.min.js';
import { drawAlarms, drawFigures, drawHalls, drawRatings, drawTickets } from './draw.js';
import { TEXTS } from './texts.js';

const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search).get('lang');
let language = asked === 'en' || asked === 'zh' ? asked : (localStorage.getItem('language') ?? 'zh');
let view = null;
/** when the server last said anything, in this browser's time */
let heardAt = null;
let connected = false;

const text = (key, values = {}) =>
  Object.entries(values).reduce(
    (sentence, [name, value]) => sentence.replace(`{${name}}`, value),
    TEXTS[language][key],
  );

const socket = io({ path: '/live', reconnectionDelayMax: 5000 });

socket.on('snapshot', (snapshot) => {
  view = snapshot;
  heard();
});
socket.on('change', (change) => {
  if (!view) return;
  const changed = new Set(change.halls.map((row) => row.agentId));
  const halls = [...view.halls.filter((row) => !changed.has(row.agentId)), ...change.halls];
  halls.sort((a, b) => key(a).localeCompare(key(b)));
  view = { ...change, halls };
  heard();
});
socket.on('disconnect', (reason) => {
  connected = false;
  drawConnection();
  // Socket.IO does not come back by itself after a server has said goodbye, as one does that is restarted.
  if (reason === 'io server disconnect') setTimeout(() => socket.connect(), 2000);
});
socket.on('connect_error', async () => {
  connected = false;
  drawConnection();
  const answer = await fetch('/api/v1/halls').catch(() => null);
  if (answer?.status !== 401) return;
  byId('login').hidden = false;
  byId('main').hidden = true;
  socket.disconnect();
});

// A link that is half dead says nothing; the heartbeat of the library notices within 45 s, the age is shown from then on.
setInterval(drawConnection, 1000);

byId('language').addEventListener('click', () => {
  language = language === 'zh' ? 'en' : 'zh';
  localStorage.setItem('language', language);
  draw();
});

byId('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ token: byId('token').value.trim() });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch('/api/v1/login', { method: 'POST', headers, body }).catch(() => null);
  if (!answer?.ok) {
    byId('login-wrong').textContent = text(answer?.status === 401 ? 'wrong' : 'unreachable');
    return;
  }
  byId('token').value = '';
  byId('login').hidden = true;
  socket.connect();
});

function key(row) {
  return `${row.hall === null ? '~' : ''}${row.region}/${row.hall}/${row.agentId}`;
}

function heard() {
  heardAt = Date.now();
  connected = true;
  draw();
}

function draw() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.title = text('title');
  for (const element of document.querySelectorAll('[data-text]'))
    element.textContent = text(element.dataset.text);
  byId('language').textContent = text('other');
  byId('language').lang = language === 'zh' ? 'en' : 'zh-CN';
  drawConnection();
  if (!view) return;
  byId('main').hidden = false;
  drawFigures(byId('figures'), view, text);
  drawHalls(byId('halls'), view, text);
  drawRatings(byId('ratings'), view, text);
  drawTickets(byId('tickets'), view, text);
  drawAlarms(byId('alarms'), byId('alarm-list'), view, text);
}

function drawConnection() {
  byId('state').className = connected ? 'state live' : 'state';
  byId('state').textContent = text(connected ? 'live' : 'connecting');
  byId('cut').hidden = connected || !view;
  if (!byId('cut').hidden) byId('cut').textContent = text('cut', { age: age((Date.now() - heardAt) / 1000) });
}

function age(seconds) {
  if (seconds < 60) return text('seconds', { n: Math.floor(seconds) });
  if (seconds < 3600) return text('minutes', { n: Math.floor(seconds / 60) });
  return text('hours', { n: Math.floor(seconds / 3600) });
}

draw();
