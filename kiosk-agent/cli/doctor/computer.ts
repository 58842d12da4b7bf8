/** What the agent needs of the computer: Node, libraries, a folder to write in, room on the disk. */
import { constants } from 'node:fs';
import { access, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HidList } from '../../device/transport/hid-backend.ts';
import type { PortList } from '../../device/ports.ts';
import type { Check } from './check.ts';

/** TypeScript runs as it stands from here on; `hall` brings this Node by itself. */
const NODE_MAJOR = 24;
/** A visit takes about 5 kB of journal: a hall with 2000 visits a day fills 10 MB a day, for keepDays days. */
const DISK_TROUBLE_BYTES = 500 * 1024 * 1024;
const DISK_LOOK_BYTES = 2 * 1024 ** 3;

export function nodeVersion(version: string): Check {
  const good = Number(version.split('.')[0]) >= NODE_MAJOR;
  return {
    check: 'node',
    subject: version,
    state: good ? 'good' : 'trouble',
    sentence: good
      ? {
          zh: `Node ${version}，${process.platform} ${process.arch}`,
          en: `Node ${version} on ${process.platform} ${process.arch}`,
        }
      : {
          zh: `Node ${version} 太旧，需要 ${NODE_MAJOR}`,
          en: `Node ${version} is too old; ${NODE_MAJOR} is needed`,
        },
    ...(!good && {
      advice: {
        zh: '在程序目录运行 npm ci（其中带有所需的 Node），用 npx hall 启动。',
        en: "Run npm ci in the program's folder (it brings the right Node) and start with npx hall.",
      },
    }),
  };
}

/** Whether the folder can be written to, tried with a file that is removed again. */
export async function stateFolder(folder: string): Promise<Check> {
  const made = await stat(folder).catch(() => null);
  if (!made) {
    const parentOpen = await access(dirname(folder), constants.W_OK).then(
      () => true,
      () => false,
    );
    return {
      check: 'state',
      subject: folder,
      state: 'unknown',
      sentence: { zh: '还不存在', en: 'is not there yet' },
      advice: parentOpen
        ? {
            zh: '首次启动时会创建；如果应当已有数据，请核对 --state。',
            en: 'It is made at the first start; if there should be data already, look at --state.',
          }
        : {
            zh: '首次启动时无法创建：上级目录不可写。请核对 --state。',
            en: 'The first start cannot make it: the folder above takes no writes. Look at --state.',
          },
    };
  }
  const probe = join(folder, `.doctor-${process.pid}`);
  try {
    await writeFile(probe, 'written by hall doctor', { flag: 'wx' });
    await rm(probe);
    return {
      check: 'state',
      subject: folder,
      state: 'good',
      sentence: { zh: '可写', en: 'takes writes' },
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return {
      check: 'state',
      subject: folder,
      state: 'trouble',
      sentence: { zh: `不可写：${message}`, en: `takes no writes: ${message}` },
      advice:
        code === 'ENOSPC'
          ? { zh: '磁盘已满：清理空间。', en: 'The disk is full: make room.' }
          : {
              zh: '让运行程序的用户拥有此目录：chown -R hall: 目录；只读的磁盘先检查磁盘。',
              en: 'Let the user that runs the agent own it: chown -R hall: FOLDER; if the disk is read-only, look at the disk first.',
            },
    };
  }
}

export type Space = { freeBytes: number; freeFiles: number; files: number };

/** Room on the disk of the state folder, or of the nearest folder above it that is there. */
export async function diskSpace(folder: string): Promise<Space> {
  for (let place = folder; ; place = dirname(place)) {
    try {
      const disk = await statfs(place);
      return { freeBytes: disk.bavail * disk.bsize, freeFiles: disk.ffree, files: disk.files };
    } catch (error) {
      if (dirname(place) === place) throw error;
    }
  }
}

export function diskRoom(folder: string, { freeBytes, freeFiles, files }: Space): Check {
  const free =
    freeBytes >= 1024 ** 3
      ? `${(freeBytes / 1024 ** 3).toFixed(1)} GB`
      : `${Math.floor(freeBytes / 1024 ** 2)} MB`;
  // Some file systems make room for files as they go, and count none.
  const noFiles = files > 0 && freeFiles < 1000;
  const state =
    freeBytes < DISK_TROUBLE_BYTES || noFiles ? 'trouble' : freeBytes < DISK_LOOK_BYTES ? 'unknown' : 'good';
  return {
    check: 'disk',
    subject: folder,
    state,
    sentence: noFiles
      ? {
          zh: `只剩 ${freeFiles} 个文件的位置（${free}）`,
          en: `room for ${freeFiles} more files only (${free} free)`,
        }
      : { zh: `剩余 ${free}`, en: `${free} free` },
    ...(state !== 'good' && {
      advice: {
        zh: '繁忙的大厅每天约写 10 MB；写满后不再取号和评价。清理磁盘，或减小 journal.keepDays。',
        en: 'A busy hall writes about 10 MB a day; on a full disk no ticket is given and no rating taken. Make room, or lower journal.keepDays.',
      },
    }),
  };
}

/** node-hid needs libusb-1.0 and libudev from the system. Trouble only when the configuration has HID devices. */
export function hidLibrary(list: HidList, needed: boolean): Check {
  if (list.ok)
    return {
      check: 'libraries',
      subject: 'node-hid',
      state: 'good',
      sentence: {
        zh: `可用，看到 ${list.devices.length} 个 HID 设备`,
        en: `loads, sees ${list.devices.length} HID devices`,
      },
    };
  return {
    check: 'libraries',
    subject: 'node-hid',
    state: needed ? 'trouble' : 'unknown',
    sentence: { zh: list.why, en: list.why },
    ...(!needed && {
      advice: {
        zh: '配置中没有 HID 设备，可以不处理。',
        en: 'The configuration has no HID device: nothing need be done.',
      },
    }),
  };
}

export function serialLibrary(list: PortList): Check {
  return {
    check: 'libraries',
    subject: 'serialport',
    state: list.ok ? 'good' : 'unknown',
    sentence: list.ok
      ? { zh: `可用，看到 ${list.ports.length} 个串口`, en: `loads, sees ${list.ports.length} serial ports` }
      : { zh: list.why, en: list.why },
  };
}
