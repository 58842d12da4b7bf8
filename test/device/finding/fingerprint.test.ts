import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bridgeOf,
  candidates,
  describe as describeFound,
  identityOf,
  isSame,
  match,
  matchAll,
  serialOf,
  takenFor,
  type Identity,
} from '../../../kiosk-agent/device/fingerprint.ts';
import type { Found } from '../../../kiosk-agent/device/found.ts';
import { MODELS } from '../../../kiosk-agent/device/models.ts';

const SEED = 20261123;
const RUNS = 5_000;

const CH340 = { kind: 'serial', vendorId: '1a86', productId: '7523', interface: 0 } as const;
const EHR = { kind: 'hid', vendorId: '1209', productId: '0001', usagePage: 0xff00, usage: 1 } as const;
const at = (path: string, location?: string): Pick<Found, 'key' | 'path' | 'location'> => ({
  key: path,
  path,
  ...(location !== undefined && { location }),
});
const bound = (found: Found): Identity => identityOf(found)!;
const models = (found: Found) => candidates(found, MODELS).map(({ model }) => model);

describe('what a thing is taken for', () => {
  it.each([
    ['1a86', '7523', 'CH340'],
    ['067b', '2303', 'PL2303'],
    ['0403', '6001', 'FTDI FT232'],
    ['10c4', 'ea60', 'CP210x'],
  ])('%s:%s is a serial adapter (%s) that says nothing of what is behind it', (vendorId, productId, name) => {
    const found: Found = { ...CH340, ...at('/dev/ttyUSB0', 'S1'), vendorId, productId };
    expect(bridgeOf(found)).toBe(name);
    expect(takenFor(found, MODELS).en).toBe(`a serial adapter (${name})`);
    const all = candidates(found, MODELS);
    expect(new Set(all.map(({ score }) => score))).toEqual(new Set([1]));
    expect(new Set(all.map(({ why }) => why.en))).toEqual(
      new Set([`${name} is a serial adapter and does not say what is behind it`]),
    );
    expect(models(found)).toEqual(
      MODELS.filter(({ transports }) => transports.includes('serial')).map(({ id }) => id),
    );
    expect(describeFound(found)).toBe(`${name} ${vendorId}:${productId} at S1`);
  });

  it('an EHR/1 evaluator is known by its ids and its collection; another collection of it is nothing', () => {
    const found: Found = { ...EHR, ...at('/dev/hidraw1'), serialNumber: 'EV0042' };
    expect(candidates(found, MODELS)).toEqual([
      {
        model: 'ehr1',
        score: 100,
        why: {
          zh: '设备自报 vendor 1209, product 0001, usage page ff00, usage 01',
          en: 'it says of itself vendor 1209, product 0001, usage page ff00, usage 01',
        },
      },
    ]);
    expect(takenFor(found, MODELS).zh).toBe('五键评价器（EHR/1，USB）');
    expect(describeFound(found)).toBe('1209:0001 EV0042');
    expect(models({ ...found, usagePage: 0x0c })).toEqual([]);
    expect(models({ ...found, productId: '0002' })).toEqual([]);
    // A system that does not tell collections leaves the ids, which is less.
    const { usagePage: _page, usage: _usage, ...ids } = found;
    expect(candidates(ids, MODELS).map(({ model, score }) => [model, score])).toEqual([['ehr1', 50]]);
  });

  it('a keyboard is offered as a keypad only, whatever its ids are', () => {
    const keyboard: Found = {
      ...at('/dev/hidraw2'),
      kind: 'hid',
      vendorId: '04f2',
      productId: '0112',
      usagePage: 1,
      usage: 6,
    };
    expect(models(keyboard)).toEqual(['keypad']);
    const greedy = MODELS.map((model) =>
      model.id === 'ehr1' ? { ...model, fingerprints: [{ vendorId: '04f2', productId: '0112' }] } : model,
    );
    expect(candidates(keyboard, greedy).map(({ model }) => model)).toEqual(['keypad']);
  });

  it('a scanner is known by its usage page, a mouse by nothing', () => {
    const hid: Found = { ...at('/dev/hidraw3'), kind: 'hid', vendorId: '0c2e', productId: '0b6a' };
    expect(models({ ...hid, usagePage: 0x8c, usage: 2 })).toEqual(['scanner-hid']);
    expect(models({ ...hid, usagePage: 1, usage: 2 })).toEqual([]);
    expect(takenFor({ ...hid, usagePage: 1, usage: 2 }, MODELS).en).toBe('nothing that is known here');
  });

  it('a USB printer is known by its class, one of a known maker better; behind an adapter it could be any', () => {
    const printer: Found = { ...at('/dev/usb/lp0'), kind: 'file', vendorId: 'abcd', productId: '0202' };
    expect(takenFor(printer, MODELS).en).toMatch(/^80 mm ticket printer or /);
    const scores = (found: Found) =>
      Object.fromEntries(candidates(found, MODELS).map(({ model, score }) => [model, score]));
    expect(scores(printer)).toMatchObject({ 'escpos-80': 10, 'epson-80': 2 });
    expect(scores({ ...printer, vendorId: '04b8' })).toMatchObject({ 'escpos-80': 10, 'epson-80': 25 });
    expect(models({ ...printer, vendorId: '04b8' })[0]).toBe('epson-80');
    expect(scores({ ...CH340, ...at('COM3') })).toMatchObject({ 'escpos-80': 1, 'epson-80': 1, elp1: 1 });
    expect(Object.keys(scores(printer))).toEqual(
      expect.not.arrayContaining(MODELS.filter(({ kind }) => kind !== 'printer').map(({ id }) => id)),
    );
  });

  it('an onboard port is a serial port and called by its name', () => {
    const port: Found = { ...at('COM1'), kind: 'serial' };
    expect(takenFor(port, MODELS).en).toBe('a serial port');
    expect(describeFound(port)).toBe('COM1');
  });
});

describe('a bound thing', () => {
  const left: Found = { ...CH340, ...at('/dev/ttyUSB0', 'S1') };
  const right: Found = { ...CH340, ...at('/dev/ttyUSB1', 'S2') };

  it('without a serial number is known by its socket, whatever its path is now', () => {
    const swapped: Found[] = [
      { ...left, ...at('/dev/ttyUSB1', 'S1') },
      { ...right, ...at('/dev/ttyUSB0', 'S2') },
    ];
    expect(match(bound(left), swapped)).toMatchObject({
      is: 'there',
      found: { path: '/dev/ttyUSB1', location: 'S1' },
    });
  });

  it('that hangs at another socket is proposed and not taken', () => {
    expect(match(bound(left), [right])).toMatchObject({ is: 'missing', moved: { path: '/dev/ttyUSB1' } });
    expect(match(bound(left), [])).toEqual(expect.not.objectContaining({ moved: expect.anything() }));
    const third: Found = { ...CH340, ...at('/dev/ttyUSB2', 'S3') };
    expect(match(bound(left), [right, third])).toMatchObject({ is: 'ambiguous', among: [right, third] });
  });

  it('that is unplugged is not replaced by one that is bound itself', () => {
    const bindings = [
      { device: 'a', identity: bound(left) },
      { device: 'b', identity: bound(right) },
    ];
    expect(Object.fromEntries(matchAll(bindings, [right]))).toMatchObject({
      a: { is: 'missing', why: { en: 'it is not plugged in' } },
      b: { is: 'there', found: right },
    });
  });

  it('with a serial number is known wherever it is plugged, and no other is taken for it', () => {
    const ftdi: Found = {
      kind: 'serial',
      vendorId: '0403',
      productId: '6001',
      serialNumber: 'A50285BI',
      ...at('/dev/ttyUSB0', 'S1'),
    };
    const moved: Found = { ...ftdi, ...at('/dev/ttyUSB7', 'S9') };
    const other: Found = { ...ftdi, serialNumber: 'A50285XX' };
    expect(match(bound(ftdi), [other, moved])).toMatchObject({ is: 'there', found: moved });
    expect(match(bound(ftdi), [other])).toMatchObject({ is: 'missing' });
    expect(match(bound(ftdi), [other])).not.toHaveProperty('moved');
    // Of another kind with the same number.
    expect(match(bound(ftdi), [{ ...moved, productId: '6015' }])).toMatchObject({ is: 'missing' });
  });

  it.each(['0001', '0', '00000000', '123456', '0123456789ABCDEF', '1234567890', 'FFFF', ' '])(
    'with the serial number "%s" of a whole series is known by its socket',
    (serialNumber) => {
      expect(serialOf({ serialNumber })).toBeUndefined();
      const [a, b] = [
        { ...left, serialNumber },
        { ...right, serialNumber },
      ];
      expect(match(bound(a), [b, a])).toMatchObject({ is: 'there', found: a });
      expect(match(bound(a), [b])).toMatchObject({ is: 'missing', moved: b });
    },
  );
  it.each(['A50285BI', 'EV0042', 'SIM0001', '00012', '20190401'])(
    'has a serial number of its own: %s',
    (serialNumber) => {
      expect(serialOf({ serialNumber })).toBe(serialNumber);
    },
  );

  it('is not taken by its path while udev has told nothing of what stands there', () => {
    expect(match(bound(left), [{ kind: 'serial', ...at('/dev/ttyUSB0') }])).toMatchObject({ is: 'missing' });
    expect(match(bound(left), [{ kind: 'serial', ...at('/dev/ttyUSB0', 'S1') }])).toMatchObject({
      is: 'missing',
    });
  });

  it('that is no USB device is what it is called, unless a USB device has that name now', () => {
    const com1: Found = { kind: 'serial', ...at('COM1') };
    expect(match(bound(com1), [left, com1])).toMatchObject({ is: 'there', found: com1 });
    expect(match(bound(com1), [{ ...CH340, ...at('COM1', 'S1') }])).toMatchObject({ is: 'missing' });
    // A card in the PC: Windows tells its slot and no USB ids.
    const card: Found = { kind: 'serial', ...at('COM5', 'PCI bus 3, device 0, function 0') };
    expect(match(bound(card), [com1, card])).toMatchObject({ is: 'there', found: card });
  });

  it('of its own kind is known where no socket is told and it is the only one; an adapter only by its path', () => {
    const one: Found = { ...EHR, ...at('/dev/hidraw0') };
    const again: Found = { ...EHR, ...at('/dev/hidraw4') };
    expect(match(bound(one), [again])).toMatchObject({ is: 'there', found: again });
    expect(match(bound(one), [again, one])).toMatchObject({ is: 'ambiguous' });
    const adapter: Found = { ...CH340, ...at('COM3') };
    expect(match(bound(adapter), [adapter, { ...CH340, ...at('COM4') }])).toMatchObject({
      is: 'there',
      found: adapter,
    });
    expect(match(bound(adapter), [{ ...CH340, ...at('COM4') }])).toMatchObject({
      is: 'missing',
      moved: { path: 'COM4' },
    });
  });

  it('is ambiguous for two devices that both mean it', () => {
    const clone: Found = { ...EHR, ...at('/dev/hidraw0', 'S1'), serialNumber: 'EV7' };
    const bindings = [
      { device: 'a', identity: bound(clone) },
      { device: 'b', identity: bound({ ...clone, ...at('/dev/hidraw1', 'S2') }) },
    ];
    expect(Object.fromEntries(matchAll(bindings, [clone]))).toMatchObject({
      a: { is: 'ambiguous', among: [clone] },
      b: { is: 'ambiguous', among: [clone] },
    });
  });

  it('of an adapter with several ports is known by its interface', () => {
    const ports = [0, 1, 2, 3].map((number): Found => ({
      ...CH340,
      productId: '55d5',
      interface: number,
      ...at(`/dev/ttyACM${3 - number}`, 'S1'),
    }));
    for (const port of ports) expect(match(bound(port), ports)).toMatchObject({ is: 'there', found: port });
    // A system that tells no interfaces: the two of this socket could be it, the one at another could not.
    const untold = ports.slice(0, 2).map(({ interface: _number, ...rest }): Found => rest);
    const elsewhere: Found = { ...untold[0]!, ...at('/dev/ttyACM9', 'S2') };
    expect(match(bound(ports[0]!), [...untold, elsewhere])).toMatchObject({
      is: 'ambiguous',
      among: [{ location: 'S1' }, { location: 'S1' }],
    });
  });
});

/** Few values each, so that things meet: equal adapters, shared numbers, taken sockets. */
const thing: fc.Arbitrary<Omit<Found, 'key' | 'path'>> = fc
  .record(
    {
      ids: fc.constantFrom(
        { kind: 'serial' as const, vendorId: '1a86', productId: '7523' },
        { kind: 'serial' as const, vendorId: '0403', productId: '6001' },
        { kind: 'hid' as const, vendorId: '1209', productId: '0001' },
        { kind: 'file' as const, vendorId: '04b8', productId: '0202' },
        { kind: 'serial' as const },
      ),
      serialNumber: fc.constantFrom('A1', 'A2', '0001'),
      location: fc.constantFrom('S1', 'S2', 'S3'),
      interface: fc.constantFrom(0, 1),
    },
    { requiredKeys: ['ids'] },
  )
  .map(({ ids, ...rest }) => ('vendorId' in ids ? { ...ids, ...rest } : ids));

const things: fc.Arbitrary<Found[]> = fc
  .array(fc.tuple(thing, fc.integer({ min: 0, max: 7 })), { maxLength: 7 })
  .map((all) => {
    const byPath = new Map(all.map(([each, n]) => [`${each.kind}:port${n}`, each]));
    return [...byPath].map(([key, each]) => ({ ...each, key, path: key.split(':')[1]! }));
  });

const scene = fc
  .record({ before: things, now: things, keep: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }) })
  .map(({ before, now, keep }) => {
    // Some of what was bound is still there, as it was.
    const stays = before.filter((_, index) => keep[index]);
    const keys = new Set(stays.map(({ key }) => key));
    const list = [...stays, ...now.filter(({ key }) => !keys.has(key))];
    const bindings = before.flatMap((found, index) => {
      const identity = identityOf(found);
      return identity ? [{ device: `device-${index}`, identity }] : [];
    });
    return { bindings, list };
  });

describe('whatever is bound and plugged in', () => {
  const met = new Map<string, number>();
  const check = (
    name: string,
    run: (scene: { bindings: { device: string; identity: Identity }[]; list: Found[] }) => void,
  ) =>
    it(name, () => {
      fc.assert(fc.property(scene, run), { seed: SEED, numRuns: RUNS });
    });

  check(
    'no two devices have one thing, and each has one of its own kind with no other serial number',
    ({ bindings, list }) => {
      const taken = new Set<string>();
      const matches = matchAll(bindings, list);
      for (const { device, identity } of bindings) {
        const found = matches.get(device)!;
        met.set(found.is, (met.get(found.is) ?? 0) + 1);
        if (found.is === 'missing' && found.moved) met.set('moved', (met.get('moved') ?? 0) + 1);
        if (found.is !== 'there') continue;
        expect(taken.has(found.found.key)).toBe(false);
        taken.add(found.found.key);
        const { kind, vendorId, productId } = found.found;
        expect({ kind, vendorId, productId }).toEqual({
          kind: identity.kind,
          vendorId: identity.vendorId,
          productId: identity.productId,
        });
        expect(serialOf(found.found)).toBe(serialOf(identity));
      }
      // What one device has is proposed to no other.
      for (const found of matches.values())
        if (found.is === 'missing' && found.moved) expect(taken.has(found.moved.key)).toBe(false);
    },
  );

  check('equal adapters are told apart by the socket and by nothing else', ({ bindings, list }) => {
    for (const { identity } of bindings) {
      const found = match(identity, list);
      if (found.is !== 'there' || identity.vendorId !== '1a86' || serialOf(identity) !== undefined) continue;
      expect(found.found.location).toBe(identity.location);
      if (identity.location === undefined) expect(found.found.path).toBe(identity.path);
    }
  });

  check('the order of the lists does not matter', ({ bindings, list }) => {
    const turned = matchAll([...bindings].reverse(), [...list].reverse());
    expect(Object.fromEntries(turned)).toEqual(Object.fromEntries(matchAll(bindings, list)));
  });

  it('met there, missing, moved and ambiguous, each often', () => {
    for (const is of ['there', 'missing', 'moved', 'ambiguous'])
      expect(met.get(is) ?? 0, is).toBeGreaterThan(RUNS / 20);
  });

  it('every thing that can be told apart is there again after all cables were moved within their sockets', () => {
    fc.assert(
      fc.property(things, fc.nat(), (list, turn) => {
        const distinct = list.filter(
          (each, index) =>
            identityOf(each) &&
            each.location !== undefined &&
            !list.some((other, at) => at !== index && isSame(bound(each), bound(other))) &&
            list.every((other) => other.kind !== each.kind || other.interface !== undefined),
        );
        // New paths, as after a restart in which everything was found in another order.
        const renamed = list.map((each, index) =>
          each.vendorId === undefined
            ? each
            : { ...each, ...at(`new${(index + turn) % list.length}`, each.location) },
        );
        for (const each of distinct) {
          const found = match(bound(each), renamed);
          const alike = list.filter(
            (other) => serialOf(other) === serialOf(each) && other.vendorId === each.vendorId,
          );
          if (alike.length === 1) expect(found.is).toBe('there');
          if (found.is === 'there') expect(found.found.location).toBe(each.location);
        }
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });
});
