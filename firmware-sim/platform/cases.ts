/** The cases of a platform that does not exist, of people who do not either. They go on as its clock does. */
import { samplePeople, type SamplePerson } from '../id-reader/people.ts';

type Words = { zh: string; en: string };
type Plan = {
  number: string;
  person: SamplePerson;
  kind: Words;
  limitWorkingDays: number;
  /** hours before the platform was started */
  acceptedBefore: number;
  steps: { name: Words; afterHours: number }[];
  ending: 'done' | 'rejected';
  /** materials are missing in these hours after acceptance */
  needs?: { words: Words; from: number; to: number };
};
export type Case = {
  caseNumber: string;
  kind: Words;
  acceptedAt: string;
  limitWorkingDays: number;
  state: 'accepted' | 'reviewing' | 'waiting-for-materials' | 'done' | 'rejected';
  steps: { name: Words; at: string | null }[];
  needs?: Words;
  closedAt?: string;
};

const transfer = { zh: '转移登记', en: 'Transfer' };
const mortgage = { zh: '抵押登记', en: 'Mortgage' };
const correction = { zh: '更正登记', en: 'Correction' };
const accepted = { zh: '受理', en: 'Accepted' };
const review = { zh: '审核', en: 'Review' };
const entry = { zh: '登簿', en: 'Entered in the register' };
const certificate = { zh: '发证', en: 'Certificate issued' };
const day = 24;

const plans: Plan[] = [
  {
    number: '990000-2026-000101',
    person: 'citizen-common',
    kind: transfer,
    limitWorkingDays: 5,
    acceptedBefore: 2 * day,
    steps: [
      { name: accepted, afterHours: 0 },
      { name: review, afterHours: 1 * day },
      { name: entry, afterHours: 3 * day },
      { name: certificate, afterHours: 4 * day },
    ],
    ending: 'done',
  },
  {
    number: '990000-2026-000102',
    person: 'citizen-common',
    kind: mortgage,
    limitWorkingDays: 10,
    acceptedBefore: 3 * day,
    steps: [
      { name: accepted, afterHours: 0 },
      { name: review, afterHours: 8 * day },
    ],
    ending: 'done',
    needs: {
      words: { zh: '请补交抵押合同原件', en: 'Please bring the original of the mortgage contract' },
      from: 1 * day,
      to: 5 * day,
    },
  },
  {
    number: '990000-2026-000103',
    person: 'citizen-two-characters',
    kind: transfer,
    limitWorkingDays: 10,
    acceptedBefore: 30 * day,
    steps: [
      { name: accepted, afterHours: 0 },
      { name: review, afterHours: 40 * day },
      { name: certificate, afterHours: 41 * day },
    ],
    ending: 'done',
  },
  {
    number: '990000-2026-000104',
    person: 'citizen-surrogate-pair',
    kind: correction,
    limitWorkingDays: 5,
    acceptedBefore: 6 * day,
    steps: [
      { name: accepted, afterHours: 0 },
      { name: review, afterHours: 2 * day },
    ],
    ending: 'rejected',
  },
  {
    number: '990000-2026-000105',
    person: 'hong-kong',
    kind: mortgage,
    limitWorkingDays: 5,
    acceptedBefore: 0,
    steps: [
      { name: accepted, afterHours: 0 },
      { name: review, afterHours: 2 },
      { name: certificate, afterHours: 1 * day },
    ],
    ending: 'done',
  },
];

/** Closed cases are told for so long when nobody names them. */
const toldAfterClosing = 90 * day;
const hourMs = 3_600_000;

/** The numbers of everybody who has a case. */
export const peopleWithCases = [...new Set(plans.map(({ person }) => person))].map((id) => ({
  id,
  number: samplePeople[id].number,
}));

/** The cases of one person at `now`, for a platform started at `start`. */
export function casesOf(person: SamplePerson, start: Date, now: Date, caseNumber?: string): Case[] {
  return plans
    .filter((plan) => plan.person === person && (caseNumber === undefined || plan.number === caseNumber))
    .map((plan) => ({ plan, at: start.getTime() - plan.acceptedBefore * hourMs }))
    .filter(
      ({ plan, at }) =>
        caseNumber !== undefined || now.getTime() < at + (lastHour(plan) + toldAfterClosing) * hourMs,
    )
    .map(({ plan, at }) => caseAt(plan, at, now.getTime()));
}

function caseAt(plan: Plan, accepted: number, now: number): Case {
  const hours = (now - accepted) / hourMs;
  const reached = plan.steps.filter(({ afterHours }) => afterHours <= hours).length;
  const closed = reached === plan.steps.length;
  const missing =
    plan.needs && plan.needs.from <= hours && hours < plan.needs.to ? plan.needs.words : undefined;
  const open = missing ? 'waiting-for-materials' : reached > 1 ? 'reviewing' : 'accepted';
  return {
    caseNumber: plan.number,
    kind: plan.kind,
    acceptedAt: local(accepted),
    limitWorkingDays: plan.limitWorkingDays,
    state: closed ? plan.ending : open,
    steps: plan.steps.map(({ name, afterHours }, at) => ({
      name,
      at: at < reached ? local(accepted + afterHours * hourMs) : null,
    })),
    ...(missing && !closed && { needs: missing }),
    ...(closed && { closedAt: local(accepted + lastHour(plan) * hourMs) }),
  };
}

const lastHour = ({ steps }: Plan) => Math.max(...steps.map(({ afterHours }) => afterHours));

/** The platform stands in China: +08:00, no summer time. */
function local(ms: number): string {
  return `${new Date(ms + 8 * hourMs).toISOString().slice(0, 19)}+08:00`;
}
