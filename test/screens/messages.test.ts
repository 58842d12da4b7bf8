/** The words of the screens: complete in both languages, all of them used, and nowhere but in the message files. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, type SFCTemplateBlock } from 'vue/compiler-sfc';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import rootEnglish from '../../display/messages/en.ts';
import rootChinese from '../../display/messages/zh-CN.ts';
import { PAPER_FAULTS } from '../../kiosk-agent/contract/events.ts';
import { PROBLEM_CODES } from '../../kiosk-agent/contract/problem.ts';
import { ROOT } from '../harness/programs.ts';

const CHINESE = /[\u3400-\u9fff\u{20000}-\u{3ffff}]/u;
type Texts = { [key: string]: string | Texts };
type Exports = Record<string, Texts>;

const display = join(ROOT, 'display');
const sources = readdirSync(display, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => /\.(vue|ts)$/.test(name) && !/^(dist|node_modules|sounds)\//.test(name))
  .map((name) => ({ name, source: readFileSync(join(display, name), 'utf8') }));
const pages = sources.filter(({ name }) => !name.startsWith('messages/'));

/** Leaf texts by their path. */
function leaves(value: Texts | string, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  return Object.entries(value).flatMap(([key, one]) => leaves(one, path ? `${path}.${key}` : key));
}
const load = async (name: string) => (await import(join(display, 'messages', name))) as Exports;

/** Texts by room file: `kiosk` → its exports in both languages. */
const rooms = new Map<string, { zh: Exports; en: Exports }>();
for (const { name } of sources) {
  const room = /^messages\/(.*)zh-CN\.ts$/.exec(name)?.[1];
  if (room !== undefined)
    rooms.set(room, { zh: await load(`${room}zh-CN.ts`), en: await load(`${room}en.ts`) });
}

/** What the pages find: the root's texts, and under its name what a page brings with `addMessages`. */
const spoken: Texts = { ...(rootChinese as unknown as Texts) };
for (const { source } of pages)
  for (const [, name = '', local = 'zh'] of source.matchAll(
    /addMessages\(\s*'([\w-]+)',\s*\{\s*zh(?::\s*(\w+))?/g,
  )) {
    const room = new RegExp(
      `import\\s+(?:${local}|\\{[^}]*\\b${local}\\b[^}]*\\})\\s+from\\s+'[^']*messages/([^']*)zh-CN\\.ts'`,
    ).exec(source)?.[1];
    const texts = rooms.get(room ?? '')?.zh;
    expect(texts, `the texts that a page adds as ${name}`).toBeDefined();
    spoken[name] = texts?.[local] ?? texts?.['default'] ?? {};
  }
const keys = leaves(spoken).map(([path]) => path);

describe('both languages', () => {
  test.each([...rooms])('of %s have the same texts with the same figures in them', (_room, { zh, en }) => {
    const chinese = leaves(zh);
    const english = new Map(leaves(en));
    expect([...english.keys()].sort()).toEqual(chinese.map(([path]) => path).sort());
    const figures = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((one) => one[1]!).sort();
    for (const [path, text] of chinese) {
      const other = english.get(path) ?? '';
      expect(figures(other), path).toEqual(figures(text));
      expect(text.trim() && other.trim(), path).not.toBe('');
      // These are signs to the message compiler.
      expect(`${text}${other}`, path).not.toMatch(/[@|]/);
    }
  });

  test('are spoken: no file of texts is left out', () => {
    const held = new Set<unknown>();
    const gather = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      held.add(value);
      Object.values(value).forEach(gather);
    };
    gather(spoken);
    for (const [room, { zh }] of rooms)
      if (room !== '') for (const texts of Object.values(zh)) expect(held.has(texts), room).toBe(true);
  });

  test('have English in English, but for the few words that stand in both', () => {
    for (const { en } of rooms.values())
      for (const [path, text] of leaves(en))
        if (CHINESE.test(text)) expect(path).toMatch(/otherLanguage$|toPinyin$|\bsubtitle$/);
  });

  test('have a sentence for every code that the hub can answer, and it says what to do', () => {
    for (const messages of [rootChinese, rootEnglish]) {
      for (const code of Object.keys(PROBLEM_CODES))
        expect(messages.problem[code as keyof typeof PROBLEM_CODES], code).toBeTruthy();
      for (const fault of PAPER_FAULTS) {
        expect(messages.paperStaff[fault], fault).toBeTruthy();
        expect(messages.paperVisitor[fault], fault).toBeTruthy();
      }
    }
    for (const sentence of Object.values(rootChinese.problem)) expect(sentence).toMatch(/[，：]/);
  });
});

/** What stands in backticks with something in it: every key that it can become. */
const pattern = (text: string, deeper = ''): RegExp =>
  new RegExp(
    `^${text
      .split(/\$\{[^}]*(?:\{[^}]*\}[^}]*)*\}/)
      .map((part) => part.replace(/[.*+?^$()|[\]\\{}]/g, '\\$&'))
      .join('[^.]+')}${deeper}$`,
  );

describe('keys', () => {
  /** `tm` asks for a list or a whole part. */
  const called = pages.flatMap(({ name, source }) =>
    [...source.matchAll(/\b(t|te|tm)\(\s*(['`])((?:(?!\2)[^\n])+)\2/g)].map(([, how, , key = '']) => ({
      name,
      key,
      wanted: pattern(key, how === 'tm' ? '(\\..+)?' : ''),
    })),
  );

  test('that the pages ask for have their text', () => {
    expect(called.length).toBeGreaterThan(200);
    const missing = called.filter(({ wanted }) => !keys.some((key) => wanted.test(key)));
    expect(missing.map(({ name, key }) => `${name}: ${key}`)).toEqual([]);
  });

  test('that nobody asks for are told, and are few', () => {
    const literal = new Set<string>();
    const patterns = called.map(({ wanted }) => wanted);
    for (const { source } of pages) {
      for (const [, , text = ''] of source.matchAll(/(['"`])([\w-]+(?:\.[\w-]+)+)\1/g)) literal.add(text);
      for (const [, text = ''] of source.matchAll(/`((?:[\w-]+\.)+[^`\n]*\$\{[^`\n]*)`/g))
        patterns.push(pattern(text));
    }
    const unread = keys.filter((key) => !literal.has(key) && !patterns.some((one) => one.test(key)));
    // A room's texts may be there a while before its page; what stays unread is to be taken out.
    if (unread.length > 0) console.log(`texts that nothing asks for:\n${unread.join('\n')}`);
    expect(unread.length).toBeLessThan(keys.length / 50);
  });
});

/** Attributes that people read or hear. */
const READ_ATTRIBUTES =
  /^(title|aria-label|aria-description|aria-roledescription|aria-valuetext|placeholder|alt|label|content|description|empty-text|start-placeholder|end-placeholder|range-separator|active-text|inactive-text|confirm-button-text|cancel-button-text|no-data-text|no-match-text|loading-text)$/;
type Node = {
  type: number;
  content?: unknown;
  name?: string;
  value?: { content: string };
  props?: Node[];
  children?: Node[];
  branches?: Node[];
};
const TEXT = 2;
const ATTRIBUTE = 6;

/** The words that stand in a template itself. */
function templateWords(template: SFCTemplateBlock | null): string[] {
  const found: string[] = [];
  const walk = (node: Node): void => {
    if (node.type === TEXT && typeof node.content === 'string' && /\p{L}{2,}/u.test(node.content))
      found.push(node.content.trim());
    for (const one of node.props ?? [])
      if (
        one.type === ATTRIBUTE &&
        READ_ATTRIBUTES.test(one.name ?? '') &&
        /\p{L}/u.test(one.value?.content ?? '')
      )
        found.push(`${one.name}="${one.value?.content}"`);
    for (const one of node.children ?? []) if (typeof one === 'object') walk(one);
  };
  if (template?.ast) walk(template.ast as unknown as Node);
  return found;
}
/** Sentences among the strings of a script: two words or more, or anything Chinese; not what is thrown at programmers. */
function scriptSentences(name: string, script: string): string[] {
  const found: string[] = [];
  const walk = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isThrowStatement(node)) return;
    // What is thrown is for programmers.
    if (ts.isNewExpression(node) && /Error$/.test(node.expression.getText())) return;
    // The name of a typeface is the same in every language.
    if (ts.isVariableDeclaration(node) && /font|typeface/i.test(node.name.getText())) return;
    if (ts.isPropertyAssignment(node) && /font|typeface/i.test(node.name.getText())) return;
    if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddle(node) ||
      ts.isTemplateTail(node)
    ) {
      const { text } = node;
      // A command is typed as it stands.
      if (/^npx /.test(text)) return;
      if (CHINESE.test(text) || /^[A-Z][\p{L}’']* +\p{L}{2,}|\p{Ll}{3,},? \p{Ll}{2,} \p{Ll}{2,}/u.test(text))
        found.push(text);
    }
    ts.forEachChild(node, walk);
  };
  walk(ts.createSourceFile(name, script, ts.ScriptTarget.Latest, true));
  return found;
}

/** Not words to read: how the voice says digits. */
const DIGITS = ['format.ts', 'board/clips.ts'];

describe('words stand in the message files only', () => {
  test('no component and no program of the screens has one of its own', () => {
    const words = pages.flatMap(({ name, source }) => {
      if (DIGITS.includes(name)) return [];
      if (!name.endsWith('.vue')) return scriptSentences(name, source).map((one) => `${name}: ${one}`);
      const { descriptor } = parse(source, { filename: name });
      const script = [descriptor.script, descriptor.scriptSetup].map((one) => one?.content ?? '').join('\n');
      return [...templateWords(descriptor.template), ...scriptSentences(name, script)].map(
        (one) => `${name}: ${one}`,
      );
    });
    expect(pages.filter(({ name }) => name.endsWith('.vue')).length).toBeGreaterThan(15);
    expect(words).toEqual([]);
  });

  test('not a Chinese sign, be it in a comment or a style', () => {
    const chinese = pages.filter(({ source }) => CHINESE.test(source)).map(({ name }) => name);
    // A comment of a program may show what it makes of a date; a component's may not.
    expect(chinese.filter((name) => name.endsWith('.vue'))).toEqual([]);
  });

  test('a word in a template, in an attribute or in a script would be found', () => {
    const { descriptor } = parse('<template><p title="Hello">Good day</p></template>');
    expect(templateWords(descriptor.template)).toEqual(['title="Hello"', 'Good day']);
    expect(scriptSentences('x.ts', "const a = 'Please try again'; const b = `只有 ${a}`;")).toEqual([
      'Please try again',
      '只有 ',
    ]);
  });
});

describe('the simulator’s panel', () => {
  const folder = join(ROOT, 'firmware-sim', 'panel');
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'));

  /** Chinese in a script without English in itself or right behind it. */
  function alone(name: string): string[] {
    const found: string[] = [];
    const english = (node: ts.Node | undefined): boolean =>
      node !== undefined && !CHINESE.test(node.getText()) && /[A-Za-z]{2}|''/.test(node.getText());
    const walk = (node: ts.Node): void => {
      if ((ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) && CHINESE.test(node.getText())) {
        let one: ts.Node = node;
        // `a ? '甲' : '乙'` has `a ? 'x' : 'y'` behind it.
        while (
          ts.isConditionalExpression(one.parent) ||
          ts.isTemplateSpan(one.parent) ||
          ts.isParenthesizedExpression(one.parent) ||
          ts.isTemplateExpression(one.parent)
        )
          one = one.parent;
        const siblings: readonly ts.Node[] = ts.isCallExpression(one.parent)
          ? one.parent.arguments
          : ts.isArrayLiteralExpression(one.parent)
            ? one.parent.elements
            : [];
        const next = siblings[siblings.indexOf(one) + 1];
        // `cancelled: '取消'`: the name is the English.
        if (
          ts.isPropertyAssignment(one.parent) &&
          !/^'?(aria-label|label|text|title|class)\b/.test(one.parent.getText())
        )
          return;
        const bare = node.getText().replace(/\$\{[^}]*\}/g, '');
        if (!english(next) && !/[A-Za-z]{2}/.test(bare)) found.push(`${name}: ${node.getText()}`);
        return;
      }
      ts.forEachChild(node, walk);
    };
    walk(ts.createSourceFile(name, readFileSync(join(folder, name), 'utf8'), ts.ScriptTarget.Latest, true));
    return found;
  }

  test('says everything in both languages', () => {
    expect(scripts.length).toBeGreaterThan(15);
    expect(scripts.flatMap((name) => alone(basename(name)))).toEqual([]);
  });
});
