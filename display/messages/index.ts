/** The two languages. Every text of a component comes from here or from the hall's configuration. */
import { createI18n } from 'vue-i18n';
import type { Bilingual } from '../../kiosk-agent/contract/live.ts';
import en from './en.ts';
import zh from './zh-CN.ts';

export type Language = 'zh' | 'en';
export const locales = { zh: 'zh-CN', en: 'en' } as const;

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh, en },
});

type Messages = Record<string, unknown>;

/** Adds the texts of a page that brings its own, under `name`; every screen would load them otherwise. */
export function addMessages(name: string, texts: { zh: Messages; en: Messages }): void {
  i18n.global.mergeLocaleMessage('zh-CN', { [name]: texts.zh });
  i18n.global.mergeLocaleMessage('en', { [name]: texts.en });
}

/** The language that the page speaks now. */
export function language(): Language {
  return i18n.global.locale.value === 'en' ? 'en' : 'zh';
}

/** Changes the language of texts and of the document (screen readers go by it). */
export function speak(to: Language): void {
  i18n.global.locale.value = locales[to];
  document.documentElement.lang = locales[to];
}

/** A text of the hall's configuration in the page's language; empty for none. */
export function say(text: Bilingual | null | undefined): string {
  return text?.[language()] ?? '';
}
