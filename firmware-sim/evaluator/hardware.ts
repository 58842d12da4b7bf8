import type { Command } from '../evaluator-line/command.ts';

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

export type Refusal = 'arg' | 'busy' | 'session';

/** What an evaluator knows of itself when it says something. `session` 0 = none is open. */
export type EvaluatorFacts = {
  boot: string;
  uptimeSeconds: number;
  session: number;
  faultBits: number;
  pressesWaiting: number;
};

/** How a protocol says what an evaluator has to say; times in ms. */
export type EvaluatorWords<Message> = {
  hello: (facts: EvaluatorFacts) => Message;
  key: (press: Press, ageMs: number, facts: EvaluatorFacts) => Message;
  heartbeat: (facts: EvaluatorFacts) => Message;
  answer: (n: number, why: Refusal | undefined, facts: EvaluatorFacts) => Message;
  /** The press counter goes on with 0 after this. */
  lastSeq: number;
};

/**
 * One evaluator as a pure machine: every call takes the time (ms) and returns the messages to send, in the words of
 * its protocol; times, repeats and promises are the same in ELP/1 and EHR/1.
 * The promise of the protocol lives here: a press stays in memory and is repeated until it is acknowledged,
 * and the device says thank you only on the acknowledgement.
 */
export class EvaluatorHardware<Message> {
  #words: EvaluatorWords<Message>;
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
  #answers: { n: number; wire: string; why: Refusal | undefined; at: number }[] = [];
  #counts = { spoken: 0, acknowledged: 0, refused: 0, unknown: 0 };
  /** Bits 0-2 of the fault byte; bit 3 (memory full) is the machine's own. */
  hardwareFaults = 0;
  /** While true the device answers every command with `busy`. */
  busy = false;
  /** How far its count of ms is ahead; shows in the ages and uptimes that it says. */
  clockErrorMs = 0;

  constructor(words: EvaluatorWords<Message>) {
    this.#words = words;
  }

  /** Power on: a new boot number (8 hex digits), an empty memory, and a greeting. `seq` presses were made before. */
  powerUp(boot: string, now: number, seq = 0): Message[] {
    this.powerDown();
    this.#power = 'on';
    this.#boot = boot;
    this.#seq = seq;
    this.#poweredAt = now;
    this.#heartbeatAt = now + heartbeatMs;
    return [this.#words.hello(this.#facts(now))];
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
  press(code: number, now: number): { taken: boolean; send: Message[] } {
    if (this.#power === 'off') return { taken: false, send: [] };
    this.#shutWhenDue(now);
    if (this.#presses.length >= pressMemory) {
      this.#counts.refused++;
      this.#errorUntil = now + errorLightMs;
      return { taken: false, send: [] };
    }
    this.#seq = this.#seq === this.#words.lastSeq ? 0 : this.#seq + 1;
    const press = {
      seq: this.#seq,
      session: this.#session?.number ?? 0,
      code,
      at: now,
      sendAt: now + repeatMs,
    };
    this.#presses.push(press);
    return { taken: true, send: [this.#key(press, now)] };
  }

  /** One command of the host, and how it came over the wire; returns the answer, if the page asks for one. */
  take(command: Command, wire: string, now: number): Message[] {
    if (this.#power === 'off') return [];
    this.#shutWhenDue(now);
    if (command.name === 'unknown') {
      this.#counts.unknown++;
      return [];
    }
    if (command.name === 'ACK') {
      this.#acknowledge(command.boot, command.seq, now);
      return [];
    }
    if (command.name === 'WHO') return [this.#words.hello(this.#facts(now))];
    const earlier = this.#answers.find(
      (answered) => answered.n === command.n && answered.wire === wire && now - answered.at < repeatWindowMs,
    );
    const why = earlier ? earlier.why : this.#obey(command, now);
    if (!earlier) this.#answers.push({ n: command.n, wire, why, at: now });
    if (this.#answers.length > 16) this.#answers.shift();
    return [this.#words.answer(command.n, why, this.#facts(now))];
  }

  /** What falls due by `now`: repeats of presses, the heartbeat, the end of a session. */
  due(now: number): Message[] {
    if (this.#power === 'off') return [];
    this.#shutWhenDue(now);
    const send: Message[] = [];
    for (const press of this.#presses) {
      if (press.sendAt > now) continue;
      press.sendAt = now + repeatMs;
      send.push(this.#key(press, now));
    }
    if (this.#heartbeatAt <= now) {
      this.#heartbeatAt = now + heartbeatMs;
      send.push(this.#words.heartbeat(this.#facts(now)));
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
      uptimeSeconds: this.#power === 'on' ? this.#uptimeSeconds(now) : 0,
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

  #obey(command: Exclude<Command, { name: 'WHO' | 'ACK' | 'unknown' }>, now: number): Refusal | undefined {
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

  #key(press: Press, now: number) {
    return this.#words.key(press, now - press.at + this.clockErrorMs, this.#facts(now));
  }

  #uptimeSeconds(now: number) {
    return Math.floor((now - this.#poweredAt + this.clockErrorMs) / 1000);
  }

  #facts(now: number): EvaluatorFacts {
    return {
      boot: this.#boot,
      uptimeSeconds: this.#uptimeSeconds(now),
      session: this.#session?.number ?? 0,
      faultBits: this.#faultBits(),
      pressesWaiting: this.#presses.length,
    };
  }
}
