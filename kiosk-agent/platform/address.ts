/** The platform's address: where the calls go, and which may be configured. */

/** Where the call goes; nothing about a person ever stands in it. */
export function callAddress(url: string): string {
  return `${url.replace(/\/+$/, '')}/v1/cases/query`;
}

/** What is wrong with a platform's address, in a sentence; null when nothing is. The token goes over https, or stays on this computer. */
export function platformFault(url: string): string | null {
  if (!URL.canParse(url)) return `platform.url: "${url}" is no address; write https://HOST/PATH`;
  const { protocol, hostname, username, password, search, hash } = new URL(url);
  if (username || password)
    return 'platform.url: no name or password in the address; the token is platform.token';
  if (search || hash) return 'platform.url: nothing after the path; /v1/cases/query is put behind it';
  const here = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && here)) return null;
  return `platform.url: ${protocol}//${hostname} would send the token in the clear; write https://`;
}
