/** docs/faults.md: the matrix device × fault, made by `npm run generate`. */
import { allFaults, type Cell, type Column } from './table.ts';

export type FaultWords = Readonly<Record<string, readonly [zh: string, en: string]>>;

/** The page's text; `names` are the panel's words for the faults. */
export function faultsPage(columns: readonly Column[], names: FaultWords): string {
  const heads = columns.map(({ device }) => device);
  const overview = allFaults.map((fault) => {
    const marks = columns.map(({ cells }) => ('holds' in (cells[fault] ?? { cannot: '' }) ? '●' : '·'));
    return `| \`${fault}\` | ${marks.join(' | ')} |`;
  });
  return `# Faults
Every way in which a simulated device can misbehave, and what holds for the hall then. Each ● is a test of that name in \`test/matrix\`
(\`npm test -- test/matrix\`): the fault is seen on the wire, the promise holds meanwhile, and the device is ready again by itself when it
is over. Each · cannot happen there, and the device refuses the name. What a fault does: \`firmware-sim/faults/faults.ts\`.

| fault | ${heads.join(' | ')} |
|---|${heads.map(() => ':-:').join('|')}|
${overview.join('\n')}
${columns.map((column) => section(column, names)).join('')}`;
}

function section({ device, cells }: Column, names: FaultWords): string {
  const happens = allFaults.filter((fault) => 'holds' in (cells[fault] ?? {}));
  const reasons = Map.groupBy(
    allFaults.filter((fault) => 'cannot' in (cells[fault] ?? {})),
    (fault) => reasonOf(cells[fault]),
  );
  return `
## ${device}
| fault | | what holds |
|---|---|---|
${happens.map((fault) => `| \`${fault}\` | ${names[fault]?.[0] ?? ''} | ${sentenceOf(cells[fault])} |`).join('\n')}

Cannot happen: ${[...reasons].map(([reason, faults]) => `${faults.map((fault) => `\`${fault}\``).join(' ')} – ${reason}`).join('; ')}.
`;
}

function sentenceOf(cell: Cell | undefined): string {
  return cell && 'holds' in cell ? cell.holds.replaceAll('|', '\\|') : '';
}
function reasonOf(cell: Cell | undefined): string {
  return cell && 'cannot' in cell ? cell.cannot : '';
}
