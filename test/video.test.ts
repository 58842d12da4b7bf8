/** From a rating or a trace to the recorder's picture of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { playbackLink, type Scene, videoFault } from '../kiosk-agent/video.ts';

const SEED = 20261123;
const scene: Scene = {
  hall: 'weihai-01',
  window: 3,
  camera: '103',
  at: new Date('2026-11-23T10:05:33.250+08:00'),
  beforeS: 30,
  afterS: 120,
};
const base = 'https://nvr.example/playback?start={start}';

describe('the link to a picture', () => {
  it('names channel and time, half a minute before to two after, whole seconds outwards', () => {
    const link = playbackLink(
      'https://nvr.example/playback?channel={channel}&start={start}&end={end}',
      scene,
    );
    expect(link?.href).toBe(
      'https://nvr.example/playback?channel=103&start=2026-11-23T02%3A05%3A03Z&end=2026-11-23T02%3A07%3A34Z',
    );
    expect(link?.searchParams.get('start')).toBe('2026-11-23T02:05:03Z');
    const later = playbackLink(`${base}&end={end}`, {
      ...scene,
      at: new Date('2026-11-23T10:05:33.750+08:00'),
    });
    expect(later?.search).toBe('?start=2026-11-23T02%3A05%3A03Z&end=2026-11-23T02%3A07%3A34Z');
  });

  it.each([
    [
      'rtsp://nvr.example:554/tracks/{channel}?starttime={startCompact}&endtime={endCompact}',
      'rtsp://nvr.example:554/tracks/103?starttime=20261123T020503Z&endtime=20261123T020734Z',
    ],
    [
      'http://10.1.2.3/{hall}/w{window}/{startUnix}-{endUnix}.m3u8',
      'http://10.1.2.3/weihai-01/w3/1795399503-1795399654.m3u8',
    ],
    ['https://nvr.example/#/{window}/{startUnix}', 'https://nvr.example/#/3/1795399503'],
    [
      'https://nvr.example/?s={start}&again={start}',
      'https://nvr.example/?s=2026-11-23T02%3A05%3A03Z&again=2026-11-23T02%3A05%3A03Z',
    ],
  ])('of %s', (template, href) => {
    expect(playbackLink(template, scene)?.href).toBe(href);
  });

  it('is none where no camera looks, and one where the template does not ask for the channel', () => {
    const blind = { ...scene, camera: undefined };
    expect(playbackLink(`${base}&channel={channel}`, blind)).toBe(null);
    expect(playbackLink(`${base}&window={window}`, blind)?.searchParams.get('window')).toBe('3');
  });

  it('is none for a time that is none, or a template that is wrong', () => {
    expect(playbackLink(base, { ...scene, at: new Date('yesterday') })).toBe(null);
    expect(playbackLink(base, { ...scene, at: new Date('+010000-01-01T00:00:00Z') })).toBe(null);
    expect(playbackLink(base, { ...scene, at: new Date(0) })).toBe(null);
    expect(playbackLink(`${base}&who={staff}`, scene)).toBe(null);
    expect(playbackLink('javascript:alert({start})', scene)).toBe(null);
  });

  it('leads to the recorder and no other place, with whatever values: they stay values', () => {
    const templates = [
      'https://nvr.example/play/{channel}/{hall}?c={channel}&h={hall}&t={start}',
      'rtsp://nvr.example/{hall}/{channel}/{startCompact}?h={hall}&c={channel}&t={start}',
    ];
    let links = 0;
    const nasty = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '..',
        '.',
        '/../..',
        '@evil.example',
        '?x=1',
        '#',
        '&c=1',
        '{start}',
        '%2e%2e',
        '1/2',
        '前门',
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...templates),
        nasty,
        fc.integer({ min: 1, max: 999 }),
        (template, camera, window) => {
          const link = playbackLink(template, { ...scene, camera, window });
          if (!link) return;
          links += 1;
          expect(link.host).toBe('nvr.example');
          expect(link.searchParams.get('c')).toBe(camera);
          expect(link.searchParams.get('t')).toBe('2026-11-23T02:05:03Z');
          expect([...link.searchParams.keys()].sort()).toEqual(['c', 'h', 't']);
          expect(link.pathname.split('/').length).toBe(template.split('?')[0]?.split('/').slice(2).length);
        },
      ),
      { seed: SEED, numRuns: 1000 },
    );
    expect(links).toBeGreaterThan(100);
  });
});

describe('the setting video', () => {
  it.each([
    [`${base}&c={channel}`, { 1: '101', 2: 102, 12: 'hall/east-2' }, null],
    [
      `${base}&who={staff}`,
      {},
      'video.template: {staff} is not known; there are {hall} {window} {channel} {start}',
    ],
    [`${base}&o={toString}`, {}, 'video.template: {toString} is not known'],
    [`${base}&c={channel`, {}, 'video.template: a brace stands alone'],
    [`${base}&c={}`, {}, 'video.template: {} is not known'],
    ['nvr.example/{start}', {}, 'video.template: is no address'],
    ['https:///{start}', {}, 'video.template: is no address'],
    ['https://{hall}.nvr.example/{start}', {}, 'video.template: no placeholder in the name of the recorder'],
    [
      'https://nvr.example:{channel}/{start}',
      {},
      'video.template: no placeholder in the name of the recorder',
    ],
    [
      'ftp://nvr.example/{start}',
      {},
      'video.template: ftp:// cannot be played; http: https: rtsp: rtsps: can',
    ],
    ['javascript://nvr.example/%0aalert(1){start}', {}, 'video.template: javascript:// cannot be played'],
    ['rtsp://admin:12345@nvr.example/{start}', {}, 'video.template: no name or password in it'],
    ['https://nvr.example/live/{channel}', {}, 'video.template: no {start}, {startUnix} or {startCompact}'],
    [base, { 0: '1' }, 'video.cameras: "0" is no window; 1 to 999'],
    [base, { east: '1' }, 'video.cameras: "east" is no window'],
    [base, { 1: '..' }, 'video.cameras.1: ".." is no channel'],
    [base, { 1: '' }, 'video.cameras.1: "" is no channel'],
  ])('%s %j', (template, cameras, fault) => {
    const found = videoFault({ template, cameras });
    if (fault === null) expect(found).toBe(null);
    else expect(found).toContain(fault);
  });
});
