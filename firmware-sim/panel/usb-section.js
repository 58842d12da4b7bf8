import { element, words } from './element.js';

const standardPort = '3240';

/** A command that one copies with a click. */
function command(text) {
  const copy = element('button', {
    class: 'small',
    'aria-label': `复制 copy: ${text}`,
    async onclick() {
      await navigator.clipboard.writeText(text);
      copy.replaceChildren(words('已复制', 'copied'));
    },
  });
  copy.append(words('复制', 'Copy'));
  return element('div', { class: 'command' }, element('code', {}, text), copy);
}

function stateOf({ plugged, attached }) {
  if (!plugged) return ['bad', '已拔下', 'unplugged'];
  return attached ? ['', '已被接走', 'a host has it'] : ['idle', '等待主机', 'waiting for a host'];
}

/** The panel's USB bus: what hangs on it, who has it, and how another computer gets it. */
export function usbSection(place) {
  const body = element('div', { class: 'usb' });
  const hint = element('small', { lang: 'en' });
  const section = element(
    'section',
    { class: 'section', id: 'usb', 'aria-label': 'USB' },
    element('div', { class: 'section-head' }, element('h2', {}, words('USB 总线', 'USB bus')), hint),
    body,
  );
  place.append(section);
  let shown;

  function update(usb) {
    const wanted = JSON.stringify(usb);
    if (wanted === shown) return;
    shown = wanted;
    if (!usb) {
      hint.textContent = '';
      body.replaceChildren(
        element(
          'p',
          { class: 'empty' },
          '没有 USB 总线。启动时加上 --usbip 3240，并让设备接在 usb 上，例如 --printer printer-1=usb。',
          element(
            'small',
            { lang: 'en' },
            'No USB bus: start the panel with --usbip 3240, and devices at place usb.',
          ),
        ),
      );
      return;
    }
    const [, host, port] = /^(.*):(\d+)$/.exec(usb.address);
    const reached = host === '0.0.0.0' || host === '::' ? location.hostname : host;
    const other = port === standardPort ? '' : ` --tcp-port ${port}`;
    hint.textContent = `USB/IP ${usb.address} · ${usb.sockets.length} devices`;
    const first = usb.sockets[0]?.busId ?? '1-1';
    body.replaceChildren(
      usb.sockets.length === 0
        ? element(
            'p',
            { class: 'empty' },
            '总线上没有设备',
            element('small', { lang: 'en' }, 'nothing hangs on it'),
          )
        : element(
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
                    ['插口', 'socket'],
                    ['设备', 'device'],
                    ['产品', 'product'],
                    ['标识', 'ids'],
                    ['状态', 'state'],
                  ].map((head) => element('th', { scope: 'col' }, words(...head))),
                ),
              ),
              element(
                'tbody',
                {},
                ...usb.sockets.map((socket) => {
                  const [tone, zh, en] = stateOf(socket);
                  return element(
                    'tr',
                    { 'data-bus-id': socket.busId },
                    element('td', {}, element('code', {}, socket.busId)),
                    element('td', {}, element('a', { href: `#${socket.device}` }, socket.device ?? '')),
                    element('td', {}, socket.product),
                    element('td', {}, element('code', {}, socket.address)),
                    element('td', {}, element('span', { class: `badge ${tone}` }, words(zh, en))),
                  );
                }),
              ),
            ),
          ),
      element(
        'div',
        { class: 'commands' },
        element('h3', {}, words('在本机 Linux 上接上全部设备', 'attach all of them to a Linux computer')),
        command(
          `sudo npx hall-sim usb-attach --host ${reached}${port === standardPort ? '' : ` --port ${port}`}`,
        ),
        element('h3', {}, words('用 usbip 接一个设备', 'one device, with the usbip tool')),
        command(`sudo usbip${other} attach -r ${reached} -b ${first}`),
        element('h3', {}, words('Windows（usbip-win2）', 'Windows, with usbip-win2')),
        command(`usbip.exe${other} attach -r ${reached} -b ${first}`),
        reached === '127.0.0.1' &&
          element(
            'p',
            { class: 'fate' },
            words('只有本机能接；加 --host 让别的电脑接。', 'only this computer; --host opens it to others'),
          ),
      ),
    );
  }
  return { update };
}
