/** What the board shows in turn beside the calls: fees with their basis, what to bring, which windows are open. Pure. */
import type { Bilingual, PublicView, ServiceView, WindowState } from '../../kiosk-agent/contract/live.ts';
import { evenPages, evenPagesBy, linesOf, readingSeconds, widthOf } from './rotation.ts';

export type Panel = { seconds: number } & (
  | { kind: 'fees'; rows: { item: string; price: string }[]; basis: string }
  | { kind: 'materials'; service: string; timeLimit: string; fee: string; rows: string[] }
  | { kind: 'windows'; rows: { window: number; state: WindowState }[] }
);

/**
 * What a panel has room for on the narrower of the two boards, in rem, beside the Chinese characters that a line of each kind
 * holds (RotatingPanel.vue draws them).
 */
const room = 29;
const lineOf = {
  title: { columns: 16, rem: 4.4 },
  row: { columns: 16.5, rem: 4.2 },
  small: { columns: 19.5, rem: 3.8 },
};
/** Width of the words that the page puts around a service's name, time limit and fee. */
const labels = 11;
const heightOf = (kind: keyof typeof lineOf, text: string, around = 0): number =>
  text === '' ? 0 : 0.8 + lineOf[kind].rem * linesOf(text, lineOf[kind].columns, around);

const windowsOnPage = 9;
const windowsSeconds = 12;

/** All panels in their order; `say` gives a text in the board's language. */
export function panelsOf(view: PublicView, say: (text: Bilingual | null) => string): Panel[] {
  const services = Object.values(view.services);
  return [
    ...feePanels(view, say),
    ...windowPanels(view),
    ...services.flatMap((service) => materialPanels(service, say)),
  ];
}

function feePanels({ hall }: PublicView, say: (text: Bilingual | null) => string): Panel[] {
  const basis = say(hall.feeBasis);
  const left = room - heightOf('title', 'x') - heightOf('small', basis);
  const rows = hall.fees.map((fee) => ({ item: say(fee.item), price: say(fee.price) }));
  const rowHeight = ({ item, price }: (typeof rows)[number]): number =>
    1.3 + lineOf.row.rem * linesOf(item, Math.max(5, lineOf.row.columns - widthOf(price)));
  return evenPagesBy(rows, rowHeight, left).map((page) => ({
    kind: 'fees',
    rows: page,
    basis,
    seconds: readingSeconds(basis, ...page.flatMap(({ item, price }) => [item, price])),
  }));
}

function windowPanels(view: PublicView): Panel[] {
  const rows = Object.values(view.windows).map(({ window, state }) => ({ window, state }));
  return evenPages(rows, windowsOnPage).map((page) => ({
    kind: 'windows',
    rows: page,
    seconds: windowsSeconds,
  }));
}

function materialPanels(service: ServiceView, say: (text: Bilingual | null) => string): Panel[] {
  const head = {
    service: say(service.name),
    timeLimit: say(service.timeLimit),
    fee: say(service.fee),
  };
  const rows = service.materials.map(say).filter((text) => text !== '');
  const left =
    room -
    heightOf('title', head.service, labels) -
    heightOf('small', `${head.timeLimit}${head.fee}`, labels);
  const rowHeight = (text: string): number => lineOf.row.rem * linesOf(text, lineOf.row.columns);
  return evenPagesBy(rows, rowHeight, left).map((page) => ({
    kind: 'materials',
    ...head,
    rows: page,
    seconds: readingSeconds(head.service, head.timeLimit, head.fee, ...page),
  }));
}
