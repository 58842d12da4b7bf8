/** What a technician should do, in both languages, for every state and fault a device can be in. */
import type { Bilingual, DeviceStateName } from '../contract/live.ts';

const BY_STATE: Record<Exclude<DeviceStateName, 'ready' | 'faulted'>, Bilingual> = {
  opening: { zh: '正在连接，请稍候。', en: 'Connecting; wait a moment.' },
  silent: {
    zh: '端口已打开，设备不回答命令。检查设备是否通电、收发线是否接反；断电 5 秒后重新通电。',
    en: 'The port is open and the device answers no command. Check its power and that transmit and receive are not swapped; switch it off for 5 s.',
  },
  lost: {
    zh: '设备没有消息。检查电源和数据线两端；插回后会自动恢复。',
    en: 'Nothing comes from the device. Check its power and both ends of the cable; it recovers by itself when it is back.',
  },
  missing: {
    zh: '找不到端口。检查数据线和 USB 转换器，运行 hall devices 查看现有端口，核对配置中的端口名或地址。',
    en: 'There is no such port. Check the cable and the USB adapter, see which ports there are with `hall devices`, and compare the name or address in the configuration.',
  },
  busy: {
    zh: '端口被其他程序占用：可能是另一个本软件进程、串口调试工具、ModemManager 或 brltty。关闭该程序；对后两者停用服务，或用 udev 规则排除此转换器。',
    en: 'Another program holds the port: a second copy of this one, a terminal program, ModemManager or brltty. Close it; for the last two disable the service, or exclude the adapter with the udev rule of `hall service`.',
  },
  denied: {
    zh: '没有权限打开端口。把运行本软件的用户加入 dialout 组（部分系统为 uucp）后重新登录，或安装 hall service 生成的 udev 规则。',
    en: 'No permission for the port. Add the user that runs this program to the group dialout (uucp on some systems) and log in again, or install the udev rules of `hall service`.',
  },
  refused: {
    zh: '端口或地址存在，但不接受连接。检查设备是否开机、网络端口号是否正确、是否已被另一台电脑连接；必要时重新插拔转换器。',
    en: 'The port or address is there and takes no connection. Check that the device is on, that the TCP port is right and that no other computer is connected; plug the adapter again if need be.',
  },
  ambiguous: {
    zh: '有多个同样的设备，程序不会猜测。在技术员页面或用 hall devices bind 把设备绑定到其中一个（按一下它的键即可），或在配置中写明序列号。',
    en: 'Several devices could be meant, and the program does not guess. Bind this one on the technician page or with `hall devices bind` (press one of its keys), or name the serial number in the configuration.',
  },
  'wrong-settings': {
    zh: '收到数据但无法识别。核对波特率、校验位和停止位（如 ?baud=9600），以及型号是否与设备一致。',
    en: 'Data arrives and makes no sense. Compare baud rate, parity and stop bits (such as ?baud=9600), and the model with the device.',
  },
};

const BY_FAULT = new Map<string, Bilingual>(
  Object.entries({
    'stuck-key': {
      zh: '有按键卡住。清洁或松开按键；不能恢复时更换设备。',
      en: 'A key is stuck. Clean or free it; replace the device if that does not help.',
    },
    'press-memory-full': {
      zh: '设备的按键存储已满，新的评价会丢失。检查本机磁盘和日志是否可写，不要给设备断电。',
      en: 'The device has no room for more presses: new ratings would be lost. Check that the disk and the journal of this computer are writable; do not switch the device off.',
    },
    'paper-out': {
      zh: '缺纸。装入新纸卷并合上盖子。',
      en: 'Out of paper. Put in a new roll and close the cover.',
    },
    'cover-open': { zh: '打印机盖未合上。', en: 'The printer cover is open; close it.' },
    'cutter-error': {
      zh: '切刀故障。断电，打开盖子清除卡纸，再通电。',
      en: 'The cutter is jammed. Switch off, open the cover, clear the paper, switch on.',
    },
    'paper-jam': {
      zh: '卡纸。打开盖子，取出卡住的纸，合上盖子；有弹票口的机型同时检查弹票口。',
      en: 'Paper jam. Open the cover, take out the paper, close the cover; look into the presenter too where there is one.',
    },
    'printer-offline': {
      zh: '打印机离线。检查面板指示灯，按一下走纸键，或重新通电。',
      en: 'The printer is offline. Look at its lamps, press the feed key once, or switch it off and on.',
    },
    'printer-error': {
      zh: '打印机报告故障。断电 5 秒后重新通电；再次出现时联系维修。',
      en: 'The printer reports an error. Switch it off for 5 s; call service if it comes again.',
    },
    'sam-self-test-failed': {
      zh: '身份证阅读器的安全模块（SAM）自检失败。断电 5 秒后重新通电；再次出现时更换阅读器。',
      en: 'The security module (SAM) of the identity card reader fails its self-test. Switch the reader off for 5 s; replace it if it comes again.',
    },
    'sam-not-authorised': {
      zh: '身份证阅读器的安全模块（SAM）未经授权，不能读卡。联系供应商重新授权或更换阅读器。',
      en: 'The security module (SAM) of the identity card reader is not authorised and reads no cards. Have the supplier authorise it, or replace the reader.',
    },
    'reader-refuses': {
      zh: '身份证阅读器不接受命令。核对型号；检查数据线是否过长或靠近干扰源，换一根线再试。',
      en: 'The identity card reader refuses every command. Compare the model; check that the cable is short and away from interference, and try another one.',
    },
    'card-moved': {
      zh: '读卡未完成时身份证被移开。请把证件放平，听到提示后再拿起。',
      en: 'The card was moved before it was read. Lay it flat and lift it after the signal.',
    },
    'card-not-readable': {
      zh: '身份证无法读取。请取走证件，擦净后重新放置；仍不能读取时在人工窗口办理。',
      en: 'The card cannot be read. Lift it, wipe it and lay it down again; if that does not help, go to a staffed window.',
    },
    'card-wrong-check-digit': {
      zh: '身份证号码校验不通过。请取走证件后重新放置；再次出现时在人工窗口核对。',
      en: 'The number on the card does not pass its check. Lift it and lay it down again; if it comes again, have it checked at a staffed window.',
    },
    'card-unknown-layout': {
      zh: '证件种类或内容无法识别。请在人工窗口办理。',
      en: 'This kind of card, or what is on it, is not understood. Please go to a staffed window.',
    },
    'sign-panel': {
      zh: '条屏报告灯板故障，没有显示内容。断电 5 秒后重新通电；再次出现时检查灯板排线或联系维修。',
      en: 'The sign reports a faulty panel and shows nothing. Switch it off for 5 s; if it comes again, check the panel’s ribbon cables or call service.',
    },
    'sign-refused': {
      zh: '条屏拒绝显示这段文字，已改为熄灭以免误导。核对型号、行数和固件版本，或缩短配置中的显示文字。',
      en: 'The sign refuses this text and was made dark so that it misleads nobody. Compare the model, its lines and firmware, or shorten the text in the configuration.',
    },
  }),
);

const UNKNOWN_FAULT: Bilingual = {
  zh: '设备报告故障。断电 5 秒后重新通电；再次出现时联系维修。',
  en: 'The device reports a fault. Switch it off for 5 s; call service if it comes again.',
};

/** Advice for a state and, in state `faulted`, its fault code; undefined when there is nothing to do. */
export function adviceFor(state: DeviceStateName, fault?: string): Bilingual | undefined {
  if (state === 'ready') return undefined;
  if (state === 'faulted') return BY_FAULT.get(fault ?? '') ?? UNKNOWN_FAULT;
  return BY_STATE[state];
}
