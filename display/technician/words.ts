/** Codes and troubles of devices in the words of the messages. */
import { useI18n } from 'vue-i18n';
import type { Trouble } from '../api.ts';
import { codeParts } from './devices.ts';

/** `code`: a note, fault or reason in words, or as it stands where there are none. `trouble`: what an answer means. */
export function useWords(): { code(code: string): string; trouble(trouble: Trouble): string } {
  const { t, te } = useI18n();
  return {
    code(code) {
      const parts = codeParts(code);
      const key =
        parts &&
        [`technician.code.${parts.key}`, `technician.paper.${parts.key}`, `deviceState.${parts.key}`].find(
          (one) => te(one),
        );
      return parts && key ? t(key, { n: parts.n }) : code;
    },
    trouble({ code }) {
      const key = `problem.${code}`;
      return t(te(key) ? key : 'problem.unknown');
    },
  };
}
