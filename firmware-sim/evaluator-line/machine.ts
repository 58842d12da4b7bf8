import { parseCommand, type Command } from './command.ts';

/** A press that the host has not acknowledged yet. `session` 0 = none was open. Times in ms of the injected clock. */
export type Press = { seq: number; session: number; code: number; at: number; sendAt: number };

/** What stands on the device for people to see and hear. */
export type EvaluatorState = {
  power: 'on' | 'off';
  boot: string;
  uptimeSeconds: number;
  /** Open evaluation; its keys are lit. */
  session: { number: number; secondsLeft: number } | null;
  lights: { keys: 'lit' | 'dark'; thanks: 'lit' | 'dark'; error: 'lit' | 'dark' };
  /** What is being said now, and everything said since power-up is counted. */
  voice: string | null;
  spoken: number;
  display: [string, string];
  pressesWaiting: number;
  pressMemory: number;
  pressesAcknowledged: number;
  pressesRefused: number;
  unknownCommands: number;
  faultBits: number;
};

export const voices = {
  1: '欢迎光临',
  2: '请对本次服务进行评价',
  3: '谢谢',
  4: '窗口已关闭',
} as const;

export const pressMemory = 32;
const repeatMs = 300;
const heartbeatMs = 5000;
const thanksMs = 3000;
const errorLightMs = 2000;
const voiceMs = 2500;
/** A host repeats a command up to 3 times after 400 ms each; an older equal number is a new command. */
const repeatWindowMs = 10_000;

export type EvaluatorIdentity = { model: string; serial: string; firmware: string };

/**
 * One ELP/1 evaluator as a pure machine: every call takes the time (ms) and returns the bodies to send.
 * The promise of the protocol lives here: a press stays in memory and is repeated until it is acknowledged,
 * and the device says thank you only on the acknowledgement.
 */
export class EvaluatorMachine {
  #identity: EvaluatorIdentity;
  #boot = '00000000';
  #power: 'on' | 'off' = 'off';
  #poweredAt = 0;
  #seq = 0;
  #presses: Press[] = [];
  #session: { number: number; shutsAt: number } | undefined;
  #heartbeatAt = Number.POSITIVE_INFINITY;
  #thanksUntil = 0;
  #errorUntil = 0;
  #voice: { text: string; until: number } | undefined;
  #display: [string, string] = ['', ''];
  #answers: { n: number; body: string; answer: string; at: number }[] = [];
  #counts = { spoken: 0, acknowledged: 0, refused: 0, unknown: 0 };
  /** Bits 0-2 of the fault byte; bit 3 (memory full) is the machine's own. */
  hardwareFaults = 0;
  /** While true the device answers every command with `busy`. */
  busy = false;

  constructor(identity: EvaluatorIdentity) {
    this.#identity = identity;
  }

  /** Power on: a new boot number (8 hex digits), an empty memory, and HI. */
  powerUp(boot: string, now: number): string[] {
    this.powerDown();
    this.#power = 'on';
    this.#boot = boot;
    this.#poweredAt = now;
    this.#heartbeatAt = now + heartbeatMs;
    return [this.#hi()];
  }

  /** Power off: what was in memory is gone. */
  powerDown(): void {
    this.#power = 'off';
    this.#seq = 0;
    this.#presses = [];
    this.#session = undefined;
    this.#heartbeatAt = Number.POSITIVE_INFINITY;
    this.#thanksUntil = 0;
    this.#errorUntil = 0;
    this.#voice = undefined;
    this.#display = ['', ''];
    this.#answers = [];
  }

  /** A finger on a key with this raw code. Refused, with the error light, when the memory is full. */
  press(code: number, now: number): { taken: boolean; send: string[] } {
    if (this.#power === 'off') return { taken: false, send: [] };
    this.#shutWhenDue(now);
    if (this.#presses.length >= pressMemory) {
      this.#counts.refused++;
      this.#errorUntil = now + errorLightMs;
      return { taken: false, send: [] };
    }
    const press = {
      seq: ++this.#seq,
      session: this.#session?.number ?? 0,
      code,
      at: now,
      sendAt: now + repeatMs,
    };
    this.#presses.push(press);
    return { taken: true, send: [this.#key(press, now)] };
  }

  /** One message of the host; returns the answer, if the page asks for one. */
  receive(body: string, now: number): string[] {
    if (this.#power === 'off') return [];
    this.#shutWhenDue(now);
    const command = parseCommand(body);
    if (command.name === 'unknown') {
      this.#counts.unknown++;
      return [];
    }
    if (command.name === 'ACK') {
      this.#acknowledge(command.boot, command.seq, now);
      return [];
    }
    if (command.name === 'WHO') return [this.#hi()];
    const earlier = this.#answers.find(
      (answered) => answered.n === command.n && answered.body === body && now - answered.at < repeatWindowMs,
    );
    if (earlier) return [earlier.answer];
    const why = this.#obey(command, now);
    const answer = why ? `NO,${command.n},${why}` : `OK,${command.n}`;
    this.#answers.push({ n: command.n, body, answer, at: now });
    if (this.#answers.length > 16) this.#answers.shift();
    return [answer];
  }

  /** What falls due by `now`: repeats of presses, the heartbeat, the end of a session. */
  due(now: number): string[] {
    if (this.#power === 'off') return [];
    this.#shutWhenDue(now);
    const send: string[] = [];
    for (const press of this.#presses) {
      if (press.sendAt > now) continue;
      press.sendAt = now + repeatMs;
      send.push(this.#key(press, now));
    }
    if (this.#heartbeatAt <= now) {
      this.#heartbeatAt = now + heartbeatMs;
      send.push(this.#status(now));
    }
    return send;
  }

  /** When `due` must be called next, ms of the clock; Infinity while the power is off. */
  nextDue(): number {
    const lights = [this.#thanksUntil, this.#errorUntil, this.#voice?.until ?? 0].filter((at) => at > 0);
    return Math.min(
      this.#heartbeatAt,
      this.#session?.shutsAt ?? Number.POSITIVE_INFINITY,
      ...this.#presses.map((press) => press.sendAt),
      ...(this.#power === 'on' ? lights : []),
    );
  }

  state(now: number): EvaluatorState {
    this.#shutWhenDue(now);
    const session = this.#session;
    return {
      power: this.#power,
      boot: this.#boot,
      uptimeSeconds: this.#power === 'on' ? Math.floor((now - this.#poweredAt) / 1000) : 0,
      session: session
        ? { number: session.number, secondsLeft: Math.ceil((session.shutsAt - now) / 1000) }
        : null,
      lights: {
        keys: session ? 'lit' : 'dark',
        thanks: this.#thanksUntil > now ? 'lit' : 'dark',
        error: this.#errorUntil > now || this.#faultBits() & 8 ? 'lit' : 'dark',
      },
      voice: this.#voice && this.#voice.until > now ? this.#voice.text : null,
      spoken: this.#counts.spoken,
      display: [...this.#display],
      pressesWaiting: this.#presses.length,
      pressMemory,
      pressesAcknowledged: this.#counts.acknowledged,
      pressesRefused: this.#counts.refused,
      unknownCommands: this.#counts.unknown,
      faultBits: this.#faultBits(),
    };
  }

  #obey(command: Exclude<Command, { name: 'WHO' | 'ACK' | 'unknown' }>, now: number) {
    if (command.name === 'refused') return 'arg';
    if (this.busy) return 'busy';
    switch (command.name) {
      case 'OPEN':
        // Replaces a session that is open; presses in memory are kept ("forget nothing").
        this.#session = { number: command.session, shutsAt: now + command.seconds * 1000 };
        if (command.voice === 2) this.#say(voices[2], now);
        return undefined;
      case 'SHUT':
        if (this.#session?.number !== command.session) return 'session';
        this.#session = undefined;
        return undefined;
      case 'SHOW':
        this.#display[command.line - 1] = command.text;
        return undefined;
      case 'SAY':
        this.#say(voices[command.voice], now);
        return undefined;
    }
  }

  #acknowledge(boot: string, seq: number, now: number) {
    if (boot.toUpperCase() !== this.#boot) return;
    const at = this.#presses.findIndex((press) => press.seq === seq);
    if (at < 0) return;
    this.#presses.splice(at, 1);
    this.#counts.acknowledged++;
    this.#thanksUntil = now + thanksMs;
    this.#say(voices[3], now);
  }

  #say(text: string, now: number) {
    this.#voice = { text, until: now + voiceMs };
    this.#counts.spoken++;
  }

  #shutWhenDue(now: number) {
    if (this.#session && this.#session.shutsAt <= now) this.#session = undefined;
    if (this.#thanksUntil <= now) this.#thanksUntil = 0;
    if (this.#errorUntil <= now) this.#errorUntil = 0;
    if (this.#voice && this.#voice.until <= now) this.#voice = undefined;
  }

  #faultBits() {
    return (this.hardwareFaults & 7) | (this.#presses.length >= pressMemory ? 8 : 0);
  }

  #hi() {
    const { model, serial, firmware } = this.#identity;
    return `HI,1,${model},${serial},${this.#boot},${firmware}`;
  }

  #key(press: Press, now: number) {
    return `KEY,${this.#boot},${press.seq},${press.session || '-'},${press.code},${now - press.at}`;
  }

  #status(now: number) {
    const uptime = Math.floor((now - this.#poweredAt) / 1000);
    const faults = this.#faultBits().toString(16).toUpperCase().padStart(2, '0');
    return `ST,${this.#boot},${uptime},${this.#session?.number ?? '-'},${faults}`;
  }
}
