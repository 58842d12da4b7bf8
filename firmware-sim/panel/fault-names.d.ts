/** Plain words for each fault. */
export const faultNames: Readonly<Record<string, readonly [zh: string, en: string]>>;
