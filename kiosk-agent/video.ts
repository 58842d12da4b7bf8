/** From an event to its picture: a link to what the recorder has of that window at that time (画面联动). */

/** What happened where and when. `camera` is the recorder's channel over that window, missing where none looks. */
export type Scene = {
  hall: string;
  window: number;
  camera?: string | number | undefined;
  at: Date;
  /** how much is shown before and after, s */
  beforeS: number;
  afterS: number;
};

/** As it stands in the configuration: window number → channel. */
export type Video = {
  template: string;
  cameras: Record<string, string | number>;
  beforeS: number;
  afterS: number;
};

const PLACEHOLDERS = {
  hall: ({ hall }) => hall,
  window: ({ window }) => String(window),
  channel: ({ camera }) => String(camera),
  start: (scene) => utc(startOf(scene)),
  end: (scene) => utc(endOf(scene)),
  startUnix: (scene) => String(startOf(scene)),
  endUnix: (scene) => String(endOf(scene)),
  startCompact: (scene) => utc(startOf(scene)).replace(/[-:]/g, ''),
  endCompact: (scene) => utc(endOf(scene)).replace(/[-:]/g, ''),
} satisfies Record<string, (scene: Scene) => string>;
const SCHEMES = ['http:', 'https:', 'rtsp:', 'rtsps:'];
const placeholder = /\{([^{}]*)\}/g;

/**
 * The link, times in UTC, every value encoded. Null where no camera looks at the window and the template wants its channel,
 * when the time is none, and for a template that `videoFault` refuses.
 */
export function playbackLink(template: string, scene: Scene): URL | null {
  if (templateFault(template) || !inReach(scene)) return null;
  if (template.includes('{channel}') && (scene.camera === undefined || channelFault(scene.camera)))
    return null;
  const text = template.replace(placeholder, (_all, name: string) =>
    encodeURIComponent(PLACEHOLDERS[name as keyof typeof PLACEHOLDERS](scene)),
  );
  return URL.canParse(text) ? new URL(text) : null;
}

/** What is wrong with the setting `video`, in a sentence that begins with the setting's name; null when nothing is. */
export function videoFault({ template, cameras }: Pick<Video, 'template' | 'cameras'>): string | null {
  const wrong = templateFault(template);
  if (wrong) return `video.template: ${wrong}`;
  for (const [window, camera] of Object.entries(cameras)) {
    if (!/^[1-9]\d{0,2}$/.test(window)) return `video.cameras: "${window}" is no window; 1 to 999`;
    const fault = channelFault(camera);
    if (fault) return `video.cameras.${window}: ${fault}`;
  }
  return null;
}

function templateFault(template: string): string | null {
  const known = Object.keys(PLACEHOLDERS).map((name) => `{${name}}`);
  for (const [all, name = ''] of template.matchAll(placeholder))
    if (!Object.hasOwn(PLACEHOLDERS, name)) return `${all} is not known; there are ${known.join(' ')}`;
  const bare = template.replace(placeholder, '');
  if (/[{}]/.test(bare)) return 'a brace stands alone';
  // The recorder's own address is fixed: no value of an event may lead elsewhere.
  const [head = ''] = /^[^:/?#]+:\/\/[^/?#]*/.exec(template) ?? [];
  if (!head || !URL.canParse(bare))
    return 'is no address; write https://RECORDER/PATH?channel={channel}&start={start}';
  if (head.includes('{')) return 'no placeholder in the name of the recorder';
  const { protocol, username, password } = new URL(bare);
  if (!SCHEMES.includes(protocol)) return `${protocol}// cannot be played; ${SCHEMES.join(' ')} can`;
  if (username || password) return 'no name or password in it: the link goes to browsers';
  if (!/\{start(Unix|Compact)?\}/.test(template))
    return 'no {start}, {startUnix} or {startCompact}: it would show now';
  return null;
}

/** A dot would climb in the recorder's paths. */
function channelFault(camera: string | number): string | null {
  return /^(?!\.{1,2}$)[\p{L}\p{N}._:/-]{1,64}$/u.test(String(camera))
    ? null
    : `"${camera}" is no channel; 1 to 64 letters, digits and . _ : / -`;
}

const startOf = ({ at, beforeS }: Scene) => Math.floor(at.getTime() / 1000 - beforeS);
const endOf = ({ at, afterS }: Scene) => Math.ceil(at.getTime() / 1000 + afterS);

/** Four digits of year, as every recorder reads it. */
function inReach(scene: Scene): boolean {
  return startOf(scene) >= 0 && endOf(scene) < 253_402_300_800;
}
function utc(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
