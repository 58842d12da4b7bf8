/** A scenario file → the scenario, or every fault of it with its place. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { type Scenario, scenarioSchema } from './format.ts';

/** line and column from 1; path as `windows.3.staff`. */
export type ScenarioFault = { path: string; line: number; column: number; message: string };
export type ReadScenario = { ok: true; scenario: Scenario } | { ok: false; faults: ScenarioFault[] };

/** Reads the text of a scenario file. Never throws on what stands in it. */
export function readScenario(source: string): ReadScenario {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0)
    return {
      ok: false,
      faults: document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { path: '', line, column: col, message: error.message.split('\n')[0] ?? 'not YAML' };
      }),
    };
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // Aliases that unfold without end.
    return { ok: false, faults: [{ path: '', line: 1, column: 1, message: (error as Error).message }] };
  }
  const parsed = scenarioSchema.safeParse(value);
  if (parsed.success) return { ok: true, scenario: parsed.data };
  const faults = parsed.error.issues.flatMap((issue): ScenarioFault[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) =>
          faultAt(document, lines, [...issue.path, key], 'is no setting; see docs/scenarios.md'),
        )
      : [faultAt(document, lines, issue.path, issue.message)],
  );
  return { ok: false, faults };
}

/** One line a fault: FILE:LINE:COLUMN: path: what is wrong. */
export function scenarioFaultLines(file: string, faults: readonly ScenarioFault[]): string[] {
  return faults.map(
    ({ path, line, column, message }) =>
      `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`,
  );
}

function faultAt(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly PropertyKey[],
  message: string,
): ScenarioFault {
  const { line, col } = lines.linePos(offsetOf(document, path));
  return { path: path.map(String).join('.'), line, column: col, message };
}

/** Where the path leads, or as far as it leads. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (!pair) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: [number, number, number] } | null)?.range?.[0];
}
